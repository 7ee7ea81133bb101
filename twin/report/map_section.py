"""The sections that show places: the map by the hour, the film of the roads, gaps, stations one by one, worst areas."""

from __future__ import annotations

import datetime as dt
import math

from twin.report import findings, queues, rows
from twin.report.charts import times
from twin.report.drill import drill
from twin.report.figures import Figures
from twin.report.film import film
from twin.report.hours import Frames, waits_by_hour
from twin.report.map import draw_map, modes
from twin.report.packed import pack_arrays
from twin.report.places import Places
from twin.report.points import STATION_COLUMNS, dots_of
from twin.report.projection import View, view_of
from twin.report.sections import Section, joined
from twin.report.source import Columns, Source
from twin.report.stretches import coverage_section

__all__ = ["map_section"]

NETWORK_COLUMNS = ("link", "line", "kind", "length_km", "from_lon", "from_lat", "to_lon", "to_lat")


def map_section(source: Source, figures: Figures, first_day: dt.date | None, names: Places) -> Section:
    """Return what needs ``stations.parquet``: without it only that it is not there."""
    say = figures.say
    found = Section(findings={"places": findings.places(figures)})
    stations = source.arrays("stations", (*STATION_COLUMNS, "county"))
    network = source.arrays("network", NETWORK_COLUMNS)
    found.more |= {"has_roads": network is not None, "has_frames": False, "areas": [], "distribution_n": 0}
    found.more |= {"fewest_sessions": rows.FEWEST_SESSIONS}
    found.findings["areas"] = findings.worst_areas([], say)
    if stations is None:
        return found
    shown = ("lon", "lat") if network is None else ("from_lon", "from_lat")
    view = view_of(*((stations if network is None else network)[name] for name in shown))
    n_hours = 0 if math.isnan(figures.get("n_hours")) else int(figures.get("n_hours"))
    dots = dots_of(stations, view)
    frames = waits_by_hour(source, stations, dots, n_hours)
    found.charts["map"] = draw_map(stations, network, dots, view, say, names)
    first_trace = len(found.charts["map"]["data"]) - len(dots)
    found.about["map"] = {
        "first": first_trace, "sizes": [len(of.names) for of in dots], "modes": modes(dots, n_hours / 24, say),
        **_steps(frames, first_day, n_hours),
    }  # fmt: skip
    if frames is not None:
        found.packs["frames"] = pack_arrays({"waits": frames.codes})
        found.more["has_frames"] = True
    found.packs["stations"], found.about["drill"] = drill(stations, view, say, names)
    areas = rows.worst_areas(stations, say, names)
    found.more["areas"], found.findings["areas"] = areas, findings.worst_areas(areas, say)
    _roads(found, source, network, view, figures, first_day, n_hours, names)
    _distribution(found, source, stations, figures)
    if view.centre_deg is None:
        return joined([found, coverage_section(source, network, view, figures, names)])
    return found


def _steps(frames: Frames | None, first_day: dt.date | None, n_hours: int) -> dict[str, object]:
    """Return when each step of the slider begins."""
    step_h = 1 if frames is None else frames.step_h
    return {"step_h": step_h, "steps": times(first_day, -(-n_hours // step_h), 60 * step_h)}


def _roads(
    found: Section, source: Source, network: Columns | None, view: View,
    figures: Figures, first_day: dt.date | None, n_hours: int, names: Places,
) -> None:  # fmt: skip
    """Add the film of the roads."""
    if network is None:
        return
    shown = film(source, network, view, figures, n_hours, names)
    if shown is not None:
        steps = {"steps": times(first_day, shown.about["n_steps"], 60 * shown.about["step_h"])}
        found.charts["film"], found.packs["film"] = shown.chart, shown.pack
        found.about["film"] = shown.about | steps
        found.findings["film"] = findings.film(figures, shown.busiest, first_day)


def _distribution(found: Section, source: Source, stations: Columns, figures: Figures) -> None:
    """Add the distribution of waits, where charge records are there."""
    shares = queues.wait_shares(source, stations)
    if shares is not None:
        found.charts["distribution"] = queues.distribution(shares, figures.say)
        found.more["distribution_n"] = sum(int(counts.sum()) for counts in shares.values())
