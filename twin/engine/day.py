"""A vehicle's day at home, in one go: it is planned at midnight and touches the window engine only if it has to go out.

Driving within the zone and charging at home or at the depot need no queue, so they need no window. A vehicle that starts
a trip or needs a public plug is called: it becomes active at the second that this plan names.
"""

from twin.behaviour import LEAST_USUAL_SOC, MARGIN, NEARLY_FULL_SOC
from twin.engine.itinerary import begin_next, is_posed
from twin.engine.local import DAY_PLAN, draw_local_day, quantile, usual_departure_s
from twin.engine.lot import HABIT
from twin.engine.plug import DEPOT, HOME, charge_privately, is_asked
from twin.engine.stay import is_low
from twin.engine.workplace import go_to_work, goes_to_work
from twin.kernels import kernel
from twin.physics import SECONDS_PER_HOUR
from twin.rng import Stream, uniform, uniform4
from twin.tables.state import (
    AT_REST,
    FAST,
    OUT,
    SLOW,
    SUM_DRIVEN_WS,
    SUM_FUEL_WS,
    SUM_TRIPS_NOT_MADE,
    TRIP,
    TRUCK,
)

DAY_S = 86_400
NEVER_LEAVES = 255
NO_DAY = 255
HEAVY_TRUCK = 4
DESTINATION, MEANS = int(Stream.DESTINATION), int(Stream.MEANS)


@kernel
def live_eve(first, last, rules, vehicles, classes, roads, trips):
    """Leave those who start a trip on day 0 with the battery that the eve of a trip would have left them.

    Reads: rules, classes, roads, trips. Writes: vehicles.
    """
    for vehicle in range(first, last):
        row = vehicles.vehicle_class[vehicle]
        if leaves_on(vehicle, 0, rules, vehicles, classes, roads, trips) < 0:
            continue
        soc = vehicles.energy_ws[vehicle] / classes.capacity_ws[row]
        if HOME <= vehicles.access[vehicle] <= DEPOT:
            vehicles.energy_ws[vehicle] = classes.capacity_ws[row]
        elif soc < rules.top_up_soc and not classes.has_engine[row]:
            vehicles.energy_ws[vehicle] = int(rules.trip_target_soc * classes.capacity_ws[row])


@kernel
def plan(first, last, day, rules, vehicles, classes, roads, local, trips, itineraries, part_ws, step_w, guidance, workplaces,
         calls, sums):  # fmt: skip
    """Plan a day for every vehicle at rest; return the number of calls.

    Reads: classes, roads, local, trips, guidance, workplaces. Writes: vehicles, itineraries, part_ws, step_w, calls, sums.
    """
    n_calls = 0
    for vehicle in range(first, last):
        if vehicles.state[vehicle] != AT_REST:
            continue
        errand = TRIP
        if is_posed(itineraries):
            second, goal = begin_next(vehicle, day * DAY_S, itineraries)
            second -= day * DAY_S
        else:
            second, zone = trip_of_the_day(vehicle, day, rules, vehicles, classes, roads, trips)
            goal = vehicles.place[vehicle]
            if second >= 0:
                goal = goal_county(vehicle, zone, day, rules, vehicles, roads)
                if not is_taken(vehicle, goal, day, rules, vehicles, classes, roads, local):
                    second = -1
                    sums[SUM_TRIPS_NOT_MADE] += 1
            if second < 0:
                goal = vehicles.place[vehicle]
                second, errand = local_day(
                    vehicle, day, rules, vehicles, classes, roads, local, trips, part_ws, step_w, guidance, workplaces, sums
                )
        if second < 0:
            continue
        vehicles.state[vehicle] = OUT
        calls.vehicle[n_calls] = vehicle
        calls.second[n_calls] = day * DAY_S + min(second, DAY_S - 1)
        calls.energy_ws[n_calls] = vehicles.energy_ws[vehicle]
        calls.goal[n_calls], calls.place[n_calls] = goal, vehicles.place[vehicle]
        calls.vehicle_class[n_calls], calls.errand[n_calls] = vehicles.vehicle_class[vehicle], errand
        n_calls += 1
    return n_calls


@kernel
def goal_county(vehicle, zone, day, rules, vehicles, roads):
    """Return the county of a destination zone in which a trip ends: home, or one drawn by population."""
    home = vehicles.home[vehicle]
    if roads.county_zone[home] == zone:
        return home
    u = uniform4(rules.seed, DESTINATION, vehicle, day, 0)[0]
    county, end = roads.zone_county[zone], roads.zone_county[zone + 1]
    while county < end - 1 and roads.county_share[county] <= u:
        county += 1
    return county


@kernel
def is_taken(vehicle, goal, day, rules, vehicles, classes, roads, local):
    """Return whether a vehicle at home is taken for a trip: it lasts from plug to plug, and its stops are not too many.

    The longest stretch, there and back, is driven at the mean of the route, with the driver's margin, from a full battery
    to the reserve. A car driver accepts each stop that the way there costs with the same chance.
    """
    row, here = vehicles.vehicle_class[vehicle], vehicles.place[vehicle]
    if classes.has_engine[row] or here != vehicles.home[vehicle]:
        return True
    origin, zone = roads.county_zone[here], roads.county_zone[goal]
    node = roads.zone_node[origin]
    is_truck = classes.kind[row] == HEAVY_TRUCK
    drag = float(roads.truck_drag[zone, node]) if is_truck else float(roads.drag[zone, node])
    gaps = roads.truck_gap_m if is_truck else roads.gap_m
    gap_m = max(gaps[zone, origin], gaps[origin, zone])
    ws_per_m = classes.road_a_ws_per_m[row] + classes.road_b_ws_per_m[row] * (drag / max(roads.way_m[zone, node], 1))
    street_ws = classes.city_ws_per_m[row] * (roads.access_m[here] + roads.access_m[goal])
    factor = MARGIN * local.consumption_factor[roads.county_province[here], day]
    full_ws = (NEARLY_FULL_SOC - rules.reserve_soc) * classes.capacity_ws[row]
    if factor * (gap_m * ws_per_m + street_ws) > full_ws:
        return False
    if is_truck:
        return True
    usual_ws = max(rules.fast_target_soc - rules.reserve_soc, LEAST_USUAL_SOC) * classes.capacity_ws[row]
    lack_ws = factor * (roads.way_m[zone, node] * ws_per_m + street_ws) - full_ws
    chance = 1.0
    while lack_ws > 0.0:
        lack_ws -= usual_ws
        chance *= rules.stop_acceptance
    return uniform(rules.seed, MEANS, vehicle, day, 0) < chance


@kernel
def trip_of_the_day(vehicle, day, rules, vehicles, classes, roads, trips):
    """Return (second of day, destination zone) of an inter-zone trip, or (-1, -1); sets the day of return."""
    group = classes.group[vehicles.vehicle_class[vehicle]]
    if group == NEVER_LEAVES or day >= trips.p_leave.shape[1]:
        return -1, -1
    zone = roads.county_zone[vehicles.place[vehicle]]
    home_zone = roads.county_zone[vehicles.home[vehicle]]
    if zone != home_zone:
        if day < vehicles.back_day[vehicle]:
            return -1, -1
        u_second = uniform4(rules.seed, DAY_PLAN, vehicle, day, 0)[3]
        return int(quantile(trips.return_quantile, group, day, u_second)), home_zone
    u_leave, u_column, u_keep, u_second = uniform4(rules.seed, DAY_PLAN, vehicle, day, 0)
    if u_leave >= trips.p_leave[group, day, zone]:
        return -1, -1
    u_nights = uniform4(rules.seed, DAY_PLAN, vehicle, day, 1)[0]
    nights = int(quantile(trips.stay_quantile, group, day, u_nights))
    table = trips.od_set[group, day, min(nights, 1)]
    goal = int(u_column * trips.alias_cut.shape[2])
    if u_keep >= trips.alias_cut[table, zone, goal]:
        goal = trips.alias_zone[table, zone, goal]
    vehicles.back_day[vehicle] = min(day + nights, NO_DAY - 1)
    return int(quantile(trips.depart_quantile, group, day, u_second)), goal


@kernel
def leaves_on(vehicle, day, rules, vehicles, classes, roads, trips):
    """Return the second of day at which a vehicle at home starts a trip on a coming day, or -1."""
    group = classes.group[vehicles.vehicle_class[vehicle]]
    if group == NEVER_LEAVES or day >= trips.p_leave.shape[1]:
        return -1
    u_leave, _, _, u_second = uniform4(rules.seed, DAY_PLAN, vehicle, day, 0)
    if u_leave >= trips.p_leave[group, day, roads.county_zone[vehicles.home[vehicle]]]:
        return -1
    return int(quantile(trips.depart_quantile, group, day, u_second))


@kernel
def local_day(vehicle, day, rules, vehicles, classes, roads, local, trips, part_ws, step_w, guidance, workplaces, sums):
    """Drive the local day, charge privately or ask for a public plug; return (second of day, errand) or (-1, -1)."""
    row = vehicles.vehicle_class[vehicle]
    kind = classes.kind[row]
    _, u_charge, u_slow, u_hybrid = uniform4(rules.seed, DAY_PLAN, vehicle, day, 2)
    need_ws, way_s, depart_s, back_s = draw_local_day(vehicle, day, rules, vehicles, classes, roads, local, sums)
    ready_s = 0
    if back_s > 0 and goes_to_work(vehicle, day, vehicles, workplaces):
        is_eve = leaves_on(vehicle, day + 1, rules, vehicles, classes, roads, trips) >= 0
        need_ws, depart_s = go_to_work(
            vehicle, day, need_ws, way_s, depart_s, back_s, is_eve, rules, vehicles, classes, roads, guidance, workplaces,
            part_ws, step_w, sums,
        )  # fmt: skip
        ready_s = depart_s
    energy_ws = int(vehicles.energy_ws[vehicle])
    if classes.has_engine[row] and need_ws > energy_ws:
        sums[SUM_FUEL_WS] += need_ws - energy_ws
        need_ws = energy_ws
    spare_ws = energy_ws - int(rules.reserve_soc * classes.capacity_ws[row])
    is_home = vehicles.place[vehicle] == vehicles.home[vehicle]
    if need_ws <= spare_ws or classes.has_engine[row]:
        left_ws = energy_ws - need_ws
        if is_home and HOME <= vehicles.access[vehicle] <= DEPOT:
            _drive(vehicle, need_ws, vehicles, sums)
            # Who stays at home was ready at the usual hour: until then the plug belongs to yesterday's stay.
            u_depart = uniform4(rules.seed, DAY_PLAN, vehicle, day, 1)[3]
            from_s = back_s if back_s > 0 else usual_departure_s(kind, day, u_depart, local)
            plug_in_at_home(
                vehicle, day, from_s, rules, vehicles, classes, roads, local, trips, part_ws, step_w, guidance, sums
            )
            return -1, -1
        if not wants_plug(vehicle, day, left_ws, u_hybrid, rules, vehicles, classes, roads, trips):
            _drive(vehicle, need_ws, vehicles, sums)
            return -1, -1
    second = int(quantile(local.charge_quantile, kind, day, u_charge))
    if need_ws > spare_ws:
        possible = max(spare_ws, 0) / max(need_ws, 1)
        second = max(min(second, depart_s + int(possible * (back_s - depart_s))), 0)
    elif uniform4(rules.seed, HABIT, vehicle, 0, 0)[3] < rules.price_response_share:
        hour = min(second // SECONDS_PER_HOUR, 23)
        second += (guidance.errand_h[roads.county_province[vehicles.place[vehicle]], hour] - hour) * SECONDS_PER_HOUR
    second = max(second, ready_s)
    done = min(max((second - depart_s) / max(back_s - depart_s, 1), 0.0), 1.0)
    before_ws = min(int(done * need_ws), max(spare_ws, 0)) if not classes.has_engine[row] else int(done * need_ws)
    _drive(vehicle, before_ws, vehicles, sums)
    vehicles.owed_ws[vehicle] = need_ws - before_ws
    if kind == HEAVY_TRUCK:
        return second, TRUCK
    is_slow = u_slow < rules.slow_share and need_ws == before_ws
    return second, SLOW if is_slow else FAST


@kernel
def _drive(vehicle, used_ws, vehicles, sums):
    """Take energy for driving out of the battery."""
    vehicles.energy_ws[vehicle] -= used_ws
    sums[SUM_DRIVEN_WS] += used_ws


@kernel
def wants_plug(vehicle, day, left_ws, u_hybrid, rules, vehicles, classes, roads, trips):
    """Return whether a driver without a plug of its own looks for a public one today."""
    row = vehicles.vehicle_class[vehicle]
    if is_low(vehicle, row, left_ws, u_hybrid, rules, classes):
        return True
    soc = left_ws / classes.capacity_ws[row]
    if soc >= rules.top_up_soc or classes.has_engine[row]:
        return False
    if vehicles.place[vehicle] != vehicles.home[vehicle]:
        return vehicles.back_day[vehicle] <= day + 1
    return leaves_on(vehicle, day + 1, rules, vehicles, classes, roads, trips) >= 0


@kernel
def plug_in_at_home(vehicle, day, from_s, rules, vehicles, classes, roads, local, trips, part_ws, step_w, guidance,
                    sums):  # fmt: skip
    """Use the plug at home or at the depot from a second of today to the next departure: a trip's, or the usual one."""
    until_s, home = leaves_on(vehicle, day + 1, rules, vehicles, classes, roads, trips), vehicles.home[vehicle]
    is_eve = until_s >= 0
    energy_ws, zone = int(vehicles.energy_ws[vehicle]), roads.county_zone[home]
    if not is_asked(vehicle, energy_ws, is_eve, zone, rules, vehicles, classes, guidance):
        return
    if not is_eve:
        u_depart = uniform4(rules.seed, DAY_PLAN, vehicle, day + 1, 1)[3]
        until_s = usual_departure_s(classes.kind[vehicles.vehicle_class[vehicle]], day + 1, u_depart, local)
    vehicles.energy_ws[vehicle] += charge_privately(
        vehicle, energy_ws, is_eve, day * DAY_S + from_s, (day + 1) * DAY_S + until_s, day, zone,
        roads.county_province[home], rules, vehicles, classes, guidance, part_ws, step_w, sums,
    )  # fmt: skip
