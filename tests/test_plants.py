"""Photovoltaics and storage behind a transformer: cases worked by hand, and laws over random sites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.one_site import FLAT_W, Guests, curve_classes, live, sites
from tests.posed import along, behave, cars, road
from tests.posed import live as live_case
from twin.engine import account
from twin.engine.plants import close_sites, plant_laws
from twin.engine.world import Given, World
from twin.errors import DataError
from twin.tables.plants import DISPATCHES, Behind, Plants
from twin.tables.state import FAST

KWH = 3_600_000
MWS = 1_000_000
N_WINDOWS = 36


def behind(
    pv_w: Any = 0, storage_w: Any = 0, capacity_ws: Any = 0, stored_ws: Any = 0, rule: str = "peak_shaving",
    is_feed_in: int = 1, sun_ppm: Any = 1_000_000, price: Any = 0.0,
) -> Behind:  # fmt: skip
    """Return plants at the first stations under one sky for all provinces and windows of two days."""
    columns = [np.atleast_1d(np.asarray(x, np.int64)) for x in (pv_w, storage_w, capacity_ws, stored_ws)]
    columns = [np.resize(column, max(map(len, columns))) for column in columns]
    sun = np.broadcast_to(np.resize(sun_ppm, 576), (31, 576)).astype(np.int32).copy()
    prices = np.broadcast_to(np.asarray(price, np.float64), (31, 24)).copy()
    plants = Plants(np.arange(len(columns[0]), dtype=np.int32), *columns)
    return Behind(plants, sun, prices, DISPATCHES.index(rule), 870_000, is_feed_in)


def one_car(target_ws: int) -> Guests:
    """Return a car of 100 kW at any state of charge that comes at 0 s with nothing."""
    return Guests(*(np.array([x]) for x in (0, 0, 0, 0, 0, target_ws, FAST)))


def lived(stands: Behind, guests: Guests, n_windows: int, limit_w: int) -> tuple[World, Any, Any]:
    """Live windows at a station with one EVSE of 100 kW; return the world, the visits and the first hour of its site."""
    classes = curve_classes([500 * MWS], [[FLAT_W] * 21])
    world, visits = live(sites([[(FLAT_W, 1)]], classes=classes, limit_w=limit_w)._replace(behind=stands), guests, n_windows)
    return world, visits, close_sites(world, 0)


def test_one_car_behind_a_small_transformer_by_hand() -> None:
    """60 kW from the transformer, 20 kW of sun, storage of 30 kW with 18 of its 108 MWs (30 kWh).

    The car takes its 100 kW for 900 s: 60 from the grid, 20 from the sun, 20 from the storage, which is then empty. It goes
    on at 80 kW until it has 138 MWs (less half a watt second, so that no rounding makes a second of it) at 1,500 s.
    Storage then fills at 30 kW, 20 of them sun and 10 grid, up to 1,800 s: 9 MWs, of which 7.83 stay.
    """
    stands = behind(20_000, 30_000, 30 * KWH, 18 * MWS)
    world, visits, hour = lived(stands, one_car(138 * MWS - 1), 6, 60_000)
    assert visits.end_s.tolist() == [1500]
    assert visits.peak_power_w.tolist() == [100_000]
    state = world.plants.state
    assert state.stored_ws.tolist() == [7_830_000]
    totals = {name: int(getattr(world.plants.totals, name)[0]) for name in world.plants.totals._fields}
    assert totals == {
        "pv_ws": 36 * MWS, "used_ws": 36 * MWS, "fed_ws": 0, "filled_ws": 9 * MWS, "given_ws": 18 * MWS,
        "lost_ws": 1_170_000, "grid_ws": 93 * MWS - 1, "taken_ws": 138 * MWS - 1, "peak_w": 60_000, "load_peak_w": 100_000,
    }  # fmt: skip
    assert hour.grid_kwh[0] == np.float32((93 * MWS - 1) / 3.6e6)
    assert hour.grid_peak_kw[0] == 60.0
    assert world.ledger.plant_ws[:, 0, :2].tolist() == [[18 * MWS, 18 * MWS], [18 * MWS, -9 * MWS]]


@pytest.mark.parametrize("is_feed_in", [0, 1])
def test_sun_beyond_what_is_taken_goes_into_the_grid_or_is_lost(is_feed_in: int) -> None:
    """150 kW of sun, 100 kW for the car: 50 kW are left, and 150 when it has gone, of which the transformer passes 120."""
    stands = behind(150_000, is_feed_in=is_feed_in)
    world, visits, _ = lived(stands, one_car(30 * MWS - 1), 2, 120_000)
    assert visits.end_s.tolist() == [300]
    totals = world.plants.totals
    assert totals.used_ws[0] == 30 * MWS - 1
    assert totals.fed_ws[0] == is_feed_in * (15 * MWS + 1 + 36 * MWS)
    assert totals.grid_ws[0] == 0


def test_idle_storage_stands_still_and_the_car_has_what_the_transformer_gives() -> None:
    stands = behind(0, 30_000, 30 * KWH, 18 * MWS, "none")
    world, visits, _ = lived(stands, one_car(60 * MWS - 1), 6, 60_000)
    assert visits.end_s.tolist() == [1000]
    assert world.plants.state.stored_ws.tolist() == [18 * MWS]


def test_storage_buys_in_the_cheap_hour_for_the_dear_one() -> None:
    """Energy costs 0.2 in the first hour, 1.0 in the second: storage of 60 kW is full in the first hour.

    It holds 10 kWh of 60, so 50 kWh are missing: 57.5 kWh at 0.87, less than an hour at 60 kW. Powers are whole watts, so
    less than a watt of a window is missing at the end.
    """
    price = [0.2, 1.0] + [0.5] * 22
    stands = behind(0, 60_000, 60 * KWH, 10 * KWH, "tariff", price=price)
    nobody = Guests(*(np.zeros(0, np.int64) for _ in range(7)))
    world, _, _ = lived(stands, nobody, 12, 100_000)
    state = world.plants.state
    assert 60 * KWH - 300 < state.stored_ws[0] <= 60 * KWH
    assert world.plants.totals.filled_ws[0] <= 60_000 * 3600


def test_in_the_dear_hour_storage_serves_the_car_before_the_grid() -> None:
    """The dear hour comes first, cheap ones after it: nothing is kept, and 60 of the car's 100 kW come from storage."""
    price = [1.0] + [0.2] * 23
    stands = behind(0, 60_000, 60 * KWH, 60 * KWH, "tariff", price=price)
    world, _, _ = lived(stands, one_car(90 * MWS - 1), 3, 100_000)
    assert world.plants.totals.given_ws[0] == 54 * MWS
    assert world.plants.totals.grid_ws[0] == 36 * MWS - 1


def draw_sites(draw: st.DrawFn) -> tuple[Given, Guests]:
    """Draw up to three stations with plants under a changing sky, and guests."""
    whole = st.integers
    n = draw(whole(1, 3))
    limits = [draw(st.sampled_from([20_000, 60_000, 200_000])) for _ in range(n)]
    storage_w = [int(limit * draw(st.sampled_from([0.0, 0.1, 1.0]))) for limit in limits]
    capacity_ws = [power * draw(whole(60, 14_400)) for power in storage_w]
    stands = behind(
        [draw(st.sampled_from([0, 10_000, 300_000])) for _ in range(n)], storage_w, capacity_ws,
        [capacity * draw(whole(0, 10)) // 10 for capacity in capacity_ws], draw(st.sampled_from(DISPATCHES)),
        draw(whole(0, 1)), [draw(whole(0, 1_000_000)) for _ in range(12)],
        [draw(whole(1, 9)) / 10 for _ in range(24)],
    )  # fmt: skip
    given_sites = sites([[(FLAT_W, draw(whole(1, 4)))] for _ in range(n)], classes=TAPERING, patience_s=1e6)
    given_sites.stations.site_limit_w[:] = limits
    n_guests = draw(whole(0, 12))
    arrival_s = sorted(draw(whole(0, (N_WINDOWS - 1) * 300)) for _ in range(n_guests))
    pool = [draw(whole(0, n - 1)) for _ in range(n_guests)]
    energy_ws = [draw(whole(0, 100 * MWS)) for _ in range(n_guests)]
    columns = (np.arange(n_guests), arrival_s, pool, [draw(whole(0, 1)) for _ in pool], energy_ws, [190 * MWS] * n_guests)
    guests = Guests(*(np.array(x, np.int64) for x in (*columns, [FAST] * n_guests)))
    return given_sites._replace(behind=stands), guests


TAPERING = curve_classes([200 * MWS] * 2, [np.linspace(100_000, 20_000, 21), np.linspace(30_000, 90_000, 21)])


@settings(max_examples=60)
@given(st.composite(draw_sites)())
def test_every_random_site_keeps_the_laws(case: tuple[Given, Guests]) -> None:
    """Sun and storage and grid make what vehicles and storage take; storage stays in bounds, the transformer holds."""
    nation, guests = case
    world, visits = live(nation, guests, N_WINDOWS, max(len(guests.vehicle), 1))
    account._settle(N_WINDOWS * 300, world.active, world.site())
    for hour in range(N_WINDOWS // 12):
        close_sites(world, hour)
    broken = [law for law in plant_laws(world) if not law.holds]
    assert not broken
    state, plants = world.plants.state, nation.behind.plants
    assert (state.least_ws >= 0).all()
    assert (state.most_ws <= plants.capacity_ws).all()
    # Site by site: no window draws more than the transformer gives, and what sessions gained is what was settled.
    totals, at = world.plants.totals, plants.station
    assert (totals.peak_w <= nation.stations.site_limit_w[at]).all()
    plugged = world.evses.occupant[world.evses.occupant >= 0]
    pool = np.concatenate([visits.pool, world.active.pool[plugged]])
    gained_ws = np.concatenate([visits.energy_ws, world.active.energy_ws[plugged] - world.active.intake_ws[plugged]])
    of_site_ws = np.zeros(len(nation.stations.zone), np.int64)
    np.add.at(of_site_ws, nation.pools.station[pool], gained_ws)
    assert np.array_equal(of_site_ws[at], totals.taken_ws)
    assert np.array_equal(totals.grid_ws + totals.used_ws + totals.given_ws, of_site_ws[at] + totals.filled_ws)
    # What the zone's books say, from the outside: no quarter hour draws more than transformers give.
    net_ws = world.ledger.load_ws[:3].sum(axis=(0, 1)) - world.ledger.plant_ws.sum(axis=(0, 1))
    n_evse = int(nation.pools.n_evse.sum())
    assert net_ws.max() <= int(nation.stations.site_limit_w.sum()) * 900 + 3 * n_evse


def stations(**more: Any) -> dict[str, Any]:
    return {"node": [1], "n_evse": 2, "rated_power_kw": 60.0, **{name: [value] for name, value in more.items()}}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"pv_kw": -1.0}, ["stations.pv_kw, row 0", "-1"]),
        ({"storage_kw": -5.0, "storage_kwh": -2.0}, ["stations.storage_kw, row 0", "stations.storage_kwh, row 0"]),
        ({"storage_kw": 130.0, "storage_kwh": 10.0}, ["stations.storage_kw, row 0", "130", "site_limit_kw"]),
        (
            {"storage_kw": 70.0, "storage_kwh": 10.0, "site_limit_kw": 60.0},
            ["stations.storage_kw, row 0: found 70"],
        ),
        ({"storage_kwh": 10.0}, ["stations.storage_kw, row 0", "more than 0 where storage_kwh is"]),
        ({"storage_kw": 10.0}, ["stations.storage_kwh, row 0", "more than 0 where storage_kw is"]),
    ],
)
def test_a_site_that_cannot_be_is_refused_with_every_fault(columns: dict[str, float], told: list[str]) -> None:
    with pytest.raises(DataError) as refused:
        live_case(road(2), stations(**columns), cars(0.5), along(1, 2, 0), behave())
    assert all(part in str(refused.value) for part in told), str(refused.value)


def test_the_load_of_a_zone_is_that_of_its_sites_at_the_grids_side() -> None:
    case = stations(site_limit_kw=60.0, pv_kw=50.0, storage_kw=30.0, storage_kwh=60.0)
    run = live_case(road(2), case, cars(np.full(6, 0.12)), along(6, 2, np.arange(6) * 1800 + 36_000), behave(n_days=2))
    grid, hours = run.table("grid").to_pydict(), run.table("site_hours").to_pydict()
    efficiency = 0.955
    sun_kwh = sum(hours["pv_used_kwh"]) + sum(hours["pv_fed_in_kwh"])
    assert sum(grid["pv_kw"]) / 4 * efficiency == pytest.approx(sun_kwh, rel=1e-6)
    storage_kwh = sum(hours["storage_out_kwh"]) - sum(hours["storage_in_kwh"])
    assert sum(grid["storage_kw"]) / 4 * efficiency == pytest.approx(storage_kwh, rel=1e-6)
    assert sum(hours["vehicles_kwh"]) == pytest.approx(run.stations.to_pydict()["energy_kwh"][0], rel=1e-6)
    assert run.stations.to_pydict()["storage_kwh"] == [60.0]
    figures = {
        row["metric"]: row["value"] for row in run.metrics.to_pylist() if row["layer"] == row["province"] == "all"
    }  # fmt: skip
    assert figures["n_stations_with_pv"] == figures["n_stations_with_storage"] == 1
    assert figures["pv_used_share"] == pytest.approx(sum(hours["pv_used_kwh"]) / sum(hours["pv_kwh"]), rel=1e-6)
    assert 0.0 < figures["site_green_share"] < 1.0
    assert max(hours["grid_peak_kw"]) <= 60.0
