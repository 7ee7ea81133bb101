"""The city of a scenario: its places, its stations and its vehicles, ready for the first window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.city.destinations import build_destinations
from twin.city.fleet import build_fleet, city_classes, count_fleet, other_cars
from twin.city.people import People, build_people, city_regions
from twin.city.stock import build_list, build_stock
from twin.city.streets import load_streets, with_zones
from twin.city.tours import build_tours
from twin.city.traffic import build_traffic
from twin.city.zones import Zoning, build_zoning
from twin.engine.given import roads_of, rules_of
from twin.engine.world import Given
from twin.fleet.calendar import build_calendar
from twin.fleet.classes import load_voltages
from twin.fleet.local import build_local
from twin.fleet.vehicles import plug_counts
from twin.grid.flexibility import build_guidance
from twin.grid.site import build_behind
from twin.grid.tariffs import Prices, build_prices
from twin.grid.v2g import national_shares
from twin.grid.zones import build_base_load
from twin.nation import Demand, Places, Supply, price_table, require_memory
from twin.network.cached import Say
from twin.network.regions import Regions, load_regions
from twin.network.routes import build_routes
from twin.stations.limits import plug_limits_w
from twin.stations.outages import build_outages
from twin.tables.columns import to_rows
from twin.tables.inputs import N_KNOTS, TripTables
from twin.tables.totals import ProvinceLoad

if TYPE_CHECKING:
    from twin.config import Config

__all__ = ["CityPlaces", "build_demand", "build_places", "build_supply"]


@dataclass(frozen=True)
class CityPlaces(Places):
    """Zones of a city and its streets, with the nation that it is cut from."""

    zoning: Zoning
    people: People
    nation: Regions


def build_places(config: Config, say: Say = lambda _: None) -> CityPlaces:
    """Return the streets that the scenario names, cut into zones, with their fastest routes; `say` takes what is being done.

    Raises
    ------
    ConfigError
        If the zones are too many or too few.
    DataError
        If a file is missing or cannot be used.
    """
    city = config.city
    network = load_streets(config.network.source, config.network.gap_m or 0.0, say)
    nation = load_regions()
    zoning = build_zoning(city, network)
    people = build_people(network, zoning, nation, None if city.activity is None else Path(city.activity))
    network = with_zones(network, zoning)
    return CityPlaces(city_regions(zoning, people, nation), network, build_routes(network), zoning, people, nation)


def build_supply(config: Config, places: CityPlaces) -> Supply:
    """Return the city's stations, with tariffs and base load of its province."""
    nation, province = places.nation, slice(places.people.province, places.people.province + 1)
    if config.stations.source == "stock":
        inventory = build_stock(config, nation, places.regions, places.network, places.zoning)
    else:
        inventory = build_list(config, places.regions, places.network, places.zoning)
    energy, fee, is_valley, is_cheap = build_prices(config, nation)
    prices = Prices(energy[province], fee[province], is_valley[province], is_cheap[province])
    # The whole province's load, of which the city has the share of its people.
    base = build_base_load(config, places.regions)
    people = nation.county_population[nation.county_province == places.people.province].sum()
    share = places.regions.zone_population.sum() / max(int(people), 1)
    return Supply(inventory, prices, ProvinceLoad(base.base_kw * share, base.peak_kw * share))


def build_demand(config: Config, places: CityPlaces, supply: Supply, n_workers: int = 1) -> Demand:
    """Return the city's fleet with its tours, and everything the engine is given.

    Raises
    ------
    ConfigError
        If the run would need more memory than there is.
    """
    regions, routes, network, people = places.regions, places.routes, places.network, places.people
    counted = count_fleet(config, places.nation, people)
    require_memory(config, round(int(counted.n_vehicles.sum()) * config.fleet.sample))
    calendar = build_calendar(config)
    classes, names = city_classes()
    vehicles = build_fleet(config, places.nation, regions, people, counted, classes, n_workers)
    local = build_local(config, calendar, regions)
    destinations = build_destinations(routes, people.residents, people.jobs)
    n_electric = int(counted.n_vehicles.sum())
    given = Given(
        rules=rules_of(config)._replace(exit_share=1.0),
        n_days=config.period.n_days,
        sample=config.fleet.sample,
        classes=classes,
        vehicles=vehicles,
        local=local,
        trips=_no_trips(),
        background=build_traffic(
            calendar, network, routes, destinations, people.residents, other_cars(regions, n_electric), n_electric, local
        ),
        stations=to_rows(supply.inventory.stations),
        pools=to_rows(supply.inventory.pools),
        markets=supply.inventory.markets,
        link_pools=supply.inventory.link_pools,
        roads=roads_of(network, routes, regions, config.behaviour.truck_speed_kmh)._replace(
            access_m=np.zeros(regions.n_zones, np.int32), node_county=network.node_zone
        ),
        link_free_speed_kmh=network.link_free_speed_kmh,
        link_capacity_per_h=network.link_capacity_per_h,
        prices=price_table(supply.prices, config.grid.dynamic_price_step_cny_per_kwh),
        price_level=np.zeros(len(supply.inventory.pools.station), np.uint8),
        guidance=build_guidance(
            supply.prices, regions.n_zones, national_shares(config, regions.n_zones), config.grid.price_shift_h
        ),
        n_provinces=1,
        plug_limit_w=plug_limits_w(load_voltages()),
        outages=build_outages(config, supply.inventory.stations, supply.inventory.pools),
        behind=build_behind(
            config, regions, supply.inventory.stations, supply.inventory.pools, supply.prices.energy_cny_per_kwh
        ),
        itineraries=build_tours(
            config.scenario.seed, calendar, vehicles, classes.kind, local, destinations, config.travel.local_factor
        ),
    )
    n_v2g_plugs = (plug_counts(vehicles, regions) * given.guidance.bidirectional).sum(axis=1)
    return Demand(calendar, classes, names, given, np.zeros(24 * config.period.n_days), n_v2g_plugs)


def _no_trips() -> TripTables:
    """Return tables of trips between zones that nobody reads: every trip is set."""
    nothing = np.zeros((1, 1, N_KNOTS))
    return TripTables(
        nothing, np.zeros((1, 1, 2), np.uint8), np.ones((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.int16), nothing,
        nothing, nothing,
    )  # fmt: skip
