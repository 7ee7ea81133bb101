"""Reading a table of another run's folder as an input: declared columns, checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import DataError, Faults
from twin.tables.columns import columns

__all__ = ["read_result"]


def read_result(path: Path, table: type, names: tuple[str, ...] | None = None) -> dict[str, np.ndarray]:
    """Read columns of a declared table that a run left behind.

    Parameters
    ----------
    path : pathlib.Path
        A Parquet file.
    table : type
        The table, as `twin.tables.results` declares it.
    names : tuple of str, optional
        Columns wanted; all of the table's by default.

    Returns
    -------
    dict of str to ndarray
        Arrays of the declared types; NaN where a number is null.

    Raises
    ------
    DataError
        If the file is no Parquet, a column is missing or of another type, or holds blanks where there are none.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = [column for column in columns(table) if names is None or column.name in names]
    file = table.__name__.removesuffix("Table").lower()
    try:
        there = pq.read_schema(path).names
        held = pq.read_table(path, columns=[column.name for column in wanted if column.name in there])
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: {str(error).splitlines()[0]}; wanted {file}.parquet of a run; check the path") from error
    faults, found = Faults(), {}
    for column in wanted:
        if column.name not in held.column_names:
            faults.add(str(path), f"no column {column.name}", f"the columns of {file}.parquet", "name the table of a run")
            continue
        found[column.name] = _array(held.column(column.name), column.dtype, f"{path}: column {column.name}", faults)
    faults.raise_if_any(DataError)
    return found


def _array(cells: Any, dtype: np.dtype[Any], where: str, faults: Faults) -> np.ndarray:
    import pyarrow as pa

    kind = cells.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    is_number = pa.types.is_integer(kind) or (pa.types.is_floating(kind) and dtype.kind == "f")
    if (dtype.kind == "O") != is_text or (dtype.kind != "O" and not is_number):
        faults.add(where, f"{kind}", "text" if dtype.kind == "O" else f"{dtype}", "name the table of a run")
        return np.zeros(0, dtype)
    if cells.null_count and dtype.kind != "f":
        faults.add(where, f"{cells.null_count:,} blank cells", "none", "name the table of a run")
        return np.zeros(0, dtype)
    values = cells.to_numpy(zero_copy_only=False) if dtype.kind != "O" else np.array(cells.to_pylist(), object)
    return np.asarray(values, dtype)
