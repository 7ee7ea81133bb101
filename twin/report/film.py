"""Roads and charging by the hour: vehicles on every road as one of a few classes, public charging of every zone."""

from __future__ import annotations

import html
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import Chart, numbers
from twin.report.figures import Figures
from twin.report.hours import step_of
from twin.report.language import Language
from twin.report.map import both_ways, map_layout
from twin.report.packed import pack_arrays
from twin.report.places import Places
from twin.report.projection import View
from twin.report.source import Columns, Source
from twin.tables.columns import F64

__all__ = ["Film", "centres", "film"]

COLOURS = ("#9e9e9e", "#56B4E9", "#0072B2", "#E69F00", "#D55E00")
WIDTHS = (0.6, 1.0, 1.6, 2.4, 3.4)
TOP_SHARE = 0.99
"""Of the hours of all roads, those below the highest class."""
CHARGE_SCALE = ((0.0, "#f2e6f0"), (1.0, "#7b2d67"))
PUBLIC_KW = ("urban_kw", "highway_kw", "rural_kw")


class Film(NamedTuple):
    """The film and what the page needs to run it.

    Attributes
    ----------
    chart : dict
        Traces of the classes of load, empty, and of the zones.
    pack : str
        Packed arrays: ends of the roads, class by road and step, charging by zone and step.
    about : dict
        Step, steps, counts by step for the line of text, words.
    busiest : tuple of (str, float)
        Line and vehicles in the hour of the fullest road.
    """

    chart: Chart
    pack: str
    about: dict[str, Any]
    busiest: tuple[str, float]


def film(source: Source, network: Columns, view: View, figures: Figures, n_hours: int, places: Places) -> Film | None:
    """Sum ``links.parquet`` by road and step, both directions together; None where it cannot be read."""
    say = figures.say
    if not n_hours or not len(network["link"]):
        return None
    ends, road_of = both_ways(network)
    step_h = step_of(n_hours)
    n_steps = -(-n_hours // step_h)
    vehicles = np.zeros(len(ends) * n_steps, np.int64)
    for piece in source.batches("links", ("link", "hour", "n_vehicles")):
        known = (piece["link"] < len(road_of)) & (piece["hour"] < n_hours)
        cell = road_of[piece["link"][known]] * n_steps + piece["hour"][known] // step_h
        vehicles += np.bincount(cell, weights=piece["n_vehicles"][known], minlength=len(vehicles)).astype(np.int64)
    if "links" in source.faults:
        return None
    per_hour = vehicles.reshape(-1, n_steps) / step_h
    edges = class_edges(per_hour)
    codes = np.searchsorted(edges, per_hour, side="right").astype(np.uint8)
    zones = _zones(source, view, n_steps, step_h)
    x, y = (np.stack(axis, axis=1) for axis in zip(*(view.project(ends[:, k], ends[:, k + 1]) for k in (0, 2)), strict=True))
    corner, unit = _frame(x, y)
    pack = pack_arrays(
        {
            "x": np.round((x - corner[0]) / unit).astype(np.uint16),
            "y": np.round((y - corner[1]) / unit).astype(np.uint16),
            "load": codes,
            "charging": zones["codes"],
        }
    )
    about = {
        "step_h": step_h, "n_steps": n_steps, "n_roads": len(ends), "corner": corner, "unit": unit,
        "first_zone_trace": len(COLOURS), **_counts(source, figures, n_steps, step_h),
    }  # fmt: skip
    chart = {"data": [*_classes(edges, say), _zone_trace(zones, say, places)], "layout": map_layout()}
    chart["config"] = {"scrollZoom": True}
    top = int(np.argmax(per_hour.max(axis=1, initial=0)))
    line = next((str(network["line"][k]) for k in np.flatnonzero(road_of == top) if network["line"][k]), "")
    return Film(chart, pack, about, (line, float(per_hour.max(initial=0))))


def class_edges(per_hour: F64) -> list[float]:
    """Return four round numbers, each about three times the one before, that part the roads by load; the first is 1."""
    used = per_hour[per_hour > 0]
    top = max(float(np.quantile(used, TOP_SHARE)) if used.size else 1.0, 27.0)
    steps = [float(f"{top / 3.2**k:.1g}") for k in range(3, -1, -1)]
    return [min(1.0, steps[0]), *steps]


def _frame(x: F64, y: F64) -> tuple[list[float], float]:
    """Return the lower left corner, km, and a length of which two bytes count the whole map."""
    corner = [float(np.floor(axis.min())) for axis in (x, y)]
    reach = max(float(axis.max()) - low for axis, low in zip((x, y), corner, strict=True))
    return corner, float(f"{max(reach, 1.0) / 65_000:.3g}")


def _zones(source: Source, view: View, n_steps: int, step_h: int) -> dict[str, Any]:
    """Return the public charging of each zone by step, as a share of its own largest, and where the zone is."""
    codes = np.zeros((0, n_steps), np.uint8)
    nothing: dict[str, Any] = {"ids": [], "x": [], "y": [], "peak_kw": np.zeros(0), "codes": codes}
    grid = source.arrays("grid", ("zone", "quarter", *PUBLIC_KW))
    stations = source.arrays("stations", ("zone", "lon", "lat"))
    if grid is None or stations is None:
        return nothing
    names, of_row = np.unique(grid["zone"].astype(str), return_inverse=True)
    step = grid["quarter"] // (4 * step_h)
    known = step < n_steps
    kw: F64 = np.sum([grid[name] for name in PUBLIC_KW], axis=0)
    cells = np.bincount((of_row * n_steps + step)[known], weights=kw[known], minlength=len(names) * n_steps)
    by_step = cells.reshape(-1, n_steps) / (4 * step_h)
    lon, lat = centres(names, stations)
    placed = np.isfinite(lon) & (by_step.max(axis=1, initial=0) > 0)
    x, y = view.project(lon[placed], lat[placed])
    peak = by_step[placed].max(axis=1, initial=0)
    share = np.round(250 * by_step[placed] / np.maximum(peak, 1e-9)[:, None]).astype(np.uint8)
    return {"ids": names[placed], "x": view.shown(x), "y": view.shown(y), "peak_kw": peak, "codes": share}


def centres(names: NDArray[Any], stations: Columns) -> tuple[F64, F64]:
    """Return the mean position, degrees, of the stations of each zone of a sorted list; NaN where there are none."""
    place = np.searchsorted(names, stations["zone"].astype(str))
    place = np.minimum(place, len(names) - 1)
    known = names[place] == stations["zone"].astype(str)
    n = np.bincount(place[known], minlength=len(names))
    lon, lat = (
        np.divide(
            np.bincount(place[known], weights=stations[axis][known], minlength=len(names)),
            n, out=np.full(len(names), np.nan), where=n > 0,
        )
        for axis in ("lon", "lat")
    )  # fmt: skip
    return lon, lat


def _classes(edges: list[float], say: Language) -> list[Chart]:
    """Return a line trace a class of load, empty until the page fills it in."""
    names = [say("below {n} an hour", n=f"{edges[1]:,.0f}")]
    names += [f"{low:,.0f} – {high:,.0f}" for low, high in pairwise(edges[1:])]
    names.append(say("{n} and more", n=f"{edges[-1]:,.0f}"))
    return [
        {
            "type": "scattergl", "mode": "lines", "name": name, "x": [0, 0], "y": [0, 0], "hoverinfo": "skip",
            "line": {"color": colour, "width": width},
        }
        for name, colour, width in zip(names, COLOURS, WIDTHS, strict=True)
    ]  # fmt: skip


def _zone_trace(zones: dict[str, Any], say: Language, places: Places) -> Chart:
    largest = max(float(zones["peak_kw"].max(initial=0)), 1.0)
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": say("public charging, share of the prefecture's own peak"),
        "x": zones["x"],
        "y": zones["y"],
        "text": [html.escape(places.zone_both(str(zone))) for zone in zones["ids"]],
        "customdata": numbers(zones["peak_kw"] / 1000, 3),
        "marker": {
            "size": numbers(3 + 19 * np.sqrt(zones["peak_kw"] / largest), 3),
            "color": [0] * len(zones["ids"]),
            "cmin": 0,
            "cmax": 100,
            "colorscale": [list(stop) for stop in CHARGE_SCALE],
            "showscale": False,
            "opacity": 0.8,
            "line": {"width": 0.5, "color": "#555555"},
        },
        "hovertemplate": f"%{{text}}<br>%{{marker.color:.0f}} % {say('of')} %{{customdata}} MW<extra></extra>",
    }


def _counts(source: Source, figures: Figures, n_steps: int, step_h: int) -> dict[str, Any]:
    """Return vehicles on the road at the end of each step, and the public load of the nation, GW."""
    on_road = figures.by_hour("cars_on_road") + figures.by_hour("trucks_on_road")
    last = np.minimum(np.arange(1, n_steps + 1) * step_h, len(on_road)) - 1
    grid = source.arrays("grid", ("quarter", *PUBLIC_KW))
    public = (
        np.zeros(0)
        if grid is None
        else np.bincount(grid["quarter"], weights=np.sum([grid[name] for name in PUBLIC_KW], axis=0))
    )
    means = [public[k * 4 * step_h : (k + 1) * 4 * step_h] for k in range(n_steps)]
    return {
        "on_road": [] if not len(on_road) else numbers(on_road[last], 6),
        "public_gw": numbers(np.array([part.mean() / 1e6 if part.size else np.nan for part in means]), 3),
    }
