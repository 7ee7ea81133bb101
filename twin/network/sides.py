"""Service areas of the seeds find the expressways of a map: nearest place, right direction, both sides by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.spatial import KDTree

from twin.errors import DataError, Faults
from twin.network.attach import on_sphere_m
from twin.network.backbone import ends_of_links
from twin.network.classes import EXPRESSWAY
from twin.network.pieces import BOOL, DEG, Pieces, Roads, segment_mm
from twin.network.regions import index_of
from twin.tables import seeds
from twin.tables.columns import F64, I64, STR

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Found", "Sides", "cut_at", "find_sides", "load_sides"]

REACH_M = 5_000.0
"""Farthest expressway to which a service area belongs (our own choice)."""
NEARER_M = 1_500.0
"""A road in use counts so much nearer than one that is not, twice that where it is in use on empty roads."""
SAMPLE_M = 250.0
N_LOOKED_AT = 48
LEAST_COSINE = 0.5


class Sides(NamedTuple):
    """Sides of the seed table: place, heading of the traffic that passes (east, north; length 1), texts and province."""

    side_id: STR
    pair: STR
    name_en: STR
    name_zh: STR
    province: STR
    lon: F64
    lat: F64
    heading: F64


class Found(NamedTuple):
    """Where sides stand, by side: piece (-1 nowhere), point before it, share of the stretch, distance and heading."""

    piece: I64
    point: I64
    share: F64
    distance_m: F64
    heading: F64


def load_sides(folder: Path | str | None = None) -> Sides:
    """Read the sides with their headings: along the backbone from the stop or junction before to the one after."""
    areas, nodes, links = (seeds.read(name, folder) for name in ("service_areas", "backbone_nodes", "backbone_links"))
    faults = Faults()
    link = index_of(areas["link"], links["link"], "service_areas.csv link", faults)
    start, end = ends_of_links(links, nodes["node"], faults)
    faults.raise_if_any(DataError)
    lon, lat = areas["lon"], areas["lat"]
    order = np.lexsort((areas["at_km"], link))
    along = np.stack([link[order].astype(np.float64), areas["at_km"][order]], axis=1)
    is_new = np.concatenate([[True], np.any(np.diff(along, axis=0) != 0, axis=1)])
    stop = np.empty(len(link), np.int64)
    stop[order] = np.cumsum(is_new) - 1
    first = order[is_new]
    of_link = link[first]
    before_is_stop = np.concatenate([[False], of_link[1:] == of_link[:-1]])
    after_is_stop = np.append(before_is_stop[1:], False)
    places = []
    for values, column in ((lon, nodes["lon"]), (lat, nodes["lat"])):
        here = values[first]
        before = np.where(before_is_stop, np.roll(here, 1), column[start[of_link]])
        after = np.where(after_is_stop, np.roll(here, -1), column[end[of_link]])
        places.append(after - before)
    heading = np.stack([places[0] * np.cos(np.radians(lat[first])), places[1]], axis=1)[stop]
    heading *= np.where(areas["direction"] == "forward", 1.0, -1.0)[:, None]
    heading /= np.maximum(np.linalg.norm(heading, axis=1), 1e-12)[:, None]
    texts = {name: areas[name] for name in ("pair", "name_en", "name_zh", "province")}
    return Sides(side_id=areas["service_area"], **texts, lon=lon, lat=lat, heading=heading)


def find_sides(roads: Roads, sides: Sides, is_used: BOOL, is_used_when_empty: BOOL) -> Found:
    """Find the place of each side on an expressway within 5 km that leads its way, within 60 degrees.

    Among several the nearest; roads in use count as nearer, so that of two carriageways, each drawn as a road of both
    directions, traffic passes the one that gets the service area. Ties go to the lower piece.
    """
    piece, point, share, at, way = _samples(roads)
    bonus = NEARER_M * (is_used.astype(np.float64) + is_used_when_empty)[piece]
    ground = on_sphere_m(sides.lon, sides.lat)
    n_sides = len(sides.lon)
    best, least = np.full(n_sides, -1), np.full(n_sides, np.inf)
    distance = np.full(n_sides, np.inf)
    for value in np.unique(bonus):
        rows = np.flatnonzero(bonus == value)
        tree: Any = KDTree(at[rows])
        far_m, near = tree.query(ground, k=range(1, min(N_LOOKED_AT, len(rows)) + 1), distance_upper_bound=REACH_M)
        near = rows[np.minimum(near, len(rows) - 1)]
        cosine = np.einsum("skd,sd->sk", way[near], sides.heading)
        cosine = np.where(roads.pieces.is_both[piece[near]], np.abs(cosine), cosine)
        cost = np.where(np.isfinite(far_m) & (cosine >= LEAST_COSINE), far_m - value, np.inf)
        column = np.argmin(cost, axis=1)
        row = np.arange(n_sides)
        is_better = cost[row, column] < least
        best = np.where(is_better, near[row, column], best)
        distance = np.where(is_better, far_m[row, column], distance)
        least = np.minimum(least, cost[row, column])
    is_found = best >= 0
    heading = way[best] * np.where(np.einsum("sd,sd->s", way[best], sides.heading) < 0, -1.0, 1.0)[:, None]
    return Found(np.where(is_found, piece[best], -1), point[best], share[best], distance, heading)


def _samples(roads: Roads) -> tuple[I64, I64, F64, F64, F64]:
    """Places every 250 m along expressways: piece, point before, share of the stretch, place on the sphere, heading."""
    pieces = roads.pieces
    upper = np.flatnonzero(pieces.kind == EXPRESSWAY)
    n_stretches = (pieces.last - pieces.first)[upper]
    piece = np.repeat(upper, n_stretches)
    starts = np.concatenate([[0], np.cumsum(n_stretches)[:-1]])
    point = np.arange(len(piece)) - np.repeat(starts, n_stretches) + pieces.first[piece]
    x, y = roads.point_x / DEG, roads.point_y / DEG
    east, north = (x[point + 1] - x[point]) * np.cos(np.radians(y[point])), y[point + 1] - y[point]
    long_m = np.hypot(east, north) * np.pi / 180.0 * 6_371_008.8
    is_long = long_m > 1.0
    piece, point, east, north, long_m = (values[is_long] for values in (piece, point, east, north, long_m))
    count = np.ceil(long_m / SAMPLE_M).astype(np.int64)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    share = (within + 0.5) / np.repeat(count, count)
    piece, point = np.repeat(piece, count), np.repeat(point, count)
    lon, lat = (values[point] + share * (values[point + 1] - values[point]) for values in (x, y))
    way = np.repeat(np.stack([east, north], axis=1) / np.hypot(east, north)[:, None], count, axis=0)
    return piece, point, share, on_sphere_m(lon, lat), way


def cut_at(roads: Roads, found: Found, names: STR) -> tuple[Roads, STR]:
    """Cut pieces where sides stand; each place becomes a node that is never removed.

    Parameters
    ----------
    roads : Roads
        Roads.
    found : Found
        Places; several may be the same.
    names : ndarray of str, shape (n_sides,)
        Names for the nodes; a place has the first of its sides'.

    Returns
    -------
    roads, node_name
        The roads cut, and the name of the node of each side ("" nowhere).
    """
    rows = np.flatnonzero(found.piece >= 0)
    order = rows[np.lexsort((rows, found.share[rows], found.point[rows], found.piece[rows]))]
    key = np.stack([found.piece[order].astype(np.float64), found.point[order], found.share[order]], axis=1)
    is_new = np.concatenate([[True], np.any(np.diff(key, axis=0) != 0, axis=1)]) if len(order) else np.zeros(0, bool)
    of_side = np.full(len(found.piece), "", object)
    place = np.cumsum(is_new) - 1
    cut = order[is_new]
    of_side[order] = names[cut][place]
    x = _between(roads.point_x, found, cut)
    y = _between(roads.point_y, found, cut)
    node = roads.n_nodes + np.arange(len(cut))
    parts, points = _parts(roads, found, cut, node, x, y)
    whole = np.ones(len(roads.pieces.a), bool)
    whole[found.piece[cut]] = False
    left = roads.pieces.rows(whole)
    return roads._replace(
        x=np.concatenate([roads.x, x]),
        y=np.concatenate([roads.y, y]),
        names=np.concatenate([roads.names, names[cut]]),
        is_kept=np.concatenate([roads.is_kept, np.ones(len(cut), bool)]),
        pieces=Pieces(*(np.concatenate(both) for both in zip(list(left), list(parts), strict=True))),
        point_x=np.concatenate([roads.point_x, points[0]]),
        point_y=np.concatenate([roads.point_y, points[1]]),
    ), of_side


def _between(values: Any, found: Found, cut: I64) -> Any:
    low, high = values[found.point[cut]].astype(np.float64), values[found.point[cut] + 1]
    return np.rint(low + found.share[cut] * (high - low)).astype(np.int32)


def _parts(roads: Roads, found: Found, cut: I64, node: I64, x: Any, y: Any) -> tuple[Pieces, Any]:
    """Parts of the pieces that are cut, in order, with their points, which go behind all others."""
    pieces, n_points = roads.pieces, len(roads.point_x)
    columns: dict[str, list[Any]] = {name: [] for name in ("row", "a", "b", "length_mm", "time_ms", "first", "last")}
    new_x: list[int] = []
    new_y: list[int] = []
    for row in np.unique(found.piece[cut]):
        here = np.flatnonzero(found.piece[cut] == row)
        first, last = int(pieces.first[row]), int(pieces.last[row])
        at = found.point[cut][here] + 1 - first + np.arange(len(here))
        px = np.insert(roads.point_x[first : last + 1], found.point[cut][here] + 1 - first, x[here])
        py = np.insert(roads.point_y[first : last + 1], found.point[cut][here] + 1 - first, y[here])
        along = np.concatenate([[0], np.cumsum(segment_mm(px, py))])
        share = along[at] / max(int(along[-1]), 1)
        begin = n_points + len(new_x)
        bounds = np.concatenate([[0], at, [len(px) - 1]])
        columns["row"] += [int(row)] * (len(here) + 1)
        columns["a"] += [int(pieces.a[row]), *node[here].tolist()]
        columns["b"] += [*node[here].tolist(), int(pieces.b[row])]
        for name in ("length_mm", "time_ms"):
            columns[name] += _split(int(getattr(pieces, name)[row]), share)
        columns["first"] += (begin + bounds[:-1]).tolist()
        columns["last"] += (begin + bounds[1:]).tolist()
        new_x += px.tolist()
        new_y += py.tolist()
    row = np.array(columns.pop("row"), np.int64)
    named: dict[str, Any] = {name: np.array(values, np.int64) for name, values in columns.items()}
    return pieces.rows(row)._replace(**named), (np.array(new_x, np.int32), np.array(new_y, np.int32))


def _split(total: int, share: F64) -> list[int]:
    """Whole parts, each at least 1, that add up exactly."""
    marks = np.rint(total * share).astype(np.int64)
    n = len(marks)
    marks = np.maximum.accumulate(np.maximum(marks, np.arange(1, n + 1)) - np.arange(n)) + np.arange(n)
    marks = np.minimum(marks, total - n + np.arange(n))
    parts: list[int] = np.diff(np.concatenate([[0], marks, [total]])).tolist()
    return parts
