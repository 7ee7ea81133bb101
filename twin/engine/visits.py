"""The rows of visits that ended: picked by vehicle, put in order, and read off their slots."""

import math

from twin.kernels import kernel, prefetch
from twin.rng import Stream, uniform
from twin.tables.state import CUT_OFF, SERVED, TRIP

SAMPLE = int(Stream.SAMPLE)
AHEAD = 12
"""Visits to look ahead for rows to ask for."""
SECOND_BIT = 32


@kernel
def pick_sampled(slots, active, seed, share, out):
    """Return the number of visits whose vehicles are in the sample. Reads: slots, active. Writes: out."""
    n_picked = 0
    for row in range(slots.shape[0]):
        if row + AHEAD < slots.shape[0]:
            prefetch(active, slots[row + AHEAD])
        if uniform(seed, SAMPLE, active.vehicle[slots[row]], 0, 0) < share:
            out[n_picked] = slots[row]
            n_picked += 1
    return n_picked


@kernel
def write_order(slots, active, key):
    """Write a key for each visit that sorts by (end, vehicle). Reads: slots, active. Writes: key."""
    for row in range(slots.shape[0]):
        if row + AHEAD < slots.shape[0]:
            prefetch(active, slots[row + AHEAD], 2)
        key[row] = (int(active.end_s[slots[row]]) << SECOND_BIT) | int(active.vehicle[slots[row]])


@kernel
def write_visits(slots, order, active, station, capacity_ws, visits):
    """Write the row of each visit, with the stations of the pools. Reads: all before `visits`. Writes: visits."""
    for row in range(slots.shape[0]):
        slot = slots[order[row]]
        pool, vehicle_class = active.pool[slot], active.vehicle_class[slot]
        outcome, full_ws = active.outcome[slot], capacity_ws[vehicle_class]
        is_served = outcome in (SERVED, CUT_OFF)
        visits.vehicle[row], visits.vehicle_class[row] = active.vehicle[slot], vehicle_class
        visits.station[row], visits.pool[row] = station[pool], pool
        visits.outcome[row] = outcome - 1
        visits.is_routed[row] = active.errand[slot] == TRIP
        visits.arrival_s[row], visits.plug_in_s[row] = active.arrival_s[slot], active.plug_in_s[slot]
        visits.end_s[row] = active.end_s[slot]
        visits.wait_s[row] = (active.plug_in_s[slot] if is_served else active.end_s[slot]) - active.arrival_s[slot]
        visits.energy_ws[row] = active.end_ws[slot] - active.intake_ws[slot]
        visits.peak_power_w[row] = int(math.ceil(active.peak_w[slot])) if is_served else 0
        visits.soc_in[row] = active.intake_ws[slot] / full_ws
        visits.soc_out[row] = active.end_ws[slot] / full_ws
