"""Trees of routes, written where drivers look: the next link from every node, and the road left from there."""

from twin.kernels import kernel


@kernel
def lay_tree(links, link_from, link_to, values, first_row, next_link, ways, totals):
    """Write a tree that is given as its links from the root on, and what adds up along them to the root.

    A link comes after the one it leads to, so each adds to a sum that is there already; nothing adds up at the root, and
    where no way leads.

    Reads: links (-1 behind the last), link_from, link_to, values[n_links, way and drags], first_row (of the tree's ways).
    Writes: next_link, ways, totals (room: n_nodes, as many columns as values).
    """
    next_link[:] = -1
    totals[:] = 0
    for at in range(links.shape[0]):
        link = links[at]
        if link < 0:
            break
        node, ahead = link_from[link], link_to[link]
        next_link[node] = link
        for column in range(totals.shape[1]):
            totals[node, column] = totals[ahead, column] + values[link, column]
    for node in range(totals.shape[0]):
        row = first_row + node
        ways.way_m[row], ways.drag[row], ways.truck_drag[row] = totals[node, 0], totals[node, 1], totals[node, 2]
