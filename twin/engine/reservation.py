"""Reservations: whoever has booked a plug and is on its way is counted, and the Board shows it in the next window."""

from twin.behaviour import BOOKED_AHEAD_S
from twin.engine.queue import published_wait_s
from twin.kernels import kernel
from twin.tables.state import APPROACH, ROAD


@kernel
def count_booked(first, last, end_s, grace_s, active, n_booked):
    """Count the bookings by pool that fall due within the hour, or whose grace is not over.

    Reads: active. Writes: n_booked.
    """
    for slot in range(first, last):
        is_coming = active.is_booked[slot] and (active.phase[slot] == ROAD or active.phase[slot] == APPROACH)
        if is_coming and end_s - grace_s <= active.booked_s[slot] < end_s + BOOKED_AHEAD_S:
            n_booked[active.pool[slot]] += 1


@kernel
def publish_booked(pools, n_booked, second, site):
    """Write on the Board the expected wait of the pools whose bookings hold or have ended.

    Reads: pools, n_booked. Writes: site.
    """
    for row in range(pools.shape[0]):
        site.board_wait_s[pools[row]] = published_wait_s(pools[row], n_booked[pools[row]], second, site)
