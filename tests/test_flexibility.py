"""Private plugs by the clock: plans under a cap, slots within a stay, calls for power; and nobody leaves with less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nation import RULES, night_guidance
from tests.small_nations import copy_of, nation_of
from twin.config import Config
from twin.engine import phases
from twin.engine.plug import slot_s
from twin.engine.world import World, build_world
from twin.grid.flexibility import (
    build_guidance,
    call_for_power,
    errand_hours,
    level_fill,
    next_cheap_s,
    no_guidance,
    plan_charging,
)
from twin.grid.tariffs import build_prices
from twin.grid.v2g import bidirectional_shares, national_shares, pilot_zones
from twin.network import load_regions
from twin.tables.inputs import ACCESS_KINDS
from twin.tables.state import AT_REST, SUM_LATE_CHARGES, SUM_V2G_WS

REGIONS = load_regions()
H = 3600
LOADS = st.lists(st.integers(0, 1000), min_size=1, max_size=12)


@given(LOADS, st.data())
def test_a_level_takes_what_is_wanted_and_no_lower_one_does(loads: list[int], data: st.DataObject) -> None:
    load_w = np.array([loads], np.int64)
    is_open = np.array([data.draw(st.booleans()) for _ in loads])
    wanted_w, cap_w = data.draw(st.integers(0, 5000)), data.draw(st.integers(0, 1200))
    level = int(level_fill(load_w, is_open, np.array([wanted_w]), np.array([cap_w]))[0])
    takes = lambda at: int(np.maximum(at - load_w[0, is_open], 0).sum())  # noqa: E731
    assert level <= cap_w
    assert takes(level) >= wanted_w or level == cap_w
    assert takes(level) == 0 or takes(level - 1) < wanted_w


@pytest.mark.parametrize(("wanted_mwh", "cheap_mw", "other_mw"), [(16, 2, 0), (64, 8, 0), (96, 8, 2), (400, 50, 0)])
def test_a_plan_fills_cheap_hours_then_others_then_goes_above_the_cap(
    wanted_mwh: int, cheap_mw: float, other_mw: float
) -> None:
    """Eight cheap hours with 2 MW, sixteen others with 8 MW, and a cap of 10 MW: 64 and 32 MWh fit below it."""
    is_cheap = np.tile(np.repeat((np.arange(24) >= 23) | (np.arange(24) < 7), 4), 2)
    forecast_w = np.where(is_cheap, 2_000_000, 8_000_000)[None]
    running = plan_charging(forecast_w, is_cheap, np.array([10_000_000]), np.array([wanted_mwh * 3_600_000_000]))
    fill_mw = np.diff(running[0]) / 1e6
    assert running.dtype == np.int64
    assert fill_mw[is_cheap] == pytest.approx(cheap_mw, abs=1e-5)
    assert fill_mw[~is_cheap] == pytest.approx(other_mw, abs=1e-5)
    assert fill_mw[48:144].sum() / 4 == pytest.approx(wanted_mwh, abs=1e-3)


def test_before_anything_is_known_the_cheap_hours_are_filled_to_the_cap() -> None:
    is_cheap = np.tile(np.repeat(np.arange(24) < 6, 4), 2)
    running = plan_charging(np.full((1, 192), 3_000_000), is_cheap, np.array([10_000_000]), None)
    assert np.array_equal(np.diff(running[0]), np.where(is_cheap, 7_000_000, 0))


@given(
    st.lists(st.sampled_from([0, 0, 1, 1000, 10**9]), min_size=192, max_size=192), st.floats(0, 1, exclude_max=True),
    st.integers(0, 86_400), st.integers(1, 86_400), st.integers(0, 86_400),
)  # fmt: skip
@settings(max_examples=300)
def test_a_slot_is_within_the_stay_and_within_the_plan(
    power_w: list[int], u: float, start_s: int, length_s: int, slack_s: int
) -> None:
    fill_w = np.concatenate([[0], np.cumsum(power_w)]).astype(np.int64)[None]
    until_s = start_s + length_s + slack_s
    begin_s = slot_s(u, start_s, until_s, length_s, fill_w, 0)
    assert start_s <= begin_s <= until_s - length_s
    second_w = np.repeat(power_w, 900) > 0
    stay = second_w[start_s : min(until_s, len(second_w))]
    runs = np.diff(np.flatnonzero(np.concatenate([[True], ~stay, [True]]))) - 1
    if runs.max() >= length_s and runs[runs > 0].min() >= length_s:
        assert second_w[begin_s : begin_s + length_s].all()


def test_the_plugs_of_a_zone_fill_a_valley_evenly() -> None:
    """A thousand charges of three hours in a valley of eight: 375 at a time, give or take a quarter."""
    guidance = night_guidance(1, 1)
    begin_s = np.array([slot_s((k + 0.5) / 1000, 18 * H, 31 * H, 3 * H, guidance.fill_w, 0) for k in range(1000)])
    middles = np.arange(23 * H + 450, 31 * H, 900)
    n_at_once = ((begin_s[:, None] <= middles) & (middles < begin_s[:, None] + 3 * H)).sum(axis=0)
    assert n_at_once.sum() * 900 == 1000 * 3 * H
    assert n_at_once.min() >= 250
    assert n_at_once.max() <= 625


@pytest.mark.parametrize("seed", range(40))
def test_every_vehicle_leaves_with_what_charging_at_once_would_give(seed: int) -> None:
    """Timers, plans and calls move the hours of private plugs, and no battery is lower for it."""
    nation = nation_of(seed)
    quiet = nation._replace(
        rules=nation.rules._replace(orderly_share=0.0, depot_orderly_share=0.0, price_response_share=0.0),
        guidance=no_guidance(len(nation.roads.zone_node), nation.n_provinces),
    )
    moved, at_once = planned(nation), planned(quiet)
    rests = (moved.given.vehicles.state == AT_REST) & (at_once.given.vehicles.state == AT_REST)
    assert np.array_equal(moved.given.vehicles.energy_ws[rests], at_once.given.vehicles.energy_ws[rests])
    assert sum(int(tally.sums[SUM_LATE_CHARGES]) for tally in moved.tallies) == 0


def planned(nation: object) -> World:
    """Return the world after the plan of day 0."""
    world = build_world(copy_of(nation), 1)  # type: ignore[arg-type]
    phases.live_eve(world)
    phases.plan_day(world, 0)
    return world


def test_nations_give_to_the_grid_where_every_plug_and_owner_can() -> None:
    """Called from afternoon to midnight, with no reserve; what is given is charged again, as the law above has it."""
    given_ws = []
    for seed in range(12):
        nation = nation_of(seed)
        n_zones = len(nation.roads.zone_node)
        called = nation.guidance._replace(
            event_from_s=np.full(n_zones, 14 * H, np.int32), event_until_s=np.full(n_zones, 24 * H, np.int32),
            bidirectional=np.ones((n_zones, len(ACCESS_KINDS))),
        )  # fmt: skip
        rules = nation.rules._replace(v2g_answer_share=1.0, v2g_reserve_soc=0.0)
        world = planned(nation._replace(guidance=called, rules=rules))
        given_ws.append(sum(int(tally.sums[SUM_V2G_WS]) for tally in world.tallies))
    assert sum(ws > 0 for ws in given_ws) >= 2


def test_a_call_is_made_around_the_peak_if_it_is_high_enough() -> None:
    forecast_kw = np.full(96, 500.0)
    forecast_kw[78] = 900.0
    assert call_for_power(forecast_kw, 1000.0, 0.9, 7200) == (78 * 900 + 450 - 3600, 78 * 900 + 450 + 3600)
    assert call_for_power(forecast_kw, 1000.0, 0.91, 7200) == (0, 0)
    forecast_kw[95] = 950.0
    assert call_for_power(forecast_kw, 1000.0, 0.9, 7200) == (22 * H, 24 * H)


def test_the_next_cheap_hour_is_found_over_midnight() -> None:
    is_cheap = np.array([[hour >= 23 or hour < 2 for hour in range(24)], [False] * 24])
    begins_h = next_cheap_s(is_cheap) / H
    assert begins_h[0, [0, 1, 2, 22, 23, 24, 26]].tolist() == [0, 1, 23, 23, 23, 24, 47]
    assert begins_h[1].tolist() == list(range(48))


def test_errands_move_to_the_cheapest_hour_near_by() -> None:
    price = np.ones((1, 24))
    price[0, 12:14], price[0, 20] = 0.5, 0.97
    hours = errand_hours(price)[0]
    assert hours[[8, 9, 10, 11, 12, 13, 14, 16, 17]].tolist() == [8, 12, 12, 12, 12, 13, 13, 13, 17]
    assert hours[20] == hours[21] - 1 == 20, "three per cent are not worth the change"
    assert errand_hours(price, 23)[0].tolist() == [12] * 13 + [13] * 11
    assert errand_hours(price, 0)[0].tolist() == list(range(24))


def test_plugs_that_can_give_are_as_many_as_the_plan_says_and_stand_in_the_pilots() -> None:
    config = Config.model_validate({"grid": {"n_v2g_plugs": 6000}, "fleet": {"sample": 0.5}})
    n_plugs = np.tile([1000, 3000, 100], (REGIONS.n_zones, 1))
    shares = bidirectional_shares(config, REGIONS, n_plugs)
    n = (shares * n_plugs).sum(axis=0)
    assert n[ACCESS_KINDS.index("none")] == 0
    assert n[ACCESS_KINDS.index("home")] == pytest.approx(1500)
    assert n[ACCESS_KINDS.index("depot")] == 9 * 100, "fewer depots than that: all of them"
    assert set(np.flatnonzero(shares.any(axis=1))) == set(pilot_zones(REGIONS))
    everywhere = Config.model_validate({"grid": {"v2g_area": "nation"}})
    assert bidirectional_shares(everywhere, REGIONS, n_plugs)[:, 1:].all()
    assert national_shares(everywhere, 3)[0, 1] == pytest.approx(3000 / 13_800_000, rel=0.5)
    assert not national_shares(config, 3).any()


def test_prices_tell_plugs_where_cheap_hours_are() -> None:
    prices = build_prices(Config(), REGIONS)
    guidance = build_guidance(prices, REGIONS.n_zones)
    tibet, beijing = (REGIONS.province_code.tolist().index(code) for code in ("XZ", "BJ"))
    assert guidance.cheap_s[beijing, [6, 12, 23]].tolist() == [6 * H, 23 * H, 23 * H]
    assert np.array_equal(guidance.cheap_s[tibet], np.arange(48) * H), "one price all day: nothing to wait for"
    flat = build_prices(Config.model_validate({"grid": {"price": "flat"}}), REGIONS)
    nothing = build_guidance(flat, REGIONS.n_zones)
    assert np.array_equal(nothing.cheap_s, no_guidance(1, 31).cheap_s)
    assert np.array_equal(nothing.errand_h, no_guidance(1, 31).errand_h)
    assert RULES.orderly_share > 0
