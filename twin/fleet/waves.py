"""The rhythm of journeys: how many set out on each day of a calendar, and for how many nights.

Everything here is relative to an ordinary day: 1.0 means that as many vehicles drive between zones as on the mean
ordinary day. Every set-out brings one way back, on the same day or after its nights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.tables.columns import F64

if TYPE_CHECKING:
    from twin.fleet.calendar import Calendar

MAX_NIGHTS = 32
"""Nights away that are told apart."""


class DayPattern(NamedTuple):
    """An ordinary kind of day: set-outs against the mean day, and the shares that stay 0, 1, 2 nights."""

    set_outs: float
    nights: tuple[float, ...]


ORDINARY = {
    "workday": DayPattern(1.00, (0.86, 0.09, 0.05)),
    "workday before free": DayPattern(1.10, (0.64, 0.12, 0.24)),
    "free before free": DayPattern(1.20, (0.72, 0.28)),
    "free before workday": DayPattern(1.00, (0.95, 0.03, 0.02)),
}
"""Own estimate, low confidence: business trips mostly return the same day, weekends bring one or two nights."""


class HolidayPattern(NamedTuple):
    """How a public holiday is travelled.

    Attributes
    ----------
    level : float
        Mean of its days against an ordinary day.
    excursion_share : float
        Share of the trips that go out and back on one day.
    home_town_share : float
        Share of the journeys with nights that visit the home town and return with the last days; the others tour.
    is_long : bool
        Whether trip lengths are those of the long holidays.
    """

    level: float
    excursion_share: float
    home_town_share: float
    is_long: bool


HOLIDAYS = {
    "national_day": HolidayPattern(1.70, 0.50, 0.40, True),
    "may_day": HolidayPattern(1.70, 0.55, 0.25, True),
    "spring_festival": HolidayPattern(1.50, 0.40, 0.80, True),
    "qingming": HolidayPattern(1.55, 0.65, 0.30, True),
    "other": HolidayPattern(1.13, 0.70, 0.20, False),
}
"""Levels: 12.5 against 7.35 M electric vehicles a day (National Day 2025, Ministry of Transport); the same 62 M
vehicles at May Day 2025; 54.5 M at Spring Festival 2025; 8.3 M electric at Dragon Boat 2025. Qingming and all shares:
own estimate, low confidence."""

FIRST_DAY_RUSH = 1.08
"""Set-outs of the first day against the rule of nights left; with it the passages of the first National Day lie 6 % above
the mean, as they did in 2025 (13.29 against 12.5 M electric vehicles, Ministry of Transport)."""
DISTANCE_PER_NIGHTS = 0.4
"""Distance grows with this power of the nights away: twice as long, a third farther. From memory, unverified, of surveys of
long-distance travel; low confidence. So those who leave first go farthest, and shorter holidays have shorter journeys."""
EVE_SHARE = 0.30
"""Set-outs on the evening before against the rule of nights left; own estimate."""
TOUR_DECAY = 0.70
"""Each further night of a tour is this much rarer; own estimate, mean near three nights."""
HOME_RETURN = (0.34, 0.27, 0.20, 0.12, 0.07)
"""When visitors leave their home town: on the last day of the holiday, the day before, and so on; own estimate."""


class Waves(NamedTuple):
    """Set-outs of a calendar, split by what they follow.

    Attributes
    ----------
    ordinary : ndarray of float64, shape (n_days,)
        Set-outs that follow ordinary trip lengths, in trips of the mean ordinary day.
    holiday : ndarray of float64, shape (n_days,)
        Set-outs that follow those of the long holidays, in the same unit.
    nights : ndarray of float64, shape (n_days, MAX_NIGHTS)
        Share of a day's set-outs that stay 0, 1, ... nights.
    evening : ndarray of float64, shape (n_days,)
        Share of a day's set-outs that leave in the evening before free days.
    stretch : ndarray of float64, shape (n_days,)
        Length of a day's journeys with nights, against the mean one.
    """

    ordinary: F64
    holiday: F64
    nights: F64
    evening: F64
    stretch: F64


def journey_nights(nights_left: int, home_town_share: float) -> F64:
    """Return the shares of journeys that stay 0, 1, ... nights when the holiday has `nights_left` nights to go."""
    shares = np.zeros(MAX_NIGHTS)
    if nights_left == 0:
        shares[0] = 1.0
        return shares
    night = np.arange(1, nights_left + 1)
    tour = TOUR_DECAY ** (night - 1.0)
    shares[night] += (1.0 - home_town_share) * tour / tour.sum()
    late = [(nights_left - early, weight) for early, weight in enumerate(HOME_RETURN) if nights_left - early >= 1]
    for night_home, weight in late:
        shares[night_home] += home_town_share * weight / sum(weight for _, weight in late)
    return shares


def journey_weights(length: int) -> F64:
    """Return the relative set-outs of journeys on the eve and each day of a holiday, shape (length + 1,).

    As many set out as nights are left to be away, with a rush on the first morning and a part on the evening before.
    """
    left = np.arange(length, -1, -1).astype(np.float64)
    left[0] *= EVE_SHARE
    if length > 1:
        left[1] *= FIRST_DAY_RUSH
    return left


def holiday_scale(length: int, pattern: HolidayPattern) -> tuple[float, F64]:
    """Return excursions a day, and journeys set out on the eve and each day, that give the holiday its level.

    Parameters
    ----------
    length : int
        Days of the holiday.
    pattern : HolidayPattern
        Its level and shares.

    Returns
    -------
    excursions : float
        Set-outs a day that return the same day, in trips of the mean ordinary day.
    journeys : ndarray of float64, shape (length + 1,)
        Set-outs with nights, the eve first.
    """
    weights = journey_weights(length)
    inside = weights[1:].sum()
    for day in range(length + 1):
        left = length - day
        back = journey_nights(left, pattern.home_town_share)
        inside += weights[day] * back[: left + 1].sum()
    journeys = weights * (1.0 - pattern.excursion_share) * pattern.level * length / inside
    return pattern.excursion_share * pattern.level / 2.0, journeys


def journey_stretch(nights_left: int, home_town_share: float) -> float:
    """Return how far journeys go that set out with so many nights left, against the mean journey of the National Day.

    The mean is that of a National Day of eight days, for which the length of journeys is known.
    """
    length, pattern = 8, HOLIDAYS["national_day"]
    weights = journey_weights(length)[:-1]
    reaches = [_reach_of_nights(length - day, pattern.home_town_share) for day in range(length)]
    return _reach_of_nights(nights_left, home_town_share) / float(np.average(reaches, weights=weights))


def _reach_of_nights(nights_left: int, home_town_share: float) -> float:
    nights = float(journey_nights(nights_left, home_town_share) @ np.arange(MAX_NIGHTS))
    return float(nights**DISTANCE_PER_NIGHTS)


def ordinary_kind(is_free: bool, is_free_next: bool) -> str:
    """Name the pattern of an ordinary day by itself and the day after."""
    if is_free:
        return "free before free" if is_free_next else "free before workday"
    return "workday before free" if is_free_next else "workday"


def ordinary_mean() -> float:
    """Return the set-outs of the mean day of an ordinary week of five workdays."""
    week = ["workday"] * 4 + ["workday before free", "free before free", "free before workday"]
    return float(np.mean([ORDINARY[kind].set_outs for kind in week]))


def build_waves(calendar: Calendar) -> Waves:
    """Return the set-outs of every day of a calendar.

    A day's figures depend on its own place in the year only, not on where the run begins.

    Parameters
    ----------
    calendar : Calendar
        The days of the run.
    """
    n_days = len(calendar.date)
    ordinary, holiday = np.zeros(n_days), np.zeros(n_days)
    nights, evening, stretch = np.zeros((n_days, MAX_NIGHTS)), np.zeros(n_days), np.ones(n_days)
    for day in range(n_days):
        parts = _ordinary_part(calendar, day)
        long_part = np.zeros(MAX_NIGHTS)
        place = calendar.day_of_holiday[day]
        if place > 0 or calendar.is_eve[day]:
            name = calendar.holiday[day] if place > 0 else calendar.next_holiday[day]
            length = calendar.holiday_length[day] if place > 0 else calendar.next_length[day]
            pattern = HOLIDAYS.get(name, HOLIDAYS["other"])
            excursions, journeys = holiday_scale(length, pattern)
            wave = journeys[place] * journey_nights(length - place, pattern.home_town_share)
            evening[day] = journeys[place] if place == 0 else 0.0
            wave[0] += excursions if place > 0 else 0.0
            parts, long_part = (parts, wave) if pattern.is_long else (parts + wave, long_part)
            if pattern.is_long and length > place:
                early = 1.0 if place > 0 else evening[day] / (evening[day] + parts[1:].sum())
                stretch[day] += early * (journey_stretch(length - place, pattern.home_town_share) - 1.0)
        ordinary[day], holiday[day] = parts.sum(), long_part.sum()
        nights[day] = (parts + long_part) / (parts.sum() + long_part.sum())
        evening[day] /= parts.sum() + long_part.sum()
    return Waves(ordinary, holiday, nights, evening, stretch)


def _ordinary_part(calendar: Calendar, day: int) -> F64:
    """Set-outs by nights of the ordinary pattern; none within a holiday, whose level counts every trip."""
    shares = np.zeros(MAX_NIGHTS)
    if calendar.day_of_holiday[day] > 0:
        return shares
    kind = ordinary_kind(bool(calendar.is_free[day]), bool(calendar.is_free_next[day]) and not calendar.is_eve[day])
    pattern = ORDINARY[kind]
    shares[: len(pattern.nights)] = np.array(pattern.nights) / sum(pattern.nights)
    return shares * (0.5 * pattern.set_outs / ordinary_mean())
