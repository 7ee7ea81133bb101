"""The room that prefectures have for more charging, and what vehicles give to the grid in each."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from twin.report.charts import Chart, numbers
from twin.report.figures import Finding, Writer, count, percent
from twin.report.film import centres
from twin.report.language import Language
from twin.report.map import colour_bar, map_layout
from twin.report.places import Places
from twin.report.projection import view_of
from twin.report.sections import Section, Table
from twin.report.source import Columns, Source

__all__ = ["hosting_section"]

COLUMNS = (
    "zone", "ev_peak_kw", "base_peak_kw", "least_headroom_kw", "over_h", "hosting_kw", "hosting_with_storage_kw",
    "n_v2g_plugs", "v2g_peak_kw", "v2g_energy_kwh",
)  # fmt: skip
N_SHOWN = 15
TOP = 0.6
"""Share of the peak from which on the map's colour is the same."""
ROOM = ((0.0, "#D55E00"), (0.25, "#E69F00"), (0.5, "#F0E442"), (1.0, "#0072B2"))
megawatts = Writer("MW", 0.001)
megawatt_hours = Writer("MWh", 0.001)


def hosting_section(source: Source, say: Language, places: Places) -> Section:
    """Return what ``zones.parquet`` tells; nothing without it."""
    zones = source.arrays("zones", COLUMNS) if source.run.has("zones") else None
    if zones is None or not len(zones["zone"]):
        return Section()
    share = zones["hosting_kw"] / np.maximum(zones["base_peak_kw"], 1.0)
    order = np.lexsort((zones["zone"].astype(str), share))
    found = Section(
        findings={"hosting": _finding(zones, share, int(order[0]), say, places)},
        more={"hosting": _table(zones, share, order[:N_SHOWN], say, places), "v2g": _v2g(zones, say, places)},
    )
    stations = source.arrays("stations", ("zone", "lon", "lat"))
    if stations is not None and len(zones["zone"]) > 1:
        found.charts["hosting"] = _map(zones, share, stations, say, places)
    return found


def _finding(zones: Columns, share: Any, least: int, say: Language, places: Places) -> Finding:
    n_full = int((zones["hosting_kw"] <= 0).sum())
    name = places.zone(str(zones["zone"][least]))
    if n_full:
        text = "{n} of {all} prefectures have no room for more public charging at their peak; {name} has least"
        return Finding(say(text, n=n_full, all=len(zones["zone"]), name=name))
    text = (
        "Every prefecture has room for more public charging; "
        "{name} has the least against its load: {room}, {share} of its peak"
    )
    room = megawatts(zones["hosting_kw"][least], say)
    return Finding(say(text, name=name, room=room, share=percent(share[least], say)))


def _table(zones: Columns, share: Any, order: Any, say: Language, places: Places) -> Table:
    heads = [
        say("prefecture"), say("peak without vehicles"), say("peak vehicle load"), say("least headroom"),
        say("over the annual peak"), say("room for more public charging"), say("with storage beside it"),
        say("room over the peak"),
    ]  # fmt: skip
    rows = [
        [
            places.zone_both(str(zones["zone"][k])),
            *(megawatts(zones[name][k], say) for name in ("base_peak_kw", "ev_peak_kw", "least_headroom_kw")),
            Writer("h")(zones["over_h"][k], say),
            *(megawatts(zones[name][k], say) for name in ("hosting_kw", "hosting_with_storage_kw")),
            percent(share[k], say),
        ]
        for k in order
    ]
    return Table(heads, rows)


def _v2g(zones: Columns, say: Language, places: Places) -> Table | None:
    """Return the prefectures whose vehicles give most to the grid; None where no plug can."""
    order = np.lexsort((zones["zone"].astype(str), -zones["v2g_energy_kwh"], -np.sign(zones["v2g_energy_kwh"])))
    chosen = [k for k in order if zones["n_v2g_plugs"][k] > 0][:N_SHOWN]
    if not chosen:
        return None
    heads = [say("prefecture"), say("plugs that can give"), say("largest power given"), say("energy given")]
    rows = [
        [
            places.zone_both(str(zones["zone"][k])), count(round(float(zones["n_v2g_plugs"][k])), say),
            megawatts(zones["v2g_peak_kw"][k], say), megawatt_hours(zones["v2g_energy_kwh"][k], say),
        ]
        for k in chosen
    ]  # fmt: skip
    return Table(heads, rows)


def _map(zones: Columns, share: Any, stations: Columns, say: Language, places: Places) -> Chart:
    """Draw a dot a prefecture: size is the room, colour the room over the prefecture's peak; the tightest on top."""
    names, at = np.unique(zones["zone"].astype(str), return_index=True)
    lon, lat = centres(names, stations)
    placed = np.isfinite(lon)
    at, lon, lat = at[placed], lon[placed], lat[placed]
    order = np.argsort(-share[at], kind="stable")
    at = at[order]
    x, y = view_of(lon, lat).project(lon[order], lat[order])
    room = np.maximum(zones["hosting_kw"][at] / 1000, 0.0)
    ticks = [TOP * part for part in (0, 0.25, 0.5, 0.75, 1)]
    bar = colour_bar(say) | {"tickvals": ticks, "ticktext": [*(f"{100 * tick:g}" for tick in ticks[:-1]), f"{100 * TOP:g}+"]}
    bar["title"] = {"text": say("room for public charging over the peak load (%)"), "side": "top", "font": {"size": 13}}
    dots: Chart = {
        "type": "scattergl", "mode": "markers", "name": say("prefectures, size: room in MW"), "x": numbers(np.round(x), 5),
        "y": numbers(np.round(y), 5), "text": [html.escape(places.zone_both(str(zones["zone"][k]))) for k in at],
        "customdata": [[*numbers(np.array([mw, 100 * part]), 3)] for mw, part in zip(room, share[at], strict=True)],
        "marker": {
            "symbol": "circle", "size": numbers(5 + 22 * np.sqrt(room / max(float(room.max(initial=1.0)), 1.0)), 3),
            "color": numbers(np.clip(share[at], 0, TOP), 3), "cmin": 0, "cmax": TOP, "colorbar": bar,
            "colorscale": [list(stop) for stop in ROOM], "line": {"width": 0.5, "color": "#555555"},
        },
        "hovertemplate": "%{text}<br>%{customdata[0]:,.0f} MW, %{customdata[1]:.1f} %<extra></extra>",
    }  # fmt: skip
    return {"data": [dots], "layout": map_layout() | {"height": 520}, "config": {"scrollZoom": True}}
