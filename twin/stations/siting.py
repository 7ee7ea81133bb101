"""Where stations should stand: exact choices of sites under a budget, each with the bound that proves it.

Two questions of the literature, solved as mixed-integer programs by HiGHS:

- `cover`: the most people within reach (Church and ReVelle 1974, maximal covering), or the most journeys that can be made
  with plugs no further apart than the battery lasts (Capar et al. 2013, arc cover, path cover, of Hodgson's flow capturing).
  Both ask that of certain sets of sites one be built: a person has one such set, a journey one for each stretch of it.
- `median`: the least mean distance to the nearest site (Hakimi 1964, p-median).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity, kron, vstack

from twin.errors import DataError
from twin.tables.columns import F64, I64

__all__ = ["Choice", "cover", "median", "stretches"]

GAP = 1e-6
"""Relative gap at which a choice is called proven."""
SLACK = 1e-9


class Choice(NamedTuple):
    """Sites chosen, and how good they are.

    Attributes
    ----------
    sites : ndarray of int64
        Rows of the sites to build, rising.
    value : float
        What is covered, or the mean distance.
    bound : float
        What no choice within the budget can better.
    cost : float
        Of the sites chosen.
    """

    sites: I64
    value: float
    bound: float
    cost: float

    @property
    def gap(self) -> float:
        """Distance between value and bound, as a share of the value; 0 where the choice is proven to be the best."""
        return abs(self.bound - self.value) / max(abs(self.value), SLACK)


def cover(
    weight: F64, sets: csr_array, owner: I64, cost: F64, budget: float, *, time_limit_s: float = 60.0, gap: float = GAP
) -> Choice:
    """Choose sites so that the most weight is covered.

    Parameters
    ----------
    weight : ndarray of float64, shape (n_demands,)
        What covering each demand is worth.
    sets : csr_array, shape (n_sets, n_sites)
        A set of sites a row; non-zero where the site belongs to it.
    owner : ndarray of int64, shape (n_sets,)
        Demand that each set belongs to. A demand is covered if one site is built of every set that it owns; a demand
        without a set is covered by nothing.
    cost : ndarray of float64, shape (n_sites,)
        What each site costs.
    budget : float
        What may be spent.
    time_limit_s : float
        Seconds after which the best choice so far is returned, with its bound.
    gap : float
        Relative gap at which a choice is good enough.

    Returns
    -------
    Choice
        `value` is the weight covered.

    Raises
    ------
    DataError
        If a cost or the budget is negative, or not even an empty choice could be found in time.
    """
    _check_costs(cost, budget)
    n_demands, n_sites = len(weight), len(cost)
    needs_set = np.bincount(owner, minlength=n_demands) > 0
    of_owner = csr_array((np.ones(len(owner)), (np.arange(len(owner)), owner)), shape=(len(owner), n_demands))
    holds = csr_array(sets.astype(np.bool_).astype(np.float64))
    rows = hstack([-holds, of_owner])
    spend = csr_array(np.concatenate([cost, np.zeros(n_demands)])[None, :])
    constraints = [LinearConstraint(csr_array(rows), -np.inf, 0.0), LinearConstraint(spend, -np.inf, budget)]
    most = np.concatenate([np.ones(n_sites), needs_set.astype(np.float64)])
    is_whole = np.concatenate([np.ones(n_sites), np.zeros(n_demands)])
    objective = np.concatenate([np.zeros(n_sites), -np.asarray(weight, np.float64)])
    found = milp(
        objective, constraints=constraints, bounds=Bounds(0.0, most), integrality=is_whole,
        options={"time_limit": time_limit_s, "mip_rel_gap": gap},
    )  # fmt: skip
    sites = _built(found, n_sites)
    built = np.zeros(n_sites)
    built[sites] = 1.0
    has_site = holds @ built > 0
    is_covered = needs_set.copy()
    is_covered[owner[~has_site]] = False
    value = float(np.asarray(weight, np.float64)[is_covered].sum())
    return Choice(sites, value, max(-_bound(found), value), float(cost[sites].sum()))


def median(weight: F64, distance: F64, cost: F64, budget: float, *, time_limit_s: float = 60.0) -> Choice:
    """Choose sites so that the mean distance to the nearest of them is least.

    Parameters
    ----------
    weight : ndarray of float64, shape (n_demands,)
        How much each demand counts.
    distance : ndarray of float64, shape (n_demands, n_sites)
        From each demand to each site.
    cost, budget, time_limit_s
        As in `cover`; at least one site must be affordable.

    Returns
    -------
    Choice
        `value` is the weighted mean distance.

    Raises
    ------
    DataError
        If no site is within the budget, or a cost or the budget is negative.
    """
    _check_costs(cost, budget)
    n_demands, n_sites = distance.shape
    if not n_sites or cost.min(initial=np.inf) > budget:
        raise DataError(
            f"budget: found {budget:g}; wanted at least the cheapest site, {cost.min(initial=np.inf):g}; raise it"
        )
    total = float(np.sum(weight)) or 1.0
    one_site = hstack([csr_array((n_demands, n_sites)), kron(identity(n_demands), np.ones((1, n_sites)))])
    served_there = hstack([-kron(np.ones((n_demands, 1)), identity(n_sites)), identity(n_demands * n_sites)])
    spend = csr_array(np.concatenate([cost, np.zeros(n_demands * n_sites)])[None, :])
    constraints = [
        LinearConstraint(csr_array(one_site), 1.0, 1.0),
        LinearConstraint(csr_array(vstack([served_there])), -np.inf, 0.0),
        LinearConstraint(spend, -np.inf, budget),
    ]
    objective = np.concatenate([np.zeros(n_sites), (np.asarray(weight)[:, None] * distance).ravel() / total])
    is_whole = np.concatenate([np.ones(n_sites), np.zeros(n_demands * n_sites)])
    found = milp(
        objective, constraints=constraints, bounds=Bounds(0.0, 1.0), integrality=is_whole,
        options={"time_limit": time_limit_s, "mip_rel_gap": GAP},
    )  # fmt: skip
    sites = _built(found, n_sites)
    value = float(np.asarray(weight) @ distance[:, sites].min(axis=1)) / total
    return Choice(sites, value, min(_bound(found), value), float(cost[sites].sum()))


def stretches(position: F64, length: float, start_range: float, full_range: float) -> list[I64]:
    """Return the sets of sites of which a journey needs one each, so that no stretch is longer than the battery lasts.

    Parameters
    ----------
    position : ndarray of float64, shape (n_sites,)
        Where along the journey each site is, rising.
    length : float
        Of the journey.
    start_range, full_range : float
        How far the battery lasts at the start, and after a charge.

    Returns
    -------
    list of ndarray of int64
        For each point at which the battery could be empty, the sites that would have prevented it: those at most
        `full_range` before it. They are fewest just before a site and at the end, so other points ask nothing more. Empty
        where the journey needs no charge; holds an empty set where it cannot be made.
    """
    if length <= start_range:
        return []
    points = np.append(position[(position > start_range) & (position < length)], length)
    return [np.flatnonzero((position >= point - full_range) & (position < point)) for point in points]


def _check_costs(cost: F64, budget: float) -> None:
    if not budget >= 0 or np.any(~(np.asarray(cost) >= 0)):
        raise DataError(f"budget {budget:g} and costs from {np.min(cost):g}: wanted numbers of 0 or more; correct them")


def _bound(found: Any) -> float:
    """Return the bound of a solution; infinitely low where the time was too short for any."""
    return -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound)


def _built(found: object, n_sites: int) -> I64:
    """Return the sites of a solution.

    Raises
    ------
    DataError
        If there is none.
    """
    x = getattr(found, "x", None)
    if x is None:
        raise DataError(f"no choice of sites was found ({getattr(found, 'message', '')}); give more time or a larger budget")
    return np.flatnonzero(np.asarray(x)[:n_sites] > 0.5).astype(np.int64)
