"""Prices of the day and the load without vehicles."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pytest

from twin.config import Config
from twin.errors import DataError
from twin.grid import build_base_load, build_prices
from twin.grid.zones import SEASONS, season_of, shape_of_day
from twin.network import load_regions
from twin.tables import seeds

REGIONS = load_regions()


def in_season(date: str, **grid: str) -> Config:
    return Config.model_validate({"period": {"start_date": date, "n_days": 2}, "grid": grid})


@pytest.mark.parametrize("date", ["2027-01-15", "2027-07-15", "2027-10-01"])
def test_every_hour_of_every_province_has_its_price(date):
    prices = build_prices(in_season(date), REGIONS)
    assert prices.energy_cny_per_kwh.shape == (31, 24)
    season = {"01": "winter", "07": "summer", "10": "other"}[date[5:7]]
    table = seeds.read("tariffs")
    spans = np.flatnonzero(table["season"] == season)
    for code, row in zip(REGIONS.province_code, prices.energy_cny_per_kwh, strict=True):
        own = spans[table["province"][spans] == code]
        paid = ((table["end_h"] - table["start_h"]) * table["price_cny_per_kwh"])[own].sum()
        assert row.sum() == pytest.approx(paid, rel=1e-12)
        for span in own:
            hours = slice(int(table["start_h"][span]), int(table["end_h"][span]))
            assert np.allclose(row[hours], table["price_cny_per_kwh"][span], rtol=1e-12)


def test_fees_are_those_of_the_table_at_the_default_levels():
    prices = build_prices(Config(), REGIONS)
    table = seeds.read("service_fees")
    for code, layer, fee in zip(table["province"], table["layer"], table["fee_cny_per_kwh"], strict=True):
        row = REGIONS.province_code.tolist().index(code)
        column = ("urban", "highway", "rural", "truck").index(layer)
        assert prices.fee_cny_per_kwh[row, column] == pytest.approx(fee, abs=1e-12)
    assert np.allclose(prices.total("highway"), prices.energy_cny_per_kwh + prices.fee_cny_per_kwh[:, [1]])


def test_a_national_fee_moves_every_province_and_never_below_nothing():
    raised = Config.model_validate({"stations": {"service_fee_cny_per_kwh": 0.55}})
    change = build_prices(raised, REGIONS).fee_cny_per_kwh - build_prices(Config(), REGIONS).fee_cny_per_kwh
    assert np.allclose(change, [[0.1, 0.0, 0.1, 0.1, 0.0]])
    free = Config.model_validate({"stations": {"service_fee_cny_per_kwh": 0.0}})
    assert build_prices(free, REGIONS).fee_cny_per_kwh.min() == 0.0


def test_a_swap_costs_its_own_fee_around_that_of_truck_hubs():
    prices = build_prices(Config.model_validate({"swap": {"fee_cny_per_kwh": 0.7}}), REGIONS)
    truck, swap = prices.fee_cny_per_kwh[:, 3], prices.fee_cny_per_kwh[:, 4]
    assert np.median(swap) == pytest.approx(0.7)
    assert np.allclose(swap - truck, (swap - truck)[0])


def test_without_time_of_use_the_day_costs_its_mean():
    plain, flat = (build_prices(in_season("2027-10-01", price=kind), REGIONS) for kind in ("administered", "flat"))
    assert np.allclose(flat.energy_cny_per_kwh, plain.energy_cny_per_kwh.mean(axis=1, keepdims=True))
    assert np.ptp(flat.energy_cny_per_kwh, axis=1).max() == 0
    assert np.array_equal(flat.is_valley, plain.is_valley)


def test_valley_hours_are_the_cheap_ones():
    prices = build_prices(Config(), REGIONS)
    for row, is_valley in zip(prices.energy_cny_per_kwh, prices.is_valley, strict=True):
        if is_valley.any():
            assert row[is_valley].max() < row[~is_valley].min()
    assert prices.is_valley.any(axis=1).sum() >= 30


def test_a_gap_in_the_day_is_named(tmp_path: Path):
    for name in ("tariffs", "service_fees"):
        shutil.copy(seeds.folder_of_seeds() / f"{name}.csv", tmp_path)
    path = tmp_path / "tariffs.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("BJ,other,18")), encoding="utf-8")
    with pytest.raises(DataError, match=r"tariffs.csv:19, BJ, other: found hours 18 to 21 in no span"):
        build_prices(Config(), REGIONS, tmp_path)


def test_seasons():
    months = [season_of(dt.date(2027, month, 1)) for month in range(1, 13)]
    assert months == ["winter"] * 2 + ["spring"] * 3 + ["summer"] * 3 + ["autumn"] * 3 + ["winter"]


def test_the_load_of_a_provinces_zones_is_its_peak_times_its_shape():
    config = Config.model_validate({"period": {"start_date": "2027-08-31", "n_days": 2}})
    load = build_base_load(config, REGIONS)
    assert load.base_kw.shape == (REGIONS.n_zones, 2 * 96)
    figures = seeds.read("province_figures")
    shapes = shape_of_day(REGIONS.province_code)
    for row, code in enumerate(REGIONS.province_code):
        mine = np.flatnonzero((figures["figure"] == "peak_load") & (figures["province"] == code))
        peak_kw = 1e6 * figures["value"][mine[np.argmax(figures["year"][mine])]]
        zones = REGIONS.zone_province == row
        assert load.peak_kw[zones].sum() == pytest.approx(peak_kw, rel=1e-12)
        for day, season in enumerate(("summer", "autumn")):
            shape = shapes[SEASONS.index(season), row]
            assert np.allclose(load.base_kw[zones, day * 96 : day * 96 + 96].sum(axis=0), peak_kw * shape, rtol=1e-12)
    share = load.peak_kw / load.peak_kw.sum()
    people = REGIONS.zone_population / REGIONS.zone_population.sum()
    assert np.corrcoef(share, people)[0, 1] > 0.8


def test_shapes_are_the_harmonics_at_the_middle_of_the_quarter():
    table = seeds.read("load_shapes")
    row = int(np.flatnonzero((table["province"] == "GD") & (table["season"] == "summer"))[0])
    turn = 2 * np.pi * 18.125 / 24
    wanted = table["mean"][row]
    for k in (1, 2):
        wanted += table[f"cos{k}"][row] * np.cos(k * turn) + table[f"sin{k}"][row] * np.sin(k * turn)
    gd = REGIONS.province_code.tolist().index("GD")
    assert shape_of_day(REGIONS.province_code)[SEASONS.index("summer"), gd, 72] == pytest.approx(wanted, rel=1e-12)
    assert (shape_of_day(REGIONS.province_code) > 0.3).all()
    assert (shape_of_day(REGIONS.province_code) <= 1.0).all()


def test_a_missing_shape_is_named(tmp_path: Path):
    for name in ("load_shapes", "province_figures"):
        shutil.copy(seeds.folder_of_seeds() / f"{name}.csv", tmp_path)
    path = tmp_path / "load_shapes.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("QH,winter")), encoding="utf-8")
    with pytest.raises(DataError, match="QH in winter"):
        build_base_load(Config(), REGIONS, tmp_path)
