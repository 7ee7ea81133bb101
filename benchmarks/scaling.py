"""How a run over several processes scales: ``python -m benchmarks.scaling``; what it rests on is measured on a sample.

The model has five parts a window: what the busiest worker computes, what every worker pays however small its part, the work
of the process that holds the run together (the chair), the latency of the barriers, and the bytes that pass the chair. How
many rows cross between parts follows for any cut from one count, home zone by zone of the station; emulating 8 and 16
workers in one process checks that. `benchmarks.workers` measures one process against one and two workers on Ray.
"""

from __future__ import annotations

import argparse
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
NETWORK_BYTES_PER_S = 1.25e9
"""10 Gbit/s; an assumption."""
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
        By number of workers: core-seconds that each worker computed, and those of the chair for which they waited.
    rows, n_bytes, rounds : dict
        By number of workers: visitors there, bytes through the chair, rounds; as emulated.
    """

    crossing: np.ndarray
    n_pools: int
    n_windows: int
    n_links: int
    tree_bytes: int
    busy_s: dict[int, list[float]]
    chair_s: dict[int, float]
    rows: dict[int, int]
    n_bytes: dict[int, int]
    rounds: dict[int, int]


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
    from twin.parallel.packets import packed

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
    next_link, n_links = world.outlooks[0].next_link[-n_zones:], len(given.roads.link_to)
    tree_bytes = int(world.outlooks[0].n_rerouted[0]) * packed(next_link, n_links).next_link.nbytes
    busy_s, chair_s, rows, n_bytes, rounds = {}, {}, {}, {}, {}
    for n in (1, *CHECKED):
        peers, crew, chair_s[n] = emulated(chosen, n, n_windows)
        busy_s[n] = [cost.computed_s for cost in peers.costs()]
        rows[n], rounds[n], n_bytes[n] = peers.traffic.n_rows, peers.traffic.n_rounds, crew.n_bytes
    return Measured(crossing, n_pools, n_windows, n_links, tree_bytes, busy_s, chair_s, rows, n_bytes, rounds)


def emulated(chosen: argparse.Namespace, n_workers: int, n_windows: int) -> tuple[Any, Any, float]:
    """Live a day with workers in threads of this process; return the chair, its crew, and for how long it held them up."""
    from twin.engine.account import close_hour
    from twin.engine.plants import close_sites
    from twin.engine.window import step
    from twin.engine.world import build_world
    from twin.parallel import Chair, LocalCrew

    world = build_world(given_of(chosen), 1)
    crew = LocalCrew(n_workers)
    peers = Chair(world, crew, 0.0)
    peers.begin_day(world, 0)
    before_s = crew.held_s
    for window in range(n_windows):
        step(world, window)
        if (window + 1) % (n_windows // 24) == 0:
            hour = window // (n_windows // 24)
            close_hour(world, hour)
            close_sites(world, hour)
    peers.end_day(world)
    return peers, crew, crew.held_s - before_s


def rows_crossing(found: Measured, parts: Any) -> int:
    """Return the arrivals whose vehicle and station are of different parts."""
    inside = sum(found.crossing[a:b, a:b].sum() for a, b in ((part.first_zone, part.end_zone) for part in parts))
    return int(found.crossing.sum() - inside)


def bytes_through(found: Measured, parts: Any, rows: int) -> float:
    """Return the bytes that pass the chair: visitors there and back, the Board up and to all, links and routes likewise."""
    return rows * 2 * 2 * ROW_BYTES + found.n_pools * 8 * (1 + len(parts)) + bytes_of_roads(found, len(parts))


def bytes_of_roads(found: Measured, n_workers: int) -> int:
    """Return those that do not grow with the fleet."""
    return found.n_windows * found.n_links * n_workers * (1 + 2) + found.tree_bytes * (1 + n_workers)


def latency_s(n_workers: int, n_rounds: int = 2000) -> float:
    """Return the seconds of an empty round over lines to processes on this machine, the fastest tenth of them."""
    from multiprocessing import get_context

    from twin.parallel.crew import Lines
    from twin.parallel.line import KEY_BYTES, dial

    context, key, lines, taken = get_context("spawn"), bytes(KEY_BYTES), Lines(), []
    ends = [context.Pipe() for _ in range(n_workers)]
    workers = [context.Process(target=echo, args=(end, key), daemon=True) for _, end in ends]
    for worker in workers:
        worker.start()
    lines.lines = [dial(end.recv(), key, 60.0) for end, _ in ends]
    for _ in range(n_rounds):
        start = time.perf_counter()
        lines.tell(None)
        lines.hear()
        taken.append(time.perf_counter() - start)
    for worker in workers:
        worker.terminate()
        worker.join()
    return sorted(taken)[len(taken) // 10]


def echo(end: Any, key: bytes) -> None:
    """Answer whatever comes over a line."""
    from twin.parallel.line import Ear, pack

    ear = Ear("127.0.0.1")
    end.send(ear.place)
    line = ear.answer(key, 60.0)
    while True:
        line.receive()
        line.receive()
        line.send(pack(None))


def told(found: Measured, given: Any, sample: float, latencies: dict[int, float]) -> str:
    """Return the check of the model and its predictions."""
    from twin.parallel import cut_by_load

    check = []
    for n in CHECKED:
        parts = cut_by_load(given, n)
        rows = rows_crossing(found, parts)
        wanted = bytes_through(found, parts, rows)
        busy = np.array(found.busy_s[n])
        check.append(
            [
                str(n), f"{rows:,}", f"{found.rows[n]:,}", f"{wanted / 1e6:,.1f}", f"{found.n_bytes[n] / 1e6:,.1f}",
                f"{found.rounds[n] / found.n_windows:.2f}", f"{busy.max() / busy.mean():.2f}",
            ]
        )  # fmt: skip
    few, many = min(latencies), max(latencies)
    each_s = max((latencies[many] - latencies[few]) / (many - few), 0.0)
    base_s = latencies[few] - each_s * few
    most = CHECKED[-1]
    own_s = max((sum(found.busy_s[most]) - sum(found.busy_s[1])) / (most - 1), 0.0) / found.n_windows
    chair_each_s = max((found.chair_s[most] - found.chair_s[1]) / (most - 1), 0.0) / found.n_windows
    chair_base_s = found.chair_s[1] / found.n_windows - chair_each_s
    whole_s = WINDOW_CORE_S
    lines = []
    for n in CORES:
        parts = cut_by_load(given, n)
        load = found.crossing.sum(axis=0) + found.crossing.sum(axis=1)
        of_part = np.array([load[part.first_zone : part.end_zone].sum() for part in parts])
        compute_s = whole_s * of_part.max() / of_part.sum()
        barrier_s = 2 * (base_s + each_s * n)
        of_roads = bytes_of_roads(found, n)
        of_fleet = bytes_through(found, parts, rows_crossing(found, parts)) - of_roads
        wire_s = (of_fleet / sample + of_roads) / found.n_windows / NETWORK_BYTES_PER_S
        chair_s = chair_base_s + chair_each_s * n
        total_s = compute_s + own_s + chair_s + barrier_s + wire_s
        seconds = (compute_s, own_s, chair_s, barrier_s, wire_s, total_s)
        lines.append(
            [
                str(n),
                f"{n * of_part.max() / of_part.sum():.2f}",
                *(f"{1e3 * s:.1f}" for s in seconds),
                f"{whole_s / total_s:.1f}",
            ]
        )
    checked = table(
        ["workers", "visitors, model", "emulated", "MB, model", "emulated", "rounds a window", "busiest over mean"], check
    )
    predicted = table(
        [
            "cores",
            "busiest over mean",
            "computing (ms)",
            "own (ms)",
            "chair (ms)",
            "barriers (ms)",
            "wire (ms)",
            "window (ms)",
            "speed-up",
        ],
        lines,
    )
    rest = ", ".join(f"{1e3 * seconds:.2f} ms with {n}" for n, seconds in sorted(latencies.items()))
    return (
        f"{checked}\nOne day of a sample of {sample:g}. An empty round on this machine took {rest}.\n\n{predicted}\n"
        f"The whole nation, {WINDOW_CORE_S * 1e3:.0f} core-milliseconds a window, a worker a core, a network of 10 Gbit/s; "
        "speed-up is against one core. Predicted, not measured.\n"
    )


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--sample", type=float, default=0.02, help="share of the fleet")
    chosen = parser.parse_args()
    sys.setswitchinterval(60.0)  # threads that stand for processes shall not take turns while they compute
    found = measure(chosen)
    latencies = {n: latency_s(n) for n in (2, 8)}
    publish(TITLE, told(found, given_of(chosen), chosen.sample, latencies), chosen)


if __name__ == "__main__":
    main()
