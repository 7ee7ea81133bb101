"""How far a run has come, and what it has cost so far."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from twin.config import Config

DAY_S = 86_400


class Progress(NamedTuple):
    """An instant of a run.

    Attributes
    ----------
    day : int
        Simulated day, from 0.
    second : int
        Simulated seconds since 00:00 of day 0; 0 while the run is prepared.
    n_seconds : int
        Simulated seconds of the whole run.
    n_on_road : int
        Vehicles on inter-zone trips that are driving.
    n_sessions : int
        Public sessions begun so far.
    phase : str
        What is being done.
    elapsed_s : float
        Wall time since the first simulated second.
    """

    day: int
    second: int
    n_seconds: int
    n_on_road: int
    n_sessions: int
    phase: str
    elapsed_s: float


class Clock:
    """The wall clock of a run; it tells the caller and writes the manifest, and no result reads it.

    Parameters
    ----------
    config : Config
        The scenario.
    tell : callable, optional
        Takes a `Progress`.
    """

    def __init__(self, config: Config, tell: Callable[[Progress], None] | None) -> None:
        self._n_seconds = config.period.n_seconds
        self._tell = tell
        self._start = self._since = time.perf_counter()
        self._phase = ""
        self.phases_s: dict[str, float] = {}
        self.before_s = 0.0

    @property
    def wall_s(self) -> float:
        """Wall time of the run so far, with the `before_s` that it took up to the checkpoint it goes on from."""
        return self.before_s + time.perf_counter() - self._start

    def say(self, phase: str, hint: str = "") -> None:
        """Begin a phase of the run; a hint is told and not kept."""
        now = time.perf_counter()
        if self._phase:
            self.phases_s[self._phase] = now - self._since
        self._phase, self._since = phase, now
        self.hint(hint)

    def hint(self, hint: str) -> None:
        """Tell what is being done within the phase; it is not kept."""
        if self._tell is not None:
            second = self._n_seconds if len(self.phases_s) > 3 else 0
            text = f"{self._phase} ({hint})" if hint else self._phase
            self._tell(Progress(0, second, self._n_seconds, 0, 0, text, self.wall_s))

    def tick(self, second: int, n_on_road: int, n_sessions: int) -> None:
        """Tell that the simulation has come to a second."""
        if self._tell is not None:
            elapsed_s = time.perf_counter() - self._since
            day = max(second - 1, 0) // DAY_S
            self._tell(Progress(day, second, self._n_seconds, n_on_road, n_sessions, "simulation", elapsed_s))


def peak_memory_bytes() -> int:
    """Return the largest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
