"""How far it is from trunk roads outside towns to the nearest station off the expressways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.behaviour import STREET_DETOUR
from twin.metrics.points import nearest_km
from twin.metrics.rows import FAST_W, HIGH_POWER_W, Metric, is_plug_of, spread
from twin.tables.inputs import LAYERS, SITE_TYPES

if TYPE_CHECKING:
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["trunk_road_metrics"]

STEP_KM = 5.0
REACH_KM = (25, 50)


def trunk_road_metrics(inventory: Inventory, regions: Regions) -> list[Metric]:
    """Form the shares of trunk-road kilometres near a plug, by province, and count the sites at these roads.

    Roads are those of `twin.stations.trunk_roads`, in pieces of 5 km at most; the way to a plug is 1.3 times the straight
    line. A plug to charge on the way has 60 kW or more.

    Parameters
    ----------
    inventory : Inventory
        The stations.
    regions : Regions
        Provinces and counties.
    """
    stations, pools, n = inventory.stations, inventory.pools, regions.n_provinces
    county, lon, lat, piece_km = inventory.trunk_road_points(STEP_KM)
    province = regions.county_province[county]
    whole = np.bincount(province, piece_km, n)
    local = stations.layer != LAYERS.index("highway")
    rows: list[Metric] = []
    for plug, least_w in (("dc_of_60_kw", FAST_W), ("high_power", HIGH_POWER_W)):
        has_plug = np.zeros(len(local), bool)
        has_plug[pools.station[is_plug_of(pools, least_w)]] = True
        chosen = local & has_plug
        way_km = STREET_DETOUR * nearest_km(lon, lat, stations.lon[chosen], stations.lat[chosen])
        for reach_km in REACH_KM:
            near = np.bincount(province, piece_km * (way_km <= reach_km), n)
            rows += spread(f"trunk_roads_within_{reach_km}_km_of_{plug}", "rural", "-", regions, near, whole)
    at_roads = np.bincount(stations.province, stations.site_type == SITE_TYPES.index("trunk road"), n).astype(float)
    places = ["all", *regions.province_code.tolist()]
    counts = [float(at_roads.sum()), *at_roads.tolist()]
    return rows + [
        Metric("n_trunk_road_stations", "rural", place, count, "-") for place, count in zip(places, counts, strict=True)
    ]
