"""Station lists: every fault of a table that users bring is told, with row and id, and nothing is left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_stations import TABLE, write
from tests.test_station_lists import HEAD, features, invoke, table_of
from twin.errors import DataError, OutputExistsError
from twin.stations.files import import_stations
from twin.stations.listing import listed, read_stations
from twin.tables.user_rows import read_rows

BAD = [
    ("id,lon,lat\na,116,40\n", "no column of EVSEs"),
    ("id,lon,n_evse\na,116,3\n", "no column lat"),
    (HEAD, "found no rows"),
    ("", "no header"),
    (f"{HEAD}a,116,40,3\n", "row 1: found 4 cells"),
    ("id,lon,lat,n_evse,n_evse\na,116,40,3,3\n", "column 'n_evse': found it 2 times"),
    ("id,lon,lat,n_evse,colour\na,116,40,3,red\n", "column 'colour'"),
    ("id,lon,lat,n_evse,n_fast\na,116,40,3,3\n", "n_evse beside n_fast"),
    (f"{HEAD}a,116,40,0,60\n", "EVSEs of row 1 (id 'a'): found 0"),
    (f"{HEAD}a,116,40,-3,60\n", "n_evse of row 1 (id 'a'): found '-3'"),
    (f"{HEAD}a,116,40,2.5,60\n", "found '2.5'; wanted a whole number"),
    (f"{HEAD}a,116,40,1_0,60\n", "found '1_0'"),
    (f"{HEAD}a,116,40,nan,60\n", "found 'nan'"),
    (f"{HEAD}a,116,40,1,3001\n", "rated_power_kw of row 1 (id 'a'): found '3001'"),
    (f"{HEAD}a,116,40,1,0\n", "rated_power_kw of row 1 (id 'a'): found '0'"),
    ("id,lon,lat,n_evse,rated_power_kw,is_ac\na,116,40,1,60,1\n", "60 kW of AC"),
    ("id,lon,lat,n_evse_60kw_ac\na,116,40,1\n", "column 'n_evse_60kw_ac': found 60 kW"),
    (f"{HEAD}a,40,116,1,60\n", "may be turned round"),
    (f"{HEAD}a,0,0,1,60\n", "place of row 1 (id 'a'): found 0 E, 0 N"),
    (f"{HEAD}a,,40,1,60\n", "lon of row 1 (id 'a'): found none"),
    (f"{HEAD}a,east,40,1,60\n", "lon of row 1 (id 'a'): found 'east'"),
    (f"{HEAD},116,40,1,60\n", "id of row 1 (id ''): found no id"),
    (f"{HEAD}a,116,40,1,60\na,116.1,40,1,7\n", "lon of row 2 (id 'a'): found 116.1"),
    (f"{HEAD}a,116,40,1,60\na,116,40,2,60\n", "pool of row 2 (id 'a')"),
    ("id,lon,lat,n_fast\na,116,40,1\na,116,40,1\n", "id of row 2 (id 'a'): found it in row 1 too"),
    ("id,lon,lat,n_fast,layer\na,116,40,1,sea\n", "found 'sea'; wanted one of urban, highway, rural"),
    ("id,lon,lat,n_fast,serves\na,116,40,1,buses\n", "found 'buses'; wanted one of cars, trucks, both"),
    ("id,lon,lat,n_fast,site_limit_kw\na,116,40,1,0\n", "site_limit_kw of row 1"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_bad_table_exits_2_and_leaves_nothing(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    result = invoke("stations", "import", path, "--out", tmp_path / "out.parquet")
    assert result.exit_code == 2
    assert said in result.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["table.csv"]


def test_all_faults_are_told_at_once_with_row_and_id(tmp_path: Path) -> None:
    rows = [f"s{k},116,{40 if k else 90},{-k},60" for k in range(14)]
    with pytest.raises(DataError) as fault:
        table_of("\n".join(["id,lon,lat,n_evse,rated_power_kw,mood", *(f"{row},x" for row in rows)]), tmp_path)
    said = str(fault.value).splitlines()
    assert sum("column 'mood'" in line for line in said) == 1
    assert sum("place of row 1 (id 's0')" in line for line in said) == 1
    assert sum("n_evse of row" in line for line in said) == 10
    assert sum("n_evse: found the same in 3 more rows" in line for line in said) == 1
    assert sum("EVSEs of row 1 (id 's0')" in line for line in said) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--map", "nr=id"), "--map nr=id: found no such column"),
        (("--map", "id=number"), "--map id=number: found 'number'"),
        (("--map", "id"), "found no two names"),
        (("--assume", "lat=3"), "--assume lat=3: found 'lat'"),
        (("--assume", "layer=sea"), "found 'sea'"),
        (("--datum", "EPSG:3857"), "found 'EPSG:3857'"),
        (("--reach-m", "0"), "--reach-m: found 0"),
        (("--network", "roads.parquet"), "roads.parquet: found no such file"),
        (("--out", "list.csv"), "wanted .parquet"),
    ],
)
def test_bad_arguments_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, f"{HEAD}a,116,40,1,60\n")
    result = invoke("stations", "import", "table.csv", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize(
    ("collection", "said"),
    [
        ([], "no list of features"),
        ({"features": [{"geometry": {"type": "LineString"}}]}, "feature 1: found no point"),
        ({"features": [{"geometry": {"type": "Point", "coordinates": [1]}, "properties": {}}]}, "feature 1: found no point"),
        (features({"properties": {"id": {"a": 1}, "n_fast": 1}}), "id of row 1"),
        (features({"properties": {"id": 1, "n_fast": True}}), "n_fast of row 1 (id '1'): found True"),
        (features({"properties": {"id": 1, "n_fast": 1}}) | {"crs": {"properties": {"name": "EPSG:3857"}}}, "crs: found"),
    ],
)
def test_bad_geojson_is_refused(tmp_path: Path, collection: Any, said: str) -> None:
    with pytest.raises(DataError) as fault:
        table_of(json.dumps(collection), tmp_path, "t.geojson")
    assert said in str(fault.value)


CELL = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["1", "116", "40", "urban"])
)
NAMES = [
    "id",
    "lon",
    "lat",
    "n_evse",
    "rated_power_kw",
    "n_fast",
    "n_slow",
    "is_ac",
    "layer",
    "serves",
    "site_limit_kw",
    "n_evse_7kw",
]


@given(st.data())
def test_any_cells_are_a_list_or_faults(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(NAMES), unique=True))
    n_rows = data.draw(st.integers(0, 4))
    table = {name: data.draw(st.lists(CELL, min_size=n_rows, max_size=n_rows)) for name in names}
    try:
        found, _ = read_stations(table, "t", drop_empty=data.draw(st.booleans()))
    except DataError as fault:
        assert "wanted" in str(fault)
        return
    pools = listed(found)
    assert len(pools.id) > 0
    assert np.all((pools.n_evse >= 1) & (pools.rated_power_kw >= 1.0))
    assert np.all((pools.lon > 72) & (pools.lon < 138) & (pools.lat > 0.8) & (pools.lat < 55.9))


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.sampled_from(["csv", "csv.gz", "geojson", "parquet"])
)
def test_any_bytes_are_a_table_or_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str) -> None:
    path = tmp_path_factory.mktemp("bytes") / f"t.{ending}"
    path.write_bytes(content)
    try:
        columns = read_rows(path)
    except DataError as fault:
        assert str(path) in str(fault)
        return
    assert len({len(values) for values in columns.values()}) <= 1


def test_a_damaged_list_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    import_stations(write(tmp_path, TABLE), path)
    whole = path.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 9):
        damaged = tmp_path / f"cut{cut}.parquet"
        damaged.write_bytes(whole[:cut])
        result = invoke("stations", "info", damaged)
        assert result.exit_code == 2, result.output
    with pytest.raises(OutputExistsError):
        import_stations(write(tmp_path, TABLE), path)
