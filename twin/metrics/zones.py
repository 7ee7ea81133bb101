"""A zone of the grid with its whole run: peaks, headroom, what more it can host, and what vehicles gave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.metrics.hosting import hosting_kw, hosting_with_storage_kw, shape_of
from twin.metrics.rows import ALL
from twin.tables.columns import F64
from twin.tables.results import GridTable, ZonesTable

if TYPE_CHECKING:
    from twin.network.regions import Regions

__all__ = ["Measures", "zone_metrics", "zones_table"]

DAYS_PER_YEAR = 365
QUARTERS_PER_DAY = 96
LEAST_PROJECT_KW = 500.0
"""Power that a pilot project gives at least, notice 718 of 2024."""
LEAST_PROJECT_KWH_A = 100_000.0
"""Energy that a pilot project gives in a year at least, notice 718 of 2024."""

Figure = tuple[str, str, str, float, str]
"""Metric, layer, province, value, unit."""


class Measures(NamedTuple):
    """What of the scenario the figures of zones depend on."""

    sample: float
    hosting_storage_h: float
    v2g_payment_cny_per_kwh: float


def zones_table(grid: GridTable, regions: Regions, n_v2g_plugs: F64, measures: Measures) -> ZonesTable:
    """Return every zone with its whole run.

    Parameters
    ----------
    grid : GridTable
        As `grid_table` makes it: zone by zone, quarters in order.
    regions : Regions
        Zones and their provinces.
    n_v2g_plugs : ndarray, shape (n_zones,)
        Plugs that can give to the grid, as expected.
    measures : Measures
        Settings.
    """
    n_zones = len(regions.zone_province)
    names = ("urban", "highway", "rural", "home", "depot", "work", "v2g", "base", "headroom")
    kw = {name: getattr(grid, f"{name}_kw").reshape(n_zones, -1) for name in names}
    public = kw["urban"] + kw["highway"] + kw["rural"]
    room, shape = kw["headroom"], shape_of(public)
    charging = public + kw["home"] + kw["depot"] + kw["work"]
    return ZonesTable(
        zone=np.asarray(regions.zone_id, object),
        province=np.asarray(regions.province_code, object)[np.asarray(regions.zone_province)],
        ev_peak_kw=charging.max(axis=1, initial=0.0),
        ev_energy_kwh=charging.sum(axis=1) / 4.0,
        base_peak_kw=kw["base"].max(axis=1, initial=0.0),
        least_headroom_kw=room.min(axis=1),
        over_h=(room < 0.0).sum(axis=1) / 4.0,
        hosting_kw=hosting_kw(room, shape),
        hosting_with_storage_kw=hosting_with_storage_kw(room, shape, measures.hosting_storage_h),
        n_v2g_plugs=n_v2g_plugs,
        v2g_peak_kw=kw["v2g"].max(axis=1, initial=0.0),
        v2g_energy_kwh=kw["v2g"].sum(axis=1) / 4.0,
    )


def zone_metrics(zones: ZonesTable, regions: Regions, n_days: int, measures: Measures) -> Iterator[Figure]:
    """Yield the figures formed from zones: hosting capacity by province, plugs that give, and the pilot criteria.

    A zone with plugs that can give to the grid counts as one pilot project. A year is taken for days like those of the run.
    """
    for code in (*regions.province_code, ALL):
        mine = (zones.province == code) | (code == ALL)
        yield "hosting_capacity_gw", ALL, str(code), float(zones.hosting_kw[mine].sum()) / 1e6, "GW"
        with_storage = float(zones.hosting_with_storage_kw[mine].sum()) / 1e6
        yield "hosting_capacity_with_storage_gw", ALL, str(code), with_storage, "GW"
        yield "zones_without_hosting_capacity", ALL, str(code), float((zones.hosting_kw[mine] <= 0.0).sum()), "-"
    given_kwh = float(zones.v2g_energy_kwh.sum())
    n_plugs = float(zones.n_v2g_plugs.sum())
    yield "n_v2g_plugs", ALL, ALL, n_plugs, "-"
    per_plug = given_kwh / (n_plugs * n_days) if n_plugs else np.nan
    yield "v2g_kwh_per_plug_and_day", ALL, ALL, per_plug, "kWh"
    yield "v2g_payment_mcny", ALL, ALL, given_kwh * measures.v2g_payment_cny_per_kwh / 1e6, "M CNY"
    yield "v2g_energy_gwh_a", ALL, ALL, given_kwh * DAYS_PER_YEAR / n_days / measures.sample / 1e6, "GWh/a"
    is_project = zones.n_v2g_plugs > 0.0
    power_kw = zones.v2g_peak_kw[is_project] / measures.sample
    energy_kwh_a = zones.v2g_energy_kwh[is_project] * DAYS_PER_YEAR / n_days / measures.sample
    yield "v2g_projects", ALL, ALL, float(is_project.sum()), "-"
    yield "v2g_least_project_kw", ALL, ALL, float(power_kw.min()) if power_kw.size else np.nan, "kW"
    yield "v2g_least_project_kwh_a", ALL, ALL, float(energy_kwh_a.min()) if power_kw.size else np.nan, "kWh/a"
    yield "v2g_projects_of_500_kw", ALL, ALL, float((power_kw >= LEAST_PROJECT_KW).sum()), "-"
    yield "v2g_projects_of_100_mwh_a", ALL, ALL, float((energy_kwh_a >= LEAST_PROJECT_KWH_A).sum()), "-"
