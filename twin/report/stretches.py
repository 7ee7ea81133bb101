"""Where coverage has gaps: stretches of expressway far from a plug ahead, lines by their longest way, counties."""

from __future__ import annotations

import html

import numpy as np

from twin.report.charts import SKY, VERMILION, Chart, numbers
from twin.report.figures import Figures, Finding, Writer, count, kilometres, percent
from twin.report.language import Language, phrase
from twin.report.map import SCALE, both_ways, broken_line, colour_bar, map_layout, roads
from twin.report.places import Places
from twin.report.projection import View
from twin.report.sections import Section, Table
from twin.report.source import Columns, Source
from twin.tables.columns import F64

__all__ = ["PLUGS", "coverage_section", "line_table", "stretches"]

PLUGS = {
    "high_power": phrase("250 kW or more"),
    "megawatt": phrase("1,000 kW or more"),
}
DIRECTIONS = (phrase("northbound"), phrase("eastbound"), phrase("southbound"), phrase("westbound"))
NEAR_KM, FAR_KM = 25.0, 50.0
PURPLE_INK = "#8a3f73"
N_WORST = 15
COUNTY_TOP_KM = 100.0
ENDS = ("from_lon", "from_lat", "to_lon", "to_lat")
LINK_COLUMNS = ("link", "way_to_high_power_km", "way_to_megawatt_km")
LINE_COLUMNS = (
    "line", "direction", "length_km", "within_50_km_of_high_power", "within_50_km_of_megawatt",
    "longest_way_to_station_km", "longest_way_to_high_power_km", "longest_way_to_high_power_from",
    "longest_way_to_megawatt_km", "longest_way_to_megawatt_from",
)  # fmt: skip
COUNTY_COLUMNS = (
    "name", "zone", "lon", "lat", "n_people", "n_evse", "n_high_power", "evse_per_1000_people",
    "rural_road_distance_km", "rural_road_distance_to_high_power_km",
)  # fmt: skip
ratio = Writer()


def coverage_section(source: Source, network: Columns | None, view: View, figures: Figures, places: Places) -> Section:
    """Return the gaps of a nation, as far as the tables of coverage are there."""
    say, found = figures.say, Section()
    links, lines = source.arrays("link_coverage", LINK_COLUMNS), source.arrays("line_coverage", LINE_COLUMNS)
    counties = source.arrays("county_coverage", COUNTY_COLUMNS)
    if lines is not None and len(lines["line"]):
        found.findings["lines"] = _lines_finding(lines, figures, places)
        found.more["lines_ahead"] = line_table(lines, "high_power", say, places)
        found.more["megawatt_lines"] = line_table(lines, "megawatt", say, places)
    if links is not None and network is not None and len(links["link"]):
        found.charts["gaps"] = stretches(links, network, "high_power", view, say)
        found.charts["truck-gaps"] = stretches(links, network, "megawatt", view, say)
    if counties is not None and len(counties["name"]):
        found.charts["counties"] = _county_map(counties, network, view, say, places)
        found.findings["counties"] = _counties_finding(counties, say, places)
        found.more["counties"] = _county_table(counties, say, places)
    return found


def stretches(links: Columns, network: Columns, plug: str, view: View, say: Language) -> Chart:
    """Draw the expressways, and over them what of a direction has no such plug within 25 km ahead, the farthest on top.

    A link whose way ahead is longer than itself gets shorter of it metre by metre, so its far part is its beginning.
    """
    row_of = {int(link): row for row, link in enumerate(network["link"])}
    row = np.array([row_of[int(link)] for link in links["link"]], np.int64)
    ends = np.stack([network[name][row] for name in ENDS], axis=1)
    length, way = np.maximum(network["length_km"][row], 1e-9), links[f"way_to_{plug}_km"]
    is_open = ~np.isfinite(way)
    beyond = [np.clip((np.nan_to_num(way, nan=-np.inf) - km) / length, 0, 1) for km in (NEAR_KM, FAR_KM)]
    words = say(PLUGS[plug])
    plain = {"color": "#888888", "width": 1}
    data = [_lines(both_ways({name: network[name][row] for name in ENDS})[0], view, say("expressway"), plain)]
    for name, start, end, (colour, width) in (
        (say("25 to 50 km to the next {plug} ahead", plug=words), beyond[1], beyond[0], (SKY, 2)),
        (say("over 50 km"), np.zeros(len(way)), beyond[1], (VERMILION, 3)),
        (say("none ahead"), np.zeros(len(way)), is_open.astype(np.float64), (PURPLE_INK, 3)),
    ):
        found = end > start
        if found.any():
            pieces = _part(ends[found], start[found], end[found])
            data.append(_lines(pieces, view, name, {"color": colour, "width": width}))
    return {"data": data, "layout": map_layout() | {"height": 520}, "config": {"scrollZoom": True}}


def _part(ends: F64, start: F64, end: F64) -> F64:
    """Cut straight links from one share of their length to another."""
    way = ends[:, 2:] - ends[:, :2]
    return np.concatenate([ends[:, :2] + share[:, None] * way for share in (start, end)], axis=1)


def _lines(ends: F64, view: View, name: str, line: Chart) -> Chart:
    x, y = broken_line(ends, view)
    return {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": line, "hoverinfo": "skip"}


def line_table(lines: Columns, plug: str, say: Language, places: Places) -> Table:
    """Return the lines and directions with the longest ways to such a plug ahead."""
    longest = np.nan_to_num(lines[f"longest_way_to_{plug}_km"], nan=np.inf)
    order = np.lexsort((lines["direction"].astype(str), lines["line"].astype(str), -longest))[:N_WORST]
    words = say(PLUGS[plug])
    heads = [
        say("line"), say("direction"), say("longest way ahead begins at"), say("longest way to {plug}", plug=words),
        say("longest way to any station"), say("length"), say("share with {plug} at most 50 km ahead", plug=words),
    ]  # fmt: skip
    rows = [
        [
            places.line_both(str(lines["line"][k])),
            say(str(lines["direction"][k])),
            places.node(str(lines[f"longest_way_to_{plug}_from"][k])),
            _way(lines[f"longest_way_to_{plug}_km"][k], say),
            _way(lines["longest_way_to_station_km"][k], say),
            kilometres(lines["length_km"][k], say),
            percent(lines[f"within_50_km_of_{plug}"][k], say),
        ]
        for k in order
    ]
    return Table(heads, rows, 3)


def _way(km: float, say: Language) -> str:
    return kilometres(km, say) if np.isfinite(km) else say("none ahead")


def _lines_finding(lines: Columns, figures: Figures, places: Places) -> Finding:
    """State how much of the expressways has no high power within 50 km ahead, and the longest way."""
    say = figures.say
    covered = figures.get("expressway_within_50_km_of_high_power", "highway")
    k = int(np.argmax(np.nan_to_num(lines["longest_way_to_high_power_km"], nan=np.inf)))
    text = "{share} of the expressways have no 250 kW or more within 50 km ahead; the longest way begins on {line}: {way}"
    way, line = _way(lines["longest_way_to_high_power_km"][k], say), places.line(str(lines["line"][k]))
    return Finding(say(text, share=percent(1 - covered, say), way=way, line=line))


def _county_map(counties: Columns, network: Columns | None, view: View, say: Language, places: Places) -> Chart:
    """Draw each county with rural people; colour is their way by road to high power, size the number of people."""
    way = counties["rural_road_distance_to_high_power_km"]
    order = np.argsort(np.nan_to_num(way, nan=-1.0), kind="stable")
    order = order[np.isfinite(way[order])]
    x, y = view.project(counties["lon"][order], counties["lat"][order])
    people = counties["n_people"][order]
    ticks = [COUNTY_TOP_KM * share for share in (0, 0.25, 0.5, 0.75, 1)]
    bar = colour_bar(say) | {"tickvals": ticks, "ticktext": [*(f"{tick:g}" for tick in ticks[:-1]), f"{ticks[-1]:g}+"]}
    bar["title"] = {
        "text": say("mean way by road of rural people to 250 kW or more (km)"),
        "side": "top",
        "font": {"size": 13},
    }
    dots: Chart = {
        "type": "scattergl",
        "mode": "markers",
        "name": say("counties with rural people"),
        "x": view.shown(x),
        "y": view.shown(y),
        "text": [html.escape(_named(counties, int(k), places)) for k in order],
        "customdata": [[int(n), int(plugs)] for n, plugs in zip(people, counties["n_high_power"][order], strict=True)],
        "marker": {
            "symbol": "circle",
            "size": numbers(4 + 10 * np.sqrt(people / max(int(people.max(initial=1)), 1)), 3),
            "color": numbers(way[order], 3),
            "cmin": 0,
            "cmax": COUNTY_TOP_KM,
            "colorscale": [list(stop) for stop in SCALE],
            "colorbar": bar,
            "line": {"width": 0.4, "color": "#555555"},
        },
        "hovertemplate": f"%{{text}}<br>%{{customdata[0]:,}} {say('inhabitants')}<br>%{{customdata[1]:,}} "
        f"{say('EVSEs of 250 kW or more')}<br>%{{marker.color:.1f}} km<extra></extra>",
    }
    data = [dots] if network is None else [roads(network, view, say), dots]
    return {"data": data, "layout": map_layout() | {"height": 520}, "config": {"scrollZoom": True}}


def _counties_finding(counties: Columns, say: Language, places: Places) -> Finding:
    n_all, bare = len(counties["name"]), int((counties["n_evse"] == 0).sum())
    weak = int((counties["n_high_power"] == 0).sum())
    way = np.nan_to_num(counties["rural_road_distance_to_high_power_km"], nan=-1.0)
    k = int(np.argmax(way))
    known = {"bare": count(bare), "weak": count(weak), "all": f"{n_all:,}"}
    if way[k] < 0:
        return Finding(say("Of {all} counties {bare} have no public EVSE and {weak} none of 250 kW or more", **known))
    text = (
        "Of {all} counties {bare} have no public EVSE and {weak} none of 250 kW or more; "
        "farthest from one is {name}: {way} by road"
    )
    return Finding(say(text, **known, name=_named(counties, k, places), way=kilometres(way[k], say)))


def _county_table(counties: Columns, say: Language, places: Places) -> Table:
    """Return the counties whose rural people have the longest way by road to high power."""
    way = counties["rural_road_distance_to_high_power_km"]
    order = np.argsort(-np.nan_to_num(way, nan=-1.0), kind="stable")
    order = order[np.isfinite(way[order])][:N_WORST]
    heads = [
        say("county"), say("inhabitants"), say("EVSEs"), say("of 250 kW or more"), say("EVSEs per 1,000 people"),
        say("way by road to a station"), say("way by road to 250 kW or more"),
    ]  # fmt: skip
    rows = [
        [
            _named(counties, int(k), places),
            *(f"{int(counties[name][k]):,}" for name in ("n_people", "n_evse", "n_high_power")),
            ratio(counties["evse_per_1000_people"][k], say),
            kilometres(counties["rural_road_distance_km"][k], say),
            kilometres(way[k], say),
        ]
        for k in order
    ]
    return Table(heads, rows)


def _named(counties: Columns, k: int, places: Places) -> str:
    return f"{places.zone(str(counties['zone'][k]))} {counties['name'][k]}"
