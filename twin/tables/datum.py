"""Chinese map datums, turned into WGS-84."""

from __future__ import annotations

import numpy as np

from twin.errors import DataError
from twin.tables.columns import F64

__all__ = ["DATUMS", "check_datum", "to_wgs84"]

DATUMS = ("WGS-84", "GCJ-02", "BD-09")

# Krasovsky 1940, which the published form of GCJ-02 is written on.
SEMI_MAJOR_M, ECCENTRICITY_2 = 6378245.0, 0.00669342162296594323
N_ROUNDS = 6
CHINA_LON, CHINA_LAT = (72.004, 137.8347), (0.8293, 55.8271)


def to_wgs84(lon: F64, lat: F64, datum: str) -> tuple[F64, F64]:
    """Return WGS-84 degrees.

    GCJ-02 is undone by fixed-point iteration of its published forward form (Amap and Tencent), to below 1e-9 degrees;
    BD-09 (Baidu) by its published inverse first, good to about a metre. Places outside China are left as they are.

    Parameters
    ----------
    lon, lat : ndarray of float64
        Degrees in `datum`.
    datum : str
        One of `DATUMS`.

    Raises
    ------
    DataError
        If the datum is unknown.
    """
    check_datum(datum)
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if datum == "WGS-84":
        return lon, lat
    if datum == "BD-09":
        lon, lat = _gcj02_of_bd09(lon, lat)
    wgs_lon, wgs_lat = lon, lat
    for _ in range(N_ROUNDS):
        shift_lon, shift_lat = _shift(wgs_lon, wgs_lat)
        wgs_lon, wgs_lat = lon - shift_lon, lat - shift_lat
    return wgs_lon, wgs_lat


def check_datum(datum: str) -> None:
    """Raise `DataError` unless the datum is one of `DATUMS`."""
    if datum not in DATUMS:
        raise DataError(f"datum: found {datum!r}; wanted one of {', '.join(DATUMS)}; give the one of the source")


def to_gcj02(lon: F64, lat: F64) -> tuple[F64, F64]:
    """Return GCJ-02 degrees of WGS-84 degrees."""
    shift_lon, shift_lat = _shift(lon, lat)
    return lon + shift_lon, lat + shift_lat


def _shift(lon: F64, lat: F64) -> tuple[F64, F64]:
    x, y = lon - 105.0, lat - 35.0
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (wave + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (wave + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    latitude = np.radians(lat)
    curve = 1.0 - ECCENTRICITY_2 * np.sin(latitude) ** 2
    north = np.degrees(north) * curve * np.sqrt(curve) / (SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2))
    east = np.degrees(east) * np.sqrt(curve) / (SEMI_MAJOR_M * np.cos(latitude))
    inside = (lon >= CHINA_LON[0]) & (lon <= CHINA_LON[1]) & (lat >= CHINA_LAT[0]) & (lat <= CHINA_LAT[1])
    return np.where(inside, east, 0.0), np.where(inside, north, 0.0)


def _gcj02_of_bd09(lon: F64, lat: F64) -> tuple[F64, F64]:
    wave = np.pi * 3000.0 / 180.0
    x, y = lon - 0.0065, lat - 0.006
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * wave)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * wave)
    return radius * np.cos(angle), radius * np.sin(angle)
