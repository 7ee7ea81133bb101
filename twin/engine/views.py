"""What kernels are handed, picked from the inputs so that what is read together lies together."""

from typing import Any

import numpy as np

from twin.behaviour import N_SEEN
from twin.engine.given import Given
from twin.engine.navigation import navigates
from twin.tables.columns import I32, columns, rows, to_rows
from twin.tables.inputs import LAYERS, SWAPS
from twin.tables.views import Counties, Links, Nodes, Offers, Outlook, Plugs, Seen, StationCalls, Traits, Ways, Zones


def build_outlook(given: Given, board_wait_s: I32) -> Outlook:
    """Return what drivers decide and drive by, with no room yet for the stops that one keeps in mind."""
    roads = given.roads
    province = roads.county_province
    # Routes of empty roads, and once more for those who navigate: theirs begin as the same.
    n_times = 2 if navigates(given) else 1
    along = {name: np.tile(getattr(roads, name).ravel(), n_times) for name in ("way_m", "drag", "truck_drag")}
    return Outlook(
        classes=pick(Traits, given.classes),
        links=pick(Links, roads),
        link_to=roads.link_to,
        nodes=pick(Nodes, None, lon=roads.node_lon, lat=roads.node_lat, county=roads.node_county),
        counties=pick(Counties, roads, zone=roads.county_zone, province=province),
        zones=pick(Zones, None, node=roads.zone_node),
        next_link=np.tile(roads.next_link, (n_times, 1)) if n_times > 1 else roads.next_link,
        n_rerouted=np.zeros(1, np.int32),
        ways=pick(Ways, None, **along),
        link_pools=given.link_pools,
        markets=given.markets,
        plugs=build_plugs(given),
        plug_limit_w=given.plug_limit_w,
        offers=build_offers(given),
        board_wait_s=board_wait_s,
        prices=given.prices,
        consumption_factor=given.local.consumption_factor,
        return_quantile=given.trips.return_quantile,
        itineraries=given.itineraries,
        guidance=given.guidance,
        lot_m=given.lot_m,
        least_way_m=given.least_way_m,
        seen=rows(Seen, 0),
    )


def build_outlooks(given: Given, board_wait_s: I32, n_shards: int) -> list[Outlook]:
    """Return one for each shard, with room for the stops that one of its drivers keeps in mind."""
    view = build_outlook(given, board_wait_s)
    return [Outlook(*view[:-1], seen=rows(Seen, N_SEEN)) for _ in range(n_shards)]


def pick(table: type[Any], source: Any, **named: Any) -> Any:
    """Return the rows of a table from the columns of the same name of a source, or from those named."""
    values = {column.name: named.get(column.name, getattr(source, column.name, None)) for column in columns(table)}
    return to_rows(table(**values))


def build_plugs(given: Given) -> Plugs:
    """Return what a driver on the road compares of each pool."""
    plugs = rows(Plugs, len(given.pools.station))
    plugs.rated_power_w[:] = given.pools.rated_power_w
    plugs.serves[:], plugs.is_ac[:], plugs.power_class[:] = given.pools.serves, given.pools.is_ac, given.pools.power_class
    is_swap = given.pools.n_batteries > 0
    network = given.pools.network if given.rules.admitted_share < 1.0 else 0
    plugs.network[:] = np.where(is_swap, SWAPS, network)
    plugs.price_row[:] = price_rows(given)
    return plugs


def price_rows(given: Given) -> I32:
    """Return the row of the price table for each pool: by province, kind of place, and the level that its operator set.

    Swaps have a row of their own and no levels.
    """
    station, is_swap = given.pools.station, given.pools.n_batteries > 0
    is_highway = given.stations.layer[station] == LAYERS.index("highway")
    found: I32 = given.stations.province[station] + given.n_provinces * np.where(is_swap, 2, is_highway).astype(np.int32)
    if not len(given.price_level):
        return found
    level = given.price_level.astype(np.int32)
    return found + given.n_provinces * np.where(is_swap | (level == 0), 0, 1 + 2 * level)


def publish_prices(given: Given, outlook: Outlook) -> None:
    """Show drivers the price levels that operators have set; all shards look at the same rows."""
    if len(given.price_level):
        outlook.plugs.price_row[:] = price_rows(given)
        outlook.offers.price_row[:] = outlook.plugs.price_row[given.markets.pool]


def build_offers(given: Given) -> Offers:
    """Return the pools of the markets with what a driver in town compares, in the order of the markets."""
    pool = given.markets.pool
    station, plugs = given.pools.station[pool], build_plugs(given)
    offers = rows(Offers, len(pool))
    offers.lon[:], offers.lat[:] = given.stations.lon[station], given.stations.lat[station]
    offers.rated_power_w[:], offers.price_row[:] = plugs.rated_power_w[pool], plugs.price_row[pool]
    offers.pool[:], offers.is_ac[:], offers.network[:] = pool, plugs.is_ac[pool], plugs.network[pool]
    offers.power_class[:] = plugs.power_class[pool]
    return offers


def build_station_calls(given: Given, n_stations: int, n_zones: int) -> StationCalls:
    """Return calls that nobody has answered yet; the second of the call is where grid operators write it."""
    share = given.public_v2g_share if len(given.public_v2g_share) else np.zeros(n_zones)
    seconds = given.guidance.event_from_s, given.guidance.event_until_s
    rules, books = given.rules, (np.zeros(n_stations, np.int64) for _ in range(3))
    return StationCalls(rules.seed, rules.v2g_answer_share, rules.v2g_reserve_soc, share, *seconds, *books)
