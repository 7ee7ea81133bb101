"""Networks of real extracts, held against independent counts, routes and known distances."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from tests.network_sources import (
    CHINA,
    NAMES,
    assert_contraction_keeps_everything,
    extract,
)
from tests.osm_xml import drivable, plain_xml, times_ms
from twin.network.classes import CLASSES
from twin.network.files import build_network, load_network
from twin.network.routes import link_times_ms
from twin.tables.roads import about


@pytest.mark.parametrize("name", NAMES)
def test_contraction_of_real_extracts(name: str) -> None:
    assert_contraction_keeps_everything(extract(name), 12)


@pytest.mark.parametrize(("name", "low_km", "high_km"), [(NAMES[0], 850, 1206), (NAMES[3], 350, 855), (NAMES[1], 150, 590)])
def test_real_extracts_are_of_a_plausible_size(tmp_path: Path, name: str, low_km: float, high_km: float) -> None:
    told = build_network(str(extract(name)), tmp_path / "out")
    network = load_network(tmp_path / "out")
    assert (
        low_km
        < network.link_length_m[network.link_reverse < 0].sum() / 1000
        + (network.link_length_m[network.link_reverse >= 0].sum() / 2000)
        < high_km
    )
    assert 600 < told["n_nodes"] < 5000
    assert told["share_of_km_in_core"] > 0.88


@pytest.mark.parametrize("name", NAMES)
def test_kilometres_and_times_are_those_of_osmnx(tmp_path: Path, name: str) -> None:
    path = extract(name)
    build_network(str(path), tmp_path / "out")
    graph = drivable(plain_xml(path, tmp_path / "plain.osm"))
    found: dict[str, float] = {}
    for _, _, data in graph.edges(data=True):
        own = CLASSES[data["highway"]].name
        found[own] = found.get(own, 0.0) + (0.0 if data["reversed"] else data["length"] / 1000)
    read_km = about(tmp_path / "out")["report"]["read"]["km"]
    assert read_km == {own: pytest.approx(km, rel=0.01) for own, km in found.items()}
    network = load_network(tmp_path / "out")
    osm_node = {(round(data["x"], 7), round(data["y"], 7)): key for key, data in graph.nodes(data=True)}
    places = zip(network.node_lon.round(7).tolist(), network.node_lat.round(7).tolist(), strict=True)
    same = [osm_node[place] for place in places]
    picked = np.linspace(0, network.n_nodes - 1, 30).astype(int)
    origins, ends = picked[::3], picked[1::3].tolist() + picked[2::3].tolist()
    ours = times_ms(network, origins)[:, ends]
    theirs = [nx.single_source_dijkstra_path_length(graph, same[row], weight="ms") for row in origins]
    assert ours.size == 200
    assert np.allclose(ours, [[reach[same[end]] for end in ends] for reach in theirs], rtol=0.01)


def test_the_country_has_its_known_distances(tmp_path: Path) -> None:
    if not (CHINA / "edges.csv.gz").is_file():
        pytest.skip(f"{CHINA} is not there")
    build_network(str(CHINA), tmp_path / "out", gap_m=2000)
    network = load_network(tmp_path / "out")
    cities = {
        "Beijing": (116.40, 39.90), "Shanghai": (121.47, 31.23), "Guangzhou": (113.26, 23.13), "Wuhan": (114.30, 30.59),
        "Kunming": (102.83, 24.88), "Dali": (100.23, 25.59), "Lanzhou": (103.83, 36.06), "Urumqi": (87.62, 43.82),
    }  # fmt: skip
    nodes = {
        name: int(np.argmin(np.hypot((network.node_lon - lon) * math.cos(math.radians(lat)), network.node_lat - lat)))
        for name, (lon, lat) in cities.items()
    }
    graph = nx.DiGraph()
    time_ms = link_times_ms(network)
    order = np.argsort(-time_ms, kind="stable")
    ends = zip(network.link_from[order].tolist(), network.link_to[order].tolist(), order.tolist(), strict=True)
    graph.add_edges_from((u, v, {"ms": int(time_ms[k]), "m": int(network.link_length_m[k])}) for u, v, k in ends)
    known = {
        ("Beijing", "Shanghai"): 1210, ("Beijing", "Guangzhou"): 2150, ("Wuhan", "Guangzhou"): 985,
        ("Kunming", "Dali"): 320, ("Lanzhou", "Urumqi"): 1900,
    }  # fmt: skip
    for (start, end), km in known.items():
        way = nx.bidirectional_dijkstra(graph, nodes[start], nodes[end], weight="ms")[1]
        found = sum(graph.edges[pair]["m"] for pair in itertools.pairwise(way)) / 1000
        assert found == pytest.approx(km, rel=0.05), (start, end)
