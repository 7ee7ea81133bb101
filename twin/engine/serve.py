"""Phase `serve`: at every station the window's events happen in order, to the second.

Within a second sessions end first, then vehicles arrive, then patience ends. A plug that falls free goes to the head of
its queue at once. After every event the site's power is dealt out anew where it can bind.
"""

import math

from twin.engine.lot import HABIT
from twin.engine.session import (
    book_since_anchor,
    change_power,
    demand_w,
    energy_at_ws,
    note_peak,
    own_limit_w,
    plug_in,
    unplug,
)
from twin.kernels import kernel
from twin.physics import water_level_w
from twin.rng import uniform
from twin.tables.state import BALKED, DECIDE, NEVER_S, QUEUE, RENEGED, TRIP

DRY = 6
"""A driver on a trip with less than 1.2 times the reserve cannot go on and waits however long. In fifths: 6 / 5."""


@kernel
def serve(first, last, window, next_arrival, last_arrival, arrivals, rules, active, wake_s, classes, stations, pools, pool_state,
          local, evses, station_state, next_s, ledger, ended, shares_w, energies_ws, shard):  # fmt: skip
    """Run the window at the stations `first` .. `last`; return the number of visits that ended.

    Reads: arrivals (slots by station, second, vehicle), rules, classes, stations, pools, local.
    Writes: active, pool_state, evses, station_state, ledger, ended, shares_w.
    """
    start_s, end_s = window * rules.window_s, (window + 1) * rules.window_s
    n_ended = 0
    for station in range(first, last):
        is_visited = next_arrival < last_arrival and pools.station[active.pool[arrivals[next_arrival]]] == station
        if not is_visited and next_s[station] >= end_s:
            continue
        deal_power(station, start_s, active, classes, stations, pools, local, evses, station_state, ledger, shares_w, energies_ws)
        while True:
            evse, ends_s = next_end(station, stations, pools, evses)
            losing_pool, loses_s = next_loss(station, stations, pool_state)
            arrives_s = NEVER_S
            if next_arrival < last_arrival and pools.station[active.pool[arrivals[next_arrival]]] == station:
                arrives_s = active.arrival_s[arrivals[next_arrival]]
            second = min(ends_s, arrives_s, loses_s)
            if second >= end_s:
                break
            if ends_s == second:
                slot = evses.occupant[evse]
                unplug(
                    slot, evse, second, end_s, active, wake_s, classes, stations, pools, pool_state, local, evses, station_state,
                    ledger,
                )  # fmt: skip
                ended[n_ended] = slot
                n_ended += 1
                head = take_head(active.pool[slot], active, pool_state)
                if head >= 0:
                    plug_in(
                        head, evse, second, rules, active, classes, stations, pools, pool_state, local, evses, station_state,
                        ledger, shard,
                    )  # fmt: skip
            elif arrives_s == second:
                slot = arrivals[next_arrival]
                next_arrival += 1
                evse = receive(slot, second, end_s, rules, active, wake_s, classes, stations, pools, pool_state, evses,
                               station_state)  # fmt: skip
                if evse >= 0:
                    plug_in(
                        slot, evse, second, rules, active, classes, stations, pools, pool_state, local, evses, station_state,
                        ledger, shard,
                    )  # fmt: skip
                elif active.phase[slot] != QUEUE:
                    ended[n_ended] = slot
                    n_ended += 1
            else:
                loser, _ = first_to_lose(losing_pool, active, pool_state)
                leave_queue(loser, active, pool_state)
                turn_away(loser, RENEGED, second, end_s, active, wake_s)
                station_state.n_reneged[station] += 1
                station_state.hour_reneged[station] += 1
                ended[n_ended] = loser
                n_ended += 1
            deal_power(station, second, active, classes, stations, pools, local, evses, station_state, ledger, shares_w, energies_ws)
        publish_pools(station, stations, pools, pool_state)
        next_s[station] = min(ends_s, loses_s)
        if is_tight(station, stations, station_state):
            next_s[station] = end_s
            book_window(station, end_s, active, classes, stations, pools, local, evses, ledger)
    return n_ended


@kernel
def next_end(station, stations, pools, evses):
    """Return (EVSE, second) of the next session to end; the lowest EVSE of a tie."""
    best, best_s = -1, NEVER_S
    first_evse, end_evse = evses_of(station, stations, pools)
    for evse in range(first_evse, end_evse):
        if evses.end_s[evse] < best_s:
            best, best_s = evse, evses.end_s[evse]
    return best, best_s


@kernel
def next_loss(station, stations, pool_state):
    """Return (pool, second) of the next patience to end in the station's queues; the lowest pool of a tie."""
    best, best_s = -1, NEVER_S
    for pool in range(stations.first_pool[station], stations.first_pool[station] + stations.n_pools[station]):
        if pool_state.loses_s[pool] < best_s:
            best, best_s = pool, pool_state.loses_s[pool]
    return best, best_s


@kernel
def first_to_lose(pool, active, pool_state):
    """Return (slot, second) of the first patience to end in a queue; the lowest vehicle of a tie."""
    best, best_s = -1, NEVER_S
    slot = pool_state.head[pool]
    while slot >= 0:
        second = active.patience_s[slot]
        if second < best_s or (second == best_s and best >= 0 and active.vehicle[slot] < active.vehicle[best]):
            best, best_s = slot, second
        slot = active.behind[slot]
    return best, best_s


@kernel
def receive(slot, second, next_window_s, rules, active, wake_s, classes, stations, pools, pool_state, evses,
            station_state):  # fmt: skip
    """Take an arrival in: return a free EVSE for it, or -1 and it has joined the queue or balked."""
    pool = active.pool[slot]
    station = pools.station[pool]
    station_state.n_arrivals[station] += 1
    station_state.hour_arrivals[station] += 1
    if pool_state.n_busy[pool] < pools.n_evse[pool]:
        evse = pools.first_evse[pool]
        while evses.occupant[evse] >= 0:
            evse += 1
        return evse
    expected_s = (pool_state.n_waiting[pool] + 1) * pool_state.session_s[pool] // pools.n_evse[pool]
    patience_s = int(rules.patience_s * (0.5 + uniform(rules.seed, HABIT, active.vehicle[slot], 0, 1)))
    must_stay = has_to_stay(slot, rules, active, classes)
    if expected_s > patience_s and not must_stay:
        turn_away(slot, BALKED, second, next_window_s, active, wake_s)
        station_state.n_balked[station] += 1
        station_state.hour_balked[station] += 1
        return -1
    active.patience_s[slot] = NEVER_S if must_stay else second + max(patience_s, 1)
    join_queue(slot, pool, active, pool_state)
    station_state.max_queue[station] = max(station_state.max_queue[station], pool_state.n_waiting[pool])
    station_state.hour_queue[station] = max(station_state.hour_queue[station], pool_state.n_waiting[pool])
    return -1


@kernel
def has_to_stay(slot, rules, active, classes):
    """Return whether a driver has no choice: on a trip with next to nothing in the battery, or turned away too often."""
    if active.errand[slot] != TRIP:
        return False
    dry_ws = int(rules.reserve_soc * classes.capacity_ws[active.vehicle_class[slot]]) * DRY // 5
    return active.energy_ws[slot] < dry_ws or active.n_tries[slot] >= rules.n_tries


@kernel
def turn_away(slot, outcome, second, next_window_s, active, wake_s):
    """Send a vehicle off without a charge; it decides again at the start of the next window."""
    active.phase[slot], active.outcome[slot] = DECIDE, outcome
    active.n_tries[slot] += 1
    active.shunned[slot] = active.pool[slot]
    active.plug_in_s[slot], active.end_s[slot] = -1, second
    active.intake_ws[slot], active.end_ws[slot] = active.energy_ws[slot], active.energy_ws[slot]
    wake_s[slot] = next_window_s


@kernel
def join_queue(slot, pool, active, pool_state):
    """Put a vehicle at the end of the queue."""
    active.phase[slot] = QUEUE
    active.behind[slot] = -1
    if pool_state.tail[pool] >= 0:
        active.behind[pool_state.tail[pool]] = slot
    else:
        pool_state.head[pool] = slot
    pool_state.tail[pool] = slot
    pool_state.n_waiting[pool] += 1
    pool_state.loses_s[pool] = min(pool_state.loses_s[pool], active.patience_s[slot])


@kernel
def take_head(pool, active, pool_state):
    """Take the first of the queue; -1 where it is empty."""
    slot = pool_state.head[pool]
    if slot >= 0:
        leave_queue(slot, active, pool_state)
    return slot


@kernel
def leave_queue(slot, active, pool_state):
    """Take a vehicle out of its queue, wherever it stands."""
    pool = active.pool[slot]
    before = -1
    if pool_state.head[pool] == slot:
        pool_state.head[pool] = active.behind[slot]
    else:
        before = pool_state.head[pool]
        while active.behind[before] != slot:
            before = active.behind[before]
        active.behind[before] = active.behind[slot]
    if pool_state.tail[pool] == slot:
        pool_state.tail[pool] = before
    active.behind[slot] = -1
    pool_state.n_waiting[pool] -= 1
    if active.patience_s[slot] == pool_state.loses_s[pool]:
        pool_state.loses_s[pool] = first_to_lose(pool, active, pool_state)[1]


@kernel
def deal_power(station, second, active, classes, stations, pools, local, evses, station_state, ledger, shares_w, energies_ws):
    """Deal the site's power out max-min fair, where the sessions together could draw more than it lets through."""
    if not is_tight(station, stations, station_state):
        return
    first_evse, end_evse = evses_of(station, stations, pools)
    n_shares, bound_w = 0, 0
    for evse in range(first_evse, end_evse):
        slot = evses.occupant[evse]
        if slot < 0:
            continue
        energies_ws[n_shares] = energy_at_ws(slot, second, active, classes, stations, pools, local)
        shares_w[n_shares], active.bound_w[slot] = 0.0, 0
        if active.end_s[slot] > second:
            shares_w[n_shares] = demand_w(slot, energies_ws[n_shares], active, classes, stations, pools, local)
            active.bound_w[slot] = int(math.ceil(shares_w[n_shares]))
        bound_w += active.bound_w[slot]
        n_shares += 1
    station_state.bound_w[station] = bound_w
    level_w = water_level_w(shares_w, n_shares, float(stations.site_limit_w[station]))
    n_shares, n_restricted = 0, 0
    for evse in range(first_evse, end_evse):
        slot = evses.occupant[evse]
        if slot < 0:
            continue
        limit_w = own_limit_w(active.vehicle_class[slot], active.pool[slot], classes, pools)
        now_ws = energies_ws[n_shares]
        if shares_w[n_shares] > level_w:
            limit_w = level_w
            n_restricted += 1
        n_shares += 1
        if limit_w != active.limit_w[slot] and active.end_s[slot] > second:
            change_power(slot, evse, limit_w, second, now_ws, active, classes, stations, pools, local, evses, ledger)
    station_state.n_restricted[station] = n_restricted


@kernel
def is_tight(station, stations, station_state):
    """Return whether the sessions together could draw more than the site lets through, or some are held back."""
    return station_state.bound_w[station] > stations.site_limit_w[station] or station_state.n_restricted[station] > 0


@kernel
def book_window(station, end_s, active, classes, stations, pools, local, evses, ledger):
    """Anchor the sessions that share a site's limit at the end of the window, so that their books are up to date."""
    first_evse, end_evse = evses_of(station, stations, pools)
    for evse in range(first_evse, end_evse):
        slot = evses.occupant[evse]
        if slot >= 0 and not active.is_ahead[slot]:
            now_ws = energy_at_ws(slot, end_s, active, classes, stations, pools, local)
            book_since_anchor(slot, end_s, now_ws, active, classes, stations, pools, ledger)
            note_peak(slot, active.anchor_ws[slot], active, classes, stations, pools, local)
            active.anchor_s[slot], active.anchor_ws[slot] = end_s, now_ws


@kernel
def evses_of(station, stations, pools):
    """Return the range of a station's EVSEs."""
    first_pool = stations.first_pool[station]
    last_pool = first_pool + stations.n_pools[station] - 1
    return pools.first_evse[first_pool], pools.first_evse[last_pool] + pools.n_evse[last_pool]


@kernel
def publish_pools(station, stations, pools, pool_state):
    """Write the expected waiting time of each pool on the Board; drivers read it in the next window."""
    for pool in range(stations.first_pool[station], stations.first_pool[station] + stations.n_pools[station]):
        wait_s = 0
        if pool_state.n_busy[pool] >= pools.n_evse[pool]:
            wait_s = (pool_state.n_waiting[pool] + 1) * pool_state.session_s[pool] // pools.n_evse[pool]
        pool_state.board_wait_s[pool] = wait_s
