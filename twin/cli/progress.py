"""What a waiting person sees: a bar on a terminal, plain lines elsewhere, always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from twin.config import Config
    from twin.run import Progress

Callback = Callable[["Progress"], None]

DAY_S = 86_400
LINE_EVERY_SIMULATED_S = 6 * 3600
LINE_EVERY_S = 10.0


@contextmanager
def display(config: Config, stream: TextIO | None = None) -> Iterator[Callback | None]:
    """Give the callback that shows progress in the way the stream allows.

    Parameters
    ----------
    config : Config
        `compute.progress` false shows nothing.
    stream : TextIO, optional
        Where to; stderr when left out.

    Yields
    ------
    callable or None
        Takes one `Progress` event.
    """
    stream = sys.stderr if stream is None else stream
    if not config.compute.progress:
        yield None
    elif stream.isatty():
        with _bar(stream) as callback:
            yield callback
    else:
        yield Lines(stream)


def clock(event: Progress) -> str:
    """Simulated time as `day 3 18:05`, the first day being day 1; the end of a day is its 24:00."""
    day = max(event.second - 1, 0) // DAY_S
    minute = (event.second - day * DAY_S) // 60
    return f"day {day + 1} {minute // 60:02d}:{minute % 60:02d}"


def remaining_s(event: Progress) -> float | None:
    """Estimated time left (s), from the simulated share done so far; None before anything is."""
    if event.second <= 0:
        return None
    return float(event.elapsed_s * (event.n_seconds - event.second) / event.second)


class Lines:
    """Prints a line at each new phase, and every 6 simulated hours or 10 seconds."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.phase = ""
        self.second = 0
        self.elapsed_s = 0.0

    def __call__(self, event: Progress) -> None:
        """Print the event if it is time to."""
        is_new_phase = event.phase != self.phase
        is_due = event.second - self.second >= LINE_EVERY_SIMULATED_S or event.elapsed_s - self.elapsed_s >= LINE_EVERY_S
        if not (is_new_phase or is_due):
            return
        self.phase, self.second, self.elapsed_s = event.phase, event.second, event.elapsed_s
        print(line(event), file=self.stream, flush=True)


def line(event: Progress) -> str:
    """One event as a line of text."""
    text = f"[{event.elapsed_s:6.1f} s] {event.phase}"
    if event.second > 0:
        text += f": {clock(event)}, {event.n_on_road:,} on the road, {event.n_sessions:,} sessions"
    left_s = remaining_s(event)
    if left_s:
        text += f", about {left_s:.0f} s left"
    return text


@contextmanager
def _bar(stream: TextIO) -> Iterator[Callback]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[clock]}  {task.fields[on_road]:,} on the road  {task.fields[sessions]:,} sessions"),
        TextColumn("{task.fields[left]}"),
    )
    with RichProgress(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("starting", total=None, clock="", on_road=0, sessions=0, left="")

        def show(event: Progress) -> None:
            left_s = remaining_s(event)
            bar.update(
                task,
                description=event.phase,
                total=event.n_seconds if event.second else None,
                completed=event.second,
                clock=clock(event),
                on_road=event.n_on_road,
                sessions=event.n_sessions,
                left="" if left_s is None else f"{left_s:.0f} s left",
            )

        yield show
