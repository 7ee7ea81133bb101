"""The route that a driver follows: that of empty roads, or where it navigates that of the published speeds."""

from twin.behaviour import MARGIN
from twin.engine.lot import HABIT, HEAVY_TRUCK, temperature_factor
from twin.kernels import kernel
from twin.rng import uniform


@kernel
def tree_of(slot, rules, active, outlook):
    """Return the tree of routes that a driver follows, a row of `Outlook.next_link`."""
    zone, n_zones = outlook.counties.zone[active.goal[slot]], outlook.zones.node.shape[0]
    if outlook.next_link.shape[0] == n_zones:
        return zone
    return zone + n_zones * (uniform(rules.seed, HABIT, active.vehicle[slot], 0, 7) < rules.navigation_share)


@kernel
def present_node(slot, active, outlook):
    """Return the node at which a vehicle stands: the end of its link, or its zone's node before it takes to the road."""
    if active.link[slot] >= 0:
        return outlook.links.to_node[active.link[slot]]
    return outlook.zones.node[outlook.counties.zone[active.place[slot]]]


@kernel
def energy_on_arrival_ws(slot, start_ws, rules, active, wake_s, outlook):
    """Return the energy with which a trip would end without a stop, on an empty road and with the driver's margin."""
    row, goal = active.vehicle_class[slot], active.goal[slot]
    at = tree_of(slot, rules, active, outlook) * outlook.next_link.shape[1] + present_node(slot, active, outlook)
    is_truck = outlook.classes.kind[row] == HEAVY_TRUCK
    drag = float(outlook.ways.truck_drag[at]) if is_truck else float(outlook.ways.drag[at])
    road_ws = outlook.classes.road_a_ws_per_m[row] * outlook.ways.way_m[at] + outlook.classes.road_b_ws_per_m[row] * drag
    street_ws = outlook.classes.city_ws_per_m[row] * outlook.counties.access_m[goal]
    return start_ws - MARGIN * temperature_factor(slot, active, wake_s, outlook) * (road_ws + street_ws)


@kernel
def has_lost_stop(slot, tree, active, outlook):
    """Return whether the routes were renewed since a driver planned its stop, and the way does not lead there any more.

    Who has not driven a link yet finds out at the end of the first. Reads: outlook. Writes: active.
    """
    n_rerouted, n_zones = outlook.n_rerouted[0], outlook.zones.node.shape[0]
    if tree < n_zones or active.link[slot] < 0 or active.stop_link[slot] < 0 or active.routes_seen[slot] == n_rerouted:
        return False
    active.routes_seen[slot] = n_rerouted
    node, end = present_node(slot, active, outlook), outlook.zones.node[tree - n_zones]
    while node != end:
        link = outlook.next_link[tree, node]
        if link == active.stop_link[slot]:
            return False
        node = outlook.links.to_node[link]
    return True


@kernel
def note_ways(tree, order, n_reached, next_link, link_to, values, room, ways):
    """Write down the road left from every node along a tree, the nearest to its root first.

    Reads: order, next_link, link_to, values[n_links, 3] (whole numbers, as the columns of `Ways`). Writes: room[n_nodes, 3],
    ways.
    """
    for at in range(n_reached):
        node = order[at]
        link = next_link[node]
        for column in range(3):
            room[node, column] = 0 if link < 0 else room[link_to[link], column] + values[link, column]
        row = tree * next_link.shape[0] + node
        ways.way_m[row], ways.drag[row], ways.truck_drag[row] = room[node, 0], room[node, 1], room[node, 2]
