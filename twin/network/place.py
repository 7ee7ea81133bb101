"""A place by its name or a bounding box, asked of OpenStreetMap's Overpass service through osmnx, answers kept."""

from __future__ import annotations

import hashlib
import json
import math
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from twin.errors import DataError
from twin.network.classes import CLASSES
from twin.network.drawn import ROAD_KEYS, SERVICES, Drawn, Source, finish
from twin.network.pieces import DEG

__all__ = ["bounding_box", "read_place"]

REACH_S, ANSWER_S, CACHED_ONLY_S = 4.0, 180, 2
ROADS = f'["highway"~"^({"|".join(CLASSES)})$"]'
BESIDE = {"amenity": "charging_station", "highway": list(SERVICES)}


def bounding_box(text: str) -> tuple[float, float, float, float] | None:
    """West, south, east and north of a text of four numbers; None where it is none.

    Raises
    ------
    DataError
        If four numbers are no area on earth.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
        raise DataError(
            f"{text}: found no area; wanted west,south,east,north in degrees, west below east and south below north; "
            "correct the four numbers"
        )
    return west, south, east, north


def read_place(place: str, cache: Path | None = None) -> tuple[Source, str]:
    """Ask for the roads, service areas and charging stations of a place.

    Parameters
    ----------
    place : str
        A name, or ``west,south,east,north`` in degrees.
    cache : pathlib.Path, optional
        Folder for the answers; ``.cache/twin/osm`` in the home folder by default. What is there needs no net.

    Returns
    -------
    Source
        Roads cut where they meet.
    str
        Hash of what was answered.

    Raises
    ------
    DataError
        If the service cannot be reached, within seconds, or knows no such place or no road in it.
    """
    box = bounding_box(place)
    if not place.strip():
        raise DataError("source: found an empty text; wanted a file, a folder, four numbers or a place; give one")
    folder = Path.home() / ".cache" / "twin" / "osm" if cache is None else cache
    import osmnx

    settings = osmnx.settings
    is_reached = _is_reached(urlsplit(settings.overpass_url).hostname or "")
    if not is_reached and not (folder.is_dir() and any(folder.iterdir())):
        raise _unreachable(place, "the service does not answer")
    settings.use_cache, settings.cache_folder = True, str(folder)
    settings.overpass_rate_limit = is_reached
    settings.requests_timeout = ANSWER_S if is_reached else CACHED_ONLY_S
    settings.useful_tags_way = list(ROAD_KEYS)
    try:
        graph = _graph(osmnx, place, box)
        beside = _beside(osmnx, place, box)
    except OSError as fault:
        raise _unreachable(place, type(fault).__name__) from fault
    except (ValueError, TypeError) as fault:
        raise DataError(
            f"{place}: found no roads ({str(fault).splitlines()[0] if str(fault) else type(fault).__name__}); wanted a "
            "file, a folder, west,south,east,north, or a place that OpenStreetMap knows; check the spelling"
        ) from fault
    drawn, digest = _drawn(graph, beside)
    return finish(drawn, place), digest


def _unreachable(place: str, why: str) -> DataError:
    return DataError(
        f"{place}: found no file or folder of that name, and no way to ask for a place ({why}); wanted a net connection, or "
        "answers kept from before; connect, or give an OpenStreetMap file"
    )


def _is_reached(host: str) -> bool:
    """Whether a connection can be opened within `REACH_S`, looking up the name included."""
    answered: list[bool] = []

    def knock() -> None:
        try:
            socket.create_connection((host, 443), timeout=REACH_S).close()
            answered.append(True)
        except OSError:
            return

    knocking = threading.Thread(target=knock, daemon=True)
    knocking.start()
    knocking.join(REACH_S)
    return bool(answered)


def _graph(osmnx: Any, place: str, box: tuple[float, float, float, float] | None) -> Any:
    how = {"simplify": False, "retain_all": True, "truncate_by_edge": True, "custom_filter": ROADS}
    return osmnx.graph_from_place(place, **how) if box is None else osmnx.graph_from_bbox(box, **how)


def _beside(osmnx: Any, place: str, box: tuple[float, float, float, float] | None) -> list[tuple[str, dict[str, str], Any]]:
    """Service areas and stations: id, tags and point; none where there are none."""
    try:
        found = osmnx.features_from_place(place, BESIDE) if box is None else osmnx.features_from_bbox(box, BESIDE)
    except ValueError:
        return []
    rows = []
    for (element, number), row in found.sort_index().iterrows():
        tags = {key: value for key, value in row.items() if isinstance(value, str)}
        rows.append((f"{str(element)[0]}{number}", tags, row["geometry"].centroid))
    return rows


def _drawn(graph: Any, beside: list[tuple[str, dict[str, str], Any]]) -> tuple[Drawn, str]:
    """Every stretch of road once, as a way of two points, in the order of ways and nodes."""
    drawn, digest = Drawn(), hashlib.sha256()
    edges = graph.edges(keys=True, data=True)
    stretches = sorted((data["osmid"], u, v, key) for u, v, key, data in edges if not data["reversed"])
    at = {node: (float(data["x"]), float(data["y"])) for node, data in graph.nodes(data=True)}
    rows, points = [], []
    for way, u, v, key in stretches:
        data = graph.edges[u, v, key]
        tags = {name: _text(data[name]) for name in ROAD_KEYS if name in data and name != "oneway" and _text(data[name])}
        if data["oneway"]:
            tags["oneway"] = "yes"
        rows.append(drawn.row_of(tuple(tags.get(name) for name in ROAD_KEYS)))
        points += [at[u], at[v]]
        digest.update(json.dumps([int(way), u, v, *at[u], *at[v], tags], sort_keys=True).encode())
    ids = np.array([way for way, *_ in stretches], np.int64)
    goes_on = np.concatenate([[False], ids[1:] == ids[:-1]])[: len(ids)]
    degrees = np.array(points, np.float64).reshape(-1, 2).T
    drawn.add_ways(ids, np.array(rows, np.int64), np.full(len(ids), 2), goes_on, np.rint(degrees * DEG).astype(np.int32))
    for place, tags, point in beside:
        drawn.add_place(place, tags, float(point.x), float(point.y))
        digest.update(json.dumps([place, tags, float(point.x), float(point.y)], sort_keys=True).encode())
    return drawn, digest.hexdigest()


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)
