"""Where stations meet the roads: local ones at the nearest node, those of expressways on the right of their carriageway."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.stations.carriageways import EXPRESSWAY, Lines, at_carriageways
from twin.stations.sphere import nearest_on_sphere
from twin.tables.columns import F64, I32, I64

__all__ = ["HIGHWAY_REACH_M", "LOCAL_REACH_M", "STRAIGHT_REACH_M", "Snapped", "fingerprint", "snap"]

LOCAL_REACH_M = 2_000.0
"""Farthest node at which a station off the expressways joins the roads: half an hour's walk away it belongs to roads that
are not on the network (own choice)."""
HIGHWAY_REACH_M = 1_500.0
"""Farthest carriageway to which a service area belongs, as for service areas in `twin.network.drawn`."""
STRAIGHT_REACH_M = 30_000.0
"""The same where links are drawn as straight lines between towns, as on the embedded backbone (own choice)."""


class Snapped(NamedTuple):
    """Where stations joined the roads, by station; -1 and NaN where nothing was within reach.

    `off_m` is the distance even then, infinite where there is no such road at all.
    """

    node: I32
    link: I32
    off_m: F64
    ahead_m: F64
    is_near: NDArray[np.bool_]


def fingerprint(lines: Any) -> str:
    """Hash that tells two road graphs apart: the ends of all links."""
    digest = hashlib.sha256()
    for column in (lines.link_from, lines.link_to):
        digest.update(np.ascontiguousarray(column, np.int32).tobytes())
    return digest.hexdigest()


def snap(lines: Lines, lon: F64, lat: F64, is_highway: NDArray[np.bool_], reach_m: float | None = None) -> Snapped:
    """Find the node of each local station and the directed link of each station of an expressway.

    A local station joins the nearest node that a road other than an expressway or its ramps meets; a station of an
    expressway its carriageway, see `twin.stations.carriageways`. On a network of straight lines local stations join no node,
    as its nodes are whole towns.

    Parameters
    ----------
    lines : Lines
        The roads.
    lon, lat : ndarray, shape (n_stations,)
        Degrees, WGS-84.
    is_highway : ndarray of bool, shape (n_stations,)
        Which stations are of an expressway.
    reach_m : float, optional
        Farthest road; by default `LOCAL_REACH_M` and `HIGHWAY_REACH_M`, on straight lines `STRAIGHT_REACH_M`.
    """
    n = len(lon)
    found = Snapped(
        np.full(n, -1, np.int32), np.full(n, -1, np.int32), np.full(n, np.inf), np.full(n, np.nan), np.zeros(n, bool)
    )
    is_straight = lines.path_lon is None
    usual_m = STRAIGHT_REACH_M if is_straight else HIGHWAY_REACH_M
    upper = np.flatnonzero(is_highway)
    at = at_carriageways(lines, lon[upper], lat[upper], usual_m if reach_m is None else reach_m)
    found.link[upper], found.off_m[upper], found.ahead_m[upper] = at
    found.is_near[upper] = at[0] >= 0
    local = np.flatnonzero(~is_highway)
    if is_straight:
        found.is_near[local], found.off_m[local] = True, np.nan
    else:
        _snap_local(lines, lon, lat, local, LOCAL_REACH_M if reach_m is None else reach_m, found)
    return found


def _snap_local(lines: Lines, lon: F64, lat: F64, rows: I64, reach_m: float, found: Snapped) -> None:
    is_street = lines.link_kind % 10 != EXPRESSWAY
    nodes = np.unique(np.concatenate([lines.link_from[is_street], lines.link_to[is_street]]))
    if not len(nodes) or not len(rows):
        return
    chord_km, at = nearest_on_sphere(lon[rows], lat[rows], lines.node_lon[nodes], lines.node_lat[nodes])
    off_m = chord_km * 1000.0
    is_near = off_m <= reach_m
    found.off_m[rows], found.is_near[rows] = off_m, is_near
    found.node[rows[is_near]] = nodes[at[is_near]]
