"""Holds every row of the observed figures against the runs that cover it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.tables.columns import F64
from twin.tables.results import MATCHES, ValidationTable
from twin.validation.backtests import BY_NAME, Backtest
from twin.validation.facts import Facts, NoTableError, Span
from twin.validation.sheet import NO_MEASURE, SHEET, WHY_NOT, Entry

WITHIN, OUTSIDE, NO_TOLERANCE, NOT_RUN, UNANSWERED = MATCHES
LOW, HIGH = 0.05, 0.95
"""Quantiles over the replicates that bound the interval of a simulated figure."""
ROUNDING = 1e-9
"""An error that passes the tolerance by less than this is a matter of binary fractions."""


class Answer(NamedTuple):
    """What the runs say to one row; NaN where they say nothing."""

    verdict: str
    why: str
    value: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    runs: str = ""


def compare(observed: Mapping[str, NDArray[Any]], runs: Iterable[Facts]) -> ValidationTable:
    """Hold every observed row against the runs.

    Parameters
    ----------
    observed : mapping of str to ndarray
        The seed table ``observed``, or some of its rows.
    runs : iterable of Facts
        Runs, each of any stretch of time. Where several cover a stretch they count as replicates of each other, numbered
        as their manifests say, or in the order in which they come.

    Returns
    -------
    ValidationTable
        One row an observed row, in its order. A figure is that of replicate 0, or the mean over the replicates where that
        one is missing; its interval reaches from the 5 % to the 95 % quantile over the replicates.
    """
    by_backtest = sort_runs(list(runs))
    use = zip(observed["id"], observed["value"].tolist(), observed["tolerance_rel"].tolist(), strict=True)
    answers = [answer(figure, value, tolerance, by_backtest) for figure, value, tolerance in use]
    simulated = np.array([found.value for found in answers])
    return ValidationTable(
        figure=observed["id"],
        what=observed["figure"],
        period=observed["period"],
        geo=observed["geo"],
        use=observed["use"],
        unit=observed["unit"],
        observed=observed["value"],
        tolerance=observed["tolerance_rel"],
        simulated=simulated,
        low=np.array([found.low for found in answers]),
        high=np.array([found.high for found in answers]),
        error=simulated / np.where(observed["value"] == 0, np.nan, observed["value"]) - 1.0,
        verdict=np.array([found.verdict for found in answers], object),
        why=np.array([found.why for found in answers], object),
        source=observed["source"],
        confidence=observed["confidence"],
        runs=np.array([found.runs for found in answers], object),
    )


def sort_runs(runs: Sequence[Facts]) -> dict[str, dict[int, Facts]]:
    """Return for each backtest the runs that have all of its days, by replicate."""
    found: dict[str, dict[int, Facts]] = {}
    for backtest in BY_NAME.values():
        fitting: dict[int, Facts] = {}
        for facts in runs:
            if span_of(facts, backtest).is_covered:
                replicate = facts.replicate if facts.replicate not in fitting else max(fitting) + 1
                fitting[replicate] = facts
        if fitting:
            found[backtest.name] = fitting
    return found


def span_of(facts: Facts, backtest: Backtest) -> Span:
    """Return the days of a backtest in a run."""
    return Span(facts, backtest.first_day, backtest.n_days)


def answer(figure: str, observed: float, tolerance: float, runs: Mapping[str, Mapping[int, Facts]]) -> Answer:
    """Say what the runs make of one figure."""
    entry = SHEET.get(figure)
    if entry is None:
        return Answer(UNANSWERED, WHY_NOT.get(figure, NO_MEASURE))
    missing = [name for name in entry.backtests if name not in runs]
    if missing:
        return Answer(NOT_RUN, f"no run of {', '.join(missing)}")
    by_replicate = simulate(entry, runs)
    at_all = simulate(entry._replace(measure=entry.at_all), runs) if entry.at_all else {}
    used = dict.fromkeys(facts.name for name in entry.backtests for facts in runs[name].values())
    value, low, high = _interval(by_replicate)
    note = _note(entry, runs, _interval(at_all)[0])
    if not np.isfinite(value):
        return Answer(UNANSWERED, _joined("the run's tables do not give it", note), runs=", ".join(used))
    if entry.is_whole and any(facts.sample < 1.0 for name in entry.backtests for facts in runs[name].values()):
        why = _joined("a sample keeps more EVSEs on expressways than its part", note)
        return Answer(UNANSWERED, why, value, low, high, ", ".join(used))
    if np.isnan(tolerance):
        return Answer(NO_TOLERANCE, note, value, low, high, ", ".join(used))
    is_within = abs(value / observed - 1.0) <= tolerance + ROUNDING
    return Answer(WITHIN if is_within else OUTSIDE, note, value, low, high, ", ".join(used))


def simulate(entry: Entry, runs: Mapping[str, Mapping[int, Facts]]) -> dict[int, float]:
    """Return a figure of each replicate that all of its backtests have; NaN where the tables do not give it."""
    shared = set.intersection(*(set(runs[name]) for name in entry.backtests))
    found = {}
    for replicate in sorted(shared):
        spans = [span_of(runs[name][replicate], BY_NAME[name]) for name in entry.backtests]
        try:
            found[replicate] = entry.measure(*spans)
        except NoTableError:
            found[replicate] = float("nan")
    return found


def _interval(by_replicate: Mapping[int, float]) -> tuple[float, float, float]:
    values: F64 = np.array(list(by_replicate.values()), np.float64)
    if not values.size or not np.all(np.isfinite(values)):
        return float("nan"), float("nan"), float("nan")
    centre = by_replicate.get(0, float(np.mean(values)))
    if values.size == 1:
        return centre, float("nan"), float("nan")
    low, high = np.quantile(values, (LOW, HIGH))
    return centre, float(low), float(high)


def _note(entry: Entry, runs: Mapping[str, Mapping[int, Facts]], at_all: float) -> str:
    missing = dict.fromkeys(BY_NAME[name].missing for name in entry.backtests)
    samples = sorted({facts.sample for name in entry.backtests for facts in runs[name].values()} - {1.0})
    sampled = [f"a sample of {', '.join(f'{share:g}' for share in samples)} of the fleet"] if samples else []
    unscaled = f"at all EVSEs {at_all:.4g}" if np.isfinite(at_all) else ""
    return _joined(entry.note, unscaled, *missing, *sampled)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
