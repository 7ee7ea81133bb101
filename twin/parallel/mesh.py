"""The lines of a worker: one to the chair, one to every other worker, and the seconds between their uses."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from twin.errors import ConfigError, EngineError
from twin.parallel.line import Line, LineError, pack, swap
from twin.parallel.meeting import CHAIR, Ear, Place, dial

__all__ = ["LostError", "Mesh"]


class LostError(Exception):
    """Another worker is gone: its number, and what was said of it."""


class Mesh:
    """The lines of one worker.

    Attributes
    ----------
    chair : Line
        To the process that holds the run together.
    others : dict of Line
        To every other worker, by its number.
    computed_s : float
        Core-seconds of the thread that uses the lines, but for those that it spent on them.
    n_rounds : int
        Exchanges with the others.
    """

    chair: Line

    def __init__(self) -> None:
        self.others: dict[int, Line] = {}
        self._called: dict[int, Line] = {}
        self.computed_s = self._since_s = 0.0
        self.n_rounds = 0

    @property
    def n_bytes(self) -> int:
        """What has gone to the others."""
        return sum(line.n_bytes_out for line in self.others.values())

    # Meeting

    def listen(self, key: bytes, n_workers: int, within_s: float, at: int) -> Place:
        """Listen at the address by which Ray knows this machine, for the chair and for workers with higher numbers."""
        import ray

        host = str(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]
        try:
            ear = Ear(host)
        except OSError as fault:
            raise ConfigError(
                f"worker at {host}: cannot listen there ({fault}); wanted an address of the machine itself, by which "
                "Ray knows its node; start the node with one, `ray start --node-ip-address`"
            ) from fault

        def answer() -> None:
            with suppress(LineError):  # who did not come says why, or is gone
                self._called = ear.answer(key, n_workers - at, within_s)

        self._answering = threading.Thread(target=answer, daemon=True)
        self._answering.start()
        return ear.place

    def meet(self, key: bytes, places: Sequence[Place], within_s: float, at: int) -> tuple[int, str] | None:
        """Call all workers with lower numbers and wait for the others; return whom no way leads to, and why."""
        for number, place in enumerate(places[:at]):
            try:
                self.others[number] = dial(place, key, at, within_s)
            except LineError as fault:
                return number, str(fault)
        self._answering.join()
        if CHAIR not in self._called:
            return at, "not all who should have called it did"
        self.chair = self._called.pop(CHAIR)
        self.others |= self._called
        return None

    def close(self) -> None:
        """Hang up on all."""
        for line in (self.chair, *self.others.values()):
            line.close()

    # Exchanging

    def hear(self) -> Any:
        """Return what the chair tells."""
        told = self.chair.receive()
        self._since_s = time.thread_time()
        return told

    def tell(self, packet: Any) -> None:
        """Hand a packet to the chair, and go on."""
        self.computed_s += time.thread_time() - self._since_s
        self.chair.send(pack(packet))
        self._since_s = time.thread_time()

    def swap(self, common: Any, own: Sequence[Any] | None = None) -> list[Any]:
        """Tell all others something and each something more, by its number; return the two that each tells, in order.

        Raises
        ------
        LostError
            If one is gone.
        EngineError
            If they tell of something else.
        """
        self.computed_s += time.thread_time() - self._since_s
        self.n_rounds += 1
        numbers = sorted(self.others)
        told = [pack(own[at] if own else None) for at in numbers]
        try:
            found = swap([self.others[at] for at in numbers], pack(common), told)
        except LineError as fault:
            raise LostError(numbers[fault.at], str(fault)) from fault
        kinds = {type(theirs).__name__ for theirs, _ in found}
        if kinds - {type(common).__name__}:
            raise EngineError(f"workers: found {sorted(kinds)}; wanted {type(common).__name__} of all; they are out of step")
        self._since_s = time.thread_time()
        return found
