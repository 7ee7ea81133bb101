"""How much of the nation lies in a city's streets, and where in them people live and go."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from twin.city.activity import read_activity
from twin.city.zones import Zoning, plane_km
from twin.errors import DataError
from twin.fleet import figures
from twin.metrics.points import disc_points
from twin.network.classes import EXPRESSWAY, RAMPS, RESIDENTIAL, TERTIARY
from twin.network.graph import Network
from twin.network.regions import Regions
from twin.stations.placement import built_up_radius_km, county_radius_km
from twin.tables.columns import F64, I64

__all__ = ["People", "build_people", "city_regions"]

N_POINTS = 128
"""Points over which a county's people are spread, in its towns and again outside them."""
CENSUS_KM = 3.0
"""The census is known by county: within about this distance the streets say where people live. Own estimate."""
ACTIVITY_KM = 2.0
"""Jobs and shops lie where many streets are within about this distance. Own estimate."""


class People(NamedTuple):
    """Who lives and goes where.

    Attributes
    ----------
    county_share : ndarray of float64, shape (n_counties,)
        Share of each county's town people who live in the city's zones.
    province : int
        Province of most of them.
    residents : ndarray of float64, shape (n_zones,)
        Persons.
    jobs : ndarray of float64, shape (n_zones,)
        Pull of each zone as a destination; only the proportions matter.
    """

    county_share: F64
    province: int
    residents: F64
    jobs: F64


def build_people(network: Network, zoning: Zoning, nation: Regions, activity: Path | None) -> People:
    """Share the counties' people out to a city's zones.

    People of a county are spread evenly over the disc of its towns, and those outside towns over the disc of the
    county; who falls into a zone lives in the city. Among zones near each other they live where residential and minor
    streets are. Without a table, zones pull as they have streets of their own and streets around.

    Raises
    ------
    DataError
        If nobody of the census lives in the zones, or the table of activity cannot be used.
    """
    census, county_share, province = _census(zoning, nation)
    table = None if activity is None else read_activity(activity, zoning.name)
    if table is None and census.sum() < 1.0:
        raise DataError(
            "network.source: found nobody of the census of 2020 near the streets; wanted streets in mainland China, or a "
            "table of zone, population and jobs; set city.activity"
        )
    if table is not None:
        return People(county_share, province, table.population, table.jobs)
    home_km = _street_km(network, zoning, np.isin(network.link_kind, np.arange(TERTIARY, RESIDENTIAL + 1)))
    all_km = _street_km(network, zoning, network.link_kind % RAMPS != EXPRESSWAY)
    home_km = home_km + 0.01 * all_km + 1e-6
    near, around = (_nearness(zoning, km) for km in (CENSUS_KM, ACTIVITY_KM))
    residents = home_km * (near @ census) / (near @ home_km)
    residents *= census.sum() / residents.sum()
    jobs = (all_km + 1e-6) * (around @ (all_km + 1e-6))
    return People(county_share, province, residents, jobs)


def _census(zoning: Zoning, nation: Regions) -> tuple[F64, F64, int]:
    """Return people by zone, the share of each county's town people in the zones, and the province of most of them."""
    lon, lat = nation.county_lon, nation.county_lat
    county_km = county_radius_km(lon, lat, nation.county_province, figures.province(nation, "area"))
    town_km = built_up_radius_km(nation.county_urban_population, county_km)
    census, share = np.zeros(zoning.n_zones), np.zeros(nation.n_counties)
    by_province = np.zeros(nation.n_provinces)
    reach = (np.ptp(zoning.lon) + np.ptp(zoning.lat)) / 2.0 + 1.0
    near = np.flatnonzero((np.abs(lon - zoning.lon.mean()) < reach) & (np.abs(lat - zoning.lat.mean()) < reach))
    for radius_km, people, is_town in (
        (town_km, nation.county_urban_population, True),
        (county_km, nation.county_rural_population, False),
    ):
        disc, x, y = disc_points(lon[near], lat[near], radius_km[near], N_POINTS)
        zone = zoning.locate(x, y)
        county, n_people = near[disc[zone >= 0]], people[near][disc[zone >= 0]] / N_POINTS
        census += np.bincount(zone[zone >= 0], n_people, zoning.n_zones)
        by_province += np.bincount(nation.county_province[county], n_people, nation.n_provinces)
        if is_town:
            share += np.bincount(county, minlength=nation.n_counties) / N_POINTS
    if not by_province.any():
        by_province[nation.county_province[np.argmin(np.hypot(lon - zoning.lon.mean(), lat - zoning.lat.mean()))]] = 1.0
    return census, share, int(np.argmax(by_province))


def _street_km(network: Network, zoning: Zoning, is_counted: np.ndarray) -> F64:
    """Return the kilometres of some links by zone, half at either end."""
    km = np.zeros(zoning.n_zones)
    for end in (network.link_from, network.link_to):
        zone = zoning.of_node[end]
        counted = is_counted & (zone >= 0)
        km += np.bincount(zone[counted], network.link_length_m[counted] / 2000.0, zoning.n_zones)
    return km


def _nearness(zoning: Zoning, reach_km: float) -> F64:
    """Return a weight of each pair of zones that falls with the distance of their centres, a Gaussian bell."""
    x, y = plane_km(zoning.lon, zoning.lat, float(zoning.lat.mean()))
    square = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    return np.asarray(np.exp(-0.5 * square / reach_km**2))


def city_regions(zoning: Zoning, people: People, nation: Regions) -> Regions:
    """Return one province, and each zone as its own county; figures of owners are those of the counties within."""
    n_zones = zoning.n_zones
    one = slice(people.province, people.province + 1)
    inside = people.county_share * nation.county_population
    weight = inside if inside.sum() > 0.0 else nation.county_population * (nation.county_province == people.province)
    urban, car = (float(np.average(x, weights=weight)) for x in (nation.county_urban_share, nation.county_car_share))
    zero, whole = np.zeros(n_zones, np.int32), np.rint(people.residents).astype(np.int64)
    nothing: I64 = np.zeros(n_zones, np.int64)
    return Regions(
        province_code=nation.province_code[one], province_names=nation.province_names[one],
        province_names_zh=nation.province_names_zh[one], zone_id=zoning.name, zone_names=zoning.name,
        zone_names_zh=zoning.name, zone_province=zero, zone_lon=zoning.lon, zone_lat=zoning.lat, zone_population=whole,
        zone_urban_share=np.full(n_zones, urban), zone_car_share=np.full(n_zones, car), zone_nev=nothing,
        county_id=zoning.name, county_names=zoning.name, county_zone=np.arange(n_zones, dtype=np.int32),
        county_province=zero, county_lon=zoning.lon, county_lat=zoning.lat, county_population=whole,
        county_urban_share=np.full(n_zones, urban), county_car_share=np.full(n_zones, car),
    )  # fmt: skip
