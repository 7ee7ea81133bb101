"""Quantile tables: a draw u is read at u * 64, linear between the N_KNOTS knots."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from twin.tables.columns import F64
from twin.tables.inputs import N_KNOTS

DAY_S = 86_400
U_KNOTS: F64 = np.linspace(0.0, 1.0, N_KNOTS)
"""Probability at each knot."""

SOFT_CHANGE_H = 2.0
"""Width of the change from setting out to coming back."""

_TAIL = 4096
"""Slices in which the mean beyond the last inner knot is taken."""


def from_inverse(inverse: Callable[[F64], F64]) -> F64:
    """Return the knots of an inverse distribution function that may be unbounded at 1.

    The last knot is set so that the last interval keeps its mean, which makes the mean of the table finite and right.

    Parameters
    ----------
    inverse : callable
        Quantile function on [0, 1), as ``scipy.stats`` calls ``ppf``.

    Returns
    -------
    ndarray of float64, shape (N_KNOTS,)
    """
    knots = np.empty(N_KNOTS)
    knots[:-1] = inverse(U_KNOTS[:-1])
    slices = U_KNOTS[-2] + (np.arange(_TAIL) + 0.5) / (_TAIL * (N_KNOTS - 1))
    knots[-1] = 2.0 * float(np.mean(inverse(slices))) - knots[-2]
    return knots


def from_hours(weights: F64) -> F64:
    """Return the knots, in seconds of the day, of a time spread evenly within each hour.

    Parameters
    ----------
    weights : ndarray of float64, shape (24,)
        Weight of each hour, not negative.
    """
    edges = np.arange(25) * (DAY_S / 24.0)
    cumulative = np.concatenate(([0.0], np.cumsum(weights)))
    cumulative /= cumulative[-1]
    first, last = np.flatnonzero(weights > 0.0)[[0, -1]]
    inside = slice(first, last + 2)
    return np.asarray(np.interp(U_KNOTS, cumulative[inside], edges[inside]))


def there_and_back(weights: F64) -> tuple[F64, F64]:
    """Split a profile of all trips of a day into those that set out and those that come back, half each.

    Early hours set out, late ones come back, with a soft change (a logistic of two hours) where both halves are equal.

    Parameters
    ----------
    weights : ndarray of float64, shape (24,)
        Weight of each hour, not negative.

    Returns
    -------
    out, back : ndarray of float64, shape (24,)
        Each sums to one; together they are the profile.
    """
    hour = np.arange(24) + 0.5
    shares = weights / weights.sum()

    def setting_out(middle: float) -> F64:
        return np.asarray(shares / (1.0 + np.exp((hour - middle) / SOFT_CHANGE_H)))

    middle = float(brentq(lambda at: float(setting_out(at).sum()) - 0.5, -48.0, 72.0))
    out = setting_out(middle)
    return out / out.sum(), (shares - out) / (shares - out).sum()


def from_counts(probability: F64) -> F64:
    """Return knots whose floor is k with about `probability[k]`.

    Between the knots where the count changes the table is a straight line, so up to 1/64 of the mass can slip to a
    neighbour; `floor_probability` tells the distribution that the table really has.

    Parameters
    ----------
    probability : ndarray of float64, shape (n,)
        Probability of 0, 1, .. n - 1; sums to one.
    """
    cumulative = np.concatenate(([0.0], np.cumsum(probability)))
    cumulative /= cumulative[-1]
    first, last = np.flatnonzero(probability > 0.0)[[0, -1]]
    inside = slice(first, last + 2)
    return np.interp(U_KNOTS, cumulative[inside], np.arange(cumulative.size, dtype=np.float64)[inside])


def floor_probability(knots: F64, n: int) -> F64:
    """Return the probability that the floor of a table is 0, 1, .. n - 1; what lies beyond counts as n - 1.

    Parameters
    ----------
    knots : ndarray of float64, shape (N_KNOTS,)
        A quantile table, not falling.
    n : int
        How many counts to tell apart.
    """
    low, high = knots[:-1, None], knots[1:, None]
    edge = np.arange(1.0, n)
    rise = np.where(high > low, high - low, 1.0)
    part = np.where(high > low, np.clip((edge - low) / rise, 0.0, 1.0), (edge > low).astype(np.float64))
    below = np.concatenate(([0.0], part.mean(axis=0), [1.0]))
    return np.diff(below)


def table_mean(knots: F64) -> float:
    """Return the mean of a quantile table."""
    return float(np.mean(0.5 * (knots[:-1] + knots[1:])))
