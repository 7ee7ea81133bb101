"""Slots for vehicles of other parts that are at the stations of this one."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from twin.engine.world import World
from twin.parallel.packets import Rows
from twin.parallel.parts import place
from twin.tables.columns import I64, like

__all__ = ["Visitors"]

ROOM = 1024
"""Slots to begin with."""


class Visitors:
    """Rows of a world behind those of its own vehicles, and which of them are free.

    Attributes
    ----------
    n_own : int
        Slots of own vehicles, which come first.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.n_own = len(world.wake_s)
        self._free = np.zeros(0, np.int64)

    def take_in(self, of_slots: Rows) -> np.ndarray:
        """Give visitors slots, and write their rows there."""
        slots = self.slots_for(len(of_slots["active"]))
        place(self._world, slots, of_slots)
        return slots

    def slots_for(self, n_rows: int) -> np.ndarray:
        """Take free slots."""
        self._make_room(n_rows)
        at = len(self._free) - n_rows
        slots, self._free = self._free[at:], self._free[:at]
        return slots

    def let_go(self, slots: np.ndarray) -> None:
        """Have slots free again."""
        self._free = np.concatenate([self._free, slots])

    def here(self) -> I64:
        """Return the slots in use."""
        return np.setdiff1d(np.arange(self.n_own, len(self._world.wake_s)), self._free)

    def _make_room(self, n_rows: int) -> None:
        """Have so many free slots; there is always twice the room, so that it is rarely made."""
        world = self._world
        if n_rows <= len(self._free):
            return
        before = len(world.wake_s)
        after = before + max(before - self.n_own, n_rows, ROOM)
        used: Any = world.active
        active, wake_s = cast("Any", like(used, after)), like(world.wake_s, after)
        wake_s[:before] = world.wake_s
        # Rows that were never used stay untouched: most of them have no memory yet.
        for first, end in (*map(world.slots_of, world.vehicle_shards), (self.n_own, before)):
            active[first:end] = used[first:end]
        world.active, world.wake_s = active, wake_s
        self._free = np.concatenate([self._free, np.arange(before, after)])
