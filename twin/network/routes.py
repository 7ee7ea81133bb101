"""Fastest routes towards every zone: trees of next links, skims, and loading of a demand matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.errors import DataError
from twin.network.graph import Network
from twin.network.search import Search, in_blocks
from twin.network.trees import FAR_MS, sum_to_root
from twin.tables.columns import F64, I32, I64

__all__ = ["Routes", "build_routes", "demand_loader", "link_times_ms", "load_demand", "path", "sum_along"]

MS_PER_H = 3_600_000.0


@dataclass(frozen=True)
class Routes:
    """Fastest routes from every node to every zone.

    Memory: ``4 * n_zones * n_nodes`` bytes of `next_link` (7 MB for 343 zones and 5,000 nodes) and 16 bytes a pair
    of zones.

    Attributes
    ----------
    next_link : ndarray of int32, shape (n_zones, n_nodes)
        Link to take at a node towards a zone; -1 at the zone's own node.
    skim_s : ndarray of float64, shape (n_zones, n_zones)
        Travel time, ``[destination, origin]``.
    skim_m : ndarray of int64, shape (n_zones, n_zones)
        Length of the fastest route, ``[destination, origin]``.
    """

    next_link: I32
    skim_s: F64
    skim_m: I64


def link_times_ms(network: Network, speeds_kmh: F64 | None = None) -> I64:
    """Whole milliseconds a link takes, at least 1, so that sums along a route are exact in any order.

    Parameters
    ----------
    network : Network
        The graph.
    speeds_kmh : ndarray of float64, shape (n_links,), optional
        Speeds; free-flow speeds by default.

    Returns
    -------
    ndarray of int64, shape (n_links,)
        Times.

    Raises
    ------
    DataError
        If the speeds are not one positive finite number a link.
    """
    speeds = network.link_free_speed_kmh if speeds_kmh is None else np.asarray(speeds_kmh, np.float64)
    if speeds.shape != (network.n_links,):
        raise DataError(f"link speeds: found shape {speeds.shape}; wanted one for each of {network.n_links} links")
    if not np.all(np.isfinite(speeds) & (speeds > 0)):
        raise DataError(f"link speeds: found {float(speeds.min())}; wanted finite speeds above 0 km/h on every link")
    return np.maximum(np.rint(network.link_length_m / 1000.0 / speeds * MS_PER_H), 1).astype(np.int64)


def build_routes(network: Network, speeds_kmh: F64 | None = None) -> Routes:
    """Grow one tree of fastest routes towards every zone.

    Dijkstra on the links turned round, from the node of each zone. Of links that are equally fast to the zone a node takes
    the one with the smallest id, so that the result does not depend on the order of the search. Trees are grown one at a
    time on every thread that the process may use. Beside the result this takes 28 bytes a node and 8 a link for each
    thread, and 20 bytes a link in all; the result is `Routes`, of which `next_link` is the most: 4 bytes a zone and node.

    Parameters
    ----------
    network : Network
        The graph.
    speeds_kmh : ndarray of float64, shape (n_links,), optional
        Speeds; free-flow speeds by default.

    Returns
    -------
    Routes
        Trees and skims.
    """
    search = Search(network.link_from, network.link_to, link_times_ms(network, speeds_kmh), network.n_nodes)
    roots, length_m = network.zone_node.astype(np.int32), network.link_length_m.astype(np.int64)
    next_link = np.empty((network.n_zones, network.n_nodes), np.int32)
    shape = (network.n_zones, network.n_zones)
    skim_s, skim_m = np.empty(shape), np.empty(shape, np.int64)

    def grow(zones: I64) -> None:
        tree = search.scratch()
        for zone in zones:
            search.grow(roots[zone : zone + 1], tree)
            left_ms = tree.left_ms[roots]
            skim_s[zone] = np.where(left_ms == FAR_MS, np.inf, left_ms / 1000.0)
            skim_m[zone] = search.sums(tree, length_m)[roots]
            next_link[zone] = tree.next_link

    in_blocks(grow, network.n_zones)
    return Routes(next_link=next_link, skim_s=skim_s, skim_m=skim_m)


def sum_along(routes: Routes, network: Network, value: I64) -> I64:
    """Return what the links of each route add up to.

    Parameters
    ----------
    routes : Routes
        Trees.
    network : Network
        The graph they belong to.
    value : ndarray of int64, shape (n_links,)
        Whole numbers, so that the sums are exact in any order.

    Returns
    -------
    ndarray of int64, shape (n_zones, n_nodes)
        Sum along the route from each node to each zone.
    """
    total = np.empty(routes.next_link.shape, np.int64)
    link_to = network.link_to.astype(np.int32)

    def add_up(zones: I64) -> None:
        room = np.empty(network.n_nodes, np.int32)
        for zone in zones:
            sum_to_root(routes.next_link[zone], link_to, value[:, None], total[zone][:, None], room)

    in_blocks(add_up, len(total))
    return total


def load_demand(routes: Routes, network: Network, od: F64) -> F64:
    """Put every trip of a matrix on the fastest route of its pair (all-or-nothing), see `demand_loader`."""
    return demand_loader(routes, network)(od)


def demand_loader(routes: Routes, network: Network) -> Callable[[F64], F64]:
    """Return a function that puts every trip of a matrix on the fastest route of its pair (all-or-nothing).

    Parameters
    ----------
    routes : Routes
        Trees.
    network : Network
        The graph they belong to.

    Returns
    -------
    callable
        Takes trips ``[origin, destination]``, float64, shape (n_zones, n_zones), of which those that stay within a zone
        load no link; returns the trips that use each link, float64, shape (n_links,). Raises `DataError` where the
        matrix has the wrong shape or a negative or undefined entry.
    """
    rings = _rings(network, routes.next_link)
    links = [routes.next_link.ravel()[ring] for ring in rings]
    ahead = [ring - ring % network.n_nodes + network.link_to[link] for ring, link in zip(rings, links, strict=True)]

    origins = np.arange(network.n_zones)[:, None] * network.n_nodes + network.zone_node

    def load(od: F64) -> F64:
        od = np.asarray(od, np.float64)
        if od.shape != routes.skim_s.shape:
            raise DataError(f"demand matrix: found shape {od.shape}; wanted {routes.skim_s.shape}, [origin, destination]")
        if not np.all(od >= 0):
            raise DataError("demand matrix: found negative or undefined entries; wanted trips of 0 or more")
        flow, at_node = np.zeros(network.n_links), np.zeros(routes.next_link.size)
        np.add.at(at_node, origins.ravel(), od.T.ravel())
        for ring, link, node in zip(rings, links, ahead, strict=True):
            np.add.at(flow, link, at_node[ring])
            np.add.at(at_node, node, at_node[ring])
        return flow

    return load


def _rings(network: Network, next_link: I32) -> list[I64]:
    """Nodes of all trees by the number of links to the root, farthest first: inflow is complete when its turn comes.

    A node of a tree is numbered tree * n_nodes + node.
    """
    tree = np.arange(len(next_link))[:, None] * network.n_nodes
    is_root = next_link < 0
    n_steps = np.where(is_root, 0, 1).ravel()
    hop = (tree + np.where(is_root, np.arange(network.n_nodes), network.link_to[next_link])).ravel()
    while True:
        further = hop[hop]
        n_steps = n_steps + n_steps[hop]
        if np.array_equal(further, hop):
            break
        hop = further
    order = np.argsort(-n_steps, kind="stable")
    cuts = np.flatnonzero(np.diff(n_steps[order])) + 1
    return [ring for ring in np.split(order, cuts) if n_steps[ring[0]] > 0]


def path(routes: Routes, network: Network, origin_node: int, dest_zone: int) -> list[int]:
    """Links from a node to a zone, in driving order.

    Parameters
    ----------
    routes : Routes
        Trees.
    network : Network
        The graph they belong to.
    origin_node, dest_zone : int
        Where the route starts and the zone it leads to.

    Returns
    -------
    list of int
        Directed links; empty at the zone's own node.
    """
    links = []
    link = int(routes.next_link[dest_zone, origin_node])
    while link >= 0:
        links.append(link)
        link = int(routes.next_link[dest_zone, network.link_to[link]])
    return links
