"""Tariffs of one's own, market prices, the mix by the hour, hosting capacity, pilots, and the waterfall of measures."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import synthetic
from twin.config import Config, load
from twin.errors import ConfigError, DataError, Faults
from twin.grid import build_base_load, build_prices
from twin.grid.mix import build_mix, sun_shape
from twin.grid.spans import check_spans
from twin.grid.tariffs import cheapest_hours, market_prices
from twin.metrics.green import green_metrics
from twin.metrics.grid import grid_metrics, grid_table
from twin.metrics.hosting import ROUND_TRIP, hosting_kw, hosting_with_storage_kw, shape_of
from twin.metrics.summary import metrics_table
from twin.metrics.waterfall import waterfall
from twin.metrics.zones import Measures, zone_metrics, zones_table
from twin.network import load_regions
from twin.tables import seeds
from twin.tables.columns import empty
from twin.tables.plants import NO_PLANTS, PLANT_KINDS, PlantTotals
from twin.tables.totals import LOAD_KINDS, ProvinceLoad, RunTotals

REGIONS = load_regions()
SEEDS = seeds.folder_of_seeds()


def of_grid(date: str = "2027-10-01", n_days: int = 1, **grid: Any) -> Config:
    return Config.model_validate({"period": {"start_date": date, "n_days": n_days}, "grid": grid})


# Tariffs


@pytest.mark.parametrize(
    ("line", "new", "told"),
    [
        ("HE,winter,3,11,", "HE,winter,4,11,", r"line.csv:\d+, HE, winter: found hours 3 to 4 in no span"),
        ("HE,winter,3,11,", "HE,winter,2,11,", r"line.csv:\d+, HE, winter: found hours 2 to 3 also in line"),
        ("HE,winter,3,11,", "HE,winter,3,3,", r"line.csv:\d+, HE, winter: found a span from 3 to 3 h"),
        ("XZ,other,0,24,", None, r"line.csv, XZ, other: found no row"),
        ("TJ,summer,23,24,", None, r"line.csv:\d+, TJ, summer: found hours 23 to 24 in no span"),
        ("TJ,summer,0,7,valley,0.3450", "TJ,summer,0,7,valley,-1", r"-1 is outside"),
        ("TJ,summer,0,7,valley", "TJ,summer,0,7,night", r"'night' is not one of"),
    ],
)
def test_a_users_tariffs_are_refused_with_their_rows(tmp_path: Path, line: str, new: str | None, told: str) -> None:
    lines = (SEEDS / "tariffs.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    hit = [row for row, text in enumerate(lines) if text.startswith(line)]
    assert len(hit) == 1
    lines[hit[0]] = "" if new is None else lines[hit[0]].replace(line, new)
    path = tmp_path / "line.csv"
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match=told):
        build_prices(of_grid(tariffs=str(path)), REGIONS)


def test_a_users_tariffs_are_found_beside_the_scenario_and_used(tmp_path: Path) -> None:
    text = (SEEDS / "tariffs.csv").read_text(encoding="utf-8")
    (tmp_path / "mine.csv").write_text(text.replace("BJ,other,0,7,valley,0.4656", "BJ,other,0,7,valley,0.2000"), "utf-8")
    (tmp_path / "a.yaml").write_text("grid: {tariffs: mine.csv}\n", encoding="utf-8")
    config = load(tmp_path / "a.yaml")
    beijing = REGIONS.province_code.tolist().index("BJ")
    changed, usual = (build_prices(of_grid(tariffs=name), REGIONS) for name in (config.grid.tariffs, "seeds"))
    assert changed.energy_cny_per_kwh[beijing, 3] == 0.2
    others = np.arange(31) != beijing
    assert np.array_equal(changed.energy_cny_per_kwh[others], usual.energy_cny_per_kwh[others])
    (tmp_path / "b.yaml").write_text("grid: {tariffs: none.csv}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"b.yaml:1:\d+: grid.tariffs: found 'none.csv', which is no file"):
        load(tmp_path / "b.yaml")


@given(st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), min_size=1, max_size=6))
def test_spans_pass_only_if_every_hour_is_in_just_one(spans: list[tuple[int, int]]) -> None:
    table = {
        "province": np.array(["BJ"] * len(spans), object), "season": np.array(["other"] * len(spans), object),
        "start_h": np.array([a for a, _ in spans]), "end_h": np.array([b for _, b in spans]),
    }  # fmt: skip
    faults = Faults()
    check_spans("tariffs.csv", table, faults)
    n_times = np.array([sum(a <= hour < b for a, b in spans) for hour in range(24)])
    tiles = bool((n_times == 1).all()) and all(a < b for a, b in spans)
    try:
        faults.raise_if_any(DataError)
        assert tiles
    except DataError:
        assert not tiles


def test_a_market_is_dear_where_thermal_power_is_most_and_keeps_the_mean() -> None:
    residual = np.array([[1.0] * 12 + [3.0] * 12])
    prices = market_prices(np.full((1, 24), 0.6), residual)
    assert prices.mean() == pytest.approx(0.6)
    assert prices[0, 0] == pytest.approx(0.3)
    assert prices[0, 23] == pytest.approx(0.9)
    assert np.flatnonzero(cheapest_hours(prices)[0]).tolist() == list(range(8))
    market, tariff = (build_prices(of_grid(price=kind), REGIONS) for kind in ("market", "administered"))
    assert market.energy_cny_per_kwh.mean(axis=1) == pytest.approx(tariff.energy_cny_per_kwh.mean(axis=1))
    assert (market.is_cheap.sum(axis=1) == 8).all()
    assert np.array_equal(market.is_valley, tariff.is_valley)
    qinghai = REGIONS.province_code.tolist().index("QH")
    assert market.is_cheap[qinghai, 11:16].all(), "where a third comes from the sun, noon is cheap"


# Mix


def test_sun_shines_by_day_and_more_in_summer() -> None:
    shape = sun_shape(np.array([40.0]), np.array([120.0]))[:, 0]
    assert shape.mean() == pytest.approx(1.0)
    assert (shape[:, :16] == 0).all()
    assert (shape[:, 80:] == 0).all()
    winter, spring, summer, _ = shape.mean(axis=1)
    assert winter < spring < summer
    assert np.argmax(shape[2]) in (47, 48), "noon is at twelve on the meridian of the time zone"
    west = sun_shape(np.array([40.0]), np.array([90.0]))[2, 0]
    assert np.argmax(west) in (55, 56), "thirty degrees west it is two hours later"


@pytest.mark.parametrize("date", ["2027-01-15", "2027-07-15"])
def test_generation_meets_the_load_and_water_is_green(date: str) -> None:
    mix, load = build_mix(of_grid(date), REGIONS), build_base_load(of_grid(date), REGIONS)
    peak = np.bincount(REGIONS.zone_province, load.peak_kw)
    kw = np.array([load.base_kw[REGIONS.zone_province == row].sum(axis=0) for row in range(31)])
    assert (mix.green + mix.thermal) * peak[:, None] == pytest.approx(kw, rel=1e-9)
    assert mix.green.min() >= 0
    assert mix.curtailed.min() >= 0
    share = dict(
        zip(REGIONS.province_code.tolist(), mix.green.sum(axis=1) / (mix.green + mix.thermal).sum(axis=1), strict=True)
    )
    assert share["YN"] > 0.5 > 0.2 > share["TJ"]


def test_green_energy_by_hand() -> None:
    """Even load; charging of 100 MW at noon takes up 60 MW that would be curtailed, the rest is a half green."""
    places, grid = synthetic.regions(1, 1), one_zone({"home": {50: 100.0}})
    even = np.full((1, 96), 0.5)
    curtailed = np.zeros((1, 96))
    curtailed[0, 40:60] = 0.00006
    mix = build_mix(of_grid(), REGIONS)._replace(
        green=0.25 + 0 * even, thermal=0.25 + 0 * even, curtailed=curtailed, co2_kg_per_kwh=even
    )
    found = {name: value for name, _, place, value, _ in green_metrics(grid, mix, places, np.array([1e9])) if place == "all"}
    assert found["green_share"] == pytest.approx((60 + 20) / 100)
    assert found["curtailment_taken_up_gwh"] == pytest.approx(60 / 4 / 1000)
    assert found["curtailment_gwh"] == pytest.approx(20 * 60 / 4 / 1000)
    assert found["co2_g_per_kwh"] == pytest.approx(0.4 * 500)


def one_zone(mw: dict[str, dict[int, float]], base_mw: float = 3000.0, peak_mw: float = 3500.0) -> Any:
    """Return the grid table of one zone and day with an even base and some power by kind and quarter."""
    load = np.zeros((len(LOAD_KINDS), 1, 96), np.int64)
    for kind, by_quarter in mw.items():
        for quarter, power in by_quarter.items():
            load[LOAD_KINDS.index(kind), 0, quarter] = int(power * 1e6) * 900
    plants = (NO_PLANTS.plants, empty(PlantTotals, 0), np.zeros((len(PLANT_KINDS), 1, 96), np.int64))
    totals = RunTotals(24, None, None, None, load, None, {}, (), *plants)  # type: ignore[arg-type]
    base = ProvinceLoad(np.full((1, 96), base_mw * 1e3), np.array([peak_mw * 1e3]))
    return grid_table(totals, base, synthetic.regions(1, 1), 1.0)


# Zones


def test_what_vehicles_give_comes_off_the_load() -> None:
    grid = one_zone({"home": {76: 400.0}, "v2g": {76: 100.0, 77: 100.0}})
    rows = metrics_table("x", grid_metrics(grid, synthetic.regions(1, 1)))
    found = dict(zip(rows.metric[rows.province == "all"], rows.value[rows.province == "all"], strict=True))
    assert found["load_peak_gw"] == pytest.approx(3.3)
    assert found["ev_load_peak_gw"] == pytest.approx(0.4)
    assert found["v2g_peak_mw"] == pytest.approx(100.0)
    assert found["v2g_grid_energy_gwh"] == pytest.approx(0.05)
    assert found["load_peak_increase"] == pytest.approx(0.1)
    assert found["least_headroom_gw"] == pytest.approx(0.2)
    assert found["load_ramp_gw"] == pytest.approx(0.3)
    assert found["base_load_factor"] == 1.0


def test_hosting_capacity_is_the_room_at_the_worst_quarter() -> None:
    room, shape = np.array([[100.0, 50.0, 80.0]]), np.array([[1.0, 0.25, 0.5]])
    assert hosting_kw(room, shape).tolist() == [100.0]
    assert hosting_kw(room - 60.0, shape).tolist() == [0.0], "a zone that is over its peak hosts nothing"


@given(
    st.lists(st.floats(-50, 200), min_size=96, max_size=96), st.lists(st.floats(0, 1), min_size=96, max_size=96),
    st.floats(0, 4),
)  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_storage_never_hosts_less_and_more_of_it_hosts_more(room: list[float], shape: list[float], hours: float) -> None:
    room_kw, of_day = np.array([room]), np.array([[*shape[:-1], 1.0]])
    without = hosting_kw(room_kw, of_day)[0]
    some, more = (hosting_with_storage_kw(room_kw, of_day, h)[0] for h in (hours, 2 * hours))
    assert without <= some <= more * (1 + 1e-6) + 1e-6


def test_storage_shaves_an_evening_by_hand() -> None:
    """Room of 100 kW, a peak of one hour: of p, 100 kW come from the grid and the rest, for an hour, from 2.15 p kWh."""
    shape = np.zeros((1, 96))
    shape[0, 72:76] = 1.0
    room = np.full((1, 96), 100.0)
    assert hosting_with_storage_kw(room, shape, 0.5)[0] == pytest.approx(100 / (1 - 0.5 / 2.15), rel=1e-4)
    assert 0 < ROUND_TRIP < 1
    assert shape_of(np.zeros((2, 96))).tolist() == np.ones((2, 96)).tolist()


def test_pilots_are_judged_by_the_least_of_them() -> None:
    grid, places = one_zone({"v2g": {76: 2.0, 77: 2.0}}), synthetic.regions(1, 1)
    measures = Measures(1.0, 0.34, 3.0)
    zones = zones_table(grid, places, np.array([1000.0]), measures)
    assert zones.v2g_peak_kw == pytest.approx([2000.0])
    found = {name: value for name, _, place, value, _ in zone_metrics(zones, places, 1, measures) if place == "all"}
    assert found["v2g_least_project_kw"] == pytest.approx(2000.0)
    assert found["v2g_least_project_kwh_a"] == pytest.approx(1000.0 * 365)
    assert (found["v2g_projects"], found["v2g_projects_of_500_kw"], found["v2g_projects_of_100_mwh_a"]) == (1, 1, 1)
    assert found["v2g_payment_mcny"] == pytest.approx(1000 * 3 / 1e6)
    assert found["v2g_kwh_per_plug_and_day"] == pytest.approx(1.0)
    none = zones._replace(n_v2g_plugs=np.zeros(1))
    never = {name: value for name, _, place, value, _ in zone_metrics(none, places, 1, measures) if place == "all"}
    assert np.isnan(never["v2g_least_project_kw"])


# The waterfall


def test_a_waterfall_adds_up_from_the_first_peak_to_the_last() -> None:
    runs = []
    for name, home_mw in (("unmanaged", 400.0), ("orderly", 150.0), ("all", 100.0)):
        grid = one_zone({"home": {76: home_mw}})
        runs.append(metrics_table(name, grid_metrics(grid, synthetic.regions(1, 1))))
    steps = [step for step in waterfall(runs) if step.province == "all"]
    assert [step.scenario for step in steps] == ["unmanaged", "orderly", "all"]
    assert [step.change_gw for step in steps] == pytest.approx([0.0, -0.25, -0.05])
    assert steps[0].peak_gw + sum(step.change_gw for step in steps) == pytest.approx(steps[-1].peak_gw)
    assert steps[-1].share == pytest.approx(3.1 / 3.4)
    assert len(list(waterfall(runs))) == 6
    assert list(waterfall([])) == []
    bare = runs[1]._replace(metric=np.full(len(runs[1].metric), "x", object))
    with pytest.raises(DataError, match="orderly: found no load_peak_gw for all"):
        list(waterfall([runs[0], bare]))


def _flat(settings: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Return settings by their whole names."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
    return found


def test_the_measures_lead_from_nothing_managed_to_everything(repository: Path) -> None:
    names = ("unmanaged", "prices", "orderly", "work", "public", "v2g", "sun", "all")
    configs = [load(repository / "configs" / f"measures-{name}.yaml") for name in names]
    shares = [
        (
            config.grid.price_response_share, config.grid.orderly_share, config.grid.depot_orderly_share,
            config.fleet.work_access_share, config.grid.n_v2g_plugs, config.grid.n_v2g_public_plugs,
            config.site.pv_share["highway"], config.site.storage_share["highway"],
            config.grid.dynamic_price_step_cny_per_kwh,
        )
        for config in configs
    ]  # fmt: skip
    assert not any(shares[0])
    assert all(shares[-1]), "every measure is among all of them"
    assert all(a <= b for before, after in pairwise(shares) for a, b in zip(before, after, strict=True))
    assert configs[0].grid.price == "flat"
    flat = [_flat(config.model_dump(mode="json", exclude={"scenario"})) for config in configs]
    given_up = [key for before, after in pairwise(flat) for key in after if after[key] == flat[0][key] != before[key]]
    assert not given_up, "a measure that is taken is kept"


def test_provincial_peaks_are_of_the_size_of_the_nations() -> None:
    """Peaks of 31 provinces add up to somewhat more than the nation's at one instant, and none is below one published."""
    figures = seeds.read("nation_figures")
    national_gw = float(figures["value"][figures["figure"] == "national_peak"][0])
    load = build_base_load(of_grid("2027-07-15"), REGIONS)
    peak_gw = np.bincount(REGIONS.zone_province, load.peak_kw) / 1e6
    assert 1.0 < peak_gw.sum() / national_gw < 1.2
    at_once_gw = load.base_kw.sum(axis=0).max() / 1e6
    assert 0.7 < at_once_gw / national_gw < 1.0, "means of a season lie below the peak of the year"
