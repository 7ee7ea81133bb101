"""OpenStreetMap files, XML or PBF, plain or compressed, read as a stream: roads, service areas, charging stations."""

from __future__ import annotations

import bz2
import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError, Faults
from twin.network.classes import CLASSES
from twin.network.drawn import ROAD_KEYS, SERVICES, Drawn, Source, finish, raise_some

__all__ = ["ATTRIBUTION", "SUFFIXES", "read_osm"]

SUFFIXES = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")
ATTRIBUTION = "(c) OpenStreetMap contributors, Open Database License (ODbL) 1.0, https://www.openstreetmap.org/copyright"
WAYS_AT_ONCE = 20_000
OTHER_KEYS = ROAD_KEYS[1:-1]
NODE, ATTRIBUTE = re.compile(rb"<node\b[^>]*>"), re.compile(rb"(\w+)=[\"']([^\"']*)[\"']")
HEAD, PER_POINT = 18, 32
"""Hexadecimal digits of the head and of each point of a line in well-known binary."""


def read_osm(path: Path) -> Source:
    """Read an OpenStreetMap file.

    Roads for cars from motorway to residential with their ramps; points at the very same place are one node. Memory: the
    places of all nodes of the file (16 bytes each) and the roads' own points.

    Parameters
    ----------
    path : pathlib.Path
        A file with one of `SUFFIXES`.

    Returns
    -------
    Source
        Roads cut where they meet.

    Raises
    ------
    DataError
        If the file is damaged or no OpenStreetMap, a way refers to a missing node away from the area's edge, an id
        stands twice, or there is no road.
    """
    import osmium

    drawn = Drawn()
    try:
        if not path.name.lower().endswith(".pbf"):
            _check_nodes(path)
        _stream(path, drawn)
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as fault:
        if "coordinate" in str(fault):
            _refuse_places(path)
        raise DataError(
            f"{path}: found a damaged file or none of OpenStreetMap's ({str(fault).splitlines()[0]}); wanted OSM XML or "
            "PBF, plain or compressed, under a name that says so; get the file again"
        ) from fault
    return finish(drawn, str(path))


def _check_nodes(path: Path) -> None:
    """Refuse an XML file in which a node stands twice; in PBF files programs write no id twice, and it would take long."""
    import osmium

    nodes: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
    ids, count = np.unique(np.fromiter((node.id for node in nodes), np.int64), return_counts=True)
    faults = Faults()
    for node in ids[count > 1]:
        faults.add(f"{path}: node {node}", "the same id twice", "one node an id", "drop one")
    raise_some(faults)


def _refuse_places(path: Path) -> None:
    """Name the nodes of an XML file that lie nowhere on earth, or whose place is no number."""
    opens = {".gz": gzip.open, ".bz2": bz2.open}
    faults, most = Faults(), {b"lon": 180.0, b"lat": 90.0}
    with opens.get(path.suffix.lower(), open)(path, "rb") as file:  # type: ignore[operator]
        for line in file:
            for node in NODE.findall(line):
                told = dict(ATTRIBUTE.findall(node))
                bad = [name for name, limit in most.items() if not _is_within(told.get(name, b""), limit)]
                for name in bad:
                    wanted = f"-{most[name]:.0f} to {most[name]:.0f}, WGS-84"
                    text = told.get(name, b"nothing").decode("utf-8", "replace")
                    where = f"{path}: {name.decode()} of node {told.get(b'id', b'?').decode('utf-8', 'replace')}"
                    faults.add(where, text, wanted, "correct it")
    raise_some(faults)


def _is_within(text: bytes, limit: float) -> bool:
    try:
        return abs(float(text)) <= limit
    except ValueError:
        return False


def _stream(path: Path, drawn: Drawn) -> None:
    import osmium

    ways = [("highway", name) for name in (*CLASSES, *SERVICES)]
    chosen = osmium.filter.TagFilter(*ways, ("amenity", "charging_station"))
    line_of, every = osmium.geom.WKBFactory().create_linestring, osmium.geom.use_nodes.ALL
    pending: list[str] = []
    things: Any = osmium.FileProcessor(str(path)).with_locations().with_filter(chosen)
    for thing in things:
        if not thing.is_way():
            _place(thing, drawn)
            continue
        try:
            runs = [line_of(thing, every)[HEAD:]]
        except (RuntimeError, osmium.InvalidLocationError):  # a way of one node, or with a missing one
            runs = _runs(thing, drawn)
        get = thing.tags.get
        highway = get("highway")
        if highway in CLASSES:
            values = (highway, *[get(key) for key in OTHER_KEYS], get("ref") if highway == "motorway" else None)
            for part, run in enumerate(runs):
                drawn.add_way(thing.id, values, len(run) // PER_POINT, goes_on=part > 0)
            pending += runs
        elif runs:
            lon, lat = _points(runs).mean(axis=0)
            drawn.add_place(f"w{thing.id}", dict(thing.tags), float(lon), float(lat))
        if len(pending) >= WAYS_AT_ONCE:
            drawn.points.append(_points(pending))
            pending = []
    drawn.points.append(_points(pending))


def _place(thing: Any, drawn: Drawn) -> None:
    """Note a place that is drawn as a point; one drawn as a relation is only counted."""
    tags = dict(thing.tags)
    if not thing.is_node():
        drawn.n_relations += tags.get("highway") in SERVICES or "amenity" in tags
    elif thing.location.valid() and tags.get("highway") not in CLASSES:
        drawn.add_place(f"n{thing.id}", tags, thing.lon, thing.lat)


def _points(shapes: list[str]) -> NDArray[np.float64]:
    """Degrees of well-known binary lines, their heads cut off."""
    return np.frombuffer(bytes.fromhex("".join(shapes)), "<f8").reshape(-1, 2)


def _runs(way: Any, drawn: Drawn) -> list[str]:
    """Parts of a way between nodes that the file lacks; every loss is noted with its neighbours."""
    if len(way.nodes) < 2:
        drawn.n_short += 1
        return []
    runs: list[list[tuple[float, float]]] = [[]]
    gap: list[int] = []
    for node in way.nodes:
        if not node.location.valid():
            gap.append(node.ref)
            if runs[-1]:
                drawn.missing.append((way.id, node.ref, *runs[-1][-1]))
                runs.append([])
            continue
        here = (node.lon, node.lat)
        if gap:
            drawn.missing.append((way.id, gap[-1], *here))
        drawn.n_missing += len(gap)
        gap = []
        runs[-1].append(here)
    drawn.n_missing += len(gap)
    if not any(runs):
        drawn.missing.append((way.id, gap[0], np.nan, np.nan))
    return [np.array(run, "<f8").tobytes().hex() for run in runs if len(run) > 1]
