"""How well the public stations cover the country, before anyone charges: urban surface, highway line, rural points."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.metrics.equity import equity_metrics
from twin.metrics.highway import Ways, highway_metrics, ways_ahead
from twin.metrics.people import People, people_metrics, people_of
from twin.metrics.rows import HIGH_POWER_W, Metric, is_plug_of, spread
from twin.metrics.spaces import space_metrics
from twin.metrics.trunk_roads import trunk_road_metrics
from twin.tables.columns import I64
from twin.tables.inputs import LAYERS, SITE_TYPES

if TYPE_CHECKING:
    from twin.network.graph import Network
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["Coverage", "coverage", "coverage_metrics"]


class Coverage(NamedTuple):
    """What coverage figures and maps are formed from: people with their distances, and the ways ahead on expressways."""

    people: People
    ways: Ways


def coverage(inventory: Inventory, regions: Regions, network: Network) -> Coverage:
    """Measure every distance once."""
    return Coverage(people_of(inventory, regions, network), ways_ahead(inventory, network))


def coverage_metrics(
    inventory: Inventory,
    regions: Regions,
    network: Network,
    n_vehicles_by_zone: I64,
    found: Coverage | None = None,
    share: float = 1.0,
) -> list[Metric]:
    """Coverage by layer and province.

    Parameters
    ----------
    inventory : Inventory
        The stations.
    regions : Regions
        Provinces, zones and counties.
    network : Network
        The road graph.
    n_vehicles_by_zone : ndarray of int, shape (n_zones,)
        Electric vehicles by home zone.
    found : Coverage, optional
        Distances, from `coverage`, where they have been measured already.
    share : float
        Part of the fleet, and of the stations, that is simulated.

    Returns
    -------
    list of Metric
        EVSEs per 1,000 vehicles, by layer. Urban: share of the urban population near a station, see
        `twin.metrics.people`. Highway: see `twin.metrics.highway`. Rural: share of counties and townships with a station
        (townships: those with a point of their own); mean distance of the rural population; trunk roads, see
        `twin.metrics.trunk_roads`. Between counties: see `twin.metrics.equity`. Parking: see `twin.metrics.spaces`.
    """
    found = coverage(inventory, regions, network) if found is None else found
    return [
        *_per_vehicle(inventory, regions, n_vehicles_by_zone),
        *people_metrics(found.people, regions),
        *highway_metrics(inventory, regions, network, found.ways),
        *_places(inventory, regions),
        *trunk_road_metrics(inventory, regions),
        *space_metrics(inventory, regions, n_vehicles_by_zone, share),
        *equity_metrics(inventory, regions),
    ]


def _per_vehicle(inventory: Inventory, regions: Regions, n_vehicles_by_zone: I64) -> list[Metric]:
    stations, pools = inventory.stations, inventory.pools
    n_layers, n_provinces = len(LAYERS), regions.n_provinces
    cell = stations.layer[pools.station].astype(np.int64) * n_provinces + stations.province[pools.station]
    n_evse = np.bincount(cell, pools.n_evse, n_layers * n_provinces).reshape(n_layers, n_provinces)
    vehicles = np.bincount(regions.zone_province, n_vehicles_by_zone, n_provinces)
    rows: list[Metric] = []
    for layer, of_layer in zip(("all", *LAYERS), (n_evse.sum(axis=0), *n_evse), strict=True):
        rows += spread("evse_per_1000_vehicles", layer, "-", regions, of_layer, vehicles, 1000.0)
    return rows


def _places(inventory: Inventory, regions: Regions) -> list[Metric]:
    """Shares of counties and townships that have a station off the expressways."""
    stations, pools, n = inventory.stations, inventory.pools, regions.n_provinces
    local = stations.layer != LAYERS.index("highway")
    has_strong = np.zeros(len(local), bool)
    has_strong[pools.station[is_plug_of(pools, HIGH_POWER_W)]] = True
    of_county = np.bincount(regions.county_province, minlength=n).astype(np.float64)
    rows: list[Metric] = []
    for plug, chosen in (("station", local), ("high_power", local & has_strong)):
        county = np.unique(stations.county[chosen])
        served = np.bincount(regions.county_province[county], minlength=n)
        rows += spread(f"counties_with_{plug}", "rural", "-", regions, served, of_county)
    in_township = np.bincount(stations.province, stations.site_type == SITE_TYPES.index("township"), n)
    townships = np.bincount(regions.county_province, inventory.n_townships, n)
    return rows + spread("townships_with_station", "rural", "-", regions, in_township, townships)
