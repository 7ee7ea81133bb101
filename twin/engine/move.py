"""Phases `choose` and `drive`, vehicle by vehicle.

Neither sees another vehicle, so each driver decides and drives while the row is at hand.
"""

from twin.engine.choose import decide
from twin.engine.drive import drive
from twin.kernels import kernel, prefetch
from twin.tables.state import DECIDE, EGRESS, NEVER_S, SERVED

FAR, NEAR = 32, 12
"""Slots to look ahead for rows to ask for: first the slot's own, then, now at hand, the vehicle's that it names."""


@kernel
def move(first, last, window, rules, active, wake_s, vehicles, outlook, arrived, free, entered, tally):
    """Let every slot that is due decide and drive; return (arrivals at stations, free slots).

    Reads: rules, outlook. Writes: active, wake_s, vehicles, outlook (stops seen), arrived, free, entered, tally.
    """
    window_end_s = (window + 1) * rules.window_s
    n_arrived, n_free = 0, 0
    for slot in range(first, last):
        ask_ahead(slot, last, window_end_s, active, wake_s, vehicles)
        if wake_s[slot] < window_end_s:
            if active.phase[slot] == DECIDE:
                decide(slot, window_end_s, rules, active, wake_s, vehicles, outlook, tally)
            if drive(slot, window_end_s, rules, active, wake_s, vehicles, outlook, entered, tally):
                arrived[n_arrived] = slot
                n_arrived += 1
        if wake_s[slot] == NEVER_S:
            free[n_free] = slot
            n_free += 1
    return n_arrived, n_free


@kernel
def ask_ahead(slot, last, window_end_s, active, wake_s, vehicles):
    """Ask for the rows of slots that are due further on."""
    if slot + FAR < last and wake_s[slot + FAR] < window_end_s:
        prefetch(active, slot + FAR)
    if slot + NEAR < last and wake_s[slot + NEAR] < window_end_s:
        phase = active.phase[slot + NEAR]
        if phase == EGRESS or (phase == DECIDE and active.outcome[slot + NEAR] == SERVED):
            prefetch(vehicles, active.vehicle[slot + NEAR])
