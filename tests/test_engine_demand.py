"""Who sets out, and where drivers go to charge: each mechanism moves what it should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.lived import live
from tests.nation import small_given
from twin.engine.gaps import NO_WAY_M, longest_gaps, with_gaps
from twin.engine.given import access_ways, towns_passed
from twin.engine.world import Given
from twin.fleet.extent import MEAN_ACCESS_KM
from twin.network.backbone import load_backbone
from twin.network.regions import load_regions

CAR, HYBRID, TRUCK = range(3)


def counts_of(given: Given) -> Any:
    return live(given).totals.counts


def far(**more: Any) -> Given:
    """Return a nation whose trips are long: four towns at 150 km, so that some cars have to stop on the way."""
    return small_given(n_vehicles=600, n_zones=4, link_km=150.0, **more)


def test_the_way_to_the_road_is_that_of_the_trip_lengths() -> None:
    regions = load_regions()
    network = load_backbone(regions)
    way_m = access_ways(network, regions)
    assert way_m.min() == 4000
    assert np.average(way_m, weights=regions.county_population) / 1e3 == pytest.approx(MEAN_ACCESS_KM, abs=0.5)
    towns = towns_passed(network, regions)
    zone = regions.county_zone[towns[network.zone_node]]
    assert np.mean(zone == np.arange(regions.n_zones)) > 0.9


def test_gaps_are_the_longest_stretch_between_plugs() -> None:
    """Four nodes on a line, zones at both ends; a plug at the end of the second link eastwards."""
    next_link = np.array([[-1, 3, 4, 5], [0, 1, 2, -1]], np.int32)
    link_to = np.array([1, 2, 3, 0, 1, 2], np.int32)
    length_m = np.array([10, 20, 40, 10, 20, 40], np.int32)
    detour_m = np.array([-1, 0, -1, -1, -1, -1], np.int32)
    gap_m = np.zeros((2, 2), np.int32)
    longest_gaps(next_link, link_to, length_m, np.array([0, 3], np.int32), detour_m, gap_m)
    assert gap_m.tolist() == [[0, 70], [40, 0]]
    detour_m[1] = 5
    longest_gaps(next_link, link_to, length_m, np.array([0, 3], np.int32), detour_m, gap_m)
    assert gap_m.tolist() == [[0, 70], [45, 0]]
    next_link[1, 2] = -1
    longest_gaps(next_link, link_to, length_m, np.array([0, 3], np.int32), detour_m, gap_m)
    assert gap_m[1, 0] == NO_WAY_M


def test_gaps_of_a_nation_are_those_of_its_plugs() -> None:
    """A service area half-way each way, with plugs for both kinds, and a town at each end."""
    given = small_given(n_zones=3, link_km=60.0)
    roads = with_gaps(given.roads, given.stations, given.pools, given.link_pools, given.markets)
    assert [roads.gap_m[a, b] for a, b in ((0, 1), (1, 0), (1, 2), (2, 1))] == [30_000] * 4
    assert 30_000 + 500 + 0.01 * 1.3 * 96_000 < roads.gap_m[0, 2] < 30_000 + 500 + 0.01 * 1.3 * 97_000
    bare = given.link_pools._replace(first=np.zeros_like(given.link_pools.first), pool=given.link_pools.pool[:0])
    roads = with_gaps(given.roads, given.stations, given.pools, bare, given.markets)
    assert roads.truck_gap_m[2, 1] == 60_000
    assert 60_500 + 0.03 * 1.3 * 96_000 < roads.truck_gap_m[2, 0] < 60_500 + 0.03 * 1.3 * 97_000
    roads = with_gaps(
        given.roads._replace(node_county=np.full(5, -1, np.int32)), given.stations, given.pools, bare, given.markets
    )
    assert roads.gap_m[0].tolist() == [0, 60_000, 120_000]


def test_nobody_leaves_for_where_the_battery_does_not_last() -> None:
    given = far()
    given.roads.gap_m[:], given.roads.truck_gap_m[:] = NO_WAY_M, NO_WAY_M
    lived = live(given)
    routed = lived.visits.vehicle_class[lived.visits.is_routed == 1]
    assert lived.totals.counts["n_trips_not_made"] > 0
    assert routed.size == 0, "only hybrids leave, and they do not charge on the way"
    assert 0 < lived.totals.counts["n_trips_begun"] < counts_of(far())["n_trips_begun"]


def test_gaps_of_trucks_are_the_trucks_own() -> None:
    free, closed = far(), far()
    closed.roads.truck_gap_m[:] = NO_WAY_M
    one, other = live(free), live(closed)
    assert other.totals.counts["truck_trip_km"] == 0
    assert other.totals.counts["trip_km"] > 0.5 * (one.totals.counts["trip_km"] - one.totals.counts["truck_trip_km"])


def test_each_stop_deters_car_drivers_and_nobody_else() -> None:
    bold, half, timid = (live(far(stop_acceptance=share)) for share in (1.0, 0.5, 0.0))
    made = [lived.totals.counts["n_trips_begun"] for lived in (bold, half, timid)]
    assert made[0] > made[1] > made[2] > 0
    assert bold.totals.counts["n_trips_not_made"] == 0 < half.totals.counts["n_trips_not_made"]
    assert timid.totals.counts["truck_trip_km"] >= 0.9 * bold.totals.counts["truck_trip_km"] > 0
    near = counts_of(small_given(n_vehicles=600, n_zones=2, link_km=40.0, stop_acceptance=0.0))
    assert near["n_trips_not_made"] == 0


def test_who_stops_on_the_way_stays_to_the_fast_target() -> None:
    lived = live(far(busy_session_cap_s=86_400, n_evse=200))
    served = (lived.visits.outcome == 0) & (lived.visits.is_routed == 1)
    assert served.sum() > 20
    done = lived.visits.end_s[served] < 2 * 86_400 - 300
    assert lived.visits.soc_out[served][done].min() >= 0.8 - 1e-3


def test_nobody_strands_on_the_way_to_a_pool_in_town() -> None:
    """Far pools look better where the near one is full, but a low battery does not reach them."""
    given = small_given(n_vehicles=600, n_zones=2, p_leave=0.0, soc=0.2, n_evse=1, trigger_mean_soc=0.6)
    given.stations.lon[given.stations.lon % 0.6 < 0.02] += 0.5
    lived = live(given)
    assert lived.totals.counts["n_errands_begun"] > 100
    assert lived.totals.counts["n_stranded"] == 0


def test_a_queue_at_a_service_area_sends_drivers_into_town() -> None:
    """The town of the middle zone lies at the exit of the first service area, and on a map without towns nowhere."""

    def routed_in_town(node_county: int) -> int:
        given = small_given(n_vehicles=1500, n_zones=3, link_km=150.0, n_evse=2, patience_s=1e6, p_leave=0.8, top_up_soc=0.0)
        given.stations.lon[given.stations.zone == 1] = given.roads.node_lon[1] + 0.02
        given.roads.node_county[:] = -1
        given.roads.node_county[1] = node_county
        lived = live(given)
        in_town = (given.stations.layer == 0) & (given.stations.zone == 1)
        on_the_way = (lived.visits.is_routed == 1) & (lived.visits.vehicle_class == CAR)
        return int(np.sum(in_town[lived.visits.station] & on_the_way))

    assert routed_in_town(1) > 1.1 * routed_in_town(-1)
