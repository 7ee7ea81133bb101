"""Roads from OpenStreetMap files: every rule has a known answer, and nothing is silently lost."""

from __future__ import annotations

import bz2
import gzip
import json
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.network_sources import (
    M_PER_GRID,
    assert_contraction_keeps_everything,
    invoke,
    random_roads,
)
from tests.osm_xml import hand_made, node, osm_xml, write_hand_made
from twin.errors import DataError, OutputExistsError
from twin.network.classes import CLASSES
from twin.network.files import build_network, describe, load_network
from twin.network.osm import read_osm
from twin.network.tags import is_closed_to_cars, lanes_per_direction, line_of, oneway_of, sockets_of, speed_of
from twin.tables.roads import read_part

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


@given(st.data())
def test_contraction_keeps_lengths_times_and_routes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("roads") / "a.osm"
    path.write_text(random_roads(data.draw), encoding="utf-8")
    try:
        read_osm(path)
        assert_contraction_keeps_everything(path, 30)
    except DataError as error:
        assert "wanted" in str(error)
