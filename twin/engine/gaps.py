"""How far apart the plugs of a route lie: what tells a driver before setting out whether the battery can do the trip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.behaviour import LEAST_WAY_M, STREET_DETOUR
from twin.kernels import kernel
from twin.physics import distance_m
from twin.tables.inputs import MARKETS, SERVES_CARS, SERVES_TRUCKS
from twin.tables.state import FAST, TRUCK

if TYPE_CHECKING:
    from twin.tables.inputs import LinkPools, Markets, Pools, Stations
    from twin.tables.state import Roads

N_MARKETS = len(MARKETS)
NO_WAY_M = 2**31 - 1
"""Gap of a route that does not exist."""


def with_gaps(roads: Roads, stations: Stations, pools: Pools, link_pools: LinkPools, markets: Markets) -> Roads:
    """Return the roads with the longest stretch without a plug on the route between each pair of zones.

    Plugs are those that every driver on the road can use: DC at service areas, and in the towns passed; swap bays are none.
    The way into a town, to its farthest pool, and back belongs to the stretches before and behind it.
    """
    n_zones, n_links = len(roads.zone_node), len(roads.link_to)
    gaps = []
    for serves, market in ((SERVES_CARS, FAST), (SERVES_TRUCKS, TRUCK)):
        gap_m, town_m = np.zeros((n_zones, n_zones), np.int32), np.full(len(roads.node_lon), -1, np.int32)
        ways_into_town(
            roads.node_county, roads.node_lon, roads.node_lat, market, markets.first, markets.pool, pools.station,
            pools.n_batteries, stations.lon, stations.lat, town_m,
        )  # fmt: skip
        is_fit = (np.asarray(pools.serves) & serves > 0) & (np.asarray(pools.is_ac) == 0)
        is_fit &= np.asarray(pools.n_batteries) == 0
        detour_m = town_m[roads.link_to]
        link = np.repeat(np.arange(n_links), np.diff(link_pools.first))
        detour_m[link[is_fit[link_pools.pool]]] = 0
        longest_gaps(roads.next_link, roads.link_to, roads.length_m, roads.zone_node, detour_m, gap_m)
        gaps.append(gap_m)
    return roads._replace(gap_m=gaps[0], truck_gap_m=gaps[1])


@kernel
def ways_into_town(node_county, node_lon, node_lat, market, first, pool, station, n_batteries, lon, lat, town_m):
    """Note the way from each node to the farthest pool of a market in its town; a node without one is left as it is.

    Reads: node_county, node_lon, node_lat, first, pool, station, n_batteries, lon, lat. Writes: town_m.
    """
    for node in range(len(node_county)):
        if node_county[node] < 0:
            continue
        row = node_county[node] * N_MARKETS + market
        for at in range(first[row], first[row + 1]):
            if n_batteries[pool[at]] > 0:
                continue
            there = station[pool[at]]
            way_m = LEAST_WAY_M + STREET_DETOUR * distance_m(node_lon[node], node_lat[node], lon[there], lat[there])
            town_m[node] = max(town_m[node], int(way_m))


@kernel
def longest_gaps(next_link, link_to, length_m, zone_node, detour_m, gap_m):
    """Walk the route between each pair of zones, both ends with plugs, for its longest stretch without one.

    Reads: next_link, link_to, length_m, zone_node, detour_m (to the plug at the end of a link; -1 none). Writes: gap_m,
    [destination, origin].
    """
    for goal in range(len(zone_node)):
        for origin in range(len(zone_node)):
            node, since_m, longest_m = zone_node[origin], 0, 0
            while node != zone_node[goal]:
                link = next_link[goal, node]
                if link < 0:
                    longest_m = NO_WAY_M
                    break
                since_m += length_m[link]
                node = link_to[link]
                longest_m = max(longest_m, since_m)
                if detour_m[link] >= 0 and node != zone_node[goal]:
                    longest_m = max(longest_m, since_m + detour_m[link])
                    since_m = detour_m[link]
            gap_m[goal, origin] = longest_m
