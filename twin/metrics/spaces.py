"""Parking spaces of malls, offices and hotels: how many have a charger, held against the share of electric vehicles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.metrics.facts import known_before
from twin.metrics.rows import Metric, is_plug_of, spread
from twin.tables import seeds
from twin.tables.columns import F64, I64
from twin.tables.inputs import LAYERS, SITE_TYPES

if TYPE_CHECKING:
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["MEDIUM_CITY", "space_metrics"]

MEDIUM_CITY = 500_000
"""Urban people from which a city is a medium one (State Council notice 51 of 2014)."""


def space_metrics(inventory: Inventory, regions: Regions, n_vehicles_by_zone: I64, share: float) -> list[Metric]:
    """Estimate commercial parking spaces and those of them with a charger, in large and medium cities.

    No published table counts such spaces. Here a city has as many as ``commercial_spaces_per_car`` times its cars; its
    cars are the nation's (``car_stock``) by households that own one; and of its urban public EVSEs
    ``commercial_share_of_urban_stations`` stand on such spaces, all three of ``seeds/nation_figures.csv``, confidence low.
    Spaces are the same at the level of a zone as of its core, so a city is its whole zone.

    Parameters
    ----------
    inventory : Inventory
        The stations.
    regions : Regions
        Provinces, zones and counties.
    n_vehicles_by_zone : ndarray of int, shape (n_zones,)
        Electric vehicles by home zone, as simulated.
    share : float
        Part of the fleet, and of the stations, that is simulated.

    Returns
    -------
    list of Metric
        Share of commercial spaces with a charger, share of electric vehicles among the cars of the same cities, and of
        these cities those where the first is the larger.
    """
    stations, pools, n_zones = inventory.stations, inventory.pools, regions.n_zones
    kinds = [SITE_TYPES.index(name) for name in ("urban public", "depot")]
    is_urban = (stations.layer == LAYERS.index("urban")) & np.isin(stations.site_type, kinds)
    n_evse = np.where(is_plug_of(pools), pools.n_evse, 0) * is_urban[pools.station]
    n_urban = np.bincount(stations.zone[pools.station], n_evse, n_zones).astype(np.float64)
    equipped = _figure("commercial_share_of_urban_stations") * n_urban
    cars = share * cars_by_zone(regions)
    spaces = _figure("commercial_spaces_per_car") * cars
    is_city = regions.zone_population * regions.zone_urban_share >= MEDIUM_CITY
    vehicles = n_vehicles_by_zone.astype(np.float64)
    # equipped / spaces > vehicles / cars, without a division by cars that a zone may lack
    is_ahead = is_city & (equipped * cars > vehicles * spaces)

    def by_province(of_zone: F64) -> F64:
        return np.bincount(regions.zone_province, of_zone * is_city, regions.n_provinces).astype(np.float64)

    told = (
        ("commercial_spaces_with_charger", equipped, spaces),
        ("ev_share_of_cars", vehicles, cars),
        ("cities_with_chargers_ahead_of_vehicles", is_ahead.astype(np.float64), np.ones(n_zones)),
    )
    rows: list[Metric] = []
    for name, over, under in told:
        rows += spread(name, "urban", "-", regions, by_province(over), by_province(under))
    return rows


def cars_by_zone(regions: Regions) -> F64:
    """Return the cars of each zone: the nation's by population times households that own one."""
    zones = seeds.read("zones")
    weight = float((zones["population"] * zones["car_share"]).sum())
    return np.asarray(_figure("car_stock") / weight * regions.zone_population * regions.zone_car_share, np.float64)


def _figure(name: str) -> float:
    return known_before(name, "any")
