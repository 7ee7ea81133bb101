"""What kernels are handed: rows picked from the inputs so that what is read together lies together, and bundles of them."""

from typing import NamedTuple

from twin.tables.columns import F32, F64, I32, I64, U8, Annotated, Field
from twin.tables.inputs import Guidance, Itineraries, LinkPools, Markets, Outages, Pools, Stations
from twin.tables.plants import Behind, PlantState
from twin.tables.state import Evses, Ledger, OutageState, PoolState, Racks, StationState


class Plugs(NamedTuple):
    """What a driver on the road compares of a pool, by pool id."""

    rated_power_w: Annotated[F32, Field("W", "rated power of one EVSE")]
    serves: Annotated[U8, Field("-", "bits: 1 cars, 2 trucks")]
    network: Annotated[U8, Field("-", "network that admits some drivers only; 0 open to all, 255 swaps")]
    is_ac: Annotated[U8, Field("-", "1 where the car's own charger sets the limit")]
    power_class: Annotated[U8, Field("-", "column of the limits of voltage and current")]
    price_row: Annotated[U8, Field("-", "row of the price table")]


class Offers(NamedTuple):
    """What a driver in town compares: the pools of the markets with all that the comparison needs, neighbours adjacent."""

    lon: Annotated[F64, Field("deg", "longitude")]
    lat: Annotated[F64, Field("deg", "latitude")]
    rated_power_w: Annotated[F32, Field("W", "rated power of one EVSE")]
    pool: Annotated[I32, Field("-", "pool id")]
    network: Annotated[U8, Field("-", "network that admits some drivers only; 0 open to all, 255 swaps")]
    price_row: Annotated[U8, Field("-", "row of the price table")]
    power_class: Annotated[U8, Field("-", "column of the limits of voltage and current")]
    is_ac: Annotated[U8, Field("-", "1 where the car's own charger sets the limit")]


class Links(NamedTuple):
    """Directed links as kernels read them."""

    speed_kmh: Annotated[F64, Field("km/h", "published speed, renewed at every window's end")]
    free_kmh: Annotated[F64, Field("km/h", "speed on an empty road")]
    length_m: Annotated[I32, Field("m", "length")]
    is_expressway: Annotated[U8, Field("-", "1 on an expressway or one of its ramps")]


class Nodes(NamedTuple):
    """Nodes as kernels read them."""

    lon: Annotated[F64, Field("deg", "longitude")]
    lat: Annotated[F64, Field("deg", "latitude")]
    county: Annotated[I32, Field("-", "county whose town lies there; -1 none")]


class Counties(NamedTuple):
    """Counties as kernels read them."""

    zone: Annotated[I32, Field("-", "zone")]
    province: Annotated[I32, Field("-", "province")]
    access_m: Annotated[I32, Field("m", "way to the road graph")]


class Zones(NamedTuple):
    """Zones as kernels read them."""

    node: Annotated[I32, Field("-", "node at which it joins the road graph")]


class Ways(NamedTuple):
    """The road left from a node to a zone, row tree * n_nodes + node; trees as in `Outlook.next_link`."""

    way_m: Annotated[I32, Field("m", "way along the route")]
    drag: Annotated[F32, Field("m (km/h)^2", "length x free speed squared along it")]
    truck_drag: Annotated[F32, Field("m (km/h)^2", "the same at a truck's speed")]


class Traits(NamedTuple):
    """Vehicle classes as kernels read them, without the curves."""

    capacity_ws: Annotated[I64, Field("Ws", "usable battery energy")]
    city_ws_per_m: Annotated[F64, Field("Ws/m", "consumption in town at 20 degC")]
    road_a_ws_per_m: Annotated[F64, Field("Ws/m", "consumption on the road at 20 degC: a + b v^2, v in km/h")]
    road_b_ws_per_m: Annotated[F64, Field("Ws/m/(km/h)^2", "see road_a_ws_per_m")]
    peak_w: Annotated[F64, Field("W", "largest power of the curve")]
    ac_power_w: Annotated[I32, Field("W", "on-board charger")]
    kind: Annotated[U8, Field("-", "index into VEHICLE_KINDS")]
    has_engine: Annotated[U8, Field("-", "1 for hybrids")]
    group: Annotated[U8, Field("-", "traveller group")]
    swap_share: Annotated[F64, Field("-", "share of its vehicles whose battery can be changed")]


class Seen(NamedTuple):
    """A stop that a driver keeps in mind while looking down the road."""

    energy_ws: Annotated[F64, Field("Ws", "energy on arrival there")]
    drive_s: Annotated[F64, Field("s", "driving time until there")]
    pool: Annotated[I32, Field("-", "pool")]
    link: Annotated[I32, Field("-", "link at whose end one leaves the road")]
    detour_m: Annotated[I32, Field("m", "way between road and pool")]


class Outlook(NamedTuple):
    """What a driver decides and drives by: the road, the Board, prices, temperatures, and the own vehicle's class.

    `next_link` has a tree of routes a zone, those of empty roads; where drivers navigate, as many more at the speeds of
    the day. `n_rerouted` is one number, how often those were renewed. `link_to`, the node at which a link ends, lies bare:
    it is looked up ahead of every link that is entered.
    """

    classes: Traits
    links: Links
    link_to: I32
    nodes: Nodes
    counties: Counties
    zones: Zones
    next_link: I32
    n_rerouted: I32
    ways: Ways
    link_pools: LinkPools
    markets: Markets
    plugs: Plugs
    plug_limit_w: I32
    offers: Offers
    board_wait_s: I32
    prices: F64
    consumption_factor: F64
    return_quantile: F64
    itineraries: Itineraries
    guidance: Guidance
    lot_m: int
    least_way_m: float
    seen: Seen


class StationCalls(NamedTuple):
    """What of the day's calls for power concerns public stations, and what vehicles there gave."""

    seed: int
    answer_share: float
    reserve_soc: float
    share: Annotated[F64, Field("-", "[zone] share of slow plugs at public stations that can give to the grid")]
    from_s: Annotated[I32, Field("s", "[zone] begin of the day's call")]
    until_s: Annotated[I32, Field("s", "[zone] its end; the same second where there is none")]
    given_ws: Annotated[I64, Field("Ws", "[station] energy out of batteries into the grid")]
    n_answered: Annotated[I64, Field("-", "[station] sessions that gave")]
    n_below: Annotated[I64, Field("-", "[station] of them, left below the reserve")]


class Site(NamedTuple):
    """What a station's clock reads and writes: plugs, queues, counts, books, and room to deal power in."""

    classes: Traits
    curve_w: F64
    ceiling_w: F64
    full_s: F64
    power_factor: F64
    stations: Stations
    pools: Pools
    plug_limit_w: I32
    pool_state: PoolState
    board_wait_s: I32
    evses: Evses
    station_state: StationState
    outages: Outages
    outage_state: OutageState
    racks: Racks
    ready_s: I32
    plant_of: I32
    behind: Behind
    plant_state: PlantState
    plant_load_ws: I64
    ledger: Ledger
    shares_w: F64
    energies_ws: I64
    ahead_ws: I64
    calls: StationCalls
