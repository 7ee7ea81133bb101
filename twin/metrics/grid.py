"""What the grid sees: load by zone and quarter hour, and the figures formed from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.metrics.rows import ALL, Row, ratio
from twin.tables.columns import F64
from twin.tables.results import GridTable
from twin.tables.totals import LOAD_KINDS, ProvinceLoad, RunTotals

if TYPE_CHECKING:
    from twin.network.regions import Regions

QUARTER_S = 900
QUARTERS_PER_DAY = 96
EVENING_HOURS = (18, 22)
"""When the load without vehicles is at its evening peak in every province: 18:00 to 22:00."""

NIGHT_VALLEY_HOURS = (23, 0, 1, 2, 3, 4, 5, 6)
"""Hours read as valley where the caller names none: 23:00 to 07:00."""


def grid_table(totals: RunTotals, base: ProvinceLoad, regions: Regions, charger_efficiency: float) -> GridTable:
    """Return the load by zone and quarter hour at the grid's side of the chargers.

    Energy into batteries over one efficiency gives energy from the grid, for public, home and depot charging alike.
    Photovoltaics and storage do not take part in this version and are zero.

    Parameters
    ----------
    totals : RunTotals
        Its ``load_ws`` is read.
    base : ProvinceLoad
        Load without vehicles and its annual peak, kW.
    regions : Regions
        Zones and their provinces.
    charger_efficiency : float
        Energy into the battery over energy from the grid, above 0, at most 1.
    """
    n_zones, n_quarters = totals.load_ws.shape[1:]
    kw = totals.load_ws / (QUARTER_S * 1000.0 * charger_efficiency)
    kinds = dict(zip(LOAD_KINDS, kw, strict=True))
    # The charger takes its part on the way out of the battery, too.
    kinds["v2g"] = totals.load_ws[LOAD_KINDS.index("v2g")] * (charger_efficiency / (QUARTER_S * 1000.0))
    base_kw = np.asarray(base.base_kw, np.float64)[:, :n_quarters]
    headroom_kw = np.asarray(base.peak_kw, np.float64)[:, None] - base_kw - _vehicles_kw(kinds)
    zero = np.zeros(n_zones * n_quarters)
    codes = np.asarray(regions.province_code, object)[np.asarray(regions.zone_province)]
    return GridTable(
        zone=np.repeat(np.asarray(regions.zone_id, object), n_quarters),
        province=np.repeat(codes, n_quarters),
        quarter=np.tile(np.arange(n_quarters, dtype=np.int32), n_zones),
        **{f"{kind}_kw": values.ravel() for kind, values in kinds.items()},
        pv_kw=zero,
        storage_kw=zero,
        base_kw=base_kw.ravel(),
        headroom_kw=headroom_kw.ravel(),
    )


def grid_metrics(grid: GridTable, regions: Regions, is_valley: NDArray[Any] | None = None) -> list[Row]:
    """Return peaks, the vehicles' share of the evening peak, and the share of their energy taken in valley hours.

    Parameters
    ----------
    grid : GridTable
        As `grid_table` makes it: zone by zone, quarters in order.
    regions : Regions
        Zones and their provinces.
    is_valley : ndarray of bool, shape (n_provinces, 24), optional
        Valley hours of the tariff; 23:00 to 07:00 everywhere by default.
    """
    provinces = [str(code) for code in regions.province_code]
    zone_province = np.asarray(regions.zone_province)
    n_zones = zone_province.size
    columns = (*(f"{kind}_kw" for kind in LOAD_KINDS), "base_kw")
    kw = {name.removesuffix("_kw"): getattr(grid, name).reshape(n_zones, -1) for name in columns}
    if is_valley is None:
        is_valley = np.tile(np.isin(np.arange(24), NIGHT_VALLEY_HOURS), (len(provinces), 1))
    short = grid.headroom_kw.reshape(n_zones, -1).min(axis=1, initial=np.inf) < 0
    hour_of_day = np.arange(next(iter(kw.values())).shape[1]) // 4 % 24
    is_valley_zone = is_valley[zone_province][:, hour_of_day]
    rows: list[Row] = []
    for name, chosen in _areas(provinces, zone_province):
        in_area = {kind: values[chosen] for kind, values in kw.items()}
        rows += _area_rows(name, in_area, is_valley_zone[chosen], hour_of_day)
        rows.append(Row("zones_over_annual_peak", ALL, name, np.nan, float(short[chosen].sum()), "-"))
    return rows


def _areas(provinces: list[str], zone_province: NDArray[Any]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for index, code in enumerate(provinces):
        yield code, zone_province == index
    yield ALL, np.ones(zone_province.size, np.bool_)


def _area_rows(province: str, kw: dict[str, F64], is_valley: NDArray[np.bool_], hour_of_day: NDArray[Any]) -> Iterator[Row]:
    vehicles = _vehicles_kw(kw)
    load = {kind: values.sum(axis=0) for kind, values in kw.items()}
    public = load["urban"] + load["highway"] + load["rural"]
    vehicle_load = public + load["home"] + load["depot"]
    both = vehicle_load + load["base"]

    def row(metric: str, value: Any, unit: str) -> Row:
        return Row(metric, ALL, province, np.nan, float(value), unit)

    yield row("ev_load_peak_gw", vehicle_load.max(initial=0) / 1e6, "GW")
    yield row("public_load_peak_gw", public.max(initial=0) / 1e6, "GW")
    yield row("base_load_peak_gw", load["base"].max(initial=0) / 1e6, "GW")
    yield row("load_peak_gw", both.max(initial=0) / 1e6, "GW")
    yield row("ev_share_of_evening_peak", _evening_share(vehicle_load, both, hour_of_day), "-")
    yield row("valley_energy_share", ratio(vehicles[is_valley].sum(), vehicles.sum()), "-")
    yield row("home_valley_energy_share", ratio(kw["home"][is_valley].sum(), kw["home"].sum()), "-")
    for kind in LOAD_KINDS:
        yield row(f"{kind}_grid_energy_gwh", load[kind].sum() / 4e6, "GWh")
    yield row("ev_grid_energy_gwh", vehicle_load.sum() / 4e6, "GWh")


def _evening_share(vehicles: F64, both: F64, hour_of_day: NDArray[Any]) -> float:
    """Return the vehicles' share in the evening quarter hour with the largest load."""
    evening = np.flatnonzero((hour_of_day >= EVENING_HOURS[0]) & (hour_of_day < EVENING_HOURS[1]))
    if evening.size == 0:
        return float("nan")
    top = evening[int(np.argmax(both[evening]))]
    return float(ratio(vehicles[top], both[top]))


def _vehicles_kw(kinds: dict[str, F64]) -> F64:
    """Sum the load of all vehicles, less what they give; trucks and shifted charging stand in the other kinds already."""
    return kinds["urban"] + kinds["highway"] + kinds["rural"] + kinds["home"] + kinds["depot"] - kinds["v2g"]
