"""UXsim's C++ engine: the trips without batteries; ``python -m benchmarks.peers.uxsim_traffic``.

Platoons of one, for a vehicle must have its own battery, and routes fixed once, for nothing here asks for others. Steps of
5 s, which five lanes make up for: a lane then carries a fifth of what it does at UXsim's own second. Each trip is a
vehicle of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import uxsim  # type: ignore[import-not-found,import-untyped,unused-ignore]

from benchmarks.peers.measure import main
from benchmarks.peers.outcome import Outcome, require, sessions_of
from benchmarks.peers.task import DAY_S, NEVER, Task

END_S = 26 * 3600
STEP_S, LANES = 5, 5


def prepare(task: Task) -> Callable[[], Outcome]:
    network, trips = task.network, task.trips
    world = uxsim.World(
        deltan=1,
        reaction_time=STEP_S,
        tmax=END_S,
        duo_update_time=DAY_S,
        print_mode=0,
        save_mode=0,
        show_progress=0,
        random_seed=0,
        vehicle_logging_timestep_interval=0,
        cpp=True,
    )
    for node, place in enumerate(zip(network.x_km * 1000, network.y_km * 1000, strict=True)):
        world.addNode(str(node), *place)
    rows = zip(network.from_node, network.to_node, network.length_km * 1000, network.speed_kmh / 3.6, strict=True)
    for link, (begin, end, length_m, speed_mps) in enumerate(rows):
        world.addLink(str(link), str(begin), str(end), length_m, free_flow_speed=speed_mps, number_of_lanes=LANES)
    order = np.lexsort((trips.vehicle, trips.depart_s))
    for row in order.tolist():
        world.addVehicle(str(trips.origin[row]), str(trips.destination[row]), int(trips.depart_s[row]))
    world.finalize_scenario()

    def run() -> Outcome:
        world.exec_simulation()
        ends = np.full(len(order), NEVER, np.int32)
        for row, vehicle in zip(order, world.VEHICLES.values(), strict=True):
            if vehicle.state == "end":
                ends[row] = vehicle.departure_time_in_second + vehicle.travel_time
        entries = np.array([link.arrival_count(END_S) for link in world.LINKS], np.int32)
        return Outcome(sessions_of([]), ends, entries, np.empty(0, np.int32))

    return run


def judge(task: Task, outcome: Outcome) -> None:
    """UXsim takes ways of its own, as long as ours; their links and the ends of the trips are what can be held to it."""
    require((outcome.trip_end_s < NEVER).all(), "a trip did not end")
    shortest_s = task.network.link_s[0] * 16
    took_s = outcome.trip_end_s - task.trips.depart_s
    require((took_s >= shortest_s - STEP_S).all(), "a trip was quicker than its roads allow")
    require(int(outcome.link_entries.sum()) == 16 * len(took_s), "trips did not have 16 links")


if __name__ == "__main__":
    main("uxsim_traffic", prepare, judge)
