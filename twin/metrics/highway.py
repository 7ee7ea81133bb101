"""The highway line: how far the next plug is ahead on every expressway, by direction, by line, and on truck corridors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.metrics.line_coverage import distance_ahead_m, longest_way_ahead_m, metres_within
from twin.metrics.rows import HIGH_POWER_W, MEGAWATT_W, Metric, is_plug_of, spread
from twin.tables.columns import F64, I64
from twin.tables.inputs import SERVES_TRUCKS

if TYPE_CHECKING:
    from twin.network.graph import Network
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["COMPASS", "EXPRESSWAY", "PLUGS", "REACH_KM", "Ways", "highway_metrics", "is_main_corridor", "ways_ahead"]

EXPRESSWAY = 0
"""Key of an expressway in the road graph's `link_kind`."""
REACH_KM = {"station": (25, 50), "high_power": (25, 50), "megawatt": (50, 80)}
"""Distances asked for; stations for trucks on core sections are 50 to 80 km apart in Yunnan (policy line YN-4)."""
PLUGS = tuple(REACH_KM)
"""What is looked for ahead: any station, one of 250 kW or more per EVSE, one of 1,000 kW or more that serves trucks."""
COMPASS = ("northbound", "eastbound", "southbound", "westbound")
MAIN_CORRIDOR = re.compile(r"G[1-9]\d?")
LAST_MAIN = 90
"""Lines G1 to G90 are the 7 radial, 11 north-south and 18 east-west main corridors; G91 and up are regional rings."""

BOOL = NDArray[np.bool_]


class Ways(NamedTuple):
    """Expressway links, and how far the next plug is from their ends.

    Attributes
    ----------
    length_m : ndarray of float64, shape (n_links,)
        Length of each link.
    is_expressway : ndarray of bool, shape (n_links,)
        Which links are of an expressway.
    direction : ndarray of int64, shape (n_links,)
        Index into `COMPASS`.
    ahead_m : dict of str to ndarray of float64, shape (n_links,)
        For each of `PLUGS`, metres from the end of the link to the next; inf where none can be reached.
    """

    length_m: F64
    is_expressway: BOOL
    direction: I64
    ahead_m: dict[str, F64]


def ways_ahead(inventory: Inventory, network: Network) -> Ways:
    """Find the way to the next station ahead of every link, along the road graph and in the direction of travel."""
    pools, link = inventory.pools, inventory.stations.link
    for_trucks = (pools.serves & SERVES_TRUCKS) > 0
    wanted = {
        "station": is_plug_of(pools),
        "high_power": is_plug_of(pools, HIGH_POWER_W),
        "megawatt": is_plug_of(pools, MEGAWATT_W) & for_trucks,
    }
    length_m = network.link_length_m.astype(np.float64)
    ahead_m = {}
    for plug, of_pool in wanted.items():
        has_plug = np.zeros(network.n_links, bool)
        at = link[pools.station[of_pool]]
        has_plug[at[at >= 0]] = True
        ahead_m[plug] = distance_ahead_m(network.link_from, network.link_to, network.link_reverse, length_m, has_plug)
    return Ways(length_m, network.link_kind == EXPRESSWAY, _directions(network), ahead_m)


def _directions(network: Network) -> I64:
    """Compass direction of each link along its line: north-south where the line extends more that way, else east-west."""
    n_lines = len(network.line_names)
    line = network.link_line.astype(np.int64)
    nodes = np.stack((network.link_from, network.link_to))
    lon, lat = network.node_lon[nodes], network.node_lat[nodes]
    east = (lon[1] - lon[0]) * np.cos(np.radians(lat.mean(axis=0)))
    north = lat[1] - lat[0]
    is_upright = np.abs(north) >= np.abs(east)
    extent = np.zeros((2, n_lines))
    for row, (values, scale) in enumerate(((lat, 1.0), (lon, np.cos(np.radians(lat.mean(axis=0)))))):
        low, high = np.full(n_lines, np.inf), np.full(n_lines, -np.inf)
        on_line = line >= 0
        np.minimum.at(low, line[on_line], (values * scale).min(axis=0)[on_line])
        np.maximum.at(high, line[on_line], (values * scale).max(axis=0)[on_line])
        extent[row] = high - low
    if n_lines:
        is_upright = np.where(line >= 0, (extent[0] >= extent[1])[line], is_upright)
    return np.where(is_upright, np.where(north >= 0, 0, 2), np.where(east >= 0, 1, 3)).astype(np.int64)


def is_main_corridor(line_names: NDArray[np.object_]) -> BOOL:
    """Tell the lines of the main corridors, 7 radial, 11 north-south and 18 east-west, by their codes."""
    codes = [str(name) for name in line_names.tolist()]
    return np.array([bool(MAIN_CORRIDOR.fullmatch(code)) and int(code[1:]) <= LAST_MAIN for code in codes], bool)


def highway_metrics(inventory: Inventory, regions: Regions, network: Network, ways: Ways) -> list[Metric]:
    """Coverage of expressways by province, direction and main corridor.

    Parameters
    ----------
    inventory, regions, network
        As for `twin.metrics.coverage.coverage_metrics`.
    ways : Ways
        From `ways_ahead`.

    Returns
    -------
    list of Metric
        Share of expressway kilometres with a plug at most so far ahead, for all directions together and for each;
        longest way ahead from anywhere; shares of service-area sides and of main corridors.
    """
    rows: list[Metric] = []
    link_province = _province_of_links(network)
    of_expressway = np.where(ways.is_expressway, link_province, -1)
    for plug in PLUGS:
        for reach_km in REACH_KM[plug]:
            rows += _within(f"expressway_within_{reach_km}_km_of_{plug}", ways, plug, reach_km, of_expressway, regions)
        rows += _longest(plug, ways, of_expressway, regions)
    for row, name in enumerate(COMPASS):
        that_way = np.where(ways.direction == row, of_expressway, -1)
        for reach_km in REACH_KM["high_power"]:
            metric = f"expressway_{name}_within_{reach_km}_km_of_high_power"
            rows += _within(metric, ways, "high_power", reach_km, that_way, regions)
    is_main = np.append(is_main_corridor(network.line_names), False)[network.link_line]
    of_main = np.where(is_main, of_expressway, -1)
    for plug in ("high_power", "megawatt"):
        rows += _within(f"main_corridors_within_50_km_of_{plug}", ways, plug, 50, of_main, regions)
    return rows + _service_areas(inventory, regions, network, is_main)


def _province_of_links(network: Network) -> I64:
    at_end, at_start = (network.node_province[nodes] for nodes in (network.link_to, network.link_from))
    return np.where(at_end >= 0, at_end, at_start).astype(np.int64)


def _within(metric: str, ways: Ways, plug: str, reach_km: int, place: I64, regions: Regions) -> list[Metric]:
    """Share of the metres of each province, -1 for links that do not count."""
    within_m, counts = metres_within(ways.length_m, ways.ahead_m[plug], 1000.0 * reach_km), place >= 0
    reached, road = (np.bincount(place[counts], metres[counts], regions.n_provinces) for metres in (within_m, ways.length_m))
    return spread(metric, "highway", "-", regions, reached, road)


def _longest(plug: str, ways: Ways, place: I64, regions: Regions) -> list[Metric]:
    by_province, nation = (
        longest_way_ahead_m(ways.length_m, ways.ahead_m[plug], groups.astype(np.int32), n) / 1000.0
        for groups, n in ((place, regions.n_provinces), (np.where(ways.is_expressway, 0, -1), 1))
    )
    places = ["all", *regions.province_code.tolist()]
    values = np.concatenate((nation, by_province)).tolist()
    return [Metric(f"longest_way_to_{plug}", "highway", code, km, "km") for code, km in zip(places, values, strict=True)]


def _service_areas(inventory: Inventory, regions: Regions, network: Network, is_main: BOOL) -> list[Metric]:
    """Shares of service-area sides that have plugs, and of EVSEs on main corridors that are strong."""
    pools, side, n = inventory.pools, inventory.side, regions.n_provinces
    n_sides = np.bincount(network.site_province, minlength=n).astype(np.float64)
    rows: list[Metric] = []
    plugs, strong = is_plug_of(pools), is_plug_of(pools, HIGH_POWER_W)
    megawatt = is_plug_of(pools, MEGAWATT_W) & ((pools.serves & SERVES_TRUCKS) > 0)
    for plug, of_pool in (("station", plugs), ("high_power", strong), ("megawatt", megawatt)):
        served = np.unique(side[pools.station[of_pool]])
        with_plug = np.bincount(network.site_province[served[served >= 0]], minlength=n).astype(np.float64)
        rows += spread(f"service_areas_with_{plug}", "highway", "-", regions, with_plug, n_sides)
        if plug == "megawatt":
            places = ["all", *regions.province_code.tolist()]
            counts = [with_plug.sum(), *with_plug]
            rows += [
                Metric("n_service_areas_with_megawatt", "highway", *each, "-") for each in zip(places, counts, strict=True)
            ]
    link = inventory.stations.link[pools.station]
    on_main = (link >= 0) & is_main[link]
    place = inventory.stations.province[pools.station]
    n_evse, n_strong = (np.bincount(place, pools.n_evse * part, n) for part in (on_main & plugs, on_main & strong))
    return rows + spread("high_power_share_on_main_corridors", "highway", "-", regions, n_strong, n_evse)
