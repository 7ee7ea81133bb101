"""Fleet, curves, travel, freight, calendar, policy and observation are whole and agree with each other."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from tests.seed_figures import groups, nation
from twin.tables.seeds import read

CLASSES = read("vehicle_classes")["vehicle_class"].tolist()


def minutes_between(soc: np.ndarray, power_kw: np.ndarray, usable_kwh: float, start: float, end: float) -> float:
    """Charging time: the integral of dE / P over a power that is linear in the state of charge."""
    inside = (soc > start) & (soc < end)
    knots = np.concatenate([[start], soc[inside], [end]])
    power = np.interp(knots, soc, power_kw)
    energy_kwh, low, high = usable_kwh * np.diff(knots), power[:-1], power[1:]
    level = np.isclose(low, high)
    mean = np.where(level, low, (high - low) / np.where(level, 1.0, np.log(high / low)))
    return float(60.0 * (energy_kwh / mean).sum())


@pytest.mark.parametrize("name", CLASSES)
def test_a_charging_curve_takes_the_published_time(name: str) -> None:
    classes, curves = read("vehicle_classes"), read("charging_curves")
    row, knots = CLASSES.index(name), curves["vehicle_class"] == name
    soc, power = curves["soc"][knots], curves["power_kw"][knots]
    assert soc == pytest.approx(np.arange(21) / 20)
    assert power[-1] > 0.0
    assert power.max() <= classes["peak_dc_kw"][row]
    start = 0.2 if classes["loaded_kwh_km"][row] > 0.0 else 0.1
    time_min = minutes_between(soc, power, classes["usable_kwh"][row], start, 0.8)
    assert time_min == pytest.approx(classes["t_charge_min"][row], rel=0.01)


def test_vehicle_classes_are_sound() -> None:
    classes, fleet = read("vehicle_classes"), read("fleet_stock")
    heavy = classes["kind"] == "truck"
    assert (np.isin(classes["haul"], ("drayage", "regional", "long")) == heavy).all()
    assert (classes["city_kwh_100km"] <= classes["hw120_kwh_100km"]).all()
    assert (classes["empty_kwh_km"][heavy] < classes["loaded_kwh_km"][heavy]).all()
    assert list(dict.fromkeys(classes["kind"])) == ["car", "taxi", "van", "bus", "truck"]
    hybrid = (classes["has_engine"] == 1) & (classes["kind"] == "car")
    cars = fleet["n_vehicles"][(fleet["year"] == "2025") & (fleet["kind"] == "car")].sum()
    assert cars * classes["share_2025"][hybrid].sum() == pytest.approx(nation("nev_stock_phev", "2025-12"), rel=1e-5)


@pytest.mark.parametrize("year", ["2025", "2027"])
def test_hauls_are_the_sum_of_their_truck_classes(year: str) -> None:
    classes, hauls, fleet = read("vehicle_classes"), read("truck_hauls"), read("fleet_stock")
    for haul, share in zip(hauls["haul"], hauls[f"share_{year}"], strict=True):
        assert classes[f"share_{year}"][classes["haul"] == haul].sum() == pytest.approx(share, abs=2e-6)
        rows = (fleet["year"] == year) & (fleet["kind"] == "truck")
        count = fleet["n_vehicles"][rows & (fleet["haul"] == haul)].sum()
        assert count == pytest.approx(share * fleet["n_vehicles"][rows].sum(), abs=2)


@pytest.mark.parametrize(
    ("year", "stock", "trucks"),
    [
        *((year, "nev_stock", "heavy_truck_stock") for year in ("2023", "2024", "2025", "2026", "2027")),
        ("2027-low", "nev_stock_low", "heavy_truck_stock_low"),
        ("2027-stress", "nev_stock_policy", "heavy_truck_stock_high"),
    ],
)
def test_kinds_of_the_fleet_add_up_to_the_stock(year: str, stock: str, trucks: str) -> None:
    fleet = read("fleet_stock")
    rows, period = fleet["year"] == year, f"{year[:4]}-12"
    assert fleet["n_vehicles"][rows].sum() == nation(stock, period)
    assert fleet["n_vehicles"][rows & (fleet["kind"] == "truck")].sum() == nation(trucks, period)


def test_profiles_have_every_hour_and_people_sleep() -> None:
    profiles = read("hourly_profiles")
    for name, rows in groups(profiles, "profile_id").items():
        assert profiles["hour"][rows].tolist() == list(range(24)), name
        if name[0].startswith("depart_l"):
            assert profiles["share"][rows][:5].sum() < 0.03, name


def test_cold_costs_range_and_power() -> None:
    table = read("temperature")
    assert (np.diff(table["temp_degc"]) > 0).all()
    (mild,) = np.flatnonzero(table["temp_degc"] == 20.0)
    assert table["consumption_factor"][mild] == table["charge_power_factor"][mild] == 1.0
    assert (np.diff(table["consumption_factor"])[:mild] < 0).all()
    assert (np.diff(table["charge_power_factor"])[:mild] > 0).all()


def test_freight_is_a_full_matrix_of_the_national_tonnage() -> None:
    flows, travel = read("freight_flows"), read("travel")
    assert len(groups(flows, "origin", "destination")) == 31 * 31
    per_day = travel["value"][(travel["section"] == "national") & (travel["key"] == "freight_per_day")][0]
    assert flows["kt_per_day"].sum() == pytest.approx(1000 * per_day, rel=0.02)


def test_the_calendar_holds_whole_holidays_in_unbroken_spans() -> None:
    table = read("calendar")
    days = [dt.date.fromisoformat(text) for text in table["date"]]
    assert days == sorted(days)
    assert [day.strftime("%A") for day in days] == table["name"].tolist()
    free = table["kind"] == "holiday"
    assert (free == (table["day_of_holiday"] > 0)).all()
    assert (free == (table["holiday"] != "")).all()
    for row in np.flatnonzero(table["day_of_holiday"] == 1):
        length = int(table["holiday_length"][row])
        assert table["day_of_holiday"][row : row + length].tolist() == list(range(1, length + 1))
        assert len(set(table["holiday"][row : row + length])) == 1
    weekend = np.array([day.weekday() >= 5 for day in days])
    assert (weekend[table["kind"] == "weekend"]).all()
    covered = set(days)
    for start in (dt.date(2025, 10, 1), dt.date(2027, 9, 30), dt.date(2027, 10, 1)):
        assert {start + dt.timedelta(k) for k in range(-1, 9)} <= covered


def test_every_policy_line_says_how_it_is_met() -> None:
    lines = read("policy_lines")
    assert len(lines["id"]) == 67
    compared = np.isin(lines["operator"], (">", ">=", "=", "<="))
    has_unit = lines["unit"] != ""
    assert (has_unit | ~np.isfinite(lines["value"])).all()
    without = set(lines["id"][compared & ~np.isfinite(lines["value"])])
    assert without == {"19-2", "MKT-1"}
    by_id = dict(zip(lines["id"], lines["value"], strict=True))
    assert (by_id["632-0a"], by_id["1250-1"], by_id["1250-2"]) == (100_000, 28_000_000, 300)


def test_observed_figures_to_compare_have_a_tolerance() -> None:
    observed = read("observed")
    compared = observed["use"] != "context"
    assert np.isfinite(observed["tolerance_rel"][compared]).all()
    assert np.isnan(observed["tolerance_rel"][~compared]).all()
    assert set(observed["use"]) == {"fit", "test", "context"}
