"""How a run over several processes scales: ``python -m benchmarks.scaling``; what it rests on is measured on a sample.

The model has four parts a window: what the busiest worker computes, what every worker pays however small its part, the
latency of the exchanges, and the bytes that a machine hears. The process that keeps the books (the chair) goes on beside
them, and decides only where its own work takes longer. How many rows cross between parts follows for any cut from one count,
home zone by zone of the station; emulating 8 and 16 workers in one process checks that. `benchmarks.workers` measures one
process against one and two workers on Ray.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any, NamedTuple

import numpy as np

from benchmarks.process import options, publish, table

TITLE = "Scaling over processes"
ROW_BYTES = 128 + 4
"""A vehicle that is out, and its wake-up."""
CORES = (2, 8, 16, 64, 512)
CHECKED = (8, 16)
PROCESSES = (2, 8)
"""Between which an empty exchange is measured."""
NETWORK_BYTES_PER_S = 1.25e9
"""10 Gbit/s; an assumption."""
WORKERS_A_MACHINE = 8
"""They share its network; an assumption."""
LINK_BYTES = {"sample": 1, "nation": 2}
"""That hold how many vehicles enter a link in a window."""
WINDOW_CORE_S = 0.255
"""Core-seconds of a window of the whole nation, renewed routes among them: 588 s for 2,304 windows, see the national run."""


class Measured(NamedTuple):
    """What a sample gave; sums over all windows.

    Attributes
    ----------
    crossing : ndarray of int64, shape (n_zones, n_zones)
        Arrivals by home zone of the vehicle and zone of the station.
    n_pools : int
        Waiting times on the Board that changed.
    n_windows, n_links, tree_bytes : int
        Windows, links, bytes of all trees of routes that were renewed, as they travel.
    busy_s, chair_s : dict
        By number of workers: core-seconds that each worker computed, and those of the chair.
    costs : dict
        By number of workers: what each has cost, as emulated.
    """

    crossing: np.ndarray
    n_pools: int
    n_windows: int
    n_links: int
    tree_bytes: int
    busy_s: dict[int, list[float]]
    chair_s: dict[int, float]
    costs: dict[int, list[Any]]


def given_of(chosen: argparse.Namespace) -> Any:
    """Build the inputs of a sample anew; a run uses them up."""
    from twin import nation
    from twin.config import load

    config = load(chosen.config, [*chosen.overrides, f"fleet.sample={chosen.sample}", "period.n_days=1"])
    places = nation.build_places(config)
    return nation.build_demand(config, places, nation.build_supply(config, places)).given


def measure(chosen: argparse.Namespace) -> Measured:
    """Live a day in one process and count, then with emulated workers."""
    from twin.engine.window import step
    from twin.engine.world import build_world

    given = given_of(chosen)
    world, n_zones = build_world(given, 1), len(given.roads.zone_node)
    crossing, n_pools = np.zeros((n_zones, n_zones), np.int64), 0
    n_windows = 86_400 // given.rules.window_s
    for window in range(n_windows):
        before = world.board_wait_s.copy()
        step(world, window)
        n_pools += int((world.board_wait_s != before).sum())
        home = given.roads.county_zone[given.vehicles.home[world.active.vehicle[world.arrivals]]]
        np.add.at(crossing, (home, given.stations.zone[world.arrival_station]), 1)
    n_links = len(given.roads.link_to)
    tree_bytes = (
        int(world.outlooks[0].n_rerouted[0]) * n_zones * len(given.roads.node_lon) * np.min_scalar_type(n_links).itemsize
    )
    busy_s, chair_s, costs = {}, {}, {}
    for n in (1, *CHECKED):
        costs[n], chair_s[n] = emulated(chosen, n, n_windows)
        busy_s[n] = [cost.computed_s for cost in costs[n]]
    return Measured(crossing, n_pools, n_windows, n_links, tree_bytes, busy_s, chair_s, costs)


def emulated(chosen: argparse.Namespace, n_workers: int, n_windows: int) -> tuple[list[Any], float]:
    """Live a day with workers in threads of this process; return what each has cost, and the chair's core-seconds."""
    from twin.engine.account import close_hour
    from twin.engine.plants import close_sites
    from twin.engine.window import step
    from twin.engine.world import build_world
    from twin.parallel import Chair, LocalCrew

    world = build_world(given_of(chosen), 1)
    peers = Chair(world, LocalCrew(n_workers), 0.0)
    began_s = time.thread_time()
    peers.begin_day(world, 0)
    for window in range(n_windows):
        step(world, window)
        if (window + 1) % (n_windows // 24) == 0:
            hour = window // (n_windows // 24)
            close_hour(world, hour)
            close_sites(world, hour)
    peers.end_day(world)
    return peers.costs(), time.thread_time() - began_s


def rows_crossing(found: Measured, parts: Any) -> int:
    """Return the arrivals whose vehicle and station are of different parts."""
    inside = sum(found.crossing[a:b, a:b].sum() for a, b in ((part.first_zone, part.end_zone) for part in parts))
    return int(found.crossing.sum() - inside)


def bytes_of_fleet(found: Measured, n_workers: int, rows: int) -> int:
    """Return the bytes between workers that grow with the fleet: visitors there and back, and the Board."""
    return rows * 2 * ROW_BYTES + found.n_pools * 8 * (n_workers - 1)


def bytes_of_roads(found: Measured, n_workers: int, link_bytes: int) -> int:
    """Return those that do not: what entered each link, told by all to all, and every tree by one to all others."""
    return (found.n_windows * found.n_links * link_bytes * n_workers + found.tree_bytes) * (n_workers - 1)


def latency_s(n_workers: int, n_rounds: int = 2000) -> float:
    """Return the seconds of an empty exchange between processes on this machine, the fastest tenth of them."""
    from multiprocessing import get_context

    context = get_context("spawn")
    ends = [context.Pipe() for _ in range(n_workers)]
    workers = [
        context.Process(target=meet_and_swap, args=(theirs, at, n_workers, n_rounds)) for at, (_, theirs) in enumerate(ends)
    ]
    for worker in workers:
        worker.start()
    places = [ours.recv() for ours, _ in ends]
    for ours, _ in ends:
        ours.send(places)
    taken: list[list[float]] = [ours.recv() for ours, _ in ends]
    for worker in workers:
        worker.join()
    return sorted(taken[0])[n_rounds // 10]


def meet_and_swap(end: Any, at: int, n_workers: int, n_rounds: int) -> None:
    """Meet the others as workers do, and exchange nothing, again and again; tell how long each time took."""
    from twin.parallel.line import pack, swap
    from twin.parallel.meeting import KEY_BYTES, Ear, dial

    ear, key = Ear("127.0.0.1"), bytes(KEY_BYTES)
    end.send(ear.place)
    lines = [dial(place, key, at, 60.0) for place in end.recv()[:at]]
    lines += ear.answer(key, n_workers - 1 - at, 60.0).values()
    taken = []
    for _ in range(n_rounds):
        start_s = time.perf_counter()
        swap(lines, pack(None), [pack(None) for _ in lines])
        taken.append(time.perf_counter() - start_s)
    end.send(taken)


def told(found: Measured, given: Any, sample: float, latencies: dict[int, float]) -> str:
    """Return the check of the model and its predictions."""
    rest = ", ".join(f"{1e3 * seconds:.2f} ms with {n}" for n, seconds in sorted(latencies.items()))
    return (
        f"{checked(found, given)}\nOne day of a sample of {sample:g}. An empty exchange on this machine took {rest}.\n\n"
        f"{predicted(found, given, sample, latencies)}\nThe whole nation, {WINDOW_CORE_S * 1e3:.0f} core-milliseconds a "
        f"window, a worker a core, {WORKERS_A_MACHINE} workers a machine with a network of 10 Gbit/s; speed-up is against "
        "one core. Predicted, not measured.\n"
    )


def checked(found: Measured, given: Any) -> str:
    """Return the table that holds the model against the emulation."""
    from twin.parallel import cut_by_load

    lines = []
    for n in CHECKED:
        rows, costs = rows_crossing(found, cut_by_load(given, n)), found.costs[n]
        wanted = bytes_of_fleet(found, n, rows) + bytes_of_roads(found, n, LINK_BYTES["sample"])
        n_visitors, n_bytes = (sum(getattr(cost, name) for cost in costs) for name in ("n_visitors", "n_bytes"))
        busy = np.array(found.busy_s[n])
        lines.append(
            [
                str(n), f"{rows:,}", f"{n_visitors:,}", f"{wanted / 1e6:,.1f}", f"{n_bytes / 1e6:,.1f}",
                f"{costs[0].n_rounds / found.n_windows:.2f}", f"{busy.max() / busy.mean():.2f}",
            ]
        )  # fmt: skip
    head = ["workers", "visitors, model", "emulated", "MB, model", "emulated", "exchanges a window", "busiest over mean"]
    return table(head, lines)


def predicted(found: Measured, given: Any, sample: float, latencies: dict[int, float]) -> str:
    """Return the table of predictions for the whole nation."""
    from twin.parallel import cut_by_load

    most, n_windows = CHECKED[-1], found.n_windows
    few, many = min(latencies), max(latencies)
    # The processes took turns on the cores that there are; with a core each, a worker pays for its own packets only.
    packet_s = latencies[many] * min(len(os.sched_getaffinity(0)), many) / (many * (many - 1))
    own_s = max((sum(found.busy_s[most]) - sum(found.busy_s[1])) / (most - 1), 0.0) / n_windows
    chair_base_s, chair_each_s = line_through({n: found.chair_s[n] / n_windows for n in (1, most)})
    load, lines = found.crossing.sum(axis=0) + found.crossing.sum(axis=1), []
    for n in CORES:
        parts = cut_by_load(given, n)
        of_part = np.array([load[part.first_zone : part.end_zone].sum() for part in parts])
        of_fleet = bytes_of_fleet(found, n, rows_crossing(found, parts)) / sample
        heard = (of_fleet + bytes_of_roads(found, n, LINK_BYTES["nation"])) / n * min(n, WORKERS_A_MACHINE)
        n_exchanges = found.costs[most][0].n_rounds / n_windows
        seconds = {
            "computing": WINDOW_CORE_S * of_part.max() / of_part.sum(),
            "own": own_s,
            "exchanges": n_exchanges * (latencies[few] + packet_s * (n - few)),
            "wire": heard / n_windows / NETWORK_BYTES_PER_S,
        }
        chair_s = chair_base_s + chair_each_s * n
        window_s = max(sum(seconds.values()), chair_s)
        each = [f"{1e3 * s:.1f}" for s in (*seconds.values(), chair_s, window_s)]
        lines.append([str(n), f"{n * of_part.max() / of_part.sum():.2f}", *each, f"{WINDOW_CORE_S / window_s:.1f}"])
    parts_of = [f"{name} (ms)" for name in (*seconds, "chair, beside", "window")]
    return table(["cores", "busiest over mean", *parts_of, "speed-up"], lines)


def line_through(seconds: dict[int, float]) -> tuple[float, float]:
    """Return what two measurements cost at no worker, and each worker more."""
    (few, few_s), (many, many_s) = sorted(seconds.items())
    each_s = max((many_s - few_s) / (many - few), 0.0)
    return max(few_s - each_s * few, 0.0), each_s


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--sample", type=float, default=0.02, help="share of the fleet")
    chosen = parser.parse_args()
    sys.setswitchinterval(60.0)  # threads that stand for processes shall not take turns while they compute
    found = measure(chosen)
    latencies = {n: latency_s(n) for n in PROCESSES}
    publish(TITLE, told(found, given_of(chosen), chosen.sample, latencies), chosen)


if __name__ == "__main__":
    main()
