"""Which feeders strain most: behind service areas and in counties, solved on their worst day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from twin.grid.feeders import Feeder, Upgrade, county_feeder, feeders_of_county, service_area_feeder
from twin.grid.powerflow import Flow, cure, solve
from twin.network.regions import Regions
from twin.study.loads import HOURS_PER_DAY, Grid, Loads, of_day, zone_kw
from twin.tables.columns import F64, I64

__all__ = ["HIGHWAY", "STRAINED_SHARE", "FeederResult", "counties", "service_areas"]

HIGHWAY = "highway"
STRAINED_SHARE = 0.8
"""A site is strained where an hour took this share of what its transformer gives."""


class FeederResult(NamedTuple):
    """A feeder, the day on which it carried most for vehicles, what that did to it, and the cheapest cure."""

    feeder: Feeder
    province: str
    day: int
    flow: Flow
    cure: Upgrade | None


def service_areas(loads: Loads, grid: Grid, n: int) -> Iterator[FeederResult]:
    """Solve the largest service areas of those that come near to what their transformers give; ties go to the lower station.

    Near is `STRAINED_SHARE` of it; where too few come as near, those follow that come nearest.
    """
    limit_kw, peak_kw = loads.stations["site_limit_kw"], loads.peak_kw()
    share = np.where(loads.stations["layer"] == HIGHWAY, peak_kw / np.maximum(loads.limit_kw, 1e-9), -1.0)
    strained_kw = np.where(share >= STRAINED_SHARE, peak_kw, 0.0)
    for station in np.lexsort((np.arange(len(share)), -share, -strained_kw))[:n].tolist():
        if share[station] <= 0.0:
            return
        kw = loads.of_station(station)
        day = int(np.argmax(kw)) // HOURS_PER_DAY
        shape = zone_kw(grid, str(loads.stations["zone"][station]), "base_kw")
        feeder = service_area_feeder(
            str(loads.stations["name"][station]), of_day(kw, day), float(limit_kw[station]), of_day(shape / shape.max(), day)
        )
        yield _result(feeder, str(loads.stations["province"][station]), day)


def counties(loads: Loads, grid: Grid, regions: Regions, n: int, sample: float) -> Iterator[FeederResult]:
    """Solve the fullest feeder of the counties whose stations' peak is largest against their load without vehicles.

    A zone's load is shared out to its counties by people. A county has as many equal feeders as its load asks for, and its
    stations are cut into as many stretches from west to east; the stretch with the largest peak is solved. In a run of
    a sample of the fleet the county is as much smaller as the fleet is.
    """
    people = np.asarray(regions.county_population, np.float64)
    in_zone = people / np.bincount(regions.county_zone, people)[regions.county_zone]
    base = {name: sample * zone_kw(grid, name, "base_kw") for name in regions.zone_id.tolist()}
    homes = [name for name in ("home_kw", "work_kw") if name in grid]
    home = {name: sum(zone_kw(grid, name, kind) for kind in homes) for name in regions.zone_id.tolist()}
    off_highway = loads.stations["layer"] != HIGHWAY
    row_of = {name: row for row, name in enumerate(regions.county_id.tolist())}
    county = np.array([row_of[name] for name in loads.stations["county"].tolist()], np.int64)
    of_row = np.repeat(np.arange(len(county)), np.diff(loads.first))
    keep = off_highway[of_row]
    flat = np.bincount(county[of_row[keep]] * loads.n_hours + loads.hour[keep], loads.kw[keep], len(people) * loads.n_hours)
    peak_kw = flat.reshape(len(people), loads.n_hours).max(axis=1)
    base_peak_kw = in_zone * np.array([base[name].max() for name in regions.zone_id.tolist()])[regions.county_zone]
    share = peak_kw / np.maximum(base_peak_kw, 1e-9)
    for row in np.lexsort((np.arange(len(share)), -share))[:n].tolist():
        here = np.flatnonzero(off_highway & (county == row))
        if not len(here):
            return
        zone = str(regions.zone_id[regions.county_zone[row]])
        n_feeders = feeders_of_county(float(base_peak_kw[row]))
        kw, stretch = _fullest(loads, here[np.lexsort((here, loads.stations["lon"][here]))], n_feeders)
        day = int(np.argmax(kw.sum(axis=0))) // HOURS_PER_DAY
        other_kw = in_zone[row] * (base[zone] + home[zone]) / n_feeders
        feeder = county_feeder(
            f"{zone}, {regions.county_names[row]}",
            of_day(other_kw, day),
            of_day(kw, day),
            loads.stations["site_limit_kw"][stretch],
        )
        yield _result(feeder, str(regions.province_code[regions.county_province[row]]), day)


def _fullest(loads: Loads, stations: I64, n_feeders: int) -> tuple[F64, I64]:
    """Cut stations into stretches and return the draw, shape (n_stations, n_hours), and the stations of the fullest."""
    best: tuple[float, F64, I64] | None = None
    for stretch in np.array_split(stations, min(n_feeders, len(stations))):
        kw = np.stack([loads.of_station(station) for station in stretch.tolist()])
        peak_kw = float(kw.sum(axis=0).max())
        if best is None or peak_kw > best[0]:
            best = peak_kw, kw, stretch
    assert best is not None
    return best[1], best[2]


def _result(feeder: Feeder, province: str, day: int) -> FeederResult:
    flow = solve(feeder)
    return FeederResult(feeder, province, day, flow, None if flow.holds else cure(feeder))
