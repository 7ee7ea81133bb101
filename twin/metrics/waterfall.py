"""The waterfall of measures: what each run in a row takes off the peak of the run before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from twin.errors import DataError
from twin.metrics.rows import ALL
from twin.tables.results import MetricsTable

__all__ = ["PEAKS", "Step", "waterfall"]

PEAKS = ("load_peak_gw", "evening_peak_gw", "ev_load_peak_gw")
"""Metrics that a waterfall is made of."""


class Step(NamedTuple):
    """One run in a waterfall.

    Attributes
    ----------
    scenario : str
        Name of the run's scenario.
    province : str
        Province code or "all".
    peak_gw : float
        Its peak.
    change_gw : float
        What it has more than the run before; 0 of the first.
    share : float
        Its peak over that of the first run; NaN where that is 0.
    """

    scenario: str
    province: str
    peak_gw: float
    change_gw: float
    share: float


def waterfall(runs: Sequence[MetricsTable], metric: str = "load_peak_gw") -> Iterator[Step]:
    """Yield the steps from the first run's peak to the last one's, for the nation and then for every province.

    Parameters
    ----------
    runs : sequence of MetricsTable
        From unmanaged to fully managed, each with one measure more than the one before.
    metric : str
        One of `PEAKS`.

    Raises
    ------
    DataError
        If a run has not the metric for a province of the first.
    """
    found = [_by_province(run, metric) for run in runs]
    names = [str(run.scenario[0]) if len(run.scenario) else "" for run in runs]
    provinces = sorted(found[0].keys() - {ALL}) if found else []
    for code in (ALL, *provinces) if found else ():
        missing = [name for name, peaks in zip(names, found, strict=True) if code not in peaks]
        if missing:
            raise DataError(
                f"{', '.join(missing)}: found no {metric} for {code}; wanted runs of the same places; run them anew"
            )
        first = before = found[0][code]
        for name, peaks in zip(names, found, strict=True):
            share = peaks[code] / first if first else float("nan")
            yield Step(name, code, peaks[code], peaks[code] - before, share)
            before = peaks[code]


def _by_province(run: MetricsTable, metric: str) -> dict[str, float]:
    chosen = (run.metric == metric) & np.isnan(run.hour)
    return dict(zip(run.province[chosen].tolist(), run.value[chosen].tolist(), strict=True))
