"""Charts as plain plotly descriptions: lists and numbers, no drawing library needed to build or to test them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.report.figures import Figures
from twin.tables.inputs import LAYERS

# Okabe and Ito's palette: told apart by colour-blind readers, on light and dark ground.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
LAYER_COLOURS = {"urban": BLUE, "highway": VERMILION, "rural": GREEN}
LOAD_COLOURS = {"home": SKY, "depot": PURPLE, "urban": BLUE, "rural": GREEN, "highway": VERMILION}
LOAD_WORDS = {
    "home": "home",
    "depot": "depot",
    "urban": "public, urban",
    "rural": "public, rural",
    "highway": "public, highway",
}

Chart = dict[str, Any]
Columns = Mapping[str, NDArray[Any]]


def layout(x_title: str, y_title: str, height: int, **more: Any) -> Chart:
    """Return what all charts share: clear ground, quiet axes, the legend above the plot."""
    quiet = {"gridcolor": "#8884", "zerolinecolor": "#8888", "automargin": True}
    small = {"size": 13}
    base: Chart = {
        "height": height,
        "margin": {"l": 56, "r": 12, "t": 8, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#555"},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "x unified",
        "xaxis": {**quiet, "title": {"text": x_title, "font": small}},
        "yaxis": {**quiet, "title": {"text": y_title, "font": small}, "rangemode": "tozero"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "#888", "activecolor": VERMILION},
    }
    for key, value in more.items():
        base[key] = {**base[key], **value} if isinstance(base.get(key), dict) else value
    return base


def times(first_day: dt.date | None, n: int, step_min: int) -> list[Any]:
    """Return the beginnings of `n` steps: local dates where the first day is known, else hours."""
    if first_day is None:
        return [k * step_min / 60 for k in range(n)]
    start = dt.datetime.combine(first_day, dt.time())
    return [f"{start + dt.timedelta(minutes=k * step_min):%Y-%m-%d %H:%M}" for k in range(n)]


def time_title(first_day: dt.date | None) -> str:
    """Return the title of a time axis."""
    return "hour of the run (h)" if first_day is None else "local time (UTC+8)"


def numbers(values: NDArray[Any], digits: int = 4) -> list[float | None]:
    """Return numbers as short as a chart needs them; NaN becomes a gap."""
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in np.asarray(values, np.float64)]


def waits_by_hour(figures: Figures, first_day: dt.date | None) -> Chart:
    """95th percentile (line) and mean (dots) of the waiting time by hour and layer."""
    data = []
    for metric, words, line in (("p95_wait_min", "95th percentile", "solid"), ("mean_wait_min", "mean", "dot")):
        for layer in LAYERS:
            values = figures.by_hour(metric, layer)
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"{layer}, {words}",
                    "x": times(first_day, values.size, 60),
                    "y": numbers(values),
                    "line": {"color": LAYER_COLOURS[layer], "dash": line, "width": 2 if line == "solid" else 1.5},
                    "hovertemplate": "%{y:.1f} min",
                }
            )
    return {"data": data, "layout": layout(time_title(first_day), "waiting time (min)", 380)}


def full_by_hour(figures: Figures, first_day: dt.date | None) -> Chart:
    """Share of stations that were full, by hour and layer."""
    data = []
    for layer in LAYERS:
        values = figures.by_hour("share_stations_full", layer) * 100
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": layer,
                "x": times(first_day, values.size, 60),
                "y": numbers(values),
                "line": {"color": LAYER_COLOURS[layer], "width": 2},
                "hovertemplate": "%{y:.1f} %",
            }
        )
    return {"data": data, "layout": layout(time_title(first_day), "stations full (%)", 300)}


def load_by_kind(national: Columns, first_day: dt.date | None) -> Chart:
    """Load of all vehicles over time, stacked by where they charge, GW."""
    data = []
    for kind, colour in LOAD_COLOURS.items():
        values = national[f"{kind}_kw"] / 1e6
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "stackgroup": "load",
                "name": LOAD_WORDS[kind],
                "x": times(first_day, values.size, 15),
                "y": numbers(values),
                "line": {"width": 0.5, "color": colour},
                "fillcolor": colour,
                "hovertemplate": "%{y:.2f} GW",
            }
        )
    return {"data": data, "layout": layout(time_title(first_day), "load at the grid (GW)", 380)}


def load_against_base(national: Columns, first_day: dt.date | None) -> Chart:
    """Load with and without vehicles over time, GW."""
    base = national["base_kw"] / 1e6
    vehicles = sum(national[f"{kind}_kw"] for kind in LOAD_COLOURS) / 1e6
    x = times(first_day, base.size, 15)
    grey = {"width": 2, "color": "#888888"}
    data = [
        {"name": "without vehicles", "y": numbers(base), "line": grey},
        {"name": "with vehicles", "y": numbers(base + vehicles), "line": {"width": 2, "color": VERMILION}},
    ]
    for trace in data:
        trace |= {"type": "scatter", "mode": "lines", "x": x, "hovertemplate": "%{y:,.0f} GW"}
    return {"data": data, "layout": layout(time_title(first_day), "load of the nation (GW)", 300)}


def load_by_province(figures: Figures) -> Chart:
    """Peak of the vehicle load by province, with the vehicles' share of the evening peak at the bar."""
    named = [(figures.get("ev_load_peak_gw", province=name), name) for name in figures.provinces]
    named = sorted((pair for pair in named if np.isfinite(pair[0])), key=lambda pair: (pair[0], pair[1]))
    names = [name for _, name in named]
    shares = [figures.get("ev_share_of_evening_peak", province=name) * 100 for name in names]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": numbers(np.array([value for value, _ in named])),
        "y": names,
        "text": [f"{share:.1f} %" if np.isfinite(share) else "" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": BLUE},
        "hovertemplate": "%{y}: %{x:.2f} GW, %{text} of the evening peak<extra></extra>",
    }
    axes = {"yaxis": {"rangemode": "normal", "dtick": 1}, "margin": {"l": 40, "r": 56, "t": 8, "b": 44}}
    title = "peak of the vehicle load (GW); at the bar: share of the evening peak"
    return {"data": [bars], "layout": layout(title, "", 60 + 20 * len(names), hovermode="closest", **axes)}


def trucks_by_hour(figures: Figures, national: Columns, first_day: dt.date | None) -> Chart:
    """Trucks on the road (left) and load of public charging into trucks (right)."""
    on_road = figures.by_hour("trucks_on_road")
    load_gw = national["truck_kw"] / 1e6
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "trucks on the road",
            "x": times(first_day, on_road.size, 60),
            "y": numbers(on_road, 6),
            "line": {"color": PURPLE, "width": 2},
            "hovertemplate": "%{y:,.0f}",
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": "charging load (right axis)",
            "x": times(first_day, load_gw.size, 15),
            "y": numbers(load_gw),
            "yaxis": "y2",
            "line": {"color": ORANGE, "width": 2},
            "hovertemplate": "%{y:.2f} GW",
        },
    ]
    right: Chart = {"overlaying": "y", "side": "right", "rangemode": "tozero", "showgrid": False, "automargin": True}
    right["title"] = {"text": "load (GW)", "font": {"size": 13}}
    shape = layout(time_title(first_day), "trucks on the road", 320, yaxis2=right)
    return {"data": data, "layout": shape}
