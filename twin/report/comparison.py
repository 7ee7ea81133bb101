"""Puts the page of a comparison together: each run against the first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin.report import compared_rows as rows
from twin.report.comparable import Compared, differing, open_all
from twin.report.compared_charts import difference_map, load_by_run, waits_by_run
from twin.report.compared_costs import price_of_waits
from twin.report.compared_measures import measures_section
from twin.report.figures import Finding, minutes
from twin.report.html import render
from twin.report.language import ENGLISH, Language, language
from twin.report.page import first_day_of
from twin.report.places import Places
from twin.report.rows import CARDS, LAYER_FIGURES
from twin.store import write_text
from twin.tables.inputs import LAYERS

__all__ = ["write_comparison"]

SCRIPTS = ("page.js", "canvas.js", "canvas_frame.js", "compare.js")


def write_comparison(folders: Sequence[Path], out: Path, lang: str = "en") -> Path:
    """Write the page that holds runs against the first of them; one file that opens offline.

    Parameters
    ----------
    folders : sequence of Path
        Run folders, 2 to 12; the first is what the others are held against.
    out : Path
        The page.
    lang : str
        ``"en"`` or ``"zh"``.

    Raises
    ------
    DataError
        If the runs cannot be compared, with all reasons.
    StoreError
        If the page cannot be written.
    """
    say = language(lang)
    content = comparison_content(open_all(folders, say), say)
    return write_text(Path(out), render("compare.html.j2", content, SCRIPTS, say))


def comparison_content(runs: Sequence[Compared], say: Language = ENGLISH) -> dict[str, Any]:
    """Return everything the template fills in."""
    cards = rows.scorecards(runs, say)
    names, first_day = Places(say), first_day_of(runs[0].run.manifest)
    measures = measures_section(runs, say, names)
    return measures.more | {
        "labels": [run.label for run in runs],
        "runs": [rows.described(run) for run in runs],
        "cautions": rows.cautions(runs, say),
        "finding": finding(runs, say),
        "findings": measures.findings,
        "settings": [(name, [rows.written(value, say) for value in values]) for name, values in differing(runs)],
        "headline": [rows.row(say(words), name, "all", write, runs) for name, words, write in CARDS],
        "layers": {
            layer: [rows.row(say(words), name, layer, write, runs) for name, words, write in LAYER_FIGURES]
            for layer in LAYERS
        },
        "has_intervals": any(run.figures.spread for run in runs),
        "provinces": rows.provinces(runs, names),
        "n_differ": sum(row["differs"] for row in cards),
        "scorecard": cards,
        "prices": price_of_waits(runs, say),
        "charts": {
            **{f"waits-{layer}": waits_by_run(runs, layer, first_day, say) for layer in LAYERS},
            "load": load_by_run(runs, first_day, say),
            "map": difference_map(runs, say, names),
            **measures.charts,
        },
    }


def finding(runs: Sequence[Compared], say: Language = ENGLISH) -> Finding:
    """State which run has the shortest mean wait, and how the first does."""
    waits = [run.figures.get("mean_wait_min") for run in runs]
    if not all(wait == wait for wait in waits):
        return Finding(say("{n} runs against {first}", n=len(runs), first=runs[0].label))
    best = min(range(len(runs)), key=lambda k: (waits[k], k))
    if best == 0:
        next_best = min(range(1, len(runs)), key=lambda k: (waits[k], k))
        text = "No other run waits less than {first}: {wait} on average; {next} comes next with {next_wait}"
        told = {"wait": minutes(waits[0], say), "next_wait": minutes(waits[next_best], say)}
        return Finding(say(text, first=runs[0].label, next=runs[next_best].label, **told))
    text = "{best} waits least: {wait} on average, against {first_wait} in {first}"
    told = {"wait": minutes(waits[best], say), "first_wait": minutes(waits[0], say)}
    return Finding(say(text, best=runs[best].label, first=runs[0].label, **told))
