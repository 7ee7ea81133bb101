"""Puts the page together from a run folder."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from twin.report import charts, findings, observed, rows
from twin.report.coverage import COVERAGE_NAMES
from twin.report.figures import Figures
from twin.report.html import render
from twin.report.map import draw_map
from twin.store import Run, canonical_json, open_run, write_text


def write_report(run_dir: Path, out: Path | None = None) -> Path:
    """Write the page of a run: one file that opens offline, made from the run folder alone.

    The same folder gives the same bytes.

    Parameters
    ----------
    run_dir : Path
        The run folder.
    out : Path, optional
        The page; ``report.html`` in the run folder by default.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    StoreError
        If a table is missing or damaged, or the page cannot be written.
    """
    out = Path(run_dir) / "report.html" if out is None else Path(out)
    return write_text(out, render("page.html.j2", page_content(open_run(run_dir))))


def page_content(run: Run) -> dict[str, Any]:
    """Return everything the template fills in: findings, tables and charts."""
    figures, scenario = Figures(run.arrays("metrics")), run.manifest["config"].get("scenario", {})
    first_day = first_day_of(run.manifest)
    national, stations = rows.national_load(run.arrays("grid")), run.arrays("stations")
    areas = rows.worst_areas(stations)
    lines = rows.scorecard(run.arrays("scorecard")) if run.has("scorecard") else None
    verdicts = [] if lines is None else [verdict for verdict, found in lines.items() for _ in found]
    evidence = _evidence(run)
    return evidence["more"] | {
        "manifest": run.manifest,
        "title": scenario.get("title") or run.manifest["scenario"],
        "description": scenario.get("description", ""),
        "audit": run.audit,
        "first_day": first_day,
        "vintage": vintage(run.manifest),
        "n_days": figures.get("n_hours") / 24,
        "findings": {
            "headline": findings.headline(figures),
            "trust": findings.trust(run.audit),
            "waits": findings.waits(figures, first_day),
            "places": findings.places(figures),
            "areas": findings.worst_areas(areas),
            "load": findings.load(figures),
            "provinces": findings.provinces(figures),
            "coverage": findings.coverage(figures),
            "trucks": findings.trucks(figures),
            "scorecard": findings.scorecard(verdicts),
            **evidence["findings"],
        },
        "cards": rows.cards(figures),
        "layers": rows.layers(figures),
        "provinces": rows.provinces(figures),
        "province_heads": [words for _, words, _ in rows.PROVINCE_FIGURES],
        "areas": areas,
        "fewest_sessions": rows.FEWEST_SESSIONS,
        "lines": lines,
        "coverage": rows.coverage(figures, COVERAGE_NAMES),
        "has_roads": run.has("network"),
        "is_city": scenario.get("extent") == "city",
        "config_text": canonical_json(run.manifest["config"]),
        "charts": {
            "map": draw_map(stations, run.arrays("network") if run.has("network") else None),
            "waits": charts.waits_by_hour(figures, first_day),
            "full": charts.full_by_hour(figures, first_day),
            "load": charts.load_by_kind(national, first_day),
            "base": charts.load_against_base(national, first_day),
            "provinces": charts.load_by_province(figures),
            "trucks": charts.trucks_by_hour(figures, national, first_day),
            **evidence["charts"],
        },
    }


def _evidence(run: Run) -> dict[str, dict[str, Any]]:
    """Return what the section of observed figures adds, by the part of the content; nothing without its table."""
    if not run.has("validation"):
        return {"findings": {}, "charts": {}, "more": {"observed": None, "unanswered": []}}
    table = run.arrays("validation")
    found = observed.observed_rows(table)
    return {
        "findings": {"observed": observed.finding(found)},
        "charts": {"observed": observed.chart(found)},
        "more": {"observed": found, "unanswered": observed.unanswered(table)},
    }


def first_day_of(manifest: dict[str, Any]) -> dt.date | None:
    """Return the first simulated day as the config has it; None where it does not say."""
    text = manifest["config"].get("period", {}).get("start_date")
    return None if text is None else dt.date.fromisoformat(text)


def vintage(manifest: dict[str, Any]) -> list[str]:
    """Say of which date the stock and the fleet are, and what else fixes the run."""
    config = manifest["config"]
    stock, year = config.get("stations", {}).get("stock"), config.get("fleet", {}).get("year")
    said = [f"Charging stock of {stock}."] if stock else []
    said += [f"Fleet at the end of {year}."] if year else []
    n_inputs = len(manifest["inputs"])
    return [*said, f"Seed {manifest['seed']} and {n_inputs} hashed input tables fix every result."]
