"""What a raw road graph needs before one can drive on it, one step a function; each tells what it did."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from twin.errors import DataError
from twin.network.classes import ACCESS, CLASS_NAMES, EXPRESSWAY, RAMPS
from twin.network.contract import without_idle_nodes
from twin.network.graph import strong_components
from twin.network.pieces import BOOL, DEG, EARTH_MM, Pieces, Roads, class_values, piece_times_ms
from twin.tables.columns import I32, I64

__all__ = ["Step", "add_access", "bridge_gaps", "core", "kilometres", "n_links", "without_doubles"]

ACCESS_S, ACCESS_M = 288.0, 500.0
"""Seconds and metres to change between an expressway and other roads where the source draws no ramps.

0.08 h are about what an interchange, its toll gate and its approach take; 500 m about a ramp (our own estimates, low
confidence).
"""

NEIGHBOURS = 16
MOST_OF_IT = 0.5
"""A core with no more of the kilometres is a part of a broken network, not one that lost its edges."""
EARTH_M = EARTH_MM / 1000.0


class Step(NamedTuple):
    """What one step of the preparation did: how many things, of what length (road km), and in words."""

    name: str
    number: int
    km: float
    meaning: str


def n_links(pieces: Pieces) -> int:
    """Directed links of the pieces."""
    return len(pieces.a) + int(pieces.is_both.sum())


def kilometres(pieces: Pieces) -> dict[str, float]:
    """Kilometres of road by class, a two-way road once."""
    found = {}
    for kind in np.unique(pieces.kind):
        km = int(pieces.length_mm[pieces.kind == kind].sum()) / 1e6
        found[CLASS_NAMES[int(kind)]] = round(km, 3)
    return found


def _km(pieces: Pieces) -> float:
    return round(int(pieces.length_mm.sum()) / 1e6, 3)


def without_doubles(roads: Roads) -> tuple[Roads, list[Step]]:
    """Drop pieces that start and end at one node, and repeated ones: same nodes, direction, class and length."""
    pieces = roads.pieces
    is_loop = pieces.a == pieces.b
    low, high = np.minimum(pieces.a, pieces.b), np.maximum(pieces.a, pieces.b)
    heading = np.where(pieces.is_both, 0, np.where(pieces.a < pieces.b, 1, 2))
    keys = (pieces.length_mm, pieces.kind, heading, high, low)
    order = np.lexsort((np.arange(len(low)), *keys))
    same = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        same &= np.diff(key[order].astype(np.int64)) == 0
    is_double = np.zeros(len(order), bool)
    is_double[order[1:][same]] = True
    is_double &= ~is_loop
    steps = [
        Step("loops", int(is_loop.sum()), _km(pieces.rows(is_loop)), "roads from a node to itself, dropped"),
        Step("doubles", int(is_double.sum()), _km(pieces.rows(is_double)), "roads drawn twice, the second dropped"),
    ]
    return without_idle_nodes(roads._replace(pieces=pieces.rows(~is_loop & ~is_double))), steps


def bridge_gaps(roads: Roads, gap_m: float) -> tuple[Roads, list[Step]]:
    """Join pieces of the network that end within `gap_m` of each other, the nearest first.

    Two parts are joined only while no road and no earlier bridge joins them. A bridge is a straight two-way road of the
    lower class of the two it joins, at the speed of that class.
    """
    name, meaning = "gap_bridges", f"gaps of up to {gap_m:g} m between parts of the network, bridged by straight roads"
    bridges = _bridges(roads, gap_m) if gap_m > 0 else np.zeros((0, 2), np.int64)
    if not len(bridges):
        return roads, [Step(name, 0, 0.0, meaning)]
    kind_of_node = np.zeros(roads.n_nodes, np.uint8)
    for ends in (roads.pieces.a, roads.pieces.b):
        np.maximum.at(kind_of_node, ends, roads.pieces.kind % RAMPS)
    a, b = bridges.T
    kind = np.maximum(kind_of_node[a], kind_of_node[b])
    at = _on_sphere(roads.x, roads.y)
    length_mm = np.maximum(np.rint(1000.0 * np.linalg.norm(at[a] - at[b], axis=1)), 1).astype(np.int64)
    time_ms = piece_times_ms(length_mm, class_values(kind, "speed_kmh"))
    added = _straight(roads, a, b, kind, length_mm, time_ms)
    return added, [Step(name, len(a), round(int(length_mm.sum()) / 1e6, 3), meaning)]


def _on_sphere(x: I32, y: I32) -> Any:
    lon, lat = np.radians(x / DEG), np.radians(y / DEG)
    return EARTH_M * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def _bridges(roads: Roads, gap_m: float) -> I64:
    """Pairs of nodes to join: shortest first, at least one of them a dead end, never two nodes of one part."""
    n_nodes = roads.n_nodes
    ends = (roads.pieces.a, roads.pieces.b)
    graph = csr_matrix((np.ones(len(ends[0]), np.int8), ends), shape=(n_nodes, n_nodes))
    n_parts, part = connected_components(graph, directed=False)
    degree = np.bincount(np.concatenate(ends), minlength=n_nodes)
    main = np.bincount(part).argmax()
    loose = np.flatnonzero((degree == 1) | (part != main))
    at = _on_sphere(roads.x, roads.y)
    tree: Any = KDTree(at)
    distance, near = tree.query(at[loose], k=range(1, min(NEIGHBOURS, n_nodes) + 1), distance_upper_bound=gap_m)
    node = np.broadcast_to(loose[:, None], near.shape)
    found = np.isfinite(distance)
    distance, node, near = distance[found], node[found], near[found]
    other = part[node] != part[near]
    distance, low, high = distance[other], np.minimum(node, near)[other], np.maximum(node, near)[other]
    root = np.arange(n_parts)
    chosen = []
    for row in np.lexsort((high, low, distance)):
        one, two = _root(root, part[low[row]]), _root(root, part[high[row]])
        if one != two:
            root[max(one, two)] = min(one, two)
            chosen.append((low[row], high[row]))
    return np.array(chosen, np.int64).reshape(-1, 2)


def _root(root: Any, part: int) -> int:
    while root[part] != part:
        root[part] = root[root[part]]
        part = root[part]
    return int(part)


def _straight(roads: Roads, a: I64, b: I64, kind: Any, length_mm: I64, time_ms: I64) -> Roads:
    """Add straight two-way pieces."""
    n, n_points = len(a), len(roads.point_x)
    first = n_points + 2 * np.arange(n)
    added = Pieces(
        a=a,
        b=b,
        is_both=np.ones(n, bool),
        kind=np.broadcast_to(np.asarray(kind, np.uint8), (n,)),
        length_mm=length_mm,
        time_ms=time_ms,
        n_lanes=np.ones(n, np.int16),
        is_toll=np.zeros(n, bool),
        line=np.full(n, -1, np.int16),
        way=np.full(n, -1, np.int64),
        first=first,
        last=first + 1,
    )
    ends = np.stack([a, b], axis=1).reshape(-1)
    return roads._replace(
        pieces=Pieces(
            *(np.concatenate([old, new]) for old, new in zip(_columns(roads.pieces), _columns(added), strict=True))
        ),
        point_x=np.concatenate([roads.point_x, roads.x[ends]]),
        point_y=np.concatenate([roads.point_y, roads.y[ends]]),
    )


def _columns(pieces: Pieces) -> tuple[Any, ...]:
    return tuple(pieces)


def add_access(roads: Roads) -> tuple[Roads, list[Step]]:
    """Make changing between expressways and other roads take its time where the source draws no ramps at all.

    A node where both meet becomes two, joined by a link of class `access` of `ACCESS_M` and `ACCESS_S`.
    """
    pieces = roads.pieces
    step = Step("access_links", 0, 0.0, f"links of {ACCESS_M:g} m and {ACCESS_S:g} s where classes meet without ramps")
    upper = pieces.kind == EXPRESSWAY
    if np.any((pieces.kind >= RAMPS) & (pieces.kind < ACCESS)) or not upper.any() or upper.all():
        return roads, [step]
    touches = np.zeros((2, roads.n_nodes), bool)
    for ends in (pieces.a, pieces.b):
        touches[0, ends[upper]] = touches[1, ends[~upper]] = True
    both = np.flatnonzero(touches.all(axis=0))
    lower = np.arange(roads.n_nodes)
    lower[both] = roads.n_nodes + np.arange(len(both))
    split = roads._replace(
        x=np.append(roads.x, roads.x[both]),
        y=np.append(roads.y, roads.y[both]),
        names=np.append(roads.names, roads.names[both]),
        is_kept=np.append(roads.is_kept, np.zeros(len(both), bool)),
        pieces=pieces._replace(a=np.where(upper, pieces.a, lower[pieces.a]), b=np.where(upper, pieces.b, lower[pieces.b])),
    )
    length_mm = np.full(len(both), round(ACCESS_M * 1000), np.int64)
    time_ms = np.full(len(both), round(ACCESS_S * 1000), np.int64)
    added = _straight(split, both, lower[both], ACCESS, length_mm, time_ms)
    return added, [step._replace(number=len(both), km=round(int(length_mm.sum()) / 1e6, 3))]


def core(roads: Roads, where: str) -> tuple[Roads, list[Step], dict[str, Any]]:
    """Keep the largest part in which every node can be reached from every other, by nodes.

    Returns
    -------
    roads, steps, figures
        The core; what lies outside it; parts and the share of nodes in the core.

    Raises
    ------
    DataError
        If nothing is left, or at most half of the kilometres: then it is several networks, not one.
    """
    pieces = roads.pieces
    tail = np.concatenate([pieces.a, pieces.b[pieces.is_both]]).astype(np.int32)
    head = np.concatenate([pieces.b, pieces.a[pieces.is_both]]).astype(np.int32)
    label = strong_components(roads.n_nodes, tail, head) if roads.n_nodes else np.zeros(0, np.int32)
    size = np.bincount(label) if len(label) else np.zeros(1, np.int64)
    inside = label == size.argmax()
    is_kept = inside[pieces.a] & inside[pieces.b]
    if not is_kept.any():
        raise DataError(
            f"{where}: found no two places that can be driven between both ways; wanted a network of roads for cars; "
            "check the area and the one-way marks"
        )
    _refuse_parts(roads, label, is_kept, where)
    weak = connected_components(csr_matrix((np.ones(len(tail), np.int8), (tail, head)), (roads.n_nodes,) * 2), False)[0]
    figures = {
        "n_parts": int(weak),
        "n_strong_components": len(size),
        "share_of_nodes_in_core": round(float(size.max() / len(label)), 6),
        "share_of_km_in_core": round(_km(pieces.rows(is_kept)) / max(_km(pieces), 1e-9), 6),
        "km_outside_core": kilometres(pieces.rows(~is_kept)),
    }
    outside = pieces.rows(~is_kept)
    step = Step("outside_core", len(outside.a), _km(outside), "roads from which or to which no way leads, dropped")
    return without_idle_nodes(roads._replace(pieces=pieces.rows(is_kept))), [step], figures


def _refuse_parts(roads: Roads, label: I32, is_kept: BOOL, where: str) -> None:
    """Refuse a network of which the core is not most, and say where the next part lies."""
    pieces = roads.pieces
    core_km, all_km = _km(pieces.rows(is_kept)), _km(pieces)
    if core_km > MOST_OF_IT * all_km:
        return
    size = np.bincount(label)
    at = {part: int(np.flatnonzero(label == part)[0]) for part in np.argsort(-size, kind="stable")[:2].tolist()}
    places = " and around ".join(f"{roads.x[node] / DEG:.4f}, {roads.y[node] / DEG:.4f}" for node in at.values())
    raise DataError(
        f"{where}: found a network in pieces, the largest that can be driven both ways of {core_km:.1f} of {all_km:.1f} km "
        f"(around {places} no way leads from one to the other and back); wanted more than half in one; take a wider area, "
        "correct the one-way marks, or bridge gaps with --gap-m"
    )
