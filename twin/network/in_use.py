"""Roads in use: those on fastest ways between zones, on empty roads and where the usual ways are slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import KDTree

from twin.network.attach import on_sphere_m
from twin.network.contract import without_idle_nodes
from twin.network.pieces import BOOL, DEG, Roads
from twin.network.search import Search, used_links
from twin.tables.columns import I32, I64

__all__ = ["SLOWER", "Directed", "directed", "pieces_in_use", "reached_from_use", "without_dead_ends"]

SLOWER = 1.5
"""How much slower the roads in use are made in a round that looks for others."""
BESIDE_M = 500.0
"""A road whose points lie so near to roads in use is one with them, as the other carriageway is; it is slowed with them."""


class Directed(NamedTuple):
    """Directed links of pieces: all as drawn, then the two-way ones turned round."""

    piece: I64
    link_from: I32
    link_to: I32
    time_ms: I64


def directed(roads: Roads) -> Directed:
    """Return the directed links of all pieces."""
    pieces = roads.pieces
    back = np.flatnonzero(pieces.is_both)
    piece = np.concatenate([np.arange(len(pieces.a)), back])
    link_from = np.concatenate([pieces.a, pieces.b[back]]).astype(np.int32)
    link_to = np.concatenate([pieces.b, pieces.a[back]]).astype(np.int32)
    return Directed(piece, link_from, link_to, pieces.time_ms[piece])


def without_dead_ends(roads: Roads) -> Roads:
    """Leave out roads that lead nowhere else: a way between nodes that are kept cannot use them."""
    while True:
        pieces = roads.pieces
        degree = np.bincount(np.concatenate([pieces.a, pieces.b]), minlength=roads.n_nodes)
        is_end = (degree == 1) & ~roads.is_kept
        is_dead = is_end[pieces.a] | is_end[pieces.b]
        if not is_dead.any():
            return without_idle_nodes(roads)
        roads = roads._replace(pieces=pieces.rows(~is_dead))


def pieces_in_use(roads: Roads, zone_node: I64, n_rounds: int, say: Callable[[str], None]) -> tuple[BOOL, BOOL]:
    """Find the pieces on fastest ways between zones.

    In each further round the roads in use so far, and those beside them, are 1.5 times slower, so that other ways are found.

    Parameters
    ----------
    roads : Roads
        Strongly connected.
    zone_node : ndarray of int64, shape (n_zones,)
        Node of each zone.
    n_rounds : int
        Rounds after the first.
    say : callable
        Takes what is being done, in words.

    Returns
    -------
    is_used, is_used_when_empty : ndarray of bool, shape (n_pieces,)
        On a fastest way in any round; on empty roads.
    """
    links, zones = directed(roads), zone_node.astype(np.int32)
    is_used = np.zeros(len(roads.pieces.a), bool)
    slow, is_used_when_empty = np.zeros(len(is_used), bool), is_used
    for number in range(n_rounds + 1):
        say(f"fastest ways between zones, round {number + 1} of {n_rounds + 1}")
        time_ms = np.where(slow[links.piece], np.rint(links.time_ms * SLOWER).astype(np.int64), links.time_ms)
        search = Search(links.link_from, links.link_to, time_ms, roads.n_nodes)
        found = used_links(search, zones, zones, len(links.piece)) > 0
        is_used = is_used.copy()
        is_used[links.piece[found]] = True
        if number == 0:
            is_used_when_empty = is_used
        if number < n_rounds:
            slow = is_used | _beside(roads, is_used)
    return is_used, is_used_when_empty


def _beside(roads: Roads, is_used: BOOL) -> BOOL:
    """Pieces more than half of whose points lie beside roads in use."""
    pieces = roads.pieces
    n_points = pieces.last - pieces.first + 1
    starts = np.concatenate([[0], np.cumsum(n_points)])
    point = np.arange(starts[-1]) - np.repeat(starts[:-1] - pieces.first, n_points)
    at = on_sphere_m(roads.point_x[point] / DEG, roads.point_y[point] / DEG)
    of_used = np.repeat(is_used, n_points)
    tree: Any = KDTree(at[of_used])
    near = np.zeros(len(point), np.int64)
    near[~of_used] = np.isfinite(tree.query(at[~of_used], distance_upper_bound=BESIDE_M)[0])
    share: BOOL = 2 * np.add.reduceat(near, starts[:-1]) > n_points
    return share


def reached_from_use(roads: Roads, is_used: BOOL, wanted: I64) -> BOOL:
    """Add the fastest ways between wanted pieces and the roads in use, there and back, to the roads in use.

    Parameters
    ----------
    roads : Roads
        Strongly connected.
    is_used : ndarray of bool, shape (n_pieces,)
        Roads in use.
    wanted : ndarray of int64
        Pieces.

    Returns
    -------
    ndarray of bool, shape (n_pieces,)
        Roads in use, the wanted ones among them.
    """
    pieces, links = roads.pieces, directed(roads)
    out = is_used.copy()
    out[wanted] = True
    roots = np.unique(np.concatenate([pieces.a[is_used], pieces.b[is_used]])).astype(np.int32)
    for start, end, ends in (
        (links.link_from, links.link_to, pieces.b),
        (links.link_to, links.link_from, pieces.a),
    ):
        search = Search(start, end, links.time_ms, roads.n_nodes)
        tree = search.scratch()
        search.grow(roots, tree)
        node = np.unique(np.concatenate([ends[wanted], pieces.a[wanted[pieces.is_both[wanted]]]]))
        while len(node):
            link = tree.next_link[node]
            link = link[link >= 0]
            out[links.piece[link]] = True
            node = np.unique(end[link])
    return out
