"""Charts that hold several runs against each other, as plain plotly descriptions."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, Chart, layout, numbers, time_title, times
from twin.report.comparable import Compared
from twin.report.grid_charts import national_load, vehicle_load
from twin.report.language import Language
from twin.report.map import map_layout, roads
from twin.report.places import Places
from twin.report.projection import View, view_of
from twin.tables.columns import F64

COLOURS = ("#666666", BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
DASHES = ("solid", "dash")
"""A run's line: colours in turn, then the same colours dashed."""
PER_ROW = 3
MULTIPLE_PX = 190
DIVERGING = ((0.0, BLUE), (0.5, "#f2f2f2"), (1.0, VERMILION))
LEAST_SHOWN_MIN = 1.0


def waits_by_run(runs: Sequence[Compared], layer: str, first_day: dt.date | None, say: Language) -> Chart:
    """Mean wait by hour in one layer: a small chart a run with shared axes, the first run in grey behind each other."""
    series = [run.figures.by_hour("mean_wait_min", layer) for run in runs]
    n_rows = -(-len(runs) // PER_ROW)
    data = []
    shape = layout("", "", 70 + n_rows * MULTIPLE_PX, showlegend=False, hovermode="closest")
    top = max((float(np.nanmax(values)) for values in series if np.isfinite(values).any()), default=1.0)
    shape["annotations"] = []
    for place, (run, values) in enumerate(zip(runs, series, strict=True)):
        row, column = divmod(place, PER_ROW)
        axes = _small_axes(shape, place, row, column, n_rows, max(top, 0.1), say)
        shape["annotations"].append(_small_title(run.label, axes))
        own = _line(times(first_day, values.size, 60), numbers(values), run.label, place, "%{y:.1f} min")
        if place:
            behind = _line(times(first_day, series[0].size, 60), numbers(series[0]), runs[0].label, 0, "%{y:.1f} min")
            data.append(behind | axes | {"line": {"color": "#999999", "width": 1}})
        data.append(own | axes)
    return {"data": data, "layout": shape}


def load_by_run(runs: Sequence[Compared], first_day: dt.date | None, say: Language) -> Chart:
    """Load of all vehicles over time, a line a run, GW."""
    data = []
    for place, run in enumerate(runs):
        if not run.run.has("grid"):
            continue
        load = national_load(run.run.arrays("grid"))
        values = vehicle_load(load) / 1e6
        data.append(_line(times(first_day, values.size, 15), numbers(values), run.label, place, "%{y:.2f} GW"))
    return {"data": data, "layout": layout(time_title(first_day, say), say("load at the grid (GW)"), 360)}


def difference_map(runs: Sequence[Compared], say: Language, names: Places) -> Chart:
    """Mean wait of each zone less that of the first run; a trace a run, of which the page shows one."""
    of_run = [zone_waits(run) for run in runs]
    first_wait, place_of = of_run[0]
    places = np.array(list(place_of.values())).reshape(-1, 2)
    view = view_of(places[:, 0], places[:, 1])
    traces, largest = [], LEAST_SHOWN_MIN
    for run, (wait, _) in zip(runs[1:], of_run[1:], strict=True):
        zones = [zone for zone in sorted(first_wait) if zone in wait]
        change = np.array([wait[zone] - first_wait[zone] for zone in zones])
        largest = max(largest, float(np.abs(change).max(initial=0.0)))
        traces.append(_zones(run.label, zones, change, place_of, view, names))
    for trace in traces:
        trace["marker"] |= {"cmin": -largest, "cmax": largest}
        trace["marker"]["colorbar"]["title"]["text"] = say("difference of the mean wait (min)")
    shape = map_layout()
    shape["showlegend"] = False
    has_roads = runs[0].run.has("network")
    for trace in traces[1:]:
        trace["visible"] = False
    return {
        "data": [*([roads(runs[0].run.arrays("network"), view, say)] if has_roads else []), *traces],
        "layout": shape,
        "config": {"scrollZoom": True},
    }


def zone_waits(run: Compared) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Return the mean wait of the sessions of each zone, min, and where its stations are, degrees.

    Zones without a session have no mean, and so no difference.
    """
    stations = run.run.arrays("stations")
    zones, of_station = np.unique(stations["zone"].astype(str), return_inverse=True)

    def summed(values: NDArray[Any]) -> F64:
        return np.bincount(of_station, weights=values, minlength=len(zones)).astype(np.float64)

    n_sessions, weight = summed(stations["n_sessions"]), np.maximum(summed(stations["n_evse"]), 1)
    waited_s = summed(np.nan_to_num(stations["mean_wait_s"]) * stations["n_sessions"])
    lon, lat = (summed(stations[axis] * stations["n_evse"]) / weight for axis in ("lon", "lat"))
    wait = {str(zones[k]): float(waited_s[k] / n_sessions[k] / 60) for k in np.flatnonzero(n_sessions > 0)}
    return wait, {str(zone): (float(x), float(y)) for zone, x, y in zip(zones, lon, lat, strict=True)}


def _zones(
    label: str, zones: Sequence[str], change: F64, place_of: dict[str, tuple[float, float]], view: View, names: Places
) -> Chart:
    """Draw the zones of one run, the largest differences on top."""
    order = np.argsort(np.abs(change), kind="stable")
    at = np.array([place_of[zones[k]] for k in order]).reshape(-1, 2)
    x, y = view.project(at[:, 0], at[:, 1])
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": html.escape(label),
        "x": view.shown(x),
        "y": view.shown(y),
        "text": [html.escape(names.zone_both(zones[k])) for k in order],
        "marker": {
            "size": 9,
            "color": numbers(change[order], 3),
            "colorscale": [list(stop) for stop in DIVERGING],
            "colorbar": {"title": {"side": "top"}, "orientation": "h",
                         "thickness": 10, "len": 0.5, "x": 0, "xanchor": "left", "y": 0.02, "yanchor": "bottom"},
            "line": {"width": 0.5, "color": "#555555"},
        },
        "hovertemplate": "%{text}<br>%{marker.color:+.2f} min<extra></extra>",
    }  # fmt: skip


def _line(x: list[Any], y: list[float | None], label: str, place: int, hover: str) -> Chart:
    turn, colour = divmod(place, len(COLOURS))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": html.escape(label),
        "x": x,
        "y": y,
        "line": {"color": COLOURS[colour], "width": 2, "dash": DASHES[turn % 2]},
        "hovertemplate": hover,
    }


def _small_title(label: str, axes: dict[str, str]) -> Chart:
    """Return the name of a run, written over the left upper corner of its small chart."""
    where = {"xref": f"{axes['xaxis']} domain", "yref": f"{axes['yaxis']} domain", "x": 0, "y": 1}
    how = {"xanchor": "left", "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
    return {"text": html.escape(label), **where, **how}


def _small_axes(shape: Chart, place: int, row: int, column: int, n_rows: int, top: float, say: Language) -> dict[str, str]:
    """Add the axes of one small chart and its title; return what its traces say to be drawn there."""
    end = "" if place == 0 else str(place + 1)
    gap_x, gap_y = 0.06, 0.28 / n_rows
    width, height = (1 - gap_x * (PER_ROW - 1)) / PER_ROW, (1 - gap_y * (n_rows - 1)) / n_rows
    left, bottom = column * (width + gap_x), 1 - (row + 1) * height - row * gap_y
    quiet = {"gridcolor": "#8884", "zerolinecolor": "#8888"}
    shape[f"xaxis{end}"] = {**quiet, "domain": [left, left + width], "anchor": f"y{end}", "nticks": 3}
    title = {"text": say("mean wait (min)"), "font": {"size": 12}} if column == 0 else {"text": ""}
    shape[f"yaxis{end}"] = {
        **quiet, "domain": [bottom, bottom + height], "anchor": f"x{end}", "range": [0, 1.05 * top], "title": title,
    }  # fmt: skip
    return {"xaxis": f"x{end}", "yaxis": f"y{end}"}
