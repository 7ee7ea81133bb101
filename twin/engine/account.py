"""What the world tells about itself: rows of visits, of an hour, and of the whole run with the laws it kept."""

from typing import Any

import numpy as np

from twin.behaviour import FULL_SHARE
from twin.engine.giving import stop_giving
from twin.engine.hour import take_hour
from twin.engine.laws import laws_of
from twin.engine.links import count_out
from twin.engine.rack import take_back_after
from twin.engine.session import book_since_anchor, book_to_end, energy_at_ws, note_peak
from twin.engine.visits import pick_sampled, write_order, write_visits
from twin.engine.world import World
from twin.kernels import kernel
from twin.physics import SECONDS_PER_HOUR
from twin.tables.columns import I32, I64, empty
from twin.tables.inputs import VEHICLE_KINDS
from twin.tables.results import LinksTable, SessionsTable, StationHoursTable
from twin.tables.state import (
    SUM_DEPOT_WS,
    SUM_DRIVEN_WS,
    SUM_ERRANDS_BEGUN,
    SUM_EXPRESSWAY_ENTRIES,
    SUM_FORGONE_WS,
    SUM_FUEL_WS,
    SUM_GIVEN_UP,
    SUM_HOME_WS,
    SUM_LOCAL_DAYS,
    SUM_LOCAL_M,
    SUM_RESCUE_WS,
    SUM_RESCUED_ERRANDS,
    SUM_RESCUED_TRIPS,
    SUM_SHORT_CHARGES,
    SUM_SHORT_WS,
    SUM_STRANDED_ERRANDS,
    SUM_STRANDED_TRIPS,
    SUM_TRIP_M,
    SUM_TRIPS_BEGUN,
    SUM_TRIPS_ENDED,
    SUM_TRIPS_NOT_MADE,
    SUM_TRUCK_EXPRESSWAY_ENTRIES,
    SUM_TRUCK_TRIP_M,
    SUM_TRUCK_TRIPS_BEGUN,
    SUM_TRUCK_TRIPS_ENDED,
    SUM_V2G_CALLS,
    SUM_V2G_WS,
    SUM_WORK_WS,
)
from twin.tables.totals import RunTotals, StationHour

TRIPS_OF = (
    (SUM_TRIPS_BEGUN, SUM_TRUCK_TRIPS_BEGUN),
    (SUM_TRIPS_ENDED, SUM_TRUCK_TRIPS_ENDED),
    (SUM_EXPRESSWAY_ENTRIES, SUM_TRUCK_EXPRESSWAY_ENTRIES),
)
TRUCK_KIND = VEHICLE_KINDS.index("truck")


@kernel
def _settle(second, active, site):
    """Credit the sessions that are still running with what they have got by the end of the run.

    Reads: site. Writes: active, site.
    """
    for evse in range(site.evses.shape[0]):
        slot = site.evses.occupant[evse]
        if slot < 0:
            continue
        now_ws = energy_at_ws(slot, second, active, site)
        stop_giving(slot, second, active, site)
        if active.is_ahead[slot]:
            book_to_end(slot, second, now_ws, -1, active, site)
        else:
            book_since_anchor(slot, second, now_ws, active, site)
        note_peak(slot, active.anchor_ws[slot], active, site)
        site.station_state.energy_ws[site.pools.station[active.pool[slot]]] += now_ws - active.intake_ws[slot]
        active.energy_ws[slot], active.end_ws[slot], active.end_s[slot] = now_ws, now_ws, second


def visit_rows(world: World, share: float) -> SessionsTable:
    """Return the visits that ended in the last window, of the sampled vehicles, sorted by (end, vehicle)."""
    active, slots = world.active, world.visits
    if share < 1.0:
        parts = np.array_split(slots, world.n_workers)
        slots = np.concatenate(world.each(lambda part: sampled(world, parts[part], share), range(len(parts))))
    key, visits = np.empty(len(slots), np.int64), empty(SessionsTable, len(slots))
    write_order(slots, active, key)
    pools, classes = world.given.pools, world.given.classes
    write_visits(slots, np.argsort(key), active, pools.station, classes.capacity_ws, visits)
    return visits


def sampled(world: World, slots: I32, share: float) -> I32:
    """Return the visits whose vehicles are in the sample."""
    picked = np.empty(len(slots), np.int32)
    return picked[: pick_sampled(slots, world.active, world.given.rules.seed, share, picked)]


def close_hour(world: World, hour: int) -> tuple[StationHoursTable, LinksTable]:
    """Return the rows of an hour that has ended, and clear its sums."""
    totals, (of_hour, n_out) = world.totals, end_hour(world, hour)
    busy_s, evse_s = of_hour.busy_s, world.n_evse * SECONDS_PER_HOUR
    has_work = (busy_s > 0) | (of_hour.energy_ws > 0)
    rows = np.flatnonzero(has_work | (of_hour.arrivals > 0) | (of_hour.reneged > 0) | (of_hour.out_s > 0))
    table = StationHoursTable(
        rows.astype(np.int32),
        np.full(len(rows), hour, np.int16),
        of_hour.arrivals[rows],
        of_hour.sessions[rows],
        of_hour.balked[rows],
        of_hour.reneged[rows],
        of_hour.queue[rows],
        of_hour.wait_s[rows],
        (of_hour.energy_ws[rows] / 3.6e6).astype(np.float32),
        (busy_s[rows] / evse_s[rows]).astype(np.float32),
        of_hour.out_s[rows],
    )
    np.maximum(totals.peak_hour_busy_s, busy_s, out=totals.peak_hour_busy_s)
    totals.busy_s[:] += busy_s
    totals.out_s[:] += of_hour.out_s
    world.n_overfull += int((busy_s + of_hour.out_s > evse_s).sum())
    _add_hour(world, hour, of_hour, (busy_s > 0) & (busy_s >= FULL_SHARE * (evse_s - of_hour.out_s)), n_out[:, 0])
    world.wait_histogram[:, hour] += world.ledger.wait_histogram[:, :3].sum(axis=0)
    world.ledger.wait_histogram[:] = 0
    return table, _close_links(world, hour)


def end_hour(world: World, hour: int) -> tuple[StationHour, I64]:
    """Return what every station did in an hour that has ended, and the trips under way as `_trips_out` counts them."""
    of_hour, n_out, site = empty(StationHour, len(world.n_evse)), _trips_out(world), world.site()

    def take_shard(shard: int) -> None:
        first, last = (int(cut) for cut in world.station_cuts[shard : shard + 2])
        take_hour(first, last, hour, site, of_hour)

    world.each(take_shard, range(len(world.station_cuts) - 1))
    world.peers.exchange_hour(world, of_hour, n_out)
    return of_hour, n_out


def _close_links(world: World, hour: int) -> LinksTable:
    """Return the rows of the links that anybody entered in an hour, and clear their sums."""
    n_windows = SECONDS_PER_HOUR // world.given.rules.window_s
    links = np.flatnonzero(world.link_hour_entered)
    table = LinksTable(
        links.astype(np.int32),
        np.full(len(links), hour, np.int16),
        world.link_hour_entered[links].astype(np.int32),
        (world.link_hour_speed_kmh[links] / n_windows).astype(np.float32),
    )
    world.link_hour_entered[:], world.link_hour_speed_kmh[:] = 0, 0
    return table


def _add_hour(world: World, hour: int, of_hour: StationHour, is_full: Any, n_driving: I64) -> None:
    """Add an hour's station sums to those by province and layer. Sums stay below 2**53, so float64 adds them exactly."""
    events = of_hour.arrivals, of_hour.sessions, of_hour.balked, of_hour.reneged, of_hour.wait_s
    stations = world.given.stations
    group = stations.province * 3 + stations.layer
    for field, column in enumerate([*events, of_hour.energy_ws, of_hour.busy_s, is_full, of_hour.out_s]):
        sums = np.bincount(group, weights=column, minlength=world.hours.shape[1] * 3)
        world.hours[field, :, :, hour] = sums.astype(np.int64).reshape(-1, 3)
    world.road[hour, :, 0] = n_driving
    in_hour = world.sums - world.hour_sums
    for column, (both, trucks) in enumerate(TRIPS_OF, 1):
        world.road[hour, :, column] = in_hour[both] - in_hour[trucks], in_hour[trucks]
    world.hour_sums = world.sums.copy()


def _trips_out(world: World) -> I64:
    """Return trips under way as [car or truck, on the road or in all]."""
    counts = np.zeros((2, 2), np.int64)
    for shard in world.vehicle_shards:
        count_out(world.active, *world.slots_of(shard), world.given.classes, TRUCK_KIND, counts)
    return counts


def finish(world: World) -> RunTotals:
    """Settle what is still running and return everything counted, with the laws of conservation."""
    given, ledger, books = world.given, world.ledger, world.station_state
    n_hours = 24 * given.n_days
    _settle(n_hours * SECONDS_PER_HOUR, world.active, world.site())
    take_back_after(n_hours * SECONDS_PER_HOUR, world.site())
    for name in ("n_arrivals", "n_sessions", "n_balked", "n_reneged", "energy_ws", "wait_s", "max_wait_s", "max_queue"):
        getattr(world.totals, name)[:] = getattr(books, name)
    world.totals.n_cut_off[:] = world.outage_state.n_cut_off
    _count_swaps(world)
    world.totals.n_waiting[:] = np.add.reduceat(world.pool_state.n_waiting, given.stations.first_pool)
    private_ws = world.private_part_ws.copy()
    private_ws += 900 * np.cumsum(world.private_step_w, axis=2)
    load_ws = (ledger.load_ws + private_ws)[:, :, : 4 * n_hours]
    n_under_way = int(_trips_out(world)[:, 1].sum())
    return RunTotals(
        n_hours=n_hours,
        stations=world.totals,
        hours=world.hours,
        wait_histogram=world.wait_histogram,
        load_ws=load_ws,
        road=world.road,
        counts=_counts(world, n_under_way),
        laws=laws_of(world, private_ws, n_under_way),
        plants=given.behind.plants,
        plant_sums=world.plants.totals,
        plant_ws=ledger.plant_ws[:, :, : 4 * n_hours],
    )


def _count_swaps(world: World) -> None:
    """Count the swaps of each station, and the fewest charged batteries on one of its racks."""
    racks, station = world.racks, world.given.pools.station[world.racks.pool]
    np.add.at(world.totals.n_swaps, station, racks.n_swaps)
    world.totals.least_ready[station] = np.iinfo(np.int32).max
    np.minimum.at(world.totals.least_ready, station, racks.least_ready)


def _counts(world: World, n_under_way: int) -> dict[str, int]:
    """Return run-wide counts."""
    sums, vehicles = world.sums, world.given.vehicles
    kinds = np.bincount(
        world.given.classes.kind,
        weights=np.bincount(vehicles.vehicle_class, minlength=len(world.given.classes.kind)),
        minlength=len(VEHICLE_KINDS),
    )
    return {
        **{f"n_{kind}": int(kinds[row]) for row, kind in enumerate(VEHICLE_KINDS)},
        "n_trips_begun": int(sums[SUM_TRIPS_BEGUN]),
        "n_trips_ended": int(sums[SUM_TRIPS_ENDED]),
        "n_trips_under_way": n_under_way,
        "n_trips_not_made": int(sums[SUM_TRIPS_NOT_MADE]),
        "n_stranded": int(sums[SUM_STRANDED_TRIPS] + sums[SUM_STRANDED_ERRANDS]),
        "n_rescued": int(sums[SUM_RESCUED_TRIPS] + sums[SUM_RESCUED_ERRANDS]),
        "n_errands_begun": int(sums[SUM_ERRANDS_BEGUN]),
        "n_errands_given_up": int(sums[SUM_GIVEN_UP]),
        "n_v2g_calls": int(sums[SUM_V2G_CALLS] + world.station_calls.n_answered.sum()),
        "n_short_charges": int(sums[SUM_SHORT_CHARGES]),
        "short_charges_kwh": int(sums[SUM_SHORT_WS] // 3_600_000),
        "n_cut_off": int(world.outage_state.n_cut_off.sum()),
        "n_swaps": int(world.racks.n_swaps.sum()),
        "n_local_days": int(sums[SUM_LOCAL_DAYS]),
        "local_km": int(sums[SUM_LOCAL_M] // 1000),
        "trip_km": int(sums[SUM_TRIP_M] // 1000),
        "truck_trip_km": int(sums[SUM_TRUCK_TRIP_M] // 1000),
        "home_kwh": int(sums[SUM_HOME_WS] // 3_600_000),
        "depot_kwh": int(sums[SUM_DEPOT_WS] // 3_600_000),
        "work_kwh": int(sums[SUM_WORK_WS] // 3_600_000),
        "v2g_kwh": int((sums[SUM_V2G_WS] + world.station_calls.given_ws.sum()) // 3_600_000),
        "driven_kwh": int(sums[SUM_DRIVEN_WS] // 3_600_000),
        "forgone_kwh": int(sums[SUM_FORGONE_WS] // 3_600_000),
        "fuel_kwh": int(sums[SUM_FUEL_WS] // 3_600_000),
        "rescue_kwh": int(sums[SUM_RESCUE_WS] // 3_600_000),
    }
