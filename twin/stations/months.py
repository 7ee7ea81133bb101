"""The stock of any month: between the months whose stock is known cell by cell, what was published in total."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.errors import DataError
from twin.stations.apportion import apportion_groups
from twin.tables import seeds

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CellKey", "cells_of_month", "full_month", "published"]

MONTHS_PER_YEAR = 12


class CellKey(NamedTuple):
    """What the EVSEs of a cell have in common: names of layer, power class and whom they serve."""

    layer: str
    power_class: str
    serves: str


def month_number(date: str) -> int:
    """Return the months since year 0 of a ``year-month``."""
    year, month = date.split("-")
    return MONTHS_PER_YEAR * int(year) + int(month) - 1


def published(name: str, date: str, folder: Path | None = None) -> int:
    """Return a national count at the end of a month, on the straight line between the months published.

    Parameters
    ----------
    name : str
        A figure of ``nation_figures.csv`` whose periods are months.
    date : str
        Year and month.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Raises
    ------
    DataError
        If the month lies before the first published or after the last.
    """
    figures = seeds.read("nation_figures", folder)
    rows = np.flatnonzero(figures["figure"] == name)
    rows = rows[np.argsort(figures["period"][rows])]
    months = [month_number(period) for period in figures["period"][rows].tolist()]
    if not months or not months[0] <= month_number(date) <= months[-1]:
        first, last = (figures["period"][rows[end]] for end in (0, -1)) if months else ("-", "-")
        raise DataError(
            f"stations.stock: found {date!r}; wanted a month from {first} to {last}, those between which {name} is published"
        )
    return int(np.rint(np.interp(month_number(date), months, figures["value"][rows].astype(np.float64))))


def full_month(date: str, folder: Path | None = None) -> str:
    """Return the month itself or the next whose stock is known cell by cell; that of the last for any later month."""
    dates: list[str] = sorted(set(seeds.read("charger_stock", folder)["date"].tolist()))
    return next((known for known in dates if known >= date), dates[-1])


def cells_of_month(date: str, folder: Path | None = None) -> dict[CellKey, int]:
    """Return the EVSEs of every cell of the nation at the end of a month.

    A month of ``charger_stock.csv`` is taken as it stands. Between two of them every cell lies on the straight line,
    before the first the mix is that of the first; then the cells on and off the expressways are scaled to the totals
    published, by largest remainder.

    Raises
    ------
    DataError
        If no total was published as early, or as late.
    """
    known = stock_by_month(folder)
    after = full_month(date, folder)
    if after == date:
        return known[date]
    before = max((month for month in known if month < date), default=after)
    numbers = [month_number(month) for month in (before, after)]
    keys = list(dict.fromkeys([*known[before], *known[after]]))
    mix = np.array(
        [np.interp(month_number(date), numbers, [known[end].get(key, 0) for end in (before, after)]) for key in keys]
    )
    on_highway = np.array([key.layer == "highway" for key in keys])
    n_highway = published("highway_evses", date, folder)
    n_evse = apportion_groups(
        np.array([published("public_evses", date, folder) - n_highway, n_highway]), on_highway.astype(np.int64), mix
    )
    return {key: n for key, n in zip(keys, n_evse.tolist(), strict=True) if n}


def stock_by_month(folder: Path | None) -> dict[str, dict[CellKey, int]]:
    """Return the rows of ``charger_stock.csv`` by month and cell, both in the order of the file."""
    stock = seeds.read("charger_stock", folder)
    known: dict[str, dict[CellKey, int]] = {}
    columns = (stock[name].tolist() for name in ("date", "layer", "power_class", "serves", "n_evses"))
    for month, layer, power_class, serves, n in zip(*columns, strict=True):
        known.setdefault(month, {})[CellKey(layer, power_class, serves)] = n
    return known
