"""OpenStreetMap files, XML or PBF, plain or compressed, read as a stream: roads, service areas, charging stations."""

from __future__ import annotations

import bz2
import gzip
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import DataError, Faults
from twin.network.classes import CLASSES
from twin.network.container import repeated_nodes
from twin.network.drawn import SERVICES, Drawn, Source, finish, raise_some
from twin.network.lost import note_lost, stretches
from twin.network.pieces import DEG
from twin.network.ways import PLAIN, add_roads

__all__ = ["ATTRIBUTION", "SUFFIXES", "read_osm"]

SUFFIXES = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")
ATTRIBUTION = "(c) OpenStreetMap contributors, Open Database License (ODbL) 1.0, https://www.openstreetmap.org/copyright"
NODE, ATTRIBUTE = re.compile(rb"<node\b[^>]*>"), re.compile(rb"(\w+)=[\"']([^\"']*)[\"']")


def read_osm(path: Path) -> Source:
    """Read an OpenStreetMap file.

    Roads for cars from motorway to residential with their ramps; points at the very same place are one node. Memory: the
    places of all nodes of the file (16 bytes each) and the roads' own points. Meanwhile the roads stand in a file of the
    system's temporary folder, some 90 bytes each.

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
        _stream(path, drawn)
        _check_nodes(path)
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as fault:
        if "coordinate" in str(fault):
            _refuse_places(path)
        raise DataError(
            f"{path}: found a damaged file or none of OpenStreetMap's ({str(fault).splitlines()[0]}); wanted OSM XML or "
            "PBF, plain or compressed, under a name that says so; get the file again"
        ) from fault
    return finish(drawn, str(path))


def _check_nodes(path: Path) -> None:
    """Refuse a file in which a node stands twice."""
    import osmium

    if path.name.lower().endswith(".pbf"):
        twice = repeated_nodes(path)
    else:
        nodes: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
        ids, count = np.unique(np.fromiter((node.id for node in nodes), np.int64), return_counts=True)
        twice = ids[count > 1]
    faults = Faults()
    for node in twice:
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
    """Let pyosmium write the roads with their places into a file of its own, and hand over the places beside them."""
    import osmium

    roads = [("highway", name) for name in CLASSES]
    beside = [*(("highway", name) for name in SERVICES), ("amenity", "charging_station")]
    with tempfile.TemporaryDirectory(prefix="twin-roads-") as folder:
        plain = Path(folder) / "roads.osm.pbf"
        with osmium.SimpleWriter(osmium.io.File(str(plain), PLAIN)) as writer:
            things: Any = osmium.FileProcessor(str(path)).with_locations()
            for chosen in (osmium.filter.TagFilter(*roads, *beside), writer, osmium.filter.TagFilter(*beside)):
                things = things.with_filter(chosen)
            for thing in things:
                _place(thing, drawn)
        add_roads(plain, drawn)


def _place(thing: Any, drawn: Drawn) -> None:
    """Note a place that is drawn as a point or as a way, at the mean of its points; a relation is only counted."""
    tags = dict(thing.tags)
    if thing.is_relation():
        drawn.n_relations += 1
    elif tags.get("highway") in CLASSES:
        return
    elif thing.is_way():
        nodes = thing.nodes
        count, ref = np.array([len(nodes)]), np.array([node.ref for node in nodes], np.int64)
        x, y = np.array([(node.x, node.y) for node in nodes], np.int32).reshape(-1, 2).T
        note_lost(drawn, np.array([thing.id]), count, ref, x, y)
        is_kept = stretches(count, x, y)[3]
        if is_kept.any():
            lon, lat = (np.stack([x, y], axis=1)[is_kept] / DEG).mean(axis=0)
            drawn.add_place(f"w{thing.id}", tags, float(lon), float(lat))
    elif thing.location.valid():
        drawn.add_place(f"n{thing.id}", tags, thing.lon, thing.lat)
