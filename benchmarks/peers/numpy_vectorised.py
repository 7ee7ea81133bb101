"""NumPy as an expert writes it: columns, windows, sorted queues; ``python -m benchmarks.peers.numpy_vectorised``.

Each window moves the vehicles whose link begins in it, all at once. A trip's end and a need to charge are known on entering
the link before, so they cost nothing to those without. As queues are first come first served and charges of known length,
a session is fixed in the window of its arrival. No link is shorter than a window, so nobody enters two links in one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.peers.measure import main
from benchmarks.peers.outcome import Outcome, Sessions
from benchmarks.peers.task import NEVER, WINDOW_S, Ints, Rows, Task


class State:
    """The columns of the vehicles, of the EVSEs, and the logs.

    Where a vehicle is and where it goes is one number, ``at = goal * n_nodes + node``, which picks the row of every table
    of the roads. It does something there at `due_s`; in a queue it has none, and stands in `arriving`. `free_s` has a row
    a station, NEVER past its last EVSE.
    """

    def __init__(self, task: Task) -> None:
        network, trips = task.network, task.trips
        self.curve, self.each = task.curve, task.trips_each
        self.link_ws, self.reserve_ws = task.link_ws, task.reserve_ws
        self.n_nodes = len(network.x_km)
        here = np.arange(self.n_nodes)
        to_node = np.where(network.next_link < 0, here, network.to_node[network.next_link])
        self.next_link = network.next_link.ravel().astype(np.intp)
        self.after = (here[:, None] * self.n_nodes + to_node).ravel()
        self.is_last = (to_node == here[:, None]).ravel()
        self.link_s = network.link_s
        self.station_at = task.station_at
        self.trip_at = trips.destination.astype(np.intp) * self.n_nodes + trips.origin
        self.depart_s = trips.depart_s
        self.trip = np.arange(0, len(self.trip_at), self.each)
        self.at = self.trip_at[self.trip]
        self.due_s = self.depart_s[self.trip]
        self.energy_ws = task.vehicles.energy_ws.copy()
        is_missing = np.arange(task.stations.n_evse.max()) >= task.stations.n_evse[:, None]
        self.free_s = np.where(is_missing, NEVER, 0).astype(np.int32)
        none: Rows = np.empty(0, np.intp)
        self.arriving: list[tuple[Rows, ...]] = [(none, none, none)]
        self.log: list[tuple[Rows, ...]] = [(none,) * 5]
        self.stranded: list[tuple[Rows, ...]] = [(none, none)]
        self.trip_end_s = np.full(len(self.trip_at), NEVER, np.int32)
        self.entries = np.zeros(len(network.to_node), np.intp)
        self.n_left = task.n_vehicles
        self.look(np.flatnonzero(self.energy_ws < self.reserve_ws))

    def window(self, end_s: int) -> None:
        """Do all that is due before the window ends; the queues last, when all arrivals of the window are known."""
        self.enter_links(np.flatnonzero(self.due_s < end_s))
        self.enter_links(self.serve(end_s))

    def enter_links(self, rows: Rows) -> None:
        """Send vehicles onto their next links, and see to those that have something to do at the end of it."""
        if not len(rows):
            return
        at = self.at.take(rows)
        link = self.next_link.take(at)
        energy_ws = self.energy_ws.take(rows) - self.link_ws
        self.entries += np.bincount(link, minlength=len(self.entries))
        self.at[rows] = self.after.take(at)
        self.due_s[rows] = self.due_s.take(rows) + self.link_s.take(link)
        self.energy_ws[rows] = energy_ws
        last = np.flatnonzero(self.is_last.take(at))
        if len(last):
            self.end_trips(rows.take(last))
        low = np.flatnonzero(energy_ws < self.reserve_ws)
        if len(low):
            self.look(rows.take(low))

    def end_trips(self, rows: Rows) -> None:
        """End trips, and put who has another at its beginning."""
        trip, due_s = self.trip[rows], self.due_s[rows]
        self.trip_end_s[trip] = due_s
        trip += 1
        is_over = trip % self.each == 0
        trip[is_over] -= 1
        self.n_left -= int(is_over.sum())
        self.trip[rows] = trip
        self.at[rows] = self.trip_at[trip]
        self.due_s[rows] = np.where(is_over, NEVER, np.maximum(due_s, self.depart_s[trip]))

    def look(self, rows: Rows) -> None:
        """Let vehicles with little energy queue where they will find a station, or strand."""
        rows = rows[self.due_s[rows] < NEVER]
        station = self.station_at[self.at[rows] % self.n_nodes]
        has_station = station >= 0
        queues = rows[has_station]
        self.arriving.append((queues, station[has_station], self.due_s[queues]))
        empty = rows[~has_station & (self.energy_ws[rows] < self.link_ws)]
        self.stranded.append((empty, self.due_s[empty]))
        self.due_s[queues] = self.due_s[empty] = NEVER
        self.n_left -= len(empty)

    def serve(self, end_s: int) -> Rows:
        """Book the arrivals of a window, one rank of every queue at a time; return who ends before the window does."""
        rows, station, arrival_s = (np.concatenate(column) for column in zip(*self.arriving, strict=True))
        is_now = arrival_s < end_s
        self.arriving = [(rows[~is_now], station[~is_now], arrival_s[~is_now])]
        rows, station, arrival_s = rows[is_now], station[is_now], arrival_s[is_now]
        if not len(rows):
            return rows
        order = np.lexsort((rows, arrival_s, station))
        rows, station, arrival_s = rows[order], station[order], arrival_s[order]
        charge_s = self.curve.seconds(self.energy_ws[rows])
        first = np.flatnonzero(np.diff(station, prepend=-1))
        rank = np.arange(len(rows)) - np.repeat(first, np.diff(first, append=len(rows)))
        start_s: Ints = np.empty(len(rows), np.int32)
        for turn in range(rank.max() + 1):
            now = np.flatnonzero(rank == turn)
            at = station[now]
            evse = self.free_s[at].argmin(axis=1)
            start_s[now] = np.maximum(arrival_s[now], self.free_s[at, evse])
            self.free_s[at, evse] = start_s[now] + charge_s[now]
        session_end_s = start_s + charge_s
        self.due_s[rows] = session_end_s
        self.energy_ws[rows] = self.curve.target_ws
        self.log.append((rows, station, arrival_s, start_s, session_end_s))
        return rows[session_end_s < end_s]

    def outcome(self, end_s: int) -> Outcome:
        """Return the logs without what was known beforehand and would come after the clock has stopped."""
        columns = [np.concatenate(column).astype(np.int32) for column in zip(*self.log, strict=True)]
        stranded, stranded_s = (np.concatenate(column) for column in zip(*self.stranded, strict=True))
        trip_end_s = np.where(self.trip_end_s < end_s, self.trip_end_s, NEVER).astype(np.int32)
        stranded = stranded[stranded_s < end_s].astype(np.int32)
        return Outcome(Sessions(*columns), trip_end_s, self.entries.astype(np.int32), stranded)


def prepare(task: Task) -> Callable[[], Outcome]:
    if task.network.link_s.min() < WINDOW_S:
        raise ValueError(f"a link takes {task.network.link_s.min()} s; wanted at least a window of {WINDOW_S} s")
    state = State(task)

    def run() -> Outcome:
        for end_s in range(WINDOW_S, task.end_s + 1, WINDOW_S):
            state.window(end_s)
            if not state.n_left:
                break
        return state.outcome(task.end_s)

    return run


if __name__ == "__main__":
    main("numpy_vectorised", prepare)
