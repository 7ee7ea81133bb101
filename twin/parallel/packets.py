"""What processes of a run hand each other: few kinds of packets, arrays and whole numbers only."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.engine.peers import Part
from twin.engine.world import Given
from twin.tables.columns import I32, I64, like

Rows = dict[str, np.ndarray]

__all__ = [
    "NOT_REPORTED",
    "Arrivals",
    "Cost",
    "HourEnd",
    "News",
    "NewsForAll",
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


class Arrivals(NamedTuple):
    """Rows of who arrived at others' stations, worker by worker, and how many go to each."""

    of_slots: Rows
    n_to: I64


class News(NamedTuple):
    """What a worker has to tell at the end of a window.

    Attributes
    ----------
    of_slots, n_to
        Rows of the visitors that go home, worker by worker, and how many go to each.
    pools, wait_s : ndarray of int32
        The Board where it has changed.
    entered : ndarray of whole numbers, shape (n_links,)
        Vehicles that entered each link, in the fewest bytes that hold them.
    sums, stranded, visits
        Counts, rows of the stranded, rows of the vehicles whose visits are told.
    """

    of_slots: Rows
    n_to: I64
    pools: I32
    wait_s: I32
    entered: np.ndarray
    sums: I64
    stranded: I32
    visits: np.ndarray


class NewsForAll(NamedTuple):
    """What everybody hears: the Board where it has changed, and vehicles that entered each link."""

    pools: I32
    wait_s: I32
    entered: np.ndarray


class Trees(NamedTuple):
    """Routes that were renewed, one row a zone: the next link plus 1 in the fewest bytes that hold it."""

    next_link: np.ndarray


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


class Cost(NamedTuple):
    """What a worker has cost: core-seconds that its part has computed, and those of its process, with all that it sent."""

    computed_s: float
    process_s: float


def narrow(counts: np.ndarray) -> np.ndarray:
    """Return whole numbers from 0 on in the fewest bytes that hold them."""
    return counts.astype(np.min_scalar_type(counts.max(initial=0)))


def packed(next_link: I32, n_links: int) -> Trees:
    """Return trees as they travel; -1, at a root, becomes 0."""
    return Trees((next_link + 1).astype(np.min_scalar_type(n_links)))


def unpacked(trees: Trees) -> I32:
    """Return trees as drivers follow them."""
    return trees.next_link.astype(np.int32) - 1


def parcels(packets: list[Any], n_parts: int) -> list[Rows]:
    """Return for each worker the rows that all packets hold for it, in the order of their senders."""
    ends = [np.cumsum(packet.n_to) for packet in packets]
    both = list(zip(packets, ends, strict=True))
    return [joined([_part(packet, end[to] - packet.n_to[to], end[to]) for packet, end in both]) for to in range(n_parts)]


def joined(parts: list[Rows]) -> Rows:
    """Return rows of several senders as one."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _part(packet: Any, first: int, end: int) -> Rows:
    return {name: rows[first:end] for name, rows in packet.of_slots.items()}


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
