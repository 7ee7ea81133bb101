"""How well the public stations cover the country, before anyone charges: urban surface, highway line, rural points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.metrics.line_coverage import distance_ahead_m, longest_way_ahead_m, metres_within
from twin.tables.columns import F64, I64
from twin.tables.inputs import LAYERS, SITE_TYPES

if TYPE_CHECKING:
    from twin.network.graph import Network
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["Metric", "coverage_metrics", "disc_points", "longest_ways_km", "nearest_km"]

EXPRESSWAY = 0
"""Key of an expressway in the road graph's `link_kind`."""

EARTH_KM = 6371.0
KM_PER_DEG = 111.32
GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))
N_PEOPLE_POINTS = 128
"""Points among which the urban population of a county is shared."""

POINTS_PER_TOWNSHIP = 4
"""Points per township among which the rural population of a county is shared."""

URBAN_REACH_KM = (1, 2, 3)
HIGHWAY_REACH_KM = (25, 50)


class Metric(NamedTuple):
    """One figure of the metrics table: name, layer or "all", province code or "all", value (NaN: cannot be formed)."""

    metric: str
    layer: str
    province: str
    value: float
    unit: str


def coverage_metrics(inventory: Inventory, regions: Regions, network: Network, n_vehicles_by_zone: I64) -> list[Metric]:
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

    Returns
    -------
    list of Metric
        EVSEs per 1,000 vehicles, by layer. Urban: share of the urban population within 1, 2 and 3 km (straight line;
        people spread evenly over the built-up disc of their county, 128 points each). Highway: share of expressway
        kilometres with a station, or one with high power, at most 25 and 50 km ahead in the direction of travel;
        longest way ahead; share of service areas with chargers. Rural: share of counties and townships with a station
        (townships: those with a point of their own); mean distance of the rural population to the nearest station off
        the expressways (straight line; spread evenly over the disc of the county's area, which overstates it where
        most of a county is empty).
    """
    rows = _per_vehicle(inventory, regions, n_vehicles_by_zone)
    rows += _urban(inventory, regions)
    rows += _highway(inventory, regions, network)
    rows += _rural(inventory, regions)
    return rows


def _spread(
    metric: str,
    layer: str,
    unit: str,
    regions: Regions,
    over: NDArray[Any],
    under: NDArray[Any],
    scale: float = 1.0,
) -> list[Metric]:
    """One row for the nation and one per province: a sum over another, NaN where that is zero."""
    above, below = (np.concatenate(([part.sum()], part)).astype(np.float64) for part in (over, under))
    values = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0) * scale
    places = ["all", *regions.province_code.tolist()]
    return [Metric(metric, layer, place, value, unit) for place, value in zip(places, values.tolist(), strict=True)]


def _per_vehicle(inventory: Inventory, regions: Regions, n_vehicles_by_zone: I64) -> list[Metric]:
    stations, pools = inventory.stations, inventory.pools
    n_layers, n_provinces = len(LAYERS), regions.n_provinces
    cell = stations.layer[pools.station].astype(np.int64) * n_provinces + stations.province[pools.station]
    n_evse = np.bincount(cell, pools.n_evse, n_layers * n_provinces).reshape(n_layers, n_provinces)
    vehicles = np.bincount(regions.zone_province, n_vehicles_by_zone, n_provinces)
    rows: list[Metric] = []
    for layer, of_layer in zip(("all", *LAYERS), (n_evse.sum(axis=0), *n_evse), strict=True):
        rows += _spread("evse_per_1000_vehicles", layer, "-", regions, of_layer, vehicles, 1000.0)
    return rows


def _urban(inventory: Inventory, regions: Regions) -> list[Metric]:
    """Urban people at points of their county's built-up disc; stations of the urban and rural layers."""
    extent = inventory.extent
    county, lon, lat = disc_points(extent.lon, extent.lat, extent.town_km, N_PEOPLE_POINTS)
    distance_km = nearest_km(lon, lat, *_off_highway(inventory))
    people = regions.county_urban_population[county] / N_PEOPLE_POINTS
    place = regions.county_province[county]
    everyone = np.bincount(place, people, regions.n_provinces)
    rows: list[Metric] = []
    for reach_km in URBAN_REACH_KM:
        reached = np.bincount(place, people * (distance_km <= reach_km), regions.n_provinces)
        rows += _spread(f"urban_population_within_{reach_km}_km", "urban", "-", regions, reached, everyone)
    return rows


def _rural(inventory: Inventory, regions: Regions) -> list[Metric]:
    stations, place = inventory.stations, regions.county_province
    n_provinces = regions.n_provinces
    local = stations.layer != LAYERS.index("highway")
    has_station = np.zeros(regions.n_counties)
    has_station[stations.county[local]] = 1.0
    township = stations.site_type == SITE_TYPES.index("township")
    covered = np.bincount(stations.province, township, n_provinces)
    townships = np.bincount(place, inventory.n_townships, n_provinces)
    counties = np.bincount(place, minlength=n_provinces).astype(np.float64)
    served = np.bincount(place, has_station, n_provinces)
    rows = _spread("counties_with_station", "rural", "-", regions, served, counties)
    rows += _spread("townships_with_station", "rural", "-", regions, covered, townships)
    county, lon, lat, people = _rural_points(inventory, regions)
    far = people * nearest_km(lon, lat, *_off_highway(inventory))
    everyone = np.bincount(place[county], people, n_provinces)
    rows += _spread("rural_distance", "rural", "km", regions, np.bincount(place[county], far, n_provinces), everyone)
    return rows


def _highway(inventory: Inventory, regions: Regions, network: Network) -> list[Metric]:
    n_provinces = regions.n_provinces
    is_expressway = network.link_kind == EXPRESSWAY
    length_m = network.link_length_m.astype(np.float64)
    at_end, at_start = (network.node_province[nodes] for nodes in (network.link_to, network.link_from))
    place = np.where(at_end >= 0, at_end, at_start)
    counted = np.where(is_expressway, place, -1)
    road_m = np.bincount(counted[counted >= 0], length_m[counted >= 0], n_provinces)
    rows: list[Metric] = []
    for name, is_strong in (("station", False), ("high_power", True)):
        ahead_m = _ahead_m(inventory, network, is_strong)
        for reach_km in HIGHWAY_REACH_KM:
            within_m = metres_within(length_m, ahead_m, 1000.0 * reach_km)
            reached = np.bincount(counted[counted >= 0], within_m[counted >= 0], n_provinces)
            rows += _spread(f"expressway_within_{reach_km}_km_of_{name}", "highway", "-", regions, reached, road_m)
        longest_km = longest_way_ahead_m(length_m, ahead_m, counted, n_provinces) / 1000.0
        nation_km = longest_way_ahead_m(length_m, ahead_m, np.where(is_expressway, 0, -1), 1) / 1000.0
        rows.append(Metric(f"longest_way_to_{name}", "highway", "all", float(nation_km[0]), "km"))
        for code, value in zip(regions.province_code.tolist(), longest_km.tolist(), strict=True):
            rows.append(Metric(f"longest_way_to_{name}", "highway", code, value, "km"))
    n_sides = np.bincount(network.site_province, minlength=n_provinces).astype(np.float64)
    served = np.unique(inventory.side[inventory.side >= 0])
    with_chargers = np.bincount(network.site_province[served], minlength=n_provinces).astype(np.float64)
    return rows + _spread("service_areas_with_station", "highway", "-", regions, with_chargers, n_sides)


def longest_ways_km(inventory: Inventory, network: Network, is_high_power: bool = False) -> dict[str, float]:
    """Longest way to the next station ahead from anywhere on each expressway line, either direction.

    Parameters
    ----------
    inventory : Inventory
        The stations.
    network : Network
        The road graph.
    is_high_power : bool
        Whether only stations with an EVSE of 250 kW or more count.

    Returns
    -------
    dict of str to float
        Kilometres by code of the line; NaN where a point has none ahead.
    """
    line = np.where(network.link_kind == EXPRESSWAY, network.link_line, -1)
    length_m = network.link_length_m.astype(np.float64)
    ahead_m = _ahead_m(inventory, network, is_high_power)
    longest_m = longest_way_ahead_m(length_m, ahead_m, line, len(network.line_names))
    return dict(zip(network.line_names.tolist(), (longest_m / 1000.0).tolist(), strict=True))


def _ahead_m(inventory: Inventory, network: Network, is_high_power: bool) -> F64:
    """Metres from the end of each link to the next station, or the next with high power."""
    stations, pools = inventory.stations, inventory.pools
    chosen = stations.link >= 0
    if is_high_power:
        strong = np.zeros(len(chosen), bool)
        strong[pools.station[inventory.is_high_power[pools.power_class] > 0]] = True
        chosen = chosen & strong
    has_station = np.zeros(network.n_links, bool)
    has_station[stations.link[chosen]] = True
    length_m = network.link_length_m.astype(np.float64)
    return distance_ahead_m(network.link_from, network.link_to, network.link_reverse, length_m, has_station)


def _off_highway(inventory: Inventory) -> tuple[F64, F64]:
    local = inventory.stations.layer != LAYERS.index("highway")
    return inventory.stations.lon[local], inventory.stations.lat[local]


def _rural_points(inventory: Inventory, regions: Regions) -> tuple[I64, F64, F64, F64]:
    """Points spread evenly over each county's disc, four per township, each with its part of the rural people."""
    extent, n = inventory.extent, POINTS_PER_TOWNSHIP * inventory.n_townships
    county = np.repeat(np.arange(len(n)), n)
    step = np.arange(len(county)) - np.repeat(np.cumsum(n) - n, n)
    lon, lat = _spiral(extent.lon[county], extent.lat[county], extent.county_km[county], step, n[county])
    return county, lon, lat, regions.county_rural_population[county] / n[county]


def disc_points(lon: F64, lat: F64, radius_km: F64, n_points: int) -> tuple[I64, F64, F64]:
    """Points spread evenly over discs, on a sunflower spiral each (Vogel 1979).

    Parameters
    ----------
    lon, lat, radius_km : ndarray, shape (n_discs,)
        Centres in degrees, and radii.
    n_points : int
        Points per disc.

    Returns
    -------
    disc, lon, lat : ndarray, shape (n_discs * n_points,)
        Disc and coordinates of each point.
    """
    disc = np.repeat(np.arange(len(lon)), n_points)
    step = np.tile(np.arange(n_points), len(lon))
    return disc, *_spiral(lon[disc], lat[disc], radius_km[disc], step, np.full(len(disc), n_points))


def _spiral(lon: F64, lat: F64, radius_km: F64, step: I64, n_points: I64) -> tuple[F64, F64]:
    out_km, angle = radius_km * np.sqrt((step + 0.5) / n_points), step * GOLDEN_ANGLE
    east_deg = out_km * np.cos(angle) / (KM_PER_DEG * np.cos(np.radians(lat)))
    return lon + east_deg, lat + out_km * np.sin(angle) / KM_PER_DEG


def nearest_km(lon: F64, lat: F64, station_lon: F64, station_lat: F64) -> F64:
    """Great-circle distance from each point to the nearest station, km; inf without any station."""
    if not len(station_lon):
        return np.full(len(lon), np.inf)
    chord = cKDTree(_unit_vectors(station_lon, station_lat)).query(_unit_vectors(lon, lat))[0]
    return 2.0 * EARTH_KM * np.arcsin(np.minimum(chord / 2.0, 1.0))


def _unit_vectors(lon: F64, lat: F64) -> F64:
    east, north = np.radians(lon), np.radians(lat)
    return np.stack((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)), axis=-1)
