"""The figures of a run as the page quotes them: looked up, and written for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.intervals import Spread
from twin.report.language import ENGLISH, Language, phrase
from twin.tables.columns import F64

NONE = "–"
"""Written where a figure cannot be formed."""


LARGE = {
    "en": ((1e12, 1e12, "trillion"), (1e9, 1e9, "billion"), (1e6, 1e6, "million")),
    "zh": ((1e12, 1e12, "万亿"), (1e8, 1e8, "亿"), (1e6, 1e4, "万")),
}
"""From which number on a word for large numbers is used, how large it is, and the word; by language."""


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

    def __call__(self, value: float, say: Language = ENGLISH) -> str:
        """Write a number with three significant digits, thousands apart, millions in words."""
        if not math.isfinite(value):
            return NONE
        value = float(value) * self.factor
        if not self.unit and value == int(value) and abs(value) < 1e6:
            return f"{value:,.0f}"
        end = f"\u00a0{say(self.unit)}" if self.unit else ""
        for least, size, word in LARGE[say.code]:
            if abs(value) >= least:
                return f"{three_digits(value / size)}\u00a0{word}{end}"
        return three_digits(value) + end


class Figures:
    """``metrics.parquet``, looked up by what a figure is.

    Parameters
    ----------
    metrics : mapping of str to ndarray
        Its columns.
    say : Language
        In which figures are quoted.
    spread : mapping, optional
        Spread over replicates by (metric, layer, province), where the run is one of several.
    """

    def __init__(
        self,
        metrics: Mapping[str, NDArray[Any]],
        say: Language = ENGLISH,
        spread: Mapping[tuple[str, str, str], Spread] | None = None,
    ) -> None:
        self.say = say
        self.spread = dict(spread or {})
        names = ("metric", "layer", "province", "hour", "value", "unit")
        rows = zip(*(metrics[name].tolist() for name in names), strict=True)
        self._rows: dict[tuple[str, str, str, float | None], tuple[float, str]] = {
            (metric, layer, province, None if math.isnan(hour) else hour): (value, unit)
            for metric, layer, province, hour, value, unit in rows
        }
        self._intervals: dict[tuple[str, str, str], tuple[float, float]] = {
            key: (found.low, found.high) for key, found in self.spread.items()
        } | {
            (metric, layer, province): (low, high)
            for metric, layer, province, hour, low, high in zip(
                *(metrics[name].tolist() for name in (*names[:4], "ci_low", "ci_high")), strict=True
            )
            if math.isnan(hour) and math.isfinite(low) and math.isfinite(high)
        }
        self.metrics = sorted({metric for metric, _, _, _ in self._rows})
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
        return Cite(metric, layer, province, hour, write(self.get(metric, layer, province, hour), self.say))


def three_digits(value: float) -> str:
    """Write a number with three significant digits, or all those of its whole part."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


count = Writer()
percent = Writer("%", 100.0)
minutes = Writer(phrase("min"))
gigawatts = Writer("GW")
gigawatt_hours = Writer("GWh")
kilometres = Writer("km")
kilowatt_hours = Writer("kWh")
