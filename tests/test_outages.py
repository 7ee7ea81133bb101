"""Failure and repair: the calendar has the availability of theory, and stations live by it to the second."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import lived, one_site
from tests.nation import small_given
from tests.one_site import FLAT_W, lasting, sites
from tests.oracle import live_both
from tests.posed import along, behave, cars, live, road, sessions
from twin.behaviour import NO_SERVICE_S
from twin.config import Config
from twin.engine.world import Given
from twin.rng import Stream
from twin.stations.outages import Process, build_outages, merge, renewals
from twin.tables.columns import empty, rows
from twin.tables.inputs import Outages, Pools, Stations
from twin.tables.results import OUTCOMES

DAY_S = 86_400
FOREVER_S = 1e9
SERVED, CUT_OFF, NO_SERVICE = (OUTCOMES.index(name) for name in ("served", "cut off", "no service"))


def calendar(*outages: tuple[int, int, int, int]) -> Outages:
    """Return outages (station, EVSE, begin, end) as a calendar."""
    table = np.array(sorted(outages, key=lambda one: (one[0], one[2], one[1])), np.int32).reshape(-1, 4)
    return Outages(*table.T.copy())


def drawn(nation: Given, process: Process, seed: int) -> Given:
    """Let the EVSEs of a nation fail and be repaired."""
    of_station = np.repeat(nation.pools.station, nation.pools.n_evse)
    evse, begin_s, end_s = merge(*renewals(seed, Stream.OUTAGE, len(of_station), process, nation.n_days * DAY_S))
    return nation._replace(outages=calendar(*zip(of_station[evse], evse, begin_s, end_s, strict=True)))


@pytest.mark.parametrize(
    "process", [Process(3.6e6, 0.6, 7200.0, 129_600.0), Process(9e4, 0.2, 600.0, 40_000.0), Process(5e5, 0, 0, 9e4)]
)
def test_the_calendar_is_available_for_mtbf_over_mtbf_and_mttr(process: Process) -> None:
    """Over the period and at its first second alike, within the 99 % interval of the mean over EVSEs."""
    n, run_s = 200_000, 8 * DAY_S
    evse, begin_s, end_s = renewals(7, Stream.OUTAGE, n, process, run_s)
    wanted = process.down_s / (process.up_s + process.down_s)
    out_s = np.bincount(evse, weights=np.minimum(end_s, run_s) - begin_s, minlength=n)
    assert abs(out_s.mean() / run_s - wanted) < 2.576 * out_s.std() / np.sqrt(n) / run_s
    for share in ((begin_s == 0).sum() / n, (end_s >= run_s).sum() / n):
        assert abs(share - wanted) < 2.576 * np.sqrt(wanted * (1 - wanted) / n)


def test_repairs_last_as_set_and_failures_come_as_set() -> None:
    process, n, run_s = Process(90_000.0, 0.7, 600.0, 40_000.0), 200_000, 4 * DAY_S
    _, begin_s, end_s = renewals(3, Stream.OUTAGE, n, process, run_s)
    length_s = (end_s - begin_s)[begin_s > 0]
    assert abs(length_s.mean() - process.down_s) < 2.576 * length_s.std() / np.sqrt(len(length_s)) + 0.5
    # In the stationary state one in up + down seconds fails.
    failures = n * run_s / (process.up_s + process.down_s)
    assert abs(len(length_s) - failures) < 3 * np.sqrt(failures)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(1, 12)), max_size=25))
def test_merged_outages_cover_the_same_seconds_and_do_not_touch(drawn_outages: list[tuple[int, int, int]]) -> None:
    table = np.array(drawn_outages, np.int64).reshape(-1, 3).T
    evse, begin_s, end_s = merge(table[0], table[1], table[1] + table[2])
    covered = {(one, second) for one, begin, length in drawn_outages for second in range(begin, begin + length)}
    found = [(one, second) for one, a, b in zip(evse, begin_s, end_s, strict=True) for second in range(a, b)]
    assert len(found) == len(set(found))
    assert set(found) == covered
    same = evse[1:] == evse[:-1]
    assert (begin_s[1:][same] > end_s[:-1][same]).all()


def plant(n_stations: int) -> tuple[Stations, Pools]:
    """Return stations of two pools each, one of high power."""
    stations, pools = rows(Stations, n_stations), rows(Pools, 2 * n_stations)
    pools.station[:], pools.n_evse[:] = np.repeat(np.arange(n_stations), 2), np.tile([3, 2], n_stations)
    pools.first_evse[:] = np.cumsum(pools.n_evse) - pools.n_evse
    pools.rated_power_w[:] = np.tile([120_000, 480_000], n_stations)
    return stations, pools


def test_the_calendar_of_a_scenario() -> None:
    """It is sorted, an incident takes every EVSE of its station, and high power fails as often as it is told to."""
    stations, pools = plant(20_000)
    of_station = np.repeat(pools.station, pools.n_evse)
    settings: dict[str, Any] = {"mtbf_h": 1e6, "high_power_mtbf_h": 200.0, "incident_interval_d": 1e6}
    found = build_outages(Config.model_validate({"outages": settings}), stations, pools)
    keys = np.array([found.station, found.begin_s, found.evse])
    assert (np.lexsort(keys[::-1]) == np.arange(len(found.evse))).all()
    assert (found.station == of_station[found.evse]).all()
    assert (found.begin_s < found.end_s).all()
    is_high = found.evse % 5 >= 3
    assert is_high.sum() > 20 * (~is_high).sum() > 0
    settings = {"mtbf_h": 1e6, "high_power_mtbf_h": 1e6, "remote_share": 1.0, "incident_interval_d": 20.0}
    found = build_outages(Config.model_validate({"outages": settings}), stations, pools)
    _, n_at_once = np.unique(np.array([found.station, found.begin_s]), axis=1, return_counts=True)
    assert (n_at_once == 5).mean() > 0.97
    assert not len(build_outages(Config.model_validate({"outages": {"is_on": False}}), stations, pools).evse)


def test_fewer_failures_are_some_of_the_failures_of_more() -> None:
    """Scenarios share their luck: what is out at the start of the better one is out in the worse one too."""
    calendars = [renewals(5, Stream.OUTAGE, 50_000, Process(up_s, 0.5, 9e3, 9e4), DAY_S) for up_s in (9e6, 9e5)]
    better, worse = (set(evse[begin_s == 0]) for evse, begin_s, _ in calendars)
    assert better < worse


def visits_of(given: Given, *guests: tuple[int, int], hours: int = 3) -> list[tuple[int, int, int, int]]:
    """Return (outcome, plug-in, end, energy in seconds of full power) of guests (arrival, service), by vehicle."""
    arrival_s, service_s = np.array(guests).T
    _, visits = one_site.live(given, lasting(np.arange(len(guests)), arrival_s, service_s), hours * 12)
    columns = visits.outcome, visits.plug_in_s, visits.end_s, np.rint(visits.energy_ws / FLAT_W)
    table = np.array(columns).T.astype(int)[np.argsort(visits.vehicle)]
    return [tuple(row) for row in table.tolist()]


def test_a_car_waits_for_the_repair_of_the_only_evse() -> None:
    given = sites([[(FLAT_W, 1)]], patience_s=FOREVER_S)._replace(outages=calendar((0, 0, 600, 1200)))
    assert visits_of(given, (700, 300)) == [(SERVED, 1200, 1500, 300)]


def test_a_posed_car_waits_for_the_repair_of_the_only_evse() -> None:
    """It comes at 700 s and starts at 1,200 s, and the books show ten minutes out of service."""
    station = {"node": [1], "n_evse": [1], "rated_power_kw": [120.0], "n_out": 1, "out_from_s": 600, "out_until_s": 1200}
    run = live(road(2, 10.0, 90.0), station, cars(7 / 60), along(1, 2, 300), behave(reserve_soc=0.05))
    (visit,) = sessions(run)
    assert (visit["arrival_s"], visit["plug_in_s"], visit["wait_s"]) == (700, 1200, 500)
    (books,) = run.stations.to_pylist()
    assert (books["out_of_service_s"], books["n_cut_off"]) == (600, 0)
    hours = {hour["hour"]: hour["out_of_service_s"] for hour in run.table("station_hours").to_pylist()}
    assert hours[0] == sum(hours.values()) == 600


def test_a_session_ends_with_its_evse_and_the_next_waits_for_the_repair() -> None:
    given = sites([[(FLAT_W, 1)]], patience_s=FOREVER_S)._replace(outages=calendar((0, 0, 600, 900)))
    assert visits_of(given, (100, 1000), (200, 400)) == [(CUT_OFF, 100, 600, 500), (SERVED, 900, 1300, 400)]


def test_a_session_that_ends_at_the_second_of_the_failure_is_whole() -> None:
    given = sites([[(FLAT_W, 1)]], patience_s=FOREVER_S)._replace(outages=calendar((0, 0, 600, 900)))
    assert visits_of(given, (100, 500), (200, 400)) == [(SERVED, 100, 600, 500), (SERVED, 900, 1300, 400)]


def test_the_other_evses_go_on_and_the_lowest_in_service_is_taken() -> None:
    given = sites([[(FLAT_W, 3)]], patience_s=FOREVER_S)._replace(outages=calendar((0, 0, 0, 5000), (0, 1, 150, 400)))
    assert visits_of(given, (100, 900), (200, 900), (300, 200)) == [
        (CUT_OFF, 100, 150, 50), (SERVED, 200, 1100, 900), (SERVED, 400, 600, 200),
    ]  # fmt: skip


def test_a_closed_station_sends_everybody_away() -> None:
    """Who queues leaves at the second of the closure, who comes leaves on arrival, and after it all is as before."""
    closure = calendar((0, 0, 900, 5000), (0, 1, 900, 5000))
    given = sites([[(FLAT_W, 2)]], patience_s=6000.0, seed=3)._replace(outages=closure)
    found = visits_of(given, (100, 2000), (100, 2000), (700, 100), (1000, 100), (5000, 300))
    assert found == [
        (CUT_OFF, 100, 900, 800), (CUT_OFF, 100, 900, 800), (NO_SERVICE, -1, 900, 0), (NO_SERVICE, -1, 1000, 0),
        (SERVED, 5000, 5300, 300),
    ]  # fmt: skip


def test_the_board_counts_only_what_is_in_service() -> None:
    given = sites([[(FLAT_W, 3)], [(FLAT_W, 2)]], patience_s=FOREVER_S)
    given = given._replace(outages=calendar((0, 1, 0, 9000), (1, 3, 0, 9000), (1, 4, 0, 9000)))
    world, _ = one_site.live(given, lasting(np.arange(3), [10, 10, 10], [3000] * 3, pool=[0, 0, 0]), 2)
    session_s = int(world.pool_state.session_s[0])
    assert world.board_wait_s.tolist() == [2 * session_s // 2, NO_SERVICE_S]


def a_busy_nation(seed: int, n_days: int = 2) -> Given:
    return small_given(n_vehicles=700, n_zones=3, n_days=n_days, n_evse=2, soc=0.35, p_leave=0.4, seed=seed, patience_s=1e6)


OFTEN = Process(30_000.0, 0.5, 1800.0, 20_000.0)


def test_at_no_second_do_more_evses_serve_than_are_in_service() -> None:
    given = drawn(a_busy_nation(4), OFTEN, 4)
    life = lived.live(given)
    visits, outages, pools = life.visits, given.outages, given.pools
    assert (visits.outcome == CUT_OFF).sum() == life.totals.stations.n_cut_off.sum() > 10
    of_pool = np.repeat(np.arange(len(pools.station)), pools.n_evse)[outages.evse]
    is_session = visits.plug_in_s >= 0
    for pool in range(len(pools.station)):
        mine, out = is_session & (visits.pool == pool), of_pool == pool
        begins = np.concatenate([visits.plug_in_s[mine], outages.begin_s[out]])
        ends = np.concatenate([visits.end_s[mine], outages.end_s[out]])
        seconds = np.unique(begins)
        n_there = np.searchsorted(np.sort(begins), seconds, "right") - np.searchsorted(np.sort(ends), seconds, "right")
        assert (n_there <= pools.n_evse[pool]).all()
    assert all(law.holds for law in life.totals.laws), [law for law in life.totals.laws if not law.holds]


def test_engine_and_reference_agree_on_a_busy_nation_that_fails_often() -> None:
    nation = small_given(n_vehicles=120, n_zones=2, n_days=1, n_evse=1, soc=0.25, slow_share=0.6, site_limit_share=0.5)
    happened = live_both(drawn(nation, OFTEN._replace(up_s=20_000.0), 9))
    assert min(happened["cut off"], happened["no service"], happened["repaired"], happened["held back"]) > 3


def test_an_outage_after_the_run_changes_no_byte() -> None:
    nation = {"n_vehicles": 300, "n_zones": 2, "n_days": 1, "n_evse": 1, "soc": 0.3}
    later = calendar((0, 0, 2 * DAY_S, 3 * DAY_S))
    digests = [lived.live(small_given(**nation)._replace(outages=one)).digest() for one in (empty(Outages, 0), later)]
    assert digests[0] == digests[1]


def test_more_outages_do_not_shorten_mean_waits() -> None:
    """In the mean over seeds, with common random numbers; nobody leaves a queue, so that no wait is lost."""
    wait_s = np.zeros(3)
    for seed in range(4):
        for level, up_s in enumerate((1e12, 400_000.0, 60_000.0)):
            given = drawn(a_busy_nation(seed, n_days=1), OFTEN._replace(up_s=up_s), seed)
            books = lived.live(given).totals.stations
            wait_s[level] += books.wait_s.sum() / books.n_sessions.sum()
    assert wait_s[0] < wait_s[1] < wait_s[2]
