"""Routes that follow the published speeds: trees grown anew while roads fill and empty.

They are a function of the times by which links are reckoned and of nothing else, so whoever grows them gets the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.behaviour import LEAST_SPEED_KMH, NOTICED_DELAY
from twin.engine.given import Given
from twin.network.search import Search
from twin.network.trees import sum_to_root
from twin.tables.columns import F64, I64

if TYPE_CHECKING:
    from twin.engine.world import World

__all__ = ["Navigation", "build_navigation", "grow_trees", "is_due", "navigates", "reroute"]

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
        grow_trees(world, world.peers.trees_of(len(world.given.roads.zone_node)))
        note_ways(world, world.peers.exchange_trees(world.outlooks[0].next_link))
        world.outlooks[0].n_rerouted[0] += 1


def grow_trees(world: World, zones: Sequence[int]) -> None:
    """Grow the trees towards some zones for those who navigate, and sum the ways along them."""
    navigation, outlook = world.navigation, world.outlooks[0]
    assert navigation is not None
    search, zone_node = navigation.search, world.given.roads.zone_node
    search.set_times(navigation.time_ms)

    def grow_block(block: Sequence[int]) -> None:
        tree = search.scratch()
        for zone in block:
            search.grow(zone_node[zone : zone + 1], tree)
            outlook.next_link[len(zone_node) + zone] = tree.next_link

    _in_blocks(world, grow_block, zones)
    note_ways(world, zones)


def note_ways(world: World, zones: Sequence[int]) -> None:
    """Sum the ways along the trees towards some zones."""
    navigation, outlook = world.navigation, world.outlooks[0]
    assert navigation is not None
    search, n_zones = navigation.search, len(world.given.roads.zone_node)
    columns = [getattr(outlook.ways, name) for name in ("way_m", "drag", "truck_drag")]

    def note_block(block: Sequence[int]) -> None:
        room, walked = np.empty((search.n_nodes, 3), np.int64), np.empty(search.n_nodes, np.int32)
        for tree in (n_zones + zone for zone in block):
            sum_to_root(outlook.next_link[tree], search.link_to, navigation.values, room, walked)
            rows = slice(tree * search.n_nodes, (tree + 1) * search.n_nodes)
            for column, totals in zip(columns, room.T, strict=True):
                column[rows] = totals

    _in_blocks(world, note_block, zones)


def _in_blocks(world: World, work: Callable[[Sequence[int]], None], zones: Sequence[int]) -> None:
    """Do the work of all zones in blocks of neighbours, some for each thread."""
    n_blocks = min(BLOCKS_PER_WORKER * world.n_workers, len(zones))
    world.each(
        lambda block: work(zones[block * len(zones) // n_blocks : (block + 1) * len(zones) // n_blocks]), range(n_blocks)
    )


def _times_ms(free_ms: I64, free_kmh: F64, kmh: Any) -> I64:
    """Return whole milliseconds at a speed, at least 1; those of the empty road where it is as fast as there."""
    return np.maximum(np.rint(free_ms * (free_kmh / kmh)), 1).astype(np.int64)
