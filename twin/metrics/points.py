"""Points that stand for people, and how far it is from them to the nearest station: straight, and by road."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from twin.tables.columns import F64, I32, I64

__all__ = ["EARTH_KM", "disc_points", "nearest_km", "road_km", "spiral", "unit_vectors"]

EARTH_KM = 6371.0
KM_PER_DEG = 111.32
GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))
N_NODES_TRIED = 4
"""Nearest nodes of the road graph over which a point may join the roads."""
LEAST_KM = 1e-6
"""A way of nought would be no way at all in a sparse matrix."""


def disc_points(lon: F64, lat: F64, radius_km: F64, n_points: int) -> tuple[I64, F64, F64]:
    """Points spread evenly over discs, on a sunflower spiral each (Vogel 1979).

    Parameters
    ----------
    lon, lat, radius_km : ndarray, shape (n_discs,)
        Centres in degrees, and radii.
    n_points : int
        Points per disc.

    Returns
    -------
    disc, lon, lat : ndarray, shape (n_discs * n_points,)
        Disc and coordinates of each point.
    """
    disc = np.repeat(np.arange(len(lon)), n_points)
    step = np.tile(np.arange(n_points), len(lon))
    return disc, *spiral(lon[disc], lat[disc], radius_km[disc], step, np.full(len(disc), n_points))


def spiral(lon: F64, lat: F64, radius_km: F64, step: I64, n_points: I64) -> tuple[F64, F64]:
    """Point `step` of `n_points` that fill a disc evenly, degrees; arrays of one shape."""
    out_km, angle = radius_km * np.sqrt((step + 0.5) / n_points), step * GOLDEN_ANGLE
    east_deg = out_km * np.cos(angle) / (KM_PER_DEG * np.cos(np.radians(lat)))
    return lon + east_deg, lat + out_km * np.sin(angle) / KM_PER_DEG


def nearest_km(lon: F64, lat: F64, station_lon: F64, station_lat: F64) -> F64:
    """Great-circle distance from each point to the nearest station, km; inf without any station."""
    if not len(station_lon):
        return np.full(len(lon), np.inf)
    chord = cKDTree(unit_vectors(station_lon, station_lat)).query(unit_vectors(lon, lat))[0]
    return _arc_km(np.asarray(chord))


def unit_vectors(lon: F64, lat: F64) -> F64:
    """Points on a globe of radius 1, shape (n, 3)."""
    east, north = np.radians(lon), np.radians(lat)
    return np.stack((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)), axis=-1)


def road_km(
    lon: F64, lat: F64, station_lon: F64, station_lat: F64,
    node_lon: F64, node_lat: F64, link_from: I32, link_to: I32, link_km: F64, detour: float,
) -> F64:  # fmt: skip
    """Way by road from each point to the nearest station, km; inf without any station.

    The shorter of two: by streets straight there, `detour` times the straight line; or by streets to one of the four
    nearest nodes of the road graph, along its links, and by streets again from a node to a station. Shortest paths from
    all nodes at once (Dijkstra 1959, from the stations backwards).

    Parameters
    ----------
    lon, lat : ndarray of float64, shape (n_points,)
        Points, degrees.
    station_lon, station_lat : ndarray of float64, shape (n_stations,)
        Stations, degrees.
    node_lon, node_lat : ndarray of float64, shape (n_nodes,)
        Nodes of the road graph, degrees.
    link_from, link_to : ndarray of int32, shape (n_links,)
        Nodes of each directed link.
    link_km : ndarray of float64, shape (n_links,)
        Lengths, above zero.
    detour : float
        Way by street over straight line.
    """
    direct_km = detour * nearest_km(lon, lat, station_lon, station_lat)
    if not len(station_lon) or not len(node_lon):
        return direct_km
    n = len(node_lon)
    off_km = np.maximum(detour * nearest_km(node_lon, node_lat, station_lon, station_lat), LEAST_KM)
    order = np.lexsort((link_km, link_from, link_to))
    pair = link_to[order].astype(np.int64) * n + link_from[order]
    first = order[np.flatnonzero(np.diff(pair, prepend=-1))]
    rows = np.concatenate((link_to[first], np.full(n, n)))
    columns = np.concatenate((link_from[first], np.arange(n)))
    ways = np.concatenate((link_km[first], off_km)).astype(np.float64)
    backwards = csr_matrix((ways, (rows.astype(np.int64), columns.astype(np.int64))), shape=(n + 1, n + 1))
    left_km = dijkstra(backwards, indices=[n])[0, :n]
    tried = np.arange(1, min(N_NODES_TRIED, n) + 1)
    chord, node = cKDTree(unit_vectors(node_lon, node_lat)).query(unit_vectors(lon, lat), k=tried)
    by_node_km = detour * _arc_km(np.asarray(chord)) + left_km[np.asarray(node)]
    shortest: F64 = np.minimum(direct_km, by_node_km.min(axis=1, initial=np.inf))
    return shortest


def _arc_km(chord: F64) -> F64:
    return 2.0 * EARTH_KM * np.arcsin(np.minimum(chord / 2.0, 1.0))
