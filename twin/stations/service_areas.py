"""Chargers of service areas: every side gets some, busy sides get more, strong ones come in banks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.stations.apportion import Numbers, apportion, deal
from twin.stations.sites import HIGHWAY, SERVICE, SITE_KINDS, Sites
from twin.tables.columns import F64, I64, U8

__all__ = ["BANK_EVSE", "Sides", "potential", "service_sites"]


class Sides(NamedTuple):
    """Sides of service areas, in the order along their lines: side id, county, coordinates, directed link."""

    side: I64
    county: I64
    lon: F64
    lat: F64
    link: I64

    def take(self, rows: I64) -> Sides:
        """Return the given rows, in the given order."""
        return Sides(self.side[rows], self.county[rows], self.lon[rows], self.lat[rows], self.link[rows])


BANK_EVSE = 4
"""EVSEs that a high-power or truck installation at a service area brings together; Li Auto had 21,651 EVSEs at 3,907
stations at the end of 2025, 5.5 each."""

LEAST_EVSE = 2
"""Ordinary EVSEs of the smallest side, while the stock suffices."""

REACH_KM = 150.0
"""How far people count towards the traffic that passes a service area; our own choice, confidence low."""


def potential(lon: F64, lat: F64, zone_lon: F64, zone_lat: F64, population: Numbers) -> F64:
    """Square root of the population potential at each point: sum over zones of population * exp(-distance / 150 km).

    The root keeps the busiest sides at a few times the mean, as observed sizes do; the form is our own simplification.
    """
    mean_lat = np.radians((lat[:, None] + zone_lat[None, :]) / 2)
    east_km = 111.32 * np.cos(mean_lat) * (lon[:, None] - zone_lon[None, :])
    north_km = 111.32 * (lat[:, None] - zone_lat[None, :])
    nearby: F64 = (np.exp(-np.hypot(east_km, north_km) / REACH_KM) * population).sum(axis=1)
    return np.sqrt(nearby)


def service_sites(counts: I64, comes_in_banks: U8, weight: F64, sides: Sides) -> Sites:
    """Give the EVSEs of the highway layer to the sides of service areas.

    Ordinary EVSEs: two a side, the rest by weight (largest remainder). Cells that come in banks are put up four at a
    time at equal steps of the cumulated weight, so that they are spread along the lines and busy sides have several.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_cells,)
        EVSEs by row of the stock table.
    comes_in_banks : ndarray of uint8, shape (n_cells,)
        0 ordinary, otherwise the number of the group of cells whose banks are mixed (1 high-power, 2 truck-capable).
    weight : ndarray, shape (n_sides,)
        How busy a side is; sides in the order along their lines.
    sides : Sides
        Where they stand.

    Returns
    -------
    Sites
        One row per side with at least one EVSE.
    """
    side, county, lon, lat, link = sides
    n_sides = len(weight)
    n_evse = np.zeros((n_sides, len(counts)), np.int32)
    for group in np.unique(comes_in_banks):
        in_group = comes_in_banks == group
        total = int(counts[in_group].sum())
        sizes = _banks(total, weight) if group else _spread(total, weight)
        n_evse[:, in_group] = deal(sizes, np.zeros(n_sides, np.int64), counts[None, in_group])
    rows = np.flatnonzero(n_evse.sum(axis=1))
    of_kind, of_layer = np.full(len(rows), SERVICE, np.int64), np.full(len(rows), HIGHWAY, np.int64)
    site_type = np.full(len(rows), SITE_KINDS[SERVICE].site_type)
    place = (lon[rows], lat[rows], link[rows], side[rows])
    return Sites(county[rows], of_kind, of_layer, site_type, side[rows], n_evse[rows], *place, np.full(len(rows), -1))


def _spread(total: int, weight: F64) -> I64:
    least = min(LEAST_EVSE, total // len(weight))
    return least + apportion(total - least * len(weight), weight)


def _banks(total: int, weight: F64) -> I64:
    n_banks = -(-total // BANK_EVSE)
    through = np.cumsum(weight)
    marks = (np.arange(n_banks) + 0.5) / max(n_banks, 1) * through[-1]
    side = np.minimum(np.searchsorted(through, marks), len(weight) - 1)
    sizes = np.full(n_banks, BANK_EVSE, np.int64)
    if n_banks:
        sizes[-1] -= n_banks * BANK_EVSE - total
    given = np.zeros(len(weight), np.int64)
    np.add.at(given, side, sizes)
    return given
