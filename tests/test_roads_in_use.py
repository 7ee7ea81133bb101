"""Only roads in use stay of a map, and no fastest way between zones gets longer."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_national_network import straight_roads
from twin.errors import DataError
from twin.network.classes import EXPRESSWAY, PRIMARY, TRUNK
from twin.network.in_use import directed, pieces_in_use, reached_from_use, without_dead_ends
from twin.network.pieces import DEG, Roads
from twin.network.search import Search


@st.composite
def maps(draw: st.DrawFn) -> tuple[Roads, np.ndarray]:
    """A ring of two-way roads with chords of either sort and dead ends, and the nodes of a few zones."""
    n = draw(st.integers(3, 14))
    places = [(100 + draw(st.integers(0, 40)) / 100, 30 + draw(st.integers(0, 40)) / 100) for _ in range(n)]
    kinds, node = st.sampled_from([EXPRESSWAY, TRUNK, PRIMARY]), st.integers(0, n - 1)
    pieces = [(k, (k + 1) % n, draw(kinds), True) for k in range(n)]
    chords = draw(st.lists(st.tuples(node, node, kinds, st.booleans()), max_size=20))
    pieces += [chord for chord in chords if chord[0] != chord[1]]
    for _ in range(draw(st.integers(0, 4))):
        pieces.append((draw(node), len(places), PRIMARY, True))
        places.append((101.0, 30.0 + len(places) / 50))
    zones = draw(st.lists(st.integers(0, len(places) - 1), min_size=2, max_size=5, unique=True))
    roads = straight_roads(places, pieces)
    roads.is_kept[zones] = True
    roads.names[zones] = [f"zone {k}" for k in range(len(zones))]
    return roads, np.array(zones, np.int64)


def times_between(roads: Roads, zone_node: np.ndarray) -> np.ndarray:
    """Fastest times between zones (ms), by another tool."""
    links, graph = directed(roads), nx.MultiDiGraph()
    graph.add_nodes_from(range(roads.n_nodes))
    for start, end, time_ms in zip(links.link_from, links.link_to, links.time_ms, strict=True):
        graph.add_edge(int(start), int(end), weight=int(time_ms))
    lengths = [nx.single_source_dijkstra_path_length(graph, int(node)) for node in zone_node]
    return np.array([[way.get(int(node), -1) for node in zone_node] for way in lengths])


def nodes_named(roads: Roads, n_zones: int) -> np.ndarray:
    return np.array([int(np.flatnonzero(roads.names == f"zone {k}")[0]) for k in range(n_zones)])


@given(maps(), st.integers(0, 2))
def test_no_fastest_way_between_zones_gets_longer(drawn: tuple[Roads, np.ndarray], n_rounds: int) -> None:
    roads, zones = drawn
    before = times_between(roads, zones)
    is_used, when_empty = pieces_in_use(roads, zones, n_rounds, lambda _: None)
    kept = roads._replace(pieces=roads.pieces.rows(is_used))
    np.testing.assert_array_equal(times_between(kept, zones), before)
    np.testing.assert_array_equal(times_between(roads._replace(pieces=roads.pieces.rows(when_empty)), zones), before)
    assert np.all(is_used[when_empty])
    assert n_rounds > 0 or np.array_equal(is_used, when_empty)


@given(maps())
def test_dead_ends_are_on_no_way_between_zones(drawn: tuple[Roads, np.ndarray]) -> None:
    roads, zones = drawn
    lean = without_dead_ends(roads)
    np.testing.assert_array_equal(times_between(lean, nodes_named(lean, len(zones))), times_between(roads, zones))
    degree = np.bincount(np.concatenate([lean.pieces.a, lean.pieces.b]), minlength=lean.n_nodes)
    assert np.all(lean.is_kept[degree == 1])


def test_a_round_finds_the_other_road_and_not_the_other_carriageway() -> None:
    """Two carriageways 200 m apart are one road to drivers; the trunk road 20 km off is another."""
    places = [(100.0, 30.0), (100.5, 30.002), (100.5, 30.0), (100.5, 30.2), (101.0, 30.0)]
    ways = [(0, 1), (1, 4), (0, 2), (2, 4), (0, 3), (3, 4)]
    roads = straight_roads(places, [(*way, EXPRESSWAY if k < 4 else TRUNK, True) for k, way in enumerate(ways)])
    for row, way in enumerate(ways):
        # Points along the way, as maps have them.
        share = np.linspace(0, 1, 200)[:, None]
        points = (np.array(places[way[0]]) * (1 - share) + np.array(places[way[1]]) * share) * DEG
        first = len(roads.point_x)
        roads = roads._replace(
            point_x=np.append(roads.point_x, points[:, 0].astype(np.int32)),
            point_y=np.append(roads.point_y, points[:, 1].astype(np.int32)),
        )
        roads.pieces.first[row], roads.pieces.last[row] = first, first + 199
    zones = np.array([0, 4])
    first, _ = pieces_in_use(roads, zones, 0, lambda _: None)
    second, _ = pieces_in_use(roads, zones, 1, lambda _: None)
    assert first.tolist() == [False, False, True, True, False, False]
    assert second.tolist() == [False, False, True, True, True, True]


@given(maps(), st.data())
def test_wanted_roads_are_reached_from_those_in_use(drawn: tuple[Roads, np.ndarray], data: st.DataObject) -> None:
    roads, zones = drawn
    is_used, _ = pieces_in_use(roads, zones, 0, lambda _: None)
    wanted = np.array(data.draw(st.lists(st.integers(0, len(is_used) - 1), max_size=3, unique=True)), np.int64)
    kept = reached_from_use(roads, is_used, wanted)
    assert np.all(kept[is_used])
    assert np.all(kept[wanted])
    links = directed(roads._replace(pieces=roads.pieces.rows(kept)))
    graph = nx.DiGraph(zip(links.link_from.tolist(), links.link_to.tolist(), strict=True))
    assert nx.is_strongly_connected(graph)


@given(maps(), st.lists(st.integers(0, 13), min_size=1, max_size=4, unique=True))
def test_a_tree_leads_to_the_nearest_of_its_roots(drawn: tuple[Roads, np.ndarray], roots: list[int]) -> None:
    roads, _ = drawn
    roots = sorted({root % roads.n_nodes for root in roots})
    links = directed(roads)
    search = Search(links.link_from, links.link_to, links.time_ms, roads.n_nodes)
    tree = search.scratch()
    assert search.grow(np.array(roots, np.int32), tree) == roads.n_nodes
    between = times_between(roads, np.arange(roads.n_nodes))[:, roots].min(axis=1)
    np.testing.assert_array_equal(tree.left_ms, between)
    np.testing.assert_array_equal(search.sums(tree, links.time_ms), between)


def test_times_that_do_not_fit_are_refused() -> None:
    one = np.zeros(1, np.int32)
    with pytest.raises(DataError, match="link times"):
        Search(one, one, np.array([1 << 61]), 4)
