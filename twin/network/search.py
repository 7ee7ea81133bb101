"""A graph made ready for searching: trees towards any node, one after the other or side by side on threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from twin.errors import DataError
from twin.network.trees import grow_tree, mark_ways, sum_to_root
from twin.tables.columns import I32, I64

__all__ = ["Search", "Tree", "in_blocks", "used_links"]

MOST_BITS = 62
BLOCKS_PER_THREAD = 4


class Tree(NamedTuple):
    """Scratch of one tree, used again for the next: 28 bytes a node and 8 a link.

    Attributes
    ----------
    left_ms : ndarray of int64, shape (n_nodes,)
        Time to the root; `twin.network.trees.FAR_MS` where no way leads there.
    next_link : ndarray of int32, shape (n_nodes,)
        Link to take, -1 at a root and where no way leads there.
    order : ndarray of int32, shape (n_nodes,)
        Nodes by time left, as far as they are reached; `Search.sums` uses it as room.
    """

    left_ms: I64
    next_link: I32
    order: I32
    heap: I64
    total: I64


class Search:
    """Links by the node they lead to, with their times.

    Parameters
    ----------
    link_from, link_to : ndarray of int32, shape (n_links,)
        Nodes of each directed link.
    time_ms : ndarray of int64, shape (n_links,)
        Times, at least 1.
    n_nodes : int
        Number of nodes.

    Raises
    ------
    DataError
        If the times and the nodes do not fit into one number of 63 bits.
    """

    def __init__(self, link_from: I32, link_to: I32, time_ms: I64, n_nodes: int) -> None:
        self.n_nodes, self.link_to = n_nodes, np.ascontiguousarray(link_to, np.int32)
        self.n_bits = max(int(n_nodes - 1).bit_length(), 1)
        if int(time_ms.sum()).bit_length() + self.n_bits > MOST_BITS:
            raise DataError(f"link times: found {int(time_ms.sum())} ms in all; wanted fewer; raise the slowest speeds")
        self.in_link = np.argsort(link_to, kind="stable").astype(np.int32)
        self.in_first = np.zeros(n_nodes + 1, np.int64)
        np.cumsum(np.bincount(link_to, minlength=n_nodes), out=self.in_first[1:])
        self.in_tail = link_from[self.in_link].astype(np.int32)
        self.in_ms = time_ms[self.in_link].astype(np.int64)

    def set_times(self, time_ms: I64) -> None:
        """Let the links take other times, together no longer than the first."""
        self.in_ms[:] = time_ms[self.in_link]

    def scratch(self) -> Tree:
        """Return room for one tree at a time."""
        n, n_links = self.n_nodes, len(self.in_link)
        left_ms, next_link, order = np.empty(n, np.int64), np.empty(n, np.int32), np.empty(n, np.int32)
        # A heap holds every link once at most, and every node as a root.
        return Tree(left_ms, next_link, order, np.empty(n_links + n + 1, np.int64), np.zeros(n, np.int64))

    def grow(self, roots: I32, tree: Tree) -> int:
        """Grow the tree of fastest ways to the nearest of some roots; return the number of nodes reached."""
        return int(
            grow_tree(
                roots, self.n_bits, self.in_first, self.in_link, self.in_tail, self.in_ms,
                tree.left_ms, tree.next_link, tree.heap, tree.order,
            )
        )  # fmt: skip

    def sums(self, tree: Tree, value: I64) -> I64:
        """Add up a value of the links along the way from every node to its root; overwritten by the next call."""
        sum_to_root(tree.next_link, self.link_to, value[:, None], tree.total[:, None], tree.order)
        return tree.total


def in_blocks(work: Callable[[I64], Any], n_rows: int) -> list[Any]:
    """Do the work of all rows in blocks of neighbours, on as many threads as the process may use; results in order."""
    n_threads = min(len(os.sched_getaffinity(0)), max(n_rows, 1))
    blocks = np.array_split(np.arange(n_rows), min(n_rows, BLOCKS_PER_THREAD * n_threads) or 1)
    with ThreadPoolExecutor(n_threads) as executor:
        return list(executor.map(work, blocks))


def used_links(search: Search, roots: I32, starts: I32, n_links: int) -> I64:
    """Count for every link the roots to which a fastest way from one of the starts uses it.

    Memory is that of a tree, and 8 bytes a link, for each thread.

    Returns
    -------
    ndarray of int64, shape (n_links,)
        Number of roots, 0 where no way uses the link.
    """

    def count(rows: I64) -> I64:
        tree, n_trees, seen = search.scratch(), np.zeros(n_links, np.int64), np.full(search.n_nodes, -1, np.int64)
        for row in rows:
            search.grow(roots[row : row + 1], tree)
            mark_ways(row, starts, tree.next_link, search.link_to, seen, n_trees)
        return n_trees

    found: I64 = np.sum(in_blocks(count, len(roots)), axis=0)
    return found
