"""NumPy on the queue task: the same turn of every station at once; ``python -m benchmarks.peers.numpy_queues``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.peers.queue_task import Queues, main
from benchmarks.peers.task import Ints


def prepare(queues: Queues) -> Callable[[], Ints]:
    def run() -> Ints:
        n_each = np.diff(queues.first)
        # Longest first, so that those with a session left are always the first rows.
        order = np.argsort(-n_each, kind="stable")
        first, n_left = queues.first[:-1][order], n_each[order]
        free_s = np.zeros((queues.n_evse, queues.n_stations), np.int32)
        start_s = np.empty(len(queues.arrival_s), np.int32)
        for turn in range(n_each.max()):
            at = first[: np.searchsorted(-n_left, -turn)] + turn
            free = free_s[:, : len(at)]
            begin_s = np.maximum(queues.arrival_s[at], free[0])
            start_s[at] = begin_s
            free[0] = begin_s + queues.service_s[at]
            # One pass of a bubble sort keeps the EVSE that comes free first in row 0.
            for evse in range(queues.n_evse - 1):
                low, high = np.minimum(free[evse], free[evse + 1]), np.maximum(free[evse], free[evse + 1])
                free[evse], free[evse + 1] = low, high
        return start_s

    return run


if __name__ == "__main__":
    main("numpy_queues", prepare)
