"""Replicates draw what is weak, each the same every time, around the scenario itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from twin.config import Config, changed, load, setting
from twin.fleet.classes import load_classes
from twin.fleet.counts import count_by_county
from twin.network.regions import load_regions
from twin.tables import seeds
from twin.uncertainty import replicate_settings, triangle

TABLE = seeds.read("uncertainty")


@pytest.fixture(scope="module")
def config() -> Config:
    return load(Path(__file__).parents[1] / "configs" / "smoke.yaml")


def test_number_0_is_the_scenario_itself(config: Config) -> None:
    assert replicate_settings(config, 0) == config


def test_a_replicate_is_the_same_every_time_and_unlike_the_others(config: Config) -> None:
    drawn = [replicate_settings(config, k) for k in range(1, 6)]
    assert drawn == [replicate_settings(config, k) for k in range(1, 6)]
    for name in TABLE["parameter"]:
        values = [str(setting(found, name)) for found in drawn]
        assert len(set(values)) == 5, name
    assert len({found.scenario.seed for found in drawn}) == 5


def test_two_scenarios_with_one_seed_draw_the_same_factors(config: Config) -> None:
    other = changed(config, {"behaviour.patience_s": 5400, "fleet.home_access_factor": 0.5, "scenario.name": "other"})
    ours, theirs = replicate_settings(config, 3), replicate_settings(other, 3)
    assert theirs.behaviour.patience_s == pytest.approx(2 * ours.behaviour.patience_s, abs=1)
    assert theirs.fleet.home_access_factor == pytest.approx(0.5 * ours.fleet.home_access_factor)
    assert theirs.fleet.province_factors == ours.fleet.province_factors
    assert ours.scenario.seed == theirs.scenario.seed


def test_draws_stay_in_their_range_and_everything_else_stays(config: Config) -> None:
    weak = {tuple(name.split(".")) for name in TABLE["parameter"]} | {("scenario", "seed")}
    for number in range(1, 30):
        drawn = replicate_settings(config, number)
        for name, low, high, by in zip(*(TABLE[key] for key in ("parameter", "low", "high", "by")), strict=True):
            now, found = setting(config, name), setting(drawn, name)
            pairs = [(now.get(code, 1.0), value) for code, value in found.items()] if by == "province" else [(now, found)]
            assert len(pairs) == (31 if by == "province" else 1)
            for before, after in pairs:
                assert low * before - 1 <= after <= high * before + 1
                assert low - 1e-3 <= after / before <= high + 1e-3
        same = {(s, k) for s, keys in config.resolved().items() for k, v in keys.items() if drawn.resolved()[s][k] == v}
        everything = {(s, k) for s, keys in config.resolved().items() for k in keys}
        assert everything - same <= weak


@given(some.floats(0.1, 1.0), some.floats(1.0, 3.0), some.floats(0.0, 1.0), some.floats(0.0, 1.0))
def test_a_triangle_rises_from_its_least_to_its_most(low: float, high: float, a: float, b: float) -> None:
    first, second = sorted((a, b))
    assert low <= triangle(low, 1.0, high, first) <= triangle(low, 1.0, high, second) <= high


def test_a_triangle_has_the_mean_and_variance_of_the_textbook() -> None:
    u = (np.arange(100_000) + 0.5) / 100_000
    values = np.array([triangle(0.5, 1.0, 2.0, x) for x in u])
    assert values.mean() == pytest.approx((0.5 + 1.0 + 2.0) / 3, rel=1e-5)
    assert values.var() == pytest.approx((0.25 + 1 + 4 - 0.5 - 1 - 2) / 18, rel=1e-4)
    assert triangle(1.0, 1.0, 1.0, 0.3) == 1.0


def test_the_modes_are_the_scenario_and_lie_in_their_ranges() -> None:
    assert (TABLE["mode"] == 1.0).all()
    assert (TABLE["low"] < 1.0).all()
    assert (TABLE["high"] > 1.0).all()


def test_a_province_gets_more_vehicles_and_the_nation_keeps_its_own(config: Config) -> None:
    regions = load_regions()
    more = changed(config, {"fleet.province_factors": {"GD": 1.5}})
    before, after = (count_by_county(found, regions).by_county for found in (config, more))
    in_guangdong = regions.province_code[regions.county_province] == "GD"
    assert (before.sum(axis=1) == after.sum(axis=1)).all()
    assert after[0, in_guangdong].sum() > 1.3 * before[0, in_guangdong].sum()
    assert after[0, ~in_guangdong].sum() < before[0, ~in_guangdong].sum()


def test_consumption_is_multiplied_in_town_and_on_the_road() -> None:
    plain, thirsty = load_classes()[0], load_classes(consumption_factor=1.25)[0]
    for name in ("city_ws_per_m", "road_a_ws_per_m", "road_b_ws_per_m"):
        assert getattr(thirsty, name) == pytest.approx(1.25 * getattr(plain, name))
    assert (thirsty.curve_w == plain.curve_w).all()
