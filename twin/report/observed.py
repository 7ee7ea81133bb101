"""The section that holds the run against what was observed, where ``validation.parquet`` lies in its folder."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from twin.report.charts import GREEN, VERMILION, Chart, layout
from twin.report.figures import NONE, Finding, three_digits
from twin.report.language import Language, phrase
from twin.report.rows import listed
from twin.tables.results import MATCHES

WITHIN, OUTSIDE, NO_TOLERANCE, NOT_RUN, UNANSWERED = MATCHES
GREY = "#888888"
COLOURS = {WITHIN: GREEN, OUTSIDE: VERMILION, NO_TOLERANCE: GREY, UNANSWERED: GREY}
WORDS = {
    WITHIN: phrase("within its tolerance"),
    OUTSIDE: phrase("outside"),
    NO_TOLERANCE: phrase("no tolerance given"),
    UNANSWERED: phrase("not judged in a sample"),
}
VERDICTS = (phrase("within"), phrase("no tolerance"), phrase("not run"), phrase("cannot be evaluated"))
USES = (phrase("fit"), phrase("test"), phrase("context"))
TICKS = [size * digit for size in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0) for digit in (1, 2, 5)]
LABEL_SIGNS = 40
"""Signs of a line of a label."""


def observed_rows(table: Mapping[str, NDArray[Any]], say: Language) -> list[dict[str, Any]]:
    """Return the figures that were simulated, in the order of the table, with their numbers written out."""
    rows = [row for row in listed(table) if math.isfinite(row["simulated"])]
    for row in rows:
        unit = "" if row["unit"] == "1" else f"\u00a0{row['unit']}"
        row["observed_text"] = three_digits(row["observed"]) + unit
        row["simulated_text"] = three_digits(row["simulated"]) + unit
        row["span_text"] = ""
        if math.isfinite(row["low"]):
            row["span_text"] = say("{low} to {high}", low=_digits(row["low"]), high=_digits(row["high"]))
        row["error_text"] = f"{100 * row['error']:+.0f}\u00a0%"
        row["tolerance_text"] = f"{100 * row['tolerance']:.0f}\u00a0%" if math.isfinite(row["tolerance"]) else ""
        row["verdict_text"], row["use_text"] = say(row["verdict"]), say(row["use"])
        row["class"] = {WITHIN: "met", OUTSIDE: "missed"}.get(row["verdict"], "")
    return rows


def unanswered(table: Mapping[str, NDArray[Any]], say: Language) -> list[dict[str, Any]]:
    """Return the rows to fit or to test against that this run does not simulate."""
    rows = [row for row in listed(table) if not math.isfinite(row["simulated"]) and row["use"] != "context"]
    return [row | {"verdict_text": say(row["verdict"]), "use_text": say(row["use"])} for row in rows]


def finding(rows: Sequence[Mapping[str, Any]], say: Language) -> Finding:
    """State how many of the figures that were judged are within their tolerance."""
    within, outside = (sum(row["verdict"] == verdict for row in rows) for verdict in (WITHIN, OUTSIDE))
    if not within + outside:
        return Finding(say("No observed figure could be judged by this run"))
    held_out = sum(row["use"] == "test" and row["verdict"] == WITHIN for row in rows)
    tests = sum(row["use"] == "test" and row["verdict"] in (WITHIN, OUTSIDE) for row in rows)
    text = (
        "Of {all} observed figures {within} come out within their tolerance; "
        "of the {tests} that were never fitted, {held_out}"
    )
    return Finding(say(text, all=within + outside, within=within, tests=tests, held_out=held_out))


def chart(rows: Sequence[Mapping[str, Any]], say: Language) -> Chart:
    """Draw a line a figure: the simulated over the observed, on a band as wide as the tolerance."""
    rows = [row for row in rows if row["simulated"] > 0 and row["observed"] > 0][::-1]
    places = list(range(len(rows)))
    data = [_bands(rows, say)]
    for verdict, colour in COLOURS.items():
        chosen = [place for place in places if rows[place]["verdict"] == verdict]
        if chosen:
            data.append(_dots(rows, chosen, verdict, colour, say))
    labels = {"tickvals": places, "ticktext": [_label(row) for row in rows], "rangemode": "normal", "showgrid": False}
    labels["range"] = [-0.7, len(rows) - 0.3]
    axis: dict[str, Any] = {"type": "log", "tickvals": TICKS, "ticktext": [f"{tick:g}" for tick in TICKS]}
    ratios = [row["simulated"] / row["observed"] for row in rows]
    axis["range"] = [math.log10(min([0.5, *ratios]) / 1.2), math.log10(max([2.0, *ratios]) * 1.2)]
    line = {"type": "line", "x0": 1, "x1": 1, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": GREY, "width": 1}}
    title = say("simulated over observed (-), 1: as observed")
    shape = layout(title, "", 90 + 50 * len(rows), hovermode="closest", xaxis=axis, yaxis=labels, shapes=[line])
    return {"data": data, "layout": shape}


def _bands(rows: Sequence[Mapping[str, Any]], say: Language) -> dict[str, Any]:
    """Return the tolerances as one trace of thick lines."""
    x: list[float | None] = []
    y: list[int | None] = []
    for place, row in enumerate(rows):
        if math.isfinite(row["tolerance"]):
            x += [1 - row["tolerance"], 1 + row["tolerance"], None]
            y += [place, place, None]
    line = {"color": "rgba(86, 180, 233, 0.45)", "width": 14}
    return {"type": "scatter", "mode": "lines", "name": say("tolerance"), "x": x, "y": y, "line": line, "hoverinfo": "skip"}


def _dots(
    rows: Sequence[Mapping[str, Any]], chosen: Sequence[int], verdict: str, colour: str, say: Language
) -> dict[str, Any]:
    """Return the figures of one verdict, with their intervals over replicates."""
    told = [rows[place] for place in chosen]
    ratio = [row["simulated"] / row["observed"] for row in told]
    above, below = (
        [abs(row[side] - row["simulated"]) / row["observed"] if math.isfinite(row[side]) else 0.0 for row in told]
        for side in ("high", "low")
    )
    return {
        "type": "scatter",
        "mode": "markers",
        "name": say(WORDS[verdict]),
        "x": [float(f"{value:.4g}") for value in ratio],
        "y": list(chosen),
        "error_x": {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": colour, "width": 4},
        "marker": {"color": colour, "size": 10, "symbol": "circle-open" if verdict == UNANSWERED else "circle"},
        "text": [_hover(row, say) for row in told],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _hover(row: Mapping[str, Any], say: Language) -> str:
    text = "{what}, {period}: observed {observed}, simulated {simulated}"
    found = {"observed": row["observed_text"], "simulated": row["simulated_text"]}
    return html.escape(say(text, what=row["what"], period=row["period"], **found))


def _label(row: Mapping[str, Any]) -> str:
    """Return the words of a figure and its period in two or three short lines; text from data stays text."""
    what = textwrap.shorten(str(row["what"]), 2 * LABEL_SIGNS, placeholder=" ...")
    lines = [*textwrap.wrap(what, LABEL_SIGNS), str(row["period"])[:LABEL_SIGNS]]
    return "<br>".join(html.escape(line) for line in lines)


def _digits(value: float) -> str:
    return three_digits(value) if math.isfinite(value) else NONE
