"""New sites off the expressways: EVSEs of counties cut into sites of the kinds that the stock has, numbered and placed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from twin.stations.apportion import apportion_groups, deal, ordinals
from twin.stations.chosen_sites import ChosenSites
from twin.stations.layers import kinds_of_cells, with_operator
from twin.stations.placement import Extent, place, township_points
from twin.stations.sites import (
    FREIGHT,
    FULL,
    RURAL,
    RURAL_LAYER,
    TOWNSHIP_EVSE,
    TRUNK,
    URBAN,
    Sites,
    make_sites,
    ordinary_sites,
    zone_sites,
)
from twin.stations.stock import Cells
from twin.tables.columns import F64, I64
from twin.tables.inputs import SITE_TYPES

__all__ = ["NEW_STAGE", "NewSites"]

NEW_STAGE = 8
"""Added to the kind of a site in the addresses of its draws, so that a new site has luck of its own."""

OF_ZONES = {"freight hub": (FREIGHT, URBAN), "trunk road": (TRUNK, RURAL_LAYER), "depot": (FULL, URBAN)}
"""Kinds of site that are cut zone by zone, since a county may need less than one: the kind that they are, and its layer."""


class NewSites:
    """Cuts, numbers and places new sites beside those that stand.

    Parameters
    ----------
    seed : int
        Seed of the run.
    standing : Sites
        What stands.
    cells : Cells
        Kinds of EVSE.
    extent, n_townships, county_zone
        Counties as discs, their townships and zones.
    operator_shares : ndarray
        By which operators are drawn.
    """

    def __init__(
        self,
        seed: int,
        standing: Sites,
        cells: Cells,
        extent: Extent,
        n_townships: I64,
        county_zone: I64,
        operator_shares: F64,
    ) -> None:
        self.seed, self.standing, self.cells, self.extent = seed, standing, cells, extent
        self.n_townships, self.county_zone, self.operator_shares = n_townships, county_zone, operator_shares
        self.parts: list[Sites] = []
        self.n_rows = len(standing.county)
        self._n_of: dict[tuple[int, int], I64] = {}
        at_townships = standing.county[standing.site_type == SITE_TYPES.index("township")]
        self._n_covered = np.bincount(at_townships, minlength=len(n_townships)).astype(np.int64)

    def build(self, site_type: str, counts: I64) -> Iterator[tuple[int, Sites]]:
        """Yield the new sites for EVSEs by county and cell, with the row at which they begin."""
        for part in self._cut(site_type, counts):
            new = self._numbered(part)
            if site_type == "township":
                new = self._in_townships(new)
            elif len(new.county):
                new = place(self.seed, new, self.extent, self.n_townships, NEW_STAGE)
            new = with_operator(self.seed, new, self.operator_shares, NEW_STAGE)
            first = self.n_rows
            self.parts.append(new)
            self.n_rows += len(new.county)
            yield first, new

    def at(self, site_type: str, cell: int, chosen: ChosenSites) -> tuple[int, I64]:
        """Add sites at chosen places, each with EVSEs of one cell; return their first row, and each one's behind it."""
        order = np.argsort(chosen.county, kind="stable")
        county, n = chosen.county[order], len(order)
        n_evse = np.zeros((n, len(self.cells.layer)), np.int32)
        n_evse[:, cell] = chosen.n_evse[order]
        kind, layer = OF_ZONES.get(site_type, (RURAL, RURAL_LAYER))
        if site_type == "urban public":
            kind = next((kind for kind, members in kinds_of_cells(self.cells) if members[cell]), FREIGHT)
            layer = URBAN
        types = np.full(n, SITE_TYPES.index(site_type))
        new = self._numbered(make_sites(county, kind, layer, types, n_evse))
        new = dataclasses.replace(new, lon=chosen.lon[order], lat=chosen.lat[order])
        if site_type == "township":
            self._n_covered += np.bincount(county, minlength=len(self.n_townships))
        self.parts.append(with_operator(self.seed, new, self.operator_shares, NEW_STAGE))
        first, row = self.n_rows, np.empty(n, np.int64)
        row[order] = np.arange(n)
        self.n_rows += n
        return first, row

    def open_townships(self, weight: F64, province: I64, n_provinces: int) -> F64:
        """Weigh counties by uncovered townships where their province has any, else by the rule, if they have townships."""
        bare = self._uncovered().astype(np.float64)
        has_bare = np.bincount(province, bare, n_provinces)[province] > 0
        return np.where(has_bare, bare, np.where(self.n_townships > 0, weight, 0.0))

    def _cut(self, site_type: str, counts: I64) -> Iterator[Sites]:
        """Cut the EVSEs of counties into sites of the kinds that the stock has."""
        if site_type == "urban public":
            rest = counts.copy()
            for kind, members in kinds_of_cells(self.cells):
                yield ordinary_sites(self.seed, kind, np.where(members, counts, 0), URBAN)
                rest[:, members] = 0
            counts, site_type = rest, "freight hub"  # what serves trucks as well stands at hubs
        if site_type in OF_ZONES:
            kind, layer = OF_ZONES[site_type]
            zone = self.county_zone
            by_zone = np.zeros((int(zone.max()) + 1, counts.shape[1]), np.int64)
            np.add.at(by_zone, zone, counts)
            weight = counts.sum(axis=1) + 1e-9
            part = zone_sites(self.seed, kind, by_zone, zone, weight, layer)
            yield dataclasses.replace(part, site_type=np.full(len(part.county), SITE_TYPES.index(site_type)))
        if site_type == "county":
            part = ordinary_sites(self.seed, RURAL, counts, RURAL_LAYER)
            yield part
        if site_type == "township":
            totals = counts.sum(axis=1)
            n_sites = np.minimum(totals, np.maximum(-(-totals // TOWNSHIP_EVSE), np.minimum(self._uncovered(), totals)))
            county = np.repeat(np.arange(len(totals)), n_sites)
            size = apportion_groups(totals, county, np.ones(len(county)))
            types = np.full(len(county), SITE_TYPES.index("township"))
            yield make_sites(county, RURAL, RURAL_LAYER, types, deal(size, county, counts))

    def _uncovered(self) -> I64:
        """Townships of each county without a site of their own."""
        return np.asarray(np.maximum(self.n_townships - self._n_covered, 0))

    def _in_townships(self, new: Sites) -> Sites:
        """Place new township sites: in townships without one first, then in turn in all of them."""
        turn = (self._n_covered[new.county] + ordinals(new.county)) % np.maximum(self.n_townships[new.county], 1)
        self._n_covered += np.bincount(new.county, minlength=len(self.n_townships))
        lon, lat = township_points(self.extent, new.county, turn, self.n_townships)
        return dataclasses.replace(new, lon=lon, lat=lat)

    def _numbered(self, part: Sites) -> Sites:
        """Number new sites behind those of their county, kind and layer that stand."""
        if not len(part.county):
            return part
        kind, layer = int(part.kind[0]), int(part.layer[0])
        if (kind, layer) not in self._n_of:
            same = (self.standing.kind == kind) & (self.standing.layer == layer)
            self._n_of[kind, layer] = np.bincount(self.standing.county[same], minlength=len(self.n_townships))
        n_before = self._n_of[kind, layer]
        self._n_of[kind, layer] = n_before + np.bincount(part.county, minlength=len(self.n_townships))
        return dataclasses.replace(part, ordinal=part.ordinal + n_before[part.county])
