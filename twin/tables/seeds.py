"""The seed tables: registry of their schemas and the one reader of the embedded CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import DataError
from twin.tables.seed_schema import SeedColumn, SeedTable
from twin.tables.seeds_demand import DEMAND_TABLES
from twin.tables.seeds_evidence import EVIDENCE_TABLES
from twin.tables.seeds_places import PLACE_TABLES
from twin.tables.seeds_roads import ROAD_TABLES
from twin.tables.seeds_supply import SUPPLY_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SEED_TABLES", "SeedColumn", "SeedTable", "folder_of_seeds", "read", "read_file"]

SEED_TABLES: dict[str, SeedTable] = {
    table.name: table for table in (*PLACE_TABLES, *ROAD_TABLES, *SUPPLY_TABLES, *DEMAND_TABLES, *EVIDENCE_TABLES)
}

WORDS_SHOWN = 32
"""Allowed words of one column that an error lists before it only counts the rest."""


def folder_of_seeds() -> Path:
    """Return the folder of the packaged seeds.

    In an installed wheel that is ``twin/seeds``; in a checkout it is ``seeds`` at the root of the repository.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    DataError
        If neither exists.
    """
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "seeds", package.parent / "seeds")
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    looked = " or ".join(str(candidate) for candidate in candidates)
    raise DataError(f"seeds: no folder {looked}; install the wheel again or run from a complete checkout")


def read(name: str, folder: Path | str | None = None, only: tuple[str, str] | None = None) -> dict[str, np.ndarray]:
    """Read one seed table and check it against its schema.

    Parameters
    ----------
    name : str
        A key of ``SEED_TABLES``.
    folder : pathlib.Path or str, optional
        Folder that holds ``<name>.csv``; the packaged seeds by default.
    only : (str, str), optional
        A column and a text: rows that hold another text there are left out before anything of them is looked at.

    Returns
    -------
    dict of str to numpy.ndarray
        One array per column in file order, all of one length: int64, float64 (NaN where an optional
        cell is blank) or object (str). Row order is the order of the file; it is the row's integer index.

    Raises
    ------
    DataError
        If the table is unknown, the file is missing, or any header, type, range, allowed value or key is
        wrong. The text names the file and lists every fault with its line.
    """
    return read_file(name, (folder_of_seeds() if folder is None else Path(folder)) / f"{name}.csv", only)


def read_file(name: str, path: Path, only: tuple[str, str] | None = None) -> dict[str, np.ndarray]:
    """Read a file of any name that holds a seed table, as `read` does."""
    table = SEED_TABLES.get(name)
    if table is None:
        raise DataError(f"seeds: no table {name!r}; there are {', '.join(sorted(SEED_TABLES))}")
    header, cells = _cells(path)
    wanted = [column.name for column in table.columns]
    if header != wanted:
        raise DataError(f"{path}:1: columns are {', '.join(header)}; wanted, in this order: {', '.join(wanted)}")
    lines = [row + 2 for row, cell in enumerate(cells[only[0]] if only else cells[header[0]]) if not only or cell == only[1]]
    cells = {column: [of_column[line - 2] for line in lines] for column, of_column in cells.items()}
    faults: list[tuple[int, str]] = []
    arrays = {column.name: _column(column, cells[column.name], faults) for column in table.columns}
    if not faults:
        faults = _repeated_keys(table.key, cells)
    if faults:
        raise DataError(_report(path, [(lines[line - 2], what) for line, what in faults]))
    return arrays


def _cells(path: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Read every cell as text, with the header apart."""
    import pyarrow as pa
    from pyarrow import csv

    if not path.is_file():
        raise DataError(f"{path}: no such file; wanted a table; check the path (the tables of the package come with it)")
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            n_columns = lines.readline().count(",") + 1
        parsed = csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=[str(k) for k in range(n_columns)], use_threads=False),
            convert_options=csv.ConvertOptions(
                column_types={str(k): pa.string() for k in range(n_columns)}, strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as fault:
        raise DataError(f"{path}: not a UTF-8 CSV table of equal rows: {fault}") from fault
    columns = [column.to_pylist() for column in parsed.itercolumns()]
    header = [column[0] for column in columns]
    if len(columns[0]) < 2:
        raise DataError(f"{path}: no rows below the header; a seed table is never empty")
    return header, {column[0]: column[1:] for column in columns}


def _column(column: SeedColumn, cells: Sequence[str], faults: list[tuple[int, str]]) -> np.ndarray:
    """Turn one column of text into its array, noting every fault as (line, text)."""
    if column.kind == "str":
        _check_text(column, cells, faults)
        return np.array(cells, dtype=object)
    convert = int if column.kind == "int" else float
    values = np.zeros(len(cells), dtype=np.int64 if column.kind == "int" else np.float64)
    for row, cell in enumerate(cells):
        if cell == "" and column.optional:
            values[row] = np.nan
            continue
        try:
            value = convert(cell)
        except ValueError:
            faults.append((row + 2, f"{column.name}: {cell!r} is not a number of kind {column.kind}"))
            continue
        if not np.isfinite(value):
            faults.append((row + 2, f"{column.name}: {cell!r} is not finite"))
        elif (column.low is not None and value < column.low) or (column.high is not None and value > column.high):
            faults.append((row + 2, f"{column.name}: {cell} is outside {_range(column)}"))
        else:
            values[row] = value
    return values


def _check_text(column: SeedColumn, cells: Sequence[str], faults: list[tuple[int, str]]) -> None:
    for row, cell in enumerate(cells):
        if cell == "":
            if not column.optional:
                faults.append((row + 2, f"{column.name}: blank; a text is wanted"))
        elif cell != cell.strip():
            faults.append((row + 2, f"{column.name}: {cell!r} has blanks around it"))
        elif column.allowed is not None and cell not in column.allowed:
            faults.append((row + 2, f"{column.name}: {cell!r} is not one of {_words(column.allowed)}"))


def _words(allowed: tuple[str, ...]) -> str:
    shown = ", ".join(allowed[:WORDS_SHOWN])
    return shown if len(allowed) <= WORDS_SHOWN else f"{shown} and {len(allowed) - WORDS_SHOWN} more (see the schema)"


def _repeated_keys(key: tuple[str, ...], cells: dict[str, list[str]]) -> list[tuple[int, str]]:
    first: dict[tuple[str, ...], int] = {}
    faults = []
    for row, values in enumerate(zip(*(cells[name] for name in key), strict=True)):
        if values in first:
            faults.append((row + 2, f"{', '.join(key)}: {', '.join(values)} already stands in line {first[values]}"))
        first.setdefault(values, row + 2)
    return faults


def _range(column: SeedColumn) -> str:
    low = "-inf" if column.low is None else f"{column.low:g}"
    high = "inf" if column.high is None else f"{column.high:g}"
    return f"[{low}, {high}] {column.unit}".rstrip()


def _report(path: Path, faults: list[tuple[int, str]]) -> str:
    faults = sorted(faults)
    lines = [f"{path}: {len(faults)} fault(s)"]
    lines += [f"  {path.name}:{line}: {what}" for line, what in faults]
    return "\n".join(lines)
