"""Single figures looked up in the seeds, with an error that says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.errors import DataError
from twin.tables.columns import F64
from twin.tables.seeds import read

if TYPE_CHECKING:
    from twin.network.regions import Regions


def travel(section: str, key: str) -> float:
    """Return one figure of ``travel.csv``.

    Raises
    ------
    DataError
        If it is not there.
    """
    seed = read("travel")
    return _single("travel.csv", f"{section}, {key}", seed["value"][(seed["section"] == section) & (seed["key"] == key)])


def nation(figure: str, period: str) -> float:
    """Return one figure of ``nation_figures.csv``.

    Raises
    ------
    DataError
        If it is not there.
    """
    seed = read("nation_figures")
    row = (seed["figure"] == figure) & (seed["period"] == period)
    return _single("nation_figures.csv", f"{figure}, {period}", seed["value"][row])


def observed(name: str) -> float:
    """Return one figure of ``observed.csv`` by its id.

    Raises
    ------
    DataError
        If it is not there.
    """
    seed = read("observed")
    return _single("observed.csv", name, seed["value"][seed["id"] == name])


def province(regions: Regions, figure: str, year: str = "") -> F64:
    """Return one figure of ``province_figures.csv`` in the order of the regions' provinces.

    Raises
    ------
    DataError
        If a province has none.
    """
    seed = read("province_figures")
    row = (seed["figure"] == figure) & ((seed["year"] == year) if year else True)
    found = dict(zip(seed["province"][row], seed["value"][row], strict=True))
    missing = [str(code) for code in regions.province_code if code not in found]
    if missing:
        raise DataError(f"province_figures.csv: no {figure} {year} for {', '.join(missing)}; add the rows")
    return np.array([found[code] for code in regions.province_code])


def hours(profile: str) -> F64:
    """Return one profile of ``hourly_profiles.csv``, shape (24,), summing to one.

    Raises
    ------
    DataError
        If the profile or one of its hours is not there.
    """
    seed = read("hourly_profiles")
    row = seed["profile_id"] == profile
    shares = np.zeros(24)
    shares[seed["hour"][row]] = seed["share"][row]
    if np.count_nonzero(row) != 24 or shares.sum() <= 0.0:
        raise DataError(f"hourly_profiles.csv: {profile}: found {np.count_nonzero(row)} hours, wanted 24; complete it")
    return np.asarray(shares / shares.sum())


def _single(file: str, what: str, values: F64) -> float:
    if values.size != 1:
        raise DataError(f"{file}: {what}: found {values.size} rows, wanted one; add or repair the row")
    return float(values[0])
