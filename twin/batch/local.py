"""Cells as processes of this machine, as many at a time as cores and memory allow."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from twin.batch.cell import Ended, Simulate, live
from twin.batch.plan import Cell

__all__ = ["run_here"]

POLL_S = 0.5
N_TRIES = 2
"""A process that is killed from outside gets one more."""
Watch = Callable[[Sequence[Cell]], None]


class _Running(NamedTuple):
    cell: Cell
    process: Any
    pipe: Connection
    n_tries: int


def run_here(
    cells: Sequence[Cell], simulate: Simulate, n_cores: int, free_bytes: float, watch: Watch
) -> Iterator[tuple[Cell, Ended]]:
    """Run cells and yield each as it ends.

    Parameters
    ----------
    cells : sequence of Cell
        In the order in which they are begun.
    simulate : callable
        `twin.run.run`.
    n_cores : int
        Cores to use.
    free_bytes : float
        Memory to use. A cell that needs more runs alone, and refuses by itself if it does not fit.
    watch : callable
        Called twice a second with the cells that are running.
    """
    at_once = max(min(n_cores, len(cells), int(free_bytes // max(cell.needed_bytes for cell in cells))), 1)
    share = max(n_cores // at_once, 1)
    cells = [replace(cell, n_threads=_threads(cell, share)) for cell in cells]
    if len(cells) == 1:
        yield cells[0], live(simulate, cells[0])
        return
    waiting = deque((cell, 1) for cell in cells)
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and _fits(waiting[0][0], running, n_cores, free_bytes):
                running.append(_start(simulate, *waiting.popleft()))
            wait([each.process.sentinel for each in running], POLL_S)
            watch([each.cell for each in running])
            for each in [each for each in running if not each.process.is_alive()]:
                running.remove(each)
                ended = _end_of(each)
                if ended is None and each.n_tries < N_TRIES:
                    waiting.appendleft((each.cell, each.n_tries + 1))
                else:
                    code = each.process.exitcode
                    yield each.cell, ended or Ended(f"its process was killed, twice (exit code {code})", 0.0)
    finally:
        for each in running:
            each.process.kill()
            each.process.join()


def _threads(cell: Cell, share: int) -> int:
    workers = cell.config.compute.workers
    return workers if isinstance(workers, int) else share


def _fits(cell: Cell, running: Sequence[_Running], n_cores: int, free_bytes: float) -> bool:
    """Return whether a cell has room beside those that run; one alone always has."""
    n_threads = sum(each.cell.n_threads for each in running) + cell.n_threads
    n_bytes = sum(each.cell.needed_bytes for each in running) + cell.needed_bytes
    return not running or (n_threads <= n_cores and n_bytes <= free_bytes)


def _start(simulate: Simulate, cell: Cell, n_tries: int) -> _Running:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, simulate, cell), name=cell.name)
    process.start()
    theirs.close()
    return _Running(cell, process, ours, n_tries)


def _end_of(each: _Running) -> Ended | None:
    """Return what a process said at its end; None if it could not say anything."""
    with contextlib.suppress(EOFError, OSError), each.pipe as pipe:
        return pipe.recv() if pipe.poll() else None
    return None


def _child(pipe: Connection, simulate: Simulate, cell: Cell) -> None:
    """Run a cell in a process of its own, which ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    threading.Thread(target=_die_with_parent, daemon=True).start()
    pipe.send(live(simulate, cell))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
