"""Trips between zones, freight and other traffic: laws of the tables, and the levels that the counts ask for."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import lognorm

from twin.config import Config
from twin.fleet import figures
from twin.fleet.background import MOST_LOADED, all_vehicles, build_background, other_cars, within_capacity
from twin.fleet.calendar import Calendar, build_calendar
from twin.fleet.classes import CAR_GROUPS, STAYS_HOME, TRUCK_GROUPS, load_classes, load_shares
from twin.fleet.counts import TRUCK, count_vehicles
from twin.fleet.extent import MEAN_ACCESS_KM, great_circle_km, leaving, leaving_probability, trip_lengths, zone_radius_km
from twin.fleet.freight import freight_plans, province_flows, zone_flows
from twin.fleet.gravity import implied_shares, mean_km
from twin.fleet.passages import expected_passages, passages_within_zones
from twin.fleet.passenger import car_passages, passage_levels, passenger_plans, reach, travellers
from twin.fleet.plans import same_day_shares
from twin.fleet.stock import COUNTED_IN
from twin.fleet.trips import build_trips, expected_trips, rolled_trips, trip_length_figures
from twin.fleet.waves import HOLIDAYS, build_waves
from twin.network.regions import Regions, load_regions
from twin.tables.inputs import N_KNOTS, TripTables


class Skims(NamedTuple):
    """Road distances as the great circle says them, in the place of routes."""

    skim_m: np.ndarray


class Case(NamedTuple):
    config: Config
    calendar: Calendar
    n: np.ndarray
    tables: TripTables


@pytest.fixture(scope="module")
def regions() -> Regions:
    return load_regions()


@pytest.fixture(scope="module")
def routes(regions: Regions) -> Skims:
    return Skims(np.rint(1280.0 * great_circle_km(regions.zone_lon, regions.zone_lat)).astype(np.int64))


def make_case(regions: Regions, routes: Skims, year: str, start: dt.date, n_days: int, **travel: object) -> Case:
    config = Config.model_validate(
        {"fleet": {"year": year}, "period": {"start_date": start, "n_days": n_days}, "travel": travel}
    )
    kinds = count_vehicles(config, regions)
    classes, _ = load_classes()
    haul = [load_shares(year).share[TRUCK, classes.group == group].sum() for group in TRUCK_GROUPS]
    leaving = 1.0 - load_shares(year).share[0, classes.group == STAYS_HOME].sum()
    n = np.array(
        [np.rint(kinds[0] * leaving), kinds[1], kinds[2], *(np.rint(kinds[TRUCK] * share) for share in haul)]
    ).astype(np.int64)
    calendar = build_calendar(config)
    return Case(config, calendar, n, build_trips(config, calendar, regions, routes, n))


@pytest.fixture(scope="module")
def national_day(regions: Regions, routes: Skims) -> Case:
    return make_case(regions, routes, COUNTED_IN, dt.date(2025, 9, 23), 17)


@pytest.fixture(scope="module")
def ordinary(regions: Regions, routes: Skims) -> Case:
    return make_case(regions, routes, COUNTED_IN, dt.date(2025, 10, 13), 14)


# --- which trips leave a zone -----------------------------------------------------------------------------------


def test_leaving_a_disc_agrees_with_throwing_points_into_it() -> None:
    luck = np.random.default_rng(11)
    radius, crow = 40.0, 30.0
    at = radius * np.sqrt(luck.random(400_000)) * np.exp(2j * np.pi * luck.random(400_000))
    outside = np.mean(np.abs(at + crow * np.exp(2j * np.pi * luck.random(400_000))) > radius)
    found = leaving_probability(np.array([1.3 * crow]), np.array([radius]))[0, 0]
    assert found == pytest.approx(outside, abs=0.003)


def test_longer_trips_and_smaller_zones_leave_more(regions: Regions) -> None:
    km = np.linspace(1.0, 500.0, 50)
    chance = leaving_probability(km, np.array([20.0, 60.0]))
    assert np.all(np.diff(chance, axis=1) >= 0.0)
    assert np.all(chance[0] >= chance[1])
    radius = zone_radius_km(regions)
    assert radius.min() > 10.0
    assert np.average(radius, weights=regions.zone_population) == pytest.approx(58.0, abs=3.0)


def test_trips_that_leave_are_the_upper_part_of_the_lognormal() -> None:
    lengths = trip_lengths("day_trip")
    assert lognorm.mean(lengths.sigma, scale=np.exp(lengths.mu)) == pytest.approx(54.0, rel=0.01)
    out = leaving(lengths, np.array([1e-6, 50.0]))
    assert out.share[0] == pytest.approx(1.0)
    assert out.mean_km[0] == pytest.approx(54.0, rel=0.01)
    assert out.share[1] < 0.6
    assert out.mean_km[1] > 70.0


@pytest.mark.parametrize("kind", ["ordinary", "holiday"])
def test_day_trips_and_journeys_give_the_lengths_of_all_passages(kind: str, ordinary: Case) -> None:
    """Mean, deviation and quantiles of what the seeds say of all passages, by the shares of those who stay."""
    waves = build_waves(ordinary.calendar)
    week = waves.ordinary[1:8]
    same_day = float(np.average(waves.nights[1:8, 0], weights=week)) if kind == "ordinary" else 0.5
    assert kind == "holiday" or same_day == pytest.approx(0.82, abs=0.005)
    assert HOLIDAYS["national_day"].excursion_share == 0.5
    parts = [trip_lengths(name) for name in ("day_trip", "journey")]
    luck = np.random.default_rng(3).standard_normal(400_000)
    n = int(same_day * luck.size)
    ln_km = np.concatenate([parts[0].mu + parts[0].sigma * luck[:n], parts[1].mu + parts[1].sigma * luck[n:]])
    assert np.exp(ln_km).mean() == pytest.approx(figures.travel("long_distance", f"expressway_trip_mean_{kind}"), rel=0.02)
    assert ln_km.std() == pytest.approx(figures.travel("long_distance", f"lognormal_sigma_{kind}"), rel=0.04)
    median = np.exp(figures.travel("long_distance", f"lognormal_mu_{kind}"))
    assert np.median(np.exp(ln_km)) == pytest.approx(median, rel=0.15)


# --- trip tables ------------------------------------------------------------------------------------------------


def test_the_first_day_of_a_holiday_has_the_longest_journeys(national_day: Case, routes: Skims) -> None:
    km, tables = routes.skim_m.T / 1e3, national_day.tables

    def journey_km(day: int) -> float:
        at = tables.od_set[0, day, 1]
        return mean_km(implied_shares(tables.alias_cut[at], tables.alias_zone[at]), national_day.n[0].astype(float), km)

    by_day = np.array([journey_km(day) for day in range(8, 15)])
    assert np.all(np.diff(by_day) < 0.0)
    assert by_day[0] > 1.2 * by_day[5]


def test_tables_have_their_shapes_and_rise(national_day: Case, regions: Regions) -> None:
    tables, n_zones, n_days = national_day.tables, regions.n_zones, 17
    assert tables.p_leave.shape == (5, n_days, n_zones)
    assert tables.od_set.shape == (5, n_days, 2)
    assert tables.alias_cut.shape == tables.alias_zone.shape == (tables.od_set.max() + 1, n_zones, n_zones)
    assert np.all((tables.p_leave >= 0.0) & (tables.p_leave <= 0.95))
    for table in (tables.stay_quantile, tables.depart_quantile, tables.return_quantile):
        assert table.shape == (5, n_days, N_KNOTS)
        assert np.all(np.diff(table, axis=2) >= 0.0)


def test_no_trip_ends_in_its_own_zone(national_day: Case) -> None:
    cut, other = national_day.tables.alias_cut, national_day.tables.alias_zone
    for one_cut, one_other in zip(cut, other, strict=True):
        assert np.all(np.diag(one_cut) == 0.0)
        reached = one_other == np.arange(one_other.shape[0])[:, None]
        assert np.all(one_cut[reached] == 1.0)


def test_the_fleet_of_2025_makes_the_counted_passages(national_day: Case) -> None:
    levels, n = passage_levels(), national_day.n[list(CAR_GROUPS)].sum()
    assert n == pytest.approx(travellers(COUNTED_IN), rel=1e-6)
    assert levels.ordinary * n == pytest.approx(7.35e6, rel=1e-3)
    assert levels.holiday * n == pytest.approx(12.5e6, rel=1e-3)


def test_an_ordinary_week_has_the_counted_level(ordinary: Case, regions: Regions) -> None:
    passages = expected_passages(ordinary.config, ordinary.calendar, regions, ordinary.n)
    assert passages[7:].mean() == pytest.approx(7.35e6, rel=0.01)
    within = passages_within_zones(ordinary.config, ordinary.calendar, regions, ordinary.tables, ordinary.n)
    routed = expected_trips(ordinary.tables, ordinary.n)[list(CAR_GROUPS)].sum(axis=0)
    np.testing.assert_allclose(within.reshape(-1, 24).sum(axis=1) + routed, passages, rtol=1e-9)
    assert 0.3 < routed.sum() / passages.sum() < 0.5


def test_national_day_has_the_counted_level_and_rush(national_day: Case, regions: Regions) -> None:
    passages = expected_passages(national_day.config, national_day.calendar, regions, national_day.n)
    trips = expected_trips(national_day.tables, national_day.n)[list(CAR_GROUPS)].sum(axis=0)
    assert passages[8:16].mean() == pytest.approx(12.5e6, rel=0.01)
    assert passages[8] / passages[8:16].mean() == pytest.approx(13.287 / 12.5, rel=0.01)
    # Journeys leave their zone more often than day trips.
    assert trips[8] / trips[8:16].mean() > passages[8] / passages[8:16].mean()
    assert trips[8:16].mean() / trips[:4].mean() > 2.0
    assert trips[7] > trips[:4].mean()


def test_a_run_that_begins_on_the_first_morning_misses_only_those_already_away(
    regions: Regions, routes: Skims, national_day: Case
) -> None:
    case = make_case(regions, routes, COUNTED_IN, dt.date(2025, 10, 1), 8)
    now, whole = (expected_trips(one.tables, one.n)[list(CAR_GROUPS)].sum(axis=0) for one in (case, national_day))
    assert 0.95 < now.mean() / whole[8:16].mean() < 1.0


def test_every_holiday_traveller_is_back_by_its_last_evening(national_day: Case) -> None:
    cars = rolled_trips(national_day.tables)[0]
    away = np.cumsum(cars.out - cars.back, axis=0) @ national_day.n[0] / national_day.n[0].sum()
    assert away[8:15].max() > 0.15
    assert away[15] < 0.01


def test_trips_grow_with_the_fleet(national_day: Case, regions: Regions, routes: Skims) -> None:
    later = make_case(regions, routes, "2027", dt.date(2027, 9, 23), 15)
    now, then = (expected_trips(case.tables, case.n)[list(CAR_GROUPS)].sum() for case in (national_day, later))
    per_day = (then / 15 / later.n[list(CAR_GROUPS)].sum()) / (now / 17 / national_day.n[list(CAR_GROUPS)].sum())
    assert per_day == pytest.approx(1.0, abs=0.05)


def test_trip_kilometres_are_those_of_the_lengths_that_leave(ordinary: Case, regions: Regions, routes: Skims) -> None:
    """Trips between zones that are too long, being measured between points, are as many fewer."""
    km = routes.skim_m.T / 1e3
    calendar, n = ordinary.calendar, ordinary.n.astype(np.float64)
    waves, out = build_waves(calendar), reach(regions)
    day = 9
    plan = passenger_plans(ordinary.config, calendar, regions, routes, ordinary.n)[0]
    same_day = same_day_shares(plan.nights)[day]
    driven = wanted = 0.0
    for stays, (part, share, of_waves) in enumerate(
        zip(out, (same_day, 1.0 - same_day), (waves.nights[day, 0], 1.0 - waves.nights[day, 0]), strict=True)
    ):
        starts = plan.set_outs[day] * share * n[0]
        driven += float(
            starts @ np.sum(plan.rows[plan.od[day, stays]] * np.where(km > 0.0, km + 2.0 * MEAN_ACCESS_KM, 0.0), axis=1)
        )
        wanted += car_passages(n, out, waves)[day] * of_waves * float((part.share * part.mean_km) @ n[0])
    assert driven == pytest.approx(wanted, rel=0.05)


def test_journeys_are_longer_than_day_trips_and_holidays_longer_than_weeks(
    national_day: Case, ordinary: Case, routes: Skims
) -> None:
    km = routes.skim_m.T / 1e3
    week = trip_length_figures(ordinary.tables, ordinary.n, km)
    holiday = trip_length_figures(national_day.tables, national_day.n, km)
    assert holiday.mean_km > 1.1 * week.mean_km
    assert holiday.share_200km < week.share_200km
    tables = national_day.tables
    index = tables.od_set[0, 10]
    shares = implied_shares(tables.alias_cut[index].reshape(-1, len(km)), tables.alias_zone[index].reshape(-1, len(km)))
    day_trips, journeys = shares.reshape(2, len(km), len(km))
    n = national_day.n[0].astype(float)
    assert mean_km(journeys, n, km) > 1.8 * mean_km(day_trips, n, km)


def test_spring_festival_stays_longer_and_goes_home(regions: Regions, routes: Skims, national_day: Case) -> None:
    spring = make_case(regions, routes, "2027", dt.date(2027, 2, 5), 8)
    assert spring.tables.stay_quantile[0, 0].mean() > national_day.tables.stay_quantile[0, 8].mean()

    def urban_end(case: Case, day: int) -> float:
        index = case.tables.od_set[0, day, 1]
        arrivals = implied_shares(case.tables.alias_cut[index], case.tables.alias_zone[index]).T @ case.n[0]
        return float(np.average(regions.zone_urban_share, weights=arrivals))

    assert urban_end(spring, 1) < urban_end(national_day, 9) < urban_end(national_day, 0)


def test_factors_scale_trips_and_nothing_else(regions: Regions, routes: Skims, ordinary: Case) -> None:
    half = make_case(regions, routes, COUNTED_IN, dt.date(2025, 10, 13), 14, trip_factor=0.5, freight_factor=0.0)
    whole, part = expected_trips(ordinary.tables, ordinary.n), expected_trips(half.tables, half.n)
    np.testing.assert_allclose(part[:3], 0.5 * whole[:3], rtol=1e-9)
    assert not part[3:].any()
    np.testing.assert_array_equal(half.tables.alias_zone, ordinary.tables.alias_zone)


def test_a_fleet_of_nobody_gives_tables_all_the_same(regions: Regions, routes: Skims, ordinary: Case) -> None:
    nobody = np.zeros_like(ordinary.n)
    tables = build_trips(ordinary.config, ordinary.calendar, regions, routes, nobody)
    assert np.all(np.isfinite(tables.p_leave))
    assert not expected_trips(tables, nobody).any()


# --- freight ----------------------------------------------------------------------------------------------------


def test_zone_flows_keep_the_tonnage_of_every_pair_of_provinces(regions: Regions, routes: Skims) -> None:
    flows = zone_flows(regions, routes.skim_m.T / 1e3)
    tonnage, haul_km = province_flows(regions)
    n = regions.n_provinces
    cell = (regions.zone_province[:, None] * n + regions.zone_province[None]).ravel()
    np.testing.assert_allclose(np.bincount(cell, flows.ravel(), n * n).reshape(n, n), tonnage, rtol=1e-9, atol=1e-9)
    assert flows.sum() == pytest.approx(115_000.0, rel=0.005)
    assert np.diag(haul_km).max() < 450.0


def test_trucks_drive_their_daily_kilometres(ordinary: Case, regions: Regions, routes: Skims) -> None:
    km = routes.skim_m.T / 1e3
    plans = freight_plans(ordinary.config, ordinary.calendar, regions, routes, ordinary.n)
    trips = expected_trips(ordinary.tables, ordinary.n)
    for group, plan, trip_km, daily_km, cap in zip(
        TRUCK_GROUPS, plans, (150.0, 480.0), (300.0, 550.0), (0.95, 1.0), strict=True
    ):
        n, access_km = ordinary.n[group], 2.0 * MEAN_ACCESS_KM
        assert mean_km(plan.rows[0], n.astype(float), km) + access_km == pytest.approx(trip_km, rel=1e-4)
        mean = trip_length_figures(ordinary.tables, ordinary.n, km, (group,)).mean_km + access_km
        driven = trips[group, 7:].mean() / n.sum() * mean
        assert 0.75 * 0.85 * daily_km < driven <= 0.85 * daily_km * cap * 1.001


def test_long_haul_trucks_sleep_away_and_regional_ones_at_home(ordinary: Case) -> None:
    regional, long = (rolled_trips(ordinary.tables)[group] for group in TRUCK_GROUPS)
    np.testing.assert_allclose(regional.out, regional.back, atol=1e-12)
    np.testing.assert_allclose(long.out[:-1], long.back[1:], atol=1e-12)


def test_freight_falls_by_thirty_percent_in_the_holiday(national_day: Case) -> None:
    regional = rolled_trips(national_day.tables)[3].out @ national_day.n[3]
    assert regional[10] / regional[2] == pytest.approx(0.70, abs=0.1)
    assert figures.travel("holiday", "factor_trucks") == 0.7


# --- background -------------------------------------------------------------------------------------------------


def test_all_vehicles_are_the_counted_ones() -> None:
    np.testing.assert_allclose(all_vehicles(), [34.4e6, 62.0e6], rtol=0.002)


def test_electric_cars_replace_others() -> None:
    stock = travellers(COUNTED_IN)
    now, later = other_cars(stock), other_cars(1.5 * stock)
    assert (now.ordinary + 1.0) * 7.35e6 == pytest.approx(34.4e6 - 8.0e6, rel=0.005)
    assert (now.holiday + 1.0) * 12.5e6 == pytest.approx(62.0e6 - 5.6e6, rel=0.005)
    assert later.ordinary < now.ordinary
    assert other_cars(1e9).holiday == 0.0


def test_background_carries_the_others_between_zones(national_day: Case, regions: Regions, routes: Skims) -> None:
    def load(od: np.ndarray) -> np.ndarray:
        assert od.shape == (regions.n_zones, regions.n_zones)
        assert not np.diag(od).any()
        return np.array([od.sum()])

    flow = build_background(
        national_day.config, national_day.calendar, regions, routes, national_day.n, load, np.array([1e12])
    )
    assert flow.flow_per_h.shape == (17, 1)
    np.testing.assert_allclose(flow.hour_shape.mean(axis=1), 1.0, rtol=1e-12)
    per_day = flow.flow_per_h[:, 0] * 24.0
    electric = expected_trips(national_day.tables, national_day.n)
    cars = electric[list(CAR_GROUPS)].sum(axis=0)
    ratio = other_cars(float(national_day.n[list(CAR_GROUPS)].sum())).holiday
    trucks = per_day[9] - ratio * cars[9]
    assert 0.6 * 5.6e6 < trucks < 5.6e6
    assert per_day[9:15].mean() > 1.6 * per_day[2]


@given(st.integers(0, 2**32 - 1))
def test_no_link_is_given_more_than_it_carries(seed: int) -> None:
    luck = np.random.default_rng(seed)
    flow, simulated = luck.uniform(0.0, 3000.0, (2, 4, 9))
    shape = luck.random((4, 24)) + 0.1
    shape /= shape.mean(axis=1, keepdims=True)
    capacity = luck.uniform(100.0, 6000.0, 9)
    kept = within_capacity(flow, simulated, shape, capacity)
    assert np.all((kept >= 0.0) & (kept <= flow))
    full = (kept + simulated) * shape.max(axis=1)[:, None]
    assert np.all((kept == 0.0) | (full <= MOST_LOADED * capacity * (1.0 + 1e-12)))
