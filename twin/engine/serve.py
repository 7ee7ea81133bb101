"""Phase `serve`: at every station the window's events happen in order, to the second.

Within a second equipment fails first, then sessions and outages end, then vehicles arrive, then patience ends. A plug that
falls free goes to the head of its queue at once. After every event the site's power is dealt out anew where it can bind.
"""

from twin.behaviour import DRY
from twin.engine.giving import goes_on
from twin.engine.lot import patience_of_s
from twin.engine.queue import (
    expected_wait_s,
    first_to_lose,
    join_queue,
    leave_queue,
    next_loss,
    place_in_queue,
    publish_pools,
    take_head,
    turn_away,
    without_service,
)
from twin.engine.rack import has_battery
from twin.engine.repair import fail, repair
from twin.engine.session import plug_in, stays_on, unplug
from twin.engine.share import book_window, close_site, deal_power, evses_of, is_tight
from twin.engine.site import open_window
from twin.engine.swap import call_in, shortens_its_wait, take_in
from twin.kernels import kernel, prefetch
from twin.physics import SECONDS_PER_HOUR
from twin.tables.state import BALKED, NEVER_S, NO_SERVICE, NOBODY, OUT_OF_SERVICE, QUEUE, RENEGED, RING_HOURS, TRIP

FAR, NEAR, NEXT = 12, 8, 4
"""Places to look ahead in the list of stations with an event: for their rows, for their plugs, for who unplugs there."""
ARRIVALS_AHEAD = 6
"""Arrivals to look ahead for rows to ask for."""


@kernel
def serve(first, last, window, next_arrival, last_arrival, arrivals, arrival_station, rules, active, wake_s, site, next_s,
          due, ended, shard):  # fmt: skip
    """Run the window at the stations `first` .. `last`; return the number of visits that ended.

    Reads: arrivals (slots by station, second, vehicle), arrival_station, rules.
    Writes: active, wake_s, site, next_s, due, ended.
    """
    start_s, end_s = window * rules.window_s, (window + 1) * rules.window_s
    n_due = sift(first, last, start_s, end_s, next_arrival, last_arrival, arrival_station, next_s, due)
    n_ended = 0
    for at in range(n_due):
        ask_ahead(at, n_due, start_s, due, active, site)
        station = due[at]
        open_window(station, start_s, window, rules, site)
        deal_power(station, start_s, end_s, active, site)
        while True:
            evse, ends_s = next_end(station, site)
            losing_pool, loses_s = next_loss(station, site)
            arrives_s = NEVER_S
            if next_arrival < last_arrival and arrival_station[next_arrival] == station:
                arrives_s = active.arrival_s[arrivals[next_arrival]]
            fails_s = site.station_state.fails_s[station]
            second = min(ends_s, arrives_s, loses_s, fails_s)
            if second >= end_s:
                break
            if fails_s == second:
                slot = fail(station, second, end_s, active, wake_s, site)
            elif ends_s == second:
                slot = set_free(evse, station, second, end_s, rules, active, wake_s, site, shard)
            elif arrives_s == second:
                slot = arrivals[next_arrival]
                next_arrival += 1
                if next_arrival + ARRIVALS_AHEAD < last_arrival:
                    prefetch(active, arrivals[next_arrival + ARRIVALS_AHEAD], 2)
                evse = receive(slot, second, end_s, rules, active, wake_s, site)
                if evse >= 0:
                    take_in(slot, evse, second, rules, active, site, shard)
                if evse >= 0 or active.phase[slot] == QUEUE:
                    slot = NOBODY
            else:
                slot = lose_patience(losing_pool, second, end_s, active, wake_s, site)
                if slot < 0:
                    continue
            if slot >= 0:
                ended[n_ended] = slot
                n_ended += 1
            call_in(station, second, rules, active, site, shard)
            deal_power(station, second, end_s, active, site)
        close_site(station, end_s, active, rules, site)
        publish_pools(station, end_s, site)
        next_s[station] = min(ends_s, loses_s, fails_s)
        if is_tight(station, site) or shortens_its_wait(station, site):
            next_s[station] = end_s
            book_window(station, end_s, active, site)
    return n_ended


@kernel
def sift(first, last, start_s, end_s, next_arrival, last_arrival, arrival_station, next_s, due):
    """Note the stations that have an event in the window, an arrival or one of their own; return how many.

    Reads: arrival_station. Writes: next_s, due.
    """
    for row in range(next_arrival, last_arrival):
        next_s[arrival_station[row]] = start_s
    n_due = 0
    for station in range(first, last):
        due[n_due] = station
        n_due += next_s[station] < end_s
    return n_due


@kernel
def ask_ahead(at, n_due, start_s, due, active, site):
    """Ask for the rows of the stations that come next: their own, then those of their plugs, then of who unplugs."""
    if at + FAR >= n_due:
        return
    prefetch(site.stations, due[at + FAR])
    prefetch(site.station_state, due[at + FAR], 3)
    prefetch(site.ledger.ring, due[at + FAR] * RING_HOURS + start_s // SECONDS_PER_HOUR % RING_HOURS)
    near = site.stations.first_pool[due[at + NEAR]]
    prefetch(site.pools, near)
    prefetch(site.pool_state, near)
    first_evse, _ = evses_of(due[at + NEAR], site)
    prefetch(site.evses, first_evse)
    evse, _ = next_end(due[at + NEXT], site)
    if evse >= 0 and site.evses.occupant[evse] >= 0:
        prefetch(active, site.evses.occupant[evse], 2)


@kernel
def next_end(station, site):
    """Return (EVSE, second) of the next session or outage to end; the lowest EVSE of a tie."""
    best, best_s = -1, NEVER_S
    first_evse, end_evse = evses_of(station, site)
    for evse in range(first_evse, end_evse):
        if site.evses.end_s[evse] < best_s:
            best, best_s = evse, site.evses.end_s[evse]
    return best, best_s


@kernel
def set_free(evse, station, second, next_window_s, rules, active, wake_s, site, shard):
    """End the session or the outage of an EVSE and plug the head of the queue in; return the slot that leaves, or below 0.

    Who gives to the grid now, or has given, stays; whose charge has ended may keep the plug a while.
    At a swap pool the queue is called in afterwards, as it is where a bay is free and a battery has been charged.

    Reads: rules. Writes: active, wake_s, site.
    """
    slot = site.evses.occupant[evse]
    if slot == NOBODY:
        return slot
    if slot == OUT_OF_SERVICE:
        pool = repair(evse, station, second, site)
    elif goes_on(slot, evse, second, active, site):
        return NOBODY
    else:
        if stays_on(slot, evse, second, rules, active, site):
            return NOBODY
        pool = active.pool[slot]
        unplug(slot, evse, second, next_window_s, active, wake_s, site)
    head = take_head(pool, active, site) if site.pool_state.rack[pool] < 0 else NOBODY
    if head >= 0:
        plug_in(head, evse, second, rules, active, site, shard)
    return slot


@kernel
def receive(slot, second, next_window_s, rules, active, wake_s, site):
    """Take an arrival in: return a free EVSE for it, or -1 and it has joined the queue or balked.

    Reads: rules. Writes: active, wake_s, site.
    """
    pool = active.pool[slot]
    station = site.pools.station[pool]
    site.station_state.n_arrivals[station] += 1
    site.station_state.hour_arrivals[station] += 1
    is_swap = site.pool_state.rack[pool] >= 0
    has_free = site.pool_state.n_busy[pool] + site.pool_state.n_out[pool] < site.pools.n_evse[pool]
    if has_free and not (is_swap and not has_battery(pool, second, site)):
        evse = site.pools.first_evse[pool]
        while site.evses.occupant[evse] != NOBODY:
            evse += 1
        return evse
    if active.is_booked[slot] and abs(second - active.booked_s[slot]) > rules.reservation_grace_s:
        active.is_booked[slot] = 0
    front, n_ahead = place_in_queue(slot, pool, active, site)
    expected_s = expected_wait_s(pool, n_ahead, second, site)
    patience_s = patience_of_s(slot, rules, active)
    must_stay = has_to_stay(slot, rules, active, site)
    if expected_s > patience_s and not must_stay:
        turn_away(slot, NO_SERVICE if without_service(pool, site) else BALKED, second, next_window_s, active, wake_s)
        site.station_state.n_balked[station] += 1
        site.station_state.hour_balked[station] += 1
        return -1
    active.patience_s[slot] = NEVER_S if must_stay else second + max(patience_s, 1)
    join_queue(slot, front, pool, active, site)
    site.station_state.max_queue[station] = max(site.station_state.max_queue[station], site.pool_state.n_waiting[pool])
    site.station_state.hour_queue[station] = max(site.station_state.hour_queue[station], site.pool_state.n_waiting[pool])
    return -1


@kernel
def lose_patience(pool, second, next_window_s, active, wake_s, site):
    """Let the driver step out whose patience is the first to end in a queue, if it ends now; return the slot, or -1."""
    loser, ends_s = first_to_lose(pool, active, site)
    site.pool_state.loses_s[pool] = ends_s
    if ends_s > second:
        return -1
    leave_queue(loser, active, site)
    turn_away(loser, NO_SERVICE if without_service(pool, site) else RENEGED, second, next_window_s, active, wake_s)
    station = site.pools.station[pool]
    site.station_state.n_reneged[station] += 1
    site.station_state.hour_reneged[station] += 1
    return loser


@kernel
def has_to_stay(slot, rules, active, site):
    """Return whether a driver on a trip has no choice: next to nothing left on the road, no other stop, or tried enough."""
    if active.errand[slot] != TRIP:
        return False
    row = active.vehicle_class[slot]
    dry_ws = int(rules.reserve_soc * site.classes.capacity_ws[row]) * DRY // 5
    on_road_ws = active.energy_ws[slot] - int(active.stop_m[slot] * site.classes.city_ws_per_m[row])
    return on_road_ws < dry_ws or active.n_tries[slot] >= rules.n_tries
