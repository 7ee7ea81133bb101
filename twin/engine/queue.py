"""The queue of a pool: first come, first served, who has booked before the others; whose patience ends steps out."""

from twin.behaviour import NO_SERVICE_S
from twin.engine.rack import battery_wait_s
from twin.kernels import kernel
from twin.tables.state import DECIDE, HAS_TO_STAY, NEVER_S, QUEUE


@kernel
def next_loss(station, site):
    """Return (pool, second) of the next patience to end in the station's queues; the lowest pool of a tie."""
    best, best_s = -1, NEVER_S
    for pool in range(site.stations.first_pool[station], site.stations.first_pool[station] + site.stations.n_pools[station]):
        if site.pool_state.loses_s[pool] < best_s:
            best, best_s = pool, site.pool_state.loses_s[pool]
    return best, best_s


@kernel
def first_to_lose(pool, active, site):
    """Return (slot, second) of the first patience to end in a queue; the lowest vehicle of a tie."""
    best, best_s = -1, NEVER_S
    slot = site.pool_state.head[pool]
    while slot >= 0:
        second = active.patience_s[slot]
        if second < best_s or (second == best_s and best >= 0 and active.vehicle[slot] < active.vehicle[best]):
            best, best_s = slot, second
        slot = active.behind[slot]
    return best, best_s


@kernel
def place_in_queue(slot, pool, active, site):
    """Return (slot in front or -1, vehicles ahead) of an arrival: behind all, or behind those who have booked as it has.

    Reads: active, site. Writes: nothing.
    """
    if not active.is_booked[slot]:
        return site.pool_state.tail[pool], site.pool_state.n_waiting[pool]
    front, n_ahead, behind = -1, 0, site.pool_state.head[pool]
    while behind >= 0 and active.is_booked[behind]:
        front, n_ahead, behind = behind, n_ahead + 1, active.behind[behind]
    return front, n_ahead


@kernel
def expected_wait_s(pool, n_ahead, second, site):
    """Return the wait to expect behind so many at a pool without a free EVSE, or without a charged battery."""
    n_in_service = site.pools.n_evse[pool] - site.pool_state.n_out[pool]
    if n_in_service == 0:
        return NO_SERVICE_S
    wait_s = (n_ahead + 1) * site.pool_state.session_s[pool] // n_in_service
    if site.pool_state.rack[pool] >= 0:
        return max(wait_s, battery_wait_s(pool, n_ahead, second, site))
    return wait_s


@kernel
def without_service(pool, site):
    """Return whether no EVSE of a pool is in service."""
    return site.pool_state.n_out[pool] == site.pools.n_evse[pool]


@kernel
def join_queue(slot, front, pool, active, site):
    """Put a vehicle into the queue behind the one in front, or at its head."""
    active.phase[slot] = QUEUE
    behind = active.behind[front] if front >= 0 else site.pool_state.head[pool]
    active.behind[slot] = behind
    if front >= 0:
        active.behind[front] = slot
    else:
        site.pool_state.head[pool] = slot
    if behind < 0:
        site.pool_state.tail[pool] = slot
    site.pool_state.n_waiting[pool] += 1
    site.pool_state.loses_s[pool] = min(site.pool_state.loses_s[pool], active.patience_s[slot])


@kernel
def take_head(pool, active, site):
    """Take the first of the queue; -1 where it is empty."""
    slot = site.pool_state.head[pool]
    if slot >= 0:
        leave_queue(slot, active, site)
    return slot


@kernel
def leave_queue(slot, active, site):
    """Take a vehicle out of its queue, wherever it stands.

    Reads: active. Writes: active, site.
    """
    pool = active.pool[slot]
    before = -1
    if site.pool_state.head[pool] == slot:
        site.pool_state.head[pool] = active.behind[slot]
    else:
        before = site.pool_state.head[pool]
        while active.behind[before] != slot:
            before = active.behind[before]
        active.behind[before] = active.behind[slot]
    if site.pool_state.tail[pool] == slot:
        site.pool_state.tail[pool] = before
    active.behind[slot] = -1
    site.pool_state.n_waiting[pool] -= 1
    if site.pool_state.n_waiting[pool] == 0:
        site.pool_state.loses_s[pool] = NEVER_S


@kernel
def turn_away(slot, outcome, second, next_window_s, active, wake_s):
    """Send a vehicle off without a charge; it decides again at the start of the next window."""
    active.phase[slot], active.outcome[slot] = DECIDE, outcome
    active.n_tries[slot] = min(active.n_tries[slot] + 1, HAS_TO_STAY - 1)
    active.shunned[slot] = active.pool[slot]
    active.plug_in_s[slot], active.end_s[slot] = -1, second
    active.intake_ws[slot], active.end_ws[slot] = active.energy_ws[slot], active.energy_ws[slot]
    wake_s[slot] = next_window_s


@kernel
def publish_pools(station, second, site):
    """Write the expected waiting time of each pool on the Board; drivers read it in the next window.

    Reads: site. Writes: site.
    """
    for pool in range(site.stations.first_pool[station], site.stations.first_pool[station] + site.stations.n_pools[station]):
        site.board_wait_s[pool] = published_wait_s(pool, 0, second, site)


@kernel
def published_wait_s(pool, n_booked, second, site):
    """Return the expected wait as the Board shows it: plugs booked for the next hour count as taken, then as queued for."""
    n_short = site.pool_state.n_busy[pool] + site.pool_state.n_out[pool] + n_booked - site.pools.n_evse[pool]
    if n_short >= 0:
        return expected_wait_s(pool, site.pool_state.n_waiting[pool] + n_short, second, site)
    if site.pool_state.rack[pool] >= 0:
        return battery_wait_s(pool, site.pool_state.n_waiting[pool] + n_booked, second, site)
    return 0
