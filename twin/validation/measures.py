"""From the tables of a run to a figure that somebody has observed: one small function each.

Energy is into batteries, as EVSEs meter it. Figures of the expressways are those of the highway layer: every service area,
every vehicle that charges there. Totals of a sample are divided by the share that was simulated.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from twin.tables.columns import F64
from twin.validation.facts import Span

HIGHWAY = "highway"
ENTRIES = ("cars_expressway_entries", "cars_passages_within_zones", "trucks_expressway_entries")


def highway_energy_per_day(span: Span) -> float:
    """Energy charged at expressway service areas, mean of the days (GWh/day)."""
    return span.total("energy_gwh", HIGHWAY) / span.n_days / span.sample


def highway_energy(span: Span) -> float:
    """Energy charged at expressway service areas in all the days (GWh)."""
    return span.total("energy_gwh", HIGHWAY) / span.sample


def highway_sessions(span: Span) -> float:
    """Sessions begun at expressway service areas in all the days."""
    return span.total("sessions", HIGHWAY) / span.sample


def holiday_ratio(holiday: Span, ordinary: Span) -> float:
    """Energy a day at expressway service areas, mean of the holiday over mean of an ordinary week."""
    return divide(highway_energy_per_day(holiday), highway_energy_per_day(ordinary))


def growth(later: Span, earlier: Span) -> float:
    """Energy a day at expressway service areas, how much more in the first period than in the second."""
    return holiday_ratio(later, earlier) - 1.0


def highway_energy_per_session(span: Span) -> float:
    """Energy charged at expressway service areas over the sessions begun there (kWh)."""
    return 1e6 * divide(span.total("energy_gwh", HIGHWAY), span.total("sessions", HIGHWAY))


def first_day_factor(span: Span) -> float:
    """Energy at expressway service areas on the first day over the mean of the days."""
    return divide(highway_energy_per_day(span.day(0)), highway_energy_per_day(span))


def first_day_energy(span: Span) -> float:
    """Energy charged at expressway service areas on the first day (GWh/day)."""
    return highway_energy_per_day(span.day(0))


def sessions_per_evse_day(span: Span) -> float:
    """Sessions begun at expressway service areas per EVSE there and day (1/day)."""
    return divide(span.total("sessions", HIGHWAY) / span.n_days, span.facts.whole("n_evse", HIGHWAY))


def energy_per_evse_day(span: Span) -> float:
    """Energy charged at expressway service areas per EVSE there and day (kWh/EVSE/day)."""
    return 1e6 * divide(span.total("energy_gwh", HIGHWAY) / span.n_days, span.facts.whole("n_evse", HIGHWAY))


def time_use(span: Span) -> float:
    """Plugged seconds over EVSE seconds at expressway service areas, mean of the hours."""
    return float(np.mean(span.by_hour("busy_share", HIGHWAY)))


def power_use(span: Span) -> float:
    """Energy at expressway service areas over rated power times hours, mean of the hours."""
    return float(np.mean(span.by_hour("power_use_share", HIGHWAY)))


def passages_per_day(span: Span) -> float:
    """Electric vehicles and hybrids that drive onto an expressway, mean of the days (M/day).

    A vehicle on a trip between zones counts each time it enters from another road. Passages within a zone, which are not
    routed, count as often as the lengths of trips ask for.
    """
    return sum(span.total(entries) for entries in ENTRIES) / span.n_days / span.sample / 1e6


def first_day_passages(span: Span) -> float:
    """The same on the first day (M/day)."""
    return passages_per_day(span.day(0))


def second_day_passages(span: Span) -> float:
    """The same on the second day (M/day)."""
    return passages_per_day(span.day(1))


def passages_ratio(holiday: Span, ordinary: Span) -> float:
    """Passages a day, mean of the holiday over mean of an ordinary week."""
    return divide(passages_per_day(holiday), passages_per_day(ordinary))


def share_charging(span: Span) -> float:
    """Sessions begun at expressway service areas over passages."""
    return divide(span.total("sessions", HIGHWAY), sum(span.total(entries) for entries in ENTRIES))


def charging_factor(holiday: Span, ordinary: Span) -> float:
    """Holiday ratio of the energy at service areas over holiday ratio of the passages."""
    return divide(holiday_ratio(holiday, ordinary), passages_ratio(holiday, ordinary))


def full_at_the_peak(span: Span) -> float:
    """Share of stations at service areas at full load in the hour of all days in which it is largest.

    At full load: EVSEs in service plugged for 95 % of the hour or more.
    """
    return float(np.max(span.by_hour("share_stations_full", HIGHWAY)))


def full_on_a_usual_day(span: Span) -> float:
    """Share of stations at service areas at full load in the hour of the day in which it is largest, mean of the days."""
    return float(np.mean(span.by_hour("share_stations_full", HIGHWAY).reshape(span.n_days, 24).max(axis=1)))


def long_wait(span: Span) -> float:
    """Wait that 5 % of the sessions begun at service areas on the first day pass (h).

    Each session counts with the mean wait of its station and hour, so single waits are longer.
    """
    return _wait_quantile_h(span.day(0), 0.95)


def longest_wait(span: Span) -> float:
    """Wait that one in a thousand of the sessions begun at service areas on the first day passes (h); as above."""
    return _wait_quantile_h(span.day(0), 0.999)


def mean_wait(span: Span) -> float:
    """Mean wait of the sessions begun at service areas (min)."""
    sessions = span.by_hour("sessions", HIGHWAY)
    waits = np.where(sessions > 0, span.by_hour("mean_wait_min", HIGHWAY), 0.0)
    return divide(float(np.sum(waits * sessions)), float(np.sum(sessions)))


def public_energy_of_month(span: Span) -> float:
    """Energy charged at all public stations a day, mean of the days, times the days of the month (TWh/month)."""
    month = span.first_day.replace(day=1)
    n_days = ((month + dt.timedelta(days=32)).replace(day=1) - month).days
    return span.total("energy_gwh") / span.n_days / span.sample * n_days / 1000.0


def public_energy_per_evse_day(span: Span) -> float:
    """Energy charged at all public stations per public EVSE and day (kWh/EVSE/day)."""
    return 1e6 * divide(span.total("energy_gwh") / span.n_days, span.facts.whole("n_evse"))


def public_power_use(span: Span) -> float:
    """Energy charged at all public stations over their rated power times hours."""
    return divide(span.total("energy_gwh"), span.facts.whole("rated_power_gw") * 24 * span.n_days)


def highway_share_of_public(span: Span) -> float:
    """Energy charged at expressway service areas over that of all public stations."""
    return divide(span.total("energy_gwh", HIGHWAY), span.total("energy_gwh"))


def shenzhen_ratio(holiday: Span, ordinary: Span) -> float:
    """Energy a day at Shenzhen's stations off the expressways, second to fifth day of the holiday over an ordinary week."""
    later = Span(holiday.facts, holiday.day(1).first_day, 4)
    return divide(_city_energy_per_day(later, "Shenzhen"), _city_energy_per_day(ordinary, "Shenzhen"))


def _city_energy_per_day(span: Span, zone: str) -> float:
    stations = span.facts.stations
    (energy_kwh,) = span.station_hours((stations["zone"] == zone) & (stations["layer"] != HIGHWAY), "energy_kwh")
    return float(np.sum(energy_kwh, dtype=np.float64)) / span.n_days


def _wait_quantile_h(span: Span, share: float) -> float:
    is_highway = span.facts.stations["layer"] == HIGHWAY
    wait_s, n_sessions = span.station_hours(is_highway, "wait_s", "n_sessions")
    begun = n_sessions > 0
    weight = n_sessions[begun].astype(np.int64)
    if not weight.size:
        return float("nan")
    mean_s: F64 = wait_s[begun] / weight
    order = np.argsort(mean_s, kind="stable")
    below = np.cumsum(weight[order])
    return float(mean_s[order][np.searchsorted(below, share * below[-1])]) / 3600.0


def divide(above: float, below: float) -> float:
    """Return a ratio; NaN where nothing is below."""
    return above / below if below else float("nan")
