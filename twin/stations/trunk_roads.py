"""National and provincial roads outside towns, as far as county points tell them: straight roads between neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from twin.stations.sphere import on_sphere_km
from twin.tables.columns import F64, I64

if TYPE_CHECKING:
    from twin.stations.placement import Extent

__all__ = ["TrunkRoads", "road_points", "trunk_km", "trunk_points", "trunk_roads"]

N_NEIGHBOURS = 16
"""Neighbours among which the ends of roads from a county are looked for."""
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
LEAST_KM = 0.01
"""Length that a road counts with at least, so that every county that has one can be given a site."""


class TrunkRoads(NamedTuple):
    """Halves of trunk roads, sorted by county: each leads from a county point half-way to a neighbour's.

    Attributes
    ----------
    county, towards : ndarray of int64, shape (n_halves,)
        The county that it belongs to, and the one at its other end.
    from_km, until_km : ndarray of float64, shape (n_halves,)
        Where it leaves the built-up disc, and where it ends: half-way, or at the edge of the county's disc.
    share_per_km : ndarray of float64, shape (n_halves,)
        Part of the way to the neighbour that a kilometre is.
    """

    county: I64
    towards: I64
    from_km: F64
    until_km: F64
    share_per_km: F64

    @property
    def length_km(self) -> F64:
        """Length outside the town, ndarray of float64, shape (n_halves,)."""
        return np.maximum(self.until_km - self.from_km, LEAST_KM)


def trunk_roads(extent: Extent) -> TrunkRoads:
    """Join neighbouring counties by straight roads: two whose points have no third one in the circle between them.

    This is the graph of Gabriel and Sokal (1969). National and provincial roads join county seats; on the counties of
    ``seeds/counties.csv`` these have 280,000 km, with 1.3 times as much on the ground more than half of the 600,000 km of
    ordinary national and provincial roads (2023, from memory, unverified).

    Parameters
    ----------
    extent : Extent
        Counties as discs.
    """
    sphere = on_sphere_km(extent.lon, extent.lat)
    n = len(sphere)
    tree = cKDTree(sphere)
    near = np.asarray(tree.query(sphere, k=np.arange(1, min(N_NEIGHBOURS + 1, n) + 1))[1])
    start, end = np.repeat(np.arange(n), near.shape[1]), near.reshape(-1)
    start, end = start[start < end], end[start < end]
    backward = np.stack((near.reshape(-1), np.repeat(np.arange(n), near.shape[1])), axis=1)
    backward = backward[backward[:, 0] < backward[:, 1]]
    start, end = np.unique(np.concatenate((np.stack((start, end), axis=1), backward)), axis=0).T.astype(np.int64)
    whole_km = np.linalg.norm(sphere[start] - sphere[end], axis=1)
    off_km = np.asarray(tree.query((sphere[start] + sphere[end]) / 2.0)[0])
    joined = (off_km >= whole_km / 2.0 - 1e-6) & (whole_km > 0)
    start, end, whole_km = start[joined], end[joined], whole_km[joined]
    county, towards = np.concatenate((start, end)), np.concatenate((end, start))
    half_km, share = np.tile(whole_km / 2.0, 2), 1.0 / np.tile(whole_km, 2)
    order = np.lexsort((towards, county))
    county, towards, half_km, share = county[order], towards[order], half_km[order], share[order]
    until_km = np.minimum(half_km, extent.county_km[county])
    return TrunkRoads(county, towards, np.minimum(extent.town_km[county], until_km), until_km, share)


def trunk_km(extent: Extent) -> F64:
    """Return the straight length of the trunk roads of each county outside its town, km, shape (n_counties,)."""
    roads = trunk_roads(extent)
    return np.bincount(roads.county, roads.length_km, len(extent.lon)).astype(np.float64)


def along(roads: TrunkRoads, extent: Extent, half: I64, at_km: F64) -> tuple[F64, F64]:
    """Return the points at a distance behind the towns on halves of roads, degrees."""
    share = (roads.from_km[half] + at_km) * roads.share_per_km[half]
    here, there = roads.county[half], roads.towards[half]
    lon = extent.lon[here] + (extent.lon[there] - extent.lon[here]) * share
    return lon, extent.lat[here] + (extent.lat[there] - extent.lat[here]) * share


def trunk_points(extent: Extent, county: I64, ordinal: I64) -> tuple[F64, F64]:
    """Return the place of site `ordinal` on the trunk roads of each county: steps of the golden section spread them evenly.

    A county without a road, as the only one of an island, has its site at the edge of its town.
    """
    roads = trunk_roads(extent)
    length_km = roads.length_km
    through = np.concatenate(([0.0], np.cumsum(length_km)))
    first, last = (np.searchsorted(roads.county, county, side) for side in ("left", "right"))
    has_road = last > first
    at = through[first] + (through[last] - through[first]) * ((0.5 + ordinal * GOLDEN) % 1.0)
    half = np.clip(np.searchsorted(through, at, "right") - 1, first, np.maximum(last - 1, first))
    half = np.minimum(half, max(len(roads.county) - 1, 0))
    lon, lat = extent.lon[county].copy(), extent.lat[county].copy()
    lon[has_road], lat[has_road] = along(roads, extent, half[has_road], (at - through[half])[has_road])
    return lon, lat


def road_points(extent: Extent, step_km: float) -> tuple[I64, F64, F64, F64]:
    """Return points along the trunk roads outside towns, in the middle of pieces of at most a length.

    Parameters
    ----------
    extent : Extent
        Counties as discs.
    step_km : float
        Longest piece, km.

    Returns
    -------
    county, lon, lat, piece_km : ndarray, shape (n_points,)
        County, coordinates, and straight length of each piece.
    """
    roads = trunk_roads(extent)
    n = np.ceil(roads.length_km / step_km).astype(np.int64)
    half = np.repeat(np.arange(len(n)), n)
    piece_km = (roads.length_km / n)[half]
    step = np.arange(len(half)) - np.repeat(np.cumsum(n) - n, n)
    lon, lat = along(roads, extent, half, (step + 0.5) * piece_km)
    return roads.county[half], lon, lat, piece_km
