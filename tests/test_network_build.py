"""Roads from OpenStreetMap files, tables and places: every rule has a known answer, and nothing is silently lost."""

from __future__ import annotations

import bz2
import gzip
import itertools
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tests.conftest import REPOSITORY
from tests.osm_xml import as_network, drivable, hand_made, node, osm_xml, plain_xml, times_ms, write_hand_made
from twin.cli import app
from twin.errors import DataError, OutputExistsError
from twin.network import place
from twin.network.classes import ACCESS, CLASSES
from twin.network.contract import contract
from twin.network.datum import to_gcj02, to_wgs84
from twin.network.files import build_network, describe, load_network
from twin.network.osm import read_osm
from twin.network.repair import ACCESS_M, ACCESS_S, core, without_doubles
from twin.network.routes import link_times_ms
from twin.network.tags import is_closed_to_cars, lanes_per_direction, line_of, oneway_of, sockets_of, speed_of
from twin.tables.roads import about, read_part

EXTRACTS = REPOSITORY.parent / "shared" / "data" / "osm_raw"
CHINA = REPOSITORY.parent / "shared" / "data" / "china_roads_osm"
NAMES = ("nanjing.osm.gz", "north-bayreuth.osm.gz", "monaco.osm.gz", "andorra.osm.pbf", "shanghai.osm")
M_PER_GRID = 6_371_008.8 * math.radians(0.01)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def extract(name: str) -> Path:
    path = EXTRACTS / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return path


# What tags say


@pytest.mark.parametrize(
    ("text", "speed_kmh"),
    [
        ("60", 60), ("60 km/h", 60), ("30 mph", 48.28032), ("30mph", 48.28032), ("20 knots", 37.04), ("CN:urban", 50),
        ("CN:motorway", 120), ("DE:urban", 50), ("XX:rural", 80), ("none", 130), ("walk", 7), ("80;60", 60),
        ("999", 130), ("signals", None), ("0", None), ("-5", None), ("fast", None), ("", None), ("CN:", None),
    ],
)  # fmt: skip
def test_maxspeed(text: str, speed_kmh: float | None) -> None:
    found = speed_of({"maxspeed": text})
    assert math.isnan(found) if speed_kmh is None else found == pytest.approx(speed_kmh)


@pytest.mark.parametrize(
    ("tags", "heading"),
    [
        ({"oneway": "yes"}, 1), ({"oneway": "1"}, 1), ({"oneway": "-1"}, -1), ({"oneway": "reverse"}, -1), ({}, 0),
        ({"highway": "motorway"}, 1), ({"highway": "motorway", "oneway": "no"}, 0), ({"highway": "motorway_link"}, 0),
        ({"junction": "roundabout"}, 1), ({"junction": "circular"}, 1), ({"oneway": "alternating"}, 0),
    ],
)  # fmt: skip
def test_oneway(tags: dict[str, str], heading: int) -> None:
    assert oneway_of(tags) == heading


def test_lanes_lines_access_and_sockets() -> None:
    assert [lanes_per_direction({"lanes": text}, False) for text in ("4", "1", "3", "2;3", "x", "")] == [2, 1, 1, 1, 0, 0]
    assert lanes_per_direction({"lanes": "3"}, True) == 3
    assert lanes_per_direction({"lanes": "3", "lanes:forward": "2"}, False) == 2
    assert line_of({"highway": "motorway", "ref": "G42;G2"}) == "G42"
    assert line_of({"highway": "trunk", "ref": "G312"}) == ""
    assert is_closed_to_cars({"access": "private"})
    assert not is_closed_to_cars({"access": "private", "motor_vehicle": "yes"})
    assert is_closed_to_cars({"area": "yes"})
    tags = {"socket:type2": "4", "socket:type2:output": "22 kW", "socket:gb_dc": "2", "socket:gb_dc:output": "120kW"}
    assert sockets_of(tags) == (6, 120.0, "gb_dc:2:120;type2:4:22")
    assert sockets_of({"capacity": "3", "socket:type2": "yes"})[::2] == (3, "type2::")


# A network whose answers are known


@pytest.mark.parametrize("ending", [".osm", ".osm.gz", ".osm.bz2"])
def test_the_hand_made_network(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"town{ending}"
    pack = {".osm": bytes, ".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}[ending]
    path.write_bytes(pack(hand_made().encode()))
    told = build_network(str(path), tmp_path / "town.parquet")
    network = load_network(tmp_path / "town.parquet")
    by_way = {str(name): row for row, name in enumerate(network.link_id)}
    # Nodes 1 and 3 stay, as classes differ there; ways 10 and 17 are one link, as node 2 gives no choice.
    assert set(by_way) == {"10.0+", "10.0-", "11.0+", "12.0+", "12.1+", "13.0+", "13.1+", "14.0+", "15.0+", "16.0+"}
    secondary, back = by_way["10.0+"], by_way["10.0-"]
    assert network.link_reverse[[secondary, back, by_way["11.0+"]]].tolist() == [back, secondary, -1]
    assert network.link_free_speed_kmh[secondary] == pytest.approx(60, rel=1e-3)
    assert network.link_capacity_per_h[secondary] == 2 * CLASSES["secondary"].lane_capacity_per_h
    assert network.link_capacity_per_h[by_way["12.0+"]] == 3 * CLASSES["motorway"].lane_capacity_per_h
    assert network.link_free_speed_kmh[by_way["13.0+"]] == pytest.approx(CLASSES["motorway"].speed_kmh, rel=1e-3)
    north = M_PER_GRID * (1 + math.cos(math.radians(32)))
    assert network.link_length_m[secondary] == pytest.approx(north, abs=1)
    # Against its way: from 1 over 4 to 3.
    residential = by_way["11.0+"]
    assert network.node_lon[network.link_from[residential]] < network.node_lon[network.link_to[residential]]
    assert network.line_names.tolist() == ["G42"]
    assert [network.link_line[by_way[name]] for name in ("12.0+", "13.1+", "14.0+")] == [0, 0, -1]
    assert [network.link_kind[by_way[name]] for name in ("12.0+", "14.0+", "10.0+", "11.0+")] == [0, 10, 3, 6]
    assert sorted(zip(network.site_names, network.link_id[network.site_link], strict=True)) == [
        ("North", "13.0+"),
        ("South", "12.0+"),
    ]
    assert network.site_names_zh.tolist() == ["北区", "South"]
    assert (network.n_zones, told["n_stations"], told["n_links"]) == (0, 1, 10)
    assert told["closed"].startswith("1 (")
    assert told["outside_core"].startswith("2 (")
    assert told["short"].startswith("3 (")
    assert told["sites_off_the_road"].startswith("1 (")
    assert told["joined"].startswith("1 (")
    assert "0 mm of road lost" in told["joined"]
    km = sum(value for name, value in told.items() if name.endswith("_km") and isinstance(value, float))
    assert told["read_km"] == pytest.approx(km - told["read_km"], abs=2e-3)


def test_the_file_holds_paths_stations_and_provenance(tmp_path: Path) -> None:
    out = tmp_path / "town.parquet"
    build_network(str(write_hand_made(tmp_path)), out)
    links = read_part(out, "link")
    row = links["link_id"].tolist().index("11.0+")
    first, last = links["link_path_lon"].first[row : row + 2]
    assert links["link_path_lon"].values[first:last].tolist() == pytest.approx([118.0, 118.0, 118.01])
    assert links["link_path_lat"].values[first:last].tolist() == pytest.approx([32.0, 32.01, 32.01])
    assert links["link_is_toll"].sum() == 2
    station = {name: values[0] for name, values in read_part(out, "station").items()}
    assert (station["station_n_evse"], station["station_power_kw"]) == (6, 120.0)
    assert station["station_sockets"] == "gb_dc:2:120;type2:4:22"
    told = describe(out)
    assert "ODbL" in told["licence"]
    assert len(told["sha256"]) == 64
    assert set(pq.read_table(out, columns=["part"]).column("part").to_pylist()) == {
        "link",
        "node",
        "site",
        "line",
        "station",
    }


def test_two_builds_are_the_same_bytes_and_none_is_written_over(tmp_path: Path) -> None:
    source = str(write_hand_made(tmp_path))
    for name in ("a", "b"):
        build_network(source, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with pytest.raises(OutputExistsError):
        build_network(source, tmp_path / "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "town.osm"]


def test_commands_build_and_tell(tmp_path: Path) -> None:
    out = tmp_path / "town.parquet"
    built = invoke("network", "build", write_hand_made(tmp_path), "--out", out, "--json")
    assert built.exit_code == 0, built.output
    told = invoke("network", "info", out, "--json")
    assert json.loads(told.stdout) == json.loads(built.stdout)
    assert "OpenStreetMap contributors" in invoke("network", "info", out).stdout


# Rings, loops and doubles


def test_rings_and_doubles_leave_no_link_from_a_node_to_itself(tmp_path: Path) -> None:
    nodes = {k: node(k % 4, k // 4) for k in range(1, 12)}
    ways = [
        (1, [1, 2], {"highway": "residential"}),
        (2, [2, 1], {"highway": "residential"}),
        (3, [2, 3, 7, 6, 2], {"highway": "residential"}),
        (4, [1, 5], {"highway": "residential"}),
        (5, [5, 9], {"highway": "residential"}),
        (6, [9, 10], {"highway": "residential"}),
        (7, [10, 5], {"highway": "residential"}),
        (8, [1, 1], {"highway": "residential"}),
    ]
    path = tmp_path / "rings.osm"
    path.write_text(osm_xml(nodes, ways), encoding="utf-8")
    told = build_network(str(path), tmp_path / "out")
    network = load_network(tmp_path / "out")
    assert np.all(network.link_from != network.link_to)
    assert told["doubles"].startswith("1 (")
    # Dead end 2-1-5 with a ring at each end, each ring cut once more: four nodes, five roads both ways.
    assert (network.n_nodes, network.n_links) == (4, 10)
    assert told["residential_km"] == pytest.approx(told["read_km"] - 0.944, abs=2e-3)


def random_roads(draw: st.DrawFn) -> str:
    corner = st.integers(0, 24)
    nodes = {k: node(k % 5, k // 5) for k in range(25)}
    tags = st.fixed_dictionaries(
        {"highway": st.sampled_from(["primary", "primary", "motorway", "motorway_link"])},
        optional={"oneway": st.sampled_from(["yes", "-1", "no"]), "maxspeed": st.sampled_from(["30", "90"])},
    )
    ways = draw(st.lists(st.tuples(st.lists(corner, min_size=2, max_size=8), tags), min_size=1, max_size=12))
    return osm_xml(nodes, [(k + 1, refs, own) for k, (refs, own) in enumerate(ways)])


def assert_contraction_keeps_everything(path: Path, n_pairs: int) -> None:
    source = read_osm(path)
    roads, _ = without_doubles(source.roads)
    roads, _, _ = core(roads, "roads")
    joined = contract(roads)
    assert int(joined.pieces.length_mm.sum()) == int(roads.pieces.length_mm.sum())
    assert int(joined.pieces.time_ms.sum()) == int(roads.pieces.time_ms.sum())
    assert len(joined.pieces.a) <= len(roads.pieces.a)
    assert np.all(joined.pieces.a != joined.pieces.b)
    before, _ = as_network(source, roads)
    after, columns = as_network(source, joined)
    assert np.array_equal(link_times_ms(after)[after.link_reverse < 0], joined.pieces.time_ms[~joined.pieces.is_both])
    row_of = {place: row for row, place in enumerate(zip(roads.x.tolist(), roads.y.tolist(), strict=True))}
    same = np.array([row_of[place] for place in zip(joined.x.tolist(), joined.y.tolist(), strict=True)])
    origins = np.arange(after.n_nodes)[:: max(after.n_nodes // n_pairs, 1)]
    assert np.array_equal(times_ms(after, origins), times_ms(before, same[origins])[:, same])
    ends = columns["link_path_lon"].first
    assert np.allclose(columns["link_path_lon"].values[ends[:-1]], after.node_lon[after.link_from], atol=1e-9)
    assert np.allclose(columns["link_path_lat"].values[ends[1:] - 1], after.node_lat[after.link_to], atol=1e-9)


@given(st.data())
def test_contraction_keeps_lengths_times_and_routes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("roads") / "a.osm"
    path.write_text(random_roads(data.draw), encoding="utf-8")
    try:
        read_osm(path)
        assert_contraction_keeps_everything(path, 30)
    except DataError as error:
        assert "wanted" in str(error)


@pytest.mark.parametrize("name", NAMES)
def test_contraction_of_real_extracts(name: str) -> None:
    assert_contraction_keeps_everything(extract(name), 12)


# Tables of nodes and links


def tables(folder: Path, nodes: str, links: str, name: str = "links.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "nodes.csv").write_text(nodes, encoding="utf-8")
    (folder / name).write_text(links, encoding="utf-8")
    return folder


NODES = "node,lon,lat,name\na,116.0,40.0,A\nb,116.1,40.0,B\nc,116.2,40.0,C\nd,116.21,40.0,D\ne,116.3,40.0,E\n"
LINKS = (
    "from_node,to_node,length_km,class,is_oneway,speed_kmh,lanes_per_direction,line\n"
    "a,b,10,motorway,0,100,3,G1\nb,c,9,trunk,0,,1,\nd,e,8,primary,0,,1,\na,a,1,trunk,0,,1,\n"
)


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


# Bad input


def hole(refs: list[int]) -> str:
    nodes = {k: node(k % 10, k // 10) for k in range(100)}
    ways = [(row + 1, list(range(10 * row, 10 * row + 10)), {"highway": "primary"}) for row in range(10)]
    return osm_xml(nodes, [*ways, (99, refs, {"highway": "primary"})])


BAD_FILES = {
    "none.osm": (None, "found no such file"),
    "empty.osm": (b"", "found a damaged file"),
    "empty.osm.pbf": (b"", "found a damaged file"),
    "words.osm": (b"hello", "found a damaged file"),
    "cut.osm": (hand_made().encode()[:900], "found a damaged file"),
    "cut.osm.gz": (gzip.compress(hand_made().encode())[:300], "found a damaged file"),
    "text.osm.pbf": (b"not a protocol buffer at all", "found a damaged file"),
    "bare.osm": (b'<osm version="0.6"></osm>', "found no road for cars"),
    "table.txt": (b"a,b\n", "found a file of another kind"),
    "hole.osm": (hole([44, 7777, 46]).encode(), "way 99: found node 7777, which is not in the file"),
    "lost.osm": (osm_xml({1: node(0, 0)}, [(5, [1, 2], {"highway": "primary"})]).encode(), "way 5: found node 2"),
    "twice.osm": (
        hole([1, 12]).replace('<way id="3">', '<way id="1">').encode(),
        "way 1: found the same id twice",
    ),
    "again.osm": (
        hole([1, 12]).replace('<node id="3"', '<node id="1"').encode(),
        "node 1: found the same id twice",
    ),
    "oneway.osm": (
        osm_xml({1: node(0, 0), 2: node(1, 1)}, [(5, [1, 2], {"highway": "primary", "oneway": "yes"})]).encode(),
        "found no two places that can be driven between both ways",
    ),
    "closed.osm": (
        osm_xml({1: node(0, 0), 2: node(1, 1)}, [(5, [1, 2], {"highway": "primary", "access": "no"})]).encode(),
        "found no road that cars may use",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_exits_2_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    content, said = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = invoke("network", "build", tmp_path / name, "--out", tmp_path / "out.parquet")
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "wanted" in result.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {name}


def test_a_truncated_pbf_exits_2(tmp_path: Path) -> None:
    (tmp_path / "a.osm.pbf").write_bytes(extract("andorra.osm.pbf").read_bytes()[:200_000])
    result = invoke("network", "build", tmp_path / "a.osm.pbf", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "unexpected EOF" in result.stderr


@pytest.mark.parametrize(
    ("nodes", "links", "said"),
    [
        (NODES, LINKS.replace("line\n", "colour\n"), "column 'colour': found a name that is not known"),
        (NODES, LINKS.replace("class", "kind"), "found no column class"),
        (NODES, LINKS.replace("length_km", "line2"), "found both or none of length_m and length_km"),
        (NODES, LINKS.replace("a,b,10", "a,b,-10"), "length_km of row 1: found -10"),
        (NODES, LINKS.replace("a,b,10", "a,b,0"), "length_km of row 1: found 0"),
        (NODES, LINKS.replace("a,b", "a,zz"), "to_node of row 1: found zz"),
        (NODES, LINKS.replace("motorway", "runway"), "class 'runway': found a class that is not known"),
        (NODES, LINKS.replace("motorway,0,100", "motorway,0,fast"), "column speed_kmh: found texts"),
        (NODES, LINKS.replace("motorway,0", "motorway,2"), "column is_oneway: found other values"),
        (NODES.replace("b,116.1", "a,116.1"), LINKS, "node a: found the same id twice"),
        (NODES.replace("116.1", "216.1"), LINKS, "lon of row 2: found 216.1"),
        (NODES.splitlines()[0] + "\n", LINKS, "found a table without rows"),
        ("", LINKS, "nodes.csv: found a table that cannot be read"),
    ],
)
def test_a_bad_table_exits_2_and_leaves_nothing(tmp_path: Path, nodes: str, links: str, said: str) -> None:
    source = tables(tmp_path / "roads", nodes, links)
    result = invoke("network", "build", source, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]


def test_other_bad_arguments_exit_2(tmp_path: Path) -> None:
    town = write_hand_made(tmp_path)
    roads = tables(tmp_path / "roads", NODES.replace("116.0", "2.0"), LINKS)
    cases: list[tuple[list[object], str]] = [
        ([tmp_path / "roads", "--datum", "GCJ-02"], "lon of row 1: found 2.0"),
        ([roads, "--datum", "Mars"], "found 'Mars'"),
        ([town, "--datum", "GCJ-02"], "found datum GCJ-02"),
        ([town, "--gap-m", "-1"], "gap tolerance: found -1 m"),
        (["10,50,5,51"], "found no area"),
        ([" "], "found an empty text"),
        ([tmp_path], "found no table of nodes"),
        ([town, "--out", tmp_path / "no" / "out"], "found no such folder"),
    ]
    for arguments, said in cases:
        result = invoke("network", "build", "--out", tmp_path / "out", *arguments)
        assert result.exit_code == 2, said
        assert said in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"town.osm", "roads"}


@pytest.mark.parametrize("content", [None, b"", b"PAR1 or so"])
def test_info_of_what_is_no_network_exits_2(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    result = invoke("network", "info", tmp_path / "a")
    assert result.exit_code == 2
    assert "wanted a network" in result.stderr


def test_a_table_of_something_else_is_no_network(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a")
    with pytest.raises(DataError, match="found format None"):
        load_network(tmp_path / "a")


@given(st.data())
def test_a_damaged_file_is_an_error_or_a_network_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = bytearray(hand_made().encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        if data.draw(st.booleans()):
            text[at] = data.draw(st.integers(0, 255))
        else:
            del text[at : at + data.draw(st.integers(1, 200))]
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "a.osm").write_bytes(bytes(text))
    try:
        told = build_network(str(folder / "a.osm"), folder / "out")
    except DataError as error:
        assert "found" in str(error)
        assert [path.name for path in folder.iterdir()] == ["a.osm"]
    else:
        assert load_network(folder / "out").n_links == told["n_links"]


# Real extracts


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
