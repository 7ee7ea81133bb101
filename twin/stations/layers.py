"""Sites of the three layers: what each county, township and service area gets of its province's EVSEs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from twin.errors import DataError
from twin.rng import Stream
from twin.stations.apportion import apportion, apportion_groups
from twin.stations.service_areas import Sides, potential, service_sites
from twin.stations.sites import (
    COMMUNITY,
    FREIGHT,
    FULL,
    HIGHWAY,
    PLAIN,
    QUICK,
    RURAL_LAYER,
    SERVICE,
    TRUNK,
    TRUNK_SHARE,
    TRUNK_W,
    URBAN,
    Sites,
    draws,
    ordinary_sites,
    rural_sites,
    zone_sites,
)
from twin.stations.sphere import on_sphere_km
from twin.stations.stock import Cells, share_in_groups
from twin.stations.trunk_roads import trunk_km
from twin.tables.columns import F64, I64

if TYPE_CHECKING:
    from twin.network.graph import Network
    from twin.network.regions import Regions
    from twin.stations.placement import Extent

__all__ = [
    "at_service_areas",
    "for_depots",
    "for_trunk_roads",
    "highway_sites",
    "hub_weight",
    "kinds_of_cells",
    "local_sites",
    "sides_of",
    "urban_weight",
    "with_operator",
]

LEAST_PER_TOWNSHIP = 8
"""Rural EVSEs per township from which a province covers all its townships. With the stock of end-2025 this covers 20
provinces in full; 19 were reported (NEA through Qazinform, 2026-01)."""

CORE_PER_KM2 = 1500.0
"""Counties with more people per km2 are city cores, where trucks may not drive by day and hubs find no land."""

MOST_PER_SIDE = 40
"""EVSEs a service-area side holds at most on the mean of a province; Guangdong had 23 bays a side in 2026. What the
provincial shares give the few sides of Shanghai, Beijing and Tianjin beyond that goes to the other provinces."""


def local_sites(seed: int, regions: Regions, cells: Cells, of_province: I64, townships: I64, extent: Extent) -> list[Sites]:
    """Cut the EVSEs off the expressways into sites, kind by kind; units: counties; zones for truck hubs and trunk roads."""
    province = regions.county_province
    parts = []
    for kind, members in kinds_of_cells(cells):
        of_kind = np.where(members, of_province, 0)
        parts.append(ordinary_sites(seed, kind, share_in_groups(of_kind, province, urban_weight(regions)), URBAN))
    hubs = hub_weight(regions, extent.county_km)
    for layer in (URBAN, RURAL_LAYER):
        trucks = np.where((cells.layer == layer) & cells.for_trucks, of_province, 0)
        by_zone = share_in_groups(trucks, regions.zone_province, regions.zone_population)
        parts.append(zone_sites(seed, FREIGHT, by_zone, regions.county_zone, hubs, layer))
    rural = np.where((cells.layer == RURAL_LAYER) & ~cells.for_trucks, of_province, 0)
    full = rural.sum(axis=1) // LEAST_PER_TOWNSHIP
    n_townships = np.bincount(province, townships, len(of_province)).astype(np.int64)
    covered = apportion_groups(np.minimum(full, n_townships), province, townships.astype(np.float64))
    on_trunk_roads = np.where(for_trunk_roads(cells), np.floor(TRUNK_SHARE * rural), 0).astype(np.int64)
    by_county = share_in_groups(rural - on_trunk_roads, province, regions.county_rural_population)
    parts.append(rural_sites(seed, by_county, np.minimum(covered, townships)))
    road_km = trunk_km(extent)
    by_zone = share_in_groups(
        on_trunk_roads, regions.zone_province, np.bincount(regions.county_zone, road_km, regions.n_zones)
    )
    parts.append(zone_sites(seed, TRUNK, by_zone, regions.county_zone, road_km, RURAL_LAYER))
    return parts


def for_trunk_roads(cells: Cells) -> np.ndarray:
    """Which cells have a part at trunk roads: rural DC of 60 kW or more that is not for trucks."""
    is_rural = (cells.layer == RURAL_LAYER) & ~cells.for_trucks
    return np.asarray(is_rural & ~cells.is_ac & (cells.rated_w >= TRUNK_W) & (cells.n_batteries == 0))


def for_depots(cells: Cells) -> np.ndarray:
    """Which cells have a part at depots that let others in: urban DC of 60 kW or more that is not for trucks."""
    is_urban = (cells.layer == URBAN) & ~cells.for_trucks
    return np.asarray(is_urban & ~cells.is_ac & (cells.rated_w >= TRUNK_W) & (cells.n_batteries == 0))


def urban_weight(regions: Regions) -> F64:
    """Electric vehicles of the towns of each county."""
    urban_share = regions.county_urban_population / regions.zone_urban_population[regions.county_zone]
    return np.asarray(regions.zone_nev[regions.county_zone] * urban_share, np.float64)


def hub_weight(regions: Regions, county_km: F64) -> F64:
    """People of each county where hubs find land; next to nothing in the cores of cities."""
    density_per_km2 = regions.county_population / (np.pi * county_km**2)
    return np.asarray(np.where(density_per_km2 < CORE_PER_KM2, 1.0, 1e-6) * regions.county_population, np.float64)


def kinds_of_cells(cells: Cells) -> list[tuple[int, np.ndarray]]:
    """Which cells of the urban layer go to which kind of site."""
    cars = (cells.layer == URBAN) & ~cells.for_trucks
    dc_w = np.where(cells.is_ac, 0, cells.rated_w)
    return [
        (COMMUNITY, cars & cells.is_ac),
        (PLAIN, cars & (dc_w > 0) & (dc_w < 60_000)),
        (QUICK, cars & (dc_w >= 60_000) & (dc_w < 120_000)),
        (FULL, cars & (dc_w >= 120_000)),
    ]


def highway_sites(regions: Regions, network: Network, cells: Cells, of_province: I64) -> Sites:
    """Give each province's highway EVSEs to its service-area sides, at most 40 a side on the mean of a province.

    A network with fewer sides than that can hold has a tenth more than its own mean as the most.

    Raises
    ------
    DataError
        If there is no service area at all.
    """
    sides = sides_of(regions, network)
    counts = at_service_areas(regions, sides, cells, of_province)
    province = regions.county_province[sides.county]
    banks = np.where(cells.for_trucks, 2, np.where(cells.is_high_power_class[cells.power_class], 1, 0)).astype(np.uint8)
    weight = potential(sides.lon, sides.lat, regions.zone_lon, regions.zone_lat, regions.zone_population)
    parts = []
    for code in np.unique(province):
        rows = np.flatnonzero(province == code)
        parts.append(service_sites(counts[code], banks, weight[rows], sides.take(rows)))
    sites = Sites.join(parts)
    return sites.take(np.argsort(sites.side))


def at_service_areas(regions: Regions, sides: Sides, cells: Cells, of_province: I64) -> I64:
    """Return the highway EVSEs of each province as its service areas can hold them, (n_provinces, n_cells)."""
    counts = np.where(cells.layer == HIGHWAY, of_province, 0)
    if not len(sides.side):
        raise DataError("service areas: found none on the road network; the highway layer of the stock needs some")
    n_sides = np.bincount(regions.county_province[sides.county], minlength=len(counts))
    per_side = max(MOST_PER_SIDE, -(-11 * int(counts.sum()) // (10 * len(sides.side))))
    return _fit(counts, per_side * n_sides)


def _fit(counts: I64, most: I64) -> I64:
    """Move what does not fit into a province to those with room: as they have already, or else as they have room."""
    totals = counts.sum(axis=1)
    over = np.flatnonzero(totals > most)
    room = np.maximum(most - totals, 0)
    takes = np.minimum(totals, room) + 1e-9 * room
    fitted = counts.copy()
    for province in over.tolist():
        fitted[province] = apportion(int(most[province]), counts[province].astype(np.float64))
    for cell, excess in enumerate((counts - fitted).sum(axis=0).tolist()):
        fitted[:, cell] += apportion(excess, takes)
    return fitted


def with_operator(seed: int, sites: Sites, shares: F64, stage: int = 0) -> Sites:
    """Draw the operator of each site by the operators' shares of the nation's EVSEs; one a site. `stage` as in `place`."""
    if not len(sites.kind):
        return sites
    kind = int(sites.kind[0])
    unit = np.zeros_like(sites.county) if kind == SERVICE else sites.county
    luck = draws(seed, Stream.STATION_SIZE, unit, kind + stage, 1)
    through = np.cumsum(shares)
    operator = np.searchsorted(through / through[-1], luck, side="right")
    return dataclasses.replace(sites, operator=np.minimum(operator, len(shares) - 1))


def sides_of(regions: Regions, network: Network) -> Sides:
    """Sides of service areas with the nearest county point of their own province."""
    county = np.empty(len(network.site_link), np.int64)
    for province in range(regions.n_provinces):
        rows = np.flatnonzero(network.site_province == province)
        counties = np.flatnonzero(regions.county_province == province)
        tree = cKDTree(on_sphere_km(regions.county_lon[counties], regions.county_lat[counties]))
        county[rows] = counties[tree.query(on_sphere_km(network.site_lon[rows], network.site_lat[rows]))[1]]
    side = np.arange(len(county), dtype=np.int64)
    return Sides(side, county, network.site_lon, network.site_lat, network.site_link.astype(np.int64))
