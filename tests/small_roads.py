"""Road graphs of a few nodes, by hand or by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from twin.network import Network
from twin.network.graph import make_network


def small_network(links: list[tuple[int, int, int]], n_nodes: int, zone_node: list[int], **changed: Any) -> Network:
    """Links (from, to, seconds at 36 km/h, that is 10 m a second)."""
    start, end, time_s = (np.array(column, np.int32) for column in zip(*links, strict=True))
    columns = {
        "link_from": start,
        "link_to": end,
        "link_length_m": time_s * 10,
        "link_free_speed_kmh": np.full(len(links), 36.0),
        "link_capacity_per_h": np.full(len(links), 1000.0),
        "link_kind": np.zeros(len(links), np.uint8),
        "link_line": np.full(len(links), -1, np.int16),
        "link_reverse": np.full(len(links), -1, np.int32),
        "link_id": np.array([f"link {k}" for k in range(len(links))], object),
        "line_names": np.array([], object),
        "node_lon": np.arange(n_nodes) * 0.1 + 100,
        "node_lat": np.full(n_nodes, 30.0),
        "node_names": np.array([f"node {k}" for k in range(n_nodes)], object),
        "node_province": np.zeros(n_nodes, np.int32),
        "node_zone": np.full(n_nodes, -1, np.int32),
        "zone_node": np.array(zone_node, np.int32),
        **{f"site_{name}": np.array([], object) for name in ("id", "names", "names_zh")},
        **{f"site_{name}": np.array([], np.int32) for name in ("link", "province")},
        **{f"site_{name}": np.array([], np.float64) for name in ("lon", "lat")},
        "provenance": {"source": "small"},
    }
    return make_network(**{**columns, **changed})


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A ring, so that all is connected, with chords; few distinct times, so that ties are common."""
    n_nodes = draw(st.integers(2, 12))
    node, time_s = st.integers(0, n_nodes - 1), st.integers(1, 4)
    links = [(k, (k + 1) % n_nodes, draw(time_s)) for k in range(n_nodes)]
    links += [link for link in draw(st.lists(st.tuples(node, node, time_s), max_size=30)) if link[0] != link[1]]
    zone_node = draw(st.lists(node, min_size=1, max_size=5, unique=True))
    return small_network(links, n_nodes, zone_node)
