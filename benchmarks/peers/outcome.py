"""What a peer says happened, and whether that is the whole of the work."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.peers.task import NEVER, Ints, Task


class Sessions(NamedTuple):
    """One row for each arrival at a queue; `start_s` and `end_s` are NEVER where the clock stopped before."""

    vehicle: Ints
    station: Ints
    arrival_s: Ints
    start_s: Ints
    end_s: Ints


class Outcome(NamedTuple):
    """Sessions, the end of each trip (NEVER where it did not end), vehicles entered per link, and who stranded."""

    sessions: Sessions
    trip_end_s: Ints
    link_entries: Ints
    stranded: Ints

    @property
    def mean_wait_s(self) -> float:
        begun = self.sessions.start_s < NEVER
        waits = self.sessions.start_s[begun].astype(np.int64) - self.sessions.arrival_s[begun]
        return float(waits.mean()) if len(waits) else 0.0


class Walk(NamedTuple):
    """What must come out whatever the queues: sessions and link entries of each vehicle, and who strands."""

    n_sessions: Ints
    link_entries: Ints
    is_stranded: np.ndarray[tuple[int], np.dtype[np.bool_]]


def sessions_of(rows: list[tuple[int, ...]] | list[list[int]]) -> Sessions:
    """Return the log of a tool of objects as columns."""
    columns = np.array(rows, np.int64).reshape(-1, 5).clip(max=NEVER).astype(np.int32)
    return Sessions(*columns.T)


def walk(task: Task) -> Walk:
    """Follow every vehicle along its trips without a clock."""
    energy = task.vehicles.energy_ws.copy()
    n_sessions = np.zeros(task.n_vehicles, np.int32)
    entries = np.zeros(len(task.network.to_node), np.int32)
    is_stranded = np.zeros(task.n_vehicles, bool)
    has_station = task.station_at >= 0
    for trip in range(task.trips_each):
        node = task.trips.origin[trip :: task.trips_each].copy()
        goal = task.trips.destination[trip :: task.trips_each]
        while len(on := np.flatnonzero((node != goal) & ~is_stranded)):
            low = on[has_station[node[on]] & (energy[on] < task.reserve_ws)]
            energy[low] = task.curve.target_ws
            n_sessions[low] += 1
            is_stranded[on] = energy[on] < task.link_ws
            on = on[~is_stranded[on]]
            link = task.network.next_link[goal[on], node[on]]
            energy[on] -= task.link_ws
            entries += np.bincount(link, minlength=len(entries)).astype(np.int32)
            node[on] = task.network.to_node[link]
    return Walk(n_sessions, entries, is_stranded)


def require(holds: bool | np.bool_, text: str) -> None:
    """End the process with the text unless it holds."""
    if not holds:
        raise SystemExit(f"the work was not done: {text}")


def check(task: Task, outcome: Outcome) -> None:
    """Hold an outcome of a task that ends before its clock against the walk, and its queues against their law."""
    wanted, log = walk(task), outcome.sessions
    require((outcome.trip_end_s < NEVER).all() and not len(outcome.stranded), "a trip did not end")
    require(np.array_equal(outcome.link_entries, wanted.link_entries), "links were not entered as the routes say")
    n_sessions = np.bincount(log.vehicle, minlength=task.n_vehicles)
    require(np.array_equal(n_sessions, wanted.n_sessions), "vehicles did not charge as their batteries say")
    require((log.start_s >= log.arrival_s).all() and (log.end_s > log.start_s).all(), "a session ends before it starts")
    check_queues(task, log)


def check_queues(task: Task, log: Sessions) -> None:
    """Refuse an EVSE with two vehicles, a vehicle served before one that came earlier, and a wait beside a free EVSE."""
    rows = np.lexsort((log.start_s, log.arrival_s, log.station))
    station, arrival, start, end = (column[rows] for column in (log.station, log.arrival_s, log.start_s, log.end_s))
    same = station[1:] == station[:-1]
    require((start[1:] >= start[:-1])[same].all(), "a station did not serve first come, first served")
    for row in np.unique(station):
        at = station == row
        starts, ends = np.sort(start[at]), np.sort(end[at])
        n_busy = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
        require(n_busy.max() <= task.stations.n_evse[row], f"station {row} used more EVSEs than it has")
        late = at & (start > arrival)
        n_before = np.searchsorted(starts, start[late], side="left") - np.searchsorted(ends, start[late] - 1, side="right")
        require((n_before >= task.stations.n_evse[row]).all(), f"station {row} let vehicles wait beside a free EVSE")
