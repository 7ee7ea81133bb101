"""A plug of one's own, from coming back to the next departure: when it charges, and when it gives to the grid.

What a vehicle is to have by its departure is reckoned first, as if it charged at once; then only the hours are chosen
within which that still comes about. So neither cheap hours nor a cap nor a call of the grid operator costs anybody a way.
"""

import math

from twin.engine.booking import DEPOT_ROW, HOME_ROW, ORDERLY_ROW, V2G_ROW, book_constant
from twin.engine.lot import HABIT
from twin.kernels import kernel
from twin.physics import SECONDS_PER_HOUR, SECONDS_PER_QUARTER
from twin.rng import Stream, uniform, uniform4
from twin.tables.state import (
    SUM_BELOW_RESERVE,
    SUM_DEPOT_WS,
    SUM_HOME_WS,
    SUM_LATE_CHARGES,
    SUM_SHORT_CHARGES,
    SUM_SHORT_WS,
    SUM_V2G_CALLS,
    SUM_V2G_WS,
)

DAY_S = 86_400
HOME, DEPOT = 1, 2
BUS = 3
PLUG_SLOT, BIDIRECTIONAL = int(Stream.PLUG_SLOT), int(Stream.BIDIRECTIONAL)


@kernel
def is_asked(vehicle, energy_ws, is_eve, zone, rules, vehicles, classes, guidance):
    """Return whether a plug has anything to do: the vehicle wants energy, or the grid operator calls for some."""
    if vehicles.access[vehicle] == DEPOT or is_eve or guidance.event_from_s[zone] < guidance.event_until_s[zone]:
        return True
    return energy_ws < rules.home_plug_soc * classes.capacity_ws[vehicles.vehicle_class[vehicle]]


@kernel
def charge_privately(vehicle, energy_ws, is_eve, start_s, until_s, day, zone, province, rules, vehicles, classes, guidance,
                     part_ws, step_w, sums):  # fmt: skip
    """Use the plug at home or at the depot between two seconds, at constant power; return what the battery gains.

    Reads: rules, vehicles, classes, guidance. Writes: part_ws, step_w, sums.
    """
    row, is_depot = vehicles.vehicle_class[vehicle], vehicles.access[vehicle] == DEPOT
    capacity_ws = classes.capacity_ws[row]
    power_w = rules.depot_power_w if is_depot and classes.kind[row] >= BUS else classes.ac_power_w[row]
    need_s = 0
    if is_depot or is_eve or energy_ws < rules.home_plug_soc * capacity_ws:
        target_ws = capacity_ws if is_depot or is_eve else int(rules.home_target_soc * capacity_ws)
        need_s = max((target_ws - energy_ws) // power_w, 0)
    length_s = max(min(need_s, until_s - start_s), 0)
    if length_s < need_s:
        sums[SUM_SHORT_CHARGES] += 1
        sums[SUM_SHORT_WS] += (need_s - length_s) * power_w
    given_s = 0
    if guidance.event_from_s[zone] < guidance.event_until_s[zone]:
        given_s, start_s = give_to_grid(
            vehicle, energy_ws, length_s, start_s, until_s, day, zone, power_w, capacity_ws, rules, vehicles, guidance,
            part_ws, step_w, sums,
        )  # fmt: skip
        length_s += given_s
    if length_s <= 0:
        return 0
    begin_s, is_orderly = when_to_charge(
        vehicle, start_s, until_s, length_s, day, zone, rules.depot_orderly_share if is_depot else rules.orderly_share,
        0.0 if is_depot else rules.price_response_share, rules.seed, guidance.fill_w, guidance.cheap_s[province],
    )  # fmt: skip
    if begin_s < start_s or begin_s + length_s > until_s:
        sums[SUM_LATE_CHARGES] += 1
    end_s = begin_s + length_s
    book_constant(part_ws, step_w, DEPOT_ROW if is_depot else HOME_ROW, zone, power_w, begin_s, end_s)
    if is_orderly:
        book_constant(part_ws, step_w, ORDERLY_ROW, zone, power_w, begin_s, end_s)
    sums[SUM_DEPOT_WS if is_depot else SUM_HOME_WS] += length_s * power_w
    return (length_s - given_s) * power_w


@kernel
def give_to_grid(vehicle, energy_ws, length_s, start_s, until_s, day, zone, power_w, capacity_ws, rules, vehicles, guidance,
                 part_ws, step_w, sums):  # fmt: skip
    """Answer the day's call for power; return the seconds given, and the second from which to charge.

    What is given is charged again until the departure, besides the `length_s` that the vehicle was to get anyway, and the
    battery stays at the reserve or above. Reads: rules, vehicles, guidance. Writes: part_ws, step_w, sums.
    """
    from_s = max(start_s, day * DAY_S + guidance.event_from_s[zone])
    to_s = min(until_s, day * DAY_S + guidance.event_until_s[zone])
    if from_s >= to_s:
        return 0, start_s
    u_plug, u_asks, _, _ = uniform4(rules.seed, BIDIRECTIONAL, vehicle, 0, 0)
    if u_plug >= guidance.bidirectional[zone, vehicles.access[vehicle]] or u_asks >= rules.v2g_answer_share:
        return 0, start_s
    reserve_ws = int(math.ceil(rules.v2g_reserve_soc * capacity_ws))
    given_s = min((energy_ws - reserve_ws) // power_w, to_s - from_s, (until_s - from_s - length_s) // 2)
    if given_s <= 0:
        return 0, start_s
    book_constant(part_ws, step_w, V2G_ROW, zone, power_w, from_s, from_s + given_s)
    sums[SUM_V2G_CALLS] += 1
    sums[SUM_V2G_WS] += given_s * power_w
    if energy_ws - given_s * power_w < rules.v2g_reserve_soc * capacity_ws:
        sums[SUM_BELOW_RESERVE] += 1
    # Nobody charges while the call lasts, unless the departure asks for it.
    return given_s, max(from_s + given_s, min(to_s, until_s - length_s - given_s))


@kernel
def when_to_charge(vehicle, start_s, until_s, length_s, day, zone, orderly_share, timer_share, seed, fill_w, cheap_s):
    """Return the second at which a plug begins to charge, and whether it follows the grid operator's plan.

    A share of the plugs does; of the others a share has a timer. Reads: fill_w, cheap_s. Writes: nothing.
    """
    if until_s - start_s <= length_s:
        return start_s, False
    u_heeds = uniform4(seed, HABIT, vehicle, 0, 0)[3]
    if u_heeds < orderly_share:
        u_slot = uniform(seed, PLUG_SLOT, vehicle, day, 0)
        day_s = day * DAY_S
        return day_s + slot_s(u_slot, start_s - day_s, until_s - day_s, length_s, fill_w, zone), True
    if u_heeds >= orderly_share + (1.0 - orderly_share) * timer_share:
        return start_s, False
    # A timer: the first cheap second, or the last one that is early enough.
    hour = (start_s - day * DAY_S) // SECONDS_PER_HOUR
    if hour >= cheap_s.shape[0]:
        return start_s, False
    return max(start_s, min(day * DAY_S + cheap_s[hour], until_s - length_s)), False


@kernel
def slot_s(u, start_s, until_s, length_s, fill_w, zone):
    """Return the second of day at which `length_s` of orderly charging begin, within `start_s` .. `until_s`.

    A second of the stay is drawn, the likelier the more power the plan has for it. The stretch of the plan around that
    second is cut into pieces as long as the charge, and the one that holds the second is taken: so the plugs of a zone fill
    the stretch as planned and do not spill over its ends. Reads: fill_w. Writes: nothing.
    """
    n_quarters = fill_w.shape[1] - 1
    horizon_s = n_quarters * SECONDS_PER_QUARTER
    if start_s < 0 or start_s >= horizon_s:
        return start_s
    last_s = min(until_s, horizon_s)
    before = filled(fill_w, zone, start_s)
    there = filled(fill_w, zone, last_s) - before
    if there <= 0:
        return start_s
    goal = before + int(u * there)
    quarter, above = start_s // SECONDS_PER_QUARTER, n_quarters
    while above - quarter > 1:
        middle = (quarter + above) // 2
        if fill_w[zone, middle] * SECONDS_PER_QUARTER <= goal:
            quarter = middle
        else:
            above = middle
    power_w = fill_w[zone, quarter + 1] - fill_w[zone, quarter]
    drawn_s = quarter * SECONDS_PER_QUARTER + (goal - fill_w[zone, quarter] * SECONDS_PER_QUARTER) // max(power_w, 1)
    first, end = quarter, quarter + 1
    while first > 0 and fill_w[zone, first] > fill_w[zone, first - 1]:
        first -= 1
    while end < n_quarters and fill_w[zone, end + 1] > fill_w[zone, end]:
        end += 1
    first_s, end_s = max(first * SECONDS_PER_QUARTER, start_s), min(end * SECONDS_PER_QUARTER, last_s)
    begin_s = first_s
    if length_s < end_s - first_s:
        begin_s = min(first_s + max(drawn_s - first_s, 0) // length_s * length_s, end_s - length_s)
    return max(min(begin_s, until_s - length_s), start_s)


@kernel
def filled(fill_w, zone, second):
    """Return the running sum of the plan up to a second of its days (Ws). Reads: fill_w. Writes: nothing."""
    quarter = min(second // SECONDS_PER_QUARTER, fill_w.shape[1] - 2)
    below, above = fill_w[zone, quarter], fill_w[zone, quarter + 1]
    return below * SECONDS_PER_QUARTER + (above - below) * (second - quarter * SECONDS_PER_QUARTER)
