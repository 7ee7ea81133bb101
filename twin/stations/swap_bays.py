"""Swap bays among the cells of the stock: they are shared out like the truck-capable EVSEs of their layer."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.stations.months import month_number
from twin.stations.stock import SERVES, Cells
from twin.tables import seeds
from twin.tables.columns import I64
from twin.tables.inputs import LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    from twin.config import Swap

__all__ = ["rack_power_w", "with_swap_bays"]


def with_swap_bays(cells: Cells, swap: Swap, date: str, folder: Path | None = None) -> Cells:
    """Add the swap bays of a month to the cells of the stock.

    Parameters
    ----------
    cells : Cells
        EVSEs at which vehicles charge.
    swap : Swap
        How many stations, and what stands in one.
    date : str
        Month of the stock.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.
    """
    classes = seeds.read("power_classes", folder)
    bays = {key: round(n_bays * swap.station_factor) for key, n_bays in bays_of_month(date, folder).items()}
    bays = {key: n_bays for key, n_bays in bays.items() if n_bays}
    is_weaker = (classes["kind"] == "dc") & (classes["min_kw"] <= swap.slot_power_kw)
    more: dict[str, Any] = {
        "layer": [LAYERS.index(layer) for layer, _ in bays],
        "power_class": np.full(len(bays), np.flatnonzero(is_weaker)[-1]),
        "serves": [SERVES[serves] for _, serves in bays],
        "rated_w": np.full(len(bays), round(swap.slot_power_kw * 1000.0)),
        "is_ac": np.zeros(len(bays), np.bool_),
        "n_evse": list(bays.values()),
        "n_batteries": np.full(len(bays), swap.batteries_per_bay),
    }
    joined = {
        name: np.append(getattr(cells, name), column).astype(getattr(cells, name).dtype) for name, column in more.items()
    }
    return dataclasses.replace(cells, **joined)


def bays_of_month(date: str, folder: Path | None = None) -> dict[tuple[str, str], int]:
    """Return the bays of the nation at the end of a month, by names of layer and use.

    Between two months of the table each lies on the straight line; before the first there is none, after the last no more.
    """
    stock = seeds.read("swap_stock", folder)
    months = sorted(set(stock["date"].tolist()))
    numbers = [month_number(month) for month in months]
    found = {}
    for key in dict.fromkeys(zip(stock["layer"].tolist(), stock["serves"].tolist(), strict=True)):
        is_key = (stock["layer"] == key[0]) & (stock["serves"] == key[1])
        n_bays = [int(stock["n_bays"][is_key & (stock["date"] == month)].sum()) for month in months]
        found[key] = round(float(np.interp(month_number(date), numbers, n_bays, left=0.0)))
    return found


def rack_power_w(n_evse: I64, n_batteries: I64, rated_w: I64) -> I64:
    """Return what the rack behind so many bays draws while all its batteries charge (W); 0 where vehicles charge."""
    return n_evse * n_batteries * rated_w
