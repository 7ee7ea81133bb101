"""The route that a driver follows: that of empty roads, or where it navigates that of the published speeds."""

import math

import numpy as np

from twin.behaviour import MARGIN
from twin.engine.lot import HABIT, HEAVY_TRUCK, temperature_factor
from twin.kernels import kernel
from twin.physics import road_consumption_ws_per_m
from twin.rng import uniform


@kernel
def tree_of(slot, rules, active, outlook):
    """Return the tree of routes that a driver will follow, a row of `Outlook.next_link`."""
    zone, n_zones = outlook.counties.zone[active.goal[slot]], outlook.zones.node.shape[0]
    if outlook.next_link.shape[0] == n_zones:
        return zone
    return zone + n_zones * (uniform(rules.seed, HABIT, active.vehicle[slot], 0, 7) < rules.navigation_share)


@kernel
def present_node(slot, active, outlook):
    """Return the node at which a vehicle stands: the end of its link, or its zone's node before it takes to the road."""
    if active.link[slot] >= 0:
        return outlook.link_to[active.link[slot]]
    return outlook.zones.node[outlook.counties.zone[active.place[slot]]]


@kernel
def way_left(slot, tree, active, outlook):
    """Return the row of `Outlook.ways` that tells the road left to a driver."""
    return np.int64(tree) * outlook.next_link.shape[1] + present_node(slot, active, outlook)


@kernel
def energy_on_arrival_ws(slot, start_ws, active, wake_s, outlook):
    """Return the energy with which a trip would end without a stop, on an empty road and with the driver's margin."""
    row, goal = active.vehicle_class[slot], active.goal[slot]
    at = way_left(slot, active.tree[slot], active, outlook)
    is_truck = outlook.classes.kind[row] == HEAVY_TRUCK
    drag = float(outlook.ways.truck_drag[at]) if is_truck else float(outlook.ways.drag[at])
    road_ws = outlook.classes.road_a_ws_per_m[row] * outlook.ways.way_m[at] + outlook.classes.road_b_ws_per_m[row] * drag
    street_ws = outlook.classes.city_ws_per_m[row] * outlook.counties.access_m[goal]
    return start_ws - MARGIN * temperature_factor(slot, active, wake_s, outlook) * (road_ws + street_ws)


@kernel
def has_to_look_again(slot, rules, active, wake_s, outlook):
    """Return whether the routes were renewed since a driver looked down the road, and its plan does not hold any more.

    The way does not lead to the planned stop, or the battery does not carry there, or without a stop to the destination,
    with the reserve. Who has not driven a link yet finds out at the end of the first. Reads: outlook. Writes: active.
    """
    n_rerouted = renewals(outlook)
    if active.routes_seen[slot] == n_rerouted or active.tree[slot] < outlook.zones.node.shape[0] or active.link[slot] < 0:
        return False
    active.routes_seen[slot] = n_rerouted
    row = active.vehicle_class[slot]
    if outlook.classes.has_engine[row]:
        return False
    reserve_ws = int(rules.reserve_soc * outlook.classes.capacity_ws[row])
    if active.stop_link[slot] < 0:
        return energy_on_arrival_ws(slot, active.energy_ws[slot], active, wake_s, outlook) < reserve_ws
    return energy_at_stop_ws(slot, rules, active, wake_s, outlook) < reserve_ws


@kernel
def renewals(outlook):
    """Return how often the routes were renewed, as it is noted with a vehicle."""
    return outlook.n_rerouted[0] & 0xFFFF


@kernel
def energy_at_stop_ws(slot, rules, active, wake_s, outlook):
    """Return the energy with which a driver comes to its stop, with its margin; -1 where the way does not lead there."""
    row = active.vehicle_class[slot]
    most_kmh = rules.truck_speed_kmh if outlook.classes.kind[row] == HEAVY_TRUCK else math.inf
    factor = MARGIN * temperature_factor(slot, active, wake_s, outlook)
    link = outlook.next_link[active.tree[slot], present_node(slot, active, outlook)]
    energy_ws = float(active.energy_ws[slot])
    while link >= 0:
        energy_ws -= outlook.links.length_m[link] * road_consumption_ws_per_m(
            outlook.classes.road_a_ws_per_m[row],
            outlook.classes.road_b_ws_per_m[row],
            min(outlook.links.free_kmh[link], most_kmh),
            factor,
        )
        if link == active.stop_link[slot]:
            return energy_ws - active.stop_m[slot] * outlook.classes.city_ws_per_m[row] * factor
        link = outlook.next_link[active.tree[slot], outlook.link_to[link]]
    return -1.0
