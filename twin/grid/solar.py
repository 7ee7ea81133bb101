"""The sun on photovoltaics: its height by latitude, season and hour, a clear sky, and one cloudiness a province and day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import DataError
from twin.rng import Stream, uniforms_of
from twin.tables import seeds
from twin.tables.columns import F64, I32

if TYPE_CHECKING:
    from pathlib import Path

    from twin.config import Config, Period
    from twin.network.regions import Regions

__all__ = ["NATIONAL_FULL_LOAD_H", "clear_sky", "pv_ppm", "sin_elevation", "sun_ppm"]

TILT_DEG = 23.45
"""Largest declination of the sun (deg); Cooper, "The absorption of radiation in solar stills", Solar Energy 12, 1969."""
STANDARD_LON_DEG = 120.0
"""Meridian of Beijing time (deg)."""
CLOUDIEST, CLEAREST = 0.4, 1.6
"""Darkest and brightest day against the mean of the season, evenly between; our own choice, confidence low."""
NATIONAL_FULL_LOAD_H = 1286.0
"""Mean of the country (h/a, 2023), for a case posed by hand; from memory, unverified."""
DAY_S = 86_400
STEP_S = 900
DAYS_PER_YEAR = 365
MILLION = 1_000_000


def pv_ppm(config: Config, regions: Regions, folder: Path | None = None) -> I32:
    """Return the power of photovoltaics by province and window, in parts per million of their peak power.

    The clear sky's shape, scaled so that a year of mean cloudiness has the full-load hours of the province, times the
    cloudiness of the province and date; at most the peak power.

    Parameters
    ----------
    config : Config
        Section ``period``, and the seed.
    regions : Regions
        Provinces; their people live in the mean at one point.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Returns
    -------
    ndarray of int32, shape (n_provinces, n_windows)

    Raises
    ------
    DataError
        If a province has no full-load hours.
    """
    period, codes = config.period, regions.province_code.tolist()
    lat, lon = (_mean_place(regions, values) for values in (regions.county_lat, regions.county_lon))
    full_load_h = _full_load_hours(codes, folder)
    known = seeds.read("provinces", folder)["province"].tolist()
    entity = np.array([known.index(code) for code in codes], np.int64)
    dates = [period.start_date + dt.timedelta(days=day) for day in range(period.n_days)]
    u = np.array([uniforms_of(config.scenario.seed, Stream.SKY, entity, date.toordinal()) for date in dates])
    return sun_ppm(period, lat, lon, full_load_h, CLOUDIEST + (CLEAREST - CLOUDIEST) * u)


def sun_ppm(period: Period, lat_deg: F64, lon_deg: F64, full_load_h: F64, cloud: F64) -> I32:
    """Return the power of photovoltaics by place and window, in parts per million of their peak power.

    Parameters
    ----------
    period : Period
        First day, days and windows.
    lat_deg, lon_deg, full_load_h : ndarray, shape (n_places,)
        Places (deg), and what a year of mean cloudiness yields (h).
    cloud : ndarray, shape (n_days, n_places)
        Each day's yield against that of mean cloudiness.
    """
    middle_s = np.asarray(STEP_S * (np.arange(DAY_S // STEP_S) + 0.5), np.float64)
    year = np.array([clear_sky(lat_deg, lon_deg, day, middle_s).sum(axis=1) for day in range(1, DAYS_PER_YEAR + 1)])
    scale = full_load_h / (year.sum(axis=0) * STEP_S / 3600.0)
    windows_s = np.asarray(period.window_s * (np.arange(period.n_windows_per_day) + 0.5), np.float64)
    dates = [period.start_date + dt.timedelta(days=day) for day in range(period.n_days)]
    sky = [clear_sky(lat_deg, lon_deg, date.timetuple().tm_yday, windows_s) for date in dates]
    share = np.concatenate([(scale * of_day)[:, None] * clear for of_day, clear in zip(cloud, sky, strict=True)], axis=1)
    return np.ascontiguousarray(np.rint(np.minimum(share, 1.0) * MILLION), np.int32)


def sin_elevation(lat_deg: F64, lon_deg: F64, day_of_year: int, second: F64) -> F64:
    """Return the sine of the sun's height above the horizon, shape (n_places, n_seconds).

    Parameters
    ----------
    lat_deg, lon_deg : ndarray, shape (n_places,)
        Places (deg).
    day_of_year : int
        1 on the first of January.
    second : ndarray, shape (n_seconds,)
        Seconds since midnight, Beijing time. The equation of time, at most 16 minutes, is left out.
    """
    declination = np.radians(TILT_DEG) * np.sin(2.0 * np.pi * (284 + day_of_year) / DAYS_PER_YEAR)
    solar_s = second[None, :] + (lon_deg[:, None] - STANDARD_LON_DEG) / 360.0 * DAY_S
    hour_angle = 2.0 * np.pi * (solar_s / DAY_S - 0.5)
    lat = np.radians(lat_deg)[:, None]
    height: F64 = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(hour_angle)
    return height


def clear_sky(lat_deg: F64, lon_deg: F64, day_of_year: int, second: F64) -> F64:
    """Return the irradiance on level ground under a clear sky (kW/m2), shape (n_places, n_seconds).

    1.098 sin(h) exp(-0.057 / sin(h)), of the height h of the sun (Haurwitz, "Insolation in relation to cloudiness and cloud
    density", Journal of Meteorology 2, 1945). For the other arguments see `sin_elevation`.
    """
    height = np.maximum(sin_elevation(lat_deg, lon_deg, day_of_year, second), 1e-3)
    irradiance: F64 = np.where(height > 1e-3, 1.098 * height * np.exp(-0.057 / height), 0.0)
    return irradiance


def _mean_place(regions: Regions, values: F64) -> F64:
    """Return the mean of a coordinate over the people of each province."""
    people = np.maximum(regions.county_population, 1)
    n = len(regions.province_code)
    return np.bincount(regions.county_province, values * people, n) / np.bincount(regions.county_province, people, n)


def _full_load_hours(codes: list[str], folder: Path | None) -> F64:
    table = seeds.read("province_figures", folder)
    is_hours = table["figure"] == "pv_full_load_hours"
    hours = dict(zip(table["province"][is_hours], table["value"][is_hours], strict=True))
    missing = [code for code in codes if code not in hours]
    if missing:
        raise DataError(f"province_figures.csv: no pv_full_load_hours for {', '.join(missing)}; wanted one row each, in h/a")
    return np.array([hours[code] for code in codes])
