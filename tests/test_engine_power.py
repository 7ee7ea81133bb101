"""Power shared at a site: cases worked by hand, a slow sharing in plain Python, and limits that are never passed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.one_site import FLAT_W, Guests, curve_classes, lasting, live, sites
from twin.physics import charge_time_s, energy_after_ws
from twin.tables.state import FAST, TRIP

FOREVER_S = 1e9
HIGHWAY = 1
KWH = 3_600_000


def flat(*power_w: int) -> Any:
    """Return classes of 500 MWs with constant power, a row each."""
    return curve_classes([500_000_000] * len(power_w), [[power] * 21 for power in power_w])


def guests(arrival_s: list[int], row: list[int], energy_ws: list[int], target_ws: list[int], errand: int = FAST) -> Guests:
    n = len(arrival_s)
    columns = (arrival_s, [0] * n, row, energy_ws, target_ws, [errand] * n)
    return Guests(np.arange(n), *(np.array(column, np.int64) for column in columns))


def test_two_cars_share_a_site_to_the_watt_second():
    """120 kW for a car of 100 kW that comes at 0 s and one of 60 kW that comes at 600 s.

    Alone the first gets 100 kW; together 60 kW each until the second has its 71.97 MWs at 1,800 s; then 100 kW again.
    """
    given = sites([[(FLAT_W, 2)]], classes=flat(100_000, 60_000), limit_w=120_000)
    world, visits = live(given, guests([0, 600], [0, 1], [0, 0], [199_950_000, 71_970_000]), 12)
    assert visits.vehicle.tolist() == [1, 0]
    assert visits.end_s.tolist() == [1800, 600 + 1200 + 680]
    assert visits.energy_ws.tolist() == [71_970_000, 199_950_000]
    assert visits.peak_power_w.tolist() == [60_000, 100_000]
    load_ws = world.ledger.load_ws[0, 0, :4].tolist()
    assert load_ws == [60_000_000 + 2 * 18_000_000, 54_000_000 + 53_970_000, 67_950_000, 0]


def test_three_cars_the_modest_one_gets_what_it_asks_for():
    """Max-min: of 100 kW a car that asks for 10 kW gets it, the two others 45 kW each."""
    given = sites([[(FLAT_W, 3)]], classes=flat(10_000, 80_000, 200_000), limit_w=100_000)
    world, _ = live(given, guests([0, 0, 0], [0, 1, 2], [0] * 3, [500_000_000] * 3), 3)
    slots = world.evses.occupant[:3]
    power_w = dict(zip(world.active.vehicle_class[slots].tolist(), world.active.limit_w[slots].tolist(), strict=True))
    assert power_w[0] >= 10_000
    assert (power_w[1], power_w[2]) == (45_000.0, 45_000.0)
    assert int(world.ledger.load_ws[0, 0, 0]) == 900 * 100_000


def test_sessions_that_end_together_do_end_together():
    """Five equal cars under a limit that binds: equal shares, one end."""
    given = sites([[(FLAT_W, 5)]], classes=flat(100_000), limit_w=250_000)
    _, visits = live(given, guests([0] * 5, [0] * 5, [0] * 5, [50_000 * 2000 - 25_000] * 5), 10)
    assert visits.end_s.tolist() == [2000] * 5
    assert visits.energy_ws.tolist() == [50_000 * 2000 - 25_000] * 5


@pytest.mark.parametrize("end_s", [899, 900, 901, 1200])
def test_a_session_may_end_at_the_first_second_of_a_window(end_s):
    """The sharing at the window's start does not touch a session that ends in that second."""
    given = sites([[(FLAT_W, 2)]], classes=flat(100_000), limit_w=100_000)
    targets = [50_000 * end_s - 25_000, 200_000_000]
    _, visits = live(given, guests([0, 0], [0, 0], [0, 0], targets), 6)
    assert (visits.vehicle.tolist(), visits.end_s.tolist()) == ([0], [end_s])


def test_on_the_highway_a_session_ends_after_half_an_hour_while_others_queue():
    """The cap holds for a trip's session that begins while somebody waits; the others take what they want."""
    given = sites([[(FLAT_W, 1)]], layer=HIGHWAY, patience_s=FOREVER_S, busy_session_cap_s=1800)
    cars = lasting(range(3), [0, 10, 20], [3000, 3000, 3000], errand=TRIP)
    _, visits = live(given, cars, 40)
    assert (visits.end_s - visits.plug_in_s).tolist() == [3000, 1800, 3000]
    assert visits.energy_ws.tolist() == [3000 * FLAT_W - FLAT_W // 2, 1800 * FLAT_W, 3000 * FLAT_W - FLAT_W // 2]
    in_town = sites([[(FLAT_W, 1)]], patience_s=FOREVER_S, busy_session_cap_s=1800)
    _, visits = live(in_town, cars, 40)
    assert (visits.end_s - visits.plug_in_s).tolist() == [3000] * 3


def test_cold_halves_fast_charging_and_leaves_slow_charging_alone():
    """The temperature factor is on the battery's curve; at AC the on-board charger sets the limit (7 kW here)."""
    for is_ac, power_w in ((0, 50_000), (1, 7000)):
        given = sites([[(FLAT_W, 1)]], classes=flat(100_000))
        given.local.power_factor[:] = 0.5
        given.pools.is_ac[:] = is_ac
        _, visits = live(given, guests([0], [0], [0], [power_w * 4000 - power_w // 2]), 15)
        assert visits.end_s.tolist() == [4000]
        assert visits.peak_power_w.tolist() == [power_w]


def test_a_session_takes_a_twentieth_of_the_battery_at_least_and_never_more_than_fits():
    given = sites([[(FLAT_W, 3)]], classes=flat(100_000))
    cars = guests([0, 0, 0], [0, 0, 0], [100_000_000, 490_000_000, 0], [100_000_000, 10**12, 500_000_000])
    _, visits = live(given, cars, 30)
    assert dict(zip(visits.vehicle.tolist(), visits.energy_ws.tolist(), strict=True)) == {
        0: 25_000_000, 1: 10_000_000, 2: 500_000_000,
    }  # fmt: skip


def test_nothing_charges_longer_than_a_day():
    given = sites([[(1000, 1)]], classes=flat(100_000), n_days=3)
    _, visits = live(given, guests([100], [0], [0], [500_000_000]), 2 * 288)
    assert visits.end_s.tolist() == [100 + 86_400]
    assert visits.energy_ws.tolist() == [86_400_000]


CAPACITY_WS = 40 * KWH
CURVES = st.lists(st.integers(5_000, 150_000), min_size=21, max_size=21)
CARS = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 1), st.floats(0.0, 0.6), st.floats(0.7, 1.0)), max_size=7)


def slow_sharing(classes, limit_w, plug_w, cars, end_s):
    """Share out power in plain Python: at every arrival, end and window start, by raising all shares together."""
    now, coming, energies, ended = 0, sorted((car[0], at) for at, car in enumerate(cars)), {}, {}
    limits: dict[int, float] = {}
    while now < end_s:
        for at in [at for at in energies if energies[at] >= cars[at][3] - 0.5]:
            ended[at] = now
            del energies[at]
        while coming and coming[0][0] <= now:
            at = coming.pop(0)[1]
            energies[at] = float(cars[at][2])
        asks = {}
        for at, energy in energies.items():
            knots = np.linspace(0, CAPACITY_WS, 21)
            ahead = np.concatenate([[energy], knots[knots > energy]])
            asks[at] = min(np.interp(ahead, knots, classes.curve_w[cars[at][1]]).max(), plug_w)
        left, limits = float(limit_w), {}
        for n_done, at in enumerate(sorted(asks, key=lambda at: asks[at])):
            limits[at] = min(asks[at], left / (len(asks) - n_done))
            left -= limits[at]
        step = min([(now // 300 + 1) * 300, *([coming[0][0]] if coming else [])])
        for at in energies:
            curve, whole = classes.curve_w[cars[at][1]], classes.full_s[cars[at][1]]
            need_s = charge_time_s(curve, whole, 1.0, CAPACITY_WS, energies[at], cars[at][3], limits[at])
            step = min(step, now + max(int(np.ceil(need_s)), 1))
        for at in energies:
            curve, whole = classes.curve_w[cars[at][1]], classes.full_s[cars[at][1]]
            energies[at] = energy_after_ws(curve, whole, 1.0, CAPACITY_WS, energies[at], limits[at], step - now)
        now = step
    return ended


@given(st.lists(CURVES, min_size=2, max_size=2), st.integers(20_000, 400_000), CARS)
@example([[100_000] * 21, [60_000] * 21], 120_000, [(0, 0, 0.0, 0.9), (0, 1, 0.0, 0.9), (777, 0, 0.3, 0.9)])
def test_every_session_ends_when_the_slow_sharing_says(curves, limit_w, cars):
    """Within a second (whole watt-seconds are kept), and in no quarter hour does the site give more than its limit."""
    cars = [(second, row, int(low * CAPACITY_WS), int(high * CAPACITY_WS)) for second, row, low, high in cars]
    classes = curve_classes([CAPACITY_WS] * 2, curves)
    given = sites([[(FLAT_W, 8)]], classes=classes, limit_w=limit_w)
    columns = [list(column) for column in zip(*cars, strict=True)] or [[]] * 4
    world, visits = live(given, guests(*columns), 200)
    slow = slow_sharing(classes, limit_w, FLAT_W, cars, 200 * 300)
    ends = dict(zip(visits.vehicle.tolist(), visits.end_s.tolist(), strict=True))
    assert ends.keys() == slow.keys() == set(range(len(cars)))
    assert all(abs(ends[car] - slow[car]) <= 1 for car in ends)
    assert {int(car): int(ws) for car, ws in zip(visits.vehicle, visits.energy_ws, strict=True)} == {
        car: target_ws - energy_ws for car, (_, _, energy_ws, target_ws) in enumerate(cars)
    }
    load_ws = world.ledger.load_ws[0, 0]
    assert int(load_ws.sum()) == int(visits.energy_ws.sum())
    assert load_ws.min() >= 0
    assert load_ws.max() <= 900 * limit_w + len(cars)
