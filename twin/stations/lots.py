"""Filling places that hold only so much: by weight, in lots, or one lot after the other along a corridor."""

from __future__ import annotations

import numpy as np

from twin.stations.apportion import apportion
from twin.tables.columns import F64, I64

__all__ = ["fill", "fill_in_lots"]


def fill(total: int, weight: F64, room: I64) -> tuple[I64, int]:
    """Share a number out by weight, no place getting more than it has room for.

    Parameters
    ----------
    total : int
        What is to be shared out.
    weight : ndarray, shape (n,)
        Not negative; where those with a weight are full, the others share what is left evenly.
    room : ndarray of int64, shape (n,)
        Most that each place takes.

    Returns
    -------
    given : ndarray of int64, shape (n,)
        What each got.
    left : int
        What found no room.
    """
    given, left = np.zeros(len(room), np.int64), int(total)
    while left:
        is_open = given < room
        if not is_open.any():
            break
        wanted = np.where(is_open, weight, 0.0)
        more = np.minimum(apportion(left, wanted if wanted.sum() > 0 else is_open.astype(np.float64)), room - given)
        given += more
        left -= int(more.sum())
    return given, left


def fill_in_lots(total: int, weight: F64, room: I64, lot: int, in_turn: bool = False) -> tuple[I64, int]:
    """Share a number out in lots, at equal steps of the cumulated weight, so that they are spread along the places.

    Parameters
    ----------
    total, weight, room
        As for `fill`; places with a weight of 0 get something only where the others are full.
    lot : int
        Number that comes together; the last lot may be smaller.
    in_turn : bool
        Places get one lot after the other instead, from the largest weight down, and only those with a weight.

    Returns
    -------
    given, left
        As of `fill`.
    """
    n_lots, most = -(-total // lot), np.maximum(room, 0) // lot
    if in_turn:
        most = np.where(weight > 0, most, 0)
        lots = _turns(n_lots, weight, most)
    else:
        lots = np.minimum(_steps(n_lots, weight), most)
    more, left = fill(n_lots - int(lots.sum()), weight, most - lots)
    lots += more
    given, short = lots * lot, n_lots * lot - total
    if left:
        return given, left * lot - short
    if short:
        given[np.flatnonzero(lots)[-1]] -= short
    return given, 0


def _turns(n_lots: int, weight: F64, most: I64) -> I64:
    """Give places that have room one lot after the other, from the largest weight down."""
    order = np.lexsort((np.arange(len(weight)), -weight))
    lots, left = np.zeros(len(weight), np.int64), n_lots
    while left:
        is_open = order[lots[order] < most[order]]
        if not len(is_open):
            break
        turns = left // len(is_open)
        chosen = is_open if turns else is_open[:left]
        more = np.minimum(max(turns, 1), most[chosen] - lots[chosen])
        lots[chosen] += more
        left -= int(more.sum())
    return lots


def _steps(n_lots: int, weight: F64) -> I64:
    """Give places lots at equal steps of the cumulated weight."""
    if not len(weight) or not n_lots:
        return np.zeros(len(weight), np.int64)
    through = np.cumsum(weight)
    marks = (np.arange(n_lots) + 0.5) / n_lots * through[-1]
    place = np.minimum(np.searchsorted(through, marks), len(weight) - 1)
    return np.bincount(place, minlength=len(weight)).astype(np.int64)
