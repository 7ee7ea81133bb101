"""The route that a driver follows: that of empty roads, or where it navigates that of the published speeds."""

from twin.engine.lot import HABIT
from twin.kernels import kernel
from twin.rng import uniform


@kernel
def tree_of(slot, rules, active, outlook):
    """Return the tree of routes that a driver follows, a row of `Outlook.next_link`."""
    zone, n_zones = outlook.counties.zone[active.goal[slot]], outlook.zones.node.shape[0]
    if outlook.next_link.shape[0] == n_zones:
        return zone
    return zone + n_zones * (uniform(rules.seed, HABIT, active.vehicle[slot], 0, 6) < rules.navigation_share)


@kernel
def present_node(slot, active, outlook):
    """Return the node at which a vehicle stands: the end of its link, or its zone's node before it takes to the road."""
    if active.link[slot] >= 0:
        return outlook.links.to_node[active.link[slot]]
    return outlook.zones.node[outlook.counties.zone[active.place[slot]]]


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
