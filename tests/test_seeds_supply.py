"""Charger stocks meet the published totals and the plan, and shares, tariffs and load shapes are whole."""

from __future__ import annotations

import numpy as np
import pytest

from tests.seed_figures import PUBLIC_EVSES, groups, nation
from twin.tables.seed_schema import PROVINCES
from twin.tables.seeds import read

PRIVATE_EVSES = {"2025-12": 15_375_000, "2026-06": 18_048_000, "2027-12": 21_800_000}
PUBLIC_POWER_GW = {"2025-12": 220.0, "2026-06": 247.0}


@pytest.mark.parametrize("date", sorted(PUBLIC_EVSES))
def test_charger_stock_meets_the_published_totals(date: str) -> None:
    stock, classes, private = read("charger_stock"), read("power_classes"), read("private_stock")
    rated = dict(zip(classes["power_class"], classes["rated_kw"], strict=True))
    rows = stock["date"] == date
    count = stock["n_evses"][rows]
    assert count.sum() == PUBLIC_EVSES[date]
    assert private["n_evses"][private["date"] == date].sum() == PRIVATE_EVSES[date]
    power_gw = 1e-6 * sum(n * rated[name] for n, name in zip(count, stock["power_class"][rows], strict=True))
    if date in PUBLIC_POWER_GW:
        assert power_gw == pytest.approx(PUBLIC_POWER_GW[date], rel=0.02)
    else:
        assert power_gw > 300.0
    highway = count[stock["layer"][rows] == "highway"].sum()
    assert highway == nation("highway_evses", date)


def test_the_plan_adds_what_the_policy_asks_for() -> None:
    stock = read("charger_stock")
    high = np.array([name.startswith(("hp", "mw")) for name in stock["power_class"]])
    dc = stock["power_class"] != "ac_7"
    strong = dc & (stock["power_class"] != "dc_30")

    def total(date: str, layer: str, rows: np.ndarray) -> int:
        return int(stock["n_evses"][(stock["date"] == date) & (stock["layer"] == layer) & rows].sum())

    added = {layer: total("2027-12", layer, dc) - total("2025-12", layer, dc) for layer in ("highway", "rural")}
    assert total("2027-12", "urban", dc) - nation("urban_dc_evses", "2024-12") >= 1_600_000
    assert total("2027-12", "urban", high) - nation("urban_high_power_evses", "2024-12") >= 100_000
    assert total("2027-12", "highway", strong) - total("2025-12", "highway", strong) >= 40_000
    assert total("2027-12", "highway", high) - total("2025-12", "highway", high) >= 0.25 * added["highway"]
    assert total("2027-12", "rural", dc) - nation("rural_dc_evses", "2024-12") >= 14_000
    assert sum(total("2026-06", layer, high) for layer in ("urban", "highway", "rural")) >= 180_000


def test_no_part_of_the_stock_shrinks_but_the_weak_evses_of_service_areas_that_are_upgraded() -> None:
    stock = read("charger_stock")
    for key, rows in groups(stock, "layer", "power_class", "serves").items():
        counts = [stock["n_evses"][rows[stock["date"][rows] == date]].sum() for date in PUBLIC_EVSES]
        assert (counts == sorted(counts)) is (key[:2] != ("highway", "dc_30")), key


def test_power_classes_partition_the_axis_and_high_power_is_250_kw() -> None:
    classes = read("power_classes")
    assert (np.diff(classes["rated_kw"]) > 0).all()
    assert (classes["min_kw"] <= classes["rated_kw"]).all()
    assert (classes["rated_kw"] < classes["max_kw"]).all()
    assert ((classes["rated_kw"] >= 250) == (classes["is_high_power"] == 1)).all()
    dc = classes["kind"] == "dc"
    assert (classes["max_kw"][dc][:-1] == classes["min_kw"][dc][1:]).all()


@pytest.mark.parametrize(
    ("name", "by", "column"),
    [
        ("charger_provinces", ("date", "layer"), "share"),
        ("operators", (), "share"),
        ("hourly_profiles", ("profile_id",), "share"),
        ("vehicle_classes", ("kind",), "share_2025"),
        ("vehicle_classes", ("kind",), "share_2027"),
        ("truck_hauls", (), "share_2025"),
        ("truck_hauls", (), "share_2027"),
    ],
)
def test_shares_sum_to_one(name: str, by: tuple[str, ...], column: str) -> None:
    table = read(name)
    parts = groups(table, *by).values() if by else [np.arange(len(table[column]))]
    assert all(table[column][rows].sum() == pytest.approx(1.0, abs=1e-9) for rows in parts)


def test_tariffs_tile_every_day_and_a_valley_is_cheaper_than_a_peak() -> None:
    tariffs = read("tariffs")
    spans = groups(tariffs, "province", "season")
    assert len(spans) == 31 * 3
    for key, rows in spans.items():
        start, end, price = (tariffs[name][rows] for name in ("start_h", "end_h", "price_cny_per_kwh"))
        assert start[0] == 0.0, key
        assert end[-1] == 24.0, key
        assert (start[1:] == end[:-1]).all(), key
        assert (start < end).all(), key
        period = tariffs["period"][rows]
        low = price[np.isin(period, ("deep_valley", "valley"))]
        high = price[np.isin(period, ("peak", "critical"))]
        assert key[0] == "XZ" or low.max(initial=0.0) < high.min(), key


def test_every_province_has_each_service_fee_and_each_load_season() -> None:
    fees, shapes = read("service_fees"), read("load_shapes")
    assert len(groups(fees, "province", "layer")) == 31 * 4
    assert set(groups(shapes, "province")) == {(code,) for code in PROVINCES}
    assert all(len(rows) == 4 for rows in groups(shapes, "province").values())


def test_load_shapes_stay_between_nothing_and_the_annual_peak() -> None:
    shapes = read("load_shapes")
    turn = 2 * np.pi * (np.arange(96) + 0.5) / 96
    waves = {"cos1": np.cos(turn), "sin1": np.sin(turn), "cos2": np.cos(2 * turn), "sin2": np.sin(2 * turn)}
    load = shapes["mean"][:, None] + sum(shapes[name][:, None] * wave for name, wave in waves.items())
    assert load.min() > 0.2
    assert load.max() < 1.0
