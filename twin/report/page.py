"""Puts the page together from a run folder."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from twin.report import charts, findings, observed, queues, rows
from twin.report.coverage import COVERAGE_NAMES
from twin.report.figures import Figures
from twin.report.hosting import hosting_section
from twin.report.html import render
from twin.report.intervals import spreads
from twin.report.language import ENGLISH, Language, language
from twin.report.load_section import load_section
from twin.report.map_section import map_section
from twin.report.ordered import orders_section
from twin.report.places import Places
from twin.report.province_lines import province_lines
from twin.report.reasons import reason
from twin.report.sections import Section, joined
from twin.report.source import Source
from twin.store import Run, canonical_json, open_run, write_text
from twin.tables.columns import empty
from twin.tables.results import MetricsTable, ScorecardTable, ValidationTable

SCRIPTS = ("page.js", "canvas.js", "canvas_frame.js", "map.js", "film.js", "drill.js", "begin.js")


def write_report(run_dir: Path, out: Path | None = None, lang: str = "en") -> Path:
    """Write the page of a run: one file that opens offline.

    It is made from the run folder, names of places from the seeds, and, where the run lies in the folder of a batch, the
    intervals over its replicates. The same folder gives the same bytes. What is missing or damaged in the folder is told
    on the page; without a manifest there is none.

    Parameters
    ----------
    run_dir : Path
        The run folder.
    out : Path, optional
        The page; ``report.html`` in the run folder by default.
    lang : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    StoreError
        If the manifest is missing or damaged, or the page cannot be written.
    """
    out = Path(run_dir) / "report.html" if out is None else Path(out)
    say = language(lang)
    return write_text(out, render("page.html.j2", page_content(open_run(run_dir), say), SCRIPTS, say))


def page_content(run: Run, say: Language = ENGLISH) -> dict[str, Any]:
    """Return everything the template fills in: findings, tables, charts and packed tables."""
    source, names = Source(run, say), Places(say)
    metrics = source.arrays("metrics", MetricsTable._fields)
    figures = Figures(empty(MetricsTable, 0)._asdict() if metrics is None else metrics, say, spreads(run))
    first_day = first_day_of(run.manifest)
    audit = source.audit()
    sections = joined(
        [
            map_section(source, figures, first_day, names),
            _by_hour(figures, first_day),
            load_section(source, figures, first_day, names),
            hosting_section(source, say, names),
            orders_section(source, say, names),
            _policy(source, say),
            province_lines(source, say, names),
            _evidence(run, source, say),
        ]
    )
    scenario = run.manifest["config"].get("scenario", {})
    own = {
        "headline": findings.headline(figures),
        "trust": findings.trust(audit, say),
        "coverage": findings.coverage(figures),
    }
    return sections.more | {
        "manifest": run.manifest,
        "title": scenario.get("title") or run.manifest["scenario"],
        "description": scenario.get("description", ""),
        "laws": [law | {"name": reason(law["name"], say)} for law in audit["laws"]],
        "first_day": first_day,
        "vintage": vintage(run.manifest, say),
        "sample": sample_of(run.manifest),
        "n_days": figures.get("n_hours") / 24,
        "n_replicates": max((found.n for found in figures.spread.values()), default=0),
        "findings": own | sections.findings,
        "cards": rows.cards(figures),
        "layers": rows.layers(figures),
        "coverage": rows.coverage(figures, COVERAGE_NAMES),
        "is_city": scenario.get("extent") == "city",
        "config_text": canonical_json(run.manifest["config"]),
        "missing_parts": sorted(set(_told(run, source).values())),
        "charts": sections.charts,
        "packs": sections.packs,
        "about": sections.about,
    }


def _by_hour(figures: Figures, first_day: dt.date | None) -> Section:
    """Return waits, queues and trucks by hour, as far as the figures go."""
    return Section(
        findings={
            "waits": findings.waits(figures, first_day),
            "full": findings.full(figures, first_day),
            "heat": queues.heat_finding(figures, first_day),
            "distribution": queues.distribution_finding(figures),
        },
        charts={
            "waits": charts.waits_by_hour(figures, first_day),
            "full": charts.full_by_hour(figures, first_day),
            "heat": queues.heat(figures, first_day),
        }
        if figures.metrics
        else {},
    )


def _policy(source: Source, say: Language) -> Section:
    table = source.arrays("scorecard", ScorecardTable._fields)
    lines = None if table is None else rows.scorecard(table, say)
    verdicts = [] if lines is None else [verdict for verdict, found in lines.items() for _ in found]
    return Section(findings={"scorecard": findings.scorecard(verdicts, say)}, more={"lines": lines})


def _evidence(run: Run, source: Source, say: Language) -> Section:
    """Return the section of observed figures; nothing without its table."""
    table = source.arrays("validation", ValidationTable._fields) if run.has("validation") else None
    if table is None:
        return Section(more={"observed": None, "unanswered": []})
    found = observed.observed_rows(table, say)
    return Section(
        findings={"observed": observed.finding(found, say)},
        charts={"observed": observed.chart(found, say)},
        more={"observed": found, "unanswered": observed.unanswered(table, say)},
    )


def _told(run: Run, source: Source) -> dict[str, str]:
    """Return the faults of the folder, without the tables that the scenario left out."""
    output = run.manifest["config"].get("output", {})
    left_out = {name for name in ("station_hours", "links") if output.get(name) is False}
    left_out |= {"sessions"} if output.get("sessions") == "none" else set()
    return {name: words for name, words in source.faults.items() if name not in left_out}


def first_day_of(manifest: dict[str, Any]) -> dt.date | None:
    """Return the first simulated day as the config has it; None where it does not say."""
    text = manifest["config"].get("period", {}).get("start_date")
    return None if text is None else dt.date.fromisoformat(text)


def sample_of(manifest: dict[str, Any]) -> float:
    """Return the share of the fleet that was simulated."""
    return float(manifest["config"].get("fleet", {}).get("sample", 1.0))


def vintage(manifest: dict[str, Any], say: Language) -> list[str]:
    """Say of which date the stock and the fleet are, and what else fixes the run."""
    config = manifest["config"]
    stock, year = config.get("stations", {}).get("stock"), config.get("fleet", {}).get("year")
    said = [say("Charging stock of {date}.", date=stock)] if stock else []
    said += [say("Fleet at the end of {year}.", year=year)] if year else []
    text = "Seed {seed} and {n} hashed input tables fix every result."
    return [*said, say(text, seed=manifest["seed"], n=len(manifest["inputs"]))]
