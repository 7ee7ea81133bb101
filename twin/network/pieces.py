"""Roads in the making: pieces of road between nodes, with the points they run through."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.network.classes import CLASS_OF_KIND
from twin.tables.columns import F64, I16, I32, I64, STR, U8

__all__ = ["Pieces", "Places", "Roads", "Ways", "cut", "gather", "piece_times_ms", "segment_mm"]

BOOL = NDArray[np.bool_]
EARTH_MM = 6_371_008_800.0
DEG = 1e7
"""Coordinates are whole 1e-7 degrees, as OpenStreetMap stores them."""
HALF = 1 << 31
AT_ONCE = 1 << 14
"""Segments whose lengths are worked out together: their numbers stay in the processor's cache."""


class Places(NamedTuple):
    """Things beside the road: `id`, `lon`, `lat` and further columns, one row a place."""

    columns: dict[str, list[Any]]

    @property
    def n_rows(self) -> int:
        """Number of places."""
        return len(self.columns["id"])


class Ways(NamedTuple):
    """Roads as the source draws them; way ``k`` runs through the points ``first[k]:first[k + 1]``.

    One-way ways are drawn in the direction of travel. `speed_kmh` is NaN and `n_lanes` 0 where the source is silent.
    """

    way: I64
    kind: U8
    is_oneway: BOOL
    speed_kmh: F64
    n_lanes: I16
    is_toll: BOOL
    line: I16
    first: I64
    x: I32
    y: I32


class Pieces(NamedTuple):
    """One row a piece of road from node `a` to node `b`, through the points ``first:last + 1`` of `Roads`.

    A piece that is not `is_both` is driven from `a` to `b` only. Length and time are whole numbers, so that sums are
    the same in any order.
    """

    a: I64
    b: I64
    is_both: BOOL
    kind: U8
    length_mm: I64
    time_ms: I64
    n_lanes: I16
    is_toll: BOOL
    line: I16
    way: I64
    first: I64
    last: I64

    def rows(self, chosen: NDArray[Any]) -> Pieces:
        """Return the chosen rows."""
        return Pieces(*(column[chosen] for column in self))


class Roads(NamedTuple):
    """Nodes, pieces between them and the points of all pieces, in 1e-7 degrees; `is_kept` nodes are never removed."""

    x: I32
    y: I32
    names: STR
    is_kept: BOOL
    pieces: Pieces
    point_x: I32
    point_y: I32
    line_names: STR

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.x)


def segment_mm(x: NDArray[Any], y: NDArray[Any]) -> I64:
    """Great-circle length of the segment from each point to the next (whole mm, haversine on the mean sphere).

    Returns
    -------
    ndarray of int64, shape (n_points - 1,)
        Lengths.
    """
    length = np.zeros(max(len(x) - 1, 0), np.int64)
    for at in range(0, len(length), AT_ONCE):
        here = slice(at, at + AT_ONCE + 1)
        lon, lat = np.radians(x[here] / DEG), np.radians(y[here] / DEG)
        shrink = np.cos(lat)
        half = np.sin(np.diff(lat) / 2) ** 2 + shrink[1:] * shrink[:-1] * np.sin(np.diff(lon) / 2) ** 2
        length[at : at + AT_ONCE] = np.rint(2 * EARTH_MM * np.arcsin(np.sqrt(half)))
    return length


def piece_times_ms(length_mm: I64, speed_kmh: F64) -> I64:
    """Whole milliseconds a length takes, at least 1."""
    return np.maximum(np.rint(length_mm * 3.6 / speed_kmh), 1).astype(np.int64)


def class_values(kind: NDArray[Any], name: str) -> F64:
    """What the classes of roads assume, by row."""
    table = np.zeros(256)
    for key, road in CLASS_OF_KIND.items():
        table[key] = getattr(road, name)
    values: F64 = table[kind]
    return values


def cut(ways: Ways, segments_mm: I64, marked: I64, line_names: STR) -> Roads:
    """Cut ways into pieces wherever they meet, end or carry a marked point.

    Points at the very same place are one node. A ring that meets others once only gets a second node half way, so that
    no piece starts and ends at one node.

    Parameters
    ----------
    ways : Ways
        No two points in a row are at the same place.
    segments_mm : ndarray of int64
        Their `segment_mm`.
    marked : ndarray of int64
        Points that become nodes and stay.
    line_names : ndarray of str
        Table of `Ways.line`.
    """
    n_points = len(ways.x)
    key = (ways.x.astype(np.int64) << 32) + (ways.y.astype(np.int64) + HALF)
    places, place = np.unique(key, return_inverse=True)
    is_kept = np.zeros(len(places), bool)
    is_kept[place[marked]] = True
    is_node = is_kept | (np.bincount(place, minlength=len(places)) > 1)
    is_cut = is_node[place]
    is_cut[ways.first[:-1]] = is_cut[ways.first[1:] - 1] = True
    way_of = np.repeat(np.arange(len(ways.way)), np.diff(ways.first))
    first, last = _between(is_cut, way_of)
    rings = place[first] == place[last]
    is_cut[(first[rings] + last[rings]) // 2] = True
    first, last = _between(is_cut, way_of)
    along = np.zeros(n_points, np.int64)
    np.cumsum(segments_mm, out=along[1:])
    node_of_place = np.full(len(places), -1, np.int64)
    used = np.unique(place[is_cut])
    node_of_place[used] = np.arange(len(used))
    way = way_of[first]
    length_mm = np.maximum(along[last] - along[first], 1)
    kind = ways.kind[way]
    speed_kmh = np.where(np.isnan(ways.speed_kmh[way]), class_values(kind, "speed_kmh"), ways.speed_kmh[way])
    pieces = Pieces(
        a=node_of_place[place[first]],
        b=node_of_place[place[last]],
        is_both=~ways.is_oneway[way],
        kind=kind,
        length_mm=length_mm,
        time_ms=piece_times_ms(length_mm, speed_kmh),
        n_lanes=np.where(ways.n_lanes[way] > 0, ways.n_lanes[way], class_values(kind, "n_lanes")).astype(np.int16),
        is_toll=ways.is_toll[way],
        line=ways.line[way],
        way=ways.way[way],
        first=first,
        last=last,
    )
    x, y = (places[used] >> 32).astype(np.int32), ((places[used] & 0xFFFFFFFF) - HALF).astype(np.int32)
    names = np.full(len(used), "", object)
    return Roads(x, y, names, is_kept[used], pieces, ways.x, ways.y, line_names)


def _between(is_cut: BOOL, way_of: I64) -> tuple[I64, I64]:
    """First and last point of each piece between two cuts of one way."""
    at = np.flatnonzero(is_cut)
    same = way_of[at[:-1]] == way_of[at[1:]]
    return at[:-1][same], at[1:][same]


def gather(first: I64, last: I64, is_reversed: BOOL) -> tuple[I64, I64]:
    """Rows of points from `first` to `last` of each piece, in driving order, and where each piece's rows begin.

    Returns
    -------
    points, starts : ndarray of int64
        ``points[starts[k]:starts[k + 1]]`` belong to piece ``k``.
    """
    count = last - first + 1
    starts = np.zeros(len(count) + 1, np.int64)
    np.cumsum(count, out=starts[1:])
    within = np.arange(starts[-1]) - np.repeat(starts[:-1], count)
    back = np.repeat(is_reversed, count)
    return np.where(back, np.repeat(last, count) - within, np.repeat(first, count) + within), starts
