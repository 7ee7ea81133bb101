"""Phases `choose` and `drive`, vehicle by vehicle.

Neither sees another vehicle, so each driver decides and drives while the row is at hand.
"""

from twin.engine.choose import decide
from twin.engine.drive import drive
from twin.engine.itinerary import is_posed
from twin.engine.lot import has_charged
from twin.engine.route import present_node, tree_of, way_left
from twin.kernels import kernel, prefetch
from twin.tables.state import DECIDE, EGRESS, NEVER_S, ROAD, TRIP

FAR, NEAR, SOON = 24, 12, 4
"""Places to look ahead in the list of who is due: for the slot's row, for what it names, and for what that names."""


@kernel
def move(first, last, window, rules, active, wake_s, vehicles, outlook, due, arrived, free, entered, tally):
    """Let every slot that is due decide and drive; return (arrivals at stations, free slots).

    Reads: rules, outlook.
    Writes: active, wake_s, vehicles, outlook (stops seen, itineraries), due, arrived, free, entered, tally.
    """
    window_end_s = (window + 1) * rules.window_s
    n_due, n_free = sift(first, last, window_end_s, wake_s, due, free)
    n_arrived = 0
    for at in range(n_due):
        ask_ahead(at, n_due, due, rules, active, vehicles, outlook)
        slot = due[at]
        while True:
            if active.phase[slot] == DECIDE:
                decide(slot, window_end_s, rules, active, wake_s, vehicles, outlook, tally)
            if drive(slot, window_end_s, rules, active, wake_s, vehicles, outlook, entered, tally):
                arrived[n_arrived] = slot
                n_arrived += 1
            # Who has arrived and is to set out again within the window decides within it.
            if active.phase[slot] != DECIDE or wake_s[slot] >= window_end_s:
                break
        if wake_s[slot] == NEVER_S:
            free[n_free] = slot
            n_free += 1
    return n_arrived, n_free


@kernel
def sift(first, last, window_end_s, wake_s, due, free):
    """Note who is due and which slots are free, without a branch; return how many of each.

    Reads: wake_s. Writes: due, free.
    """
    n_due, n_free = 0, 0
    for slot in range(first, last):
        due[n_due], free[n_free] = slot, slot
        n_due += wake_s[slot] < window_end_s
        n_free += wake_s[slot] == NEVER_S
    return n_due, n_free


@kernel
def ask_ahead(at, n_due, due, rules, active, vehicles, outlook):
    """Ask for what those who come next will look at: their rows, what these name, and what that names again.

    Reads: due, rules, active, outlook. Writes: nothing.
    """
    if at + FAR >= n_due:
        return
    prefetch(active, due[at + FAR])
    slot = due[at + NEAR]
    if active.phase[slot] == ROAD:
        prefetch(outlook.next_link[active.tree[slot]], present_node(slot, active, outlook))
        if is_posed(outlook.itineraries):
            prefetch(outlook.itineraries.next_trip, active.vehicle[slot])
            prefetch(outlook.itineraries.first, active.vehicle[slot] + 1)
    elif active.phase[slot] == DECIDE and active.errand[slot] == TRIP:
        prefetch(outlook.ways, way_left(slot, tree_of(slot, rules, active, outlook), active, outlook))
    slot = due[at + SOON]
    if active.phase[slot] == ROAD:
        link = outlook.next_link[active.tree[slot], present_node(slot, active, outlook)]
        if link >= 0:
            prefetch(outlook.links, link)
        else:
            ask_for_end(active.vehicle[slot], vehicles, outlook.itineraries)
    elif active.phase[slot] == EGRESS or (active.phase[slot] == DECIDE and has_charged(slot, active)):
        ask_for_end(active.vehicle[slot], vehicles, outlook.itineraries)


@kernel
def ask_for_end(vehicle, vehicles, itineraries):
    """Ask for what is written when a trip or an errand ends."""
    prefetch(vehicles, vehicle)
    if is_posed(itineraries):
        trip = itineraries.next_trip[vehicle]
        prefetch(itineraries.is_stay, trip - 1)
        prefetch(itineraries.end_s, trip - 1)
        prefetch(itineraries.depart_s, trip)
        prefetch(itineraries.begin_s, trip)
        prefetch(itineraries.goal, trip)
