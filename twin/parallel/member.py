"""A worker of a run: it lives its part in the same windows as one process would the whole, and meets the others in them.

Days are lived by a thread that waits on its line to the chair: for the word that a day begins, and at every exchange for the
answer. So the order of the windows is written in one place, `twin.engine.window`, and not once more in messages.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import numpy as np

from twin.engine.account import end_hour, sampled
from twin.engine.navigation import grow_trees
from twin.engine.peers import Peers
from twin.engine.plants import end_site_hour
from twin.engine.views import publish_prices
from twin.engine.window import step
from twin.engine.world import World, build_world
from twin.errors import ConfigError, EngineError
from twin.parallel.line import Ear, Line, LineError, pack
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
    narrow,
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
from twin.parallel.visitors import Visitors
from twin.physics import SECONDS_PER_HOUR
from twin.tables.columns import I32, I64, rows
from twin.tables.inputs import Vehicles
from twin.tables.plants import PlantTotals
from twin.tables.state import ARRIVED, HELD_S, PLUGGED, QUEUE
from twin.tables.totals import StationHour

__all__ = ["Member"]


class Member(Peers):
    """One part of a run."""

    world: World
    _line: Line

    def __init__(self) -> None:
        self._computed_s = self._since_s = 0.0

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
        self._visitors = Visitors(world)
        self._away_slot = np.zeros(self._visitors.n_own, np.int32)
        for name, array in shared_pieces(world):
            if name in start.shared:
                array[...] = start.shared[name]
        if world.navigation is not None:
            grow_trees(world, range(len(given.roads.zone_node)))
        self._settle(owned, of_slots)
        self._shown_wait_s = self._own_board().copy()

    def listen(self, common: tuple[bytes, float], _own: Any = None) -> tuple[str, int]:
        """Wait at the address by which Ray knows this machine for who holds the key, and live days for it."""
        import ray

        key, within_s = common
        host = str(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]
        try:
            ear = Ear(host)
        except OSError as fault:
            raise ConfigError(
                f"worker at {host}: cannot listen there ({fault}); wanted an address of the machine itself, by which "
                "Ray knows its node; start the node with one, `ray start --node-ip-address`"
            ) from fault

        def answer() -> None:
            with suppress(LineError):  # nobody came: the chair is gone, or says why it did not
                self.serve(ear.answer(key, within_s))

        threading.Thread(target=answer, daemon=True).start()
        return ear.place

    def serve(self, line: Line) -> None:
        """Live days as they are asked for, until the other side hangs up."""
        self._line = line
        try:
            while True:
                order, _ = self._hear()
                self._live(*order)
        except LineError:
            return
        finally:
            line.close()

    def state(self, _common: Any = None, _own: Any = None) -> tuple[Rows, Rows]:
        """Return the rows that the part owns, and those of vehicles that are in its hands."""
        return take(self.world, self._bounds), slot_rows(self.world, self._in_hand())

    def cost(self, _common: Any = None, _own: Any = None) -> Cost:
        """Return what the part has cost so far."""
        return Cost(self._computed_s, time.process_time())

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
        world.arrivals = np.concatenate([world.arrivals[~is_away], self._visitors.take_in(of_slots).astype(np.int32)])

    def exchange_news(self, world: World, entered: I64) -> I64:
        """Send visitors home and tell what has changed; hear the same of the others."""
        leaving = world.visits[world.visits >= self._visitors.n_own]
        to = np.searchsorted(self._vehicle_ends, world.active.vehicle[leaving], side="right")
        leaving = leaving[np.argsort(to, kind="stable")]
        told = world.visits if self._share >= 1.0 else sampled(world, world.visits, self._share)
        changed = np.flatnonzero(self._own_board() != self._shown_wait_s)
        self._shown_wait_s[changed] = self._own_board()[changed]
        news = News(
            slot_rows(world, leaving), np.bincount(to, minlength=len(self._vehicle_ends)),
            (changed + self._bounds["pool"][0]).astype(np.int32), self._shown_wait_s[changed], narrow(entered),
            world.sums.copy(), world.stranded, slot_rows(world, told)["active"],
        )  # fmt: skip
        world.sums[:] = 0
        self._visitors.let_go(leaving)
        common, of_slots = self._ask(news)
        home = self._away_slot[vehicles_of(of_slots) - self._bounds["vehicle"][0]]
        place(world, home, of_slots)
        world.board_wait_s[common.pools] = common.wait_s
        return cast("I64", common.entered.astype(np.int64))

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
        self._tell(HourEnd(tuple(column[first:end] for column in of_hour), waits, n_out))

    def exchange_sites(self, of_hour: PlantTotals, stored_ws: I64) -> None:
        """Hand in what the part's plants did in an hour."""
        plants = slice(*self._bounds["plant"])
        self._tell(SiteHour(tuple(column[plants] for column in of_hour), stored_ws[plants]))

    # Within

    def _live(self, day: int, decided: Rows) -> None:
        """Live a day with what was decided at midnight, and report it."""
        try:
            self._hear_of(decided)
            world = self.world
            per_hour = SECONDS_PER_HOUR // world.given.rules.window_s
            for hour in range(day * 24, (day + 1) * 24):
                for window in range(hour * per_hour, (hour + 1) * per_hour):
                    step(world, window)
                end_hour(world, hour)
                end_site_hour(world)
            self._tell(Report(take(world, self._bounds, but=NOT_REPORTED)))
        except LineError:
            raise
        except BaseException as fault:  # told to the chair, who raises it
            self._tell(_sendable(fault))

    def _hear_of(self, decided: Rows) -> None:
        """Take over what was decided at midnight."""
        shared = dict(shared_pieces(self.world))
        for name in decided.keys() & shared.keys():
            shared[name][...] = decided[name]
        publish_prices(self.world.given, self.world.outlooks[0])
        put_own(self.world, self._bounds, decided)

    def _ask(self, packet: Any) -> tuple[Any, Any]:
        """Hand a packet to the chair, and wait for the answer: what all are told, and what this one is."""
        self._tell(packet)
        return self._hear()

    def _hear(self) -> tuple[Any, Any]:
        """Return what all are told and what this one is."""
        told = self._line.receive(), self._line.receive()
        self._since_s = time.thread_time()
        return told

    def _tell(self, packet: Any) -> None:
        """Hand a packet to the chair, and go on."""
        self._computed_s += time.thread_time() - self._since_s
        self._line.send(pack(packet))
        self._since_s = time.thread_time()

    def _own_board(self) -> np.ndarray:
        return self.world.board_wait_s[slice(*self._bounds["pool"])]

    def _settle(self, owned: Rows, of_slots: Rows) -> None:
        """Begin with the rows of a midnight: own vehicles in their slots, visitors in theirs."""
        world = self.world
        vehicle, (first, end) = vehicles_of(of_slots), self._bounds["vehicle"]
        is_own = (vehicle >= first) & (vehicle < end)
        slots = np.empty(len(vehicle), np.int64)
        slots[is_own] = give_slots(world, vehicle[is_own])
        slots[~is_own] = self._visitors.slots_for(int((~is_own).sum()))
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
        return np.concatenate([own[is_here], self._visitors.here()])


def _sendable(fault: BaseException) -> BaseException:
    """Return a fault as it is where it can travel, else its words."""
    try:
        pickle.loads(pickle.dumps(fault))
    except Exception:
        return EngineError(f"worker: {type(fault).__name__}: {fault}")
    return fault
