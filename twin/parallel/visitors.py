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
"""Least slots to begin with."""


class Visitors:
    """Rows of a world behind those of its own vehicles, and which of them are free.

    There is room for as many visitors as own vehicles from the start, and only what is used takes memory.

    Attributes
    ----------
    n_own : int
        Slots of own vehicles, which come first.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.n_own = self._end = len(world.wake_s)
        self._free = np.zeros(0, np.int64)
        self._move_to(self.n_own + max(self.n_own, ROOM))

    def take_in(self, of_slots: Rows) -> np.ndarray:
        """Give visitors slots, and write their rows there."""
        slots = self.slots_for(len(of_slots["active"]))
        place(self._world, slots, of_slots)
        return slots

    def slots_for(self, n_rows: int) -> np.ndarray:
        """Take slots that are free again, and then such that nobody had."""
        at = max(len(self._free) - n_rows, 0)
        again, self._free = self._free[at:], self._free[:at]
        first, self._end = self._end, self._end + n_rows - len(again)
        if self._end > len(self._world.wake_s):
            self._move_to(self._end + self._end - self.n_own)
        return np.concatenate([again, np.arange(first, self._end)])

    def let_go(self, slots: np.ndarray) -> None:
        """Have slots free again."""
        self._free = np.concatenate([self._free, slots])

    def here(self) -> I64:
        """Return the slots in use."""
        return np.setdiff1d(np.arange(self.n_own, self._end), self._free)

    def _move_to(self, n_rows: int) -> None:
        """Have so many rows, own ones and visitors'."""
        world = self._world
        used: Any = world.active
        active, wake_s = cast("Any", like(used, n_rows)), like(world.wake_s, n_rows)
        # Rows that were never used stay untouched: most of them have no memory yet.
        for first, end in (*map(world.slots_of, world.vehicle_shards), (self.n_own, len(world.wake_s))):
            active[first:end], wake_s[first:end] = used[first:end], world.wake_s[first:end]
        world.active, world.wake_s = active, wake_s
