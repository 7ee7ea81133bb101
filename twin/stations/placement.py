"""Where sites stand: in the built-up disc of their county, in its townships, or at its edge."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.spatial import cKDTree

from twin.rng import Stream
from twin.stations.apportion import Ints
from twin.stations.sites import DEPOT_SHARE, FREIGHT, FULL, QUICK, TRUNK, Sites, draws
from twin.stations.sphere import on_sphere_km
from twin.stations.trunk_roads import trunk_points
from twin.tables.columns import F64, I64
from twin.tables.inputs import SITE_TYPES

__all__ = [
    "KM_PER_DEG",
    "Extent",
    "built_up_radius_km",
    "county_radius_km",
    "offset",
    "place",
    "township_points",
]

KM_PER_DEG = 111.32
DENSITY_PER_KM2 = 10_000.0
"""People per square kilometre of built-up land: 100 m2 a person is the middle of the national planning standard
(GB 50137-2011, 65-115 m2); from memory, unverified."""

GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))
N_AROUND = 6
DEPOT = SITE_TYPES.index("depot")


@dataclasses.dataclass(frozen=True)
class Extent:
    """Counties as discs: a built-up disc inside a county disc, both round the county point.

    Attributes
    ----------
    lon, lat : ndarray, shape (n_counties,)
        County points, degrees.
    town_km, county_km : ndarray, shape (n_counties,)
        Radii of the two discs.
    """

    lon: F64
    lat: F64
    town_km: F64
    county_km: F64


def county_radius_km(lon: F64, lat: F64, province: Ints, area_km2: F64) -> F64:
    """Radius of each county as a disc.

    With n points to the area A, pi r^2 = A / n and the k-th neighbour lies at about r sqrt(k): the distance to the
    sixth gives the local size, and one factor per province brings the discs to the province's area.

    Parameters
    ----------
    lon, lat : ndarray, shape (n_counties,)
        Degrees.
    province : ndarray of int64, shape (n_counties,)
        Province of each county.
    area_km2 : ndarray, shape (n_provinces,)
        Areas.
    """
    sphere = on_sphere_km(lon, lat)
    n_near = min(N_AROUND, len(lon) - 1)
    if n_near < 1:
        return np.sqrt(area_km2[province] / np.pi)
    distance_km = np.asarray(cKDTree(sphere).query(sphere, k=[n_near + 1])[0])[:, 0]
    disc_km2 = np.pi * np.maximum(distance_km, 1.0) ** 2 / n_near
    total_km2 = np.bincount(province, disc_km2, len(area_km2))
    radius_km: F64 = np.sqrt(disc_km2 / np.pi * area_km2[province] / total_km2[province])
    return radius_km


def built_up_radius_km(urban_population: F64, county_km: F64) -> F64:
    """Radius of the disc that holds the urban population at 10,000 people per km2, at most the county's."""
    return np.minimum(np.sqrt(urban_population / DENSITY_PER_KM2 / np.pi), county_km)


def offset(lon: F64, lat: F64, radius_km: F64, angle: F64) -> tuple[F64, F64]:
    """Points at a distance and an angle (from east, counter-clockwise) of other points, in degrees."""
    north = lat + radius_km * np.sin(angle) / KM_PER_DEG
    return lon + radius_km * np.cos(angle) / (KM_PER_DEG * np.cos(np.radians(lat))), north


def township_points(extent: Extent, county: I64, ordinal: I64, n_townships: I64) -> tuple[F64, F64]:
    """Township `ordinal` of each county on a sunflower spiral, which fills the county's disc evenly (Vogel 1979)."""
    share = (ordinal + 0.5) / np.maximum(n_townships[county], ordinal + 1)
    radius_km = extent.county_km[county] * np.sqrt(share)
    return offset(extent.lon[county], extent.lat[county], radius_km, ordinal * GOLDEN_ANGLE)


def place(seed: int, sites: Sites, extent: Extent, n_townships: I64, stage: int = 0) -> Sites:
    """Give every site off the road graph its coordinates.

    Urban and county-town sites fall evenly into the built-up disc; freight hubs on the ring between 1 and 1.5 of its
    radius, where the trunk roads leave it; depots in the outer half of the disc; township sites stand in their townships;
    trunk-road sites along the roads to neighbouring towns. Of the quick urban sites of a stock a few are depots.

    Parameters
    ----------
    seed : int
        Seed of the run.
    sites : Sites
        Sites of one kind, ascending in county, without coordinates.
    extent : Extent
        The counties.
    n_townships : ndarray of int64, shape (n_counties,)
        Townships by county.
    stage : int
        Added to the kind in the addresses of the draws.
    """
    kind = int(sites.kind[0]) if len(sites.kind) else 0
    area = draws(seed, Stream.STATION_PLACE, sites.county, kind + stage, 0)
    angle = 2 * np.pi * draws(seed, Stream.STATION_PLACE, sites.county, kind + stage, 1)
    site_type = sites.site_type if stage else _with_depots(seed, sites, area)
    is_depot = (site_type == DEPOT) & (sites.site_type == DEPOT)
    area = np.where(is_depot, 0.5 + 0.5 * area, area)
    town_km = np.maximum(extent.town_km[sites.county], 0.5)
    radius_km = town_km * (np.sqrt(1.0 + 1.25 * area) if kind == FREIGHT else np.sqrt(area))
    lon, lat = offset(extent.lon[sites.county], extent.lat[sites.county], radius_km, angle)
    away = site_type == SITE_TYPES.index("township")
    lon[away], lat[away] = township_points(extent, sites.county[away], sites.ordinal[away], n_townships)
    if kind == TRUNK:
        lon, lat = trunk_points(extent, sites.county, sites.ordinal)
    return dataclasses.replace(sites, site_type=site_type, lon=lon, lat=lat)


def _with_depots(seed: int, sites: Sites, area: F64) -> I64:
    """Return what sites of a stock are: of those with DC of 60 kW or more in the outer half of a town, a few are depots."""
    is_quick = np.isin(sites.kind, (QUICK, FULL)) & (area >= 0.5)
    luck = draws(seed, Stream.STATION_PLACE, sites.county, int(sites.kind[0]) if len(sites.kind) else 0, 2)
    return np.where(is_quick & (luck < 2.0 * DEPOT_SHARE), DEPOT, sites.site_type)
