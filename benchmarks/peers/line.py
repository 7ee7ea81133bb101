"""Tasks on one straight road, small enough to know the answer, and the counts that tell it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.peers import registry
from benchmarks.peers.curve import Curve
from benchmarks.peers.measure import Prepare
from benchmarks.peers.outcome import Outcome
from benchmarks.peers.task import DAY_S, KWH, LINK_KM, NEVER, SPEED_KMH, Ints, Network, Stations, Task, Trips, Vehicles

LINES = (registry.OURS, "mesa_agents", "simpy_processes", "numpy_vectorised")
"""Scripts that take any task, not only the common one."""


def road(n_links: int) -> Network:
    """Return a road in one direction."""
    here = np.arange(n_links + 1, dtype=np.int32)
    next_link = np.where(here[:, None] > here, here, -1).astype(np.int32)
    whole = np.ones(n_links)
    return Network(
        here * float(LINK_KM), here * 0.0, here[:-1].copy(), here[1:].copy(), whole * LINK_KM, whole * SPEED_KMH, next_link
    )


def trips_along(network: Network, depart_s: Ints) -> Trips:
    """Return one trip a vehicle, from end to end."""
    n_vehicles = len(depart_s)
    ends = np.zeros(n_vehicles, np.int32), np.full(n_vehicles, len(network.x_km) - 1, np.int32)
    return Trips(np.arange(n_vehicles, dtype=np.int32), *ends, depart_s)


def overload() -> Task:
    """Return 20 vehicles 300 s apart at 2 EVSEs that each takes for 900 s."""
    network = road(2)
    capacity_ws, link_ws = 60 * KWH, 2 * KWH
    curve = Curve.through([120] * 11, capacity_ws, target_soc=0.8)
    energy_ws = np.full(20, curve.target_ws - 120_000 * 900 + link_ws, np.int32)
    stations = Stations(np.array([1], np.int32), np.array([2], np.int32), np.array([120.0]))
    trips = trips_along(network, np.arange(20, dtype=np.int32) * 300)
    return Task(network, stations, Vehicles(energy_ws), trips, curve, link_ws, capacity_ws // 2, DAY_S)


def corridor(n_vehicles: int = 2000, seed: int = 2027) -> Task:
    """Return 500 km with a site of 8 EVSEs of 120 kW every 50 km, and vehicles that leave within 6 hours.

    Some leave with too little to reach the first site.
    """
    luck = np.random.default_rng(seed)
    network = road(50)
    capacity_ws = 60 * KWH
    depart_s = np.sort(luck.integers(0, 6 * 3600, n_vehicles)).astype(np.int32)
    node = np.arange(5, 50, 5, dtype=np.int32)
    stations = Stations(node, np.full(len(node), 8, np.int32), np.full(len(node), 120.0))
    energy_ws = (luck.uniform(0.1, 1.0, n_vehicles) * capacity_ws).astype(np.int32)
    curve = Curve.through([120] * 11, capacity_ws, target_soc=0.8)
    trips = trips_along(network, depart_s)
    return Task(network, stations, Vehicles(energy_ws), trips, curve, int(1.8 * KWH), capacity_ws // 4, DAY_S)


class Ends(NamedTuple):
    """Where the vehicles are when the clock stops; together they are all vehicles, or some were lost."""

    arrived: int
    stranded: int
    charging: int
    queued: int
    under_way: int


def ends(task: Task, outcome: Outcome) -> Ends:
    """Count where vehicles of one trip are at `end_s`, each from its own record."""
    place = np.full(task.n_vehicles, 4)
    log = outcome.sessions
    place[log.vehicle[log.start_s >= task.end_s]] = 3
    place[log.vehicle[(log.start_s < task.end_s) & (log.end_s >= task.end_s)]] = 2
    place[outcome.stranded] = 1
    place[outcome.trip_end_s < NEVER] = 0
    return Ends(*np.bincount(place, minlength=5).tolist())


def preparer(module: str) -> Prepare:
    """Return how a peer sets a task up."""
    prepare: Prepare = importlib.import_module(f"benchmarks.peers.{module}").prepare
    return prepare


def line_of(module: str, title: str, told: Callable[[], list[str]]) -> list[str]:
    """Return a peer's line of a table, its title and what `told` gives, or the title and why there is nothing more."""
    if registry.peer(module).version is None:
        return [title, "not installed"]
    try:
        return [title, *told()]
    except (ImportError, SystemExit) as fault:
        return [title, str(fault)]


def padded(rows: list[list[str]], head: list[str]) -> list[list[str]]:
    """Return the rows of a table as long as its head."""
    return [row + [""] * (len(head) - len(row)) for row in rows]
