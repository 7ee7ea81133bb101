"""The sheet of figures: what is computed for each observed row, and in which stretch of the past."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from twin.validation import measures as of
from twin.validation import monitored
from twin.validation.backtests import BY_NAME


class Entry(NamedTuple):
    """How one row of ``seeds/observed.csv`` is simulated.

    Attributes
    ----------
    measure : callable
        Takes one `Span` for each of `backtests`, returns the figure in the unit of the row.
    backtests : tuple of str
        Names of the stretches of the past that it looks at.
    is_whole : bool
        Whether it needs every vehicle and station: per EVSE, waits, full stations.
    note : str
        Where the figure is not quite the one observed; empty where it is.
    at_all : callable, optional
        The same at all EVSEs, where the row was counted at those that a platform monitors; told in the remarks.
    """

    measure: Callable[..., float]
    backtests: tuple[str, ...]
    is_whole: bool = False
    note: str = ""
    at_all: Callable[..., float] | None = None


HOLIDAY, ORDINARY, DECEMBER = ("national-day-2025",), ("ordinary-2025",), ("december-2025",)
BOTH = (*HOLIDAY, *ORDINARY)
HOLIDAY_2024, BOTH_2024 = ("national-day-2024",), ("national-day-2024", "ordinary-2024")

MONITORED = "counted at monitored EVSEs: what all of the run give, times the share monitored"
ALIKE = "observed at monitored EVSEs, simulated at all, as if they were alike"
OTHER_YEAR = "observed in 2024, simulated in 2025"

SHEET: dict[str, Entry] = {
    "C1": Entry(monitored.energy_per_day, HOLIDAY, note=MONITORED, at_all=of.highway_energy_per_day),
    "C2": Entry(of.holiday_ratio, BOTH),
    "C3": Entry(of.highway_energy_per_session, HOLIDAY, note="heavy trucks are in it"),
    "C4": Entry(of.sessions_per_evse_day, HOLIDAY, is_whole=True, note=ALIKE),
    "C5": Entry(of.sessions_per_evse_day, ORDINARY, is_whole=True, note=ALIKE),
    "C6a": Entry(of.passages_per_day, HOLIDAY),
    "C6b": Entry(of.passages_per_day, ORDINARY),
    "C7": Entry(monitored.share_charging, HOLIDAY, note=MONITORED, at_all=of.share_charging),
    "C8a": Entry(of.full_at_the_peak, HOLIDAY, is_whole=True, note=OTHER_YEAR),
    "C8b": Entry(of.full_on_a_usual_day, ORDINARY, is_whole=True, note=OTHER_YEAR),
    "C9": Entry(of.first_day_factor, HOLIDAY),
    "C10a": Entry(of.long_wait, HOLIDAY, is_whole=True),
    "C10b": Entry(of.longest_wait, HOLIDAY, is_whole=True),
    "C13": Entry(of.public_energy_of_month, DECEMBER),
    "C14": Entry(of.public_energy_per_evse_day, DECEMBER, is_whole=True),
    "C15": Entry(of.public_power_use, DECEMBER, is_whole=True),
    "V-may_day_energy_per_day-2025050105": Entry(
        monitored.energy_per_day, ("may-day-2025",), note=MONITORED, at_all=of.highway_energy_per_day
    ),
    "V-energy_total-2024100107": Entry(monitored.energy, HOLIDAY_2024, note=MONITORED, at_all=of.highway_energy),
    "V-sessions_total-2024100107": Entry(monitored.sessions, HOLIDAY_2024, note=MONITORED, at_all=of.highway_sessions),
    "V-energy_per_day-2024100107": Entry(
        monitored.energy_per_day, HOLIDAY_2024, note=MONITORED, at_all=of.highway_energy_per_day
    ),
    "V-ratio_to_ordinary_day-202410": Entry(of.holiday_ratio, BOTH_2024),
    "V-energy_per_session-202410": Entry(of.highway_energy_per_session, HOLIDAY_2024, note="heavy trucks are in it"),
    "V-public_charging_month-202507": Entry(of.public_energy_of_month, ("july-2025",)),
    "V-public_charging_month-202508": Entry(of.public_energy_of_month, ("august-2025",)),
    "V-public_charging_month-202602": Entry(of.public_energy_of_month, ("february-2026",)),
    "V-nd_2022_ratio-2022100205-Shenzhen": Entry(
        of.shenzhen_ratio, BOTH, note="observed in 2022 in a part of the city, simulated in 2025 in all of it"
    ),
    "V-growth_vs_may_day_2025-202510": Entry(monitored.growth, (*HOLIDAY, "may-day-2025"), note=MONITORED, at_all=of.growth),
    "V-growth_vs_nd_2024-202510": Entry(monitored.growth, (*HOLIDAY, *HOLIDAY_2024), note=MONITORED, at_all=of.growth),
    "V-energy_day_peak-20251001": Entry(monitored.first_day_energy, HOLIDAY, note=MONITORED, at_all=of.first_day_energy),
    "V-energy_per_gun_day-202510": Entry(of.energy_per_evse_day, HOLIDAY, is_whole=True, note=ALIKE),
    "V-ordinary_energy_per_day-2025": Entry(
        monitored.energy_per_day, ORDINARY, note=MONITORED, at_all=of.highway_energy_per_day
    ),
    "V-energy_per_day-202501280204": Entry(
        monitored.energy_per_day, ("spring-festival-2025",), note=MONITORED, at_all=of.highway_energy_per_day
    ),
    "V-time_util_gun_holiday-202510": Entry(of.time_use, HOLIDAY, is_whole=True),
    "V-time_util_gun_ordinary-2025": Entry(of.time_use, ORDINARY, is_whole=True),
    "V-power_util_holiday-202510": Entry(of.power_use, HOLIDAY, is_whole=True),
    "V-target_mean_wait_holiday-202510": Entry(of.mean_wait, HOLIDAY, is_whole=True),
    "V-nev_day-20251001": Entry(of.first_day_passages, HOLIDAY),
    "V-nev_day-20251002": Entry(of.second_day_passages, HOLIDAY),
    "V-holiday_factor_nev-202510": Entry(of.passages_ratio, BOTH),
    "V-charging_per_nev_trip_factor-202510": Entry(of.charging_factor, BOTH),
    "V-expressway_share_ordinary-2025": Entry(
        monitored.share_of_public, ORDINARY, note=MONITORED, at_all=of.highway_share_of_public
    ),
}
"""By id of the row."""

NO_SEEDS = "the calendar, the fleet and the stations of that time are not in the seeds"
WHY_NOT = {
    "V-kwh_per_session_henan-202402-HA": NO_SEEDS,
    "V-public_charging_month-202407": NO_SEEDS,
    "V-public_charging_month-202408": NO_SEEDS,
    "V-expressway_all_per_day-2025100108": "traffic without a plug is a flow on links, nobody counts where it enters",
    "V-expressway_all_ordinary-2025": "traffic without a plug is a flow on links, nobody counts where it enters",
    "V-trucks_per_day-202510": "traffic without a plug is a flow on links, nobody counts where it enters",
    "V-trucks_ordinary-2025": "traffic without a plug is a flow on links, nobody counts where it enters",
}
"""Rows that no run can answer, and why, where it is not simply that nobody wrote a measure."""
NO_MEASURE = "context: no run is held against it"


def backtests_of(figures: tuple[str, ...]) -> tuple[str, ...]:
    """Return the backtests that some figures look at, in the order of the table of backtests."""
    needed = {name for figure in figures for name in SHEET[figure].backtests}
    return tuple(name for name in BY_NAME if name in needed)
