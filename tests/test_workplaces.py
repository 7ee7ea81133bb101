"""Plugs at work: who has one, a day with one, orderly hours under a plan, and the same energy by departure."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import pytest

from tests.small_nations import copy_of, nation_of
from twin.agents.grid_operator import GridOperator
from twin.config import Config
from twin.engine import phases
from twin.engine.world import Given, World, build_world
from twin.fleet.counts import CAR
from twin.fleet.vehicles import give_plugs_at_work
from twin.grid.flexibility import AT_WORK, build_workplaces, plan_charging
from twin.tables.columns import rows
from twin.tables.inputs import ACCESS_KINDS, Vehicles
from twin.tables.state import AT_REST, SUM_LATE_CHARGES, SUM_WORK_WS
from twin.tables.totals import LOAD_KINDS, ProvinceLoad

WORK = ACCESS_KINDS.index("work")
QUARTERS = 96
MWH = 3_600_000_000


def planned(nation: Given) -> World:
    """Return the world after the plan of day 0."""
    world = build_world(copy_of(nation), 1)
    phases.live_eve(world)
    phases.plan_day(world, 0)
    return world


def at_work(seed: int, **changes: Any) -> Given:
    """Return a nation without itineraries whose cars without a plug at home have one at work, on a working day."""
    nation = nation_of(seed)
    vehicles = copy_of(nation).vehicles
    is_car = nation.classes.kind[vehicles.vehicle_class] == CAR
    vehicles.access[is_car & (vehicles.access != 1)] = WORK
    plugs = nation.workplaces._replace(is_open=np.ones(nation.n_days, np.uint8))._replace(**changes)
    return nation._replace(
        vehicles=vehicles, workplaces=plugs, itineraries=nation.itineraries._replace(first=np.zeros(0, np.int32))
    )


def charged_ws(world: World) -> int:
    return sum(int(tally.sums[SUM_WORK_WS]) for tally in world.tallies)


def test_a_plan_for_the_working_day_fills_cheap_noon_first_then_the_other_hours_of_the_day() -> None:
    is_open = np.zeros(2 * QUARTERS, bool)
    is_open[44:52] = True  # 11:00 to 13:00
    forecast_w = np.full((1, 2 * QUARTERS), 8_000_000)
    cap_w = np.array([10_000_000])
    for wanted_mwh, noon_mw, beside_mw in ((2, 1.0, 0.0), (4, 2.0, 0.0), (12, 2.0, 1.0), (40, 20.0, 0.0)):
        running = plan_charging(forecast_w, is_open, cap_w, np.array([wanted_mwh * MWH]), AT_WORK)
        fill_mw = np.diff(running[0]) / 1e6
        assert fill_mw[44:52] == pytest.approx(noon_mw, abs=1e-5)
        assert fill_mw[32:44] == pytest.approx(beside_mw, abs=1e-5)
        assert fill_mw[AT_WORK].sum() / 4 == pytest.approx(wanted_mwh, abs=1e-3)


@pytest.mark.parametrize("seed", range(24))
def test_orderly_hours_at_work_cost_nobody_any_energy(seed: int) -> None:
    orderly, at_once = planned(at_work(seed, orderly_share=1.0)), planned(at_work(seed, orderly_share=0.0))
    rests = (orderly.given.vehicles.state == AT_REST) & (at_once.given.vehicles.state == AT_REST)
    assert np.array_equal(orderly.given.vehicles.energy_ws[rests], at_once.given.vehicles.energy_ws[rests])
    assert charged_ws(orderly) == charged_ws(at_once)
    assert sum(int(tally.sums[SUM_LATE_CHARGES]) for tally in orderly.tallies) == 0


def test_nations_charge_at_work_by_day_and_orderly_plugs_keep_to_the_plan() -> None:
    """With power in the plan from 12:00 to 14:00 only, more energy comes then than where every plug charges at once."""
    row, noon = LOAD_KINDS.index("work"), slice(48, 56)
    in_all, then = np.zeros(2), np.zeros(2)
    for seed in range(24):
        for at, share in enumerate((0.0, 1.0)):
            nation = at_work(seed, orderly_share=share)
            fill_w = np.zeros_like(nation.workplaces.fill_w)
            fill_w[:, 49:57] = np.arange(1, 9) * 1_000_000
            fill_w[:, 57:] = 8_000_000
            world = planned(nation._replace(workplaces=nation.workplaces._replace(fill_w=fill_w)))
            by_quarter = (world.private_part_ws + 900 * np.cumsum(world.private_step_w, axis=2))[row].sum(axis=0)
            assert by_quarter.sum() == charged_ws(world)
            in_all[at] += by_quarter.sum()
            then[at] += by_quarter[noon].sum()
    assert in_all[0] == in_all[1] > 0
    assert then[1] > 1.2 * then[0]


def test_on_a_day_off_a_plug_at_work_is_none() -> None:
    for seed in range(12):
        closed = at_work(seed, is_open=np.zeros(2, np.uint8))
        without = closed._replace(vehicles=copy_of(closed).vehicles)
        without.vehicles.access[without.vehicles.access == WORK] = 0
        one, other = planned(closed), planned(without)
        assert np.array_equal(one.given.vehicles.energy_ws, other.given.vehicles.energy_ws)
        assert charged_ws(one) == 0


def test_cars_without_a_plug_at_home_get_one_at_work() -> None:
    classes: Any = SimpleNamespace(kind=np.array([CAR, 4], np.uint8))
    vehicles = rows(Vehicles, 20_000)
    vehicles.vehicle_class[:] = np.arange(20_000) % 2
    vehicles.access[:] = np.arange(20_000) // 2 % 2
    before = vehicles.access.copy()
    give_plugs_at_work(vehicles, classes, Config())
    assert np.array_equal(vehicles.access, before), "none where nothing is set"
    give_plugs_at_work(vehicles, classes, Config.model_validate({"fleet": {"work_access_share": 0.3}}))
    changed = vehicles.access != before
    assert (vehicles.access[changed] == WORK).all()
    assert (before[changed] == 0).all()
    assert (vehicles.vehicle_class[changed] == 0).all()
    assert changed.sum() == pytest.approx(0.3 * 5000, rel=0.1)


def test_a_grid_operator_plans_for_what_was_charged_on_the_last_working_day() -> None:
    base = ProvinceLoad(np.full((1, 3 * QUARTERS), 8000.0), np.array([10_000.0]))
    config = Config.model_validate({"grid": {"work_orderly_share": 0.5}})
    is_cheap = np.isin(np.arange(24), (12, 13))
    operator = GridOperator(mesa.Model(), "BJ", np.array([0]), base, is_cheap, config)
    plugs = build_workplaces(("workday", "weekend", "workday"), 1, 0.5)
    assert plugs.is_open.tolist() == [1, 0, 1]
    world: Any = SimpleNamespace(given=SimpleNamespace(workplaces=plugs))
    expected_kw = operator.forecast_kw(0)
    operator.plan_at_work(world, expected_kw)
    noon = np.repeat(is_cheap, 4)
    assert np.array_equal(np.diff(plugs.fill_w[0])[:QUARTERS], np.where(noon, 2_000_000, 0)), "nothing known: to the cap"
    operator._work_ws = np.array([int(2 * MWH * operator.efficiency)])
    operator.plan_at_work(world, expected_kw)
    assert np.diff(plugs.fill_w[0])[:QUARTERS] == pytest.approx(np.where(noon, 500_000, 0), abs=5)
    night = np.isin(np.arange(24), (0, 1))
    operator.is_cheap = np.tile(np.repeat(night, 4), 2)
    operator.plan_at_work(world, expected_kw)
    fill_w = np.diff(plugs.fill_w[0])[:QUARTERS]
    assert fill_w[AT_WORK] == pytest.approx(100_000, abs=5), "no hour of the day is cheap: the valley of the load"
