"""A plug at work: who has none at home charges between the way there and the way back, on days on which people work."""

from twin.engine.booking import WORK_ROW, book_constant
from twin.engine.plug import when_to_charge
from twin.kernels import kernel
from twin.tables.state import SUM_DRIVEN_WS, SUM_FUEL_WS, SUM_LATE_CHARGES, SUM_SHORT_CHARGES, SUM_SHORT_WS, SUM_WORK_WS

DAY_S = 86_400
WORK = 3


@kernel
def goes_to_work(vehicle, day, vehicles, workplaces):
    """Return whether a vehicle at home that drives today has a plug where it goes. Reads: vehicles, workplaces."""
    is_open = day < workplaces.is_open.shape[0] and workplaces.is_open[day] == 1
    return is_open and vehicles.access[vehicle] == WORK and vehicles.place[vehicle] == vehicles.home[vehicle]


@kernel
def go_to_work(vehicle, day, need_ws, way_s, depart_s, back_s, is_eve, rules, vehicles, classes, roads, guidance,
               workplaces, part_ws, step_w, sums):  # fmt: skip
    """Drive half of the day and charge; return (energy that the other half takes, second of leaving for home).

    Who would not get there with the reserve has another day. Reads: rules, classes, roads, guidance, workplaces.
    Writes: vehicles, part_ws, step_w, sums.
    """
    row, energy_ws = vehicles.vehicle_class[vehicle], int(vehicles.energy_ws[vehicle])
    there_ws, way_there_s = need_ws // 2, way_s // 2
    used_ws = there_ws
    if classes.has_engine[row]:
        used_ws = min(there_ws, energy_ws)
    elif energy_ws - there_ws < int(rules.reserve_soc * classes.capacity_ws[row]):
        return need_ws, depart_s
    sums[SUM_FUEL_WS] += there_ws - used_ws
    sums[SUM_DRIVEN_WS] += used_ws
    energy_ws -= used_ws
    leaves_s = back_s - way_there_s
    vehicles.energy_ws[vehicle] = energy_ws + charge_at_work(
        vehicle, energy_ws, is_eve, depart_s + way_there_s, leaves_s, day, rules, vehicles, classes, roads, guidance,
        workplaces, part_ws, step_w, sums,
    )  # fmt: skip
    return need_ws - there_ws, leaves_s


@kernel
def charge_at_work(vehicle, energy_ws, is_eve, from_s, until_s, day, rules, vehicles, classes, roads, guidance, workplaces,
                   part_ws, step_w, sums):  # fmt: skip
    """Use the plug at work between two seconds of the day, at constant power; return what the battery gains.

    As at home: charged below the same state of charge and to the same, on the eve of a trip to the full.
    Reads: rules, vehicles, classes, roads, guidance, workplaces. Writes: part_ws, step_w, sums.
    """
    row, home = vehicles.vehicle_class[vehicle], vehicles.home[vehicle]
    capacity_ws, power_w = classes.capacity_ws[row], classes.ac_power_w[row]
    if not is_eve and energy_ws >= rules.home_plug_soc * capacity_ws:
        return 0
    target_ws = capacity_ws if is_eve else int(rules.home_target_soc * capacity_ws)
    need_s = max((target_ws - energy_ws) // power_w, 0)
    length_s = max(min(need_s, until_s - from_s), 0)
    if length_s < need_s:
        sums[SUM_SHORT_CHARGES] += 1
        sums[SUM_SHORT_WS] += (need_s - length_s) * power_w
    if length_s == 0:
        return 0
    zone, start_s = roads.county_zone[home], day * DAY_S + from_s
    begin_s, _ = when_to_charge(
        vehicle, start_s, day * DAY_S + until_s, length_s, day, zone, workplaces.orderly_share, rules.price_response_share,
        rules.seed, workplaces.fill_w, guidance.cheap_s[roads.county_province[home]],
    )  # fmt: skip
    if begin_s < start_s or begin_s + length_s > day * DAY_S + until_s:
        sums[SUM_LATE_CHARGES] += 1
    book_constant(part_ws, step_w, WORK_ROW, zone, power_w, begin_s, begin_s + length_s)
    sums[SUM_WORK_WS] += length_s * power_w
    return length_s * power_w
