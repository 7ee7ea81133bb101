"""Mesa: an agent for each driver and station, stepped in 5-minute windows; ``python -m benchmarks.peers.mesa_agents``.

Within a window an agent keeps exact seconds, and a station serves the arrivals of the window in their order, so that the
steps bias no wait. No link is shorter than a window, so nobody reaches two nodes in one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

import mesa  # type: ignore[import-untyped,unused-ignore]
import numpy as np

from benchmarks.peers.curve import PlainCurve
from benchmarks.peers.measure import main
from benchmarks.peers.outcome import Outcome, sessions_of
from benchmarks.peers.task import NEVER, WINDOW_S, Task

Trip = tuple[int, int, int, int]


class Roads(mesa.Model):  # type: ignore[misc,unused-ignore]
    """Drivers, stations, and what they write down."""

    def __init__(self, task: Task) -> None:
        super().__init__(rng=0)
        self.end_of_window_s = 0
        self.curve = PlainCurve(task.curve)
        self.link_ws, self.reserve_ws = task.link_ws, task.reserve_ws
        self.next_link: list[list[int]] = task.network.next_link.tolist()
        self.to_node: list[int] = task.network.to_node.tolist()
        self.link_s: list[int] = task.network.link_s.tolist()
        self.log: list[tuple[int, ...]] = []
        self.trip_end_s = [NEVER] * len(task.trips.vehicle)
        self.entries = [0] * len(self.to_node)
        self.stranded: list[int] = []
        self.n_left = task.n_vehicles
        self.station_at: list[Station | None] = [None] * len(task.network.x_km)
        for row, node in enumerate(task.stations.node.tolist()):
            self.station_at[node] = Station(self, row, int(task.stations.n_evse[row]))
        each = task.trips_each
        columns = (task.trips.origin.tolist(), task.trips.destination.tolist(), task.trips.depart_s.tolist())
        trips = list(zip(range(len(columns[0])), *columns, strict=True))
        for row, energy_ws in enumerate(task.vehicles.energy_ws.tolist()):
            Driver(self, row, energy_ws, trips[row * each : (row + 1) * each])
        self.drivers, self.stations = self.agents_by_type[Driver], self.agents_by_type[Station]

    def window(self, end_s: int) -> None:
        self.end_of_window_s = end_s
        self.drivers.do("drive")
        self.stations.do("serve")


class Driver(mesa.Agent):  # type: ignore[misc,unused-ignore]
    """Is at `node`, and does something there at `due_s`."""

    def __init__(self, model: Roads, row: int, energy_ws: int, trips: list[Trip]) -> None:
        super().__init__(model)
        self.row, self.energy_ws = row, energy_ws
        self.trips = iter(trips)
        self.due_s = 0
        self.begin_next()

    def begin_next(self) -> None:
        self.trip, self.node, self.goal, depart_s = next(self.trips, (-1, -1, -1, NEVER))
        self.model.n_left -= self.trip < 0
        self.due_s = max(self.due_s, depart_s)

    def drive(self) -> None:
        """Do all that is due before the window ends."""
        model = self.model
        while self.due_s < model.end_of_window_s:
            if self.node == self.goal:
                model.trip_end_s[self.trip] = self.due_s
                self.begin_next()
                continue
            station = model.station_at[self.node]
            if station is not None and self.energy_ws < model.reserve_ws:
                station.arrivals.append((self.due_s, self.row, self))
                return
            self.enter_link()

    def enter_link(self) -> None:
        model = self.model
        if self.energy_ws < model.link_ws:
            model.stranded.append(self.row)
            self.due_s = NEVER
            model.n_left -= 1
            return
        link = model.next_link[self.goal][self.node]
        self.energy_ws -= model.link_ws
        model.entries[link] += 1
        self.due_s += model.link_s[link]
        self.node = model.to_node[link]


class Station(mesa.Agent):  # type: ignore[misc,unused-ignore]
    """One queue for equal EVSEs; `free_s` is a heap of the seconds at which they come free."""

    def __init__(self, model: Roads, row: int, n_evse: int) -> None:
        super().__init__(model)
        self.row = row
        self.free_s = [0] * n_evse
        self.arrivals: list[tuple[int, int, Driver]] = []

    def serve(self) -> None:
        """Give each arrival of the window, in order, the EVSE that comes free first."""
        if not self.arrivals:
            return
        model = self.model
        self.arrivals.sort()
        for arrival_s, row, driver in self.arrivals:
            start_s = max(arrival_s, self.free_s[0])
            end_s = start_s + model.curve.seconds(driver.energy_ws)
            heapq.heapreplace(self.free_s, end_s)
            model.log.append((row, self.row, arrival_s, start_s, end_s))
            driver.energy_ws = model.curve.target_ws
            driver.due_s = end_s
            driver.drive()
        self.arrivals.clear()


def prepare(task: Task) -> Callable[[], Outcome]:
    model = Roads(task)

    def run() -> Outcome:
        for end_s in range(WINDOW_S, task.end_s + 1, WINDOW_S):
            model.window(end_s)
            if not model.n_left:
                break
        ends, entries, stranded = (
            np.array(column, np.int32) for column in (model.trip_end_s, model.entries, model.stranded)
        )
        return Outcome(sessions_of(model.log), ends, entries, stranded)

    return run


if __name__ == "__main__":
    main("mesa_agents", prepare)
