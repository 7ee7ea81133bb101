"""The calendar: what kind of day each day of the run is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from twin.tables.seeds import read

if TYPE_CHECKING:
    from twin.config import Config

KINDS = ("workday", "weekend", "holiday")
SEASONS = ("winter", "spring_autumn", "summer")


class Day(NamedTuple):
    """What one date is: kind, name of its holiday (or ""), place in it from 1 (or 0) and the holiday's length."""

    kind: str
    holiday: str
    day_of_holiday: int
    holiday_length: int


@dataclass(frozen=True)
class Calendar:
    """The days of a run, one entry a day.

    Attributes
    ----------
    date : tuple of str
        ISO dates.
    kind : tuple of str
        One of ``KINDS``; a weekend day worked to make up for a holiday is a workday.
    holiday : tuple of str
        Name of the public holiday, empty outside.
    day_of_holiday : tuple of int
        1 on its first day, 0 outside.
    holiday_length : tuple of int
        Days of the holiday, 0 outside.
    is_eve : tuple of bool
        Whether a holiday begins the day after.
    next_holiday : tuple of str
        Name of the holiday that begins the day after, else empty.
    next_length : tuple of int
        Its days, else 0.
    is_free, is_free_next : tuple of bool
        Whether this day, and the day after, is no workday.
    month : tuple of int
        1 to 12.
    season : tuple of str
        One of ``SEASONS``.
    """

    date: tuple[str, ...]
    kind: tuple[str, ...]
    holiday: tuple[str, ...]
    day_of_holiday: tuple[int, ...]
    holiday_length: tuple[int, ...]
    is_eve: tuple[bool, ...]
    next_holiday: tuple[str, ...]
    next_length: tuple[int, ...]
    is_free: tuple[bool, ...]
    is_free_next: tuple[bool, ...]
    month: tuple[int, ...]
    season: tuple[str, ...]


def season_of(month: int) -> str:
    """Return the season of a month, in the classes of load shapes and tariffs."""
    if month in (12, 1, 2):
        return "winter"
    return "summer" if month in (6, 7, 8) else "spring_autumn"


def build_calendar(config: Config, folder: Path | str | None = None) -> Calendar:
    """Say what kind of day each day of the run is.

    Days of ``calendar.csv`` are taken from there; other dates follow the week. ``travel.holiday`` overrides it:
    ``"none"`` leaves weeks without holidays, a holiday's name makes the whole run that holiday.

    Parameters
    ----------
    config : Config
        Sections ``period`` and ``travel``.
    folder : pathlib.Path or str, optional
        Folder of the seeds; the packaged ones by default.
    """
    start, n_days = config.period.start_date, config.period.n_days
    dates = [start + dt.timedelta(days=day) for day in range(n_days + 1)]
    if config.travel.holiday == "auto":
        known = _known_days(folder)
        days = [known.get(date.isoformat(), _week_day(date)) for date in dates]
    elif config.travel.holiday == "none":
        days = [_week_day(date) for date in dates]
    else:
        name = config.travel.holiday.replace("-", "_")
        days = [Day("holiday", name, day + 1, n_days) for day in range(n_days)] + [Day("workday", "", 0, 0)]
    return _assemble(dates, days)


def _known_days(folder: Path | str | None) -> dict[str, Day]:
    seed = read("calendar", folder)
    fields = ("kind", "holiday", "day_of_holiday", "holiday_length")
    rows = zip(*(seed[name] for name in fields), strict=True)
    days = (Day(str(kind), str(holiday), int(place), int(length)) for kind, holiday, place, length in rows)
    return dict(zip((str(date) for date in seed["date"]), days, strict=True))


def _week_day(date: dt.date) -> Day:
    return Day("weekend" if date.weekday() >= 5 else "workday", "", 0, 0)


def _assemble(dates: list[dt.date], days: list[Day]) -> Calendar:
    """Put days side by side; the last one is only looked at as the day after."""
    here, after = days[:-1], days[1:]
    is_eve = tuple(nxt.day_of_holiday == 1 for nxt in after)
    return Calendar(
        date=tuple(date.isoformat() for date in dates[:-1]),
        kind=tuple(day.kind for day in here),
        holiday=tuple(day.holiday for day in here),
        day_of_holiday=tuple(day.day_of_holiday for day in here),
        holiday_length=tuple(day.holiday_length for day in here),
        is_eve=is_eve,
        next_holiday=tuple(nxt.holiday if eve else "" for nxt, eve in zip(after, is_eve, strict=True)),
        next_length=tuple(nxt.holiday_length if eve else 0 for nxt, eve in zip(after, is_eve, strict=True)),
        is_free=tuple(day.kind != "workday" for day in here),
        is_free_next=tuple(nxt.kind != "workday" for nxt in after),
        month=tuple(date.month for date in dates[:-1]),
        season=tuple(season_of(date.month) for date in dates[:-1]),
    )
