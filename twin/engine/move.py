"""Phases `choose` and `drive`, vehicle by vehicle.

Neither sees another vehicle, so each driver decides and drives while the row is at hand.
"""

from twin.engine.choose import decide
from twin.engine.drive import drive
from twin.kernels import kernel, prefetch
from twin.tables.state import DECIDE

N_AHEAD = 24
"""Slots to look ahead for rows to ask for: one in three or so is due, and eight rows are on their way at once."""


@kernel
def move(first, last, window, rules, active, wake_s, vehicles, outlook, arrived, entered, tally):
    """Let every slot that is due decide and drive; return the number of arrivals at stations.

    Reads: rules, outlook. Writes: active, wake_s, vehicles, outlook (stops seen), arrived, entered, tally.
    """
    window_end_s = (window + 1) * rules.window_s
    n_arrived = 0
    for slot in range(first, last):
        if slot + N_AHEAD < last and wake_s[slot + N_AHEAD] < window_end_s:
            prefetch(active, slot + N_AHEAD)
        if wake_s[slot] >= window_end_s:
            continue
        if active.phase[slot] == DECIDE:
            decide(slot, window_end_s, rules, active, wake_s, vehicles, outlook, tally)
        if drive(slot, window_end_s, rules, active, wake_s, vehicles, outlook, entered, tally):
            arrived[n_arrived] = slot
            n_arrived += 1
    return n_arrived
