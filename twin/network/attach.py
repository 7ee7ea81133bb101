"""The nation's zones join roads that know nothing of them: a node at each zone's centre, and streets out of town."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.spatial import KDTree

from twin.network.classes import ACCESS, EXPRESSWAY, PRIMARY, RAMPS, TRUNK
from twin.network.pieces import DEG, EARTH_MM, Pieces, Roads, piece_times_ms
from twin.tables.columns import F64, I32, I64

if TYPE_CHECKING:
    from twin.network.regions import Regions

__all__ = ["add_straight", "attach_places", "on_sphere_m", "streets_of", "zones_at_nodes"]

REACH_M = 25_000.0
"""How far from a zone's centre its streets lead to interchanges (our own choice)."""
NEAR_M, MORE_M = 8_000.0, 3_000.0
"""Where there is no interchange: junctions of major roads so near, or so much farther than the nearest."""
N_DIRECTIONS = 8
STREET_DETOUR, STREET_KMH, STREET_LANES = 1.3, 40.0, 6
"""Streets between a zone's centre and the roads: way over straight line, speed, lanes (our own estimates).

On the backbone the streets out of town are measured at 27 to 65 km/h with up to six lanes a direction.
"""


class Streets(NamedTuple):
    """Streets out of town: place, node and straight length of each."""

    place: I64
    node: I64
    straight_m: F64


def on_sphere_m(lon: Any, lat: Any) -> F64:
    """Points on the mean sphere (m), shape (n, 3); distances of near points are those along the ground."""
    x, y = np.radians(lon), np.radians(lat)
    at: F64 = EARTH_MM / 1000.0 * np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=1)
    return at


def streets_of(roads: Roads, lon: F64, lat: F64) -> Streets:
    """Choose the nodes that a place is joined to.

    In each of eight directions the nearest interchange within 25 km: a node of an ordinary road at which a ramp of an
    expressway ends. Where there is none at all, in each direction the nearest node of a trunk or primary road within 8 km,
    or within 3 km more than the nearest; where there are none of these either, of any road.

    Parameters
    ----------
    roads : Roads
        Strongly connected.
    lon, lat : ndarray of float64, shape (n_places,)
        Degrees, WGS-84.
    """
    interchange, major = _candidates(roads)
    parts = []
    left = np.arange(len(lon))
    at, ground = on_sphere_m(lon, lat), on_sphere_m(roads.x / DEG, roads.y / DEG)
    for nodes, reach in ((interchange, REACH_M), (major, None), (np.arange(roads.n_nodes), None)):
        if not len(nodes) or not len(left):
            continue
        tree: Any = KDTree(ground[nodes])
        nearest_m, _ = tree.query(at[left])
        reach_m = np.full(len(left), reach) if reach else np.maximum(NEAR_M, nearest_m + MORE_M)
        found = tree.query_ball_point(at[left], reach_m, return_sorted=True)
        for place, rows in zip(left, found, strict=True):
            node = nodes[rows]
            straight_m = np.linalg.norm(ground[node] - at[place], axis=1)
            chosen = _one_each_way(roads, node, straight_m, float(lon[place]), float(lat[place]))
            parts.append(Streets(np.full(len(chosen), place), node[chosen], straight_m[chosen]))
        left = left[[not len(rows) for rows in found]]
    return Streets(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _candidates(roads: Roads) -> tuple[I64, I64]:
    """Interchanges, and nodes of trunk and primary roads that no expressway touches."""
    kind = roads.pieces.kind
    on_top, on_ramp, on_road, on_major = (np.zeros(roads.n_nodes, bool) for _ in range(4))
    for ends in (roads.pieces.a, roads.pieces.b):
        on_top[ends[kind == EXPRESSWAY]] = True
        on_ramp[ends[(kind == ACCESS) | (kind == RAMPS + EXPRESSWAY)]] = True
        on_road[ends[(kind < RAMPS) & (kind != EXPRESSWAY)]] = True
        on_major[ends[(kind == TRUNK) | (kind == PRIMARY)]] = True
    return np.flatnonzero(on_ramp & on_road & ~on_top), np.flatnonzero(on_major & ~on_top)


def _one_each_way(roads: Roads, node: I64, straight_m: F64, lon: float, lat: float) -> I64:
    """The nearest node in each direction, ties to the lower node."""
    east, north = (roads.x[node] / DEG - lon) * np.cos(np.radians(lat)), roads.y[node] / DEG - lat
    direction = np.floor((np.arctan2(north, east) / (2 * np.pi) + 0.5) * N_DIRECTIONS).astype(int) % N_DIRECTIONS
    order = np.lexsort((node, straight_m))
    _, first = np.unique(direction[order], return_index=True)
    return order[first]


def zones_at_nodes(roads: Roads, lon: F64, lat: F64, streets: Streets) -> tuple[Roads, I64]:
    """Add a node at every place and the streets that join it.

    Streets are two-way trunk roads of six lanes at 40 km/h over 1.3 times the straight line.

    Returns
    -------
    roads, place_node
        The roads, in which the nodes of the places, and those they are joined to, are never removed.
    """
    node = roads.n_nodes + np.arange(len(lon))
    is_kept = np.append(roads.is_kept, np.ones(len(lon), bool))
    is_kept[streets.node] = True
    roads = roads._replace(
        x=np.append(roads.x, np.rint(lon * DEG).astype(np.int32)),
        y=np.append(roads.y, np.rint(lat * DEG).astype(np.int32)),
        names=np.append(roads.names, np.full(len(lon), "", object)),
        is_kept=is_kept,
    )
    length_mm = np.maximum(np.rint(1000.0 * STREET_DETOUR * streets.straight_m), 1000).astype(np.int64)
    time_ms = piece_times_ms(length_mm, np.full(len(length_mm), STREET_KMH))
    kind, lanes = np.full(len(length_mm), TRUNK, np.uint8), np.full(len(length_mm), STREET_LANES, np.int16)
    return add_straight(roads, node[streets.place], streets.node, kind, length_mm, time_ms, lanes), node


def add_straight(
    roads: Roads, a: I64, b: I64, kind: Any, length_mm: I64, time_ms: I64, n_lanes: Any, line: Any = None
) -> Roads:
    """Add straight two-way pieces between nodes."""
    n, n_points = len(a), len(roads.point_x)
    first = n_points + 2 * np.arange(n)
    added = Pieces(
        a=a,
        b=b,
        is_both=np.ones(n, bool),
        kind=kind,
        length_mm=length_mm,
        time_ms=time_ms,
        n_lanes=n_lanes,
        is_toll=np.zeros(n, bool),
        line=np.full(n, -1, np.int16) if line is None else line,
        way=np.full(n, -1, np.int64),
        first=first,
        last=first + 1,
    )
    ends = np.stack([a, b], axis=1).reshape(-1)
    both = zip(list(roads.pieces), list(added), strict=True)
    return roads._replace(
        pieces=Pieces(*(np.concatenate(columns) for columns in both)),
        point_x=np.concatenate([roads.point_x, roads.x[ends]]),
        point_y=np.concatenate([roads.point_y, roads.y[ends]]),
    )


def attach_places(regions: Regions, lon: F64, lat: F64) -> I32:
    """Province of each point: that of the nearest county centre.

    Parameters
    ----------
    regions : Regions
        Counties.
    lon, lat : ndarray of float64
        Degrees, WGS-84.
    """
    tree: Any = KDTree(on_sphere_m(regions.county_lon, regions.county_lat))
    province: I32 = regions.county_province[tree.query(on_sphere_m(lon, lat))[1]].astype(np.int32)
    return province
