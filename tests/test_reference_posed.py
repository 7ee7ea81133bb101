"""A case posed by hand, lived by the engine and by the reference: the same rows after every window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from twin.case import pose
from twin.engine import account
from twin.engine.window import step
from twin.engine.world import Given, build_world
from twin.reference import ReferenceModel

N_NODES, N_CARS, N_TRIPS = 12, 60, 3


def tours(seed: int) -> Given:
    """Return sixty cars on a road of 330 km with eleven plugs, three trips each, some due before the last has ended."""
    luck = np.random.default_rng(seed)
    ends = np.arange(N_NODES - 1)
    links = {
        "from_node": np.concatenate([ends, ends + 1]), "to_node": np.concatenate([ends + 1, ends]),
        "length_km": np.full(2 * N_NODES - 2, 30.0), "speed_kmh": np.full(2 * N_NODES - 2, 100.0),
    }  # fmt: skip
    network = {"nodes": {"lon": 100 + 0.3 * np.arange(N_NODES), "lat": np.full(N_NODES, 30.0)}, "links": links}
    stations = {"node": [2, 4, 4, 6, 8, 10], "n_evse": [2, 1, 2, 2, 1, 3], "rated_power_kw": [120, 60, 250, 120, 120, 480]}
    vehicles = {"vehicle_class": ["small", "modely"] * (N_CARS // 2), "soc": luck.uniform(0.2, 0.9, N_CARS)}
    hops = luck.integers(1, N_NODES, (N_CARS, N_TRIPS))
    places = np.cumsum(np.concatenate([luck.integers(0, N_NODES, (N_CARS, 1)), hops], axis=1), axis=1) % N_NODES
    departs_s = 6 * 3600 + np.cumsum(luck.integers(900, 5 * 3600, (N_CARS, N_TRIPS)), axis=1)
    trips = {
        "vehicle": np.repeat(np.arange(N_CARS), N_TRIPS), "depart_s": departs_s.ravel(),
        "origin": places[:, :-1].ravel(), "destination": places[:, 1:].ravel(),
    }  # fmt: skip
    return pose(network, stations, vehicles, trips).given


def check_equal(engine: Any, reference: Any) -> None:
    for name, ours, theirs in zip(engine._fields, engine, reference, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_set_trips_are_lived_alike(seed: int) -> None:
    world, model = build_world(tours(seed), 1), ReferenceModel(tours(seed))
    n_visits = 0
    for window in range(288 * world.given.n_days):
        step(world, window)
        model.step()
        rows = account.visit_rows(world, 1.0)
        check_equal(rows, model.visit_rows())
        n_visits += len(rows.vehicle)
        if window % 12 == 11:
            for ours, theirs in zip(account.close_hour(world, window // 12), model.close_hour(window // 12), strict=True):
                check_equal(ours, theirs)
    ours, theirs = account.finish(world), model.finish()
    assert ours.counts == theirs.counts
    assert n_visits > 100
    assert ours.counts["n_trips_begun"] == N_CARS * N_TRIPS
