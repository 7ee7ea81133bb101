"""The phases of a window: each cuts its rows into shards and hands them to one kernel."""

import numpy as np

from twin.behaviour import flow_weight
from twin.engine import call as calling
from twin.engine.day import live_eve as live_eve_kernel
from twin.engine.day import plan
from twin.engine.exchange import station_of, write_keys
from twin.engine.links import publish_speeds, slots_in_use
from twin.engine.move import move as move_kernel
from twin.engine.navigation import is_due, reroute
from twin.engine.reservation import count_booked, publish_booked
from twin.engine.serve import serve as serve_kernel
from twin.engine.world import DAY_S, World
from twin.physics import SECONDS_PER_HOUR
from twin.tables.columns import I64, rows
from twin.tables.state import SUM_LOGGED, Calls


def is_midnight(world: World, window: int) -> bool:
    """Return whether a window is the first of a day."""
    return window * world.given.rules.window_s % DAY_S == 0


def live_eve(world: World) -> None:
    """Let those who start a trip on day 0 charge for it before the run begins."""
    given, cuts = world.given, world.vehicle_cuts

    def live_shard(shard: int) -> None:
        live_eve_kernel(
            int(cuts[shard]), int(cuts[shard + 1]), given.rules, given.vehicles, given.classes, given.roads, given.trips
        )

    world.each(live_shard, range(len(cuts) - 1))
    own_ws = given.vehicles.energy_ws[cuts[0] : cuts[-1]].sum(dtype=np.int64)
    world.start_energy_ws = int(world.peers.total(np.array([own_ws]))[0])


def plan_day(world: World, window: int) -> None:
    """Plan the day of every vehicle at rest, and sort those called by window."""
    given, cuts = world.given, world.vehicle_cuts
    day = window * given.rules.window_s // DAY_S
    n_windows = DAY_S // given.rules.window_s

    def plan_shard(shard: int) -> tuple[Calls, I64]:
        first, last = int(cuts[shard]), int(cuts[shard + 1])
        calls = rows(Calls, last - first)
        n_calls = plan(
            first, last, day, given.rules, given.vehicles, given.classes, given.roads, given.local, given.trips,
            given.itineraries, world.private_part_ws, world.private_step_w, given.guidance, given.workplaces, calls,
            world.tallies[shard].sums,
        )  # fmt: skip
        first_call = np.zeros(n_windows + 1, np.int64)
        calling.count_calls(calls, n_calls, given.rules.window_s, first_call[1:])
        np.cumsum(first_call, out=first_call)
        by_window = rows(Calls, n_calls)
        calling.sort_calls(calls, n_calls, given.rules.window_s, first_call[:-1].copy(), by_window)
        return by_window, first_call

    planned = world.each(plan_shard, world.vehicle_shards)
    world.calls = [calls for calls, _ in planned]
    world.first_call = [first_call for _, first_call in planned]


def call(world: World, window: int) -> None:
    """Give a slot to every vehicle that is called in this window."""
    of_day = window % (DAY_S // world.given.rules.window_s)

    def call_shard(shard: int) -> None:
        first, last = (int(place) for place in world.first_call[shard][of_day : of_day + 2])
        world.n_slots[shard] = calling.activate(
            first, last, world.calls[shard], int(world.first_slot[shard]), int(world.n_slots[shard]), world.free[shard],
            len(world.free[shard]), world.given.classes.kind, world.active, world.wake_s, world.tallies[shard],
        )  # fmt: skip

    world.each(call_shard, world.vehicle_shards)


def move(world: World, window: int) -> None:
    """Let every vehicle that is due choose and drive to the end of the window, and collect who arrived at a station."""
    given = world.given

    def move_shard(shard: int) -> np.ndarray:
        first, last = world.slots_of(shard)
        due, arrived, free = (np.empty(last - first + 1, np.int32) for _ in range(3))
        n_arrived, n_free = move_kernel(
            first, last, window, given.rules, world.active, world.wake_s, given.vehicles, world.outlooks[shard], due,
            arrived, free, world.link_entered[shard], world.tallies[shard],
        )  # fmt: skip
        world.free[shard] = free[:n_free].copy()
        return arrived[:n_arrived].copy()

    world.arrivals = np.concatenate(world.each(move_shard, world.vehicle_shards))


def exchange(world: World, window: int) -> None:
    """Order the arrivals of the window by station, second and vehicle."""
    world.peers.exchange_arrivals(world)
    given, slots, n_parts = world.given, world.arrivals, world.n_workers
    key = np.empty(len(slots), np.uint64)

    def key_part(part: int) -> None:
        first, last = part * len(slots) // n_parts, (part + 1) * len(slots) // n_parts
        write_keys(first, last, window * given.rules.window_s, slots, world.active, given.pools, key)

    world.each(key_part, range(n_parts))
    order = np.argsort(key)
    world.arrivals, world.arrival_station = slots[order], station_of(key[order])


def serve(world: World, window: int) -> None:
    """Run the window at every station, and collect the visits that ended."""
    given, active, cuts = world.given, world.active, world.station_cuts
    arrivals = world.arrivals
    at = np.searchsorted(world.arrival_station, cuts)

    def serve_shard(shard: int) -> np.ndarray:
        first, last = int(cuts[shard]), int(cuts[shard + 1])
        due, ended = np.empty(last - first + 1, np.int32), np.empty(len(world.wake_s), np.int32)
        n_ended = serve_kernel(
            first, last, window, int(at[shard]), int(at[shard + 1]), arrivals, world.arrival_station, given.rules, active,
            world.wake_s, world.site(), world.next_s, due, ended, shard,
        )  # fmt: skip
        return ended[:n_ended].copy()

    world.visits = np.concatenate(world.each(serve_shard, range(len(cuts) - 1)))


def publish(world: World, window: int) -> None:
    """Publish link speeds and routes for the next window, and gather what the shards counted."""
    given, rules = world.given, world.given.rules
    second = window * rules.window_s
    if rules.reservation_share > 0.0:
        _announce_bookings(world, second + rules.window_s)
    _gather(world)
    entered = world.peers.exchange_news(world, world.link_entered.sum(axis=0, dtype=np.int64))
    world.link_entered[:] = 0
    day, hour = second // DAY_S, second % DAY_S // SECONDS_PER_HOUR
    publish_speeds(
        entered * (SECONDS_PER_HOUR / rules.window_s / given.sample), flow_weight(rules.window_s),
        given.background.flow_per_h[day], given.background.hour_shape[day, hour], given.link_free_speed_kmh,
        given.link_capacity_per_h, world.link_flow_per_h, world.links.speed_kmh,
    )  # fmt: skip
    if is_due(world, window):
        reroute(world)
    world.link_hour_entered += entered
    world.link_hour_speed_kmh += world.links.speed_kmh
    for shard in world.vehicle_shards:
        world.n_slots[shard] = slots_in_use(world.wake_s, *world.slots_of(shard))


def _announce_bookings(world: World, end_s: int) -> None:
    """Show on the Board which pools are booked; those booked a window ago are written anew."""
    before, n_booked = world.n_booked, np.zeros_like(world.n_booked)
    for shard in world.vehicle_shards:
        count_booked(*world.slots_of(shard), end_s, world.given.rules.reservation_grace_s, world.active, n_booked)
    world.n_booked = world.peers.total(n_booked)
    pools = np.flatnonzero(before | world.n_booked)
    station = world.given.pools.station[pools]
    is_own = (station >= world.station_cuts[0]) & (station < world.station_cuts[-1])
    publish_booked(pools[is_own], world.n_booked, end_s, world.site())


def _gather(world: World) -> None:
    """Add up what the shards counted in the window, and sort the stranded by second and vehicle."""
    parts = [tally.stranded[: tally.sums[SUM_LOGGED]].copy() for tally in world.tallies]
    stranded = np.concatenate(parts)
    world.stranded = stranded[np.lexsort((stranded[:, 0], stranded[:, 1]))]
    for tally in world.tallies:
        world.sums += tally.sums
        tally.sums[:] = 0
