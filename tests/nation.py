"""A small nation to pose cases in: zones on a line, a town in each, a service area between neighbours.

Everything is deterministic; tests change what they are about with keywords and leave the rest.
"""

from typing import Any

import numpy as np

from twin.engine.given import no_plug_limits_w
from twin.engine.world import Given
from twin.grid.flexibility import next_cheap_s, no_guidance
from twin.physics import segment_times_s
from twin.tables.columns import rows
from twin.tables.inputs import (
    MARKETS,
    N_KNOTS,
    SERVES_CARS,
    SERVES_TRUCKS,
    Background,
    Guidance,
    LinkPools,
    LocalTables,
    Markets,
    Outages,
    Pools,
    Stations,
    TripTables,
    VehicleClasses,
    Vehicles,
)
from twin.tables.plants import DISPATCHES, Behind, Plants
from twin.tables.rules import Rules
from twin.tables.state import Roads

KWH = 3_600_000
RULES = Rules(
    seed=1, window_s=300, trigger_mean_soc=0.3, trigger_sd_soc=0.05, reserve_soc=0.1, fast_target_soc=0.8,
    home_target_soc=0.9, home_plug_soc=0.7, top_up_soc=0.8, prepared_share=0.7, informed_share=1.0,
    trip_target_soc=0.95, slow_share=0.2, hybrid_public_share=0.3, orderly_share=0.3,
    depot_orderly_share=0.3, price_response_share=0.2, v2g_reserve_soc=0.4, v2g_answer_share=0.5, patience_s=1800.0,
    busy_session_cap_s=1800, overstay_s=0.0, exit_share=1.0,
    value_of_time_cny_per_s=0.01, taste_cny=2.0, n_considered=5, n_tries=3,
    town_speed_m_per_s=8.0, truck_speed_kmh=80.0, depot_power_w=60_000, rest_after_s=14_400, rest_s=1200,
    rescue_s=7200, rescue_soc=0.2, admitted_share=1.0, reservation_share=0.0,
    reservation_grace_s=900, stop_acceptance=1.0, swap_s=300, swap_soc=0.95, reroute_every_s=0, navigation_share=0.0,
)  # fmt: skip


def small_classes() -> VehicleClasses:
    """Return a car, a hybrid and a heavy truck."""
    flat = np.linspace(1.0, 0.3, 21)
    curve_w = np.stack([flat * 120_000, flat * 30_000, flat * 500_000])
    capacity_ws = np.array([50 * KWH, 16 * KWH, 400 * KWH], np.int64)
    return VehicleClasses(
        kind=np.array([0, 0, 4], np.uint8),
        has_engine=np.array([0, 1, 0], np.uint8),
        capacity_ws=capacity_ws,
        ac_power_w=np.array([7000, 3300, 20_000], np.int32),
        city_ws_per_m=np.array([0.13, 0.14, 1.3]) * 3600,
        road_a_ws_per_m=np.array([0.10, 0.11, 0.9]) * 3600,
        road_b_ws_per_m=np.array([0.6e-5, 0.6e-5, 4e-5]) * 3600,
        curve_w=curve_w,
        ceiling_w=curve_w,
        full_s=segment_times_s(curve_w, capacity_ws),
        peak_w=np.array([120_000.0, 30_000.0, 500_000.0]),
        group=np.array([0, 0, 1], np.uint8),
        swap_share=np.zeros(3),
    )


def small_given(
    n_vehicles: int = 2000, n_zones: int = 5, n_days: int = 2, n_evse: int = 6, site_limit_share: float = 10.0,
    p_leave: float = 0.2, link_km: float = 60.0, soc: float = 0.6, seed: int = 1, **rules: Any,
) -> Given:  # fmt: skip
    """Return a nation of `n_zones` towns on a line, one county each, with a service area half-way each way."""
    n_nodes = 2 * n_zones - 1
    link_to = np.concatenate([np.arange(1, n_nodes), np.arange(n_nodes - 1)]).astype(np.int32)
    n_links = len(link_to)
    next_link = np.full((n_zones, n_nodes), -1, np.int32)
    for zone in range(n_zones):
        for node in range(n_nodes):
            if node < 2 * zone:
                next_link[zone, node] = node
            elif node > 2 * zone:
                next_link[zone, node] = n_nodes - 1 + node - 1
    stations, pools, markets, link_pools = _supply(n_zones, n_nodes, n_links, n_evse, site_limit_share)
    county = np.arange(n_zones)
    node_zone = np.where(np.arange(n_nodes) % 2 == 0, np.arange(n_nodes) // 2, -1).astype(np.int32)
    free_kmh = np.full(n_links, 100.0)
    roads = Roads(
        link_from=np.concatenate([np.arange(n_nodes - 1), np.arange(1, n_nodes)]).astype(np.int32), link_to=link_to,
        length_m=np.full(n_links, int(link_km * 500), np.int32), speed_kmh=free_kmh.copy(), free_kmh=free_kmh,
        free_ms=np.full(n_links, round(link_km * 18_000), np.int64), is_expressway=np.ones(n_links, np.uint8),
        next_link=next_link, **ways_along(next_link, link_to, np.full(n_links, link_km * 500), free_kmh),
        gap_m=np.zeros((n_zones, n_zones), np.int32), truck_gap_m=np.zeros((n_zones, n_zones), np.int32),
        zone_node=(2 * county).astype(np.int32), node_county=node_zone,
        node_lon=100 + np.arange(n_nodes) * link_km / 200, node_lat=np.full(n_nodes, 30.0),
        county_zone=county.astype(np.int32), county_province=np.zeros(n_zones, np.int32),
        zone_county=np.arange(n_zones + 1, dtype=np.int32),
        county_share=np.ones(n_zones), access_m=np.full(n_zones, 5000, np.int32),
    )  # fmt: skip
    return Given(
        rules=RULES._replace(seed=seed, **rules), n_days=n_days, sample=1.0, classes=small_classes(),
        vehicles=_fleet(n_vehicles, n_zones, soc, seed), local=_local(n_days), trips=_trips(n_days, n_zones, p_leave),
        background=Background(np.zeros((n_days, n_links)), np.ones((n_days, 24))), stations=stations, pools=pools,
        plug_limit_w=no_plug_limits_w(3), markets=markets, link_pools=link_pools, roads=roads, link_free_speed_kmh=free_kmh,
        link_capacity_per_h=np.full(n_links, 4000.0), prices=np.full((93, 24), 1.2),
        guidance=night_guidance(n_zones, 31), n_provinces=31,
    )  # fmt: skip


def with_second_road(given: Given, capacity_per_h: float, longer: float = 1.2) -> Given:
    """Return the nation with a wide road beside each of its own, some percent longer and without service areas.

    Its own roads take `capacity_per_h` vehicles an hour. The second road from a node to the next has the number of the first
    and the number of links before.
    """
    roads, n_links = given.roads, len(given.roads.link_to)
    beside = {
        name: np.tile(getattr(roads, name), 2) for name in ("link_from", "link_to", "speed_kmh", "free_kmh", "is_expressway")
    }
    length_m, free_ms = (np.concatenate([x, np.rint(longer * x).astype(x.dtype)]) for x in (roads.length_m, roads.free_ms))
    first = np.concatenate([given.link_pools.first, np.full(n_links, given.link_pools.first[-1])]).astype(np.int32)
    return given._replace(
        roads=roads._replace(**beside, length_m=length_m, free_ms=free_ms),
        link_pools=given.link_pools._replace(first=first), link_free_speed_kmh=beside["free_kmh"],
        link_capacity_per_h=np.repeat([capacity_per_h, 1e6], n_links),
        background=given.background._replace(flow_per_h=np.tile(given.background.flow_per_h, 2)),
    )  # fmt: skip


def with_everything(given: Given) -> Given:
    """Return the nation with swaps for half of the trucks, sun and storage, price levels, V2G in public too, and outages."""
    stations, pools, n_zones = given.stations, given.pools, len(given.roads.zone_node)
    of_trucks = np.flatnonzero((pools.serves == SERVES_TRUCKS) & (pools.rated_power_w == 480_000))
    pools.n_batteries[of_trucks] = 3
    stations.site_limit_w[pools.station[of_trucks]] = 3 * 480_000
    at = np.flatnonzero(np.bincount(pools.station, pools.is_ac) > 0).astype(np.int32)
    power_w = stations.site_limit_w[at]
    plants = Plants(at, power_w // 2, power_w // 4, power_w // 4 * 7200, power_w // 4 * 3600)
    sun_ppm = np.maximum(600_000 - 50_000 * np.abs(np.arange(24) - 12), 0).repeat(3600 // given.rules.window_s)
    sky = np.tile(sun_ppm.astype(np.int32), (given.n_provinces, given.n_days))
    price = np.tile(np.where(np.arange(24) < 8, 0.3, 0.8), (given.n_provinces, 1))
    first_evse, days = pools.first_evse[::3], np.arange(given.n_days)
    begin_s = (86_400 * days[None, :] + 3600 * (6 + np.arange(len(first_evse)) % 9)[:, None]).astype(np.int32)
    evse, station = (np.repeat(x, given.n_days) for x in (first_evse, pools.station[::3]))
    order = np.lexsort((evse, begin_s.ravel(), station))
    outages = Outages(*(x[order] for x in (station, evse, begin_s.ravel(), begin_s.ravel() + 7000)))
    given.guidance.bidirectional[:] = np.linspace(0.2, 0.8, n_zones)[:, None]
    given.guidance.event_from_s[:], given.guidance.event_until_s[:] = 61_200, 68_400
    return given._replace(
        classes=given.classes._replace(swap_share=np.array([0.0, 0.0, 0.5])), outages=outages,
        behind=Behind(plants, sky, price, DISPATCHES.index("peak_shaving"), 870_000, 1),
        prices=np.repeat([1.2, 1.0, 1.5, 0.9], np.array([2, 1, 2, 2]) * given.n_provinces)[:, None] * np.ones(24),
        price_level=(np.arange(len(pools.station)) % 3).astype(np.uint8), public_v2g_share=np.linspace(0.8, 0.2, n_zones),
    )  # fmt: skip


def night_guidance(n_zones: int, n_provinces: int, from_h: int = 23, until_h: int = 7) -> Guidance:
    """Return guidance with one valley, the same power for orderly charging in all of it, and no call for power."""
    hours = np.arange(24)
    is_cheap = (hours >= from_h) | (hours < until_h) if from_h >= until_h else (hours >= from_h) & (hours < until_h)
    cheap = np.tile(is_cheap, (n_provinces, 1))
    power_w = np.where(np.repeat(np.tile(is_cheap, 2), 4), 1_000_000, 0)
    running = np.tile(np.concatenate([[0], np.cumsum(power_w)]), (n_zones, 1))
    return no_guidance(n_zones, n_provinces)._replace(cheap_s=next_cheap_s(cheap), fill_w=running)


def ways_along(next_link: Any, link_to: Any, length_m: Any, free_kmh: Any, truck_kmh: float = 80.0) -> dict[str, Any]:
    """Return the columns of `Roads` that add up along routes, by walking every one of them."""
    ways = {name: np.zeros(next_link.shape, kind) for name, kind in (("way_m", "i4"), ("drag", "f4"), ("truck_drag", "f4"))}
    for zone, node in np.ndindex(next_link.shape):
        links, at = [], node
        while next_link[zone, at] >= 0:
            links.append(next_link[zone, at])
            at = link_to[links[-1]]
        way_m, kmh = length_m[links], free_kmh[links]
        ways["way_m"][zone, node] = way_m.sum()
        ways["drag"][zone, node] = (way_m * kmh**2).sum()
        ways["truck_drag"][zone, node] = (way_m * np.minimum(kmh, truck_kmh) ** 2).sum()
    return ways


def _supply(n_zones: int, n_nodes: int, n_links: int, n_evse: int, share: float) -> tuple[Any, ...]:
    """Return a fast, a slow and a truck station in every town, and a service area with cars' and trucks' plugs each way."""
    sites: list[tuple[int, int, int, float, list[tuple[int, int, int, int]]]] = []
    for zone in range(n_zones):
        lon = 100.0 + zone * 0.6
        sites.append((zone, 0, -1, lon + 0.01, [(120_000, n_evse, 0, SERVES_CARS), (7000, 4 * n_evse, 1, SERVES_CARS)]))
        sites.append((zone, 0, -1, lon - 0.01, [(60_000, n_evse, 0, SERVES_CARS)]))
        sites.append((zone, 0, -1, lon + 0.03, [(480_000, n_evse, 0, SERVES_TRUCKS)]))
        if zone < n_zones - 1:
            plugs = [(120_000, n_evse, 0, SERVES_CARS), (1_000_000, 2, 0, SERVES_TRUCKS)]
            sites.append((zone, 1, 2 * zone, lon + 0.3, plugs))
            sites.append((zone, 1, n_nodes - 1 + 2 * zone + 1, lon + 0.3, plugs))
    stations, pools = rows(Stations, len(sites)), rows(Pools, sum(len(site[4]) for site in sites))
    pool = evse = 0
    for at, (zone, layer, link, lon, plugs) in enumerate(sites):
        stations.zone[at], stations.county[at], stations.layer[at], stations.link[at] = zone, zone, layer, link
        stations.lon[at], stations.lat[at] = lon, 30.0
        stations.first_pool[at], stations.n_pools[at] = pool, len(plugs)
        stations.site_limit_w[at] = int(share * sum(power * n for power, n, _, _ in plugs))
        for power, n, is_ac, serves in plugs:
            pools.station[pool], pools.first_evse[pool], pools.n_evse[pool] = at, evse, n
            pools.rated_power_w[pool], pools.is_ac[pool], pools.serves[pool] = power, is_ac, serves
            pool, evse = pool + 1, evse + n
    known: list[list[int]] = [[] for _ in range(n_zones * len(MARKETS))]
    at_link: list[list[int]] = [[] for _ in range(n_links)]
    for row in range(len(pools.station)):
        station = pools.station[row]
        if stations.layer[station] == 1:
            at_link[stations.link[station]].append(row)
        else:
            market = 2 if pools.serves[row] == SERVES_TRUCKS else int(pools.is_ac[row])
            known[int(stations.county[station]) * len(MARKETS) + market].append(row)
    return stations, pools, Markets(*_compress(known)), LinkPools(*_compress(at_link))


def _compress(rows: list[list[int]]) -> tuple[Any, Any]:
    first = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int32)
    return first, np.array([pool for row in rows for pool in row], np.int32)


def _fleet(n_vehicles: int, n_zones: int, soc: float, seed: int) -> Vehicles:
    """Return vehicles: 70 % cars, 20 % hybrids, 10 % trucks, 40 % with a plug of their own."""
    vehicles = rows(Vehicles, n_vehicles)
    row = np.arange(n_vehicles)
    vehicles.home[:] = row * n_zones // n_vehicles
    vehicles.place[:] = vehicles.home
    vehicles.vehicle_class[:] = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 2])[row % 10]
    vehicles.access[:] = np.where(row % 5 < 2, 1, 0)
    vehicles.back_day[:] = 255
    capacity_ws = small_classes().capacity_ws[vehicles.vehicle_class]
    vehicles.energy_ws[:] = (capacity_ws * (soc + 0.3 * ((row * 7919 + seed) % 100) / 100 - 0.15)).astype(np.uint32)
    return vehicles


def _ramp(low: float, high: float, *shape: int) -> Any:
    return np.broadcast_to(np.linspace(low, high, N_KNOTS), (*shape, N_KNOTS)).copy()


def _local(n_days: int) -> LocalTables:
    shape = (5, n_days)
    km = _ramp(0.0, 120.0, *shape)
    km[4] *= 3
    return LocalTables(
        np.full(shape, 0.8), km, _ramp(6 * 3600, 10 * 3600, *shape), _ramp(15 * 3600, 21 * 3600, *shape),
        _ramp(7 * 3600, 23 * 3600, *shape), np.full((31, n_days), 1.1), np.full((31, n_days), 0.9),
    )  # fmt: skip


def _trips(n_days: int, n_zones: int, p_leave: float) -> TripTables:
    rows = np.arange(n_zones)
    cut = np.ones((1, n_zones, n_zones), np.float32)
    other = np.broadcast_to(rows, (1, n_zones, n_zones)).astype(np.int16).copy()
    for zone in rows:
        cut[0, zone, zone], other[0, zone, zone] = 0.0, (zone + 1) % n_zones
    shape = (2, n_days)
    return TripTables(
        np.full((*shape, n_zones), p_leave), np.zeros((*shape, 2), np.uint8), cut, other, _ramp(0.0, 2.0, *shape),
        _ramp(5 * 3600, 12 * 3600, *shape), _ramp(14 * 3600, 20 * 3600, *shape),
    )  # fmt: skip
