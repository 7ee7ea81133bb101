"""Nodes that ways name and the file lacks: what such ways lost, and what is left of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.network.drawn import Drawn
from twin.network.pieces import BOOL, DEG
from twin.tables.columns import I32, I64

__all__ = ["note_lost", "stretches"]

MOST_X, MOST_Y = int(180 * DEG), int(90 * DEG)
UNPLACED = 2**31 - 1
"""Longitude and latitude that stand for a node without a place."""


def note_lost(drawn: Drawn, way: I64, count: I64, ref: I64, x: I32, y: I32) -> None:
    """Note nodes that have no place, with the places of their neighbours on the way, and ways of fewer than two nodes.

    Parameters
    ----------
    drawn : Drawn
        Where they are noted.
    way, count : ndarray of int64, shape (n_ways,)
        Id, and number of nodes.
    ref : ndarray of int64, shape (n_nodes,)
        Nodes of the ways, one way after the other.
    x, y : ndarray of int32, shape (n_nodes,)
        Their places (1e-7 degrees).
    """
    drawn.n_short += int((count < 2).sum())
    is_known = _is_known(x, y)
    if is_known.all():
        return
    inside = np.repeat(np.arange(len(way)), count)
    is_lost = ~is_known & (count[inside] > 1)
    is_nowhere = is_lost & (x != UNPLACED)
    drawn.n_missing += int(is_lost.sum())
    for at in np.flatnonzero(is_nowhere):
        drawn.nowhere.append((int(way[inside[at]]), int(ref[at]), x[at] / DEG, y[at] / DEG))
    same = inside[1:] == inside[:-1]
    begins, ends = np.flatnonzero(same & is_known[:-1] & is_lost[1:]), np.flatnonzero(same & is_lost[:-1] & is_known[1:])
    noted = [(at + 1, at) for at in begins] + [(at, at + 1) for at in ends]
    for lost, neighbour in sorted(noted):
        drawn.missing.append((int(way[inside[lost]]), int(ref[lost]), x[neighbour] / DEG, y[neighbour] / DEG))
    n_known = np.bincount(inside[is_known], minlength=len(way))
    first = np.cumsum(count) - count
    for row in np.flatnonzero((n_known == 0) & (count > 1)):
        drawn.missing.append((int(way[row]), int(ref[first[row]]), np.nan, np.nan))


def stretches(count: I64, x: I32, y: I32) -> tuple[I64, I64, BOOL, NDArray[np.bool_]]:
    """Return the parts of ways between nodes that have no place.

    Returns
    -------
    way : ndarray of int64, shape (n_parts,)
        Row of the way.
    n_points : ndarray of int64, shape (n_parts,)
        Points of the part, at least two.
    goes_on : ndarray of bool, shape (n_parts,)
        Whether it is a further part of the way before.
    is_kept : ndarray of bool, shape (n_nodes,)
        Nodes that are a point of a part.
    """
    inside = np.repeat(np.arange(len(count)), count)
    is_known = _is_known(x, y)
    begins = is_known.copy()
    begins[1:] &= (inside[1:] != inside[:-1]) | ~is_known[:-1]
    part = np.cumsum(begins) - 1
    n_points = np.bincount(part[is_known], minlength=int(begins.sum()))
    is_long = n_points > 1
    is_kept = is_known.copy()
    is_kept[is_known] = is_long[part[is_known]]
    way = inside[begins][is_long]
    goes_on = np.zeros(len(way), bool)
    goes_on[1:] = way[1:] == way[:-1]
    return way, n_points[is_long], goes_on, is_kept


def _is_known(x: I32, y: I32) -> BOOL:
    return (np.abs(x) <= MOST_X) & (np.abs(y) <= MOST_Y)
