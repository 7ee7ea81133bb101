"""How far people are from the nearest station: urban people over their town, rural people over their county."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.behaviour import STREET_DETOUR
from twin.metrics.points import disc_points, nearest_km, road_km, spiral
from twin.metrics.rows import HIGH_POWER_W, Metric, is_plug_of, spread
from twin.tables.columns import F64, I64
from twin.tables.inputs import LAYERS

if TYPE_CHECKING:
    from twin.network.graph import Network
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["PLUGS", "URBAN_REACH_KM", "People", "mean_by", "people_metrics", "people_of", "rural_points", "within_by"]

N_TOWN_POINTS = 128
"""Points among which the urban population of a county is shared."""
POINTS_PER_TOWNSHIP = 4
"""Points per township among which the rural population of a county is shared."""
URBAN_REACH_KM = (1, 2, 3)
Ints = NDArray[np.integer[Any]]
PLUGS = ("station", "high_power")
"""What is looked for: any station off the expressways, one with 250 kW or more per EVSE."""


class People(NamedTuple):
    """Points that stand for people, and their distances by plug of `PLUGS`.

    Attributes
    ----------
    urban_county, rural_county : ndarray of int64
        County of each point: urban points spread evenly over the built-up disc, rural ones over the county's disc.
    urban, rural : ndarray of float64
        People at each point.
    urban_km : dict of str to ndarray of float64
        Straight distance of urban people, km.
    rural_km, rural_road_km : dict of str to ndarray of float64
        Straight distance, and way by road, of rural people, km.
    """

    urban_county: I64
    urban: F64
    urban_km: dict[str, F64]
    rural_county: I64
    rural: F64
    rural_km: dict[str, F64]
    rural_road_km: dict[str, F64]


def people_of(inventory: Inventory, regions: Regions, network: Network) -> People:
    """Measure the distance of everyone to the nearest station, and the nearest with high power, off the expressways."""
    stations, pools, extent = inventory.stations, inventory.pools, inventory.extent
    local = stations.layer != LAYERS.index("highway")
    strong = np.zeros(len(local), bool)
    strong[pools.station[is_plug_of(pools, HIGH_POWER_W)]] = True
    urban_county, town_lon, town_lat = disc_points(extent.lon, extent.lat, extent.town_km, N_TOWN_POINTS)
    rural_county, lon, lat, rural = rural_points(inventory, regions)
    node, ends, link_km = (network.node_lon, network.node_lat), (network.link_from, network.link_to), _km(network)
    urban_km, rural_km, rural_road_km = {}, {}, {}
    for plug, chosen in zip(PLUGS, (local, local & strong), strict=True):
        there = stations.lon[chosen], stations.lat[chosen]
        urban_km[plug] = nearest_km(town_lon, town_lat, *there)
        rural_km[plug] = nearest_km(lon, lat, *there)
        rural_road_km[plug] = road_km(lon, lat, *there, *node, *ends, link_km, STREET_DETOUR)
    urban = regions.county_urban_population[urban_county] / N_TOWN_POINTS
    return People(urban_county, urban, urban_km, rural_county, rural, rural_km, rural_road_km)


def _km(network: Network) -> F64:
    return network.link_length_m / 1000.0


def rural_points(inventory: Inventory, regions: Regions) -> tuple[I64, F64, F64, F64]:
    """Points spread evenly over each county's disc, four per township, each with its part of the rural people.

    Returns
    -------
    county, lon, lat, people : ndarray, shape (n_points,)
        A county without townships has no point.
    """
    extent, n = inventory.extent, POINTS_PER_TOWNSHIP * inventory.n_townships
    county = np.repeat(np.arange(len(n)), n)
    step = np.arange(len(county)) - np.repeat(np.cumsum(n) - n, n)
    lon, lat = spiral(extent.lon[county], extent.lat[county], extent.county_km[county], step, n[county])
    return county, lon, lat, regions.county_rural_population[county] / n[county]


def within_by(place: Ints, people: F64, distance_km: F64, reach_km: float, n_places: int) -> F64:
    """People of each place that have a station within reach."""
    return np.bincount(place, people * (distance_km <= reach_km), n_places).astype(np.float64)


def mean_by(place: Ints, people: F64, distance_km: F64, n_places: int) -> F64:
    """Mean distance of the people of each place, NaN where nobody lives; inf where there is no station."""
    everyone = np.bincount(place, people, n_places)
    with np.errstate(invalid="ignore"):
        far = np.bincount(place, people * distance_km, n_places)
    mean: F64 = np.divide(far, everyone, out=np.full(n_places, np.nan), where=everyone > 0)
    return mean


def people_metrics(found: People, regions: Regions) -> list[Metric]:
    """Form the figures of urban and rural people, by province.

    Parameters
    ----------
    found : People
        From `people_of`.
    regions : Regions
        Provinces and counties.
    """
    n = regions.n_provinces
    town, land = regions.county_province[found.urban_county], regions.county_province[found.rural_county]
    everyone = np.bincount(town, found.urban, n)
    rows: list[Metric] = []
    for plug, ending in zip(PLUGS, ("", "_of_high_power"), strict=True):
        for reach_km in URBAN_REACH_KM:
            reached = within_by(town, found.urban, found.urban_km[plug], reach_km, n)
            rows += spread(f"urban_population_within_{reach_km}_km{ending}", "urban", "-", regions, reached, everyone)
    for name, distance_km in (
        ("rural_distance", found.rural_km["station"]),
        ("rural_road_distance", found.rural_road_km["station"]),
        ("rural_road_distance_to_high_power", found.rural_road_km["high_power"]),
    ):
        rows += _mean(name, land, found.rural, distance_km, regions)
    return rows


def _mean(metric: str, place: Ints, people: F64, distance_km: F64, regions: Regions) -> list[Metric]:
    far = np.bincount(place, people * distance_km, regions.n_provinces)
    return spread(metric, "rural", "km", regions, far, np.bincount(place, people, regions.n_provinces))
