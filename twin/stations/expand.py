"""Orders at places: EVSEs at service areas and standing sites, new sites elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from twin.errors import Faults
from twin.stations.apportion import apportion_groups
from twin.stations.chosen_sites import ChosenSites
from twin.stations.drafts import Draft
from twin.stations.layers import with_operator
from twin.stations.limits import POWER_FACTOR
from twin.stations.lots import fill, fill_in_lots
from twin.stations.new_sites import NEW_STAGE, NewSites
from twin.stations.placement import Extent
from twin.stations.rules import SERVICE_AREA, Grounds
from twin.stations.service_areas import BANK_EVSE
from twin.stations.sites import (
    HIGHWAY,
    SERVICE,
    SITE_KINDS,
    Sites,
    make_sites,
)
from twin.stations.stock import Cells
from twin.tables.columns import F64, I64
from twin.tables.inputs import SITE_TYPES

__all__ = ["Builder", "Work", "kva_per_w"]


class Work(NamedTuple):
    """EVSEs of one kind that an order puts on a site; one row a site and cell, sites in order of merit."""

    draft: int
    row: I64
    cell: I64
    n: I64
    replaces: I64


@dataclasses.dataclass
class Builder:
    """Puts orders on sites, one after the other.

    Attributes
    ----------
    seed : int
        Seed of the run.
    sites : Sites
        What stands; sites that orders add come behind.
    cells, grounds, extent, n_townships
        Kinds of EVSE, where stations may be built, counties as discs, townships by county.
    codes : list of str
        Province codes, for faults.
    operator_shares : ndarray
        By which the operators of new sites are drawn.
    kva_per_w : float
        Transformer that a watt of rated power needs at a large site.
    most_kva : dict of str to float
        Largest transformers at one site by kind of site.
    chosen : dict of str to ChosenSites
        Sites of orders that name them, by order.
    faults : Faults
        Takes what cannot be built.
    """

    seed: int
    sites: Sites
    cells: Cells
    grounds: Grounds
    extent: Extent
    n_townships: I64
    codes: list[str]
    operator_shares: F64
    kva_per_w: float
    most_kva: dict[str, float]
    chosen: dict[str, ChosenSites]
    faults: Faults

    def __post_init__(self) -> None:
        """Count what stands, and give every side of a service area a site, empty where none stands."""
        self.row_of_side = self._rows_of_sides()
        self._new = NewSites(
            self.seed, self.sites, self.cells, self.extent, self.n_townships, self.grounds.county_zone, self.operator_shares
        )

    @property
    def all_sites(self) -> Sites:
        """What stood, and behind it what orders added."""
        return Sites.join([self.sites, *self._new.parts])

    def build(self, drafts: Sequence[Draft]) -> Iterator[Work]:
        """Yield what the orders put where; orders of one name at one kind of site share their new sites."""
        numbers = {id(draft): number for number, draft in enumerate(drafts)}
        for (name, site_type, _), group in groupby(drafts, lambda one: (one.name, one.site_type, one.replaces)):
            together = list(group)
            number = numbers[id(together[0])]
            if together[0].is_chosen:
                yield from (self._at_chosen(numbers[id(one)], one) for one in together)
            elif together[0].replaces >= 0:
                yield from (self._upgrade(numbers[id(one)], one) for one in together)
            elif site_type == SERVICE_AREA:
                yield from (self._at_sides(numbers[id(one)], one) for one in together)
            else:
                yield from self._new_sites(number, name, site_type, together)

    def _weights(self, draft: Draft) -> F64:
        """Return the weight of every unit, by the rule of its province."""
        province = self.grounds.province[draft.site_type]
        by_rule = {rule: self.grounds.weights(rule, draft.site_type) for rule in sorted(set(draft.rule))}
        return np.asarray(np.select([np.array(draft.rule)[province] == rule for rule in by_rule], list(by_rule.values())))

    def _free_kva(self, rows: I64, site_type: str) -> F64:
        """Return what transformers sites can still be given."""
        rated_w = (self.sites.n_evse[rows] * self.cells.rated_w).sum(axis=1)
        return np.asarray(self.most_kva[site_type] - rated_w * self.kva_per_w)

    def _at_sides(self, number: int, draft: Draft) -> Work:
        """Put EVSEs on the sides of service areas; strong ones and trucks' in banks."""
        row_of_side = self.row_of_side
        weight, each_kva = self._weights(draft), float(self.cells.rated_w[draft.cell]) * self.kva_per_w
        room = np.maximum(self._free_kva(row_of_side, draft.site_type) // each_kva, 0).astype(np.int64)
        is_bank = self.cells.for_trucks[draft.cell] or self.cells.is_high_power_class[self.cells.power_class[draft.cell]]
        lot, over = BANK_EVSE if is_bank else 1, 0
        n_evse = np.zeros(len(weight), np.int64)
        for province in np.flatnonzero(draft.n).tolist():
            here, wanted = np.flatnonzero(self.grounds.province[SERVICE_AREA] == province), int(draft.n[province])
            if not self._has_candidates(draft, province, float(weight[here].sum())):
                continue
            in_turn = draft.rule[province] == "corridor"
            n_evse[here], left = fill_in_lots(wanted, weight[here], room[here], lot, in_turn)
            over += 0 if draft.is_bound else left
            if draft.is_bound and left:
                self._note_full(f"{draft.where}, {self.codes[province]}", wanted, left, len(here), each_kva)
        if over:
            more, left = fill_in_lots(over, weight, room - n_evse, lot)
            n_evse += more
            if left:
                self._note_full(draft.where, int(draft.n.sum()), left, len(weight), each_kva)
        side = np.flatnonzero(n_evse)
        side = side[np.lexsort((side, -weight[side]))]
        return self._put(number, draft, row_of_side[side], n_evse[side])

    def _at_chosen(self, number: int, draft: Draft) -> Work:
        """Put EVSEs on the sites that an order names, in their order."""
        sites = self.chosen[draft.name]
        if draft.site_type != SERVICE_AREA:
            first, new = self._new.at(draft.site_type, draft.cell, sites)
            return Work(number, first + new, np.full(len(new), draft.cell), sites.n_evse, np.full(len(new), -1))
        rows, each_kva = self.row_of_side[sites.side], float(self.cells.rated_w[draft.cell]) * self.kva_per_w
        over = np.maximum(sites.n_evse - np.maximum(self._free_kva(rows, draft.site_type) // each_kva, 0), 0)
        if over.any():
            self._note_full(draft.where, int(sites.n_evse.sum()), int(over.sum()), len(rows), each_kva)
        return self._put(number, draft, rows, sites.n_evse)

    def _rows_of_sides(self) -> I64:
        """Return the site of each side; sides without one get an empty site."""
        sides, sites = self.grounds.sides, self.sites
        row = np.full(len(sides.side), -1, np.int64)
        stands = np.flatnonzero(sites.side >= 0)
        row[sites.side[stands]] = stands
        bare = sides.take(np.flatnonzero(row < 0))
        if len(bare.side):
            n = len(bare.side)
            more = make_sites(
                bare.county, SERVICE, HIGHWAY, np.full(n, SITE_KINDS[SERVICE].site_type),
                np.zeros((n, sites.n_evse.shape[1]), np.int32),
            )  # fmt: skip
            more = dataclasses.replace(more, ordinal=bare.side, lon=bare.lon, lat=bare.lat, link=bare.link, side=bare.side)
            row[bare.side] = len(sites.county) + np.arange(n)
            self.sites = Sites.join([sites, with_operator(self.seed, more, self.operator_shares, NEW_STAGE)])
        return row

    def _upgrade(self, number: int, draft: Draft) -> Work:
        """Put EVSEs in the place of weaker ones of the same kind of site."""
        sites, cells = self.sites, self.cells
        rows = np.flatnonzero((sites.site_type == SITE_TYPES.index(draft.site_type)) & (sites.n_evse[:, draft.replaces] > 0))
        unit = (sites.side if draft.site_type == SERVICE_AREA else sites.county)[rows]
        standing = sites.n_evse[rows, draft.replaces].astype(np.int64)
        weight = self._weights(draft)[unit] * standing
        more_kva = float(cells.rated_w[draft.cell] - cells.rated_w[draft.replaces]) * self.kva_per_w
        free = np.maximum(self._free_kva(rows, draft.site_type), 0.0)
        room = np.minimum(standing, free // more_kva if more_kva > 0 else standing).astype(np.int64)
        province = self.grounds.province[draft.site_type][unit]
        n_evse = np.zeros(len(rows), np.int64)
        for code in np.flatnonzero(draft.n).tolist():
            here = np.flatnonzero(province == code)
            if not self._has_candidates(draft, code, float(len(here))):
                continue
            n_evse[here], left = fill(int(draft.n[code]), weight[here], room[here])
            if left:
                self.faults.add(
                    f"{draft.where}, {self.codes[code]}",
                    f"{int(draft.n[code]):,} EVSEs to replace, where {int(standing[here].sum()):,} stand and transformers "
                    f"of {self.most_kva[draft.site_type]:,.0f} kVA a site let {int(room[here].sum()):,} be made stronger",
                    "no more than can be", "order fewer, or raise buildout.most_kva",
                )  # fmt: skip
        chosen = np.flatnonzero(n_evse)
        chosen = chosen[np.lexsort((rows[chosen], -weight[chosen]))]
        return self._put(number, draft, rows[chosen], n_evse[chosen])

    def _put(self, number: int, draft: Draft, rows: I64, n: I64) -> Work:
        self.sites.n_evse[rows, draft.cell] += n.astype(np.int32)
        if draft.replaces >= 0:
            self.sites.n_evse[rows, draft.replaces] -= n.astype(np.int32)
        cells = np.full(len(rows), draft.cell), np.full(len(rows), draft.replaces)
        return Work(number, rows, cells[0].astype(np.int64), n, cells[1].astype(np.int64))

    def _new_sites(self, number: int, name: str, site_type: str, drafts: list[Draft]) -> Iterator[Work]:
        """Build new sites in counties: every kind of one order and kind of site together."""
        n_counties = len(self.grounds.county_zone)
        counts, merit = np.zeros((n_counties, len(self.cells.layer)), np.int64), np.zeros(n_counties)
        province = self.grounds.province[site_type]
        for draft in drafts:
            weight = self._weights(draft)
            if site_type == "township":
                weight = self._new.open_townships(weight, province, self.grounds.n_provinces)
            sums = np.bincount(province, weight, self.grounds.n_provinces)
            has = [self._has_candidates(draft, code, float(sums[code])) for code in np.flatnonzero(draft.n).tolist()]
            if all(has):
                counts[:, draft.cell] += apportion_groups(draft.n, province, weight)
                merit = np.maximum(merit, weight)
        for first, new in self._new.build(site_type, counts):
            order = np.lexsort((np.arange(len(new.county)), -merit[new.county]))
            site, cell = np.nonzero(new.n_evse[order])
            n = new.n_evse[order][site, cell].astype(np.int64)
            yield Work(number, first + order[site], cell.astype(np.int64), n, np.full(len(n), -1, np.int64))

    def _has_candidates(self, draft: Draft, province: int, weight: float) -> bool:
        if weight > 0:
            return True
        what = (
            f"standing EVSEs of that class at {draft.site_type}" if draft.replaces >= 0 else f"place for {draft.site_type}"
        )
        self.faults.add(
            f"{draft.where}, {self.codes[province]}", f"no {what}, and {int(draft.n[province]):,} EVSEs ordered",
            "a province with candidates", "name other provinces, or order something else there",
        )  # fmt: skip
        return False

    def _note_full(self, where: str, wanted: int, left: int, n_sides: int, each_kva: float) -> None:
        self.faults.add(
            where,
            f"{left:,} of {wanted:,} EVSEs that no transformer can feed: {each_kva:,.0f} kVA each, {n_sides:,} sides of at "
            f"most {self.most_kva[SERVICE_AREA]:,.0f} kVA with what stands there",
            "no more than that", "order fewer, or raise buildout.most_kva",
        )  # fmt: skip


def kva_per_w(limit_share: float, efficiency: float) -> float:
    """Return the transformer that a watt of rated power needs at a large site."""
    return limit_share / (1000.0 * POWER_FACTOR * efficiency)
