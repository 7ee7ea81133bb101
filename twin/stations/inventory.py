"""The public charging stations of a run: national stock in, stations, pools and markets out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.stations.apportion import apportion_groups
from twin.stations.buildout import Built, build_out
from twin.stations.closed import closed_evses, rows_of
from twin.stations.layers import highway_sites, local_sites, with_operator
from twin.stations.ledger import keys_of, orders_table
from twin.stations.limits import site_limit_w
from twin.stations.markets import build_link_pools, build_markets
from twin.stations.names import station_names
from twin.stations.placement import Extent, built_up_radius_km, county_radius_km, place
from twin.stations.sample import thin
from twin.stations.sites import Sites
from twin.stations.stock import Cells, figure, provinces_of_cells, read_cells
from twin.stations.swap_bays import rack_power_w, with_swap_bays
from twin.stations.trunk_roads import road_points
from twin.stations.vintage import evse_months
from twin.tables import seeds
from twin.tables.columns import F64, I64, STR
from twin.tables.inputs import LinkPools, Markets, Pools, Stations
from twin.tables.orders import OrdersTable

if TYPE_CHECKING:
    from pathlib import Path

    from twin.config import Config
    from twin.network.graph import Network
    from twin.network.regions import Regions

__all__ = ["Inventory", "build_inventory", "finish", "in_order", "national_extent", "national_townships", "standing_sites"]


@dataclass(frozen=True)
class Inventory:
    """Public charging stations, with all that a run asks of them.

    Attributes
    ----------
    stations : Stations
        Sorted by (zone, county, layer).
    pools : Pools
        One per station, power class and kind of user; EVSE ids are contiguous.
    markets : Markets
        Pools that a driver of a county knows.
    link_pools : LinkPools
        Pools at the end of each directed link.
    n_evse_total : int
        EVSEs of all pools.
    operator_names, power_class_names : ndarray of str
        Names behind the indices.
    is_high_power : ndarray of uint8, shape (n_power_classes,)
        1 for power classes of 250 kW and more.
    side : ndarray of int32, shape (n_stations,)
        Row of the service-area side, -1 elsewhere.
    n_townships : ndarray of int64, shape (n_counties,)
        Townships, whether they have a station or not.
    extent : Extent
        Counties as discs.
    place_names, side_names : ndarray of str
        Names of the counties with their zone, and of the service-area sides.
    listed_id, listed_name : ndarray of str, shape (n_stations,), optional
        Ids and names of a user's list, blank where it has none; None for the stock.
    built : Built, optional
        The build-out, if there is one.
    site_key : ndarray of int64, shape (n_stations,), optional
        Number by which a site is known in every run; with a build-out.
    closed : tuple of ndarray of int64, optional
        EVSEs that are not open yet, or not any more: EVSE, begin and end of that time (s); with a build-out.
    evse_month : ndarray of int64, shape (n_evse_total,), optional
        Month in which each EVSE was commissioned, see `twin.stations.dates`; None for a list.
    """

    stations: Stations
    pools: Pools
    markets: Markets
    link_pools: LinkPools
    n_evse_total: int
    operator_names: STR
    power_class_names: STR
    is_high_power: np.ndarray
    side: np.ndarray
    n_townships: I64
    extent: Extent
    place_names: STR
    side_names: STR
    listed_id: STR | None = None
    listed_name: STR | None = None
    built: Built | None = None
    site_key: I64 | None = None
    closed: tuple[I64, I64, I64] | None = None
    evse_month: I64 | None = None

    def names(self) -> STR:
        """Build the names of all stations, ndarray of str, shape (n_stations,)."""
        names = station_names(self.stations, self.place_names, self.side, self.side_names)
        return names if self.listed_name is None else np.where(self.listed_name != "", self.listed_name, names)

    def trunk_road_points(self, step_km: float) -> tuple[I64, F64, F64, F64]:
        """Return points along the trunk roads between the towns; see `twin.stations.trunk_roads.road_points`."""
        return road_points(self.extent, step_km)

    def orders(self, regions: Regions) -> OrdersTable:
        """Build the book of the build-out; there is one."""
        built, key = self.built, self.site_key
        assert built is not None
        assert key is not None
        return orders_table(built.ledger, built.ordered, built.cells, lambda wanted: rows_of(key, wanted), regions)


def build_inventory(
    config: Config, regions: Regions, network: Network, sample: float | None = None, folder: Path | None = None
) -> Inventory:
    """Build the public charging stations of a scenario.

    The stock of ``config.stations.stock`` is met exactly by layer and power class, its provincial shares by largest
    remainder (``config.stations.province_factors`` multiply them); within a province the urban layer follows NEVs by
    zone and urban population by county, the rural layer rural population, truck hubs population, and the highway layer
    the population potential at each side. A sampled fleet (``config.fleet.sample``) meets a thinned network, see
    `twin.stations.sample.thin`.

    Parameters
    ----------
    config : Config
        The scenario.
    regions : Regions
        Provinces, zones and counties.
    network : Network
        The road graph, with a directed link for every service-area side.
    sample : float, optional
        Share of the network in place of ``config.fleet.sample``; 1 gives the whole, whose coverage is the nation's.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Returns
    -------
    Inventory
        About 400,000 stations for 6.2 M EVSEs.

    Raises
    ------
    DataError
        If the stock has no such month, a province is left without stations, or the tables contradict each other.
    """
    cells, whole = standing_sites(config, regions, network, folder)
    townships, extent = national_townships(regions, folder), national_extent(regions, folder)
    operators = seeds.read("operators", folder)
    built = None
    if config.buildout.is_on:
        built = build_out(config, regions, network, whole, cells, extent, townships)
        whole, cells = built.sites, built.cells
    sites = thin(in_order(whole, regions), config.fleet.sample if sample is None else sample)
    about: dict[str, Any] = {"extent": extent, "n_townships": townships, "side": sites.side.astype(np.int32)}
    if built is not None:
        about |= {"built": built, "site_key": keys_of(sites), "closed": closed_evses(sites, whole, built.openings)}
    about["evse_month"] = evse_months(config, sites, whole, built)
    return finish(config, sites, cells, regions, network, operators["operator"], operators["is_carmaker"] == 1, **about)


def standing_sites(config: Config, regions: Regions, network: Network, folder: Path | None = None) -> tuple[Cells, Sites]:
    """Return what the EVSEs of the scenario's stock are, and its sites with places and operators; see `build_inventory`."""
    seed, settings = config.scenario.seed, config.stations
    cells = with_swap_bays(
        read_cells(settings.stock, folder), config.swap, config.buildout.towards or settings.stock, folder
    )
    of_province = provinces_of_cells(cells, settings.stock, regions.province_code, settings.province_factors, folder)
    townships, extent = national_townships(regions, folder), national_extent(regions, folder)
    parts = local_sites(seed, regions, cells, of_province, townships, extent)
    parts = [place(seed, part, extent, townships) for part in parts]
    parts.append(highway_sites(regions, network, cells, of_province))
    shares = seeds.read("operators", folder)["share"]
    return cells, Sites.join([with_operator(seed, part, shares) for part in parts])


def in_order(sites: Sites, regions: Regions) -> Sites:
    """Return the sites in the order of their ids: by zone, county, layer, kind and ordinal."""
    zone = regions.county_zone[sites.county]
    return sites.take(np.lexsort((sites.ordinal, sites.kind, sites.layer, sites.county, zone)))


def finish(
    config: Config, sites: Sites, cells: Cells, regions: Regions, network: Network,
    operator_names: STR, is_carmaker: np.ndarray, **about: Any,
) -> Inventory:  # fmt: skip
    """Turn sites in their final order into an inventory.

    Parameters
    ----------
    config, regions, network
        As for `build_inventory`.
    sites : Sites
        Sites with coordinates, links and operators.
    cells : Cells
        What their EVSEs are.
    operator_names : ndarray of str
        Table of ``sites.operator``.
    is_carmaker : ndarray of bool
        Which operators have a network of their own.
    **about
        Further attributes of `Inventory`.
    """
    settings = config.stations
    stations, pools = _tables(sites, cells, regions, settings.site_limit_share, settings.module_efficiency)
    operator = stations.operator[pools.station]
    pools.network[:] = np.where(is_carmaker[operator], operator + 1, 0)
    return Inventory(
        stations=stations,
        pools=pools,
        markets=build_markets(stations, pools, regions.county_lon, regions.county_lat),
        link_pools=build_link_pools(stations, network.n_links),
        n_evse_total=int(pools.n_evse.sum()),
        operator_names=operator_names,
        power_class_names=cells.power_class_names,
        is_high_power=cells.is_high_power_class.astype(np.uint8),
        place_names=regions.zone_names[regions.county_zone] + " " + regions.county_names,
        side_names=network.site_names,
        **about,
    )


def national_townships(regions: Regions, folder: Path | None = None) -> I64:
    """Share the townships of each province out to its counties by rural population."""
    n_townships = np.rint(figure("n_townships", regions.province_code, folder)).astype(np.int64)
    return apportion_groups(n_townships, regions.county_province, regions.county_rural_population)


def national_extent(regions: Regions, folder: Path | None = None) -> Extent:
    """Counties as discs that fill their provinces."""
    lon, lat = regions.county_lon, regions.county_lat
    area_km2 = figure("area", regions.province_code, folder)
    county_km = county_radius_km(lon, lat, regions.county_province, area_km2)
    return Extent(lon, lat, built_up_radius_km(regions.county_urban_population, county_km), county_km)


def _tables(sites: Sites, cells: Cells, regions: Regions, limit_share: float, efficiency: float) -> tuple[Stations, Pools]:
    """Turn sites in their final order into the tables of stations and pools."""
    station, cell = np.nonzero(sites.n_evse)
    n_evse = sites.n_evse[station, cell].astype(np.int64)
    rated_w, is_ac = cells.rated_w[cell], cells.is_ac[cell]
    n_stations = len(sites.county)
    n_pools = np.bincount(station, minlength=n_stations)
    total_w, n_dc, strongest_w, rack_w = (np.zeros(n_stations, np.int64) for _ in range(4))
    n_batteries = cells.n_batteries[cell]
    n_plugs, is_dc = np.where(n_batteries > 0, 0, n_evse), ~is_ac & (n_batteries == 0)
    np.add.at(total_w, station, n_plugs * rated_w)
    np.add.at(n_dc, station, np.where(is_dc, n_evse, 0))
    np.maximum.at(strongest_w, station, np.where(is_dc, rated_w, 0))
    np.add.at(rack_w, station, rack_power_w(n_evse, n_batteries, rated_w))
    pools = Pools(
        station=station.astype(np.int32),
        first_evse=(np.cumsum(n_evse) - n_evse).astype(np.int32),
        n_evse=n_evse.astype(np.int32),
        rated_power_w=rated_w.astype(np.int32),
        power_class=cells.power_class[cell].astype(np.uint8),
        is_ac=is_ac.astype(np.uint8),
        serves=cells.serves[cell].astype(np.uint8),
        network=np.zeros(len(station), np.uint8),
        n_batteries=(n_evse * n_batteries).astype(np.int32),
    )
    stations = Stations(
        zone=regions.county_zone[sites.county].astype(np.int32),
        county=sites.county.astype(np.int32),
        province=regions.county_province[sites.county].astype(np.int32),
        layer=sites.layer.astype(np.uint8),
        site_type=sites.site_type.astype(np.uint8),
        operator=sites.operator.astype(np.uint8),
        lon=sites.lon,
        lat=sites.lat,
        link=sites.link.astype(np.int32),
        first_pool=(np.cumsum(n_pools) - n_pools).astype(np.int32),
        n_pools=n_pools.astype(np.int32),
        site_limit_w=site_limit_w(total_w, strongest_w, n_dc, limit_share, efficiency) + rack_w,
    )
    return stations, pools
