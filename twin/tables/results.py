"""What a run leaves behind: the tables of a run folder, readable by anything that reads Parquet."""

from typing import NamedTuple

from twin.tables.columns import F32, F64, I16, I32, I64, STR, U8, Annotated, Field

OUTCOMES = ("served", "balked", "reneged", "cut off", "no service")
TRIP_OUTCOMES = ("ended", "under way", "stranded", "not begun")
VERDICTS = ("met", "missed", "not evaluated")
MATCHES = ("within", "outside", "no tolerance", "not run", "cannot be evaluated")


class MetricsTable(NamedTuple):
    """metrics.parquet: one figure a row. "all" stands for every layer or the nation; hour is null for whole-run figures."""

    scenario: Annotated[STR, Field("-", "scenario name")]
    metric: Annotated[STR, Field("-", "name of the figure; docs/metrics lists them")]
    layer: Annotated[STR, Field("-", "urban, highway, rural or all")]
    province: Annotated[STR, Field("-", "province code or all")]
    hour: Annotated[F64, Field("h", "hour since day 0, null for a whole-run figure")]
    value: Annotated[F64, Field("see unit", "the figure; null where it cannot be formed")]
    unit: Annotated[STR, Field("-", "unit of value")]
    ci_low: Annotated[F64, Field("see unit", "lower bound over replicates, null without")]
    ci_high: Annotated[F64, Field("see unit", "upper bound over replicates, null without")]


class ScorecardTable(NamedTuple):
    """scorecard.parquet: one policy line a row."""

    line: Annotated[STR, Field("-", "id of the policy line")]
    instrument: Annotated[STR, Field("-", "notice or plan")]
    requirement: Annotated[STR, Field("-", "what it asks")]
    operator: Annotated[STR, Field("-", "how value is held against target")]
    target: Annotated[F64, Field("see unit", "figure asked for, null where it names none")]
    value: Annotated[F64, Field("see unit", "figure of this run, null where not evaluated")]
    unit: Annotated[STR, Field("-", "unit of target and value")]
    met: Annotated[STR, Field("-", "met, missed or not evaluated")]
    why: Annotated[STR, Field("-", "how it was evaluated, or why it was not")]
    source: Annotated[STR, Field("-", "where the line stands")]


class ScorecardProvincesTable(NamedTuple):
    """scorecard_provinces.parquet: one policy line and province a row, for the lines that a province can be held to."""

    line: Annotated[STR, Field("-", "id of the policy line")]
    province: Annotated[STR, Field("-", "province code")]
    requirement: Annotated[STR, Field("-", "what it asks")]
    operator: Annotated[STR, Field("-", "how value is held against target")]
    target: Annotated[F64, Field("see unit", "figure asked for; null where it names none, or one of the nation")]
    value: Annotated[F64, Field("see unit", "figure of this run in the province, null where not evaluated")]
    unit: Annotated[STR, Field("-", "unit of target and value")]
    met: Annotated[STR, Field("-", "met, missed or not evaluated")]
    why: Annotated[STR, Field("-", "how it was evaluated, or why it was not")]
    source: Annotated[STR, Field("-", "where the line stands")]


class StationsTable(NamedTuple):
    """stations.parquet: one station a row, with its whole run."""

    station: Annotated[I32, Field("-", "station id")]
    name: Annotated[STR, Field("-", "name")]
    province: Annotated[STR, Field("-", "province code")]
    zone: Annotated[STR, Field("-", "zone id")]
    county: Annotated[STR, Field("-", "county id")]
    layer: Annotated[STR, Field("-", "urban, highway or rural")]
    site_type: Annotated[STR, Field("-", "kind of site")]
    operator: Annotated[STR, Field("-", "operator")]
    lon: Annotated[F64, Field("deg", "longitude, WGS-84")]
    lat: Annotated[F64, Field("deg", "latitude, WGS-84")]
    n_evse: Annotated[I32, Field("-", "EVSEs")]
    n_high_power: Annotated[I32, Field("-", "EVSEs of 250 kW or more")]
    n_batteries: Annotated[I32, Field("-", "spare batteries for swaps; its bays are among the EVSEs")]
    rated_power_kw: Annotated[F64, Field("kW", "rated power of all EVSEs, of a bay that of its rack")]
    site_limit_kw: Annotated[F64, Field("kW", "transformer limit")]
    pv_kw: Annotated[F64, Field("kW", "peak power of photovoltaics")]
    storage_kw: Annotated[F64, Field("kW", "power of storage")]
    storage_kwh: Annotated[F64, Field("kWh", "energy that a full storage gives")]
    n_arrivals: Annotated[I64, Field("-", "vehicles that drove in")]
    n_sessions: Annotated[I64, Field("-", "sessions begun")]
    n_balked: Annotated[I64, Field("-", "left on arrival")]
    n_reneged: Annotated[I64, Field("-", "left the queue")]
    n_waiting: Annotated[I64, Field("-", "still in the queue at the end")]
    energy_kwh: Annotated[F64, Field("kWh", "energy into batteries, on racks too")]
    busy_share: Annotated[F64, Field("-", "plugged seconds over EVSE seconds")]
    peak_hour_busy_share: Annotated[F64, Field("-", "largest busy share of an hour")]
    mean_wait_s: Annotated[F64, Field("s", "mean waiting time of those who plugged in; null without any")]
    max_wait_s: Annotated[I32, Field("s", "longest waiting time of those who plugged in")]
    max_queue: Annotated[I32, Field("-", "longest queue")]
    n_cut_off: Annotated[I64, Field("-", "of the sessions, those that a failure ended")]
    n_swaps: Annotated[I64, Field("-", "of the sessions, swaps")]
    least_ready: Annotated[I32, Field("-", "fewest charged batteries left on one of its racks; 0 where none stands")]
    out_of_service_s: Annotated[I64, Field("s", "seconds out of service of all EVSEs")]
    list_id: Annotated[STR, Field("-", "id in the station list of the scenario, blank for the stock")]


class StationHoursTable(NamedTuple):
    """station_hours.parquet: one station and hour in which anything happened."""

    station: Annotated[I32, Field("-", "station id")]
    hour: Annotated[I16, Field("h", "hour since day 0")]
    n_arrivals: Annotated[I32, Field("-", "vehicles that drove in")]
    n_sessions: Annotated[I32, Field("-", "sessions begun")]
    n_balked: Annotated[I32, Field("-", "left on arrival")]
    n_reneged: Annotated[I32, Field("-", "left the queue")]
    max_queue: Annotated[I32, Field("-", "longest queue")]
    wait_s: Annotated[I32, Field("s", "waiting time of the sessions begun, summed")]
    energy_kwh: Annotated[F32, Field("kWh", "energy into batteries")]
    busy_share: Annotated[F32, Field("-", "plugged seconds over EVSE seconds")]
    out_of_service_s: Annotated[I32, Field("s", "seconds out of service of all EVSEs")]


class SiteHoursTable(NamedTuple):
    """site_hours.parquet: one station with photovoltaics or storage and hour, energy on the direct-current side."""

    station: Annotated[I32, Field("-", "station id")]
    hour: Annotated[I16, Field("h", "hour since day 0")]
    vehicles_kwh: Annotated[F32, Field("kWh", "into batteries of vehicles")]
    grid_kwh: Annotated[F32, Field("kWh", "from the grid")]
    pv_kwh: Annotated[F32, Field("kWh", "what photovoltaics could give")]
    pv_used_kwh: Annotated[F32, Field("kWh", "of which into vehicles and storage")]
    pv_fed_in_kwh: Annotated[F32, Field("kWh", "of which into the grid; the rest is curtailed")]
    storage_in_kwh: Annotated[F32, Field("kWh", "into storage")]
    storage_out_kwh: Annotated[F32, Field("kWh", "out of storage")]
    stored_kwh: Annotated[F32, Field("kWh", "energy that storage can give, at the end of the hour")]
    grid_peak_kw: Annotated[F32, Field("kW", "largest mean of a window from the grid")]


class SessionsTable(NamedTuple):
    """sessions/: one visit to a station a row, sorted by (end, vehicle)."""

    vehicle: Annotated[I32, Field("-", "vehicle id")]
    vehicle_class: Annotated[U8, Field("-", "row of the vehicle classes; names in the manifest")]
    station: Annotated[I32, Field("-", "station id")]
    pool: Annotated[I32, Field("-", "pool id")]
    outcome: Annotated[
        U8, Field("-", "0 served, 1 balked, 2 reneged, 3 cut off by a failure of the EVSE, 4 turned away without service")
    ]
    is_routed: Annotated[U8, Field("-", "1 on an inter-zone trip")]
    arrival_s: Annotated[I32, Field("s", "arrival")]
    plug_in_s: Annotated[I32, Field("s", "start of the session; -1 without one")]
    end_s: Annotated[I32, Field("s", "end of the session, or of the visit")]
    wait_s: Annotated[I32, Field("s", "time in the queue")]
    energy_ws: Annotated[I64, Field("Ws", "energy into the battery")]
    peak_power_w: Annotated[I32, Field("W", "largest power of the session")]
    soc_in: Annotated[F32, Field("-", "state of charge on arrival")]
    soc_out: Annotated[F32, Field("-", "state of charge on leaving")]


class GridTable(NamedTuple):
    """grid.parquet: mean power by zone and quarter hour, at the grid's side of the charger."""

    zone: Annotated[STR, Field("-", "zone id")]
    province: Annotated[STR, Field("-", "province code")]
    quarter: Annotated[I32, Field("15 min", "quarter hour since day 0")]
    urban_kw: Annotated[F64, Field("kW", "public charging, urban layer")]
    highway_kw: Annotated[F64, Field("kW", "public charging, highway layer")]
    rural_kw: Annotated[F64, Field("kW", "public charging, rural layer")]
    truck_kw: Annotated[F64, Field("kW", "of the public charging, into trucks")]
    home_kw: Annotated[F64, Field("kW", "charging at home")]
    depot_kw: Annotated[F64, Field("kW", "charging at depots")]
    orderly_kw: Annotated[F64, Field("kW", "of the charging at home and at depots, shifted by orderly charging")]
    pv_kw: Annotated[F64, Field("kW", "what photovoltaics at stations take off the grid, or feed into it")]
    storage_kw: Annotated[F64, Field("kW", "what storage at stations takes off the grid; negative while it fills")]
    work_kw: Annotated[F64, Field("kW", "charging at work")]
    v2g_kw: Annotated[F64, Field("kW", "from vehicles to the grid")]
    base_kw: Annotated[F64, Field("kW", "load without vehicles")]
    headroom_kw: Annotated[F64, Field("kW", "annual peak without vehicles, less the load with them and with plants")]


class ZonesTable(NamedTuple):
    """zones.parquet: one zone of the grid a row, with its whole run, at the grid's side of the charger."""

    zone: Annotated[STR, Field("-", "zone id")]
    province: Annotated[STR, Field("-", "province code")]
    ev_peak_kw: Annotated[F64, Field("kW", "largest quarter hour of all charging")]
    ev_energy_kwh: Annotated[F64, Field("kWh", "all charging")]
    base_peak_kw: Annotated[F64, Field("kW", "largest quarter hour without vehicles")]
    least_headroom_kw: Annotated[F64, Field("kW", "least headroom of a quarter hour; below zero over the annual peak")]
    over_h: Annotated[F64, Field("h", "time over the annual peak without vehicles")]
    hosting_kw: Annotated[F64, Field("kW", "peak of further public charging that fits below the annual peak")]
    hosting_with_storage_kw: Annotated[F64, Field("kW", "the same with storage beside it")]
    n_v2g_plugs: Annotated[F64, Field("-", "plugs that can give to the grid, private and public, as expected")]
    v2g_peak_kw: Annotated[F64, Field("kW", "largest quarter hour given by vehicles")]
    v2g_energy_kwh: Annotated[F64, Field("kWh", "given by vehicles")]


class LinksTable(NamedTuple):
    """links.parquet: one directed link and hour."""

    link: Annotated[I32, Field("-", "link id")]
    hour: Annotated[I16, Field("h", "hour since day 0")]
    n_vehicles: Annotated[I32, Field("-", "simulated vehicles that entered")]
    speed_kmh: Annotated[F32, Field("km/h", "mean published speed")]


class StrandedTable(NamedTuple):
    """stranded.parquet: one battery that emptied on the road or in town a row, sorted by (second, vehicle)."""

    vehicle: Annotated[I32, Field("-", "vehicle id")]
    second: Annotated[I32, Field("s", "second at which the battery was empty")]
    link: Annotated[I32, Field("-", "directed link it stands on, or drove last; -1 none on this outing")]
    rescued_s: Annotated[I32, Field("s", "second at which it is towed and charged, also where that lies beyond the run")]


class TripsTable(NamedTuple):
    """trips.parquet: one trip set by hand a row; only in the run of a case posed by `twin.simulate`."""

    trip: Annotated[I32, Field("-", "row of the table of trips")]
    vehicle: Annotated[I32, Field("-", "vehicle id")]
    depart_s: Annotated[I32, Field("s", "second at which it was to set out")]
    begin_s: Annotated[F64, Field("s", "second at which it set out; null where it has not begun")]
    end_s: Annotated[F64, Field("s", "second of arrival; null where it has not ended")]
    outcome: Annotated[STR, Field("-", "ended, under way, stranded (at the end of the run) or not begun")]


class NetworkTable(NamedTuple):
    """network.parquet: one directed link a row, for maps and for joining links.parquet."""

    link: Annotated[I32, Field("-", "link id")]
    line: Annotated[STR, Field("-", "code of its line, empty without")]
    kind: Annotated[U8, Field("-", "kind of road; names in the manifest")]
    length_km: Annotated[F64, Field("km", "length")]
    from_lon: Annotated[F64, Field("deg", "longitude of its start, WGS-84")]
    from_lat: Annotated[F64, Field("deg", "latitude of its start, WGS-84")]
    to_lon: Annotated[F64, Field("deg", "longitude of its end, WGS-84")]
    to_lat: Annotated[F64, Field("deg", "latitude of its end, WGS-84")]


class OperatorsTable(NamedTuple):
    """operators.parquet: the bulletin of one station operator and day a row."""

    operator: Annotated[STR, Field("-", "operator")]
    day: Annotated[I32, Field("d", "day of the run")]
    n_evse: Annotated[I32, Field("-", "EVSEs")]
    n_arrivals: Annotated[I64, Field("-", "vehicles that drove in")]
    n_sessions: Annotated[I64, Field("-", "sessions begun")]
    n_turned_away: Annotated[I64, Field("-", "balked or reneged")]
    energy_kwh: Annotated[F64, Field("kWh", "energy of the sessions ended")]
    busy_share: Annotated[F64, Field("-", "plugged seconds over EVSE seconds")]
    mean_wait_s: Annotated[F64, Field("s", "mean waiting time, null without sessions")]


class GridDaysTable(NamedTuple):
    """grid_days.parquet: the bulletin of one provincial grid operator and day a row."""

    province: Annotated[STR, Field("-", "province code")]
    day: Annotated[I32, Field("d", "day of the run")]
    peak_quarter: Annotated[I32, Field("15 min", "quarter hour of the day with the largest load")]
    peak_kw: Annotated[F64, Field("kW", "load with vehicles in it")]
    base_kw: Annotated[F64, Field("kW", "of which without vehicles")]
    public_kw: Annotated[F64, Field("kW", "of which public charging")]
    private_kw: Annotated[F64, Field("kW", "of which charging at home, at depots and at work")]
    v2g_kw: Annotated[F64, Field("kW", "given by vehicles in it")]
    call_from_s: Annotated[I32, Field("s", "second of the day from which vehicles were called to give")]
    call_until_s: Annotated[I32, Field("s", "its end; the same second where there was no call")]


class ValidationTable(NamedTuple):
    """validation.parquet: one observed figure a row, held against the runs given; written by `twin validate`."""

    figure: Annotated[STR, Field("-", "id of the observed figure")]
    what: Annotated[STR, Field("-", "what was observed")]
    period: Annotated[STR, Field("-", "when")]
    geo: Annotated[STR, Field("-", "where")]
    use: Annotated[STR, Field("-", "fit: may set parameters; test: held out; context: neither")]
    unit: Annotated[STR, Field("-", "unit of observed and simulated")]
    observed: Annotated[F64, Field("see unit", "observed figure")]
    tolerance: Annotated[F64, Field("-", "relative error that is allowed, null for context")]
    simulated: Annotated[F64, Field("see unit", "simulated figure, null without")]
    low: Annotated[F64, Field("see unit", "its 5 % quantile over replicates, null without")]
    high: Annotated[F64, Field("see unit", "its 95 % quantile over replicates, null without")]
    error: Annotated[F64, Field("-", "simulated over observed, less 1")]
    verdict: Annotated[STR, Field("-", "within, outside, no tolerance, not run or cannot be evaluated")]
    why: Annotated[STR, Field("-", "what stands in the way, or is not quite as it was")]
    source: Annotated[STR, Field("-", "who observed it")]
    confidence: Annotated[STR, Field("-", "of the observation: high, medium or low")]
    runs: Annotated[STR, Field("-", "run folders that were read")]
