"""Distances on the globe."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from twin.tables.columns import F64, I64

__all__ = ["nearest_on_sphere", "on_sphere_km"]


def on_sphere_km(lon: F64, lat: F64) -> F64:
    """Points in space on a globe of 6,371 km; straight distances are within 0.1 % of the arc below 900 km."""
    east, north = np.radians(lon), np.radians(lat)
    return 6371.0 * np.stack((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)), axis=-1)


def nearest_on_sphere(lon: F64, lat: F64, of_lon: F64, of_lat: F64) -> tuple[F64, I64]:
    """Distance from each point to the nearest of others (km, along the chord), and which that is."""
    distance_km, row = cKDTree(on_sphere_km(of_lon, of_lat)).query(on_sphere_km(lon, lat))
    return np.asarray(distance_km, np.float64), np.asarray(row, np.int64)
