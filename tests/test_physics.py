"""The textbook formulas, against their inverses, their definitions and the seeds."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.integrate import quad

from twin.fleet.classes import load_classes
from twin.physics import (
    EARTH_RADIUS_M,
    charge_time_s,
    congested_speed_kmh,
    distance_m,
    energy_after_ws,
    most_power_w,
    road_consumption_ws_per_m,
    segment_times_s,
    water_level_w,
)
from twin.tables.seeds import read

KWH = 3_600_000
POWERS_W = st.floats(1_000.0, 1_000_000.0)
CURVES = st.one_of(
    st.lists(POWERS_W, min_size=21, max_size=21),
    POWERS_W.map(lambda power: [power] * 21),
    POWERS_W.map(lambda power: [power * (1 - 0.04 * knot) for knot in range(21)]),
).map(np.array)
SESSIONS = st.tuples(
    CURVES,
    st.floats(0.2, 1.0),
    st.integers(KWH, 600 * KWH),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.floats(500.0, 1_200_000.0),
)


def full_s(curve_w, capacity_ws):
    """Return the times for the whole segments of one curve."""
    return segment_times_s(curve_w[None], np.array([capacity_ws]))[0]


def power_w(curve_w, factor, capacity_ws, energy_ws, limit_w):
    """Say the definition: the curve between its knots times the factor, cut at the limit."""
    return np.minimum(np.interp(energy_ws / capacity_ws, np.linspace(0, 1, 21), curve_w) * factor, limit_w)


def integrated_time_s(curve_w, factor, capacity_ws, from_ws, to_ws, limit_w):
    """Integrate dE / P(E) by quadrature, piece by piece between knots and crossings of the limit."""
    knots = np.linspace(0, 1, 21) * capacity_ws
    excess = np.asarray(curve_w) * factor - limit_w
    crosses = np.flatnonzero(excess[:-1] * excess[1:] < 0)
    crossings = knots[crosses] + capacity_ws / 20 * excess[crosses] / (excess[crosses] - excess[crosses + 1])
    inner = np.sort(np.concatenate([knots, crossings]))
    ends = [from_ws, *inner[(inner > from_ws) & (inner < to_ws)], to_ws]
    return sum(
        quad(lambda energy: 1.0 / power_w(curve_w, factor, capacity_ws, energy, limit_w), low, high, epsrel=1e-11)[0]
        for low, high in pairwise(ends)
    )


@given(SESSIONS)
def test_charging_time_is_the_integral_over_energy(session):
    curve, factor, capacity, a, b, limit = session
    whole = full_s(curve, capacity)
    low, high = sorted((int(a * capacity), int(b * capacity)))
    seconds = charge_time_s(curve, whole, factor, capacity, low, high, limit)
    assert seconds == pytest.approx(integrated_time_s(curve, factor, capacity, low, high, limit), rel=1e-8, abs=1e-6)


@given(SESSIONS)
def test_energy_after_is_the_inverse_of_charging_time(session):
    curve, factor, capacity, a, b, limit = session
    whole = full_s(curve, capacity)
    low, high = sorted((int(a * capacity), int(b * capacity)))
    seconds = charge_time_s(curve, whole, factor, capacity, low, high, limit)
    assert energy_after_ws(curve, whole, factor, capacity, low, limit, seconds) == pytest.approx(high, rel=1e-9, abs=1e-3)
    assert energy_after_ws(curve, whole, factor, capacity, low, limit, 0) == low


@given(SESSIONS, st.floats(1.0, 20_000.0), st.floats(1.0, 20_000.0))
def test_charging_in_two_pieces_is_charging_in_one(session, first_s, second_s):
    curve, factor, capacity, a, _, limit = session
    start, full = int(a * capacity), full_s(curve, capacity)
    halfway = energy_after_ws(curve, full, factor, capacity, start, limit, first_s)
    whole = energy_after_ws(curve, full, factor, capacity, start, limit, first_s + second_s)
    assert energy_after_ws(curve, full, factor, capacity, halfway, limit, second_s) == pytest.approx(
        whole, rel=1e-9, abs=1e-3
    )
    assert start <= halfway <= whole <= capacity


def test_energy_after_solves_the_differential_equation():
    """Against a hundred thousand midpoint steps of dE/dt = P(E), on a curve with a rise, a plateau and a taper."""
    curve = np.interp(np.linspace(0, 1, 21), [0, 0.15, 0.5, 0.8, 1.0], [60e3, 110e3, 100e3, 50e3, 12e3])
    capacity, factor, limit, start, seconds, n_steps = 60 * KWH, 0.87, 80e3, 3 * KWH, 3000.0, 100_000
    energy, step = float(start), seconds / n_steps
    for _ in range(n_steps):
        half = energy + 0.5 * step * power_w(curve, factor, capacity, energy, limit)
        energy += step * power_w(curve, factor, capacity, half, limit)
    solved = energy_after_ws(curve, full_s(curve, capacity), factor, capacity, start, limit, seconds)
    assert solved == pytest.approx(energy, rel=1e-6)


def test_flat_curve_and_exponential_taper_by_hand():
    flat = np.full(21, 50e3)

    def seconds(curve, factor, from_kwh, to_kwh, limit_w):
        whole = full_s(curve, 50 * KWH)
        return charge_time_s(curve, whole, factor, 50 * KWH, from_kwh * KWH, to_kwh * KWH, limit_w)

    assert seconds(flat, 1.0, 5, 30, 1e9) == pytest.approx(25 * KWH / 50e3, rel=1e-14)
    assert seconds(flat, 0.5, 0, 50, 20e3) == pytest.approx(50 * KWH / 20e3, rel=1e-14)
    taper = np.linspace(100e3, 10e3, 21)
    assert seconds(taper, 1.0, 0, 50, 1e9) == pytest.approx(50 * KWH * math.log(10) / 90e3, rel=1e-12)


def test_every_class_charges_in_its_published_time():
    classes, _ = load_classes()
    seed = read("vehicle_classes")
    for row, minutes in enumerate(seed["t_charge_min"]):
        low = 0.2 if seed["loaded_kwh_km"][row] > 0.0 else 0.1
        capacity = int(classes.capacity_ws[row])
        from_ws, to_ws = int(low * capacity), int(0.8 * capacity)
        seconds = charge_time_s(classes.curve_w[row], classes.full_s[row], 1.0, capacity, from_ws, to_ws, 1e9)
        assert seconds / 60 == pytest.approx(minutes, rel=0.01)


@given(SESSIONS)
def test_most_power_is_the_largest_from_here_to_full(session):
    curve, factor, capacity, a, _, limit = session
    start = int(a * capacity)
    ceiling = np.maximum.accumulate(curve[::-1])[::-1].copy()
    knots = np.linspace(0, 1, 21) * capacity
    ahead = np.concatenate([[start], knots[knots > start]])
    most = most_power_w(curve, ceiling, factor, capacity, start, limit)
    assert most == pytest.approx(power_w(curve, factor, capacity, ahead, limit).max(), rel=1e-9)


@given(st.lists(st.floats(0.0, 1e6), min_size=1, max_size=20), st.floats(1.0, 1e7))
@example([5e4, 5e4, 5e4], 1e5)
@example([0.0, 0.0], 1.0)
def test_water_level_is_max_min_fair(demands, supply):
    demand = np.array([*demands, 7e7])
    level = water_level_w(demand, len(demands), supply)
    shares = np.minimum(demand[:-1], level)
    if sum(demands) <= supply:
        assert level == np.inf
        return
    assert shares.sum() == pytest.approx(supply, rel=1e-12)
    # Brute force: raise the level of all together until the supply is used up, one satisfied demand after another.
    left, filled = supply, 0.0
    for n_done, demand_w in enumerate(sorted(demands)):
        n_open = len(demands) - n_done
        if (demand_w - filled) * n_open >= left:
            filled += left / n_open
            break
        left -= (demand_w - filled) * n_open
        filled = demand_w
    assert level == pytest.approx(filled, rel=1e-9)


@given(st.lists(st.floats(1.0, 1e6), min_size=2, max_size=8), st.floats(1.0, 1e6), st.randoms(use_true_random=False))
def test_nobody_gains_by_asking_for_more_and_order_does_not_matter(demands, supply, random):
    assume(sum(demands) > supply)
    level = water_level_w(np.array(demands), len(demands), supply)
    greedy = [max(demands) + demand if demand > level else demand for demand in demands]
    shuffled = random.sample(greedy, len(greedy))
    assert water_level_w(np.array(shuffled), len(shuffled), supply) == pytest.approx(level, rel=1e-9)


@given(st.floats(20.0, 130.0), st.floats(100.0, 20_000.0), st.floats(0.0, 3.0), st.floats(1e-3, 1.0))
def test_speed_falls_with_flow(free, capacity, ratio, more):
    speed = congested_speed_kmh(free, ratio * capacity, capacity)
    assert congested_speed_kmh(free, (ratio + more) * capacity, capacity) < speed <= free
    assert congested_speed_kmh(free, 0.0, capacity) == free
    assert congested_speed_kmh(free, capacity, capacity) == pytest.approx(free / 1.15, rel=1e-12)


def test_consumption_by_hand():
    assert road_consumption_ws_per_m(360.0, 0.0216, 100.0, 1.1) == pytest.approx((360 + 216) * 1.1, rel=1e-14)


@given(st.floats(75.0, 130.0), st.floats(18.0, 52.0), st.floats(-100e3, 100e3), st.floats(-100e3, 100e3))
def test_distance_is_the_great_circle_to_a_thousandth(lon, lat, east_m, north_m):
    assume(1_000 < math.hypot(east_m, north_m) < 100_000)
    to_lat = lat + math.degrees(north_m / EARTH_RADIUS_M)
    to_lon = lon + math.degrees(east_m / EARTH_RADIUS_M / math.cos(math.radians(lat)))
    a, b, c = map(math.radians, (lat, to_lat, to_lon - lon))
    haversine = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(c / 2) ** 2
    great_circle = 2 * EARTH_RADIUS_M * math.asin(math.sqrt(haversine))
    assert distance_m(lon, lat, to_lon, to_lat) == pytest.approx(great_circle, rel=1e-3)
    assert distance_m(to_lon, to_lat, lon, lat) == pytest.approx(distance_m(lon, lat, to_lon, to_lat), rel=1e-12)
