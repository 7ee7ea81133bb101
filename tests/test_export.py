"""What is handed to other programs says what the tables of the run say."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pyogrio
import pytest

from tests import synthetic
from twin.errors import DataError, OutputExistsError, StoreError
from twin.export import export_run
from twin.metrics.scorecard import scorecard
from twin.store import Run, open_run
from twin.tables.results import LinksTable, NetworkTable
from twin.tables.seeds import read

FORMULA = '=HYPERLINK("an address")'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run with a station whose name looks like a formula, and two links of which one was driven."""
    fake = synthetic.fake_run()
    metrics, stations, _ = synthetic.tables(fake)
    names = stations.name.copy()
    names[np.flatnonzero(stations.layer == "highway")[0]] = FORMULA
    network = NetworkTable(
        link=np.arange(2, dtype=np.int32), line=np.array(["G1", ""], object), kind=np.zeros(2, np.uint8),
        length_km=np.array([100.0, 50.0]), from_lon=np.array([100.0, 101.0]), from_lat=np.array([30.0, 31.0]),
        to_lon=np.array([101.0, 100.0]), to_lat=np.array([31.0, 30.0]),
    )  # fmt: skip
    links = LinksTable(
        link=np.zeros(2, np.int32), hour=np.array([3, 4], np.int16), n_vehicles=np.array([10, 30], np.int32),
        speed_kmh=np.array([100.0, 60.0], np.float32),
    )  # fmt: skip
    path = synthetic.write_run(
        tmp_path_factory.mktemp("export") / "run", fake, scorecard(read("policy_lines"), metrics, stations),
        stations=stations._replace(name=names), network=network, links=links,
    )  # fmt: skip
    return open_run(path)


def test_the_workbook_holds_the_figures_with_their_units(run: Run, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(export_run(run.path, tmp_path / "run.xlsx"))
    assert book.sheetnames == [
        "About", "Headline", "Layers", "Provinces", "Service areas", "Scorecard", "Audit", "Sources",
    ]  # fmt: skip
    stored = {
        row["metric"]: (row["value"], row["unit"])
        for row in run.metrics.to_pylist()
        if (row["layer"], row["province"], row["hour"]) == ("all", "all", None)
    }
    shown = {name: (value, unit) for name, value, unit, *_ in book["Headline"].iter_rows(min_row=2, values_only=True)}
    assert {name: unit for name, (_, unit) in shown.items()} == {name: unit for name, (_, unit) in stored.items()}
    blank = {name for name, (value, _) in stored.items() if value is None}
    assert blank == {name for name, (value, _) in shown.items() if value is None}
    assert {name: value for name, (value, _) in shown.items() if name not in blank} == pytest.approx(
        {name: value for name, (value, _) in stored.items() if name not in blank}, rel=1e-14
    )
    heads, *rows = book["Provinces"].iter_rows(values_only=True)
    found = {(row[0], name): value for row in rows for name, value in zip(heads[2:], row[2:], strict=True)}
    for row in run.metrics.to_pylist():
        if row["province"] != "all" and row["layer"] == "all" and row["hour"] is None:
            value = found[row["metric"], row["province"]]
            assert value is row["value"] is None or value == pytest.approx(row["value"], rel=1e-14)
    assert len(list(book["Scorecard"].rows)) == run.scorecard.num_rows + 1
    assert "rated_power_kw (kW)" in next(book["Service areas"].iter_rows(values_only=True))


def test_a_name_is_no_formula(run: Run, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(export_run(run.path, tmp_path / "run.xlsx"))
    cells = [cell for row in book["Service areas"].iter_rows() for cell in row if cell.value == FORMULA]
    assert [cell.data_type for cell in cells] == ["s"]


def test_the_geopackage_holds_every_layer(run: Run, tmp_path: Path) -> None:
    path = export_run(run.path, tmp_path / "run.gpkg")
    assert [name for name, _ in pyogrio.list_layers(path)] == ["stations", "links", "zones"]
    stations = geopandas.read_file(path, layer="stations")
    table = run.arrays("stations")
    assert stations.crs.to_epsg() == 4326
    np.testing.assert_array_equal(stations.geometry.x, table["lon"])
    np.testing.assert_array_equal(stations["n_sessions"], table["n_sessions"])
    zones = geopandas.read_file(path, layer="zones")
    for name in ("n_sessions", "n_evse", "energy_kwh"):
        assert zones[name].sum() == pytest.approx(table[name].sum(), rel=1e-12)
    waited_s = np.nansum(table["mean_wait_s"] * table["n_sessions"])
    assert (zones["mean_wait_min"] * zones["n_sessions"]).sum() * 60 == pytest.approx(waited_s)


def test_a_link_has_the_mean_speed_of_its_vehicles(run: Run, tmp_path: Path) -> None:
    """10 vehicles at 100 km/h and 30 at 60: 70 km/h in the mean, 60 at the lowest; the other link was not driven."""
    links = geopandas.read_file(export_run(run.path, tmp_path / "run.gpkg"), layer="links")
    assert links["n_vehicles"].tolist() == [40, 0]
    assert links["mean_speed_kmh"][0] == pytest.approx(70.0)
    assert links["lowest_speed_kmh"][0] == pytest.approx(60.0)
    assert np.isnan(links["mean_speed_kmh"][1])
    assert list(links.geometry[0].coords) == [(100.0, 30.0), (101.0, 31.0)]


def test_the_same_run_gives_the_same_geopackage(run: Run, tmp_path: Path) -> None:
    one, two = (export_run(run.path, tmp_path / name).read_bytes() for name in ("one.gpkg", "two.gpkg"))
    assert one == two


def test_geoparquet_says_where_it_is(run: Run, tmp_path: Path) -> None:
    path = export_run(run.path, tmp_path / "zones.parquet", "zones")
    told = json.loads(pq.read_schema(path).metadata[b"geo"])
    assert told["columns"]["geometry"]["geometry_types"] == ["Point"]
    assert len(geopandas.read_parquet(path)) == len(np.unique(run.arrays("stations")["zone"]))


def test_csv_gives_back_the_table(run: Run, tmp_path: Path) -> None:
    back = pc.read_csv(export_run(run.path, tmp_path / "metrics.csv", "metrics"))
    assert back["metric"].to_pylist() == run.metrics["metric"].to_pylist()
    assert back["value"].to_pylist() == run.metrics["value"].to_pylist()
    zones = pc.read_csv(export_run(run.path, tmp_path / "zones.csv", "zones"))
    assert {"lon", "lat", "mean_wait_min"} <= set(zones.column_names)


def test_what_cannot_be_written_is_refused_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine")
    for error, words, *call in (
        (DataError, "found ending '.doc'", run.path, tmp_path / "run.doc"),
        (DataError, "found layer 'roads'", run.path, tmp_path / "run.parquet", "roads"),
        (DataError, "found no table 'roads'", run.path, tmp_path / "run.csv", "roads"),
        (DataError, "leave it out", run.path, tmp_path / "run.xlsx", "zones"),
        (DataError, "no manifest.json", tmp_path, tmp_path / "run.xlsx"),
        (OutputExistsError, "remove it first", run.path, tmp_path / "there.csv"),
        (StoreError, "could not be written", run.path, tmp_path / "no" / "run.csv"),
    ):
        with pytest.raises(error, match=words):
            export_run(*call)
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert (tmp_path / "there.csv").read_text() == "mine"
