"""Between two set trips: a plug of one's own from the second of arrival to that of leaving, or a public one, or neither."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.nation import night_guidance
from tests.posed import behave, cars, road
from twin.case import pose
from twin.engine import account
from twin.engine.window import step
from twin.engine.world import World, build_world
from twin.tables.totals import LOAD_KINDS, RunTotals

H = 3600
HOME_ROW, ORDERLY_ROW = LOAD_KINDS.index("home"), LOAD_KINDS.index("orderly")


def live(
    departs_s: list[int], goals: list[int], soc: float, access: int = 1, valley_h: int = 22, until_h: int = 8, **rules: Any
) -> tuple[World, RunTotals]:
    """Live a day of a car of 60 kWh that is at home at node 0, on a road of 10 km to node 1, where a plug stands."""
    trips = {"vehicle": np.zeros(len(goals), int), "origin": -1, "destination": goals, "depart_s": departs_s}
    vehicles = cars(soc, ac_power_kw=7.0, node=0)
    station = {"node": [1], "n_evse": 1, "rated_power_kw": 100.0}
    given = pose(road(1, both_ways=True), station, vehicles, trips, behave(1, trigger_sd_soc=0.0)).given
    given.vehicles.access[:] = access
    given.itineraries.is_stay[:] = 1
    rules = {"orderly_share": 0.0, "price_response_share": 0.0, "slow_share": 0.0} | rules
    given = given._replace(rules=given.rules._replace(**rules), guidance=night_guidance(2, 1, valley_h, until_h))
    world = build_world(given, 1)
    for window in range(288):
        step(world, window)
        if window % 12 == 11:
            account.close_hour(world, window // 12)
    totals = account.finish(world)
    assert all(law.holds for law in totals.laws)
    return world, totals


def home_ws(world: World, totals: RunTotals) -> Any:
    """Return the watt-seconds at home by quarter hour, in the zone of node 0."""
    return totals.load_ws[HOME_ROW, world.given.vehicles.home[0]]


def test_a_car_charges_at_home_until_it_leaves() -> None:
    # 10 km at 90 km/h take 400 s: at home from 17:06:40 to 19:00, 7 kW all the time.
    world, totals = live([8 * H, 17 * H, 19 * H], [1, 0, 1], 0.5)
    by_quarter = home_ws(world, totals)
    assert by_quarter[68] == 7000 * 500
    assert np.all(by_quarter[69:76] == 7000 * 900)
    assert by_quarter.sum() == 7000 * (2 * H - 400)
    assert totals.counts["n_trips_ended"] == 3
    assert totals.counts["n_errands_begun"] == 0
    assert world.given.itineraries.begin_s.tolist() == [8 * H, 17 * H, 19 * H]


def test_a_car_charges_at_home_up_to_its_target() -> None:
    # 60 kWh, at 0.7 less 4 kWh of driving, up to 0.9: 16 kWh.
    world, totals = live([8 * H, 17 * H], [1, 0], 0.7)
    assert home_ws(world, totals).sum() == pytest.approx(16 * 3.6e6, abs=7000)


def test_a_car_that_is_full_enough_is_not_plugged_in() -> None:
    world, totals = live([8 * H, 17 * H], [1, 0], 0.9)
    assert home_ws(world, totals).sum() == 0


@pytest.mark.parametrize(("arrives_h", "first_quarter"), [(17, 88), (23, 92), (2, 8)])
def test_a_timer_waits_for_the_valley_of_the_night(arrives_h: int, first_quarter: int) -> None:
    """The valley begins at 22:00; who comes at two in the morning is in the one that began the evening before."""
    departs_s = [arrives_h * H - 1000, arrives_h * H - 400]
    world, totals = live(departs_s, [1, 0], 0.5, valley_h=22, price_response_share=1.0)
    assert np.flatnonzero(home_ws(world, totals))[0] == first_quarter


@pytest.mark.parametrize("how", ["orderly_share", "price_response_share"])
def test_who_leaves_before_the_valley_has_charged_all_the_same(how: str) -> None:
    world, totals = live([8 * H, 17 * H, 19 * H], [1, 0, 1], 0.5, valley_h=22, **{how: 1.0})
    assert home_ws(world, totals)[:76].sum() == 7000 * (2 * H - 400)
    assert totals.counts["n_short_charges"] == 1


def test_orderly_charging_keeps_to_the_plan_and_to_the_departure() -> None:
    """At home from 10:00:00 to 21:00 with a plan from 12:00 to 20:00; some 22 kWh take some three hours at 7 kW."""
    world, totals = live([9 * H, 10 * H - 400, 21 * H], [1, 0, 1], 0.5, valley_h=12, until_h=20, orderly_share=1.0)
    by_quarter = home_ws(world, totals)
    at_once, _ = live([9 * H, 10 * H - 400, 21 * H], [1, 0, 1], 0.5)
    assert by_quarter[:48].sum() == by_quarter[80:].sum() == 0
    assert by_quarter.sum() == home_ws(at_once, account.finish(at_once)).sum() > 20 * 3.6e6
    assert np.array_equal(totals.load_ws[ORDERLY_ROW], totals.load_ws[HOME_ROW])


def test_who_is_low_charges_at_a_public_plug_and_sets_out_late() -> None:
    # At node 1 with 0.25 - 2 / 60 of the battery, below the trigger of 0.25; 35 kWh at 100 kW up to 0.8 take 1,260 s.
    world, totals = live([8 * H, 8 * H + 900], [1, 0], 0.25, access=0)
    assert totals.counts["n_errands_begun"] == 1
    assert totals.counts["n_trips_ended"] == 2
    assert world.station_state.n_sessions.sum() == 1
    begun_s = world.given.itineraries.begin_s
    assert begun_s.tolist() == [8 * H, 30_600]  # the window after the session's last second, 8 h + 400 s + 1,260 s
    soc = world.given.vehicles.energy_ws[0] / (60 * 3.6e6)
    assert soc == pytest.approx(0.8 - 2 / 60, abs=1e-6)


def test_nobody_looks_for_a_plug_where_no_stay_is_set() -> None:
    trips = {"vehicle": [0, 0], "origin": -1, "destination": [1, 0], "depart_s": [8 * H, 9 * H]}
    given = pose(
        road(1, both_ways=True), {"node": [1], "n_evse": 1, "rated_power_kw": 100.0}, cars(0.25, node=0), trips, behave()
    ).given
    world = build_world(given, 1)
    for window in range(288):
        step(world, window)
    assert world.station_state.n_sessions.sum() == 0
    assert world.given.itineraries.begin_s.tolist() == [8 * H, 9 * H]
