"""The process that holds the run together: it goes through the windows without rows of its own and keeps the books.

It has the whole world, as it would in one process; while a day lasts, its vehicles and stations are the workers' and it
computes none. What it holds of them is of the last midnight: what deciders look at always, the rest when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from twin.engine.peers import Peers
from twin.engine.snapshot import pieces_of
from twin.engine.world import World
from twin.errors import EngineError
from twin.parallel.crew import Crew
from twin.parallel.cut import cut_by_load
from twin.parallel.packets import (
    NOT_REPORTED,
    Cost,
    HourEnd,
    News,
    Report,
    Rows,
    SiteHour,
    Start,
    Sum,
    joined,
    total_of,
)
from twin.parallel.parts import (
    OWNED,
    bounds_of,
    give_slots,
    out_for,
    place,
    put,
    shared_pieces,
    slot_rows,
    slots_by_vehicle,
    take,
    vehicles_of,
    whose,
)
from twin.tables.columns import I64, rows
from twin.tables.inputs import Vehicles
from twin.tables.plants import PlantTotals
from twin.tables.totals import StationHour

__all__ = ["Chair"]

CUTS = ("vehicle_cuts", "station_cuts", "first_slot", "n_slots")


class Chair(Peers):
    """The peers of the process that holds a run together.

    Parameters
    ----------
    world : World
        Whole, at a midnight; from here on its peers are the crew.
    crew : Crew
        The workers, who get their parts.
    share : float
        Share of the vehicles whose visits are told.
    """

    def __init__(self, world: World, crew: Crew, share: float) -> None:
        for piece in pieces_of(world):
            whose(piece.name)
        self._crew, self._share = crew, share
        self._parts = cut_by_load(world.given, len(crew))
        self._bounds = [bounds_of(world.given, part) for part in self._parts]
        self._cuts: dict[str, I64] = {}
        given = world.given._replace(vehicles=rows(Vehicles, 0))
        shared = {name: array for name, array in shared_pieces(world) if not name.startswith("given.")}
        start = Start(given, len(world.given.vehicles.home), self._parts, shared, share)
        crew.begin(start, (self._share_of(world, at) for at in range(len(crew))))
        self._known: Rows = {}
        self._remember(world)
        world.peers = self

    # Days

    def begin_day(self, world: World, day: int) -> None:
        """Hand vehicles and stations over to the workers, and tell them what was decided."""
        if not self._cuts:
            self._cuts = {name: getattr(world, name) for name in CUTS}
            for name in CUTS:
                setattr(world, name, np.zeros(1 + name.endswith("cuts"), np.int64))
        decided = {name: array for name, array in _decidable(world) if not _same(array, self._known[name])}
        self._crew.tell((day, decided))

    def end_day(self, world: World) -> None:
        """Take what the workers report of their stations."""
        reports = self._take(Report)
        for bounds, report in zip(self._bounds, reports, strict=True):
            put(world, bounds, report.owned)
        self._remember(world)

    def gather(self, world: World) -> None:
        """Take all rows of the workers, so that the world is as one process would have it."""
        if not self._cuts:
            return
        states = self._crew.call("state")
        for name, cuts in self._cuts.items():
            setattr(world, name, cuts)
        self._cuts = {}
        of_slots = joined([of_slots for _, of_slots in states])
        slots = give_slots(world, vehicles_of(of_slots))
        slot_of = slots_by_vehicle(vehicles_of(of_slots), slots)
        place(world, slots, of_slots, slot_of)
        for bounds, (owned, _) in zip(self._bounds, states, strict=True):
            put(world, bounds, owned, slot_of)

    def costs(self) -> list[Cost]:
        """Return what each worker has cost."""
        return self._crew.call("cost")

    # Exchanges

    def total(self, numbers: np.ndarray) -> np.ndarray:
        """Return the sum over all workers."""
        packets = self._take(Sum)
        return total_of(packets, numbers.dtype)

    def exchange_arrivals(self, world: World) -> None:
        """Nobody arrives here."""

    def exchange_news(self, world: World, entered: I64) -> I64:
        """Note what the workers counted in a window and have told each other."""
        news = self._take(News)
        for of_part in news:
            world.board_wait_s[of_part.notice.pools] = of_part.notice.wait_s
        world.sums += np.sum([of_part.sums for of_part in news], axis=0)
        stranded = np.concatenate([of_part.stranded for of_part in news])
        world.stranded = stranded[np.lexsort((stranded[:, 0], stranded[:, 1]))]
        visits = np.concatenate([of_part.visits for of_part in news])
        world.visits = np.arange(len(visits), dtype=np.int32)
        # No row of the chair's own is in use during the day.
        active: Any = world.active
        active[: len(visits)] = visits.view(active.dtype).ravel()
        return np.asarray(np.sum([of_part.notice.entered for of_part in news], axis=0, dtype=np.int64))

    def trees_of(self, n_zones: int) -> range:
        """Return no zone: nobody drives here."""
        return range(0)

    def exchange_hour(self, world: World, of_hour: StationHour, n_out: I64) -> None:
        """Put together what all stations did in the hour."""
        for bounds, packet in zip(self._bounds, self._take(HourEnd), strict=True):
            for column, part in zip(cast("Any", of_hour), packet.of_hour, strict=True):
                column[slice(*bounds["station"])] = part
            world.ledger.wait_histogram[0] += packet.waits
            n_out += packet.n_out

    def exchange_sites(self, of_hour: PlantTotals, stored_ws: I64) -> None:
        """Put together what all plants did in the hour."""
        for bounds, packet in zip(self._bounds, self._take(SiteHour), strict=True):
            plants = slice(*bounds["plant"])
            stored_ws[plants] = packet.stored_ws
            for column, part in zip(of_hour, packet.of_hour, strict=True):
                column[plants] = part

    # Within

    def _remember(self, world: World) -> None:
        """Keep what the workers know, in the same memory from midnight to midnight."""
        for name, array in _decidable(world):
            kept = self._known.setdefault(name, array)
            if kept is array or kept.shape != array.shape:
                self._known[name] = array.copy()
            else:
                kept[...] = array

    def _take(self, kind: type[Any]) -> list[Any]:
        """Return the packets of all workers, which must be of a kind."""
        packets = self._crew.hear()
        found = {type(packet).__name__ for packet in packets}
        if found != {kind.__name__}:
            raise EngineError(f"workers: found packets {sorted(found)}; wanted {kind.__name__} of all; they are out of step")
        return packets

    def _share_of(self, world: World, at: int) -> tuple[int, Rows, Rows]:
        """Return what a worker begins with."""
        return at, take(world, self._bounds[at]), slot_rows(world, out_for(world, self._parts[at]))


def _decidable(world: World) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what deciders look at and may change, of what workers hold."""
    names = OWNED.keys() - set(NOT_REPORTED)
    for piece in pieces_of(world):
        if piece.name in names or whose(piece.name) == "shared":
            yield piece.name, piece.array


def _same(array: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two arrays hold the same bytes."""
    return bool(np.array_equal(np.ascontiguousarray(array).view(np.uint8), np.ascontiguousarray(other).view(np.uint8)))
