"""Coverage as tables for maps: of every county, every expressway line and direction, and every stretch of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.metrics.equity import county_sums
from twin.metrics.highway import COMPASS, PLUGS, Ways, is_main_corridor
from twin.metrics.line_coverage import metres_within
from twin.metrics.people import People, mean_by, within_by
from twin.metrics.rows import HIGH_POWER_W, is_plug_of, ratio
from twin.tables.columns import F64, I32, I64
from twin.tables.coverage import CountyCoverageTable, LineCoverageTable, LinkCoverageTable
from twin.tables.inputs import SITE_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.network.graph import Network
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["county_table", "line_table", "link_table"]

REACH_M = 50_000.0


def county_table(inventory: Inventory, regions: Regions, people: People) -> CountyCoverageTable:
    """Return the coverage of every county.

    Parameters
    ----------
    inventory, regions
        Stations and places.
    people : People
        From `twin.metrics.people.people_of`.
    """
    n, pools, stations = regions.n_counties, inventory.pools, inventory.stations
    town, land = people.urban_county, people.rural_county
    everyone = np.bincount(town, people.urban, n)
    in_township = stations.site_type == SITE_TYPES.index("township")
    n_evse = county_sums(inventory, regions, pools.n_evse * is_plug_of(pools))

    def near(plug: str, reach_km: float) -> F64:
        return ratio(within_by(town, people.urban, people.urban_km[plug], reach_km, n), everyone)

    return CountyCoverageTable(
        county=regions.county_id,
        name=regions.county_names,
        province=regions.province_code[regions.county_province],
        zone=regions.zone_id[regions.county_zone],
        lon=regions.county_lon,
        lat=regions.county_lat,
        n_people=regions.county_population.astype(np.int64),
        n_evse=n_evse.astype(np.int32),
        n_high_power=county_sums(inventory, regions, pools.n_evse * is_plug_of(pools, HIGH_POWER_W)).astype(np.int32),
        evse_per_1000_people=1000.0 * ratio(n_evse, regions.county_population),
        urban_within_1_km=near("station", 1.0),
        urban_within_2_km=near("station", 2.0),
        urban_within_3_km=near("station", 3.0),
        urban_within_3_km_of_high_power=near("high_power", 3.0),
        rural_road_distance_km=_finite(mean_by(land, people.rural, people.rural_road_km["station"], n)),
        rural_road_distance_to_high_power_km=_finite(mean_by(land, people.rural, people.rural_road_km["high_power"], n)),
        n_townships=inventory.n_townships.astype(np.int32),
        n_townships_with_station=np.bincount(stations.county[in_township], minlength=n).astype(np.int32),
    )


def line_table(network: Network, ways: Ways, names: Mapping[str, str]) -> LineCoverageTable:
    """Return the coverage of every expressway line by direction, with the longest way ahead and where it begins.

    Parameters
    ----------
    network : Network
        The road graph.
    ways : Ways
        From `twin.metrics.highway.ways_ahead`.
    names : mapping of str to str
        Names of lines by code.
    """
    n_groups = len(network.line_names) * len(COMPASS)
    counts = ways.is_expressway & (network.link_line >= 0)
    group = np.where(counts, network.link_line.astype(np.int64) * len(COMPASS) + ways.direction, -1)
    road_m = np.bincount(group[counts], ways.length_m[counts], n_groups)
    shown = np.flatnonzero(road_m > 0)
    columns: dict[str, Any] = {}
    for plug in PLUGS:
        within_m = metres_within(ways.length_m, ways.ahead_m[plug], REACH_M)
        columns[f"within_50_km_of_{plug}"] = ratio(np.bincount(group[counts], within_m[counts], n_groups), road_m)[shown]
        way_km, start = _longest(group, n_groups, (ways.length_m + ways.ahead_m[plug]) / 1000.0, network.link_from)
        columns[f"longest_way_to_{plug}_km"] = _finite(way_km[shown])
        columns[f"longest_way_to_{plug}_from"] = network.node_names[start[shown]]
    codes = network.line_names[shown // len(COMPASS)]
    return LineCoverageTable(
        line=codes,
        name=np.array([names.get(str(code), "") for code in codes.tolist()], object),
        direction=np.array(COMPASS, object)[shown % len(COMPASS)],
        is_main_corridor=is_main_corridor(codes).astype(np.uint8),
        length_km=road_m[shown] / 1000.0,
        **columns,
    )


def _longest(group: I64, n_groups: int, way_km: F64, link_from: I32) -> tuple[F64, I64]:
    """Longest way of each group, and the node where it begins; of equals the first."""
    longest, start = np.full(n_groups, -np.inf), np.zeros(n_groups, np.int64)
    rows = np.flatnonzero(group >= 0)
    order = rows[np.lexsort((rows, -way_km[rows], group[rows]))]
    groups, first = np.unique(group[order], return_index=True)
    longest[groups], start[groups] = way_km[order[first]], link_from[order[first]]
    return longest, start


def link_table(ways: Ways) -> LinkCoverageTable:
    """Return how far the next plugs are from the start of every stretch of expressway."""
    link = np.flatnonzero(ways.is_expressway)
    away = {f"way_to_{plug}_km": _finite((ways.length_m + ways.ahead_m[plug])[link] / 1000.0) for plug in PLUGS}
    direction = np.array(COMPASS, object)[ways.direction[link]]
    return LinkCoverageTable(link=link.astype(np.int32), direction=direction, **away)


def _finite(values: F64) -> F64:
    return np.where(np.isfinite(values), values, np.nan)
