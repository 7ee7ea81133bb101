"""What a kilowatt hour costs at a public plug, by province and hour of day."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError, Faults
from twin.tables import seeds
from twin.tables.columns import F64, STR
from twin.tables.inputs import LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    from twin.config import Config
    from twin.network.regions import Regions

__all__ = ["FEE_KINDS", "Prices", "build_prices"]

FEE_KINDS = (*LAYERS, "truck")
N_HOURS = 24
VALLEYS = ("valley", "deep_valley")


class Prices(NamedTuple):
    """Prices of the run's season.

    Attributes
    ----------
    energy_cny_per_kwh : ndarray, shape (n_provinces, 24)
        Energy price, mean of each hour of day.
    fee_cny_per_kwh : ndarray, shape (n_provinces, len(FEE_KINDS))
        Service fee by layer, and at truck hubs.
    is_valley : ndarray of bool, shape (n_provinces, 24)
        Whether at least half of the hour is valley or deep valley of the tariff.
    is_cheap : ndarray of bool, shape (n_provinces, 24)
        Hours in which private plugs are to charge: the valley, or all where none is cheaper than others.
    """

    energy_cny_per_kwh: F64
    fee_cny_per_kwh: F64
    is_valley: NDArray[np.bool_]
    is_cheap: NDArray[np.bool_]

    def total(self, kind: str = "urban") -> F64:
        """Energy and service fee of one of ``FEE_KINDS``, shape (n_provinces, 24), CNY/kWh."""
        return self.energy_cny_per_kwh + self.fee_cny_per_kwh[:, [FEE_KINDS.index(kind)]]


def build_prices(config: Config, regions: Regions, folder: Path | None = None) -> Prices:
    """Read the tariffs of the run's season and the service fees.

    With ``config.grid.price: flat`` every hour costs the mean of the day. The fees of the configuration are
    national; a province keeps its distance from the median province of the fee table.

    Parameters
    ----------
    config : Config
        The scenario: season, kind of price, fees.
    regions : Regions
        Provinces in order.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Raises
    ------
    DataError
        If the spans of a province and season do not tile the day, or a fee is missing.
    """
    season = {"summer": "summer", "winter": "winter"}.get(config.period.season, "other")
    energy, valley = _hours(regions.province_code, season, folder)
    is_valley = valley >= 0.5
    is_cheap = is_valley | ~is_valley.any(axis=1, keepdims=True)
    if config.grid.price == "flat":
        energy, is_cheap = np.repeat(energy.mean(axis=1, keepdims=True), N_HOURS, axis=1), np.ones_like(is_cheap)
    stations = config.stations
    fees = _fees(regions.province_code, stations.service_fee_cny_per_kwh, stations.service_area_fee_cny_per_kwh, folder)
    return Prices(energy, fees, is_valley, is_cheap)


def _hours(provinces: STR, season: str, folder: Path | None) -> tuple[F64, F64]:
    """Mean price and share of valley of each hour of day; spans may start between hours."""
    tariffs = seeds.read("tariffs", folder)
    index = {code: row for row, code in enumerate(provinces.tolist())}
    energy, valley, covered = (np.zeros((len(provinces), N_HOURS)) for _ in range(3))
    hours = np.arange(N_HOURS)
    for row in np.flatnonzero(tariffs["season"] == season).tolist():
        place = index.get(tariffs["province"][row])
        if place is None:
            continue
        start_h, end_h = tariffs["start_h"][row], tariffs["end_h"][row]
        share = np.clip(np.minimum(end_h, hours + 1) - np.maximum(start_h, hours), 0.0, 1.0)
        covered[place] += share
        energy[place] += share * tariffs["price_cny_per_kwh"][row]
        valley[place] += share * (tariffs["period"][row] in VALLEYS)
    faults = Faults()
    for place, hour in np.argwhere(np.abs(covered - 1.0) > 1e-9).tolist():
        faults.add(
            f"tariffs.csv, {provinces[place]}, {season}, hour {hour}",
            f"{covered[place, hour]:g} h of it covered",
            "the spans of a season to tile the day",
        )
    faults.raise_if_any(DataError)
    return energy, valley


def _fees(provinces: STR, national: float, service_area: float, folder: Path | None) -> F64:
    table = seeds.read("service_fees", folder)
    index = {code: row for row, code in enumerate(provinces.tolist())}
    fees = np.full((len(provinces), len(FEE_KINDS)), np.nan)
    for code, kind, fee in zip(table["province"], table["layer"], table["fee_cny_per_kwh"], strict=True):
        if code in index:
            fees[index[code], FEE_KINDS.index(kind)] = fee
    faults = Faults()
    for place, kind in np.argwhere(np.isnan(fees)).tolist():
        faults.add(f"service_fees.csv, {provinces[place]}, {FEE_KINDS[kind]}", "no fee", "one row")
    faults.raise_if_any(DataError)
    highway = FEE_KINDS.index("highway")
    level = np.full(len(FEE_KINDS), national - np.median(fees[:, FEE_KINDS.index("urban")]))
    level[highway] = service_area - np.median(fees[:, highway])
    charged: F64 = np.maximum(fees + level, 0.0)
    return charged
