"""The three ways in which a table tells the EVSEs of a station, all read as pools."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from twin.errors import Faults
from twin.stations.cells import POWER_COLUMN, Cells
from twin.stations.typical import FAST_KW, LEAST_DC_KW, SLOW_KW, TYPICAL
from twin.tables.columns import F64

__all__ = ["MOST_AC_KW", "MOST_EVSE", "MOST_KW", "Pool", "read_pools", "way_of"]

MOST_EVSE, MOST_AC_KW, MOST_KW, LEAST_KW = 10_000, 45.0, 3000.0, 1.0
"""Largest pool; strongest plugs: 43 kW of AC in Europe, the megawatt class of seeds/power_classes.csv."""


class Pool(NamedTuple):
    """A pool of a listed station."""

    n_evse: int
    rated_power_kw: float
    is_ac: int
    serves: str


def way_of(columns: dict[str, list[Any]], where: str, faults: Faults) -> str:
    """Return which of the ways a table uses: ``pools``, ``fast`` or ``powers``; several and none are faults."""
    ways: dict[str, list[str]] = {
        "pools": [name for name in ("n_evse", "rated_power_kw") if name in columns],
        "fast": [name for name in ("n_fast", "n_slow") if name in columns],
        "powers": [name for name in columns if POWER_COLUMN.match(name)],
    }
    used = [way for way, names in ways.items() if names]
    wanted = "n_evse and rated_power_kw, n_fast and n_slow, or n_evse_<kW>kw"
    if len(used) > 1:
        faults.add(
            where, " beside ".join(ways[way][0] for way in used), f"one way to tell EVSEs: {wanted}", "drop the others"
        )
    if not used:
        usual = TYPICAL["urban"]
        mean = f"--assume n_fast={usual.n_fast} --assume n_slow={usual.n_slow}"
        faults.add(where, "no column of EVSEs", wanted, f"name them with --map, or say {mean}, a station of mean size")
    return used[0] if used else "pools"


def read_pools(cells: Cells, way: str, layers: list[str], assumed: Counter[str]) -> list[list[Pool]]:
    """Return the pools of each row; none where it tells that there is no EVSE.

    Parameters
    ----------
    cells : Cells
        The table.
    way : str
        See `way_of`.
    layers : list of str
        Layer of each row, by which EVSEs are assumed where none are told.
    assumed : Counter
        Counts what was assumed.
    """
    told = cells.choices("serves")
    serves = [text or "cars" for text in told]
    assumed["serves: cars"] += sum(not text for text in told) if way != "powers" else 0
    if way == "powers":
        return _of_powers(cells, serves)
    fast_kw, slow_kw = (_power(cells, name, usual, most) for name, usual, most in _POWERS)
    if way == "pools":
        return _of_pools(cells, layers, serves, fast_kw, slow_kw, assumed)
    return _of_fast(cells, layers, serves, fast_kw, slow_kw, assumed)


_POWERS = (("fast_kw", FAST_KW, MOST_KW), ("slow_kw", SLOW_KW, MOST_AC_KW))


def _power(cells: Cells, name: str, usual: float, most: float) -> F64:
    values = cells.numbers(name, LEAST_KW, most)
    return np.where(np.isfinite(values), values, usual)


def _of_fast(
    cells: Cells, layers: list[str], serves: list[str], fast_kw: F64, slow_kw: F64, assumed: Counter[str]
) -> list[list[Pool]]:
    """Read `n_fast` and `n_slow`; a row in which both are blank has the mean of its layer."""
    fast, slow = (cells.numbers(name, 0, MOST_EVSE, is_whole=True) for name in ("n_fast", "n_slow"))
    assumed["power of fast and slow EVSEs"] += 0 if {"fast_kw", "slow_kw"} <= cells.columns.keys() else cells.n_rows
    found = []
    for row, (n_fast, n_slow) in enumerate(zip(fast.tolist(), slow.tolist(), strict=True)):
        if math.isnan(n_fast) and math.isnan(n_slow):
            assumed["number of EVSEs"] += 1
            n_fast, n_slow = TYPICAL[layers[row]]
        found.append(_mixed(_count(n_fast), _count(n_slow), fast_kw[row], slow_kw[row], serves[row]))
    return found


def _of_pools(
    cells: Cells, layers: list[str], serves: list[str], fast_kw: F64, slow_kw: F64, assumed: Counter[str]
) -> list[list[Pool]]:
    """Read one pool a row; without a power its EVSEs are fast and slow as on the mean of the layer."""
    counts = cells.numbers("n_evse", 0, MOST_EVSE, is_whole=True)
    powers = cells.numbers("rated_power_kw", LEAST_KW, MOST_KW)
    ac = cells.truths("is_ac")
    is_strong = [told == 1 and power > MOST_AC_KW for told, power in zip(ac, powers.tolist(), strict=True)]
    cells.note(
        "rated_power_kw", is_strong, lambda row: f"{powers[row]:g} kW of AC", f"at most {MOST_AC_KW:g} kW", "correct it"
    )
    found = []
    for row, (n, power_kw, is_ac) in enumerate(zip(counts.tolist(), powers.tolist(), ac, strict=True)):
        n_fast, n_slow = TYPICAL[layers[row]]
        if not math.isfinite(n):
            assumed["number of EVSEs"] += math.isnan(n)
        else:
            n_slow = round(n * n_slow / (n_fast + n_slow))
            n_fast = int(n) - n_slow
        if not math.isnan(power_kw):
            is_slow = power_kw < LEAST_DC_KW if is_ac is None else bool(is_ac)
            assumed["is_ac, from the power"] += is_ac is None
            alone = (n_slow if is_slow else n_fast) if math.isnan(n) else n_fast + n_slow
            found.append([_pool(alone, power_kw, int(is_slow), serves[row])] if alone else [])
            continue
        assumed["power of the EVSEs"] += 1
        if is_ac is not None:
            n_fast, n_slow = (0, n_fast + n_slow) if is_ac else (n_fast + n_slow, 0)
        found.append(_mixed(n_fast, n_slow, fast_kw[row], slow_kw[row], serves[row]))
    return found


def _of_powers(cells: Cells, serves: list[str]) -> list[list[Pool]]:
    """Read columns such as ``n_evse_120kw_dc``."""
    found: list[list[Pool]] = [[] for _ in range(cells.n_rows)]
    for name in cells.columns:
        match = POWER_COLUMN.match(name)
        if match is None:
            continue
        power_kw = float(match[1])
        is_ac = int(power_kw < LEAST_DC_KW) if match[2] is None else int(match[2] == "ac")
        most_kw = MOST_AC_KW if is_ac else MOST_KW
        if not LEAST_KW <= power_kw <= most_kw:
            wanted = f"{LEAST_KW:g} to {most_kw:g} kW {'AC' if is_ac else 'DC'}"
            cells.faults.add(f"{cells.where}: column {name!r}", f"{power_kw:g} kW", wanted, "correct it")
        counts = cells.numbers(name, 0, MOST_EVSE, is_whole=True)
        for row in np.flatnonzero(np.isfinite(counts) & (counts > 0)).tolist():
            found[row].append(_pool(int(counts[row]), power_kw, is_ac, match[3] or serves[row]))
    return found


def _mixed(n_fast: int, n_slow: int, fast_kw: float, slow_kw: float, serves: str) -> list[Pool]:
    pools = (_pool(n_fast, fast_kw, 0, serves), _pool(n_slow, slow_kw, 1, serves))
    return [pool for pool in pools if pool.n_evse]


def _pool(n_evse: int, rated_power_kw: float, is_ac: int, serves: str) -> Pool:
    """Make a pool whose power is whole watts."""
    power_kw = round(float(rated_power_kw) * 1000.0) / 1000.0 if math.isfinite(rated_power_kw) else 0.0
    return Pool(int(n_evse), power_kw, is_ac, serves)


def _count(number: float) -> int:
    return int(number) if math.isfinite(number) else 0
