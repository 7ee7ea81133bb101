"""What stands in a small nation, drawn at random: stations, pools and their markets, outages, what lies behind the plugs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.dice import Dice, one_of
from twin.tables.columns import rows
from twin.tables.inputs import (
    LAYERS,
    MARKETS,
    SERVES_CARS,
    SERVES_TRUCKS,
    LinkPools,
    Markets,
    Outages,
    Pools,
    Stations,
)
from twin.tables.plants import DISPATCHES, NO_PLANTS, Behind, Plants
from twin.tables.state import Roads

N_PROVINCES = 2
HOUR_S = 3600


def draw_supply(dice: Dice, roads: Roads, is_holiday: bool) -> tuple[Stations, Pools]:
    """Draw a station that has all, and up to four more of two or three pools, some of them service areas."""
    n_links, n_counties = len(roads.link_to), len(roads.county_zone)
    sites = [(dice.whole(0, n_counties - 1), 0, -1, [(120_000, 0, SERVES_CARS), (7000, 1, 3), (480_000, 0, SERVES_TRUCKS)])]
    for _ in range(dice.whole(0, 4)):
        link = dice.whole(0 if is_holiday else -n_links // 2, n_links - 1) if n_links else -1
        layer = one_of(dice, (0, 2)) if link < 0 else LAYERS.index("highway")
        plugs = [(60_000, 0, 3)] if is_holiday else [draw_plug(dice) for _ in range(dice.whole(1, 3))]
        sites.append((dice.whole(0, n_counties - 1), layer, max(link, -1), plugs))
    sites.sort(key=lambda site: site[:3])
    stations, pools = rows(Stations, len(sites)), rows(Pools, sum(len(site[3]) for site in sites))
    pool = evse = 0
    for at, (county, layer, link, plugs) in enumerate(sites):
        stations.county[at], stations.zone[at], stations.layer[at] = county, roads.county_zone[county], layer
        stations.province[at], stations.link[at] = roads.county_province[county], link
        node = roads.zone_node[roads.county_zone[county]] if link < 0 else roads.link_to[link]
        stations.lon[at] = roads.node_lon[node] + dice.real(-0.05, 0.05)
        stations.lat[at] = roads.node_lat[node] + dice.real(-0.05, 0.05)
        stations.first_pool[at], stations.n_pools[at] = pool, len(plugs)
        rated_w = rack_w = 0
        for power_w, is_ac, serves in plugs:
            n_evse = dice.whole(1, 3)
            pools.station[pool], pools.first_evse[pool], pools.n_evse[pool] = at, evse, n_evse
            pools.rated_power_w[pool], pools.is_ac[pool], pools.serves[pool] = power_w, is_ac, serves
            pools.network[pool] = one_of(dice, (0, 0, 1, 2))
            if power_w >= 60_000 and dice.whole(0, 2) == 0:
                pools.n_batteries[pool] = dice.whole(1, 4)
            is_swap = pools.n_batteries[pool] > 0
            rack_w += int(pools.n_batteries[pool]) * power_w
            pool, evse, rated_w = pool + 1, evse + n_evse, rated_w + (0 if is_swap else n_evse * power_w)
        stations.site_limit_w[at] = int(rated_w * one_of(dice, (0.15, 0.4, 0.7, 1.2))) + rack_w
    return stations, pools


def draw_plug(dice: Dice) -> tuple[int, int, int]:
    is_ac = int(dice.whole(0, 4) == 0)
    power_w = one_of(dice, (7000, 20_000)) if is_ac else one_of(dice, (30_000, 60_000, 120_000, 250_000, 1_000_000))
    return power_w, is_ac, dice.whole(1, 3)


def draw_outages(dice: Dice, pools: Pools, n_days: int) -> Outages:
    """Draw what fails: nothing, single EVSEs, or whole pools, some at the same second; some beyond the end of the run."""
    found, most = [], one_of(dice, (0, 2, 4))
    for pool in range(len(pools.station)):
        begin_s = 0
        for _ in range(dice.whole(0, most)):
            begin_s += dice.whole(0, n_days * 12) * HOUR_S + one_of(dice, (0, 300, dice.whole(1, 4000)))
            end_s = begin_s + one_of(dice, (1, 300, dice.whole(60, 6 * HOUR_S), dice.whole(6, 36) * HOUR_S))
            is_whole = dice.whole(0, 1) == 0
            first, n_evse = int(pools.first_evse[pool]), int(pools.n_evse[pool])
            which = range(n_evse) if is_whole else [dice.whole(0, n_evse - 1)]
            found += [(int(pools.station[pool]), begin_s, first + at, end_s) for at in which if begin_s < n_days * 86_400]
            begin_s = end_s + 1
    calendar = np.array(sorted(found), np.int32).reshape(-1, 4).T.copy()
    return Outages(calendar[0], calendar[2], calendar[1], calendar[3])


def draw_plants(dice: Dice, stations: Stations, pools: Pools, n_windows: int) -> Behind:
    """Draw photovoltaics and storage for some stations or none, under a sky of blocks, and a rule for the storage."""
    has_rack = set(pools.station[pools.n_batteries > 0].tolist())
    chosen = (
        [at for at in range(len(stations.zone)) if at not in has_rack and dice.whole(0, 2)] if dice.whole(0, 2) == 0 else []
    )
    if not chosen:
        return NO_PLANTS
    limit_w = stations.site_limit_w[chosen]
    pv_w = np.array([int(one_of(dice, (0.0, 0.3, 1.5)) * limit) for limit in limit_w], np.int64)
    storage_w = np.array([int(one_of(dice, (0.0, 0.2, 1.0)) * limit) for limit in limit_w], np.int64)
    capacity_ws = np.array([int(dice.real(0.1, 4.0) * HOUR_S * power) for power in storage_w], np.int64)
    stored_ws = np.array([int(dice.real(0.0, 1.0) * capacity) for capacity in capacity_ws], np.int64)
    sky = np.array([[dice.whole(0, 1_000_000) for _ in range(12)] for _ in range(N_PROVINCES)])
    return Behind(
        plants=Plants(np.array(chosen, np.int32), pv_w, storage_w, capacity_ws, stored_ws),
        pv_ppm=np.repeat(sky, -(-n_windows // 12), axis=1)[:, :n_windows].astype(np.int32).copy(),
        price=np.array([[dice.real(0.2, 0.6)] * 8 + [dice.real(0.4, 1.2)] * 16 for _ in range(N_PROVINCES)]),
        dispatch=dice.whole(0, len(DISPATCHES) - 1), round_trip_ppm=one_of(dice, (870_000, 1_000_000)),
        is_feed_in=dice.whole(0, 1),
    )  # fmt: skip


def markets_of(stations: Stations, pools: Pools, n_counties: int) -> Markets:
    """List the pools of each county and market, or all of that market where the county has none."""
    is_off_road = stations.layer[pools.station] != LAYERS.index("highway")
    is_ac, cars, trucks = pools.is_ac == 1, pools.serves & SERVES_CARS > 0, pools.serves & SERVES_TRUCKS > 0
    members = is_off_road & ~is_ac & cars, is_off_road & is_ac & cars, is_off_road & trucks
    known = []
    for county in range(n_counties):
        for is_member in members:
            own = np.flatnonzero(is_member & (stations.county[pools.station] == county))
            known.append(own if len(own) else np.flatnonzero(is_member))
    assert len(known) == n_counties * len(MARKETS)
    return Markets(*compress(known))


def link_pools_of(stations: Stations, pools: Pools, n_links: int) -> LinkPools:
    return LinkPools(*compress([np.flatnonzero(stations.link[pools.station] == link) for link in range(n_links)]))


def compress(known: list[Any]) -> tuple[Any, Any]:
    first = np.cumsum([0, *(len(row) for row in known)]).astype(np.int32)
    return first, np.concatenate([*known, []]).astype(np.int32)
