"""Distances between places measured on a map of motorways, trunk and primary roads: a yardstick for the backbone.

The map is undirected, without ramps, and every crossing is a junction. So motorways and other roads are two layers
that touch where the map says they do, and changing layer costs 0.08 h, about what an interchange and its approach
take. Short gaps of the map are bridged by links of class ``gap_bridge``; between motorways they count as motorway.
Places join all roads within 8 km (or within 3 km more than the nearest) at 40 km/h over 1.3 times the straight line.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

MOTORWAY, TRUNK, PRIMARY, GAP = range(4)
CLASSES = {"motorway": MOTORWAY, "trunk": TRUNK, "primary": PRIMARY, "gap_bridge": GAP}
SPEED_KMH = np.array([100.0, 65.0, 50.0, 60.0])
CHANGE_H = 0.08
JOIN_KM, JOIN_MORE_KM, JOIN_DETOUR, JOIN_KMH, JOIN_ROADS = 8.0, 3.0, 1.3, 40.0, 24
EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Roads:
    """Undirected edges with their hours and kilometres, and the points of their nodes."""

    a: np.ndarray
    b: np.ndarray
    hours: np.ndarray
    km: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    is_motorway: np.ndarray


def read_roads(folder: Path) -> Roads:
    """Read the map, keep its largest piece, and join chains of edges between junctions into one edge each."""
    with gzip.open(folder / "nodes.csv.gz", "rt") as lines:
        _, lon, lat = np.loadtxt(lines, delimiter=",", skiprows=1, unpack=True)
    with gzip.open(folder / "edges.csv.gz", "rt") as lines:
        u, v, km, cls = np.loadtxt(
            lines, delimiter=",", skiprows=1, unpack=True, converters={3: lambda name: CLASSES[name]}, encoding="utf-8"
        )
    u, v, cls = (column.astype(np.int64) for column in (u, v, cls))
    return _without_bends(_largest(_layered(u, v, km, cls, lon, lat)))


def _layered(u: np.ndarray, v: np.ndarray, km: np.ndarray, cls: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> Roads:
    n = len(lon)
    on_motorway = np.zeros(n, bool)
    on_motorway[u[cls == MOTORWAY]] = on_motorway[v[cls == MOTORWAY]] = True
    upper = (cls == MOTORWAY) | ((cls == GAP) & on_motorway[u] & on_motorway[v])
    hours = km / np.where(upper, SPEED_KMH[MOTORWAY], SPEED_KMH[cls])
    a, b = np.where(upper, u, u + n), np.where(upper, v, v + n)
    used = np.bincount(np.concatenate([a, b]), minlength=2 * n) > 0
    both = np.flatnonzero(used[:n] & used[n:])
    return Roads(
        a=np.concatenate([a, both]),
        b=np.concatenate([b, both + n]),
        hours=np.concatenate([hours, np.full(len(both), CHANGE_H)]),
        km=np.concatenate([km, np.zeros(len(both))]),
        lon=np.tile(lon, 2),
        lat=np.tile(lat, 2),
        is_motorway=np.arange(2 * n) < n,
    )


def _largest(roads: Roads) -> Roads:
    n = len(roads.lon)
    joined = csr_matrix((np.ones(len(roads.a), np.int8), (roads.a, roads.b)), shape=(n, n))
    label = connected_components(joined, directed=False)[1]
    kept = label == np.bincount(label).argmax()
    row = np.cumsum(kept) - 1
    edge = kept[roads.a] & (roads.a != roads.b)
    return Roads(
        row[roads.a[edge]],
        row[roads.b[edge]],
        roads.hours[edge],
        roads.km[edge],
        roads.lon[kept],
        roads.lat[kept],
        roads.is_motorway[kept],
    )


def _without_bends(roads: Roads) -> Roads:
    n_edges = len(roads.a)
    end, edge = np.concatenate([roads.a, roads.b]), np.tile(np.arange(n_edges), 2)
    is_bend = np.bincount(end) == 2
    order = np.argsort(end, kind="stable")
    x, y = edge[order][is_bend[end[order]]].reshape(-1, 2).T
    chain = connected_components(csr_matrix((np.ones(len(x), np.int8), (x, y)), (n_edges, n_edges)), directed=False)[1]
    # The two ends of every chain that is not a ring.
    order = np.argsort(chain[edge], kind="stable")
    order = order[~is_bend[end[order]]]
    a, b = end[order].reshape(-1, 2).T
    kept = chain[edge[order]][::2]
    row = np.cumsum(~is_bend) - 1
    return Roads(
        row[a],
        row[b],
        np.bincount(chain, roads.hours)[kept],
        np.bincount(chain, roads.km)[kept],
        roads.lon[~is_bend],
        roads.lat[~is_bend],
        roads.is_motorway[~is_bend],
    )


def _on_sphere(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    x, y = np.radians(lon), np.radians(lat)
    return EARTH_KM * np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=1)


def fastest_km(roads: Roads, lon: np.ndarray, lat: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Kilometres of the fastest route between places.

    Parameters
    ----------
    roads : Roads
        The map.
    lon, lat : ndarray, shape (n_places,)
        Places.
    pairs : ndarray of int, shape (n_pairs, 2)
        Rows of the places.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Lengths; inf where there is no road.
    """
    n = len(roads.lon)
    distance, near = KDTree(_on_sphere(roads.lon, roads.lat)).query(_on_sphere(lon, lat), k=JOIN_ROADS)
    joins = distance <= np.maximum(JOIN_KM, distance[:, :1] + JOIN_MORE_KM)
    place, road = np.broadcast_to(np.arange(len(lon))[:, None], near.shape)[joins], near[joins]
    join_km = JOIN_DETOUR * distance[joins]
    a, b = np.concatenate([roads.a, n + place]), np.concatenate([roads.b, road])
    km = np.concatenate([roads.km, join_km])
    hours = np.concatenate([roads.hours, join_km / JOIN_KMH + np.where(roads.is_motorway[road], CHANGE_H, 0.0)])
    # Of parallel edges the fastest; 1e-9 h keeps edges of no length in the sparse graph.
    low, high = np.minimum(a, b), np.maximum(a, b)
    key = low * (n + len(lon)) + high
    order = np.lexsort((hours, key))
    kept = order[np.concatenate([[True], np.diff(key[order]) > 0])]
    size = (n + len(lon), n + len(lon))
    graph = csr_matrix((np.maximum(hours[kept], 1e-9), (low[kept], high[kept])), shape=size)
    edge_km = csr_matrix((km[kept] + 1e-9, (low[kept], high[kept])), shape=size)
    edge_km = edge_km + edge_km.T
    out = np.full(len(pairs), np.inf)
    for origin in np.unique(pairs[:, 0]):
        rows = np.flatnonzero(pairs[:, 0] == origin)
        before = dijkstra(graph, directed=False, indices=n + origin, return_predecessors=True)[1]
        for row in rows:
            out[row] = _walk_km(edge_km, before, n + pairs[row, 1], n + origin)
    return out


def _walk_km(edge_km: csr_matrix, before: np.ndarray, node: int, origin: int) -> float:
    way = [node]
    while way[-1] != origin:
        if before[way[-1]] < 0:
            return float("inf")
        way.append(int(before[way[-1]]))
    return float(np.asarray(edge_km[way[:-1], way[1:]]).sum()) if len(way) > 1 else 0.0
