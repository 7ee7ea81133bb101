"""Station lists: tables as users bring them become the same list."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tests.small_stations import TABLE, expressway_with_stations, write
from twin.cli import app
from twin.network.files import build_network, load_network
from twin.stations.evses import Pool
from twin.stations.files import describe, export_stations, import_stations
from twin.stations.from_roads import pools_of_sockets
from twin.stations.listing import Station, listed, read_stations
from twin.tables.columns import to_arrow
from twin.tables.datum import to_gcj02
from twin.tables.listed import OWN, ListedPools, read_list, write_table
from twin.tables.user_rows import read_rows

SHARED = Path("../shared/data")
HEAD = "id,lon,lat,n_evse,rated_power_kw\n"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def table_of(text: str, tmp_path: Path, name: str = "table.csv", **how: Any) -> list[Station]:
    return read_stations(read_rows(write(tmp_path, text, name)), name, **how)[0]


def same(one: ListedPools, other: ListedPools) -> bool:
    return bool(to_arrow(one).equals(to_arrow(other)))


def test_a_table_of_pools_is_read_as_it_says(tmp_path: Path) -> None:
    a, b, c = table_of(TABLE, tmp_path)
    assert a[:6] == ("a", "West", 116.30, 39.90, "Teld", "urban")
    assert a.pools == [Pool(4, 7.0, 1, "cars"), Pool(8, 120.0, 0, "cars")]
    assert a.site_limit_kw == 800.0
    assert b.pools == [Pool(2, 62.5, 0, "both")]
    assert np.isnan(b.site_limit_kw)
    assert (c.name, c.layer, c.pools) == ('Hub, "north"', "highway", [Pool(6, 480.0, 0, "trucks")])


@pytest.mark.parametrize(
    ("head", "cells", "pools"),
    [
        ("n_fast,n_slow", "3,5", [Pool(5, 7.0, 1, "cars"), Pool(3, 80.0, 0, "cars")]),
        ("n_fast,n_slow,fast_kw", ",5,60", [Pool(5, 7.0, 1, "cars")]),
        ("n_fast,n_slow", ",", [Pool(8, 7.0, 1, "cars"), Pool(7, 80.0, 0, "cars")]),
        ("n_evse_7kw,n_evse_120kw,n_evse_22.5kw_ac_both", "4,2,1",
         [Pool(4, 7.0, 1, "cars"), Pool(1, 22.5, 1, "both"), Pool(2, 120.0, 0, "cars")]),
        ("n_evse_600kw_dc_trucks,n_evse_7kw", "2,0", [Pool(2, 600.0, 0, "trucks")]),
        ("n_evse", "15", [Pool(8, 7.0, 1, "cars"), Pool(7, 80.0, 0, "cars")]),
        ("n_evse,is_ac", "15,yes", [Pool(15, 7.0, 1, "cars")]),
        ("rated_power_kw", "120", [Pool(7, 120.0, 0, "cars")]),
        ("rated_power_kw,layer", "120,highway", [Pool(15, 120.0, 0, "cars")]),
        ("n_evse,rated_power_kw", "2,14.9", [Pool(2, 14.9, 1, "cars")]),
        ("n_evse,rated_power_kw", "2,15", [Pool(2, 15.0, 0, "cars")]),
    ],
)  # fmt: skip
def test_every_way_to_tell_evses(tmp_path: Path, head: str, cells: str, pools: list[Pool]) -> None:
    [station] = table_of(f"id,lon,lat,{head}\nx,116,40,{cells}\n", tmp_path)
    assert station.pools == pools


def test_what_was_assumed_is_counted(tmp_path: Path) -> None:
    text = "id,name,lon,lat,n_evse,serves\na,京礼高速阪泉服务区,116,40,,\nb,Mall,116,40,4,both\n"
    stations, report = read_stations(read_rows(write(tmp_path, text)), "t")
    assert [each.layer for each in stations] == ["highway", "urban"]
    assert report["assumed"] == {
        "layer from the name: highway": 1, "layer: urban": 1, "number of EVSEs": 1, "power of the EVSEs": 2,
        "serves: cars": 1,
    }  # fmt: skip


def test_a_mapping_reads_a_foreign_file_and_tells_what_it_leaves_out(tmp_path: Path) -> None:
    path = write(tmp_path, "id,nr,x=y,breite,schnell,bemerkung\n,7,116,40,3,gut\n")
    how = {"nr": "id", "x=y": "lon", "breite": "lat", "schnell": "n_fast"}
    stations, report = read_stations(read_rows(path), "t", mapping=how, assume={"operator": "Grid", "fast_kw": "60"})
    assert (stations[0].id, stations[0].operator, stations[0].pools) == ("7", "Grid", [Pool(3, 60.0, 0, "cars")])
    assert report["left_out_columns"] == ["id", "bemerkung"]


def test_a_datum_is_undone(tmp_path: Path) -> None:
    lon, lat = to_gcj02(np.array([116.4]), np.array([39.9]))
    [station] = table_of(f"{HEAD}a,{lon[0]},{lat[0]},1,60\n", tmp_path, datum="GCJ-02")
    assert (station.lon, station.lat) == pytest.approx((116.4, 39.9), abs=1e-9)


def test_stations_without_evses_are_left_out_by_name_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "id,lon,lat,n_fast,n_slow\na,116,40,0,0\nb,116,40,1,0\n")
    told = import_stations(path, tmp_path / "out.parquet", drop_empty=True)
    assert (told["n_stations"], told["left_out_without_evse"]) == (1, "1: a")


def features(*rows: dict[str, Any]) -> dict[str, Any]:
    points = [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [116.0, 40.0]}, **row} for row in rows]
    return {"type": "FeatureCollection", "features": points}


def test_geojson_has_its_places_and_ids_from_the_features(tmp_path: Path) -> None:
    own = {"id": None, "lon": 3, "n_fast": 2}
    text = json.dumps(features({"id": 5, "properties": own}, {"properties": {"id": "q", "n_slow": 1}}))
    first, second = table_of(text, tmp_path, "t.geojson")
    assert (first.id, first.lon, first.pools) == ("5", 116.0, [Pool(2, 80.0, 0, "cars")])
    assert (second.id, second.pools) == ("q", [Pool(1, 7.0, 1, "cars")])


def test_compressed_and_parquet_tables_are_the_same(tmp_path: Path) -> None:
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(TABLE.encode()))
    plain = table_of(TABLE, tmp_path)
    table = {"id": [1, 2], "lon": [116.0, 117.0], "lat": [40.0, 41.0], "n_evse": [2.0, None], "is_ac": [True, None]}
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    assert same(listed(read_stations(read_rows(packed), "t")[0]), listed(plain))
    one, two = read_stations(read_rows(tmp_path / "t.parquet"), "t")[0]
    assert (one.id, one.pools) == ("1", [Pool(2, 7.0, 1, "cars")])
    assert sum(pool.n_evse for pool in two.pools) == 15


@pytest.mark.parametrize("ending", ["csv", "geojson", "parquet"])
def test_what_is_exported_is_imported_again_the_same(tmp_path: Path, ending: str) -> None:
    first, again, out = tmp_path / "a.parquet", tmp_path / "b.parquet", tmp_path / f"out.{ending}"
    import_stations(write(tmp_path, TABLE), first, licence="ours")
    assert export_stations(first, out) == 4
    import_stations(out, again)
    assert same(read_list(first)[0], read_list(again)[0])
    assert read_list(first)[1]["provenance"]["licence"] == "ours"


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8).map(str.strip)
POOLS = st.lists(
    st.tuples(st.integers(1, 10_000), st.integers(1000, 3_000_000), st.sampled_from(["cars", "trucks", "both"])), min_size=1,
    max_size=4, unique_by=lambda pool: pool[1:],
)  # fmt: skip


@st.composite
def stations(draw: st.DrawFn) -> list[Station]:
    """Stations as a list may hold them."""
    ids = draw(st.lists(TEXT.filter(bool), min_size=1, max_size=5, unique=True))
    found = []
    for text in ids:
        pools = [Pool(n, w / 1000.0, int(w < 45_000), serves) for n, w, serves in draw(POOLS)]
        pools.sort(key=lambda pool: (-pool.is_ac, pool.rated_power_kw, pool.serves))
        place = draw(st.tuples(st.floats(73, 135), st.floats(4, 53)))
        limit = draw(st.floats(1, 1e5) | st.just(float("nan")))
        layer = draw(st.sampled_from(["urban", "highway", "rural"]))
        found.append(Station(text, draw(TEXT), *place, draw(TEXT), layer, limit, pools))
    return found


@given(stations(), st.sampled_from(["csv", "geojson", "parquet"]))
def test_any_list_survives_the_way_through_a_file(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Station], ending: str
) -> None:
    path = tmp_path_factory.mktemp("lists") / f"t.{ending}"
    pools = listed(drawn)
    write_table(path, to_arrow(pools).select(list(OWN)))
    assert same(listed(read_stations(read_rows(path), "t")[0]), pools)


def test_commands_import_tell_and_export(tmp_path: Path) -> None:
    path, out = tmp_path / "a.parquet", tmp_path / "a.geojson"
    told = json.loads(invoke("stations", "import", write(tmp_path, TABLE), "--out", path, "--json").stdout)
    assert told == json.loads(invoke("stations", "info", path, "--json").stdout)
    assert (told["n_stations"], told["n_pools"], told["n_evse"], told["n_evse_dc"]) == (3, 4, 20, 16)
    assert (told["n_evse_high_power"], told["n_evse_for_trucks"], told["n_operators"]) == (6, 8, 3)
    assert json.loads(invoke("stations", "export", path, "--to", out, "--json").stdout)["n_rows"] == 4
    assert len(json.loads(out.read_text(encoding="utf-8"))["features"]) == 3
    assert invoke("stations", "export", path, "--to", tmp_path / "a.xlsx").exit_code == 2


# Stations of OpenStreetMap


@given(
    st.integers(0, 50), st.floats(-5, 5000) | st.just(float("nan")),
    st.lists(st.tuples(st.sampled_from(["type2", "gb_dc", "chademo"]), st.integers(0, 9), st.integers(0, 400)), max_size=3),
)  # fmt: skip
def test_sockets_share_the_evses_of_their_station(n_evse: int, most_kw: float, sockets: list[tuple[str, int, int]]) -> None:
    text = ";".join(f"{name}:{n or ''}:{kw or ''}" for name, n, kw in sockets)
    pools = pools_of_sockets(n_evse, most_kw, text, "urban", Counter())
    assert all(pool.n_evse > 0 for pool in pools)
    if n_evse:
        assert sum(pool.n_evse for pool in pools) == n_evse
    elif sockets:
        assert sum(pool.n_evse for pool in pools) == sum(n or 1 for _, n, _ in sockets)


def test_stations_of_a_built_network_are_a_list(tmp_path: Path) -> None:
    source, roads = write(tmp_path, expressway_with_stations(), "a.osm"), tmp_path / "roads.parquet"
    built = build_network(str(source), roads)
    assert (built["n_stations"], built["n_sites"]) == (4, 1)
    assert (built["n_stations_without_evses"], built["n_stations_without_power"]) == (1, 2)
    told = import_stations(roads, tmp_path / "list.parquet", network=roads)
    pools, about = read_list(tmp_path / "list.parquet")
    by_id: dict[str, list[Any]] = {text: [] for text in pools.id}
    for text, *pool in zip(pools.id, pools.n_evse, pools.rated_power_kw, pools.is_ac, strict=True):
        by_id[text].append(tuple(pool))
    assert by_id == {
        "n20": [(3, 7.0, 1), (5, 120.0, 0)], "n21": [(8, 7.0, 1), (7, 80.0, 0)], "n22": [(3, 60.0, 0)],
        "n23": [(2, 80.0, 0)],
    }  # fmt: skip
    assert about["report"]["assumed"] == {
        "power of sockets": 2,
        "number of EVSEs": 1,
        "power of the EVSEs": 1,
        "serves: cars": 4,
    }
    assert told["licence"].startswith("(c) OpenStreetMap contributors")
    service = pools.id == "n20"
    assert set(pools.layer[service]) == {"highway"}
    assert set(pools.link[service]) == set(load_network(roads).site_link)


# Real files


def needs(path: Path) -> Path:
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return path


def test_the_stations_of_shenzhen(tmp_path: Path) -> None:
    path = needs(SHARED / "stations" / "shenzhen_stations.csv")
    names = {"station_id": "id", "longitude": "lon", "latitude": "lat", "fast": "n_fast", "slow": "n_slow"}
    told = import_stations(path, tmp_path / "a.parquet", datum="GCJ-02", mapping=names, drop_empty=True)
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    fast, slow = (sum(int(row[k]) for row in rows) for k in (3, 4))
    assert told["n_rows_read"] == len(rows) == 1706
    assert told["n_stations"] == sum(int(row[3]) + int(row[4]) > 0 for row in rows)
    assert (told["n_evse"], told["n_evse_dc"]) == (fast + slow, fast)


def test_the_stations_of_beijing(tmp_path: Path) -> None:
    path = needs(SHARED / "stations" / "beijing_stations.geojson")
    usual = {"n_fast": "7", "n_slow": "8"}
    told = import_stations(path, tmp_path / "a.parquet", mapping={"name": "name"}, assume=usual, licence="MIT")
    names = [each["properties"]["name"] for each in json.loads(path.read_text(encoding="utf-8"))["features"]]
    assert told["n_stations"] == len(names) == 5818
    assert told["n_stations_highway"] == sum("服务区" in name for name in names)
    assert describe(tmp_path / "a.parquet")["licence"] == "MIT"
