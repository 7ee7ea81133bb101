"""Where the electricity of a province comes from, hour by hour: what sun, wind, water and atoms give, and what is left.

Each source has its part of the year's generation. The sun follows its height above the horizon, water the season, wind and
nuclear power are even; thermal power takes the rest of the load, and no less than it can be throttled to: what is above is
curtailed.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.errors import DataError
from twin.grid.zones import QUARTERS_PER_DAY, SEASONS, season_of, shape_of_day
from twin.tables import seeds
from twin.tables.columns import F64, STR

if TYPE_CHECKING:
    from pathlib import Path

    from twin.config import Config
    from twin.network.regions import Regions

__all__ = ["Mix", "build_mix", "residual_by_hour", "sun_shape"]

DECLINATION_DEG = {"winter": -20.0, "spring": 0.0, "summer": 20.0, "autumn": 0.0}
"""Height of the sun over the equator, mean of the season."""
WATER = {"winter": 0.6, "spring": 0.8, "summer": 1.5, "autumn": 1.1}
"""Hydro power of a season, of the mean of the year. From memory, unverified."""
LEAST_THERMAL = 0.4
"""Least thermal power, of its mean of the year: heat, voltage, starts. From memory, unverified."""
TIME_ZONE_LON = 120.0


class Mix(NamedTuple):
    """Generation of each province by quarter hour, per unit of its annual peak load, without the load of vehicles.

    Attributes
    ----------
    green, curtailed, thermal : ndarray, shape (n_provinces, n_quarters)
        Hydro, wind, sun and nuclear power that is used; what of it is not; thermal power.
    co2_kg_per_kwh : ndarray, shape (n_provinces, n_quarters)
        The province's mean of the year, times the part of thermal power against that of the year.
    """

    green: F64
    curtailed: F64
    thermal: F64
    co2_kg_per_kwh: F64


def build_mix(config: Config, regions: Regions, folder: Path | None = None) -> Mix:
    """Return the generation of each province on the days of the run.

    Raises
    ------
    DataError
        If a province has no row.
    """
    seasons = [season_of(config.period.start_date + dt.timedelta(days=day)) for day in range(config.period.n_days)]
    shapes, low, co2, thermal_share = _by_season(regions, folder)
    of_days = [SEASONS.index(season) for season in seasons]
    load, low = (np.concatenate([table[row] for row in of_days], axis=1) for table in (shapes, low))
    least = (LEAST_THERMAL * thermal_share * shapes.mean(axis=(0, 2)))[:, None]
    thermal = np.maximum(load - low, np.minimum(least, load))
    green = load - thermal
    relative = np.divide(thermal / load, thermal_share[:, None], out=np.ones_like(load), where=thermal_share[:, None] > 0.0)
    return Mix(green, np.maximum(low - green, 0.0), thermal, co2[:, None] * relative)


def residual_by_hour(config: Config, regions: Regions, folder: Path | None = None) -> F64:
    """Return the load left to thermal power by hour of the run's first day, shape (n_provinces, 24); not below zero."""
    shapes, low, _, _ = _by_season(regions, folder)
    season = SEASONS.index(season_of(config.period.start_date))
    residual = np.maximum(shapes[season] - low[season], 0.0)
    by_hour: F64 = residual.reshape(len(residual), 24, -1).mean(axis=2)
    return by_hour


def sun_shape(lat: F64, lon: F64) -> F64:
    """Return the sine of the sun's height by season and quarter hour of Beijing time, over its mean of the year.

    Shape (len(SEASONS), n_places, 96). Textbook: sin h = sin lat sin d + cos lat cos d cos w, d declination, w hour angle;
    clouds and the angle of panels are left out.
    """
    hour = (np.arange(QUARTERS_PER_DAY) + 0.5) / 4.0
    angle = np.radians(15.0 * (hour[None, :] - 12.0) + (lon[:, None] - TIME_ZONE_LON))
    phi = np.radians(lat)[:, None]
    by_season = []
    for season in SEASONS:
        delta = np.radians(DECLINATION_DEG[season])
        by_season.append(np.maximum(np.sin(phi) * np.sin(delta) + np.cos(phi) * np.cos(delta) * np.cos(angle), 0.0))
    heights = np.array(by_season)
    shape: F64 = heights / heights.mean(axis=(0, 2), keepdims=True)
    return shape


def _by_season(regions: Regions, folder: Path | None) -> tuple[F64, F64, F64, F64]:
    """Return load and low-carbon power [season, province, quarter], carbon and thermal share [province]."""
    provinces: STR = regions.province_code
    table, where = seeds.read("generation_mix", folder), seeds.read("provinces", folder)
    rows = _rows_of(provinces, table["province"], "generation_mix.csv")
    places = _rows_of(provinces, where["province"], "provinces.csv")
    shares = {name: table[name][rows] for name in ("hydro", "wind", "solar", "nuclear")}
    shapes = shape_of_day(provinces, folder)
    sun = sun_shape(where["lat"][places], where["lon"][places])
    water = np.array([WATER[season] for season in SEASONS])[:, None, None]
    parts = shares["solar"][:, None] * sun + shares["hydro"][:, None] * water + (shares["wind"] + shares["nuclear"])[:, None]
    low = parts * shapes.mean(axis=(0, 2))[:, None]
    thermal_share: F64 = 1.0 - (shares["hydro"] + shares["wind"] + shares["solar"] + shares["nuclear"])
    carbon: F64 = table["co2_kg_per_kwh"][rows]
    return shapes, low, carbon, thermal_share


def _rows_of(wanted: STR, codes: STR, file: str) -> list[int]:
    known = {code: row for row, code in enumerate(codes.tolist())}
    missing = [code for code in wanted.tolist() if code not in known]
    if missing:
        raise DataError(f"{file}: no row for {', '.join(missing)}; wanted one per province")
    return [known[code] for code in wanted.tolist()]
