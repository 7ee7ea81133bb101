"""A swap: a bay takes a vehicle's battery out and puts a charged one in. It begins when bay and battery are there.

Whoever waits, for either, waits in the queue; a bay that is free while a queue waits for a battery has the second at which
one will be charged as its next event.
"""

from twin.engine.queue import take_head
from twin.engine.rack import has_battery, take_battery
from twin.engine.session import book_to_end, count_session, plug_in
from twin.kernels import kernel
from twin.tables.state import NEVER_S, NOBODY, PLUGGED


@kernel
def take_in(slot, evse, second, rules, active, site, shard):
    """Begin the service of a vehicle: a swap in a bay, a session at a plug."""
    if site.pool_state.rack[active.pool[slot]] >= 0:
        begin_swap(slot, evse, second, rules, active, site, shard)
    else:
        plug_in(slot, evse, second, rules, active, site, shard)


@kernel
def begin_swap(slot, evse, second, rules, active, site, shard):
    """Take a battery out of the rack for a vehicle; it has it when the swap ends.

    Reads: rules. Writes: active, site.
    """
    pool, energy_ws = active.pool[slot], active.energy_ws[slot]
    take_battery(pool, second, site)
    full_ws = int(rules.swap_soc * site.classes.capacity_ws[active.vehicle_class[slot]])
    active.phase[slot] = PLUGGED
    active.plug_in_s[slot], active.anchor_s[slot], active.end_s[slot] = second, second, second + rules.swap_s
    active.intake_ws[slot], active.anchor_ws[slot], active.end_ws[slot] = energy_ws, energy_ws, max(full_ws, energy_ws)
    # No power of its own is the mark of a swap: neither its energy nor its end depends on what the site gives.
    active.limit_w[slot], active.peak_w[slot], active.bound_w[slot], active.is_ahead[slot] = 0.0, 0.0, 0, 1
    site.outage_state.n_unfit[site.pools.station[pool]] += site.evses.occupant[evse] != NOBODY
    site.evses.occupant[evse], site.evses.end_s[evse] = slot, active.end_s[slot]
    site.pool_state.n_busy[pool] += 1
    book_to_end(slot, second, energy_ws, 1, active, site)
    count_session(slot, second, active, site, shard)


@kernel
def call_in(station, second, rules, active, site, shard):
    """Let the heads of the queues begin their swaps where a bay is free and a battery charged, or say when one will be.

    Reads: rules. Writes: active, site.
    """
    if site.station_state.rack_w[station] == 0:
        return
    first = site.stations.first_pool[station]
    for pool in range(first, first + site.stations.n_pools[station]):
        if site.pool_state.rack[pool] < 0:
            continue
        while site.pool_state.n_waiting[pool] > 0 and has_battery(pool, second, site):
            bay = free_bay(pool, site)
            if bay < 0:
                break
            begin_swap(take_head(pool, active, site), bay, second, rules, active, site, shard)
        await_battery(pool, site)


@kernel
def free_bay(pool, site):
    """Return the lowest free bay of a pool, or -1."""
    if site.pool_state.n_busy[pool] + site.pool_state.n_out[pool] == site.pools.n_evse[pool]:
        return -1
    bay = site.pools.first_evse[pool]
    while site.evses.occupant[bay] != NOBODY:
        bay += 1
    return bay


@kernel
def await_battery(pool, site):
    """Give the lowest free bay the second at which the queue's battery is charged, and the others none.

    Reads: site. Writes: site.
    """
    is_first = site.pool_state.n_waiting[pool] > 0
    first = site.pools.first_evse[pool]
    for bay in range(first, first + site.pools.n_evse[pool]):
        if site.evses.occupant[bay] == NOBODY:
            ready_s = site.ready_s[site.racks.first_battery[site.pool_state.rack[pool]]]
            site.evses.end_s[bay] = ready_s if is_first else NEVER_S
            is_first = False


@kernel
def shortens_its_wait(station, site):
    """Return whether the Board shows a wait at a station with a rack: it gets shorter while batteries charge."""
    if site.station_state.rack_w[station] == 0:
        return False
    first = site.stations.first_pool[station]
    longest_s = 0
    for pool in range(first, first + site.stations.n_pools[station]):
        longest_s = max(longest_s, site.board_wait_s[pool])
    return longest_s > 0
