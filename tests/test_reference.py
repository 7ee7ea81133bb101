"""The engine and the reference live the same nations, to the last bit; and the reference does what a reader expects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings

from tests import one_site
from tests.called_towns import town
from tests.nation import KWH, small_given, with_second_road
from tests.oracle import OUTCOMES, assert_same, live_both
from tests.small_nations import nation_of, nations
from twin.behaviour import DRY
from twin.engine.world import Given
from twin.physics import congested_speed_kmh
from twin.reference import Driver, ReferenceModel, Station
from twin.reference.books import table_of
from twin.reference.stops import Stop
from twin.tables.columns import rows
from twin.tables.inputs import MARKETS, SERVES_TRUCKS, Markets, Vehicles
from twin.tables.plants import DISPATCHES, Behind, Plants
from twin.tables.results import SessionsTable
from twin.tables.state import ARRIVED, HAS_TO_STAY, TRIP

MOST_WINDOWS = 120
COVERING = (1, 19, 34)
"""Numbers of nations in which together everything happens that can happen."""


@settings(max_examples=120)
@given(nations())
def test_engine_and_reference_agree_on_any_nation(nation: Given) -> None:
    happened = live_both(nation, most_windows=40)
    assert happened["windows compared"] > 0
    for outcome, n_times in happened.items():
        if n_times:
            event(outcome)


def test_everything_that_can_happen_happens_and_agrees() -> None:
    happened = live_both(crowded_corridor(reservation_share=0.6, reservation_grace_s=2))
    happened += live_both(lone_truck(rest_s=1200)) + live_both(empty_town()) + live_both(corridor_with_towns(), MOST_WINDOWS)
    nation = crowded_corridor(reroute_every_s=900, navigation_share=0.7)
    happened += live_both(with_second_road(nation, 4.0, longer=1.6), MOST_WINDOWS)
    happened += live_both(towns_before_an_area(), MOST_WINDOWS)
    happened += live_both(sunny_towns(is_feed_in=1)) + live_both(sunny_towns(is_feed_in=0))
    happened += live_both(town(), MOST_WINDOWS + 60)
    for number in COVERING:
        happened += live_both(nation_of(number), MOST_WINDOWS)
    assert not {outcome for outcome in OUTCOMES if not happened[outcome]}


def crowded_corridor(soc: float = 0.3, link_km: float = 140.0, **rules: Any) -> Given:
    """Everybody sets out with little, along a road of service areas with one plug each for cars."""
    return small_given(
        n_vehicles=100, n_zones=5, n_days=1, n_evse=1, soc=soc, p_leave=1.0, link_km=link_km, busy_session_cap_s=300,
        prepared_share=0.0, trip_target_soc=0.6, **rules,
    )  # fmt: skip


def towns_before_an_area() -> Given:
    """Who sets out from the first town passes two others before a service area, and most would rather wait for that."""
    nation = with_towns(crowded_corridor(soc=0.55, link_km=40.0, exit_share=0.3, overstay_s=600.0))
    first = nation.link_pools.first.copy()
    first[0] = first[1]
    return nation._replace(link_pools=nation.link_pools._replace(first=first))


def corridor_with_towns() -> Given:
    """As before, with a town of several plugs beside every service area."""
    return with_towns(crowded_corridor())


def with_towns(nation: Given) -> Given:
    roads, n_zones = nation.roads, len(nation.roads.zone_node)
    town = np.minimum(np.arange(len(roads.node_lon)) // 2, n_zones - 1)
    lon = nation.stations.lon[np.searchsorted(nation.stations.zone, town)]
    return nation._replace(roads=roads._replace(node_county=town.astype(np.int32), node_lon=lon))


def sunny_towns(is_feed_in: int) -> Given:
    """Two towns whose stations have sun from 08:00 on, and storage that buys in the first eight hours for the others."""
    nation = small_given(n_vehicles=30, n_zones=2, n_days=1, n_evse=1, soc=0.3, p_leave=0.5, link_km=60.0)
    at = np.arange(len(nation.stations.zone), dtype=np.int32)
    plants = Plants(at, *(np.full(len(at), x, np.int64) for x in (90_000, 40_000, 60 * KWH, 20 * KWH)))
    sun_ppm = np.zeros((31, 288), np.int32)
    sun_ppm[:, 96:] = 700_000
    price = np.tile(np.repeat([0.3, 1.0], (8, 16)), (31, 1))
    return nation._replace(behind=Behind(plants, sun_ppm, price, DISPATCHES.index("tariff"), 870_000, is_feed_in))


def empty_town() -> Given:
    """Nobody leaves, and some have hardly the energy to reach a plug."""
    return small_given(n_vehicles=40, n_zones=1, n_days=1, soc=0.15, p_leave=0.0)


def test_a_market_without_pools_is_empty_to_both() -> None:
    """A station list may have nothing for trucks in town: they look at the towns on their way, and find nothing."""
    nation = small_given(n_vehicles=60, n_zones=4, n_days=1, soc=0.4, p_leave=0.8, link_km=120.0, prepared_share=0.0)
    n_pools = np.diff(nation.markets.first)
    is_kept = np.arange(len(n_pools)) % len(MARKETS) != MARKETS.index("truck")
    pool = nation.markets.pool[np.repeat(is_kept, n_pools)]
    first = np.concatenate([[0], np.cumsum(np.where(is_kept, n_pools, 0))]).astype(np.int32)
    assert (nation.pools.serves == SERVES_TRUCKS).any()
    assert live_both(nation._replace(markets=Markets(first, pool)), 150)["windows compared"] > 100


def test_two_workers_agree_with_the_reference() -> None:
    happened = live_both(small_given(n_vehicles=60, n_zones=3, n_days=1, n_evse=1, soc=0.35), n_workers=2)
    assert happened["windows compared"] > 100


def serve(nation: Given, guests: one_site.Guests, n_windows: int, station: type[Station] = Station) -> Any:
    """Let guests arrive at their second; return the model and the rows of their visits."""
    vehicles = rows(Vehicles, len(guests.vehicle))
    vehicles.vehicle_class[guests.vehicle], vehicles.energy_ws[guests.vehicle] = guests.vehicle_class, guests.energy_ws
    model = ReferenceModel(nation._replace(vehicles=vehicles), station=station)
    for at, vehicle in enumerate(guests.vehicle):
        driver = model.drivers[vehicle]
        driver.arrival_s, driver.target_ws, driver.errand = (
            int(x[at]) for x in (guests.arrival_s, guests.target_ws, guests.errand)
        )
        driver.pool = model.pools[guests.pool[at]]
        if guests.booked_s is not None:
            driver.is_booked, driver.booked_s = bool(guests.booked_s[at] >= 0), int(guests.booked_s[at])
    visits = []
    for _ in range(n_windows):
        model.books.open_window()
        due = [driver for driver in model.drivers if model.start_s <= driver.arrival_s < model.end_s]
        for driver in due:
            driver.phase = ARRIVED
        model.exchange(due)
        model.serve()
        visits.append(model.visit_rows())
        model.window += 1
    return model, SessionsTable(*(np.concatenate(column) for column in zip(*visits, strict=True)))


def test_an_overloaded_site_serves_all_in_order() -> None:
    arrival_s, service_s = 300 * np.arange(20), 900
    guests = one_site.lasting(np.arange(20), arrival_s, np.full(20, service_s))
    nation = one_site.sites([[(one_site.FLAT_W, 2)]], patience_s=1e6)
    model, visits = serve(nation, guests, 40)
    assert visits.vehicle.tolist() == list(range(20))
    assert (visits.outcome == 0).all()
    start_s: list[int] = []
    for guest in range(20):
        free_s = start_s[guest - 2] + service_s if guest > 1 else 0
        start_s.append(max(300 * guest, free_s))
    assert visits.plug_in_s.tolist() == start_s
    assert (visits.end_s - visits.plug_in_s == service_s).all()
    assert model.stations[0].whole["max_wait_s"] == max(np.array(start_s) - arrival_s)
    assert_same(one_site.live(nation, guests, 40)[1], visits, "overload")


def test_three_sessions_share_a_transformer_fairly() -> None:
    guests = one_site.lasting(np.arange(3), [0, 0, 0], [900, 900, 900])
    nation = one_site.sites([[(one_site.FLAT_W, 3)]], limit_w=2 * one_site.FLAT_W)
    visits = serve(nation, guests, 10)[1]
    assert visits.end_s.tolist() == [1350, 1350, 1350]
    assert_same(one_site.live(nation, guests, 10)[1], visits, "shared")


def lone_truck(rest_s: int, rest_after_s: int = 3000) -> Given:
    """A truck with a large battery that drives 120 km, eight links, on the first morning."""
    nation = small_given(
        n_vehicles=1, n_zones=5, n_days=1, link_km=60.0, p_leave=1.0, rest_s=rest_s, rest_after_s=rest_after_s
    )
    capacity_ws = nation.classes.capacity_ws.copy()
    capacity_ws[2] = 1000 * KWH
    nation.vehicles.vehicle_class[0], nation.vehicles.home[0], nation.vehicles.place[0] = 2, 0, 0
    nation.trips.alias_zone[0, 0, :], nation.trips.alias_cut[0, 0, :] = 4, 0.0
    nation.trips.stay_quantile[:] = 2.0
    return nation._replace(classes=nation.classes._replace(capacity_ws=capacity_ws))


def end_of_trip_s(nation: Given) -> tuple[int, int]:
    """Return when the only vehicle came to rest, and how often it had rested on the way."""
    model = ReferenceModel(nation)
    while not model.books.counts["trips_ended"]:
        model.step()
    return model.drivers[0].wake_s, model.books.events["truck rest"]


def test_a_lorry_driver_rests_after_so_much_driving() -> None:
    # A link of 30 km takes 1,350 s at 80 km/h: two of them fit into 3,000 s, so it rests before the 3rd, 5th and 7th.
    with_s, n_rests = end_of_trip_s(lone_truck(rest_s=1200))
    without_s, _ = end_of_trip_s(lone_truck(rest_s=0))
    assert n_rests == 3
    assert with_s - without_s == 3 * 1200
    assert live_both(lone_truck(rest_s=1200))["truck rest"] == 3


def test_a_jam_is_what_the_formula_says_one_window_late() -> None:
    nation = small_given(n_vehicles=60, n_zones=2, n_days=1, p_leave=1.0, soc=0.8)
    nation = nation._replace(link_capacity_per_h=np.full(len(nation.roads.link_to), 2.0))
    model, flow_per_h, slowest_kmh = ReferenceModel(nation), 0.0, np.inf
    link = model.links[0]
    for _ in range(24 * 12):
        before, hour_before = link.speed_kmh, link.n_entered_hour
        model.step()
        n_entered = link.n_entered_hour - hour_before
        flow_per_h += 0.25 * (n_entered * 12 - flow_per_h)
        assert link.speed_kmh == max(congested_speed_kmh(100.0, flow_per_h, 2.0), 5.0)
        slowest_kmh = min(slowest_kmh, before)
    assert slowest_kmh == 5.0
    assert live_both(nation)["jam"]


class Patient(Driver):
    """Waits however long."""

    def balks(self, expected_s: int) -> bool:
        return False

    def patience_s(self) -> int:
        return 10**6


class EmptiestFirst(Station):
    """Serves the emptiest battery first."""

    def take_next(self, evse: Any, second: int) -> None:
        evse.pool.queue.sort(key=lambda driver: driver.energy_ws)
        super().take_next(evse, second)


def test_a_driver_can_be_given_another_behaviour() -> None:
    nation = small_given(n_vehicles=80, n_zones=1, n_days=1, n_evse=1, soc=0.3, patience_s=300.0)
    turned_away = []
    for driver in (Driver, Patient):
        model = ReferenceModel(nation, driver=driver)
        for _ in range(24 * 12):
            model.step()
        turned_away.append(sum(station.whole["balked"] + station.whole["reneged"] for station in model.stations))
    assert turned_away[0] > 0
    assert turned_away[1] == 0


def test_a_station_can_be_given_another_discipline() -> None:
    guests = one_site.lasting(np.arange(4), [0, 1, 2, 3], [900] * 4)
    guests = guests._replace(energy_ws=np.array([0, 3, 2, 1]) * one_site.FLAT_W)
    nation = one_site.sites([[(one_site.FLAT_W, 1)]], patience_s=1e6)
    for station, order in ((Station, [0, 1, 2, 3]), (EmptiestFirst, [0, 3, 2, 1])):
        assert serve(nation, guests, 20, station)[1].vehicle.tolist() == order


def test_an_empty_table_has_its_columns() -> None:
    table = table_of(SessionsTable, [])
    assert table.energy_ws.dtype == np.int64
    assert len(table.vehicle) == 0


def test_the_way_back_to_the_road_counts_for_who_may_turn_away() -> None:
    """After a town 20 km off the road, and back, the next stop has to be in reach still; else the queue is joined."""
    model = ReferenceModel(small_given(n_vehicles=20, soc=0.5))
    driver = next(one for one in model.drivers if not one.type.has_engine)
    driver.errand = TRIP
    reserve_ws, km_ws = driver.soc_ws(model.rules.reserve_soc), driver.town_ws(1000.0)
    pool, link = model.pools[0], model.links[0]
    last = Stop(pool, link, 300, reserve_ws + 30.0 * km_ws, 0.0)
    for detour_m, n_tries in ((300, 0), (20_000, HAS_TO_STAY), (300, 0)):
        driver.note_last_chance(Stop(pool, link, detour_m, 1e9, 0.0), last, reserve_ws)
        assert driver.n_tries == n_tries
    driver.energy_ws = reserve_ws * DRY // 5 + 10 * km_ws
    for stop_m, has_to_stay in ((5000, False), (15_000, True)):
        driver.stop_m = stop_m
        assert driver.has_to_stay() == has_to_stay


@pytest.mark.parametrize(("admitted_share", "goes_back"), [(1.0, False), (0.0, True)])
def test_who_was_turned_away_goes_back_where_no_other_pool_is_there_for_it(admitted_share: float, goes_back: bool) -> None:
    """A town of two pools, of which a carmaker's admits all drivers or none."""
    nation = small_given(n_vehicles=20, admitted_share=admitted_share)
    nation.pools.network[nation.pools.rated_power_w == 60_000] = 1
    model = ReferenceModel(nation)
    driver = next(one for one in model.drivers if not one.type.has_engine and not one.is_truck)
    driver.errand = TRIP
    pools, _ = driver.neighbourhood()
    (driver.shunned,) = (pool for pool in pools if pool.network == 0)
    assert len(pools) == 2
    assert driver.charge_in_town()
    assert (driver.pool is driver.shunned) == goes_back
