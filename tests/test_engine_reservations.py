"""Reservations: who has booked goes to the head of the queue at its time, and the Board counts it a window later."""

from __future__ import annotations

import numpy as np
import pytest

from tests import one_site
from tests.lived import live
from tests.nation import KWH, small_given
from tests.oracle import assert_same
from tests.test_engine_drive import ACCESS_S, CAR, LEAVES_S, LOT_S, traveller, until
from tests.test_reference import serve
from twin.rng import Stream, uniform

GRACE_S = 900


def order_of(booked_s: list[int], arrival_s: list[int]) -> list[int]:
    """Return the order in which guests of 900 s are served at one plug, the same by engine and reference."""
    n = len(arrival_s)
    guests = one_site.lasting(np.arange(n), arrival_s, np.full(n, 900))._replace(booked_s=np.array(booked_s))
    nation = one_site.sites([[(one_site.FLAT_W, 1)]], patience_s=1e6, reservation_grace_s=GRACE_S)
    visits = one_site.live(nation, guests, 40)[1]
    assert_same(visits, serve(nation, guests, 40)[1], "booked")
    assert (visits.plug_in_s == 900 * np.arange(n)).all()
    return visits.vehicle.tolist()


@pytest.mark.parametrize(
    ("booked_s", "order"),
    [
        ([-1, -1, -1, -1], [0, 1, 2, 3]),
        ([-1, -1, -1, 30], [0, 3, 1, 2]),
        ([-1, -1, 20, 30], [0, 2, 3, 1]),
        ([-1, -1, 500, 30], [0, 2, 3, 1]),
        ([-1, -1, -1, 30 + GRACE_S], [0, 3, 1, 2]),
        ([-1, -1, -1, 31 + GRACE_S], [0, 1, 2, 3]),
    ],
)
def test_who_has_booked_goes_before_who_has_not_unless_it_is_early(booked_s, order):
    assert order_of(booked_s, [0, 10, 20, 30]) == order


@pytest.mark.parametrize(("late_s", "order"), [(GRACE_S, [0, 1, 3, 2]), (GRACE_S + 1, [0, 1, 2, 3])])
def test_who_comes_later_than_the_grace_has_lost_the_booking(late_s, order):
    """At 1,000 s the second is at the plug and the third waits."""
    assert order_of([-1, -1, -1, 1000 - late_s], [0, 10, 20, 1000]) == order


def test_the_board_shows_a_booking_from_the_window_after_it_until_the_driver_has_come():
    """The car of 11.1 kWh plans the stop at 10:00, 1,743 s ahead; the pool has one plug, and sessions of 2,400 s so far."""
    arrives_s = LEAVES_S + ACCESS_S + 1080 + LOT_S
    for share, wait_s in ((1.0, 2400), (0.0, 0)):
        trip = {"nights": 1.0, "n_evse": 1, "reservation_share": share}
        world = until(traveller(CAR, 40_000_000, **trip), LEAVES_S + 1)
        pool = int(world.active.pool[0])
        assert int(world.active.is_booked[0]) == (share == 1.0)
        assert int(world.board_wait_s[pool]) == wait_s
        assert share == 0.0 or int(world.active.booked_s[0]) == pytest.approx(arrives_s, abs=2)
        before = until(traveller(CAR, 40_000_000, **trip), LEAVES_S)
        assert not before.board_wait_s.any()
        session = until(traveller(CAR, 40_000_000, **trip), arrives_s + 1)
        assert int(session.board_wait_s[pool]) == 2400
        gone = until(traveller(CAR, 40_000_000, **trip), arrives_s + 3 * 3600)
        assert not gone.board_wait_s.any()


def test_a_booking_for_later_than_the_next_hour_is_not_shown_yet():
    """Half-way is 150 km off, 5,400 s: booked on setting out, on the Board half an hour later."""
    trip = {"nights": 1.0, "n_evse": 1, "reservation_share": 1.0, "link_km": 300.0}
    seen = {}
    for second in (LEAVES_S + 1, LEAVES_S + 2100, LEAVES_S + 2701):
        world = until(traveller(CAR, 30 * KWH, **trip), second)
        seen[second] = int(world.board_wait_s.max())
        due_s = int(world.active.booked_s[0])
    assert list(seen.values()) == [0, 0, 2400]
    assert LEAVES_S + 2100 + 3600 <= due_s < LEAVES_S + 3000 + 3600


def test_who_books_waits_less_than_who_does_not():
    given = small_given(
        n_vehicles=500, n_zones=5, n_days=1, n_evse=1, soc=0.35, p_leave=0.9, link_km=120.0, prepared_share=0.0,
        trip_target_soc=0.6, patience_s=7200.0, reservation_share=0.5,
    )  # fmt: skip
    lived = live(given)
    visits, stations, pools = lived.visits, lived.world.given.stations, lived.world.given.pools
    on_the_road = (visits.is_routed == 1) & (stations.layer[pools.station[visits.pool]] == 1) & (visits.outcome == 0)
    books = np.array([uniform(1, Stream.HABIT, int(vehicle), 0, 5) < 0.5 for vehicle in visits.vehicle])
    wait_s = [float(visits.wait_s[on_the_road & (books == is_booked)].mean()) for is_booked in (True, False)]
    assert min((on_the_road & books).sum(), (on_the_road & ~books).sum()) > 50
    assert wait_s[0] < 0.7 * wait_s[1]
    assert all(law.holds for law in lived.totals.laws)
