"""What a traveller group means to do: set-outs, nights, hours and destinations, before time passes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.fleet.quantiles import floor_probability, from_counts
from twin.fleet.waves import MAX_NIGHTS
from twin.tables.columns import F64, I64

MOST_LEAVING = 0.95
"""Largest share of the vehicles at home that sets out on a day."""


class GroupPlan(NamedTuple):
    """The inter-zone travel of one group.

    Attributes
    ----------
    set_outs : ndarray of float64, shape (n_days, n_zones)
        Vehicles that set out against all of the group's vehicles of the zone, at home or not.
    nights : ndarray of float64, shape (n_days, N_KNOTS)
        Quantile table of the nights away.
    out_hours, back_hours : ndarray of float64, shape (n_days, 24)
        Weight of each hour for setting out and for starting back.
    od : ndarray of int64, shape (n_days, 2)
        Row of `rows` in use by those who are back on the same day, and by those who stay.
    rows : ndarray of float64, shape (n_sets, n_zones, n_zones)
        [set, origin, destination] shares.
    """

    set_outs: F64
    nights: F64
    out_hours: F64
    back_hours: F64
    od: I64
    rows: F64


class Rolled(NamedTuple):
    """A plan rolled out over the days of a run that begins with everybody at home.

    Attributes
    ----------
    p_leave : ndarray of float64, shape (n_days, n_zones)
        Share of those at home that set out.
    out, back : ndarray of float64, shape (n_days, n_zones)
        Set-outs and ways back, by home zone, against all of the group's vehicles of the zone.
    """

    p_leave: F64
    out: F64
    back: F64


def night_tables(shares: F64) -> F64:
    """Return the quantile tables of nights away from shares of shape (n_days, MAX_NIGHTS)."""
    return np.array([from_counts(day) for day in shares])


def same_day_shares(nights: F64) -> F64:
    """Return the share of each day's set-outs that are back on the same day, shape (n_days,)."""
    return np.array([floor_probability(table, MAX_NIGHTS)[0] for table in nights])


def roll(plan: GroupPlan) -> Rolled:
    """Turn set-outs into shares of those at home.

    A vehicle that stays k nights is away on the mornings of the k days after; it starts back on day + k.
    """
    return roll_set_outs(plan.set_outs, plan.nights)


def roll_set_outs(set_outs: F64, nights: F64) -> Rolled:
    """Roll out set-outs of shape (n_days, n_zones) with the quantile tables of their nights."""
    return _roll(set_outs, nights, None)


def roll_tables(p_leave: F64, nights: F64) -> Rolled:
    """Follow given shares of those at home instead, as the engine does on average.

    Parameters
    ----------
    p_leave : ndarray of float64, shape (n_days, n_zones)
        Share of those at home that set out.
    nights : ndarray of float64, shape (n_days, N_KNOTS)
        Quantile table of the nights away.
    """
    return _roll(None, nights, p_leave)


def _roll(set_outs: F64 | None, nights: F64, p_leave: F64 | None) -> Rolled:
    wanted = set_outs if p_leave is None else p_leave
    assert wanted is not None
    n_days = wanted.shape[0]
    stay = np.array([floor_probability(table, MAX_NIGHTS) for table in nights])
    p, out, back = np.zeros_like(wanted), np.zeros_like(wanted), np.zeros_like(wanted)
    away = np.zeros((n_days + MAX_NIGHTS, wanted.shape[1]))
    for day in range(n_days):
        home = 1.0 - away[day]
        p[day] = wanted[day] if p_leave is not None else np.minimum(wanted[day] / np.maximum(home, 1e-9), MOST_LEAVING)
        out[day] = p[day] * home
        for night in range(min(MAX_NIGHTS, n_days - day)):
            back[day + night] += out[day] * stay[day, night]
            away[day + night + 1] += out[day] * stay[day, night + 1 :].sum()
    return Rolled(p, out, back)
