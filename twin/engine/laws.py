"""The laws of conservation that the engine answers for, each with its two sides as counted independently."""

from collections.abc import Iterator

import numpy as np

from twin.engine.plants import plant_laws
from twin.engine.world import DAY_S, World
from twin.tables.columns import I64
from twin.tables.state import (
    NEVER_S,
    OUT,
    PLUGGED,
    STRANDED,
    SUM_BELOW_RESERVE,
    SUM_DEPOT_WS,
    SUM_DRIVEN_WS,
    SUM_ERRANDS_BEGUN,
    SUM_ERRANDS_ENDED,
    SUM_HOME_WS,
    SUM_LATE_CHARGES,
    SUM_RESCUE_WS,
    SUM_RESCUED_ERRANDS,
    SUM_RESCUED_TRIPS,
    SUM_STRANDED_ERRANDS,
    SUM_STRANDED_TRIPS,
    SUM_TRIPS_BEGUN,
    SUM_TRIPS_ENDED,
    SUM_V2G_WS,
    SUM_WORK_WS,
    TRIP,
)
from twin.tables.totals import LOAD_KINDS, Law

N_PUBLIC = LOAD_KINDS.index("truck")
MOST_ROWS = 20


def laws_of(world: World, private_ws: I64, n_trips_out: int) -> tuple[Law, ...]:
    """Return every law with its two sides.

    Parameters
    ----------
    world : World
        At the end of the run, running sessions settled.
    private_ws : ndarray of int64, shape (n_kinds, n_zones, n_quarters)
        Private charging as booked.
    n_trips_out : int
        Trips under way.
    """
    return (
        *energy_laws(world, private_ws),
        *outing_laws(world, n_trips_out),
        *plug_laws(world),
        *outage_laws(world),
        *swap_laws(world),
        *plant_laws(world),
    )


def energy_laws(world: World, private_ws: I64) -> Iterator[Law]:
    """Yield what holds of watt-seconds. Batteries on racks belong to it, reckoned from charged."""
    sums, active, vehicles = world.sums, world.active, world.given.vehicles
    out = world.slots_out()
    rested_ws = int(vehicles.energy_ws[vehicles.state != OUT].sum(dtype=np.int64))
    out_ws, public_ws = int(active.energy_ws[out].sum()), int(world.station_state.energy_ws.sum())
    lack_ws, calls = lack_on_racks_ws(world), world.station_calls
    given_ws = int(sums[SUM_V2G_WS] + calls.given_ws.sum())
    private_charged_ws = int(sums[SUM_HOME_WS] + sums[SUM_DEPOT_WS] + sums[SUM_WORK_WS])
    yield Law(
        "energy at the start + charged + rescue = energy at the end + driven + given to the grid",
        world.start_energy_ws + public_ws + private_charged_ws + int(sums[SUM_RESCUE_WS]),
        rested_ws + out_ws - lack_ws + int(sums[SUM_DRIVEN_WS]) + given_ws,
        "Ws",
    )
    public_booked_ws = int(world.ledger.load_ws[:N_PUBLIC].sum())
    yield Law("energy booked by public stations = energy into batteries there", public_booked_ws, public_ws, "Ws")
    booked_ws = dict(zip(LOAD_KINDS, private_ws.sum(axis=(1, 2)).tolist(), strict=True))
    private_booked_ws = booked_ws["home"] + booked_ws["depot"] + booked_ws["work"]
    name = "energy booked at home, at depots and at work = energy into batteries there"
    yield Law(name, private_booked_ws, private_charged_ws, "Ws")
    booked_v2g_ws = booked_ws["v2g"] + int(world.ledger.load_ws[LOAD_KINDS.index("v2g")].sum())
    yield Law("energy booked from batteries to the grid = energy they gave", booked_v2g_ws, given_ws, "Ws")
    at_night_ws = booked_ws["home"] + booked_ws["depot"]
    yield Law("energy shifted <= energy at home and at depots", booked_ws["orderly"], at_night_ws, "Ws", (), "<=")
    yield Law("private charges that end after the departure = none", int(sums[SUM_LATE_CHARGES]), 0, "charges")
    n_low = int(sums[SUM_BELOW_RESERVE] + calls.n_below.sum())
    yield Law("batteries below the reserve after giving to the grid = none", n_low, 0, "vehicles")
    over = np.flatnonzero(vehicles.energy_ws > world.given.classes.capacity_ws[vehicles.vehicle_class])
    rows = tuple(f"vehicle {row}" for row in over[:MOST_ROWS])
    yield Law("vehicles with a state of charge above 1 = none", len(over), 0, "vehicles", rows)
    n_below = int((active.energy_ws[out] < 0).sum())
    yield Law("vehicles with energy below zero = none", n_below, 0, "vehicles")


def outing_laws(world: World, n_trips_out: int) -> Iterator[Law]:
    """Yield what holds of trips and errands: nobody vanishes. Stranded is who waits for a tow truck at the end."""
    sums, active = world.sums, world.active
    out = world.slots_out()
    errands = out[(active.errand[out] != TRIP) & (active.phase[out] != STRANDED)]
    n_trips = sums[SUM_STRANDED_TRIPS] - sums[SUM_RESCUED_TRIPS]
    n_errands = sums[SUM_STRANDED_ERRANDS] - sums[SUM_RESCUED_ERRANDS]
    yield Law(
        "trips begun = ended + under way + stranded",
        int(sums[SUM_TRIPS_BEGUN]),
        int(sums[SUM_TRIPS_ENDED] + n_trips) + n_trips_out,
        "trips",
    )
    yield Law(
        "errands begun = ended + under way + stranded",
        int(sums[SUM_ERRANDS_BEGUN]),
        int(sums[SUM_ERRANDS_ENDED] + n_errands) + len(errands),
        "errands",
    )
    n_marked = int((world.given.vehicles.state == OUT).sum())
    yield Law("vehicles out = vehicles marked out", len(out), n_marked, "vehicles")


def plug_laws(world: World) -> Iterator[Law]:
    """Yield what holds of plugs: no EVSE has two vehicles, no vehicle two EVSEs."""
    occupants = world.evses.occupant[world.evses.occupant >= 0]
    n_plugged = int((world.active.phase[world.slots_out()] == PLUGGED).sum())
    yield Law("vehicles plugged in = EVSEs occupied", n_plugged, len(occupants), "vehicles")
    yield Law("EVSEs occupied = vehicles in them", len(occupants), len(np.unique(occupants)), "EVSEs")
    n_busy = int(world.pool_state.n_busy.sum())
    yield Law("EVSEs occupied = EVSEs that pools count as busy", len(occupants), n_busy, "EVSEs")


def outage_laws(world: World) -> Iterator[Law]:
    """Yield what holds of EVSEs out of service: nobody is plugged in there, and they are out as the calendar says."""
    of, n_evse = world.outage_state, world.given.pools.n_evse
    yield Law("sessions begun on an EVSE that was taken or out of service = none", int(of.n_unfit.sum()), 0, "sessions")
    n_there = world.pool_state.n_busy + world.pool_state.n_out
    over = np.flatnonzero(n_there > n_evse)
    rows = tuple(f"pool {row}: {n_there[row]} / {n_evse[row]}" for row in over[:MOST_ROWS])
    name = "EVSEs occupied or out of service <= EVSEs, in every pool"
    yield Law(name, int(n_there.sum()), int(n_evse.sum()), "EVSEs", rows, "<=")
    name = "station hours with more seconds plugged or out of service than EVSE seconds = none"
    yield Law(name, world.n_overfull, 0, "hours")
    run_s, calendar = world.given.n_days * DAY_S, world.given.outages
    there_s = np.maximum(np.minimum(calendar.end_s, run_s) - calendar.begin_s, 0)
    wanted_s = np.bincount(calendar.station, weights=there_s, minlength=len(world.n_evse)).astype(np.int64)
    differ = np.flatnonzero(world.totals.out_s != wanted_s)
    rows = tuple(f"station {row}: {world.totals.out_s[row]} / {wanted_s[row]}" for row in differ[:MOST_ROWS])
    name = "seconds out of service as lived = seconds of the calendar of outages, at every station"
    yield Law(name, int(world.totals.out_s.sum()), int(wanted_s.sum()), "s", rows)


def lack_on_racks_ws(world: World) -> int:
    """Return what the batteries on racks still lack at the end of the run."""
    run_s = world.given.n_days * DAY_S
    pool = np.repeat(world.racks.pool, world.given.pools.n_batteries[world.racks.pool])
    left_s = np.where(world.ready_s == NEVER_S, 0, np.maximum(world.ready_s - run_s, 0)).astype(np.int64)
    return int((world.given.pools.rated_power_w[pool] * left_s).sum())


def swap_laws(world: World) -> Iterator[Law]:
    """Yield what holds of batteries: none is lost, none given before it is charged, and what is given is charged again."""
    racks, n_batteries = world.racks, world.given.pools.n_batteries[world.racks.pool]
    of_rack = np.repeat(np.arange(len(n_batteries)), n_batteries)
    n_there = np.bincount(of_rack[world.ready_s != NEVER_S], minlength=len(n_batteries))
    n_there += world.pool_state.n_busy[racks.pool]
    differ = np.flatnonzero(n_there != n_batteries)
    rows = tuple(f"pool {racks.pool[row]}: {n_there[row]} / {n_batteries[row]}" for row in differ[:MOST_ROWS])
    name = "batteries on the rack + in bays = batteries, in every swap pool"
    yield Law(name, int(n_there.sum()), int(n_batteries.sum()), "batteries", rows)
    yield Law("batteries given before they were charged = none", int(racks.n_unready.sum()), 0, "batteries")
    yield Law(
        "energy gained by swaps = energy booked on racks + still to be charged there",
        int(racks.given_ws.sum()),
        int(racks.charged_ws.sum()) + lack_on_racks_ws(world),
        "Ws",
    )
    rack_w, limit_w = world.station_state.rack_w, world.given.stations.site_limit_w
    over = np.flatnonzero(rack_w > limit_w)
    rows = tuple(f"station {row}: {rack_w[row]} / {limit_w[row]}" for row in over[:MOST_ROWS])
    is_there = rack_w > 0
    name = "power of racks <= power of the site, at every station"
    yield Law(name, int(rack_w.sum()), int(limit_w[is_there].sum()), "W", rows, "<=")
