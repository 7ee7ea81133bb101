"""From the day's plan to the window: calls become active vehicles at their second."""

from twin.engine.drive import begin_trip
from twin.engine.lot import HEAVY_TRUCK
from twin.kernels import kernel, prefetch
from twin.tables.state import (
    SUM_ERRANDS_BEGUN,
    SUM_TRIPS_BEGUN,
    SUM_TRUCK_TRIPS_BEGUN,
    TRIP,
)

DAY_S = 86_400
AHEAD = 12
"""Calls to look ahead for slots to ask for."""


@kernel
def count_calls(calls, n_calls, window_s, n_per_window):
    """Count the calls of a shard by window of the day. Reads: calls. Writes: n_per_window."""
    for row in range(n_calls):
        n_per_window[calls.second[row] % DAY_S // window_s] += 1


@kernel
def sort_calls(calls, n_calls, window_s, place, out):
    """Sort the calls of a shard by window; within a window vehicles stay in order.

    Reads: calls. Writes: place (where the next call of each window goes), out.
    """
    for row in range(n_calls):
        window = calls.second[row] % DAY_S // window_s
        out[place[window]] = calls[row]
        place[window] += 1


@kernel
def activate(first, last, calls, first_slot, n_slots, free, n_free, kind, active, wake_s, tally):
    """Give each call a slot of its shard: a free one, or a new one; return the number of slots in use.

    Reads: calls, free, kind. Writes: active, wake_s, tally.
    """
    for row in range(first, last):
        place = row - first
        slot = free[place] if place < n_free else first_slot + n_slots
        n_slots = max(n_slots, slot + 1 - first_slot)
        if place + AHEAD < n_free:
            prefetch(active, free[place + AHEAD])
        active.vehicle[slot] = calls.vehicle[row]
        active.vehicle_class[slot] = calls.vehicle_class[row]
        active.energy_ws[slot] = calls.energy_ws[row]
        active.place[slot] = calls.place[row]
        active.errand[slot] = calls.errand[row]
        tally.sums[SUM_TRIPS_BEGUN if calls.errand[row] == TRIP else SUM_ERRANDS_BEGUN] += 1
        if calls.errand[row] == TRIP and kind[calls.vehicle_class[row]] == HEAVY_TRUCK:
            tally.sums[SUM_TRUCK_TRIPS_BEGUN] += 1
        begin_trip(slot, calls.goal[row], calls.second[row], active, wake_s)
    return n_slots
