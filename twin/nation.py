"""The nation of a scenario: its places, its stations and its vehicles, ready for the first window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.engine.gaps import with_gaps
from twin.engine.given import roads_of, rules_of
from twin.engine.world import Given
from twin.errors import ConfigError
from twin.fleet.background import build_background
from twin.fleet.calendar import Calendar, build_calendar
from twin.fleet.classes import GROUPS, load_classes, load_voltages
from twin.fleet.counts import count_vehicles
from twin.fleet.local import build_local
from twin.fleet.passages import passages_within_zones
from twin.fleet.trips import build_trips
from twin.fleet.vehicles import build_vehicles, group_counts, memory_needed_bytes, plug_counts
from twin.grid.flexibility import build_guidance, build_workplaces
from twin.grid.site import build_behind
from twin.grid.tariffs import Prices, build_prices
from twin.grid.v2g import bidirectional_shares, public_shares
from twin.grid.zones import build_base_load
from twin.network.backbone import load_backbone
from twin.network.graph import Network
from twin.network.national import load_national
from twin.network.regions import Regions, load_regions
from twin.network.routes import Routes, build_routes, demand_loader
from twin.stations.attached import attach
from twin.stations.inventory import Inventory, build_inventory, national_extent, national_townships
from twin.stations.limits import plug_limits_w
from twin.stations.outages import build_outages
from twin.tables.columns import F64, to_rows
from twin.tables.inputs import VehicleClasses
from twin.tables.totals import ProvinceLoad

if TYPE_CHECKING:
    from twin.config import Config

__all__ = [
    "Demand",
    "Places",
    "Supply",
    "build_demand",
    "build_places",
    "build_supply",
    "bytes_for",
    "memory_words",
    "needed_bytes",
    "price_table",
    "require_memory",
]

STATIONS_BYTES = 1_500_000_000
"""Stations, roads, seeds and libraries of a national run; measured."""
GAP_M = 2000.0
"""Gaps of a national map that are bridged; our own choice, see docs/network.md."""
DAY_BYTES = 19_000_000
"""What a simulated day adds: load of every zone by quarter hour, and copies of it at the end (`tests.slow.quarter`)."""
OUT_BYTES_PER_VEHICLE = 16
"""Rows of those who are out, spread over the fleet: a tenth of it at 160 B; measured on a holiday."""


@dataclass(frozen=True)
class Places:
    """Regions, and the roads between them."""

    regions: Regions
    network: Network
    routes: Routes


@dataclass(frozen=True)
class Supply:
    """Stations, what charging costs, and the load beside it."""

    inventory: Inventory
    prices: Prices
    base: ProvinceLoad


@dataclass(frozen=True)
class Demand:
    """Vehicles, and how they travel."""

    calendar: Calendar
    classes: VehicleClasses
    class_names: list[str]
    given: Given
    passages_within_zones: F64
    n_v2g_plugs: F64


def build_places(config: Config, say: Callable[[str], None] = lambda _: None) -> Places:
    """Return the road network that the scenario names, with its fastest routes; `say` takes what is being done.

    Raises
    ------
    DataError
        If the source of the roads is missing or damaged, or does not join all zones.
    """
    regions, settings = load_regions(), config.network
    if settings.source == "backbone":
        network = load_backbone(regions)
    else:
        gap_m = GAP_M if settings.gap_m is None else settings.gap_m
        network = load_national(Path(settings.source), regions, gap_m=gap_m, n_rounds=settings.n_alternatives, say=say)
    return Places(regions, network, build_routes(network))


def build_supply(config: Config, places: Places) -> Supply:
    """Return the stations of the scenario's stock or list, with tariffs and base load."""
    return Supply(
        _inventory(config, places),
        build_prices(config, places.regions),
        build_base_load(config, places.regions),
    )


def _inventory(config: Config, places: Places) -> Inventory:
    regions, network = places.regions, places.network
    if config.stations.source == "stock":
        return build_inventory(config, regions, network)
    extent, n_townships = national_extent(regions), national_townships(regions)
    return attach(config, regions, network, extent=extent, n_townships=n_townships)


def build_demand(config: Config, places: Places, supply: Supply, n_workers: int = 1) -> Demand:
    """Return the fleet of the scenario and everything the engine is given.

    Raises
    ------
    ConfigError
        If the run would need more memory than there is.
    """
    regions, routes, network, there = places.regions, places.routes, places.network, supply.inventory
    require_memory(config, int(count_vehicles(config, regions).sum()))
    calendar = build_calendar(config)
    classes, names = load_classes(consumption_factor=config.fleet.consumption_factor)
    vehicles = build_vehicles(config, regions, classes, names, n_workers)
    counts = group_counts(vehicles, classes, regions, len(GROUPS))
    loader, capacity = demand_loader(routes, network), network.link_capacity_per_h
    background = build_background(config, calendar, regions, routes, counts, loader, capacity)
    n_plugs = plug_counts(vehicles, regions)
    bidirectional = bidirectional_shares(config, regions, n_plugs)
    public_v2g_share, n_public = _public_v2g(config, regions, there)
    roads = roads_of(network, routes, regions, config.behaviour.truck_speed_kmh)
    given = Given(
        rules=rules_of(config),
        n_days=config.period.n_days,
        sample=config.fleet.sample,
        classes=classes,
        vehicles=vehicles,
        local=build_local(config, calendar, regions),
        trips=build_trips(config, calendar, regions, routes, counts),
        background=background,
        stations=to_rows(supply.inventory.stations),
        pools=to_rows(supply.inventory.pools),
        plug_limit_w=plug_limits_w(load_voltages()),
        markets=supply.inventory.markets,
        link_pools=supply.inventory.link_pools,
        roads=with_gaps(roads, there.stations, there.pools, there.link_pools, there.markets),
        link_free_speed_kmh=network.link_free_speed_kmh,
        link_capacity_per_h=network.link_capacity_per_h,
        prices=price_table(supply.prices, config.grid.dynamic_price_step_cny_per_kwh),
        price_level=np.zeros(len(supply.inventory.pools.station), np.uint8),
        guidance=build_guidance(supply.prices, regions.n_zones, bidirectional, config.grid.price_shift_h),
        public_v2g_share=public_v2g_share,
        workplaces=build_workplaces(calendar.kind, regions.n_zones, config.grid.work_orderly_share),
        n_provinces=regions.n_provinces,
        outages=build_outages(config, there.stations, there.pools, there.closed, there.evse_month),
        behind=build_behind(config, regions, there.stations, there.pools, supply.prices.energy_cny_per_kwh),
    )
    within = passages_within_zones(config, calendar, regions, given.trips, counts)
    return Demand(calendar, classes, names, given, within, (n_plugs * bidirectional).sum(axis=1) + n_public)


def _public_v2g(config: Config, regions: Regions, there: Inventory) -> tuple[F64, F64]:
    """Return the share of the slow public plugs of each zone that can give to the grid, and how many that is."""
    n_evse = np.where(there.pools.is_ac == 1, there.pools.n_evse, 0)
    n_slow = np.bincount(there.stations.zone[there.pools.station], n_evse, regions.n_zones).astype(np.float64)
    share = public_shares(config, regions, n_slow)
    return share, n_slow * share


def require_memory(config: Config, n_vehicles: int) -> None:
    """Refuse a fleet that does not fit, saying what it needs and what would fit.

    Raises
    ------
    ConfigError
        If the run needs more than ``compute.memory_limit_gb``, or than the machine has free.
    """
    import psutil  # type: ignore[import-untyped]

    limit_gb = config.compute.memory_limit_gb
    limit = limit_gb * 1e9 if limit_gb is not None else float(psutil.virtual_memory().available)
    needed = bytes_for(n_vehicles, config.period.n_days)
    if needed <= limit:
        return
    sample = max(config.fleet.sample * (limit - STATIONS_BYTES) / max(needed - STATIONS_BYTES, 1), 0.0)
    advice = f"set fleet.sample to {sample:.2g} or less" if sample > 0.001 else "use a machine with more memory"
    raise ConfigError(
        f"fleet: found {n_vehicles:,} vehicles, which need {needed / 1e9:.1f} GB; wanted at most {limit / 1e9:.1f} GB "
        f"({'compute.memory_limit_gb' if limit_gb is not None else 'free on this machine'}); {advice}"
    )


def needed_bytes(config: Config, regions: Regions) -> int:
    """Return what a run of a scenario takes of memory at its peak (bytes); of a city at most."""
    fleet = config.fleet
    if config.scenario.extent == "city" and fleet.n_vehicles is not None:
        return bytes_for(round(fleet.n_vehicles * fleet.sample), config.period.n_days)
    return bytes_for(int(count_vehicles(config, regions).sum()), config.period.n_days)


def bytes_for(n_vehicles: int, n_days: int) -> int:
    """Return what a run with so many vehicles and days takes of memory at its peak (bytes)."""
    of_vehicles = memory_needed_bytes(n_vehicles) + OUT_BYTES_PER_VEHICLE * n_vehicles
    return of_vehicles + DAY_BYTES * n_days + STATIONS_BYTES


def memory_words(demand: Demand) -> str:
    """Say what memory a run takes at its peak."""
    return f"within {bytes_for(len(demand.given.vehicles.home), demand.given.n_days) / 1e9:.1f} GB of memory"


def price_table(prices: Prices, step_cny_per_kwh: float) -> F64:
    """Return what a kWh costs by hour: provinces in town, on the highway, then swaps by province.

    With a step, then those in town and on the highway a step dearer, and a step cheaper: the fee falls to nothing at most.
    """
    usual = np.concatenate([prices.total("urban"), prices.total("highway")])
    rows = [usual, prices.total("swap")]
    if step_cny_per_kwh > 0.0:
        least = np.concatenate([prices.energy_cny_per_kwh] * 2)
        rows += [usual + step_cny_per_kwh, np.maximum(usual - step_cny_per_kwh, least)]
    return np.ascontiguousarray(np.concatenate(rows))
