"""The load that is there without vehicles, by zone and quarter hour."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import DataError
from twin.tables import seeds
from twin.tables.columns import F64, STR
from twin.tables.totals import ProvinceLoad

if TYPE_CHECKING:
    from pathlib import Path

    from twin.config import Config
    from twin.network.regions import Regions

__all__ = ["build_base_load", "season_of", "shape_of_day"]

QUARTERS_PER_DAY = 96
SEASONS = ("winter", "spring", "summer", "autumn")


def build_base_load(config: Config, regions: Regions, folder: Path | None = None) -> ProvinceLoad:
    """Share each province's load out to its zones by population.

    The daily shape is that of the season of each day (mean and two harmonics per unit of the annual peak), the level
    the province's annual peak load of the latest year known. A simplification: no weekday, holiday or weather effect,
    and nothing subtracted for the vehicles that the published peak already holds (0.9 % of the energy in 2025). To a sample
    of the fleet belongs the same part of the load, so that their ratio is that of the whole.

    Parameters
    ----------
    config : Config
        The scenario: first day, number of days, part of the fleet.
    regions : Regions
        Provinces and zones.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Returns
    -------
    ProvinceLoad
        ``base_kw`` of shape (n_zones, 96 * n_days) and ``peak_kw`` of shape (n_zones,).

    Raises
    ------
    DataError
        If a province has no peak load or no shape for a season of the run.
    """
    shapes = shape_of_day(regions.province_code, folder)
    peak_kw = _peak_load_kw(regions.province_code, folder)
    people = np.bincount(regions.zone_province, regions.zone_population, len(peak_kw))
    share = regions.zone_population / people[regions.zone_province]
    zone_peak_kw = peak_kw[regions.zone_province] * share * config.fleet.sample
    days = []
    for day in range(config.period.n_days):
        season = season_of(config.period.start_date + dt.timedelta(days=day))
        days.append(shapes[SEASONS.index(season)][regions.zone_province])
    return ProvinceLoad(zone_peak_kw[:, None] * np.concatenate(days, axis=1), zone_peak_kw)


def season_of(date: dt.date) -> str:
    """Season of a day in the classes of the load shapes, three months each: winter from December, spring from March."""
    return SEASONS[date.month % 12 // 3]


def shape_of_day(provinces: STR, folder: Path | None = None) -> F64:
    """Load of each quarter hour per unit of the annual peak, from mean and two harmonics at its middle.

    Returns
    -------
    ndarray, shape (len(SEASONS), n_provinces, 96)

    Raises
    ------
    DataError
        If a province and season is missing.
    """
    table = seeds.read("load_shapes", folder)
    index = {code: row for row, code in enumerate(provinces.tolist())}
    shapes = np.full((len(SEASONS), len(provinces), QUARTERS_PER_DAY), np.nan)
    turn = 2.0 * np.pi * (np.arange(QUARTERS_PER_DAY) + 0.5) / QUARTERS_PER_DAY
    waves = {"cos1": np.cos(turn), "sin1": np.sin(turn), "cos2": np.cos(2 * turn), "sin2": np.sin(2 * turn)}
    for row, (code, season) in enumerate(zip(table["province"], table["season"], strict=True)):
        if code in index:
            shape = table["mean"][row] + sum(table[name][row] * wave for name, wave in waves.items())
            shapes[SEASONS.index(season), index[code]] = shape
    missing = [f"{provinces[p]} in {SEASONS[s]}" for s, p in np.argwhere(np.isnan(shapes[:, :, 0])).tolist()]
    if missing:
        raise DataError(f"load_shapes.csv: no row for {', '.join(missing)}; wanted one per province and season")
    return shapes


def _peak_load_kw(provinces: STR, folder: Path | None) -> F64:
    """Annual peak load of each province in the latest year known."""
    table = seeds.read("province_figures", folder)
    latest: dict[str, tuple[str, float]] = {}
    for row in np.flatnonzero(table["figure"] == "peak_load").tolist():
        code, year = table["province"][row], table["year"][row]
        if code not in latest or year > latest[code][0]:
            latest[code] = (year, table["value"][row])
    missing = [code for code in provinces.tolist() if code not in latest]
    if missing:
        raise DataError(f"province_figures.csv: no peak_load for {', '.join(missing)}; wanted one row each, in GW")
    return 1e6 * np.array([latest[code][1] for code in provinces.tolist()])
