"""Roads from tables and from places asked for by name, in any datum."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.network_sources import (
    LINKS,
    NODES,
    invoke,
    tables,
)
from tests.osm_xml import times_ms
from twin.errors import DataError
from twin.network import place
from twin.network.classes import ACCESS, CLASSES
from twin.network.files import build_network, load_network
from twin.network.repair import ACCESS_M, ACCESS_S
from twin.network.routes import link_times_ms
from twin.tables.datum import to_gcj02, to_wgs84

# Tables of nodes and links


def test_tables_make_a_network_with_access_links_and_bridged_gaps(tmp_path: Path) -> None:
    source = tables(tmp_path / "roads", NODES, LINKS)
    told = build_network(str(source), tmp_path / "out", gap_m=900)
    network = load_network(tmp_path / "out")
    gap_m = 6_371_008.8 * math.radians(0.01) * math.cos(math.radians(40))
    assert told["gap_bridges"].startswith("1 (0.85")
    assert told["loops"].startswith("1 (1.000 km)")
    assert told["access_links"].startswith("1 (0.500 km)")
    access = np.flatnonzero(network.link_kind == ACCESS)
    assert network.link_length_m[access].tolist() == [ACCESS_M] * 2
    assert link_times_ms(network)[access].tolist() == [ACCESS_S * 1000] * 2
    primary_m = network.link_length_m[network.link_kind == 2].sum() / 2
    assert primary_m == pytest.approx(8000 + gap_m, abs=1)
    a, e = (int(np.flatnonzero(network.node_names == name)[0]) for name in "AE")
    speeds = (CLASSES["trunk"].speed_kmh, CLASSES["primary"].speed_kmh)
    expected_s = 360 + ACCESS_S + 9 / speeds[0] * 3600 + (8 + gap_m / 1000) / speeds[1] * 3600
    assert times_ms(network, np.array([a]))[0, e] == pytest.approx(expected_s * 1000, abs=3)
    assert network.line_names.tolist() == ["G1"]


def test_without_bridges_the_smaller_part_is_told(tmp_path: Path) -> None:
    told = build_network(str(tables(tmp_path / "roads", NODES, LINKS)), tmp_path / "out")
    assert told["outside_core"].startswith("1 (8.000 km)")
    assert told["outside_core_primary_km"] == 8
    assert told["n_parts"] == 2


def test_other_names_of_columns_and_parquet_are_understood(tmp_path: Path) -> None:
    folder = tmp_path / "roads"
    folder.mkdir()
    pq.write_table(pa.table({"id": [7, 8, 9], "lon": [1.0, 1.1, 1.2], "lat": [0.0, 0.0, 0.0]}), folder / "nodes.parquet")
    edges = pa.table({"u": [7, 8], "v": [8, 9], "km": [11.2, 1.0], "cls": ["primary", "gap_bridge"]})
    pq.write_table(edges, folder / "edges.parquet")
    told = build_network(str(folder), tmp_path / "out")
    assert told["primary_km"] == 12.2


def test_datums_are_undone_and_recorded(tmp_path: Path) -> None:
    lon, lat = np.array([116.391, 121.5, 103.8, 2.3]), np.array([39.907, 31.2, 1.35, 48.9])
    there = to_gcj02(lon, lat)
    back = to_wgs84(*there, "GCJ-02")
    assert np.allclose(back, (lon, lat), atol=1e-9)
    # Tiananmen in the two datums, as commonly published; France is untouched.
    assert (there[0][0] - lon[0], there[1][0] - lat[0]) == pytest.approx((0.006244, 0.001402), abs=2e-5)
    assert (there[0][3], there[1][3]) == (2.3, 48.9)
    source = tables(tmp_path / "roads", NODES, LINKS)
    told = build_network(str(source), tmp_path / "out", datum="GCJ-02", gap_m=900)
    network = load_network(tmp_path / "out")
    assert told["datum"] == "GCJ-02 in, WGS-84 here"
    assert 0.004 < 116.0 - network.node_lon.min() < 0.008


# Places


class FakeOsmnx:
    """Answers as osmnx does."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.settings = SimpleNamespace(overpass_url="https://overpass.invalid/api")

    def graph_from_place(self, _place: object, **_how: object) -> nx.MultiDiGraph:
        if self.fault is not None:
            raise self.fault
        graph = nx.MultiDiGraph()
        for number, lon in ((1, 118.0), (2, 118.01), (3, 118.02)):
            graph.add_node(number, x=lon, y=32.0)
        for u, v in ((1, 2), (2, 3)):
            data = {"osmid": 5, "highway": "primary", "oneway": False, "maxspeed": "60"}
            graph.add_edge(u, v, **data, reversed=False)
            graph.add_edge(v, u, **data, reversed=True)
        return graph

    graph_from_bbox = graph_from_place

    def features_from_place(self, _place: object, _tags: object) -> Any:
        raise ValueError("no matching features")

    features_from_bbox = features_from_place


@pytest.mark.parametrize("source", ["Nowhere, China", "117.9,31.9,118.1,32.1"])
def test_a_place_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, "osmnx", FakeOsmnx())
    monkeypatch.setattr(place, "_is_reached", lambda host: host == "overpass.invalid")
    told = build_network(source, tmp_path / "out", cache=tmp_path / "cache")
    assert (told["n_links"], told["source"], told["km_with_speed_by_class"]) == (2, source, 0)
    network = load_network(tmp_path / "out")
    assert network.link_free_speed_kmh.tolist() == pytest.approx([60, 60], rel=1e-3)
    assert "ODbL" in network.provenance["licence"]


@pytest.mark.parametrize("fault", [OSError("refused"), ValueError("Nominatim found nothing"), TypeError("no polygon")])
def test_an_unanswered_place_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    monkeypatch.setitem(__import__("sys").modules, "osmnx", FakeOsmnx(fault))
    monkeypatch.setattr(place, "_is_reached", lambda _host: True)
    with pytest.raises(DataError, match=r"Atlantis: found no .*; wanted"):
        build_network("Atlantis", tmp_path / "out", cache=tmp_path / "cache")
    assert not list(tmp_path.iterdir())


def test_without_a_net_the_answer_is_quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "osmnx", FakeOsmnx(AssertionError("asked all the same")))
    monkeypatch.setattr(place, "_is_reached", lambda _host: False)
    result = invoke("network", "build", "Nanjing, China", "--out", tmp_path / "out", "--cache", tmp_path / "cache")
    assert result.exit_code == 2
    assert "wanted a net connection" in result.stderr
    assert not list(tmp_path.iterdir())
