"""The vehicles of the nation by kind, at the end of a year or of a month."""

from __future__ import annotations

import numpy as np

from twin.errors import DataError
from twin.tables.columns import I64
from twin.tables.inputs import VEHICLE_KINDS
from twin.tables.seeds import read

__all__ = ["COUNTED_IN", "vehicles_of"]

COUNTED_IN = "2025-09"
"""End of the month before the expressway passages of electric vehicles were counted, 1 to 8 October 2025."""


def vehicles_of(year: str) -> I64:
    """Return the vehicles of each kind in the whole country, shape (n_kinds,).

    Parameters
    ----------
    year : str
        A year of ``fleet_stock.csv`` for its end, ``"2027"`` or ``"2027-stress"``; or a month, ``"2025-09"``, whose end
        lies on the straight line between the ends of the year before and of its own.

    Raises
    ------
    DataError
        If the stock seed lacks the year, or the one before that a month needs.
    """
    seed = read("fleet_stock")
    ends, part = [year], 1.0
    if year[5:].isdigit():
        ends, part = [str(int(year[:4]) - 1), year[:4]], int(year[5:]) / 12.0
    missing = sorted(set(ends) - set(seed["year"].tolist()))
    if missing:
        years = ", ".join(sorted(set(seed["year"].tolist())))
        raise DataError(
            f"fleet_stock.csv: no year {missing[0]}, which fleet.year {year} needs; there are {years}; "
            "set fleet.year to one of them or to a month between"
        )
    of_kind = [seed["kind"] == kind for kind in VEHICLE_KINDS]
    counts = [np.array([seed["n_vehicles"][(seed["year"] == end) & rows].sum() for rows in of_kind]) for end in ends]
    totals: I64 = np.rint(counts[0] + part * (counts[-1] - counts[0])).astype(np.int64)
    return totals
