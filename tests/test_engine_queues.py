"""Queues, second by second: cases worked by hand, a slow queue in plain Python, and the formulas of queueing theory."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.one_site import FLAT_W, lasting, live, patience_of, sites
from twin.behaviour import FIRST_SESSION_S
from twin.tables.state import BALKED, RENEGED, SERVED

FOREVER_S = 1e9
OUTCOMES = {outcome: outcome - 1 for outcome in (SERVED, BALKED, RENEGED)}


def by_vehicle(visits):
    """Return each vehicle's (outcome, arrival, plug-in, end)."""
    outcome = {code: name for name, code in OUTCOMES.items()}
    columns = visits.vehicle, visits.outcome, visits.arrival_s, visits.plug_in_s, visits.end_s
    return {int(row[0]): (outcome[row[1]], *map(int, row[2:])) for row in zip(*columns, strict=True)}


def test_overload_of_two_plugs_to_the_second():
    """Twenty cars 300 s apart, 900 s each, two plugs: a car's wait grows by 300 s with every second car."""
    row = np.arange(20)
    _, visits = live(sites([[(FLAT_W, 2)]], patience_s=FOREVER_S), lasting(row, 300 * row, np.full(20, 900)), 40)
    assert visits.vehicle.tolist() == row.tolist()
    assert visits.wait_s.tolist() == [300 * (car // 2) for car in row]
    assert (visits.end_s - visits.plug_in_s == 900).all()
    assert (visits.outcome == OUTCOMES[SERVED]).all()
    assert visits.end_s[-1] == 19 * 300 + 2700 + 900


def test_first_come_first_served_whatever_order_they_are_handed_over_in():
    """Seven cars at one plug, handed over out of order; two arrive in the same second, the lower id goes first."""
    arrival_s = {4: 10, 2: 20, 9: 20, 7: 30, 1: 290, 3: 310, 5: 330}
    handed = [7, 9, 3, 1, 5, 2, 4]
    guests = lasting(handed, [arrival_s[car] for car in handed], [100] * 7)
    _, visits = live(sites([[(FLAT_W, 1)]], patience_s=FOREVER_S), guests, 5)
    assert visits.vehicle.tolist() == [4, 2, 9, 7, 1, 3, 5]
    assert visits.plug_in_s.tolist() == [10, 110, 210, 310, 410, 510, 610]


@pytest.mark.parametrize(
    ("patience_s", "second_visit"), [(1500.0, (BALKED, 150, -1, 150)), (5000.0, (SERVED, 150, 1100, 2100))]
)
def test_a_queue_longer_than_patience_is_balked_at(patience_s, second_visit):
    """A pool's first session is expected to take 2,400 s; patience lies between 0.5 and 1.5 times its mean."""
    given = sites([[(FLAT_W, 1)]], patience_s=patience_s)
    assert (patience_of(given, 2) < FIRST_SESSION_S["dc"]) == (second_visit[0] == BALKED)
    _, visits = live(given, lasting([1, 2], [100, 150], [1000, 1000]), 8)
    assert by_vehicle(visits) == {1: (SERVED, 100, 100, 1100), 2: second_visit}
    row = visits.vehicle == 2
    assert visits.wait_s[row] == max(second_visit[2] - 150, 0)
    assert (visits.energy_ws[row] == 0) == (visits.soc_in[row] == visits.soc_out[row]) == (second_visit[0] == BALKED)


def test_patience_ends_in_the_queue_to_the_second():
    """With plugs enough to expect a short wait everybody joins; who waits too long leaves when patience ends."""
    given = sites([[(FLAT_W, 8)]], patience_s=1000.0)
    guests = lasting(range(9), [0] * 8 + [30], [5000] * 9)
    _, visits = live(given, guests, 20)
    leaves_s = 30 + patience_of(given, 8)
    assert by_vehicle(visits)[8] == (RENEGED, 30, -1, leaves_s)
    assert visits.wait_s[visits.vehicle == 8].tolist() == [leaves_s - 30]
    assert (visits.outcome == OUTCOMES[RENEGED]).sum() == 1


@pytest.mark.parametrize(("late_s", "outcome"), [(-1, SERVED), (0, SERVED), (1, RENEGED)])
def test_a_plug_freed_at_the_second_that_patience_ends_is_taken(late_s, outcome):
    given = sites([[(FLAT_W, 8)]], patience_s=1000.0)
    leaves_s = 30 + patience_of(given, 8)
    guests = lasting(range(9), [0] * 8 + [30], [leaves_s + late_s] + [5000] * 7 + [100])
    _, visits = live(given, guests, 20)
    plug_in_s, end_s = (leaves_s + late_s, leaves_s + late_s + 100) if outcome == SERVED else (-1, leaves_s)
    assert by_vehicle(visits)[8] == (outcome, 30, plug_in_s, end_s)


def test_the_middle_of_a_queue_may_leave_without_disturbing_its_order():
    """Nine queue at one plug; whoever loses patience leaves from where it stands, the rest keep their order."""
    given = sites([[(FLAT_W, 1)]], patience_s=50_000.0)
    guests = lasting(range(10), np.arange(10), [6000] * 10)
    _, visits = live(given, guests, 300)
    served = visits.vehicle[visits.outcome == OUTCOMES[SERVED]]
    assert served.tolist() == sorted(served)
    assert 0 < (visits.outcome == OUTCOMES[RENEGED]).sum() < 9


def test_whoever_comes_after_the_last_has_left_queues_behind_those_who_stayed():
    """The last of a queue of two leaves; the next to come still waits behind the first, whose plug frees at 2,500 s."""
    given = sites([[(FLAT_W, 8)]], patience_s=2000.0)
    hasty, *_, patient, most_patient = sorted(range(8, 80), key=lambda car: patience_of(given, car))
    leaves_s = 20 + patience_of(given, hasty)
    cars, arrival_s = [*range(8), most_patient, hasty, patient], [0] * 8 + [10, 20, leaves_s + 10]
    _, visits = live(given, lasting(cars, arrival_s, [2500, 2600] + [9000] * 6 + [60] * 3), 20)
    seen = by_vehicle(visits)
    assert seen[most_patient] == (SERVED, 10, 2500, 2560)
    assert seen[hasty] == (RENEGED, 20, -1, leaves_s)
    assert seen[patient] == (SERVED, leaves_s + 10, 2560, 2620)


def test_pools_of_a_station_have_queues_of_their_own():
    given = sites([[(FLAT_W, 1), (FLAT_W, 1)], [(FLAT_W, 1)]], patience_s=FOREVER_S)
    guests = lasting(range(6), [0, 1, 2, 3, 4, 5], [100] * 6, pool=[0, 0, 1, 1, 2, 2])
    _, visits = live(given, guests, 2)
    assert dict(zip(visits.vehicle.tolist(), visits.plug_in_s.tolist(), strict=True)) == {
        0: 0, 1: 100, 2: 2, 3: 102, 4: 4, 5: 104,
    }  # fmt: skip


def slow_queue(given, n_evse, guests, end_s):
    """Say the discipline of one pool again, second by second: ends, then arrivals, then patience."""
    session_s, busy, queue, seen = FIRST_SESSION_S["dc"], [None] * n_evse, [], {}
    coming = sorted(zip(guests.arrival_s, guests.vehicle, guests.target_ws, strict=True))
    for second in range(end_s):
        for evse, session in enumerate(busy):
            if session and session[2] == second:
                car, began_s, _ = session
                busy[evse] = None
                session_s += (second - began_s - session_s) // 8
                if queue:
                    busy[evse] = _begin(queue.pop(0), second, seen)
        while coming and coming[0][0] == second:
            _, car, target_ws = coming.pop(0)
            patience_s = patience_of(given, car)
            seen[car] = (None, second, -1, -1)
            if None in busy:
                busy[busy.index(None)] = _begin((car, second, target_ws, 0), second, seen)
            elif (len(queue) + 1) * session_s // n_evse > patience_s:
                seen[car] = (BALKED, second, -1, second)
            else:
                queue.append((car, second, target_ws, second + max(patience_s, 1)))
        for waiting in [one for one in queue if one[3] == second]:
            queue.remove(waiting)
            seen[waiting[0]] = (RENEGED, waiting[1], -1, second)
    return {car: visit for car, visit in seen.items() if visit[0] is not None and visit[3] < end_s}


def _begin(waiting, second, seen):
    car, arrival_s, target_ws, _ = waiting
    end_s = second + math.ceil(target_ws / FLAT_W)
    seen[car] = (SERVED, arrival_s, second, end_s)
    return car, second, end_s


# Half of the seconds are whole minutes, so that ends, arrivals and patience often fall into one second.
SECONDS = st.one_of(st.integers(0, 2999), st.integers(0, 49).map(lambda minute: 60 * minute))
CARS = st.lists(st.tuples(SECONDS, st.sampled_from([1, 7, 60, 299, 300, 301, 600, 1500])), max_size=40)


@given(
    CARS,
    st.sampled_from([1, 2, 4, 8]),
    st.sampled_from([0, 200, 700, 1500, 4000, 10**9]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150)
@example([(0, 300), (300, 60)], 1, 200, Random(0))
@example([(0, 1500)] * 8 + [(30 * car, 60) for car in range(1, 31)], 8, 700, Random(0))
def test_every_visit_is_that_of_the_slow_queue(cars, n_evse, patience_s, random):
    """Arrivals, balks, reneges and sessions of any small case equal those of a queue that reads like a sentence."""
    given = sites([[(FLAT_W, n_evse)]], patience_s=float(patience_s))
    order = random.sample(range(len(cars)), len(cars))
    guests = lasting(order, [cars[car][0] for car in order], [cars[car][1] for car in order])
    _, visits = live(given, guests, 20)
    assert by_vehicle(visits) == slow_queue(given, n_evse, guests, 6000)


def erlang_c_wait_s(n_servers, arrivals_per_h, served_per_h):
    """Return the mean wait of M/M/c (Erlang 1917)."""
    load = arrivals_per_h / served_per_h
    blocked = 1.0
    for server in range(1, n_servers + 1):
        blocked = load * blocked / (server + load * blocked)
    delayed = blocked / (1 - load / n_servers * (1 - blocked))
    return 3600 * delayed / (n_servers * served_per_h - arrivals_per_h)


def mean_wait_s(n_servers, arrivals_per_h, services_s, seed, n_sites, n_hours, warm_h):
    """Return the mean wait over independent stations after a warm-up, and its standard error."""
    rng = np.random.default_rng(seed)
    n_guests = rng.poisson(arrivals_per_h * n_hours, n_sites)
    site = np.repeat(np.arange(n_sites), n_guests)
    arrival_s = rng.integers(0, n_hours * 3600, len(site))
    order = np.argsort(arrival_s, kind="stable")
    site, arrival_s = site[order], arrival_s[order]
    service_s = np.maximum(np.rint(services_s(rng, len(site))), 1).astype(np.int64)
    guests = lasting(np.arange(len(site)), arrival_s, service_s, pool=site)
    given = sites([[(FLAT_W, n_servers)]] * n_sites, n_days=n_hours // 24 + 1, patience_s=FOREVER_S)
    n_slots = min(len(site), 100 * n_sites * n_servers)
    _, visits = live(given, guests, n_hours * 12, n_slots)
    counts = (visits.arrival_s >= warm_h * 3600) & (visits.arrival_s < (n_hours - 12) * 3600)
    total = np.bincount(visits.station[counts], weights=visits.wait_s[counts], minlength=n_sites)
    number = np.bincount(visits.station[counts], minlength=n_sites)
    mean = total.sum() / number.sum()
    # Ratio estimate over independent stations.
    error = np.sqrt(((total - mean * number) ** 2).sum() / (n_sites * (n_sites - 1))) / number.mean()
    return mean, error


@pytest.mark.parametrize(
    ("n_servers", "arrivals_per_h", "served_per_h", "wait_min", "n_sites"),
    [(5, 8, 2, 16.6234, 1000), (12, 20, 2, 6.7408, 500), (32, 70, 2.4, 4.4731, 300)],
)
def test_mean_wait_is_that_of_erlang(n_servers, arrivals_per_h, served_per_h, wait_min, n_sites):
    """The formula's wait lies within the 99 % interval of a simulation whose standard error is below 4 %."""
    exact_s = erlang_c_wait_s(n_servers, arrivals_per_h, served_per_h)
    assert exact_s / 60 == pytest.approx(wait_min, abs=5e-5)
    mean_s = 3600 / served_per_h
    mean, error = mean_wait_s(n_servers, arrivals_per_h, lambda rng, n: rng.exponential(mean_s, n), 7, n_sites, 120, 48)
    assert error < 0.04 * exact_s
    assert abs(mean - exact_s) < 2.576 * error


def test_mean_wait_at_a_plug_with_equal_sessions_is_that_of_pollaczek_and_khinchine():
    arrivals_per_h, service_s = 3.0, 900
    load = arrivals_per_h * service_s / 3600
    exact_s = load * service_s / (2 * (1 - load))
    mean, error = mean_wait_s(1, arrivals_per_h, lambda rng, n: np.full(n, service_s), 11, 1500, 120, 48)
    assert error < 0.02 * exact_s
    assert abs(mean - exact_s) < 2.576 * error
