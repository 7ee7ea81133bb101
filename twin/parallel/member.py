"""A worker of a run: it lives its part in the same windows as one process would the whole, and meets the others in them.

Days are lived by a thread that waits on its line to the chair for the word that a day begins, and on its lines to the others
at every exchange. So the order of the windows is written in one place, `twin.engine.window`, and not once more in messages.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any

import numpy as np

from twin.engine.account import end_hour, sampled
from twin.engine.navigation import grow_all
from twin.engine.peers import Peers
from twin.engine.plants import end_site_hour
from twin.engine.views import publish_prices
from twin.engine.window import step
from twin.engine.world import World, build_world
from twin.errors import EngineError
from twin.parallel.line import LineError
from twin.parallel.meeting import Place
from twin.parallel.mesh import LostError, Mesh
from twin.parallel.packets import (
    NOT_REPORTED,
    Cost,
    HourEnd,
    Lost,
    News,
    Notice,
    Report,
    Rows,
    SiteHour,
    Start,
    Sum,
    joined,
    narrow,
    own_copy,
    packed,
    parcels,
    total_of,
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

    def __init__(self) -> None:
        self.mesh, self._n_visitors = Mesh(), 0

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
        self._pool_ends = np.array([of["pool"][1] for of in bounds])
        self.world = world = build_world(given, 1, part=start.parts[self._at])
        world.peers = self
        self._visitors = Visitors(world)
        self._away_slot = np.zeros(self._visitors.n_own, np.int32)
        for name, array in shared_pieces(world):
            if name in start.shared:
                array[...] = start.shared[name]
        if world.navigation is not None:
            grow_all(world)
        self._settle(owned, of_slots)
        self._shown_wait_s = self._own_board().copy()

    def listen(self, common: tuple[bytes, int, float], at: int) -> Place:
        """Listen for the chair and for workers with higher numbers, on lines of their own."""
        self.mesh = Mesh()
        return self.mesh.listen(*common, at)

    def meet(self, common: tuple[bytes, Sequence[Place], float], at: int) -> tuple[int, str] | None:
        """Call the workers with lower numbers, and live days from then on; return whom no way leads to, and why."""
        missed = self.mesh.meet(*common, at)
        if missed is None:
            threading.Thread(target=self.serve, daemon=True).start()
        return missed

    def serve(self) -> None:
        """Live days as they are asked for, until the chair hangs up."""
        with suppress(LineError), closing(self.mesh) as mesh:
            while True:
                self._live(*mesh.hear())

    def state(self, _common: Any = None, _own: Any = None) -> tuple[Rows, Rows]:
        """Return the rows that the part owns, and those of vehicles that are in its hands."""
        return take(self.world, self._bounds), slot_rows(self.world, self._in_hand())

    def cost(self, _common: Any = None, _own: Any = None) -> Cost:
        """Return what the part has cost so far."""
        mesh = self.mesh
        return Cost(mesh.computed_s, time.process_time(), mesh.n_rounds, self._n_visitors, mesh.n_bytes)

    # Exchanges

    def total(self, numbers: np.ndarray) -> np.ndarray:
        """Return the sum over all."""
        own = Sum(numbers)
        theirs = [told for told, _ in self.mesh.swap(own)]
        self.mesh.tell(own)
        return total_of([own, *theirs], numbers.dtype)

    def exchange_arrivals(self, world: World) -> None:
        """Hand arrivals at others' stations over, and take visitors in."""
        pool, (first, end) = world.active.pool[world.arrivals], self._bounds["pool"]
        is_away = (pool < first) | (pool >= end)
        leaving, to = world.arrivals[is_away], np.searchsorted(self._pool_ends, pool[is_away], side="right")
        self._n_visitors += len(leaving)
        self._away_slot[world.active.vehicle[leaving] - self._bounds["vehicle"][0]] = leaving
        visitors = self._swap_rows(None, leaving, to)[1]
        world.arrivals = np.concatenate([world.arrivals[~is_away], self._visitors.take_in(visitors).astype(np.int32)])

    def exchange_news(self, world: World, entered: I64) -> I64:
        """Send visitors home and tell what has changed; hear the same of the others, and have the chair note it."""
        leaving = world.visits[world.visits >= self._visitors.n_own]
        to = np.searchsorted(self._vehicle_ends, world.active.vehicle[leaving], side="right")
        shown = np.flatnonzero(self._own_board() != self._shown_wait_s)
        self._shown_wait_s[shown] = self._own_board()[shown]
        own = Notice(
            (shown + self._bounds["pool"][0]).astype(np.int32), self._shown_wait_s[shown], narrow(entered)
        )  # fmt: skip
        news = News(own, world.sums.copy(), world.stranded, slot_rows(world, self._visits_told())["active"])
        world.sums[:] = 0
        theirs, back = self._swap_rows(own, leaving, to)
        self.mesh.tell(news)
        self._visitors.let_go(leaving)
        place(world, self._away_slot[vehicles_of(back) - self._bounds["vehicle"][0]], back)
        for notice in theirs:
            world.board_wait_s[notice.pools] = notice.wait_s
            entered += notice.entered
        return entered

    def trees_of(self, n_zones: int) -> range:
        """Return an equal share of the zones: any tree takes as long as another."""
        n_parts = len(self._vehicle_ends)
        return range(self._at * n_zones // n_parts, (self._at + 1) * n_zones // n_parts)

    def exchange_trees(self, trees: I32) -> I32:
        """Hand over the trees that the part has grown, and take the others'."""
        theirs = self.mesh.swap(packed(trees, len(self.world.given.roads.link_to)))
        all_trees = [unpacked(told) for told, _ in theirs]
        all_trees.insert(self._at, trees)
        return np.concatenate(all_trees)

    def exchange_hour(self, world: World, of_hour: StationHour, n_out: I64) -> None:
        """Hand in what the part's stations did in an hour."""
        first, end = self._bounds["station"]
        waits = world.ledger.wait_histogram.sum(axis=0)
        world.ledger.wait_histogram[:] = 0
        self.mesh.tell(HourEnd(tuple(column[first:end] for column in of_hour), waits, n_out))

    def exchange_sites(self, of_hour: PlantTotals, stored_ws: I64) -> None:
        """Hand in what the part's plants did in an hour."""
        plants = slice(*self._bounds["plant"])
        self.mesh.tell(SiteHour(tuple(column[plants] for column in of_hour), stored_ws[plants]))

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
            self.mesh.tell(Report(take(world, self._bounds, but=NOT_REPORTED)))
        except LostError as lost:
            self.mesh.tell(Lost(*lost.args))
        except LineError:
            raise
        except BaseException as fault:  # told to the chair, who raises it
            self.mesh.tell(_sendable(fault))

    def _hear_of(self, decided: Rows) -> None:
        """Take over what was decided at midnight."""
        shared = dict(shared_pieces(self.world))
        for name in decided.keys() & shared.keys():
            shared[name][...] = decided[name]
        publish_prices(self.world.given, self.world.outlooks[0])
        put_own(self.world, self._bounds, decided)

    def _swap_rows(self, common: Any, slots: np.ndarray, to: np.ndarray) -> tuple[list[Any], Rows]:
        """Tell all others something and hand each the rows of its slots; return what they tell and the rows from all."""
        of_slots = slot_rows(self.world, slots[np.argsort(to, kind="stable")])
        found = self.mesh.swap(common, parcels(of_slots, np.bincount(to, minlength=len(self._pool_ends))))
        nothing = {name: rows[:0] for name, rows in of_slots.items()}
        return [told for told, _ in found], joined([nothing, *(rows for _, rows in found)])

    def _visits_told(self) -> np.ndarray:
        """Return the visits that ended of vehicles in the sample: all, some, or none."""
        visits = self.world.visits
        if self._share in (0.0, 1.0):
            return visits if self._share else visits[:0]
        return sampled(self.world, visits, self._share)

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
