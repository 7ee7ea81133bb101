"""Coverage against slow truths and answers worked out by hand."""

from __future__ import annotations

import heapq
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.config import Config
from twin.metrics.coverage import coverage, coverage_metrics
from twin.metrics.coverage_maps import county_table, line_table, link_table
from twin.metrics.equity import gini, worst_mean
from twin.metrics.line_coverage import distance_ahead_m, longest_way_ahead_m, metres_within
from twin.metrics.points import disc_points, nearest_km, road_km
from twin.network import load_backbone, load_regions
from twin.stations import build_inventory
from twin.stations.trunk_roads import road_points
from twin.tables.inputs import Pools, Stations
from twin.tables.seeds import read


def walk_to_station(tail, head, reverse, length_m, has_station, link):
    """Dijkstra with a heap from the end of one link, said again slowly."""
    if has_station[link]:
        return 0.0
    done, heap = set(), [(0.0, link)]
    while heap:
        way, here = heapq.heappop(heap)
        if here in done:
            continue
        done.add(here)
        onward = [k for k in range(len(tail)) if tail[k] == head[here]]
        ahead = [k for k in onward if k != reverse[here]] or onward
        if here != link and has_station[here]:
            return way
        for k in ahead:
            heapq.heappush(heap, (way + length_m[k], k))
    return np.inf


@st.composite
def road_graphs(draw):
    n_nodes = draw(st.integers(2, 7))
    pairs = st.tuples(st.integers(0, n_nodes - 1), st.integers(0, n_nodes - 1)).filter(lambda p: p[0] != p[1])
    roads = draw(st.lists(st.tuples(pairs, st.integers(1, 90), st.booleans()), min_size=1, max_size=12))
    tail, head, reverse, length = [], [], [], []
    for (a, b), km, is_one_way in roads:
        k = len(tail)
        tail.append(a)
        head.append(b)
        length.append(1000.0 * km)
        reverse.append(-1 if is_one_way else k + 1)
        if not is_one_way:
            tail.append(b)
            head.append(a)
            length.append(1000.0 * km)
            reverse.append(k)
    has_station = draw(st.lists(st.booleans(), min_size=len(tail), max_size=len(tail)))
    ints = (np.array(column, np.int32) for column in (tail, head, reverse))
    return *ints, np.array(length), np.array(has_station)


@given(road_graphs())
@settings(max_examples=200)
def test_the_way_ahead_is_that_of_a_walk_from_every_link(graph):
    tail, head, reverse, length_m, has_station = graph
    fast = distance_ahead_m(tail, head, reverse, length_m, has_station)
    slow = [walk_to_station(tail, head, reverse, length_m, has_station, k) for k in range(len(tail))]
    assert fast.tolist() == slow


def test_a_line_by_hand():
    """Nodes 0..3 in a row, 40, 70 and 20 km apart; one station, eastbound, at node 2."""
    tail, head = np.array([0, 1, 1, 2, 2, 3], np.int32), np.array([1, 0, 2, 1, 3, 2], np.int32)
    reverse = np.array([1, 0, 3, 2, 5, 4], np.int32)
    length_m = np.array([40e3, 40e3, 70e3, 70e3, 20e3, 20e3])
    has_station = np.array([False, False, True, False, False, False])
    ahead_m = distance_ahead_m(tail, head, reverse, length_m, has_station)
    # Westbound traffic turns at node 0 and comes back; eastbound past node 2 turns at node 3.
    assert ahead_m.tolist() == [70e3, 110e3, 0.0, 150e3, 240e3, 220e3]
    assert metres_within(length_m, ahead_m, 50e3).tolist() == [0, 0, 50e3, 0, 0, 0]
    assert metres_within(length_m, ahead_m, 90e3).tolist() == [20e3, 0, 70e3, 0, 0, 0]
    longest_m = longest_way_ahead_m(length_m, ahead_m, np.array([0, 1, 0, 1, -1, -1]), 3)
    assert longest_m[:2].tolist() == [110e3, 220e3]
    assert np.isnan(longest_m[2])


def test_a_line_without_a_station_has_no_way_ahead():
    tail, head, reverse = (np.array(x, np.int32) for x in ([0, 1], [1, 0], [1, 0]))
    length_m = np.array([1e3, 1e3])
    ahead_m = distance_ahead_m(tail, head, reverse, length_m, np.array([False, False]))
    assert np.isinf(ahead_m).all()
    assert metres_within(length_m, ahead_m, 50e3).tolist() == [0, 0]
    assert np.isnan(longest_way_ahead_m(length_m, ahead_m, np.array([0, 0]), 1)).all()


places = st.lists(st.tuples(st.floats(74, 135), st.floats(18, 53)), min_size=1, max_size=12)


@given(places, places)
def test_the_nearest_station_is_that_of_all_pairs(people, stations):
    lon, lat = np.array(people).T
    station_lon, station_lat = np.array(stations).T
    a, b = np.radians(lat)[:, None], np.radians(station_lat)[None, :]
    step = np.radians(lon)[:, None] - np.radians(station_lon)[None, :]
    haversine = np.sin((a - b) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(step / 2) ** 2
    slow_km = 2 * 6371.0 * np.arcsin(np.sqrt(np.minimum(haversine, 1))).min(axis=1)
    assert np.allclose(nearest_km(lon, lat, station_lon, station_lat), slow_km, rtol=1e-7, atol=1e-4)


def test_nobody_is_near_where_there_is_no_station():
    none = np.empty(0)
    assert np.isinf(nearest_km(np.array([100.0]), np.array([30.0]), none, none)).all()


def test_people_fill_their_disc_evenly():
    centre = np.array([110.0]), np.array([35.0])
    disc, lon, lat = disc_points(*centre, np.array([10.0]), 400)
    assert (disc == 0).all()
    out_km = nearest_km(lon, lat, *centre)
    for radius_km in (2.5, 5.0, 7.5, 10.0):
        assert (out_km <= radius_km * 1.002).sum() == pytest.approx(400 * (radius_km / 10) ** 2, abs=2)
    assert abs(lon.mean() - 110.0) < 0.002
    assert abs(lat.mean() - 35.0) < 0.002


def small_world():
    """Two counties of two provinces, 5 degrees apart; one station at the first, one on the road, none at the second."""
    regions = SimpleNamespace(
        n_provinces=2,
        n_counties=2,
        province_code=np.array(["AA", "BB"], object),
        zone_province=np.array([0, 1]),
        county_province=np.array([0, 1]),
        county_urban_population=np.array([1e6, 5e5]),
        county_rural_population=np.array([3e5, 1e5]),
        county_population=np.array([1_300_000, 600_000]),
        county_zone=np.array([0, 1]),
        county_id=np.array(["1", "2"], object),
        county_names=np.array(["A", "B"], object),
        county_lon=np.array([105.0, 110.0]),
        county_lat=np.array([30.0, 30.0]),
        zone_id=np.array(["a", "b"], object),
        n_zones=2,
        zone_population=np.array([1_300_000, 600_000]),
        zone_urban_share=np.array([0.75, 0.9]),
        zone_car_share=np.array([0.5, 0.25]),
    )
    zero, one = np.zeros(2, np.int32), np.ones(2, np.int32)
    stations = Stations(
        zone=zero,
        county=zero,
        province=zero,
        layer=np.array([0, 1], np.uint8),
        site_type=np.array([0, 1], np.uint8),
        operator=zero.astype(np.uint8),
        lon=np.array([105.0, 107.0]),
        lat=np.array([30.0, 30.0]),
        link=np.array([-1, 0], np.int32),
        first_pool=np.array([0, 1], np.int32),
        n_pools=one,
        site_limit_w=one.astype(np.int64),
    )
    pools = Pools(
        station=np.array([0, 1], np.int32),
        first_evse=np.array([0, 20], np.int32),
        n_evse=np.array([20, 4], np.int32),
        rated_power_w=np.array([120_000, 480_000], np.int32),
        power_class=np.array([0, 1], np.uint8),
        is_ac=zero.astype(np.uint8),
        serves=one.astype(np.uint8),
        network=zero.astype(np.uint8),
        n_batteries=zero.astype(np.int32),
    )
    inventory = SimpleNamespace(
        stations=stations,
        pools=pools,
        is_high_power=np.array([0, 1], np.uint8),
        side=np.array([-1, 0]),
        n_townships=np.array([10, 5]),
        extent=SimpleNamespace(
            lon=np.array([105.0, 110.0]),
            lat=np.array([30.0, 30.0]),
            town_km=np.array([4.0, 3.0]),
            county_km=np.array([20.0, 20.0]),
        ),
    )
    inventory.trunk_road_points = lambda step_km: road_points(inventory.extent, step_km)
    network = SimpleNamespace(
        n_links=2,
        link_from=np.array([0, 1], np.int32),
        link_to=np.array([1, 0], np.int32),
        link_reverse=np.array([1, 0], np.int32),
        link_length_m=np.array([60_000, 60_000], np.int32),
        link_kind=np.zeros(2, np.uint8),
        link_line=np.zeros(2, np.int16),
        line_names=np.array(["G1"], object),
        node_lon=np.array([105.0, 105.6]),
        node_lat=np.array([30.0, 30.0]),
        node_names=np.array(["Westend", "Eastend"], object),
        node_province=np.array([0, 0], np.int32),
        site_province=np.array([0, 0], np.int32),
    )
    return inventory, regions, network


def test_a_small_world_by_hand():
    inventory, regions, network = small_world()
    rows = coverage_metrics(inventory, regions, network, np.array([4000, 1000]))
    found = {(row.metric, row.layer, row.province): row.value for row in rows}
    assert len(found) == len(rows)
    assert found["evse_per_1000_vehicles", "all", "all"] == pytest.approx(24 / 5)
    assert found["evse_per_1000_vehicles", "highway", "AA"] == pytest.approx(1.0)
    assert found["evse_per_1000_vehicles", "all", "BB"] == 0.0
    # Within 1, 2, 3 km of the centre of a disc of 4 km live (r/4)^2 of its people.
    for reach_km in (1, 2, 3):
        here = found[f"urban_population_within_{reach_km}_km", "urban", "AA"]
        assert here == pytest.approx((reach_km / 4) ** 2, abs=1 / 128)
        assert found[f"urban_population_within_{reach_km}_km", "urban", "all"] == pytest.approx(here * 1.0 / 1.5)
        assert found[f"urban_population_within_{reach_km}_km", "urban", "BB"] == 0.0
    # One station at the end of the eastbound 60 km; westbound it is the whole way back and out again.
    assert found["expressway_within_25_km_of_station", "highway", "all"] == pytest.approx(25 / 120)
    assert found["expressway_within_50_km_of_high_power", "highway", "AA"] == pytest.approx(50 / 120)
    assert found["longest_way_to_station", "highway", "AA"] == pytest.approx(120.0)
    assert np.isnan(found["longest_way_to_station", "highway", "BB"])
    assert np.isnan(found["expressway_within_25_km_of_station", "highway", "BB"])
    assert found["service_areas_with_station", "highway", "all"] == pytest.approx(0.5)
    assert found["counties_with_station", "rural", "all"] == pytest.approx(0.5)
    assert found["townships_with_station", "rural", "all"] == 0.0
    # The mean distance from the centre of a disc is two thirds of its radius.
    assert found["rural_distance", "rural", "AA"] == pytest.approx(20 * 2 / 3, rel=0.01)
    assert found["rural_distance", "rural", "BB"] == pytest.approx(481, rel=0.01)
    # 24 EVSEs for the first 1.3 M people of 1.9 M; the worst tenth has none.
    assert found["gini_of_evse", "all", "all"] == pytest.approx(1 - 1.3 / 1.9)
    assert found["evse_per_1000_people", "all", "all"] == pytest.approx(24 / 1900)
    assert found["evse_per_1000_people_in_worst_decile", "all", "all"] == 0.0
    # The only high power stands on the road: eastbound 50 of 60 km see it, westbound nobody within 50.
    assert found["expressway_eastbound_within_50_km_of_high_power", "highway", "all"] == pytest.approx(50 / 60)
    assert found["expressway_westbound_within_50_km_of_high_power", "highway", "all"] == 0.0
    assert np.isnan(found["expressway_northbound_within_50_km_of_high_power", "highway", "all"])
    assert found["main_corridors_within_50_km_of_high_power", "highway", "all"] == pytest.approx(50 / 120)
    assert found["expressway_within_80_km_of_megawatt", "highway", "all"] == 0.0
    assert np.isnan(found["longest_way_to_megawatt", "highway", "AA"])
    assert found["high_power_share_on_main_corridors", "highway", "all"] == 1.0
    assert found["counties_with_high_power", "rural", "all"] == 0.0
    # A road of 16 and one of 17 km leave the towns; the station in the middle of the first is at 1.3 times the distance.
    assert found["trunk_roads_within_25_km_of_dc_of_60_kw", "rural", "AA"] == pytest.approx(1.0)
    assert found["trunk_roads_within_25_km_of_dc_of_60_kw", "rural", "all"] == pytest.approx(16 / 33)
    assert found["trunk_roads_within_50_km_of_high_power", "rural", "all"] == 0.0
    assert found["n_trunk_road_stations", "rural", "all"] == 0.0


def test_commercial_spaces_of_a_small_world_by_hand():
    """Twenty urban EVSEs, 31.2 % of them on such spaces; a fifth of a space for every car, cars as the nation has them."""
    inventory, regions, network = small_world()
    rows = coverage_metrics(inventory, regions, network, np.array([4000, 1000]), share=0.5)
    found = {(row.metric, row.province): row.value for row in rows}
    zones = read("zones")
    cars = 366e6 / (zones["population"] * zones["car_share"]).sum() * regions.zone_population * regions.zone_car_share / 2
    assert found["commercial_spaces_with_charger", "AA"] == pytest.approx(0.312 * 20 / (0.2 * cars[0]))
    assert found["commercial_spaces_with_charger", "BB"] == 0.0
    assert found["ev_share_of_cars", "all"] == pytest.approx(5000 / cars.sum())
    assert found["cities_with_chargers_ahead_of_vehicles", "all"] == 0.0
    few = coverage_metrics(inventory, regions, network, np.array([31, 1]), share=0.5)
    ahead = {row.province: row.value for row in few if row.metric == "cities_with_chargers_ahead_of_vehicles"}
    assert ahead == {"all": 0.5, "AA": 1.0, "BB": 0.0}


def test_maps_of_a_small_world_by_hand():
    inventory, regions, network = small_world()
    measured = coverage(inventory, regions, network)
    counties = county_table(inventory, regions, measured.people)
    assert counties.n_evse.tolist() == [24, 0]
    assert counties.n_high_power.tolist() == [4, 0]
    assert counties.evse_per_1000_people.tolist() == pytest.approx([24 / 1300, 0.0])
    assert counties.urban_within_3_km[0] == pytest.approx(9 / 16, abs=1 / 128)
    assert np.isnan(counties.rural_road_distance_to_high_power_km).all()
    lines = line_table(network, measured.ways, {"G1": "First"})
    assert lines.direction.tolist() == ["eastbound", "westbound"]
    assert lines.name.tolist() == ["First", "First"]
    assert lines.length_km.tolist() == [60.0, 60.0]
    assert lines.longest_way_to_high_power_km.tolist() == [60.0, 120.0]
    assert lines.longest_way_to_high_power_from.tolist() == ["Westend", "Eastend"]
    assert np.isnan(lines.longest_way_to_megawatt_km).all()
    links = link_table(measured.ways)
    assert links.way_to_station_km.tolist() == [60.0, 120.0]


amounts = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=12)


@given(amounts)
def test_gini_is_the_mean_difference_between_two_people(counties):
    amount, people = np.array(counties, float).T
    each = amount / people
    pairs = (people[:, None] * people * np.abs(each[:, None] - each)).sum()
    if not amount.sum():
        assert np.isnan(gini(amount, people))
        return
    assert gini(amount, people) == pytest.approx(pairs / (2 * amount.sum() * people.sum()), abs=1e-12)


@given(amounts)
def test_the_worst_tenth_is_that_of_everyone_in_a_row(counties):
    amount, people = np.array(counties, float).T
    row = np.sort(np.repeat(amount / people, 10 * people.astype(int)))
    assert worst_mean(amount, people) == pytest.approx(row[: len(row) // 10].mean(), abs=1e-12)
    assert worst_mean(amount, people, 1.0) == pytest.approx(amount.sum() / people.sum(), abs=1e-12)


@given(road_graphs(), st.integers(0, 10**6))
@settings(max_examples=60)
def test_the_way_by_road_is_that_of_all_pairs(graph, number):
    """Every point over every node and link to every station, by Floyd and Warshall (up to four nodes: all are tried)."""
    tail, head, _, length_m, _ = graph
    n = min(int(max(tail.max(), head.max())) + 1, 4)
    keep = (tail < n) & (head < n)
    random = np.random.default_rng(number)
    node, point, station = (random.uniform((104, 30), (105, 31), (size, 2)) for size in (n, 5, 3))

    def street_km(a, b):
        return 1.3 * np.array([[nearest_km(*p[:, None], *q[:, None])[0] for q in b] for p in a])

    way = np.where(np.eye(n) > 0, 0.0, np.inf)
    np.minimum.at(way, (tail[keep], head[keep]), length_m[keep] / 1000.0)
    for k in range(n):
        way = np.minimum(way, way[:, k : k + 1] + way[k])
    over = street_km(point, node)[:, :, None] + (way + street_km(node, station).min(axis=1)).min(axis=1)[None, :, None]
    slow = np.minimum(street_km(point, station).min(axis=1), over.min(axis=(1, 2)))
    links = tail[keep], head[keep], length_m[keep] / 1000.0
    fast = road_km(*point.T, *station.T, *node.T, *links, 1.3)
    assert np.allclose(fast, slow, rtol=1e-6, atol=1e-4)


def test_the_nation_is_between_its_best_and_worst_province():
    regions = load_regions()
    network = load_backbone(regions)
    inventory = build_inventory(Config(), regions, network)
    rows = coverage_metrics(inventory, regions, network, regions.zone_nev)
    names = {(row.metric, row.layer) for row in rows}
    for metric, layer in sorted(names):
        if metric.startswith(
            ("gini", "evse_per_1000_people_in", "n_service", "n_trunk")
        ):  # a nation may be less even than any province
            continue
        mine = {row.province: row.value for row in rows if (row.metric, row.layer) == (metric, layer)}
        assert len(mine) == 32
        provinces = [value for code, value in mine.items() if code != "all"]
        assert np.nanmin(provinces) - 1e-12 <= mine["all"] <= np.nanmax(provinces) + 1e-12
        if metric.startswith(("urban_", "expressway_", "main_", "counties", "townships", "service")):
            assert np.nanmin(provinces) >= 0
            assert np.nanmax(provinces) <= 1 + 1e-12
