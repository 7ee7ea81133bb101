"""Where listed stations meet the roads, and the inventory that they make on any regions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twin
from tests.small_stations import TABLE, expressway_with_stations, lines, places, write
from twin.case.places import _regions
from twin.config import Config, config_hash, load
from twin.config.stations import Stations as StationSettings
from twin.errors import ConfigError, DataError
from twin.network.backbone import load_backbone
from twin.network.files import build_network, load_network
from twin.network.graph import Network
from twin.network.regions import Regions, load_regions
from twin.stations.attached import attach, lines_of
from twin.stations.carriageways import at_carriageways
from twin.stations.files import export_stations, import_stations
from twin.stations.inventory import Inventory
from twin.stations.snap import fingerprint, snap
from twin.store import hash_file
from twin.tables.inputs import LAYERS, MARKETS
from twin.tables.listed import read_list

SHARED = Path("../shared/data")
MOTORWAY, RAMP, STREET = 0, 10, 2


def on_right(road: Any, *km: tuple[float, float], reach_m: float = 1500.0) -> Any:
    link, off_m, ahead_m = at_carriageways(road, *places(*km), reach_m)
    return link.tolist(), np.round(off_m).tolist(), np.round(ahead_m).tolist()


# East-bound is link 0, 30 m south of west-bound, link 1: traffic keeps right.
TWO = lines([(0, 0), (10, 0), (10, 0.03), (0, 0.03)], [(0, 1, MOTORWAY), (2, 3, MOTORWAY)])


def test_a_service_area_stands_at_the_carriageway_that_has_it_on_its_right() -> None:
    assert on_right(TWO, (4, -0.1), (4, 0.13)) == ([0, 1], [100, 100], [6000, 4000])


def test_between_the_carriageways_the_nearest_decides_when_both_have_it_on_their_left() -> None:
    assert on_right(TWO, (4, 0.01), (4, 0.02)) == ([0, 1], [10, 10], [6000, 4000])


def test_a_carriageway_on_the_right_side_wins_over_a_nearer_one_within_reach_only() -> None:
    apart = lines([(0, 0), (10, 0), (10, 0.3), (0, 0.3)], [(1, 0, MOTORWAY), (3, 2, MOTORWAY)])
    assert on_right(apart, (4, 0.1))[0] == [0]
    # West-bound link 0 has it on its right. Turned round, both have it on their left or farther away than 200 m more.
    turned = lines([(0, 0), (10, 0), (10, 0.29), (0, 0.29)], [(0, 1, MOTORWAY), (3, 2, MOTORWAY)])
    assert on_right(turned, (4, 0.1)) == ([1], [190], [6000])
    far = lines([(0, 0), (10, 0), (10, 0.42), (0, 0.42)], [(0, 1, MOTORWAY), (3, 2, MOTORWAY)])
    assert on_right(far, (4, 0.1)) == ([0], [100], [6000])


def test_a_station_just_past_a_node_stands_at_the_end_of_the_link_before() -> None:
    chain = lines([(0, 0), (5, 0), (25, 0)], [(0, 1, MOTORWAY), (1, 2, MOTORWAY)])
    assert on_right(chain, (5.4, -0.1), (6.4, -0.1), (4.6, -0.1)) == ([0, 1, 0], [100] * 3, [-400, 18600, 400])
    merged = lines([(0, 0), (5, 0), (25, 0), (0, 3)], [(0, 1, MOTORWAY), (1, 2, MOTORWAY), (3, 1, MOTORWAY)])
    assert on_right(merged, (5.4, -0.1)) == ([1], [100], [19600])


def test_what_is_too_far_or_no_expressway_is_left_alone() -> None:
    assert on_right(TWO, (4, -1.4), (4, -1.6)) == ([0, -1], [1400, 1600], pytest.approx([6000, np.nan], nan_ok=True))
    street = lines([(0, 0), (10, 0)], [(0, 1, STREET), (1, 0, RAMP)])
    assert on_right(street, (4, -0.1))[:2] == ([-1], [np.inf])


def test_two_sides_of_a_service_area_beside_a_crooked_line_face_both_ways() -> None:
    """A line that runs 3 km south of the road has both sides on its left; the southern one still serves east-bound."""
    road = lines(
        [(0, 0), (10, 0), (20, 0)], [(0, 1, MOTORWAY), (1, 0, MOTORWAY), (1, 2, MOTORWAY), (2, 1, MOTORWAY)], [1, 0, 3, 2]
    )
    assert on_right(road, (4, 3.1), (4, 3.0), reach_m=30_000.0) == ([1, 0], [3100, 3000], [4000, 6000])
    assert on_right(road, (9.9, 3.1), (10.1, 3.0), reach_m=30_000.0)[0] == [3, 0]
    assert on_right(road, (4, 3.0), (7, 3.1), reach_m=30_000.0)[0] == [1, 1]
    assert on_right(road, (4, -1.0), reach_m=30_000.0)[0] == [0]
    assert on_right(road, (4, 0.0), (4, 0.0), reach_m=30_000.0)[0] == [0, 1]


COORDINATE = st.integers(-200, 200).map(lambda tenth: tenth / 10.0)
PLACE = st.tuples(COORDINATE, COORDINATE)


@given(st.lists(PLACE, min_size=2, max_size=8, unique=True), st.data())
def test_no_expressway_is_nearer_than_reach_and_sides_allow(nodes: list[tuple[float, float]], data: st.DataObject) -> None:
    """The link taken is on the right, or none is that near; its distance is that to the nearest link, or 200 m more."""
    ends = st.tuples(st.integers(0, len(nodes) - 1), st.integers(0, len(nodes) - 1)).filter(lambda pair: pair[0] != pair[1])
    pairs = data.draw(st.lists(ends, min_size=1, max_size=6, unique=True))
    road = lines(nodes, [(a, b, MOTORWAY) for a, b in pairs])
    here = np.array(data.draw(PLACE)) + 0.037
    [link], [off_m], [ahead_m] = at_carriageways(road, *places((here[0], here[1])), 30_000.0)
    a, b = (1000.0 * np.array([nodes[pair[k]] for pair in pairs]) for k in (0, 1))
    place = 1000.0 * here
    share = np.clip(((place - a) * (b - a)).sum(axis=1) / ((b - a) ** 2).sum(axis=1), 0, 1)
    true_m = np.hypot(*(a + share[:, None] * (b - a) - place).T)
    cross = (b - a)[:, 0] * (place - a)[:, 1] - (b - a)[:, 1] * (place - a)[:, 0]
    assert (link >= 0) == (off_m <= 30_000.0)
    assert true_m.min() * 0.999 - 2.0 <= off_m <= true_m.min() * 1.001 + 202.0
    # A place just past a node belongs to the link before, and is not measured against that.
    if link >= 0 and ahead_m >= 0:
        assert off_m == pytest.approx(true_m[link], rel=1e-3, abs=2.0)
        if cross[link] > 1e-6 * np.abs(cross).max():
            assert true_m[link] <= true_m.min() * 1.001 + 2.0


def test_local_stations_join_the_nearest_node_of_a_street(tmp_path: Path) -> None:
    source, roads = write(tmp_path, expressway_with_stations(), "a.osm"), tmp_path / "roads.parquet"
    build_network(str(source), roads)
    network = load_network(roads)
    text = "id,lon,lat,n_fast\nnear,118.0004,32.0101,1\nbeside,118.0001,32.0002,1\nfar,118.02,32.04,1\n"
    told = import_stations(write(tmp_path, text), tmp_path / "list.parquet", network=roads)
    pools, about = read_list(tmp_path / "list.parquet")
    assert pools.id.tolist() == ["near", "beside"]
    assert told["left_out_too_far"].startswith("1: far: urban, 3,")
    assert about["report"]["network"] == fingerprint(network)
    for lon, lat, node, snap_m in zip(pools.lon, pools.lat, pools.node, pools.snap_m, strict=True):
        north = (network.node_lat - lat) * 111_195.0
        east = (network.node_lon - lon) * 111_195.0 * np.cos(np.radians(lat))
        off_m = np.hypot(east, north)
        is_street = np.isin(
            np.arange(network.n_nodes),
            [*network.link_from[network.link_kind == 2], *network.link_to[network.link_kind == 2]],
        )
        assert node == np.flatnonzero(is_street)[np.argmin(off_m[is_street])]
        assert snap_m == pytest.approx(off_m[node], rel=1e-3)


def test_a_rest_areas_chargers_stand_where_the_rest_area_does(tmp_path: Path) -> None:
    """The station lies 20 m past the drawn point at which the rest area joined: it stands there, not 2 km ahead."""
    source, roads = write(tmp_path, expressway_with_stations(), "a.osm"), tmp_path / "roads.parquet"
    build_network(str(source), roads)
    network = load_network(roads)
    told = import_stations(roads, tmp_path / "list.parquet", network=roads)
    pools, _ = read_list(tmp_path / "list.parquet")
    service = pools.id == "n20"
    assert set(pools.link[service]) == set(network.site_link)
    assert pools.ahead_m[service] == pytest.approx(-0.02 * 0.01 * 111_195.0 * np.cos(np.radians(32.0)), abs=1.0)
    assert told["most_highway_snap_m"] == pytest.approx(0.11 * 0.01 * 111_195.0, abs=1.0)


@pytest.mark.parametrize("name", ["nanjing.osm.gz", "north-bayreuth.osm.gz", "andorra.osm.pbf", "monaco.osm.gz"])
def test_service_areas_and_stations_of_real_extracts_are_all_accounted_for(tmp_path: Path, name: str) -> None:
    """None of the four extracts has a service area; Nanjing's three stations are all there."""
    path = SHARED / "osm_raw" / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    wanted = osmium.filter.TagFilter(("highway", "services"), ("highway", "rest_area"), ("amenity", "charging_station"))
    things = [dict(thing.tags) for thing in osmium.FileProcessor(str(path)).with_filter(wanted)]
    n_stations = sum(tags.get("amenity") == "charging_station" for tags in things)
    built = build_network(str(path), tmp_path / "roads.parquet")
    lost = int(re.match(r"[\d,]+", built["sites_off_the_road"])[0]) + int(re.match(r"[\d,]+", built["relations"])[0])  # type: ignore[index]
    assert built["n_sites"] + lost + built["n_stations"] == len(things)
    assert built["n_stations"] == n_stations
    assert (len(things), n_stations) == ((3, 3) if name.startswith("nanjing") else (0, 0))
    if n_stations:
        told = import_stations(tmp_path / "roads.parquet", tmp_path / "list.parquet", network=tmp_path / "roads.parquet")
        assert (told["n_stations"], told["left_out_too_far"]) == (3, "none")
        assert told["most_local_snap_m"] < 500


# Inventories


@pytest.fixture(scope="module")
def nation() -> tuple[Regions, Network]:
    regions = load_regions()
    return regions, load_backbone(regions)


def config_of(path: Path, **settings: Any) -> Config:
    return Config(stations=StationSettings(source=str(path), **settings))


def inventory_of(tmp_path: Path, text: str, regions: Regions, network: Network, **how: Any) -> Inventory:
    out = tmp_path / "list.parquet"
    import_stations(write(tmp_path, text), out)
    return attach(config_of(out), regions, network, **how)


def check(inventory: Inventory, regions: Regions) -> None:
    """What every inventory holds, stock or list."""
    stations, pools = inventory.stations, inventory.pools
    key = np.stack([stations.zone, stations.county, stations.layer], axis=1).astype(np.int64)
    assert np.array_equal(np.lexsort(key.T[::-1]), np.arange(len(key)))
    assert np.array_equal(stations.zone, regions.county_zone[stations.county])
    assert np.array_equal(stations.province, regions.county_province[stations.county])
    assert np.array_equal(pools.station, np.repeat(np.arange(len(key)), stations.n_pools))
    assert np.array_equal(pools.first_evse, np.cumsum(pools.n_evse) - pools.n_evse)
    assert len(inventory.markets.first) == regions.n_counties * len(MARKETS) + 1
    on_links = np.flatnonzero(stations.link[pools.station] >= 0)
    assert np.array_equal(np.sort(inventory.link_pools.pool), on_links)
    assert np.array_equal(stations.link >= 0, stations.layer == LAYERS.index("highway"))


def test_a_list_on_the_nations_roads(tmp_path: Path, nation: tuple[Regions, Network]) -> None:
    regions, network = nation
    side = int(np.argmin(np.hypot(network.site_lon - 116.4, network.site_lat - 39.9)))
    text = TABLE.replace("116.41,39.99", f"{network.site_lon[side]},{network.site_lat[side]}")
    inventory = inventory_of(tmp_path, text, regions, network)
    check(inventory, regions)
    rows = {text: row for row, text in enumerate(inventory.listed_id)}  # type: ignore[arg-type]
    stations, pools = inventory.stations, inventory.pools
    assert sorted(rows) == ["a", "b", "c"]
    assert network.link_to[stations.link[rows["c"]]] == network.link_to[network.site_link[side]]
    assert inventory.names()[rows["b"]] == "East"
    assert stations.site_limit_w[rows["a"]] == 800_000
    assert stations.site_limit_w[rows["b"]] == 125_000
    of_b = np.flatnonzero(pools.station == rows["b"])
    assert pools.network[of_b].tolist() == [stations.operator[rows["b"]] + 1]
    assert pools.network[pools.station != rows["b"]].tolist() == [0, 0, 0]
    assert [str(name) for name in inventory.power_class_names[pools.power_class]] == [
        {7_000: "ac_7", 62_500: "dc_80", 120_000: "dc_120", 480_000: "hp_480"}[w] for w in pools.rated_power_w.tolist()
    ]
    km = np.hypot((regions.county_lon - 116.30) * np.cos(np.radians(39.9)), regions.county_lat - 39.90)
    assert stations.county[rows["a"]] == np.argmin(km)


def test_a_list_on_the_cells_of_a_city(tmp_path: Path) -> None:
    """Regions of n zones with one county each; trucks find nothing, and what lies outside is left out."""
    lon, lat = (axis.ravel() for axis in np.meshgrid(118.0 + 0.01 * np.arange(5), 32.0 + 0.01 * np.arange(4)))
    regions = _regions(np.arange(20, dtype=np.int32), lon, lat)
    source, roads = write(tmp_path, expressway_with_stations(), "a.osm"), tmp_path / "roads.parquet"
    build_network(str(source), roads)
    rows = [f"s{k},{lon[k] + 0.001:.4f},{lat[k] - 0.002:.4f},{k % 3 + 1}" for k in range(20)] + ["away,118.2,32.2,9"]
    inventory = inventory_of(tmp_path, "\n".join(["id,lon,lat,n_fast", *rows]), regions, load_network(roads), reach_km=1.0)
    check(inventory, regions)
    assert inventory.stations.county.tolist() == list(range(20))
    assert inventory.listed_id.tolist() == [f"s{k}" for k in range(20)]  # type: ignore[union-attr]
    known = np.diff(inventory.markets.first).reshape(-1, len(MARKETS))
    assert known[:, MARKETS.index("fast")].min() == 4
    assert known[:, MARKETS.index("truck")].max() == 0
    assert inventory.extent.county_km == pytest.approx(np.full(20, 0.47), abs=0.02)


def test_stations_of_the_import_stand_where_it_put_them(tmp_path: Path) -> None:
    source, roads = write(tmp_path, expressway_with_stations(), "a.osm"), tmp_path / "roads.parquet"
    build_network(str(source), roads)
    out, network = tmp_path / "list.parquet", load_network(roads)
    import_stations(roads, out, network=roads)
    regions = _regions(np.arange(1, dtype=np.int32), np.array([118.02]), np.array([32.0]))
    inventory = attach(config_of(out), regions, network)
    assert np.array_equal(inventory.stations.link[inventory.stations.link >= 0], network.site_link)
    assert inventory.side[inventory.stations.link >= 0].tolist() == [0]


def test_a_sample_thins_a_list_and_its_limits(tmp_path: Path, nation: tuple[Regions, Network]) -> None:
    regions, network = nation
    rows = [f"u{k},{regions.county_lon[k]},{regions.county_lat[k]},urban,10,120,600" for k in range(0, 2850, 10)]
    rows += [f"h{k},{network.site_lon[k]},{network.site_lat[k]},highway,20,250,2500" for k in range(0, 600, 2)]
    text = "\n".join(["id,lon,lat,layer,n_evse,rated_power_kw,site_limit_kw", *rows])
    whole = inventory_of(tmp_path, text, regions, network)
    tenth = attach(config_of(tmp_path / "list.parquet"), regions, network, sample=0.1)
    check(tenth, regions)
    assert whole.n_evse_total == 8850
    assert tenth.n_evse_total == pytest.approx(885, abs=20)
    is_side = tenth.stations.layer == LAYERS.index("highway")
    assert is_side.sum() == pytest.approx(100, abs=2)
    share = (
        tenth.stations.site_limit_w[is_side]
        / np.add.reduceat(tenth.pools.n_evse * tenth.pools.rated_power_w.astype(np.int64), tenth.stations.first_pool)[
            is_side
        ]
    )
    assert share == pytest.approx(0.5)
    assert set(tenth.stations.site_limit_w[~is_side]) == {600_000}


def test_highway_stations_off_every_expressway_are_named(tmp_path: Path, nation: tuple[Regions, Network]) -> None:
    with pytest.raises(DataError, match=r"station 'x' of the highway layer: found \d+ km from the nearest expressway"):
        inventory_of(tmp_path, "id,lon,lat,layer,n_fast\nx,84.0,36.0,highway,4\n", *nation)


def test_many_operators_fit_into_one_byte(tmp_path: Path, nation: tuple[Regions, Network]) -> None:
    rows = [f"s{k},116.{k:03d},40,op{k},{1 + k % 7}" for k in range(400)]
    inventory = inventory_of(tmp_path, "\n".join(["id,lon,lat,operator,n_fast", *rows]), *nation)
    assert len(inventory.operator_names) == 251
    assert inventory.operator_names[250] == "Others"
    named = inventory.operator_names[inventory.stations.operator]
    own = np.array([f"op{text[1:]}" for text in inventory.listed_id])  # type: ignore[union-attr]
    assert np.all((named == own) | (named == "Others"))


def test_a_run_on_a_list_has_its_stations_and_balanced_books(tmp_path: Path, nation: tuple[Regions, Network]) -> None:
    regions, network = nation
    rows = [f"u{k},{regions.county_lon[k]},{regions.county_lat[k]},urban,20,120,both" for k in range(0, 2850, 4)]
    rows += [f"h{k},{network.site_lon[k]},{network.site_lat[k]},highway,8,250,both" for k in range(network.n_sites)]
    import_stations(
        write(tmp_path, "\n".join(["id,lon,lat,layer,n_evse,rated_power_kw,serves", *rows])), tmp_path / "l.parquet"
    )
    write(tmp_path, "stations: {source: l.parquet}\nperiod: {n_days: 1}\nfleet: {sample: 0.00001}\n", "a.yaml")
    done = twin.run(load(tmp_path / "a.yaml"), out=tmp_path / "run")
    sha256 = {entry["name"]: entry["sha256"] for entry in done.manifest["inputs"]}
    assert sha256["l.parquet"] == hash_file(tmp_path / "l.parquet")
    table = done.stations.to_pydict()
    assert set(table["list_id"]) <= {row.partition(",")[0] for row in rows}
    assert {n for n, layer in zip(table["n_evse"], table["layer"], strict=True) if layer == "urban"} == {20}
    assert sum(table["n_sessions"]) > 0
    assert export_stations(tmp_path / "run", tmp_path / "out.geojson") == len(table["station"])


# Configuration


def test_a_list_is_found_beside_the_scenario_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("base", "base/below"):
        (tmp_path / folder).mkdir()
        import_stations(write(tmp_path, TABLE), tmp_path / folder / "list.parquet")
    write(tmp_path / "base" / "below", "stations: {source: list.parquet}\n", "b.yaml")
    write(tmp_path / "base", "extends: below/b.yaml\n", "a.yaml")
    write(tmp_path / "base", "stations: {source: ../base/list.parquet}\n", "c.yaml")
    inherited, own = load(tmp_path / "base" / "a.yaml"), load(tmp_path / "base" / "c.yaml")
    assert Path(inherited.stations.source) == tmp_path / "base" / "below" / "list.parquet"
    assert Path(own.stations.source).resolve() == tmp_path / "base" / "list.parquet"
    assert config_hash(inherited) == config_hash(own) != config_hash(Config())
    monkeypatch.chdir(tmp_path / "base")
    assert load("a.yaml", ["stations.source=list.parquet"]).stations.source == "list.parquet"
    assert load("a.yaml", ["stations.source=stock"]).stations.source == "stock"


@pytest.mark.parametrize(
    ("value", "said"), [("gone.parquet", "'gone.parquet', which is no file"), ("''", "at least 1"), ("3", "string")]
)
def test_a_list_that_is_not_there_is_a_fault_of_the_scenario(tmp_path: Path, value: str, said: str) -> None:
    path = write(tmp_path, f"stations:\n  source: {value}\n  stock: '20'\n", "a.yaml")
    with pytest.raises(ConfigError) as fault:
        load(path)
    assert said in str(fault.value)
    assert "stations.stock" in str(fault.value)


def test_a_table_is_no_list(tmp_path: Path, nation: tuple[Regions, Network]) -> None:
    with pytest.raises(DataError, match="twin stations import"):
        attach(config_of(write(tmp_path, TABLE)), *nation)


def test_straight_lines_take_no_local_station_off_the_map(nation: tuple[Regions, Network]) -> None:
    found = snap(lines_of(nation[1]), np.array([80.0]), np.array([37.0]), np.array([False]))
    assert found.is_near.all()
    assert found.node.tolist() == found.link.tolist() == [-1]
