"""Where a vehicle stands between two ways: at a plug of its own, in need of a public one, or neither."""

import math

from twin.engine.itinerary import DAY_S, next_departure
from twin.engine.lot import DAY_PLAN, HABIT, HEAVY_TRUCK
from twin.engine.plug import DEPOT, HOME, charge_privately
from twin.kernels import kernel
from twin.rng import uniform4
from twin.tables.state import FAST, NEVER_S, SLOW, TRIP, TRUCK


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
    if county == vehicles.home[vehicle] and HOME <= vehicles.access[vehicle] <= DEPOT:
        active.energy_ws[slot] += charge_privately(
            vehicle, active.energy_ws[slot], False, second, leaves_s, second // DAY_S, outlook.counties.zone[county],
            outlook.counties.province[county], rules, vehicles, outlook.classes, outlook.guidance,
            tally.private_part_ws, tally.private_step_w, tally.sums,
        )  # fmt: skip
        return TRIP
    _, _, u_slow, u_hybrid = uniform4(rules.seed, DAY_PLAN, vehicle, second // DAY_S, 2)
    if not is_low(vehicle, row, active.energy_ws[slot], u_hybrid, rules, outlook.classes):
        return TRIP
    if outlook.classes.kind[row] == HEAVY_TRUCK:
        return TRUCK
    is_done = leaves_s == NEVER_S or leaves_s // DAY_S > second // DAY_S
    return SLOW if is_done and u_slow < rules.slow_share else FAST
