"""From EVSEs of a county to sites: how many there are, how large, and what stands on each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from twin.rng import Stream, uniforms
from twin.stations.apportion import Ints, Numbers, apportion_groups, deal, ordinals
from twin.tables.columns import F64, I32, I64
from twin.tables.inputs import LAYERS, SITE_TYPES

__all__ = [
    "COMMUNITY", "FREIGHT", "FULL", "PLAIN", "QUICK", "RURAL", "SERVICE", "SITE_KINDS", "TRUNK", "Sites", "cut", "draws"
]  # fmt: skip

URBAN, HIGHWAY, RURAL_LAYER = (LAYERS.index(name) for name in ("urban", "highway", "rural"))


class SiteKind(NamedTuple):
    """A kind of site: what it is called in reports, and its mean number of EVSEs."""

    meaning: str
    site_type: int
    mean_evse: float


SITE_KINDS = (
    SiteKind("slow plugs at housing and car parks", SITE_TYPES.index("urban public"), 20.0),
    SiteKind("DC below 60 kW", SITE_TYPES.index("urban public"), 16.0),
    SiteKind("DC from 60 to below 120 kW", SITE_TYPES.index("urban public"), 15.0),
    SiteKind("DC of 120 kW and more, all powers side by side", SITE_TYPES.index("urban public"), 14.0),
    SiteKind("EVSEs with room for trucks", SITE_TYPES.index("freight hub"), 24.0),
    SiteKind("rural points: one per township covered, the rest in county towns", SITE_TYPES.index("county"), 14.0),
    SiteKind("service-area sides", SITE_TYPES.index("service area"), 15.0),
    SiteKind("DC from 60 kW on at trunk roads outside towns", SITE_TYPES.index("trunk road"), 8.0),
)
"""Mean sizes lie about the published piles per station: 18.1 in Guangdong (2022), 14.7 in Shenzhen (2022) and 10.9 in
Henan (2024); the split by kind is our own, confidence low. Freight hubs are larger: the Beichuan hub has 198 EVSEs."""

COMMUNITY, PLAIN, QUICK, FULL, FREIGHT, RURAL, SERVICE, TRUNK = range(len(SITE_KINDS))

TRUNK_SHARE, TRUNK_W = 0.2, 60_000
"""Part of the rural EVSEs of 60 kW or more, those for a charge on the way, that stands at trunk roads. Derived: half of the
rural EVSEs stand outside townships, and 41 % of Beijing's stations outside towns (no more than five within 2 km) lie within
500 m of a trunk or primary road of OpenStreetMap (5,818 stations of 2025, DingkangTeng); confidence low."""

DEPOT_SHARE = 0.022
"""Part of the urban sites for quick charging that are depots of buses, vans and coaches which let others in. Derived:
stations of Beijing whose name or address tells of one (same list); depots that let nobody in are private. Confidence low."""

SIZE_SPREAD = 0.6
"""Standard deviation of the logarithm of a site's share of its county's EVSEs; from memory, unverified."""


@dataclass(frozen=True)
class Sites:
    """Sites of one or several kinds.

    Attributes
    ----------
    county, kind, layer, site_type : ndarray of int64, shape (n,)
        Where they stand and what they are.
    ordinal : ndarray of int64, shape (n,)
        Number of the site among those of its county (of its line for service areas) and kind.
    n_evse : ndarray of int32, shape (n, n_cells)
        EVSEs by row of the stock table.
    lon, lat : ndarray, shape (n,)
        Degrees; NaN until the site is placed.
    link, side : ndarray of int64, shape (n,)
        Directed link and service-area side, -1 off the road graph.
    operator : ndarray of int64, shape (n,)
        Row of the operators' table.
    """

    county: I64
    kind: I64
    layer: I64
    site_type: I64
    ordinal: I64
    n_evse: I32
    lon: F64
    lat: F64
    link: I64
    side: I64
    operator: I64

    def take(self, rows: I64) -> Sites:
        """Return the given rows, in the given order."""
        return Sites(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def with_evses(self, n_evse: I32) -> Sites:
        """Return the sites with other EVSEs on them."""
        return replace(self, n_evse=n_evse)

    @staticmethod
    def join(parts: list[Sites]) -> Sites:
        """Return all sites of `parts`, one part after the other."""
        return Sites(*(np.concatenate([getattr(part, name) for part in parts]) for name in Sites.__dataclass_fields__))


def draws(seed: int, stream: Stream, unit: Ints, kind: int, draw: int) -> F64:
    """Return one draw in [0, 1) per site: entity is its ordinal in its unit, period the unit and kind.

    A site keeps its luck when another scenario has more sites in other counties.
    """
    values = np.empty(len(unit))
    if not len(unit):
        return values
    first = np.flatnonzero(np.concatenate(([True], unit[1:] != unit[:-1])))
    last = np.append(first[1:], len(unit))
    for start, stop in zip(first.tolist(), last.tolist(), strict=True):
        period = int(unit[start]) * 16 + kind
        values[start:stop] = uniforms(seed, stream, 0, stop - start, period, draw)
    return values


def cut(seed: int, totals: I64, n_sites: I64, kind: int) -> tuple[I64, I64]:
    """Cut the EVSEs of each unit into sites of log-normal relative size, at least one EVSE each.

    Parameters
    ----------
    seed : int
        Seed of the run.
    totals : ndarray of int64, shape (n_units,)
        EVSEs of each unit.
    n_sites : ndarray of int64, shape (n_units,)
        Sites wanted; taken down to the EVSEs there are, and up to one where there are any.
    kind : int
        Index into ``SITE_KINDS``.

    Returns
    -------
    unit, size : ndarray of int64, shape (n_sites,)
        Unit and EVSEs of every site, ascending in unit; sizes add up to `totals`.
    """
    n_sites = np.minimum(np.maximum(n_sites, 1), totals)
    unit = np.repeat(np.arange(len(totals)), n_sites)
    shock = ndtri(np.clip(draws(seed, Stream.STATION_SIZE, unit, kind, 0), 1e-9, 1 - 1e-9))
    return unit, 1 + apportion_groups(totals - n_sites, unit, np.exp(SIZE_SPREAD * shock))


def ordinary_sites(seed: int, kind: int, counts: I64, layer: int) -> Sites:
    """Sites of a kind that has one mean size everywhere; units are counties.

    Parameters
    ----------
    seed : int
        Seed of the run.
    kind : int
        Index into ``SITE_KINDS``.
    counts : ndarray of int64, shape (n_counties, n_cells)
        EVSEs of this kind by county and row of the stock table.
    layer : int
        Index into ``LAYERS``.
    """
    totals = counts.sum(axis=1)
    n_sites = np.rint(totals / SITE_KINDS[kind].mean_evse).astype(np.int64)
    unit, size = cut(seed, totals, n_sites, kind)
    return make_sites(unit, kind, layer, np.full(len(unit), SITE_KINDS[kind].site_type), deal(size, unit, counts))


def zone_sites(seed: int, kind: int, counts: I64, zone_of_county: Ints, weight: Numbers, layer: int) -> Sites:
    """Freight hubs and trunk-road sites: cut zone by zone, and given to counties along the zone's cumulated weight.

    Parameters
    ----------
    seed : int
        Seed of the run.
    kind : int
        Index into ``SITE_KINDS``.
    counts : ndarray of int64, shape (n_zones, n_cells)
        EVSEs by zone.
    zone_of_county, weight : ndarray, shape (n_counties,)
        Counties in order of zone, and how much of its zone's freight or roads they have.
    layer : int
        Index into ``LAYERS``.
    """
    totals = counts.sum(axis=1)
    zone, size = cut(seed, totals, np.rint(totals / SITE_KINDS[kind].mean_evse).astype(np.int64), kind)
    dealt = deal(size, zone, counts)
    through = np.cumsum(weight)
    before = np.concatenate(([0.0], through))[np.searchsorted(zone_of_county, np.arange(len(totals)))]
    of_zone = np.bincount(zone_of_county, weight, len(totals))
    step = (ordinals(zone) + 0.5) / np.bincount(zone, minlength=len(totals))[zone]
    county = np.searchsorted(through, before[zone] + of_zone[zone] * step)
    site_type = np.full(len(zone), SITE_KINDS[kind].site_type)
    return make_sites(county, kind, layer, site_type, dealt)


def rural_sites(seed: int, counts: I64, n_townships: I64) -> Sites:
    """Rural points: first one per covered township, then county-town sites of the mean size.

    Parameters
    ----------
    seed : int
        Seed of the run.
    counts : ndarray of int64, shape (n_counties, n_cells)
        Rural EVSEs by county.
    n_townships : ndarray of int64, shape (n_counties,)
        Townships to cover.
    """
    totals = counts.sum(axis=1)
    in_townships = np.minimum(totals, np.maximum(n_townships, np.minimum(TOWNSHIP_EVSE * n_townships, totals // 2)))
    covered = np.minimum(n_townships, totals)
    in_town = totals - in_townships
    n_town = np.where(in_town > 0, np.maximum(np.rint(in_town / SITE_KINDS[RURAL].mean_evse), 1), 0).astype(np.int64)
    unit = np.repeat(np.arange(len(totals)), covered + n_town)
    is_township = ordinals(unit) < covered[unit]
    shock = ndtri(np.clip(draws(seed, Stream.STATION_SIZE, unit, RURAL, 0), 1e-9, 1 - 1e-9))
    spare = np.stack((in_town - n_town, in_townships - covered), axis=1).ravel()
    size = 1 + apportion_groups(spare, 2 * unit + is_township, np.exp(SIZE_SPREAD * shock))
    site_type = np.where(is_township, SITE_TYPES.index("township"), SITE_TYPES.index("county"))
    return make_sites(unit, RURAL, RURAL_LAYER, site_type, deal(size, unit, counts))


TOWNSHIP_EVSE = 6
"""EVSEs of a township point where half of the county's rural EVSEs suffice for that; our own choice, confidence low."""


def make_sites(county: I64, kind: int, layer: int, site_type: I64, n_evse: I32) -> Sites:
    """Sites that stand off the road graph and are still to be placed."""
    n = len(county)
    nowhere, off = np.full(n, np.nan), np.full(n, -1, np.int64)
    of_kind, of_layer = np.full(n, kind, np.int64), np.full(n, layer, np.int64)
    return Sites(county, of_kind, of_layer, site_type, ordinals(county), n_evse, nowhere, nowhere, off, off, off)
