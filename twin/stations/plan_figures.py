"""What the notices ask of the stock of end-2027, held against whole EVSEs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.errors import ConfigError, Faults
from twin.stations.months import published
from twin.stations.sites import HIGHWAY, RURAL_LAYER, URBAN
from twin.tables import seeds

if TYPE_CHECKING:
    from twin.config import Config
    from twin.stations.sites import Sites
    from twin.stations.stock import Cells

__all__ = ["PlanFigure", "plan_figures", "private_evse", "require_plan"]

BASE = "2024-12"
"""The three-year plan of notice 1250 counts from the end of 2024."""
STRONG_W, GW = 60_000, 1e9


class PlanFigure(NamedTuple):
    """A line of policy and what stands against it."""

    line: str
    requirement: str
    value: float
    operator: str
    target: float
    unit: str

    @property
    def is_met(self) -> bool:
        """Whether the value reaches the target."""
        return self.value > self.target if self.operator == ">" else self.value >= self.target


def plan_figures(config: Config, sites: Sites, cells: Cells) -> list[PlanFigure]:
    """Return the lines of notices 632 and 1250 that count EVSEs, with what stands.

    What is new since the end of 2024 is what stands less what stood then, by the figures of ``seeds/nation_figures.csv``; at
    service areas all EVSEs of then count as standing ones of 60 kW or more, so too few of today's count as new.

    Parameters
    ----------
    config : Config
        Sections ``stations`` and ``buildout``.
    sites : Sites
        What stands in the whole nation, not a sample of it.
    cells : Cells
        What its EVSEs are.
    """
    n = np.where(cells.n_batteries > 0, 0, sites.n_evse.sum(axis=0, dtype=np.int64))
    is_dc, is_high = ~cells.is_ac, cells.is_high_power_class[cells.power_class]
    urban, highway, rural = (cells.layer == layer for layer in (URBAN, HIGHWAY, RURAL_LAYER))
    values = {
        "632-0a": n[is_high].sum(),
        "1250-1": n.sum() + private_evse(config),
        "1250-2": (n * cells.rated_w).sum() / GW,
        "1250-4": n[urban & is_dc].sum() - _base("urban_dc_evses"),
        "1250-5": n[urban & is_high].sum() - _base("urban_high_power_evses"),
        "1250-6": n[highway & (cells.rated_w >= STRONG_W)].sum() - _base("highway_evses"),
        "1250-8": n[rural & is_dc].sum() - _base("rural_dc_evses"),
    }
    lines = seeds.read("policy_lines")
    rows = {str(line): row for row, line in enumerate(lines["id"])}
    told = [(rows[line], value) for line, value in values.items()]
    return [
        PlanFigure(
            str(lines["id"][row]), str(lines["requirement"][row]), float(value), str(lines["operator"][row]),
            float(lines["value"][row]), str(lines["unit"][row]),
        )
        for row, value in told
    ]  # fmt: skip


def private_evse(config: Config) -> int:
    """Return the private EVSEs of the stock that the scenario has or leads to: at homes, depots and work."""
    return published("private_evses", config.buildout.towards or config.stations.stock)


def require_plan(config: Config, sites: Sites, cells: Cells) -> None:
    """Refuse a build-out that claims the plan and misses its figures.

    Raises
    ------
    ConfigError
        With every line that is missed, its value and its target.
    """
    faults = Faults()
    for figure in plan_figures(config, sites, cells):
        if not figure.is_met:
            faults.add(
                f"buildout.meets_plan: line {figure.line}, {figure.requirement}", f"{figure.value:,.10g} {figure.unit}",
                f"{figure.operator} {figure.target:,.10g}", "order more of them, or set meets_plan to false",
            )  # fmt: skip
    faults.raise_if_any(ConfigError)


def _base(name: str) -> int:
    """Return a figure of the nation at the end of 2024."""
    table = seeds.read("nation_figures")
    return int(table["value"][(table["figure"] == name) & (table["period"] == BASE)][0])
