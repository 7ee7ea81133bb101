"""Kilowatts behind the plug: prices of energy and the load that is there without vehicles."""

from __future__ import annotations

from twin.grid.tariffs import Prices, build_prices
from twin.grid.zones import build_base_load

__all__ = ["Prices", "build_base_load", "build_prices"]
