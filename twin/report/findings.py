"""The headings of the page: sentences that state what the run found, computed from its figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twin.report.coverage import COVERAGE_NAMES, HEADLINES
from twin.report.figures import NONE, Figures, Finding, count, gigawatt_hours, gigawatts, minutes, percent
from twin.tables.inputs import LAYERS

LAYER_WORDS = {"urban": "urban stations", "highway": "highway service areas", "rural": "rural points"}


def hour_words(first_day: dt.date | None, hour: float) -> str:
    """Say when an hour begins: a date where the first day is known, else the day of the run."""
    day, hour_of_day = divmod(int(hour), 24)
    when = f"day {day + 1}" if first_day is None else f"{first_day + dt.timedelta(days=day):%-d %B}"
    return f"{when}, {hour_of_day:02d}:00"


def headline(figures: Figures) -> Finding:
    """State the size of the run and the wait of the public sessions."""
    vehicles = figures.cite("n_vehicles", count)
    sessions = figures.cite("sessions", count)
    evse = figures.cite("n_evse", count)
    wait = figures.cite("mean_wait_min", minutes)
    text = (
        f"{vehicles.text} vehicles began {sessions.text} sessions at {evse.text} public EVSEs "
        f"and waited {wait.text} on average"
    )
    return Finding(text, (vehicles, sessions, evse, wait))


def trust(audit: Mapping[str, Any]) -> Finding:
    """State how many of the audit's laws hold."""
    n_laws = len(audit["laws"])
    n_broken = sum(not law["holds"] for law in audit["laws"])
    if n_broken:
        return Finding(f"{n_broken} of {n_laws} conservation laws are broken: the figures below cannot be trusted")
    return Finding(f"All {n_laws} conservation laws of the audit hold")


def waits(figures: Figures, first_day: dt.date | None) -> Finding:
    """State where and when the 95th percentile of the waiting time was largest."""
    worst: tuple[float, str, int] | None = None
    for layer in LAYERS:
        by_hour = figures.by_hour("p95_wait_min", layer)
        if by_hour.size and np.isfinite(by_hour).any():
            hour = int(np.nanargmax(by_hour))
            if worst is None or by_hour[hour] > worst[0]:
                worst = (float(by_hour[hour]), layer, hour)
    if worst is None or worst[0] == 0:
        return Finding("Nobody had to wait for a charger in 19 of 20 sessions of any hour")
    peak = figures.cite("p95_wait_min", minutes, worst[1], hour=float(worst[2]))
    text = (
        f"Waits peak at {LAYER_WORDS[worst[1]]}: one session in twenty that began on "
        f"{hour_words(first_day, worst[2])} had waited {peak.text} or more"
    )
    return Finding(text, (peak,))


def places(figures: Figures) -> Finding:
    """State which layer makes its drivers wait longest, and how often."""
    layer = _largest(figures, "mean_wait_min", LAYERS)
    if layer is None:
        return Finding("No session began")
    wait = figures.cite("mean_wait_min", minutes, layer)
    long = figures.cite("share_waiting_over_30_min", percent, layer)
    text = (
        f"Drivers wait longest at {LAYER_WORDS[layer]}: {wait.text} on average, over half an hour in {long.text} of sessions"
    )
    return Finding(text, (wait, long))


def worst_areas(areas: Sequence[Mapping[str, Any]]) -> Finding:
    """State the service area with the longest mean wait."""
    if not areas or not areas[0]["mean_wait_s"]:
        return Finding("No service area made its drivers wait")
    first = areas[0]
    wait = minutes(first["mean_wait_s"] / 60)
    return Finding(f"{first['name']} had the longest waits of all service areas: {wait} on average")


def load(figures: Figures) -> Finding:
    """State the vehicles' peak load and their share of the evening peak."""
    peak = figures.cite("ev_load_peak_gw", gigawatts)
    share = figures.cite("ev_share_of_evening_peak", percent)
    return Finding(f"Vehicles draw up to {peak.text} from the grid and make {share.text} of its evening peak", (peak, share))


def provinces(figures: Figures) -> Finding:
    """State the province with the largest vehicle load."""
    name = _largest_province(figures, "ev_load_peak_gw")
    if name is None:
        return Finding("Load by province")
    peak = figures.cite("ev_load_peak_gw", gigawatts, province=name)
    share = figures.cite("ev_share_of_evening_peak", percent, province=name)
    text = f"{name} has the largest vehicle load: {peak.text} at its peak, {share.text} of its own evening peak"
    return Finding(text, (peak, share))


def trucks(figures: Figures) -> Finding:
    """State what trucks took from public stations and what stands ready for them."""
    energy = figures.cite("truck_grid_energy_gwh", gigawatt_hours)
    fleet = figures.cite("n_truck", count)
    megawatt = figures.cite("n_megawatt_evse", count)
    text = f"{fleet.text} electric trucks took {energy.text} from public stations, which hold {megawatt.text} megawatt EVSEs"
    return Finding(text, (fleet, energy, megawatt))


def scorecard(verdicts: Sequence[str]) -> Finding:
    """State how many policy lines the run meets."""
    met, missed = (sum(verdict == word for verdict in verdicts) for word in ("met", "missed"))
    rest = len(verdicts) - met - missed
    return Finding(
        f"Of {len(verdicts)} policy lines this run meets {met} and misses {missed}; {rest} cannot be answered by it"
    )


def coverage(figures: Figures) -> Finding:
    """State one share of coverage for each layer."""
    cites = [figures.cite(metric, percent, layer) for layer, metric in HEADLINES.items()]
    known = [cite for cite in cites if cite.text != NONE]
    parts = [f"{cite.text} of {COVERAGE_NAMES[cite.metric]}" for cite in known]
    return Finding("Covered: " + ", ".join(parts) if parts else "This run holds no figures of coverage", tuple(known))


def _largest(figures: Figures, metric: str, layers: Sequence[str]) -> str | None:
    values = {layer: figures.get(metric, layer) for layer in layers}
    known = [layer for layer in layers if np.isfinite(values[layer])]
    return max(known, key=lambda layer: values[layer]) if known else None


def _largest_province(figures: Figures, metric: str) -> str | None:
    known = [name for name in figures.provinces if np.isfinite(figures.get(metric, province=name))]
    return max(known, key=lambda name: figures.get(metric, province=name)) if known else None
