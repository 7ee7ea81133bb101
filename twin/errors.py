"""The four ways the twin says no, and a way to say every fault of an input at once.

A message tells where, what was found, what is wanted and what to do about it.
"""

from __future__ import annotations

from typing import NamedTuple


class TwinError(Exception):
    """Base of every error the twin raises on purpose."""


class ConfigError(TwinError):
    """A scenario file, a setting or a command-line argument is wrong."""


class DataError(TwinError):
    """An input table or a seed is missing, malformed or contradicts another."""


class EngineError(TwinError):
    """A run broke one of its own laws or could not go on."""


class StoreError(TwinError):
    """Something on the disk could not be written or read back."""


class OutputExistsError(StoreError):
    """The output folder already holds something; nothing was touched."""


class WorkerLostError(TwinError):
    """A process or a machine that computed a part of a run is gone; the run can go on from its last checkpoint."""


class Fault(NamedTuple):
    """One thing that is wrong with an input."""

    where: str
    found: str
    wanted: str
    todo: str

    def __str__(self) -> str:
        parts = [self.where]
        if self.found:
            parts.append(f"found {self.found}")
        if self.wanted:
            parts.append(f"wanted {self.wanted}")
        if self.todo:
            parts.append(self.todo)
        text = f"{parts[0]}: {'; '.join(parts[1:])}" if len(parts) > 1 else parts[0]
        return "".join(map(_printable, text))


def _printable(sign: str) -> str:
    """Write a line break or a terminal's control sign, which an input may hold, as its escape."""
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")


class Faults:
    """Collects the faults of one input so that they are reported together.

    Examples
    --------
    >>> faults = Faults()
    >>> faults.add("provinces.csv row 3, population", -5, "a number above 0", "correct the row")
    >>> len(faults)
    1
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, where: str, found: object = "", wanted: str = "", todo: str = "") -> None:
        """Note one fault: the place, what stands there, what should, and the remedy."""
        self._faults.append(Fault(where, str(found), wanted, todo))

    def extend(self, other: Faults) -> None:
        """Take over the faults of another collection, in their order."""
        self._faults.extend(other._faults)

    def message(self) -> str:
        """Every fault on a line of its own, in the order they were found."""
        return "\n".join(str(fault) for fault in self._faults)

    def raise_if_any(self, kind: type[TwinError]) -> None:
        """Raise `kind` with every fault in its message, if there is at least one.

        Raises
        ------
        TwinError
            Of the given kind, one fault per line.
        """
        if self._faults:
            raise kind(self.message())
