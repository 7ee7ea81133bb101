"""Routes are the fastest, ties go to the first link, and loading loses no trip."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from tests.small_roads import networks, small_network
from twin.errors import DataError
from twin.network import Network, Routes, build_routes, load_backbone, load_demand, load_regions, path
from twin.network.routes import link_times_ms


@pytest.fixture(scope="module")
def backbone() -> Network:
    return load_backbone(load_regions())


@pytest.fixture(scope="module")
def routes(backbone: Network) -> Routes:
    return build_routes(backbone)


def walk_ms(network: Network, routes: Routes, node: int, zone: int) -> int:
    links = path(routes, network, node, zone)
    assert all(network.link_to[a] == network.link_from[b] for a, b in pairwise(links))
    assert not links or (network.link_from[links[0]] == node and network.link_to[links[-1]] == network.zone_node[zone])
    return int(link_times_ms(network)[links].sum()) if links else 0


@given(networks())
def test_walking_a_tree_takes_the_shortest_time(network: Network) -> None:
    graph = nx.MultiDiGraph()
    for start, end, time_ms in zip(network.link_from, network.link_to, link_times_ms(network), strict=True):
        graph.add_edge(int(end), int(start), weight=int(time_ms))
    routes = build_routes(network)
    for zone, root in enumerate(network.zone_node):
        shortest = nx.single_source_dijkstra_path_length(graph, int(root))
        for node in range(network.n_nodes):
            assert walk_ms(network, routes, node, zone) == shortest[node]
        for other, node in enumerate(network.zone_node):
            links = path(routes, network, int(node), zone)
            assert routes.skim_s[zone, other] == shortest[int(node)] / 1000
            assert routes.skim_m[zone, other] == network.link_length_m[links].sum()


@given(networks())
def test_among_equally_fast_links_the_first_is_taken(network: Network) -> None:
    time_ms, routes = link_times_ms(network), build_routes(network)
    for zone in range(network.n_zones):
        left_ms = [walk_ms(network, routes, node, zone) for node in range(network.n_nodes)]
        for node in range(network.n_nodes):
            taken = routes.next_link[zone, node]
            for link in range(taken):
                if network.link_from[link] == node:
                    assert time_ms[link] + left_ms[network.link_to[link]] > left_ms[node]


def test_backbone_routes_are_the_fastest(backbone: Network, routes: Routes) -> None:
    luck = np.random.default_rng(7)
    time_ms = link_times_ms(backbone).astype(np.float64)
    order = np.argsort(-time_ms, kind="stable")
    graph = csr_matrix((backbone.n_nodes, backbone.n_nodes)).tolil()
    for link in order:
        graph[backbone.link_from[link], backbone.link_to[link]] = time_ms[link]
    graph = graph.tocsr()
    for node, zone in zip(luck.integers(0, backbone.n_nodes, 50), luck.integers(0, backbone.n_zones, 50), strict=True):
        shortest_ms = dijkstra(graph, indices=node)[backbone.zone_node[zone]]
        assert walk_ms(backbone, routes, int(node), int(zone)) == shortest_ms


def test_a_slow_link_is_avoided() -> None:
    network = small_network([(0, 1, 10), (1, 0, 10), (0, 2, 6), (2, 1, 6)], 3, [1])
    assert path(build_routes(network), network, 0, 0) == [0]
    jammed = build_routes(network, np.array([18.0, 36.0, 36.0, 36.0]))
    assert path(jammed, network, 0, 0) == [2, 3]


@pytest.mark.parametrize("speeds", [np.full(4, 36.0), np.array([36.0, 0.0]), np.array([36.0, np.nan])])
def test_impossible_speeds_are_refused(speeds: np.ndarray) -> None:
    with pytest.raises(DataError, match="link speeds"):
        build_routes(small_network([(0, 1, 1), (1, 0, 1)], 2, [0]), speeds)


# Loading.


@given(networks(), st.data())
def test_loading_is_the_sum_of_all_paths(network: Network, data: st.DataObject) -> None:
    """Flow on a link is the sum of the trips whose path uses it; whole trips, so the sum is exact."""
    n = network.n_zones
    od = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n * n, max_size=n * n)), np.float64).reshape(n, n)
    routes = build_routes(network)
    by_hand = np.zeros(network.n_links)
    for origin in range(n):
        for destination in range(n):
            for link in path(routes, network, int(network.zone_node[origin]), destination):
                by_hand[link] += od[origin, destination]
    np.testing.assert_array_equal(load_demand(routes, network, od), by_hand)


def test_loading_conserves_trips_at_every_node(backbone: Network, routes: Routes) -> None:
    """What flows in plus what starts equals what flows out plus what ends."""
    od = np.random.default_rng(3).integers(0, 100, (backbone.n_zones, backbone.n_zones)).astype(np.float64)
    np.fill_diagonal(od, 0)
    flow = load_demand(routes, backbone, od)
    started = np.bincount(backbone.zone_node, od.sum(axis=1), backbone.n_nodes)
    ended = np.bincount(backbone.zone_node, od.sum(axis=0), backbone.n_nodes)
    flows_in = np.bincount(backbone.link_to, flow, backbone.n_nodes)
    flows_out = np.bincount(backbone.link_from, flow, backbone.n_nodes)
    np.testing.assert_array_equal(flows_in + started, flows_out + ended)


@pytest.mark.parametrize("od", [np.ones((1, 1)), np.full((2, 2), -1.0), np.full((2, 2), np.nan)])
def test_impossible_demand_is_refused(od: np.ndarray) -> None:
    network = small_network([(0, 1, 1), (1, 0, 1)], 2, [0, 1])
    with pytest.raises(DataError, match="demand matrix"):
        load_demand(build_routes(network), network, od)
