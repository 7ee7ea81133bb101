"""The page says what the tables say, safely, offline and the same every time."""

from __future__ import annotations

import base64
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report_runs import EVIL, charts_of, whole_run
from twin.report import costs, grid_charts, write_report
from twin.report.figures import NONE, Figures, Finding, Writer, count, percent
from twin.report.html import script_json
from twin.report.language import ENGLISH
from twin.report.packed import front_coded
from twin.report.page import page_content
from twin.report.places import Places
from twin.report.projection import albers_km
from twin.store import Run, open_run
from twin.tables.inputs import LAYERS
from twin.tables.seeds import read

LARGEST_BYTES = 8_000_000
MAPS = {"map", "film", "gaps", "truck-gaps", "counties", "hosting"}
"""Charts without axes: distances are those of the ground."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(whole_run(tmp_path_factory.mktemp("report") / "run"))


@pytest.fixture(scope="module")
def page(run: Run) -> Path:
    return write_report(run.path)


@pytest.fixture(scope="module")
def content(run: Run) -> dict[str, Any]:
    return page_content(run)


class Outline(HTMLParser):
    """Headings, ids, and every address that a browser would fetch by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.headings: list[str] = []
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "srcset", "data", "action") or (name == "href" and tag != "a"):
                self.fetched.append(value or "")
        self._in_heading = tag in ("h1", "h2", "h3")
        if self._in_heading:
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = False

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.headings[-1] += data


def test_the_page_is_one_file_that_fetches_nothing(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(text)
    assert outline.fetched == []
    assert len(outline.ids) == len(set(outline.ids))
    assert "default-src 'none'" in text
    assert len(text.encode()) < LARGEST_BYTES
    assert "OpenStreetMap contributors" in text
    assert "Charging stock of 2027-12. Seed 7 and 1 hashed input tables" in text


def test_the_same_folder_gives_the_same_bytes(run: Run, page: Path, tmp_path: Path) -> None:
    assert write_report(run.path, tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_every_section_states_its_finding(page: Path, content: dict[str, Any]) -> None:
    outline = Outline()
    outline.feed(page.read_text(encoding="utf-8"))
    for finding in content["findings"].values():
        assert finding.text in outline.headings


def test_numbers_in_findings_are_those_of_the_metrics(run: Run, content: dict[str, Any]) -> None:
    """Each figure quoted in a heading, read back from its text, is the stored one to three digits."""
    rows = run.metrics.to_pylist()
    n_checked = 0
    for finding in content["findings"].values():
        for cite in finding.cites:
            stored = [
                row["value"]
                for row in rows
                if (row["metric"], row["layer"], row["province"], row["hour"])
                == (cite.metric, cite.layer, cite.province, cite.hour)
            ]
            assert len(stored) == 1
            assert cite.text in finding.text
            factor = 100 if "%" in cite.text else 1
            assert _read(cite.text) == pytest.approx(stored[0] * factor, rel=5.1e-3)
            n_checked += 1
    assert n_checked >= 15


def _read(text: str) -> float:
    found = re.match(r"[\d,.]+", text)
    assert found is not None
    words = {"million": 1e6, "billion": 1e9, "trillion": 1e12}
    return float(found[0].replace(",", "")) * next((size for word, size in words.items() if word in text), 1.0)


def test_tables_of_the_page_are_those_of_the_run(run: Run, content: dict[str, Any]) -> None:
    """Service areas, policy lines and provinces shown are the rows of the stored tables."""
    stations = [row for row in run.stations.to_pylist() if row["layer"] == "highway" and row["n_sessions"] >= 20]
    stations.sort(key=lambda row: (-row["mean_wait_s"], row["station"]))
    assert [area["station"] for area in content["areas"]] == [row["station"] for row in stations[:15]]
    lines = [line["line"] for found in content["lines"].values() for line in found]
    assert sorted(lines) == sorted(run.scorecard.column("line").to_pylist())
    assert {row[0] for row in content["provinces"]} == {"Beijing 北京", "Tianjin 天津", "Hebei 河北", "Shanxi 山西"}


def test_charts_hold_the_numbers_of_the_tables(run: Run, content: dict[str, Any]) -> None:
    """The stacked load sums to the load of all zones; the map counts every EVSE once."""
    grid = run.arrays("grid")
    stacked = np.sum([trace["y"] for trace in content["charts"]["load"]["data"]], axis=0)
    kinds = ("urban", "highway", "rural", "home", "depot")
    total_gw = sum(np.bincount(grid["quarter"], weights=grid[f"{kind}_kw"]) for kind in kinds) / 1e6
    assert stacked == pytest.approx(total_gw, rel=1e-3)
    points = [trace for trace in content["charts"]["map"]["data"] if trace["mode"] == "markers"]
    assert sum(pair[0] for trace in points for pair in trace["customdata"]) == run.arrays("stations")["n_evse"].sum()
    roads = content["charts"]["map"]["data"][0]
    assert roads["name"] == "roads"
    assert roads["x"][2::3] == [None] * 4


def test_charts_are_what_plotly_draws(content: dict[str, Any]) -> None:
    """Plotly's own schema accepts every trace and layout: no misspelt property is passed over in silence."""
    from plotly.graph_objects import Figure

    for chart in content["charts"].values():
        Figure(data=chart["data"], layout=chart["layout"])
    for name, chart in content["charts"].items():
        if name not in MAPS:
            assert re.search(r"\(.+\)|local time", chart["layout"]["xaxis"]["title"]["text"])


def test_text_from_data_stays_text(page: Path) -> None:
    """A station's name with markup in it is shown, never run, in tables and in charts."""
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in text
    written, charts = charts_of(text)
    assert "<" not in written
    assert "\u2028" not in written
    names = [name for chart in ("map", "counties") for trace in charts[chart]["data"] for name in trace.get("text", [])]
    assert any("&lt;script&gt;" in name for name in names)
    assert not any("<" in name for name in names)


def test_script_json_keeps_its_content() -> None:
    assert json.loads(script_json({"a": EVIL})) == {"a": EVIL}
    assert not set("<>&\u2028") & set(script_json(EVIL))


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (count, 7.0, "7"),
        (count, 12345.0, "12,345"),
        (count, 67_812_345.0, "67.8\u00a0million"),
        (percent, 0.0473, "4.73\u00a0%"),
        (percent, 1.0, "100\u00a0%"),
        (Writer("GW"), 0.01234, "0.0123\u00a0GW"),
        (Writer("min"), 0.0, "0\u00a0min"),
        (Writer("min"), float("nan"), NONE),
        (Writer("km"), float("inf"), NONE),
    ],
)
def test_numbers_are_written_for_people(write: Writer, value: float, text: str) -> None:
    assert write(value) == text


def test_the_map_keeps_areas() -> None:
    """A degree cell has the same area on the map as on the sphere, in the south and in the north."""
    for lat in (20.0, 35.0, 50.0):
        lon = np.array([110.0, 110.01, 110.01, 110.0])
        x, y = albers_km(lon, np.array([lat, lat, lat + 0.01, lat + 0.01]))
        area = 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
        bands = np.sin(np.radians(lat + 0.01)) - np.sin(np.radians(lat))
        assert area == pytest.approx(6371.0**2 * np.radians(0.01) * bands, rel=1e-5)
    assert albers_km(np.array([105.0]), np.array([35.0])) == (pytest.approx([0]), pytest.approx([0], abs=1e-9))


def test_figures_know_what_is_missing() -> None:
    rows = {name: np.array([], object) for name in ("metric", "layer", "province", "unit")}
    figures = Figures({**rows} | {name: np.array([]) for name in ("hour", "value", "ci_low", "ci_high")})
    assert np.isnan(figures.get("sessions"))
    assert figures.by_hour("sessions").size == 0
    assert figures.cite("sessions", count).text == NONE
    assert Finding("x").cites == ()


def test_packed_numbers_and_names_come_back(run: Run) -> None:
    """Unpacked as the page's script does it: the table's own values."""
    packs = page_content(run)["packs"]
    content = zlib.decompress(base64.b64decode(packs["stations"]))
    head, _, rest = content.partition(b"\n")
    arrays, at = {}, 0
    for name, width, n in json.loads(head):
        planes = np.frombuffer(rest[at : at + width * n], np.uint8).reshape(width, n).astype(np.int64)
        arrays[name] = sum(planes[k] << 8 * k for k in range(width))
        at += width * n
    names, before = [], ""
    for line in rest[at:].decode().split("\n"):
        before = before[: ord(line[0]) - 48] + line[1:]
        names.append(before)
    stations = run.arrays("stations")
    order = np.lexsort((stations["station"], stations["zone"].astype(str), stations["province"].astype(str)))
    assert names == [str(name) for name in stations["name"][order]]
    assert np.array_equal(arrays["sessions"], stations["n_sessions"][order])
    assert np.array_equal(arrays["left"], (stations["n_balked"] + stations["n_reneged"])[order])
    assert np.array_equal(arrays["wait_s"], np.round(np.nan_to_num(stations["mean_wait_s"][order])))


@given(st.lists(st.text(max_size=12)))
def test_front_coding_loses_nothing(names: list[str]) -> None:
    """Any texts, in any order; browsers count in UTF-16, so signs beyond the basic plane share nothing."""
    before, found = "", []
    for line in front_coded(names).split("\n") if names else []:
        units = before.encode("utf-16-le")[: 2 * (ord(line[0]) - 48)].decode("utf-16-le")
        before = units + line[1:]
        found.append(before)
    assert found == [name.replace("\n", " ") for name in names]


def test_costs_are_energy_times_price(run: Run) -> None:
    """Drivers pay price and fee of the hour, province and layer; waiting is sessions times mean wait."""
    grid = run.arrays("grid")
    found = costs.costs({}, grid, Figures(run.arrays("metrics")))
    assert found is not None
    assert sum(found.energy_kwh.values()) == pytest.approx(sum(grid[f"{layer}_kw"].sum() / 4 for layer in LAYERS))
    mean = found.energy_cny["urban"] / found.energy_kwh["urban"]
    prices = read("tariffs")["price_cny_per_kwh"]
    assert prices.min() < mean < prices.max()
    figures = Figures(run.arrays("metrics"))
    assert found.waited_h == pytest.approx(figures.get("sessions") * figures.get("mean_wait_min") / 60)
    assert found.waited_cny == pytest.approx(40 * found.waited_h)
    assert costs.costs({"behaviour": {"no_such": 1}}, grid, figures) is None
    assert costs.costs({}, None, figures) is None


def test_headroom_is_the_least_of_the_run(run: Run) -> None:
    grid = run.arrays("grid")
    chart, finding = grid_charts.headroom(grid, ENGLISH, Places())
    rows = run.grid.to_pylist()
    least = {}
    for code in {row["province"] for row in rows}:
        by_quarter: dict[int, float] = {}
        for row in rows:
            if row["province"] == code:
                by_quarter[row["quarter"]] = by_quarter.get(row["quarter"], 0.0) + row["headroom_kw"]
        least[Places().province(code)] = min(by_quarter.values()) / 1e6
    shown = dict(zip(chart["data"][1]["y"], chart["data"][1]["text"], strict=True))
    assert shown == {name: f"{value:+.1f} GW" for name, value in least.items()}
    assert chart["data"][1]["y"][-1] in finding.text


def test_stretches_are_drawn_as_far_as_their_plug_is(run: Run, content: dict[str, Any]) -> None:
    """Links of 150 km with ways of 10, 70, 190, none, 5 and 200 km ahead: pieces of 0, 20, 140, -, 0 and 150 km are far."""
    base, near, far, nothing = content["charts"]["gaps"]["data"]
    assert [trace["name"] for trace in (near, far, nothing)] == [
        "25 to 50 km to the next 250 kW or more ahead", "over 50 km", "none ahead",
    ]  # fmt: skip
    assert [len(trace["x"]) // 3 for trace in (base, near, far, nothing)] == [4, 2, 3, 1]
    km = [np.hypot(*np.diff(np.array([far["x"][k : k + 2], far["y"][k : k + 2]]), axis=1))[0] for k in (0, 3, 6)]
    whole = [np.hypot(*np.diff(np.array([base["x"][k : k + 2], base["y"][k : k + 2]]), axis=1))[0] for k in (3, 6, 9)]
    assert [a / b for a, b in zip(km, whole, strict=True)] == pytest.approx([20 / 150, 140 / 150, 1.0], abs=0.02)


def test_lines_and_counties_with_the_largest_gaps_come_first(content: dict[str, Any]) -> None:
    rows = content["lines_ahead"].rows
    assert [row[:4] for row in rows] == [
        ["G1 Beijing-Harbin 京哈", "southbound", "G1-0004", "none ahead"],
        ["G1 Beijing-Harbin 京哈", "northbound", "Beijing junction 1", "90.0\u00a0km"],
    ]
    assert [row[-1] for row in content["counties"].rows] == ["77.0\u00a0km", "3.00\u00a0km"]
    heading = content["findings"]["counties"].text
    assert heading.startswith("Of 2 counties 1 have no public EVSE and 1 none of 250 kW or more; farthest")
    assert heading.endswith("77.0\u00a0km by road")


def test_the_book_of_orders_adds_up(content: dict[str, Any]) -> None:
    text = "16 EVSEs were ordered for 6.00\u00a0million\u00a0CNY: 10 stand when the run begins, 4 open in it, 2 come later"
    assert content["findings"]["orders"].text == text
    assert [row[4] for row in content["orders"].rows] == ["10", "4", "2"]
    bars = {trace["name"]: dict(zip(trace["x"], trace["y"], strict=True)) for trace in content["charts"]["orders"]["data"]}
    assert bars["urban"] == {"2026-01": 10, "2027-10": 0}
    assert bars["highway"] == {"2026-01": 0, "2027-10": 4}
    assert [row[:2] for row in content["orders_by_province"].rows] == [["Beijing 北京", "14"], ["Hebei 河北", "2"]]


def test_the_tightest_prefecture_is_named(run: Run, content: dict[str, Any]) -> None:
    zones = run.arrays("zones")["zone"]
    assert (
        f"{zones[0]} has the least against its load: 1.00\u00a0MW, 10.0\u00a0% of its peak"
        in content["findings"]["hosting"].text
    )
    assert content["hosting"].rows[0][0] == zones[0]
    assert [row[0] for row in content["v2g"].rows] == [zones[-1]]


def test_provinces_are_held_against_the_lines_that_are_theirs(run: Run, content: dict[str, Any]) -> None:
    """Counts of met and missed by province are those of the table, and every row is shown under its line."""
    rows = run.table("scorecard_provinces").to_pylist()
    by_name = {row[0]: row for row in content["province_table"].rows}
    for code, name in (("BJ", "Beijing 北京"), ("HE", "Hebei 河北")):
        own = [row["met"] for row in rows if row["province"] == code]
        assert by_name[name][1:3] == [str(own.count("met")), str(own.count("missed"))]
    assert sum(len(line["table"].rows) for line in content["province_lines"]) == len(rows)
