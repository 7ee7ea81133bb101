"""The days a run lives through."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from twin.config.base import Section

DAY_S = 86_400


def _to_date(value: object) -> object:
    """Read an ISO date; anything else is left for the type check to refuse."""
    if isinstance(value, dt.datetime):
        raise ValueError("should be a date without a time of day")
    if not isinstance(value, str):
        return value
    try:
        return dt.datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError:
        raise ValueError("should be a date that exists, written as year-month-day such as 2027-10-01") from None


class Period(Section):
    """First day, number of days and the length of a window."""

    start_date: Annotated[dt.date, BeforeValidator(_to_date)] = Field(
        dt.date(2027, 10, 1), description="first simulated day, from 00:00 China Standard Time (year-month-day)"
    )
    n_days: int = Field(8, ge=1, le=92, description="simulated days (days)")
    window_s: int = Field(
        300, ge=15, le=900, description="length of a window, the step in which information moves; divides 900 (s)"
    )

    @field_validator("window_s")
    @classmethod
    def _window_divides_a_quarter(cls, window_s: int) -> int:
        if 900 % window_s:
            raise ValueError("should divide 900 s, as 60, 100, 300 or 900 do")
        return window_s

    @property
    def n_windows_per_day(self) -> int:
        """Windows in one day."""
        return DAY_S // self.window_s

    @property
    def n_windows(self) -> int:
        """Windows in the whole run."""
        return self.n_days * self.n_windows_per_day

    @property
    def n_seconds(self) -> int:
        """Length of the whole run (s)."""
        return self.n_days * DAY_S

    @property
    def season(self) -> Literal["winter", "spring_autumn", "summer"]:
        """Season of the first day, in the classes of the load shapes and tariffs."""
        if self.start_date.month in (12, 1, 2):
            return "winter"
        return "summer" if self.start_date.month in (6, 7, 8) else "spring_autumn"
