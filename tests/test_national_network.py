"""The nation on a map: zones and service areas join it, and what was made of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pytest
from typer.testing import CliRunner

from tests.conftest import REPOSITORY
from twin.cli import app
from twin.config import config_hash, load
from twin.errors import DataError, StoreError
from twin.network import Network, Regions, build_routes, load_backbone, load_regions
from twin.network.attach import STREET_DETOUR, STREET_KMH, streets_of, zones_at_nodes
from twin.network.built import roads_of_file
from twin.network.classes import ACCESS, EXPRESSWAY, PRIMARY, SECONDARY, TRUNK
from twin.network.files import build_network
from twin.network.in_use import directed
from twin.network.national import load_national, nationalise
from twin.network.pieces import DEG, Pieces, Roads, segment_mm
from twin.network.search import Search
from twin.network.sides import Sides, cut_at, find_sides, load_sides
from twin.network.standin import stand_in
from twin.tables import seeds
from twin.tables.roads import read_part

CHINA = REPOSITORY.parent / "shared" / "data" / "china_roads_osm"
KNOWN_KM = {
    ("Beijing", "Shanghai"): 1210,
    ("Beijing", "Guangzhou"): 2150,
    ("Wuhan", "Guangzhou"): 985,
    ("Kunming", "Dali"): 320,
    ("Lanzhou", "Urumqi"): 1900,
}
CITIES = {
    "Beijing": (116.397, 39.909),
    "Shanghai": (121.473, 31.230),
    "Guangzhou": (113.264, 23.129),
    "Wuhan": (114.305, 30.593),
    "Kunming": (102.712, 25.040),
    "Dali": (100.225, 25.589),
    "Lanzhou": (103.834, 36.061),
    "Urumqi": (87.617, 43.825),
}
"""City centres, degrees."""

Piece = tuple[int, int, int, bool]


def straight_roads(places: list[tuple[float, float]], pieces: list[Piece]) -> Roads:
    """Roads of straight pieces (from, to, kind, whether both ways) between places; 100 km/h everywhere."""
    x, y = (np.rint(np.array(column) * DEG).astype(np.int32) for column in zip(*places, strict=True))
    a, b, kind, both = (np.array(column) for column in zip(*pieces, strict=True))
    ends = np.stack([a, b], axis=1).reshape(-1)
    length_mm = np.maximum(segment_mm(x[ends], y[ends])[::2], 1)
    first = 2 * np.arange(len(a))
    columns = Pieces(
        a=a.astype(np.int64), b=b.astype(np.int64), is_both=both.astype(bool), kind=kind.astype(np.uint8),
        length_mm=length_mm, time_ms=np.maximum(length_mm * 36 // 1000, 1), n_lanes=np.full(len(a), 2, np.int16),
        is_toll=np.zeros(len(a), bool), line=np.full(len(a), -1, np.int16), way=np.arange(len(a)),
        first=first, last=first + 1,
    )  # fmt: skip
    names = np.full(len(x), "", object)
    return Roads(x, y, names, np.zeros(len(x), bool), columns, x[ends], y[ends], np.array([], object))


# Zones


def test_a_zone_joins_the_nearest_interchange_each_way() -> None:
    """Interchanges 10 and 20 km to the east and one 15 km to the west; the expressway itself is not joined."""
    km = 1 / 111.195
    places = [(0.1 + 10 * km, 0), (0.1 + 10 * km, 0), (0.1 + 20 * km, 0), (0.1 + 20 * km, 0), (0.1 - 15 * km, 0),
              (0.1 - 15 * km, 0), (0.1, 1 * km)]  # fmt: skip
    pieces = [(0, 2, EXPRESSWAY, True), (4, 0, EXPRESSWAY, True), (0, 1, ACCESS, True), (2, 3, ACCESS, True),
              (4, 5, ACCESS, True), (1, 6, PRIMARY, True), (6, 5, PRIMARY, True), (3, 1, SECONDARY, True)]  # fmt: skip
    roads = straight_roads(places, pieces)
    streets = streets_of(roads, np.array([0.1]), np.array([0.0]))
    assert sorted(streets.node.tolist()) == [1, 5]
    joined, node = zones_at_nodes(roads, np.array([0.1]), np.array([0.0]), streets)
    new = joined.pieces.rows(np.arange(len(pieces), len(joined.pieces.a)))
    assert node.tolist() == [7]
    assert new.a.tolist() == [7, 7]
    assert sorted(new.b.tolist()) == [1, 5]
    np.testing.assert_allclose(np.sort(new.length_mm) / 1e6, [13.0, 19.5], rtol=1e-4)
    np.testing.assert_array_equal(new.time_ms, np.rint(new.length_mm * 3.6 / STREET_KMH))
    assert STREET_DETOUR == 1.3
    assert joined.is_kept[[1, 5, 7]].all()


def test_without_interchanges_a_zone_joins_major_roads_and_else_any() -> None:
    km = 1 / 111.195
    far = straight_roads(
        [(0, 30 * km), (0, 31 * km), (30 * km, 0), (34 * km, 0)], [(0, 1, PRIMARY, True), (2, 3, TRUNK, True)]
    )
    assert sorted(streets_of(far, np.zeros(1), np.zeros(1)).node.tolist()) == [0, 2]
    lanes = straight_roads([(0, 30 * km), (0, 31 * km)], [(0, 1, SECONDARY, True)])
    assert streets_of(lanes, np.zeros(1), np.zeros(1)).node.tolist() == [0]


# Service areas


def sides_at(*rows: tuple[str, float, float, float, float]) -> Sides:
    name, lon, lat, east, north = zip(*rows, strict=True)
    texts = np.array(name, object)
    heading = np.stack([np.array(east), np.array(north)], axis=1)
    return Sides(texts, texts, texts, texts, texts, np.array(lon), np.array(lat), heading)


def test_both_sides_of_a_pair_find_their_own_carriageway() -> None:
    roads = straight_roads([(100.0, 30.0), (100.2, 30.0), (100.2, 30.002), (100.0, 30.002)],
                           [(0, 1, EXPRESSWAY, False), (2, 3, EXPRESSWAY, False)])  # fmt: skip
    sides = sides_at(("east", 100.1, 30.003, 1, 0), ("west", 100.1, 30.003, -1, 0), ("north", 100.1, 30.0, 0, 1))
    used = np.ones(2, bool)
    assert find_sides(roads, sides, used, used).piece.tolist() == [0, 1, -1]


def test_a_road_in_use_is_preferred_and_one_too_far_is_not_taken() -> None:
    roads = straight_roads([(100.0, 30.0), (100.2, 30.0), (100.0, 30.01), (100.2, 30.01)],
                           [(0, 1, EXPRESSWAY, True), (2, 3, EXPRESSWAY, True)])  # fmt: skip
    sides = sides_at(("east", 100.1, 30.0, 1, 0), ("west", 100.1, 30.0, -1, 0), ("far", 100.1, 30.06, 1, 0))
    second = np.array([False, True])
    found = find_sides(roads, sides, second, second)
    assert found.piece.tolist() == [1, 1, -1]
    np.testing.assert_allclose(found.heading[:2], [[1, 0], [-1, 0]], atol=1e-6)
    assert find_sides(roads, sides, ~second, ~second).piece.tolist() == [0, 0, -1]


def test_a_cut_loses_no_metre_and_no_second() -> None:
    roads = straight_roads([(100.0, 30.0), (100.2, 30.0)], [(0, 1, EXPRESSWAY, True)])
    where = ((f"at {k}", 100.02 + 0.04 * k, 30.001, 1.0, 0.0) for k in range(4))
    sides, used = sides_at(*where), np.ones(1, bool)
    done, name = cut_at(roads, find_sides(roads, sides, used, used), sides.pair)
    assert len(done.pieces.a) == 5
    assert name.tolist() == ["at 0", "at 1", "at 2", "at 3"]
    assert done.pieces.length_mm.sum() == roads.pieces.length_mm.sum()
    assert done.pieces.time_ms.sum() == roads.pieces.time_ms.sum()
    assert done.pieces.time_ms.min() > 0
    assert done.pieces.a.tolist()[1:] == done.pieces.b.tolist()[:-1]
    np.testing.assert_allclose(
        np.cumsum(done.pieces.length_mm)[:-1] / roads.pieces.length_mm, [0.1, 0.3, 0.5, 0.7], atol=0.01
    )


def test_headings_of_the_two_sides_of_a_pair_are_opposite() -> None:
    sides = load_sides()
    by_pair: dict[str, list[int]] = {}
    for row, pair in enumerate(sides.pair):
        by_pair.setdefault(pair, []).append(row)
    pairs = np.array([rows for rows in by_pair.values() if len(rows) == 2])
    assert len(pairs) > 3000
    np.testing.assert_allclose(sides.heading[pairs[:, 0]], -sides.heading[pairs[:, 1]], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(sides.heading, axis=1), 1.0)


# The whole nation, on the backbone's own nodes and links as if they were a map


@pytest.fixture(scope="module")
def regions() -> Regions:
    return load_regions()


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tables: the backbone without its ferry, so that Hainan lies beyond the map's core."""
    folder = tmp_path_factory.mktemp("map")
    nodes, links = seeds.read("backbone_nodes"), seeds.read("backbone_links")
    chosen = links["kind"] != "ferry"
    classes = np.where(links["kind"] == "expressway", "motorway", "trunk")
    of_links = {"u": links["from_node"], "v": links["to_node"], "km": links["length_km"], "class": classes,
                "speed_kmh": links["speed_kmh"], "lanes_per_direction": links["lanes_per_direction"]}  # fmt: skip
    pc.write_csv(
        pa.table({name: nodes[own] for name, own in (("id", "node"), ("lon", "lon"), ("lat", "lat"))}), folder / "nodes.csv"
    )
    pc.write_csv(pa.table({name: pa.array(column[chosen]) for name, column in of_links.items()}), folder / "links.csv")
    folder.chmod(0o555)
    return folder


@pytest.fixture(scope="module")
def made(tables: Path, regions: Regions, tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Path, list[str]]:
    cache, said = tmp_path_factory.mktemp("cache"), list[str]()
    return load_national(tables, regions, gap_m=0.0, n_rounds=1, say=said.append, cache=cache), cache, said


def test_every_zone_has_its_node_and_every_node_a_province(made: tuple[Network, Path, list[str]], regions: Regions) -> None:
    network = made[0]
    assert network.node_zone[network.zone_node].tolist() == list(range(regions.n_zones))
    assert (network.node_zone >= 0).sum() == regions.n_zones
    off_m = 111_195 * np.hypot(
        (network.node_lon[network.zone_node] - regions.zone_lon) * np.cos(np.radians(regions.zone_lat)),
        network.node_lat[network.zone_node] - regions.zone_lat,
    )
    assert off_m.max() < 1000
    assert np.mean(network.node_province[network.zone_node] == regions.zone_province) > 0.97
    assert network.node_province.min() >= 0


def test_hainan_is_joined_by_the_backbones_ferry(made: tuple[Network, Path, list[str]], regions: Regions) -> None:
    network = made[0]
    assert (network.link_kind == 9).sum() == 2
    routes, backbone = build_routes(network), build_routes(load_backbone(regions))
    one, other = (int(np.flatnonzero(regions.zone_id == name)[0]) for name in ("Sanya", "Haikou"))
    assert routes.skim_m[one, other] == backbone.skim_m[one, other]
    assert np.isfinite(routes.skim_s).all()


def test_service_areas_stand_on_expressways_and_lead_their_way(made: tuple[Network, Path, list[str]]) -> None:
    """The table draws roads straight, so that not all are near; those that are have both sides at one node."""
    network, sides = made[0], load_sides()
    assert network.n_sites > 4_500
    assert np.all(network.link_kind[network.site_link] == EXPRESSWAY)
    row_of = {name: row for row, name in enumerate(sides.side_id)}
    rows = np.array([row_of[name] for name in network.site_id])
    end = network.link_to[network.site_link]
    file = next(path for path in made[1].iterdir() if path.name.startswith("national"))
    lon, lat = (read_part(file, "link")[f"link_path_{name}"] for name in ("lon", "lat"))
    last = lon.first[1:][network.site_link] - 1
    east = (lon.values[last] - lon.values[last - 1]) * np.cos(np.radians(lat.values[last]))
    north = lat.values[last] - lat.values[last - 1]
    cosine = (east * sides.heading[rows, 0] + north * sides.heading[rows, 1]) / np.hypot(east, north)
    assert cosine.min() > 0.49
    by_pair = dict(zip(network.site_id, end, strict=True))
    both = [name[:-1] for name in by_pair if name.endswith("A") and name[:-1] + "B" in by_pair]
    assert 2 * len(both) == network.n_sites
    assert all(by_pair[name + "A"] == by_pair[name + "B"] for name in both)


def test_what_was_made_is_kept_and_not_made_again(
    made: tuple[Network, Path, list[str]], tables: Path, regions: Regions
) -> None:
    network, cache, said = made
    assert sorted(path.name.split("-")[0] for path in cache.iterdir()) == ["built", "national"]
    assert sorted(path.name for path in tables.iterdir()) == ["links.csv", "nodes.csv"]
    assert any("round 2 of 2" in text for text in said)
    again, told = list[str](), {}
    same = load_national(tables, regions, gap_m=0.0, n_rounds=1, say=again.append, cache=cache)
    assert again == []
    for name in Network.__dataclass_fields__:
        told[name] = getattr(same, name)
        if name != "provenance":
            np.testing.assert_array_equal(told[name], getattr(network, name))
    load_national(tables, regions, gap_m=0.0, n_rounds=0, say=again.append, cache=cache)
    assert again
    assert not any("building" in text for text in again)


def test_pieces_come_back_from_a_built_file_as_they_went_in(tables: Path, tmp_path: Path) -> None:
    build_network(str(tables), tmp_path / "map.parquet")
    roads = roads_of_file(tmp_path / "map.parquet")
    links = seeds.read("backbone_links")
    assert abs(roads.pieces.length_mm.sum() / 1e6 - links["length_km"][links["kind"] != "ferry"].sum()) < 1500
    along = [segment_mm(roads.point_x[f : e + 1], roads.point_y[f : e + 1]).sum() for f, e in zip(
        roads.pieces.first[:50], roads.pieces.last[:50], strict=True)]  # fmt: skip
    assert np.all(np.array(along) <= 1.1 * roads.pieces.length_mm[:50] + 1000)
    assert np.array_equal(roads.x[roads.pieces.a], roads.point_x[roads.pieces.first])
    assert np.array_equal(roads.y[roads.pieces.b], roads.point_y[roads.pieces.last])


def test_a_map_of_a_corner_of_the_country_gets_the_backbone_elsewhere(regions: Regions) -> None:
    km = 1 / 111.195
    here = straight_roads([(116.4, 39.9), (116.4 + km, 39.9)], [(0, 1, TRUNK, True)])
    roads, zone_node, added_km = stand_in(here, regions)
    assert (zone_node >= 0).sum() == regions.n_zones - 1
    assert added_km > 100_000
    assert len(np.unique(zone_node[zone_node >= 0])) == regions.n_zones - 1
    assert roads.is_kept[zone_node[1:]].all()


def test_a_map_of_another_country_is_refused(regions: Regions) -> None:
    elsewhere = straight_roads([(7.41, 43.73), (7.42, 43.73)], [(0, 1, TRUNK, True)])
    with pytest.raises(DataError, match="no zone"):
        nationalise(elsewhere, regions, 0, {"provenance": {"source": "elsewhere"}})


def test_a_cache_that_cannot_be_written_is_named(tables: Path, regions: Regions, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="taken"):
        load_national(tables, regions, gap_m=0.0, n_rounds=0, cache=tmp_path / "taken")


# Settings


def test_a_path_starts_at_the_folder_of_the_file_that_sets_it(write: Callable[[str, str], str]) -> None:
    write("a/base.yaml", "network: {source: map}\n")
    write("top.yaml", "extends: a/base.yaml\n")
    assert load("top.yaml").network.source == str(Path("a/map"))
    assert load("top.yaml", ["network.source=b/map"]).network.source == str(Path("b/map"))
    assert load("top.yaml", ["network.source=backbone"]).network.source == "backbone"


def test_a_moved_map_is_the_same_scenario_and_a_changed_one_is_not(write: Callable[[str, str], str]) -> None:
    for folder in ("here", "there"):
        write(f"{folder}/map/nodes.csv", "id,lon,lat\n")
        write(f"{folder}/run.yaml", "network: {source: map}\n")
    hashes = [config_hash(load(f"{folder}/run.yaml")) for folder in ("here", "there")]
    assert hashes[0] == hashes[1]
    write("there/map/nodes.csv", "id,lat,lon\n")
    assert config_hash(load("there/run.yaml")) != hashes[0]


def test_a_run_without_its_map_says_what_it_wants(write: Callable[[str, str], str]) -> None:
    write("run.yaml", "network: {source: no/such/map}\n")
    result = CliRunner().invoke(app, ["run", "run.yaml", "--out", "out"])
    assert result.exit_code == 2
    assert all(text in result.stderr for text in ("no/such/map", "nodes.csv.gz", ".osm.pbf", "docs/network.md"))
    assert not Path("out").exists()


# The country's roads, where they are at hand


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Roads:
    if not CHINA.is_dir():
        pytest.skip(f"{CHINA} is not there")
    path = tmp_path_factory.mktemp("china") / "china.parquet"
    build_network(str(CHINA), path, gap_m=2000.0)
    return roads_of_file(path)


def lengths_km(roads: Roads, lon: np.ndarray, lat: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """Kilometres of the fastest ways from all places to the goals, [goal, place]."""
    roads, node = zones_at_nodes(roads, lon, lat, streets_of(roads, lon, lat))
    links = directed(roads)
    search = Search(links.link_from, links.link_to, links.time_ms, roads.n_nodes)
    length_mm, tree, out = roads.pieces.length_mm[links.piece], search.scratch(), []
    for goal in goals:
        search.grow(node[goal : goal + 1].astype(np.int32), tree)
        out.append(search.sums(tree, length_mm)[node] / 1e6)
    return np.array(out)


def test_known_distances_come_out_within_a_twentieth(china: Roads) -> None:
    names = list(CITIES)
    lon, lat = np.array(list(CITIES.values())).T
    km = lengths_km(china, lon, lat, np.arange(len(names)))
    off = {pair: km[names.index(pair[1]), names.index(pair[0])] / known - 1 for pair, known in KNOWN_KM.items()}
    assert all(abs(value) <= 0.05 for value in off.values()), off


def test_the_backbone_is_as_long_as_the_map(china: Roads, regions: Regions) -> None:
    """500 pairs of zones that the map reaches: median error of the backbone at most 6 %, 95th percentile 15 %."""
    luck = np.random.default_rng(2027)
    _, on_island, _ = stand_in(china, regions)
    mainland = np.flatnonzero(on_island < 0)
    goals = luck.choice(mainland, 40, replace=False)
    pairs = [(int(goal), int(luck.choice(mainland[mainland != goals[goal]]))) for goal in luck.integers(0, 40, 500)]
    on_map_km = lengths_km(china, regions.zone_lon, regions.zone_lat, goals)
    skim_m = build_routes(load_backbone(regions)).skim_m
    off = np.abs([skim_m[goals[goal], start] / 1000 / on_map_km[goal, start] - 1 for goal, start in pairs])
    assert np.median(off) <= 0.06
    assert np.quantile(off, 0.95) <= 0.15
