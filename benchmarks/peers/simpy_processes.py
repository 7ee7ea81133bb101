"""SimPy: a process for each vehicle, a resource for each station; ``python -m benchmarks.peers.simpy_processes``."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy  # type: ignore[import-not-found,import-untyped,unused-ignore]

from benchmarks.peers.curve import PlainCurve
from benchmarks.peers.measure import main
from benchmarks.peers.outcome import Outcome, sessions_of
from benchmarks.peers.task import NEVER, Task

Steps = Generator[Any, Any, None]


class World:
    """What the processes share: plain lists, which are quicker than arrays one element at a time."""

    def __init__(self, task: Task) -> None:
        self.env = simpy.Environment()
        self.curve = PlainCurve(task.curve)
        self.link_ws, self.reserve_ws = task.link_ws, task.reserve_ws
        self.next_link: list[list[int]] = task.network.next_link.tolist()
        self.to_node: list[int] = task.network.to_node.tolist()
        self.link_s: list[int] = task.network.link_s.tolist()
        n_evse: list[int] = task.stations.n_evse.tolist()
        self.site_at = [
            (row, simpy.Resource(self.env, n_evse[row])) if row >= 0 else None for row in task.station_at.tolist()
        ]
        self.log: list[list[int]] = []
        self.trip_end_s = [NEVER] * len(task.trips.vehicle)
        self.entries = [0] * len(self.to_node)
        self.stranded: list[int] = []


def vehicle(world: World, row: int, energy_ws: int, trips: list[tuple[int, int, int, int]]) -> Steps:
    """Live through the trips (row, origin, destination, departure) of one vehicle."""
    env = world.env
    for trip, node, goal, depart_s in trips:
        if depart_s > env.now:
            yield env.timeout(depart_s - env.now)
        next_link = world.next_link[goal]
        while node != goal:
            site = world.site_at[node]
            if site is not None and energy_ws < world.reserve_ws:
                yield from charge(world, row, energy_ws, site)
                energy_ws = world.curve.target_ws
            if energy_ws < world.link_ws:
                world.stranded.append(row)
                return
            link = next_link[node]
            energy_ws -= world.link_ws
            world.entries[link] += 1
            yield env.timeout(world.link_s[link])
            node = world.to_node[link]
        world.trip_end_s[trip] = env.now


def charge(world: World, row: int, energy_ws: int, site: tuple[int, Any]) -> Steps:
    """Queue, charge and write down when."""
    env = world.env
    station, resource = site
    session = [row, station, env.now, NEVER, NEVER]
    world.log.append(session)
    with resource.request() as turn:
        yield turn
        session[3] = env.now
        session[4] = env.now + world.curve.seconds(energy_ws)
        yield env.timeout(session[4] - env.now)


def prepare(task: Task) -> Callable[[], Outcome]:
    world = World(task)
    each = task.trips_each
    columns = (task.trips.origin.tolist(), task.trips.destination.tolist(), task.trips.depart_s.tolist())
    trips = list(zip(range(len(columns[0])), *columns, strict=True))
    for row, energy_ws in enumerate(task.vehicles.energy_ws.tolist()):
        world.env.process(vehicle(world, row, energy_ws, trips[row * each : (row + 1) * each]))

    def run() -> Outcome:
        world.env.run(until=task.end_s)
        ends, entries, stranded = (
            np.array(column, np.int32) for column in (world.trip_end_s, world.entries, world.stranded)
        )
        return Outcome(sessions_of(world.log), ends, entries, stranded)

    return run


if __name__ == "__main__":
    main("simpy_processes", prepare)
