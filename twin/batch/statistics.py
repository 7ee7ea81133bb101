"""Means over replicates, what they leave uncertain, and differences between scenarios that share their luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from twin.tables.batch import SummaryTable
from twin.tables.columns import F64, I64

__all__ = ["interval", "summary"]

CONFIDENCE = 0.95
KEY = ("metric", "layer", "province", "hour", "unit")


def interval(values: F64) -> tuple[I64, F64, F64, F64]:
    """Return (n, mean, low, high) of each column over its rows, by Student's t at 95 %.

    Parameters
    ----------
    values : ndarray of float64, shape (n_replicates, n_figures)
        NaN where a figure could not be formed.

    Returns
    -------
    tuple of ndarray
        Of shape (n_figures,); mean is NaN without values, the bounds below two.
    """
    is_there = ~np.isnan(values)
    n = is_there.sum(axis=0)
    mean = np.full(values.shape[1], np.nan)
    half = mean.copy()
    some, several = n > 0, n > 1
    mean[some] = np.where(is_there, values, 0.0).sum(axis=0)[some] / n[some]
    squares = np.where(is_there, values - mean, 0.0) ** 2
    variance = squares.sum(axis=0)[several] / (n[several] - 1)
    half[several] = stdtrit(n[several] - 1, 0.5 + CONFIDENCE / 2) * np.sqrt(variance / n[several])
    return n, mean, mean - half, mean + half


def summary(
    scenarios: Sequence[str],
    periods: Sequence[str],
    n_replicates: int,
    metrics: Mapping[tuple[str, str, int], Mapping[str, Any]],
) -> SummaryTable:
    """Return every figure of every scenario and period over its replicates.

    Parameters
    ----------
    scenarios : sequence of str
        The first is what others are compared with, period by period.
    periods : sequence of str
        Names of the periods.
    n_replicates : int
        Replicates planned; those that failed are left out.
    metrics : mapping of (scenario, period, replicate) to columns
        ``metrics.parquet`` of each run, as arrays.
    """
    parts = []
    for period in periods:
        of_period = {(name, replicate): table for (name, when, replicate), table in metrics.items() if when == period}
        parts += _of_period(scenarios, period, n_replicates, of_period)
    return SummaryTable(*(np.concatenate(cast("Any", column)) for column in zip(*parts, strict=True)))


def _of_period(
    scenarios: Sequence[str], period: str, n_replicates: int, metrics: Mapping[tuple[str, int], Mapping[str, Any]]
) -> list[SummaryTable]:
    """Return the rows of a period, scenario by scenario."""
    keys: dict[tuple[Any, ...], int] = {}
    placed = {
        cell: np.array([keys.setdefault(key, len(keys)) for key in _keys(table)], np.int64)
        for cell, table in metrics.items()
    }
    values = {name: np.full((n_replicates, len(keys)), np.nan) for name in scenarios}
    for (name, replicate), rows in placed.items():
        values[name][replicate, rows] = metrics[name, replicate]["value"]
    first = values[scenarios[0]]
    return [_of_scenario(name, period, list(keys), values[name], first, name == scenarios[0]) for name in scenarios]


def _keys(table: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return what names the figure of each row; a whole-run figure has no hour."""
    hours = [None if np.isnan(hour) else float(hour) for hour in table["hour"]]
    return list(zip(table["metric"], table["layer"], table["province"], hours, table["unit"], strict=True))


def _of_scenario(
    name: str, period: str, keys: list[tuple[Any, ...]], values: F64, first: F64, is_first: bool
) -> SummaryTable:
    n, mean, low, high = interval(values)
    is_formed = n > 0
    n_pairs, difference, difference_low, difference_high = interval(values - first)
    if is_first:
        n_pairs, difference, difference_low, difference_high = (np.zeros_like(n), *(np.full(len(keys), np.nan),) * 3)
    columns: list[NDArray[Any]] = [np.array([key[place] for key in keys], object) for place in range(len(KEY))]
    columns[3] = np.array([np.nan if key[3] is None else key[3] for key in keys], np.float64)
    rows: list[NDArray[Any]] = [
        np.full(len(keys), name, object), np.full(len(keys), period, object), *columns, n.astype(np.int32), mean, low, high,
        n_pairs.astype(np.int32), difference, difference_low, difference_high,
    ]  # fmt: skip
    return SummaryTable(*(column[is_formed] for column in rows))
