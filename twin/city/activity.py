"""A user's table of who lives and works in which zone."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from twin.errors import DataError, Faults
from twin.tables.columns import F64, STR

__all__ = ["Activity", "read_activity"]

COLUMNS = ("zone", "population", "jobs")


class Activity(NamedTuple):
    """Residents and jobs by zone, each ndarray of float64, shape (n_zones,)."""

    population: F64
    jobs: F64


def read_activity(path: Path, zones: STR) -> Activity:
    """Read a table of zones; a zone that is not in it has nobody.

    Raises
    ------
    DataError
        With every fault of the table.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, ValueError, csv.Error) as fault:
        reason = getattr(fault, "strerror", None) or "no CSV in UTF-8"
        raise DataError(
            f"{path}: found {reason.lower()}; wanted columns {', '.join(COLUMNS)}; check city.activity"
        ) from fault
    head = [name.strip() for name in rows[0]] if rows else []
    if sorted(head) != sorted(COLUMNS):
        raise DataError(f"{path}: found columns {', '.join(head) or 'none'}; wanted {', '.join(COLUMNS)}; rename them")
    at = {name: head.index(name) for name in COLUMNS}
    row_of = {name: row for row, name in enumerate(zones.tolist())}
    values, faults, seen = np.zeros((2, len(zones))), Faults(), set()
    for line, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            faults.add(f"{path}:{line}", f"{len(cells)} cells", f"{len(head)}", "complete the row")
            continue
        zone = cells[at["zone"]].strip()
        if zone not in row_of or zone in seen:
            found = f"zone {zone!r} again" if zone in seen else f"zone {zone!r}, which is none"
            faults.add(f"{path}:{line}", found, f"one of {len(zones)} zones, {zones[0]} to {zones[-1]}, each once")
            continue
        seen.add(zone)
        for place, name in enumerate(COLUMNS[1:]):
            number = _number(cells[at[name]])
            if number is None:
                faults.add(f"{path}:{line} {name}", repr(cells[at[name]]), "a number of 0 or more", "correct it")
            else:
                values[place, row_of[zone]] = number
    if not faults:
        for place, name in enumerate(COLUMNS[1:]):
            if np.count_nonzero(values[place]) < 2:
                faults.add(f"{path} {name}", "fewer than two zones with any", "two at least", "complete the table")
    faults.raise_if_any(DataError)
    return Activity(values[0], values[1])


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0.0 <= number <= 1e9 else None
