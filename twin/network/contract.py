"""Chains of pieces between junctions become one piece each; the points they run through stay."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from twin.network.pieces import BOOL, Pieces, Roads, gather
from twin.tables.columns import I32, I64

__all__ = ["contract"]


def contract(roads: Roads) -> Roads:
    """Join pieces at every node where exactly two meet that differ in nothing but speed and lanes.

    Class, toll, line and direction of travel stay as they are along a joined piece. Lengths and times add up exactly;
    lanes are those of the narrowest part. Marked nodes stay, and so do the nodes that keep a ring from being joined into
    a piece that starts and ends at one node.

    Parameters
    ----------
    roads : Roads
        No piece starts and ends at one node.

    Returns
    -------
    Roads
        The same roads; nodes that no piece uses are left out.
    """
    tail, head = _half_edges(roads.pieces)
    joint, one, other = _joints(roads, tail)
    while True:
        ring = _nodes_of_rings(roads.pieces, tail, joint, one, other)
        if not len(ring):
            break
        kept = ~np.isin(joint, ring)
        joint, one, other = joint[kept], one[kept], other[kept]
    following = np.full(len(tail), -1, np.int64)
    following[one ^ 1], following[other ^ 1] = other, one
    start, rank = _places_in_chain(following)
    return _join(roads, tail, head, start, rank)


def _half_edges(pieces: Pieces) -> tuple[I64, I64]:
    """Tail and head of each piece as drawn (``2k``) and turned round (``2k + 1``)."""
    tail = np.stack([pieces.a, pieces.b], axis=1).reshape(-1)
    return tail, np.stack([pieces.b, pieces.a], axis=1).reshape(-1)


def _joints(roads: Roads, tail: I64) -> tuple[I64, I64, I64]:
    """Nodes at which two pieces can be joined, and the two half-edges that leave each."""
    pieces = roads.pieces
    order = np.argsort(tail, kind="stable")
    degree = np.bincount(tail, minlength=roads.n_nodes)
    is_two = (degree == 2) & ~roads.is_kept
    one, other = order[is_two[tail[order]]].reshape(-1, 2).T
    k, m = one >> 1, other >> 1
    alike = (k != m) & (pieces.is_both[k] == pieces.is_both[m])
    for name in ("kind", "is_toll", "line"):
        column = getattr(pieces, name)
        alike &= column[k] == column[m]
    # On one-way roads one piece arrives and the other leaves.
    alike &= pieces.is_both[k] | (((one ^ other) & 1) == 1)
    return tail[one[alike]], one[alike], other[alike]


def _nodes_of_rings(pieces: Pieces, tail: I64, joint: I64, one: I64, other: I64) -> I64:
    """The lowest joint of each chain that would start where it ends."""
    n_pieces = len(pieces.a)
    graph = csr_matrix((np.ones(len(one), np.int8), (one >> 1, other >> 1)), shape=(n_pieces, n_pieces))
    n_chains, chain = connected_components(graph, directed=False)
    is_end = np.ones(len(tail), bool)
    is_end[one] = is_end[other] = False
    # The nodes at the two open ends of a chain: their smallest and largest; none on a closed ring.
    low, high = np.full(n_chains, np.iinfo(np.int64).max), np.full(n_chains, -1, np.int64)
    ends = np.flatnonzero(is_end)
    np.minimum.at(low, chain[ends >> 1], tail[ends])
    np.maximum.at(high, chain[ends >> 1], tail[ends])
    is_ring = (low == high) | (high < 0)
    of_joint = chain[one >> 1]
    inside = is_ring[of_joint]
    lowest = np.full(n_chains, np.iinfo(np.int64).max)
    np.minimum.at(lowest, of_joint[inside], joint[inside])
    found: I64 = lowest[lowest < np.iinfo(np.int64).max]
    return found


def _places_in_chain(following: I64) -> tuple[I64, I64]:
    """First half-edge of the chain of each half-edge, and how many come before it, by doubling the stride."""
    n_halves = len(following)
    before = np.arange(n_halves)
    has_next = np.flatnonzero(following >= 0)
    before[following[has_next]] = has_next
    rank = (before != np.arange(n_halves)).astype(np.int64)
    while True:
        further = before[before]
        if np.array_equal(further, before):
            return before, rank
        rank += rank[before]
        before = further


def _join(roads: Roads, tail: I64, head: I64, start: I64, rank: I64) -> Roads:
    """One piece a chain: of its two directions the way of travel, or else the one whose first half-edge is lower."""
    pieces = roads.pieces
    order = np.lexsort((rank, start))
    is_first = np.concatenate([[True], np.diff(start[order]) > 0])
    begins = np.flatnonzero(is_first)
    ends = np.append(begins[1:], len(order)) - 1
    lead, trail = order[begins], order[ends]
    is_drawn = (lead & 1) == 0
    is_chosen = np.where(pieces.is_both[lead >> 1], lead < (trail ^ 1), is_drawn)
    half = order[np.repeat(is_chosen, ends - begins + 1)]
    lead, trail, size = lead[is_chosen], trail[is_chosen], (ends - begins + 1)[is_chosen]
    at = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int64)
    piece, row = half >> 1, lead >> 1
    point_x, point_y, first, last = _points(roads, half, at)
    joined = Pieces(
        a=tail[lead],
        b=head[trail],
        is_both=pieces.is_both[row],
        kind=pieces.kind[row],
        length_mm=np.add.reduceat(pieces.length_mm[piece], at),
        time_ms=np.add.reduceat(pieces.time_ms[piece], at),
        n_lanes=np.minimum.reduceat(pieces.n_lanes[piece], at),
        is_toll=pieces.is_toll[row],
        line=pieces.line[row],
        way=pieces.way[row],
        first=first,
        last=last,
    )
    return without_idle_nodes(roads._replace(pieces=joined, point_x=point_x, point_y=point_y))


def _points(roads: Roads, half: I64, at: I64) -> tuple[I32, I32, I64, I64]:
    """Points of all chains one behind the other; where two pieces join, their common point is taken once."""
    piece = half >> 1
    is_reversed: BOOL = (half & 1) == 1
    points, starts = gather(roads.pieces.first[piece], roads.pieces.last[piece], is_reversed)
    is_repeated = np.zeros(len(points), bool)
    inner = np.ones(len(half), bool)
    inner[at] = False
    is_repeated[starts[:-1][inner]] = True
    points = points[~is_repeated]
    count = np.diff(starts) - inner
    per_chain = np.add.reduceat(count, at) if len(at) else np.zeros(0, np.int64)
    last: I64 = np.cumsum(per_chain) - 1
    return roads.point_x[points], roads.point_y[points], last - per_chain + 1, last


def without_idle_nodes(roads: Roads) -> Roads:
    """Leave out nodes that no piece uses and number the others anew, in their order."""
    is_used = np.zeros(roads.n_nodes, bool)
    is_used[roads.pieces.a] = is_used[roads.pieces.b] = True
    row = np.cumsum(is_used) - 1
    return roads._replace(
        x=roads.x[is_used],
        y=roads.y[is_used],
        names=roads.names[is_used],
        is_kept=roads.is_kept[is_used],
        pieces=roads.pieces._replace(a=row[roads.pieces.a], b=row[roads.pieces.b]),
    )
