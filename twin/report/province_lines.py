"""The policy lines by province: who meets which, and with what figure."""

from __future__ import annotations

import math
from typing import Any

from twin.report.figures import Finding
from twin.report.language import Language
from twin.report.places import Places
from twin.report.reasons import reason
from twin.report.rows import listed, policy_writer
from twin.report.sections import Section, Table
from twin.report.source import Source
from twin.tables.results import ScorecardProvincesTable

__all__ = ["province_lines"]

MARKS = {"met": "✓", "missed": "✗"}


def province_lines(source: Source, say: Language, places: Places) -> Section:
    """Return a table of provinces against lines, and a table a line; nothing without ``scorecard_provinces.parquet``."""
    name = "scorecard_provinces"
    table = source.arrays(name, ScorecardProvincesTable._fields) if source.run.has(name) else None
    if table is None or not len(table["line"]):
        return Section()
    rows = [_written(row, say, places) for row in listed(table)]
    lines = list(dict.fromkeys(row["line"] for row in rows))
    provinces = list(dict.fromkeys(row["province"] for row in rows))
    judged = [line for line in lines if any(row["line"] == line and row["met"] in MARKS for row in rows)]
    cell = {(row["province"], row["line"]): row for row in rows}
    whole = Table(
        [say("province"), say("met"), say("missed"), *judged],
        [_of_province(code, judged, cell, places) for code in provinces],
    )
    return Section(
        findings={"province_lines": _finding(provinces, judged, cell, say, places)},
        more={"province_table": whole, "province_lines": [_of_line(line, rows, say) for line in lines]},
    )


def _written(row: dict[str, Any], say: Language, places: Places) -> dict[str, Any]:
    value = "" if math.isnan(row["value"]) else policy_writer(row["unit"])(row["value"], say)
    told = {"value_text": value, "name": places.province_both(row["province"]), "verdict": say(row["met"])}
    return row | told | {"requirement": say(row["requirement"]), "why": reason(row["why"], say)}


def _of_province(code: str, judged: list[str], cell: dict[tuple[str, str], Any], places: Places) -> list[str]:
    rows = [cell.get((code, line)) for line in judged]
    verdicts = ["" if row is None else row["met"] for row in rows]
    cells = ["–" if row is None else f"{MARKS.get(row['met'], '–')} {row['value_text']}".strip() for row in rows]
    return [places.province_both(code), *(str(verdicts.count(word)) for word in MARKS), *cells]


def _of_line(line: str, rows: list[dict[str, Any]], say: Language) -> dict[str, Any]:
    own = [row for row in rows if row["line"] == line]
    counts = {word: sum(row["met"] == word for row in own) for word in ("met", "missed", "not evaluated")}
    told = [f"{say(word)} {n}" for word, n in counts.items() if n]
    heads = [say("province"), say("verdict"), say("value"), say("how")]
    cells = [[row["name"], row["verdict"], row["value_text"], row["why"]] for row in own]
    return {"summary": f"{line}: {own[0]['requirement']} ({say.join(told)})", "table": Table(heads, cells, 4)}


def _finding(
    provinces: list[str], judged: list[str], cell: dict[tuple[str, str], Any], say: Language, places: Places
) -> Finding:
    """State how many provinces miss a line, and who misses most."""
    missed = {
        code: sum((code, line) in cell and cell[code, line]["met"] == "missed" for line in judged) for code in provinces
    }
    most = max(missed.values(), default=0)
    if not most:
        return Finding(say("Every province meets all {n} lines that a province can be held to", n=len(judged)))
    names = [places.province(code) for code in provinces if missed[code] == most]
    n = sum(count > 0 for count in missed.values())
    text = "{n} of {all} provinces miss a line that a province can be held to; most, {most} of {lines}, {names}"
    if len(names) > 4:
        names = [*names[:3], say("and {n} others", n=len(names) - 3)]
    return Finding(say(text, n=n, all=len(provinces), most=most, lines=len(judged), names=say.join(names)))
