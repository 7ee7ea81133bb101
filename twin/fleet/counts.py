"""How many vehicles of each kind live where: whole numbers with exact sums over provinces, zones and counties."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.fleet import figures
from twin.fleet.apportion import largest_remainder
from twin.fleet.stock import vehicles_of
from twin.tables.columns import F64, I64
from twin.tables.inputs import VEHICLE_KINDS
from twin.tables.seeds import read

if TYPE_CHECKING:
    from twin.config import Config
    from twin.network.regions import Regions

CAR, TAXI, VAN, BUS, TRUCK = range(len(VEHICLE_KINDS))

DEPOT_SHARE = {BUS: 1.0, VAN: 0.6, TRUCK: 0.5}
TAXI_HOME_SHARE = 0.25
"""Private charging of other kinds than cars; own estimate, low confidence."""
RURAL_ACCESS = 0.84
"""Share of rural owners with a pile of their own (Zhejiang 2023, Xinhua); the urban share follows from the province's
mean."""
LEAST_URBAN_SHARE = 0.05
"""Counties without a town count as this urban when electric vehicles are shared out."""


class Counts(NamedTuple):
    """Vehicles by kind and county, and who of them charges privately.

    Attributes
    ----------
    by_county : ndarray of int64, shape (n_kinds, n_counties)
        Vehicles.
    access_share : ndarray of float64, shape (n_kinds, n_counties)
        Share with a plug at home (cars, taxis) or at a depot (others).
    """

    by_county: I64
    access_share: F64


def fleet_totals(config: Config) -> I64:
    """Return the vehicles of each kind in the whole country, before sampling, shape (n_kinds,).

    ``fleet.n_vehicles`` replaces cars, taxis and vans together and scales city buses along; ``fleet.n_heavy_trucks``
    replaces trucks.

    Raises
    ------
    DataError
        If the stock seed lacks the year.
    """
    totals = vehicles_of(config.fleet.year)
    if config.fleet.n_vehicles is not None:
        light = totals[[CAR, TAXI, VAN]]
        totals[BUS] = int(totals[BUS]) * config.fleet.n_vehicles // int(light.sum())
        totals[[CAR, TAXI, VAN]] = largest_remainder(light.astype(np.float64), config.fleet.n_vehicles)
    if config.fleet.n_heavy_trucks is not None:
        totals[TRUCK] = config.fleet.n_heavy_trucks
    return totals


def count_by_county(config: Config, regions: Regions) -> Counts:
    """Share the fleet out over provinces, zones and counties, whole vehicles and exact sums.

    Buses, taxis and vans follow the urban population; trucks the provinces' shares of heavy-truck sales and then
    population; cars what is left of each province's stock of new-energy vehicles, within the province the ownership of
    2022 by prefecture, within the prefecture the urban population.

    Returns
    -------
    Counts
        After sampling: ``fleet.sample`` scales the whole country and every county by largest remainder.
    """
    totals = fleet_totals(config)
    population = np.asarray(regions.county_population, np.float64)
    urban = population * np.maximum(regions.county_urban_share, LEAST_URBAN_SHARE)
    county_zone = np.asarray(regions.county_zone)
    county_province = np.asarray(regions.zone_province)[county_zone]
    by_county = np.zeros((len(VEHICLE_KINDS), population.size), np.int64)
    for kind in (TAXI, VAN, BUS):
        by_county[kind] = largest_remainder(urban, int(totals[kind]))
    by_province = largest_remainder(figures.province(regions, "heavy_truck_share"), int(totals[TRUCK]))
    by_county[TRUCK] = _within(by_province, county_province, population)
    stock = figures.province(regions, "nev_stock", config.fleet.year[:4])
    stock = stock * np.array([config.fleet.province_factors.get(code, 1.0) for code in regions.province_code.tolist()])
    stock *= totals.sum() / stock.sum()
    others = np.array([np.bincount(county_province, by_county[k], stock.size) for k in (TAXI, VAN, BUS, TRUCK)]).sum(axis=0)
    cars = largest_remainder(np.maximum(stock - others, 0.3 * stock), int(totals[CAR]))
    by_zone = _within(cars, np.asarray(regions.zone_province), _car_weight(regions))
    by_county[CAR] = _within(by_zone, county_zone, urban)
    if config.fleet.sample < 1.0:
        wanted = np.rint(totals * config.fleet.sample).astype(np.int64)
        by_county = np.array([largest_remainder(row, int(n)) for row, n in zip(by_county, wanted, strict=True)])
    return Counts(by_county, _access_share(config, regions, by_county[CAR]))


def count_vehicles(config: Config, regions: Regions) -> I64:
    """Return the simulated vehicles by kind and zone, shape (n_kinds, n_zones)."""
    by_county = count_by_county(config, regions).by_county
    n_zones = len(regions.zone_province)
    return np.array([np.bincount(regions.county_zone, row, n_zones).astype(np.int64) for row in by_county])


def _within(totals: I64, group: np.ndarray, weights: F64) -> I64:
    """Split each group's total over its rows."""
    split = np.zeros(weights.size, np.int64)
    for index, total in enumerate(totals):
        rows = np.flatnonzero(group == index)
        if rows.size:
            split[rows] = largest_remainder(weights[rows], int(total))
    return split


def _car_weight(regions: Regions) -> F64:
    """Ownership of 2022; where none is known, population at half the province's ownership per head."""
    seed = read("zones")
    owned = dict(zip(seed["zone"], seed["nev_2022"].astype(np.float64), strict=True))
    weight = np.array([owned.get(zone, 0.0) for zone in regions.zone_id])
    population = np.asarray(regions.zone_population, np.float64)
    province = np.asarray(regions.zone_province)
    per_head = np.bincount(province, weight) / np.bincount(province, population)
    spare = np.where(per_head > 0.0, 0.5 * per_head, 1.0)[province] * population
    return np.where(weight > 0.0, weight, spare)


def _access_share(config: Config, regions: Regions, cars: I64) -> F64:
    """Share with a private plug; rural owners of cars have one more often, the province's mean is kept."""
    zone = np.asarray(regions.county_zone)
    province = np.asarray(regions.zone_province)[zone]
    mean = figures.province(regions, "home_access_share")
    rural = 1.0 - np.asarray(regions.county_urban_share, np.float64)
    n_cars = np.maximum(np.bincount(province, cars, mean.size), 1.0)
    rural_mean = np.bincount(province, cars * rural, mean.size) / n_cars
    urban_share = np.clip((mean - RURAL_ACCESS * rural_mean) / (1.0 - np.minimum(rural_mean, 0.99)), 0.05, 1.0)
    share = np.zeros((len(VEHICLE_KINDS), zone.size))
    share[CAR] = np.clip(
        config.fleet.home_access_factor * (rural * RURAL_ACCESS + (1.0 - rural) * urban_share[province]), 0.0, 1.0
    )
    share[TAXI] = min(1.0, TAXI_HOME_SHARE * config.fleet.home_access_factor)
    for kind, depot in DEPOT_SHARE.items():
        share[kind] = depot
    return share
