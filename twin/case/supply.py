"""The stations of a posed case: rows of the table as pools, and who knows of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.case.places import Grounds
from twin.case.reading import Columns, note_rows
from twin.errors import Faults
from twin.stations.inventory import Inventory
from twin.stations.placement import Extent
from twin.tables.columns import I32, I64, STR, rows
from twin.tables.inputs import LAYERS, SERVES_CARS, SERVES_TRUCKS, LinkPools, Markets, Pools, Stations
from twin.tables.posed import SERVES, SERVES_BITS

__all__ = ["Sites", "build_inventory", "read_sites"]


class Sites(NamedTuple):
    """Which rows of the table make up a site.

    Attributes
    ----------
    of_pool : ndarray of int64, shape (n_pools,)
        Site of each row.
    first_pool, n_pools : ndarray of int64, shape (n_sites,)
        Its rows.
    name : ndarray of str, shape (n_sites,)
        Its name.
    """

    of_pool: I64
    first_pool: I64
    n_pools: I64
    name: STR


def read_sites(table: Columns, n_rows: int, faults: Faults) -> Sites:
    """Put rows of one name together; note where they are apart or contradict each other."""
    names = table.get("station")
    begins = np.ones(n_rows, np.bool_)
    if names is None:
        names = np.array([f"station {row}" for row in range(n_rows)], object)
    else:
        begins[1:] = names[1:] != names[:-1]
        first_row = {name: row for row, name in reversed(list(enumerate(names)))}
        is_again = begins & (np.array([first_row[name] for name in names]) < np.arange(n_rows))
        note_rows(
            "stations.station", is_again, lambda row: repr(names[row]), "rows of one site that follow each other",
            "move the row up, or give the site another name", faults,
        )  # fmt: skip
    first = np.flatnonzero(begins)
    of_pool = np.cumsum(begins) - 1
    for name in ("node", "layer", "site_limit_kw"):
        if name in table:
            column = table[name]
            differs = column != column[first[of_pool]] if n_rows else begins
            said = np.array([str(cell) for cell in column], object)
            wanted, todo = "the same in all rows of one site", "correct it, or give the row another station"
            note_rows(f"stations.{name}", differs, said.__getitem__, wanted, todo, faults)
    return Sites(of_pool, first, np.diff(np.append(first, n_rows)), np.asarray(names[first], object))


def build_inventory(table: Columns, sites: Sites, grounds: Grounds) -> Inventory:
    """Return the stations as the rooms of a nation know them."""
    stations, pools = rows(Stations, len(sites.name)), rows(Pools, len(sites.of_pool))
    if len(sites.name):
        _fill(table, sites, grounds, stations, pools)
    node_of_pool = grounds.network.zone_node[stations.zone][pools.station]
    name = grounds.regions.county_names
    n_counties = grounds.regions.n_counties
    zero = np.zeros(n_counties)
    return Inventory(
        stations=stations, pools=pools, markets=_markets(pools, node_of_pool, grounds),
        link_pools=_link_pools(node_of_pool, grounds), n_evse_total=int(pools.n_evse.sum()),
        operator_names=np.array(["-"], object), power_class_names=np.array(["-"], object),
        is_high_power=np.zeros(1, np.uint8), side=np.full(len(sites.name), -1), n_townships=zero.astype(np.int64),
        extent=Extent(grounds.regions.county_lon, grounds.regions.county_lat, zero, zero), place_names=name,
        side_names=np.zeros(0, object),
    )  # fmt: skip


def _fill(table: Columns, sites: Sites, grounds: Grounds, stations: Stations, pools: Pools) -> None:
    """Write the rows of stations and pools."""
    n_evse, first = table["n_evse"], sites.first_pool
    node = table["node"][first]
    pools.station[:], pools.n_evse[:], pools.first_evse[:] = sites.of_pool, n_evse, np.cumsum(n_evse) - n_evse
    pools.rated_power_w[:] = np.rint(table["rated_power_kw"] * 1000.0)
    pools.is_ac[:] = table.get("is_ac", False)
    pools.n_batteries[:] = n_batteries = table.get("n_batteries", 0)
    serves = table.get("serves", np.full(len(n_evse), SERVES[-1], object))
    pools.serves[:] = [SERVES_BITS[text] for text in serves]
    stations.zone[:] = stations.county[:] = grounds.station_zone
    stations.lon[:], stations.lat[:] = grounds.network.node_lon[node], grounds.network.node_lat[node]
    stations.link[:] = -1
    stations.first_pool[:], stations.n_pools[:] = first, sites.n_pools
    n_places = np.where(n_batteries == 0, n_evse, n_batteries)
    rated_w = np.add.reduceat(n_places * pools.rated_power_w.astype(np.int64), first)
    stations.site_limit_w[:] = np.rint(table["site_limit_kw"][first] * 1000.0) if "site_limit_kw" in table else rated_w
    stations.layer[:] = [LAYERS.index(text) for text in table["layer"][first]] if "layer" in table else 0


def _markets(pools: Pools, node_of_pool: I32, grounds: Grounds) -> Markets:
    """List what is known to who sets out at a node: the pools that stand there, AC too where they serve cars."""
    for_cars, for_trucks = (pools.serves & bit > 0 for bit in (SERVES_CARS, SERVES_TRUCKS))
    members = for_cars, for_cars & (pools.is_ac == 1), for_trucks
    node = np.repeat(grounds.network.zone_node, len(members))
    first, pool = _compress([_at_node(node_of_pool, is_member, grounds) for is_member in members], node)
    return Markets(first, pool)


def _link_pools(node_of_pool: I32, grounds: Grounds) -> LinkPools:
    """List the pools at the end of each link: all that stand at its node."""
    everybody = np.ones(len(node_of_pool), np.bool_)
    return LinkPools(*_compress([_at_node(node_of_pool, everybody, grounds)], grounds.network.link_to))


def _at_node(node_of_pool: I32, is_member: np.ndarray, grounds: Grounds) -> tuple[I64, I64]:
    """Return pools by node, as (first of each node and the end, pool)."""
    pool = np.flatnonzero(is_member)
    pool = pool[np.argsort(node_of_pool[pool], kind="stable")]
    return np.searchsorted(node_of_pool[pool], np.arange(grounds.network.n_nodes + 1)), pool


def _compress(lists: list[tuple[I64, I64]], node: I32) -> tuple[I32, I32]:
    """Return for each row, whose lists take turns, the pools at its node as compressed rows."""
    n_lists = len(lists)
    turn = np.arange(len(node)) % n_lists
    bounds = np.array([first for first, _ in lists])
    offset = np.cumsum([0, *(len(pool) for _, pool in lists)])[turn]
    start, count = bounds[turn, node], bounds[turn, node + 1] - bounds[turn, node]
    first = np.concatenate([[0], np.cumsum(count)])
    within = np.arange(first[-1]) - np.repeat(first[:-1], count)
    pool = np.concatenate([pool for _, pool in lists])[np.repeat(offset + start, count) + within]
    return first.astype(np.int32), pool.astype(np.int32)
