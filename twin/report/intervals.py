"""How sure a figure is: intervals over the replicates of the batch that a run belongs to."""

from __future__ import annotations

import math
from typing import NamedTuple

from twin.store import Run
from twin.store.dataset import summary_around

__all__ = ["Spread", "spreads"]

COLUMNS = (
    "scenario", "metric", "layer", "province", "hour", "n", "ci_low", "ci_high",
    "difference", "difference_low", "difference_high",
)  # fmt: skip


class Spread(NamedTuple):
    """A whole-run figure over replicates.

    Attributes
    ----------
    n : int
        Replicates.
    low, high : float
        95 % interval of the mean over them.
    difference, difference_low, difference_high : float
        Against the first scenario of the batch, pair by pair; NaN in the first itself.
    """

    n: int
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float


def spreads(run: Run) -> dict[tuple[str, str, str], Spread]:
    """Return the spread of each whole-run figure by (metric, layer, province); empty where the run is of no batch."""
    table = summary_around(run)
    if table is None or not set(COLUMNS) <= set(table):
        return {}
    scenario = run.manifest["scenario"]
    rows = zip(*(table[name].tolist() for name in COLUMNS), strict=True)
    return {
        (metric, layer, province): Spread(*found)
        for name, metric, layer, province, hour, *found in rows
        if name == scenario and math.isnan(hour) and math.isfinite(found[1])
    }
