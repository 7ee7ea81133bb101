"""Public charging stations: the inventory is what would be true if no car came."""

from __future__ import annotations

from twin.stations.inventory import Inventory, build_inventory

__all__ = ["Inventory", "build_inventory"]
