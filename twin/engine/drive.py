"""Phase `drive`: everything on the road moves up to the end of the window, link by link at the published speeds.

A link's speed and energy are fixed when it is entered. A battery that empties on a link strands the vehicle at the
second and metre where it does; a tow truck takes it to the link's end.
"""

import math

import numpy as np

from twin.behaviour import TURNAROUND_S, WORRY_RESERVES
from twin.engine.ahead import town_pool
from twin.engine.itinerary import begin_next, end_present, is_posed
from twin.engine.local import quantile
from twin.engine.lot import (
    DAY_PLAN,
    HEAVY_TRUCK,
    admits,
    approach,
    count_way,
    keeps_to_the_road,
    patience_of_s,
    rescue,
    rest,
    service_s,
    strand,
    temperature_factor,
    town_ws,
    use_energy,
    way_to_town_m,
)
from twin.engine.route import has_to_look_again, present_node
from twin.engine.stay import stay
from twin.kernels import kernel
from twin.physics import road_consumption_ws_per_m
from twin.rng import uniform4
from twin.tables.state import (
    APPROACH,
    ARRIVED,
    DECIDE,
    EGRESS,
    HELD_S,
    NO_VISIT,
    ROAD,
    STRANDED,
    SUM_ERRANDS_BEGUN,
    SUM_EXPRESSWAY_ENTRIES,
    SUM_TRIPS_BEGUN,
    SUM_TRIPS_ENDED,
    SUM_TRUCK_EXPRESSWAY_ENTRIES,
    SUM_TRUCK_TRIPS_BEGUN,
    SUM_TRUCK_TRIPS_ENDED,
    TRIP,
    WORRIED,
)

DAY_S = 86_400


@kernel
def drive(slot, window_end_s, rules, active, wake_s, vehicles, outlook, entered, tally):
    """Move a vehicle up to the end of the window; return whether it arrives at a station.

    Reads: rules, outlook. Writes: active, wake_s, vehicles, outlook (itineraries), entered, tally.
    """
    while wake_s[slot] < window_end_s:
        phase = active.phase[slot]
        if phase == ROAD:
            end_of_link(slot, window_end_s, rules, active, wake_s, outlook, entered, tally)
        elif phase == APPROACH:
            arrive(slot, active, wake_s)
            return True
        elif phase == EGRESS:
            end_of_trip(slot, rules, active, wake_s, vehicles, outlook, tally)
        elif phase == STRANDED:
            rescue(slot, rules, active, outlook, tally)
            if active.phase[slot] == EGRESS:
                be_there(slot, rules, active, wake_s, vehicles, outlook, tally)
        else:
            break
    return False


@kernel
def arrive(slot, active, wake_s):
    """Stop at the station; from here on the station's clock holds the vehicle."""
    active.arrival_s[slot] = wake_s[slot]
    active.phase[slot] = ARRIVED
    wake_s[slot] = HELD_S


@kernel
def end_of_link(slot, window_end_s, rules, active, wake_s, outlook, entered, tally):
    """At a node: leave the road for the pool, leave it for the destination, or enter the next link."""
    link = active.link[slot]
    if link >= 0 and link == active.stop_link[slot]:
        pool, way_m = on_the_lot(slot, link, rules, active, wake_s, outlook)
        active.stop_m[slot] = int(way_m)
        approach(slot, pool, float(active.stop_m[slot]), rules, active, wake_s, outlook, tally)
        return
    link_ahead = outlook.next_link[active.tree[slot], present_node(slot, active, outlook)]
    if link_ahead < 0:
        active.phase[slot] = EGRESS
        wake_s[slot] += int(math.ceil(outlook.counties.access_m[active.goal[slot]] / rules.town_speed_m_per_s))
        return
    if has_to_look_again(slot, rules, active, wake_s, outlook):
        active.phase[slot], active.stop_m[slot], active.outcome[slot] = DECIDE, 0, NO_VISIT
        return
    if is_worried(slot, link, rules, active, outlook):
        active.phase[slot], active.stop_m[slot] = DECIDE, 0
        wake_s[slot] = window_end_s
        return
    enter_link(slot, link_ahead, rules, active, wake_s, outlook, entered, tally)


@kernel
def on_the_lot(slot, link, rules, active, wake_s, outlook):
    """Return the pool taken on reaching a stop, and the way: the one booked, or the one that is done first.

    On a lot the driver sees all its pools. It knows one in the town at the next exit if it leaves the road for towns, or
    could only wait here, longer than it would if it had a choice.
    """
    best, best_way_m = active.pool[slot], float(active.stop_m[slot])
    first, end = outlook.link_pools.first[link], outlook.link_pools.first[link + 1]
    is_here = False
    for at in range(first, end):
        is_here = is_here or outlook.link_pools.pool[at] == best
    if not is_here or active.is_booked[slot]:
        return best, best_way_m
    row = active.vehicle_class[slot]
    need_ws = active.target_ws[slot] - active.energy_ws[slot]
    serves, best_s = outlook.plugs.serves[best], np.inf
    for at in range(first, end):
        pool = outlook.link_pools.pool[at]
        seconds = outlook.board_wait_s[pool] + service_s(row, pool, need_ws, rules, outlook)
        is_fit = outlook.plugs.serves[pool] & serves == serves and not outlook.plugs.is_ac[pool]
        if is_fit and seconds < best_s and admits(outlook.plugs.network[pool], slot, rules, active, outlook):
            best, best_s = pool, seconds
    node, is_truck = outlook.link_to[link], outlook.classes.kind[row] == HEAVY_TRUCK
    is_stuck = active.n_tries[slot] >= rules.n_tries and outlook.board_wait_s[best] > patience_of_s(slot, rules, active)
    if not is_stuck and keeps_to_the_road(slot, is_truck, rules, active):
        return best, best_way_m
    at = town_pool(slot, node, is_truck, rules, active, outlook)
    if at >= 0:
        way_m = way_to_town_m(node, at, outlook)
        seconds = outlook.board_wait_s[outlook.offers.pool[at]] + 2.0 * (way_m - best_way_m) / rules.town_speed_m_per_s
        seconds += service_s(row, outlook.offers.pool[at], need_ws, rules, outlook)
        if seconds < best_s and town_ws(slot, way_m, active, wake_s, outlook) < active.energy_ws[slot]:
            return outlook.offers.pool[at], way_m
    return best, best_way_m


@kernel
def is_worried(slot, link, rules, active, outlook):
    """Return whether a driver who meant to drive through looks again: the battery is lower than it should be."""
    row = active.vehicle_class[slot]
    if active.outcome[slot] == WORRIED:
        active.outcome[slot] = NO_VISIT
        return False
    if link < 0 or active.stop_link[slot] >= 0 or outlook.classes.has_engine[row]:
        return False
    if active.energy_ws[slot] >= WORRY_RESERVES * rules.reserve_soc * outlook.classes.capacity_ws[row]:
        return False
    active.outcome[slot] = WORRIED
    return True


@kernel
def enter_link(slot, link, rules, active, wake_s, outlook, entered, tally):
    """Drive a link at the speed published for it, or as far as the battery goes; lorry drivers take their rest before."""
    row = active.vehicle_class[slot]
    speed_kmh = outlook.links.speed_kmh[link]
    length_m = outlook.links.length_m[link]
    if outlook.classes.kind[row] == HEAVY_TRUCK:
        speed_kmh = min(speed_kmh, rules.truck_speed_kmh)
    drive_s = int(math.ceil(length_m * 3.6 / speed_kmh))
    if outlook.classes.kind[row] == HEAVY_TRUCK and active.wheel_s[slot] + drive_s > rules.rest_after_s:
        wake_s[slot] += rules.rest_s
        active.wheel_s[slot] = 0
    factor = temperature_factor(slot, active, wake_s, outlook)
    per_m = road_consumption_ws_per_m(
        outlook.classes.road_a_ws_per_m[row], outlook.classes.road_b_ws_per_m[row], speed_kmh, factor
    )
    used_ws = int(length_m * per_m)
    is_entry = outlook.links.is_expressway[link] == 1 and not is_on_expressway(slot, active, outlook)
    tally.sums[SUM_EXPRESSWAY_ENTRIES] += is_entry
    tally.sums[SUM_TRUCK_EXPRESSWAY_ENTRIES] += is_entry and outlook.classes.kind[row] == HEAVY_TRUCK
    active.link[slot] = link
    entered[link] += 1
    short_ws = use_energy(slot, used_ws, active, outlook, tally)
    if short_ws > 0:
        done = 1.0 - short_ws / used_ws
        count_way(slot, int(length_m * done), active, outlook, tally)
        strand(slot, wake_s[slot] + int(drive_s * done), ROAD, rules, active, wake_s, tally)
        return
    count_way(slot, length_m, active, outlook, tally)
    active.wheel_s[slot] += drive_s
    wake_s[slot] += drive_s


@kernel
def is_on_expressway(slot, active, outlook):
    """Return whether the link driven last on this trip is part of an expressway."""
    link = active.link[slot]
    return link >= 0 and outlook.links.is_expressway[link] == 1


@kernel
def end_of_trip(slot, rules, active, wake_s, vehicles, outlook, tally):
    """Drive from the road to the destination."""
    way_m = outlook.counties.access_m[active.goal[slot]]
    used_ws = town_ws(slot, way_m, active, wake_s, outlook)
    if use_energy(slot, used_ws, active, outlook, tally) > 0:
        strand(slot, wake_s[slot], EGRESS, rules, active, wake_s, tally)
        return
    count_way(slot, way_m, active, outlook, tally)
    be_there(slot, rules, active, wake_s, vehicles, outlook, tally)


@kernel
def be_there(slot, rules, active, wake_s, vehicles, outlook, tally):
    """Be at the destination: stay there, or begin another trip on the same day."""
    vehicle, goal = active.vehicle[slot], active.goal[slot]
    is_truck = outlook.classes.kind[active.vehicle_class[slot]] == HEAVY_TRUCK
    tally.sums[SUM_TRIPS_ENDED] += 1
    tally.sums[SUM_TRUCK_TRIPS_ENDED] += is_truck
    active.place[slot] = goal
    if not is_posed(outlook.itineraries):
        second, goal = way_back(slot, rules, active, wake_s, vehicles, outlook)
        set_out_or_rest(slot, goal, second, active, wake_s, vehicles, outlook, tally)
        return
    end_present(vehicle, wake_s[slot], outlook.itineraries)
    errand = stay(slot, rules, active, wake_s, vehicles, outlook, tally)
    if errand == TRIP:
        go_on(slot, active, wake_s, vehicles, outlook, tally)
        return
    begin_trip(slot, goal, wake_s[slot], active, wake_s)
    active.errand[slot] = errand
    tally.sums[SUM_ERRANDS_BEGUN] += 1


@kernel
def go_on(slot, active, wake_s, vehicles, outlook, tally):
    """Begin the next set trip if it is due before midnight, or rest; in a nation no trip is set."""
    second, goal = -1, -1
    if is_posed(outlook.itineraries):
        second, goal = begin_next(active.vehicle[slot], wake_s[slot], outlook.itineraries)
    set_out_or_rest(slot, goal, second, active, wake_s, vehicles, outlook, tally)


@kernel
def set_out_or_rest(slot, goal, second, active, wake_s, vehicles, outlook, tally):
    """Begin a trip to a county at a second, or rest where that is before all time."""
    if second < 0:
        rest(slot, active, wake_s, vehicles)
        return
    begin_trip(slot, goal, second, active, wake_s)
    active.errand[slot] = TRIP
    tally.sums[SUM_TRIPS_BEGUN] += 1
    tally.sums[SUM_TRUCK_TRIPS_BEGUN] += outlook.classes.kind[active.vehicle_class[slot]] == HEAVY_TRUCK


@kernel
def way_back(slot, rules, active, wake_s, vehicles, outlook):
    """Return (second, home) of a return on the same day, or (-1, -1) where the vehicle stays."""
    vehicle, day = active.vehicle[slot], wake_s[slot] // DAY_S
    home = vehicles.home[vehicle]
    if active.place[slot] == home or vehicles.back_day[vehicle] > day:
        return -1, -1
    group = outlook.classes.group[active.vehicle_class[slot]]
    u_second = uniform4(rules.seed, DAY_PLAN, vehicle, day, 3)[0]
    back_s = day * DAY_S + int(
        quantile(outlook.return_quantile, group, min(day, outlook.return_quantile.shape[1] - 1), u_second)
    )
    return max(back_s, wake_s[slot] + TURNAROUND_S), home


@kernel
def begin_trip(slot, goal, second, active, wake_s):
    """Set out for a county at a second, with nothing behind: no stop, no try, no hour at the wheel."""
    active.phase[slot] = DECIDE
    active.outcome[slot] = NO_VISIT
    active.n_tries[slot], active.is_booked[slot] = 0, 0
    active.goal[slot] = goal
    wake_s[slot] = second
    active.link[slot], active.stop_link[slot], active.pool[slot], active.shunned[slot] = -1, -1, -1, -1
    active.stop_m[slot], active.wheel_s[slot] = 0, 0
