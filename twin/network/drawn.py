"""Roads and places as OpenStreetMap draws them, checked, tidied and cut where they meet."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from twin.errors import DataError, Faults
from twin.network.classes import CLASSES, EXPRESSWAY
from twin.network.pieces import BOOL, DEG, Places, Roads, Ways, cut, gather, segment_mm
from twin.network.repair import Step
from twin.network.tags import is_closed_to_cars, lanes_per_direction, line_of, oneway_of, sockets_of, speed_of
from twin.tables.columns import I64

__all__ = ["ROAD_KEYS", "SERVICES", "Drawn", "Source", "finish", "raise_some"]

SERVICES = ("services", "rest_area")
ROAD_KEYS = tuple(
    "highway oneway junction maxspeed maxspeed:forward maxspeed:backward lanes lanes:forward toll access vehicle "
    "motor_vehicle motorcar area ref".split()
)
"""Tags of a road that are read; `ref`, the last, of motorways only."""

SITE_M = 1500.0
"""Farthest drawn point of an expressway to which a service area belongs: such points may be a kilometre apart."""

EDGE_DEG, EDGE_SHARE, MOST_CUT = 0.01, 0.1, 0.1
"""A way that loses nodes this close to the edge of the file's area, or all its nodes, was cut off when the extract was made.

Close is below 0.01 degrees and a tenth of the area; more than a tenth of all nodes missing is no cut but a damaged file.
"""

FAULTS_SHOWN = 10
M_PER_DEG = 111_195.0


class Source(NamedTuple):
    """Roads as read, what stands beside them, and what was left out on the way."""

    roads: Roads
    sites: Places
    stations: Places
    steps: list[Step]
    notes: dict[str, Any]


class Drawn:
    """Ways and places as they come.

    Roads that are tagged alike share a row of `alike`, so that their tags are read once.
    """

    def __init__(self) -> None:
        self.alike: dict[tuple[str | None, ...], int] = {}
        self.batches: list[tuple[I64, I64, I64, BOOL]] = []
        self.points: list[NDArray[np.int32]] = []
        self.sites = Places({name: [] for name in ("id", "lon", "lat", "name_en", "name_zh")})
        self.stations = Places(
            {name: [] for name in ("id", "lon", "lat", "name", "operator", "n_evse", "power_kw", "sockets")}
        )
        self.missing: list[tuple[int, int, float, float]] = []
        self.nowhere: list[tuple[int, int, float, float]] = []
        self.n_missing = self.n_relations = self.n_short = 0

    def row_of(self, values: tuple[str | None, ...]) -> int:
        """Return the row of the roads that are tagged so, by the values of `ROAD_KEYS`."""
        return self.alike.setdefault(values, len(self.alike))

    def add_ways(self, way: I64, row: I64, n_points: I64, goes_on: BOOL, points: NDArray[np.int32]) -> None:
        """Note roads.

        Parameters
        ----------
        way, row : ndarray of int64, shape (n_ways,)
            Id, and row of those that are tagged alike.
        n_points : ndarray of int64, shape (n_ways,)
            Points of each.
        goes_on : ndarray of bool, shape (n_ways,)
            Whether it is a further part of the one before.
        points : ndarray of int32, shape (2, n_points)
            Longitudes and latitudes of their points (1e-7 degrees).
        """
        self.batches.append((way, row, n_points, goes_on))
        self.points.append(points)

    def columns(self) -> tuple[I64, I64, I64, BOOL]:
        """Return id, row, points and whether it goes on, of all roads."""
        none = np.zeros(0, np.int64)
        batches = [*self.batches, (none, none, none, none.astype(bool))]
        way, row, n_points, goes_on = (np.concatenate(column) for column in zip(*batches, strict=True))
        return way, row, n_points, goes_on

    def add_place(self, place: str, tags: dict[str, str], lon: float, lat: float) -> None:
        """Note a service area or a charging station."""
        name = tags.get("name", "")
        if tags.get("amenity") == "charging_station":
            n_evse, power_kw, sockets = sockets_of(tags)
            values: tuple[Any, ...] = (place, lon, lat, name, tags.get("operator", ""), n_evse, power_kw, sockets)
            table = self.stations
        else:
            values = (place, lon, lat, tags.get("name:en", name), tags.get("name:zh", name))
            table = self.sites
        for column, value in zip(table.columns.values(), values, strict=True):
            column.append(value)

    def as_ways(self) -> tuple[Ways, NDArray[np.bool_], list[str]]:
        """Return the ways in the direction of travel, which are closed to cars, and the names of the lines."""
        way, row, n_points, _ = self.columns()
        tags = [{key: value for key, value in zip(ROAD_KEYS, values, strict=True) if value} for values in self.alike]
        heading = np.array([oneway_of(each) for each in tags], np.int64)
        refs = [line_of(each) for each in tags]
        lines = sorted({ref for ref in refs if ref})
        line_row = {ref: number for number, ref in enumerate(lines)}
        lanes = [lanes_per_direction(each, ahead != 0) for each, ahead in zip(tags, heading, strict=True)]
        is_closed = np.array([is_closed_to_cars(each) for each in tags], bool)
        first = np.concatenate([[0], np.cumsum(n_points)]).astype(np.int64)
        order, _ = gather(first[:-1], first[1:] - 1, heading[row] < 0)
        x, y = np.concatenate([*self.points, np.zeros((2, 0), np.int32)], axis=1)[:, order]
        ways = Ways(
            way=way,
            kind=np.array([CLASSES[each["highway"]].kind for each in tags], np.uint8)[row],
            is_oneway=(heading != 0)[row],
            speed_kmh=np.array([speed_of(each) for each in tags], np.float64)[row],
            n_lanes=np.array(lanes, np.int16)[row],
            is_toll=np.array([each.get("toll") == "yes" for each in tags], bool)[row],
            line=np.array([line_row.get(ref, -1) for ref in refs], np.int16)[row],
            first=first,
            x=x,
            y=y,
        )
        return ways, is_closed[row], lines


def finish(drawn: Drawn, where: str) -> Source:
    """Check what was read, drop what cars cannot use, and cut the rest where it meets.

    Raises
    ------
    DataError
        If there is no road, a node is missing away from the edge, or a way stands twice.
    """
    if not any(len(way) for way, *_ in drawn.batches) and not drawn.missing and not drawn.nowhere:
        raise DataError(f"{where}: found no road for cars; wanted ways from motorway to residential; check the area")
    cut_ways = _check_missing(drawn, where)
    ways, is_closed, lines = drawn.as_ways()
    closed_km = _road_km(_lengths_mm(_tidy(ways, is_closed))[1])
    ways = _tidy(ways, ~is_closed)
    n_short = drawn.n_short + int((~is_closed).sum()) - len(ways.way)
    if not len(ways.way):
        raise DataError(f"{where}: found no road that cars may use; wanted at least one; check the area")
    marked, at = _site_points(drawn.sites, ways)
    drawn.sites.columns["at"] = at
    steps = [
        Step("closed", int(is_closed.sum()), closed_km, "ways closed to private cars, or drawn as areas, left out"),
        cut_ways,
        Step("short", n_short, 0.0, "ways that do not lead from one place to another, left out"),
        Step("relations", drawn.n_relations, 0.0, "service areas or stations drawn as relations, left out"),
    ]
    segments_mm, way_mm = _lengths_mm(ways)
    untagged = np.isnan(ways.speed_kmh)
    notes = {
        "n_ways": len(ways.way),
        "km_with_speed_by_class": _road_km(way_mm[untagged]),
        "km_with_tagged_speed": _road_km(way_mm[~untagged]),
    }
    roads = cut(ways, segments_mm, marked, np.array(lines, object))
    return Source(roads, drawn.sites, drawn.stations, steps, notes)


def raise_some(faults: Faults) -> None:
    """Raise the faults, the first few in full."""
    if len(faults) > FAULTS_SHOWN:
        lines = faults.message().splitlines()
        raise DataError("\n".join([*lines[:FAULTS_SHOWN], f"and {len(lines) - FAULTS_SHOWN} more faults"]))
    faults.raise_if_any(DataError)


def _check_missing(drawn: Drawn, where: str) -> Step:
    """Ways cut at the edge of an extract are told, any other missing node and any repeated way is a fault."""
    faults = Faults()
    missing = drawn.missing
    way_id, _, count, goes_on = drawn.columns()
    n_points = int(count.sum())
    if missing:
        filled = [each for each in drawn.points if each.size] or [np.zeros((2, 1), np.int32)]
        sides = [side for each in filled for side in (each.min(axis=1), each.max(axis=1))]
        low, high = np.min(sides, axis=0) / DEG, np.max(sides, axis=0) / DEG
        close = np.minimum(EDGE_DEG, EDGE_SHARE * (high - low))
        is_many = drawn.n_missing > MOST_CUT * (n_points + drawn.n_missing)
        told: dict[tuple[int, int], None] = {}
        for way, node, lon, lat in missing:
            at = np.array([lon, lat])
            if is_many or np.all((at - low > close) & (high - at > close)):
                told.setdefault((way, node))
        for way, node in told:
            remedy = "take an extract with whole ways, or drop the way"
            faults.add(f"{where}: way {way}", f"node {node}, which is not in the file", "every node of a way", remedy)
    ids, times = np.unique(way_id[~goes_on], return_counts=True)
    for way in ids[times > 1]:
        faults.add(f"{where}: way {way}", "the same id twice", "one way an id", "drop one")
    for way, node, lon, lat in drawn.nowhere:
        found = f"{lon:.7g}, {lat:.7g}"
        faults.add(f"{where}: node {node} of way {way}", found, "-180 to 180 and -90 to 90, WGS-84", "correct it")
    raise_some(faults)
    n_ways = len({way for way, *_ in missing})
    return Step("cut_ways", n_ways, 0.0, f"ways that lost {drawn.n_missing} nodes at the edge of the extract")


def _lengths_mm(ways: Ways) -> tuple[I64, I64]:
    """Length from each point to the next, 0 between ways, and length of each way."""
    segments_mm = segment_mm(ways.x, ways.y)
    segments_mm[ways.first[1:-1] - 1] = 0
    along = np.concatenate([[0], np.cumsum(segments_mm)])
    return segments_mm, along[ways.first[1:] - 1] - along[ways.first[:-1]]


def _road_km(way_mm: I64) -> float:
    return round(int(way_mm.sum()) / 1e6, 3)


def _tidy(ways: Ways, is_open: NDArray[np.bool_]) -> Ways:
    """Drop closed ways, points that repeat the one before, and ways of which no length is left."""
    inside = np.repeat(np.arange(len(ways.way)), np.diff(ways.first))
    is_kept = is_open[inside]
    same = (np.diff(ways.x) == 0) & (np.diff(ways.y) == 0) & (np.diff(inside) == 0)
    is_kept[1:] &= ~same
    count = np.bincount(inside[is_kept], minlength=len(ways.way))
    is_kept &= count[inside] > 1
    rows = count > 1
    first = np.concatenate([[0], np.cumsum(count[rows])]).astype(np.int64)
    columns = {name: getattr(ways, name)[rows] for name in Ways._fields[:7]}
    return Ways(**columns, first=first, x=ways.x[is_kept], y=ways.y[is_kept])


def _site_points(sites: Places, ways: Ways) -> tuple[I64, list[tuple[int, int] | None]]:
    """The expressway's point nearest to each service area, None where none is near, and all of them."""
    inside = np.repeat(ways.kind, np.diff(ways.first))
    upper = np.flatnonzero(inside == EXPRESSWAY)
    if not sites.n_rows or not len(upper):
        return np.zeros(0, np.int64), [None] * sites.n_rows
    lat = np.array(sites.columns["lat"])
    shrink = float(np.cos(np.radians(lat.mean())))
    scale = np.array([M_PER_DEG * shrink, M_PER_DEG])
    tree: Any = KDTree(np.stack([ways.x[upper] / DEG, ways.y[upper] / DEG], axis=1) * scale)
    distance, row = tree.query(np.stack([sites.columns["lon"], lat], axis=1) * scale)
    near = distance <= SITE_M
    points = upper[row]
    at = [(int(ways.x[p]), int(ways.y[p])) if ok else None for p, ok in zip(points, near, strict=True)]
    return np.unique(points[near]), at
