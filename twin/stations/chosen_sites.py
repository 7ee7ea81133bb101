"""Sites chosen one by one, from a table: where orders of the rule 'chosen' put their EVSEs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.errors import DataError, Faults
from twin.stations.rules import SERVICE_AREA
from twin.tables.columns import F64, I64
from twin.tables.user_rows import MOST_FAULTS, read_rows

if TYPE_CHECKING:
    from twin.config.buildout import Order
    from twin.network.graph import Network
    from twin.network.regions import Regions

__all__ = ["COLUMNS", "ChosenSites", "evses_chosen", "read_chosen"]

COLUMNS = ("order", "place", "lon", "lat", "n_evse")
MOST_EVSE = 1000
WEST, EAST, SOUTH, NORTH = 73.0, 136.0, 3.0, 54.0


class ChosenSites(NamedTuple):
    """Sites of one order, those of most merit first.

    Attributes
    ----------
    side : ndarray of int64, shape (n,)
        Side of a service area, -1 elsewhere.
    county : ndarray of int64, shape (n,)
        County, -1 at sides.
    lon, lat : ndarray of float64, shape (n,)
        Degrees; NaN at sides, which have a place.
    n_evse : ndarray of int64, shape (n,)
        EVSEs.
    """

    side: I64
    county: I64
    lon: F64
    lat: F64
    n_evse: I64


def read_chosen(source: str | None, regions: Regions, network: Network, names: set[str]) -> dict[str, ChosenSites]:
    """Read the table of `buildout.sites_from`.

    Columns: ``order``, its name; ``place``, the id of a side of a service area, or of a county; ``lon`` and ``lat``, blank
    at sides; ``n_evse``. An order may name a side once.

    Parameters
    ----------
    source : str or None
        A CSV file; None names no sites.
    regions, network
        The nation and its roads.
    names : set of str
        Orders of the scenario.

    Raises
    ------
    DataError
        If it is no such table, or a row is of no order, no place or no number; every fault.
    """
    if source is None:
        return {}
    path = Path(source)
    table = read_rows(path)
    if sorted(table) != sorted(COLUMNS):
        raise DataError(f"{path}: found columns {', '.join(table)}; wanted {', '.join(COLUMNS)}; rename them")
    side_of = {str(name): row for row, name in enumerate(network.site_id.tolist())}
    county_of = {str(name): row for row, name in enumerate(regions.county_id.tolist())}
    found: dict[str, list[tuple[int, int, float, float, int]]] = {}
    faults, seen = Faults(), set()
    for line, cells in enumerate(zip(*(table[name] for name in COLUMNS), strict=True), 2):
        name, place = str(cells[0]), str(cells[1])
        lon, lat, n_evse = (_number(cell) for cell in cells[2:])
        side, county = side_of.get(place, -1), county_of.get(place, -1)
        wrong = _wrong(name in names, side, county, lon, lat, n_evse)
        if side >= 0 and (name, side) in seen:
            wrong = ("the side again", "every side once in an order")
        seen.add((name, side))
        if wrong and len(faults) < MOST_FAULTS:
            faults.add(f"{path}:{line} ({name}, {place})", *wrong, "correct the row")
        found.setdefault(name, []).append((side, county, lon, lat, 0 if wrong else int(n_evse)))
    faults.raise_if_any(DataError)
    return {name: _columns(rows) for name, rows in found.items()}


def evses_chosen(
    where: str, order: Order, sites: ChosenSites | None, county_province: I64, side_province: I64, is_in: np.ndarray,
    faults: Faults,
) -> I64:  # fmt: skip
    """Return the EVSEs of an order by province, as its sites have them; what does not agree with the order is a fault."""
    n_provinces, is_side = len(is_in), order.site_type == SERVICE_AREA
    if sites is None:
        faults.add(where, "rule 'chosen' and no site in buildout.sites_from", "a row for each site", "add them")
        return np.zeros(n_provinces, np.int64)
    if ((sites.side >= 0) != is_side).any():
        kind = "a side of a service area" if is_side else "a county"
        faults.add(where, f"places that are not {kind}", f"such places for {order.site_type}", "correct the table")
        return np.zeros(n_provinces, np.int64)
    province = side_province[sites.side] if is_side else county_province[sites.county]
    found = np.bincount(province, sites.n_evse, n_provinces).astype(np.int64)
    if int(found.sum()) != order.n_evse:
        faults.add(f"{where}.n_evse", f"{order.n_evse:,}", f"the {int(found.sum()):,} of its sites", "correct one")
    if found[~is_in].any():
        faults.add(f"{where}.provinces", "sites in other provinces", "sites there alone", "correct the table")
    return found


def _wrong(is_order: bool, side: int, county: int, lon: float, lat: float, n_evse: float) -> tuple[str, str] | None:
    """Return what is wrong with a row, and what was wanted."""
    if not is_order:
        return "no order of the scenario", "the name of one"
    if side < 0 and county < 0:
        return "no such place", "the id of a side of a service area, or of a county"
    if side >= 0 and not (math.isnan(lon) and math.isnan(lat)):
        return "a side with coordinates", "blank ones: a side has its place"
    if side < 0 and not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH):
        return f"coordinates {lon:g}, {lat:g}", f"degrees, {WEST:g} to {EAST:g} east and {SOUTH:g} to {NORTH:g} north"
    if not (1 <= n_evse <= MOST_EVSE and n_evse == int(n_evse)):
        return f"{n_evse:g} EVSEs", f"a whole number, 1 to {MOST_EVSE:,}"
    return None


def _number(cell: Any) -> float:
    """Return a cell as a number; NaN where it is blank or none."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def _columns(rows: list[tuple[int, int, float, float, int]]) -> ChosenSites:
    side, county, lon, lat, n_evse = zip(*rows, strict=True)
    whole = [np.array(column, np.int64) for column in (side, county, n_evse)]
    return ChosenSites(whole[0], whole[1], np.array(lon), np.array(lat), whole[2])
