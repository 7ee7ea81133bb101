"""A run that never was: consistent totals made from a list of single events, to test what comes after the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.metrics.audit import audit, audit_json
from twin.metrics.grid import grid_table
from twin.metrics.summary import stations_table, summarise
from twin.store import RunWriter, build_manifest
from twin.tables.inputs import LAYERS, Pools, Stations
from twin.tables.results import GridTable, MetricsTable, ScorecardTable, StationHoursTable, StationsTable
from twin.tables.totals import HOUR_FIELDS, LOAD_KINDS, WAIT_EDGES_S, Law, ProvinceLoad, RunTotals, StationTotals

HOUR_S = 3600


@dataclass(frozen=True)
class FakeRegions:
    province_code: Any
    zone_id: Any
    zone_province: Any
    county_id: Any
    zone_lon: Any
    zone_lat: Any


@dataclass(frozen=True)
class FakeInventory:
    stations: Stations
    pools: Pools
    operator_names: tuple[str, ...] = ("Teld", "StarCharge", "others")
    listed_id: np.ndarray | None = None

    def names(self) -> np.ndarray:
        """Service areas have the name of a place, the others are numbered."""
        return np.array([f"{LAYERS[layer]} station {k}" for k, layer in enumerate(self.stations.layer)], object)


@dataclass(frozen=True)
class Events:
    """Visits one by one: the truth that totals are held against."""

    station: Any
    hour: Any
    outcome: Any
    wait_s: Any
    energy_ws: Any
    is_truck: Any


@dataclass(frozen=True)
class FakeRun:
    regions: FakeRegions
    inventory: FakeInventory
    events: Events
    totals: RunTotals
    base: ProvinceLoad


def regions(n_provinces: int, zones_per_province: int) -> FakeRegions:
    """Return provinces and zones on a lattice within China, one county a zone."""
    codes = np.array("BJ TJ HE SX NM LN JL HL SH JS ZJ AH FJ JX SD HA HB HN GD GX HI CQ SC GZ YN".split(), object)
    n_zones = n_provinces * zones_per_province
    k = np.arange(n_zones)
    return FakeRegions(
        province_code=codes[:n_provinces],
        zone_id=np.array([f"Zone {z}" for z in k], object),
        zone_province=np.repeat(np.arange(n_provinces), zones_per_province),
        county_id=np.array([f"{110000 + z}" for z in k], object),
        zone_lon=98 + (k * 7919 % 230) / 10,
        zone_lat=22 + (k * 104729 % 210) / 10,
    )


def inventory(places: FakeRegions, n_stations: int, rng: np.random.Generator) -> FakeInventory:
    """Return stations sorted by zone and layer, each with a slow or fast pool and some with a second, faster one."""
    n_zones = len(places.zone_id)
    zone = np.sort(rng.integers(0, n_zones, n_stations)).astype(np.int32)
    layer = rng.choice(3, n_stations, p=(0.6, 0.25, 0.15)).astype(np.uint8)
    order = np.lexsort((layer, zone))
    zone, layer = zone[order], layer[order]
    n_pools = 1 + (rng.random(n_stations) < 0.3).astype(np.int32)
    first_pool = np.concatenate([[0], np.cumsum(n_pools)[:-1]]).astype(np.int32)
    station = np.repeat(np.arange(n_stations, dtype=np.int32), n_pools)
    is_second = np.arange(station.size) != first_pool[station]
    rated_w = np.where(is_second, rng.choice([250_000, 480_000, 1_000_000], station.size), 60_000).astype(np.int32)
    n_evse = np.where(is_second, 2, 4 + rng.integers(0, 8, station.size)).astype(np.int32)
    limit_w = np.zeros(n_stations, np.int64)
    np.add.at(limit_w, station, n_evse.astype(np.int64) * rated_w)
    return FakeInventory(
        Stations(
            zone=zone,
            county=zone.copy(),
            province=places.zone_province[zone].astype(np.int32),
            layer=layer,
            site_type=np.where(layer == 1, 1, np.where(layer == 2, 3, 0)).astype(np.uint8),
            operator=(np.arange(n_stations) % 3).astype(np.uint8),
            lon=places.zone_lon[zone] + rng.normal(0, 0.2, n_stations),
            lat=places.zone_lat[zone] + rng.normal(0, 0.2, n_stations),
            link=np.full(n_stations, -1, np.int32),
            first_pool=first_pool,
            n_pools=n_pools,
            site_limit_w=limit_w,
        ),
        Pools(
            station=station,
            first_evse=np.concatenate([[0], np.cumsum(n_evse)[:-1]]).astype(np.int32),
            n_evse=n_evse,
            rated_power_w=rated_w,
            power_class=is_second.astype(np.uint8),
            is_ac=np.zeros(station.size, np.uint8),
            serves=np.full(station.size, 3, np.uint8),
            network=np.zeros(station.size, np.uint8),
            n_batteries=np.zeros(station.size, np.int32),
        ),
    )


def events(n_stations: int, n_hours: int, per_hour: float, rng: np.random.Generator) -> Events:
    """Return visits that crowd in the afternoon, at some stations more than at others."""
    hour_weight = 1 + 0.8 * np.sin((np.arange(n_hours) % 24 - 9) / 24 * 2 * np.pi)
    crowd = rng.gamma(2.0, 0.5, n_stations)
    n = rng.poisson(per_hour * crowd[:, None] * hour_weight[None, :])
    station, hour = (np.repeat(index, n.ravel()) for index in np.indices(n.shape).reshape(2, -1))
    size = station.size
    pressure = crowd[station] * hour_weight[hour]
    waits = rng.random(size) < np.minimum(0.9, pressure / 4)
    wait_s = np.where(waits, (rng.exponential(900 * pressure, size)).astype(np.int64), 0)
    return Events(
        station=station,
        hour=hour,
        outcome=rng.choice(3, size, p=(0.94, 0.04, 0.02)),
        wait_s=wait_s,
        energy_ws=rng.integers(5 * 3_600_000, 50 * 3_600_000, size),
        is_truck=rng.random(size) < 0.1,
    )


def totals(stock: FakeInventory, visits: Events, n_hours: int, n_provinces: int, n_zones: int) -> RunTotals:
    """Count the visits as the engine would."""
    stations, pools = stock.stations, stock.pools
    n = stations.zone.size
    served = visits.outcome == 0
    n_evse = np.bincount(pools.station, weights=pools.n_evse, minlength=n).astype(np.int64)
    station_hour = visits.station * n_hours + visits.hour

    def count(chosen: Any, what: Any = 1) -> Any:
        sums = np.zeros(n * n_hours, np.int64)
        np.add.at(sums, station_hour[chosen], what[chosen] if isinstance(what, np.ndarray) else what)
        return sums.reshape(n, n_hours)

    plugged_s = np.minimum(visits.energy_ws // 40_000, HOUR_S)
    busy = np.minimum(count(served, plugged_s), n_evse[:, None] * HOUR_S)
    by_hour = {
        "n_arrivals": count(np.ones_like(served)),
        "n_sessions": count(served),
        "n_balked": count(visits.outcome == 1),
        "n_reneged": count(visits.outcome == 2),
        "wait_s": count(served, visits.wait_s),
        "energy_ws": count(served, visits.energy_ws),
        "busy_s": busy,
        "n_full": (busy * 100 >= 95 * n_evse[:, None] * HOUR_S).astype(np.int64),
        "out_s": np.minimum(n_evse[:, None] * HOUR_S - busy, 40 * (1 + np.arange(n)[:, None] % 3)),
    }
    hours = np.zeros((len(HOUR_FIELDS), n_provinces, len(LAYERS), n_hours), np.int64)
    for k, field in enumerate(HOUR_FIELDS):
        np.add.at(hours[k], (stations.province, stations.layer), by_hour[field])
    bins = np.searchsorted(WAIT_EDGES_S, visits.wait_s, side="right") - 1
    histogram = np.zeros((len(LAYERS), n_hours, len(WAIT_EDGES_S)), np.int64)
    np.add.at(histogram, (stations.layer[visits.station[served]], visits.hour[served], bins[served]), 1)
    max_wait = np.zeros(n, np.int64)
    np.maximum.at(max_wait, visits.station[served], visits.wait_s[served])
    whole = {field: by_hour[field].sum(axis=1) for field in HOUR_FIELDS if field != "n_full"}
    return RunTotals(
        n_hours=n_hours,
        stations=StationTotals(
            **whole,
            n_waiting=np.zeros(n, np.int64),
            peak_hour_busy_s=busy.max(axis=1),
            max_wait_s=max_wait.astype(np.int32),
            max_queue=(max_wait // 600).astype(np.int32),
            n_cut_off=np.zeros(n, np.int64),
            n_swaps=np.zeros(n, np.int64),
            least_ready=np.zeros(n, np.int32),
        ),
        hours=hours,
        wait_histogram=histogram,
        load_ws=_load(stock, visits, served, n_hours, n_zones),
        road=_road(n_hours),
        counts={
            "n_car": 60_000,
            "n_taxi": 2_000,
            "n_van": 3_000,
            "n_bus": 500,
            "n_truck": 900,
            "n_trips_begun": int(_road(n_hours)[:, :, 1].sum()),
            "n_stranded": 3,
            "local_km": 1_234_567,
            "truck_trip_km": 45_678,
        },
        laws=(Law("trips begun = ended + under way + stranded", 100, 100, "trips"),),
    )


def _load(stock: FakeInventory, visits: Events, served: Any, n_hours: int, n_zones: int) -> Any:
    load = np.zeros((len(LOAD_KINDS), n_zones, 4 * n_hours), np.int64)
    quarter = visits.hour * 4 + visits.station % 4
    zone = stock.stations.zone[visits.station]
    layer = stock.stations.layer[visits.station]
    np.add.at(load, (layer[served], zone[served], quarter[served]), visits.energy_ws[served])
    into_trucks = served & visits.is_truck
    row = LOAD_KINDS.index("truck")
    np.add.at(load[row], (zone[into_trucks], quarter[into_trucks]), visits.energy_ws[into_trucks])
    night = 1 + np.cos((np.arange(4 * n_hours) % 96 - 8) / 96 * 2 * np.pi)
    mean = load[:3].sum() / load[0].size
    load[LOAD_KINDS.index("home")] = (1.5 * mean * night).astype(np.int64)
    load[LOAD_KINDS.index("depot")] = (0.3 * mean * night).astype(np.int64)
    return load


def _road(n_hours: int) -> Any:
    hour = np.arange(n_hours) % 24
    cars = (5000 * (1 + np.sin((hour - 8) / 24 * 2 * np.pi))).astype(np.int64)
    road = np.zeros((n_hours, 2, 4), np.int64)
    road[:, 0, 0], road[:, 0, 1], road[:, 0, 2], road[:, 0, 3] = cars, cars // 3, cars // 3, cars // 4
    road[:, 1] = road[:, 0] // 12
    return road


def fake_run(
    n_provinces: int = 4,
    zones_per_province: int = 2,
    n_stations: int = 60,
    n_hours: int = 48,
    per_hour: float = 2.0,
    seed: int = 7,
) -> FakeRun:
    """Return a whole consistent run."""
    rng = np.random.default_rng(seed)
    places = regions(n_provinces, zones_per_province)
    stock = inventory(places, n_stations, rng)
    visits = events(n_stations, n_hours, per_hour, rng)
    n_zones = len(places.zone_id)
    counted = totals(stock, visits, n_hours, n_provinces, n_zones)
    mean_kw = counted.load_ws[:3].sum() / counted.load_ws[0].size / 900 / 1000
    shape = 1 + 0.3 * np.sin((np.arange(4 * n_hours) % 96 - 40) / 96 * 2 * np.pi)
    base_kw = 20 * mean_kw * np.tile(shape, (n_zones, 1)) * (1 + np.arange(n_zones)[:, None] / n_zones)
    return FakeRun(places, stock, visits, counted, ProvinceLoad(base_kw, base_kw.max(axis=1) * 1.1))


def tables(run: FakeRun) -> tuple[MetricsTable, StationsTable, GridTable]:
    """Return the result tables of a run."""
    grid = grid_table(run.totals, run.base, run.regions, 0.95)
    coverage = [
        ("urban_population_within_2_km", "urban", "all", 0.87, "1"),
        ("service_areas_with_station", "highway", "all", 0.985, "1"),
        ("longest_way_to_station", "highway", "all", np.inf, "km"),
        ("townships_with_station", "rural", "all", 0.93, "1"),
    ]
    metrics = summarise("fake", run.totals, run.inventory, run.regions, grid, coverage)
    return metrics, stations_table(run.totals, run.inventory, run.regions), grid


def station_hours(run: FakeRun) -> StationHoursTable:
    """Return the rows of ``station_hours`` with anything in them, by hour and station."""
    n = run.inventory.stations.zone.size
    key = run.events.hour * n + run.events.station
    found, row = np.unique(key, return_inverse=True)
    served = run.events.outcome == 0

    def count(chosen: Any, what: Any = None) -> Any:
        return np.bincount(row[chosen], weights=None if what is None else what[chosen], minlength=found.size)

    return StationHoursTable(
        station=(found % n).astype(np.int32),
        hour=(found // n).astype(np.int16),
        n_arrivals=count(np.ones_like(served)).astype(np.int16),
        n_sessions=count(served).astype(np.int16),
        n_balked=count(run.events.outcome == 1).astype(np.int16),
        n_reneged=count(run.events.outcome == 2).astype(np.int16),
        max_queue=np.zeros(found.size, np.int16),
        wait_s=count(served, run.events.wait_s).astype(np.int32),
        energy_kwh=(count(served, run.events.energy_ws) / 3_600_000).astype(np.float32),
        busy_share=np.full(found.size, 0.5, np.float32),
        out_of_service_s=np.zeros(found.size, np.int32),
    )


def write_run(out: Path, run: FakeRun, scorecard: ScorecardTable | None = None, **changes: Any) -> Path:
    """Write the run folder of a fake run; `changes` replace tables by name."""
    metrics, stations, grid = tables(run)
    found = {"metrics": metrics, "stations": stations, "grid": grid, **changes}
    with RunWriter(out) as writer:
        for name, table in found.items():
            writer.write(name, table)
        writer.append("station_hours", station_hours(run))
        if scorecard is not None:
            writer.write("scorecard", scorecard)
        writer.finish()
        writer.write_json("audit", audit_json(audit(run.totals, run.inventory)))
        manifest = build_manifest(
            {"scenario": {"name": "fake", "title": "A <fake> & run"}, "stations": {"stock": "2027-12"}},
            "0123abcd",
            scenario="fake",
            seed=7,
            versions={"twin": "0.1.0"},
            inputs=[{"name": "provinces", "sha256": "ab" * 32, "licence": "CC BY 4.0"}],
            wall_s=1.0,
            peak_memory_bytes=10**9,
            machine={"cores": 2},
            audit_verdict="held",
            counts=run.totals.counts,
            bytes_written=writer.bytes_written,
            vehicle_class_names=["car"],
            first_day="2027-10-01",
        )
        writer.write_json("manifest", manifest)
        return writer.commit()
