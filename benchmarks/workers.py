"""One process against one and two workers on Ray: ``python -m benchmarks.workers``; in core-seconds, and in seconds.

Core-seconds of every process tell what the work costs whatever else the machine does; seconds tell how long it took here.
All ways are taken in turns, on the same inputs. The first day warms up and is not counted.
"""

from __future__ import annotations

import argparse
import pickle
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from benchmarks.process import options, publish, table

WAYS = (0, 1, 2)
"""Workers on Ray; 0 is one process."""


class Taken(NamedTuple):
    """What the last day took.

    Attributes
    ----------
    wall_s : float
        By the clock.
    chair_s : float
        Core-seconds of the process that holds the run together, or of the only one.
    held_s : float
        Of these, the ones for which workers waited; the others are beside their work. All of the only process.
    computed_s : float
        Core-seconds of the busiest worker, computing.
    carried_s : float
        Core-seconds of that worker besides: packing, unpacking, sending.
    all_s : float
        Core-seconds of all workers, computing.
    """

    wall_s: float
    chair_s: float
    held_s: float
    computed_s: float = 0.0
    carried_s: float = 0.0
    all_s: float = 0.0

    @property
    def longest_s(self) -> float:
        """Core-seconds that cannot be side by side: how long the day would take if every process had a core and no round
        had to wait."""
        return self.held_s + self.computed_s + self.carried_s


def built(chosen: argparse.Namespace) -> tuple[Any, Any, Any, bytes]:
    """Return the scenario, its places and stations, and what the engine is given, to be unpacked for every run."""
    from twin import nation
    from twin.config import load

    config = load(chosen.config, [*chosen.overrides, f"fleet.sample={chosen.sample}", f"period.n_days={chosen.days}"])
    places = nation.build_places(config)
    supply = nation.build_supply(config, places)
    return config, places, supply, pickle.dumps(nation.build_demand(config, places, supply).given)


def taken(config: Any, places: Any, supply: Any, given: bytes, n_workers: int) -> Taken:
    """Live a scenario and return what its days but the first took."""
    from twin.engine.world import build_world
    from twin.model import TwinModel

    world = build_world(pickle.loads(given), 1)
    model = TwinModel(world, places, supply, config, lambda name, rows: None, lambda *_: None)
    with employed(world, n_workers) as crew:
        model.step()
        before, start_s, own_s = costs(world, n_workers), time.perf_counter(), time.process_time()
        held_s = crew.held_s if crew else own_s
        while not model.is_over:
            model.step()
        wall_s, chair_s = time.perf_counter() - start_s, time.process_time() - own_s
        held_s = (crew.held_s if crew else time.process_time()) - held_s
        each = [(b.computed_s - a.computed_s, b.process_s - a.process_s)
                for a, b in zip(before, costs(world, n_workers), strict=True)]  # fmt: skip
    vars(world).clear()  # Mesa remembers every model, and the next world needs the memory
    computed_s, process_s = max(each, default=(0.0, 0.0))
    return Taken(wall_s, chair_s, held_s, computed_s, process_s - computed_s, sum(computed for computed, _ in each))


def costs(world: Any, n_workers: int) -> Any:
    """Return what every worker has cost so far."""
    return world.peers.costs() if n_workers else []


@contextmanager
def employed(world: Any, n_workers: int) -> Iterator[Any]:
    """Have workers as long as the block lasts."""
    from twin.nation import bytes_for
    from twin.parallel import Chair
    from twin.parallel.cluster import connected
    from twin.parallel.crew import hired

    if not n_workers:
        yield None
        return
    needed = bytes_for(len(world.given.vehicles.home), world.given.n_days)
    store_bytes = max(needed, 300_000_000)
    with connected("local", store_bytes=store_bytes, n_cpus=n_workers) as ray, hired(ray, n_workers, needed) as crew:
        Chair(world, crew, 0.0)
        yield crew


def told(found: dict[int, list[Taken]], chosen: argparse.Namespace) -> str:
    """Return the table of medians and the ratios."""
    rows, middle = [], {}
    for way, runs in found.items():
        columns = [statistics.median(column) for column in zip(*runs, strict=True)]
        middle[way] = statistics.median(run.longest_s for run in runs)
        name = f"Ray, {way}" if way else "one process"
        rows.append([name, *(f"{seconds:.2f}" for seconds in (*columns[1:], middle[way], columns[0]))])
    head = [
        "way", "chair (core-s)", "of it in the way", "busiest worker, computing", "carrying", "all workers, computing",
        "in a row (s)", "by the clock (s)",
    ]  # fmt: skip
    ratios = [
        (one.longest_s / alone.longest_s - 1, one.longest_s / two.longest_s, one.wall_s / two.wall_s,
         (two.held_s + two.carried_s) / two.longest_s)
        for alone, one, two in zip(*found.values(), strict=True)
    ]  # fmt: skip
    costs_more, speed_up, by_clock, barrier = (statistics.median(column) for column in zip(*ratios, strict=True))
    return (
        table(head, rows)
        + f"\nSample {chosen.sample:g}, the days after the first of {chosen.days}, medians of {chosen.pairs} turns. Ray at "
        f"one worker costs {costs_more:+.1%} (wanted below 10 %); two workers are {speed_up:.2f} times one in a row and "
        f"{by_clock:.2f} times by the clock (wanted 1.7); the chair in the way and carrying are {barrier:.1%} of a day with "
        "two (wanted below 5 %). `In a row` is what cannot be side by side, were every process alone on a core: the chair "
        "in the way, and the busiest worker. By the clock they share the cores that there are, with a chair beside them.\n"
    )


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--sample", type=float, default=0.05, help="share of the fleet")
    parser.add_argument("--days", type=int, default=2, help="days, of which the first is not counted")
    parser.add_argument("--pairs", type=int, default=3, help="turns")
    chosen = parser.parse_args()
    inputs = built(chosen)
    found: dict[int, list[Taken]] = {way: [] for way in WAYS}
    for turn in range(chosen.pairs):
        for way in WAYS:
            found[way].append(taken(*inputs, way))
            print(turn, way, found[way][-1], flush=True)
    publish("Two workers against one", told(found, chosen), chosen)


if __name__ == "__main__":
    main()
