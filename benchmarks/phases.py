"""What the phases cost row by row, on one thread, in the morning of the first day: `python -m benchmarks.phases`."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

FIRST_WINDOW, N_WINDOWS = 108, 6


def main() -> None:
    """Print the median nanoseconds a call, a move of a vehicle that is due (decision, links or both), an arrival served."""
    from twin import nation
    from twin.config import load
    from twin.engine import phases
    from twin.engine.window import step
    from twin.engine.world import build_world

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", default="0.2", help="share of the fleet")
    config = load("configs/national-2027.yaml", [f"fleet.sample={parser.parse_args().sample}"])
    places = nation.build_places(config)
    world = build_world(nation.build_demand(config, places, nation.build_supply(config, places)).given, 1)
    for window in range(FIRST_WINDOW):
        step(world, window)
    rows: dict[str, list[float]] = {"call": [], "vehicle moved": [], "arrival served": []}

    def timed(phase: Callable[..., None], window: int) -> float:
        start = time.perf_counter()
        phase(world, window)
        return time.perf_counter() - start

    for window in range(FIRST_WINDOW, FIRST_WINDOW + N_WINDOWS):
        end_s = (window + 1) * config.period.window_s
        n_calls = sum(int(first[window + 1] - first[window]) for first in world.first_call)
        rows["call"].append(timed(phases.call, window) / n_calls)
        n_due = int((world.wake_s[world.slots_out()] < end_s).sum())
        rows["vehicle moved"].append(timed(phases.move, window) / n_due)
        phases.exchange(world, window)
        rows["arrival served"].append(timed(phases.serve, window) / len(world.arrivals))
        phases.publish(world, window)
    for name, seconds_each in rows.items():
        print(f"{name:<15} {statistics.median(seconds_each) * 1e9:8.0f} ns")


if __name__ == "__main__":
    main()
