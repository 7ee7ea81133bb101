"""Other processes that live parts of the same run: what a window, an hour and a day exchange with them.

A run in one process has none, and every exchange is with itself. Where a run is cut into parts, `twin.parallel` puts its own
kind of peers in: each process then goes through the same phases with the rows of its part, and meets the others here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twin.tables.columns import I32, I64

if TYPE_CHECKING:
    import numpy as np

    from twin.engine.world import World
    from twin.tables.plants import PlantTotals
    from twin.tables.totals import StationHour

__all__ = ["Part", "Peers"]


class Part(NamedTuple):
    """What one of several processes computes: zones in a row, with the vehicles at home there and the stations there.

    Attributes
    ----------
    first_zone, end_zone : int
        Its zones.
    first_vehicle : ndarray of int64, shape (n_zones + 1,)
        First vehicle of every zone of the run, and the end.
    """

    first_zone: int
    end_zone: int
    first_vehicle: I64


class Peers:
    """No others: the process computes the whole run."""

    def total(self, numbers: np.ndarray) -> np.ndarray:
        """Return the sum of whole numbers over all processes."""
        return numbers

    def exchange_arrivals(self, world: World) -> None:
        """Hand arrivals at others' stations over, and take in those at one's own."""

    def exchange_news(self, world: World, entered: I64) -> I64:
        """Send visitors home and tell the new Board; return how many vehicles entered each link in all processes."""
        return entered

    def trees_of(self, n_zones: int) -> range:
        """Return the zones towards which this process grows the trees when routes are renewed."""
        return range(n_zones)

    def exchange_trees(self, trees: I32) -> I32:
        """Hand over the trees that this process has grown; return those of all, by zone."""
        return trees

    def exchange_hour(self, world: World, of_hour: StationHour, n_out: I64) -> None:
        """Bring together what stations did in an hour, and the trips under way."""

    def exchange_sites(self, of_hour: PlantTotals, stored_ws: I64) -> None:
        """Bring together what photovoltaics and storage did in an hour, and what is stored."""

    def begin_day(self, world: World, day: int) -> None:
        """Let all know what was decided at midnight."""

    def end_day(self, world: World) -> None:
        """Bring together what deciders look at."""

    def gather(self, world: World) -> None:
        """Make the world whole, at a midnight or at the end."""
