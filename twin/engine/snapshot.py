"""What of a world must be kept to go on with it after a midnight: every array that a run changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from twin.engine.navigation import grow_all
from twin.engine.world import World
from twin.errors import EngineError

__all__ = ["Piece", "numbers_of", "pieces_of", "restore"]

OF_A_DAY = ("calls", "first_call")
"""Planned anew at midnight."""
OF_A_WINDOW = ("arrivals", "arrival_station", "stranded", "visits", "tallies.stranded", "outlooks.seen")
"""Written before they are read in every window."""
OF_THE_MACHINE = ("executor", "n_workers", "peers")
NEVER_WRITTEN = (
    *(f"given.{name}" for name in ("classes", "local", "trips", "background", "markets", "link_pools", "roads", "behind")),
    *(f"outlooks.{name}" for name in ("classes", "nodes", "link_to", "counties", "zones", "link_pools", "markets")),
    *(f"outlooks.{name}" for name in ("consumption_factor", "return_quantile")),
    *(f"navigation.{name}" for name in ("free_ms", "free_kmh", "values")),
)
"""Built from the scenario, and read only: a run that goes on builds them again."""
FOLLOWS = ("outlooks.next_link", "outlooks.ways", "navigation.search", "outlooks.plugs", "outlooks.offers")
"""Routes and what drivers compare: functions of the scenario, the times that `navigation` keeps, and price levels."""
NOT_KEPT = frozenset((*OF_A_DAY, *OF_A_WINDOW, *OF_THE_MACHINE, *NEVER_WRITTEN, *FOLLOWS))
BY_SLOT = ("active", "wake_s")
"""Kept of the slots in use only; there is room for all vehicles, and most of it was never touched."""

Put = Callable[[Any], None]


class Piece(NamedTuple):
    """An array of the world, and how another takes its place where its length is not the same at all times."""

    name: str
    array: np.ndarray
    put: Put | None


def pieces_of(world: World) -> Iterator[Piece]:
    """Yield every array that a run changes, once, by its path.

    What is new in a world is kept unless it is named above: forgetting it would give wrong answers, keeping too much
    costs room only.

    Raises
    ------
    EngineError
        If the world holds something that is neither a number nor made of arrays.
    """
    seen = set()
    for piece in _arrays("", "", world, None):
        place = piece.array.ctypes.data, piece.array.nbytes
        if piece.array.nbytes == 0 or place not in seen:
            seen.add(place)
            yield piece
    for name in BY_SLOT:
        for shard in world.vehicle_shards:
            yield Piece(f"{name}.{shard}", getattr(world, name)[slice(*world.slots_of(shard))], None)


def numbers_of(world: World) -> dict[str, int | float]:
    """Return the plain numbers that the world itself holds."""
    values = {field.name: getattr(world, field.name) for field in fields(world) if field.name not in NOT_KEPT}
    return {name: value for name, value in values.items() if isinstance(value, int | float)}


def restore(world: World, numbers: dict[str, int | float], read: Callable[[str, np.ndarray], np.ndarray]) -> None:
    """Bring a newly built world to where another one was.

    Parameters
    ----------
    world : World
        At 00:00 of day 0, of the same scenario.
    numbers : dict
        As `numbers_of` returned them.
    read : callable
        ``read(name, array)`` fills the array with what was kept by that name, if shape and dtype are the same; otherwise it
        returns a new one.
    """
    for name, value in numbers.items():
        setattr(world, name, value)
    read("n_slots", world.n_slots)  # they say how long the pieces of the slots are
    for piece in pieces_of(world):
        kept = read(piece.name, piece.array)
        if kept is piece.array:
            continue
        if piece.put is None:
            raise EngineError(
                f"{piece.name}: found {kept.shape} of {kept.dtype}; wanted {piece.array.shape} of {piece.array.dtype}, as "
                "this scenario builds it; start the run anew"
            )
        piece.put(kept)
    if world.navigation is not None:
        grow_all(world)


def _arrays(path: str, kind: str, value: Any, put: Put | None) -> Iterator[Piece]:
    """Yield the arrays below a value.

    `kind` is its path without places in lists; `put` is there where the world may hold another array in its stead.
    """
    if kind in NOT_KEPT or kind in BY_SLOT or value is None or isinstance(value, int | float | str):
        return
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise EngineError(f"{path}: an array of objects cannot be kept in a checkpoint; use numbers")
        yield Piece(path, value, put)
        return
    for name, child, place, is_in_list in _children(path, value):
        below = f"{path}.{name}" if path else name
        below_kind = kind if is_in_list else f"{kind}.{name}" if kind else name
        can_rebind = place is not None and (path == "" or put is not None)
        yield from _arrays(below, below_kind, child, place if can_rebind else None)


def _children(path: str, value: Any) -> Iterator[tuple[str, Any, Put | None, bool]]:
    """Yield (name, child, how to put another in its place, is the name a place in a list) of what is made of others."""
    if isinstance(value, list):
        for place, child in enumerate(value):
            yield str(place), child, partial(value.__setitem__, place), True
    elif isinstance(value, tuple):
        names = getattr(value, "_fields", map(str, range(len(value))))
        yield from ((name, child, None, False) for name, child in zip(names, value, strict=True))
    elif is_dataclass(value):
        for field in fields(value):
            name = field.name
            yield name, getattr(value, name), partial(setattr, value, name), False
    else:
        raise EngineError(f"{path}: a {type(value).__name__} cannot be kept in a checkpoint; use arrays and numbers")
