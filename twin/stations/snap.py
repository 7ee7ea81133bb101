"""Where stations meet the roads: local ones at the nearest node, those of expressways on the right of their carriageway."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.stations.placement import nearest_on_sphere, on_sphere_km
from twin.tables.columns import F64, I32, I64, U8
from twin.tables.roads import Lists

__all__ = ["HIGHWAY_REACH_M", "LOCAL_REACH_M", "STRAIGHT_REACH_M", "Lines", "Snapped", "fingerprint", "snap"]

EXPRESSWAY = 0
"""`link_kind` of an expressway."""

LOCAL_REACH_M = 2_000.0
"""Farthest node at which a station off the expressways joins the roads: half an hour's walk away it belongs to roads that
are not on the network (own choice)."""
HIGHWAY_REACH_M = 1_500.0
"""Farthest carriageway to which a service area belongs, as for service areas in `twin.network.drawn`."""
STRAIGHT_REACH_M = 30_000.0
"""The same where links are drawn as straight lines between towns, as on the embedded backbone (own choice)."""

BESIDE_M = 200.0
"""A carriageway that has the station on its right is taken before the nearest one if it is no more than this farther away:
the two carriageways of an expressway and a service area between them (own choice)."""
JUST_PASSED_M = 1_000.0
"""A station this little way past the start of a link stands at the end of the link before, where there is only one."""
STEP_M = 500.0
EARTH_M = 6_371_008.8


class Lines(NamedTuple):
    """Directed links with what they run through.

    Attributes
    ----------
    link_from, link_to, link_kind, link_reverse : ndarray, shape (n_links,)
        As on a `Network`.
    node_lon, node_lat : ndarray, shape (n_nodes,)
        Degrees.
    path_lon, path_lat : Lists, optional
        Points of each link; straight from node to node without.
    """

    link_from: I32
    link_to: I32
    link_kind: U8
    link_reverse: I32
    node_lon: F64
    node_lat: F64
    path_lon: Lists | None = None
    path_lat: Lists | None = None


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

    A local station joins the nearest node that a road other than an expressway or its ramps meets. A station of an
    expressway belongs to the nearest directed expressway link that has it on its right, where there is one within
    `BESIDE_M` of the nearest link, else to the nearest; it stands at the end of the link, or at its start where that lies
    just behind it. On a network of straight lines local stations join no node, as its nodes are whole towns.

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
    _snap_highway(lines, lon, lat, np.flatnonzero(is_highway), usual_m if reach_m is None else reach_m, found)
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


class _Segments(NamedTuple):
    """Straight stretches of expressway links, in the order of links and of driving."""

    link: I64
    lon: F64
    lat: F64
    to_lon: F64
    to_lat: F64


def _segments(lines: Lines) -> _Segments:
    links = np.flatnonzero(lines.link_kind == EXPRESSWAY)
    if lines.path_lon is None or lines.path_lat is None:
        a, b = lines.link_from[links], lines.link_to[links]
        return _Segments(links, lines.node_lon[a], lines.node_lat[a], lines.node_lon[b], lines.node_lat[b])
    first = lines.path_lon.first
    link = np.repeat(links, first[links + 1] - first[links] - 1)
    count = np.bincount(link, minlength=len(lines.link_kind))
    within = np.arange(len(link)) - np.repeat(np.cumsum(count[links]) - count[links], count[links])
    at = first[link] + within
    lon, lat = lines.path_lon.values, lines.path_lat.values
    return _Segments(link, lon[at], lat[at], lon[at + 1], lat[at + 1])


def _snap_highway(lines: Lines, lon: F64, lat: F64, rows: I64, reach_m: float, found: Snapped) -> None:
    segments = _segments(lines)
    if not len(rows) or not len(segments.link):
        return
    tree, of_point = _points_along(segments)
    here_km = on_sphere_km(lon[rows], lat[rows])
    nearest_km = np.asarray(tree.query(here_km)[0], np.float64)
    wide_km = np.minimum(nearest_km, reach_m / 1000.0) + (BESIDE_M + STEP_M) / 1000.0
    length_m = _lengths_m(segments)
    before = _only_before(lines)
    for row, near in zip(rows.tolist(), tree.query_ball_point(here_km, wide_km), strict=True):
        candidates = np.unique(of_point[near])
        if not len(candidates):
            found.off_m[row] = nearest_km[np.searchsorted(rows, row)] * 1000.0
            continue
        off_m, share, is_left = _seen_from(segments, candidates, lon[row], lat[row])
        chosen = int(np.lexsort((candidates, off_m, is_left))[0])
        if is_left[chosen] or off_m[chosen] > off_m.min() + BESIDE_M:
            chosen = int(np.lexsort((candidates, off_m))[0])
        found.off_m[row] = off_m[chosen]
        if off_m[chosen] > reach_m:
            continue
        found.is_near[row] = True
        found.link[row], found.ahead_m[row] = _end_of(segments, length_m, before, int(candidates[chosen]), share[chosen])


def _points_along(segments: _Segments) -> tuple[cKDTree, I64]:
    """Points no farther than `STEP_M` from each other along all segments, and the segment of each."""
    n_steps = np.maximum(np.ceil(_lengths_m(segments) / STEP_M), 1).astype(np.int64)
    of_point = np.repeat(np.arange(len(n_steps)), n_steps + 1)
    step = np.arange(len(of_point)) - np.repeat(np.cumsum(n_steps + 1) - n_steps - 1, n_steps + 1)
    share = step / n_steps[of_point]
    lon = segments.lon[of_point] + share * (segments.to_lon - segments.lon)[of_point]
    lat = segments.lat[of_point] + share * (segments.to_lat - segments.lat)[of_point]
    return cKDTree(on_sphere_km(lon, lat)), of_point


def _lengths_m(segments: _Segments) -> F64:
    mean_lat = np.radians((segments.lat + segments.to_lat) / 2)
    east, north = np.radians(segments.to_lon - segments.lon) * np.cos(mean_lat), np.radians(segments.to_lat - segments.lat)
    length_m: F64 = EARTH_M * np.hypot(east, north)
    return length_m


def _seen_from(segments: _Segments, rows: I64, lon: float, lat: float) -> tuple[F64, F64, NDArray[np.bool_]]:
    """Distance to each segment, how far along it the nearest point lies (0..1), and whether the place is left of it."""
    shrink = np.cos(np.radians(lat))
    x, to_x = (EARTH_M * np.radians(degrees[rows] - lon) * shrink for degrees in (segments.lon, segments.to_lon))
    y, to_y = (EARTH_M * np.radians(degrees[rows] - lat) for degrees in (segments.lat, segments.to_lat))
    dx, dy = to_x - x, to_y - y
    square = dx**2 + dy**2
    share = np.clip(np.divide(-(x * dx + y * dy), square, out=np.zeros(len(rows)), where=square > 0), 0.0, 1.0)
    return np.hypot(x + share * dx, y + share * dy), share, y * dx - x * dy < 0


def _only_before(lines: Lines) -> I64:
    """The one expressway link that leads into each expressway link, its reverse apart; -1 without or with several."""
    upper = np.flatnonzero(lines.link_kind == EXPRESSWAY)
    order = upper[np.argsort(lines.link_to[upper], kind="stable")]
    ends = lines.link_to[order]
    before = np.full(len(lines.link_kind), -1, np.int64)
    low, high = (np.searchsorted(ends, lines.link_from[upper], side) for side in ("left", "right"))
    for link, first, last in zip(upper.tolist(), low.tolist(), high.tolist(), strict=True):
        others = [other for other in order[first:last].tolist() if other != lines.link_reverse[link]]
        before[link] = others[0] if len(others) == 1 else -1
    return before


def _end_of(segments: _Segments, length_m: F64, before: I64, at: int, share: float) -> tuple[int, float]:
    """Link at whose end a place on a segment stands, and the way there: below 0 where that end lies behind."""
    link = int(segments.link[at])
    first, last = np.searchsorted(segments.link, [link, link + 1])
    behind_m = float(length_m[first:at].sum() + share * length_m[at])
    ahead_m = float((1.0 - share) * length_m[at] + length_m[at + 1 : last].sum())
    if behind_m <= JUST_PASSED_M and behind_m < ahead_m and before[link] >= 0:
        return int(before[link]), -behind_m
    return link, ahead_m
