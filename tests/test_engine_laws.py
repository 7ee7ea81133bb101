"""Laws that every run keeps, whatever the nation: conservation, queues, power, and who computes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.lived import Lived, live
from tests.nation import small_given
from tests.one_site import patience_of
from twin.tables.state import BALKED, OUT, PLUGGED, QUEUE, RENEGED, SERVED, STRANDED
from twin.tables.totals import HOUR_FIELDS

BUSY = {"n_vehicles": 900, "n_zones": 3, "n_days": 2, "n_evse": 1, "site_limit_share": 0.4, "soc": 0.3, "p_leave": 0.5}
NATIONS = st.fixed_dictionaries(
    {
        "n_vehicles": st.integers(1, 1200),
        "n_zones": st.integers(2, 6),
        "n_days": st.integers(1, 2),
        "n_evse": st.integers(1, 4),
        "site_limit_share": st.sampled_from([0.05, 0.2, 0.5, 0.9, 10.0]),
        "p_leave": st.floats(0.0, 1.0),
        "link_km": st.floats(2.0, 300.0),
        "soc": st.floats(0.2, 0.8),
        "seed": st.integers(0, 2**63 - 1),
        "patience_s": st.sampled_from([0.0, 60.0, 1800.0, 1e6]),
        "busy_session_cap_s": st.sampled_from([300, 1800]),
        "n_considered": st.integers(2, 8),
        "n_tries": st.integers(1, 4),
        "rest_after_s": st.sampled_from([3600, 14_400]),
        "rescue_s": st.sampled_from([900, 7200, 10**6]),
        "rescue_soc": st.sampled_from([0.02, 0.2, 1.0]),
    }
)


class Stays:
    """Everybody who was ever at a station: the rows of visits, and those still there at the end."""

    def __init__(self, lived: Lived) -> None:
        active, visits, end_s = lived.world.active, lived.visits, lived.totals.n_hours * 3600
        slots = np.flatnonzero((active.phase == PLUGGED) | (active.phase == QUEUE))
        plugged = active.phase[slots] == PLUGGED
        self.n_ended = len(visits.vehicle)
        self.vehicle = np.concatenate([visits.vehicle, active.vehicle[slots]])
        self.pool = np.concatenate([visits.pool, active.pool[slots]])
        self.arrival_s = np.concatenate([visits.arrival_s, active.arrival_s[slots]])
        self.plug_in_s = np.concatenate([visits.plug_in_s, np.where(plugged, active.plug_in_s[slots], -1)])
        self.end_s = np.concatenate([visits.end_s, np.full(len(slots), end_s)])
        self.outcome = np.concatenate([visits.outcome + 1, np.where(plugged, SERVED, 0)])
        gained_ws = np.where(plugged, active.energy_ws[slots] - active.intake_ws[slots], 0)
        self.energy_ws = np.concatenate([visits.energy_ws, gained_ws])
        self.station = lived.world.given.pools.station[self.pool]
        self.is_session = self.plug_in_s >= 0


def check_audit(lived: Lived) -> None:
    assert [law for law in lived.totals.laws if not law.holds] == []
    vehicles, classes, active = lived.world.given.vehicles, lived.world.given.classes, lived.world.active
    assert (vehicles.energy_ws <= classes.capacity_ws[vehicles.vehicle_class]).all()
    out = np.flatnonzero(active.phase)
    assert (active.energy_ws[out] >= 0).all()
    assert (active.energy_ws[out] <= classes.capacity_ws[active.vehicle_class[out]]).all()
    assert sorted(active.vehicle[out]) == np.flatnonzero(vehicles.state == OUT).tolist()


def check_rows(lived: Lived, stays: Stays) -> None:
    """Times in order, states of charge within the battery, patience kept to the second."""
    visits, given = lived.visits, lived.world.given
    for column in (visits.soc_in, visits.soc_out):
        assert ((column >= 0.0) & (column <= 1.0)).all()
    served = visits.outcome + 1 == SERVED
    assert (visits.plug_in_s[served] >= visits.arrival_s[served]).all()
    assert (visits.end_s[served] > visits.plug_in_s[served]).all()
    assert (visits.wait_s[served] == visits.plug_in_s[served] - visits.arrival_s[served]).all()
    assert (visits.wait_s[~served] == visits.end_s[~served] - visits.arrival_s[~served]).all()
    assert (visits.energy_ws[served] > 0).all()
    assert not visits.energy_ws[~served].any()
    assert (visits.wait_s[visits.outcome + 1 == BALKED] == 0).all()
    reneged = visits.outcome + 1 == RENEGED
    patience = [max(patience_of(given, int(vehicle)), 1) for vehicle in visits.vehicle[reneged]]
    assert visits.wait_s[reneged].tolist() == patience
    assert (visits.peak_power_w <= given.pools.rated_power_w[visits.pool]).all()
    mean_w = visits.energy_ws[served] / (visits.end_s - visits.plug_in_s)[served]
    assert (mean_w <= visits.peak_power_w[served]).all()
    assert (np.lexsort((visits.vehicle, visits.end_s)) == np.arange(len(visits.vehicle))).all()


def check_information(lived: Lived, stays: Stays) -> None:
    """Whoever leaves a station in a window arrives nowhere before the next one begins."""
    window_s = lived.world.given.rules.window_s
    order = np.lexsort((stays.arrival_s, stays.vehicle))
    earlier, later = order[:-1], order[1:]
    same = stays.vehicle[earlier] == stays.vehicle[later]
    assert (stays.arrival_s[later] >= (stays.end_s[earlier] // window_s + 1) * window_s)[same].all()


def check_queues(lived: Lived, stays: Stays) -> None:
    """No plug serves two, nobody waits beside a free one, nobody overtakes, and the longest queue is in the books."""
    n_evse = lived.world.given.pools.n_evse
    longest: Counter[int] = Counter()
    for pool in np.unique(stays.pool):
        here = np.flatnonzero(stays.pool == pool)
        events = []
        for row in here:
            arrival_s, plug_in_s, end_s = stays.arrival_s[row], stays.plug_in_s[row], stays.end_s[row]
            if stays.is_session[row]:
                events += [(plug_in_s, 0 if plug_in_s > arrival_s else 1, 0, +1), (end_s, 0, 0, -1)]
            if stays.outcome[row] != BALKED and (plug_in_s < 0 or plug_in_s > arrival_s):
                events += [(arrival_s, 1, +1, 0), (plug_in_s, 0, -1, 0) if stays.is_session[row] else (end_s, 2, -1, 0)]
        busy = waiting = 0
        events.sort()
        for at, (second, _, joins, plugs) in enumerate(events):
            busy, waiting = busy + plugs, waiting + joins
            longest[int(stays.station[here[0]])] = max(longest[int(stays.station[here[0]])], waiting if joins > 0 else 0)
            if at + 1 == len(events) or events[at + 1][0] > second:
                assert 0 <= busy <= n_evse[pool]
                assert waiting == 0 or busy == n_evse[pool]
        first_come = here[np.lexsort((stays.vehicle[here], stays.arrival_s[here]))]
        first_come = first_come[stays.is_session[first_come]]
        assert (np.diff(stays.plug_in_s[first_come]) >= 0).all()
    books = lived.totals.stations.max_queue
    assert {station: int(books[station]) for station in np.flatnonzero(books)} == {k: v for k, v in longest.items() if v}


def check_sums(lived: Lived, stays: Stays) -> None:
    """The rows add up to the stations' books, and the hours to the same."""
    books, n = lived.totals.stations, len(lived.world.given.stations.zone)

    def sums(which, weights=None):
        weights = np.ones(len(which)) if weights is None else weights.astype(np.float64)
        return np.bincount(stays.station[which], weights=weights[which], minlength=n).astype(np.int64).tolist()

    session, everybody = stays.is_session, np.ones(len(stays.pool), bool)
    assert sums(everybody) == books.n_arrivals.tolist()
    assert sums(session) == books.n_sessions.tolist()
    assert sums(stays.outcome == BALKED) == books.n_balked.tolist()
    assert sums(stays.outcome == RENEGED) == books.n_reneged.tolist()
    assert sums(stays.outcome == 0) == books.n_waiting.tolist()
    assert sums(session, stays.energy_ws) == books.energy_ws.tolist()
    assert sums(session, stays.end_s - stays.plug_in_s) == books.busy_s.tolist()
    assert sums(session, stays.plug_in_s - stays.arrival_s) == books.wait_s.tolist()
    # The last hour is closed before the sessions still running are cut to whole watt-seconds.
    cut_ws = np.array(sums(session & (np.arange(len(session)) >= stays.n_ended)))
    assert (np.abs(lived.hour_energy_ws.sum(axis=0) - books.energy_ws) <= cut_ws).all()
    fields = ("n_arrivals", "n_sessions", "n_balked", "n_reneged", "wait_s", "busy_s")
    hours = {name: int(lived.totals.hours[HOUR_FIELDS.index(name)].sum()) for name in fields}
    assert hours == {name: int(getattr(books, name).sum()) for name in fields}
    assert int(lived.totals.hours[HOUR_FIELDS.index("energy_ws")].sum()) == int(lived.hour_energy_ws.sum())
    assert int(lived.totals.wait_histogram.sum()) == int(books.n_sessions.sum())


def check_power(lived: Lived, stays: Stays) -> None:
    """In no hour does a station give more than its site lets through; energies are cut to whole watt-seconds."""
    stations, given = lived.world.given.stations, lived.world.given
    n_evse = np.add.reduceat(given.pools.n_evse, stations.first_pool)
    assert (lived.hour_energy_ws >= 0).all()
    assert (lived.hour_energy_ws <= stations.site_limit_w * 3600 + n_evse).all()


def check_stranded(lived: Lived) -> None:
    given, rows = lived.world.given, lived.stranded
    assert len(rows.vehicle) == lived.totals.counts["n_stranded"]
    waits = rows.rescued_s >= lived.totals.n_hours * 3600
    slots = np.flatnonzero(lived.world.active.phase == STRANDED)
    assert sorted(rows.vehicle[waits]) == sorted(lived.world.active.vehicle[slots])
    assert not lived.world.active.energy_ws[slots].any()
    assert lived.totals.counts["n_rescued"] == (~waits).sum()
    assert not given.classes.has_engine[given.vehicles.vehicle_class[rows.vehicle]].any()


def live_cut(nation, n_shards: int, n_workers: int) -> Lived:
    """Live a nation whose work is cut into so many shards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("twin.engine.world.N_SHARDS", n_shards)
        patch.setattr("twin.engine.world.ROWS_A_SHARD", 1)
        return live(small_given(**nation), n_workers)


@given(NATIONS)
@settings(max_examples=40)
@example(BUSY)
@example(BUSY | {"patience_s": 1e6, "site_limit_share": 0.1, "p_leave": 0.0})
@example(BUSY | {"link_km": 250.0, "p_leave": 1.0, "soc": 0.7})
def test_every_nation_keeps_the_laws(nation):
    lived = live_cut(nation, 2, 1)
    stays = Stays(lived)
    check_audit(lived)
    check_rows(lived, stays)
    check_information(lived, stays)
    check_queues(lived, stays)
    check_sums(lived, stays)
    check_power(lived, stays)
    check_stranded(lived)


@given(NATIONS, st.integers(2, 9))
@settings(max_examples=3)
@example(BUSY | {"n_days": 1}, 40)
def test_neither_workers_nor_shards_change_a_byte(nation, n_shards):
    alone = live_cut(nation, 1, 1).digest()
    for n_workers in (1, 2, 3):
        assert live_cut(nation, n_shards, n_workers).digest() == alone


def test_kernels_say_the_same_in_plain_python(repository: Path):
    """Without compilation every index is checked and every number is Python's; not a byte differs."""
    nations = [BUSY | {"n_vehicles": 150}, BUSY | {"link_km": 250.0, "p_leave": 1.0, "n_vehicles": 60, "soc": 0.7}]
    code = f"from tests.test_engine_laws import live_cut\nfor nation in {nations}: print(live_cut(nation, 2, 1).digest())"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout.split() == [live_cut(nation, 2, 1).digest() for nation in nations]
