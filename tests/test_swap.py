"""Battery swapping: cases worked by hand to the second, theory, and what more batteries may never do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
from tests.nation import KWH
from tests.one_site import FLAT_W, Guests, curve_classes, live, patience_of, sites
from tests.posed import along, behave, cars, road, sessions, starts
from tests.posed import live as live_case
from twin.config import Config
from twin.errors import DataError
from twin.tables.inputs import Outages
from twin.tables.state import BALKED, RENEGED, SERVED

SWAP_S = 300
CAPACITY_S = 4000
"""Seconds that a place on the rack takes to charge a battery from empty to full; a swap gives 0.95 of it."""
FULL_S = 3800


def bays(n_batteries: int, n_bays: int = 1, n_days: int = 2, **rules: Any) -> Any:
    """Return a station with swap bays alone, for vehicles whose battery takes `CAPACITY_S` on its rack."""
    classes = curve_classes([CAPACITY_S * FLAT_W], np.full((1, 21), float(FLAT_W)))
    given = sites([[(FLAT_W, n_bays)]], n_days, classes._replace(swap_share=np.ones(1)), **{"patience_s": 1e9, **rules})
    given.pools.n_batteries[:] = n_batteries
    return given


def guests(arrival_s: Any, lack_s: Any = 1800) -> Guests:
    """Return vehicles whose battery the rack charges for so many seconds to what it gives."""
    n = len(arrival_s)
    energy_ws = np.broadcast_to((FULL_S - np.asarray(lack_s)) * FLAT_W, n)
    zero = np.zeros(n, np.int64)
    return Guests(np.arange(n), np.asarray(arrival_s), zero, zero, energy_ws, zero, zero)


def begins(given: Any, who: Guests, n_windows: int) -> list[int]:
    """Return when each vehicle's swap began, in the order of vehicles; all have to be done."""
    visits = live(given, who, n_windows)[1]
    assert sorted(visits.vehicle) == list(range(len(who.vehicle)))
    assert (visits.end_s - visits.plug_in_s == SWAP_S).all()
    return visits.plug_in_s[np.argsort(visits.vehicle)].tolist()


def test_the_third_truck_waits_until_the_first_battery_is_charged() -> None:
    """Two batteries, one bay: the first battery is on the rack at 300 s, charged at 300 + 1800, and goes to the third."""
    assert begins(bays(2), guests([0, 10, 20]), 12) == [0, 300, 2100]


def test_a_swap_gives_what_it_takes_whatever_is_left_in_the_battery() -> None:
    """One battery: each swap waits for the battery that came out of the vehicle before."""
    assert begins(bays(1), guests([0, 1, 2], [600, 1200, 1800]), 15) == [0, 900, 2400]
    # Who comes with more than a swap gives keeps what it has, and its battery is charged at once.
    assert begins(bays(1), guests([0, 1, 2], [-100, 1200, 0]), 15) == [0, 300, 1800]


def test_two_bays_share_a_rack_and_the_battery_charged_first_goes_first() -> None:
    given = bays(3, n_bays=2)
    assert begins(given, guests([0, 0, 0, 0, 0], [1000, 100, 1000, 1000, 1000]), 20) == [0, 0, 300, 400, 1300]


def test_with_batteries_enough_it_is_a_queue_with_equal_services() -> None:
    rng = np.random.default_rng(3)
    arrival_s = np.sort(rng.integers(0, 40_000, 100))
    assert begins(bays(100), guests(arrival_s), 200) == starts(arrival_s.tolist(), 1, SWAP_S)
    assert begins(bays(100, n_bays=3), guests(arrival_s), 200) == starts(arrival_s.tolist(), 3, SWAP_S)


def test_mean_wait_with_batteries_enough_is_that_of_pollaczek_and_khinchine() -> None:
    """M/D/1 at a load of 0.75: the mean wait is rho s / 2 (1 - rho) = 450 s; 400 stations, two days after one to fill up."""
    n_sites, per_h, n_hours = 400, 9.0, 72
    rng = np.random.default_rng(5)
    n_there = rng.poisson(per_h * n_hours, n_sites)
    site = np.repeat(np.arange(n_sites), n_there)
    arrival_s = rng.integers(0, n_hours * 3600, len(site))
    classes = curve_classes([CAPACITY_S * FLAT_W], np.full((1, 21), float(FLAT_W)))
    classes = classes._replace(swap_share=np.ones(1))
    given = sites([[(FLAT_W, 1)]] * n_sites, n_hours // 24 + 1, classes, patience_s=1e9)
    given.pools.n_batteries[:] = 60
    who = guests(arrival_s)._replace(pool=site)
    _, visits = live(given, who, n_hours * 12, 100 * n_sites)
    counts = (visits.arrival_s >= 24 * 3600) & (visits.arrival_s < 68 * 3600)
    total = np.bincount(visits.station[counts], weights=visits.wait_s[counts], minlength=n_sites)
    number = np.bincount(visits.station[counts], minlength=n_sites)
    mean = total.sum() / number.sum()
    error = np.sqrt(((total - mean * number) ** 2).sum() / (n_sites * (n_sites - 1))) / number.mean()
    exact_s = 0.75 * SWAP_S / (2 * (1 - 0.75))
    assert error < 0.03 * exact_s
    assert abs(mean - exact_s) < 2.576 * error


@pytest.mark.parametrize(("n_batteries", "n_bays"), [(1, 1), (3, 1), (5, 2), (4, 4)])
def test_throughput_is_bound_by_the_power_of_the_rack(n_batteries: int, n_bays: int) -> None:
    """With a queue that never ends each battery comes round once in a swap and a charge, as long as bays are enough."""
    n, lack_s = 60, 2400
    found = begins(bays(n_batteries, n_bays), guests([0] * n, lack_s), n * (SWAP_S + lack_s) // n_batteries // 300 + 40)
    gaps = np.array(found[n_batteries:]) - np.array(found[:-n_batteries])
    assert (gaps == SWAP_S + lack_s).all()
    # Swaps an hour x energy of a swap: never more than the rack's power.
    assert n_batteries / (SWAP_S + lack_s) * lack_s < n_batteries


def test_where_bays_are_the_bound_they_never_rest() -> None:
    found = begins(bays(30, 2), guests([0] * 40), 40)
    assert found == [SWAP_S * (place // 2) for place in range(40)]


ARRIVALS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=1, max_size=12)


@given(ARRIVALS, st.integers(1, 4), st.integers(1, 3), st.booleans())
@settings(max_examples=60)
def test_more_batteries_or_bays_lengthen_nobodys_wait(
    who: list[tuple[int, int]], n_batteries: int, n_bays: int, is_bay: bool
) -> None:
    who = sorted(who)
    few = guests([second for second, _ in who], [lack_s for _, lack_s in who])
    before = begins(bays(n_batteries, n_bays), few, 180)
    after = begins(bays(n_batteries + (not is_bay), n_bays + is_bay), few, 180)
    assert all(late <= early for late, early in zip(after, before, strict=True))


@pytest.mark.parametrize(
    ("arrival_s", "least_s", "most_s", "outcome"),
    [(10, 1300, 2400, BALKED), (10, 2400, 3890, RENEGED), (400, 2400, 3500, BALKED), (400, 3501, 3900, SERVED)],
)
def test_patience_is_held_against_the_wait_for_a_battery(arrival_s: int, least_s: int, most_s: int, outcome: int) -> None:
    """The only battery is charged at 300 + 3600 s. At 10 s it is in the bay, and 2,400 s are expected; at 400 s 3,500 s."""
    given = bays(1, patience_s=2600.0)
    car = next(car for car in range(1, 1000) if least_s <= patience_of(given, car) < most_s)
    who = guests([0, arrival_s], 3600)._replace(vehicle=np.array([0, car]))
    visits = live(given, who, 20)[1]
    row = np.flatnonzero(visits.vehicle == car)[0]
    ends_s = {BALKED: arrival_s, RENEGED: arrival_s + patience_of(given, car), SERVED: 3900 + SWAP_S}
    assert (visits.outcome[row] + 1, visits.end_s[row]) == (outcome, ends_s[outcome])


def outage(begin_s: int, end_s: int) -> Outages:
    return Outages(*(np.array([value], np.int32) for value in (0, 0, begin_s, end_s)))


def test_a_bay_that_fails_gives_its_battery_back() -> None:
    """The first swap is cut off at 100 s with nothing gained; when the bay is repaired its battery goes to the second."""
    given = bays(1)._replace(outages=outage(100, 1000))
    world, visits = live(given, guests([0, 200]), 20)
    assert visits.end_s.tolist() == [100, 1300]
    assert visits.plug_in_s.tolist() == [0, 1000]
    assert visits.energy_ws.tolist() == [0, 1800 * FLAT_W]
    assert world.racks.given_ws.sum() == 1800 * FLAT_W


def swappers(n: int, **columns: Any) -> dict[str, Any]:
    """Return cars that come to the station, 10 km on, with 5 kWh of 60."""
    return cars(np.full(n, 7.0 / 60), can_swap=True, **columns)


def bay_case(n: int, n_batteries: int, gap_s: int = 10, **station: Any) -> tuple[Any, ...]:
    """Return cars at a swap station whose rack charges 52 kWh, what a swap gives, in an hour."""
    stations = {"node": [1], "n_evse": 1, "rated_power_kw": 52.0, "n_batteries": n_batteries, **station}
    return (
        road(2), stations, swappers(n), along(n, 2, np.arange(n) * gap_s), behave(reserve_soc=0.05, fast_target_soc=0.3),
    )  # fmt: skip


def test_a_posed_case_by_hand() -> None:
    """Three cars come at 400, 410 and 420 s: the third waits for the first's battery, charged an hour after 700 s."""
    run = live_case(*bay_case(3, 2))
    rows = sessions(run)
    assert [row["plug_in_s"] for row in rows] == [400, 700, 4300]
    assert [row["end_s"] for row in rows] == [700, 1000, 4600]
    assert [row["soc_out"] for row in rows] == pytest.approx([0.95] * 3)
    assert [row["energy_ws"] for row in rows] == [52 * KWH] * 3
    station = run.table("stations").to_pylist()[0]
    assert (station["n_swaps"], station["n_batteries"], station["least_ready"]) == (3, 2, 0)
    # Each battery is booked where it charges: 52 kW from 700, 1,000 and 4,600 s on, an hour each.
    hours = {row["hour"]: row["energy_kwh"] for row in run.table("station_hours").to_pylist()}
    assert hours == pytest.approx({0: 52 * (2900 + 2600) / 3600, 1: 52 * (700 + 1000 + 2600) / 3600, 2: 52 * 1000 / 3600})
    assert run.audit["verdict"] == "held"
    laws = {law["name"]: law for law in run.audit["laws"]}
    assert laws["batteries on the rack + in bays = batteries, in every swap pool"]["left"] == 2
    assert laws["energy gained by swaps = energy booked on racks + still to be charged there"]["left"] == 3 * 52 * KWH


def test_at_the_end_of_the_run_batteries_may_still_be_charging() -> None:
    """The last swap ends 600 s before midnight: a sixth of its energy is booked, the rest is still to come."""
    nodes, stations, vehicles, _, config = bay_case(1, 1)
    run = live_case(nodes, stations, vehicles, along(1, 2, 86_400 - 600 - 300 - 400), config)
    assert run.audit["verdict"] == "held"
    assert run.table("stations")["energy_kwh"].to_pylist() == pytest.approx([52 / 6])
    assert [row["energy_ws"] for row in sessions(run)] == [52 * KWH]


def test_who_cannot_swap_never_does_and_who_can_takes_what_costs_less() -> None:
    """A bay and a plug at one place: 300 s against 13 kWh at 52 kW, 900 s."""
    stations = {
        "node": [1, 1], "station": ["a", "a"], "n_evse": 1, "rated_power_kw": [120.0, 120.0], "n_batteries": [0, 4],
    }  # fmt: skip
    can_swap = np.arange(6) % 2 == 1
    vehicles = cars(np.full(6, 7.0 / 60), can_swap=can_swap, power_kw=52.0)
    trips = along(6, 2, 3600 * np.arange(6))
    run = live_case(road(2), stations, vehicles, trips, behave(reserve_soc=0.05, fast_target_soc=0.3))
    assert [row["pool"] for row in sessions(run)] == [0, 1] * 3
    assert [row["end_s"] - row["plug_in_s"] for row in sessions(run)] == [900, 300] * 3
    slow = {"swap": {"swap_s": 1200}}
    config = Config.model_validate(behave(reserve_soc=0.05, fast_target_soc=0.3).resolved() | slow)
    assert {row["pool"] for row in sessions(live_case(road(2), stations, vehicles, trips, config))} == {0}


def test_the_power_of_racks_is_kept_from_the_sessions_beside_them() -> None:
    """Two cars charge behind 400 kW, of which 4 places of 80 kW are kept: 40 kW each, though nobody swaps."""
    stations = {
        "node": [1, 1], "station": ["a", "a"], "n_evse": [2, 1], "rated_power_kw": [120.0, 80.0], "n_batteries": [0, 4],
        "site_limit_kw": 400.0,
    }  # fmt: skip
    vehicles, trips = cars(np.full(2, 7.0 / 60), power_kw=52.0), along(2, 2, 0)
    rows = sessions(live_case(road(2), stations, vehicles, trips, behave(reserve_soc=0.05, fast_target_soc=0.3)))
    assert [row["end_s"] - row["plug_in_s"] for row in rows] == [13 * 3600 // 40] * 2


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"is_ac": True}, "stations.n_batteries"),
        ({"rated_power_kw": 2.0}, "charges the largest battery within a day"),
        ({"site_limit_kw": 100.0}, "stations.site_limit_kw"),
        ({"n_batteries": -1}, "stations.n_batteries"),
    ],
)
def test_a_rack_that_cannot_be_is_refused(columns: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError, match=text):
        twin.simulate(*bay_case(1, 2)[:1], bay_case(1, 2)[1] | columns, *bay_case(1, 2)[2:], workers=1)
