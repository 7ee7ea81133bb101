"""The headings of the page: sentences that state what the run found, computed from its figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twin.report.coverage import COVERAGE_NAMES, HEADLINES
from twin.report.figures import NONE, Figures, Finding, count, gigawatt_hours, gigawatts, kilometres, minutes, percent
from twin.report.language import Language, phrase
from twin.report.places import Places
from twin.tables.inputs import LAYERS

LAYER_WORDS = {
    "urban": phrase("urban stations"),
    "highway": phrase("highway service areas"),
    "rural": phrase("rural points"),
}


def hour_words(first_day: dt.date | None, hour: float, say: Language) -> str:
    """Say when an hour begins: a date where the first day is known, else the day of the run."""
    day, hour_of_day = divmod(int(hour), 24)
    when = say("day {n}", n=day + 1) if first_day is None else say.day(first_day + dt.timedelta(days=day))
    return say("{day}, {hour}:00", day=when, hour=f"{hour_of_day:02d}")


def headline(figures: Figures) -> Finding:
    """State the size of the run and the wait of the public sessions."""
    vehicles = figures.cite("n_vehicles", count)
    sessions = figures.cite("sessions", count)
    evse = figures.cite("n_evse", count)
    wait = figures.cite("mean_wait_min", minutes)
    text = figures.say(
        "{vehicles} vehicles began {sessions} sessions at {evse} public EVSEs and waited {wait} on average",
        vehicles=vehicles.text, sessions=sessions.text, evse=evse.text, wait=wait.text,
    )  # fmt: skip
    return Finding(text, (vehicles, sessions, evse, wait))


def trust(audit: Mapping[str, Any], say: Language) -> Finding:
    """State how many of the audit's laws hold."""
    n_laws = len(audit["laws"])
    n_broken = sum(not law["holds"] for law in audit["laws"])
    if not n_laws:
        return Finding(say("The folder holds no readable audit: nothing shows that the figures below add up"))
    if n_broken:
        text = "{n} of {all} conservation laws are broken: the figures below cannot be trusted"
        return Finding(say(text, n=n_broken, all=n_laws))
    return Finding(say("All {all} conservation laws of the audit hold", all=n_laws))


def waits(figures: Figures, first_day: dt.date | None) -> Finding:
    """State where and when the 95th percentile of the waiting time was largest."""
    say = figures.say
    worst = _worst_hour(figures, "p95_wait_min")
    if worst is None or worst[0] == 0:
        return Finding(say("Nobody had to wait for a charger in 19 of 20 sessions of any hour"))
    peak = figures.cite("p95_wait_min", minutes, worst[1], hour=float(worst[2]))
    text = "Waits peak at {where}: one session in twenty that began on {when} had waited {wait} or more"
    where, when = say(LAYER_WORDS[worst[1]]), hour_words(first_day, worst[2], say)
    return Finding(say(text, where=where, when=when, wait=peak.text), (peak,))


def full(figures: Figures, first_day: dt.date | None) -> Finding:
    """State where and when most stations were full."""
    say = figures.say
    worst = _worst_hour(figures, "share_stations_full")
    if worst is None or worst[0] == 0:
        return Finding(say("No station had nearly every EVSE taken for an hour"))
    share = figures.cite("share_stations_full", percent, worst[1], hour=float(worst[2]))
    text = "Stations are fullest among {where} on {when}: {share} of them have nearly every EVSE taken"
    where, when = say(LAYER_WORDS[worst[1]]), hour_words(first_day, worst[2], say)
    return Finding(say(text, where=where, when=when, share=share.text), (share,))


def places(figures: Figures) -> Finding:
    """State which layer makes its drivers wait longest, and how often."""
    layer = _largest(figures, "mean_wait_min", LAYERS)
    if layer is None:
        return Finding(figures.say("No session began"))
    wait = figures.cite("mean_wait_min", minutes, layer)
    long = figures.cite("share_waiting_over_30_min", percent, layer)
    text = "Drivers wait longest at {where}: {wait} on average, over half an hour in {long} of sessions"
    where = figures.say(LAYER_WORDS[layer])
    return Finding(figures.say(text, where=where, wait=wait.text, long=long.text), (wait, long))


def worst_areas(areas: Sequence[Mapping[str, Any]], say: Language) -> Finding:
    """State the service area with the longest mean wait."""
    if not areas or not areas[0]["mean_wait_s"]:
        return Finding(say("No service area made its drivers wait"))
    first = areas[0]
    text = "{name} had the longest waits of all service areas: {wait} on average"
    return Finding(say(text, name=first["name"], wait=first["wait"]))


def film(figures: Figures, busiest: tuple[str, float], first_day: dt.date | None) -> Finding:
    """State when most vehicles are on the road, and the fullest hour of a road."""
    say = figures.say
    on_road = figures.by_hour("cars_on_road") + figures.by_hour("trucks_on_road")
    line, most = busiest
    if not on_road.size or not most:
        return Finding(say("Nobody was on the road between prefectures"))
    hour = int(np.argmax(on_road))
    text = "Roads are fullest on {when}, with {n} electric vehicles on the way; the fullest road is {road}: {most} an hour"
    road = line or say("one without a number")
    when = hour_words(first_day, hour, say)
    return Finding(say(text, when=when, n=count(on_road[hour], say), road=road, most=count(round(most), say)))


def load(figures: Figures) -> Finding:
    """State the vehicles' peak load and their share of the evening peak."""
    peak = figures.cite("ev_load_peak_gw", gigawatts)
    share = figures.cite("ev_share_of_evening_peak", percent)
    text = "Vehicles draw up to {peak} from the grid and make {share} of its evening peak"
    return Finding(figures.say(text, peak=peak.text, share=share.text), (peak, share))


def provinces(figures: Figures, names: Places) -> Finding:
    """State the province with the largest vehicle load."""
    code = _largest_province(figures, "ev_load_peak_gw")
    if code is None:
        return Finding(figures.say("Load by province"))
    peak = figures.cite("ev_load_peak_gw", gigawatts, province=code)
    share = figures.cite("ev_share_of_evening_peak", percent, province=code)
    text = "{name} has the largest vehicle load: {peak} at its peak, {share} of its own evening peak"
    return Finding(figures.say(text, name=names.province(code), peak=peak.text, share=share.text), (peak, share))


def trucks(figures: Figures) -> Finding:
    """State what trucks took from public stations and what stands ready for them."""
    energy = figures.cite("truck_grid_energy_gwh", gigawatt_hours)
    fleet = figures.cite("n_truck", count)
    megawatt = figures.cite("n_megawatt_evse", count)
    text = "{fleet} electric trucks took {energy} from public stations, which hold {evse} megawatt EVSEs"
    found = figures.say(text, fleet=fleet.text, energy=energy.text, evse=megawatt.text)
    return Finding(found, (fleet, energy, megawatt))


def truck_gaps(figures: Figures) -> Finding:
    """State how much of the expressways has a megawatt EVSE ahead, and the longest way."""
    near = figures.cite("expressway_within_50_km_of_megawatt", percent, "highway")
    far = figures.cite("longest_way_to_megawatt", kilometres, "highway")
    if NONE in (near.text, far.text):
        return Finding(figures.say("How far trucks drive to 1,000 kW or more"))
    text = "Trucks find 1,000 kW or more within 50 km ahead on {near} of the expressways; the longest way is {far}"
    return Finding(figures.say(text, near=near.text, far=far.text), (near, far))


def scorecard(verdicts: Sequence[str], say: Language) -> Finding:
    """State how many policy lines the run meets."""
    met, missed = (sum(verdict == word for verdict in verdicts) for word in ("met", "missed"))
    text = "Of {all} policy lines this run meets {met} and misses {missed}; {rest} cannot be answered by it"
    return Finding(say(text, all=len(verdicts), met=met, missed=missed, rest=len(verdicts) - met - missed))


def coverage(figures: Figures) -> Finding:
    """State one share of coverage for each layer."""
    say = figures.say
    cites = [figures.cite(metric, percent, layer) for layer, metric in HEADLINES.items()]
    known = [cite for cite in cites if cite.text != NONE]
    parts = [say("{share} of {what}", share=cite.text, what=say(COVERAGE_NAMES[cite.metric])) for cite in known]
    if not parts:
        return Finding(say("This run holds no figures of coverage"))
    return Finding(say("Covered: {parts}", parts=say.join(parts)), tuple(known))


def _worst_hour(figures: Figures, metric: str) -> tuple[float, str, int] | None:
    """Return the largest value of any layer and hour, with its layer and hour."""
    worst: tuple[float, str, int] | None = None
    for layer in LAYERS:
        by_hour = figures.by_hour(metric, layer)
        if by_hour.size and np.isfinite(by_hour).any():
            hour = int(np.nanargmax(by_hour))
            if worst is None or by_hour[hour] > worst[0]:
                worst = (float(by_hour[hour]), layer, hour)
    return worst


def _largest(figures: Figures, metric: str, layers: Sequence[str]) -> str | None:
    values = {layer: figures.get(metric, layer) for layer in layers}
    known = [layer for layer in layers if np.isfinite(values[layer])]
    return max(known, key=lambda layer: values[layer]) if known else None


def _largest_province(figures: Figures, metric: str) -> str | None:
    known = [name for name in figures.provinces if np.isfinite(figures.get(metric, province=name))]
    return max(known, key=lambda name: figures.get(metric, province=name)) if known else None
