"""The sections that show power and money: load by kind, provinces and their headroom, trucks, costs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from twin.report import charts, costs, findings, grid_charts, rows
from twin.report.figures import Figures
from twin.report.places import Places
from twin.report.sections import Section
from twin.report.source import Source

__all__ = ["load_section"]

GRID_COLUMNS = ("zone", "province", "quarter", *grid_charts.LOADS, "truck_kw", "base_kw", "headroom_kw")


def load_section(source: Source, figures: Figures, first_day: dt.date | None, names: Places) -> Section:
    """Return what the grid sees, and what it cost; without ``grid.parquet`` what the figures tell."""
    say = figures.say
    grid = source.arrays("grid") if source.holds("grid", GRID_COLUMNS) else None
    spent = costs.costs(source.run.manifest["config"], grid, figures)
    found = Section(
        findings={
            "load": findings.load(figures),
            "provinces": findings.provinces(figures, names),
            "trucks": findings.trucks(figures),
            "truck_gaps": findings.truck_gaps(figures),
            "costs": costs.finding(spent, say),
        },
        charts={"provinces": grid_charts.load_by_province(figures, names)} if figures.provinces else {},
        more={
            "provinces": rows.provinces(figures, names),
            "truck_figures": rows.trucks(figures),
            "province_heads": [say(words) for _, words, _ in rows.PROVINCE_FIGURES],
            "costs": [] if spent is None else costs.rows_of(spent, say),
            "stated_costs": costs.stated(figures),
            "value_of_time": _value_of_time(source),
        },
    )
    if grid is not None and len(grid["quarter"]):
        national = grid_charts.national_load(grid)
        found.charts |= {
            "load": grid_charts.load_by_kind(national, first_day, say),
            "base": grid_charts.load_against_base(national, first_day, say),
            "trucks": charts.trucks_by_hour(figures, national, first_day),
        }
        found.charts["headroom"], found.findings["headroom"] = grid_charts.headroom(grid, say, names)
    return found


def _value_of_time(source: Source) -> Any:
    return source.run.manifest["config"].get("behaviour", {}).get("value_of_time_cny_per_h", "")
