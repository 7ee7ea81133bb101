"""Networks of real extracts, held against independent counts, routes and known distances."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from tests.conftest import REPOSITORY
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
    places = zip(network.node_lon.round(7).tolist(), network.node_lat.round(7).tolist(), strict=True)
    osm_node = {(round(data["x"], 7), round(data["y"], 7)): key for key, data in graph.nodes(data=True)}
    same = [osm_node[place] for place in places]
    luck = np.random.default_rng(2027)
    origins, ends = luck.choice(network.n_nodes, 20, replace=False), luck.integers(0, network.n_nodes, (20, 10))
    ours = np.take_along_axis(times_ms(network, origins), ends, axis=1)
    # Nodes drawn twice at one place are one for us, and no crossing for osmnx: that may give another way.
    own_node = {key: osm_node[round(data["x"], 7), round(data["y"], 7)] for key, data in graph.nodes(data=True)}
    off = []
    for each in (graph, nx.relabel_nodes(graph, own_node)):
        reached = [nx.single_source_dijkstra_path_length(each, same[row], weight="ms") for row in origins]
        theirs = np.array([[reach[same[end]] for end in row] for reach, row in zip(reached, ends, strict=True)])
        off.append(np.abs(ours - theirs) / np.maximum(theirs, 1))
    worst = max(abs(read_km[own] / km - 1) for own, km in found.items())
    print(f"km {100 * worst:.3f} %, times {100 * off[1].max():.3f} %, nodes as drawn {100 * off[0].max():.3f} %")
    assert ours.size == 200
    assert (off[0] <= 0.01).sum() >= 199
    assert off[1].max() <= 0.01


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system does not tell what a process took")
def test_the_country_is_built_within_a_minute_and_has_its_known_distances(tmp_path: Path) -> None:
    """658,774 links in at most 60 seconds of all cores together and 3 GB; five distances within 5 %."""
    if not (CHINA / "edges.csv.gz").is_file():
        pytest.skip(f"{CHINA} is not there")
    command = [
        sys.executable,
        "-m",
        "twin",
        "network",
        "build",
        str(CHINA),
        "--gap-m",
        "2000",
        "--out",
        str(tmp_path / "out"),
    ]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert usage.ru_utime + usage.ru_stime <= 60
    assert usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) <= 3e9
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
