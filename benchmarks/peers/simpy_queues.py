"""SimPy on the queue task: a process for each session; ``python -m benchmarks.peers.simpy_queues``."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy  # type: ignore[import-not-found,import-untyped,unused-ignore]

from benchmarks.peers.queue_task import Queues, main
from benchmarks.peers.task import Ints

Steps = Generator[Any, Any, None]


def session(env: Any, station: Any, row: int, service_s: int, start_s: list[int]) -> Steps:
    """Wait for an EVSE, note when, and hold it."""
    with station.request() as turn:
        yield turn
        start_s[row] = env.now
        yield env.timeout(service_s)


def source(env: Any, station: Any, rows: list[tuple[int, int, int]], start_s: list[int]) -> Steps:
    """Let the sessions (row, arrival, service) of one station arrive."""
    for row, arrival_s, service_s in rows:
        if arrival_s > env.now:
            yield env.timeout(arrival_s - env.now)
        env.process(session(env, station, row, service_s, start_s))


def prepare(queues: Queues) -> Callable[[], Ints]:
    env = simpy.Environment()
    start_s = [-1] * len(queues.arrival_s)
    rows = list(zip(range(len(start_s)), queues.arrival_s.tolist(), queues.service_s.tolist(), strict=True))
    for begin, end in zip(queues.first[:-1], queues.first[1:], strict=True):
        env.process(source(env, simpy.Resource(env, queues.n_evse), rows[begin:end], start_s))

    def run() -> Ints:
        env.run()
        return np.array(start_s, np.int32)

    return run


if __name__ == "__main__":
    main("simpy_queues", prepare)
