"""What the window engine holds while it runs. Only vehicles that are out are in `Active`; the rest sleep in `Vehicles`."""

from typing import NamedTuple

from twin.tables.columns import F32, F64, I16, I32, I64, U8, U16, U32, Annotated, Field

NEVER_S = 2**31 - 1
"""A second that never comes: the wake-up of a free slot, the end of a session that is none."""
HELD_S = NEVER_S - 1
"""The wake-up of a vehicle that a station's clock holds, in the queue or at the plug."""

# Phases of an active vehicle.
FREE, DECIDE, ROAD, APPROACH, ARRIVED, QUEUE, PLUGGED, EGRESS, STRANDED = range(9)
PHASES = ("free", "decide", "road", "approach", "arrived", "queue", "plugged", "egress", "stranded")

# What an active vehicle is out for: a charge near where it lives (by market), or a trip to another zone.
FAST, SLOW, TRUCK, TRIP = range(4)

# How its last visit to a station ended; WORRIED: it looked again on the road without a visit.
NO_VISIT, SERVED, BALKED, RENEGED, CUT_OFF, NO_SERVICE, WORRIED = range(7)

# Who is plugged in at an EVSE where no vehicle is: nobody, or nobody can be until it is repaired.
NOBODY, OUT_OF_SERVICE = -1, -2

HAS_TO_STAY = 255
"""Tries of a driver who has no other stop in reach and waits however long."""

# Resident states of a vehicle.
AT_REST, OUT = range(2)


class Active(NamedTuple):
    """Vehicles that are out: deciding, driving, queueing or plugged in. A slot is reused when its vehicle rests.

    Beside the rows lies one bare column, ``wake_s``: the second at which a slot's next event is due. Every window reads
    it through to find those that are due, and only they cost more than four bytes.
    """

    vehicle: Annotated[I32, Field("-", "vehicle id")]
    link: Annotated[I32, Field("-", "directed link it drives on or drove last; -1 off the road graph")]
    stop_link: Annotated[I32, Field("-", "link at whose end it leaves the road for its pool; -1 drives through")]
    stop_m: Annotated[I32, Field("m", "way between the road and its pool")]
    energy_ws: Annotated[I64, Field("Ws", "energy in the battery")]
    pool: Annotated[I32, Field("-", "pool it heads for, queues at or is plugged in at; -1 none")]
    wheel_s: Annotated[I32, Field("s", "driving time since the last rest")]
    tree: Annotated[U16, Field("-", "routes that it follows on a trip, a row of Outlook.next_link; set when it decides")]
    routes_seen: Annotated[U16, Field("-", "renewal of the routes, modulo 65,536, after which it last looked down the road")]
    goal: Annotated[I16, Field("-", "destination county of a trip")]
    place: Annotated[I16, Field("-", "county it is in, or left")]
    vehicle_class: Annotated[U8, Field("-", "row of the vehicle classes")]
    phase: Annotated[U8, Field("-", "index into PHASES")]
    errand: Annotated[U8, Field("-", "FAST, SLOW, TRUCK or TRIP")]
    outcome: Annotated[U8, Field("-", "how the last visit ended")]
    n_tries: Annotated[U8, Field("-", "visits without a charge since the last one that served")]
    is_ahead: Annotated[U8, Field("-", "1 where its session is booked to the end, 0 where it is booked up to anchor_s")]
    towed_to: Annotated[U8, Field("-", "phase at the end of the way on which it stranded, an index into PHASES")]
    is_booked: Annotated[U8, Field("-", "1 where its driver has booked a plug of its pool and not lost the booking")]
    shunned: Annotated[I32, Field("-", "pool it just left without a charge; -1 none")]
    arrival_s: Annotated[I32, Field("s", "arrival at the station")]
    target_ws: Annotated[I64, Field("Ws", "energy at which it will unplug")]
    intake_ws: Annotated[I64, Field("Ws", "energy on arrival at the plug")]
    anchor_ws: Annotated[I64, Field("Ws", "energy at anchor_s")]
    end_ws: Annotated[I64, Field("Ws", "energy at the end of the session at this power")]
    limit_w: Annotated[F64, Field("W", "power limit since anchor_s")]
    peak_w: Annotated[F32, Field("W", "largest power of the session so far")]
    patience_s: Annotated[I32, Field("s", "second at which it gives up: the queue, and once plugged in the session")]
    plug_in_s: Annotated[I32, Field("s", "start of the session")]
    end_s: Annotated[I32, Field("s", "end of the session, or of the visit")]
    anchor_s: Annotated[I32, Field("s", "second from which the present power limit holds")]
    bound_w: Annotated[I32, Field("W", "most that the session can still draw, rounded up")]
    behind: Annotated[I32, Field("-", "slot that queues behind it; -1 last")]
    booked_s: Annotated[I32, Field("s", "second for which it has booked")]


class Calls(NamedTuple):
    """Vehicles that a day's plan calls out, sorted by window: all that a slot needs to begin with."""

    vehicle: Annotated[I32, Field("-", "vehicle id")]
    second: Annotated[I32, Field("s", "second at which it is called")]
    energy_ws: Annotated[U32, Field("Ws", "energy in the battery")]
    goal: Annotated[I16, Field("-", "destination county of a trip; of an errand where it is")]
    place: Annotated[I16, Field("-", "county where it is")]
    vehicle_class: Annotated[U8, Field("-", "row of the vehicle classes")]
    errand: Annotated[U8, Field("-", "FAST, SLOW, TRUCK or TRIP")]


class PoolState(NamedTuple):
    """Queues, one row a pool.

    Beside the rows lies one bare column, ``board_wait_s``: the Board, waits in seconds, published at the last window's end.
    """

    head: Annotated[I32, Field("-", "slot at the head of the queue; -1 empty")]
    tail: Annotated[I32, Field("-", "slot at its end; -1 empty")]
    n_waiting: Annotated[I32, Field("-", "vehicles in the queue")]
    n_busy: Annotated[I32, Field("-", "EVSEs plugged in")]
    session_s: Annotated[I32, Field("s", "running mean length of its sessions")]
    loses_s: Annotated[I32, Field("s", "no patience in the queue ends before this second; NEVER_S empty")]
    n_out: Annotated[I32, Field("-", "EVSEs out of service")]
    rack: Annotated[I32, Field("-", "rack of a swap pool; -1 where vehicles charge")]


class Evses(NamedTuple):
    """EVSEs, one row each."""

    occupant: Annotated[I32, Field("-", "slot plugged in; -1 free, -2 out of service")]
    end_s: Annotated[
        I32,
        Field("s", "end of its session, or of its outage; of a free bay when a battery is ready for the queue; or NEVER_S"),
    ]


class Racks(NamedTuple):
    """Racks of the swap pools, one row each: the spare batteries, and what has been given and charged.

    Beside the rows lies one bare column, ``ready_s``: the second from which each battery is charged, ascending within a
    rack; a battery that is in a bay stands at the end as NEVER_S.
    """

    pool: Annotated[I32, Field("-", "its pool")]
    first_battery: Annotated[I32, Field("-", "first of its batteries in ready_s")]
    recharge_s: Annotated[I32, Field("s", "running mean of the time that a battery takes to be charged")]
    n_swaps: Annotated[I32, Field("-", "swaps begun")]
    least_ready: Annotated[I32, Field("-", "fewest charged batteries left after one was taken")]
    n_unready: Annotated[I32, Field("-", "batteries taken before they were charged")]
    given_ws: Annotated[I64, Field("Ws", "energy that vehicles gained by swaps")]
    charged_ws: Annotated[I64, Field("Ws", "energy booked into batteries on it")]


class OutageState(NamedTuple):
    """EVSEs out of service, one row a station: touched where equipment fails or is repaired, and once an hour."""

    next_row: Annotated[I32, Field("-", "outage that begins next, a row of the calendar")]
    n_out: Annotated[I32, Field("-", "EVSEs out of service")]
    since_s: Annotated[I32, Field("s", "second up to which hour_out_s is counted")]
    hour_out_s: Annotated[I32, Field("s", "of the running hour: seconds out of service, of all EVSEs")]
    n_cut_off: Annotated[I32, Field("-", "sessions that a failure ended")]
    n_unfit: Annotated[I32, Field("-", "sessions begun on an EVSE that was taken or out of service")]


class StationState(NamedTuple):
    """What a station remembers and counts, one row each.

    Beside the rows lie two bare columns. ``next_s`` is the second of the station's next event of its own (the end of a
    session, an outage or a patience, or a failure), which every window reads through; ``plant_of`` its plant, -1 without.
    """

    bound_w: Annotated[I64, Field("W", "sum of the bounds of its sessions")]
    energy_ws: Annotated[I64, Field("Ws", "energy of the sessions ended")]
    wait_s: Annotated[I64, Field("s", "waiting time of the sessions begun")]
    rack_w: Annotated[I64, Field("W", "part of the site's power that is kept for the racks of its swap pools")]
    n_arrivals: Annotated[I32, Field("-", "vehicles that drove in")]
    n_sessions: Annotated[I32, Field("-", "sessions begun")]
    n_balked: Annotated[I32, Field("-", "left on arrival")]
    n_reneged: Annotated[I32, Field("-", "left the queue")]
    max_wait_s: Annotated[I32, Field("s", "longest waiting time of a session begun")]
    max_queue: Annotated[I32, Field("-", "longest queue of one of its pools")]
    n_restricted: Annotated[I32, Field("-", "sessions held below what they would draw alone")]
    hour_wait_s: Annotated[I32, Field("s", "of the running hour: waiting time")]
    hour_arrivals: Annotated[I32, Field("-", "of the running hour: arrivals")]
    hour_sessions: Annotated[I32, Field("-", "of the running hour: sessions begun")]
    hour_balked: Annotated[I32, Field("-", "of the running hour: balked")]
    hour_reneged: Annotated[I32, Field("-", "of the running hour: reneged")]
    hour_queue: Annotated[I32, Field("-", "of the running hour: longest queue")]
    fails_s: Annotated[I32, Field("s", "second at which an EVSE fails next; NEVER_S none")]


class Roads(NamedTuple):
    """The road graph as kernels read it."""

    link_from: Annotated[I32, Field("-", "node at which a directed link begins")]
    link_to: Annotated[I32, Field("-", "node at which a directed link ends")]
    length_m: Annotated[I32, Field("m", "length")]
    speed_kmh: Annotated[F64, Field("km/h", "published speed, renewed at every window's end")]
    free_kmh: Annotated[F64, Field("km/h", "speed on an empty road")]
    free_ms: Annotated[I64, Field("ms", "time on an empty road, by which routes are the fastest")]
    is_expressway: Annotated[U8, Field("-", "1 on an expressway or one of its ramps")]
    next_link: Annotated[I32, Field("-", "[zone, node] next directed link towards a zone")]
    way_m: Annotated[I32, Field("m", "[zone, node] way along the route to a zone")]
    drag: Annotated[F32, Field("m (km/h)^2", "[zone, node] length x free speed squared along it")]
    truck_drag: Annotated[F32, Field("m (km/h)^2", "[zone, node] the same at a truck's speed")]
    gap_m: Annotated[I32, Field("m", "[zone, zone] longest stretch without a plug for cars on the route to the first")]
    truck_gap_m: Annotated[I32, Field("m", "[zone, zone] the same for trucks")]
    zone_node: Annotated[I32, Field("-", "node of a zone")]
    node_county: Annotated[I32, Field("-", "county whose town a driver finds on leaving the road at a node; -1 none")]
    node_lon: Annotated[F64, Field("deg", "longitude of a node")]
    node_lat: Annotated[F64, Field("deg", "latitude of a node")]
    county_zone: Annotated[I32, Field("-", "zone of a county")]
    county_province: Annotated[I32, Field("-", "province of a county")]
    zone_county: Annotated[I32, Field("-", "first county of each zone, and the end")]
    county_share: Annotated[F64, Field("-", "cumulated population share of a county within its zone")]
    access_m: Annotated[I32, Field("m", "way between a county and the road graph")]


class Ring(NamedTuple):
    """What stations booked for the hours around the present one, row station * RING_HOURS + hour % RING_HOURS."""

    energy_ws: Annotated[I64, Field("Ws", "energy booked")]
    busy_s: Annotated[I64, Field("s", "plugged seconds booked")]


class Ledger(NamedTuple):
    """Where energy and plugged seconds land in time."""

    ring: Ring
    load_ws: Annotated[I64, Field("Ws", "[kind, zone, quarter] energy into batteries, public kinds")]
    plant_ws: Annotated[I64, Field("Ws", "[PLANT_KINDS, zone, quarter] energy out of plants; storage less what it takes")]
    wait_edges_s: Annotated[I32, Field("s", "lower edges of the bins of the waiting-time histogram")]
    wait_histogram: Annotated[I64, Field("-", "[shard, layer, bin] sessions begun in the running hour")]


RING_HOURS = 32
LONGEST_SESSION_S = 86_400
"""A session ends after a day at the latest: the ring holds its bookings, and no real plug is held longer unattended."""


class Tally(NamedTuple):
    """What a shard counts while it works; gathered and cleared by the window."""

    sums: Annotated[I64, Field("-", "sums by SUM_ number")]
    stranded: Annotated[I32, Field("-", "[row, 4] the columns of `StrandedTable`, of those stranded in this window")]
    private_part_ws: Annotated[I64, Field("Ws", "[kind, zone, quarter] see `booking.book_constant`; own zones only")]
    private_step_w: Annotated[I64, Field("W", "[kind, zone, quarter] see `booking.book_constant`; own zones only")]


# Rows of the sums that kernels keep while they run; all integers.
N_SUMS = 33
(
    SUM_LOCAL_DAYS,
    SUM_LOCAL_M,
    SUM_TRIPS_NOT_MADE,
    SUM_TRIP_M,
    SUM_TRUCK_TRIP_M,
    SUM_FORGONE_WS,
    SUM_DRIVEN_WS,
    SUM_HOME_WS,
    SUM_DEPOT_WS,
    SUM_PUBLIC_WS,
    SUM_FUEL_WS,
    SUM_TRIPS_BEGUN,
    SUM_TRIPS_ENDED,
    SUM_STRANDED_TRIPS,
    SUM_STRANDED_ERRANDS,
    SUM_ERRANDS_BEGUN,
    SUM_ERRANDS_ENDED,
    SUM_GIVEN_UP,
    SUM_TRUCK_TRIPS_BEGUN,
    SUM_TRUCK_TRIPS_ENDED,
    SUM_RESCUED_TRIPS,
    SUM_RESCUED_ERRANDS,
    SUM_RESCUE_WS,
    SUM_LOGGED,
    SUM_EXPRESSWAY_ENTRIES,
    SUM_TRUCK_EXPRESSWAY_ENTRIES,
    SUM_V2G_WS,
    SUM_V2G_CALLS,
    SUM_SHORT_CHARGES,
    SUM_SHORT_WS,
    SUM_LATE_CHARGES,
    SUM_BELOW_RESERVE,
    SUM_WORK_WS,
) = range(N_SUMS)
