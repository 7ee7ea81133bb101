"""When EVSEs were commissioned: sites by the growth of the stock, what a build-out adds by its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.rng import Stream, uniforms_of
from twin.stations.closed import evses_of
from twin.stations.dates import month_number
from twin.stations.ledger import keys_of
from twin.tables import seeds
from twin.tables.columns import I64

if TYPE_CHECKING:
    from twin.config import Config
    from twin.stations.buildout import Built
    from twin.stations.sites import Sites

__all__ = ["commissioned", "evse_months"]


def commissioned(seed: int, key: I64, stock: str) -> I64:
    """Return the month in which each site of a stock was commissioned, drawn by the growth of the stock before.

    Parameters
    ----------
    seed : int
        Seed of the run.
    key : ndarray of int64, shape (n,)
        Number of each site.
    stock : str
        Month of the stock.
    """
    table = seeds.read("evse_vintages")
    months = np.array([month_number(str(date)) for date in table["date"]])
    end = month_number(stock)
    chosen = months <= end
    standing = np.append(table["n_evses"][chosen].astype(np.float64), np.interp(end, months, table["n_evses"]))
    at = np.append(months[chosen], end) + 1
    draws = uniforms_of(seed, Stream.VINTAGE, key) * standing[-1]
    before = np.concatenate(([at[0] - 12], at))
    month = np.floor(np.interp(draws, np.concatenate(([0.0], standing)), before)).astype(np.int64)
    return np.asarray(np.minimum(month, end))


def evse_months(config: Config, sites: Sites, whole: Sites, built: Built | None) -> I64:
    """Return the month in which each EVSE of a run was commissioned, shape (n_evse,).

    Parameters
    ----------
    config : Config
        The scenario.
    sites : Sites
        Sites of the run, in the order of their ids.
    whole : Sites
        The same before a sample was taken.
    built : Built, optional
        The build-out.
    """
    keys = keys_of(sites)
    of_site = commissioned(config.scenario.seed, keys, config.stations.stock)
    months = np.repeat(of_site, sites.n_evse.sum(axis=1))
    if built is None:
        return months
    ledger = built.ledger
    chosen = np.flatnonzero(ledger.state < 2)
    key = keys_of(built.ordered)[ledger.row[chosen]]
    day = ledger.day[chosen]
    row, evse = evses_of(sites, whole, key, ledger.cell[chosen], ledger.n_evse[chosen], -day, np.full(len(chosen), True))
    months[evse] = month_of_day(day)[row]
    return months


def month_of_day(day: I64) -> I64:
    """Return the month of days as `datetime.date.toordinal` counts them."""
    return (day - 719_163).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
