"""The phases of a window: each cuts its rows into shards and hands them to one kernel."""

from typing import Any, cast

import numpy as np

from twin.engine import call as calling
from twin.engine.choose import decide
from twin.engine.day import live_eve as live_eve_kernel
from twin.engine.day import plan
from twin.engine.drive import drive as drive_kernel
from twin.engine.links import publish_speeds, slots_in_use
from twin.engine.serve import serve as serve_kernel
from twin.engine.world import DAY_S, Given, World, grow
from twin.physics import SECONDS_PER_HOUR
from twin.tables.columns import rows
from twin.tables.state import SUM_LOGGED, Calls

SMOOTHING = 0.25
"""Weight of the last window in a link's flow: the published speed is that of the last quarter of an hour or so."""


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
    world.start_energy_ws = int(given.vehicles.energy_ws.sum(dtype=np.int64))


def plan_day(world: World, window: int) -> None:
    """Plan the day of every vehicle at rest, and sort those called by window."""
    given, cuts = world.given, world.vehicle_cuts
    day = window * given.rules.window_s // DAY_S
    n_windows = DAY_S // given.rules.window_s

    def plan_shard(shard: int) -> Calls:
        first, last = int(cuts[shard]), int(cuts[shard + 1])
        calls = rows(Calls, last - first)
        n_calls = plan(
            first, last, day, given.rules, given.vehicles, given.classes, given.roads, given.local, given.trips,
            world.private_part_ws, world.private_step_w, given.valley_s, calls, world.tallies[shard].sums,
        )  # fmt: skip
        return cast("Calls", cast("Any", calls)[:n_calls].copy())

    def count_shard(shard: int) -> None:
        calling.count_calls(shards[shard], given.rules.window_s, place[shard])

    def sort_shard(shard: int) -> None:
        calling.sort_calls(shards[shard], given.rules.window_s, place[shard], world.calls)

    every = range(len(cuts) - 1)
    shards = world.each(plan_shard, every)
    place = np.zeros((len(shards), n_windows), np.int64)
    world.each(count_shard, every)
    world.first_call = np.concatenate([[0], np.cumsum(place.sum(axis=0))])
    place = world.first_call[:-1] + np.cumsum(place, axis=0) - place
    world.calls = rows(Calls, int(world.first_call[-1]))
    world.each(sort_shard, every)


def call(world: World, window: int) -> None:
    """Give a slot to every vehicle that is called in this window."""
    of_day = window % (DAY_S // world.given.rules.window_s)
    first, n_calls = int(world.first_call[of_day]), int(world.first_call[of_day + 1] - world.first_call[of_day])
    calls = world.calls[first : first + n_calls]
    slots = np.empty(n_calls, np.int32)
    start = min(world.next_slot, max(world.n_slots - 1, 0))
    n_found, world.next_slot = calling.free_slots(world.wake_s, world.n_slots, start, n_calls, slots)
    n_more = n_calls - n_found
    slots[n_found:] = np.arange(world.n_slots, world.n_slots + n_more)
    world.n_slots += n_more
    grow(world, world.n_slots)

    n_parts = world.n_slot_shards

    def activate_shard(shard: int) -> None:
        low, high = shard * n_calls // n_parts, (shard + 1) * n_calls // n_parts
        calling.activate(low, high, slots, calls, world.given.classes.kind, world.active, world.wake_s, world.tallies[shard])

    world.each(activate_shard, range(world.n_slot_shards))


def choose(world: World, window: int) -> None:
    """Let every vehicle that is due decide where to go."""
    given = world.given

    def choose_shard(shard: int) -> None:
        first, last = world.slot_range(shard)
        decide(
            first, last, window, given.rules, world.active, world.wake_s, given.vehicles, world.outlook(),
            world.tallies[shard],
        )  # fmt: skip

    world.each(choose_shard, range(world.n_slot_shards))


def drive(world: World, window: int) -> None:
    """Move everything on the road to the end of the window, and collect who arrived at a station."""
    given = world.given

    def drive_shard(shard: int) -> np.ndarray:
        first, last = world.slot_range(shard)
        arrived = np.empty(last - first, np.int32)
        n_arrived = drive_kernel(
            first, last, window, given.rules, world.active, world.wake_s, given.vehicles, world.outlook(), arrived,
            world.link_entered[shard], world.tallies[shard],
        )  # fmt: skip
        return arrived[:n_arrived]

    world.arrivals = np.concatenate(world.each(drive_shard, range(world.n_slot_shards)))


def exchange(world: World, window: int) -> None:
    """Order the arrivals of the window by station, second and vehicle."""
    active, slots = world.active, world.arrivals
    station = world.given.pools.station[active.pool[slots]].astype(np.uint64)
    second = (active.arrival_s[slots] - window * world.given.rules.window_s).astype(np.uint64)
    key = (station << np.uint64(40)) | (second << np.uint64(30)) | active.vehicle[slots].astype(np.uint64)
    world.arrivals = slots[np.argsort(key)]


def serve(world: World, window: int) -> None:
    """Run the window at every station, and collect the visits that ended."""
    given, active, cuts = world.given, world.active, world.station_cuts
    arrivals = world.arrivals
    at = np.searchsorted(given.pools.station[active.pool[arrivals]], cuts)

    def serve_shard(shard: int) -> np.ndarray:
        first, last = int(cuts[shard]), int(cuts[shard + 1])
        pools = _pools(given, first, last)
        n_present = int(world.pool_state.n_busy[pools].sum() + world.pool_state.n_waiting[pools].sum())
        ended = np.empty(n_present + int(at[shard + 1] - at[shard]), np.int32)
        n_ended = serve_kernel(
            first, last, window, int(at[shard]), int(at[shard + 1]), arrivals, given.rules, active, world.wake_s,
            world.site(), world.next_s, ended, shard,
        )  # fmt: skip
        return ended[:n_ended]

    world.visits = np.concatenate(world.each(serve_shard, range(len(cuts) - 1)))


def _pools(given: Given, first: int, last: int) -> slice:
    """Return the pools of a range of stations."""
    stations = given.stations
    if first == last:
        return slice(0, 0)
    return slice(int(stations.first_pool[first]), int(stations.first_pool[last - 1] + stations.n_pools[last - 1]))


def publish(world: World, window: int) -> None:
    """Publish link speeds for the next window, and gather what the shards counted."""
    given, rules = world.given, world.given.rules
    entered = world.link_entered.sum(axis=0, dtype=np.int64)
    world.link_entered[:] = 0
    second = window * rules.window_s
    day, hour = second // DAY_S, second % DAY_S // SECONDS_PER_HOUR
    publish_speeds(
        entered * (SECONDS_PER_HOUR / rules.window_s / given.sample), SMOOTHING, given.background.flow_per_h[day],
        given.background.hour_shape[day, hour], given.link_free_speed_kmh, given.link_capacity_per_h,
        world.link_flow_per_h, world.links.speed_kmh,
    )  # fmt: skip
    world.link_hour_entered += entered
    world.link_hour_speed_kmh += world.links.speed_kmh
    world.n_slots = slots_in_use(world.wake_s, world.n_slots)
    _gather(world)


def _gather(world: World) -> None:
    """Add up what the shards counted in the window, and sort the stranded by second and vehicle."""
    parts = [tally.stranded[: tally.sums[SUM_LOGGED]].copy() for tally in world.tallies]
    stranded = np.concatenate(parts)
    world.stranded = stranded[np.lexsort((stranded[:, 0], stranded[:, 1]))]
    for tally in world.tallies:
        world.sums += tally.sums
        tally.sums[:] = 0
