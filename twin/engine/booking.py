"""Where energy lands in time: sessions book their quarter hours and hours when their power becomes known.

Bookings are integers, and a change of power takes back exactly what it booked, so the books balance at any instant.
"""

import math

from twin.kernels import kernel
from twin.physics import SECONDS_PER_HOUR, SECONDS_PER_QUARTER, energy_after_ws
from twin.tables.state import RING_HOURS
from twin.tables.totals import LOAD_KINDS

TRUCK_ROW = LOAD_KINDS.index("truck")
HOME_ROW = LOAD_KINDS.index("home")
DEPOT_ROW = LOAD_KINDS.index("depot")


@kernel
def energy_at_ws(curve_w, power_factor, capacity_ws, anchor_ws, anchor_s, end_ws, end_s, limit_w, second):
    """Return the whole watt-seconds in the battery at a second of a session whose power is known from its anchor on."""
    if second >= end_s:
        return end_ws
    energy = energy_after_ws(curve_w, power_factor, capacity_ws, anchor_ws, limit_w, second - anchor_s)
    return min(int(math.floor(energy)), end_ws)


@kernel
def book(curve_w, power_factor, capacity_ws, anchor_ws, anchor_s, end_ws, end_s, limit_w,
         from_s, sign, station, kind, is_truck, zone, load_ws, ring_energy_ws, ring_busy_s):  # fmt: skip
    """Book (sign 1) or take back (sign -1) what a session draws from `from_s` to its end.

    Reads: the session. Writes: load_ws, ring_energy_ws, ring_busy_s.
    """
    n_quarters = load_ws.shape[2]
    second = from_s
    before_ws = energy_at_ws(
        curve_w, power_factor, capacity_ws, anchor_ws, anchor_s, end_ws, end_s, limit_w, second
    )
    while second < end_s:
        quarter = second // SECONDS_PER_QUARTER
        until = min((quarter + 1) * SECONDS_PER_QUARTER, end_s)
        after_ws = energy_at_ws(
            curve_w, power_factor, capacity_ws, anchor_ws, anchor_s, end_ws, end_s, limit_w, until
        )
        part_ws = sign * (after_ws - before_ws)
        row = (second // SECONDS_PER_HOUR) % RING_HOURS
        ring_energy_ws[row, station] += part_ws
        ring_busy_s[row, station] += sign * (until - second)
        if quarter < n_quarters:
            load_ws[kind, zone, quarter] += part_ws
            if is_truck:
                load_ws[TRUCK_ROW, zone, quarter] += part_ws
        second, before_ws = until, after_ws


@kernel
def book_constant(part_ws, step_w, row, zone, power_w, from_s, until_s):
    """Book constant power between two seconds in four additions, however long it lasts.

    A quarter's energy is its part plus 900 times the running sum of the steps; see `settle_constant`.
    Reads: nothing. Writes: part_ws, step_w.
    """
    last = part_ws.shape[2] - 1
    quarter = min(from_s // SECONDS_PER_QUARTER, last)
    part_ws[row, zone, quarter] += power_w * ((quarter + 1) * SECONDS_PER_QUARTER - from_s)
    step_w[row, zone, min(quarter + 1, last)] += power_w
    quarter = min(until_s // SECONDS_PER_QUARTER, last)
    part_ws[row, zone, quarter] -= power_w * ((quarter + 1) * SECONDS_PER_QUARTER - until_s)
    step_w[row, zone, min(quarter + 1, last)] -= power_w
