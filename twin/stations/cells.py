"""Cells of a user's table of stations into checked columns: every fault with its row and id."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import Faults
from twin.tables.columns import F64
from twin.tables.user_rows import MOST_FAULTS

__all__ = ["CHOICES", "COLUMNS", "POWER_COLUMN", "Cells", "named"]

COLUMNS = {
    "id": "text", "name": "text", "lon": "number", "lat": "number", "operator": "text", "layer": "choice",
    "serves": "choice", "is_ac": "truth", "n_evse": "number", "rated_power_kw": "number", "n_fast": "number",
    "n_slow": "number", "fast_kw": "number", "slow_kw": "number", "site_limit_kw": "number",
}  # fmt: skip
"""Columns of a station list as users give it, and the kind of each."""

NEEDED = ("id", "lon", "lat")
OF_A_NETWORK = ("node", "link", "snap_m", "ahead_m")
"""Columns of a station list that are found anew."""
CHOICES = {"layer": ("urban", "highway", "rural"), "serves": ("cars", "trucks", "both")}
POWER_COLUMN = re.compile(r"^n_evse_(\d{1,4}(?:\.\d{1,3})?)kw(?:_(ac|dc))?(?:_(cars|trucks|both))?$")

_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$")
_TRUTHS = {"true": 1, "1": 1, "yes": 1, "false": 0, "0": 0, "no": 0}


def named(
    table: Mapping[str, Sequence[Any]], mapping: Mapping[str, str], where: str, faults: Faults
) -> tuple[dict[str, list[Any]], list[str]]:
    """Return the columns under their own names, and which were left out.

    Without a mapping an unknown column is a fault. A mapping says what is meant in a foreign file; what it does not name is
    left out.

    Parameters
    ----------
    table : mapping
        Columns as read.
    mapping : mapping
        Own name by the file's name.
    where : str
        The file, for faults.
    faults : Faults
        Takes what is wrong.
    """
    for theirs, own in mapping.items():
        if theirs not in table:
            faults.add(f"--map {theirs}={own}", "no such column", f"one of {', '.join(table)}", "correct the name")
        if not _is_known(own):
            faults.add(f"--map {theirs}={own}", f"{own!r}", f"one of {', '.join(COLUMNS)}, n_evse_<kW>kw", "correct it")
    for own in sorted(set(mapping.values())):
        givers = [theirs for theirs in mapping if mapping[theirs] == own]
        if len(givers) > 1:
            faults.add(f"--map {own}", f"{' and '.join(givers)}", "one column for it", "drop one")
    columns: dict[str, list[Any]] = {}
    left_out = []
    for name, values in table.items():
        own = mapping.get(name, name)
        if _is_known(own) and (name in mapping or own not in mapping.values()):
            columns[own] = list(values)
        elif name in OF_A_NETWORK or mapping:
            left_out.append(name)
        else:
            wanted = f"one of {', '.join(COLUMNS)}, n_evse_<kW>kw"
            faults.add(
                f"{where}: column {name!r}", "a name that is not known", wanted, "rename it, or name the columns with --map"
            )
    for name in NEEDED:
        if name not in columns:
            faults.add(where, f"no column {name}", f"{', '.join(NEEDED)}", f"add it, or name it with --map THEIRS={name}")
    return columns, [name for name in left_out if name not in OF_A_NETWORK]


def _is_known(name: str) -> bool:
    return name in COLUMNS or POWER_COLUMN.match(name) is not None


class Cells:
    """The cells of a table, read column by column.

    Parameters
    ----------
    where : str
        The file, for faults.
    columns : dict of str to list
        Plain values, None where blank.
    faults : Faults
        Takes what is wrong, with row and id.
    """

    def __init__(self, where: str, columns: dict[str, list[Any]], faults: Faults) -> None:
        self.where, self.columns, self.faults = where, columns, faults
        self.n_rows = len(next(iter(columns.values()), []))
        self.ids = [_text(value) or "" for value in columns.get("id", [None] * self.n_rows)]

    def texts(self, name: str) -> list[str]:
        """Texts, "" where blank."""
        values = self._all(name)
        found = [_text(value) for value in values]
        self.note(name, [text is None for text in found], lambda row: repr(values[row]), "a text", "correct it")
        return [text or "" for text in found]

    def choices(self, name: str) -> list[str]:
        """Texts of `CHOICES`, "" where blank."""
        found = [text.lower() for text in self.texts(name)]
        is_odd = [text != "" and text not in CHOICES[name] for text in found]
        self.note(name, is_odd, lambda row: repr(found[row]), f"one of {', '.join(CHOICES[name])}", "correct it")
        return found

    def truths(self, name: str) -> list[int | None]:
        """1 or 0, None where blank."""
        values = self._all(name)
        told = [None if value is None else str(value).strip().lower().removesuffix(".0") for value in values]
        is_odd = [text is not None and text not in _TRUTHS for text in told]
        self.note(name, is_odd, lambda row: repr(values[row]), "true or false, or 1 or 0", "correct it")
        return [None if text is None else _TRUTHS.get(text) for text in told]

    def numbers(self, name: str, low: float, high: float, is_whole: bool = False) -> F64:
        """Numbers from `low` to `high`, NaN where blank."""
        values = self._all(name)
        numbers = np.array([math.nan if value is None else _number(value) for value in values], np.float64)
        is_odd = np.array([value is not None for value in values], bool) & ~((numbers >= low) & (numbers <= high))
        if is_whole:
            is_odd |= np.isfinite(numbers) & (numbers != np.floor(numbers))
        wanted = f"a {'whole ' if is_whole else ''}number from {low:g} to {high:g}"
        self.note(name, is_odd, lambda row: repr(values[row]), wanted, "correct it")
        return numbers

    def note(
        self, name: str, bad: Sequence[bool] | NDArray[np.bool_], found: Callable[[int], str], wanted: str, todo: str
    ) -> None:
        """Note the first bad rows one by one, and count the others."""
        rows = np.flatnonzero(np.asarray(bad, bool)).tolist()
        for row in rows[:MOST_FAULTS]:
            said = found(row)
            said = said if len(said) <= 60 else f"{said[:57]}..."
            self.faults.add(f"{self.where}: {name} of row {row + 1} (id {self.ids[row]!r})", said, wanted, todo)
        if len(rows) > MOST_FAULTS:
            self.faults.add(f"{self.where}: {name}", f"the same in {len(rows) - MOST_FAULTS} more rows", wanted, todo)

    def _all(self, name: str) -> list[Any]:
        return self.columns.get(name, [None] * self.n_rows)


def _text(value: Any) -> str | None:
    """Return a cell as text, "" where blank, None where it is none."""
    if value is None:
        return ""
    if isinstance(value, float) and value == math.floor(value) and abs(value) < 1e15:
        value = int(value)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _number(value: Any) -> float:
    """Return a cell as a number, infinite where it is none."""
    if isinstance(value, str) and _NUMBER.match(value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.inf
    try:
        return float(value)
    except OverflowError:
        return math.inf
