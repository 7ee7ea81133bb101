"""OpenStreetMap files by hand, and the steps of a build one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import networkx as nx
import numpy as np
import osmium
import osmnx
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from twin.network.classes import CLASSES
from twin.network.drawn import Source
from twin.network.graph import Network, make_network
from twin.network.number import columns_of
from twin.network.pieces import Roads
from twin.network.routes import link_times_ms
from twin.network.tags import is_closed_to_cars, speed_of

Way = tuple[int, list[int], dict[str, str]]
Node = tuple[float, float, dict[str, str]]

WEST, SOUTH, GRID = 118.0, 32.0, 0.01


def node(column: float, row: float, **tags: str) -> Node:
    """A node on a grid of a hundredth of a degree."""
    return WEST + column * GRID, SOUTH + row * GRID, {key.replace("__", ":"): value for key, value in tags.items()}


def osm_xml(nodes: dict[int, Node], ways: list[Way]) -> str:
    """The text of a file."""
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6">']
    for number, (lon, lat, tags) in sorted(nodes.items()):
        lines.append(f'<node id="{number}" lon="{lon:.7f}" lat="{lat:.7f}">{_tags(tags)}</node>')
    for number, refs, tags in ways:
        refs_text = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{number}">{refs_text}{_tags(tags)}</way>')
    return "\n".join([*lines, "</osm>\n"])


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def hand_made() -> str:
    """A town of one block, an expressway with its two carriageways, ramps, a rest area each side, and odd ends."""
    nodes = {
        1: node(0, 0),
        2: node(1, 0),
        3: node(1, 1),
        4: node(0, 1),
        5: node(1, 3),
        6: node(2, 3),
        7: node(3, 3),
        9: node(3, 3.1),
        10: node(2, 3.1),
        11: node(1, 3.1),
        12: node(-1, 0),
        13: node(-1, 1),
        14: node(5, 5),
        15: node(6, 5),
        16: node(2.01, 3.2, highway="rest_area", name="北区", name__en="North"),
        17: node(2.0, 2.9),
        18: node(2.1, 2.9),
        19: node(2.1, 2.8),
        20: node(
            0.5,
            0.1,
            amenity="charging_station",
            capacity="6",
            operator="Grid",
            socket__type2="4",
            socket__gb_dc="2",
            socket__gb_dc__output="120 kW",
            socket__type2__output="22000 W",
            name="P",
        ),
        21: node(8, 8, highway="services", name="far away"),
    }
    ways: list[Way] = [
        (10, [1, 2], {"highway": "secondary", "maxspeed": "60", "lanes": "4", "toll": "yes"}),
        (17, [2, 3], {"highway": "secondary", "maxspeed": "60", "lanes": "4", "toll": "yes"}),
        (11, [3, 4, 1], {"highway": "residential", "oneway": "-1"}),
        (12, [5, 6, 7], {"highway": "motorway", "ref": "G42;G2", "maxspeed": "120", "lanes": "3"}),
        (13, [9, 10, 11], {"highway": "motorway", "ref": "G42"}),
        (14, [3, 5], {"highway": "motorway_link", "oneway": "yes"}),
        (15, [11, 3], {"highway": "motorway_link", "oneway": "yes"}),
        (16, [7, 9], {"highway": "motorway_link", "oneway": "yes"}),
        (20, [1, 12], {"highway": "tertiary", "oneway": "yes"}),
        (21, [14, 15], {"highway": "primary"}),
        (22, [1, 3], {"highway": "footway"}),
        (23, [2, 4], {"highway": "unclassified", "access": "private"}),
        (24, [17, 18, 19, 17], {"highway": "services", "name": "South"}),
        (25, [12, 13], {"highway": "cycleway"}),
        (26, [4], {"highway": "primary"}),
        (27, [], {"highway": "primary"}),
        (28, [2, 2], {"highway": "primary"}),
    ]
    return osm_xml(nodes, ways)


def write_hand_made(folder: Path) -> Path:
    """The file of `hand_made`."""
    path = folder / "town.osm"
    path.write_text(hand_made(), encoding="utf-8")
    return path


def as_network(source: Source, roads: Roads) -> tuple[Network, dict[str, Any]]:
    """Roads at any step as a network, with the columns of its file."""
    columns, _ = columns_of(roads, source.sites, source.stations)
    own = {
        name: values
        for name, values in columns.items()
        if not name.startswith("station_") and name not in ("link_lanes", "link_is_toll", "link_path_lon", "link_path_lat")
    }
    return make_network(**own, provenance={"source": "test"}), columns


def times_ms(network: Network, origins: np.ndarray) -> np.ndarray:
    """Fastest times from nodes to all nodes by scipy, of parallel links the fastest."""
    time_ms = link_times_ms(network)
    order = np.lexsort((time_ms, network.link_to, network.link_from))
    key = network.link_from[order].astype(np.int64) * network.n_nodes + network.link_to[order]
    kept = order[np.concatenate([[True], np.diff(key) > 0])]
    ends = (network.link_from[kept], network.link_to[kept])
    graph = csr_matrix((time_ms[kept].astype(np.float64), ends), shape=(network.n_nodes, network.n_nodes))
    return dijkstra(graph, indices=origins)


def plain_xml(source: Path, target: Path) -> Path:
    """Nodes and roads of any file as plain XML; a way that lost nodes becomes its parts."""
    with osmium.SimpleWriter(str(target)) as out:
        for thing in osmium.FileProcessor(str(source)).with_locations():
            if thing.is_node():
                out.add_node(thing.replace(tags={}))
            elif thing.is_way() and "highway" in thing.tags:
                runs: list[list[int]] = [[]]
                for each in thing.nodes:
                    runs[-1].append(each.ref) if each.location.valid() else runs.append([])
                for number, run in enumerate(run for run in runs if len(run) > 1):
                    out.add_way(thing.replace(id=thing.id + 10**12 * number, nodes=run))
    return target


def drivable(path: Path) -> nx.MultiDiGraph:
    """The roads for cars of an XML file as osmnx reads them, with the milliseconds each takes."""
    keys = "maxspeed:forward maxspeed:backward access vehicle motor_vehicle motorcar area junction highway maxspeed oneway"
    osmnx.settings.useful_tags_way = keys.split()
    graph = osmnx.graph_from_xml(path, simplify=False, retain_all=True)
    for u, v, key, data in list(graph.edges(keys=True, data=True)):
        tags = {name: value for name, value in data.items() if isinstance(value, str)}
        if tags["highway"] not in CLASSES or is_closed_to_cars(tags):
            graph.remove_edge(u, v, key)
            continue
        speed_kmh = speed_of(tags)
        data["kmh"] = CLASSES[tags["highway"]].speed_kmh if np.isnan(speed_kmh) else speed_kmh
        data["ms"] = data["length"] * 3600 / data["kmh"]
    return graph
