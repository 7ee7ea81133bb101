"""Charts of the grid: load by kind, against the load without vehicles, and provinces against their headroom."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from twin.report.charts import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    Chart,
    layout,
    numbers,
    time_title,
    times,
)
from twin.report.figures import Figures, Finding, gigawatts, percent
from twin.report.language import Language, phrase
from twin.report.places import Places
from twin.report.source import Columns
from twin.tables.columns import F64

__all__ = ["LOADS", "headroom", "load_against_base", "load_by_kind", "load_by_province", "national_load", "vehicle_load"]

LOADS = {
    "home_kw": (phrase("home"), SKY),
    "depot_kw": (phrase("depot"), PURPLE),
    "work_kw": (phrase("work"), "#5b8a72"),
    "urban_kw": (phrase("public, urban"), BLUE),
    "rural_kw": (phrase("public, rural"), GREEN),
    "highway_kw": (phrase("public, highway"), VERMILION),
}
"""Columns that add up to the load of all vehicles; a run of before has no charging at work."""
SOURCES = {
    "pv_kw": (phrase("photovoltaics"), YELLOW),
    "storage_kw": (phrase("storage, giving or taking"), ORANGE),
    "v2g_kw": (phrase("vehicles giving to the grid"), "#8a3f73"),
}
"""Columns of power that comes from elsewhere than the grid, drawn where there is any."""
PARTS = {"orderly_kw": (phrase("of home and depot: orderly"), GREY)}
"""Columns that are a part of others, drawn as a line where there is any."""
LIMIT = 100.0


def national_load(grid: Columns) -> dict[str, F64]:
    """Sum the load over all zones, by quarter hour, kW."""
    n_quarters = int(grid["quarter"].max(initial=-1)) + 1
    return {
        name: np.bincount(grid["quarter"], weights=values, minlength=n_quarters).astype(np.float64)
        for name, values in grid.items()
        if name.endswith("_kw")
    }


def vehicle_load(load: dict[str, F64]) -> F64:
    """Return the load of all vehicles, kW."""
    return np.asarray(sum((load[name] for name in LOADS if name in load), np.zeros_like(load["home_kw"])))


def load_by_kind(load: dict[str, F64], first_day: dt.date | None, say: Language) -> Chart:
    """Load of all vehicles over time, stacked by where they charge, and what PV, storage and vehicles give, GW."""
    data: list[Chart] = []
    for name, (words, colour) in LOADS.items():
        if name == "work_kw" and not (name in load and np.any(load[name])):
            continue
        values = load[name] / 1e6
        data.append(_line(values, say(words), colour, first_day) | {"stackgroup": "load", "fillcolor": colour})
        data[-1]["line"]["width"] = 0.5
    for name, (words, colour) in (SOURCES | PARTS).items():
        if name in load and np.any(load[name]):
            data.append(_line(load[name] / 1e6, say(words), colour, first_day))
            data[-1]["line"] |= {"dash": "dot", "width": 2.5}
    return {"data": data, "layout": layout(time_title(first_day, say), say("load at the grid (GW)"), 400)}


def load_against_base(load: dict[str, F64], first_day: dt.date | None, say: Language) -> Chart:
    """Load with and without vehicles over time, GW."""
    base = load["base_kw"] / 1e6
    data = [
        _line(base, say("without vehicles"), GREY, first_day),
        _line(base + vehicle_load(load) / 1e6, say("with vehicles"), VERMILION, first_day),
    ]
    for trace in data:
        trace["hovertemplate"] = "%{y:,.0f} GW"
    return {"data": data, "layout": layout(time_title(first_day, say), say("load (GW)"), 300)}


def _line(values: F64, name: str, colour: str, first_day: dt.date | None) -> Chart:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": times(first_day, values.size, 15),
        "y": numbers(values),
        "line": {"color": colour, "width": 2},
        "hovertemplate": "%{y:.2f} GW",
    }


def load_by_province(figures: Figures, places: Places) -> Chart:
    """Peak of the vehicle load by province, with the vehicles' share of the evening peak at the bar."""
    say = figures.say
    named = [(figures.get("ev_load_peak_gw", province=name), name) for name in figures.provinces]
    named = sorted((pair for pair in named if np.isfinite(pair[0])), key=lambda pair: (pair[0], pair[1]))
    codes = [name for _, name in named]
    shares = [figures.get("ev_share_of_evening_peak", province=name) * 100 for name in codes]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": numbers(np.array([value for value, _ in named])),
        "y": [places.province(code) for code in codes],
        "text": [f"{share:.1f} %" if np.isfinite(share) else "" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": BLUE},
        "hovertemplate": f"%{{y}}: %{{x:.2f}} GW, %{{text}} {say('of the evening peak')}<extra></extra>",
    }
    title = say("peak of the vehicle load (GW); at the bar: share of the evening peak")
    return {"data": [bars], "layout": _bar_layout(title, len(codes))}


def headroom(grid: Columns, say: Language, places: Places) -> tuple[Chart, Finding]:
    """Draw each province in its tightest quarter hour: load without and with vehicles over the annual peak without."""
    rows = _tightest(grid)
    names = [places.province(code) for code in rows["province"]]
    base, vehicles = 100 * rows["base_kw"] / rows["peak_kw"], 100 * rows["vehicle_kw"] / rows["peak_kw"]
    room = [f"{value / 1e6:+.1f} GW" for value in rows["headroom_kw"]]
    shared: dict[str, Any] = {"type": "bar", "orientation": "h", "y": names}
    hover = f"%{{y}}: %{{x:.1f}} % {say('of the annual peak')}<extra>%{{fullData.name}}</extra>"
    data = [
        shared | {"x": numbers(base), "name": say("without vehicles"), "marker": {"color": GREY}, "hovertemplate": hover},
        shared
        | {
            "x": numbers(vehicles), "name": say("vehicles"), "marker": {"color": VERMILION}, "hovertemplate": hover,
            "text": room, "textposition": "outside", "cliponaxis": False,
        },
    ]  # fmt: skip
    title = say("load in the tightest quarter hour (% of the annual peak without vehicles); at the bar: headroom left")
    shape = _bar_layout(title, len(names)) | {"barmode": "stack"}
    line = {"color": GREY, "dash": "dash"}
    shape["shapes"] = [{"type": "line", "x0": LIMIT, "x1": LIMIT, "y0": 0, "y1": 1, "yref": "paper", "line": line}]
    return {"data": data, "layout": shape}, _headroom_finding(rows, say, places)


def _tightest(grid: Columns) -> dict[str, Any]:
    """Return the quarter hour with the least headroom of each province, tightest last."""
    codes, of_row = np.unique(grid["province"].astype(str), return_inverse=True)
    n_quarters = int(grid["quarter"].max(initial=-1)) + 1
    cell = of_row * n_quarters + grid["quarter"]

    def summed(values: Any) -> F64:
        sums = np.bincount(cell, weights=values, minlength=len(codes) * n_quarters).astype(np.float64)
        return sums.reshape(len(codes), n_quarters)

    room, base = summed(grid["headroom_kw"]), summed(grid["base_kw"])
    at = (np.arange(len(codes)), np.argmin(room, axis=1))
    vehicles = summed(np.sum([grid[name] for name in LOADS if name in grid], axis=0))
    peak = np.maximum((room + base + vehicles)[at], 1e-9)
    order = np.argsort((base + vehicles)[at] / peak, kind="stable")
    found = {"base_kw": base[at], "vehicle_kw": vehicles[at], "headroom_kw": room[at], "peak_kw": peak}
    return {"province": codes[order].tolist()} | {name: values[order] for name, values in found.items()}


def _headroom_finding(rows: dict[str, Any], say: Language, places: Places) -> Finding:
    n_over = int((rows["headroom_kw"] < 0).sum())
    tightest = places.province(rows["province"][-1])
    load = percent((rows["base_kw"] + rows["vehicle_kw"])[-1] / rows["peak_kw"][-1], say)
    if n_over:
        text = "{n} of {all} provinces exceed their annual peak; {name} comes to {load} of it"
        return Finding(say(text, n=n_over, all=len(rows["province"]), name=tightest, load=load))
    left = gigawatts(rows["headroom_kw"][-1] / 1e6, say)
    return Finding(say("Every province keeps below its annual peak; {name} comes nearest: {load} of it, {left} left",
                       name=tightest, load=load, left=left))  # fmt: skip


def _bar_layout(title: str, n_bars: int) -> Chart:
    axes = {"yaxis": {"rangemode": "normal", "dtick": 1}, "margin": {"l": 40, "r": 64, "t": 8, "b": 44}}
    return layout(title, "", 90 + 20 * n_bars, hovermode="closest", **axes)
