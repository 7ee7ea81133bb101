"""A city's public stations: those of the nation's drawn stock that stand in its zones, moved to the streets."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from twin.city.zones import Zoning, plane_km
from twin.errors import DataError
from twin.network.backbone import load_backbone
from twin.stations.apportion import ordinals
from twin.stations.attached import attach
from twin.stations.inventory import Inventory, build_inventory
from twin.stations.markets import build_markets
from twin.stations.placement import Extent
from twin.tables.columns import F64, I32, I64, columns
from twin.tables.inputs import LAYERS, LinkPools, Pools, Stations

if TYPE_CHECKING:
    from twin.config import Config
    from twin.network.graph import Network
    from twin.network.regions import Regions

__all__ = ["build_list", "build_stock", "node_pools"]

REACH = 3.0
"""A station of a list belongs to the nearest zone within this many radii of a disc of its size."""


def build_stock(config: Config, nation: Regions, regions: Regions, network: Network, zoning: Zoning) -> Inventory:
    """Return the stations of the scenario's stock whose drawn place lies in a zone, each moved to the nearest node.

    Service areas are left out.

    Raises
    ------
    DataError
        If no fast one stands there.
    """
    drawn = build_inventory(config, nation, load_backbone(nation))
    zone = zoning.locate(drawn.stations.lon, drawn.stations.lat)
    here = np.flatnonzero((zone >= 0) & (drawn.stations.layer != LAYERS.index("highway")))
    node = _nearest_nodes(drawn.stations.lon[here], drawn.stations.lat[here], network)
    zone = np.where(zoning.of_node[node] >= 0, zoning.of_node[node], zone[here])
    order = np.lexsort((here, drawn.stations.layer[here], zone))
    here, zone, node = here[order], zone[order].astype(np.int32), node[order]
    stations, pools = _taken(drawn.stations, drawn.pools, here, zone)
    stations = stations._replace(lon=network.node_lon[node], lat=network.node_lat[node])
    if not np.any(pools.is_ac == 0):
        raise DataError(
            f"stations.stock: found no fast plug among {len(here)} stations in the city; wanted one at least; take wider "
            "streets, raise fleet.sample or stations.province_factors"
        )
    radius_km = np.sqrt(zoning.area_km2 / np.pi)
    return Inventory(
        stations=stations,
        pools=pools,
        markets=build_markets(stations, pools, regions.county_lon, regions.county_lat),
        link_pools=node_pools(node[pools.station].astype(np.int32), network),
        n_evse_total=int(pools.n_evse.sum()),
        operator_names=drawn.operator_names,
        power_class_names=drawn.power_class_names,
        is_high_power=drawn.is_high_power,
        side=np.full(len(here), -1, np.int32),
        n_townships=np.zeros(zoning.n_zones, np.int64),
        extent=Extent(regions.county_lon, regions.county_lat, radius_km, radius_km),
        place_names=regions.county_names,
        side_names=network.site_names,
    )


def build_list(config: Config, regions: Regions, network: Network, zoning: Zoning) -> Inventory:
    """Return the stations of the user's list that stand in the zones, with the pools at each node for who drives past."""
    radius_km = np.sqrt(zoning.area_km2 / np.pi)
    extent = Extent(regions.county_lon, regions.county_lat, radius_km, radius_km)
    listed = attach(config, regions, network, extent=extent, reach_km=REACH * radius_km)
    node = _nearest_nodes(listed.stations.lon, listed.stations.lat, network)
    return dataclasses.replace(listed, link_pools=node_pools(node[listed.pools.station].astype(np.int32), network))


def _nearest_nodes(lon: F64, lat: F64, network: Network) -> I64:
    middle = float(network.node_lat.mean())
    streets = cKDTree(np.stack(plane_km(network.node_lon, network.node_lat, middle), axis=1))
    return np.asarray(streets.query(np.stack(plane_km(lon, lat, middle), axis=1))[1], np.int64)


def _taken(stations: Stations, pools: Pools, here: I64, zone: I32) -> tuple[Stations, Pools]:
    """Return some stations with their pools, in the given order, in zones of their own."""
    n_pools = stations.n_pools[here].astype(np.int64)
    station = np.repeat(np.arange(len(here)), n_pools)
    row = stations.first_pool[here][station] + ordinals(station)
    n_evse = pools.n_evse[row].astype(np.int64)
    own: dict[str, Any] = {column.name: getattr(pools, column.name)[row] for column in columns(Pools)}
    own |= {"station": station.astype(np.int32), "first_evse": (np.cumsum(n_evse) - n_evse).astype(np.int32)}
    kept: dict[str, Any] = {column.name: getattr(stations, column.name)[here] for column in columns(Stations)}
    kept |= {"zone": zone, "county": zone, "province": np.zeros(len(here), np.int32)}
    kept |= {"link": np.full(len(here), -1, np.int32), "first_pool": (np.cumsum(n_pools) - n_pools).astype(np.int32)}
    return Stations(**kept), Pools(**own)


def node_pools(node: I32, network: Network) -> LinkPools:
    """List the pools at the end of each link: all that stand at its node.

    Parameters
    ----------
    node : ndarray of int32, shape (n_pools,)
        Node of each pool.
    network : Network
        The streets.
    """
    order = np.argsort(node, kind="stable")
    bounds = np.searchsorted(node[order], np.arange(network.n_nodes + 1))
    count = np.diff(bounds)[network.link_to]
    link = np.repeat(np.arange(network.n_links), count)
    pool = order[bounds[network.link_to][link] + ordinals(link)]
    return LinkPools(np.concatenate(([0], np.cumsum(count))).astype(np.int32), pool.astype(np.int32))
