"""The two tables that a reader opens first: every figure of the run, and every station."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from twin.metrics.grid import grid_metrics
from twin.metrics.queues import queue_metrics
from twin.metrics.rows import (
    ALL,
    HIGH_POWER_W,
    SECONDS_PER_HOUR,
    WS_PER_KWH,
    Row,
    is_plug_of,
    ratio,
    station_sums,
)
from twin.tables.inputs import LAYERS, SITE_TYPES, VEHICLE_KINDS
from twin.tables.results import GridTable, MetricsTable, StationsTable
from twin.tables.totals import RunTotals

if TYPE_CHECKING:
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

ROAD_VEHICLES = ("cars", "trucks")
"""Second axis of ``RunTotals.road``."""


def summarise(
    scenario: str,
    totals: RunTotals,
    inventory: Inventory,
    regions: Regions,
    grid: GridTable,
    coverage: Iterable[tuple[str, str, str, float, str]] = (),
    is_valley: np.ndarray | None = None,
    passages_within_zones: np.ndarray | None = None,
) -> MetricsTable:
    """Return every figure of a run: fleet and roads, stations, load, coverage.

    Parameters
    ----------
    scenario : str
        Name of the scenario.
    totals : RunTotals
        What the engine counted.
    inventory, regions
        Stations and regions of the run.
    grid : GridTable
        Load of the run.
    coverage : iterable of rows
        Further figures of the whole run: metric, layer, province, value, unit. One that is there already under its
        name is not repeated.
    is_valley : ndarray of bool, shape (n_provinces, 24), optional
        See ``grid_metrics``.
    passages_within_zones : ndarray of float64, shape (n_hours,), optional
        Passages onto expressways that are not routed.
    """
    within = enumerate([] if passages_within_zones is None else passages_within_zones.tolist())
    rows = [
        *road_metrics(totals),
        *(Row("cars_passages_within_zones", ALL, ALL, float(hour), value, "-") for hour, value in within),
        *queue_metrics(totals, inventory, regions),
        *grid_metrics(grid, regions, is_valley),
    ]
    known = {row.metric for row in rows}
    rows += [
        Row(metric, layer, province, np.nan, value, unit)
        for metric, layer, province, value, unit in coverage
        if metric not in known
    ]
    return metrics_table(scenario, rows)


def metrics_table(scenario: str, rows: Iterable[tuple[str, str, str, float, float, str]]) -> MetricsTable:
    """Put figures into the table of the run folder; their order is kept, bounds stay open."""
    found = [Row(*row) for row in rows]
    empty = np.full(len(found), np.nan)
    return MetricsTable(
        scenario=np.full(len(found), scenario, object),
        metric=np.array([row.metric for row in found], object),
        layer=np.array([row.layer for row in found], object),
        province=np.array([row.province for row in found], object),
        hour=np.array([row.hour for row in found], np.float64),
        value=np.array([row.value for row in found], np.float64),
        unit=np.array([row.unit for row in found], object),
        ci_low=empty,
        ci_high=empty.copy(),
    )


def road_metrics(totals: RunTotals) -> Iterator[Row]:
    """Yield the fleet, the run-wide counts, and vehicles and trips on the road by hour."""
    counts = totals.counts
    fleet = sum(counts.get(f"n_{kind}", 0) for kind in VEHICLE_KINDS)
    yield Row("n_vehicles", ALL, ALL, np.nan, float(fleet), "-")
    yield Row("n_hours", ALL, ALL, np.nan, float(totals.n_hours), "h")
    for name in sorted(counts):
        metric = "stranded" if name == "n_stranded" else name
        yield Row(metric, ALL, ALL, np.nan, float(counts[name]), _unit_of(name))
    for k, vehicles in enumerate(ROAD_VEHICLES):
        for j, what in enumerate(("on_road", "trips_begun", "trips_ended", "expressway_entries")):
            for hour in range(totals.n_hours):
                yield Row(f"{vehicles}_{what}", ALL, ALL, float(hour), float(totals.road[hour, k, j]), "-")


def _unit_of(name: str) -> str:
    """Return the unit that a count carries at the end of its name."""
    return {"km": "km", "kwh": "kWh"}.get(name.rsplit("_", 1)[-1], "-")


def stations_table(totals: RunTotals, inventory: Inventory, regions: Regions) -> StationsTable:
    """Return every station with its whole run, in id order."""
    stations, pools, sums = inventory.stations, inventory.pools, totals.stations
    n_evse = station_sums(inventory, pools.n_evse)
    n_places = np.where(pools.n_batteries > 0, pools.n_batteries, pools.n_evse).astype(np.int64)
    rated_w = station_sums(inventory, n_places * pools.rated_power_w)
    return StationsTable(
        station=np.arange(stations.zone.size, dtype=np.int32),
        name=np.asarray(inventory.names(), object),
        province=np.asarray(regions.province_code, object)[stations.province],
        zone=np.asarray(regions.zone_id, object)[stations.zone],
        county=np.asarray(regions.county_id, object)[stations.county],
        layer=np.array(LAYERS, object)[stations.layer],
        site_type=np.array(SITE_TYPES, object)[stations.site_type],
        operator=np.asarray(inventory.operator_names, object)[stations.operator],
        lon=stations.lon,
        lat=stations.lat,
        n_evse=n_evse.astype(np.int32),
        n_high_power=station_sums(inventory, pools.n_evse * is_plug_of(pools, HIGH_POWER_W)).astype(np.int32),
        n_batteries=station_sums(inventory, pools.n_batteries).astype(np.int32),
        rated_power_kw=rated_w / 1000,
        site_limit_kw=stations.site_limit_w / 1000,
        n_arrivals=sums.n_arrivals,
        n_sessions=sums.n_sessions,
        n_balked=sums.n_balked,
        n_reneged=sums.n_reneged,
        n_waiting=sums.n_waiting,
        energy_kwh=sums.energy_ws / WS_PER_KWH,
        busy_share=ratio(sums.busy_s, n_evse * SECONDS_PER_HOUR * totals.n_hours),
        peak_hour_busy_share=ratio(sums.peak_hour_busy_s, n_evse * SECONDS_PER_HOUR),
        mean_wait_s=ratio(sums.wait_s, sums.n_sessions),
        max_wait_s=sums.max_wait_s,
        max_queue=sums.max_queue,
        n_cut_off=sums.n_cut_off,
        n_swaps=sums.n_swaps,
        least_ready=sums.least_ready,
        out_of_service_s=sums.out_s,
        list_id=np.full(n_evse.size, "", object) if inventory.listed_id is None else inventory.listed_id,
    )
