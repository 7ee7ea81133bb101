"""Our own engine on the queue task; ``python -m benchmarks.peers.our_queues``."""

from __future__ import annotations

from collections.abc import Callable

import twin
from benchmarks.peers.queue_task import Queues, main
from benchmarks.peers.task import Ints


def serve(queues: Queues) -> Ints:
    """Give the arrivals to the engine's stations, and read when every session starts."""
    if not hasattr(twin, "simulate"):
        raise SystemExit("twin has no simulate; nothing was measured")
    raise SystemExit("the queue task is not yet told to twin.simulate; nothing was measured")


def prepare(queues: Queues) -> Callable[[], Ints]:
    return lambda: serve(queues)


if __name__ == "__main__":
    main("our_queues", prepare)
