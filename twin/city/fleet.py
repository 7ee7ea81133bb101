"""A city's electric vehicles: as many as its part of the nation's, or as many as are set, at home in its zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.city.people import People
from twin.errors import ConfigError
from twin.fleet.apportion import largest_remainder
from twin.fleet.classes import STAYS_HOME, load_classes, load_shares
from twin.fleet.counts import CAR, TAXI, VAN, Counts, count_by_county
from twin.fleet.vehicles import class_edges, fill_vehicles
from twin.rng import Stream, uniforms
from twin.tables.columns import F64, I64
from twin.tables.inputs import VEHICLE_KINDS, VehicleClasses, Vehicles

if TYPE_CHECKING:
    from twin.config import Config
    from twin.network.regions import Regions

__all__ = ["FleetCount", "build_fleet", "city_classes", "count_fleet", "other_cars"]

ON_TOURS = (CAR, TAXI, VAN)
"""Kinds that a city lives. Its buses and heavy trucks are left out."""
PERSONS_PER_HOUSEHOLD = 2.62
"""Seventh census, 2020 (National Bureau of Statistics); confidence high."""


class FleetCount(NamedTuple):
    """Electric vehicles of a city before sampling.

    Attributes
    ----------
    n_vehicles : ndarray of int64, shape (n_kinds,)
        By kind; buses and trucks are 0.
    access_share : ndarray of float64, shape (n_kinds,)
        Share with a plug at home or at a depot.
    national_cars : ndarray of int64, shape (n_counties,)
        Electric cars of the nation's counties.
    """

    n_vehicles: I64
    access_share: F64
    national_cars: I64


def city_classes() -> tuple[VehicleClasses, list[str]]:
    """Return the vehicle classes, none of which leaves the city."""
    classes, names = load_classes()
    return classes._replace(group=np.full(len(names), STAYS_HOME, np.uint8)), names


def count_fleet(config: Config, nation: Regions, people: People) -> FleetCount:
    """Count the electric vehicles of a city.

    Of each county of the nation the city has the share of the town people who live in its zones.
    ``fleet.n_vehicles`` replaces the number, ``city.kind_shares`` the split.

    Raises
    ------
    ConfigError
        If the census has nobody there, and no number of vehicles is set.
    """
    whole = config.model_copy(update={"fleet": config.fleet.model_copy(update={"sample": 1.0, "n_vehicles": None})})
    counts = count_by_county(whole, nation)
    share = people.county_share if people.county_share.any() else (nation.county_province == people.province) * 1.0
    inside = counts.by_county * share
    access: F64 = (inside * counts.access_share).sum(axis=1) / np.maximum(inside.sum(axis=1), 1e-9)
    total = config.fleet.n_vehicles
    if total is None:
        if not people.county_share.any():
            raise ConfigError("fleet.n_vehicles: found none, and no census near the streets; wanted a number; set it")
        total = round(float(inside[list(ON_TOURS)].sum()))
    of_counties = {VEHICLE_KINDS[kind]: float(inside[kind].sum()) for kind in ON_TOURS}
    shares: dict[str, float] = dict(config.city.kind_shares.items()) or of_counties
    weights = np.array([shares.get(kind, 0.0) for kind in VEHICLE_KINDS])
    return FleetCount(largest_remainder(weights, int(total)), access, counts.by_county[CAR])


def build_fleet(
    config: Config,
    nation: Regions,
    regions: Regions,
    people: People,
    counted: FleetCount,
    classes: VehicleClasses,
    n_workers: int = 1,
) -> Vehicles:
    """Build the vehicles: cars and taxis at home where people live, vans where they work."""
    n_vehicles = np.rint(counted.n_vehicles * config.fleet.sample).astype(np.int64)
    by_zone = np.zeros((len(VEHICLE_KINDS), regions.n_zones), np.int64)
    for kind in ON_TOURS:
        by_zone[kind] = largest_remainder(people.jobs if kind == VAN else people.residents, int(n_vehicles[kind]))
    counts = Counts(by_zone, np.repeat(counted.access_share[:, None], regions.n_zones, axis=1))
    edges = class_edges(config, nation, load_shares(config.fleet.year), counted.national_cars)
    vehicles = fill_vehicles(counts, regions, edges[people.province :][:1], classes, config.scenario.seed, n_workers)
    _charge(vehicles, classes, config)
    return vehicles


def _charge(vehicles: Vehicles, classes: VehicleClasses, config: Config) -> None:
    """Fill the batteries as days in town leave them, somewhere between where one stops charging and where one starts.

    Who has a plug at home stands between the two states of charge of home charging, who has a depot is full, and who
    has neither stands between the mean trigger and the target of a fast charge.
    """
    habits = config.behaviour
    low = np.array([habits.trigger_mean_soc, habits.home_plug_soc, 1.0])[vehicles.access]
    high = np.array([habits.fast_target_soc, habits.home_target_soc, 1.0])[vehicles.access]
    u = uniforms(config.scenario.seed, Stream.FLEET_SOC, 0, len(low))
    soc = np.minimum(low, high) + u * np.abs(high - low)
    vehicles.energy_ws[:] = np.floor(soc * classes.capacity_ws[vehicles.vehicle_class])


def other_cars(regions: Regions, n_electric: int) -> float:
    """Return the cars of a city that are not electric: one for each household that owns a car, less the electric ones."""
    owners = float(regions.zone_population @ regions.zone_car_share) / PERSONS_PER_HOUSEHOLD
    return max(owners - n_electric, 0.0)
