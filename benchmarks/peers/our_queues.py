"""Our own engine on the queue task; ``python -m benchmarks.peers.our_queues``.

The arrivals are handed to the engine's stations where its vehicles arrive after driving: sorted by station, second and
vehicle in `exchange`, then served in `serve`, window by window, with charging curves, power limits, patience, waits
published and energy booked. No roads are driven, and the rows of visits are gathered as in a run. A session's length is
given through its energy, at one power; patience is put beyond all waits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.peers.queue_task import Queues, main
from benchmarks.peers.task import DAY_S, Ints
from twin.case import pose
from twin.config import Config
from twin.engine import phases
from twin.engine.account import close_hour, visit_rows
from twin.engine.world import World, build_world
from twin.physics import SECONDS_PER_HOUR
from twin.tables.state import ARRIVED, HELD_S, TRIP

POWER_W = 40_000
LONGEST_S = 86_400
N_LENGTHS = 14
"""Batteries, each twice as large as the one before: a session takes at least a twentieth of its battery."""


def world_of(queues: Queues) -> World:
    """Return stations without roads, and a vehicle for every session at rest."""
    n_sessions, n_stations = len(queues.arrival_s), queues.n_stations
    capacity_s = LONGEST_S / 2.0 ** np.arange(N_LENGTHS)[::-1]
    row = np.searchsorted(capacity_s, queues.service_s)
    n_days = int(queues.arrival_s.max()) // DAY_S + 2
    case = pose(
        {"nodes": {"lon": [0.0, 1.0], "lat": 0.0},
         "links": {"from_node": [0], "to_node": [1], "length_km": 1.0, "speed_kmh": 90.0}},
        {"node": np.zeros(n_stations, int), "n_evse": queues.n_evse, "rated_power_kw": POWER_W / 1000},
        {"soc": np.zeros(n_sessions), "node": 0, "consumption_kwh_per_km": 0.2, "power_kw": POWER_W / 1000,
         "capacity_kwh": capacity_s[row] * POWER_W / 3.6e6},
        {"vehicle": [0], "depart_s": [0], "destination": [0]},
        Config.model_validate({"period": {"n_days": n_days}, "behaviour": {"patience_s": 86_400}}),
    )  # fmt: skip
    world = build_world(case.given, 1)
    active = world.active
    active.vehicle[:] = np.arange(n_sessions)
    active.vehicle_class[:] = case.given.vehicles.vehicle_class
    active.pool[:] = np.repeat(np.arange(n_stations), np.diff(queues.first))
    active.arrival_s[:], active.errand[:] = queues.arrival_s, TRIP
    # Half a second's energy less, so that no rounding of the last bit makes a second of it.
    active.target_ws[:] = queues.service_s.astype(np.int64) * POWER_W - POWER_W // 2
    active.phase[:], world.wake_s[:] = ARRIVED, HELD_S
    return world


def serve(world: World) -> Ints:
    """Live every window until the last session has ended; return when each session starts."""
    active, window_s = world.active, world.given.rules.window_s
    order = np.argsort(active.arrival_s // window_s, kind="stable").astype(np.int32)
    n_windows = world.given.n_days * DAY_S // window_s
    first = np.searchsorted(active.arrival_s[order] // window_s, np.arange(n_windows + 1))
    start_s, n_left = np.full(len(order), -1, np.int32), len(order)
    for window in range(n_windows):
        world.arrivals = order[first[window] : first[window + 1]]
        phases.exchange(world, window)
        phases.serve(world, window)
        if len(world.visits):
            visits = visit_rows(world, 1.0)
            start_s[visits.vehicle] = visits.plug_in_s
            n_left -= len(visits.vehicle)
        if (window + 1) * window_s % SECONDS_PER_HOUR == 0:
            close_hour(world, (window + 1) * window_s // SECONDS_PER_HOUR - 1)
        if not n_left:
            break
    return start_s


def prepare(queues: Queues) -> Callable[[], Ints]:
    """Set the stations up, and compile on a small part of the work."""
    n_small = queues.first[1]
    serve(
        world_of(
            queues._replace(
                first=queues.first[:2], arrival_s=queues.arrival_s[:n_small], service_s=queues.service_s[:n_small]
            )
        )
    )
    world = world_of(queues)
    return lambda: serve(world)


if __name__ == "__main__":
    main("our_queues", prepare)
