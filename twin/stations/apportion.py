"""Sharing whole things out: totals stay exact, shares come as near as whole numbers allow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.tables.columns import I32, I64

__all__ = ["Ints", "Numbers", "apportion", "apportion_groups", "deal", "ordinals"]


Ints = NDArray[np.integer[Any]]
Numbers = NDArray[np.integer[Any]] | NDArray[np.floating[Any]]


def apportion(total: int, weights: Numbers) -> I64:
    """Share `total` out in proportion to `weights` by largest remainder; ties go to the lower index.

    Parameters
    ----------
    total : int
        Number to share out, not negative.
    weights : ndarray, shape (n,)
        Not negative; not all zero if `total` is above zero.

    Returns
    -------
    ndarray of int64, shape (n,)
        Whole numbers that add up to `total`, each within one of its exact share.

    Raises
    ------
    ValueError
        If there is something to share out and nobody to give it to.
    """
    weights = np.asarray(weights, np.float64)
    return apportion_groups(np.array([total], np.int64), np.zeros(len(weights), np.int64), weights)


def apportion_groups(totals: Ints, group: Ints, weights: Numbers) -> I64:
    """Share one total per group out among the group's items, as `apportion` does for one.

    Parameters
    ----------
    totals : ndarray of int64, shape (n_groups,)
        What each group shares out.
    group : ndarray of int64, shape (n_items,)
        Group of each item.
    weights : ndarray, shape (n_items,)
        Weights within the group.

    Returns
    -------
    ndarray of int64, shape (n_items,)
        Whole numbers that add up to `totals` in every group.

    Raises
    ------
    ValueError
        If a group with something to share has no item of positive weight.
    """
    n_groups = len(totals)
    sums = np.bincount(group, weights, n_groups)
    stuck = np.flatnonzero((totals > 0) & (sums <= 0))
    if len(stuck):
        raise ValueError(f"groups {stuck.tolist()}: a total to share out and no item with a weight above 0")
    quota = totals[group] * (weights / np.where(sums > 0, sums, 1.0)[group])
    given = np.floor(quota).astype(np.int64)
    left = totals - np.bincount(group, given, n_groups).astype(np.int64)
    order = np.lexsort((np.arange(len(group)), given - quota, group))
    rank = np.empty(len(group), np.int64)
    rank[order] = ordinals(group[order])
    return given + (rank < left[group])


def ordinals(sorted_group: Ints) -> I64:
    """Number the items of each group 0, 1, 2 ...; equal groups stand together."""
    position = np.arange(len(sorted_group), dtype=np.int64)
    if not len(position):
        return position
    starts = np.concatenate(([True], sorted_group[1:] != sorted_group[:-1]))
    return position - np.maximum.accumulate(np.where(starts, position, 0))


def deal(sizes: Ints, unit: Ints, counts: Ints) -> I32:
    """Deal the EVSEs of each unit to its sites so that every site gets nearly the unit's mixture.

    The sites of a unit are laid end to end. The first kind takes the rounded share of every length from the start,
    the second its rounded share of what is left, and so on, in whole numbers throughout.

    Parameters
    ----------
    sizes : ndarray of int64, shape (n_sites,)
        EVSEs of each site; in each unit they add up to ``counts[unit].sum()``.
    unit : ndarray of int64, shape (n_sites,)
        Unit of each site, ascending.
    counts : ndarray of int64, shape (n_units, n_kinds)
        EVSEs of each kind in each unit.

    Returns
    -------
    ndarray of int32, shape (n_sites, n_kinds)
        Rows add up to `sizes`, columns to `counts` unit by unit.
    """
    n_sites = len(sizes)
    dealt = np.zeros((n_sites, counts.shape[1]), np.int32)
    if not n_sites:
        return dealt
    starts = np.concatenate(([True], unit[1:] != unit[:-1]))
    through = np.cumsum(sizes)
    offset = np.maximum.accumulate(np.where(starts, through - sizes, 0))
    length = through - offset
    whole = counts.sum(axis=1)[unit]
    for kind in range(counts.shape[1]):
        of_kind = counts[:, kind][unit]
        share = (2 * of_kind * length + whole) // np.maximum(2 * whole, 1)
        dealt[:, kind] = np.where(starts, share, np.diff(share, prepend=0))
        length = length - share
        whole = whole - of_kind
    return dealt
