"""Where people live: provinces, prefecture-level zones and county-level points, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import DataError, Faults
from twin.tables import seeds
from twin.tables.columns import F64, I32, I64, STR

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Regions", "index_of", "load_regions"]


@dataclass(frozen=True)
class Regions:
    """Provinces, zones and counties; the row of each table is its integer index everywhere.

    Zones are sorted by province, counties by zone. Coordinates are WGS-84 degrees, populations persons of 2020.

    Attributes
    ----------
    province_code, province_names, province_names_zh : ndarray of str, shape (n_provinces,)
        Two-letter code and names.
    zone_id, zone_names, zone_names_zh : ndarray of str, shape (n_zones,)
        Stable id and names.
    zone_province : ndarray of int32, shape (n_zones,)
        Province of each zone.
    zone_lon, zone_lat, zone_urban_share, zone_car_share : ndarray of float64, shape (n_zones,)
        Centre; urban part of the population; households that own a car.
    zone_population, zone_nev : ndarray of int64, shape (n_zones,)
        Persons; new-energy vehicles registered at the end of 2022.
    county_id, county_names : ndarray of str, shape (n_counties,)
        Six-digit code and Chinese name.
    county_zone, county_province : ndarray of int32, shape (n_counties,)
        Zone and province of each county.
    county_lon, county_lat, county_urban_share, county_car_share : ndarray of float64, shape (n_counties,)
        As for zones.
    county_population : ndarray of int64, shape (n_counties,)
        Persons.
    """

    province_code: STR
    province_names: STR
    province_names_zh: STR
    zone_id: STR
    zone_names: STR
    zone_names_zh: STR
    zone_province: I32
    zone_lon: F64
    zone_lat: F64
    zone_population: I64
    zone_urban_share: F64
    zone_car_share: F64
    zone_nev: I64
    county_id: STR
    county_names: STR
    county_zone: I32
    county_province: I32
    county_lon: F64
    county_lat: F64
    county_population: I64
    county_urban_share: F64
    county_car_share: F64

    @property
    def n_provinces(self) -> int:
        """Number of provinces."""
        return len(self.province_code)

    @property
    def n_zones(self) -> int:
        """Number of zones."""
        return len(self.zone_id)

    @property
    def n_counties(self) -> int:
        """Number of counties."""
        return len(self.county_id)

    @property
    def county_urban_population(self) -> F64:
        """Persons who live in towns, by county."""
        return self.county_population * self.county_urban_share

    @property
    def county_rural_population(self) -> F64:
        """Persons who live outside towns, by county."""
        return self.county_population - self.county_urban_population

    @property
    def zone_urban_population(self) -> F64:
        """Persons who live in towns, by zone: the sum of its counties."""
        return np.bincount(self.county_zone, self.county_urban_population, self.n_zones).astype(np.float64)


def index_of(names: STR, table: STR, where: str, faults: Faults) -> I32:
    """Row in `table` of each name, -1 and a fault where there is none.

    Parameters
    ----------
    names, table : ndarray of str
        What to look up, and where.
    where : str
        File and column, for the fault.
    faults : Faults
        Takes one fault per unknown name.

    Returns
    -------
    ndarray of int32, shape of `names`
        Rows.
    """
    row_of = {name: row for row, name in enumerate(table)}
    rows = np.array([row_of.get(name, -1) for name in names], np.int32)
    for row in np.flatnonzero(rows < 0):
        faults.add(f"{where}, row {row + 1}", repr(names[row]), "a name of the table it refers to", "correct the name")
    return rows


def load_regions(folder: Path | str | None = None) -> Regions:
    """Read the places of the embedded default, or of a folder of the same tables.

    Parameters
    ----------
    folder : pathlib.Path or str, optional
        Folder with ``provinces.csv``, ``zones.csv`` and ``counties.csv``; the packaged seeds by default.

    Returns
    -------
    Regions
        All three levels with their links upwards.

    Raises
    ------
    DataError
        If a table is malformed, refers to an unknown place, contradicts another, or is not in order.
    """
    provinces, zones, counties = (seeds.read(name, folder) for name in ("provinces", "zones", "counties"))
    faults = Faults()
    zone_province = index_of(zones["province"], provinces["province"], "zones.csv province", faults)
    county_province = index_of(counties["province"], provinces["province"], "counties.csv province", faults)
    county_zone = index_of(counties["zone"], zones["zone"], "counties.csv zone", faults)
    faults.raise_if_any(DataError)
    _check_order(zone_province, county_zone, county_province, faults)
    faults.raise_if_any(DataError)
    return Regions(
        province_code=provinces["province"],
        province_names=provinces["name_en"],
        province_names_zh=provinces["name_zh"],
        zone_id=zones["zone"],
        zone_names=zones["name_en"],
        zone_names_zh=zones["name_zh"],
        zone_province=zone_province,
        zone_lon=zones["lon"],
        zone_lat=zones["lat"],
        zone_population=zones["population"],
        zone_urban_share=zones["urban_share"],
        zone_car_share=zones["car_share"],
        zone_nev=zones["nev_2022"],
        county_id=counties["county"],
        county_names=counties["name_zh"],
        county_zone=county_zone,
        county_province=county_province,
        county_lon=counties["lon"],
        county_lat=counties["lat"],
        county_population=counties["population"],
        county_urban_share=counties["urban_share"],
        county_car_share=counties["car_share"],
    )


def _check_order(zone_province: I32, county_zone: I32, county_province: I32, faults: Faults) -> None:
    """Zones by province, counties by zone, and every county in the province of its zone."""
    for where, column in (("zones.csv province", zone_province), ("counties.csv zone", county_zone)):
        back = np.flatnonzero(np.diff(column) < 0)
        if len(back):
            row = back[0] + 2
            faults.add(f"{where}, row {row}", "a row out of order", "rows in the order of the level above", "sort them")
    for row in np.flatnonzero(zone_province[county_zone] != county_province):
        faults.add(f"counties.csv province, row {row + 1}", "another one than its zone's", "the same", "correct one")
