"""What the stations of a run drew from the grid, hour by hour, and the load of its zones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.store import Run
from twin.tables.columns import F64, I64

__all__ = ["HOURS_PER_DAY", "Grid", "Loads", "of_day", "read_loads", "zone_kw"]

HOURS_PER_DAY, QUARTERS_PER_HOUR = 24, 4

Grid = dict[str, NDArray[Any]]
"""Columns of ``grid.parquet``."""


class Loads(NamedTuple):
    """What the stations of a run draw from the grid, in kW by station and hour, sorted by station; below zero: feed-in.

    ``limit_kw`` is what each site lets through, at the same side of the chargers.
    """

    stations: dict[str, NDArray[Any]]
    first: I64
    hour: I64
    kw: F64
    limit_kw: F64
    n_hours: int

    def of_station(self, station: int) -> F64:
        """Return a station's draw hour by hour, shape (n_hours,)."""
        rows = slice(self.first[station], self.first[station + 1])
        return np.bincount(self.hour[rows], self.kw[rows], self.n_hours).astype(np.float64)

    def share(self) -> F64:
        """Return each row's part of what its site lets through."""
        limit_kw = np.repeat(self.limit_kw, np.diff(self.first))
        return np.asarray(self.kw / np.maximum(limit_kw, 1e-9), np.float64)

    def peak_kw(self) -> F64:
        """Return each station's largest hour, shape (n_stations,)."""
        peaks = np.zeros(len(self.first) - 1)
        np.maximum.at(peaks, np.repeat(np.arange(len(peaks)), np.diff(self.first)), self.kw)
        return peaks


def read_loads(run: Run) -> Loads:
    """Read what every station drew from the grid in every hour, at the grid's side of the chargers.

    That is energy into batteries over the chargers' efficiency; where photovoltaics or storage stand, what the transformer
    passed over it.
    """
    table = run.table("station_hours", ("station", "hour", "energy_kwh"))
    station, hour, kwh = (table.column(name).to_numpy() for name in ("station", "hour", "energy_kwh"))
    if run.has("site_hours"):
        table = run.table("site_hours", ("station", "hour", "grid_kwh", "pv_fed_in_kwh"))
        of_site, its_hour, drawn_kwh, fed_kwh = (table.column(name).to_numpy() for name in table.column_names)
        plain = ~np.isin(station, of_site)
        station, hour = np.concatenate([station[plain], of_site]), np.concatenate([hour[plain], its_hour])
        kwh = np.concatenate([kwh[plain], drawn_kwh - fed_kwh])
    order = np.argsort(station, kind="stable")
    stations = run.arrays("stations")
    first = np.searchsorted(station[order], np.arange(len(stations["station"]) + 1))
    efficiency = run.manifest["config"]["stations"]["module_efficiency"]
    n_hours = HOURS_PER_DAY * run.manifest["config"]["period"]["n_days"]
    kw, limit_kw = (x.astype(np.float64) / efficiency for x in (kwh[order], stations["site_limit_kw"]))
    return Loads(stations, first, hour[order].astype(np.int64), kw, limit_kw, n_hours)


def zone_kw(grid: Grid, zone: str, column: str) -> F64:
    """Return a column of a zone's grid load as means of hours, shape (n_hours,)."""
    values = grid[column][grid["zone"] == zone].astype(np.float64)
    return np.asarray(values.reshape(-1, QUARTERS_PER_HOUR).mean(axis=1))


def of_day(values: F64, day: int) -> F64:
    """Return the hours of a day, along the last axis."""
    return values[..., day * HOURS_PER_DAY : (day + 1) * HOURS_PER_DAY]
