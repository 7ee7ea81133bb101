"""A city's zones: cells of a grid that hold streets, or the polygons of a file; each joins the streets at one node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from twin.city.polygons import Polygons, area_km2, inside, read_polygons
from twin.errors import ConfigError, DataError, Faults
from twin.network.classes import EXPRESSWAY, RAMPS
from twin.stations.placement import KM_PER_DEG
from twin.tables.columns import F64, I32, STR

if TYPE_CHECKING:
    from twin.config.city import City
    from twin.network.graph import Network

__all__ = ["MOST_ZONES", "Zoning", "build_zoning", "plane_km"]

MOST_ZONES = 3_000
"""Tables of all pairs of zones stay below 10 million rows each."""
NEAR_CELLS = 1.5
"""What lies in a cell without streets belongs to the nearest zone within this many cells: a park, a lake."""


@dataclass(frozen=True)
class Zoning:
    """Zones of a city.

    Attributes
    ----------
    name : ndarray of str, shape (n_zones,)
        Ids: row and column of the cell from the south-west, or those of the file.
    lon, lat, area_km2 : ndarray of float64, shape (n_zones,)
        Centres in degrees, and areas.
    node : ndarray of int32, shape (n_zones,)
        The node at which each joins the streets.
    of_node : ndarray of int32, shape (n_nodes,)
        Zone in which a node lies, -1 outside all.
    locate : callable
        Takes longitudes and latitudes, and returns the zone of each point, -1 outside all.
    """

    name: STR
    lon: F64
    lat: F64
    area_km2: F64
    node: I32
    of_node: I32
    locate: Callable[[F64, F64], I32]

    @property
    def n_zones(self) -> int:
        """Number of zones."""
        return len(self.name)


def plane_km(lon: F64, lat: F64, middle_lat: float) -> tuple[F64, F64]:
    """Return kilometres east and north on a plane that touches the globe at a latitude; good to 0.1 % over 50 km."""
    return lon * (KM_PER_DEG * np.cos(np.radians(middle_lat))), lat * KM_PER_DEG


def build_zoning(city: City, network: Network) -> Zoning:
    """Cut a city into zones.

    Parameters
    ----------
    city : City
        Size of the cells, or a file of polygons.
    network : Network
        The streets.

    Raises
    ------
    ConfigError
        If the cells are so small that there are more than `MOST_ZONES`, or so large that there is only one.
    DataError
        If the file of polygons cannot be used.
    """
    zoning = _grid(network, city.cell_km) if city.zones is None else _drawn(network, Path(city.zones))
    if not 2 <= zoning.n_zones <= MOST_ZONES:
        key, todo = ("city.cell_km", "a larger" if zoning.n_zones > 2 else "a smaller")
        key, todo = (key, f"{todo} cell") if city.zones is None else ("city.zones", "other polygons")
        raise ConfigError(f"{key}: found {zoning.n_zones:,} zones with streets; wanted 2 to {MOST_ZONES:,}; take {todo}")
    return zoning


def _grid(network: Network, cell_km: float) -> Zoning:
    """Return the cells that hold a node, row by row from the south-west."""
    middle = float(network.node_lat.mean())
    x, y = plane_km(network.node_lon, network.node_lat, middle)
    west, south = float(x.min()), float(y.min())
    n_columns = int((x.max() - west) / cell_km) + 1
    cell = ((y - south) // cell_km).astype(np.int64) * n_columns + ((x - west) // cell_km).astype(np.int64)
    used, row_of_node = np.unique(cell, return_inverse=True)
    row, column = used // n_columns, used % n_columns
    centre_x, centre_y = west + (column + 0.5) * cell_km, south + (row + 0.5) * cell_km
    tree = cKDTree(np.stack([centre_x, centre_y], axis=1))

    def locate(lon: F64, lat: F64) -> I32:
        at = np.stack(plane_km(lon, lat, middle), axis=1)
        away_km, zone = tree.query(at, distance_upper_bound=NEAR_CELLS * cell_km)
        return np.where(np.isfinite(away_km), zone, -1).astype(np.int32)

    of_node: I32 = row_of_node.ravel().astype(np.int32)
    unit_lon, unit_lat = plane_km(np.ones(1), np.ones(1), middle)
    return Zoning(
        name=np.array([f"r{a:03d}c{b:03d}" for a, b in zip(row.tolist(), column.tolist(), strict=True)], object),
        lon=centre_x / unit_lon[0],
        lat=centre_y / unit_lat[0],
        area_km2=np.full(len(used), cell_km**2),
        node=_central_nodes(network, of_node, x, y, len(used)),
        of_node=of_node,
        locate=locate,
    )


def _drawn(network: Network, path: Path) -> Zoning:
    """Return the polygons of a file, in its order."""
    polygons: Polygons = read_polygons(path)
    n_zones, middle = len(polygons.name), float(network.node_lat.mean())
    of_node = inside(polygons, network.node_lon, network.node_lat)
    faults = Faults()
    for zone in np.flatnonzero(np.bincount(of_node[of_node >= 0], minlength=n_zones) == 0):
        name = polygons.name[zone]
        faults.add(
            f"{path}: zone {name}", "no node of the streets in it", "one at least", "leave it out, or take wider streets"
        )
    faults.raise_if_any(DataError)
    x, y = plane_km(network.node_lon, network.node_lat, middle)
    n_nodes = np.bincount(of_node[of_node >= 0], minlength=n_zones)
    lon, lat = (
        np.bincount(of_node[of_node >= 0], axis[of_node >= 0], n_zones) / n_nodes
        for axis in (network.node_lon, network.node_lat)
    )
    return Zoning(
        name=polygons.name,
        lon=lon,
        lat=lat,
        area_km2=area_km2(polygons, middle),
        node=_central_nodes(network, of_node, x, y, n_zones),
        of_node=of_node,
        locate=lambda lon, lat: inside(polygons, lon, lat),
    )


def _central_nodes(network: Network, of_node: I32, x: F64, y: F64, n_zones: int) -> I32:
    """Return the node nearest to the mean place of each zone's nodes; on an expressway or its ramps only where all are."""
    is_street = np.zeros(network.n_nodes, np.bool_)
    is_slow = (network.link_kind % RAMPS) != EXPRESSWAY
    for end in (network.link_from, network.link_to):
        is_street[end[is_slow]] = True
    here = of_node >= 0
    n_nodes = np.maximum(np.bincount(of_node[here], minlength=n_zones), 1)
    mean_x, mean_y = (np.bincount(of_node[here], axis[here], n_zones) / n_nodes for axis in (x, y))
    away_km = np.hypot(x - mean_x[of_node], y - mean_y[of_node])
    order = np.lexsort((np.arange(len(x)), away_km, ~is_street, of_node))
    order = order[of_node[order] >= 0]
    first = np.concatenate([[True], np.diff(of_node[order]) > 0])
    nodes: I32 = order[first].astype(np.int32)
    return nodes
