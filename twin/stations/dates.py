"""Months as whole numbers, and when what is ordered is connected: lead times, and a queue at each province's grid."""

from __future__ import annotations

import datetime as dt

import numpy as np

from twin.stations.apportion import ordinals
from twin.tables.columns import I64

__all__ = ["connect", "first_day", "month_number", "month_text", "spread"]

MONTHS_PER_YEAR = 12


def month_number(text: str) -> int:
    """Return a month such as ``"2027-12"`` as a whole number; the next month is one more."""
    year, month = text.split("-")
    return MONTHS_PER_YEAR * int(year) + int(month) - 1


def month_text(number: int) -> str:
    """Return the month of a number, ``"2027-12"``."""
    return f"{number // MONTHS_PER_YEAR:04d}-{number % MONTHS_PER_YEAR + 1:02d}"


def first_day(number: int) -> int:
    """Return the first day of a month, in days as `datetime.date.toordinal` counts them."""
    return dt.date(number // MONTHS_PER_YEAR, number % MONTHS_PER_YEAR + 1, 1).toordinal()


def spread(n: int, first_month: int, last_month: int) -> I64:
    """Return the month of each of `n` things in turn, as many in every month as whole numbers allow."""
    return first_month + np.arange(n, dtype=np.int64) * (last_month - first_month + 1) // max(n, 1)


def connect(due: I64, rank: I64, province: I64, slots: I64) -> I64:
    """Return the day on which each site is connected.

    A site waits from the month in which it is due. Each month the grid of a province connects those that have waited in
    order of rank, then due month, then number; those of a month are connected on evenly spread days.

    Parameters
    ----------
    due : ndarray of int64, shape (n,)
        Month from which a site is ready.
    rank : ndarray of int64, shape (n,)
        Lower ranks are connected first.
    province : ndarray of int64, shape (n,)
        Province.
    slots : ndarray of int64, shape (n_provinces,)
        Sites connected in a month; below 0 no bound.

    Returns
    -------
    ndarray of int64, shape (n,)
        Days as `datetime.date.toordinal` counts them; a site that no grid ever connects has the latest day there is.
    """
    month = due.copy()
    for number in np.flatnonzero(slots >= 0).tolist():
        rows = np.flatnonzero(province == number)
        month[rows] = _queue(due[rows], rank[rows], int(slots[number]))
    never = dt.date.max.toordinal()
    day = np.full(len(due), never, np.int64)
    order = np.lexsort((np.arange(len(due)), rank, month, province))
    group = province[order] * (1 << 20) + np.minimum(month[order], (1 << 20) - 1)
    _, which, count = np.unique(group, return_inverse=True, return_counts=True)
    nth = ordinals(group)
    for number in np.unique(month[month < NEVER]).tolist():
        begin, n_days = first_day(number), first_day(number + 1) - first_day(number)
        here = month[order] == number
        day[order[here]] = begin + nth[here] * n_days // count[which.reshape(-1)[here]]
    return day


NEVER = MONTHS_PER_YEAR * 2200
"""No grid connects later."""


def _queue(due: I64, rank: I64, slots: int) -> I64:
    """Return the month in which each of a province's sites is connected, `slots` a month."""
    month = np.full(len(due), NEVER, np.int64)
    if not slots:
        return month
    waits = np.zeros(len(due), np.bool_)
    now, last = (int(due.min(initial=NEVER)), int(due.max(initial=0)))
    while now < NEVER and (now <= last or waits.any()):
        waits |= due == now
        queue = np.flatnonzero(waits)
        served = queue[np.lexsort((queue, due[queue], rank[queue]))][:slots]
        month[served], waits[served] = now, False
        now += 1
    return month
