"""What people call a station."""

from __future__ import annotations

import numpy as np

from twin.stations.apportion import ordinals
from twin.tables.columns import STR
from twin.tables.inputs import SITE_TYPES, Stations

__all__ = ["station_names"]


def station_names(stations: Stations, place_names: STR, side: np.ndarray, side_names: STR) -> STR:
    """Name every station: the service area's own name, else county, kind of site and a running number.

    Parameters
    ----------
    stations : Stations
        Stations in the order of their ids.
    place_names : ndarray of str, shape (n_counties,)
        Names of the counties.
    side : ndarray of int, shape (n_stations,)
        Service-area side of a station, -1 elsewhere.
    side_names : ndarray of str, shape (n_sides,)
        Names of the sides, the letter of the side last.

    Returns
    -------
    ndarray of str, shape (n_stations,)
        Names such as ``"G2 Cangzhou 3 service area A"`` and ``"Beijing Haidian urban public 0123"``; the number counts
        the sites of that type in the county.
    """
    kind = stations.county.astype(np.int64) * len(SITE_TYPES) + stations.site_type
    order = np.argsort(kind, kind="stable")
    number = np.empty(len(kind), np.int64)
    number[order] = ordinals(kind[order]) + 1
    names = np.empty(len(kind), object)
    for row, (county, site_type, count, of_side) in enumerate(
        zip(stations.county.tolist(), stations.site_type.tolist(), number.tolist(), side.tolist(), strict=True)
    ):
        if of_side >= 0:
            names[row] = " service area ".join(side_names[of_side].rsplit(" ", 1))
        else:
            names[row] = f"{place_names[county]} {SITE_TYPES[site_type]} {count:04d}"
    return names
