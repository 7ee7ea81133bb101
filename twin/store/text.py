"""Text files: written whole or not at all, and tables as text for programs that read nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from twin.errors import StoreError

__all__ = ["write_csv_table", "write_text"]


def write_text(path: Path, text: str) -> Path:
    """Write a text under its name only when it is whole; return the path.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    except OSError as fault:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{path}: could not be written ({fault}); choose a folder with room to write to") from fault
    return path


def write_csv_table(table: pa.Table | Mapping[str, Any], path: Path) -> None:
    """Write a table, or columns, as CSV: UTF-8, a header, texts quoted, missing values empty.

    Parameters
    ----------
    table : Arrow table or mapping of str to ndarray
        The rows.
    path : Path
        The file.
    """
    if not isinstance(table, pa.Table):
        table = pa.table({name: pa.array(values, from_pandas=True) for name, values in table.items()})
    pc.write_csv(table, path)
