"""From the day's plan to the window: calls become active vehicles at their second."""

from twin.engine.drive import begin_trip
from twin.engine.lot import HEAVY_TRUCK
from twin.kernels import kernel
from twin.tables.state import (
    NEVER_S,
    SUM_ERRANDS_BEGUN,
    SUM_TRIPS_BEGUN,
    SUM_TRUCK_TRIPS_BEGUN,
    TRIP,
)

DAY_S = 86_400


@kernel
def count_calls(calls, window_s, n_per_window):
    """Count the calls of a shard by window of the day. Reads: calls. Writes: n_per_window."""
    for row in range(calls.shape[0]):
        n_per_window[calls.second[row] % DAY_S // window_s] += 1


@kernel
def sort_calls(calls, window_s, place, out):
    """Put the calls of a shard behind those of earlier windows and shards; vehicles stay in order within a window.

    Reads: calls. Writes: place (where the next call of each window goes), out.
    """
    for row in range(calls.shape[0]):
        window = calls.second[row] % DAY_S // window_s
        out[place[window]] = calls[row]
        place[window] += 1


@kernel
def free_slots(wake_s, n_slots, start, n_wanted, out):
    """Find free slots below `n_slots`, once around from `start`; return (how many, where the search stopped).

    Reads: wake_s. Writes: out.
    """
    n_found, slot = 0, start
    for _ in range(n_slots):
        if n_found == n_wanted:
            break
        if wake_s[slot] == NEVER_S:
            out[n_found] = slot
            n_found += 1
        slot = slot + 1 if slot + 1 < n_slots else 0
    return n_found, slot


@kernel
def activate(first, last, slots, calls, kind, active, wake_s, tally):
    """Give each call a slot. Reads: slots, calls, kind. Writes: active, wake_s, tally."""
    for row in range(first, last):
        slot = slots[row]
        active.vehicle[slot] = calls.vehicle[row]
        active.vehicle_class[slot] = calls.vehicle_class[row]
        active.energy_ws[slot] = calls.energy_ws[row]
        active.place[slot] = calls.place[row]
        active.errand[slot] = calls.errand[row]
        tally.sums[SUM_TRIPS_BEGUN if calls.errand[row] == TRIP else SUM_ERRANDS_BEGUN] += 1
        if calls.errand[row] == TRIP and kind[calls.vehicle_class[row]] == HEAVY_TRUCK:
            tally.sums[SUM_TRUCK_TRIPS_BEGUN] += 1
        begin_trip(slot, calls.goal[row], calls.second[row], active, wake_s)
