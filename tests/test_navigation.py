"""Routes follow the published speeds: who navigates goes round a jam, to the second; the trees are the fastest ways."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from tests.lived import live
from tests.nation import RULES, small_given, with_second_road
from tests.oracle import live_both
from tests.posed import PATIENT, cars, sessions, trips
from tests.posed import live as live_posed
from tests.small_nations import copy_of
from tests.small_roads import networks
from twin.behaviour import NOTICED_DELAY
from twin.config import Config
from twin.engine.given import roads_of
from twin.engine.navigation import build_navigation, reroute
from twin.engine.peers import Peers
from twin.engine.views import pick
from twin.engine.window import step
from twin.engine.world import build_world
from twin.network import Network, build_routes, link_times_ms, load_backbone, load_regions, sum_along
from twin.tables.columns import rows
from twin.tables.views import Links, Ways

WINDOW_S = 300
HIGH_SPEED_S, TOWN_S = 1800, 2160
"""Times on empty roads: 60 km at 120 km/h, and round it by 2 x 27 km at 90."""
FORK = {"from_node": [0, 0, 2], "to_node": [1, 2, 1], "length_km": [60.0, 27.0, 27.0], "speed_kmh": [120.0, 90.0, 90.0]}


def navigating(every_s: int = WINDOW_S, share: float = 1.0, **behaviour: Any) -> Config:
    """Return a configuration in which routes are renewed so often."""
    told = {"network": {"reroute_every_s": every_s}, "behaviour": PATIENT | {"navigation_share": share} | behaviour}
    return Config.model_validate(told)


def two_roads(depart_s: list[int], capacity_per_h: float, **columns: Any) -> tuple[Any, ...]:
    """Return full cars that drive from 0 to 1, by a straight road that jams or by a place 2 on a wide one."""
    nodes = {"lon": [110.0, 110.6, 110.3], "lat": [30.0, 30.0, 30.2]}
    links = FORK | {"capacity_per_h": [capacity_per_h, 1e9, 1e9]} | columns
    n = len(depart_s)
    tours = {"vehicle": np.arange(n), "origin": 0, "destination": 1, "depart_s": depart_s}
    stations = {"node": [2], "n_evse": [1], "rated_power_kw": [100.0]}
    return {"nodes": nodes, "links": links}, stations, cars(np.ones(n)), tours


def jam_s(free_s: float, flow_per_h: float, capacity_per_h: float) -> int:
    """Return the time on a link under a published flow (Bureau of Public Roads), no slower than 5 km/h, by hand."""
    return math.ceil(free_s * (1 + 0.15 * (flow_per_h / capacity_per_h) ** 4))


# Who navigates goes round a jam.


def test_a_jam_sends_those_who_come_later_round_and_lets_them_back_when_it_is_over() -> None:
    """100 cars in a window are 1,200 an hour, of which a quarter is published: twice the capacity, 3.4 times as long."""
    case = two_roads([0] * 100 + [WINDOW_S, WINDOW_S + 299, 9000], capacity_per_h=150.0)
    run = trips(live_posed(*case, navigating()))
    took_s = [row["end_s"] - row["begin_s"] for row in run]
    assert took_s[:100] == [HIGH_SPEED_S] * 100
    assert took_s[100:102] == [TOWN_S] * 2
    # The rest of the flow costs less than a second, and begun seconds count.
    assert took_s[102] == HIGH_SPEED_S + 1
    without = [row["end_s"] - row["begin_s"] for row in trips(live_posed(*case, navigating(0)))]
    assert without[:101] == [HIGH_SPEED_S] * 100 + [jam_s(HIGH_SPEED_S, 300.0, 150.0)]


def test_routes_are_renewed_at_their_hour_only() -> None:
    case = two_roads([0] * 100 + [WINDOW_S, 600], capacity_per_h=150.0)
    took_s = [row["end_s"] - row["begin_s"] for row in trips(live_posed(*case, navigating(600)))]
    assert took_s[100:] == [jam_s(HIGH_SPEED_S, 300.0, 150.0), TOWN_S]


def test_who_is_under_way_follows_the_new_route_from_the_next_node() -> None:
    """The first car is on its first link, 20 km or 600 s, while a jam builds up behind the next node."""
    nodes = {"lon": [110.0, 110.6, 110.3, 109.8], "lat": [30.0, 30.0, 30.2, 30.0]}
    links = {name: [first, *rest] for (name, rest), first in zip(FORK.items(), (3, 0, 20.0, 120.0), strict=True)}
    links["capacity_per_h"] = [1e9, 150.0, 1e9, 1e9]
    tours = {"vehicle": np.arange(101), "origin": [3] + [0] * 100, "destination": 1, "depart_s": 0}
    stations = {"node": [2], "n_evse": [1], "rated_power_kw": [100.0]}
    case = {"nodes": nodes, "links": links}, stations, cars(np.ones(101)), tours
    assert trips(live_posed(*case, navigating()))[0]["end_s"] == 600 + TOWN_S
    # 600 s later the flow has been forgotten by a quarter.
    assert trips(live_posed(*case, navigating(0)))[0]["end_s"] == 600 + jam_s(HIGH_SPEED_S, 225.0, 150.0)


@pytest.mark.parametrize(("every_s", "where", "arrival_s"), [(WINDOW_S, 1, 600 + 1080), (0, 0, 600 + 1152)])
def test_who_meant_to_charge_on_the_road_left_looks_again(every_s: int, where: int, arrival_s: int) -> None:
    """Half-way along either road stands a station; one of 20 kWh needs a charge for 80 km and finds that of its new road."""
    nodes = {"lon": [110.0, 110.6, 110.3, 109.8, 110.3], "lat": [30.0, 30.0, 30.2, 30.0, 30.0]}
    links = {
        "from_node": [3, 0, 4, 0, 2], "to_node": [0, 4, 1, 2, 1], "length_km": [20.0, 30.0, 30.0, 27.0, 27.0],
        "speed_kmh": [120.0, 120.0, 120.0, 90.0, 90.0], "capacity_per_h": [1e9, 225.0, 225.0, 1e9, 1e9],
    }  # fmt: skip
    tours = {"vehicle": np.arange(151), "origin": [3] + [0] * 150, "destination": 1, "depart_s": 0}
    stations = {"node": [4, 2], "n_evse": 1, "rated_power_kw": 100.0}
    soc = np.array([14 / 60] + [1.0] * 150)
    case = {"nodes": nodes, "links": links}, stations, cars(soc), tours
    (visit,) = sessions(live_posed(*case, navigating(every_s, reserve_soc=0.05)))
    told = visit["vehicle"], visit["station"], visit["arrival_s"]
    # 150 cars are 450 an hour when published, and 337.5 when it comes to the fork: 1.5 times the capacity.
    jammed_s = jam_s(900.0, 337.5, 225.0) if every_s == 0 else 1080
    assert told == (0, where, 600 + jammed_s)


@pytest.mark.parametrize("n_cars", [120, 240])
@pytest.mark.parametrize("gap_s", [5, 20])
def test_in_a_jam_all_together_are_sooner_there_with_new_routes(n_cars: int, gap_s: int) -> None:
    case = two_roads([gap_s * car for car in range(n_cars)], capacity_per_h=120.0)
    spent_s = {
        share: sum(row["end_s"] - row["begin_s"] for row in trips(live_posed(*case, navigating(share=share))))
        for share in (0.0, 0.5, 1.0)
    }
    assert spent_s[1.0] <= spent_s[0.5] <= spent_s[0.0]
    assert spent_s[0.0] > n_cars * HIGH_SPEED_S


@pytest.mark.parametrize("has_stop", [False, True])
@pytest.mark.parametrize("every_s", [WINDOW_S, 0])
def test_who_has_to_go_a_longer_way_round_looks_again(has_stop: bool, every_s: int) -> None:
    """With 17 of 60 kWh at the fork it is 60 km to the end, or to the planned stop, and 88 km round: 17.6 kWh.

    The battery never gets so low that a driver looks again for that: at the station of the way round there are 8.2 kWh left,
    above 2.5 reserves of 3 kWh.
    """
    end = 5 if has_stop else 1
    nodes = {"lon": [110.0, 110.6, 110.3, 109.8, 110.3, 111.2], "lat": [30.0, 30.0, 30.2, 30.0, 30.0, 30.0]}
    links = {
        "from_node": [3, 0, 4, 0, 2, 1], "to_node": [0, 4, 1, 2, 1, 5], "length_km": [20.0, 30.0, 30.0, 44.0, 44.0, 60.0],
        "speed_kmh": 120.0, "capacity_per_h": [1e9, 225.0, 225.0, 1e9, 1e9, 1e9],
    }  # fmt: skip
    tours = {"vehicle": np.arange(201), "origin": [3] + [0] * 200, "destination": [end] + [1] * 200, "depart_s": 0}
    stations = {"node": [1, 2], "n_evse": 1, "rated_power_kw": 100.0}
    soc = np.array([21 / 60] + [1.0] * 200)
    run = live_posed({"nodes": nodes, "links": links}, stations, cars(soc), tours, navigating(every_s, reserve_soc=0.05))
    where = [visit["station"] for visit in sessions(run)]
    assert where == ([1] if every_s else [0] if has_stop else [])
    assert not run.table("stranded").num_rows


# Where speeds do not change, nothing does.


def test_on_empty_roads_no_byte_changes() -> None:
    nation = small_given(n_vehicles=400, n_zones=4, n_days=1)
    nation = with_second_road(nation, capacity_per_h=1e9)
    told = [nation._replace(rules=nation.rules._replace(reroute_every_s=s, navigation_share=1.0)) for s in (0, 300)]
    with_routes = live(copy_of(told[1]))
    assert with_routes.digest() == live(copy_of(told[0])).digest()
    assert with_routes.world.outlooks[0].n_rerouted[0] == 0


def test_without_a_choice_of_road_no_byte_changes() -> None:
    """On a line the routes are renewed and stay the same: nobody loses a stop, nobody looks again."""
    nation = small_given(n_vehicles=400, n_zones=4, n_days=1, soc=0.4, p_leave=0.8)
    nation = nation._replace(link_capacity_per_h=np.full(len(nation.roads.link_to), 10.0))
    told = [nation._replace(rules=nation.rules._replace(reroute_every_s=s, navigation_share=1.0)) for s in (0, 300)]
    with_routes = live(copy_of(told[1]))
    assert with_routes.digest() == live(copy_of(told[0])).digest()
    assert with_routes.world.outlooks[0].n_rerouted[0] > 10


def jammed_nation(n_vehicles: int = 500) -> Any:
    """Return a nation on two roads, of which the shorter jams, and has all the service areas."""
    rules = {"reroute_every_s": 900, "navigation_share": 0.7, "prepared_share": 0.0, "trip_target_soc": 0.6}
    nation = small_given(n_vehicles, n_zones=5, n_days=1, n_evse=2, soc=0.3, p_leave=1.0, link_km=140.0, **rules)
    return with_second_road(nation, capacity_per_h=n_vehicles / 25)


def test_workers_change_no_byte_of_a_run_with_new_routes() -> None:
    digests = {live(jammed_nation(), n_workers).digest() for n_workers in (1, 2, 3)}
    assert len(digests) == 1


def test_a_jammed_nation_agrees_with_the_reference() -> None:
    happened = live_both(jammed_nation(60))
    assert happened["rerouted"] > 10
    assert happened["stop lost"] > 0


# The trees are the fastest ways.


def roads_alone(network: Network, roads: Any, speed_kmh: Any) -> Any:
    """Return as much of a world as has roads, with the speeds as published."""
    rules = RULES._replace(reroute_every_s=3600, navigation_share=1.0)
    told = SimpleNamespace(rules=rules, roads=roads, link_free_speed_kmh=network.link_free_speed_kmh)
    links = rows(Links, network.n_links)
    links.speed_kmh[:] = speed_kmh
    ways = pick(Ways, None, **{name: np.tile(getattr(roads, name).ravel(), 2) for name in ("way_m", "drag", "truck_drag")})
    outlook = SimpleNamespace(next_link=np.tile(roads.next_link, (2, 1)), n_rerouted=np.zeros(1, np.int32), ways=ways)
    return SimpleNamespace(
        given=told, navigation=build_navigation(told), links=links, outlooks=[outlook], n_workers=1, peers=Peers(),
        each=lambda work, shards: [work(shard) for shard in shards],
    )  # fmt: skip


def plain_roads(network: Network) -> Any:
    """Return the roads' table of a network without places."""
    routes, nothing = build_routes(network), np.zeros(network.n_zones, np.int32)
    length_m, kmh = network.link_length_m.astype(np.int64), network.link_free_speed_kmh
    truck_kmh = np.minimum(kmh, RULES.truck_speed_kmh)
    drags = [np.rint(length_m * v * v).astype(np.int64) for v in (kmh, truck_kmh)]
    return SimpleNamespace(
        link_from=network.link_from, link_to=network.link_to, length_m=length_m.astype(np.int32), free_kmh=kmh,
        free_ms=link_times_ms(network), next_link=routes.next_link, zone_node=network.zone_node, county_zone=nothing,
        way_m=sum_along(routes, network, length_m).astype(np.int32),
        drag=sum_along(routes, network, drags[0]).astype(np.float32),
        truck_drag=sum_along(routes, network, drags[1]).astype(np.float32),
    )  # fmt: skip


@given(networks(), st.data())
def test_renewed_trees_are_those_grown_at_the_speeds_from_the_start(network: Network, data: st.DataObject) -> None:
    """Whole halves of the free speed double the times exactly, so both ways to reckon give the same milliseconds."""
    slower = data.draw(st.lists(st.sampled_from([1, 2, 4]), min_size=network.n_links, max_size=network.n_links))
    speed_kmh = network.link_free_speed_kmh / np.array(slower)
    world = roads_alone(network, plain_roads(network), speed_kmh)
    reroute(world)
    slow = build_routes(network, speed_kmh)
    n, outlook = network.n_zones, world.outlooks[0]
    assert np.array_equal(outlook.next_link[n:], slow.next_link)
    assert np.array_equal(outlook.next_link[:n], build_routes(network).next_link)
    assert np.array_equal(outlook.ways.way_m.reshape(2, n, -1)[1], sum_along(slow, network, network.link_length_m))
    drag = np.rint(network.link_length_m * network.link_free_speed_kmh**2).astype(np.int64)
    assert np.array_equal(outlook.ways.drag.reshape(2, n, -1)[1], sum_along(slow, network, drag).astype(np.float32))
    assert outlook.n_rerouted[0] == (max(slower) > 1)


def test_on_the_backbone_they_are_the_fastest_ways_at_the_new_speeds() -> None:
    """Every way of 25 zones, against scipy, after three rounds of jams that grow and fade."""
    regions = load_regions()
    network = load_backbone(regions)
    luck, roads = np.random.default_rng(11), roads_of(network, build_routes(network), regions, RULES.truck_speed_kmh)
    world = roads_alone(network, roads, network.link_free_speed_kmh)
    for share in (0.3, 0.6, 0.1):
        slower = np.where(luck.uniform(size=network.n_links) < share, luck.uniform(0.2, 1.0, network.n_links), 1.0)
        world.links.speed_kmh[:] = network.link_free_speed_kmh * slower
        reroute(world)
        time_ms = world.navigation.time_ms
        told_ms = np.maximum(np.rint(roads.free_ms / slower), 1)
        assert (np.abs(time_ms - told_ms) * NOTICED_DELAY <= time_ms).all()
        shortest_ms = distances(network, time_ms, network.zone_node[:25])
        for zone in range(25):
            next_link = world.outlooks[0].next_link[network.n_zones + zone]
            assert np.array_equal(walked_ms(network, next_link, time_ms), shortest_ms[zone])
    assert world.outlooks[0].n_rerouted[0] == 3


def distances(network: Network, time_ms: Any, roots: Any) -> Any:
    """Return the shortest times from every node to some roots; of links side by side only the fastest counts."""
    order = np.lexsort((time_ms, network.link_to, network.link_from))
    ends = np.stack([network.link_to, network.link_from])[:, order]
    is_first = np.concatenate([[True], (np.diff(ends, axis=1) != 0).any(axis=0)])
    shape = (network.n_nodes, network.n_nodes)
    return dijkstra(csr_matrix((time_ms[order][is_first].astype(float), ends[:, is_first]), shape), indices=roots)


def walked_ms(network: Network, next_link: Any, time_ms: Any) -> Any:
    """Return the time along a tree from every node, walking all of them at once."""
    at, total = np.arange(network.n_nodes), np.zeros(network.n_nodes)
    while (next_link[at] >= 0).any():
        link = next_link[at]
        total += np.where(link >= 0, time_ms[link], 0)
        at = np.where(link >= 0, network.link_to[link], at)
    return total


def test_times_are_taken_over_only_when_they_differ_by_much() -> None:
    world = build_world(small_given(n_vehicles=40, n_zones=4, n_days=1, reroute_every_s=300, navigation_share=1.0), 1)
    navigation = world.navigation
    assert navigation is not None
    world.links.speed_kmh[:] = navigation.free_kmh * 20 / 20.9
    reroute(world)
    assert np.array_equal(navigation.time_ms, navigation.free_ms)
    world.links.speed_kmh[:] = navigation.free_kmh * 20 / 21.5
    reroute(world)
    assert (navigation.time_ms > navigation.free_ms).all()
    step(world, 0)
