"""Whole small nations drawn at random: a few zones, links and stations, forty vehicles at most, and nothing usual.

One builder throws dice of either kind (`tests/dice.py`); what stands there is drawn in `tests/drawn_supply.py`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from tests.dice import Dice, HypothesisDice, NumpyDice, one_of
from tests.drawn_supply import HOUR_S, N_PROVINCES, draw_outages, draw_plants, draw_supply, link_pools_of, markets_of
from tests.nation import ways_along, with_second_road
from twin.engine.world import Given
from twin.grid.flexibility import next_cheap_s
from twin.physics import segment_times_s
from twin.tables.columns import columns, rows
from twin.tables.inputs import (
    GUIDED_DAYS,
    N_KNOTS,
    NO_LIMIT_W,
    Background,
    Guidance,
    Itineraries,
    LocalTables,
    Pools,
    TripTables,
    VehicleClasses,
    Vehicles,
    Workplaces,
)
from twin.tables.rules import Rules
from twin.tables.state import Roads

KWH = 3_600_000
N_GROUPS = 2
N_POWER_CLASSES = 3
DAY_S = 86_400


@st.composite
def nations(draw: st.DrawFn) -> Given:
    """Draw a nation."""
    return nation(HypothesisDice(draw))


def nation_of(seed: int) -> Given:
    """Return the nation of a number."""
    return nation(NumpyDice(seed))


def nation(dice: Dice) -> Given:
    """Draw everything that an engine is given; on a holiday everybody leaves at once, and the roads are long."""
    n_days = one_of(dice, (1, 1, 1, 2))
    is_holiday = dice.whole(0, 2) == 0
    rules, classes = draw_rules(dice), draw_classes(dice, is_holiday)
    roads, capacity_per_h = draw_roads(dice, is_holiday, rules.truck_speed_kmh)
    stations, pools = draw_supply(dice, roads, is_holiday)
    n_zones, n_links = len(roads.zone_node), len(roads.link_to)
    outages = draw_outages(dice, pools, n_days)
    flow = np.array([[dice.real(0.0, 1.5) * q for q in capacity_per_h] for _ in range(n_days)])
    shape = np.array([[dice.real(0.0, 1.0)] * 12 + [dice.real(0.0, 2.0)] * 12 for _ in range(n_days)])
    drawn = Given(
        rules=rules, n_days=n_days, sample=one_of(dice, (1.0, 1.0, 0.3)), classes=classes,
        vehicles=draw_fleet(dice, classes, roads, is_holiday), local=draw_local(dice, n_days),
        trips=draw_trips(dice, n_days, n_zones, is_holiday), background=Background(flow.reshape(n_days, n_links), shape),
        stations=stations, pools=pools, markets=markets_of(stations, pools, len(roads.county_zone)),
        link_pools=link_pools_of(stations, pools, n_links), roads=roads, link_free_speed_kmh=roads.free_kmh,
        link_capacity_per_h=capacity_per_h,
        prices=np.array([[dice.real(0.2, 1.0)] * 8 + [dice.real(0.5, 2.5)] * 16 for _ in range(7 * N_PROVINCES)]),
        price_level=np.array([dice.whole(0, 2) for _ in pools.station], np.uint8),
        guidance=draw_guidance(dice, n_zones), n_provinces=N_PROVINCES,
        outages=outages,
        plug_limit_w=draw_plug_limits(dice, pools),
    )  # fmt: skip
    drawn = drawn._replace(itineraries=draw_tours(dice, drawn)) if dice.whole(0, 3) == 0 else drawn
    drawn = drawn._replace(behind=draw_plants(dice, stations, pools, n_days * DAY_S // rules.window_s))
    every_s, share = one_of(dice, (0, 300, 1000, 3600)), one_of(dice, (0.6, 1.0))
    drawn = drawn._replace(rules=rules._replace(reroute_every_s=every_s, navigation_share=share))
    drawn = with_second_road(drawn, one_of(dice, (3.0, 30.0))) if dice.whole(0, 2) == 0 else drawn
    share = np.array([one_of(dice, (0.0, 0.7, 1.0)) for _ in drawn.roads.zone_node])
    return drawn._replace(workplaces=draw_workplaces(dice, drawn), public_v2g_share=share)


def draw_rules(dice: Dice) -> Rules:
    return Rules(
        seed=dice.whole(0, 2**40), window_s=one_of(dice, (300, 300, 300, 300, 60)),
        trigger_mean_soc=dice.real(0.2, 0.8), trigger_sd_soc=dice.real(0.0, 0.2), reserve_soc=dice.real(0.03, 0.2),
        fast_target_soc=dice.real(0.5, 0.95), home_target_soc=dice.real(0.6, 1.0), home_plug_soc=dice.real(0.3, 0.9),
        top_up_soc=dice.real(0.3, 0.95), prepared_share=dice.real(0.0, 1.0),
        informed_share=dice.real(0.0, 1.0), trip_target_soc=dice.real(0.6, 1.0),
        slow_share=dice.real(0.0, 1.0), hybrid_public_share=dice.real(0.0, 1.0), orderly_share=dice.real(0.0, 1.0),
        depot_orderly_share=dice.real(0.0, 1.0), price_response_share=dice.real(0.0, 1.0),
        v2g_reserve_soc=dice.real(0.0, 0.9), v2g_answer_share=dice.real(0.0, 1.0),
        patience_s=dice.real(60.0, 5400.0), busy_session_cap_s=dice.whole(300, 1800),
        overstay_s=one_of(dice, (0.0, 0.0, 300.0, 3600.0)), exit_share=one_of(dice, (0.0, 0.3, 1.0)),
        value_of_time_cny_per_s=dice.real(0.001, 0.03), taste_cny=one_of(dice, (0.0, 2.0, 10.0)),
        n_considered=dice.whole(1, 6), n_tries=dice.whole(1, 4), town_speed_m_per_s=dice.real(4.0, 15.0),
        truck_speed_kmh=dice.real(60.0, 90.0), depot_power_w=dice.whole(20_000, 120_000),
        rest_after_s=dice.whole(1200, 14_400), rest_s=dice.whole(600, 2400),
        rescue_s=dice.whole(900, 10_000), rescue_soc=dice.real(0.02, 0.5),
        admitted_share=one_of(dice, (1.0, 1.0, 0.5, 0.0)),
        reservation_share=one_of(dice, (0.0, 0.5, 1.0)), reservation_grace_s=dice.whole(0, 1800),
        stop_acceptance=one_of(dice, (1.0, 0.5, 0.0)),
        swap_s=one_of(dice, (60, 300, 900)), swap_soc=dice.real(0.5, 1.0),
        reroute_every_s=0, navigation_share=0.0,
    )  # fmt: skip


class Make(NamedTuple):
    """Ranges that a kind of vehicle is drawn from."""

    kind: int
    has_engine: int
    capacity_kwh: tuple[float, float]
    peak_kw: tuple[float, float]
    ac_kw: tuple[float, float]
    kwh_per_km: tuple[float, float]
    groups: tuple[int, ...]


MAKES = (
    Make(0, 0, (25, 110), (40, 300), (3.3, 22), (0.1, 0.2), (0, 0, 255)),
    Make(0, 1, (8, 40), (15, 60), (3.3, 7), (0.1, 0.25), (0, 255)),
    Make(1, 0, (40, 70), (60, 120), (7, 11), (0.1, 0.2), (0, 255)),
    Make(2, 0, (30, 80), (50, 120), (7, 11), (0.2, 0.4), (0, 255)),
    Make(3, 0, (150, 350), (100, 300), (20, 40), (0.8, 1.2), (255,)),
    Make(4, 0, (200, 700), (200, 1500), (20, 40), (1.0, 1.8), (1, 1, 255)),
)
"""A car, a hybrid, a taxi, a van, a bus and a heavy truck."""


def draw_classes(dice: Dice, is_holiday: bool) -> VehicleClasses:
    """Draw a class of each make; a curve rises or falls at random between its ends."""
    capacity_ws = np.array([int(dice.real(*make.capacity_kwh) * KWH) for make in MAKES], np.int64)
    peak_w = np.array([dice.real(*make.peak_kw) * 1000 for make in MAKES])
    ends = np.array([[dice.real(0.2, 1.0), dice.real(0.5, 1.0), dice.real(0.05, 0.6)] for _ in MAKES])
    curve_w = np.array([np.interp(np.linspace(0, 1, 21), (0, 0.4, 1), end) for end in ends])
    curve_w *= (peak_w / curve_w.max(axis=1))[:, None]
    use = np.array([dice.real(*make.kwh_per_km) for make in MAKES]) * 3600
    is_truck = np.array([make.kind == 4 for make in MAKES])
    return VehicleClasses(
        kind=np.array([make.kind for make in MAKES], np.uint8),
        has_engine=np.array([make.has_engine for make in MAKES], np.uint8),
        capacity_ws=capacity_ws,
        ac_power_w=np.array([int(dice.real(*make.ac_kw) * 1000) for make in MAKES], np.int32),
        city_ws_per_m=use,
        road_a_ws_per_m=0.6 * use,
        road_b_ws_per_m=use * np.where(is_truck, 0.4 / 80**2, 0.6 / 100**2),
        curve_w=curve_w,
        ceiling_w=np.maximum.accumulate(curve_w[:, ::-1], axis=1)[:, ::-1].copy(),
        full_s=segment_times_s(curve_w, capacity_ws),
        peak_w=curve_w.max(axis=1),
        group=np.array([make.groups[0] if is_holiday else one_of(dice, make.groups) for make in MAKES], np.uint8),
        swap_share=np.array([one_of(dice, (0.0, 0.5, 1.0)) for _ in MAKES]),
    )


def draw_roads(dice: Dice, is_holiday: bool, truck_speed_kmh: float) -> tuple[Roads, Any]:
    """Draw a line of nodes, some zones', with a short cut or two; return it with their capacities."""
    n_zones = dice.whole(2 if is_holiday else 1, 4)
    n_nodes = n_zones + dice.whole(0, 4)
    pairs = [(node, node + 1) for node in range(n_nodes - 1)]
    if n_nodes > 2:
        pairs += [(0, dice.whole(2, n_nodes - 1)) for _ in range(dice.whole(0, 2))]
    ends = np.array([end for a, b in pairs for end in ((a, b), (b, a))], np.int32).reshape(-1, 2)
    longest_km = one_of(dice, (100.0, 200.0) if is_holiday else (5.0, 60.0, 200.0))
    length_m = np.repeat([int(dice.real(0.3, longest_km) * 1000) for _ in pairs], 2).astype(np.int32)
    zone_node = np.arange(n_zones) * (n_nodes - 1) // max(n_zones - 1, 1)
    node_county = np.array([dice.whole(0, n_zones - 1) if dice.whole(0, 2) else -1 for _ in range(n_nodes)], np.int32)
    next_link = routes(ends, length_m, zone_node, n_nodes)
    n_counties = [dice.whole(1, 2) for _ in range(n_zones)]
    first = np.concatenate([[0], np.cumsum(n_counties)]).astype(np.int32)
    county_zone = np.repeat(np.arange(n_zones), n_counties).astype(np.int32)
    node_county = np.where(node_county >= 0, first[node_county], -1).astype(np.int32)
    free_kmh = np.array([dice.real(60.0, 120.0) for _ in ends])
    return Roads(
        link_from=ends[:, 0].copy(), link_to=ends[:, 1].copy(), length_m=length_m, speed_kmh=free_kmh * dice.real(0.7, 1.0),
        free_kmh=free_kmh, free_ms=np.maximum(np.rint(length_m / free_kmh * 3600), 1).astype(np.int64),
        is_expressway=(np.arange(len(ends)) // 2 % 3 < 2).astype(np.uint8),
        **ways_along(next_link, ends[:, 1], length_m, free_kmh, truck_speed_kmh),
        next_link=next_link, gap_m=draw_gaps(dice, n_zones), truck_gap_m=draw_gaps(dice, n_zones),
        zone_node=zone_node.astype(np.int32), node_county=node_county,
        node_lon=100 + np.arange(n_nodes) * 0.3, node_lat=np.array([dice.real(29.9, 30.1) for _ in range(n_nodes)]),
        county_zone=county_zone, county_province=county_zone % N_PROVINCES,
        zone_county=first, county_share=np.concatenate([np.arange(1, n + 1) / n for n in n_counties]),
        access_m=np.array([dice.whole(500, 20_000) for _ in county_zone], np.int32),
    ), np.array([one_of(dice, (3.0, 30.0, 4000.0)) for _ in ends])  # fmt: skip


def draw_gaps(dice: Dice, n_zones: int) -> Any:
    """Draw the longest stretch without a plug between each pair of zones, now and then one that no battery lasts for."""
    gap_m = [int(one_of(dice, (0.0, 0.0, 100.0, 400.0)) * 1000) for _ in range(n_zones * n_zones)]
    return np.array(gap_m, np.int32).reshape(n_zones, n_zones)


def routes(ends: Any, length_m: Any, zone_node: Any, n_nodes: int) -> Any:
    """Return next links of the shortest ways to each zone, by relaxation; ties go to the lower link."""
    next_link = np.full((len(zone_node), n_nodes), -1, np.int32)
    way_m = np.full((len(zone_node), n_nodes), 10**9)
    for zone, goal in enumerate(zone_node):
        way_m[zone, goal] = 0
        for _ in range(n_nodes):
            for link, (a, b) in enumerate(ends):
                if way_m[zone, b] + length_m[link] < way_m[zone, a]:
                    way_m[zone, a], next_link[zone, a] = way_m[zone, b] + length_m[link], link
    return next_link


def draw_workplaces(dice: Dice, given: Given) -> Workplaces:
    """Draw who has a plug at work, on which days, and a plan with gaps in it."""
    is_without = given.vehicles.access == 0
    if dice.whole(0, 1):
        given.vehicles.access[is_without & (given.classes.kind[given.vehicles.vehicle_class] == 0)] = 3
    plan = [[one_of(dice, (0, 0, dice.whole(1, 10**9))) for _ in range(24)] * GUIDED_DAYS for _ in given.roads.zone_node]
    running = np.cumsum(np.repeat(np.array(plan, np.int64), 4, axis=1), axis=1)
    is_open = np.array([dice.whole(0, 3) > 0 for _ in range(given.n_days)], np.uint8)
    return Workplaces(dice.real(0.0, 1.0), is_open, np.concatenate([np.zeros((len(running), 1), np.int64), running], axis=1))


def draw_guidance(dice: Dice, n_zones: int) -> Guidance:
    """Draw cheap hours, plans with gaps in them, hours of errands, and calls for power in some zones."""
    n_hours = 24 * GUIDED_DAYS
    is_cheap = np.array([[dice.whole(0, 2) == 0 for _ in range(24)] for _ in range(N_PROVINCES)])
    plan = [[one_of(dice, (0, 0, dice.whole(1, 10**9))) for _ in range(n_hours)] for _ in range(n_zones)]
    power_w = np.repeat(np.array(plan, np.int64), 4, axis=1)
    from_s = np.array([dice.whole(0, 80_000) for _ in range(n_zones)], np.int32)
    length_s = np.array([one_of(dice, (0, 900, 7200, 40_000)) for _ in range(n_zones)], np.int32)
    return Guidance(
        fill_w=np.concatenate([np.zeros((n_zones, 1), np.int64), np.cumsum(power_w, axis=1)], axis=1),
        cheap_s=next_cheap_s(is_cheap),
        errand_h=np.array([[dice.whole(0, 23) for _ in range(24)] for _ in range(N_PROVINCES)], np.int32),
        event_from_s=from_s,
        event_until_s=np.minimum(from_s + length_s, 86_400).astype(np.int32),
        bidirectional=np.array([[0.0, dice.real(0.0, 1.0), dice.real(0.0, 1.0), 0.0] for _ in range(n_zones)]),
    )


def draw_plug_limits(dice: Dice, pools: Pools) -> Any:
    """Draw the pools' power classes, and what voltage and current let through; the first class has no such limit."""
    pools.power_class[:] = [dice.whole(0, N_POWER_CLASSES - 1) for _ in pools.station]
    limit_w = np.full((len(MAKES), N_POWER_CLASSES), NO_LIMIT_W, np.int32)
    limit_w[:, 1:] = [[dice.whole(5_000, 500_000) for _ in range(1, N_POWER_CLASSES)] for _ in MAKES]
    return limit_w


def draw_fleet(dice: Dice, classes: VehicleClasses, roads: Roads, is_holiday: bool) -> Vehicles:
    """Draw vehicles of some makes only, so that queues form; some are away from home."""
    n_vehicles, n_counties = 40 if is_holiday else one_of(dice, (3, 15, 40)), len(roads.county_zone)
    makes = [0, 0, 5] if is_holiday else [dice.whole(0, len(MAKES) - 1) for _ in range(dice.whole(1, 4))]
    least_soc = one_of(dice, (0.0, 0.1, 0.6))
    vehicles = rows(Vehicles, n_vehicles)
    vehicles.home[:] = sorted(dice.whole(0, n_counties - 1) for _ in range(n_vehicles))
    vehicles.vehicle_class[:] = [one_of(dice, makes) for _ in range(n_vehicles)]
    vehicles.access[:] = [dice.whole(0, 2) if dice.whole(0, 2) == 0 else 0 for _ in range(n_vehicles)]
    vehicles.place[:], vehicles.back_day[:] = vehicles.home, 255
    for vehicle in range(0, n_vehicles, 7):
        vehicles.place[vehicle], vehicles.back_day[vehicle] = dice.whole(0, n_counties - 1), dice.whole(0, 2)
    soc = np.array([dice.real(least_soc, 1.0) for _ in range(n_vehicles)])
    vehicles.energy_ws[:] = (soc * classes.capacity_ws[vehicles.vehicle_class]).astype(np.uint32)
    return vehicles


def hours(dice: Dice, from_h: float, until_h: float, *shape: int) -> Any:
    """Return quantiles of a second of day between two hours, the same for each kind or group and day."""
    first_h = dice.real(from_h, until_h)
    last_h = min(first_h + one_of(dice, (0.2, 2.0, 8.0)), 23.99)
    return ramp(first_h * HOUR_S, last_h * HOUR_S, *shape)


def ramp(low: float, high: float, *shape: int) -> Any:
    return np.broadcast_to(np.linspace(low, high, N_KNOTS), (*shape, N_KNOTS)).copy()


def draw_local(dice: Dice, n_days: int) -> LocalTables:
    shape = (5, n_days)
    factor = [np.array([[dice.real(0.6, 1.6)] * n_days for _ in range(N_PROVINCES)]) for _ in range(2)]
    p_drive, most_km = one_of(dice, (0.0, 0.8, 1.0)), one_of(dice, (20.0, 150.0, 400.0))
    return LocalTables(
        np.full(shape, p_drive), ramp(0.0, most_km, *shape), hours(dice, 0, 20, *shape), hours(dice, 10, 23, *shape),
        hours(dice, 0, 23, *shape), factor[0], 1 / factor[1],
    )  # fmt: skip


def draw_trips(dice: Dice, n_days: int, n_zones: int, is_holiday: bool) -> TripTables:
    shape = (N_GROUPS, n_days)
    p_leave = 0.9 if is_holiday else one_of(dice, (0.0, 0.5)) if n_zones > 1 else 0.0
    cut = np.array([[dice.real(0.0, 1.0) for _ in range(n_zones)] for _ in range(n_zones)], np.float32)
    other = np.array(
        [[(zone + dice.whole(1, max(n_zones - 1, 1))) % n_zones for _ in range(n_zones)] for zone in range(n_zones)]
    )
    np.fill_diagonal(cut, 0.0)
    # Those who stay go elsewhere: the same columns, kept where the others are not.
    cuts, od_set = (
        np.array([cut, np.where(cut > 0.0, np.float32(1.0) - cut, np.float32(0.0))]),
        np.zeros((*shape, 2), np.uint8),
    )
    od_set[:, :, 1] = 1
    return TripTables(
        np.full((*shape, n_zones), p_leave), od_set, cuts, np.repeat(other[None].astype(np.int16), 2, axis=0),
        ramp(0.0, one_of(dice, (0.9, 2.5)), *shape), hours(dice, 0, 20, *shape), hours(dice, 5, 23, *shape),
    )  # fmt: skip


def draw_tours(dice: Dice, given: Given) -> Itineraries:
    """Draw chains of trips, some of them home, some due before the last has ended, some where nobody stays."""
    tours: list[tuple[int, int, int, int]] = []
    first = [0]
    longest_s = one_of(dice, (600, HOUR_S, 8 * HOUR_S))
    for home in given.vehicles.home:
        second = dice.whole(0, 10 * HOUR_S)
        for _ in range(dice.whole(0, 5)):
            goal = int(home) if dice.whole(0, 1) else dice.whole(0, len(given.roads.county_zone) - 1)
            tours.append((second, goal, dice.whole(0, 3) > 0, -1))
            second += dice.whole(1, longest_s)
        first.append(len(tours))
    depart_s, goal, is_stay, not_yet = np.array(tours, np.int32).reshape(-1, 4).T.copy()
    starts = np.array(first, np.int32)
    return Itineraries(
        starts, starts[:-1].copy(), depart_s, goal.astype(np.int16), is_stay.astype(np.uint8), not_yet, not_yet.copy()
    )


def copy_of(given: Given) -> Given:
    """Return a nation that may be used up: vehicles, speeds and itineraries of its own."""
    tours = Itineraries(*(column.copy() for column in given.itineraries))
    roads = given.roads._replace(speed_kmh=given.roads.speed_kmh.copy())
    vehicles = rows(Vehicles, len(given.vehicles.home))
    for column in columns(Vehicles):
        getattr(vehicles, column.name)[:] = getattr(given.vehicles, column.name)
    return given._replace(vehicles=vehicles, roads=roads, itineraries=tours)
