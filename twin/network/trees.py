"""Shortest-path trees as compiled loops: one tree at a time, so that memory does not grow with their number."""

from twin.kernels import kernel

FAR_MS = 1 << 62
"""Time left from a node from which no way leads to a root."""


@kernel
def grow_tree(roots, n_bits, in_first, in_link, in_tail, in_ms, left_ms, next_link, heap, order):
    """Grow the tree of fastest ways to the nearest root (Dijkstra 1959); return the number of nodes reached.

    Of equally fast links a node takes the one with the smallest id: every link that lies on a fastest way is looked at,
    since its head is settled before its tail. A heap entry is time and node in one number, so ties are settled by node.

    Reads: roots, in_first, in_link, in_tail, in_ms. Writes: left_ms, next_link, heap, order (nodes by time left).
    """
    for node in range(left_ms.shape[0]):
        left_ms[node] = FAR_MS
        next_link[node] = -1
    mask = (1 << n_bits) - 1
    size, n_reached = 0, 0
    for at in range(roots.shape[0]):
        left_ms[roots[at]] = 0
        rise(heap, size, roots[at])
        size += 1
    while size > 0:
        top = heap[0]
        size -= 1
        sink(heap, size)
        node, ms = top & mask, top >> n_bits
        if ms > left_ms[node]:
            continue
        order[n_reached] = node
        n_reached += 1
        for at in range(in_first[node], in_first[node + 1]):
            tail, longer_ms = in_tail[at], ms + in_ms[at]
            if longer_ms < left_ms[tail]:
                left_ms[tail], next_link[tail] = longer_ms, in_link[at]
                rise(heap, size, (longer_ms << n_bits) | tail)
                size += 1
            elif longer_ms == left_ms[tail] and in_link[at] < next_link[tail]:
                next_link[tail] = in_link[at]
    return n_reached


@kernel
def rise(heap, place, entry):
    """Put an entry at the end of a heap and let it rise. Reads: heap. Writes: heap."""
    while place > 0:
        above = (place - 1) >> 1
        if heap[above] <= entry:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = entry


@kernel
def sink(heap, size):
    """Close the gap at the top of a heap with its last entry, which stands at `size`. Reads: heap. Writes: heap."""
    entry, place = heap[size], 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= entry:
            break
        heap[place] = heap[below]
        place = below
    heap[place] = entry


@kernel
def sum_to_root(next_link, link_to, values, totals, walked):
    """Add up what the links of the way from each node to its root hold; nothing at a root, and where no way leads.

    Reads: next_link, link_to, values[n_links, n_columns] (0 or more). Writes: totals[n_nodes, n_columns], walked (room for
    the nodes of a way).
    """
    for node in range(totals.shape[0]):
        totals[node, 0] = -1
    for start in range(totals.shape[0]):
        node, n_walked = start, 0
        while totals[node, 0] < 0 and next_link[node] >= 0:
            walked[n_walked] = node
            n_walked += 1
            node = link_to[next_link[node]]
        if totals[node, 0] < 0:
            for column in range(totals.shape[1]):
                totals[node, column] = 0
        for back in range(n_walked - 1, -1, -1):
            link = next_link[walked[back]]
            for column in range(totals.shape[1]):
                totals[walked[back], column] = totals[link_to[link], column] + values[link, column]


@kernel
def mark_ways(tree, starts, next_link, link_to, seen, n_trees):
    """Count for every link the trees in which a way from one of the starts uses it.

    Reads: starts, next_link, link_to. Writes: seen (the last tree in which a node was passed), n_trees.
    """
    for at in range(starts.shape[0]):
        node = starts[at]
        while seen[node] != tree and next_link[node] >= 0:
            seen[node] = tree
            n_trees[next_link[node]] += 1
            node = link_to[next_link[node]]
