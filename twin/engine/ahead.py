"""What a driver on a trip sees when looking down the road: how far the battery reaches, and where to stop.

The route is walked link by link, its time at the published speeds, its energy as on an empty road, since a jam may be
gone by then. Stops are the pools of service areas on the way and one pool in each town passed. The cheapest is taken by
generalised cost: expected wait, charging time, detour, price, and the stops that stopping early will cost later.
"""

import math

import numpy as np

from twin.behaviour import (
    CONTENT,
    LEAST_GAIN_SOC,
    LEAST_USUAL_SOC,
    MARGIN,
    N_SEEN,
    NEARLY_FULL_SOC,
    NEARLY_SOC,
    SLACK_SOC,
    STOP_OVERHEAD_S,
    TOP_UP_FIRST_SOC,
)
from twin.engine.lot import (
    HABIT,
    HEAVY_TRUCK,
    N_MARKETS,
    admits,
    approach,
    count_way,
    has_charged,
    keeps_to_the_road,
    n_known,
    note_last_chance,
    pass_swaps,
    plug_power_w,
    strand,
    swap_gain_ws,
    temperature_factor,
    town_ws,
    use_energy,
    way_to_town_m,
)
from twin.engine.route import energy_on_arrival_ws, present_node, renewals, tree_of
from twin.kernels import kernel
from twin.physics import road_consumption_ws_per_m
from twin.rng import Stream, uniform
from twin.tables.inputs import SERVES_CARS, SERVES_TRUCKS, SWAPS
from twin.tables.state import FAST, HAS_TO_STAY, ROAD, TRUCK

STOP, TOWN = int(Stream.STOP), int(Stream.TOWN)


@kernel
def decide_trip(slot, rules, active, wake_s, outlook, tally):
    """Set the next stop of a trip, or none, and take to the road; return whether to charge in town before driving on."""
    row = active.vehicle_class[slot]
    is_truck = outlook.classes.kind[row] == HEAVY_TRUCK
    if is_truck and has_charged(slot, active) and active.end_s[slot] - active.plug_in_s[slot] >= rules.rest_s:
        active.wheel_s[slot] = 0
    is_at_home = active.link[slot] < 0
    way_m = outlook.counties.access_m[active.place[slot]] if is_at_home else active.stop_m[slot]
    capacity_ws = outlook.classes.capacity_ws[row]
    reserve_ws = int(rules.reserve_soc * capacity_ws)
    active.stop_link[slot], active.pool[slot], active.is_booked[slot] = -1, -1, 0
    active.tree[slot], active.routes_seen[slot] = tree_of(slot, rules, active, outlook), renewals(outlook)
    if not outlook.classes.has_engine[row]:
        start_ws = active.energy_ws[slot] - town_ws(slot, way_m, active, wake_s, outlook)
        arrival_ws = energy_on_arrival_ws(slot, start_ws, active, wake_s, outlook)
        if arrival_ws < (reserve_ws // CONTENT if has_charged(slot, active) else reserve_ws):
            n_seen, is_short = look_ahead(slot, start_ws, reserve_ws, rules, active, wake_s, outlook)
            runs_short = n_seen == 0 or is_short
            can_prepare = is_at_home and n_known(slot, active, outlook) > 0
            if can_prepare and is_prepared(slot, runs_short, capacity_ws, rules, active):
                return True
            # A full battery is no reason to stay: who has one drives on, and may strand.
            is_here = n_seen == 0 and not is_at_home and active.energy_ws[slot] < NEARLY_FULL_SOC * capacity_ws
            if is_here:
                n_seen = look_around(slot, start_ws, reserve_ws, rules, active, wake_s, outlook)
            if n_seen > 0:
                at = pick_stop(slot, n_seen, arrival_ws, reserve_ws, rules, active, wake_s, outlook)
                back_ws = MARGIN * town_ws(slot, 2.0 * active.stop_m[slot], active, wake_s, outlook)
                note_last_chance(slot, at, (n_seen - 1) % N_SEEN, reserve_ws + back_ws, active, outlook)
                if rules.reservation_share > 0.0 and not is_here:
                    book_stop(slot, at, way_m, rules, active, wake_s, outlook)
            if n_seen > 0 and is_here:
                active.stop_link[slot], active.n_tries[slot] = -1, HAS_TO_STAY
                approach(slot, active.pool[slot], active.stop_m[slot], rules, active, wake_s, outlook, tally)
                return False
    take_the_road(slot, way_m, rules, active, wake_s, outlook, tally)
    return False


@kernel
def is_prepared(slot, runs_short, capacity_ws, rules, active):
    """Return whether this driver charges before setting out: all who would run short, some who would have to stop."""
    soc = active.energy_ws[slot] / capacity_ws
    if runs_short:
        return soc < rules.trip_target_soc - NEARLY_SOC
    return soc < TOP_UP_FIRST_SOC and uniform(rules.seed, HABIT, active.vehicle[slot], 0, 4) < rules.prepared_share


@kernel
def take_the_road(slot, way_m, rules, active, wake_s, outlook, tally):
    """Drive from the parking lot, or from home, to the road."""
    used_ws = town_ws(slot, way_m, active, wake_s, outlook)
    if use_energy(slot, used_ws, active, outlook, tally) > 0:
        strand(slot, wake_s[slot], ROAD, rules, active, wake_s, tally)
        return
    count_way(slot, way_m, active, outlook, tally)
    active.phase[slot] = ROAD
    wake_s[slot] += int(math.ceil(way_m / rules.town_speed_m_per_s))


@kernel
def look_ahead(slot, start_ws, reserve_ws, rules, active, wake_s, outlook):
    """Walk the route as far as the battery goes; return (number of stops seen, whether all eat into the reserve).

    `outlook.seen` receives the last N_SEEN stops in a ring. Most drivers of cars keep to service areas where they see one.
    """
    row = active.vehicle_class[slot]
    is_truck = outlook.classes.kind[row] == HEAVY_TRUCK
    factor = MARGIN * temperature_factor(slot, active, wake_s, outlook)
    tree, node = active.tree[slot], present_node(slot, active, outlook)
    end = outlook.zones.node[outlook.counties.zone[active.goal[slot]]]
    energy_ws, drive_s = float(start_ws), 0.0
    n_seen, is_short, has_area = 0, False, False
    passes_towns = active.n_tries[slot] < rules.n_tries and keeps_to_the_road(slot, is_truck, rules, active)
    while node != end:
        link = outlook.next_link[tree, node]
        speed_kmh = min(outlook.links.speed_kmh[link], rules.truck_speed_kmh) if is_truck else outlook.links.speed_kmh[link]
        empty_kmh = min(outlook.links.free_kmh[link], rules.truck_speed_kmh) if is_truck else outlook.links.free_kmh[link]
        energy_ws -= outlook.links.length_m[link] * road_consumption_ws_per_m(
            outlook.classes.road_a_ws_per_m[row], outlook.classes.road_b_ws_per_m[row], empty_kmh, factor
        )
        drive_s += outlook.links.length_m[link] * 3.6 / speed_kmh
        node = outlook.link_to[link]
        if energy_ws < reserve_ws and (n_seen > 0 or energy_ws <= 0.0):
            break
        is_short = energy_ws < reserve_ws
        n_before = n_seen
        n_seen = see_service_area(slot, link, is_truck, energy_ws, drive_s, n_seen, rules, active, outlook)
        is_area = n_seen > n_before
        if is_area and passes_towns and not has_area:
            # With the first service area the towns before it are forgotten: it is noted again, as the first stop.
            n_seen = see_service_area(slot, link, is_truck, energy_ws, drive_s, 0, rules, active, outlook)
        has_area = has_area or is_area
        if not is_area and node != end and not (passes_towns and has_area):
            n_seen = see_town(
                slot, link, node, is_truck, energy_ws, reserve_ws, factor, drive_s, n_seen, rules, active, outlook
            )
    return n_seen, is_short


@kernel
def look_around(slot, energy_ws, reserve_ws, rules, active, wake_s, outlook):
    """Note the stops at the node where the driver is: the last resort when none ahead is in reach, also one just left."""
    active.shunned[slot] = -1
    link, node = active.link[slot], present_node(slot, active, outlook)
    is_truck = outlook.classes.kind[active.vehicle_class[slot]] == HEAVY_TRUCK
    factor = temperature_factor(slot, active, wake_s, outlook)
    n_seen = see_service_area(slot, link, is_truck, energy_ws, 0.0, 0, rules, active, outlook)
    return see_town(slot, link, node, is_truck, energy_ws, 0, factor, 0.0, n_seen, rules, active, outlook)


@kernel
def see_service_area(slot, link, is_truck, energy_ws, drive_s, n_seen, rules, active, outlook):
    """Note the pools at the end of a link that are there for this vehicle; return the number of stops seen."""
    serves = SERVES_TRUCKS if is_truck else SERVES_CARS
    for at in range(outlook.link_pools.first[link], outlook.link_pools.first[link + 1]):
        pool = outlook.link_pools.pool[at]
        is_fit = outlook.plugs.serves[pool] & serves and not outlook.plugs.is_ac[pool] and pool != active.shunned[slot]
        if is_fit and admits(outlook.plugs.network[pool], slot, rules, active, outlook):
            n_seen = note_stop(pool, link, outlook.lot_m, energy_ws, drive_s, n_seen, outlook)
    return n_seen


@kernel
def see_town(slot, link, node, is_truck, energy_ws, reserve_ws, factor, drive_s, n_seen, rules, active, outlook):
    """Note one pool of the town at a node, the one that this driver would find, if the battery lasts until there."""
    at = town_pool(slot, node, is_truck, rules, active, outlook)
    if at < 0:
        return n_seen
    way_m = way_to_town_m(node, at, outlook)
    there_ws = energy_ws - way_m * outlook.classes.city_ws_per_m[active.vehicle_class[slot]] * factor
    if there_ws < reserve_ws and (n_seen > 0 or there_ws <= 0.0):
        return n_seen
    return note_stop(outlook.offers.pool[at], link, int(way_m), there_ws, drive_s, n_seen, outlook)


@kernel
def town_pool(slot, node, is_truck, rules, active, outlook):
    """Return the offer that this driver would find in the town at a node, or -1."""
    if outlook.nodes.county[node] < 0:
        return -1
    row = outlook.nodes.county[node] * N_MARKETS + (TRUCK if is_truck else FAST)
    n_pools = outlook.markets.first[row + 1] - outlook.markets.first[row]
    if n_pools == 0:
        return -1
    place = int(uniform(rules.seed, TOWN, active.vehicle[slot], node, 0) * n_pools)
    at = outlook.markets.first[row] + pass_swaps(slot, outlook.markets.first[row], place, n_pools, rules, active, outlook)
    is_open = admits(outlook.offers.network[at], slot, rules, active, outlook)
    return at if is_open and outlook.offers.pool[at] != active.shunned[slot] else -1


@kernel
def note_stop(pool, link, detour_m, energy_ws, drive_s, n_seen, outlook):
    """Keep a stop in mind in place of the one seen N_SEEN stops ago; return the number of stops seen."""
    at = n_seen % N_SEEN
    outlook.seen.pool[at], outlook.seen.link[at], outlook.seen.detour_m[at] = pool, link, detour_m
    outlook.seen.energy_ws[at], outlook.seen.drive_s[at] = energy_ws, drive_s
    return n_seen + 1


@kernel
def pick_stop(slot, n_seen, arrival_ws, reserve_ws, rules, active, wake_s, outlook):
    """Take the stop of least generalised cost among those in mind, ties to the lower pool; return which.

    Reads: rules, wake_s, outlook. Writes: active.
    """
    seen, row = outlook.seen, active.vehicle_class[slot]
    # What the trip lacks has to be bought somewhere: its price and time are compared plug by plug, whatever is taken here.
    lack_ws = reserve_ws - arrival_ws
    usual_ws = max(rules.fast_target_soc - rules.reserve_soc, LEAST_USUAL_SOC) * outlook.classes.capacity_ws[row]
    knows_waits = is_informed(slot, rules, active)
    best, best_cost = -1, np.inf
    for at in range(min(n_seen, N_SEEN)):
        pool = seen.pool[at]
        gain_ws = stop_target_ws(at, row, arrival_ws, reserve_ws, rules, outlook) - seen.energy_ws[at]
        seconds = 2.0 * seen.detour_m[at] / rules.town_speed_m_per_s
        if knows_waits:
            seconds += outlook.board_wait_s[pool]
        if outlook.plugs.network[pool] == SWAPS:
            gain_ws = swap_gain_ws(row, seen.energy_ws[at], rules, outlook)
            seconds += lack_ws * rules.swap_s / gain_ws
        else:
            seconds += lack_ws / plug_power_w(row, pool, outlook)
        seconds += STOP_OVERHEAD_S * math.ceil(max(lack_ws - gain_ws, 0.0) / usual_ws)
        hour = int(wake_s[slot] + seen.drive_s[at]) // 3600 % 24
        cost = (
            seconds * rules.value_of_time_cny_per_s + lack_ws / 3.6e6 * outlook.prices[outlook.plugs.price_row[pool], hour]
        )
        # A driver's taste for one place or another: Gumbel-distributed, so that the choice is a logit (McFadden 1974).
        taste = uniform(rules.seed, STOP, active.vehicle[slot], wake_s[slot], pool & 0xFFFF)
        cost += rules.taste_cny * math.log(-math.log(taste + 1e-12) + 1e-300)
        if cost < best_cost or (cost == best_cost and pool < seen.pool[best]):
            best, best_cost = at, cost
    active.pool[slot], active.stop_link[slot], active.stop_m[slot] = (
        seen.pool[best],
        seen.link[best],
        seen.detour_m[best],
    )
    active.target_ws[slot] = int(stop_target_ws(best, row, arrival_ws, reserve_ws, rules, outlook))
    return best


@kernel
def is_informed(slot, rules, active):
    """Return whether this driver looks up the waits ahead: some always do, everybody after having been turned away."""
    was_turned_away = 0 < active.n_tries[slot] < HAS_TO_STAY
    return was_turned_away or uniform(rules.seed, HABIT, active.vehicle[slot], 0, 6) < rules.informed_share


@kernel
def book_stop(slot, at, way_m, rules, active, wake_s, outlook):
    """Book a plug of the stop just picked for the second of arrival at the published speeds, if this driver books."""
    if uniform(rules.seed, HABIT, active.vehicle[slot], 0, 5) < rules.reservation_share:
        way_s = (way_m + outlook.seen.detour_m[at]) / rules.town_speed_m_per_s
        active.is_booked[slot] = 1
        active.booked_s[slot] = int(wake_s[slot] + outlook.seen.drive_s[at] + way_s)


@kernel
def stop_target_ws(at, row, arrival_ws, reserve_ws, rules, outlook):
    """Return what to charge to: the fast target, or more if that is enough to arrive with the reserve.

    Enough includes the way from the pool back to the road and some slack, or the next look ahead would ask for another stop.
    """
    capacity_ws, at_ws = outlook.classes.capacity_ws[row], outlook.seen.energy_ws[at]
    way_ws = 2.0 * MARGIN * outlook.seen.detour_m[at] * outlook.classes.city_ws_per_m[row]
    enough_ws = at_ws + (reserve_ws - arrival_ws) + way_ws + SLACK_SOC * capacity_ws
    if enough_ws > NEARLY_FULL_SOC * capacity_ws or enough_ws < rules.fast_target_soc * capacity_ws:
        enough_ws = rules.fast_target_soc * capacity_ws
    return min(max(enough_ws, at_ws + LEAST_GAIN_SOC * capacity_ws), float(capacity_ws))
