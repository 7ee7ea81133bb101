"""The rack of a swap pool: charged batteries go out, empty ones come in, and what charges them is booked.

A battery comes onto the rack when its swap ends and is charged with constant power from that second on. What does not go
into whole seconds flows in the first one, so that until it is charged the second at which it will be tells what it lacks.
"""

import numpy as np

from twin.behaviour import FIRST_SESSION_S, N_REMEMBERED
from twin.engine.booking import book_part
from twin.engine.given import Given
from twin.kernels import kernel
from twin.physics import SECONDS_PER_QUARTER
from twin.tables.columns import I32, rows
from twin.tables.inputs import SERVES_TRUCKS
from twin.tables.state import NEVER_S, Racks, StationState


def full_racks(given: Given, stations: StationState) -> tuple[Racks, I32]:
    """Return the racks with every battery charged, and keep their power from their stations' sessions."""
    pool = np.flatnonzero(given.pools.n_batteries)
    n_batteries = given.pools.n_batteries[pool].astype(np.int64)
    racks = rows(Racks, len(pool))
    racks.pool[:], racks.first_battery[:] = pool, np.cumsum(n_batteries) - n_batteries
    racks.recharge_s[:], racks.least_ready[:] = FIRST_SESSION_S["dc"], n_batteries
    np.add.at(stations.rack_w, given.pools.station[pool], n_batteries * given.pools.rated_power_w[pool])
    return racks, np.zeros(n_batteries.sum(), np.int32)


@kernel
def has_battery(pool, second, site):
    """Return whether a charged battery stands on the rack of a swap pool."""
    return site.ready_s[site.racks.first_battery[site.pool_state.rack[pool]]] <= second


@kernel
def take_battery(pool, second, site):
    """Take the battery that was charged first out of the rack; those behind it move up. Reads: site. Writes: site."""
    rack = site.pool_state.rack[pool]
    first = site.racks.first_battery[rack]
    last = first + site.pools.n_batteries[pool] - 1
    site.racks.n_swaps[rack] += 1
    site.racks.n_unready[rack] += site.ready_s[first] > second
    n_ready = 0
    for at in range(first, last):
        site.ready_s[at] = site.ready_s[at + 1]
        n_ready += site.ready_s[at] <= second
    site.ready_s[last] = NEVER_S
    site.racks.least_ready[rack] = min(site.racks.least_ready[rack], n_ready)


@kernel
def put_on_rack(pool, lack_ws, second, site):
    """Put the battery that came out of a vehicle onto the rack and book what charges it. Reads: site. Writes: site."""
    rack, power_w = site.pool_state.rack[pool], int(site.pools.rated_power_w[pool])
    recharge_s = (lack_ws + power_w - 1) // power_w
    at = site.racks.first_battery[rack] + site.pools.n_batteries[pool] - 1
    while at > site.racks.first_battery[rack] and site.ready_s[at - 1] > second + recharge_s:
        site.ready_s[at] = site.ready_s[at - 1]
        at -= 1
    site.ready_s[at] = second + recharge_s
    site.racks.given_ws[rack] += lack_ws
    site.racks.recharge_s[rack] += (recharge_s - site.racks.recharge_s[rack]) // N_REMEMBERED
    book_rack(rack, lack_ws, second, second + recharge_s, 1, site)


@kernel
def book_rack(rack, lack_ws, from_s, ready_s, sign, site):
    """Book what a battery that lacks so much draws until it is charged, or take it back. Reads: site. Writes: site."""
    pool = site.racks.pool[rack]
    power_w = int(site.pools.rated_power_w[pool])
    station, is_for_trucks = site.pools.station[pool], site.pools.serves[pool] == SERVES_TRUCKS
    second, before_ws = from_s, lack_ws
    while second < ready_s:
        until = min((second // SECONDS_PER_QUARTER + 1) * SECONDS_PER_QUARTER, ready_s)
        after_ws = power_w * (ready_s - until)
        part_ws = sign * (before_ws - after_ws)
        layer, zone = site.stations.layer[station], site.stations.zone[station]
        book_part(second, until, part_ws, 0, station, layer, is_for_trucks, zone, site.ledger)
        site.racks.charged_ws[rack] += part_ws
        second, before_ws = until, after_ws


@kernel
def take_back_after(second, site):
    """Take back what is booked beyond a second, the run's end: those batteries are still to be charged.

    Reads: site. Writes: site.
    """
    for rack in range(site.racks.shape[0]):
        pool = site.racks.pool[rack]
        first = site.racks.first_battery[rack]
        for at in range(first, first + site.pools.n_batteries[pool]):
            if second < site.ready_s[at] < NEVER_S:
                lack_ws = lack_at_ws(pool, site.ready_s[at], second, site)
                book_rack(rack, lack_ws, second, site.ready_s[at], -1, site)
                site.station_state.energy_ws[site.pools.station[pool]] -= lack_ws


@kernel
def lack_at_ws(pool, ready_s, second, site):
    """Return what a battery lacks at a second, whose charging began before."""
    return int(site.pools.rated_power_w[pool]) * (ready_s - second)


@kernel
def battery_wait_s(pool, n_ahead, second, site):
    """Return the wait to expect for a battery where so many come before; beyond those on the rack each has to come again."""
    rack = site.pool_state.rack[pool]
    n_on_rack = site.pools.n_batteries[pool] - site.pool_state.n_busy[pool]
    if n_on_rack <= 0:
        return (n_ahead + 1) * site.racks.recharge_s[rack]
    ready_s = site.ready_s[site.racks.first_battery[rack] + n_ahead % n_on_rack]
    return max(ready_s - second, 0) + n_ahead // n_on_rack * site.racks.recharge_s[rack]
