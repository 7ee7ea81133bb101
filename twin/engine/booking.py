"""Where energy lands in time: sessions book their quarter hours and hours when their power becomes known.

Bookings are integers, and a change of power takes back exactly what it had booked ahead, so the books balance at any
instant.
"""

import math

from twin.kernels import kernel
from twin.physics import SECONDS_PER_HOUR, SECONDS_PER_QUARTER, energy_after_ws
from twin.tables.state import RING_HOURS
from twin.tables.totals import LOAD_KINDS

TRUCK_ROW = LOAD_KINDS.index("truck")
HOME_ROW = LOAD_KINDS.index("home")
DEPOT_ROW = LOAD_KINDS.index("depot")
ORDERLY_ROW = LOAD_KINDS.index("orderly")
V2G_ROW = LOAD_KINDS.index("v2g")
WORK_ROW = LOAD_KINDS.index("work")


@kernel
def book_ahead(curve_w, full_s, power_factor, capacity_ws, limit_w, anchor_s, anchor_ws, end_s, end_ws,
               from_s, from_ws, sign, station, kind, is_truck, zone, ledger):  # fmt: skip
    """Book (sign 1) or take back (sign -1) what a session draws from (`from_s`, `from_ws`) to its end.

    The energy at the quarter hours is reckoned from the anchor on, so that what is taken back is what was booked.
    Reads: the session. Writes: ledger.
    """
    second, energy, before_ws = anchor_s, float(anchor_ws), from_ws
    while second < end_s:
        until = min((second // SECONDS_PER_QUARTER + 1) * SECONDS_PER_QUARTER, end_s)
        after_ws = end_ws
        if until < end_s:
            energy = energy_after_ws(curve_w, full_s, power_factor, capacity_ws, energy, limit_w, until - second)
            after_ws = min(int(math.floor(energy)), end_ws)
        if until > from_s:
            book_part(max(second, from_s), until, sign * (after_ws - before_ws), sign, station, kind, is_truck, zone, ledger)
            before_ws = after_ws
        second = until


@kernel
def book_part(from_s, until_s, part_ws, sign, station, kind, is_truck, zone, ledger):
    """Book energy and plugged seconds of a stretch within one quarter hour. Reads: the part. Writes: ledger."""
    row = station * RING_HOURS + (from_s // SECONDS_PER_HOUR) % RING_HOURS
    ledger.ring.energy_ws[row] += part_ws
    ledger.ring.busy_s[row] += sign * (until_s - from_s)
    quarter = from_s // SECONDS_PER_QUARTER
    if quarter < ledger.load_ws.shape[2]:
        ledger.load_ws[kind, zone, quarter] += part_ws
        if is_truck:
            ledger.load_ws[TRUCK_ROW, zone, quarter] += part_ws


@kernel
def book_constant(part_ws, step_w, row, zone, power_w, from_s, until_s):
    """Book constant power between two seconds in four additions, however long it lasts.

    A quarter's energy is its part plus 900 times the running sum of the steps.
    Reads: nothing. Writes: part_ws, step_w.
    """
    last = part_ws.shape[2] - 1
    quarter = min(from_s // SECONDS_PER_QUARTER, last)
    part_ws[row, zone, quarter] += power_w * ((quarter + 1) * SECONDS_PER_QUARTER - from_s)
    step_w[row, zone, min(quarter + 1, last)] += power_w
    quarter = min(until_s // SECONDS_PER_QUARTER, last)
    part_ws[row, zone, quarter] -= power_w * ((quarter + 1) * SECONDS_PER_QUARTER - until_s)
    step_w[row, zone, min(quarter + 1, last)] -= power_w
