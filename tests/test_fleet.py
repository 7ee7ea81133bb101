"""The fleet: counts are exact, tables say what the seeds say."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma

from twin.config import Config
from twin.errors import DataError
from twin.fleet import figures
from twin.fleet.apportion import largest_remainder
from twin.fleet.calendar import build_calendar, season_of
from twin.fleet.classes import GROUPS, N_CURVE_KNOTS, STAYS_HOME, load_classes, load_shares
from twin.fleet.counts import CAR, TRUCK, count_by_county, count_vehicles, fleet_totals
from twin.fleet.local import build_local, mean_km, temperature_factors
from twin.fleet.quantiles import (
    DAY_S,
    floor_probability,
    from_counts,
    from_hours,
    from_inverse,
    table_mean,
    there_and_back,
)
from twin.fleet.stock import vehicles_of
from twin.fleet.vehicles import SOC_RANGE, build_vehicles, group_counts, memory_needed_bytes
from twin.network.regions import Regions, load_regions
from twin.tables.columns import columns
from twin.tables.inputs import N_KNOTS, VEHICLE_KINDS, Vehicles

weights_list = st.lists(st.floats(0.0, 1e9), min_size=1, max_size=40).filter(lambda values: sum(values) > 0.0)


def configured(**fleet: object) -> Config:
    return Config.model_validate({"fleet": fleet})


def in_period(start: dt.date, n_days: int, **travel: object) -> Config:
    return Config.model_validate({"period": {"start_date": start, "n_days": n_days}, "travel": travel})


@pytest.fixture(scope="module")
def regions() -> Regions:
    return load_regions()


# --- apportioning -----------------------------------------------------------------------------------------------


@given(weights_list, st.integers(0, 10**9))
def test_largest_remainder_is_exact_and_within_one_of_each_share(weights: list[float], total: int) -> None:
    values = np.array(weights)
    split = largest_remainder(values, total)
    assert split.sum() == total
    assert np.all(split[values == 0.0] == 0)
    assert np.all(np.abs(split - values / values.sum() * total) < 1.0 + 1e-6)


def test_largest_remainder_gives_ties_to_the_lower_index() -> None:
    assert largest_remainder(np.ones(4), 6).tolist() == [2, 2, 1, 1]


def test_nothing_can_be_split_over_nobody() -> None:
    assert largest_remainder(np.zeros(3), 0).tolist() == [0, 0, 0]
    with pytest.raises(DataError, match="3 to split"):
        largest_remainder(np.zeros(3), 3)


# --- counts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", ["2024", "2025", "2026", "2027", "2027-stress"])
def test_every_kind_sums_to_the_stock_of_its_year(regions: Regions, year: str) -> None:
    config = configured(year=year)
    by_zone = count_vehicles(config, regions)
    assert by_zone.shape == (len(VEHICLE_KINDS), regions.n_zones)
    assert by_zone.sum(axis=1).tolist() == fleet_totals(config).tolist()
    assert np.all(by_zone >= 0)


def test_the_fleet_of_2027_is_the_nations_stock() -> None:
    assert fleet_totals(configured(year="2027")).sum() == figures.nation("nev_stock", "2027-12")


def test_provinces_sum_to_their_stock_of_new_energy_vehicles(regions: Regions) -> None:
    by_zone = count_vehicles(configured(year="2025"), regions)
    by_province = np.bincount(regions.zone_province, by_zone.sum(axis=0), regions.n_provinces)
    stock = figures.province(regions, "nev_stock", "2025")
    np.testing.assert_allclose(by_province, stock, atol=2.0)


def test_counties_sum_to_zones(regions: Regions) -> None:
    config = configured(year="2027")
    by_county = count_by_county(config, regions).by_county
    by_zone = np.array([np.bincount(regions.county_zone, row, regions.n_zones) for row in by_county])
    np.testing.assert_array_equal(by_zone, count_vehicles(config, regions))


@settings(max_examples=8, deadline=None)
@given(st.floats(1e-5, 1.0))
def test_a_sample_scales_every_kind_and_keeps_places(sample: float) -> None:
    regions = load_regions()
    whole = count_by_county(configured(), regions).by_county
    part = count_by_county(configured(sample=sample), regions).by_county
    assert part.sum(axis=1).tolist() == np.rint(fleet_totals(configured()) * sample).astype(int).tolist()
    assert np.all(np.abs(part - whole * sample) <= 1.5)


def test_a_given_number_of_vehicles_replaces_the_seed() -> None:
    totals = fleet_totals(configured(n_vehicles=1000, n_heavy_trucks=7))
    assert totals[:3].sum() == 1000
    assert totals[TRUCK] == 7
    assert totals[3] == 590_000 * 1000 // 66_410_000


def test_home_charging_keeps_the_provinces_mean(regions: Regions) -> None:
    counts = count_by_county(configured(), regions)
    cars = counts.by_county[CAR]
    share = np.bincount(regions.county_province, counts.access_share[CAR] * cars) / np.bincount(
        regions.county_province, cars
    )
    np.testing.assert_allclose(share, figures.province(regions, "home_access_share"), atol=0.02)


def test_rural_counties_charge_at_home_more_often(regions: Regions) -> None:
    share = count_by_county(configured(), regions).access_share[CAR]
    in_province = regions.county_province == list(regions.province_code).index("ZJ")
    order = np.argsort(regions.county_urban_share[in_province])
    assert np.all(np.diff(share[in_province][order]) <= 1e-12)


# --- classes ----------------------------------------------------------------------------------------------------


def test_road_consumption_passes_through_both_measured_points() -> None:
    classes, names = load_classes()
    row = names.index("model3")
    at = [classes.road_a_ws_per_m[row] + classes.road_b_ws_per_m[row] * v * v for v in (100.0, 120.0)]
    np.testing.assert_allclose(at, [16.0 * 36.0, 20.8 * 36.0], rtol=1e-12)


def test_a_truck_consumes_its_mean_load_at_80_km_per_h() -> None:
    classes, names = load_classes()
    row = names.index("t423")
    at_80 = classes.road_a_ws_per_m[row] + classes.road_b_ws_per_m[row] * 80.0**2
    assert at_80 == pytest.approx((0.62 * 1.55 + 0.38 * 0.92) * 3600.0, rel=1e-12)


def test_classes_have_sound_columns() -> None:
    classes, names = load_classes()
    assert classes.curve_w.shape == (len(names), N_CURVE_KNOTS)
    assert np.all(classes.curve_w > 0.0)
    assert np.all(classes.road_a_ws_per_m > 0.0)
    assert np.all(classes.road_b_ws_per_m >= 0.0)
    assert {names[row] for row in np.flatnonzero(classes.has_engine)} == {"erev_big", "phev_small"}


def test_buses_drayage_trucks_and_micro_cars_never_leave() -> None:
    classes, names = load_classes()
    assert set(np.unique(classes.group)) == {*range(len(GROUPS)), STAYS_HOME}
    assert {names[row] for row in np.flatnonzero(classes.group == STAYS_HOME)} == set("bus12 dump micro t282s t350".split())


@pytest.mark.parametrize("year", ["2024", "2025", "2026", "2027", "2027-stress"])
def test_class_shares_sum_to_one_within_each_kind(year: str) -> None:
    shares = load_shares(year)
    np.testing.assert_allclose(shares.share.sum(axis=1), 1.0, rtol=1e-12)


# --- the table of vehicles --------------------------------------------------------------------------------------


def test_a_sampled_fleet_has_its_counts_order_and_charge(regions: Regions) -> None:
    config = configured(sample=0.003)
    classes, names = load_classes()
    vehicles = build_vehicles(config, regions, classes, names)
    by_zone = count_vehicles(config, regions)
    assert len(vehicles.home) == by_zone.sum()
    assert np.all(np.diff(regions.county_zone[vehicles.home]) >= 0)
    assert np.all(np.diff(vehicles.home) >= 0)
    kind = classes.kind[vehicles.vehicle_class]
    cell = regions.county_zone[vehicles.home].astype(np.int64) * len(VEHICLE_KINDS) + kind
    found = np.bincount(cell, minlength=by_zone.size).reshape(regions.n_zones, -1).T
    np.testing.assert_array_equal(found, by_zone)
    soc = vehicles.energy_ws / classes.capacity_ws[vehicles.vehicle_class]
    low, high = np.array([SOC_RANGE[access] for access in range(3)]).T
    assert np.all(soc >= low[vehicles.access] - 1e-6)
    assert np.all(soc <= high[vehicles.access])
    np.testing.assert_array_equal(vehicles.place, vehicles.home)
    assert not vehicles.state.any()
    assert not vehicles.owed_ws.any()
    assert np.all(vehicles.back_day == 255)


def test_drawn_classes_and_plugs_keep_their_shares(regions: Regions) -> None:
    config = configured(sample=0.01)
    classes, names = load_classes()
    vehicles = build_vehicles(config, regions, classes, names)
    kind = classes.kind[vehicles.vehicle_class]
    found = np.bincount(vehicles.vehicle_class, minlength=len(names))
    share = load_shares("2027").share
    n_cars = np.count_nonzero(kind == CAR)
    # Four standard deviations of a share drawn from as many cars.
    for row in np.flatnonzero(classes.kind == CAR):
        expected = share[CAR, row]
        assert abs(found[row] / n_cars - expected) < 4.0 * np.sqrt(expected * (1 - expected) / n_cars) + 2e-3
    assert np.mean(vehicles.access[kind == CAR] == 1) == pytest.approx(0.408, abs=0.005)
    groups = group_counts(vehicles, classes, regions, len(GROUPS))
    assert groups[0].sum() == n_cars - found[names.index("micro")]
    assert groups[3:].sum() == np.count_nonzero((kind == TRUCK) & (classes.group[vehicles.vehicle_class] != STAYS_HOME))


def test_the_same_seed_builds_the_same_fleet_and_another_seed_another(regions: Regions) -> None:
    classes, names = load_classes()

    def fleet(seed: int) -> Vehicles:
        config = Config.model_validate({"fleet": {"sample": 0.0005}, "scenario": {"seed": seed}})
        return build_vehicles(config, regions, classes, names)

    one, again, other = fleet(1), fleet(1), fleet(2)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    np.testing.assert_array_equal(one.home, other.home)
    assert not np.array_equal(one.vehicle_class, other.vehicle_class)


def test_memory_is_the_columns_and_a_zone_of_scratch() -> None:
    row = sum(column.dtype.itemsize for column in columns(Vehicles))
    assert memory_needed_bytes(68_000_000) > 68_000_000 * row
    assert memory_needed_bytes(68_000_000) < 1.5 * 68_000_000 * row


# --- quantile tables --------------------------------------------------------------------------------------------


@given(st.floats(0.3, 5.0), st.floats(0.5, 200.0))
@settings(deadline=None)
def test_a_gamma_table_keeps_its_mean(shape: float, scale: float) -> None:
    knots = from_inverse(lambda u: gamma.ppf(u, shape, scale=scale))
    assert knots.shape == (N_KNOTS,)
    assert np.all(np.diff(knots) >= 0.0)
    assert table_mean(knots) == pytest.approx(shape * scale, rel=0.01)


@given(st.lists(st.floats(0.0, 1.0), min_size=24, max_size=24).filter(lambda hours: sum(hours) > 1e-3))
def test_hours_become_a_rising_table_within_the_day(hours: list[float]) -> None:
    knots = from_hours(np.array(hours))
    assert np.all(np.diff(knots) >= 0.0)
    assert knots[0] >= 0.0
    assert knots[-1] <= DAY_S


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=10).filter(lambda shares: sum(shares) > 1e-3))
def test_counts_come_back_from_their_table_within_two_knots(shares: list[float]) -> None:
    wanted = np.array(shares) / sum(shares)
    found = floor_probability(from_counts(wanted), wanted.size + 1)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all(found >= 0.0)
    assert np.all(np.abs(np.cumsum(found)[: wanted.size] - np.cumsum(wanted)) <= 1.0 / (N_KNOTS - 1) + 1e-9)


def test_there_and_back_are_halves_of_the_profile() -> None:
    whole = figures.hours("depart_long_ordinary")
    out, back = there_and_back(whole)
    np.testing.assert_allclose(0.5 * (out + back), whole, atol=1e-12)
    hour = np.arange(24)
    assert out @ hour < back @ hour - 3.0


# --- calendar ---------------------------------------------------------------------------------------------------


def test_national_day_2025_lasts_eight_days_after_its_eve() -> None:
    calendar = build_calendar(in_period(dt.date(2025, 9, 30), 10))
    assert calendar.kind == ("workday", *["holiday"] * 8, "workday")
    assert calendar.day_of_holiday == (0, 1, 2, 3, 4, 5, 6, 7, 8, 0)
    assert calendar.is_eve == (True, *[False] * 9)
    assert calendar.next_holiday[0] == "national_day"
    assert calendar.next_length[0] == 8
    assert calendar.is_free_next == (*[True] * 8, False, False)


def test_a_weekend_day_worked_for_a_holiday_is_a_workday() -> None:
    assert build_calendar(in_period(dt.date(2025, 10, 11), 2)).kind == ("workday", "weekend")


def test_dates_outside_the_table_follow_the_week() -> None:
    assert build_calendar(in_period(dt.date(2031, 3, 3), 7)).kind == (*["workday"] * 5, "weekend", "weekend")


def test_the_holiday_setting_overrides_the_calendar() -> None:
    none = build_calendar(in_period(dt.date(2027, 10, 1), 3, holiday="none"))
    assert none.kind == ("workday", "weekend", "weekend")
    spring = build_calendar(in_period(dt.date(2027, 6, 7), 3, holiday="spring-festival"))
    assert spring.holiday == ("spring_festival",) * 3
    assert spring.day_of_holiday == (1, 2, 3)


def test_each_month_has_its_season() -> None:
    assert [season_of(month) for month in (1, 4, 7, 10, 12)] == [
        "winter",
        "spring_autumn",
        "summer",
        "spring_autumn",
        "winter",
    ]


# --- local days -------------------------------------------------------------------------------------------------


def test_local_tables_rise_and_have_the_seeds_means(regions: Regions) -> None:
    config = in_period(dt.date(2025, 10, 20), 7)
    local = build_local(config, build_calendar(config), regions)
    for table in (local.km_quantile, local.depart_quantile, local.return_quantile, local.charge_quantile):
        assert table.shape == (len(VEHICLE_KINDS), 7, N_KNOTS)
        assert np.all(np.diff(table, axis=2) >= 0.0)
    for kind, name in enumerate(VEHICLE_KINDS):
        assert table_mean(local.km_quantile[kind, 0]) == pytest.approx(mean_km(name), rel=0.01)
    assert table_mean(local.km_quantile[CAR, 0]) == pytest.approx(46.8, rel=0.01)
    np.testing.assert_array_equal(local.p_drive[CAR], 0.72)
    assert local.consumption_factor.shape == (regions.n_provinces, 7)


def test_towns_drive_less_in_a_holiday(regions: Regions) -> None:
    config = in_period(dt.date(2025, 9, 30), 2)
    local = build_local(config, build_calendar(config), regions)
    workday, holiday = (local.p_drive[:, day] * local.km_quantile[:, day].mean(axis=1) for day in (0, 1))
    assert np.all(holiday < workday)


def test_cold_costs_energy_and_charging_power(regions: Regions) -> None:
    config = in_period(dt.date(2027, 1, 15), 1)
    local = build_local(config, build_calendar(config), regions)
    code = list(regions.province_code)
    north, south = code.index("HL"), code.index("HI")
    assert local.consumption_factor[north, 0] == pytest.approx(temperature_factors(np.array(-18.0)).consumption, rel=1e-9)
    assert local.consumption_factor[north, 0] > 1.5 > local.consumption_factor[south, 0]
    assert local.power_factor[north, 0] < 0.5 < local.power_factor[south, 0]


def test_the_local_factor_scales_kilometres(regions: Regions) -> None:
    one, half = (in_period(dt.date(2025, 10, 20), 1, local_factor=f) for f in (1.0, 0.5))
    calendar = build_calendar(one)
    whole, part = build_local(one, calendar, regions), build_local(half, calendar, regions)
    np.testing.assert_allclose(part.km_quantile, 0.5 * whole.km_quantile)


def test_the_fleet_of_a_month_lies_between_the_ends_of_two_years():
    before, after, month = (vehicles_of(year) for year in ("2024", "2025", "2025-09"))
    np.testing.assert_array_equal(month, np.rint(before + 0.75 * (after - before)).astype(np.int64))
    np.testing.assert_array_equal(vehicles_of("2025-12"), after)
    # The published stock of mid-2025 is 36.89 M (Ministry of Public Security).
    assert vehicles_of("2025-06").sum() == pytest.approx(36.89e6, rel=0.03)


def test_a_month_without_the_year_before_is_refused():
    with pytest.raises(DataError, match=r"no year 2022, which fleet\.year 2023-06 needs"):
        vehicles_of("2023-06")
