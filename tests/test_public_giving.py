"""Power out of vehicles at public stations: who is called, what is given and charged again, and where it is booked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.called_towns import FROM_S, UNTIL_S, town
from tests.oracle import live_both
from tests.small_nations import copy_of
from twin.config import Config
from twin.engine import account
from twin.engine.window import step
from twin.engine.world import Given, World, build_world
from twin.grid.v2g import pilot_zones, public_shares
from twin.network import load_regions
from twin.tables.inputs import Outages
from twin.tables.totals import LOAD_KINDS, RunTotals

N_SLOW = 12
V2G = LOAD_KINDS.index("v2g")


def failing(nation: Given) -> Given:
    """Let the slow plugs fail one after the other while the call lasts."""
    rows = [
        (
            int(nation.pools.station[pool]),
            int(nation.pools.first_evse[pool]) + k,
            FROM_S + 500 + 150 * k,
            FROM_S + 1400 + 150 * k,
        )
        for pool in np.flatnonzero(nation.pools.is_ac == 1)
        for k in range(N_SLOW)
    ]
    station, evse, begin_s, end_s = np.array(sorted(rows), np.int32).T.copy()
    return nation._replace(outages=Outages(station, evse, begin_s, end_s))


def lived(nation: Given) -> tuple[World, RunTotals]:
    world = build_world(copy_of(nation), 1)
    for window in range(288):
        step(world, window)
        if window % 12 == 11:
            account.close_hour(world, window // 12)
    return world, account.finish(world)


@pytest.mark.parametrize("posed", [town(), town(limit_w=12_000), failing(town()), town(v2g_reserve_soc=0.0)])
def test_engine_and_reference_give_the_same(posed: Given) -> None:
    happened = live_both(posed, 175)
    assert happened["given at a station"]
    assert happened["windows compared"] >= 100


def test_a_run_that_ends_while_vehicles_give_counts_what_they_gave() -> None:
    assert live_both(town(), 150)["given at a station"]


def test_what_is_given_is_charged_again_and_booked_in_the_hours_of_the_call() -> None:
    nation = town()
    (world, totals), (_, idle) = lived(nation), lived(town(share=0.0))
    assert all(law.holds for law in totals.laws)
    private_ws = (world.private_part_ws + 900 * np.cumsum(world.private_step_w, axis=2))[V2G, :, :96]
    given_ws = (totals.load_ws[V2G] - private_ws).sum(axis=0)
    assert given_ws.sum() == world.station_calls.given_ws.sum() > 0
    assert not np.delete(given_ws, np.arange(FROM_S // 900, UNTIL_S // 900 + 1)).any()
    assert world.station_calls.n_answered.sum() >= 3
    public_ws, idle_ws = (int(of.load_ws[:3].sum()) for of in (totals, idle))
    assert public_ws == idle_ws + int(given_ws.sum()), "nobody leaves with less"
    assert totals.counts["v2g_kwh"] * 3_600_000 == pytest.approx(int(totals.load_ws[V2G].sum()), abs=3_600_000)


def test_a_call_that_no_public_plug_can_answer_changes_nothing() -> None:
    (one, found), (_, wanted) = lived(town(share=0.0)), lived(town()._replace(public_v2g_share=np.zeros(0)))
    assert np.array_equal(found.load_ws, wanted.load_ws)
    assert one.station_calls.given_ws.sum() == 0


@settings(max_examples=12)
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_no_battery_at_a_station_is_below_the_reserve_after_giving(reserve_soc: float, share: float) -> None:
    world, totals = lived(town(share=share, v2g_reserve_soc=reserve_soc, v2g_answer_share=1.0))
    assert world.station_calls.n_below.sum() == 0
    assert all(law.holds for law in totals.laws), [law for law in totals.laws if not law.holds]


def test_slow_plugs_that_can_give_are_as_many_as_are_set() -> None:
    regions = load_regions()
    n_slow = np.full(regions.n_zones, 4000.0)
    config = Config.model_validate({"grid": {"n_v2g_public_plugs": 5000}, "fleet": {"sample": 0.5}})
    shares = public_shares(config, regions, n_slow)
    assert (shares * n_slow).sum() == pytest.approx(2500)
    assert set(np.flatnonzero(shares)) == set(pilot_zones(regions))
    everywhere = Config.model_validate({"grid": {"n_v2g_public_plugs": 10**8, "v2g_area": "nation"}})
    assert (public_shares(everywhere, regions, n_slow) == 1.0).all()
    assert not public_shares(Config(), regions, n_slow).any()
