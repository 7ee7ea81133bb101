"""The figures of a run as the page quotes them: looked up, and written for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.tables.columns import F64

NONE = "–"
"""Written where a figure cannot be formed."""


class Cite(NamedTuple):
    """A figure quoted in a sentence, with the row of ``metrics.parquet`` it was taken from."""

    metric: str
    layer: str
    province: str
    hour: float | None
    text: str


class Finding(NamedTuple):
    """A heading that states what was found, and the figures it quotes."""

    text: str
    cites: tuple[Cite, ...] = ()


class Writer:
    """How a number is written: its unit, and a factor that brings it there.

    Parameters
    ----------
    unit : str
        Written after the number; empty for a pure count.
    factor : float
        What the stored figure is multiplied with.
    """

    def __init__(self, unit: str = "", factor: float = 1.0) -> None:
        self.unit = unit
        self.factor = factor

    def __call__(self, value: float) -> str:
        """Write a number with three significant digits, thousands apart, millions in words."""
        if not math.isfinite(value):
            return NONE
        value = float(value) * self.factor
        if not self.unit and value == int(value) and abs(value) < 1e6:
            return f"{value:,.0f}"
        end = f"\u00a0{self.unit}" if self.unit else ""
        for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
            if abs(value) >= size:
                return f"{three_digits(value / size)}\u00a0{word}{end}"
        return three_digits(value) + end


class Figures:
    """``metrics.parquet``, looked up by what a figure is.

    Parameters
    ----------
    metrics : mapping of str to ndarray
        Its columns.
    """

    def __init__(self, metrics: Mapping[str, NDArray[Any]]) -> None:
        names = ("metric", "layer", "province", "hour", "value", "unit")
        rows = zip(*(metrics[name].tolist() for name in names), strict=True)
        self._rows: dict[tuple[str, str, str, float | None], tuple[float, str]] = {
            (metric, layer, province, None if math.isnan(hour) else hour): (value, unit)
            for metric, layer, province, hour, value, unit in rows
        }
        self._intervals = {
            (metric, layer, province): (low, high)
            for metric, layer, province, hour, low, high in zip(
                *(metrics[name].tolist() for name in (*names[:4], "ci_low", "ci_high")), strict=True
            )
            if math.isnan(hour) and math.isfinite(low) and math.isfinite(high)
        }
        self.provinces = sorted({province for _, _, province, _ in self._rows} - {"all"})

    def get(self, metric: str, layer: str = "all", province: str = "all", hour: float | None = None) -> float:
        """Return a figure; NaN where the run has none."""
        return self._rows.get((metric, layer, province, hour), (math.nan, ""))[0]

    def unit(self, metric: str, layer: str = "all", province: str = "all") -> str:
        """Return the unit of a whole-run figure."""
        return self._rows.get((metric, layer, province, None), (math.nan, ""))[1]

    def interval(self, metric: str, layer: str = "all", province: str = "all") -> tuple[float, float]:
        """Return the bounds of a whole-run figure over replicates; NaN where the run has none."""
        return self._intervals.get((metric, layer, province), (math.nan, math.nan))

    def by_hour(self, metric: str, layer: str = "all") -> F64:
        """Return the national figure of every hour, NaN where it cannot be formed; empty where there is none."""
        found: list[float] = []
        while (metric, layer, "all", float(len(found))) in self._rows:
            found.append(self.get(metric, layer, hour=float(len(found))))
        return np.array(found, np.float64)

    def cite(
        self,
        metric: str,
        write: Writer,
        layer: str = "all",
        province: str = "all",
        hour: float | None = None,
    ) -> Cite:
        """Quote a figure."""
        return Cite(metric, layer, province, hour, write(self.get(metric, layer, province, hour)))


def three_digits(value: float) -> str:
    """Write a number with three significant digits, or all those of its whole part."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


count = Writer()
percent = Writer("%", 100.0)
minutes = Writer("min")
gigawatts = Writer("GW")
gigawatt_hours = Writer("GWh")
kilometres = Writer("km")
kilowatt_hours = Writer("kWh")
