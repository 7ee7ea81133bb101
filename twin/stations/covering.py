"""Problems of covering: one form for all questions of siting.

A demand has a weight, and sets of sites of which one each must be built. People have one set, a journey one for each stretch
(`twin.stations.siting`), and a mean distance becomes a covering by the steps between the distances to one site after the
other (Cornuejols, Nemhauser and Wolsey 1980), see `distance_steps`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from twin.tables.columns import F64, I64

__all__ = ["Covering", "covered", "distance_steps", "merged"]

EXACT_RANKS = 8
"""Nearest sites that are told apart one by one in a mean distance."""


class Covering(NamedTuple):
    """A problem of covering.

    Attributes
    ----------
    weight : ndarray of float64, shape (n_demands,)
        What covering each demand is worth.
    sets : csr_array, shape (n_sets, n_sites)
        Ones where a site belongs to a set.
    owner : ndarray of int64, shape (n_sets,)
        Demand that needs a site of the set; a demand without a set is covered by nothing.
    cost : ndarray of float64, shape (n_sites,)
        What each site costs, above 0.
    group : ndarray of int64, shape (n_sites,)
        Province of each site: the parts that are improved one at a time.
    """

    weight: F64
    sets: csr_array
    owner: I64
    cost: F64
    group: I64


def covered(problem: Covering, sites: I64) -> float:
    """Return the weight that a choice covers."""
    return float(problem.weight[_is_covered(problem, sites)].sum())


def _is_covered(problem: Covering, sites: I64) -> np.ndarray:
    built = np.zeros(len(problem.cost))
    built[sites] = 1.0
    lacks = problem.owner[problem.sets @ built == 0]
    found = np.zeros(len(problem.weight), bool)
    found[problem.owner] = True
    found[lacks] = False
    return found


def merged(problem: Covering) -> Covering:
    """Return the same problem with demands that need the same sets made one, and those made none that nothing covers."""
    sets, owner = problem.sets, problem.owner
    hopeless = np.zeros(len(problem.weight), bool)
    hopeless[owner[np.diff(sets.indptr) == 0]] = True
    order = np.argsort(owner, kind="stable")
    families: dict[int, list[bytes]] = {}
    for row in order[~hopeless[owner[order]]].tolist():
        members = np.sort(sets.indices[sets.indptr[row] : sets.indptr[row + 1]])
        families.setdefault(int(owner[row]), []).append(members.astype(np.int64).tobytes())
    number: dict[tuple[bytes, ...], int] = {}
    weight: list[float] = []
    for demand, family in families.items():
        key = tuple(sorted(set(family)))
        at = number.setdefault(key, len(number))
        if at == len(weight):
            weight.append(0.0)
        weight[at] += float(problem.weight[demand])
    rows = [(at, np.frombuffer(members, np.int64)) for key, at in number.items() for members in key]
    columns = np.concatenate([members for _, members in rows]) if rows else np.zeros(0, np.int64)
    ends = np.concatenate(([0], np.cumsum([len(members) for _, members in rows]))).astype(np.int64)
    few = csr_array((np.ones(len(columns)), columns, ends), shape=(len(rows), len(problem.cost)))
    return problem._replace(weight=np.array(weight), sets=few, owner=np.array([at for at, _ in rows], np.int64))


def distance_steps(weight: F64, nearest: list[I64], distance: list[F64], now: F64) -> tuple[F64, csr_array, I64]:
    """Turn mean distances into a covering: each step nearer is covered if a site within it is built.

    With d_1 <= ... <= d_n the distances to the sites nearer than now, a person whose nearest built site is the k-th saves
    now - d_k = sum over m >= k of d_(m+1) - d_m, with d_(n+1) = now: step m is saved exactly if one of the first m sites is
    built. From the eighth site on steps are taken together, each half as long again as the one before; a site among those
    counts with the distance of the farthest of its step, so savings are never overstated.

    Parameters
    ----------
    weight : ndarray of float64, shape (n_people,)
        How much each counts.
    nearest : list of ndarray of int64
        For each, the sites nearer than what stands now, nearest first.
    distance : list of ndarray of float64
        How far they are.
    now : ndarray of float64, shape (n_people,)
        Distance now.

    Returns
    -------
    weight : ndarray of float64, shape (n_steps,)
        Weighted distance of each step.
    sets : csr_array, shape (n_steps, n_sites)
        The sites of each step; as many columns as are needed.
    owner : ndarray of int64, shape (n_steps,)
        Its own number.
    """
    values, members, ends = [], [], [0]
    for who, (sites, away) in enumerate(zip(nearest, distance, strict=True)):
        rank = _ranks(len(sites))
        here = away[rank - 1]
        beyond = np.append(here[1:], now[who])
        for step in np.flatnonzero(beyond > here).tolist():
            values.append(float(weight[who] * (beyond[step] - here[step])))
            members.append(sites[: rank[step]])
            ends.append(ends[-1] + int(rank[step]))
    columns = np.concatenate(members) if members else np.zeros(0, np.int64)
    n_sites = int(columns.max(initial=-1)) + 1
    rows = csr_array((np.ones(len(columns)), columns, np.array(ends)), shape=(len(values), n_sites))
    return np.array(values, np.float64), rows, np.arange(len(values))


def _ranks(n: int) -> I64:
    """Return the numbers of nearest sites at which steps end: each up to `EXACT_RANKS`, then half as many again, and all."""
    ranks = list(range(1, min(n, EXACT_RANKS) + 1))
    while ranks and ranks[-1] < n:
        ranks.append(min(ranks[-1] * 3 // 2, n))
    return np.array(ranks, np.int64)
