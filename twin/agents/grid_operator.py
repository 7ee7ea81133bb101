"""A provincial grid company: it sees the load of its zones and publishes the day's peak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa  # type: ignore[import-untyped]
import numpy as np

from twin.tables.columns import F64, I64
from twin.tables.totals import LOAD_KINDS

if TYPE_CHECKING:
    from twin.engine.world import World

__all__ = ["GridOperator"]

QUARTERS_PER_DAY = 96
PUBLIC = slice(0, LOAD_KINDS.index("truck"))


class GridOperator(mesa.Agent):  # type: ignore[misc]
    """The grid company of one province.

    Subclass it and override `decide` for measures of its own.

    Attributes
    ----------
    province : str
        Province code.
    zones : ndarray of int64
        Rows of its zones.
    base_kw : ndarray of float64, shape (n_quarters,)
        Load of the province without vehicles.
    bulletins : list of dict
        One a day: peak of the load with vehicles, its quarter hour, and the public charging in it.
    """

    def __init__(self, model: mesa.Model, province: str, zones: I64, base_kw: F64, efficiency: float) -> None:
        super().__init__(model)
        self.province = province
        self.zones = zones
        self.base_kw = base_kw
        self.efficiency = efficiency
        self.bulletins: list[dict[str, Any]] = []
        self._public_kw: F64 = np.zeros(QUARTERS_PER_DAY)
        self._private_kw: F64 = np.zeros(QUARTERS_PER_DAY)

    def observe(self, world: World) -> None:
        """Read the load of the day that has just ended."""
        day = len(self.bulletins)
        quarters = slice(day * QUARTERS_PER_DAY, (day + 1) * QUARTERS_PER_DAY)
        per_kw = 900.0 * 1000.0 * self.efficiency
        self._public_kw = world.ledger.load_ws[PUBLIC, self.zones, quarters].sum(axis=(0, 1)) / per_kw
        steps = world.private_step_w[:, self.zones, : quarters.stop].sum(axis=(0, 1)).cumsum()[quarters]
        parts = world.private_part_ws[:, self.zones, quarters].sum(axis=(0, 1))
        self._private_kw = (parts + 900 * steps) / per_kw

    def publish(self, world: World, day: int) -> None:
        """Add the day to the bulletins."""
        base_kw = self.base_kw[day * QUARTERS_PER_DAY : (day + 1) * QUARTERS_PER_DAY]
        total_kw = base_kw + self._public_kw + self._private_kw
        peak = int(np.argmax(total_kw))
        self.bulletins.append(
            {
                "province": self.province,
                "day": day,
                "peak_quarter": peak,
                "peak_kw": float(total_kw[peak]),
                "base_kw": float(base_kw[peak]),
                "public_kw": float(self._public_kw[peak]),
                "private_kw": float(self._private_kw[peak]),
            }
        )

    def decide(self, world: World, day: int) -> None:
        """Change nothing: no measure is called in this version."""
