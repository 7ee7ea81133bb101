"""One table of a run as text."""

from __future__ import annotations

from pathlib import Path

from twin.errors import DataError
from twin.export.features import LAYERS
from twin.store import Run, write_csv_table

__all__ = ["write_csv"]


def write_csv(run: Run, path: Path, name: str) -> None:
    """Write a table of the run folder as it is, or the layer of zones, which is none, as CSV in UTF-8.

    Raises
    ------
    DataError
        If there is neither a layer nor a table of that name.
    """
    tables = sorted(file.stem for file in run.path.glob("*.parquet"))
    if name in LAYERS and name not in tables:
        write_csv_table(LAYERS[name](run).columns, path)
    elif name in tables:
        write_csv_table(run.table(name), path)
    else:
        known = ", ".join(sorted({*tables, *LAYERS}))
        raise DataError(f"{run.path}: found no table {name!r}; wanted one of {known}; give one with --layer")
