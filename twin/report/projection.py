"""How degrees become kilometres on a map: the nation's projection, or a city's plane."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import numbers
from twin.tables.columns import F64

EARTH_RADIUS_KM = 6371.0
CITY_DEG = 3.0
"""What is no wider and no higher than this is drawn as a city."""


def albers_km(lon_deg: NDArray[Any], lat_deg: NDArray[Any]) -> tuple[F64, F64]:
    """Project to Albers' equal-area conic with parallels 25 and 47 degrees north, centred on 105 east, 35 north.

    Parameters
    ----------
    lon_deg, lat_deg : ndarray
        Position, degrees.

    Returns
    -------
    x_km, y_km : ndarray
        Position on the map, km (Snyder 1987, Map Projections, equations 14-1 to 14-6, sphere).
    """
    south, north, origin = np.radians([25.0, 47.0, 35.0])
    n = (np.sin(south) + np.sin(north)) / 2
    c = np.cos(south) ** 2 + 2 * n * np.sin(south)
    rho, rho_origin = (EARTH_RADIUS_KM * np.sqrt(c - 2 * n * np.sin(lat)) / n for lat in (np.radians(lat_deg), origin))
    theta = n * np.radians(np.asarray(lon_deg, np.float64) - 105.0)
    return rho * np.sin(theta), rho_origin - rho * np.cos(theta)


class View(NamedTuple):
    """How degrees become kilometres on a map: the nation's projection, or a city's plane.

    Attributes
    ----------
    centre_deg : tuple of float or None
        Longitude and latitude at which the plane touches the globe, north up, good to 0.1 % over 50 km; None: Albers.
    """

    centre_deg: tuple[float, float] | None

    def project(self, lon_deg: NDArray[Any], lat_deg: NDArray[Any]) -> tuple[F64, F64]:
        """Return kilometres east and north, to the metre in a city and to the kilometre in the nation."""
        if self.centre_deg is None:
            return albers_km(lon_deg, lat_deg)
        east, north = np.radians(self.centre_deg)
        x_km = EARTH_RADIUS_KM * np.cos(north) * (np.radians(np.asarray(lon_deg, np.float64)) - east)
        return x_km, EARTH_RADIUS_KM * (np.radians(np.asarray(lat_deg, np.float64)) - north)

    def shown(self, km: F64) -> list[float | None]:
        """Return positions as short as the map needs them."""
        return numbers(np.round(km, 0 if self.centre_deg is None else 3), 5)


def view_of(lon_deg: NDArray[Any], lat_deg: NDArray[Any]) -> View:
    """Return a city's plane where all that is drawn lies within a few degrees, else the nation's projection."""
    ends = [(float(x.min()), float(x.max())) for x in (np.asarray(lon_deg), np.asarray(lat_deg)) if len(x)]
    if not ends or max(high - low for low, high in ends) > CITY_DEG:
        return View(None)
    east, north = (sum(pair) / 2.0 for pair in ends)
    return View((east, north))
