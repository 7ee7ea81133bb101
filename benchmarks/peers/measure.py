"""One script, one figure: set up, run under a clock of core-seconds, check the work, print a line of JSON."""

from __future__ import annotations

import argparse
import gc
import json
import resource
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from benchmarks.peers import registry
from benchmarks.peers.outcome import Outcome, check
from benchmarks.peers.task import NEVER, Task, build

Prepare = Callable[[Task], Callable[[], Outcome]]
Judge = Callable[[Task, Outcome], None]

Made = TypeVar("Made")


class Figure(NamedTuple):
    """What a peer did and what it took: user and system time of all its threads and children, set-up left out.

    Its units are vehicle-days of the common task, sessions of the queue task.
    """

    n_units: int
    n_trips: int
    n_sessions: int
    mean_wait_s: float
    core_s: float

    @property
    def per_core_s(self) -> float:
        """Units per core-second."""
        return self.n_units / self.core_s


def core_s() -> float:
    """Return the core-seconds of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def clocked(run: Callable[[], Made]) -> tuple[Made, float]:
    """Run what is set up, and return the core-seconds too; objects of the set-up are kept out of the collector's way."""
    gc.collect()
    gc.freeze()
    before = core_s()
    made = run()
    return made, core_s() - before


def measure(prepare: Prepare, n_vehicles: int, judge: Judge) -> Figure:
    """Do the common task and refuse to give a figure unless `judge` finds all of it done."""
    task = build(n_vehicles)
    outcome, spent = clocked(prepare(task))
    judge(task, outcome)
    n_trips = int((outcome.trip_end_s < NEVER).sum())
    return Figure(n_vehicles, n_trips, len(outcome.sessions.vehicle), outcome.mean_wait_s, spent)


def n_vehicles_asked(module: str) -> int:
    """Read ``--vehicles N`` from the command line."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.peers.{module}", allow_abbrev=False)
    most = registry.peer(module).n_units
    parser.add_argument("--vehicles", type=int, default=most, metavar="N", help="fleet size (default %(default)s)")
    return int(parser.parse_args().vehicles)


def main(module: str, prepare: Prepare, judge: Judge = check) -> None:
    """Measure one peer and print its figure as a line of JSON."""
    print(json.dumps(measure(prepare, n_vehicles_asked(module), judge)._asdict()))
