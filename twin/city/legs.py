"""Trips of many vehicles at once, one each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.tables.columns import F64, I64
from twin.tables.inputs import N_KNOTS

__all__ = ["DAY_S", "Legs", "legs_of", "quantile"]

DAY_S = 86_400


class Legs(NamedTuple):
    """One trip each of some vehicles.

    Attributes
    ----------
    vehicle : ndarray of int64, shape (n,)
        Who.
    depart_s : ndarray of int64, shape (n,)
        When.
    goal : ndarray of int64, shape (n,)
        Zone.
    is_stay : ndarray of bool, shape (n,)
        Whether the vehicle may charge at its end.
    """

    vehicle: I64
    depart_s: I64
    goal: I64
    is_stay: np.ndarray


def legs_of(vehicle: I64, depart_s: F64 | I64, goal: I64, is_stay: np.ndarray | bool, free_s: I64) -> Legs:
    """Return trips of whole seconds, each after the vehicle's last; `free_s` becomes the second after.

    Writes: free_s.
    """
    second = np.maximum(np.asarray(depart_s).astype(np.int64), free_s[vehicle])
    free_s[vehicle] = second + 1
    return Legs(vehicle, second, goal, np.broadcast_to(is_stay, len(vehicle)))


def quantile(knots: F64, u: F64) -> F64:
    """Return the values of a quantile table, linear between its knots."""
    return np.interp(u * (N_KNOTS - 1), np.arange(N_KNOTS), knots)
