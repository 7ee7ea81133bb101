"""How an outing ends, or stops until a tow truck comes. And where in its county a driver is at home."""

import math

from twin.behaviour import LEAST_GAIN_SOC, STREET_DETOUR
from twin.kernels import kernel
from twin.physics import distance_m
from twin.rng import Stream, uniform
from twin.tables.inputs import MARKETS, SWAPS
from twin.tables.state import (
    APPROACH,
    AT_REST,
    CUT_OFF,
    FAST,
    FREE,
    HAS_TO_STAY,
    NEVER_S,
    NO_VISIT,
    ROAD,
    SERVED,
    STRANDED,
    SUM_DRIVEN_WS,
    SUM_FUEL_WS,
    SUM_LOGGED,
    SUM_RESCUE_WS,
    SUM_RESCUED_ERRANDS,
    SUM_RESCUED_TRIPS,
    SUM_STRANDED_ERRANDS,
    SUM_STRANDED_TRIPS,
    SUM_TRIP_M,
    SUM_TRUCK_TRIP_M,
    TRIP,
    TRUCK,
)

HABIT = int(Stream.HABIT)
DAY_PLAN = int(Stream.DAY_PLAN)
NETWORK = int(Stream.NETWORK)
SWAP = int(Stream.SWAP)
N_MARKETS = len(MARKETS)
HEAVY_TRUCK = 4


@kernel
def rest(slot, active, wake_s, vehicles):
    """Put a vehicle back to rest where it is and free its slot."""
    vehicle = active.vehicle[slot]
    vehicles.energy_ws[vehicle] = active.energy_ws[slot]
    vehicles.place[vehicle] = active.place[slot]
    vehicles.state[vehicle] = AT_REST
    active.phase[slot] = FREE
    wake_s[slot] = NEVER_S


@kernel
def has_charged(slot, active):
    """Return whether the last visit to a station was a session, whole or cut off."""
    return active.outcome[slot] == SERVED or active.outcome[slot] == CUT_OFF


@kernel
def strand(slot, second, towed_to, rules, active, wake_s, tally):
    """Leave a vehicle at the roadside with an empty battery until it is rescued, with a row of its own."""
    active.phase[slot], active.towed_to[slot] = STRANDED, towed_to
    wake_s[slot] = second + rules.rescue_s
    row = tally.sums[SUM_LOGGED]
    tally.stranded[row, 0], tally.stranded[row, 1] = active.vehicle[slot], second
    tally.stranded[row, 2], tally.stranded[row, 3] = active.link[slot], wake_s[slot]
    tally.sums[SUM_LOGGED] += 1
    tally.sums[SUM_STRANDED_TRIPS if active.errand[slot] == TRIP else SUM_STRANDED_ERRANDS] += 1


@kernel
def rescue(slot, rules, active, outlook, tally):
    """Charge a stranded vehicle a little and set it down at the end of the way on which it stranded.

    On the road its driver forgets the plan that failed, except the stop that it has been towed to.
    """
    given_ws = int(rules.rescue_soc * outlook.classes.capacity_ws[active.vehicle_class[slot]])
    active.energy_ws[slot] += given_ws
    active.phase[slot] = active.towed_to[slot]
    active.wheel_s[slot] = 0
    if active.phase[slot] == ROAD and active.link[slot] != active.stop_link[slot]:
        active.stop_link[slot], active.outcome[slot], active.is_booked[slot] = -1, NO_VISIT, 0
    tally.sums[SUM_RESCUE_WS] += given_ws
    tally.sums[SUM_RESCUED_TRIPS if active.errand[slot] == TRIP else SUM_RESCUED_ERRANDS] += 1


@kernel
def use_energy(slot, used_ws, active, outlook, tally):
    """Take driving energy out of the battery, the rest out of the tank; return the watt-seconds that nothing could give."""
    from_battery_ws = min(used_ws, active.energy_ws[slot])
    active.energy_ws[slot] -= from_battery_ws
    tally.sums[SUM_DRIVEN_WS] += from_battery_ws
    short_ws = used_ws - from_battery_ws
    if outlook.classes.has_engine[active.vehicle_class[slot]]:
        tally.sums[SUM_FUEL_WS] += short_ws
        return 0
    return short_ws


@kernel
def count_way(slot, way_m, active, outlook, tally):
    """Add to the kilometres of trips."""
    if active.errand[slot] != TRIP:
        return
    tally.sums[SUM_TRIP_M] += way_m
    if outlook.classes.kind[active.vehicle_class[slot]] == HEAVY_TRUCK:
        tally.sums[SUM_TRUCK_TRIP_M] += way_m


@kernel
def temperature_factor(slot, active, wake_s, outlook):
    """Return the factor on consumption in the province where the outing began, on the day of its next event."""
    day = min(wake_s[slot] // 86_400, outlook.consumption_factor.shape[1] - 1)
    return outlook.consumption_factor[outlook.counties.province[active.place[slot]], day]


@kernel
def town_ws(slot, way_m, active, wake_s, outlook):
    """Return the energy for a way through town in today's temperature."""
    factor = temperature_factor(slot, active, wake_s, outlook)
    return int(way_m * outlook.classes.city_ws_per_m[active.vehicle_class[slot]] * factor)


@kernel
def market_row(slot, active, outlook):
    """Return the row of the markets that an active vehicle charges in when it is in town."""
    market = active.errand[slot]
    if market == TRIP:
        market = TRUCK if outlook.classes.kind[active.vehicle_class[slot]] == HEAVY_TRUCK else FAST
    return active.place[slot] * N_MARKETS + market


@kernel
def n_known(slot, active, outlook):
    """Return how many pools a driver in town knows."""
    row = market_row(slot, active, outlook)
    return outlook.markets.first[row + 1] - outlook.markets.first[row]


@kernel
def neighbourhood(slot, rules, active, outlook):
    """Return (first row, number of pools, own position) of the pools around a driver's home or lodging."""
    row = market_row(slot, active, outlook)
    first, n_pools = outlook.markets.first[row], n_known(slot, active, outlook)
    return first, n_pools, int(uniform(rules.seed, HABIT, active.vehicle[slot], 0, 0) * n_pools)


@kernel
def plug_power_w(row, pool, outlook):
    """Return the power that a vehicle class gets from a DC plug at best: the least of rating, current and curve."""
    plugs = outlook.plugs
    limit_w = outlook.plug_limit_w[row, plugs.power_class[pool]]
    return min(float(plugs.rated_power_w[pool]), float(limit_w), outlook.classes.peak_w[row])


@kernel
def keeps_to_the_road(slot, is_truck, rules, active):
    """Return whether this driver charges at service areas wherever one is in reach, and passes the towns by."""
    return not is_truck and uniform(rules.seed, HABIT, active.vehicle[slot], 0, 8) >= rules.exit_share


@kernel
def patience_of_s(slot, rules, active):
    """Return how long this driver waits: the configured mean times a uniform 0.5 to 1.5 that stays with it."""
    return int(rules.patience_s * (0.5 + uniform(rules.seed, HABIT, active.vehicle[slot], 0, 1)))


@kernel
def admits(network, slot, rules, active, outlook):
    """Return whether the plugs of a network are there for this vehicle; swap bays, where its battery can be changed."""
    if network == SWAPS:
        share = outlook.classes.swap_share[active.vehicle_class[slot]]
        return uniform(rules.seed, SWAP, active.vehicle[slot], 0, 0) < share
    return network == 0 or uniform(rules.seed, NETWORK, active.vehicle[slot], network, 0) < rules.admitted_share


@kernel
def pass_swaps(slot, first, place, n_pools, rules, active, outlook):
    """Return the place of a pool of the town, passing swap bays by that are not there for this driver."""
    for _ in range(n_pools):
        network = outlook.offers.network[first + place]
        if network != SWAPS or admits(network, slot, rules, active, outlook):
            break
        place = (place + 1) % n_pools
    return place


@kernel
def swap_gain_ws(row, energy_ws, rules, outlook):
    """Return what a swap gives to who comes with so much: at least what any stop adds."""
    capacity_ws = outlook.classes.capacity_ws[row]
    return max(int(rules.swap_soc * capacity_ws) - energy_ws, LEAST_GAIN_SOC * capacity_ws)


@kernel
def service_s(row, pool, need_ws, rules, outlook):
    """Return how long a driver takes a pool for: charging what it needs, or a swap."""
    if outlook.plugs.network[pool] == SWAPS:
        return float(rules.swap_s)
    return need_ws / plug_power_w(row, pool, outlook)


@kernel
def note_last_chance(slot, at, last, enough_ws, active, outlook):
    """Remember whether no stop lies behind the one picked that is still in reach after the way there and back.

    Then its queue is joined, however long.
    """
    if at == last or outlook.seen.energy_ws[last] < enough_ws:
        active.n_tries[slot] = HAS_TO_STAY
    elif active.n_tries[slot] == HAS_TO_STAY:
        active.n_tries[slot] = 0


@kernel
def way_to_town_m(node, at, outlook):
    """Return the way from a node to an offer in town."""
    return outlook.least_way_m + STREET_DETOUR * distance_m(
        outlook.nodes.lon[node], outlook.nodes.lat[node], outlook.offers.lon[at], outlook.offers.lat[at]
    )


@kernel
def approach(slot, pool, way_m, rules, active, wake_s, outlook, tally):
    """Drive through town to a pool."""
    active.pool[slot] = pool
    used_ws = town_ws(slot, way_m, active, wake_s, outlook)
    if use_energy(slot, used_ws, active, outlook, tally) > 0:
        strand(slot, wake_s[slot], APPROACH, rules, active, wake_s, tally)
        return
    count_way(slot, int(way_m), active, outlook, tally)
    active.phase[slot] = APPROACH
    wake_s[slot] += int(math.ceil(way_m / rules.town_speed_m_per_s))
