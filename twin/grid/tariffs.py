"""What a kilowatt hour costs at a public plug, by province and hour of day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError, Faults
from twin.grid.mix import residual_by_hour
from twin.grid.spans import check_spans
from twin.tables import seeds
from twin.tables.columns import F64, STR
from twin.tables.inputs import LAYERS

if TYPE_CHECKING:
    from twin.config import Config
    from twin.network.regions import Regions

__all__ = ["FEE_KINDS", "Prices", "build_prices", "cheapest_hours", "market_prices"]

FEE_KINDS = (*LAYERS, "truck", "swap")
N_HOURS = 24
VALLEYS = ("valley", "deep_valley")
N_CHEAP_HOURS = 8
"""Hours in which private plugs are to charge where a market makes the price: as many as a night valley has."""
MARKET_RANGE = (0.3, 2.5)
"""Least and most of a market price, of the mean of the day. From memory, unverified: provincial bounds differ."""


class Prices(NamedTuple):
    """Prices of the run's season.

    Attributes
    ----------
    energy_cny_per_kwh : ndarray, shape (n_provinces, 24)
        Energy price, mean of each hour of day.
    fee_cny_per_kwh : ndarray, shape (n_provinces, len(FEE_KINDS))
        Service fee by layer, at truck hubs, and of a swap.
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
        If the spans of a province and season overlap or leave a gap, a province is missing, or a fee is.
    """
    season = {"summer": "summer", "winter": "winter"}.get(config.period.season, "other")
    energy, valley = _hours(_tariffs(config, regions, folder), regions.province_code, season)
    is_valley = valley >= 0.5
    is_cheap = is_valley | ~is_valley.any(axis=1, keepdims=True)
    if config.grid.price == "flat":
        energy, is_cheap = np.repeat(energy.mean(axis=1, keepdims=True), N_HOURS, axis=1), np.ones_like(is_cheap)
    elif config.grid.price == "market":
        energy = market_prices(energy, residual_by_hour(config, regions, folder))
        is_cheap = cheapest_hours(energy)
    stations = config.stations
    level = stations.service_fee_cny_per_kwh, stations.service_area_fee_cny_per_kwh, config.swap.fee_cny_per_kwh
    fees = _fees(regions.province_code, *level, folder)
    return Prices(energy, fees, is_valley, is_cheap)


def market_prices(tariff_cny_per_kwh: F64, residual: F64) -> F64:
    """Return prices that follow the load left to thermal power, around each province's mean tariff.

    A stand-in for a day-ahead market, whose dearest unit sets the price: proportional to the residual load, within
    `MARKET_RANGE` of the mean. Shapes (n_provinces, 24).
    """
    mean = residual.mean(axis=1, keepdims=True)
    relative = np.clip(np.divide(residual, mean, out=np.ones_like(residual), where=mean > 0.0), *MARKET_RANGE)
    prices: F64 = tariff_cny_per_kwh.mean(axis=1, keepdims=True) * relative / relative.mean(axis=1, keepdims=True)
    return prices


def cheapest_hours(price_cny_per_kwh: F64) -> NDArray[np.bool_]:
    """Return the `N_CHEAP_HOURS` cheapest hours of each province; of equal ones the earlier."""
    order = np.argsort(price_cny_per_kwh, axis=1, kind="stable")
    is_cheap = np.zeros(price_cny_per_kwh.shape, np.bool_)
    np.put_along_axis(is_cheap, order[:, :N_CHEAP_HOURS], True, axis=1)
    return is_cheap


def _tariffs(config: Config, regions: Regions, folder: Path | None) -> dict[str, NDArray[Any]]:
    """Read the tariffs of the seeds, or those of a file of the user's, whose spans have to make up every day."""
    if config.grid.tariffs == "seeds":
        name, table = "tariffs.csv", seeds.read("tariffs", folder)
    else:
        name, table = config.grid.tariffs, seeds.read_file("tariffs", Path(config.grid.tariffs))
    faults = Faults()
    check_spans(name, table, faults, regions.province_code.tolist())
    faults.raise_if_any(DataError)
    return table


def _hours(tariffs: dict[str, NDArray[Any]], provinces: STR, season: str) -> tuple[F64, F64]:
    """Mean price and share of valley of each hour of day; spans may start between hours."""
    index = {code: row for row, code in enumerate(provinces.tolist())}
    energy, valley = (np.zeros((len(provinces), N_HOURS)) for _ in range(2))
    hours = np.arange(N_HOURS)
    for row in np.flatnonzero(tariffs["season"] == season).tolist():
        place = index.get(tariffs["province"][row])
        if place is None:
            continue
        start_h, end_h = tariffs["start_h"][row], tariffs["end_h"][row]
        share = np.clip(np.minimum(end_h, hours + 1) - np.maximum(start_h, hours), 0.0, 1.0)
        energy[place] += share * tariffs["price_cny_per_kwh"][row]
        valley[place] += share * (tariffs["period"][row] in VALLEYS)
    return energy, valley


def _fees(provinces: STR, national: float, service_area: float, swap: float, folder: Path | None) -> F64:
    table = seeds.read("service_fees", folder)
    index = {code: row for row, code in enumerate(provinces.tolist())}
    fees = np.full((len(provinces), len(FEE_KINDS)), np.nan)
    for code, kind, fee in zip(table["province"], table["layer"], table["fee_cny_per_kwh"], strict=True):
        if code in index:
            fees[index[code], FEE_KINDS.index(kind)] = fee
    fees[:, FEE_KINDS.index("swap")] = fees[:, FEE_KINDS.index("truck")]
    faults = Faults()
    for place, kind in np.argwhere(np.isnan(fees)).tolist():
        faults.add(f"service_fees.csv, {provinces[place]}, {FEE_KINDS[kind]}", "no fee", "one row")
    faults.raise_if_any(DataError)
    level = np.full(len(FEE_KINDS), national - np.median(fees[:, FEE_KINDS.index("urban")]))
    for kind, wanted in (("highway", service_area), ("swap", swap)):
        of_kind = FEE_KINDS.index(kind)
        level[of_kind] = wanted - np.median(fees[:, of_kind])
    charged: F64 = np.maximum(fees + level, 0.0)
    return charged
