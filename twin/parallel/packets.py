"""What processes of a run hand each other: few kinds of packets, arrays and whole numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from twin.engine.peers import Part
from twin.engine.world import Given
from twin.tables.columns import I32, I64, like

Rows = dict[str, np.ndarray]

__all__ = [
    "NOT_REPORTED",
    "Cost",
    "HourEnd",
    "Lost",
    "News",
    "Notice",
    "Report",
    "Rows",
    "SiteHour",
    "Start",
    "Sum",
    "Trees",
    "joined",
    "narrow",
    "own_copy",
    "packed",
    "parcels",
    "total_of",
    "unpacked",
]


class Start(NamedTuple):
    """What all workers begin with.

    Attributes
    ----------
    given : Given
        Without vehicles.
    n_vehicles : int
        Of the whole run.
    parts : tuple of Part
        One a worker.
    shared : dict
        Pieces of the world that are the same in every process.
    share : float
        Share of the vehicles whose visits are told; 0 where none are.
    """

    given: Given
    n_vehicles: int
    parts: tuple[Part, ...]
    shared: Rows
    share: float


class Sum(NamedTuple):
    """Numbers to add up."""

    numbers: np.ndarray


class Notice(NamedTuple):
    """What a worker tells all others at the end of a window.

    Attributes
    ----------
    pools, wait_s : ndarray of int32
        The Board where it has changed.
    entered : ndarray of whole numbers, shape (n_links,)
        Vehicles that entered each link, in the fewest bytes that hold them.
    """

    pools: I32
    wait_s: I32
    entered: np.ndarray


class News(NamedTuple):
    """What a worker tells the chair at the end of a window, who keeps the books.

    Attributes
    ----------
    notice : Notice
        What the others hear.
    sums, stranded, visits
        Counts, rows of the stranded, rows of the vehicles whose visits are told.
    """

    notice: Notice
    sums: I64
    stranded: I32
    visits: np.ndarray


class Trees(NamedTuple):
    """Routes that were renewed, one row a zone: links plus 1 in the fewest bytes that hold them, 0 behind the last."""

    links: np.ndarray


class HourEnd(NamedTuple):
    """What the stations of a part did in an hour, waiting times of sessions begun, and trips under way."""

    of_hour: tuple[np.ndarray, ...]
    waits: I64
    n_out: I64


class SiteHour(NamedTuple):
    """What the plants of a part did in an hour, and what they have stored."""

    of_hour: tuple[np.ndarray, ...]
    stored_ws: I64


NOT_REPORTED = (
    "given.vehicles", "given.itineraries.next_trip", "given.itineraries.begin_s", "given.itineraries.end_s", "pool_state",
    "evses", "ledger.ring",
)  # fmt: skip
"""What deciders neither look at nor change: rows of vehicles, pools and plugs, and the hours that still run."""


class Report(NamedTuple):
    """What deciders look at."""

    owned: Rows


class Lost(NamedTuple):
    """A worker whose line to the one that tells this broke, and what was said of it."""

    at: int
    said: str


class Cost(NamedTuple):
    """What a worker has cost so far.

    Attributes
    ----------
    computed_s, process_s : float
        Core-seconds that its part has computed, and those of its process, with all that it sent.
    n_rounds, n_visitors, n_bytes : int
        Exchanges with the others, vehicles that it sent to their stations, and all bytes that it sent them.
    """

    computed_s: float
    process_s: float
    n_rounds: int
    n_visitors: int
    n_bytes: int


def total_of(packets: Sequence[Sum], dtype: np.dtype[Any]) -> np.ndarray:
    """Return what the numbers of packets add up to."""
    return np.asarray(np.sum([packet.numbers for packet in packets], axis=0, dtype=np.int64)).astype(dtype)


def narrow(counts: np.ndarray) -> np.ndarray:
    """Return whole numbers from 0 on in the fewest bytes that hold them."""
    return counts.astype(np.min_scalar_type(counts.max(initial=0)))


def packed(trees: I32, n_links: int) -> Trees:
    """Return trees as they travel."""
    return Trees((trees + 1).astype(np.min_scalar_type(n_links)))


def unpacked(trees: Trees) -> I32:
    """Return trees as they were grown."""
    return trees.links.astype(np.int32) - 1


def parcels(of_slots: Rows, n_to: I64) -> list[Rows]:
    """Return the rows for each worker of such as are sorted by it, so many to each."""
    ends = np.cumsum(n_to)
    return [{name: rows[end - n : end] for name, rows in of_slots.items()} for end, n in zip(ends, n_to, strict=True)]


def joined(parts: list[Rows]) -> Rows:
    """Return rows of several senders as one."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def own_copy(value: Any) -> Any:
    """Return inputs as arrays of this process alone, which kernels may write, rows aligned as they were built."""
    if isinstance(value, np.ndarray):
        copy = like(value, len(value)) if value.ndim else value.copy()
        copy[...] = value
        return copy
    if isinstance(value, tuple):
        copies = [own_copy(item) for item in value]
        return type(value)(*copies) if hasattr(value, "_fields") else tuple(copies)
    return value
