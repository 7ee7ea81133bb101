"""Hand-made tables into checked columns: every fault is noted with table, column and row, and none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import Faults
from twin.tables.posed import N_KNOTS, PosedColumn

__all__ = ["ROWS_SHOWN", "Columns", "note_rows", "read_table"]

Columns = dict[str, NDArray[Any]]
ROWS_SHOWN = 10
"""Rows of a column that are told one by one before they are only counted."""


def read_table(
    where: str,
    table: Any,
    schema: Iterable[PosedColumn],
    sizes: dict[str, int],
    faults: Faults,
    least_rows: int = 1,
) -> tuple[Columns, int]:
    """Read a table; what is wrong with a column is noted, and the column left out.

    Parameters
    ----------
    where : str
        Name of the table, for the faults.
    table : mapping
        Column name to array-like of one length; a single value stands for every row. A pyarrow Table will do too.
    schema : iterable of PosedColumn
        Columns that there may be.
    sizes : dict of str to int
        Rows of the tables that columns may name.
    faults : Faults
        Takes what is wrong.
    least_rows : int
        Rows that the table has at least.

    Returns
    -------
    columns : dict of str to ndarray
        The columns that are there and right: float64, int64, bool, or object (texts).
    n_rows : int
        Rows of the table.
    """
    known = {column.name: column for column in schema}
    given = _arrays(where, table, faults)
    for name in [name for name in given if name not in known]:
        faults.add(f"{where}.{name}", "a column of that name", f"one of {', '.join(known)}", "rename or remove it")
    lengths = {name: len(array) for name, array in given.items() if array.ndim}
    n_rows = max(lengths.values(), key=list(lengths.values()).count) if lengths else 0
    if n_rows < least_rows and not (given.keys() - lengths.keys()):
        faults.add(where, f"{n_rows} rows", f"at least {least_rows}", "add them")
    elif given and not lengths:
        faults.add(where, "single values only", "at least one column with a value a row", "write it out")
    columns: Columns = {}
    for name, column in known.items():
        if name not in given:
            if not column.default and (n_rows or least_rows):
                faults.add(f"{where}.{name}", "no such column", f"{column.meaning} ({column.unit})", "add it")
        elif lengths.get(name, n_rows) != n_rows:
            faults.add(f"{where}.{name}", f"{lengths[name]} rows", f"{n_rows} as in the other columns", "correct it")
        else:
            n_before = len(faults)
            array = _READERS[column.kind](where, column, given[name], n_rows, sizes, faults)
            if len(faults) == n_before:
                columns[name] = array
    return columns, n_rows


def note_rows(
    where: str, bad: NDArray[np.bool_], found: Callable[[int], object], wanted: str, todo: str, faults: Faults
) -> None:
    """Note the first bad rows one by one, and count the others."""
    rows = np.flatnonzero(bad)
    for row in rows[:ROWS_SHOWN].tolist():
        faults.add(f"{where}, row {row}", found(row), wanted, todo)
    if len(rows) > ROWS_SHOWN:
        faults.add(where, f"the same in {len(rows) - ROWS_SHOWN} more rows", wanted, todo)


def _arrays(where: str, table: Any, faults: Faults) -> Columns:
    """Return the columns of a table as they come, each as an array."""
    names = getattr(table, "column_names", None) or (list(table.keys()) if hasattr(table, "keys") else None)
    if names is None:
        faults.add(where, type(table).__name__, "a mapping from column names to arrays", "pass a dict of lists")
        return {}
    arrays = {}
    for name in names:
        try:
            array = np.asarray(table[name])
        except ValueError:
            faults.add(f"{where}.{name}", "rows of unequal length", "one value a row", "correct it")
            continue
        if array.ndim > 2 or (array.ndim == 2 and array.shape[1] != N_KNOTS):
            faults.add(f"{where}.{name}", f"shape {array.shape}", "one value a row", "correct it")
            continue
        arrays[str(name)] = array
    return arrays


def _read_numbers(
    where: str, column: PosedColumn, array: NDArray[Any], n_rows: int, sizes: dict[str, int], faults: Faults
) -> NDArray[Any]:
    """Return a column of numbers, each within its range."""
    place, high = f"{where}.{column.name}", sizes[column.of] - 1 if column.of else column.high
    wanted = f"{'a whole number' if column.kind == 'whole' else 'a number'} from {column.low:.12g} to {high:.12g}"
    todo = f"name a row of {column.of}" if column.of else "correct it"
    if array.ndim == 2 and column.kind != "curve":
        faults.add(place, f"shape {array.shape}", "one value a row", "correct it")
        return array
    if array.dtype.kind == "O":
        is_odd = np.array([not _is_number(value) for value in array.ravel()], np.bool_).reshape(array.shape)
        numbers = np.where(is_odd, np.nan, array).astype(np.float64)
    elif array.dtype.kind in "iuf":
        numbers = array.astype(np.float64)
    else:
        faults.add(place, f"{array.dtype.name} values", wanted, "pass numbers")
        return array
    bad = ~((numbers >= column.low) & (numbers <= high))
    if column.kind == "whole":
        bad |= numbers != np.floor(numbers)
    if array.ndim == 0:
        if bad:
            faults.add(place, repr(array.item()), wanted, todo)
        return np.full(n_rows, 0 if bad else numbers, np.int64 if column.kind == "whole" else np.float64)
    bad_rows: NDArray[np.bool_] = np.any(np.reshape(bad, (len(array), -1)), axis=1)
    note_rows(place, bad_rows, lambda row: _said(array[row]), wanted, todo, faults)
    return numbers.astype(np.int64) if column.kind == "whole" and not bad_rows.any() else numbers


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _said(value: Any) -> str:
    """Return a cell in a few signs."""
    text = repr(value.tolist() if hasattr(value, "tolist") else value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _read_texts(
    where: str, column: PosedColumn, array: NDArray[Any], n_rows: int, sizes: dict[str, int], faults: Faults
) -> NDArray[Any]:
    """Return a column of texts, each one of those allowed."""
    texts = np.broadcast_to(array.astype(object), n_rows) if array.ndim < 2 else array
    wanted = f"one of {', '.join(column.allowed)}" if column.allowed else "a text"
    if texts.ndim == 2:
        faults.add(f"{where}.{column.name}", f"shape {array.shape}", "one text a row", "correct it")
        return array
    is_right = [isinstance(text, str) and text != "" and (not column.allowed or text in column.allowed) for text in texts]
    note_rows(
        f"{where}.{column.name}", ~np.array(is_right, np.bool_), lambda row: _said(texts[row]), wanted, "correct it", faults
    )
    return texts


def _read_truths(
    where: str, column: PosedColumn, array: NDArray[Any], n_rows: int, sizes: dict[str, int], faults: Faults
) -> NDArray[Any]:
    """Return a column of truths."""
    values = np.broadcast_to(array.astype(object), n_rows) if array.ndim < 2 else array
    if values.ndim == 2:
        faults.add(f"{where}.{column.name}", f"shape {array.shape}", "True or False a row", "correct it")
        return array
    is_odd = np.array([not isinstance(value, int | float | np.bool_) or value not in (0, 1) for value in values], np.bool_)
    note_rows(f"{where}.{column.name}", is_odd, lambda row: _said(values[row]), "True or False", "correct it", faults)
    return np.where(is_odd, False, values).astype(np.bool_)


_READERS = {
    "number": _read_numbers,
    "whole": _read_numbers,
    "curve": _read_numbers,
    "text": _read_texts,
    "truth": _read_truths,
}
