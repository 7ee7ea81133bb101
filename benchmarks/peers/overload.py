"""Two EVSEs, 20 vehicles 300 s apart, 900 s each: who is served, and when; ``python -m benchmarks.peers.overload``."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.peers import registry
from benchmarks.peers.line import LINES, line_of, overload, padded, preparer
from benchmarks.peers.queue_task import Queues, starts
from benchmarks.peers.task import NEVER, Ints, Task
from benchmarks.process import table

HEAD = ["peer", "served", "in order", "starts as the law says", "mean wait (s)"]


def row(arrival_s: Ints, start_s: Ints) -> list[str]:
    """Return a line of the table; `start_s` is NEVER for who was not served."""
    known = starts(as_queue(arrival_s))
    served = start_s < NEVER
    wait_s = float((start_s - arrival_s)[served].mean())
    is_ordered = bool((np.diff(start_s[served]) >= 0).all())
    words = ["yes" if truth else "no" for truth in (is_ordered, bool(np.array_equal(start_s, known)))]
    return [f"{served.sum()} of {len(arrival_s)}", *words, f"{wait_s:.0f}"]


def as_queue(arrival_s: Ints) -> Queues:
    """Return the case as a queue of one station."""
    n_sessions = len(arrival_s)
    return Queues(2, np.array([0, n_sessions], np.int32), arrival_s, np.full(n_sessions, 900, np.int32))


def of_general(module: str, task: Task) -> list[str]:
    """Return the line of a peer that takes any task."""
    log = preparer(module)(task)().sessions
    arrival_s, start_s = (np.full(task.n_vehicles, NEVER, np.int32) for _ in range(2))
    arrival_s[log.vehicle], start_s[log.vehicle] = log.arrival_s, log.start_s
    return row(arrival_s, start_s)


def of_ours(task: Task) -> list[str]:
    """Return our line. Our drivers charge to a target, so these have batteries for which that takes 900 s.

    With 7 of 60 kWh a driver comes with 5.0 and charges to the fast target of 18 kWh; 13 kWh at 52 kW take 900 s.
    """
    from benchmarks.peers.ours import BEHAVIOUR, tables
    from twin import simulate
    from twin.config import Config

    given = tables(task)
    vehicles = {
        "soc": np.full(task.n_vehicles, 7 / 60),
        "capacity_kwh": 60.0,
        "consumption_kwh_per_km": 0.2,
        "power_kw": 52.0,
    }
    behaviour = BEHAVIOUR | {"reserve_soc": 0.05, "fast_target_soc": 0.3}
    config = Config.model_validate({"period": {"n_days": 1}, "behaviour": behaviour})
    log = simulate(given.network, given.stations, vehicles, given.trips, config).sessions.to_table()
    arrival_s, start_s = (np.full(task.n_vehicles, NEVER, np.int32) for _ in range(2))
    for column, name in ((arrival_s, "arrival_s"), (start_s, "plug_in_s")):
        column[log["vehicle"]] = log[name]
    return row(arrival_s, start_s)


def of_ciw(task: Task) -> list[str]:
    from benchmarks.peers.ciw_queues import prepare

    arrival_s = task.trips.depart_s + task.network.link_s[0]
    return row(arrival_s, prepare(as_queue(arrival_s))())


def of_sumo(task: Task, teleport_s: int) -> list[str]:
    """Return SUMO's line; cars that stand for `teleport_s` seconds are taken out and put back further on, -1 forbids it."""
    from benchmarks.peers.sumo_chargers import run

    stop = '<stop parkingArea="p0" duration="900"/>'
    result = run(task, stop, {"time-to-teleport": teleport_s})
    return row(task.trips.depart_s + task.network.link_s[0], result.start_s)


def main() -> None:
    task = overload()
    ours = registry.OURS
    rows = [line_of(ours, registry.peer(ours).title, partial(of_ours, task))]
    rows += [line_of(name, registry.peer(name).title, partial(of_general, name, task)) for name in LINES if name != ours]
    rows.append(line_of("ciw_queues", "Ciw", partial(of_ciw, task)))
    for name, teleport_s in (("SUMO micro, as it comes", 300), ("SUMO micro, teleports forbidden", -1)):
        rows.append(line_of("sumo_meso", name, partial(of_sumo, task, teleport_s)))
    rows.append(["UXsim", "has no chargers"])
    print(table(HEAD, padded(rows, HEAD)))


if __name__ == "__main__":
    main()
