"""How far it is along the road to the next station, by direction of travel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from twin.tables.columns import F64, I32, I64

__all__ = ["distance_ahead_m", "links_before", "longest_way_ahead_m", "metres_within"]

BOOL = NDArray[np.bool_]
TARGETS_AT_ONCE = 256
"""Rows of distances held at a time: 25 MB on the backbone."""


def distance_ahead_m(tail: I32, head: I32, reverse: I32, length_m: F64, has_station: BOOL) -> F64:
    """Shortest way from the end of each link to the next station ahead.

    Stations stand at the end of links. A vehicle that leaves a link does not turn straight back to where it came from
    unless the road ends there. Shortest paths over links as nodes, from all stations at once (Dijkstra 1959).

    Parameters
    ----------
    tail, head : ndarray of int, shape (n_links,)
        Nodes from and to which a directed link leads.
    reverse : ndarray of int, shape (n_links,)
        Link of the opposite direction, -1 on one-way roads.
    length_m : ndarray, shape (n_links,)
        Lengths, above zero.
    has_station : ndarray of bool, shape (n_links,)
        Whether a station stands at the end of the link.

    Returns
    -------
    ndarray, shape (n_links,)
        Metres from the end of the link to the next station: 0 where one stands there, inf where none can be reached.
    """
    n_links = len(tail)
    before, after = _successors(tail, head, reverse)
    to_station = np.full(n_links, np.inf)
    ends = has_station[after]
    np.minimum.at(to_station, before[ends], length_m[after[ends]])
    start = np.flatnonzero(np.isfinite(to_station))
    rows = np.concatenate((after[~ends], np.full(len(start), n_links)))
    columns = np.concatenate((before[~ends], start))
    weights = np.concatenate((length_m[after[~ends]], to_station[start]))
    backwards = csr_matrix((weights, (rows, columns)), shape=(n_links + 1, n_links + 1))
    ahead = dijkstra(backwards, indices=[n_links])[0, :n_links]
    return np.where(has_station, 0.0, ahead)


def links_before(tail: I32, head: I32, reverse: I32, length_m: F64, targets: I64, limit_m: float) -> tuple[I64, I64, F64]:
    """Links from whose ends one reaches the end of target links within a limit, without turning back.

    Parameters
    ----------
    tail, head, reverse, length_m
        As for `distance_ahead_m`.
    targets : ndarray of int64
        Links at whose ends one wants to be.
    limit_m : float
        Longest way, metres.

    Returns
    -------
    target, link, ahead_m : ndarray
        Position in `targets`, link, and way from the end of that link to the end of the target; 0 for itself.
    """
    n_links = len(tail)
    before, after = _successors(tail, head, reverse)
    backwards = csr_matrix((length_m[after], (after, before)), shape=(n_links, n_links))
    parts = []
    for first in range(0, len(targets), TARGETS_AT_ONCE):
        ahead = dijkstra(backwards, indices=targets[first : first + TARGETS_AT_ONCE], limit=limit_m)
        row, link = np.nonzero(np.isfinite(ahead))
        parts.append((row + first, link, ahead[row, link]))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    target, link, ahead_m = (np.concatenate(column) for column in zip(*parts, strict=True))
    return target, link, ahead_m


def _successors(tail: I32, head: I32, reverse: I32) -> tuple[I64, I64]:
    """Pairs (link, next link), without turning back except at a dead end."""
    order = np.argsort(tail, kind="stable")
    n_nodes = int(max(tail.max(), head.max())) + 1
    bounds = np.searchsorted(tail[order], np.arange(n_nodes + 1))
    n_next = (bounds[1:] - bounds[:-1])[head]
    before = np.repeat(np.arange(len(tail)), n_next)
    within = np.arange(len(before)) - np.repeat(np.cumsum(n_next) - n_next, n_next)
    after = order[bounds[head[before]] + within]
    turns_back = after == reverse[before]
    onward = np.bincount(before[~turns_back], minlength=len(tail))
    keep = ~turns_back | (onward[before] == 0)
    return before[keep], after[keep]


def metres_within(length_m: F64, ahead_m: F64, reach_m: float) -> F64:
    """Length of each link from whose points the next station is at most `reach_m` ahead.

    Parameters
    ----------
    length_m, ahead_m : ndarray, shape (n_links,)
        Lengths, and distances from the links' ends as of `distance_ahead_m`.
    reach_m : float
        Distance asked for.
    """
    return np.clip(reach_m - ahead_m, 0.0, length_m)


def longest_way_ahead_m(length_m: F64, ahead_m: F64, group: I32, n_groups: int) -> F64:
    """Longest way to the next station from anywhere on the links of each group, such as the lines.

    On a line with stations this is the largest gap between two of them, or from its start to the first.

    Parameters
    ----------
    length_m, ahead_m : ndarray, shape (n_links,)
        Lengths, and distances from the links' ends as of `distance_ahead_m`.
    group : ndarray of int, shape (n_links,)
        Group of each link, -1 for links that count in none.
    n_groups : int
        Number of groups.

    Returns
    -------
    ndarray, shape (n_groups,)
        Metres; NaN where a group has no link or a point of it has no station ahead.
    """
    counts = group >= 0
    longest = np.full(n_groups, -np.inf)
    np.maximum.at(longest, group[counts], (length_m + ahead_m)[counts])
    return np.where(np.isfinite(longest), longest, np.nan)
