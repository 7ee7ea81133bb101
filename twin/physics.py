"""Textbook formulas without a clock or a queue: charging curves, consumption, speed under load, fair shares.

All functions are scalar kernels, so that the engine and a reader's notebook call the same code.
"""

import math

import numpy as np

from twin.kernels import kernel
from twin.tables.columns import F64, I64

N_SEGMENTS = 20
"""Segments of a charging curve; its knots stand at soc 0, 0.05 .. 1.0."""

LEAST_CHANGE = 1e-9
"""Below this relative change of power a ramp counts as flat."""
SECONDS_PER_QUARTER = 900
SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86_400
EARTH_RADIUS_M = 6_371_008.8
"""Mean radius, IUGG."""


@kernel
def charge_time_s(curve_w, full_s, power_factor, capacity_ws, energy_ws, target_ws, limit_w):
    """Return the seconds that it takes to charge from one energy to another.

    Power is min(curve, limit); the curve is linear in the energy between its knots, so within a segment energy follows
    dE/dt = p0 + m (E - E0) and the time is ln(p1 / p0) / m.

    Parameters
    ----------
    curve_w : ndarray of float64, shape (21,)
        DC power at soc 0, 0.05 .. 1.0 (W).
    full_s : ndarray of float64, shape (20,)
        Time for each whole segment on the bare curve (s), see `segment_times_s`.
    power_factor : float
        Factor on the curve for temperature.
    capacity_ws, energy_ws, target_ws : int
        Battery capacity, energy now, energy wanted (Ws).
    limit_w : float
        Least of plug, vehicle input and share of the site (W).
    """
    step_ws = capacity_ws / N_SEGMENTS
    energy = float(energy_ws)
    segment = min(int(energy / step_ws), N_SEGMENTS - 1)
    seconds = 0.0
    while energy < target_ws and segment < N_SEGMENTS:
        end = float(target_ws)
        if segment < N_SEGMENTS - 1:
            end = min(step_ws * (segment + 1), end)
        seconds += _segment_time_s(curve_w, full_s, power_factor, step_ws, segment, energy, end, limit_w)
        energy = end
        segment += 1
    return seconds


def segment_times_s(curve_w: F64, capacity_ws: I64) -> F64:
    """Return the time for each segment of each curve without a limit, shape (n_classes, 20).

    Parameters
    ----------
    curve_w : ndarray of float64, shape (n_classes, 21)
        Curves (W).
    capacity_ws : ndarray of int64, shape (n_classes,)
        Capacities (Ws).
    """
    step_ws = (capacity_ws / N_SEGMENTS)[:, None]
    first, change = curve_w[:, :-1], np.diff(curve_w, axis=1)
    ratio = change / first
    flat = np.abs(ratio) < LEAST_CHANGE
    stretch = np.where(flat, 1.0, np.log1p(ratio) / np.where(flat, 1.0, ratio))
    return np.asarray(step_ws / first * stretch)


@kernel
def _segment_time_s(curve_w, full_s, power_factor, step_ws, segment, start_ws, end_ws, limit_w):
    """Return the time within one segment, cut where the curve crosses the limit."""
    low, high = curve_w[segment] * power_factor, curve_w[segment + 1] * power_factor
    if low >= limit_w and high >= limit_w:
        return (end_ws - start_ws) / limit_w
    if low <= limit_w and high <= limit_w and start_ws == step_ws * segment and end_ws == step_ws * (segment + 1):
        return full_s[segment] / power_factor
    slope = (high - low) / step_ws
    first = low + slope * (start_ws - step_ws * segment)
    last = low + slope * (end_ws - step_ws * segment)
    if first > limit_w and last > limit_w:
        return (end_ws - start_ws) / limit_w
    if first <= limit_w and last <= limit_w:
        return _ramp_time_s(first, last, end_ws - start_ws)
    crossing_ws = min(max(step_ws * segment + (limit_w - low) / slope, start_ws), end_ws)
    if first > limit_w:
        return (crossing_ws - start_ws) / limit_w + _ramp_time_s(limit_w, last, end_ws - crossing_ws)
    return _ramp_time_s(first, limit_w, crossing_ws - start_ws) + (end_ws - crossing_ws) / limit_w


@kernel
def _ramp_time_s(first_w, last_w, energy_ws):
    """Return the time to take in `energy_ws` while power goes linearly in energy from `first_w` to `last_w`."""
    if energy_ws <= 0.0:
        return 0.0
    change = (last_w - first_w) / first_w
    if abs(change) < LEAST_CHANGE:
        return energy_ws / first_w
    return energy_ws / first_w * math.log1p(change) / change


@kernel
def energy_after_ws(curve_w, full_s, power_factor, capacity_ws, energy_ws, limit_w, seconds):
    """Return the energy (Ws, float) after charging for `seconds`; the inverse of `charge_time_s`."""
    step_ws = capacity_ws / N_SEGMENTS
    energy = float(energy_ws)
    segment = min(int(energy / step_ws), N_SEGMENTS - 1)
    left = float(seconds)
    while segment < N_SEGMENTS:
        end = step_ws * (segment + 1)
        need = _segment_time_s(curve_w, full_s, power_factor, step_ws, segment, energy, end, limit_w)
        if need >= left:
            return _energy_in_segment_ws(curve_w, power_factor, step_ws, segment, energy, limit_w, left)
        left -= need
        energy = end
        segment += 1
    return float(capacity_ws)


@kernel
def _energy_in_segment_ws(curve_w, power_factor, step_ws, segment, start_ws, limit_w, seconds):
    """Return the energy after `seconds` that end within the segment."""
    low, high = curve_w[segment] * power_factor, curve_w[segment + 1] * power_factor
    if low >= limit_w and high >= limit_w:
        return start_ws + limit_w * seconds
    slope = (high - low) / step_ws
    first = low + slope * (start_ws - step_ws * segment)
    if first > limit_w:
        if slope >= 0.0:
            return start_ws + limit_w * seconds
        crossing_ws = step_ws * segment + (limit_w - low) / slope
        flat_s = (crossing_ws - start_ws) / limit_w
        if seconds <= flat_s:
            return start_ws + limit_w * seconds
        return _ramp_energy_ws(crossing_ws, limit_w, slope, seconds - flat_s)
    if high > limit_w:
        crossing_ws = step_ws * segment + (limit_w - low) / slope
        ramp_s = _ramp_time_s(first, limit_w, crossing_ws - start_ws)
        if seconds > ramp_s:
            return crossing_ws + limit_w * (seconds - ramp_s)
    return _ramp_energy_ws(start_ws, first, slope, seconds)


@kernel
def _ramp_energy_ws(start_ws, first_w, slope, seconds):
    """Return the energy after `seconds` at dE/dt = first_w + slope (E - start_ws)."""
    exponent = slope * seconds
    if abs(exponent) < 1e-9:
        return start_ws + first_w * seconds
    return start_ws + first_w * seconds * math.expm1(exponent) / exponent


@kernel
def power_at_w(curve_w, power_factor, capacity_ws, energy_ws, limit_w):
    """Return the power at an energy: the curve, linear between its knots, cut at the limit."""
    place = N_SEGMENTS * energy_ws / capacity_ws
    segment = min(int(place), N_SEGMENTS - 1)
    power = curve_w[segment] + (curve_w[segment + 1] - curve_w[segment]) * (place - segment)
    return min(power * power_factor, limit_w)


@kernel
def most_power_w(curve_w, ceiling_w, power_factor, capacity_ws, energy_ws, limit_w):
    """Return the most that can be drawn from an energy on: the curve's maximum between there and full, cut at the limit.

    It falls as the battery fills, never rises.

    Parameters
    ----------
    ceiling_w : ndarray of float64, shape (21,)
        Maximum of the curve from each knot on.
    """
    segment = min(int(N_SEGMENTS * energy_ws / capacity_ws), N_SEGMENTS - 1)
    here_w = power_at_w(curve_w, power_factor, capacity_ws, energy_ws, limit_w)
    return max(here_w, min(ceiling_w[segment + 1] * power_factor, limit_w))


@kernel
def water_level_w(demand_w, n_demands, supply_w):
    """Return the max-min fair share: the level L with sum(min(demand, L)) = supply.

    Each round gives the demands below the equal share what they ask for and divides the rest (progressive filling,
    Bertsekas and Gallager, "Data Networks", 1992, section 6.5.2). An infinite level says that everybody is satisfied.
    """
    total = 0.0
    for row in range(n_demands):
        total += demand_w[row]
    if total <= supply_w:
        return np.inf
    level = 0.0
    while True:
        satisfied_w, n_open = 0.0, 0
        for row in range(n_demands):
            if demand_w[row] <= level:
                satisfied_w += demand_w[row]
            else:
                n_open += 1
        share = (supply_w - satisfied_w) / n_open
        if share <= level:
            return level
        level = share


@kernel
def road_consumption_ws_per_m(a, b, speed_kmh, factor):
    """Return consumption on the road: rolling and auxiliaries `a`, air drag `b` v^2, times a temperature factor."""
    return (a + b * speed_kmh * speed_kmh) * factor


@kernel
def congested_speed_kmh(free_speed_kmh, flow_per_h, capacity_per_h):
    """Return the speed under load, t = t0 (1 + 0.15 (q / c)^4) (Bureau of Public Roads, Traffic Assignment Manual, 1964)."""
    ratio = flow_per_h / capacity_per_h
    return free_speed_kmh / (1.0 + 0.15 * ratio * ratio * ratio * ratio)


@kernel
def distance_m(lon_a, lat_a, lon_b, lat_b):
    """Return the distance on an equirectangular plane at the mean latitude: 0.1 % of the great circle below 100 km."""
    mean_lat = math.radians(0.5 * (lat_a + lat_b))
    x = math.radians(lon_b - lon_a) * math.cos(mean_lat)
    y = math.radians(lat_b - lat_a)
    return EARTH_RADIUS_M * math.sqrt(x * x + y * y)
