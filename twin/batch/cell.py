"""What one run of a batch does, in whatever process it lives, and how the others hear of it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from twin.batch.plan import Cell
from twin.config import Config
from twin.errors import TwinError
from twin.progress import Progress
from twin.store import open_run, unfinished_day

__all__ = ["Ended", "Simulate", "is_done", "live", "progress_of"]

TELL_EVERY_S = 1.0
LONGEST_REASON = 2000


class Simulate(Protocol):
    """What a run is: `twin.run.run`."""

    def __call__(self, config: Config, *, out: Path, workers: int, progress: Any, resume: bool) -> Any:
        """Simulate a scenario into a folder."""


class Ended(NamedTuple):
    """How a cell ended: `reason` is empty where it is done."""

    reason: str
    wall_s: float


def live(simulate: Simulate, cell: Cell) -> Ended:
    """Run a cell; faults meant for users become its reason."""
    start = time.perf_counter()
    resume = cell.config.compute.checkpoint_days > 0 or unfinished_day(cell.folder) is not None
    reason = ""
    try:
        simulate(cell.config, out=cell.folder, workers=cell.n_threads, progress=_Teller(cell), resume=resume)
    except TwinError as fault:
        reason = f"{type(fault).__name__}: {fault}"[:LONGEST_REASON]
    except Exception as fault:  # one broken run must not end the others
        reason = f"unexpected {type(fault).__name__}: {fault}"[:LONGEST_REASON]
    with contextlib.suppress(OSError):
        _progress_file(cell).unlink()
    return Ended(reason, time.perf_counter() - start)


def is_done(cell: Cell) -> bool:
    """Return whether the folder of a cell holds its finished run."""
    return (cell.folder / "manifest.json").is_file() and open_run(cell.folder).manifest["config_hash"] == cell.config_hash


def progress_of(cell: Cell) -> Progress | None:
    """Return how far a running cell has come, as it last told."""
    try:
        return Progress(*json.loads(_progress_file(cell).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


class _Teller:
    """Leaves the progress of a cell where the driver finds it, now and then."""

    def __init__(self, cell: Cell) -> None:
        self._path = _progress_file(cell)
        self._next_s = 0.0

    def __call__(self, event: Progress) -> None:
        now = time.monotonic()
        if now < self._next_s:
            return
        self._next_s = now + TELL_EVERY_S
        with contextlib.suppress(OSError):  # a run does not fail because nobody can hear of it
            self._path.parent.mkdir(exist_ok=True)
            fresh = self._path.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps(event), encoding="utf-8")
            fresh.replace(self._path)


def _progress_file(cell: Cell) -> Path:
    return cell.folder.parent / ".progress" / f"{cell.name}.json"
