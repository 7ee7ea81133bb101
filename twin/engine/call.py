"""From the day's plan to the window: calls become active vehicles at their second."""

import numpy as np

from twin.engine.drive import begin_trip
from twin.engine.lot import HABIT
from twin.kernels import kernel
from twin.rng import Stream, uniform
from twin.tables.state import (
    NEVER_S,
    OUT,
    SUM_ERRANDS_BEGUN,
    SUM_TRIPS_BEGUN,
    TRIP,
)

DESTINATION = int(Stream.DESTINATION)
DAY_S = 86_400


@kernel
def count_calls(second, window_s, n_per_window):
    """Count the calls of a shard by window of the day. Reads: second. Writes: n_per_window."""
    for row in range(second.shape[0]):
        n_per_window[second[row] % DAY_S // window_s] += 1


@kernel
def sort_calls(vehicle, second, goal, window_s, place, out_vehicle, out_second, out_goal):
    """Put the calls of a shard behind those of earlier windows and shards; vehicles stay in order within a window.

    Reads: vehicle, second, goal. Writes: place (where the next call of each window goes), out_vehicle, out_second, out_goal.
    """
    for row in range(second.shape[0]):
        window = second[row] % DAY_S // window_s
        at = place[window]
        place[window] += 1
        out_vehicle[at], out_second[at], out_goal[at] = vehicle[row], second[row], goal[row]


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
def activate(first, last, slots, call_vehicle, call_second, call_goal, rules, active, wake_s, vehicles, roads, tally):
    """Give each call a slot.

    Reads: slots, calls, rules, roads. Writes: active, vehicles.state, tally.
    """
    for row in range(first, last):
        slot, vehicle, goal = slots[row], call_vehicle[row], call_goal[row]
        active.vehicle[slot] = vehicle
        active.vehicle_class[slot] = vehicles.vehicle_class[vehicle]
        active.energy_ws[slot] = vehicles.energy_ws[vehicle]
        active.place[slot] = vehicles.place[vehicle]
        vehicles.state[vehicle] = OUT
        county = vehicles.place[vehicle]
        if goal >= 0:
            active.errand[slot] = TRIP
            county = goal_county(vehicle, goal, call_second[row] // DAY_S, rules, vehicles, roads)
            tally.sums[SUM_TRIPS_BEGUN] += 1
        else:
            active.errand[slot] = -1 - goal
            tally.sums[SUM_ERRANDS_BEGUN] += 1
        begin_trip(slot, county, call_second[row], active, wake_s)


@kernel
def goal_county(vehicle, zone, day, rules, vehicles, roads):
    """Return the county of a destination zone in which a trip ends: home, or one drawn by population."""
    home = vehicles.home[vehicle]
    if roads.county_zone[home] == zone:
        return home
    u = uniform(rules.seed, DESTINATION, vehicle, day, 0)
    county, end = roads.zone_county[zone], roads.zone_county[zone + 1]
    while county < end - 1 and roads.county_share[county] <= u:
        county += 1
    return county
