"""Which rows of a run belong to whom when several processes live parts of it; how a part is taken out and put together.

A part travels with vehicles in place of slots: a slot is a place in one process's memory and means nothing in another's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, cast

import numpy as np

from twin.engine.given import Given
from twin.engine.peers import Part
from twin.engine.snapshot import BY_SLOT, pieces_of
from twin.engine.world import World
from twin.errors import EngineError
from twin.tables.columns import I32, I64, rows
from twin.tables.state import PLUGGED, QUEUE, RING_HOURS, Active

__all__ = [
    "bounds_of",
    "give_slots",
    "out_for",
    "place",
    "put",
    "put_own",
    "shared_pieces",
    "slot_rows",
    "slots_by_vehicle",
    "take",
    "vehicles_of",
    "whose",
]

Rows = dict[str, np.ndarray]
Bounds = Mapping[str, tuple[int, int]]
SlotOf = Callable[[np.ndarray], np.ndarray]


class Owned(NamedTuple):
    """Rows that one process alone writes: those of its vehicles, trips, stations, what belongs to these, or zones."""

    of: str
    axis: int = 0
    n_each: int = 1


OWNED = {
    "given.vehicles": Owned("vehicle"),
    "given.itineraries.next_trip": Owned("tour"),
    "given.itineraries.begin_s": Owned("trip"),
    "given.itineraries.end_s": Owned("trip"),
    "pool_state": Owned("pool"),
    "evses": Owned("evse"),
    "racks": Owned("rack"),
    "ready_s": Owned("battery"),
    "plants.state": Owned("plant"),
    "plants.load_ws": Owned("plant"),
    "station_state": Owned("station"),
    "station_calls.given_ws": Owned("station"),
    "station_calls.n_answered": Owned("station"),
    "station_calls.n_below": Owned("station"),
    "outage_state": Owned("station"),
    "next_s": Owned("station"),
    "ledger.ring": Owned("station", n_each=RING_HOURS),
    "ledger.load_ws": Owned("zone", axis=1),
    "ledger.plant_ws": Owned("zone", axis=1),
    "private_part_ws": Owned("zone", axis=1),
    "private_step_w": Owned("zone", axis=1),
}
SHARED = (
    "given",
    "outages",
    "n_evse",
    "board_wait_s",
    "n_booked",
    "outlooks.links",
    "outlooks.n_rerouted",
    "navigation.time_ms",
    "plants.of_station",
    "plants.behind",
    "link_flow_per_h",
    "station_calls",
    "ledger.wait_edges_s",
)
"""The same in every process."""
BOOKS = (
    "hours", "wait_histogram", "road", "totals", "sums", "hour_sums", "link_entered", "link_hour_entered",
    "link_hour_speed_kmh", "ledger.wait_histogram", "tallies", "plants.totals",
)  # fmt: skip
"""What has been counted: one process keeps it for all, the others' are empty at midnight."""
OF_THE_CUT = ("vehicle_cuts", "station_cuts", "first_slot", "n_slots", "free", "outlooks.itineraries", *BY_SLOT)
"""Own to each process, or a view of what is named above."""
HOLDS_SLOTS = {"pool_state": ("head", "tail"), "evses": ("occupant",), "active": ("behind",)}
"""Columns that hold slots; numbers below 0 are none."""


@cache
def whose(name: str) -> str:
    """Return to whom a piece of the world belongs: ``owned``, ``shared``, ``books`` or ``cut``.

    Raises
    ------
    EngineError
        If nobody has said.
    """
    kind = ".".join(word for word in name.split(".") if not word.isdecimal())
    for answer, kinds in (("owned", OWNED), ("cut", OF_THE_CUT), ("books", BOOKS), ("shared", SHARED)):
        if any(kind == known or kind.startswith(f"{known}.") for known in kinds):
            return answer
    raise EngineError(f"{name}: nothing says which process of a run owns it; add it to the lists of twin/parallel/parts.py")


def bounds_of(given: Given, part: Part) -> dict[str, tuple[int, int]]:
    """Return the first row of a part and the row behind its last, by what the rows are of."""
    zones = part.first_zone, part.end_zone
    vehicle = part.first_vehicle[list(zones)]
    station = np.searchsorted(given.stations.zone, zones)
    pool = np.searchsorted(given.pools.station, station)
    evse = np.concatenate([[0], np.cumsum(given.pools.n_evse, dtype=np.int64)])[pool]
    rack = np.searchsorted(np.flatnonzero(given.pools.n_batteries), pool)
    battery = np.concatenate([[0], np.cumsum(given.pools.n_batteries, dtype=np.int64)])[pool]
    has_tours = len(given.itineraries.first) > 0
    found: dict[str, Any] = {"zone": zones, "vehicle": vehicle, "station": station, "pool": pool, "evse": evse}
    found |= {"rack": rack, "battery": battery, "plant": np.searchsorted(given.behind.plants.station, station)}
    found["tour"] = vehicle if has_tours else (0, 0)
    found["trip"] = given.itineraries.first[vehicle] if has_tours else (0, 0)
    return {of: (int(first), int(end)) for of, (first, end) in found.items()}


def take(world: World, bounds: Bounds, but: Collection[str] = ()) -> Rows:
    """Return copies of the rows that a part owns, vehicles in place of slots; without the pieces named in `but`."""
    vehicle = world.active.vehicle
    taken = {}
    for name, array in _owned(world):
        if name not in but:
            part = array[_rows_of(name, bounds)].copy()
            _exchange_slots(name, part, lambda slots: vehicle[slots])
            taken[name] = part
    return taken


def put(world: World, bounds: Bounds, taken: Mapping[str, np.ndarray], slot_of: SlotOf | None = None) -> None:
    """Write the rows that a part owns; `slot_of` turns vehicles into slots, without it they stay vehicles."""
    arrays = dict(_owned(world))
    for name, part in taken.items():
        if slot_of is not None and name in HOLDS_SLOTS:
            part = part.copy()
            _exchange_slots(name, part, slot_of)
        arrays[name][_rows_of(name, bounds)] = part


def put_own(world: World, bounds: Bounds, pieces: Mapping[str, np.ndarray]) -> None:
    """Write the rows that a part owns, out of pieces that hold those of all, and no slots."""
    put(world, bounds, {name: pieces[name][_rows_of(name, bounds)] for name in pieces.keys() & OWNED.keys()})


def shared_pieces(world: World) -> Iterator[tuple[str, np.ndarray]]:
    """Yield by name what is the same in every process and may change at midnight."""
    return ((piece.name, piece.array) for piece in pieces_of(world) if whose(piece.name) == "shared")


def slot_rows(world: World, slots: np.ndarray) -> Rows:
    """Return copies of the rows of slots, as bare bytes, vehicles in place of the slots that they hold."""
    found = {}
    for name in BY_SLOT:
        part = np.asarray(getattr(world, name))[slots]
        if name == "active":  # what a row says of others holds while it queues
            part["behind"][part["phase"] != QUEUE] = -1
        _exchange_slots(name, part, lambda behind: world.active.vehicle[behind])
        found[name] = part.view(np.uint8).reshape(len(slots), part.dtype.itemsize)
    return found


def place(world: World, slots: np.ndarray, of_slots: Mapping[str, np.ndarray], slot_of: SlotOf | None = None) -> None:
    """Write rows from `slot_rows` to slots; without `slot_of` nobody queues behind anybody."""
    for name, part in of_slots.items():
        array = getattr(world, name)
        values = np.array(part).view(array.dtype).reshape(len(slots))
        _exchange_slots(name, values, slot_of or (lambda vehicles: np.full(len(vehicles), -1)))
        array[slots] = values


def vehicles_of(of_slots: Mapping[str, np.ndarray]) -> I32:
    """Return the vehicles of rows from `slot_rows`."""
    active: Any = rows(Active, 0)
    return cast("I32", of_slots["active"].view(active.dtype)["vehicle"].ravel())


def slots_by_vehicle(vehicles: np.ndarray, slots: np.ndarray) -> SlotOf:
    """Return what turns vehicles into the slots that they have."""
    order = np.argsort(vehicles)
    return lambda wanted: slots[order[np.searchsorted(vehicles, wanted, sorter=order)]]


def give_slots(world: World, vehicles: np.ndarray) -> I64:
    """Return a slot for each of the world's own vehicles that are out, shard by shard in the order of vehicles."""
    order = np.argsort(vehicles)
    shard = np.searchsorted(world.vehicle_cuts, vehicles[order], side="right") - 1
    n_shards = len(world.first_slot)
    first = np.searchsorted(shard, np.arange(n_shards))
    slots = np.empty(len(vehicles), np.int64)
    slots[order] = world.first_slot[shard] + np.arange(len(vehicles)) - first[shard]
    world.n_slots = np.bincount(shard, minlength=n_shards).astype(np.int64)
    world.free = [np.zeros(0, np.int32) for _ in range(n_shards)]
    return slots


def out_for(world: World, part: Part) -> I64:
    """Return the slots of a whole world that matter to a part: its own vehicles', and those at its stations."""
    slots, bounds = world.slots_out(), bounds_of(world.given, part)
    vehicle, pool, phase = (getattr(world.active, name)[slots] for name in ("vehicle", "pool", "phase"))
    is_home = (vehicle >= bounds["vehicle"][0]) & (vehicle < bounds["vehicle"][1])
    is_here = (pool >= bounds["pool"][0]) & (pool < bounds["pool"][1]) & ((phase == QUEUE) | (phase == PLUGGED))
    return cast("I64", slots[is_home | is_here])


def _owned(world: World) -> Iterator[tuple[str, np.ndarray]]:
    return ((piece.name, piece.array) for piece in pieces_of(world) if piece.name in OWNED)


def _rows_of(name: str, bounds: Bounds) -> tuple[slice, ...]:
    owned = OWNED[name]
    first, end = bounds[owned.of]
    return (*(slice(None),) * owned.axis, slice(first * owned.n_each, end * owned.n_each))


def _exchange_slots(name: str, part: np.ndarray, other: SlotOf) -> None:
    """Write something else in place of the slots that rows hold."""
    for column in HOLDS_SLOTS.get(name, ()):
        is_one = part[column] >= 0
        part[column][is_one] = other(part[column][is_one])
