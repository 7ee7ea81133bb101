"""Where a map has no roads near a zone, as on an island that no road reaches, the backbone's roads stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import KDTree

from twin.errors import DataError, Faults
from twin.network.attach import add_straight, on_sphere_m
from twin.network.backbone import KINDS, ends_of_links
from twin.network.pieces import DEG, Roads
from twin.tables import seeds
from twin.tables.columns import I64, STR

if TYPE_CHECKING:
    from twin.network.regions import Regions

__all__ = ["FAR_M", "stand_in"]

FAR_M = 20_000.0
"""A zone whose centre lies farther than this from every road of the map is without roads (our own choice)."""


def stand_in(roads: Roads, regions: Regions) -> tuple[Roads, I64, float]:
    """Add the backbone's roads around the zones that the map does not reach.

    Backbone nodes farther than 20 km from the map's roads are taken with all links that touch them; a link that leads
    back to the map, as a ferry does, ends at the map's node nearest to its end.

    Returns
    -------
    roads : Roads
        The map with what was added.
    zone_node : ndarray of int64, shape (n_zones,)
        Node of each zone without roads of the map, -1 for the others.
    km : float
        Length of what was added.
    """
    zone_node = np.full(regions.n_zones, -1, np.int64)
    drawn: Any = KDTree(on_sphere_m(roads.point_x / DEG, roads.point_y / DEG))
    is_far_zone = drawn.query(on_sphere_m(regions.zone_lon, regions.zone_lat))[0] > FAR_M
    if not is_far_zone.any():
        return roads, zone_node, 0.0
    nodes, links = seeds.read("backbone_nodes"), seeds.read("backbone_links")
    faults = Faults()
    start, end = ends_of_links(links, nodes["node"], faults)
    faults.raise_if_any(DataError)
    place = on_sphere_m(nodes["lon"], nodes["lat"])
    is_far = drawn.query(place)[0] > FAR_M
    rows = np.flatnonzero(is_far[start] | is_far[end])
    used = np.unique(np.concatenate([start[rows], end[rows]]))
    far, near = used[is_far[used]], used[~is_far[used]]
    node_of = np.full(len(nodes["node"]), -1, np.int64)
    node_of[far] = roads.n_nodes + np.arange(len(far))
    by_road: Any = KDTree(on_sphere_m(roads.x / DEG, roads.y / DEG))
    if len(near):
        node_of[near] = by_road.query(place[near])[1]
    centre = dict(zip(nodes["zone"][far], node_of[far], strict=True))
    for zone in np.flatnonzero(is_far_zone):
        zone_node[zone] = centre.get(regions.zone_id[zone], -1)
    names, line = _lines(roads.line_names, links["line"][rows])
    added = roads._replace(
        x=np.concatenate([roads.x, np.rint(nodes["lon"][far] * DEG).astype(np.int32)]),
        y=np.concatenate([roads.y, np.rint(nodes["lat"][far] * DEG).astype(np.int32)]),
        names=np.append(roads.names, np.full(len(far), "", object)),
        is_kept=np.append(roads.is_kept, nodes["zone"][far] != ""),
        line_names=names,
    )
    length_mm = np.rint(links["length_km"][rows] * 1e6).astype(np.int64)
    time_ms = np.maximum(np.rint(length_mm * 3.6 / links["speed_kmh"][rows]), 1).astype(np.int64)
    kind = np.array([KINDS[name] for name in links["kind"][rows]], np.uint8)
    lanes = links["lanes_per_direction"][rows].astype(np.int16)
    added = add_straight(added, node_of[start[rows]], node_of[end[rows]], kind, length_mm, time_ms, lanes, line)
    return added, zone_node, float(length_mm.sum() / 1e6)


def _lines(names: STR, of_links: STR) -> tuple[STR, Any]:
    """Table of lines with those of the links behind, and the row of each link's line."""
    more = sorted({name for name in of_links if name} - set(names))
    table = np.array([*names, *more], object)
    row_of = {name: row for row, name in enumerate(table)}
    return table, np.array([row_of.get(name, -1) for name in of_links], np.int16)
