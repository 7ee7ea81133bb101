"""What all charts share, and those of waits and trucks, as plain plotly descriptions: no drawing library is needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.report.figures import Figures
from twin.report.language import Language, phrase
from twin.tables.inputs import LAYERS

# Okabe and Ito's palette: told apart by colour-blind readers, on light and dark ground.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
YELLOW, GREY = "#F0E442", "#888888"
LAYER_PHRASES = (phrase("urban"), phrase("highway"), phrase("rural"), phrase("all"))
LAYER_COLOURS = {"urban": BLUE, "highway": VERMILION, "rural": GREEN}

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


def time_title(first_day: dt.date | None, say: Language) -> str:
    """Return the title of a time axis."""
    return say("hour of the run (h)") if first_day is None else say("local time (UTC+8)")


def numbers(values: NDArray[Any], digits: int = 4) -> list[float | None]:
    """Return numbers as short as a chart needs them; NaN becomes a gap."""
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in np.asarray(values, np.float64)]


def waits_by_hour(figures: Figures, first_day: dt.date | None) -> Chart:
    """95th percentile (line) and mean (dots) of the waiting time by hour and layer."""
    data = []
    say = figures.say
    for metric, words, line in (("p95_wait_min", say("95th percentile"), "solid"), ("mean_wait_min", say("mean"), "dot")):
        for layer in LAYERS:
            values = figures.by_hour(metric, layer)
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"{say(layer)}, {words}",
                    "x": times(first_day, values.size, 60),
                    "y": numbers(values),
                    "line": {"color": LAYER_COLOURS[layer], "dash": line, "width": 2 if line == "solid" else 1.5},
                    "hovertemplate": f"%{{y:.1f}} {say('min')}",
                }
            )
    return {"data": data, "layout": layout(time_title(first_day, say), say("waiting time (min)"), 380)}


def full_by_hour(figures: Figures, first_day: dt.date | None) -> Chart:
    """Share of stations that were full, by hour and layer."""
    data = []
    for layer in LAYERS:
        values = figures.by_hour("share_stations_full", layer) * 100
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": figures.say(layer),
                "x": times(first_day, values.size, 60),
                "y": numbers(values),
                "line": {"color": LAYER_COLOURS[layer], "width": 2},
                "hovertemplate": "%{y:.1f} %",
            }
        )
    return {"data": data, "layout": layout(time_title(first_day, figures.say), figures.say("stations full (%)"), 300)}


def trucks_by_hour(figures: Figures, national: Columns, first_day: dt.date | None) -> Chart:
    """Trucks on the road (left) and load of public charging into trucks (right)."""
    say = figures.say
    on_road = figures.by_hour("trucks_on_road")
    load_gw = national["truck_kw"] / 1e6
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": say("trucks on the road"),
            "x": times(first_day, on_road.size, 60),
            "y": numbers(on_road, 6),
            "line": {"color": PURPLE, "width": 2},
            "hovertemplate": "%{y:,.0f}",
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": say("charging load (right axis)"),
            "x": times(first_day, load_gw.size, 15),
            "y": numbers(load_gw),
            "yaxis": "y2",
            "line": {"color": ORANGE, "width": 2},
            "hovertemplate": "%{y:.2f} GW",
        },
    ]
    right: Chart = {"overlaying": "y", "side": "right", "rangemode": "tozero", "showgrid": False, "automargin": True}
    right["tickmode"] = "auto"
    right["title"] = {"text": say("load (GW)"), "font": {"size": 13}}
    shape = layout(time_title(first_day, say), say("trucks on the road"), 320, yaxis2=right)
    return {"data": data, "layout": shape}
