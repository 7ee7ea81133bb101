"""Which pools a driver in a county knows, and which stand at the end of a link."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from twin.stations.apportion import ordinals
from twin.stations.hilbert import hilbert_index
from twin.stations.sphere import on_sphere_km
from twin.tables.columns import F64, I64
from twin.tables.inputs import LAYERS, SERVES_CARS, SERVES_TRUCKS, LinkPools, Markets, Pools, Stations

__all__ = ["LEAST_POOLS", "build_link_pools", "build_markets"]

LEAST_POOLS = 4
"""Pools that a driver knows at least; a county with fewer looks to its neighbours."""


def build_markets(stations: Stations, pools: Pools, lon: F64, lat: F64) -> Markets:
    """List the pools of every county and market, highway stations left out.

    "fast" is DC for cars, "slow" AC for cars, "truck" whatever serves trucks. Pools of a row follow a Hilbert curve
    through their stations, so that neighbours in the row are near each other. A county with fewer than four of its
    own adds the pools of the nearest counties, county by county, until it has four.

    Parameters
    ----------
    stations : Stations
        Stations with coordinates.
    pools : Pools
        Their pools.
    lon, lat : ndarray, shape (n_counties,)
        County points.

    Returns
    -------
    Markets
        Rows ``county * len(MARKETS) + market``; empty only where there is no pool of the market at all.
    """
    n_counties = len(lon)
    position = hilbert_index(stations.lon, stations.lat)
    rows: list[list[I64]] = []
    for is_member in _members(stations, pools):
        pool = np.flatnonzero(is_member)
        county = stations.county[pools.station[pool]].astype(np.int64)
        own = _rows(county, pool, n_counties)
        rows.append(_borrow(own, lon, lat))
    return _pack(rows, position, pools)


def _members(stations: Stations, pools: Pools) -> tuple[np.ndarray, ...]:
    is_local = stations.layer[pools.station] != LAYERS.index("highway")
    for_cars = is_local & ((pools.serves & SERVES_CARS) > 0)
    for_trucks = is_local & ((pools.serves & SERVES_TRUCKS) > 0)
    return for_cars & (pools.is_ac == 0), for_cars & (pools.is_ac == 1), for_trucks


def _rows(county: I64, pool: I64, n_counties: int) -> list[I64]:
    order = np.argsort(county, kind="stable")
    bounds = np.searchsorted(county[order], np.arange(n_counties + 1))
    return [pool[order[first:last]] for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]


def _borrow(own: list[I64], lon: F64, lat: F64) -> list[I64]:
    """Add the pools of the nearest counties that have any to counties with too few."""
    supply = np.array([len(pools) for pools in own])
    givers = np.flatnonzero(supply)
    if not len(givers):
        return own
    sphere = on_sphere_km(lon, lat)
    tree = cKDTree(sphere[givers])
    n_near = min(LEAST_POOLS + 1, len(givers))
    thin = np.flatnonzero(supply < LEAST_POOLS)
    near = tree.query(sphere[thin], k=[*range(1, n_near + 1)])[1]
    filled = list(own)
    for county, neighbours in zip(thin.tolist(), givers[near], strict=True):
        known = [own[county]] if supply[county] else []
        for other in neighbours.tolist():
            if sum(map(len, known)) >= LEAST_POOLS:
                break
            if other != county:
                known.append(own[other])
        filled[county] = np.concatenate(known)
    return filled


def _pack(rows: list[list[I64]], position: I64, pools: Pools) -> Markets:
    """Put county after county, market after market, each along the curve."""
    lengths = np.array([[len(pool) for pool in market] for market in rows]).T.ravel()
    first = np.concatenate(([0], np.cumsum(lengths)))
    pool = np.concatenate([market[county] for county in range(len(rows[0])) for market in rows])
    row = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((pool, position[pools.station[pool]], row))
    return Markets(first.astype(np.int32), pool[order].astype(np.int32))


def build_link_pools(stations: Stations, n_links: int) -> LinkPools:
    """List the pools that stand at the end of each directed link, in order of their id."""
    on_road = np.flatnonzero(stations.link >= 0)
    order = on_road[np.argsort(stations.link[on_road], kind="stable")]
    n_pools = stations.n_pools[order].astype(np.int64)
    per_link = np.bincount(stations.link[order], n_pools, n_links).astype(np.int64)
    station = np.repeat(order, n_pools)
    pool = stations.first_pool[station] + ordinals(station)
    return LinkPools(np.concatenate(([0], np.cumsum(per_link))).astype(np.int32), pool.astype(np.int32))
