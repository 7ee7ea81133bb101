"""Measures one on top of another: what each run in a row takes off the peak of the run before it."""

from __future__ import annotations

import html
from collections.abc import Sequence

from twin.errors import DataError
from twin.metrics.rows import ALL
from twin.metrics.waterfall import Step, waterfall
from twin.report.charts import BLUE, GREY, VERMILION, Chart, layout
from twin.report.comparable import Compared, differing
from twin.report.compared_rows import signed
from twin.report.figures import Finding, gigawatts, percent
from twin.report.language import Language, phrase
from twin.report.places import Places
from twin.report.sections import Section, Table
from twin.tables.results import MetricsTable

__all__ = ["measures_section", "who_breaks_the_row"]

SHOWN = {
    "load_peak_gw": phrase("largest load with vehicles (GW)"),
    "evening_peak_gw": phrase("largest load with vehicles between 18:00 and 22:00 (GW)"),
    "ev_load_peak_gw": phrase("largest load of vehicles (GW)"),
}
FEWEST = 3


def who_breaks_the_row(runs: Sequence[Compared]) -> Compared | None:
    """Return the first run that gives up what the run before it set otherwise than the first; None if all keep it."""
    told = [(name, values) for name, values in differing(runs) if not name.startswith("scenario.")]
    for place in range(2, len(runs)):
        if any(values[place] == values[0] != values[place - 1] for _, values in told):
            return runs[place]
    return None


def measures_section(runs: Sequence[Compared], say: Language, places: Places) -> Section:
    """Return the waterfalls of a row of three runs or more, each of which keeps the measures of those before it."""
    if len(runs) < FEWEST:
        return Section()
    breaker = who_breaks_the_row(runs)
    if breaker is not None:
        return Section(more={"no_row": say("{run} gives up a setting of the run before it", run=breaker.label)})
    tables = [MetricsTable(**run.run.arrays("metrics")) for run in runs]
    found = Section()
    for metric, words in SHOWN.items():
        try:
            steps = list(waterfall(tables, metric))
        except DataError:
            continue
        nation = [step for step in steps if step.province == ALL]
        if not nation:
            continue
        found.charts[f"steps-{metric.split('_')[0]}"] = _chart([run.label for run in runs], nation, say(words), say)
        if metric == "load_peak_gw":
            found.findings["steps"] = _finding(runs, nation, say)
            found.more["steps"] = _by_province(runs, steps, say, places)
    return found


def _finding(runs: Sequence[Compared], steps: Sequence[Step], say: Language) -> Finding:
    change = steps[-1].peak_gw - steps[0].peak_gw
    strongest = min(range(1, len(steps)), key=lambda k: (steps[k].change_gw, k))
    text = "From {first} to {last} the largest load changes by {change} ({share}); {run} takes off most: {most}"
    told = {"change": signed(gigawatts, change, say), "share": signed(percent, steps[-1].share - 1, say)}
    most = signed(gigawatts, steps[strongest].change_gw, say)
    return Finding(say(text, first=runs[0].label, last=runs[-1].label, **told, run=runs[strongest].label, most=most))


def _chart(labels: Sequence[str], steps: Sequence[Step], title: str, say: Language) -> Chart:
    peaks, changes = [step.peak_gw for step in steps], [step.change_gw for step in steps[1:]]
    bars = {
        "type": "waterfall",
        "x": [*(html.escape(label) for label in labels), say("in all")],
        "y": [float(f"{value:.6g}") for value in (peaks[0], *changes, 0.0)],
        "measure": ["absolute", *["relative"] * len(changes), "total"],
        "text": ["", *(f"{change:+.3g}" for change in changes), f"{peaks[-1]:.4g}"],
        "textposition": "outside",
        "cliponaxis": False,
        "increasing": {"marker": {"color": VERMILION}},
        "decreasing": {"marker": {"color": BLUE}},
        "totals": {"marker": {"color": GREY}},
        "connector": {"line": {"color": GREY, "width": 1}},
        "hovertemplate": "%{x}: %{delta:+.3f} GW, %{final:.2f} GW<extra></extra>",
    }
    edge = max(abs(change) for change in changes)
    span = [min(peaks) - 2 * edge, max(peaks) + edge] if edge else [0, 1.1 * max(peaks)]
    axis = {"range": [max(span[0], 0.0), span[1]], "rangemode": "normal"}
    edges = {"margin": {"l": 72, "b": 64}, "xaxis": {"automargin": False}, "yaxis": axis | {"automargin": False}}
    shape = layout("", title, 360, hovermode="closest", showlegend=False, **edges)
    return {"data": [bars], "layout": shape}


def _by_province(runs: Sequence[Compared], steps: Sequence[Step], say: Language, places: Places) -> Table:
    """Return the peak of each province and what each run does to it, those with the largest change in all first."""
    heads = [say("province"), runs[0].label, *(run.label for run in runs[1:]), say("in all")]
    codes = list(dict.fromkeys(step.province for step in steps if step.province != ALL))
    of = {code: [step for step in steps if step.province == code] for code in codes}
    codes.sort(key=lambda code: (of[code][-1].peak_gw - of[code][0].peak_gw, code))
    rows = [
        [
            places.province_both(code),
            gigawatts(of[code][0].peak_gw, say),
            *(signed(gigawatts, step.change_gw, say) for step in of[code][1:]),
            signed(gigawatts, of[code][-1].peak_gw - of[code][0].peak_gw, say),
        ]
        for code in codes
    ]
    return Table(heads, rows)
