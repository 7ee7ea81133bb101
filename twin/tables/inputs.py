"""What a run is given: stations and their pools, vehicle classes, vehicles, travel tables."""

from typing import NamedTuple

from twin.tables.columns import F32, F64, I16, I32, I64, U8, U32, Annotated, Field

LAYERS = ("urban", "highway", "rural")
SITE_TYPES = ("urban public", "service area", "county", "township", "freight hub", "trunk road", "depot")
VEHICLE_KINDS = ("car", "taxi", "van", "bus", "truck")
ACCESS_KINDS = ("none", "home", "depot", "work")
MARKETS = ("fast", "slow", "truck")
"""What a local driver looks for: a quick charge, a night at a slow plug, or room for a truck."""

SERVES_CARS = 1
SERVES_TRUCKS = 2

SWAPS = 255
"""Stands for the network of a pool where batteries are changed: it admits the vehicles whose battery can be."""

NO_LIMIT_W = 2**31 - 1
"""More than any EVSE gives."""

N_KNOTS = 65
"""Knots of a quantile table: a draw u in [0, 1) is read at u * 64, linear between knots."""


class Stations(NamedTuple):
    """Charging stations, sorted by (zone, county, layer); a row's index is its id."""

    zone: Annotated[I32, Field("-", "zone (prefecture) it stands in")]
    county: Annotated[I32, Field("-", "county it stands in")]
    province: Annotated[I32, Field("-", "province it stands in")]
    layer: Annotated[U8, Field("-", "index into LAYERS")]
    site_type: Annotated[U8, Field("-", "index into SITE_TYPES")]
    operator: Annotated[U8, Field("-", "operator, index into the operators' table")]
    lon: Annotated[F64, Field("deg", "longitude, WGS-84")]
    lat: Annotated[F64, Field("deg", "latitude, WGS-84")]
    link: Annotated[I32, Field("-", "directed link at whose end it stands; -1 off the road graph")]
    first_pool: Annotated[I32, Field("-", "first of its pools")]
    n_pools: Annotated[I32, Field("-", "number of its pools")]
    site_limit_w: Annotated[I64, Field("W", "power that its transformer lets through to the plugs")]


class Pools(NamedTuple):
    """Sets of equal EVSEs with one queue, in station order; a row's index is its id."""

    station: Annotated[I32, Field("-", "station it belongs to")]
    first_evse: Annotated[I32, Field("-", "first of its EVSEs")]
    n_evse: Annotated[I32, Field("-", "number of its EVSEs")]
    rated_power_w: Annotated[I32, Field("W", "rated power of one EVSE; at a swap pool of one place on the rack")]
    power_class: Annotated[U8, Field("-", "row of seeds/power_classes.csv")]
    is_ac: Annotated[U8, Field("-", "1 where the car's own charger sets the limit")]
    serves: Annotated[U8, Field("-", "bits: 1 cars, 2 trucks")]
    network: Annotated[U8, Field("-", "1 + the carmaker whose own network it belongs to, as an operator; 0 none")]
    n_batteries: Annotated[I32, Field("-", "spare batteries of a swap pool, whose EVSEs are bays; 0 where vehicles charge")]


class Outages(NamedTuple):
    """When EVSEs are out of service, sorted by (station, begin, EVSE). Those of one EVSE neither overlap nor touch."""

    station: Annotated[I32, Field("-", "station")]
    evse: Annotated[I32, Field("-", "EVSE, counted through all pools")]
    begin_s: Annotated[I32, Field("s", "first second out of service")]
    end_s: Annotated[I32, Field("s", "second from which it serves again, also beyond the run")]


class Markets(NamedTuple):
    """Pools that a driver in a county knows, as compressed rows: county x market -> pools, neighbours adjacent."""

    first: Annotated[I32, Field("-", "length n_counties * len(MARKETS) + 1; row = county * len(MARKETS) + market")]
    pool: Annotated[I32, Field("-", "pools of a row, ordered along a space-filling curve")]


class LinkPools(NamedTuple):
    """Pools at the end of each directed link, as compressed rows."""

    first: Annotated[I32, Field("-", "length n_links + 1")]
    pool: Annotated[I32, Field("-", "pools of a link")]


class VehicleClasses(NamedTuple):
    """Vehicle classes; a row's index is its id. `curve_w` is a matrix, one row a class."""

    kind: Annotated[U8, Field("-", "index into VEHICLE_KINDS")]
    has_engine: Annotated[U8, Field("-", "1 for plug-in hybrids and range extenders, which never strand")]
    capacity_ws: Annotated[I64, Field("Ws", "usable battery energy")]
    ac_power_w: Annotated[I32, Field("W", "on-board charger")]
    city_ws_per_m: Annotated[F64, Field("Ws/m", "consumption in town at 20 degC")]
    road_a_ws_per_m: Annotated[F64, Field("Ws/m", "consumption on the road at 20 degC: a + b v^2, v in km/h")]
    road_b_ws_per_m: Annotated[F64, Field("Ws/m/(km/h)^2", "see road_a_ws_per_m")]
    curve_w: Annotated[F64, Field("W", "DC power at soc 0, 0.05 .. 1.0, linear between")]
    ceiling_w: Annotated[F64, Field("W", "largest power of the curve from each knot on")]
    full_s: Annotated[F64, Field("s", "time for each whole segment of the curve, a matrix")]
    peak_w: Annotated[F64, Field("W", "largest power of the curve")]
    group: Annotated[U8, Field("-", "traveller group of the trip tables; 255 never leaves its zone")]
    swap_share: Annotated[F64, Field("-", "share of its vehicles whose battery can be changed")]


class Vehicles(NamedTuple):
    """Every vehicle of the fleet, sorted by (home zone, home county); a row's index is its id."""

    vehicle_class: Annotated[U8, Field("-", "row of the vehicle classes")]
    access: Annotated[U8, Field("-", "index into ACCESS_KINDS: where it can charge privately")]
    home: Annotated[I16, Field("-", "home county")]
    place: Annotated[I16, Field("-", "county where it is, or was when it last rested")]
    state: Annotated[U8, Field("-", "0 at rest, 1 active in the window engine")]
    back_day: Annotated[U8, Field("d", "day on which it means to go home; 255 none")]
    energy_ws: Annotated[U32, Field("Ws", "energy in the battery")]
    owed_ws: Annotated[U32, Field("Ws", "today's local driving still to come after the next charge")]


class LocalTables(NamedTuple):
    """How vehicles live through a day in their own zone, by vehicle kind and day. Quantile tables have N_KNOTS."""

    p_drive: Annotated[F64, Field("-", "[kind, day] share of vehicles that drive")]
    km_quantile: Annotated[F64, Field("km", "[kind, day, knot] local kilometres of a driving vehicle")]
    depart_quantile: Annotated[F64, Field("s", "[kind, day, knot] second of day of leaving")]
    return_quantile: Annotated[F64, Field("s", "[kind, day, knot] second of day of being back")]
    charge_quantile: Annotated[F64, Field("s", "[kind, day, knot] second of day at which public charging is sought")]
    consumption_factor: Annotated[F64, Field("-", "[province, day] consumption against 20 degC")]
    power_factor: Annotated[F64, Field("-", "[province, day] DC charging power against 20 degC")]


GUIDED_DAYS = 2
"""Days that the guidance of private plugs reaches ahead: today and the morning of tomorrow lie in them."""


class Guidance(NamedTuple):
    """What prices and the provincial grid operators tell plugs and drivers for the day; seconds since its 00:00.

    Quarter hours and hours run over `GUIDED_DAYS` days, where no day is named.
    """

    fill_w: Annotated[I64, Field("W", "[zone, quarter + 1] running sum of the power meant for orderly charging")]
    cheap_s: Annotated[I32, Field("s", "[province, hour] begin of the hour if it is cheap, else of the next cheap one")]
    errand_h: Annotated[I32, Field("h", "[province, hour of day] hour in which who heeds prices seeks a public plug")]
    event_from_s: Annotated[I32, Field("s", "[zone] begin of the day's call for power from vehicles")]
    event_until_s: Annotated[I32, Field("s", "[zone] its end; the same second where there is none")]
    bidirectional: Annotated[F64, Field("-", "[zone, access] share of private plugs that can give to the grid")]


class Workplaces(NamedTuple):
    """What plugs at work are told: the days on which people are there, and the grid operators' plan for the day."""

    orderly_share: float
    is_open: Annotated[U8, Field("-", "[day] 1 on days on which people work")]
    fill_w: Annotated[I64, Field("W", "[zone, quarter + 1] running sum of the power meant for orderly charging at work")]


class TripTables(NamedTuple):
    """Who leaves a zone, when, where to and for how long, by traveller group and day."""

    p_leave: Annotated[F64, Field("-", "[group, day, zone] share of vehicles at home that start an inter-zone trip")]
    od_set: Annotated[U8, Field("-", "[group, day, stays] destination set in use: 0 back on the same day, 1 with nights")]
    alias_cut: Annotated[F32, Field("-", "[set, zone, zone] alias table: keep the column if u is below")]
    alias_zone: Annotated[I16, Field("-", "[set, zone, zone] alias table: the other destination")]
    stay_quantile: Annotated[F64, Field("d", "[group, day, knot] nights away; floor is taken")]
    depart_quantile: Annotated[F64, Field("s", "[group, day, knot] second of day of leaving home")]
    return_quantile: Annotated[F64, Field("s", "[group, day, knot] second of day of starting back")]


class Itineraries(NamedTuple):
    """Trips set one by one, sorted by (vehicle, departure). Empty where trips are drawn as they come."""

    first: Annotated[I32, Field("-", "first trip of each vehicle, and the end")]
    next_trip: Annotated[I32, Field("-", "trip that each vehicle begins next")]
    depart_s: Annotated[I32, Field("s", "second at which it is to set out")]
    goal: Annotated[I16, Field("-", "destination county")]
    is_stay: Annotated[U8, Field("-", "1 where the vehicle may charge where the trip ends")]
    begin_s: Annotated[I32, Field("s", "second at which it set out; -1 not yet")]
    end_s: Annotated[I32, Field("s", "second at which it arrived; -1 not yet")]


class Background(NamedTuple):
    """Traffic that is not simulated vehicle by vehicle, so that links jam."""

    flow_per_h: Annotated[F64, Field("veh/h", "[day, link] mean hourly flow")]
    hour_shape: Annotated[F64, Field("-", "[day, hour] flow of the hour against the day's mean")]
