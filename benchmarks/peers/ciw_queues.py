"""Ciw on the queue task: a simulation for each station, which suits it best; ``python -m benchmarks.peers.ciw_queues``.

After every event Ciw looks at every node, so one simulation of all stations would be slower by their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import ciw  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from benchmarks.peers.queue_task import Queues, main
from benchmarks.peers.task import NEVER, Ints


def station(n_evse: int, arrival_s: Ints, service_s: Ints) -> ciw.Simulation:
    """Return one station that is given its arrivals and services in order."""
    between_s = [*np.diff(arrival_s, prepend=0).tolist(), math.inf]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential(between_s)],
        service_distributions=[ciw.dists.Sequential(service_s.tolist())],
        number_of_servers=[n_evse],
    )
    return ciw.Simulation(network)


def prepare(queues: Queues) -> Callable[[], Ints]:
    stations = [
        station(queues.n_evse, queues.arrival_s[begin:end], queues.service_s[begin:end])
        for begin, end in zip(queues.first[:-1], queues.first[1:], strict=True)
    ]

    def run() -> Ints:
        start_s: list[float] = []
        for simulation in stations:
            simulation.simulate_until_max_time(NEVER)
            records = sorted((record.id_number, record.service_start_date) for record in simulation.get_all_records())
            start_s.extend(start for _, start in records)
        return np.array(start_s, np.int32)

    return run


if __name__ == "__main__":
    main("ciw_queues", prepare)
