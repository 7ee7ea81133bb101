"""A station list in place of the national stock: the same inventory, on any regions and any roads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from twin.errors import DataError, Faults
from twin.stations.carriageways import Lines
from twin.stations.inventory import Inventory, finish, in_order
from twin.stations.placement import Extent
from twin.stations.sample import thin
from twin.stations.sites import (
    COMMUNITY,
    FREIGHT,
    FULL,
    HIGHWAY,
    PLAIN,
    QUICK,
    RURAL,
    RURAL_LAYER,
    SERVICE,
    SITE_KINDS,
    Sites,
)
from twin.stations.snap import fingerprint, snap
from twin.stations.sphere import nearest_on_sphere, on_sphere_km
from twin.stations.stock import Cells
from twin.tables import seeds
from twin.tables.columns import F64, I64, STR
from twin.tables.inputs import LAYERS, SERVES_CARS
from twin.tables.listed import ListedPools, read_list
from twin.tables.posed import SERVES_BITS

if TYPE_CHECKING:
    from twin.config import Config
    from twin.network.graph import Network
    from twin.network.regions import Regions

__all__ = ["attach", "lines_of", "plain_extent"]

MOST_OPERATORS = 250
"""Operators are numbered in one byte; the smallest of a longer list are taken together."""
FAULTS_SHOWN = 10


def attach(
    config: Config,
    regions: Regions,
    network: Network,
    *,
    extent: Extent | None = None,
    n_townships: I64 | None = None,
    sample: float | None = None,
    reach_km: F64 | float = np.inf,
) -> Inventory:
    """Build the inventory of the station list that ``config.stations.source`` names.

    A station belongs to the county whose point is nearest. Stations of the highway layer stand on the links of the import
    where the list was imported for this very network, else on the nearest expressway as `twin.stations.snap.snap` finds it.

    Parameters
    ----------
    config : Config
        The scenario.
    regions : Regions
        Provinces, zones and counties: the nation's, or those of a city.
    network : Network
        The roads.
    extent : Extent, optional
        Counties as discs, for coverage figures; half-way to the neighbours by default.
    n_townships : ndarray of int64, shape (n_counties,), optional
        Townships by county; none by default.
    sample : float, optional
        Share of the stations in place of ``config.fleet.sample``.
    reach_km : float or ndarray, shape (n_counties,)
        Stations farther than this from the point of their county lie outside the regions and are left out.

    Returns
    -------
    Inventory
        Stations sorted by (zone, county, layer), with ids and names of the list.

    Raises
    ------
    DataError
        If the list is missing or damaged, a station of the highway layer is far from every expressway, or none is left.
    """
    path = Path(config.stations.source)
    pools, about = read_list(path)
    first = np.sort(np.unique(pools.id.astype(str), return_index=True)[1])
    county, off_km = _counties(regions, pools.lon[first], pools.lat[first])
    inside = off_km <= np.broadcast_to(reach_km, regions.n_counties)[county]
    if not inside.any():
        raise DataError(f"{path}: found no station within the regions; wanted at least one; check area and datum")
    link = _links(path, pools, first, about, network)
    sites, cells, operators = _sites(pools, first, county, link)
    sites = thin(in_order(sites.take(np.flatnonzero(inside)), regions), config.fleet.sample if sample is None else sample)
    rows = first[sites.ordinal]
    side_of_link = np.full(network.n_links, -1, np.int32)
    side_of_link[network.site_link[::-1]] = np.arange(network.n_sites, dtype=np.int32)[::-1]
    names, is_carmaker = operators
    inventory = finish(
        config, sites, cells, regions, network, names, is_carmaker,
        side=np.where(sites.link >= 0, side_of_link[sites.link], -1),
        extent=plain_extent(regions) if extent is None else extent,
        n_townships=np.zeros(regions.n_counties, np.int64) if n_townships is None else n_townships,
        listed_id=pools.id[rows],
        listed_name=pools.name[rows],
    )  # fmt: skip
    _set_limits(inventory, pools, first, sites.ordinal)
    return inventory


def lines_of(network: Network) -> Lines:
    """Return the links of a network as straight lines."""
    ends = network.link_from, network.link_to, network.link_kind, network.link_reverse
    return Lines(*ends, network.node_lon, network.node_lat)


def plain_extent(regions: Regions) -> Extent:
    """Counties as discs that reach half-way to the nearest other county, where nothing tells their area."""
    lon, lat = regions.county_lon, regions.county_lat
    sphere = on_sphere_km(lon, lat)
    half_km = np.ones(len(lon))
    if len(lon) > 1:
        half_km = np.maximum(np.asarray(cKDTree(sphere).query(sphere, k=[2])[0])[:, 0] / 2.0, 0.1)
    return Extent(lon, lat, half_km, half_km)


def _counties(regions: Regions, lon: F64, lat: F64) -> tuple[I64, F64]:
    """County whose point is nearest to each station, and how far it is."""
    off_km, county = nearest_on_sphere(lon, lat, regions.county_lon, regions.county_lat)
    return county, off_km


def _links(path: Path, pools: ListedPools, first: I64, about: dict[str, Any], network: Network) -> I64:
    """Directed link of each station of the highway layer, -1 for all others."""
    is_highway = pools.layer[first] == "highway"
    if about["report"].get("network") == fingerprint(network):
        return np.where(is_highway, pools.link[first], -1).astype(np.int64)
    found = snap(lines_of(network), pools.lon[first], pools.lat[first], is_highway)
    far = np.flatnonzero(is_highway & ~found.is_near)
    faults = Faults()
    for row in far[:FAULTS_SHOWN].tolist():
        where = f"{path}: station {pools.id[first[row]]!r} of the highway layer"
        off = (
            f"{found.off_m[row] / 1000.0:,.0f} km from the nearest expressway"
            if np.isfinite(found.off_m[row])
            else "no expressway"
        )
        faults.add(where, off, "one nearby", "give it another layer, or leave such out: twin stations import --network")
    if len(far) > FAULTS_SHOWN:
        faults.add(str(path), f"the same at {len(far) - FAULTS_SHOWN} more stations", "an expressway nearby")
    faults.raise_if_any(DataError)
    return found.link.astype(np.int64)


def _sites(pools: ListedPools, first: I64, county: I64, link: I64) -> tuple[Sites, Cells, tuple[STR, np.ndarray]]:
    """Return the stations as sites, what their EVSEs are, and the operators; `ordinal` is the number in the list."""
    station = np.searchsorted(first, np.arange(len(pools.id)), "right") - 1
    cells, cell = _cells(pools)
    n_evse = np.zeros((len(first), len(cells.rated_w)), np.int32)
    np.add.at(n_evse, (station, cell), pools.n_evse)
    layer = np.array([LAYERS.index(name) for name in pools.layer[first].tolist()], np.int64)
    kind = _kinds(n_evse, cells, layer)
    site_type = np.array([each.site_type for each in SITE_KINDS])[kind]
    operator, names, is_carmaker = _operators(pools, first, n_evse.sum(axis=1))
    sites = Sites(
        county=county, kind=kind, layer=layer, site_type=site_type, ordinal=np.arange(len(first)), n_evse=n_evse,
        lon=pools.lon[first], lat=pools.lat[first], link=link, side=link, operator=operator,
    )  # fmt: skip
    return sites, cells, (names, is_carmaker)


def _cells(pools: ListedPools) -> tuple[Cells, I64]:
    """Return the kinds of EVSE of a list, and the kind of each pool."""
    classes = seeds.read("power_classes")
    serves = np.array([SERVES_BITS[text] for text in pools.serves.tolist()], np.int64)
    rated_w = np.rint(pools.rated_power_kw * 1000.0).astype(np.int64)
    kinds, cell = np.unique(
        np.stack([1 - pools.is_ac, rated_w, serves], axis=1).astype(np.int64), axis=0, return_inverse=True
    )
    is_ac, rated_w = kinds[:, 0] == 0, kinds[:, 1]
    is_dc_class = classes["kind"] == "dc"
    lowest_w = np.where(is_dc_class, classes["min_kw"] * 1000.0, np.inf)
    reached = rated_w[:, None] >= lowest_w[None, :]
    of_dc = np.where(reached.any(axis=1), np.where(reached, lowest_w, -1.0).argmax(axis=1), lowest_w.argmin())
    cells = Cells(
        layer=np.zeros(len(kinds), np.int64),
        power_class=np.where(is_ac, int(np.flatnonzero(~is_dc_class)[0]), of_dc).astype(np.int64),
        serves=kinds[:, 2],
        rated_w=rated_w,
        is_ac=is_ac,
        n_evse=np.bincount(cell.reshape(-1), pools.n_evse).astype(np.int64),
        n_batteries=np.zeros(len(kinds), np.int64),
        power_class_names=classes["power_class"],
        is_high_power_class=classes["rated_kw"] >= 250.0,
    )
    return cells, cell.reshape(-1)


def _kinds(n_evse: np.ndarray, cells: Cells, layer: I64) -> I64:
    """Kind of each site, so that a sample keeps the mixture: by layer, use and strongest EVSE."""
    strongest_w = np.where(n_evse > 0, np.where(cells.is_ac, 0, cells.rated_w), 0).max(axis=1)
    by_power = np.select([strongest_w == 0, strongest_w < 60_000, strongest_w < 120_000], [COMMUNITY, PLAIN, QUICK], FULL)
    for_cars = (n_evse * (cells.serves & SERVES_CARS > 0)).sum(axis=1) > 0
    kind = np.select([layer == HIGHWAY, ~for_cars, layer == RURAL_LAYER], [SERVICE, FREIGHT, RURAL], by_power)
    return kind.astype(np.int64)


def _operators(pools: ListedPools, first: I64, n_evse: I64) -> tuple[I64, STR, np.ndarray]:
    """Number the operators by their EVSEs, and tell which are carmakers of seeds/operators.csv."""
    names, row = np.unique(
        np.where(pools.operator[first] == "", "-", pools.operator[first]).astype(str), return_inverse=True
    )
    row = row.reshape(-1)
    size = np.bincount(row, n_evse)
    rank = np.empty(len(names), np.int64)
    order = np.lexsort((np.arange(len(names)), -size))
    rank[order] = np.minimum(np.arange(len(names)), MOST_OPERATORS)
    kept = [str(name) for name in names[order][:MOST_OPERATORS]] + ["Others"] * (len(names) > MOST_OPERATORS)
    known = seeds.read("operators")
    makers = {str(known[name][k]) for k in np.flatnonzero(known["is_carmaker"] == 1) for name in ("operator", "name_zh")}
    return rank[row], np.array(kept, object), np.array([name in makers for name in kept], bool)


def _set_limits(inventory: Inventory, pools: ListedPools, first: I64, ordinal: I64) -> None:
    """Take the limits that the list tells; a site that a sample made smaller keeps its share of it."""
    rated_w = np.rint(pools.n_evse * pools.rated_power_kw * 1000.0).astype(np.int64)
    whole_w = np.add.reduceat(rated_w, first)[ordinal]
    kept_w = inventory.pools.n_evse.astype(np.int64) * inventory.pools.rated_power_w
    here_w = np.bincount(inventory.pools.station, kept_w, len(ordinal)).astype(np.int64)
    told_w = pools.site_limit_kw[first[ordinal]] * 1000.0
    has_limit = np.isfinite(told_w)
    limit_w = np.minimum(np.floor(told_w * (here_w / whole_w)), here_w)
    inventory.stations.site_limit_w[has_limit] = np.maximum(limit_w[has_limit], 1).astype(np.int64)
