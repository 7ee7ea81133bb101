"""The book of a build-out: every order with site, months and cost; who stands, and what opens while the run goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.errors import ConfigError, Faults
from twin.stations.dates import first_day, month_number, month_text
from twin.stations.expand import kva_per_w
from twin.stations.stock import SERVES, Cells
from twin.tables import seeds
from twin.tables.columns import F64, I32, I64, STR
from twin.tables.inputs import LAYERS, SITE_TYPES
from twin.tables.orders import OrdersTable

if TYPE_CHECKING:
    from twin.config import Config
    from twin.config.buildout import Buildout
    from twin.network.regions import Regions
    from twin.stations.drafts import Draft
    from twin.stations.expand import Work
    from twin.stations.sites import Sites

__all__ = ["Ledger", "Openings", "keys_of", "ledger_of", "openings_of", "orders_table", "require_budgets", "states_of"]

STATES = ("stands", "opens in the run", "not yet")
DAY_S = 86_400
BN = 1e9


class Ledger(NamedTuple):
    """Orders, one row a site and kind of EVSE; `row` and `cell` are rows of the sites and the cells of the build-out."""

    order: STR
    row: I64
    cell: I64
    n_evse: I64
    replaces: I64
    ordered: I64
    due: I64
    day: I64
    cost_cny: F64
    province: I64
    state: I64


class Openings(NamedTuple):
    """EVSEs that begin or end their service in the run: site by its key, cell, how many, and the second."""

    site: I64
    cell: I64
    n_evse: I64
    begin_s: I64
    end_s: I64


def keys_of(sites: Sites) -> I64:
    """Return the number by which each site is known in every run: kind, layer, county and ordinal."""
    return (((sites.kind * len(LAYERS) + sites.layer) << 13 | sites.county) << 24) | sites.ordinal


def ledger_of(
    works: list[Work], drafts: list[Draft], sites: Sites,
    cells: Cells, connected: Callable[[list[Work], I64], tuple[list[I64], list[I64]]], config: Config, regions: Regions,
) -> Ledger:  # fmt: skip
    """Book what was put where: `connected` tells due months and days, see `twin.stations.buildout`."""
    province = regions.county_province[sites.county].astype(np.int64)
    due, day = connected(works, province)
    lead: dict[str, int] = {str(name): months for name, months in config.buildout.lead_months.items()}
    parts: list[tuple[Any, ...]] = [(np.zeros(0, object), *(np.zeros(0, np.int64) for _ in range(7)))]
    for work, months, days in zip(works, due, day, strict=True):
        draft = drafts[work.draft]
        name = np.full(len(work.row), draft.name, object)
        ordered = months - lead[draft.site_type]
        parts.append((name, work.row, work.cell, work.n, work.replaces, ordered, months, days))
    name, row, cell, n_evse, replaces, ordered, ready, when = (np.concatenate(column) for column in zip(*parts, strict=True))
    cost = costs_cny(config, cells, cell, n_evse, replaces)
    return Ledger(name, row, cell, n_evse, replaces, ordered, ready, when, cost, province[row], states_of(config, when))


def costs_cny(config: Config, cells: Cells, cell: I64, n_evse: I64, replaces: I64) -> F64:
    """Return what EVSEs cost: equipment by power, and the grid connection of the power that is added.

    EVSEs on alternating current hang on the building's supply and cost no connection of their own.
    """
    classes, settings = seeds.read("power_classes"), config.stations
    rated_w = cells.rated_w.astype(np.float64)
    equipment = rated_w * classes["capex_cny_per_w"][cells.power_class]
    per_w = kva_per_w(settings.site_limit_share, settings.module_efficiency) * config.buildout.grid_cny_per_kva
    connection = np.where(cells.is_ac, 0.0, rated_w * per_w)
    added = connection[cell] - np.where(replaces >= 0, connection[replaces], 0.0)
    return np.asarray(n_evse * (equipment[cell] + np.maximum(added, 0.0)), np.float64)


def require_budgets(settings: Buildout, ledger: Ledger, codes: list[str]) -> None:
    """Refuse orders that cost more than there is, with the cost of each.

    Raises
    ------
    ConfigError
        If the nation's or a province's orders cost more than their budget.
    """
    faults = Faults()
    budgets = [("buildout.budget_bn_cny", settings.budget_bn_cny, np.full(len(ledger.cell), True))]
    for number, code in enumerate(codes):
        if code in settings.provinces:
            budget = settings.provinces[code].budget_bn_cny
            budgets.append((f"buildout.provinces.{code}.budget_bn_cny", budget, ledger.province == number))
    for where, budget, chosen in budgets:
        total = float(ledger.cost_cny[chosen].sum()) / BN
        if budget is None or total <= budget:
            continue
        names = sorted(set(ledger.order[chosen].tolist()))
        each = {name: float(ledger.cost_cny[chosen & (ledger.order == name)].sum()) / BN for name in names}
        told = ", ".join(f"{name} {each[name]:,.3f}" for name in sorted(names, key=lambda name: (-each[name], name))[:6])
        faults.add(
            where, f"{budget:,.3f} billion CNY for orders of {total:,.3f} ({told})", "a budget that pays for the orders",
            "order less, or raise it",
        )  # fmt: skip
    faults.raise_if_any(ConfigError)


def horizon(config: Config) -> tuple[int, int]:
    """Return the first day on which what is connected does not stand yet, and the first day after the run."""
    start = config.period.start_date.toordinal()
    if config.buildout.as_of is not None:
        end = first_day(month_number(config.buildout.as_of) + 1)
        return end, end
    return start + 1, start + config.period.n_days


def states_of(config: Config, day: I64) -> I64:
    """Return what has become of what is connected on a day, as an index into `STATES`."""
    first, end = horizon(config)
    return np.where(day < first, 0, np.where(day < end, 1, 2)).astype(np.int64)


def openings_of(config: Config, ledger: Ledger, sites: Sites, standing: I32) -> tuple[Sites, Openings]:
    """Return the sites of the run, and what begins or ends its service in it.

    Parameters
    ----------
    config : Config
        The scenario.
    ledger : Ledger
        Every order.
    sites : Sites
        Sites, those of orders behind those that stood.
    standing : ndarray of int32, shape (n_before, n_cells)
        EVSEs on the sites that stood, less the retired.
    """
    n_evse = np.zeros(sites.n_evse.shape, np.int64)
    n_evse[: len(standing)] = standing
    in_run = ledger.state < 2
    n_evse += _at(n_evse.shape, ledger.row[in_run], ledger.cell[in_run], ledger.n_evse[in_run])
    gone = (ledger.state == 0) & (ledger.replaces >= 0)
    n_evse -= _at(n_evse.shape, ledger.row[gone], ledger.replaces[gone], ledger.n_evse[gone])
    late = np.flatnonzero(ledger.state == 1)
    leaves = late[ledger.replaces[late] >= 0]
    second = (ledger.day - config.period.start_date.toordinal()) * DAY_S
    keys, never = keys_of(sites), np.iinfo(np.int32).max // 2
    openings = Openings(
        site=keys[np.concatenate((ledger.row[late], ledger.row[leaves]))],
        cell=np.concatenate((ledger.cell[late], ledger.replaces[leaves])),
        n_evse=np.concatenate((ledger.n_evse[late], ledger.n_evse[leaves])),
        begin_s=np.concatenate((second[late], np.zeros(len(leaves), np.int64))),
        end_s=np.concatenate((np.full(len(late), never), second[leaves])),
    )
    kept = np.flatnonzero(n_evse.any(axis=1))
    return sites.with_evses(n_evse.astype(np.int32)).take(kept), openings


def _at(shape: tuple[int, ...], row: I64, cell: I64, n: I64) -> I64:
    """Sum numbers into a table."""
    sums = np.bincount(row * shape[1] + cell, n, shape[0] * shape[1])
    return sums.astype(np.int64).reshape(shape)


def orders_table(
    ledger: Ledger, sites: Sites, cells: Cells, station_of: Callable[[I64], I64], regions: Regions
) -> OrdersTable:
    """Return the book as the table of the run folder; `station_of` finds the stations of site keys."""
    row, cell, keys = ledger.row, ledger.cell, keys_of(sites)
    serves = {bits: name for name, bits in SERVES.items()}
    months = np.array(
        [month_text(int(number)) for number in np.unique(np.concatenate((ledger.ordered, ledger.due)))], object
    )
    known = np.unique(np.concatenate((ledger.ordered, ledger.due)))
    days = np.unique(ledger.day)
    names = np.concatenate((cells.power_class_names[cells.power_class], [""]))
    return OrdersTable(
        order=ledger.order,
        site=keys[row],
        station=station_of(keys[row]).astype(np.int32),
        province=np.asarray(regions.province_code, object)[ledger.province],
        county=np.asarray(regions.county_id, object)[sites.county[row]],
        layer=np.array(LAYERS, object)[sites.layer[row]],
        site_type=np.array(SITE_TYPES, object)[sites.site_type[row]],
        power_class=names[cell],
        serves=np.array([serves[int(bits)] for bits in cells.serves], object)[cell],
        n_evse=ledger.n_evse.astype(np.int32),
        replaces=names[ledger.replaces],
        ordered=months[np.searchsorted(known, ledger.ordered)],
        due=months[np.searchsorted(known, ledger.due)],
        connected=np.array([_day(int(day)) for day in days], object)[np.searchsorted(days, ledger.day)],
        state=np.array(STATES, object)[ledger.state],
        cost_cny=ledger.cost_cny,
    )


def _day(ordinal: int) -> str:
    return "" if ordinal >= dt.date.max.toordinal() else dt.date.fromordinal(ordinal).isoformat()
