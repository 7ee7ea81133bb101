"""Whose charge has ended keeps the plug a while: it draws nothing, others wait for the plug and share the power."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.one_site import FLAT_W, Guests, curve_classes, lasting, live, sites
from twin.engine.world import Given
from twin.rng import Stream, uniform
from twin.tables.inputs import Outages
from twin.tables.results import OUTCOMES
from twin.tables.state import FAST

FOREVER_S = 1e9
SERVED = OUTCOMES.index("served")


def late_s(given: Given, vehicle: int, plug_in_s: int) -> int:
    """Return how long a driver comes late, as the draw of its address says."""
    return int(2.0 * given.rules.overstay_s * uniform(given.rules.seed, int(Stream.OVERSTAY), vehicle, plug_in_s, 0))


def columns(visits: Any, *names: str) -> list[tuple[int, ...]]:
    order = np.argsort(visits.vehicle)
    return [tuple(row) for row in np.array([getattr(visits, name)[order] for name in names]).T.tolist()]


def test_the_next_in_the_queue_gets_the_plug_when_the_driver_has_come() -> None:
    """Each session lasts 2,000 s of charging and what its driver is late; energy and peak are those of the charge."""
    given = sites([[(FLAT_W, 1)]], patience_s=FOREVER_S, overstay_s=900.0)
    _, visits = live(given, lasting(range(3), [0, 10, 20], [2000] * 3), 60)
    second, wanted = 0, []
    for vehicle in range(3):
        end_s = second + 2000 + late_s(given, vehicle, second)
        wanted.append((second, end_s, 2000 * FLAT_W - FLAT_W // 2, FLAT_W))
        second = end_s
    assert columns(visits, "plug_in_s", "end_s", "energy_ws", "peak_power_w") == wanted
    assert second > 6000


def test_the_mean_of_many_is_the_one_configured_and_nobody_is_later_than_twice_that() -> None:
    given = sites([[(FLAT_W, 400)]], overstay_s=600.0)
    _, visits = live(given, lasting(range(400), [0] * 400, [1000] * 400), 12)
    late = visits.end_s - visits.plug_in_s - 1000
    assert late.min() >= 0
    assert late.max() < 1200
    assert late.mean() == pytest.approx(600.0, abs=4 * 1200 / np.sqrt(12 * 400))


def test_who_has_what_it_wanted_leaves_the_power_to_the_others() -> None:
    """Two cars share 100 kW; when the first is done at 1,200 s the second gets all of it, though the first is still there.

    Of 120 MWs it has 60 MWs then, and takes 600 s for the rest instead of 1,200 s.
    """
    given = sites(
        [[(FLAT_W, 2)]], classes=curve_classes([500_000_000], [[100_000] * 21]), limit_w=100_000, overstay_s=3000.0
    )
    wanted_ws = [60_000_000 - 25_000, 120_000_000 - 25_000]
    cars = Guests(
        np.arange(2), *(np.array(column, np.int64) for column in ([0, 0], [0, 0], [0, 0], [0, 0], wanted_ws, [FAST] * 2))
    )
    world, visits = live(given, cars, 40)
    late = [late_s(given, vehicle, 0) for vehicle in range(2)]
    assert late[0] > 600
    assert columns(visits, "end_s", "energy_ws") == [(1200 + late[0], wanted_ws[0]), (1800 + late[1], wanted_ws[1])]
    assert world.ledger.load_ws[0, 0, :3].tolist() == [90_000_000, sum(wanted_ws) - 90_000_000, 0]
    assert int(world.ledger.ring.busy_s.sum()) == int((visits.end_s - visits.plug_in_s).sum())


def test_a_plug_that_fails_after_the_charge_cuts_nothing_off() -> None:
    given = sites([[(FLAT_W, 1)]], overstay_s=3600.0)
    late = late_s(given, 0, 0)
    assert late > 10
    one = [np.array([value], np.int32) for value in (0, 0, 2000 + late // 2, 9000)]
    _, visits = live(given._replace(outages=Outages(*one)), lasting([0], [0], [2000]), 40)
    wanted = [(SERVED, 2000 + late // 2, 2000 * FLAT_W - FLAT_W // 2)]
    assert columns(visits, "outcome", "end_s", "energy_ws") == wanted


def test_no_vehicle_stays_longer_than_a_day() -> None:
    given = sites([[(1000, 1)]], classes=curve_classes([500_000_000], [[100_000] * 21]), n_days=3, overstay_s=3600.0)
    cars = Guests(*(np.array([value]) for value in (0, 100, 0, 0, 0, 500_000_000, FAST)))
    _, visits = live(given, cars, 2 * 288)
    assert visits.end_s.tolist() == [100 + 86_400]
