"""One vehicle, one road: seconds, metres and watt-seconds by hand.

A town lies at each end of a road; between neighbours, half-way, a service area each way. Access to the road is 5,000 m
at 8 m/s (625 s), a pool at a service area lies 300 m off it (38 s), links are driven at 100 km/h, lorries at 80 km/h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.lived import Lived, live
from tests.nation import KWH, small_given, ways_along
from twin.engine.window import step
from twin.engine.world import Given, World, build_world
from twin.tables.state import (
    AT_REST,
    FREE,
    OUT,
    STRANDED,
    SUM_DRIVEN_WS,
    SUM_FUEL_WS,
    SUM_RESCUE_WS,
    SUM_RESCUED_TRIPS,
    SUM_TRIP_M,
    SUM_TRIPS_BEGUN,
    SUM_TRIPS_ENDED,
    SUM_TRUCK_TRIP_M,
)

CAR, HYBRID, TRUCK = range(3)
LEAVES_S, ACCESS_S, ACCESS_M, LOT_S, LOT_M = 36_000, 625, 5000, 38, 300
TURNAROUND_S = 7200
NOBODY_COMES_S = 1_000_000
COLD = 1.25
CITY_WS_PER_M = np.array([0.13, 0.14, 1.3]) * 3600
ROAD_WS_PER_M = np.array([0.10 + 0.06, 0.11 + 0.06, 0.9 + 0.256]) * 3600
"""Rolling and drag at 100 km/h, the lorry's at 80."""


def traveller(
    row: int, energy_ws: int, n_zones: int = 2, link_km: float = 60.0, nights: float = 0.0, factor: float = 1.0,
    capacity_kwh: int | None = None, **more: Any,
) -> Given:  # fmt: skip
    """Return a nation of one vehicle, which leaves the first town at 10:00 for the last and turns round on arrival.

    It sets out with the battery it has: no plug at home, no charge on the eve.
    """
    careless = {"top_up_soc": 0.0, "prepared_share": 0.0, "trip_target_soc": 0.0, "taste_cny": 0.0}
    given = small_given(n_vehicles=1, n_zones=n_zones, n_days=1, p_leave=1.0, link_km=link_km, **careless, **more)
    given.vehicles.vehicle_class[:], given.vehicles.energy_ws[:] = row, energy_ws
    given.vehicles.access[:] = 0
    given.trips.alias_cut[:], given.trips.alias_zone[:] = 0.0, n_zones - 1
    given.trips.depart_quantile[:], given.trips.return_quantile[:] = LEAVES_S, 0.0
    given.trips.stay_quantile[:] = nights
    given.local.consumption_factor[:] = factor
    if capacity_kwh:
        given.classes.capacity_ws[row] = capacity_kwh * KWH
    # Roads so wide that one vehicle does not slow itself.
    return given._replace(link_capacity_per_h=np.full(len(given.roads.link_to), 1e12))


def without_stations(given: Given) -> Given:
    nothing = np.zeros_like(given.link_pools.first)
    return given._replace(link_pools=given.link_pools._replace(first=nothing))


def until(given: Given, second: int) -> World:
    """Live the windows that begin before a second."""
    world = build_world(given, 1)
    for window in range(-(-second // given.rules.window_s)):
        step(world, window)
    return world


def town_ws(row: int, way_m: int, factor: float = 1.0) -> int:
    return int(way_m * CITY_WS_PER_M[row] * factor)


def link_ws(row: int, link_m: int, factor: float = 1.0) -> int:
    return int(link_m * (ROAD_WS_PER_M[row] * factor))


@pytest.mark.parametrize("factor", [1.0, COLD])
def test_a_trip_to_the_second_and_the_watt_second(factor):
    """Access, two links of 30 km at 1,080 s, access: 3,410 s. The way back begins two hours later."""
    start_ws = 45 * KWH
    arrives_s = LEAVES_S + 2 * ACCESS_S + 2 * 1080
    world = until(traveller(CAR, start_ws, factor=factor), arrives_s + 1)
    assert int(world.wake_s[0]) == arrives_s + TURNAROUND_S
    used_ws = 2 * town_ws(CAR, ACCESS_M, factor) + 2 * link_ws(CAR, 30_000, factor)
    assert int(world.active.energy_ws[0]) == start_ws - used_ws
    assert int(world.sums[SUM_DRIVEN_WS]) == used_ws
    assert (int(world.sums[SUM_TRIPS_BEGUN]), int(world.sums[SUM_TRIPS_ENDED])) == (2, 1)
    assert (int(world.active.place[0]), int(world.active.goal[0])) == (1, 0)


def test_who_stays_for_the_night_rests_where_it_is():
    world = until(traveller(CAR, 45 * KWH, nights=1.0), 50_000)
    vehicles = world.given.vehicles
    assert (int(vehicles.state[0]), int(vehicles.place[0]), int(vehicles.back_day[0])) == (AT_REST, 1, 1)
    assert int(world.active.phase[0]) == FREE
    assert int(vehicles.energy_ws[0]) == 45 * KWH - 2 * town_ws(CAR, ACCESS_M) - 2 * link_ws(CAR, 30_000)


def test_a_vehicle_is_under_way_until_the_second_it_arrives():
    """10:00 plus 3,410 s falls into the window of 39,300 s: out before it, at rest after it."""
    given = traveller(CAR, 45 * KWH, nights=1.0)
    assert int(until(given, 39_300).given.vehicles.state[0]) == OUT
    assert int(until(traveller(CAR, 45 * KWH, nights=1.0), 39_600).given.vehicles.state[0]) == AT_REST


def first_visit(lived: Lived) -> dict[str, Any]:
    return {name: column[0] for name, column in zip(lived.visits._fields, lived.visits, strict=True)}


def test_a_stop_on_the_way_by_hand():
    """With 11.1 kWh the car stops half-way, arrives there to the second, and leaves in the window after its session."""
    start_ws = 40_000_000
    given = traveller(CAR, start_ws, nights=1.0)
    visit = first_visit(live(given))
    at_plug_ws = start_ws - town_ws(CAR, ACCESS_M) - link_ws(CAR, 30_000) - town_ws(CAR, LOT_M)
    assert visit["arrival_s"] == visit["plug_in_s"] == LEAVES_S + ACCESS_S + 1080 + LOT_S
    assert given.stations.link[visit["station"]] == 0
    assert visit["soc_in"] == np.float32(at_plug_ws / (50 * KWH))
    leaves_s = (int(visit["end_s"]) // 300 + 1) * 300
    arrives_s = leaves_s + LOT_S + 1080 + ACCESS_S
    used_ws = town_ws(CAR, LOT_M) + link_ws(CAR, 30_000) + town_ws(CAR, ACCESS_M)
    after = until(traveller(CAR, start_ws), arrives_s + 1)
    assert int(after.wake_s[0]) == arrives_s + TURNAROUND_S
    assert int(after.active.energy_ws[0]) == at_plug_ws + int(visit["energy_ws"]) - used_ws
    assert int(after.active.energy_ws[0]) >= 0.1 * 50 * KWH


def test_an_empty_battery_strands_at_the_metre_and_the_second():
    """150 MWs less 2.34 for the access give 147.66; 300 km at 576 Ws/m want 172.8: 256,354 m in 9,228 s of 10,800 s."""
    given = without_stations(traveller(CAR, 150_000_000, link_km=600.0, rescue_s=NOBODY_COMES_S))
    lived = live(given)
    stranded_s = LEAVES_S + ACCESS_S + 9228
    assert [column.tolist() for column in lived.stranded] == [[0], [stranded_s], [0], [stranded_s + NOBODY_COMES_S]]
    assert int(lived.world.sums[SUM_TRIP_M]) == ACCESS_M + 256_354
    assert int(lived.world.sums[SUM_DRIVEN_WS]) == 150_000_000
    assert (int(lived.world.active.phase[0]), int(lived.world.active.energy_ws[0])) == (STRANDED, 0)
    assert (lived.totals.counts["n_stranded"], lived.totals.counts["n_trips_under_way"]) == (1, 0)
    assert all(law.holds for law in lived.totals.laws)


def test_a_watt_second_decides_whether_it_gets_there():
    """The last access leg takes 2.34 MWs: with exactly that left it arrives with nothing, with one less it strands."""
    enough_ws = 2 * town_ws(CAR, ACCESS_M) + 2 * link_ws(CAR, 100_000)
    for start_ws, phase in ((enough_ws, FREE), (enough_ws - 1, STRANDED)):
        trip = {"link_km": 200.0, "nights": 1.0, "capacity_kwh": 40, "rescue_s": NOBODY_COMES_S}
        active = live(without_stations(traveller(CAR, start_ws, **trip))).world.active
        assert (int(active.phase[0]), int(active.energy_ws[0])) == (phase, 0)


def test_who_strands_on_the_road_is_towed_to_the_end_of_the_link_and_drives_on():
    """9,228 s on the first link, 1.5 h later at its end with 63 MWs, which last for 109,375 m, 3,937 s, of the next."""
    given = without_stations(traveller(CAR, 150_000_000, link_km=600.0, rescue_s=5400, rescue_soc=0.35))
    lived = live(given)
    first_s = LEAVES_S + ACCESS_S + 9228
    assert lived.stranded.second.tolist()[:2] == [first_s, first_s + 5400 + 3937]
    assert lived.stranded.link.tolist()[:2] == [0, 1]
    assert (lived.stranded.rescued_s == lived.stranded.second + 5400).all()


def test_who_strands_on_the_last_metres_is_towed_to_the_destination():
    """One watt-second short of the access: there two hours later, with what the tow truck gave."""
    start_ws = 2 * town_ws(CAR, ACCESS_M) + 2 * link_ws(CAR, 30_000) - 1
    given = without_stations(traveller(CAR, start_ws, nights=1.0, rescue_soc=0.3))
    world = until(given, LEAVES_S + 2 * ACCESS_S + 2 * 1080 + 7200 + 1)
    vehicles = world.given.vehicles
    assert (int(vehicles.state[0]), int(vehicles.place[0])) == (AT_REST, 1)
    assert int(vehicles.energy_ws[0]) == int(world.sums[SUM_RESCUE_WS]) == int(0.3 * 50 * KWH)
    assert (int(world.sums[SUM_TRIPS_ENDED]), int(world.sums[SUM_RESCUED_TRIPS])) == (1, 1)


def test_a_quicker_tow_truck_brings_more_trips_to_their_end():
    """Roads on which most strand: the later the tow truck, the fewer arrive."""
    ended = []
    for rescue_s in (900, 14_400, NOBODY_COMES_S):
        nation = small_given(n_vehicles=300, n_days=1, link_km=300.0, p_leave=0.8, soc=0.5, rescue_s=rescue_s)
        lived = live(without_stations(nation))
        assert lived.totals.counts["n_stranded"] > 50
        assert all(law.holds for law in lived.totals.laws)
        ended.append(lived.totals.counts["n_trips_ended"])
    assert ended[0] > ended[1] > ended[2]


def test_a_hybrid_goes_on_with_fuel():
    given = without_stations(traveller(HYBRID, 5_000_000, nights=1.0))
    lived = live(given)
    needs_ws = 2 * town_ws(HYBRID, ACCESS_M) + 2 * link_ws(HYBRID, 30_000)
    assert int(lived.world.sums[SUM_DRIVEN_WS]) == 5_000_000
    assert int(lived.world.sums[SUM_FUEL_WS]) == needs_ws - 5_000_000
    assert (int(given.vehicles.state[0]), int(given.vehicles.place[0])) == (AT_REST, 1)
    assert len(lived.stranded.vehicle) == 0


@pytest.mark.parametrize(("n_zones", "n_rests"), [(6, 0), (7, 1), (12, 2)])
def test_a_lorry_driver_rests_twenty_minutes_before_four_hours_are_over(n_zones, n_rests):
    """Links of 30 km take 1,350 s: ten of them fit into four hours, so there is a rest before the 11th and the 21st."""
    n_links = 2 * (n_zones - 1)
    start_ws = 3_600_000_000
    arrives_s = LEAVES_S + 2 * ACCESS_S + n_links * 1350 + n_rests * 1200
    given = traveller(TRUCK, start_ws, n_zones, capacity_kwh=1000)
    world = until(given, arrives_s + 1)
    assert int(world.wake_s[0]) == arrives_s + TURNAROUND_S
    assert int(world.active.energy_ws[0]) == start_ws - 2 * town_ws(TRUCK, ACCESS_M) - n_links * link_ws(TRUCK, 30_000)
    assert int(world.sums[SUM_TRUCK_TRIP_M]) == int(world.sums[SUM_TRIP_M])


def test_a_lorry_may_rest_past_the_last_midnight():
    """Tables end with the last day; whoever sets out again after it drives in that day's temperature."""
    start_ws = 3_600_000_000
    given = traveller(TRUCK, start_ws, 7, capacity_kwh=1000)
    given.trips.depart_quantile[:] = 86_225 - 10 * 1350 - ACCESS_S
    given.local.consumption_factor[1:] = 5.0
    lived = live(given)
    used_ws = town_ws(TRUCK, ACCESS_M) + 11 * link_ws(TRUCK, 30_000)
    assert int(lived.world.active.energy_ws[0]) == start_ws - used_ws


@pytest.mark.parametrize(
    ("row", "start_ws", "n_zones", "n_stops"),
    [(CAR, 160_000_000, 7, 1), (CAR, 175_000_000, 9, 2), (TRUCK, 1_400_000_000, 7, 1)],
)
def test_nobody_stops_more_often_than_the_battery_asks_for(row, start_ws, n_zones, n_stops):
    """Without queues and at one price everywhere there is no reason to stop once more than it takes.

    360 km (480 km) take a car 212 (281) MWs with 180 in a full battery and 18 of reserve, a lorry 1,545 with 1,440.
    """
    given = traveller(row, start_ws, n_zones, nights=1.0)
    lived = live(given)
    assert int(given.vehicles.place[0]) == n_zones - 1
    assert len(lived.visits.vehicle) == n_stops


def test_whoever_looks_again_on_the_road_does_not_act_in_the_past():
    """Planned with a margin no stop is in reach; 202 km later one is, 291 s away, seen 1 s after a window began."""
    given = without_stations(traveller(CAR, 119_800_000, 3, nights=1.0))
    given.roads.length_m[:2] = 200_000, 2000
    roads = given.roads
    ways = ways_along(roads.next_link, roads.link_to, roads.length_m, roads.free_kmh)
    given = given._replace(roads=roads._replace(**ways))
    given.trips.depart_quantile[:] = 146 * 300 + 1 - 7200 - ACCESS_S
    visit = first_visit(live(given))
    assert visit["arrival_s"] >= 146 * 300 + 1 + 72


def test_a_full_battery_is_no_reason_to_stay():
    """The next plug lies 400 km on, further than a full battery reaches: the driver tries it, once, and strands."""
    given = traveller(CAR, 170_000_000, 3, nights=1.0, rescue_s=NOBODY_COMES_S)
    roads = given.roads
    roads.length_m[:2] = 200_000, 400_000
    ways = ways_along(roads.next_link, roads.link_to, roads.length_m, roads.free_kmh)
    pool = given.link_pools.pool[given.link_pools.first[1] : given.link_pools.first[2]]
    assert not len(pool), "no service area at the end of the second link"
    lived = live(given._replace(roads=roads._replace(**ways)))
    assert len(lived.stranded.vehicle) == 1
    assert 1 <= len(lived.visits.vehicle) <= 3
    assert float(lived.visits.soc_out[-1]) >= 0.95


@pytest.mark.parametrize("rest_s", [1200, 14_400])
def test_a_charge_as_long_as_the_rest_is_the_rest(rest_s):
    """Two links of 300 km take 13,500 s each, with a charge of 40 minutes between them: enough for 20, not for 240."""
    start_ws = 1_750_000_000
    trip = {"link_km": 600.0, "capacity_kwh": 500, "rest_s": rest_s}
    visit = first_visit(live(traveller(TRUCK, start_ws, **trip)))
    assert visit["arrival_s"] == LEAVES_S + ACCESS_S + 13_500 + LOT_S
    session_s = int(visit["end_s"] - visit["plug_in_s"])
    assert 1200 < session_s < 14_400
    rests_s = 0 if session_s >= rest_s else rest_s
    arrives_s = (int(visit["end_s"]) // 300 + 1) * 300 + LOT_S + rests_s + 13_500 + ACCESS_S
    world = until(traveller(TRUCK, start_ws, **trip), arrives_s + 1)
    assert int(world.wake_s[0]) == arrives_s + TURNAROUND_S


def test_traffic_slows_the_windows_after_it():
    """A car that enters a link counts as 12 an hour, a quarter of which at once: t = t0 (1 + 0.15 (q / c)^4)."""
    narrow = np.full(4, 3.0)
    before = until(traveller(CAR, 45 * KWH)._replace(link_capacity_per_h=narrow), LEAVES_S + ACCESS_S - 25)
    after = until(traveller(CAR, 45 * KWH)._replace(link_capacity_per_h=narrow), LEAVES_S + ACCESS_S + 1)
    assert before.links.speed_kmh.tolist() == [100.0] * 4
    assert after.links.speed_kmh[0] == pytest.approx(100 / 1.15, rel=1e-12)
    assert after.links.speed_kmh[1:].tolist() == [100.0] * 3


@pytest.mark.parametrize(
    ("flags", "n_passages"), [("11111111", 1), ("00000000", 0), ("11011001", 3), ("01101110", 2), ("00000001", 1)]
)
@pytest.mark.parametrize("row", [CAR, TRUCK])
def test_a_passage_is_an_entry_from_another_road_or_a_beginning(row, flags, n_passages):
    """Eight links to the last town, some of them expressways; nights away, so that there is no way back."""
    given = traveller(row, 900 * KWH, n_zones=5, link_km=10.0, nights=2.0, capacity_kwh=1000)
    given.roads.is_expressway[:] = 0
    given.roads.is_expressway[:8] = [int(flag) for flag in flags]
    entries = live(given).totals.road[:, :, 3].sum(axis=0)
    assert entries.tolist() == ([0, n_passages] if row == TRUCK else [n_passages, 0])


@pytest.mark.parametrize(("row", "exit_share", "is_area"), [(CAR, 0.0, True), (CAR, 1.0, False), (TRUCK, 0.0, False)])
def test_who_keeps_to_the_road_passes_the_towns_by_and_does_not_turn_to_the_next_exit(row, exit_share, is_area):
    """Plugs of service areas give 20 kW, those of towns 120 kW: an hour more or less for what the car lacks."""
    start_ws = town_ws(row, ACCESS_M) + int(170_000 * ROAD_WS_PER_M[row])
    given = traveller(row, start_ws, n_zones=4, nights=1.0, exit_share=exit_share)
    is_of_area = given.stations.layer[given.pools.station] == 1
    given.pools.rated_power_w[is_of_area] = 20_000
    lived = live(given)
    served = lived.visits.outcome == 0
    assert served.sum() >= 1
    assert (given.stations.layer[lived.visits.station[served]] == 1).tolist() == [is_area] * int(served.sum())


def test_a_town_counts_for_everybody_where_no_service_area_is_in_reach():
    start_ws = town_ws(CAR, ACCESS_M) + int(170_000 * ROAD_WS_PER_M[CAR])
    given = without_stations(traveller(CAR, start_ws, n_zones=4, nights=1.0, exit_share=0.0))
    lived = live(given)
    assert int(lived.world.sums[SUM_TRIPS_ENDED]) == 1
    assert (given.stations.layer[lived.visits.station] == 0).all()
    assert len(lived.visits.vehicle) >= 1
