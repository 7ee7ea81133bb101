"""The embedded national road graph: seeds in, a `Network` split at every service area out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twin.errors import DataError, Faults
from twin.network.classes import EXPRESSWAY, FERRY, TRUNK
from twin.network.graph import Network, make_network
from twin.network.regions import Regions, index_of
from twin.tables import seeds
from twin.tables.columns import F64, I32, I64, STR

__all__ = ["KINDS", "LANE_CAPACITY_PCU_PER_H", "ends_of_links", "load_backbone"]

TABLES = ("backbone_nodes", "backbone_links", "service_areas")

KINDS = {"expressway": EXPRESSWAY, "trunk": TRUNK, "ferry": FERRY}

LANE_CAPACITY_PCU_PER_H = {EXPRESSWAY: 2000.0, TRUNK: 1400.0, FERRY: 600.0}
"""Passenger-car units an hour and lane.

Expressway: basic capacity of a lane at 80-100 km/h in JTG B01-2014 and the Highway Capacity Manual, 2,000-2,100 (from
memory, unverified). Trunk: the same lane less the green time lost at junctions (our own estimate, confidence low).
Ferry: some 50 sailings a day of about 50 vehicles at each of a dozen berths (our own estimate, confidence low).
"""


def load_backbone(regions: Regions, folder: Path | str | None = None) -> Network:
    """Read the embedded backbone and split its links at the service areas.

    A pair of service areas becomes a node on both directions. The side of a direction belongs to the directed link
    that ends at that node; traffic passes it there.

    Parameters
    ----------
    regions : Regions
        Zones and provinces the nodes refer to.
    folder : pathlib.Path or str, optional
        Folder with the three tables; the packaged seeds by default.

    Returns
    -------
    Network
        About 5,000 nodes and 12,000 directed links; links ``2k`` and ``2k + 1`` are the two directions of a road.

    Raises
    ------
    DataError
        If a table is malformed, a reference is unknown, a zone has no node, a service area lies off its link, or the
        graph falls into pieces.
    """
    nodes, links, areas = (seeds.read(name, folder) for name in TABLES)
    faults = Faults()
    n_nodes = len(nodes["node"])
    zone_of = np.full(n_nodes, -1, np.int32)
    centres = np.flatnonzero(nodes["zone"] != "")
    zone_of[centres] = index_of(nodes["zone"][centres], regions.zone_id, "backbone_nodes.csv zone", faults)
    province = index_of(nodes["province"], regions.province_code, "backbone_nodes.csv province", faults)
    start, end = ends_of_links(links, nodes["node"], faults)
    road = index_of(areas["link"], links["link"], "service_areas.csv link", faults)
    area_province = index_of(areas["province"], regions.province_code, "service_areas.csv province", faults)
    faults.raise_if_any(DataError)
    length_m = _metres(links["length_km"])
    _check_zones(regions, zone_of, faults)
    _check_areas(areas, links["kind"][road], length_m[road], faults)
    faults.raise_if_any(DataError)

    pieces = _cut(n_nodes, start, end, length_m, road, _metres(areas["at_km"]))
    area = pieces.area_of_stop
    zone_node = np.zeros(regions.n_zones, np.int32)
    zone_node[zone_of[centres]] = centres
    before = pieces.before_stop[pieces.stop_of_area]
    is_forward = areas["direction"] == "forward"
    return make_network(
        **_links(links, pieces),
        node_lon=np.concatenate([nodes["lon"], areas["lon"][area]]),
        node_lat=np.concatenate([nodes["lat"], areas["lat"][area]]),
        node_names=np.concatenate([nodes["name_en"], areas["pair"][area]]),
        node_province=np.concatenate([province, area_province[area]]),
        node_zone=np.concatenate([zone_of, np.full(len(area), -1, np.int32)]),
        zone_node=zone_node,
        site_id=areas["service_area"],
        site_names=areas["name_en"],
        site_names_zh=areas["name_zh"],
        site_link=np.where(is_forward, 2 * before, 2 * (before + 1) + 1).astype(np.int32),
        site_lon=areas["lon"],
        site_lat=areas["lat"],
        site_province=area_province,
        provenance=_provenance(folder),
    )


def ends_of_links(links: dict[str, Any], nodes: STR, faults: Faults) -> tuple[I32, I32]:
    """Rows of the nodes at which links of the seed table start and end."""
    start = index_of(links["from_node"], nodes, "backbone_links.csv from_node", faults)
    return start, index_of(links["to_node"], nodes, "backbone_links.csv to_node", faults)


def _metres(km: F64) -> I64:
    return np.rint(km * 1000).astype(np.int64)


def _check_zones(regions: Regions, zone_of: I32, faults: Faults) -> None:
    """Every zone is the centre of one node."""
    count = np.bincount(zone_of[zone_of >= 0], minlength=regions.n_zones)
    for zone in np.flatnonzero(count != 1):
        where = f"backbone_nodes.csv zone {regions.zone_id[zone]!r}"
        faults.add(where, f"{count[zone]} nodes", "one", "add the missing node or drop the others")


def _check_areas(areas: dict[str, Any], road_kind: STR, road_m: I64, faults: Faults) -> None:
    """Every service area lies inside an expressway link."""
    at_m = _metres(areas["at_km"])
    for row in np.flatnonzero((at_m <= 0) | (at_m >= road_m)):
        where = f"service_areas.csv {areas['service_area'][row]}"
        faults.add(where, f"at {at_m[row]} m", f"above 0 and below {road_m[row]} m, within its link", "correct at_km")
    for row in np.flatnonzero(road_kind != "expressway"):
        where = f"service_areas.csv {areas['service_area'][row]}"
        faults.add(where, f"a link of kind {road_kind[row]}", "an expressway", "move it to one")


class _Pieces(NamedTuple):
    """Links cut at the places where service areas stand.

    By piece, in the order of links and of distance along them: `road`, `start`, `end`, `length_m`. By stop: the piece
    before it and one of its service areas. By service area: its stop. Stop ``s`` is node ``n_nodes + s``.
    """

    road: I64
    start: I64
    end: I64
    length_m: I64
    before_stop: I64
    area_of_stop: I64
    stop_of_area: I64


def _cut(n_nodes: int, start: I32, end: I32, length_m: I64, road: I32, at_m: I64) -> _Pieces:
    """Cut every link at its stops: the distinct places, by link and then distance, where sides stand."""
    places = np.stack([road.astype(np.int64), at_m], axis=1)
    stops, area_of_stop, stop_of_area = np.unique(places, axis=0, return_index=True, return_inverse=True)
    stop_road, stop_m = stops.T
    stop_node = n_nodes + np.arange(len(stops))
    n_pieces = np.bincount(stop_road, minlength=len(start)) + 1
    piece_road = np.repeat(np.arange(len(start)), n_pieces)
    before = np.arange(len(stops)) + stop_road
    piece_start, piece_end = start[piece_road].astype(np.int64), end[piece_road].astype(np.int64)
    from_m, to_m = np.zeros(len(piece_road), np.int64), length_m[piece_road]
    piece_end[before], to_m[before] = stop_node, stop_m
    piece_start[before + 1], from_m[before + 1] = stop_node, stop_m
    return _Pieces(piece_road, piece_start, piece_end, to_m - from_m, before, area_of_stop, stop_of_area.reshape(-1))


def _links(links: dict[str, Any], pieces: _Pieces) -> dict[str, Any]:
    """Both directions of every piece, one beside the other."""
    road = pieces.road
    kind = np.array([KINDS[name] for name in links["kind"]], np.uint8)[road]
    lane = np.array([LANE_CAPACITY_PCU_PER_H[int(k)] for k in kind])
    names = np.array(sorted({line for line in links["line"] if line}), object)
    row_of = {name: row for row, name in enumerate(names)}
    line = np.array([row_of.get(name, -1) for name in links["line"]], np.int16)[road]
    step = np.arange(len(road)) - np.searchsorted(road, road)
    ids = [f"{links['link'][r]}.{k}{way}" for r, k in zip(road, step, strict=True) for way in "+-"]
    return {
        "link_from": np.stack([pieces.start, pieces.end], axis=1).reshape(-1).astype(np.int32),
        "link_to": np.stack([pieces.end, pieces.start], axis=1).reshape(-1).astype(np.int32),
        "link_length_m": np.repeat(pieces.length_m, 2).astype(np.int32),
        "link_free_speed_kmh": np.repeat(links["speed_kmh"][road], 2),
        "link_capacity_per_h": np.repeat(lane * links["lanes_per_direction"][road], 2),
        "link_kind": np.repeat(kind, 2),
        "link_line": np.repeat(line, 2),
        "link_reverse": (np.arange(2 * len(road)) ^ 1).astype(np.int32),
        "link_id": np.array(ids, object),
        "line_names": names,
    }


def _provenance(folder: Path | str | None) -> dict[str, str]:
    """Where the graph comes from: source, licence and the hash of its three files."""
    home = seeds.folder_of_seeds() if folder is None else Path(folder)
    digest = hashlib.sha256()
    for name in TABLES:
        digest.update((home / f"{name}.csv").read_bytes())
    licence = seeds.SEED_TABLES["backbone_links"].licence
    return {"source": "embedded national backbone", "licence": licence, "sha256": digest.hexdigest()}
