"""The map: roads as outline, a nation's stations gathered by zone, service areas and a city's stations one by one."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import Chart, Columns, layout, numbers
from twin.report.language import ENGLISH, Language, phrase
from twin.report.places import Places
from twin.report.points import Dots, dot_names, idle_of
from twin.report.projection import View
from twin.tables.columns import F64

WAIT_SHOWN_MIN = 60.0
FAINT = 0.12
"""Opacity of a dot without a session; the page's script has the same."""
SYMBOLS = {"urban": "circle", "highway": "diamond", "rural": "square"}
SCALE = ((0.0, "#56B4E9"), (0.25, "#F0E442"), (0.5, "#E69F00"), (1.0, "#D55E00"))
TRACE_NAMES = {
    "urban": (phrase("urban, by prefecture"), phrase("urban")),
    "highway": (phrase("service areas"), phrase("service areas")),
    "rural": (phrase("rural, by prefecture"), phrase("rural")),
}
"""What a layer is called where its stations are gathered, and where they stand one by one."""

MODES = (
    ("wait", phrase("mean wait (min)"), 60.0, "%{marker.color:.1f} min"),
    ("power", phrase("rated power per EVSE (kW)"), 360.0, "%{marker.color:.0f} kW"),
    ("high_power", phrase("EVSEs of 250 kW or more (%)"), 100.0, "%{marker.color:.0f} %"),
    ("use", phrase("sessions per EVSE and day"), 20.0, "%{marker.color:.1f}"),
)
"""What the colour may show: name, words, value of the last colour, how the value is written."""


def draw_map(
    stations: Columns, network: Columns | None, dots: Sequence[Dots], view: View, say: Language, places: Places
) -> Chart:
    """Draw roads, stations by zone or one by one, and service areas; colour is the mean wait, size the number of EVSEs.

    Parameters
    ----------
    stations : mapping of str to ndarray
        ``stations.parquet``.
    network : mapping of str to ndarray or None
        ``network.parquet``: ends of the links in degrees; None leaves the roads out.
    dots : sequence of Dots
        The stations as they are shown.
    view : View
        How degrees become kilometres.
    say : Language
        Of the legend.
    places : Places
        Names of zones.
    """
    data = [] if network is None else [roads(network, view, say)]
    is_idle = idle_of(stations, view)
    if is_idle.any():
        data.append(_idle({name: values[is_idle] for name, values in stations.items()}, view, say))
    data += [_points(of_layer, view, say, places) for of_layer in dots]
    return {"data": data, "layout": map_layout(), "config": {"scrollZoom": True}}


def modes(dots: Sequence[Dots], n_days: float, say: Language) -> list[dict[str, Any]]:
    """Return what the colour of the dots may show besides the wait: words, scale, and a value a dot and layer."""

    def values(name: str, of: Dots) -> F64:
        evse = np.maximum(of.n_evse, 1)
        found: Mapping[str, F64] = {
            "wait": of.wait_min,
            "power": of.rated_kw / evse,
            "high_power": 100 * of.n_high_power / evse,
            "use": of.sessions / evse / max(n_days, 1e-9),
        }
        return found[name]

    return [
        {
            "name": name, "title": say(words), "top": top, "hover": hover,
            "values": [numbers(np.nan_to_num(values(name, of)), 3) for of in dots],
        }
        for name, words, top, hover in MODES
    ]  # fmt: skip


def map_layout() -> Chart:
    """Return what maps share: no axes, one scale for both, panned by dragging."""
    hidden = {"visible": False}
    shape = layout("", "", 620, hovermode="closest", xaxis=hidden, yaxis=hidden, margin={"l": 0, "r": 0, "b": 0})
    shape["yaxis"] |= {"scaleanchor": "x", "scaleratio": 1, "rangemode": "normal"}
    shape["dragmode"] = "pan"
    shape["legend"] |= {"itemsizing": "constant"}
    return shape


def both_ways(network: Columns) -> tuple[F64, NDArray[np.int64]]:
    """Return the roads whatever their direction, west end first: ends in degrees, and the road of each link."""
    ends = np.stack([network[name] for name in ("from_lon", "from_lat", "to_lon", "to_lat")], axis=1)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    found, of_link = np.unique(ends, axis=0, return_inverse=True)
    return found, of_link.ravel()


def broken_line(ends: F64, view: View) -> tuple[list[float | None], list[float | None]]:
    """Return roads as one line with gaps."""
    x, y = (np.full(3 * len(ends), np.nan) for _ in range(2))
    for k in range(2):
        x[k::3], y[k::3] = view.project(ends[:, 2 * k], ends[:, 2 * k + 1])
    return view.shown(x), view.shown(y)


def roads(network: Columns, view: View, say: Language = ENGLISH) -> Chart:
    """Draw each road once, whatever its directions, as one broken line."""
    x, y = broken_line(both_ways(network)[0], view)
    return {
        "type": "scattergl",
        "mode": "lines",
        "name": say("roads"),
        "x": x,
        "y": y,
        "line": {"color": "#888888", "width": 0.8},
        "hoverinfo": "skip",
    }


def _idle(columns: Columns, view: View, say: Language) -> Chart:
    """Draw those of the stations shown one by one to which nobody came."""
    x, y = view.project(columns["lon"], columns["lat"])
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": say("no session"),
        "x": view.shown(x),
        "y": view.shown(y),
        "text": [html.escape(str(name)) for name in columns["name"]],
        "customdata": [[int(n), 0] for n in columns["n_evse"]],
        "marker": {"size": 4, "color": "#aaaaaa", "opacity": 0.7},
        "hovertemplate": f"%{{text}}<br>%{{customdata[0]:,}} {say('EVSEs')}, {say('no session')}<extra></extra>",
    }


def colour_bar(say: Language) -> Chart:
    """Return the scale of the mean wait, below the map at the left."""
    return {
        "title": {"text": say("mean wait (min)"), "side": "top", "font": {"size": 13}},
        "orientation": "h",
        "thickness": 10,
        "len": 0.5,
        "x": 0,
        "xanchor": "left",
        "y": 0.02,
        "yanchor": "bottom",
        "tickvals": [0, 15, 30, 45, 60],
        "ticktext": ["0", "15", "30", "45", "60+"],
    }


def _points(dots: Dots, view: View, say: Language, places: Places) -> Chart:
    """Draw one layer: service areas and a city's stations one by one, other stations gathered by zone."""
    layer = dots.layer
    largest = max(float(dots.n_evse.max()), 1.0)
    counts = zip(dots.n_evse, dots.sessions, dots.zones, strict=True)
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": say(TRACE_NAMES[layer][dots.is_single]),
        "x": view.shown(dots.x_km),
        "y": view.shown(dots.y_km),
        "text": [html.escape(name) for name in dot_names(dots, places)],
        "customdata": [[int(a), int(b), html.escape(zone)] for a, b, zone in counts],
        "marker": {
            "symbol": SYMBOLS[layer],
            "size": numbers(4 + (5 if dots.is_single else 18) * np.sqrt(dots.n_evse / largest), 3),
            "color": numbers(np.nan_to_num(dots.wait_min), 3),
            "opacity": [1.0 if n else FAINT for n in dots.sessions],
            "cmin": 0,
            "cmax": WAIT_SHOWN_MIN,
            "colorscale": [list(stop) for stop in SCALE],
            "colorbar": colour_bar(say),
            "showscale": layer == "urban",
            "line": {"width": 0.5, "color": "#555555"},
        },
        "hovertemplate": f"%{{text}}<br>%{{customdata[0]:,}} {say('EVSEs')}, %{{customdata[1]:,}} {say('sessions')}<br>"
        f"{say('mean wait')} %{{marker.color:.1f}} {say('min')}<extra></extra>",
        "visible": "legendonly" if layer == "rural" and not dots.is_single else True,
    }
