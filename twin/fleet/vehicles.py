"""Every vehicle of the fleet: the table with a row for each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import DataError
from twin.fleet import figures
from twin.fleet.classes import ClassShares, load_shares
from twin.fleet.counts import CAR, TAXI, Counts, count_by_county
from twin.rng import Stream, uniforms
from twin.tables.columns import F64, I64, columns, rows
from twin.tables.inputs import ACCESS_KINDS, VEHICLE_KINDS, VehicleClasses, Vehicles

if TYPE_CHECKING:
    from twin.config import Config
    from twin.network.regions import Regions

NEVER = 255
"""`back_day` of a vehicle that is at home."""

NONE, HOME, DEPOT, WORK = range(len(ACCESS_KINDS))

SOC_RANGE = {NONE: (0.25, 0.90), HOME: (0.50, 1.00), DEPOT: (0.60, 1.00), WORK: (0.25, 0.90)}
"""State of charge at midnight, evenly spread between where a driver charges and what he charges to; own estimate.
Those without a plug of their own return to one at about 25 % and leave it at 80 to 100 % (facts: soc_trigger_private,
soc_target_fast)."""

SCRATCH_BYTES_PER_ROW = 96
"""Working memory of the largest zone while it is filled."""


def group_counts(vehicles: Vehicles, classes: VehicleClasses, regions: Regions, n_groups: int) -> I64:
    """Return the vehicles of a fleet by traveller group and home zone, shape (n_groups, n_zones)."""
    n_zones, n_classes = len(regions.zone_province), len(classes.kind)
    key = np.zeros(n_zones * n_classes, np.int64)
    zone_of = np.asarray(regions.county_zone)
    step = 1 << 22
    for first in range(0, len(vehicles.home), step):
        rows = slice(first, first + step)
        cell = zone_of[vehicles.home[rows]].astype(np.int64) * n_classes + vehicles.vehicle_class[rows]
        key += np.bincount(cell, minlength=key.size)
    by_class = key.reshape(n_zones, n_classes)
    return np.array([by_class[:, classes.group == group].sum(axis=1) for group in range(n_groups)])


def plug_counts(vehicles: Vehicles, regions: Regions) -> I64:
    """Return the vehicles of a fleet by home zone and private plug, shape (n_zones, len(ACCESS_KINDS))."""
    n_zones, n_kinds = len(regions.zone_province), len(ACCESS_KINDS)
    counts = np.zeros(n_zones * n_kinds, np.int64)
    zone_of = np.asarray(regions.county_zone)
    step = 1 << 22
    for first in range(0, len(vehicles.home), step):
        rows = slice(first, first + step)
        cell = zone_of[vehicles.home[rows]].astype(np.int64) * n_kinds + vehicles.access[rows]
        counts += np.bincount(cell, minlength=counts.size)
    return counts.reshape(n_zones, n_kinds)


def memory_needed_bytes(n: int) -> int:
    """Return what `build_vehicles` takes at its peak for `n` vehicles (bytes)."""
    row = sum(column.dtype.itemsize for column in columns(Vehicles))
    return n * row + (n // 20 + 1) * SCRATCH_BYTES_PER_ROW


def build_vehicles(
    config: Config, regions: Regions, classes: VehicleClasses, names: list[str], n_workers: int = 1
) -> Vehicles:
    """Build the fleet, one row a vehicle, sorted by home zone and county.

    Within a county the kinds follow each other; class, private charging and state of charge are drawn by vehicle id.

    Parameters
    ----------
    config : Config
        Sections ``fleet`` and ``scenario``.
    regions : Regions
        Counties in the order of their zones.
    classes : VehicleClasses
        From `load_classes`.
    names : list of str
        Names of the classes.
    n_workers : int
        Threads; zones are filled side by side, each by its own draws.

    Returns
    -------
    Vehicles
    """
    if np.any(np.diff(regions.county_zone) < 0):
        raise DataError("counties.csv: counties are not in the order of their zones; sort the file by zone")
    shares = load_shares(config.fleet.year)
    if len(names) != shares.has_engine.size:
        raise DataError(
            f"vehicle_classes.csv: {shares.has_engine.size} classes, but {len(names)} were given; read them again"
        )
    counts = count_by_county(config, regions)
    edges = class_edges(config, regions, shares, counts.by_county[CAR])
    vehicles = fill_vehicles(counts, regions, edges, classes, config.scenario.seed, n_workers)
    give_plugs_at_work(vehicles, classes, config)
    return vehicles


def give_plugs_at_work(vehicles: Vehicles, classes: VehicleClasses, config: Config) -> None:
    """Give the share `fleet.work_access_share` of the cars without a plug at home one at work. Writes: vehicles."""
    share, step = config.fleet.work_access_share, 1 << 22
    for first in range(0, len(vehicles.home) if share > 0.0 else 0, step):
        part = slice(first, first + step)
        access = vehicles.access[part]
        u = uniforms(config.scenario.seed, Stream.WORK_PLUG, first, len(access))
        is_car = classes.kind[vehicles.vehicle_class[part]] == CAR
        access[is_car & (access == NONE) & (u < share)] = WORK


def fill_vehicles(
    counts: Counts, regions: Regions, edges: F64, classes: VehicleClasses, seed: int, n_workers: int = 1
) -> Vehicles:
    """Build the vehicles that were counted, see `build_vehicles`.

    Parameters
    ----------
    counts : Counts
        How many live in each county of `regions`.
    edges : ndarray of float64, shape (n_provinces, n_kinds * n_classes)
        From `class_edges`.
    """
    table = rows(Vehicles, int(counts.by_county.sum()))
    first_of_county = np.concatenate([[0], np.cumsum(counts.by_county.sum(axis=0))])

    def fill(counties: slice) -> None:
        province = int(np.asarray(regions.zone_province)[regions.county_zone[counties.start]])
        _fill(table, int(first_of_county[counties.start]), counties, counts, edges[province], classes, seed)

    with ThreadPoolExecutor(n_workers) as executor:
        list(executor.map(fill, _zone_slices(np.asarray(regions.county_zone))))
    return table


def class_edges(config: Config, regions: Regions, shares: ClassShares, cars: I64) -> F64:
    """Return the upper edges at which a draw ``kind + u`` falls into a class, shape (n_provinces, n_kinds * n_classes).

    A province's share of battery cars moves its cars between classes with and without an engine; the shares are shifted
    by one number so that the country keeps the class shares of the seed.
    """
    bev = figures.province(regions, "bev_share")
    province = np.asarray(regions.zone_province)[regions.county_zone]
    weight = np.bincount(province, cars, bev.size)
    national = float(shares.share[CAR, ~shares.has_engine].sum())
    if weight.sum() > 0.0:
        bev = bev + national - float(np.sum(bev * weight) / weight.sum())
    bev = np.clip(bev, 0.02, 0.98)
    by_province = np.repeat(shares.share[None], bev.size, axis=0)
    factor = np.where(shares.has_engine[None], ((1.0 - bev) / (1.0 - national))[:, None], (bev / national)[:, None])
    by_province[:, CAR] *= factor
    edges = np.cumsum(by_province, axis=2)
    edges /= edges[:, :, -1:]
    return (edges + np.arange(len(VEHICLE_KINDS))[None, :, None]).reshape(bev.size, -1)


def _fill(
    table: Vehicles, first: int, counties: slice, counts: Counts, edges: F64, classes: VehicleClasses, seed: int
) -> None:
    """Fill the rows of one zone."""
    block = counts.by_county[:, counties].T
    n = int(block.sum())
    part = slice(first, first + n)
    n_kinds, n_classes = block.shape[1], len(classes.kind)
    kind = np.repeat(np.tile(np.arange(n_kinds, dtype=np.uint8), block.shape[0]), block.ravel())
    county = np.arange(counties.start, counties.stop, dtype=np.int16)
    table.home[part] = table.place[part] = np.repeat(county, block.sum(axis=1))
    draw = uniforms(seed, Stream.FLEET_CLASS, first, n)
    cell = np.searchsorted(edges, np.add(draw, kind, out=draw), side="right")
    table.vehicle_class[part] = cell % n_classes
    likely = np.repeat(counts.access_share[:, counties].T.ravel(), block.ravel())
    has_plug = uniforms(seed, Stream.FLEET_HOME, first, n) < likely
    table.access[part] = has_plug * np.where(kind <= TAXI, HOME, DEPOT).astype(np.uint8)
    low, high = np.array([SOC_RANGE[access] for access in range(len(ACCESS_KINDS))]).T
    access = table.access[part]
    soc = uniforms(seed, Stream.FLEET_SOC, first, n)
    soc *= (high - low)[access]
    soc += low[access]
    soc *= classes.capacity_ws.astype(np.float64)[table.vehicle_class[part]]
    table.energy_ws[part] = soc
    table.back_day[part] = NEVER


def _zone_slices(county_zone: np.ndarray) -> Iterator[slice]:
    """Yield the counties of each zone."""
    edges = np.flatnonzero(np.diff(county_zone)) + 1
    for start, stop in zip([0, *edges.tolist()], [*edges.tolist(), county_zone.size], strict=True):
        yield slice(start, stop)
