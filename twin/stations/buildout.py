"""Orders on top of a stock: what stands on a day, what opens while the run goes on, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.errors import ConfigError, Faults
from twin.stations.apportion import Ints, apportion
from twin.stations.chosen_sites import evses_chosen, read_chosen
from twin.stations.dates import connect, spread
from twin.stations.drafts import PLAN, Draft, drafts_of, layer_of, retired_of, with_kinds
from twin.stations.expand import Builder, Work, kva_per_w
from twin.stations.layers import at_service_areas, sides_of
from twin.stations.ledger import Ledger, Openings, ledger_of, openings_of, require_budgets
from twin.stations.lots import fill_in_lots
from twin.stations.ordered import kinds_ordered, read_orders, with_ordered
from twin.stations.placement import Extent
from twin.stations.plan_figures import require_plan
from twin.stations.planned import added_power_w
from twin.stations.rules import SERVICE_AREA, Grounds, survey
from twin.stations.service_areas import BANK_EVSE, Sides
from twin.stations.sites import HIGHWAY, Sites
from twin.stations.stock import SERVES, Cells, figure, provinces_of_cells, read_cells, shares_of_layers
from twin.stations.swap_bays import with_swap_bays
from twin.stations.waited import waits_by_unit
from twin.tables import seeds
from twin.tables.columns import F64, I64
from twin.tables.inputs import SITE_TYPES

if TYPE_CHECKING:
    from twin.config import Config
    from twin.config.buildout import Buildout, Order
    from twin.network.graph import Network
    from twin.network.regions import Regions

__all__ = ["Built", "build_out"]


class Built(NamedTuple):
    """What a build-out leaves.

    Attributes
    ----------
    sites : Sites
        Sites of the run.
    ordered : Sites
        All sites that the ledger names, also those that do not stand in the run.
    cells : Cells
        Kinds of EVSE.
    ledger : Ledger
        Every order.
    openings : Openings
        What begins or ends its service in the run.
    """

    sites: Sites
    ordered: Sites
    cells: Cells
    ledger: Ledger
    openings: Openings


def build_out(
    config: Config, regions: Regions, network: Network, standing: Sites, cells: Cells, extent: Extent, n_townships: I64
) -> Built:
    """Build what the section ``buildout`` orders on top of the sites that stand.

    Parameters
    ----------
    config : Config
        The scenario.
    regions, network
        The nation and its roads.
    standing : Sites
        Sites of the stock, placed, in any order.
    cells : Cells
        What their EVSEs are.
    extent, n_townships
        Counties as discs, townships by county.

    Returns
    -------
    Built
        Whole EVSEs: of every kind, base less retired plus connected is what stands.

    Raises
    ------
    ConfigError
        If the orders contradict each other, find no place, cannot be fed or paid; every fault with its numbers.
    """
    settings, codes = config.buildout, [str(code) for code in regions.province_code]
    faults, earlier, names = Faults(), None, {*settings.orders, *_own_names(settings)}
    if settings.orders_from is not None:
        earlier = read_orders(settings.orders_from, {PLAN, *names})
    sites_chosen = read_chosen(settings.sites_from, regions, network, names)
    cells, standing = _with_all_kinds(config, cells, standing, earlier)
    waits_s = waits_by_unit(settings.waits_from, regions, network)
    sides = sides_of(regions, network)
    change = _change(config, cells, standing, sides, regions)
    added_w = added_power_w(settings, cells, change)
    grounds = survey(regions, network, standing, cells, extent, added_w, waits_s)
    township = standing.county[standing.site_type == SITE_TYPES.index("township")]
    covered = np.bincount(township, minlength=regions.n_counties)
    bare = np.bincount(regions.county_province, np.maximum(n_townships - covered, 0), regions.n_provinces).astype(np.int64)
    sharing = _Sharing(config, grounds, regions)

    def chosen(where: str, name: str, order: Order, is_in: np.ndarray, told: Faults) -> I64:
        here = grounds.province["county"], grounds.province[SERVICE_AREA]
        return evses_chosen(where, order, sites_chosen.get(name), *here, is_in, told)

    drafts = drafts_of(settings, config.stations.stock, cells, change, bare, codes, sharing.share, chosen, faults)
    faults.raise_if_any(ConfigError)
    standing.n_evse[:] -= _retired(standing, retired_of(change), grounds.province["county"])
    shares = seeds.read("operators")["share"]
    per_w = kva_per_w(config.stations.site_limit_share, config.stations.module_efficiency)
    most = dict(settings.most_kva)
    builder = Builder(
        config.scenario.seed, standing, cells, grounds, extent, n_townships, codes, shares, per_w, most,  # type: ignore[arg-type]
        sites_chosen, faults,
    )  # fmt: skip
    n_standing = builder.sites.n_evse.copy()
    works = list(builder.build(drafts))
    faults.raise_if_any(ConfigError)
    ordered = builder.all_sites
    ledger = ledger_of(works, drafts, ordered, cells, _Timing(config, regions, drafts).connected, config, regions)
    if earlier is not None:
        ledger = with_ordered(config, ledger, earlier, ordered, cells, per_w, regions)
    require_budgets(settings, ledger, codes)
    sites, openings = openings_of(config, ledger, ordered, n_standing)
    if settings.meets_plan:
        require_plan(config, sites, cells)
    return Built(sites, ordered, cells, ledger, openings)


def _own_names(settings: Buildout) -> set[str]:
    """Return the names under which the orders of provinces are booked."""
    return {f"{name} ({code})" for code, each in settings.provinces.items() for name in each.orders}


def _with_all_kinds(
    config: Config, cells: Cells, standing: Sites, earlier: dict[str, np.ndarray] | None
) -> tuple[Cells, Sites]:
    """Add the kinds of EVSE that orders name, and that nothing stands of, to cells and sites."""
    settings, classes = config.buildout, seeds.read("power_classes")
    names = {name: number for number, name in enumerate(classes["power_class"].tolist())}
    kinds: set[tuple[int, int, int]] = set()
    if settings.towards is not None:
        later = read_cells(settings.towards)
        kinds |= set(zip(later.layer.tolist(), later.power_class.tolist(), later.serves.tolist(), strict=True))
    of_provinces = [order for each in settings.provinces.values() for order in each.orders.values()]
    for order in [*settings.orders.values(), *of_provinces]:
        kinds |= set(_kinds_of(order, names))
    if earlier is not None:
        kinds |= kinds_ordered(earlier, names, str(settings.orders_from))
    rated_w = np.rint(classes["rated_kw"] * 1000.0).astype(np.int64)
    whole = with_kinds(cells, kinds, rated_w, classes["kind"] == "ac")
    n_evse = np.zeros((len(standing.county), len(whole.layer)), np.int32)
    n_evse[:, : standing.n_evse.shape[1]] = standing.n_evse
    return whole, standing.with_evses(n_evse)


def _kinds_of(order: Order, names: dict[str, int]) -> list[tuple[int, int, int]]:
    """Return every kind that an order names: its own, what it replaces, and what it is in place of."""
    serves = order.serves or ("truck" if order.site_type == "freight hub" else "car")
    found = [(order.site_type, order.power_class, serves)]
    if order.replaces is not None:
        found.append((order.site_type, order.replaces, serves))
    for other in order.in_place_of:
        site_type = other.site_type or order.site_type
        told = other.serves or order.serves or ("truck" if site_type == "freight hub" else "car")
        found.append((site_type, other.power_class or order.power_class, told))
    return [(layer_of(site_type), names[power_class], SERVES[told]) for site_type, power_class, told in found]


def _change(config: Config, cells: Cells, standing: Sites, sides: Sides, regions: Regions) -> I64:
    """Return the later stock less what stands, by province and cell.

    Where another rule than 'plan' shares out what comes, nothing is retired in a province but what the nation retires.
    """
    towards = config.buildout.towards
    change = np.zeros((regions.n_provinces, len(cells.layer)), np.int64)
    if towards is None:
        return change
    change -= _by_province(standing, regions.county_province, regions.n_provinces)
    # Bays take room at service areas; they are those of `towards` from the beginning.
    stock = with_swap_bays(read_cells(towards), config.swap, towards)
    place = {kind: number for number, kind in enumerate(_kinds(cells)) if not cells.n_batteries[number]}
    counts = provinces_of_cells(stock, towards, regions.province_code, config.stations.province_factors)
    at_sides = at_service_areas(regions, sides, stock, counts)
    counts = np.where(stock.layer == HIGHWAY, at_sides, counts)
    for column, kind in enumerate(_kinds(stock)):
        if not stock.n_batteries[column]:
            change[:, place[kind]] += counts[:, column]
    change[:, cells.n_batteries > 0] = 0
    if config.buildout.rule != "plan":
        for cell, total in enumerate(change.sum(axis=0).tolist()):
            side = np.maximum(change[:, cell] if total > 0 else -change[:, cell], 0)
            change[:, cell] = apportion(abs(total), side) * np.sign(total) if total else 0
    return change


def _by_province(sites: Sites, county_province: Ints, n_provinces: int) -> I64:
    """Sum EVSEs by province and cell."""
    province = county_province[sites.county]
    sums = [np.bincount(province, of_cell, n_provinces) for of_cell in sites.n_evse.T]
    return np.stack(sums, axis=1).astype(np.int64)


def _kinds(cells: Cells) -> list[tuple[int, int, int]]:
    return list(zip(cells.layer.tolist(), cells.power_class.tolist(), cells.serves.tolist(), strict=True))


def _retired(sites: Sites, retired: I64, county_province: I64) -> I64:
    """Return the EVSEs that go, by site and cell: of each province evenly from all that stand."""
    gone = np.zeros(sites.n_evse.shape, np.int64)
    province = county_province[sites.county]
    for of_province, cell in zip(*np.nonzero(retired), strict=True):
        rows = np.flatnonzero((province == of_province) & (sites.n_evse[:, cell] > 0))
        standing = sites.n_evse[rows, cell].astype(np.int64)
        gone[rows, cell] = apportion(min(int(retired[of_province, cell]), int(standing.sum())), standing)
    return gone.astype(np.int32)


class _Sharing:
    """Shares national numbers out to provinces by a rule."""

    def __init__(self, config: Config, grounds: Grounds, regions: Regions) -> None:
        self.grounds = grounds
        date = config.buildout.towards or config.stations.stock
        self.by_layer = shares_of_layers(date, regions.province_code)
        self.trucks = figure("heavy_truck_share", regions.province_code)

    def share(self, rule: str, site_type: str, for_trucks: bool, n: int) -> I64:
        """Return whole EVSEs by province that add up to `n`."""
        weight, province = self.grounds.weights(rule, site_type), self.grounds.province[site_type]
        if rule == "corridor":
            room = np.full(len(weight), np.iinfo(np.int32).max, np.int64)
            at, _ = fill_in_lots(n, weight, room, BANK_EVSE, in_turn=True)
            return np.bincount(province, at, self.grounds.n_provinces).astype(np.int64)
        by_province: F64 = np.bincount(province, weight, self.grounds.n_provinces).astype(np.float64)
        if rule == "plan":
            by_province = self.trucks if for_trucks and site_type != SERVICE_AREA else self.by_layer[layer_of(site_type)]
        return apportion(n, by_province)


class _Timing:
    """When sites are connected: due months from the orders, then the queue of each province's grid."""

    def __init__(self, config: Config, regions: Regions, drafts: list[Draft]) -> None:
        self.settings, self.drafts = config.buildout, drafts
        self.slots = np.full(regions.n_provinces, -1, np.int64)
        if self.settings.connections_per_month is not None:
            people = np.bincount(regions.county_province, regions.county_population, regions.n_provinces)
            self.slots = apportion(self.settings.connections_per_month, people)
        for number, code in enumerate(regions.province_code.tolist()):
            own = self.settings.provinces.get(code)
            if own is not None and own.connections_per_month is not None:
                self.slots[number] = own.connections_per_month

    def connected(self, works: list[Work], province: I64) -> tuple[list[I64], list[I64]]:
        """Return due month and day of connection of every row of every work; `province` is of the sites."""
        ranks: dict[str, int] = {name: rank for rank, name in enumerate(self.settings.first)}
        due_of, rank_of, site_of, back = [], [], [], []
        for work in works:
            draft = self.drafts[work.draft]
            site, which = np.unique(work.row, return_inverse=True)
            first = np.full(len(site), len(work.row), np.int64)
            np.minimum.at(first, which, np.arange(len(work.row)))
            order = np.argsort(first, kind="stable")
            due = np.empty(len(site), np.int64)
            due[order] = spread(len(site), draft.from_month, draft.until_month)
            due_of.append(due)
            rank_of.append(np.full(len(site), ranks.get(draft.site_type, len(ranks)), np.int64))
            site_of.append(site)
            back.append(which)
        if not works:
            return [], []
        due, rank, site = (np.concatenate(parts) for parts in (due_of, rank_of, site_of))
        day = connect(due, rank, province[site], self.slots)
        ends = np.cumsum([len(part) for part in due_of])[:-1]
        months, days = np.split(due, ends), np.split(day, ends)
        return [m[b] for m, b in zip(months, back, strict=True)], [d[b] for d, b in zip(days, back, strict=True)]
