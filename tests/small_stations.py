"""Station lists by hand, and the roads they stand at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.osm_xml import Node, node, osm_xml
from twin.stations.carriageways import Lines

M_PER_DEG = 111_195.08


def lines(nodes: list[tuple[float, float]], links: list[tuple[int, int, int]], reverse: list[int] | None = None) -> Lines:
    """Straight links (from, to, kind) between nodes whose places are kilometres east and north of 105 E on the equator."""
    east, north = np.array(nodes, np.float64).reshape(-1, 2).T * 1000.0 / M_PER_DEG
    start, end, kind = np.array(links, np.int32).reshape(-1, 3).T
    back = np.full(len(start), -1) if reverse is None else np.array(reverse)
    return Lines(start, end, kind.astype(np.uint8), back.astype(np.int32), 105.0 + east, north)


def places(*km: tuple[float, float]) -> tuple[Any, Any]:
    """Degrees of places that are told as `lines` tells nodes."""
    east, north = np.array(km, np.float64).reshape(-1, 2).T * 1000.0 / M_PER_DEG
    return 105.0 + east, north


def expressway_with_stations() -> str:
    """An OpenStreetMap file: two carriageways with ramps to a street, a rest area and charging stations of every kind."""
    socket = {"socket__gb_dc": "4", "socket__gb_dc__output": "120 kW", "socket__type2": "2"}
    nodes: dict[int, Node] = {
        1: node(0, 0), 2: node(4, 0), 3: node(4, 0.05), 4: node(0, 0.05), 5: node(0, 1), 6: node(4, 1),
        8: node(2, 0), 9: node(2, 0.05), 7: node(2, -0.1, highway="rest_area", name="南区"),
        20: node(2.02, -0.11, amenity="charging_station", capacity="8", operator="Grid", **socket),
        21: node(1, 1.01, amenity="charging_station", name="Town"),
        22: node(3, 1.01, amenity="charging_station", capacity="3", charging_station__output="60 kW"),
        23: node(2, 0.6, amenity="charging_station", capacity="2", socket__chademo="yes"),
    }  # fmt: skip
    road = {"highway": "motorway", "ref": "G1"}
    ways = [
        (10, [1, 8, 2], road), (11, [3, 9, 4], road), (12, [5, 6], {"highway": "primary"}),
        (13, [2, 6], {"highway": "motorway_link"}), (14, [6, 3], {"highway": "motorway_link"}),
        (15, [4, 5], {"highway": "motorway_link"}), (16, [5, 1], {"highway": "motorway_link"}),
    ]  # fmt: skip
    return osm_xml(nodes, [(way, refs, tags) for way, refs, tags in ways])


TABLE = '''id,name,lon,lat,operator,layer,n_evse,rated_power_kw,is_ac,serves,site_limit_kw
a,West,116.30,39.90,Teld,urban,8,120,0,cars,800
a,West,116.30,39.90,Teld,urban,4,7,1,cars,800
b,East,116.40,39.91,Tesla,rural,2,62.5,0,both,
c,"Hub, ""north""",116.41,39.99,Grid,highway,6,480,0,trucks,
'''


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
