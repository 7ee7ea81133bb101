"""Our own engine on the common task, with every rule of the window on; ``python -m benchmarks.peers.ours``."""

from __future__ import annotations

from collections.abc import Callable

import twin
from benchmarks.peers.measure import main
from benchmarks.peers.outcome import Outcome
from benchmarks.peers.task import Task


def simulate(task: Task) -> Outcome:
    """Give the hand-made tables to `twin.simulate`, and read the outcome from its run."""
    function = getattr(twin, "simulate", None)
    if function is None:
        raise SystemExit("twin has no simulate; nothing was measured")
    raise SystemExit("the tables of the task are not yet told to twin.simulate; nothing was measured")


def prepare(task: Task) -> Callable[[], Outcome]:
    return lambda: simulate(task)


if __name__ == "__main__":
    main("ours", prepare)
