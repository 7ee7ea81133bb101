"""Roads: what would be true if no car were electric."""

from twin.network.backbone import load_backbone
from twin.network.graph import Network
from twin.network.regions import Regions, load_regions
from twin.network.routes import Routes, build_routes, link_times_ms, load_demand, path, sum_along

__all__ = [
    "Network",
    "Regions",
    "Routes",
    "build_routes",
    "link_times_ms",
    "load_backbone",
    "load_demand",
    "load_regions",
    "path",
    "sum_along",
]
