"""A corridor of 500 km with too few EVSEs: where 2,000 vehicles are after a day; ``python -m benchmarks.peers.corridor``.

SUMO moves every car every second, and takes minutes: ``--sumo`` asks for it.
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks.peers import registry
from benchmarks.peers.line import LINES, Ends, corridor, ends, line_of, padded, preparer
from benchmarks.peers.task import NEVER, Task
from benchmarks.process import table

HEAD = ["peer", "arrived", "stranded", "charging", "queued", "on the road", "together", "drove on empty"]


def row(counts: Ends, n_on_empty: int) -> list[str]:
    """Return a line of the table."""
    return [f"{count:,}" for count in (*counts, sum(counts), n_on_empty)]


def of_general(module: str, task: Task) -> list[str]:
    """Return the line of a peer that takes any task; its rules let nobody drive on empty."""
    return row(ends(task, preparer(module)(task)()), 0)


def of_sumo(task: Task, rescue: str) -> list[str]:
    """Return SUMO's line; `rescue` is what it does with empty cars, "remove" as it comes or "none"."""
    from benchmarks.peers.sumo_chargers import FINDER, run

    end = run(task, "", FINDER | {"device.stationfinder.rescueAction": rescue})
    arrived = int((end.trip_end_s < NEVER).sum())
    counts = Ends(arrived, end.n_removed, end.n_charging, end.n_queued, end.n_under_way)
    return row(counts, end.n_on_empty)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--vehicles", type=int, default=2000, help="how many (default %(default)s)")
    parser.add_argument("--sumo", action="store_true", help="SUMO too")
    chosen = parser.parse_args()
    task = corridor(chosen.vehicles)
    rows = [line_of(module, registry.peer(module).title, partial(of_general, module, task)) for module in LINES]
    for name, rescue in (("SUMO micro, empty cars removed", "remove"), ("SUMO micro, empty cars left", "none")):
        told = partial(of_sumo, task, rescue)
        rows.append(line_of("sumo_meso", name, told) if chosen.sumo else [name, "not asked for"])
    rows += [["Ciw", "has no roads"], ["UXsim", "has no batteries"]]
    print(table(HEAD, padded(rows, HEAD)))


if __name__ == "__main__":
    main()
