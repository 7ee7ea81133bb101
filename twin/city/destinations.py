"""Where trips of a city go: gravity over the travel times of its streets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from twin.fleet import figures
from twin.fleet.gravity import alias_tables, mean_km, rows
from twin.network.routes import Routes
from twin.tables.columns import F32, F64, I16, I32, I64

__all__ = ["Destinations", "build_destinations", "pick"]

STEEPEST_PER_H = 60.0
"""Bound of the deterrence: a weight that falls by a factor e with each minute."""


class Destinations(NamedTuple):
    """Where a trip from each zone goes, as a table to draw from.

    Attributes
    ----------
    shares : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination]; each row sums to one, nothing on the diagonal.
    cut, other : ndarray, shape (n_zones, n_zones)
        The same as alias tables, see `twin.fleet.gravity.alias_tables`.
    km : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination] way on the streets.
    drive_s : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination] time on empty streets.
    """

    shares: F64
    cut: F32
    other: I16
    km: F64
    drive_s: F64


def build_destinations(routes: Routes, residents: F64, jobs: F64) -> Destinations:
    """Return where trips go: by the pull of a zone and an exponential of the time to get there.

    The exponent is fitted so that trips that start where people live have the mean length of the seeds' private cars;
    streets that end sooner have a mean of their own, without any deterrence.
    """
    km, drive_s = routes.skim_m.T / 1000.0, np.ascontiguousarray(routes.skim_s.T)
    wanted_km = figures.travel("private_car", "trip_length_mean")

    def shares_at(per_h: float) -> F64:
        return rows(jobs, np.exp(-per_h * drive_s / 3600.0))

    def miss(per_h: float) -> float:
        return mean_km(shares_at(per_h), residents, km) - wanted_km

    per_h = 0.0
    if miss(0.0) > 0.0:
        per_h = STEEPEST_PER_H if miss(STEEPEST_PER_H) > 0.0 else float(brentq(miss, 0.0, STEEPEST_PER_H, xtol=1e-6))
    shares = shares_at(per_h)
    return Destinations(shares, *alias_tables(shares), km, drive_s)


def pick(destinations: Destinations, origin: I32 | I64, u_column: F64, u_keep: F64) -> I64:
    """Draw a destination for each origin with two uniforms."""
    column = (u_column * destinations.cut.shape[1]).astype(np.int64)
    kept = u_keep < destinations.cut[origin, column]
    goal: I64 = np.where(kept, column, destinations.other[origin, column]).astype(np.int64)
    return goal
