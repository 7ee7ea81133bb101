"""The page of validation: definitions of the figures, and the score of a set of runs, as Markdown."""

from __future__ import annotations

import inspect
import math
from collections import Counter
from pathlib import Path

from twin.errors import DataError, StoreError
from twin.tables.results import MATCHES, ValidationTable
from twin.validation.backtests import BACKTESTS
from twin.validation.calibration import read_targets
from twin.validation.sheet import SHEET, WHY_NOT

PARTS = ("definitions", "score")
WITHIN, OUTSIDE = MATCHES[:2]


def definitions() -> str:
    """Return how each figure is computed, in which stretch of the past, and what is fitted to what."""
    lines = ["### Stretches of the past", "", "| backtest | scenario | first day that counts | days | what it lacks |"]
    lines += ["|---|---|---|---|---|"]
    lines += [
        f"| `{test.name}` | `configs/{test.config}` | {test.first_day.isoformat()} | {test.n_days} | {test.missing or '-'} |"
        for test in BACKTESTS
    ]
    lines += ["", "### Figures", "", "| figure | backtests | how it is computed | whole fleet only | where it differs |"]
    lines += ["|---|---|---|---|---|"]
    for figure, entry in SHEET.items():
        told = " ".join((inspect.getdoc(entry.measure) or "").split())
        where = ", ".join(f"`{name}`" for name in entry.backtests)
        lines.append(f"| `{figure}` | {where} | {told} | {'yes' if entry.is_whole else 'no'} | {entry.note or '-'} |")
    lines += ["", "### Figures that no run can answer", "", "| figure | why |", "|---|---|"]
    lines += [f"| `{figure}` | {why} |" for figure, why in WHY_NOT.items()]
    lines += ["", "### What may be fitted, and to what", "", "| setting | figure | least | most |", "|---|---|---|---|"]
    lines += [f"| `{row.parameter}` | `{row.figure}` | {row.low:g} | {row.high:g} |" for row in read_targets()]
    return "\n".join(lines) + "\n"


def score(table: ValidationTable, with_all: bool = False) -> str:
    """Return the table of figures that were simulated, or of all, with a line that counts the verdicts."""
    judged = [verdict for verdict, use in zip(table.verdict, table.use, strict=True) if use != "context"]
    counted = Counter(judged)
    head = ", ".join(f"{counted[verdict]} {verdict}" for verdict in MATCHES if counted[verdict])
    lines = [f"Of {len(judged)} figures to fit or to test against: {head}.", ""]
    lines += ["| figure | what | period | use | observed | simulated | interval | error | allowed | verdict | remarks |"]
    lines += ["|---|---|---|---|---|---|---|---|---|---|---|"]
    for row in range(len(table.figure)):
        if with_all or not math.isnan(table.simulated[row]) or table.use[row] != "context":
            lines.append(f"| {' | '.join(_cells(table, row))} |")
    return "\n".join(lines) + "\n"


def _cells(table: ValidationTable, row: int) -> list[str]:
    unit = "" if table.unit[row] == "1" else f" {table.unit[row]}"
    low, high = (number(values[row]) for values in (table.low, table.high))
    return [
        f"`{table.figure[row]}`",
        str(table.what[row]).replace("|", "/"),
        str(table.period[row]),
        str(table.use[row]),
        number(table.observed[row]) + unit,
        number(table.simulated[row]),
        f"{low} to {high}" if low != "-" else "-",
        percent(table.error[row], sign="+"),
        percent(table.tolerance[row]),
        str(table.verdict[row]),
        str(table.why[row]).replace("|", "/") or "-",
    ]


def number(value: float) -> str:
    """Write a figure with four significant digits, or "-" where there is none."""
    return "-" if math.isnan(value) else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def percent(value: float, sign: str = "-") -> str:
    """Write a share in per cent, or "-" where there is none; `sign` "+" writes the sign of both."""
    return "-" if math.isnan(value) else format(100 * value, f"{sign}.0f") + " %"


def write_part(page: Path, part: str, text: str) -> None:
    """Put a text between the two marks of a part of a page.

    Raises
    ------
    DataError
        If the page does not hold the marks.
    StoreError
        If it cannot be written.
    """
    first, last = f"<!-- {part} -->\n", f"<!-- end of {part} -->\n"
    try:
        old = page.read_text(encoding="utf-8")
        before, found, rest = old.partition(first)
        _, found_last, after = rest.partition(last)
        if not found or not found_last:
            raise DataError(f"{page}: found no lines '{first.strip()}' and '{last.strip()}'; add them where the part goes")
        partial = page.with_name(f".{page.name}.partial")
        partial.write_text(f"{before}{first}\n{text}\n{last}{after}", encoding="utf-8", newline="\n")
        partial.replace(page)
    except OSError as fault:
        raise StoreError(f"{page}: could not be read or written ({fault}); name a page that is there") from fault
