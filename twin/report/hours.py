"""The map by the hour: mean wait of every dot in every hour, a byte each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.points import Dots
from twin.report.source import Columns, Source

__all__ = ["MOST_FRAMES", "NO_SESSION", "Frames", "step_of", "waits_by_hour"]

MOST_FRAMES = 240
"""Steps of a slider; longer runs are shown in steps of several hours."""
WHOLE_STEPS_H = (1, 2, 3, 6, 12, 24)
HALF_MINUTE_S = 30
NO_SESSION = 255


class Frames(NamedTuple):
    """What a slider shows.

    Attributes
    ----------
    step_h : int
        Hours of a step.
    codes : ndarray of uint8, shape (n_dots, n_steps)
        Half minutes of the mean wait, at most 254; 255 where no session began.
    """

    step_h: int
    codes: NDArray[np.uint8]


def step_of(n_hours: int) -> int:
    """Return the hours of a step, so that a slider has at most `MOST_FRAMES` of them."""
    return next((step for step in WHOLE_STEPS_H if n_hours <= step * MOST_FRAMES), 24 * -(-n_hours // (24 * MOST_FRAMES)))


def waits_by_hour(source: Source, stations: Columns, dots: Sequence[Dots], n_hours: int) -> Frames | None:
    """Sum sessions and waits of ``station_hours.parquet`` by dot and step; None where it cannot be read."""
    step_h = step_of(n_hours)
    n_steps = -(-n_hours // step_h)
    if not n_hours or not dots:
        return None
    first = np.cumsum([0, *(len(of.names) for of in dots)])
    n_cells = int(first[-1]) * n_steps
    # One cell more takes stations that no dot shows.
    cell_of = np.full(int(stations["station"].max(initial=-1)) + 1, n_cells, np.int64)
    for start, of in zip(first, dots, strict=False):
        shown = of.of_station >= 0
        cell_of[stations["station"][shown]] = (start + of.of_station[shown]) * n_steps
    sessions, waited_s = np.zeros(n_cells + n_steps, np.int64), np.zeros(n_cells + n_steps, np.int64)
    for piece in source.batches("station_hours", ("station", "hour", "n_sessions", "wait_s")):
        known = (piece["station"] < len(cell_of)) & (piece["hour"] < n_hours)
        cell = cell_of[piece["station"][known]] + piece["hour"][known] // step_h
        # Sums below 2^53 are exact as floats.
        sessions += np.bincount(cell, weights=piece["n_sessions"][known], minlength=len(sessions)).astype(np.int64)
        waited_s += np.bincount(cell, weights=piece["wait_s"][known], minlength=len(sessions)).astype(np.int64)
    if "station_hours" in source.faults:
        return None
    half_minutes = np.round(waited_s[:n_cells] / np.maximum(sessions[:n_cells], 1) / HALF_MINUTE_S)
    codes = np.where(sessions[:n_cells] > 0, np.minimum(half_minutes, NO_SESSION - 1), NO_SESSION).astype(np.uint8)
    return Frames(step_h, codes.reshape(-1, n_steps))
