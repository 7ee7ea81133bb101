"""Tables as text, for programs that read nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

__all__ = ["write_csv_table"]


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
