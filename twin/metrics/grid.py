"""What the grid sees: load by zone and quarter hour, and the figures formed from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.metrics.rows import ALL, Row, ratio
from twin.tables import seeds
from twin.tables.columns import F64
from twin.tables.results import GridTable
from twin.tables.totals import LOAD_KINDS, ProvinceLoad, RunTotals

if TYPE_CHECKING:
    from twin.network.regions import Regions

QUARTER_S = 900
QUARTERS_PER_DAY = 96
NOON = QUARTERS_PER_DAY // 2
EVENING_HOURS = (18, 22)
"""When the load without vehicles is at its evening peak in every province: 18:00 to 22:00."""

BESIDE = ("pv", "storage")
"""What stands beside the plugs and gives power, or takes it where it is below zero."""

NIGHT_VALLEY_HOURS = (23, 0, 1, 2, 3, 4, 5, 6)
"""Hours read as valley where the caller names none: 23:00 to 07:00."""


def grid_table(totals: RunTotals, base: ProvinceLoad, regions: Regions, charger_efficiency: float) -> GridTable:
    """Return the load by zone and quarter hour at the grid's side of the chargers.

    Energy into batteries over one efficiency gives energy from the grid, for public, home and depot charging alike; and so
    what photovoltaics and storage give on the direct-current side, at the grid's side of the chargers.

    Parameters
    ----------
    totals : RunTotals
        Its ``load_ws`` and ``plant_ws`` are read.
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
    pv_kw, storage_kw = totals.plant_ws / (QUARTER_S * 1000.0 * charger_efficiency)
    headroom_kw = np.asarray(base.peak_kw, np.float64)[:, None] - base_kw - _vehicles_kw(kinds) + pv_kw + storage_kw
    codes = np.asarray(regions.province_code, object)[np.asarray(regions.zone_province)]
    return GridTable(
        zone=np.repeat(np.asarray(regions.zone_id, object), n_quarters),
        province=np.repeat(codes, n_quarters),
        quarter=np.tile(np.arange(n_quarters, dtype=np.int32), n_zones),
        **{f"{kind}_kw": values.ravel() for kind, values in kinds.items()},
        pv_kw=pv_kw.ravel(),
        storage_kw=storage_kw.ravel(),
        base_kw=base_kw.ravel(),
        headroom_kw=headroom_kw.ravel(),
    )


def grid_metrics(grid: GridTable, regions: Regions, is_valley: NDArray[Any] | None = None) -> list[Row]:
    """Return peaks, ramps and headroom, the vehicles' share of the evening peak, and the energy taken in valley hours.

    The energy in valley hours also of the pilot cities of vehicle-grid interaction alone; NaN where none of them is a zone.

    Parameters
    ----------
    grid : GridTable
        As `grid_table` makes it: zone by zone, quarters in order.
    regions : Regions
        Zones and their provinces.
    is_valley : ndarray of bool, shape (n_provinces, 24), optional
        Valley hours of the tariff; 23:00 to 07:00 everywhere by default.

    Notes
    -----
    Valley shares are of whole nights, from the first noon to the last: in the night before the first day nobody has been
    plugged in, and what is moved beyond the last midnight is not seen. A run of a day has all of its hours.
    """
    provinces = [str(code) for code in regions.province_code]
    zone_province = np.asarray(regions.zone_province)
    n_zones = zone_province.size
    kw = {name: getattr(grid, f"{name}_kw").reshape(n_zones, -1) for name in (*LOAD_KINDS, *BESIDE, "base", "headroom")}
    if is_valley is None:
        is_valley = np.tile(np.isin(np.arange(24), NIGHT_VALLEY_HOURS), (len(provinces), 1))
    over = kw["headroom"] < 0
    hour_of_day = np.arange(kw["base"].shape[1]) // 4 % 24
    nights = whole_nights(hour_of_day.size)
    is_valley_zone = is_valley[zone_province][:, hour_of_day[nights]]
    rows: list[Row] = []
    for name, chosen in _areas(provinces, zone_province):
        in_area = {kind: values[chosen] for kind, values in kw.items()}
        by_night = {kind: values[:, nights] for kind, values in in_area.items()}
        found = (*_load_rows(in_area, hour_of_day), *_valley_rows(by_night, is_valley_zone[chosen]))
        rows += [Row(metric, ALL, name, np.nan, float(value), unit) for metric, value, unit in found]
        rows.append(Row("zones_over_annual_peak", ALL, name, np.nan, float(over[chosen].any(axis=1).sum()), "-"))
        rows.append(Row("zone_hours_over_annual_peak", ALL, name, np.nan, over[chosen].sum() / 4.0, "h"))
    pilots = np.isin(np.asarray(regions.zone_id, str), seeds.read("v2g_pilots")["zone"].astype(str))
    of_pilots = _valley_rows({kind: values[pilots, nights] for kind, values in kw.items()}, is_valley_zone[pilots])
    rows += [Row(f"pilot_{metric}", ALL, ALL, np.nan, float(value), unit) for metric, value, unit in of_pilots]
    return rows


def whole_nights(n_quarters: int) -> slice:
    """Return the quarter hours from the first noon to the last, or all of them where there is only one."""
    n_nights = (n_quarters - NOON) // QUARTERS_PER_DAY
    return slice(NOON, NOON + n_nights * QUARTERS_PER_DAY) if n_nights > 0 else slice(None)


def _areas(provinces: list[str], zone_province: NDArray[Any]) -> Iterator[tuple[str, NDArray[np.bool_] | slice]]:
    """Yield each province with its zones, and the nation, whose rows are looked at where they are: no copy of all."""
    for index, code in enumerate(provinces):
        yield code, zone_province == index
    yield ALL, slice(None)


def _load_rows(kw: dict[str, F64], hour_of_day: NDArray[Any]) -> Iterator[tuple[str, Any, str]]:
    """Yield (metric, value, unit) of the loads of an area, each added up over its zones."""
    load = {kind: values.sum(axis=0) for kind, values in kw.items()}
    public = load["urban"] + load["highway"] + load["rural"]
    charging = public + load["home"] + load["depot"] + load["work"]
    net = charging - load["v2g"] - load["pv"] - load["storage"]
    both, base = net + load["base"], load["base"]
    base_peak, peak = base.max(initial=0), both.max(initial=0)
    yield "ev_load_peak_gw", charging.max(initial=0) / 1e6, "GW"
    yield "public_load_peak_gw", public.max(initial=0) / 1e6, "GW"
    yield "base_load_peak_gw", base_peak / 1e6, "GW"
    yield "load_peak_gw", peak / 1e6, "GW"
    yield "load_peak_increase", ratio(peak - base_peak, base_peak), "-"
    yield "load_ramp_gw", np.diff(both).max(initial=0) / 1e6, "GW"
    yield "base_load_ramp_gw", np.diff(base).max(initial=0) / 1e6, "GW"
    yield "load_factor", ratio(both.sum(), peak * both.size), "-"
    yield "base_load_factor", ratio(base.sum(), base_peak * base.size), "-"
    yield "least_headroom_gw", load["headroom"].min(initial=np.inf) / 1e6, "GW"
    yield "v2g_peak_mw", load["v2g"].max(initial=0) / 1e3, "MW"
    yield "ev_share_of_evening_peak", _evening_share(net, both, hour_of_day), "-"
    yield "evening_peak_gw", _evening(both, hour_of_day) / 1e6, "GW"
    for kind in LOAD_KINDS:
        yield f"{kind}_grid_energy_gwh", load[kind].sum() / 4e6, "GWh"
    yield "ev_grid_energy_gwh", charging.sum() / 4e6, "GWh"


def _valley_rows(kw: dict[str, F64], is_valley: NDArray[np.bool_]) -> Iterator[tuple[str, Any, str]]:
    """Yield (metric, value, unit) of the parts of charging that fall into each zone's valley hours."""
    public = kw["urban"] + kw["highway"] + kw["rural"]
    private = kw["home"] + kw["depot"] + kw["work"]
    for name, load in (("", public + private), ("public_", public), ("private_", private), ("home_", kw["home"])):
        yield f"{name}valley_energy_share", ratio(load[is_valley].sum(), load.sum()), "-"


def _evening_share(vehicles: F64, both: F64, hour_of_day: NDArray[Any]) -> float:
    """Return the vehicles' share in the evening quarter hour with the largest load."""
    evening = np.flatnonzero((hour_of_day >= EVENING_HOURS[0]) & (hour_of_day < EVENING_HOURS[1]))
    if evening.size == 0:
        return float("nan")
    top = evening[int(np.argmax(both[evening]))]
    return float(ratio(vehicles[top], both[top]))


def _evening(both: F64, hour_of_day: NDArray[Any]) -> float:
    """Return the largest load of the evenings."""
    evening = both[(hour_of_day >= EVENING_HOURS[0]) & (hour_of_day < EVENING_HOURS[1])]
    return float(evening.max()) if evening.size else float("nan")


def _vehicles_kw(kinds: dict[str, F64]) -> F64:
    """Sum the load of all vehicles, less what they give; trucks and shifted charging stand in the other kinds already."""
    public = kinds["urban"] + kinds["highway"] + kinds["rural"]
    return public + kinds["home"] + kinds["depot"] + kinds["work"] - kinds["v2g"]
