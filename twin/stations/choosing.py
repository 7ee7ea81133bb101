"""Covering on the scale of a nation: a greedy choice, improved by HiGHS province by province, and a bound for the gap."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from twin.errors import DataError
from twin.stations.covering import Covering, covered, merged
from twin.stations.siting import Choice, cover
from twin.tables.columns import F64, I64

__all__ = ["EXACT_SETS", "bound_of", "greedy", "solve"]

EXACT_SETS = 4000
"""A problem of at most so many sets is given to HiGHS as a whole."""
N_STEPS = 600
"""Steps of the subgradient; the bound settles within a tenth of a per cent."""
N_STALE = 20
"""Steps without a better bound after which they are halved."""
SETTLED, SHORTEST = 1e-6, 1e-3
"""Least relative progress of the bound, and the length of steps at which it is called settled."""
PROMISING = 0.5
"""Sites worth less than this for their cost, against the least of a greedy choice, are not looked at again."""
CORE_SITES = 400
"""Sites that are chosen anew across provinces at a time."""
PART_GAP = 1e-4
"""Relative gap at which the choice of one province is good enough."""


def greedy(problem: Covering, budget: float, sites: I64 | None = None) -> I64:
    """Choose site after site by what it brings for its cost, where a demand that needs m more sets counts 1 / m for each.

    Parameters
    ----------
    problem : Covering
        The problem.
    budget : float
        What may be spent, also for the sites given.
    sites : ndarray of int64, optional
        Sites that are chosen already.

    Returns
    -------
    ndarray of int64
        Sites, rising. Ties go to the lower one.
    """
    sets, owner, cost = problem.sets, problem.owner, problem.cost
    by_site = csr_array(sets.T)
    first = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=len(problem.weight)))))
    of_owner = np.argsort(owner, kind="stable")
    lacks = np.full(len(owner), True)
    n_lacking = np.bincount(owner, minlength=len(problem.weight)).astype(np.int64)
    score = _scores(problem, lacks, n_lacking)
    chosen = np.zeros(len(cost), bool)
    left = budget

    def take(site: int) -> None:
        nonlocal left
        chosen[site], left = True, left - cost[site]
        rows = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
        rows = rows[lacks[rows]]
        for demand in np.unique(owner[rows]).tolist():
            mine = of_owner[first[demand] : first[demand + 1]]
            _count(score, sets, mine[lacks[mine]], -problem.weight[demand] / n_lacking[demand])
            lacks[mine[np.isin(mine, rows)]] = False
            still = mine[lacks[mine]]
            n_lacking[demand] = len(still)
            if len(still):
                _count(score, sets, still, problem.weight[demand] / len(still))

    for site in [] if sites is None else sites.tolist():
        take(site)
    least = 1e-12 * max(float(score.max(initial=0.0)), 1e-300)
    while True:
        worth = np.where(~chosen & (cost <= left) & (score > least), score / cost, 0.0)
        site = int(worth.argmax()) if len(worth) else 0
        if not len(worth) or worth[site] <= 0.0:
            return np.flatnonzero(chosen)
        take(site)


def _scores(problem: Covering, lacks: np.ndarray, n_lacking: I64) -> F64:
    each = np.where(lacks, problem.weight[problem.owner] / np.maximum(n_lacking[problem.owner], 1), 0.0)
    score: F64 = problem.sets.T @ each
    return score


def _count(score: F64, sets: csr_array, rows: I64, amount: float) -> None:
    for row in rows.tolist():
        score[sets.indices[sets.indptr[row] : sets.indptr[row + 1]]] += amount


def bound_of(problem: Covering, budget: float, value: float) -> tuple[float, F64]:
    """Return what no choice within the budget can better, by Lagrangian relaxation, and what each site is then worth.

    With prices u on the sets, sum over demands of max(w - sum of u, 0), plus the most that a fractional knapsack earns from
    the prices of the sets each site belongs to, is a bound for any u >= 0 (Galvao and ReVelle 1996). Prices are found by
    subgradient steps (Held, Wolfe and Crowder 1974).

    Parameters
    ----------
    problem : Covering
        The problem.
    budget : float
        What may be spent.
    value : float
        Of a choice that is known; it sets the length of the steps.

    Returns
    -------
    bound : float
        At least `value`.
    worth : ndarray of float64, shape (n_sites,)
        Sum of the prices of the sets that each site belongs to.
    """
    sets, owner, n = problem.sets, problem.owner, len(problem.weight)
    transposed = csr_array(sets.T)
    n_sets = np.maximum(np.bincount(owner, minlength=n), 1)
    price = 0.5 * problem.weight[owner] / n_sets[owner]
    best, best_price, length, stale = float(problem.weight.sum()), price, 1.0, 0
    for _ in range(N_STEPS):
        left = problem.weight - np.bincount(owner, price, n)
        worth = transposed @ price
        share = _knapsack(worth, problem.cost, budget)
        bound = float(np.maximum(left, 0.0).sum() + worth @ share)
        stale = stale + 1 if bound > best * (1.0 - SETTLED) else 0
        if bound < best:
            best, best_price = bound, price
        if stale == N_STALE:
            price, length, stale = best_price, length / 2.0, 0
            if length < SHORTEST:
                break
            continue
        slope = (left > 0)[owner] - sets @ share
        norm = float(slope @ slope)
        if norm == 0.0 or best <= value:
            break
        price = np.maximum(price + length * max(bound - value, 1e-6 * best) / norm * slope, 0.0)
    return max(best, value), transposed @ best_price


def _knapsack(worth: F64, cost: F64, budget: float) -> F64:
    """Share of each site that a fractional knapsack takes."""
    order = np.argsort(-worth / cost, kind="stable")
    before = np.cumsum(cost[order]) - cost[order]
    share = np.empty(len(cost))
    share[order] = np.clip((budget - before) / cost[order], 0.0, 1.0)
    return share


def solve(problem: Covering, budget: float, time_limit_s: float = 300.0) -> Choice:
    """Choose sites so that the most weight is covered, with a bound.

    A problem of at most `EXACT_SETS` sets goes to HiGHS as a whole. A larger one is chosen greedily; then the sites of one
    province after the other are chosen anew by HiGHS, with what that province has spent and what is left over, while the
    others stand still. That is exact where the budget is given by province and no demand looks across a border; at last the
    sites on the edge of being chosen, wherever they are, are chosen anew. The bound says what else there may be.

    Parameters
    ----------
    problem : Covering
        The problem.
    budget : float
        What may be spent.
    time_limit_s : float
        Seconds for HiGHS, in all.

    Returns
    -------
    Choice
        `value` is the weight covered.
    """
    few = merged(problem)
    total = float(few.weight.sum())
    if total <= 0.0 or not len(few.owner):
        return Choice(np.zeros(0, np.int64), 0.0, 0.0, 0.0)
    scaled = few._replace(weight=1e4 * few.weight / total, cost=few.cost / few.cost.mean())
    most = budget / float(few.cost.mean())
    if len(few.owner) <= EXACT_SETS:
        found = cover(scaled.weight, scaled.sets, scaled.owner, scaled.cost, most, time_limit_s=time_limit_s)
        sites, bound = found.sites, found.bound
    else:
        sites = greedy(scaled, most)
        bound, worth = bound_of(scaled, most, covered(scaled, sites))
        sites = _polished(scaled, most, sites, worth, time_limit_s)
    value = covered(few, sites)
    return Choice(sites, value, max(bound * total / 1e4, value), float(problem.cost[sites].sum()))


def _polished(problem: Covering, budget: float, sites: I64, worth: F64, time_limit_s: float) -> I64:
    """Choose anew each province's sites among those worth their cost by the bound's prices, then the core.

    The core are the sites whose worth for their cost is nearest to the price of money, wherever they are: with it budget
    moves between provinces (Balas and Zemel 1980, for knapsacks).
    """
    ratio = worth / problem.cost
    least = PROMISING * float(ratio[sites].min(initial=0.0)) if len(sites) else 0.0
    promising = np.union1d(np.flatnonzero(ratio >= least), sites)
    groups = np.unique(problem.group[promising])
    for group in groups.tolist():
        free = promising[problem.group[promising] == group]
        sites = _improved(problem, budget, sites, free, time_limit_s / (2 * len(groups)))
    sites = greedy(problem, budget, sites)
    order = np.argsort(-ratio, kind="stable")
    last = order[min(int(np.searchsorted(np.cumsum(problem.cost[order]), budget)), len(order) - 1)]
    nearest = np.argsort(np.abs(np.log(np.maximum(ratio, 1e-300) / max(float(ratio[last]), 1e-300))), kind="stable")
    free = np.sort(nearest[:CORE_SITES])
    return greedy(problem, budget, _improved(problem, budget, sites, free, time_limit_s / 2))


def _improved(problem: Covering, budget: float, sites: I64, free: I64, time_limit_s: float) -> I64:
    """Choose some of the free sites anew while the others stand still; the old choice where none is better in time."""
    stay = np.setdiff1d(sites, free)
    built = np.zeros(len(problem.cost))
    built[stay] = 1.0
    lacks = np.flatnonzero(problem.sets @ built == 0)
    part = csr_array(problem.sets[lacks][:, free])
    small = merged(Covering(problem.weight, part, problem.owner[lacks], problem.cost[free], problem.group[free]))
    if not len(small.owner):
        return stay
    left = max(budget - float(problem.cost[stay].sum()), 0.0)
    try:
        found = cover(small.weight, small.sets, small.owner, small.cost, left, time_limit_s=time_limit_s, gap=PART_GAP)
    except DataError:  # no choice in time
        return sites
    better = np.union1d(stay, free[found.sites])
    return better if covered(problem, better) > covered(problem, sites) else sites
