"""The page that holds runs against each other says what their tables say, and refuses what cannot be compared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import synthetic
from tests.report_runs import charts_of
from twin.errors import DataError
from twin.report import write_comparison
from twin.report.comparable import differing, open_all
from twin.report.compared_charts import zone_waits
from twin.report.compared_measures import who_breaks_the_row
from twin.report.comparison import comparison_content, finding

EVIL = "<img src=x onerror=alert(1)> & <b>"


def altered(source: Path, folder: Path, *, wait_factor: float = 1.0, **manifest: Any) -> Path:
    """Copy a run, make its waits longer or shorter, and change entries of its manifest; `config` is merged in."""
    shutil.copytree(source, folder)
    for name, columns in (("metrics", ("value",)), ("stations", ("mean_wait_s",))):
        table = pq.read_table(folder / f"{name}.parquet")
        for column in columns:
            values = np.array(table[column].to_numpy(zero_copy_only=False), np.float64)
            chosen = np.ones(len(values), bool)
            if name == "metrics":
                chosen = np.array(["wait_min" in metric for metric in table["metric"].to_pylist()])
            values[chosen] *= wait_factor
            at = table.schema.get_field_index(column)
            table = table.set_column(at, table.schema.field(at), pa.array(values, from_pandas=True))
        pq.write_table(table, folder / f"{name}.parquet")
    told = json.loads((folder / "manifest.json").read_text())
    for section, settings in manifest.pop("config", {}).items():
        told["config"].setdefault(section, {}).update(settings)
    (folder / "manifest.json").write_text(json.dumps(told | manifest))
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a run, one with twice its waits, and one with half of them under a name with markup."""
    home = tmp_path_factory.mktemp("compare")
    base = synthetic.write_run(home / "base", synthetic.fake_run())
    twice = altered(base, home / "twice", wait_factor=2.0, scenario="twice", config={"behaviour": {"patience_s": 60}})
    half = altered(base, home / "half", wait_factor=0.5, scenario=EVIL, seed=99, config={"compute": {"workers": 7}})
    return [base, twice, half]


def test_differences_are_those_of_the_tables(folders: list[Path]) -> None:
    content = comparison_content(open_all(folders))
    row = next(row for row in content["headline"] if row["name"] == "mean wait of a session")
    base, twice, half = row["cells"]
    assert (twice["relative"], half["relative"]) == ("+100\u00a0%", "−50.0\u00a0%")
    assert twice["change"] == "+" + base["value"]
    sessions = next(row for row in content["headline"] if row["name"] == "public sessions")
    assert {cell["change"] for cell in sessions["cells"][1:]} == {"±0"}
    assert content["finding"].text.startswith(f"{EVIL} waits least")


def test_the_first_run_may_be_the_best(folders: list[Path]) -> None:
    assert finding(open_all(folders[:2])).text.startswith("No other run waits less than fake")


def test_settings_that_differ_are_named_and_those_without_effect_are_not(folders: list[Path]) -> None:
    assert differing(open_all(folders)) == [("behaviour.patience_s", [None, 60, None])]


def test_the_map_shows_the_difference_of_each_zone(folders: list[Path]) -> None:
    runs = open_all(folders[:2])
    first, _ = zone_waits(runs[0])
    chart = comparison_content(runs)["charts"]["map"]
    zones = chart["data"][-1]
    assert len(first) > 3
    assert dict(zip(zones["text"], zones["marker"]["color"], strict=True)) == pytest.approx(first, rel=1e-2)


def test_the_mean_wait_of_a_zone_is_that_of_its_sessions(folders: list[Path]) -> None:
    stations = open_all(folders[:2])[0].run.stations.to_pylist()
    waits, _ = zone_waits(open_all(folders[:2])[0])
    for zone, wait in waits.items():
        rows = [row for row in stations if row["zone"] == zone and row["n_sessions"]]
        n_sessions = sum(row["n_sessions"] for row in rows)
        assert wait == pytest.approx(sum(row["mean_wait_s"] * row["n_sessions"] for row in rows) / n_sessions / 60)


def test_small_charts_share_their_axes(folders: list[Path]) -> None:
    from plotly.graph_objects import Figure

    charts = comparison_content(open_all(folders))["charts"]
    for chart in charts.values():
        Figure(data=chart["data"], layout=chart["layout"])
    shape = charts["waits-highway"]["layout"]
    ranges = [shape[name]["range"] for name in shape if name.startswith("yaxis") and "range" in shape[name]]
    largest = max(y for trace in charts["waits-highway"]["data"] for y in trace["y"] if y is not None)
    assert len(ranges) == 3
    assert all(low == 0 and high >= largest for low, high in ranges)
    assert len({tuple(pair) for pair in ranges}) == 1


def test_the_page_fetches_nothing_and_names_stay_text(folders: list[Path], tmp_path: Path) -> None:
    text = write_comparison(folders, tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "<img" not in text.split("<script>")[0]
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &lt;b&gt;" in text
    written, charts = charts_of(text)
    assert "<" not in written
    assert not any("<" in trace.get("name", "") for chart in charts.values() for trace in chart["data"])
    assert "different seeds" in text
    assert write_comparison(folders, tmp_path / "again.html").read_text(encoding="utf-8") == text


def test_what_cannot_be_compared_is_refused_with_all_reasons(folders: list[Path], tmp_path: Path) -> None:
    base = folders[0]
    longer = altered(base, tmp_path / "longer", config={"period": {"n_days": 99}, "fleet": {"sample": 0.5}})
    with pytest.raises(DataError) as caught:
        write_comparison([base, longer], tmp_path / "compare.html")
    assert "period.n_days: found 99" in str(caught.value)
    assert "fleet.sample: found 0.5" in str(caught.value)
    damaged = altered(base, tmp_path / "damaged")
    (damaged / "stations.parquet").write_bytes(b"PAR1 not")
    with pytest.raises(DataError) as caught:
        write_comparison([base, base, damaged, tmp_path / "nothing"], tmp_path / "compare.html")
    for words in ("the same folder twice", "a damaged run", "no manifest.json"):
        assert words in str(caught.value)
    with pytest.raises(DataError, match="found 1; wanted 2 to 12"):
        write_comparison([base], tmp_path / "compare.html")
    assert not (tmp_path / "compare.html").exists()


def with_peaks(source: Path, folder: Path, factor: float, **grid: Any) -> Path:
    """Copy a run, set its peaks to a multiple, and settings of its grid."""
    path = altered(source, folder, scenario=folder.name, config={"grid": grid})
    table = pq.read_table(path / "metrics.parquet")
    is_peak = np.array(["load_peak_gw" in metric for metric in table["metric"].to_pylist()])
    values = table["value"].to_numpy(zero_copy_only=False).copy()
    values[is_peak] *= factor
    at = table.schema.get_field_index("value")
    pq.write_table(
        table.set_column(at, table.schema.field(at), pa.array(values, from_pandas=True)), path / "metrics.parquet"
    )
    return path


def test_measures_on_top_of_each_other_make_a_waterfall(folders: list[Path], tmp_path: Path) -> None:
    """Three runs that keep what they have: each step is the difference of two peaks, and they add up to the last."""
    prices = with_peaks(folders[0], tmp_path / "prices", 0.8, price="administered")
    orderly = with_peaks(folders[0], tmp_path / "orderly", 0.5, price="administered", orderly_share=0.8)
    runs = open_all([folders[0], prices, orderly])
    assert who_breaks_the_row(runs) is None
    content = comparison_content(runs)
    peak = runs[0].figures.get("load_peak_gw")
    bars = content["charts"]["steps-load"]["data"][0]
    assert bars["y"] == pytest.approx([peak, -0.2 * peak, -0.3 * peak, 0.0], rel=1e-4)
    assert bars["x"] == ["fake", "prices", "orderly", "in all"]
    assert {"steps-evening", "steps-ev"} <= content["charts"].keys()
    assert "orderly takes off most" in content["findings"]["steps"].text
    assert {row[0] for row in content["steps"].rows} == {"Beijing 北京", "Tianjin 天津", "Hebei 河北", "Shanxi 山西"}
    text = write_comparison([folders[0], prices, orderly], tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "Measure by measure in each province" in text


def test_runs_that_give_up_a_measure_make_none(folders: list[Path], tmp_path: Path) -> None:
    prices = with_peaks(folders[0], tmp_path / "prices", 0.8, price="administered")
    orderly = with_peaks(folders[0], tmp_path / "orderly", 0.5, orderly_share=0.8)
    runs = open_all([folders[0], prices, orderly])
    breaker = who_breaks_the_row(runs)
    assert breaker is not None
    assert breaker.label == "orderly"
    content = comparison_content(runs)
    assert not any(name.startswith("steps") for name in content["charts"])
    text = write_comparison([folders[0], prices, orderly], tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "No waterfall is drawn: orderly gives up a setting of the run before it" in text
