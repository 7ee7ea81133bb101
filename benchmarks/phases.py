"""What the phases cost on one thread, row by row and over the first day: `python -m benchmarks.phases`."""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from benchmarks.process import table

PHASES = ("plan_day", "call", "move", "exchange", "serve", "publish")
ROWS = {"call": "calls", "move": "moves of a vehicle that is due", "exchange": "arrivals", "serve": "arrivals"}
MORNING = slice(108, 114)
"""Windows from nine to half past, whose rows are timed."""


def main() -> None:
    """Print core-seconds of the first day by phase, and the median nanoseconds a row in the morning."""
    from twin import nation
    from twin.config import load
    from twin.engine import phases
    from twin.engine.window import step
    from twin.engine.world import DAY_S, build_world

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=float, default=0.2, help="share of the fleet")
    sample = parser.parse_args().sample
    config = load("configs/national-2027.yaml", [f"fleet.sample={sample}"])
    places = nation.build_places(config)
    world = build_world(nation.build_demand(config, places, nation.build_supply(config, places)).given, 1)
    seconds: dict[str, list[float]] = defaultdict(list)
    n_rows: dict[str, list[int]] = defaultdict(list)

    def timed(name: str, phase: Callable[..., None]) -> Callable[..., None]:
        def run(world: Any, window: int) -> None:
            n_before = count_rows(name, world, window)  # a move ends what is due, an exchange brings what arrived
            start = time.process_time()
            phase(world, window)
            seconds[name].append(time.process_time() - start)
            n_rows[name].append(n_before if name == "move" else count_rows(name, world, window))

        return run

    for name in PHASES:
        setattr(phases, name, timed(name, getattr(phases, name)))
    for window in range(DAY_S // config.period.window_s):
        step(world, window)
    whole, lines = sum(map(sum, seconds.values())), []
    for name in PHASES:
        of_day = sum(seconds[name])
        line = [name, f"{of_day:.2f}", f"{of_day / whole:.0%}"]
        if name in ROWS:
            each = [a / b for a, b in zip(seconds[name][MORNING], n_rows[name][MORNING], strict=True)]
            line += [f"{sum(n_rows[name]) / sample / 1e6:.1f} M {ROWS[name]}", f"{statistics.median(each) * 1e9:.0f}"]
        lines.append(line + [""] * (5 - len(line)))
    print(table(["phase", "core-seconds", "share", "rows a day, whole fleet", "ns a row, 9:00 to 9:30"], lines))


def count_rows(name: str, world: Any, window: int) -> int:
    """Return how many rows a phase has in a window of the first day."""
    if name == "call":
        return sum(int(first[window + 1] - first[window]) for first in world.first_call)
    if name == "move":
        return int((world.wake_s[world.slots_out()] < (window + 1) * world.given.rules.window_s).sum())
    return len(world.arrivals) if name in ROWS else 0


if __name__ == "__main__":
    main()
