"""What the rules of the scorecard read: figures and stations of a run, of the nation or of one province."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.metrics.rows import ALL
from twin.tables import seeds
from twin.tables.results import MetricsTable, StationsTable

__all__ = ["Answer", "Facts", "known_before"]


class Answer(NamedTuple):
    """What a run says to a line: a value, how it was formed, and the verdict where the operator does not give it."""

    value: float
    why: str
    met: str = ""


@dataclass(frozen=True)
class Facts:
    """The tables of a run as the rules read them.

    Attributes
    ----------
    figures : mapping
        Whole-run figures by (metric, layer, province).
    stations : StationsTable
        The stations there.
    province : str
        Code, or "all" for the nation.
    """

    figures: Mapping[tuple[str, str, str], float]
    stations: StationsTable
    province: str = ALL

    @classmethod
    def of(cls, metrics: MetricsTable, stations: StationsTable) -> Facts:
        """Take the figures of the whole run, of the nation."""
        chosen = np.isnan(metrics.hour)
        keys = zip(metrics.metric[chosen], metrics.layer[chosen], metrics.province[chosen], strict=True)
        return cls(dict(zip(keys, metrics.value[chosen].tolist(), strict=True)), stations)

    def within(self, province: str) -> Facts:
        """Return the facts of one province."""
        here = np.flatnonzero(self.stations.province == province)
        columns: Any = (column[here] for column in self.stations)
        return Facts(self.figures, StationsTable(*columns), province)

    def figure(self, metric: str, layer: str = ALL) -> float:
        """Return a figure of the whole run there; NaN where the run has none."""
        return self.figures.get((metric, layer, self.province), float("nan"))

    @property
    def n_hours(self) -> float:
        """Hours of the run; NaN where it does not tell."""
        return self.figures.get(("n_hours", ALL, ALL), float("nan"))


def known_before(figure: str, date: str) -> float:
    """Return a figure of the nation at a date before the plan, from the seed ``nation_figures``; NaN where there is none."""
    table = seeds.read("nation_figures")
    found = table["value"][(table["figure"] == figure) & (table["period"] == date)]
    return float(found[0]) if len(found) else float("nan")
