"""Networks of carmakers: who is admitted, and what becomes of those who are not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lived import Lived, live
from tests.nation import small_given
from twin.engine.world import Given
from twin.rng import Stream, uniform
from twin.tables.inputs import SERVES_CARS

CARS = {"n_vehicles": 600, "n_zones": 3, "n_days": 1, "n_evse": 3, "soc": 0.3, "p_leave": 0.4}


def with_network(admitted_share: float, is_member: np.ndarray | None = None) -> Given:
    """Return a nation in which cars' plugs of 120 kW, in town and at service areas, belong to network 1."""
    given = small_given(**CARS, admitted_share=admitted_share)
    of_network = (given.pools.rated_power_w == 120_000) if is_member is None else is_member
    given.pools.network[:] = of_network
    return given


def sessions_there(lived: Lived) -> int:
    served = lived.visits.outcome == 0
    return int((lived.world.given.pools.network[lived.visits.pool[served]] == 1).sum())


def test_a_network_that_admits_all_changes_no_byte():
    assert live(with_network(1.0)).digest() == live(small_given(**CARS)).digest()


def test_the_fewer_a_network_admits_the_fewer_charge_there():
    lived = [live(with_network(share)) for share in (1.0, 0.5, 0.1, 0.0)]
    there = [sessions_there(one) for one in lived]
    assert there[0] > there[1] > there[2] > there[3] == 0
    assert all(law.holds for one in lived for law in one.totals.laws)


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_only_those_whom_the_draw_admits_are_ever_seen_there(share):
    lived = live(with_network(share))
    pools, visits = lived.world.given.pools, lived.visits
    guests = np.unique(visits.vehicle[pools.network[visits.pool] == 1])
    assert len(guests) > 20
    assert all(uniform(lived.world.given.rules.seed, Stream.NETWORK, int(guest), 1, 0) < share for guest in guests)


def test_whoever_is_admitted_nowhere_gives_the_charge_up_or_leaves_without():
    every_car_plug = small_given(**CARS).pools.serves & SERVES_CARS > 0
    lived = live(with_network(0.0, every_car_plug))
    trucks = lived.world.given.classes.kind[lived.visits.vehicle_class] == 4
    assert trucks.all()
    assert lived.totals.counts["n_errands_given_up"] > 0
    assert lived.totals.counts["n_trips_ended"] > 0
    assert all(law.holds for law in lived.totals.laws)
