"""The row every figure is written as, and the sums that several figures are formed from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.tables.columns import F64, I32, I64
from twin.tables.inputs import LAYERS

if TYPE_CHECKING:
    from twin.stations.inventory import Inventory
    from twin.tables.inputs import Pools

ALL = "all"
"""Stands for every layer, or the nation."""

HIGH_POWER_W = 250_000
MEGAWATT_W = 1_000_000
SECONDS_PER_HOUR = 3600
WS_PER_KWH = 3_600_000
WS_PER_GWH = WS_PER_KWH * 10**6


class Row(NamedTuple):
    """One figure of ``metrics.parquet``; `hour` is NaN for a figure of the whole run."""

    metric: str
    layer: str
    province: str
    hour: float
    value: float
    unit: str


class Supply(NamedTuple):
    """What stands ready, as [province, layer] sums. Swap bays are EVSEs, and have their racks' power for a rated one."""

    n_stations: I64
    n_evse: I64
    n_high_power: I64
    n_megawatt: I64
    rated_power_w: I64
    rack_power_w: I64


def station_sums(inventory: Inventory, of_pool: NDArray[Any]) -> I64:
    """Sum an integer per pool over the pools of each station."""
    sums = np.zeros(inventory.stations.zone.size, np.int64)
    np.add.at(sums, inventory.pools.station, of_pool.astype(np.int64))
    return sums


def supply(inventory: Inventory, n_provinces: int) -> Supply:
    """Count stations, EVSEs and rated power by province and layer."""
    pools = inventory.pools
    n_evse = pools.n_evse.astype(np.int64)
    cell = cell_of(inventory)

    def summed(of_pool: NDArray[Any]) -> I64:
        return cell_sums(cell, station_sums(inventory, of_pool), n_provinces)

    return Supply(
        n_stations=cell_sums(cell, np.ones(cell.size, np.int64), n_provinces),
        n_evse=summed(n_evse),
        n_high_power=summed(n_evse * is_plug_of(pools, HIGH_POWER_W)),
        n_megawatt=summed(n_evse * is_plug_of(pools, MEGAWATT_W)),
        rated_power_w=summed(n_evse * is_plug_of(pools) * pools.rated_power_w.astype(np.int64)),
        rack_power_w=summed(pools.n_batteries.astype(np.int64) * pools.rated_power_w),
    )


def is_plug_of(pools: Pools, least_w: int = 0) -> NDArray[np.bool_]:
    """Return for each pool whether vehicles charge there, with so much power at least."""
    found: NDArray[np.bool_] = (pools.n_batteries == 0) & (pools.rated_power_w >= least_w)
    return found


def cell_of(inventory: Inventory) -> I32:
    """Return province * number of layers + layer of each station."""
    stations = inventory.stations
    return (stations.province.astype(np.int32) * len(LAYERS) + stations.layer).astype(np.int32)


def cell_sums(cell: I32, of_station: I64, n_provinces: int) -> I64:
    """Sum an integer per station into [province, layer]."""
    sums = np.zeros(n_provinces * len(LAYERS), np.int64)
    np.add.at(sums, cell, of_station)
    return sums.reshape(n_provinces, len(LAYERS))


def with_totals(sums: I64) -> I64:
    """Add the sum over provinces as a last row and over layers as a last column to [province, layer, ...]."""
    tall = np.concatenate([sums, sums.sum(axis=0, keepdims=True)], axis=0)
    return np.concatenate([tall, tall.sum(axis=1, keepdims=True)], axis=1)


def ratio(above: NDArray[Any], below: NDArray[Any] | float) -> F64:
    """Divide; where there is nothing to divide by the figure cannot be formed and is NaN."""
    above, below = np.broadcast_arrays(np.asarray(above, np.float64), np.asarray(below, np.float64))
    quotient: F64 = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return quotient


def cell_rows(metric: str, unit: str, values: NDArray[Any], provinces: Sequence[str]) -> Iterator[Row]:
    """Yield a whole-run row for each cell of [province, layer], totals included."""
    for values_of_province, province in zip(values, [*provinces, ALL], strict=True):
        for value, layer in zip(values_of_province, [*LAYERS, ALL], strict=True):
            yield Row(metric, layer, province, np.nan, float(value), unit)


def hour_rows(metric: str, unit: str, values: NDArray[Any], layers: Iterable[str] = (*LAYERS, ALL)) -> Iterator[Row]:
    """Yield a national row for each layer and hour of [layer, hour]."""
    for values_of_layer, layer in zip(values, layers, strict=True):
        for hour, value in enumerate(values_of_layer):
            yield Row(metric, layer, ALL, float(hour), float(value), unit)
