"""Which carriageway of an expressway a station stands at: the one that has it on its right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from twin.stations.sphere import on_sphere_km
from twin.tables.columns import F64, I32, I64, U8
from twin.tables.roads import Lists

__all__ = ["EXPRESSWAY", "Lines", "at_carriageways"]

EXPRESSWAY = 0
"""`link_kind` of an expressway."""

BESIDE_M = 200.0
"""A carriageway that has the station on its right is taken before the nearest one if it is no more than this farther away:
the two carriageways of an expressway and a service area between them (own choice)."""
JUST_PASSED_M = 1_000.0
"""A station this little way past the start of a link stands at the end of the link before, where there is only one."""
PAIR_M = 2_000.0
"""Stations this close to each other beside roads drawn as straight lines are the two sides of one service area."""
ON_LINE_M = 0.1
"""What lies this close to a line lies on it."""
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


def at_carriageways(lines: Lines, lon: F64, lat: F64, reach_m: float) -> tuple[I32, F64, F64]:
    """Find the directed expressway link of each station.

    That is the nearest link which has it on its right, where there is one within `BESIDE_M` of the nearest link, else the
    nearest; ties go to the lower link. The station stands at the end of the link, or at its start where that lies just
    behind it. A straight line between towns may run far from the road, with both sides of a service area on one side of
    it: there, stations within `PAIR_M` of each other are told apart where their distances from the line leave the widest
    gap, and those right of it serve one direction, those left of it the other; at one and the same place they take turns.

    Parameters
    ----------
    lines : Lines
        The roads.
    lon, lat : ndarray, shape (n_stations,)
        Degrees.
    reach_m : float
        Farthest carriageway.

    Returns
    -------
    link : ndarray of int32, shape (n_stations,)
        Directed link at whose end each station stands, -1 beyond reach.
    off_m, ahead_m : ndarray of float64, shape (n_stations,)
        Distance to the link, infinite without expressways; way to its end, below 0 where that lies behind, NaN without.
    """
    n = len(lon)
    link, off_m, ahead_m = np.full(n, -1, np.int32), np.full(n, np.inf), np.full(n, np.nan)
    segments = _segments(lines)
    if not n or not len(segments.link):
        return link, off_m, ahead_m
    at, share = np.full(n, -1, np.int64), np.zeros(n)
    tree, of_point = _points_along(segments)
    here_km = on_sphere_km(lon, lat)
    off_m[:] = np.asarray(tree.query(here_km)[0], np.float64) * 1000.0
    wide_km = (np.minimum(off_m, reach_m) + BESIDE_M + STEP_M) / 1000.0
    for row, near in enumerate(tree.query_ball_point(here_km, wide_km)):
        candidates = np.unique(of_point[near])
        if len(candidates):
            at[row], off_m[row], share[row] = _choose(segments, candidates, float(lon[row]), float(lat[row]))
    near_rows = np.flatnonzero((at >= 0) & (off_m <= reach_m))
    if lines.path_lon is None:
        _face(lines, segments, lon, lat, near_rows, at, share)
    length_m, before = _lengths_m(segments), _only_before(lines)
    for row in near_rows.tolist():
        link[row], ahead_m[row] = _end_of(segments, length_m, before, int(at[row]), float(share[row]))
    return link, off_m, ahead_m


def _choose(segments: _Segments, candidates: I64, lon: float, lat: float) -> tuple[int, float, float]:
    """Segment at which a place stands, how far off it is, and how far along it."""
    off_m, share, left_m = _seen_from(segments, candidates, lon, lat)
    is_left = left_m > ON_LINE_M
    about_m = np.rint(off_m / ON_LINE_M)
    chosen = int(np.lexsort((candidates, about_m, is_left))[0])
    if is_left[chosen] or off_m[chosen] > off_m.min() + BESIDE_M:
        chosen = int(np.lexsort((candidates, about_m))[0])
    return int(candidates[chosen]), float(off_m[chosen]), float(share[chosen])


def _face(lines: Lines, segments: _Segments, lon: F64, lat: F64, rows: I64, at: I64, share: F64) -> None:
    """Tell apart the two sides of service areas beside straight two-way roads; changes `at` and `share`."""
    segment_of = np.full(len(lines.link_kind), -1, np.int64)
    segment_of[segments.link] = np.arange(len(segments.link))
    rows = rows[lines.link_reverse[segments.link[at[rows]]] >= 0]
    if len(rows) < 2:
        return
    pairs = cKDTree(on_sphere_km(lon[rows], lat[rows])).query_pairs(PAIR_M / 1000.0, output_type="ndarray")
    ones = np.ones(len(pairs), np.int8)
    label = connected_components(csr_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(rows), len(rows))))[1]
    order = np.lexsort((rows, label))
    for group in np.split(rows[order], np.flatnonzero(np.diff(label[order])) + 1):
        ahead = at[group[:1]]
        left_m = np.array([_seen_from(segments, ahead, float(lon[row]), float(lat[row]))[2][0] for row in group])
        across = np.lexsort((group, left_m))
        gaps = np.diff(left_m[across])
        if not len(gaps):
            continue
        is_right = np.arange(len(group)) % 2 == 0
        if gaps.max() > ON_LINE_M:
            is_right[:] = False
            is_right[across[: int(np.argmax(gaps)) + 1]] = True
        for row, right in zip(group.tolist(), is_right.tolist(), strict=True):
            if right != _is_along(segments, int(at[row]), int(ahead[0])):
                at[row] = segment_of[lines.link_reverse[segments.link[at[row]]]]
                share[row] = 1.0 - share[row]


def _is_along(segments: _Segments, one: int, other: int) -> bool:
    """Whether one segment leads the same way as another."""
    east = [(segments.to_lon[k] - segments.lon[k]) * np.cos(np.radians(segments.lat[k])) for k in (one, other)]
    north = [segments.to_lat[k] - segments.lat[k] for k in (one, other)]
    return bool(east[0] * east[1] + north[0] * north[1] > 0)


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


def _seen_from(segments: _Segments, rows: I64, lon: float, lat: float) -> tuple[F64, F64, F64]:
    """Distance to each segment, how far along it the nearest point lies (0..1), and how far left of its line a place is."""
    shrink = np.cos(np.radians(lat))
    x, to_x = (EARTH_M * np.radians(degrees[rows] - lon) * shrink for degrees in (segments.lon, segments.to_lon))
    y, to_y = (EARTH_M * np.radians(degrees[rows] - lat) for degrees in (segments.lat, segments.to_lat))
    dx, dy = to_x - x, to_y - y
    square = dx**2 + dy**2
    share = np.clip(np.divide(-(x * dx + y * dy), square, out=np.zeros(len(rows)), where=square > 0), 0.0, 1.0)
    left_m = np.divide(x * dy - y * dx, np.sqrt(square), out=np.zeros(len(rows)), where=square > 0)
    return np.hypot(x + share * dx, y + share * dy), share, left_m


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
