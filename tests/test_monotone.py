"""More plugs shorten waits, fewer lengthen them, and so do more outages: the same drivers, several seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests import lived
from tests.nation import small_given
from tests.posed import behave, cars, live, road
from tests.test_outages import calendar
from twin.rng import Stream, uniforms
from twin.stations.outages import Process, merge, renewals

N_AREAS, N_CARS, DAY_S = 20, 150, 86_400
SEEDS = (1, 2, 3)


def corridor(seed: int, n_evse: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the waiting time and the arrivals of each of 20 service areas, 20 km apart, on a morning of departures."""
    draws = uniforms(seed, Stream.DAY_PLAN, 0, 2 * N_CARS)
    origin = np.floor(draws[:N_CARS] ** 2 * 6).astype(int)
    trips = {
        "vehicle": np.arange(N_CARS), "origin": origin, "destination": N_AREAS + 1,
        "depart_s": np.floor(7 * 3600 + draws[N_CARS:] * 3 * 3600).astype(int),
    }  # fmt: skip
    stations = {"node": np.arange(1, N_AREAS + 1), "n_evse": n_evse, "rated_power_kw": 300.0}
    config = behave(taste_cny=3.0)
    config = config.model_copy(update={"scenario": config.scenario.model_copy(update={"seed": seed})})
    run = live(road(N_AREAS + 1, 20.0), stations, cars(np.full(N_CARS, 0.5), power_kw=120.0), trips, config)
    table = run.sessions.to_table().to_pydict()
    station, wait_s = np.array(table["station"]), np.array(table["wait_s"], float)
    return np.bincount(station, wait_s, N_AREAS), np.bincount(station, minlength=N_AREAS)


@pytest.mark.parametrize("seed", SEEDS)
def test_high_power_at_the_worst_service_areas_shortens_their_waits_and_its_loss_lengthens_them(seed: int) -> None:
    """The worst 5 % of 20 areas is one: its waits with 4, 2 and 1 EVSEs of 300 kW, all else the same."""
    plain = np.full(N_AREAS, 2)
    wait_s, n = corridor(seed, plain)
    worst = int(np.argmax(wait_s / np.maximum(n, 1)))
    found = {}
    for n_evse in (4, 2, 1):
        wait_s, n = corridor(seed, np.where(np.arange(N_AREAS) == worst, n_evse, plain))
        found[n_evse] = wait_s[worst] / n[worst], wait_s.sum() / n.sum()
    assert found[4][0] < found[2][0] < found[1][0]
    assert found[4][1] < found[1][1]


@pytest.mark.parametrize("seed", SEEDS)
def test_more_outages_lengthen_waits(seed: int) -> None:
    """A nation with EVSEs that fail never, at times and often; the failures of the better one are some of the worse's."""
    mean_wait_s = []
    for up_s in (None, 4e5, 4e4):
        nation = small_given(n_vehicles=3000, n_days=1, n_evse=2, soc=0.4, seed=seed, patience_s=86_400.0)
        if up_s is not None:
            of_station = np.repeat(nation.pools.station, nation.pools.n_evse)
            process = Process(up_s, 0.5, 7200.0, 40_000.0)
            evse, begin_s, end_s = merge(*renewals(seed, Stream.OUTAGE, len(of_station), process, DAY_S))
            nation = nation._replace(outages=calendar(*zip(of_station[evse], evse, begin_s, end_s, strict=True)))
        sums = lived.live(nation).totals.stations
        mean_wait_s.append(sums.wait_s.sum() / sums.n_sessions.sum())
    assert mean_wait_s[0] < mean_wait_s[1] < mean_wait_s[2]
