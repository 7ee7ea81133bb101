"""Where a vehicle stands between two ways: at a plug of its own, in need of a public one, or neither."""

import math

from twin.behaviour import MORNING_S
from twin.engine.booking import DEPOT_ROW, HOME_ROW, book_constant
from twin.engine.itinerary import DAY_S, next_departure
from twin.engine.lot import DAY_PLAN, HABIT, HEAVY_TRUCK
from twin.kernels import kernel
from twin.rng import uniform4
from twin.tables.state import FAST, NEVER_S, SLOW, SUM_DEPOT_WS, SUM_HOME_WS, TRIP, TRUCK

DEPOT = 2
BUS = 3


@kernel
def is_low(vehicle, row, energy_ws, u_hybrid, rules, classes):
    """Return whether a driver without a plug of its own finds the battery low enough for a public one."""
    if classes.has_engine[row] and u_hybrid >= rules.hybrid_public_share:
        return False
    u_trigger = uniform4(rules.seed, HABIT, vehicle, 0, 0)[2]
    # Uniform with the configured mean and standard deviation: its half-width is sqrt(3) standard deviations.
    trigger = rules.trigger_mean_soc + (2.0 * u_trigger - 1.0) * math.sqrt(3.0) * rules.trigger_sd_soc
    return energy_ws / classes.capacity_ws[row] < trigger


@kernel
def charge_privately(vehicle, energy_ws, is_eve, start_s, until_s, zone, rules, vehicles, classes, part_ws, step_w, sums):
    """Charge at home or at the depot between two seconds, at constant power; return the energy taken.

    Reads: rules, vehicles, classes. Writes: part_ws, step_w, sums.
    """
    row = vehicles.vehicle_class[vehicle]
    capacity_ws = classes.capacity_ws[row]
    is_depot = vehicles.access[vehicle] == DEPOT
    if not is_depot and not is_eve and energy_ws >= rules.home_plug_soc * capacity_ws:
        return 0
    target_ws = capacity_ws if is_depot or is_eve else int(rules.home_target_soc * capacity_ws)
    power_w = classes.ac_power_w[row]
    if is_depot and classes.kind[row] >= BUS:
        power_w = rules.depot_power_w
    length_s = min((target_ws - energy_ws) // power_w, until_s - start_s)
    if length_s <= 0:
        return 0
    book_constant(part_ws, step_w, DEPOT_ROW if is_depot else HOME_ROW, zone, power_w, start_s, start_s + length_s)
    sums[SUM_DEPOT_WS if is_depot else SUM_HOME_WS] += length_s * power_w
    return length_s * power_w


@kernel
def waits_for_valley(vehicle, rules, vehicles):
    """Return whether a private plug waits for the cheap hours; depots do not."""
    return vehicles.access[vehicle] != DEPOT and uniform4(rules.seed, HABIT, vehicle, 0, 0)[3] < rules.orderly_share


@kernel
def stay(slot, rules, active, wake_s, vehicles, outlook, tally):
    """Charge at the plug of one's own at the end of a set trip; return the errand of who looks for a public one, or TRIP.

    Reads: rules, vehicles, outlook. Writes: active, tally.
    """
    vehicle, second = active.vehicle[slot], wake_s[slot]
    tours = outlook.itineraries
    if not tours.is_stay[tours.next_trip[vehicle] - 1]:
        return TRIP
    row, county = active.vehicle_class[slot], active.place[slot]
    leaves_s = next_departure(vehicle, tours)
    if county == vehicles.home[vehicle] and vehicles.access[vehicle] > 0:
        start_s = second
        if waits_for_valley(vehicle, rules, vehicles):
            # Who comes home before the morning is in the valley that began the evening before.
            start_s = max(second, (second - MORNING_S) // DAY_S * DAY_S + outlook.counties.valley_s[county])
        active.energy_ws[slot] += charge_privately(
            vehicle, active.energy_ws[slot], False, start_s, leaves_s, outlook.counties.zone[county], rules, vehicles,
            outlook.classes, tally.private_part_ws, tally.private_step_w, tally.sums,
        )  # fmt: skip
        return TRIP
    _, _, u_slow, u_hybrid = uniform4(rules.seed, DAY_PLAN, vehicle, second // DAY_S, 2)
    if not is_low(vehicle, row, active.energy_ws[slot], u_hybrid, rules, outlook.classes):
        return TRIP
    if outlook.classes.kind[row] == HEAVY_TRUCK:
        return TRUCK
    is_done = leaves_s == NEVER_S or leaves_s // DAY_S > second // DAY_S
    return SLOW if is_done and u_slow < rules.slow_share else FAST
