"""Swap bays among the cells of the stock: they are shared out like the truck-capable EVSEs of their layer."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

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
        Month of the stock; a month without swap stations adds nothing.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.
    """
    stock, classes = seeds.read("swap_stock", folder), seeds.read("power_classes", folder)
    n_bays = np.rint(stock["n_bays"] * swap.station_factor).astype(np.int64)
    rows = np.flatnonzero((stock["date"] == date) & (n_bays > 0))
    is_weaker = (classes["kind"] == "dc") & (classes["min_kw"] <= swap.slot_power_kw)
    more: dict[str, Any] = {
        "layer": [LAYERS.index(name) for name in stock["layer"][rows].tolist()],
        "power_class": np.full(len(rows), np.flatnonzero(is_weaker)[-1]),
        "serves": [SERVES[name] for name in stock["serves"][rows].tolist()],
        "rated_w": np.full(len(rows), round(swap.slot_power_kw * 1000.0)),
        "is_ac": np.zeros(len(rows), np.bool_),
        "n_evse": n_bays[rows],
        "n_batteries": np.full(len(rows), swap.batteries_per_bay),
    }
    joined = {
        name: np.append(getattr(cells, name), column).astype(getattr(cells, name).dtype) for name, column in more.items()
    }
    return dataclasses.replace(cells, **joined)


def rack_power_w(n_evse: I64, n_batteries: I64, rated_w: I64) -> I64:
    """Return what the rack behind so many bays draws while all its batteries charge (W); 0 where vehicles charge."""
    return n_evse * n_batteries * rated_w
