"""Which EVSEs an order stands for: those that open, close for good or are new, one by one."""

from __future__ import annotations

import numpy as np

from twin.stations.apportion import ordinals
from twin.stations.ledger import Openings, keys_of
from twin.stations.sites import Sites
from twin.tables.columns import I64

__all__ = ["FOR_GOOD_S", "closed_evses", "evses_of", "rows_of"]

FOR_GOOD_S = 2**30
"""End of a time out of service that does not end."""


def closed_evses(sites: Sites, whole: Sites, openings: Openings) -> tuple[I64, I64, I64]:
    """Return EVSE, begin and end of every time before opening or after closing.

    Parameters
    ----------
    sites : Sites
        Sites of the run, in the order of their ids.
    whole : Sites
        The same before a sample was taken.
    openings : Openings
        What opens or closes, by site and cell.
    """
    opens = openings.begin_s > 0
    moment = np.where(opens, -openings.begin_s, openings.end_s)
    row, evse = evses_of(sites, whole, openings.site, openings.cell, openings.n_evse, moment, opens)
    begin = np.where(opens[row], 0, openings.end_s[row])
    return evse, begin, np.where(opens[row], openings.begin_s[row], FOR_GOOD_S)


def evses_of(
    sites: Sites, whole: Sites, key: I64, cell: I64, n_evse: I64, moment: I64, is_last: np.ndarray
) -> tuple[I64, I64]:
    """Return the EVSEs that rows stand for: (row, EVSE), EVSEs counted through all pools.

    New EVSEs are the last of a pool, the newest last of all; those that close are its first. Where a sample left out EVSEs
    of a pool, it left out as many of those in their share; where it left out the site, the row stands for none.

    Parameters
    ----------
    sites, whole
        As for `closed_evses`.
    key, cell, n_evse : ndarray of int64, shape (n_rows,)
        Site, kind of EVSE and how many.
    moment : ndarray of int64, shape (n_rows,)
        Rows of one pool take EVSEs in ascending order of it.
    is_last : ndarray of bool, shape (n_rows,)
        Whether a row takes from the end of the pool.
    """
    station = rows_of(keys_of(sites), key)
    at = np.flatnonzero(station >= 0)
    station, cell, count = station[at], cell[at], n_evse[at]
    here = sites.n_evse[station, cell].astype(np.int64)
    before = np.maximum(whole.n_evse[rows_of(keys_of(whole), key[at]), cell].astype(np.int64), 1)
    count = np.rint(count * (here / before)).astype(np.int64)
    slot = station * sites.n_evse.shape[1] + cell
    order = np.lexsort((at, moment[at], ~is_last[at], slot))
    at, count, here, slot = at[order], count[order], here[order], slot[order]
    group = 2 * slot + ~is_last[at]
    through = np.cumsum(count)
    start = np.maximum.accumulate(np.where(ordinals(group) == 0, through - count, 0))
    offset = through - count - start
    count = np.clip(here - offset, 0, count)
    filled = np.flatnonzero(sites.n_evse.ravel())
    first = np.concatenate(([0], np.cumsum(sites.n_evse.ravel()[filled].astype(np.int64))))
    row = np.repeat(np.arange(len(count)), count)
    rank, pool = offset[row] + ordinals(row), np.searchsorted(filled, slot)[row]
    return at[row], np.where(is_last[at][row], first[pool + 1] - 1 - rank, first[pool] + rank)


def rows_of(keys: I64, wanted: I64) -> I64:
    """Return the row of each wanted key, -1 where there is none."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(keys, kind="stable")
    found = order[np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)]
    return np.where(keys[found] == wanted, found, -1)
