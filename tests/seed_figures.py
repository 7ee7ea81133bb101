"""Short ways to a figure of the seeds, for the tests that add them up."""

from __future__ import annotations

import numpy as np

from twin.tables.seed_schema import PROVINCES
from twin.tables.seeds import read

PUBLIC_EVSES = {"2025-12": 4_717_000, "2026-06": 5_009_000, "2027-12": 6_200_000}


def figure(name: str, year: str) -> np.ndarray:
    """One figure of every province, in province order."""
    table = read("province_figures")
    rows = (table["figure"] == name) & (table["year"] == year)
    assert list(table["province"][rows]) == list(PROVINCES)
    return table["value"][rows]


def nation(name: str, period: str) -> float:
    """One national figure."""
    table = read("nation_figures")
    (row,) = np.flatnonzero((table["figure"] == name) & (table["period"] == period))
    return float(table["value"][row])


def groups(table: dict[str, np.ndarray], *names: str) -> dict[tuple[str, ...], np.ndarray]:
    """Rows of each combination of the named columns."""
    keys = list(zip(*(table[name].tolist() for name in names), strict=True))
    return {key: np.array([row for row, other in enumerate(keys) if other == key]) for key in dict.fromkeys(keys)}
