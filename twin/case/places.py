"""Where a posed case happens: a zone with one county at every node in use, and the fastest routes to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.case.reading import Columns
from twin.network import link_times_ms, sum_along
from twin.network.graph import Network
from twin.network.regions import Regions
from twin.network.routes import Routes, build_routes
from twin.tables.columns import F64, I32, I64
from twin.tables.state import Roads

__all__ = ["PROVINCE", "Grounds", "build_grounds"]

PROVINCE = "-"
"""A posed case has one province, and this is its code."""


@dataclass(frozen=True)
class Grounds:
    """Places and roads of a posed case.

    Attributes
    ----------
    network, routes, regions
        As in a nation; zone and county have the same number.
    station_zone : ndarray of int32, shape (n_stations,)
        Zone of each station, never falling.
    zone_at : ndarray of int32, shape (n_nodes,)
        Zone at a node; -1 where none is needed.
    """

    network: Network
    routes: Routes
    regions: Regions
    station_zone: I32
    zone_at: I32

    def roads(self, truck_speed_kmh: float) -> Roads:
        """Return the roads as kernels read them: no way between a county and its node, no town at a node passed."""
        network, routes, n_zones = self.network, self.routes, self.network.n_zones
        length_m, free_kmh = network.link_length_m.astype(np.int64), network.link_free_speed_kmh
        truck_kmh = np.minimum(free_kmh, truck_speed_kmh)
        drag, truck_drag = (np.rint(length_m * kmh * kmh).astype(np.int64) for kmh in (free_kmh, truck_kmh))
        return Roads(
            link_from=network.link_from,
            link_to=network.link_to,
            length_m=network.link_length_m,
            speed_kmh=free_kmh.copy(),
            free_kmh=free_kmh,
            free_ms=link_times_ms(network),
            is_expressway=np.zeros(network.n_links, np.uint8),
            next_link=routes.next_link,
            way_m=sum_along(routes, network, length_m).astype(np.int32),
            drag=sum_along(routes, network, drag).astype(np.float32),
            truck_drag=sum_along(routes, network, truck_drag).astype(np.float32),
            gap_m=np.zeros((n_zones, n_zones), np.int32),
            truck_gap_m=np.zeros((n_zones, n_zones), np.int32),
            zone_node=network.zone_node,
            node_county=np.full(network.n_nodes, -1, np.int32),
            node_lon=network.node_lon,
            node_lat=network.node_lat,
            county_zone=np.arange(n_zones, dtype=np.int32),
            county_province=np.zeros(n_zones, np.int32),
            zone_county=np.arange(n_zones + 1, dtype=np.int32),
            county_share=np.ones(n_zones),
            access_m=np.zeros(n_zones, np.int32),
        )


def build_grounds(nodes: Columns, links: Columns, station_node: I64, used_nodes: I64) -> Grounds:
    """Return the places that a case needs.

    Stations keep their order, and their zones may not fall: each run of stations at one node has a zone of its own.

    Parameters
    ----------
    nodes, links : dict of str to ndarray
        The checked tables.
    station_node : ndarray of int64, shape (n_stations,)
        Node of each station.
    used_nodes : ndarray of int64
        Nodes at which vehicles stand or trips end.
    """
    n_nodes = len(nodes["lon"])
    begins = np.ones(len(station_node), np.bool_)
    begins[1:] = np.diff(station_node) != 0
    further = np.setdiff1d(used_nodes, station_node)
    zone_node = np.concatenate([station_node[begins], further]).astype(np.int32)
    zone_at = np.full(n_nodes, -1, np.int32)
    zone_at[zone_node[::-1]] = np.arange(len(zone_node), dtype=np.int32)[::-1]
    network = _network(nodes, links, zone_node)
    regions = _regions(zone_node, network.node_lon, network.node_lat)
    station_zone = (np.cumsum(begins) - 1).astype(np.int32)
    return Grounds(network, build_routes(network), regions, station_zone, zone_at)


def _network(nodes: Columns, links: Columns, zone_node: I32) -> Network:
    """Return the graph; unlike a nation's it need not hang together."""
    n_nodes, n_links = len(nodes["lon"]), len(links["from_node"])
    link_from = links["from_node"].astype(np.int32)
    none, text = np.zeros(0, np.int32), np.zeros(0, object)
    lon, lat = (nodes[name].astype(np.float64) for name in ("lon", "lat"))
    return Network(
        link_from=link_from,
        link_to=links["to_node"].astype(np.int32),
        link_length_m=np.maximum(np.rint(links["length_km"] * 1000.0), 1).astype(np.int32),
        link_free_speed_kmh=links["speed_kmh"].astype(np.float64),
        link_capacity_per_h=links.get("capacity_per_h", np.full(n_links, np.inf)),
        link_kind=np.zeros(n_links, np.uint8),
        link_line=np.full(n_links, -1, np.int16),
        link_reverse=np.full(n_links, -1, np.int32),
        link_id=np.arange(n_links).astype(str).astype(object),
        line_names=text,
        node_lon=lon,
        node_lat=lat,
        node_names=np.arange(n_nodes).astype(str).astype(object),
        node_province=np.zeros(n_nodes, np.int32),
        node_zone=np.full(n_nodes, -1, np.int32),
        zone_node=zone_node,
        site_id=text, site_names=text, site_names_zh=text, site_link=none, site_lon=lon[:0], site_lat=lat[:0],
        site_province=none,
        out_first=np.searchsorted(np.sort(link_from), np.arange(n_nodes + 1)).astype(np.int32),
        out_link=np.argsort(link_from, kind="stable").astype(np.int32),
    )  # fmt: skip


def _regions(zone_node: I32, node_lon: F64, node_lat: F64) -> Regions:
    """Return one province and, for each zone, a county of the same name: its node's number."""
    n_zones = len(zone_node)
    name, lon, lat = zone_node.astype(str).astype(object), node_lon[zone_node], node_lat[zone_node]
    code, zero, nobody, share = (
        np.array([PROVINCE], object),
        np.zeros(n_zones, np.int32),
        np.zeros(n_zones, np.int64),
        np.ones(n_zones),
    )
    return Regions(
        province_code=code, province_names=code, province_names_zh=code, zone_id=name, zone_names=name, zone_names_zh=name,
        zone_province=zero, zone_lon=lon, zone_lat=lat, zone_population=nobody, zone_urban_share=share,
        zone_car_share=share, zone_nev=nobody, county_id=name, county_names=name,
        county_zone=np.arange(n_zones, dtype=np.int32), county_province=zero, county_lon=lon, county_lat=lat,
        county_population=nobody, county_urban_share=share, county_car_share=share,
    )  # fmt: skip
