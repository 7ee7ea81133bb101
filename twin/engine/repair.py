"""EVSEs that fail and are repaired: the station's clock reads the calendar of outages as it reads arrivals.

An EVSE out of service has no vehicle, and its row says until when, as it says the end of a session. Where the last EVSE of
a pool goes out, who queues there leaves, unless it would wait as long as a repair may take.
"""

from twin.behaviour import NO_SERVICE_S
from twin.engine.giving import stop_giving
from twin.engine.queue import without_service
from twin.engine.session import book_to_end, energy_at_ws, unplug
from twin.kernels import kernel
from twin.tables.state import CUT_OFF, NEVER_S, NOBODY, OUT_OF_SERVICE


@kernel
def fail(station, second, next_window_s, active, wake_s, site):
    """Take the EVSE out of service whose outage begins now; return the slot whose session that ends, or -1.

    Reads: site. Writes: active, wake_s, site.
    """
    row = site.outage_state.next_row[station]
    note_next(station, row + 1, site)
    evse = site.outages.evse[row]
    pool, slot = pool_of(evse, station, site), site.evses.occupant[evse]
    if slot >= 0:
        cut_off(slot, evse, second, next_window_s, active, wake_s, site)
    site.evses.occupant[evse], site.evses.end_s[evse] = OUT_OF_SERVICE, site.outages.end_s[row]
    count_out(station, second, site)
    site.outage_state.n_out[station] += 1
    site.pool_state.n_out[pool] += 1
    if without_service(pool, site):
        unsettle_queue(pool, second, active, site)
    return slot


@kernel
def repair(evse, station, second, site):
    """Put an EVSE back into service; return its pool. Reads: site. Writes: site."""
    pool = pool_of(evse, station, site)
    site.evses.occupant[evse], site.evses.end_s[evse] = NOBODY, NEVER_S
    count_out(station, second, site)
    site.outage_state.n_out[station] -= 1
    site.pool_state.n_out[pool] -= 1
    return pool


@kernel
def note_next(station, row, site):
    """Remember which outage of the calendar is a station's next, and when. Reads: site. Writes: site."""
    site.outage_state.next_row[station] = row
    is_own = row < site.outages.shape[0] and site.outages.station[row] == station
    site.station_state.fails_s[station] = site.outages.begin_s[row] if is_own else NEVER_S


@kernel
def cut_off(slot, evse, second, next_window_s, active, wake_s, site):
    """End a session before its time with what it has got; cut off is who had not got all, or gave to the grid.

    Reads: site. Writes: active, wake_s, site.
    """
    now_ws = energy_at_ws(slot, second, active, site)
    is_early = active.end_s[slot] > second and (now_ws < active.end_ws[slot] or active.limit_w[slot] < 0.0)
    if active.end_s[slot] > second:
        stop_giving(slot, second, active, site)
        if active.is_ahead[slot]:
            book_to_end(slot, second, now_ws, -1, active, site)
        active.end_s[slot], active.end_ws[slot] = second, now_ws
    unplug(slot, evse, second, next_window_s, active, wake_s, site)
    if is_early:
        active.outcome[slot] = CUT_OFF
        site.outage_state.n_cut_off[site.pools.station[active.pool[slot]]] += 1


@kernel
def unsettle_queue(pool, second, active, site):
    """Let the patience of those in a queue end now who would not wait for a repair. Reads: active. Writes: active, site."""
    slot = site.pool_state.head[pool]
    while slot >= 0:
        if active.patience_s[slot] < second + NO_SERVICE_S:
            active.patience_s[slot], site.pool_state.loses_s[pool] = second, second
        slot = active.behind[slot]


@kernel
def count_out(station, second, site):
    """Count a station's seconds out of service up to a second of the running hour. Reads: site. Writes: site."""
    since_s = second - site.outage_state.since_s[station]
    site.outage_state.hour_out_s[station] += site.outage_state.n_out[station] * since_s
    site.outage_state.since_s[station] = second


@kernel
def pool_of(evse, station, site):
    """Return the pool of one of a station's EVSEs."""
    pool = site.stations.first_pool[station]
    while evse >= site.pools.first_evse[pool] + site.pools.n_evse[pool]:
        pool += 1
    return pool
