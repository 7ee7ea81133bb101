"""The racks of a posed case: whether a row of stations can be one, and has the power for it."""

from __future__ import annotations

import numpy as np

from twin.case.reading import Columns, note_rows
from twin.case.supply import Sites
from twin.errors import Faults
from twin.tables.inputs import VehicleClasses
from twin.tables.state import LONGEST_SESSION_S

__all__ = ["check_capacity", "check_racks"]


def check_racks(table: Columns, sites: Sites, n_rows: int, faults: Faults) -> None:
    """Note racks at AC, and sites whose power the racks leave nothing of for those who charge there."""
    if "n_batteries" not in table or not n_rows:
        return
    is_swap = table["n_batteries"] > 0
    note_rows(
        "stations.n_batteries", is_swap & (table.get("is_ac", np.zeros(n_rows)) == 1),
        lambda row: f"{table['n_batteries'][row]} where is_ac is true", "bays without is_ac", "set one of the two", faults,
    )  # fmt: skip
    if "site_limit_kw" not in table:
        return
    rack_kw = np.bincount(sites.of_pool, table["n_batteries"] * table["rated_power_kw"])[sites.of_pool]
    has_plugs = (np.bincount(sites.of_pool, ~is_swap) > 0)[sites.of_pool]
    limit_kw = table["site_limit_kw"]
    note_rows(
        "stations.site_limit_kw", is_swap & (np.where(has_plugs, limit_kw <= rack_kw, limit_kw < rack_kw)),
        lambda row: f"{limit_kw[row]:g} kW", "more than n_batteries x rated_power_kw of the site's racks",
        "raise it, or take fewer or weaker places", faults,
    )  # fmt: skip


def check_capacity(table: Columns, classes: VehicleClasses, faults: Faults) -> None:
    """Note racks on which a battery of the case takes longer than a day."""
    most_ws = int((classes.capacity_ws * (classes.swap_share > 0)).max(initial=0))
    if "n_batteries" not in table:
        return
    is_slow = (table["n_batteries"] > 0) & (table["rated_power_kw"] * 1000.0 * LONGEST_SESSION_S < most_ws)
    note_rows(
        "stations.rated_power_kw", is_slow, lambda row: f"{table['rated_power_kw'][row]:g} kW",
        "power that charges the largest battery within a day", "raise it", faults,
    )  # fmt: skip
