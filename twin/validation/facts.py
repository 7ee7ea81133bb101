"""The tables of one run as measures read them, cut to the days that count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.tables.columns import F64

if TYPE_CHECKING:
    from twin.store import Run

Columns = Mapping[str, NDArray[Any]]


class NoTableError(LookupError):
    """A measure asks for a table that the run was made without."""


@dataclass(frozen=True)
class Facts:
    """What one run says.

    Attributes
    ----------
    name : str
        Where it was read.
    first_day : datetime.date
        First simulated day.
    n_days : int
        Simulated days.
    sample : float
        Share of the fleet that was simulated.
    replicate : int
        Number of the run among replicates; in number 0 every input is at its mode.
    read : callable
        Returns a table of the run, by name, as one array a column; None where the run was made without.
    """

    name: str
    first_day: dt.date
    n_days: int
    sample: float
    replicate: int
    read: Callable[[str], Columns | None] = field(repr=False)

    def table(self, name: str) -> Columns:
        """Return a table of the run.

        Raises
        ------
        NoTableError
            If the run was made without.
        """
        found = self.read(name)
        if found is None:
            raise NoTableError(name)
        return found

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str], tuple[F64, F64]]:
        """Hours and values of each (metric, layer, province)."""
        table = self.table("metrics")
        found: dict[tuple[str, str, str], tuple[list[float], list[float]]] = {}
        rows = zip(*(table[name].tolist() for name in ("metric", "layer", "province", "hour", "value")), strict=True)
        for metric, layer, province, hour, value in rows:
            hours, values = found.setdefault((metric, layer, province), ([], []))
            hours.append(hour)
            values.append(value)
        return {key: (np.array(hours), np.array(values)) for key, (hours, values) in found.items()}

    def hourly(self, metric: str, layer: str = "all") -> F64:
        """Return a national figure of every hour of the run; NaN where the run has none."""
        hours, values = self._rows.get((metric, layer, "all"), (np.empty(0), np.empty(0)))
        by_hour = np.full(24 * self.n_days, np.nan)
        is_hour = np.isfinite(hours)
        by_hour[hours[is_hour].astype(int)] = values[is_hour]
        return by_hour

    def whole(self, metric: str, layer: str = "all", province: str = "all") -> float:
        """Return a figure of the whole run; NaN where the run has none."""
        hours, values = self._rows.get((metric, layer, province), (np.empty(0), np.empty(0)))
        found = values[np.isnan(hours)]
        return float(found[0]) if found.size else float("nan")

    @cached_property
    def stations(self) -> Columns:
        """``stations.parquet``."""
        return self.table("stations")

    @cached_property
    def station_hours(self) -> Columns:
        """``station_hours.parquet``."""
        return self.table("station_hours")


@dataclass(frozen=True)
class Span:
    """Some whole days of a run.

    Attributes
    ----------
    facts : Facts
        The run.
    first_day : datetime.date
        First day of the span.
    n_days : int
        Its days.
    """

    facts: Facts
    first_day: dt.date
    n_days: int

    @property
    def sample(self) -> float:
        """Share of the fleet that was simulated."""
        return self.facts.sample

    @property
    def hours(self) -> range:
        """Its hours among those of the run."""
        first = 24 * (self.first_day - self.facts.first_day).days
        return range(first, first + 24 * self.n_days)

    @property
    def is_covered(self) -> bool:
        """Whether the run has all of its days."""
        return self.hours.start >= 0 and self.hours.stop <= 24 * self.facts.n_days

    @property
    def n_days_covered(self) -> int:
        """How many of its days the run has."""
        return max(0, (min(self.hours.stop, 24 * self.facts.n_days) - max(self.hours.start, 0)) // 24)

    def day(self, k: int) -> Span:
        """Return day `k` of the span, from 0."""
        return Span(self.facts, self.first_day + dt.timedelta(days=k), 1)

    def by_hour(self, metric: str, layer: str = "all") -> F64:
        """Return a national figure of each hour of the span."""
        return self.facts.hourly(metric, layer)[self.hours.start : self.hours.stop]

    def total(self, metric: str, layer: str = "all") -> float:
        """Sum a national figure over the hours of the span."""
        return float(np.sum(self.by_hour(metric, layer)))

    def station_hours(self, is_wanted: NDArray[np.bool_], *names: str) -> list[NDArray[Any]]:
        """Return columns of the station hours of the span, of the stations wanted (one truth a row of the stations)."""
        table, stations = self.facts.station_hours, self.facts.stations
        wanted = stations["station"][is_wanted]
        hour = table["hour"]
        rows = (hour >= self.hours.start) & (hour < self.hours.stop) & np.isin(table["station"], wanted)
        return [table[name][rows] for name in names]


def facts_of(run: Run) -> Facts:
    """Return what a run folder says; its tables are read when a measure asks for them."""
    config = run.manifest["config"]
    return Facts(
        name=str(run.path),
        first_day=dt.date.fromisoformat(config["period"]["start_date"]),
        n_days=int(config["period"]["n_days"]),
        sample=float(config["fleet"]["sample"]),
        replicate=int(run.manifest.get("replicate", 0)),
        read=lambda name: run.arrays(name) if run.has(name) else None,
    )
