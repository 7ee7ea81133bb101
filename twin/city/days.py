"""A private car's day: out to work or elsewhere, perhaps further, and home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.city.destinations import Destinations, pick
from twin.city.legs import DAY_S, Legs, legs_of, quantile
from twin.fleet import figures
from twin.fleet.counts import CAR
from twin.rng import Stream, uniforms4
from twin.tables.columns import F64, I64
from twin.tables.inputs import LocalTables

if TYPE_CHECKING:
    from twin.city.tours import Fleet

__all__ = ["car_days", "extra_share", "mean_short_stay_s"]

COMMUTER_SHARE = 0.75
"""Cars that are driven to work on the workdays on which they drive. From memory, unverified; confidence low."""
LEAST_STAY_S = 1800
"""Nobody drives out for less. Own estimate."""
PLANNED = 1.2
"""Time that a driver allows for a way against that on empty streets. Own estimate."""


def extra_share(factor: float) -> float:
    """Return the share p of a binomial draw of two further trips: a driving car makes 2 + 2 p trips a day on the mean.

    The seeds' trips times a factor, as far as 2 to 4 trips allow.
    """
    return min(max((factor * figures.travel("private_car", "trips_per_day") - 2.0) / 2.0, 0.0), 1.0)


def mean_short_stay_s() -> float:
    """Return the mean stay at a further stop: exponential, with the seeds' share of stays below an hour."""
    return 3600.0 / -float(np.log(1.0 - figures.travel("private_car", "share_parking_below_1h")))


def car_days(
    seed: int,
    day: int,
    is_workday: bool,
    fleet: Fleet,
    local: LocalTables,
    destinations: Destinations,
    factor: float,
    free_s: I64,
) -> list[Legs]:
    """Draw the trips of a day of private cars.

    Two trips are home - A - home, three are home - A - B - home, four are home - A - home - B - home. A is the workplace
    of who commutes on a workday, the same every day; else it is drawn as B is. Hours of leaving home and of being back
    from A are those of the local days of a nation.

    Returns
    -------
    list of Legs
        In the order in which each car drives them. Writes: free_s.
    """
    drive_u, depart_u, back_u, extra_u = uniforms4(seed, Stream.TOUR, fleet.vehicle, day, 0).T
    out = np.flatnonzero(drive_u < local.p_drive[CAR, day])
    vehicle, home = fleet.vehicle[out], fleet.home[out]
    u = uniforms4(seed, Stream.TOUR, vehicle, day, 1)
    n_extra = _n_extra(extra_u[out], extra_share(factor))
    first = pick(destinations, home, u[:, 0], u[:, 1])
    if is_workday:
        first = np.where(*_work(seed, vehicle, home, destinations), first)
    is_three, is_four = n_extra == 1, n_extra == 2
    second = pick(destinations, np.where(is_four, home, first), u[:, 2], u[:, 3])
    stay_u, gap_u, *again = uniforms4(seed, Stream.TOUR, vehicle, day, 2).T
    second = np.where(is_three & (second == home), pick(destinations, first, *again), second)
    short_s, gap_s = (-mean_short_stay_s() * np.log(1.0 - x) for x in (stay_u, gap_u))
    drive_s = PLANNED * destinations.drive_s

    depart_s = day * DAY_S + quantile(local.depart_quantile[CAR, day], depart_u[out])
    depart_s = np.maximum(depart_s, free_s[vehicle])
    there_s = depart_s + drive_s[home, first]
    way_s = np.where(is_three, drive_s[first, second] + short_s + drive_s[second, home], drive_s[first, home])
    leave_s = day * DAY_S + quantile(local.return_quantile[CAR, day], back_u[out]) - way_s
    leave_s = np.maximum(leave_s, there_s + LEAST_STAY_S)
    legs = [legs_of(vehicle, depart_s, first, True, free_s)]
    legs.append(legs_of(vehicle, leave_s, np.where(is_three, second, home), True, free_s))
    # From B home, or once more out and home.
    three = np.flatnonzero(is_three & (second != home))
    legs.append(_leg(three, vehicle, leave_s + drive_s[first, second] + short_s, home, free_s))
    four = np.flatnonzero(is_four)
    again_s = leave_s + drive_s[first, home] + gap_s
    legs.append(_leg(four, vehicle, again_s, second, free_s))
    legs.append(_leg(four, vehicle, again_s + drive_s[home, second] + np.maximum(short_s, LEAST_STAY_S), home, free_s))
    return legs


def _leg(some: I64, vehicle: I64, depart_s: F64, goal: I64, free_s: I64) -> Legs:
    return legs_of(vehicle[some], depart_s[some], goal[some], True, free_s)


def _n_extra(u: F64, p: float) -> I64:
    """Return 0, 1 or 2 further trips, binomial."""
    return (u >= (1.0 - p) ** 2).astype(np.int64) + (u >= 1.0 - p**2)


def _work(seed: int, vehicle: I64, home: I64, destinations: Destinations) -> tuple[np.ndarray, I64]:
    """Return who commutes, and the workplace of each."""
    u = uniforms4(seed, Stream.WORKPLACE, vehicle, 0, 0)
    return u[:, 0] < COMMUTER_SHARE, pick(destinations, home, u[:, 1], u[:, 2])
