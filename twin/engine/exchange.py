"""The order of arrivals: by station, second and vehicle, packed into one number each so that one sort settles it."""

import numpy as np

from twin.kernels import kernel, prefetch
from twin.tables.columns import I32

STATION, SECOND = np.uint64(40), np.uint64(30)
"""Bits below the station and below the second of the window: room for 2**30 vehicles and windows of 1,024 s."""
AHEAD = 12
"""Arrivals to look ahead for rows to ask for."""


@kernel
def write_keys(first, last, start_s, slots, active, pools, key):
    """Pack (station, second of the window, vehicle) of each arrival. Reads: slots, active, pools. Writes: key."""
    for row in range(first, last):
        if row + AHEAD < last:
            prefetch(active, slots[row + AHEAD])
        slot = slots[row]
        station, second = np.uint64(pools.station[active.pool[slot]]), np.uint64(active.arrival_s[slot] - start_s)
        key[row] = (station << STATION) | (second << SECOND) | np.uint64(active.vehicle[slot])


def station_of(key: np.ndarray) -> I32:
    """Return the stations of packed arrivals."""
    return (key >> STATION).astype(np.int32)
