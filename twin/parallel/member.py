"""A worker of a run: it lives its part in the same windows as one process would the whole, and meets the others in them.

The windows run in a thread that stops at every exchange until the answer comes, so that their order is written in one place,
`twin.engine.window`, and not once more in messages.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from twin.engine.account import end_hour, sampled
from twin.engine.navigation import grow_trees
from twin.engine.peers import Peers
from twin.engine.plants import end_site_hour
from twin.engine.views import publish_prices
from twin.engine.window import step
from twin.engine.world import World, build_world
from twin.parallel.packets import (
    NOT_REPORTED,
    Arrivals,
    Cost,
    HourEnd,
    News,
    Report,
    Rows,
    SiteHour,
    Start,
    Sum,
    own_copy,
    packed,
    unpacked,
)
from twin.parallel.parts import (
    bounds_of,
    give_slots,
    place,
    put,
    put_own,
    shared_pieces,
    slot_rows,
    slots_by_vehicle,
    take,
    vehicles_of,
)
from twin.physics import SECONDS_PER_HOUR
from twin.tables.columns import I32, I64, like, rows
from twin.tables.inputs import Vehicles
from twin.tables.plants import PlantTotals
from twin.tables.state import ARRIVED, HELD_S, PLUGGED, QUEUE
from twin.tables.totals import StationHour

__all__ = ["Member"]

ROOM = 1024
"""Slots for visitors to begin with."""


class Member(Peers):
    """One part of a run."""

    world: World

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._answered: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._before_s = self._busy_s = 0.0

    # Orders of the chair

    def begin(self, start: Start, own: tuple[int, Rows, Rows]) -> None:
        """Build the part.

        Parameters
        ----------
        start : Start
            What all have.
        own : tuple
            (which part, the rows that it owns, rows of its vehicles that are out and of visitors at its stations).
        """
        self._at, owned, of_slots = own
        given = own_copy(start.given)._replace(vehicles=rows(Vehicles, start.n_vehicles))
        bounds = [bounds_of(given, part) for part in start.parts]
        self._bounds, self._share = bounds[self._at], start.share
        self._vehicle_ends = np.array([of["vehicle"][1] for of in bounds])
        self._station_ends = np.array([of["station"][1] for of in bounds])
        self.world = world = build_world(given, 1, part=start.parts[self._at])
        world.peers = self
        self._n_own = len(world.wake_s)
        self._away_slot = np.zeros(self._n_own, np.int32)
        self._free = np.zeros(0, np.int64)
        for name, array in shared_pieces(world):
            if name in start.shared:
                array[...] = start.shared[name]
        if world.navigation is not None:
            grow_trees(world, range(len(given.roads.zone_node)))
        self._settle(owned, of_slots)
        self._shown_wait_s = self._own_board().copy()

    def live_day(self, decided: tuple[int, Rows], _own: Any = None) -> Any:
        """Begin a day, with what was decided at midnight; return the first packet."""
        day, pieces = decided
        shared = dict(shared_pieces(self.world))
        for name in pieces.keys() & shared.keys():
            shared[name][...] = pieces[name]
        publish_prices(self.world.given, self.world.outlooks[0])
        slots = self._in_hand()
        put_own(self.world, self._bounds, pieces, slots_by_vehicle(self.world.active.vehicle[slots], slots))
        threading.Thread(target=self._live, args=(day,), daemon=True).start()
        return self._next()

    def trade(self, common: Any, own: Any) -> Any:
        """Hand the answer to the last packet in; return the next packet."""
        self._answered.put((common, own))
        return self._next()

    def state(self, _common: Any = None, _own: Any = None) -> tuple[Rows, Rows]:
        """Return the rows that the part owns, and those of vehicles that are in its hands."""
        return take(self.world, self._bounds), slot_rows(self.world, self._in_hand())

    def cost(self, _common: Any = None, _own: Any = None) -> Cost:
        """Return what the part has cost so far."""
        return Cost(self._busy_s, time.process_time())

    # Exchanges

    def total(self, numbers: np.ndarray) -> np.ndarray:
        """Return the sum over all."""
        common, _ = self._ask(Sum(numbers))
        return cast("np.ndarray", common.numbers.astype(numbers.dtype))

    def exchange_arrivals(self, world: World) -> None:
        """Hand arrivals at others' stations over, and take visitors in."""
        station = world.given.pools.station[world.active.pool[world.arrivals]]
        to = np.searchsorted(self._station_ends, station, side="right")
        is_away = to != self._at
        leaving = world.arrivals[is_away][np.argsort(to[is_away], kind="stable")]
        self._away_slot[world.active.vehicle[leaving] - self._bounds["vehicle"][0]] = leaving
        n_to = np.bincount(to[is_away], minlength=len(self._station_ends))
        _, of_slots = self._ask(Arrivals(slot_rows(world, leaving), n_to))
        world.arrivals = np.concatenate([world.arrivals[~is_away], self._take_in(of_slots).astype(np.int32)])

    def exchange_news(self, world: World, entered: I64) -> I64:
        """Send visitors home and tell what has changed; hear the same of the others."""
        leaving = world.visits[world.visits >= self._n_own]
        to = np.searchsorted(self._vehicle_ends, world.active.vehicle[leaving], side="right")
        leaving = leaving[np.argsort(to, kind="stable")]
        told = world.visits if self._share >= 1.0 else sampled(world, world.visits, self._share)
        changed = np.flatnonzero(self._own_board() != self._shown_wait_s)
        self._shown_wait_s[changed] = self._own_board()[changed]
        news = News(
            slot_rows(world, leaving), np.bincount(to, minlength=len(self._vehicle_ends)),
            (changed + self._bounds["pool"][0]).astype(np.int32), self._shown_wait_s[changed], entered.astype(np.int32),
            world.sums.copy(), world.stranded, slot_rows(world, told)["active"],
        )  # fmt: skip
        world.sums[:] = 0
        self._free = np.concatenate([self._free, leaving])
        common, of_slots = self._ask(news)
        home = self._away_slot[vehicles_of(of_slots) - self._bounds["vehicle"][0]]
        place(world, home, of_slots)
        world.board_wait_s[common.pools] = common.wait_s
        return cast("I64", common.entered)

    def trees_of(self, n_zones: int) -> range:
        """Return an equal share of the zones: any tree takes as long as another."""
        n_parts = len(self._vehicle_ends)
        return range(self._at * n_zones // n_parts, (self._at + 1) * n_zones // n_parts)

    def exchange_trees(self, next_link: I32) -> Sequence[int]:
        """Hand over the trees that the part has grown, and take the others'."""
        n_zones = len(self.world.given.roads.zone_node)
        trees, own = next_link[-n_zones:], self.trees_of(n_zones)
        common, _ = self._ask(packed(trees[own.start : own.stop], len(self.world.given.roads.link_to)))
        trees[...] = unpacked(common)
        return [zone for zone in range(n_zones) if zone not in own]

    def exchange_hour(self, world: World, of_hour: StationHour, n_out: I64) -> None:
        """Hand in what the part's stations did in an hour."""
        first, end = self._bounds["station"]
        waits = world.ledger.wait_histogram.sum(axis=0)
        world.ledger.wait_histogram[:] = 0
        self._ask(HourEnd(tuple(column[first:end] for column in of_hour), waits, n_out))

    def exchange_sites(self, of_hour: PlantTotals, stored_ws: I64) -> None:
        """Hand in what the part's plants did in an hour."""
        plants = slice(*self._bounds["plant"])
        self._ask(SiteHour(tuple(column[plants] for column in of_hour), stored_ws[plants]))

    # Within

    def _live(self, day: int) -> None:
        """Live a day, and report it."""
        self._before_s = self._busy_s
        try:
            world = self.world
            per_hour = SECONDS_PER_HOUR // world.given.rules.window_s
            for hour in range(day * 24, (day + 1) * 24):
                for window in range(hour * per_hour, (hour + 1) * per_hour):
                    step(world, window)
                end_hour(world, hour)
                end_site_hour(world)
            self._tell(Report(take(world, self._bounds, but=NOT_REPORTED)))
        except BaseException as fault:  # told to the chair, who raises it
            self._tell(fault)

    def _ask(self, packet: Any) -> Any:
        """Hand a packet to the chair, and wait for the answer."""
        self._tell(packet)
        return self._answered.get()

    def _tell(self, packet: Any) -> None:
        self._busy_s = self._before_s + time.thread_time()
        self._asked.put(packet)

    def _next(self) -> Any:
        packet = self._asked.get()
        if isinstance(packet, BaseException):
            raise packet
        return packet

    def _own_board(self) -> np.ndarray:
        return self.world.board_wait_s[slice(*self._bounds["pool"])]

    def _settle(self, owned: Rows, of_slots: Rows) -> None:
        """Begin with the rows of a midnight: own vehicles in their slots, visitors in theirs."""
        world = self.world
        vehicle, (first, end) = vehicles_of(of_slots), self._bounds["vehicle"]
        is_own = (vehicle >= first) & (vehicle < end)
        slots = np.empty(len(vehicle), np.int64)
        slots[is_own] = give_slots(world, vehicle[is_own])
        self._make_room(int((~is_own).sum()))
        slots[~is_own] = self._pop(int((~is_own).sum()))
        slot_of = slots_by_vehicle(vehicle, slots)
        place(world, slots, of_slots, slot_of)
        put(world, self._bounds, owned, slot_of)
        self._away_slot[vehicle[is_own] - first] = slots[is_own]
        pool, phase = world.active.pool[slots], world.active.phase[slots]
        pool_first, pool_end = self._bounds["pool"]
        is_away = is_own & ((phase == QUEUE) | (phase == PLUGGED)) & ((pool < pool_first) | (pool >= pool_end))
        world.active.phase[slots[is_away]] = ARRIVED
        world.wake_s[slots[is_away]] = HELD_S

    def _in_hand(self) -> I64:
        """Return the slots of the own vehicles that are out and not at others' stations, and of visitors."""
        own = self.world.slots_out()
        is_here = self.world.active.phase[own] != ARRIVED
        visitors = np.setdiff1d(np.arange(self._n_own, len(self.world.wake_s)), self._free)
        return np.concatenate([own[is_here], visitors])

    def _take_in(self, of_slots: Rows) -> np.ndarray:
        """Give visitors slots."""
        n_rows = len(of_slots["active"])
        self._make_room(n_rows)
        slots = self._pop(n_rows)
        place(self.world, slots, of_slots)
        return slots

    def _pop(self, n_rows: int) -> np.ndarray:
        """Take free slots of visitors."""
        at = len(self._free) - n_rows
        slots, self._free = self._free[at:], self._free[:at]
        return slots

    def _make_room(self, n_rows: int) -> None:
        """Have free slots for so many visitors; there is always twice the room, so that it is rarely made."""
        world = self.world
        if n_rows <= len(self._free):
            return
        before = len(world.wake_s)
        after = before + max(before - self._n_own, n_rows, ROOM)
        used: Any = world.active
        active, wake_s = cast("Any", like(used, after)), like(world.wake_s, after)
        wake_s[:before] = world.wake_s
        # Rows that were never used stay untouched: most of them have no memory yet.
        for first, end in (*map(world.slots_of, world.vehicle_shards), (self._n_own, before)):
            active[first:end] = used[first:end]
        world.active, world.wake_s = active, wake_s
        self._free = np.concatenate([self._free, np.arange(before, after)])
