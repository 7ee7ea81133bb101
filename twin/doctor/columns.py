"""A table that no schema describes, checked by what the names of its columns say: the unit comes last in a name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import Faults

NEVER_NEGATIVE = ("_km", "_m", "_kwh", "_kw", "_ws", "_w", "_s", "_h", "_min", "_kmh", "_kg", "_t")
COUNTS = ("n_",)
SHARES = ("share", "soc")
PLACES = ("origin", "destination", "zone", "home_zone", "origin_zone", "destination_zone")
CHARGING, PLUGGED = ("charging", "charge"), ("plug", "plugged", "parked", "parking")
HOURS = ("_h", "_hours", "_min", "_s")
HOURS_A_DAY = {"_h": 24.0, "_hours": 24.0, "_min": 1440.0, "_s": 86_400.0}
ROWS_SHOWN = 20
"""Rows of a fault that are told one by one before they are only counted."""


def check_columns(path: Path, table: Mapping[str, NDArray[Any]], zones: set[str], faults: Faults) -> None:
    """Note every row of a table that cannot be.

    Parameters
    ----------
    path : Path
        Its file.
    table : mapping of str to ndarray
        Its columns.
    zones : set of str
        Zones and provinces that there are.
    faults : Faults
        Takes the faults.
    """
    if not table or not len(next(iter(table.values()))):
        faults.add(str(path), "no rows", "at least one", "add them")
    for name, column in table.items():
        if name in PLACES:
            known = np.array([str(place) in zones for place in column.tolist()], np.bool_)
            _note(path, name, ~known, column, "a zone or a province of the seeds", "correct the name", faults)
        elif column.dtype.kind not in "iuf":
            _check_texts(path, name, column, faults)
        elif name.endswith(NEVER_NEGATIVE) or name.startswith(COUNTS):
            _note(path, name, ~(column >= 0), column, "0 or more", "correct it", faults)
        elif name.startswith(SHARES) or name.endswith(SHARES):
            _note(path, name, ~((column >= 0) & (column <= 1)), column, "0 to 1", "correct it", faults)
    _check_shares(path, table, faults)
    _check_hours(path, table, faults)


def _check_texts(path: Path, name: str, column: NDArray[Any], faults: Faults) -> None:
    """A column that should hold numbers by its name holds texts."""
    if name.endswith(NEVER_NEGATIVE) or name.startswith((*COUNTS, *SHARES)):
        odd = np.array([not _is_number(value) for value in column.tolist()], np.bool_)
        _note(path, name, odd, column, "a number", "correct it", faults)


def _check_shares(path: Path, table: Mapping[str, NDArray[Any]], faults: Faults) -> None:
    """A column called share adds up to 1, in the whole table or in each group of a column that names it."""
    share = table.get("share")
    if share is None or share.dtype.kind not in "iuf" or not np.all(np.isfinite(share)):
        return
    groups = [name for name in ("kind", "province", "zone", "year", "profile_id", "date", "layer") if name in table]
    whole = abs(float(share.sum()) - 1.0) <= 1e-3
    if whole or any(_adds_up(share, table[name]) for name in groups):
        return
    faults.add(f"{path}, share", f"a sum of {float(share.sum()):g}", "1, in all or in each group", "make the shares add up")


def _adds_up(share: NDArray[Any], group: NDArray[Any]) -> bool:
    texts = group.astype(str)
    return all(abs(float(share[texts == text].sum()) - 1.0) <= 1e-3 for text in np.unique(texts))


def _check_hours(path: Path, table: Mapping[str, NDArray[Any]], faults: Faults) -> None:
    """Nothing charges longer than it is plugged in, and a day has 24 hours."""
    for unit in HOURS:
        charging, plugged = (_of(table, names, unit) for names in (CHARGING, PLUGGED))
        if charging and plugged:
            longer = table[charging] > table[plugged]
            wanted = f"at most {plugged}, the time it is plugged in"
            _note(path, charging, longer, table[charging], wanted, "correct one of them", faults)
        for name in filter(None, (charging, plugged)):
            if f"{name}".removesuffix(unit).endswith("_day") or "day" in table:
                beyond = table[name] > HOURS_A_DAY[unit]
                _note(path, name, beyond, table[name], f"at most {HOURS_A_DAY[unit]:g}, a day", "correct it", faults)


def _of(table: Mapping[str, NDArray[Any]], names: tuple[str, ...], unit: str) -> str:
    found = [name for name in table if name.startswith(names) and name.endswith(unit) and table[name].dtype.kind in "iuf"]
    return found[0] if found else ""


def _note(
    path: Path, name: str, bad: NDArray[np.bool_], column: NDArray[Any], wanted: str, todo: str, faults: Faults
) -> None:
    rows = np.flatnonzero(bad)
    for row in rows[:ROWS_SHOWN].tolist():
        faults.add(f"{path}:{row + 2}, {name}", column[row], wanted, todo)
    if len(rows) > ROWS_SHOWN:
        faults.add(f"{path}, {name}", f"the same in {len(rows) - ROWS_SHOWN} more rows", wanted, todo)


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
