"""Tables of many runs as one dataset: a folder a scenario and replicate, which readers of Parquet take as columns."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twin.errors import StoreError
from twin.store.disk import guarded
from twin.store.manifest import canonical_json
from twin.store.reader import Run, open_run
from twin.store.writer import write_table

__all__ = ["gather", "put_json", "put_table", "summary_around"]


def gather(out: Path, name: str, runs: Iterable[tuple[str, str, int, Path]]) -> None:
    """Put a table of many runs into ``<out>/<name>/scenario=<s>/period=<p>/replicate=<r>/part-0.parquet``.

    Parameters
    ----------
    out : Path
        Folder of the batch; a former dataset of that name goes when the new one is whole.
    name : str
        ``metrics`` or ``scorecard``.
    runs : iterable of (str, str, int, Path)
        Scenario, period, replicate and run folder.

    Raises
    ------
    StoreError
        If a run cannot be read or the dataset not written.
    """
    partial, whole = out / f".{name}.partial", out / name
    with guarded(out, name):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for scenario, period, replicate, folder in runs:
            rows = open_run(folder).table(name)
            if "scenario" in rows.column_names:  # the folder says it
                rows = rows.drop_columns(["scenario"])
            target = partial / f"scenario={scenario}" / f"period={period}" / f"replicate={replicate}"
            target.mkdir(parents=True)
            write_table(rows, target / "part-0.parquet")
        shutil.rmtree(whole, ignore_errors=True)
        partial.rename(whole)


def put_table(path: Path, table: Any) -> None:
    """Write a declared table; the file appears when it is whole."""
    with guarded(path):
        fresh = path.with_name(f".{path.name}.partial")
        write_table(table, fresh)
        fresh.replace(path)


def put_json(path: Path, content: Any) -> None:
    """Write canonical JSON; the file appears when it is whole."""
    with guarded(path):
        fresh = path.with_name(f".{path.name}.partial")
        fresh.write_text(canonical_json(content), encoding="utf-8", newline="\n")
        fresh.replace(path)


def summary_around(run: Run) -> dict[str, Any] | None:
    """Return the rows of the run's period in ``summary.parquet`` of the batch around its folder, as one array a column.

    None where the folder around it is of no batch, or of one that does not list the run.
    """
    around = Run(run.path.resolve().parent, {})
    if not (around.has("runs") and around.has("summary")):
        return None
    try:
        listed = around.arrays("runs")
        is_own = (listed["folder"] == run.path.resolve().name) & (listed["config_hash"] == run.manifest["config_hash"])
        done = is_own & (listed["state"] == "done")
        if not done.any():
            return None
        summary = around.arrays("summary")
        in_period = summary["period"] == listed["period"][done][0]
        return {name: values[in_period] for name, values in summary.items()}
    except (StoreError, KeyError):
        return None
