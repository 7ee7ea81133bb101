"""Which private plugs can give to the grid: a number of the plan, shared out to zones and to homes and depots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError
from twin.tables import seeds
from twin.tables.columns import F64, I64
from twin.tables.inputs import ACCESS_KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from twin.config import Config
    from twin.network.regions import Regions

__all__ = ["bidirectional_shares", "national_shares", "pilot_zones", "public_shares"]

HOME, DEPOT = ACCESS_KINDS.index("home"), ACCESS_KINDS.index("depot")


def pilot_zones(regions: Regions, folder: Path | None = None) -> I64:
    """Return the rows of the zones in which the pilots of vehicle-grid interaction stand.

    Raises
    ------
    DataError
        If the seed names a zone that is none.
    """
    known = {str(name): row for row, name in enumerate(regions.zone_id)}
    names = seeds.read("v2g_pilots", folder)["zone"].tolist()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise DataError(f"v2g_pilots.csv: found {', '.join(unknown)}; wanted names of zones.csv; correct the rows")
    return np.array([known[name] for name in names], np.int64)


def takes_part(config: Config, regions: Regions, folder: Path | None = None) -> NDArray[np.bool_]:
    """Return whether plugs of a zone may give to the grid: in the pilots, or all over the nation."""
    is_there = np.full(regions.n_zones, config.grid.v2g_area == "nation")
    if config.grid.v2g_area == "pilots":
        is_there[pilot_zones(regions, folder)] = True
    return is_there


def bidirectional_shares(config: Config, regions: Regions, n_plugs: I64, folder: Path | None = None) -> F64:
    """Return the share of the plugs of each zone and kind that can give to the grid.

    Parameters
    ----------
    config : Config
        Sections ``grid`` and ``fleet``: of a sample of the fleet, a sample of the plugs.
    regions : Regions
        Zones.
    n_plugs : ndarray of int64, shape (n_zones, len(ACCESS_KINDS))
        Vehicles by home zone and access; a vehicle with a plug of its own has one.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Returns
    -------
    ndarray, shape (n_zones, len(ACCESS_KINDS))
        At most 1: where plugs are fewer than the plan has for them, all of them can.
    """
    grid, is_there = config.grid, takes_part(config, regions, folder)
    shares = np.zeros(n_plugs.shape)
    for kind, part in ((HOME, 1.0 - grid.v2g_depot_share), (DEPOT, grid.v2g_depot_share)):
        n_there = int(n_plugs[is_there, kind].sum())
        shares[is_there, kind] = min(part * grid.n_v2g_plugs * config.fleet.sample / max(n_there, 1), 1.0)
    return shares


def public_shares(config: Config, regions: Regions, n_slow: F64, folder: Path | None = None) -> F64:
    """Return the share of the slow plugs at public stations of each zone that can give to the grid.

    Parameters
    ----------
    config : Config
        Sections ``grid`` and ``fleet``: of a sample of the fleet, a sample of the plugs.
    regions : Regions
        Zones.
    n_slow : ndarray, shape (n_zones,)
        Slow (AC) EVSEs at public stations by zone.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Returns
    -------
    ndarray, shape (n_zones,)
        At most 1.
    """
    is_there = takes_part(config, regions, folder)
    n_there = float(n_slow[is_there].sum())
    return np.where(is_there, min(config.grid.n_v2g_public_plugs * config.fleet.sample / max(n_there, 1.0), 1.0), 0.0)


def national_shares(config: Config, n_zones: int, folder: Path | None = None) -> F64:
    """Return the same for an extent that is no whole nation: what plugs all over the nation would be a share of.

    Returns
    -------
    ndarray, shape (n_zones, len(ACCESS_KINDS))
    """
    grid, shares = config.grid, np.zeros((n_zones, len(ACCESS_KINDS)))
    if grid.v2g_area == "pilots":
        return shares
    stock = seeds.read("private_stock", folder)
    for kind, name, part in ((HOME, "home", 1.0 - grid.v2g_depot_share), (DEPOT, "depot", grid.v2g_depot_share)):
        n = int(stock["n_evses"][(stock["date"] == config.stations.stock) & (stock["kind"] == name)].sum())
        shares[:, kind] = min(part * grid.n_v2g_plugs / max(n, 1), 1.0)
    return shares
