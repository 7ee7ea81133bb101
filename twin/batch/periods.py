"""The periods of a batch: by name from the calendar, or given as a first day and a number of days."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from twin.config import Config, changed
from twin.errors import ConfigError, Faults
from twin.tables.seeds import read

__all__ = ["OWN", "Period", "in_period", "read_periods"]

OWN = "own"
"""Name of the period that a scenario itself has."""
WEEK = "week"
GIVEN = re.compile(r"(?P<name>[a-z0-9][a-z0-9_-]*)=(?P<first>\d{4}-\d{2}-\d{2})/(?P<n_days>\d{1,4})")


class Period(NamedTuple):
    """Days to run scenarios for; without a first day each scenario's own.

    Attributes
    ----------
    name : str
        Names the runs and the rows of this period.
    start_date : date or None
        First day.
    n_days : int
        Days.
    """

    name: str
    start_date: dt.date | None = None
    n_days: int = 0


def read_periods(texts: Sequence[str], scenario: Config) -> list[Period]:
    """Return the periods that texts name.

    Parameters
    ----------
    texts : sequence of str
        Each ``name=year-month-day/n_days``, or a name: ``own``; a holiday of ``seeds/calendar.csv`` such as
        ``national-day`` in the year of the scenario's first day; ``week``, the first seven days from a Monday on or after
        that day of which none is a holiday. Commas may stand between several.
    scenario : Config
        The first scenario, whose first day names mean.

    Raises
    ------
    ConfigError
        If a period is not one of these, or two have one name.
    """
    words = [word.strip() for text in texts for word in text.split(",")]
    holidays = _holidays(scenario.period.start_date.year)
    faults, periods = Faults(), []
    for word in words:
        period = _given(word) or (_week(scenario.period.start_date) if word == WEEK else None) or holidays.get(word)
        if period is None and word != OWN:
            wanted = f"name=year-month-day/days, {OWN}, {WEEK}, or in {scenario.period.start_date.year} " + ", ".join(
                holidays
            )
            faults.add("--periods", repr(word), wanted, "correct it")
            continue
        periods.append(period or Period(OWN))
    for name, count in Counter(period.name for period in periods).items():
        if count > 1:
            faults.add(f"--periods {name}", f"{count} of this name", "one", "name them differently")
    faults.raise_if_any(ConfigError)
    return periods


def in_period(config: Config, period: Period) -> Config:
    """Return a scenario for a period; one with a holiday of its own in ``travel.holiday`` keeps it."""
    if period.start_date is None:
        return config
    return changed(config, {"period.start_date": period.start_date, "period.n_days": period.n_days})


def _given(word: str) -> Period | None:
    found = GIVEN.fullmatch(word)
    if found is None:
        return None
    try:
        return Period(found["name"], dt.date.fromisoformat(found["first"]), int(found["n_days"]))
    except ValueError:
        return None


def _holidays(year: int) -> dict[str, Period]:
    """Return the holidays of a year by name, in the order of the calendar."""
    found: dict[str, Period] = {}
    calendar = read("calendar")
    for text, holiday in zip(calendar["date"], calendar["holiday"], strict=True):
        date, name = dt.date.fromisoformat(str(text)), str(holiday).replace("_", "-")
        if name and date.year == year:
            former = found.get(name, Period(name, date, 0))
            found[name] = former._replace(n_days=former.n_days + 1)
    return found


def _week(start: dt.date) -> Period:
    """Return the first week from a Monday on without a holiday, and without a weekend that is worked."""
    calendar = read("calendar")
    kinds = {str(text): str(kind) for text, kind in zip(calendar["date"], calendar["kind"], strict=True)}
    monday = start + dt.timedelta(days=-start.weekday() % 7)
    while True:
        days = [monday + dt.timedelta(days=day) for day in range(7)]
        usual = ["workday"] * 5 + ["weekend"] * 2
        if [kinds.get(day.isoformat(), kind) for day, kind in zip(days, usual, strict=True)] == usual:
            return Period(WEEK, monday, 7)
        monday += dt.timedelta(days=7)
