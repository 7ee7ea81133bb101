"""The pure queue task: many stations of 5 EVSEs, 8 arrivals and 2 services per EVSE an hour, first come first served.

Arrivals and services are drawn beforehand in whole seconds, so every tool must find the same start of every session.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.peers import registry
from benchmarks.peers.measure import Figure, clocked
from benchmarks.peers.outcome import require
from benchmarks.peers.task import Ints

N_EVSE = 5
ARRIVALS_PER_H, SERVICES_PER_H = 8, 2
SESSIONS_EACH = 100
"""Sessions of a station: half a day of it."""


class Queues(NamedTuple):
    """Sessions in the order of (station, arrival); those of station `s` are ``first[s]:first[s + 1]``."""

    n_evse: int
    first: Ints
    arrival_s: Ints
    service_s: Ints

    @property
    def n_stations(self) -> int:
        return len(self.first) - 1


Prepare = Callable[[Queues], Callable[[], Ints]]
"""Sets up a tool; what it returns runs the tool and gives `start_s` of every session."""


def build(n_sessions: int, seed: int = 2027) -> Queues:
    """Return about so many sessions, the same at every station."""
    luck = np.random.default_rng(seed)
    shape = (max(1, n_sessions // SESSIONS_EACH), SESSIONS_EACH)
    arrival_s = luck.exponential(3600 / ARRIVALS_PER_H, shape).cumsum(axis=1)
    service_s = np.ceil(luck.exponential(3600 / SERVICES_PER_H, shape))
    first = np.arange(shape[0] + 1, dtype=np.int32) * SESSIONS_EACH
    return Queues(N_EVSE, first, arrival_s.astype(np.int32).ravel(), service_s.astype(np.int32).ravel())


def starts(queues: Queues) -> Ints:
    """Return when every session starts, found one by one: the known answer."""
    start_s: list[int] = []
    for begin, end in zip(queues.first[:-1], queues.first[1:], strict=True):
        free_s = [0] * queues.n_evse
        for arrival_s, service_s in zip(
            queues.arrival_s[begin:end].tolist(), queues.service_s[begin:end].tolist(), strict=True
        ):
            start_s.append(max(arrival_s, free_s[0]))
            heapq.heapreplace(free_s, start_s[-1] + service_s)
    return np.array(start_s, np.int32)


def main(module: str, prepare: Prepare) -> None:
    """Measure one tool on ``--sessions N`` sessions and print its figure as a line of JSON."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.peers.{module}", allow_abbrev=False)
    most = registry.peer(module).n_units
    parser.add_argument("--sessions", type=int, default=most, metavar="N", help="sessions (default %(default)s)")
    queues = build(parser.parse_args().sessions)
    start_s, spent = clocked(prepare(queues))
    require(np.array_equal(start_s, starts(queues)), "sessions did not start when their queues say")
    mean_wait_s = float((start_s - queues.arrival_s).mean())
    print(json.dumps(Figure(len(start_s), 0, len(start_s), mean_wait_s, spent)._asdict()))
