"""How evenly public charging is shared out between counties: Gini coefficients, and how the worst-off tenth fares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.metrics.rows import HIGH_POWER_W, Metric, is_plug_of
from twin.tables.columns import F64

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["WORST_SHARE", "county_sums", "equity_metrics", "gini", "worst_mean"]

WORST_SHARE = 0.1
"""Part of the people whose counties count as worst off: the worst decile."""


def gini(amount: NDArray[Any], people: NDArray[Any]) -> float:
    """Gini coefficient of what people have, where everyone of a county has its mean.

    One less twice the area under the Lorenz curve (Gini 1912), by trapezoids; equal to the mean absolute difference
    between two people over twice the mean.

    Parameters
    ----------
    amount, people : ndarray, shape (n,)
        What there is in each county, and how many share it; 0 or more.

    Returns
    -------
    float
        0 where all have the same, towards 1 where one has all; NaN where there is nothing to share or nobody.
    """
    amount, people = (np.asarray(part, np.float64)[np.asarray(people) > 0] for part in (amount, people))
    if not amount.sum() > 0:
        return float("nan")
    order = np.argsort(amount / people, kind="stable")
    height = np.concatenate(([0.0], np.cumsum(amount[order]))) / amount.sum()
    width = people[order] / people.sum()
    return float(1.0 - np.sum(width * (height[1:] + height[:-1])))


def worst_mean(amount: NDArray[Any], people: NDArray[Any], share: float = WORST_SHARE) -> float:
    """Mean amount per person of the share of people whose counties have least; the county on the edge counts in part.

    Parameters
    ----------
    amount, people : ndarray, shape (n,)
        As for `gini`.
    share : float
        Part of the people, above 0 and at most 1.
    """
    amount, people = (np.asarray(part, np.float64)[np.asarray(people) > 0] for part in (amount, people))
    if not len(people):
        return float("nan")
    order = np.argsort(amount / people, kind="stable")
    amount, people = amount[order], people[order]
    wanted = share * people.sum()
    taken = np.clip(wanted - (np.cumsum(people) - people), 0.0, people)
    return float((amount * taken / people).sum() / wanted)


def county_sums(inventory: Inventory, regions: Regions, of_pool: NDArray[Any]) -> F64:
    """Sum a number per pool over the stations of each county, ndarray of float64, shape (n_counties,)."""
    county = inventory.stations.county[inventory.pools.station]
    return np.bincount(county, of_pool, regions.n_counties).astype(np.float64)


def equity_metrics(inventory: Inventory, regions: Regions) -> Iterator[Metric]:
    """Yield how evenly EVSEs are shared between counties, for the nation and every province.

    Parameters
    ----------
    inventory : Inventory
        The stations; those of service areas count for the county they stand in.
    regions : Regions
        Counties and their people.
    """
    pools, people = inventory.pools, regions.county_population
    n_evse = county_sums(inventory, regions, pools.n_evse * is_plug_of(pools))
    n_strong = county_sums(inventory, regions, pools.n_evse * is_plug_of(pools, HIGH_POWER_W))
    rated_kw = county_sums(inventory, regions, pools.n_evse * is_plug_of(pools) * (pools.rated_power_w / 1000.0))
    places = [("all", np.full(regions.n_counties, True))]
    places += [(code, regions.county_province == row) for row, code in enumerate(regions.province_code.tolist())]
    for place, here in places:
        for name, amount in (("evse", n_evse), ("high_power_evse", n_strong), ("rated_power", rated_kw)):
            yield Metric(f"gini_of_{name}", "all", place, gini(amount[here], people[here]), "-")
        each = 1000.0 * worst_mean(n_evse[here], people[here], 1.0)
        worst = 1000.0 * worst_mean(n_evse[here], people[here])
        yield Metric("evse_per_1000_people", "all", place, each, "-")
        yield Metric("evse_per_1000_people_in_worst_decile", "all", place, worst, "-")
