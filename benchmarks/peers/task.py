"""The common task: vehicles that drive two trips of 16 links a day over a grid of roads and charge where they run low.

The rules, the same for every peer:

- Time is whole seconds. A vehicle leaves for a trip at its second of departure, or when the trip before has ended.
- At every node but the destination it looks at its battery: below `reserve_ws`, and where a station stands, it queues
  first come first served (ties by vehicle) and charges to `target_ws`, as long as the power curve says, rounded up.
- Where its energy does not reach over the next link it is stranded and stays there. Otherwise it enters the link.

So who charges where is known beforehand (`walk`), and only when depends on the queues: a peer that says another number
of sessions has not done the work.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.peers.curve import Curve

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.floating[Any]]
Rows = npt.NDArray[np.integer[Any]]
"""What picks rows of a table."""

NEVER = 2**31 - 1
WINDOW_S = 300
DAY_S = 86_400
KWH = 3_600_000

COLUMNS, ROWS = 20, 15
LINK_KM = 10
SPEED_KMH = 90
TRIP_LINKS = 16
CAPACITY_KWH = 75
KWH_PER_KM = 0.15
SHARE_LOW = 0.37
"""Vehicles that start the day with less than it takes; each charges once or, rarely, twice."""
EVSE_PER_PASSAGE = 8e-4
"""EVSEs of a station per vehicle that passes it in a day: some wait at the peaks, and nobody for hours."""
RATED_KW = 120
CAR_KW = (120, 120, 120, 120, 120, 120, 120, 114, 108, 102, 96, 90, 84, 78, 72, 66, 60, 48, 36, 25, 15)
"""Power at a state of charge of 0, 0.05 .. 1."""


class Network(NamedTuple):
    """Nodes by their place, directed links by their ends, and the link to take: ``next_link[destination, node]``."""

    x_km: Floats
    y_km: Floats
    from_node: Ints
    to_node: Ints
    length_km: Floats
    speed_kmh: Floats
    next_link: Ints

    @property
    def link_s(self) -> Ints:
        """Seconds a link takes; no tool is asked to model jams."""
        return np.ceil(self.length_km / self.speed_kmh * 3600).astype(np.int32)


class Stations(NamedTuple):
    """Sites with one queue each, in the order of their nodes."""

    node: Ints
    n_evse: Ints
    rated_power_kw: Floats


class Vehicles(NamedTuple):
    """Vehicles of one class; a row's index is the id."""

    energy_ws: Ints


class Trips(NamedTuple):
    """Trips in the order of (vehicle, departure), as many for each vehicle."""

    vehicle: Ints
    origin: Ints
    destination: Ints
    depart_s: Ints


class Task(NamedTuple):
    """All that a peer is given. `end_s` is where the clock stops, `link_ws` what any link takes from the battery."""

    network: Network
    stations: Stations
    vehicles: Vehicles
    trips: Trips
    curve: Curve
    link_ws: int
    reserve_ws: int
    end_s: int

    @property
    def n_vehicles(self) -> int:
        return len(self.vehicles.energy_ws)

    @property
    def trips_each(self) -> int:
        return len(self.trips.vehicle) // self.n_vehicles

    @property
    def station_at(self) -> Ints:
        """Station at each node, -1 where none stands."""
        at = np.full(len(self.network.x_km), -1, np.int32)
        at[self.stations.node] = np.arange(len(self.stations.node))
        return at


def grid(columns: int, rows: int) -> Network:
    """Return a grid of roads in both directions; a route takes one of its shortest ways, always the same."""
    node = np.arange(columns * rows, dtype=np.int32).reshape(rows, columns)
    east = np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()])
    north = np.column_stack([node[:-1].ravel(), node[1:].ravel()])
    ends = np.concatenate([east, east[:, ::-1], north, north[:, ::-1]])
    ends = ends[np.lexsort((ends[:, 1], ends[:, 0]))]
    n_nodes = node.size
    link_between = np.full((n_nodes, n_nodes), -1, np.int32)
    link_between[ends[:, 0], ends[:, 1]] = np.arange(len(ends))
    goal, here = np.meshgrid(np.arange(n_nodes), np.arange(n_nodes), indexing="ij")
    across, along = goal % columns - here % columns, goal // columns - here // columns
    is_across = (along == 0) | ((across != 0) & ((here + goal) % 2 == 0))
    step = np.where(is_across, np.sign(across), columns * np.sign(along))
    length = np.full(len(ends), float(LINK_KM))
    return Network(
        (node % columns).ravel() * float(LINK_KM),
        (node // columns).ravel() * float(LINK_KM),
        ends[:, 0].copy(),
        ends[:, 1].copy(),
        length,
        np.full(len(ends), float(SPEED_KMH)),
        link_between[here, here + step],
    )


def draw_trips(network: Network, n_vehicles: int, luck: np.random.Generator) -> Trips:
    """Return a way out in the morning and the way back in the evening, 16 links each."""
    x, y = (network.x_km / LINK_KM).astype(int), (network.y_km / LINK_KM).astype(int)
    apart = abs(x[:, None] - x) + abs(y[:, None] - y)
    homes, goals = np.nonzero(apart == TRIP_LINKS)
    pair = luck.integers(len(homes), size=n_vehicles)
    hours = np.clip(luck.normal((8.5, 17.0), 2.0, (n_vehicles, 2)), (4.0, 13.0), (13.5, 22.0))
    there, back = homes[pair], goals[pair]
    return Trips(
        np.repeat(np.arange(n_vehicles, dtype=np.int32), 2),
        np.column_stack([there, back]).ravel().astype(np.int32),
        np.column_stack([back, there]).ravel().astype(np.int32),
        (hours * 3600).astype(np.int32).ravel(),
    )


def build(n_vehicles: int, seed: int = 2027) -> Task:
    """Return the common task for so many vehicles; equal arguments give equal arrays."""
    luck = np.random.default_rng(seed)
    network = grid(COLUMNS, ROWS)
    trips = draw_trips(network, n_vehicles, luck)
    is_low = luck.random(n_vehicles) < SHARE_LOW
    soc = np.where(is_low, luck.uniform(0.25, 0.80, n_vehicles), luck.uniform(0.85, 1.0, n_vehicles))
    capacity_ws = CAPACITY_KWH * KWH
    passages = np.zeros(len(network.x_km))
    node = trips.origin.copy()
    for _ in range(TRIP_LINKS):
        node = network.to_node[network.next_link[trips.destination, node]]
        passages += np.bincount(node, minlength=len(passages))
    n_evse = np.maximum(1, np.ceil(passages * EVSE_PER_PASSAGE)).astype(np.int32)
    return Task(
        network,
        Stations(np.arange(len(passages), dtype=np.int32), n_evse, np.full(len(passages), float(RATED_KW))),
        Vehicles((soc * capacity_ws).astype(np.int32)),
        trips,
        Curve.through(CAR_KW, capacity_ws, target_soc=0.8),
        int(KWH_PER_KM * LINK_KM * KWH),
        int(0.2 * capacity_ws),
        2 * DAY_S,
    )
