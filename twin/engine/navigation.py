"""Routes that follow the published speeds: trees grown anew while roads fill and empty.

They are a function of the times by which links are reckoned and of nothing else, so whoever grows them gets the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.behaviour import LEAST_SPEED_KMH, NOTICED_DELAY
from twin.engine.given import Given
from twin.engine.lay import lay_tree
from twin.network.search import Search
from twin.tables.columns import F64, I32, I64

if TYPE_CHECKING:
    from twin.engine.world import World

__all__ = ["Navigation", "build_navigation", "grow_all", "is_due", "navigates", "reroute"]

BLOCKS_PER_WORKER = 4


@dataclass(frozen=True)
class Navigation:
    """What is needed to grow the trees.

    Attributes
    ----------
    search : Search
        The roads, to be searched.
    free_ms, free_kmh
        Times and speeds of links on empty roads.
    values : ndarray of int64, shape (n_links, 3)
        What adds up along a route, as the columns of `twin.tables.views.Ways`.
    time_ms : ndarray of int64, shape (n_links,)
        Times by which the trees of now are the fastest ways.
    """

    search: Search
    free_ms: I64
    free_kmh: F64
    values: I64
    time_ms: I64


def build_navigation(given: Given) -> Navigation | None:
    """Return what is needed, with the times of empty roads; None where routes stay what they are."""
    rules, roads = given.rules, given.roads
    if not navigates(given):
        return None
    slowest_ms = np.maximum(roads.free_ms, _times_ms(roads.free_ms, given.link_free_speed_kmh, LEAST_SPEED_KMH))
    length_m, truck_kmh = roads.length_m.astype(np.int64), np.minimum(roads.free_kmh, rules.truck_speed_kmh)
    values = [length_m, *(np.rint(length_m * kmh * kmh).astype(np.int64) for kmh in (roads.free_kmh, truck_kmh))]
    return Navigation(
        search=Search(roads.link_from, roads.link_to, slowest_ms, roads.next_link.shape[1]),
        free_ms=roads.free_ms,
        free_kmh=given.link_free_speed_kmh,
        values=np.stack(values, axis=1),
        time_ms=roads.free_ms.copy(),
    )


def navigates(given: Given) -> bool:
    """Return whether some drivers follow routes that are renewed."""
    return given.rules.reroute_every_s > 0 and given.rules.navigation_share > 0.0


def is_due(world: World, window: int) -> bool:
    """Return whether the routes are to be renewed at the end of a window: the first that ends at a turn or past it."""
    if world.navigation is None:
        return False
    window_s, every_s = world.given.rules.window_s, world.given.rules.reroute_every_s
    return (window + 1) * window_s // every_s > window * window_s // every_s


def reroute(world: World) -> None:
    """Take over the times that have become much longer or shorter; if there are any, grow all trees anew.

    Where several processes live the run, each grows some and takes over the others'.
    """
    navigation = world.navigation
    assert navigation is not None
    published_ms = _times_ms(navigation.free_ms, navigation.free_kmh, world.links.speed_kmh)
    is_noticed = np.abs(published_ms - navigation.time_ms) * NOTICED_DELAY > navigation.time_ms
    if is_noticed.any():
        navigation.time_ms[is_noticed] = published_ms[is_noticed]
        own = grow_trees(world, world.peers.trees_of(len(world.given.roads.zone_node)))
        lay_trees(world, world.peers.exchange_trees(own))
        world.outlooks[0].n_rerouted[0] += 1


def grow_all(world: World) -> None:
    """Grow and lay all trees at the times of now."""
    lay_trees(world, grow_trees(world, range(len(world.given.roads.zone_node))))


def grow_trees(world: World, zones: range) -> I32:
    """Return the trees towards some zones, a row each: the links by the time left from where they begin; -1 behind the last.

    A link follows the one that it leads to, so that whoever is handed such a row writes a tree in one go.
    """
    navigation = world.navigation
    assert navigation is not None
    search, zone_node = navigation.search, world.given.roads.zone_node
    trees = np.full((len(zones), search.n_nodes), -1, np.int32)
    search.set_times(navigation.time_ms)

    def grow_block(block: range) -> None:
        tree = search.scratch()
        for row in block:
            n_reached = search.grow(zone_node[zones[row] : zones[row] + 1], tree)
            trees[row, : n_reached - 1] = tree.next_link[tree.order[1:n_reached]]

    _in_blocks(world, grow_block, len(zones))
    return trees


def lay_trees(world: World, trees: I32) -> None:
    """Have those who navigate follow the trees towards zone 0, 1, ... from here on."""
    navigation, outlook, roads = world.navigation, world.outlooks[0], world.given.roads
    assert navigation is not None
    n_nodes, n_zones = navigation.search.n_nodes, len(roads.zone_node)

    def lay_block(block: range) -> None:
        totals = np.empty((n_nodes, navigation.values.shape[1]), np.int64)
        for zone in block:
            lay_tree(
                trees[zone], roads.link_from, roads.link_to, navigation.values, (n_zones + zone) * n_nodes,
                outlook.next_link[n_zones + zone], outlook.ways, totals,
            )  # fmt: skip

    _in_blocks(world, lay_block, len(trees))


def _in_blocks(world: World, work: Callable[[range], None], n_rows: int) -> None:
    """Do the work of all rows in blocks of neighbours, some for each thread."""
    n_blocks = min(BLOCKS_PER_WORKER * world.n_workers, n_rows)
    world.each(lambda block: work(range(block * n_rows // n_blocks, (block + 1) * n_rows // n_blocks)), range(n_blocks))


def _times_ms(free_ms: I64, free_kmh: F64, kmh: Any) -> I64:
    """Return whole milliseconds at a speed, at least 1; those of the empty road where it is as fast as there."""
    return np.maximum(np.rint(free_ms * (free_kmh / kmh)), 1).astype(np.int64)
