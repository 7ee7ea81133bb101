"""The stretches of the past that are simulated to be held against what was observed."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple


class Backtest(NamedTuple):
    """One stretch of the past.

    Attributes
    ----------
    name : str
        By which the sheet of figures names it.
    config : str
        Scenario file in the folder of scenarios.
    first_day : datetime.date
        First day that counts.
    n_days : int
        Days that count.
    missing : str
        What the scenario cannot have as it was, since no seed tells it; empty where nothing.
    """

    name: str
    config: str
    first_day: dt.date
    n_days: int
    missing: str = ""


OF_MONTH = "a week stands for the month"

BACKTESTS = (
    Backtest(
        "national-day-2025",
        "backtest-national-day-2025.yaml",
        dt.date(2025, 10, 1),
        8,
    ),
    Backtest("ordinary-2025", "backtest-ordinary-2025.yaml", dt.date(2025, 10, 13), 7),
    Backtest("december-2025", "backtest-december-2025.yaml", dt.date(2025, 12, 8), 7, OF_MONTH),
    Backtest("national-day-2024", "backtest-national-day-2024.yaml", dt.date(2024, 10, 1), 7),
    Backtest("ordinary-2024", "backtest-ordinary-2024.yaml", dt.date(2024, 10, 14), 7),
    Backtest("spring-festival-2025", "backtest-spring-festival-2025.yaml", dt.date(2025, 1, 28), 8),
    Backtest("may-day-2025", "backtest-may-day-2025.yaml", dt.date(2025, 5, 1), 5),
    Backtest("july-2025", "backtest-july-2025.yaml", dt.date(2025, 7, 14), 7, OF_MONTH),
    Backtest("august-2025", "backtest-august-2025.yaml", dt.date(2025, 8, 11), 7, OF_MONTH),
    Backtest("february-2026", "backtest-february-2026.yaml", dt.date(2026, 2, 1), 28),
)
CORE = ("national-day-2025", "ordinary-2025", "december-2025", "national-day-2024", "ordinary-2024")
"""Those that `twin validate` runs when it is not told which."""

BY_NAME = {backtest.name: backtest for backtest in BACKTESTS}
