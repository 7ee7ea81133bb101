"""The best that storage at one site could do with a day known beforehand: a linear programme, to judge the rules by."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_array, eye_array

from twin.errors import DataError, Faults
from twin.tables.columns import F64

__all__ = ["OneSite", "Schedule", "cheapest", "lowest_peak"]


class OneSite(NamedTuple):
    """A station with what stands behind its transformer.

    Attributes
    ----------
    limit_kw : float
        What the transformer gives.
    storage_kw, storage_kwh : float
        Power of the storage, and energy that a full one gives.
    round_trip_efficiency : float
        Energy out of storage per energy into it.
    stored_kwh, stored_at_end_kwh : float
        What it holds at the beginning, and at least at the end.
    """

    limit_kw: float
    storage_kw: float
    storage_kwh: float
    round_trip_efficiency: float
    stored_kwh: float
    stored_at_end_kwh: float


class Schedule(NamedTuple):
    """What the site takes and the storage does, step by step; mean powers, stored energy at the end of the step."""

    grid_kw: F64
    fill_kw: F64
    give_kw: F64
    stored_kwh: F64


def lowest_peak(site: OneSite, load_kw: F64, pv_kw: F64, step_s: float) -> Schedule:
    """Return the schedule with the lowest largest power from the grid.

    Parameters
    ----------
    site : OneSite
        The site.
    load_kw, pv_kw : ndarray, shape (n_steps,)
        What vehicles take, and what photovoltaics can give.
    step_s : float
        Length of a step.

    Raises
    ------
    DataError
        If the figures are no site's, or load stays that neither transformer nor storage can serve.
    """
    cost = np.zeros(len(load_kw))
    return _solve(site, load_kw, pv_kw, cost, 1.0, step_s)


def cheapest(site: OneSite, load_kw: F64, pv_kw: F64, price_per_kwh: F64, step_s: float) -> Schedule:
    """Return the schedule that costs least for energy from the grid; what goes into the grid earns nothing.

    Parameters
    ----------
    site, load_kw, pv_kw, step_s
        As of `lowest_peak`.
    price_per_kwh : ndarray, shape (n_steps,)
        Price of energy, in any currency.

    Raises
    ------
    DataError
        As `lowest_peak`.
    """
    return _solve(site, load_kw, pv_kw, price_per_kwh * step_s / 3600.0, 0.0, step_s)


def _solve(site: OneSite, load_kw: F64, pv_kw: F64, cost: F64, peak_cost: float, step_s: float) -> Schedule:
    """Solve for grid, fill, give and stored of each step, and the peak, by HiGHS.

    grid - fill + give >= load - pv;  stored = stored before + (efficiency x fill - give) x step;  grid <= peak.
    """
    _check(site, load_kw, pv_kw)
    n, step_h = len(load_kw), step_s / 3600.0
    one, back, peak = eye_array(n), eye_array(n) - eye_array(n, k=-1), np.ones((n, 1))
    below: list[list[Any]] = [[-one, one, -one, None, None], [one, None, None, 0 * one, -peak]]
    equal: list[list[Any]] = [[0 * one, -site.round_trip_efficiency * step_h * one, step_h * one, back, 0 * peak]]
    first = np.zeros(n)
    first[0] = site.stored_kwh
    least = np.zeros(n)
    least[-1] = site.stored_at_end_kwh
    most = np.repeat([site.limit_kw, site.storage_kw, site.storage_kw, site.storage_kwh], n)
    bounds: Any = np.stack([np.concatenate([np.zeros(3 * n), least, [0.0]]), np.append(most, np.inf)], axis=1)
    solved: Any = linprog(
        np.concatenate([cost, np.zeros(3 * n), [peak_cost]]),
        A_ub=block_array(below), b_ub=np.concatenate([pv_kw - load_kw, np.zeros(n)]),
        A_eq=block_array(equal), b_eq=first, bounds=bounds, method="highs",
    )  # fmt: skip
    if not solved.success:
        raise DataError(f"optimal schedule: found {solved.message}; wanted a load that transformer and storage can serve")
    grid, fill, give, stored = np.split(solved.x[:-1], 4)
    return Schedule(grid, fill, give, stored)


def _check(site: OneSite, load_kw: F64, pv_kw: F64) -> None:
    """Refuse figures that are no site's, all at once."""
    faults = Faults()
    for name in ("limit_kw", "storage_kw", "storage_kwh", "stored_kwh", "stored_at_end_kwh"):
        if not getattr(site, name) >= 0.0:
            faults.add(f"site.{name}", f"{getattr(site, name):g}", "0 or more")
    if not 0.0 < site.round_trip_efficiency <= 1.0:
        faults.add("site.round_trip_efficiency", f"{site.round_trip_efficiency:g}", "more than 0, at most 1")
    if site.storage_kw > site.limit_kw:
        faults.add("site.storage_kw", f"{site.storage_kw:g}", f"at most the transformer's {site.limit_kw:g}")
    if max(site.stored_kwh, site.stored_at_end_kwh) > site.storage_kwh:
        faults.add("site.stored_kwh", f"{site.stored_kwh:g}, {site.stored_at_end_kwh:g}", f"at most {site.storage_kwh:g}")
    for name, values in (("load_kw", load_kw), ("pv_kw", pv_kw)):
        if len(values) != len(load_kw) or not (np.asarray(values) >= 0.0).all():
            faults.add(
                name, f"{len(values)} values from {np.min(values, initial=0):g}", f"{len(load_kw)} values, none below 0"
            )
    faults.raise_if_any(DataError)
