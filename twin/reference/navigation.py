"""Routes that follow the published speeds: the fastest ways to every zone, searched anew while roads fill and empty."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from twin.behaviour import NOTICED_DELAY
from twin.reference.plain import Link

if TYPE_CHECKING:
    from twin.reference.model import ReferenceModel

__all__ = ["Navigation"]


class Navigation:
    """What drivers who navigate know of their route: named as in the roads' table, by zone and node.

    Attributes
    ----------
    n_rerouted : int
        How often the routes were renewed.
    """

    def __init__(self, model: ReferenceModel) -> None:
        roads = model.roads
        self.zone_node: list[int] = roads.zone_node
        self.links, self.truck_kmh = model.links, model.rules.truck_speed_kmh
        self.into: list[list[Link]] = [[] for _ in roads.node_lon]
        for link in model.links:
            self.into[link.to_node].append(link)
        self.next_link = [list(row) for row in roads.next_link]
        self.way_m = [list(row) for row in roads.way_m]
        self.drag, self.truck_drag = ([list(row) for row in rows] for rows in (roads.drag, roads.truck_drag))
        self.time_ms = [link.free_ms for link in model.links]
        self.n_rerouted, self.events = 0, model.books.events

    def renew(self) -> None:
        """Take over the times that have become much longer or shorter; if there are any, search all ways anew."""
        published_ms = [max(round(link.free_ms * (link.published_free_kmh / link.speed_kmh)), 1) for link in self.links]
        times = list(zip(published_ms, self.time_ms, strict=True))
        found_ms = [new if abs(new - old) * NOTICED_DELAY > old else old for new, old in times]
        if found_ms != self.time_ms:
            self.time_ms = found_ms
            self.n_rerouted += 1
            self.events["rerouted"] += 1
            for zone in range(len(self.zone_node)):
                self.search(zone)

    def search(self, zone: int) -> None:
        """Find the fastest way to a zone from every node; of links equally fast the lower one is taken."""
        left_ms, entries = {self.zone_node[zone]: 0}, [(0, self.zone_node[zone])]
        settled: list[int] = []
        while entries:
            ms, node = heappop(entries)
            if ms > left_ms[node]:
                continue
            settled.append(node)
            for link in self.into[node]:
                longer_ms = ms + self.time_ms[link.row]
                if longer_ms < left_ms.get(link.from_node, longer_ms + 1):
                    left_ms[link.from_node] = longer_ms
                    heappush(entries, (longer_ms, link.from_node))
        for node in settled:
            self.next_link[zone][node] = -1
        sums: dict[int, tuple[int, ...]] = {self.zone_node[zone]: (0, 0, 0)}
        for node in settled[1:]:
            ways = (link for link in self.links if link.from_node == node and link.to_node in left_ms)
            link = min(ways, key=lambda link: (left_ms[link.to_node] + self.time_ms[link.row], link.row))
            self.next_link[zone][node] = link.row
            sums[node] = tuple(a + b for a, b in zip(sums[link.to_node], self.values(link), strict=True))
        for node, (way_m, drag, truck_drag) in sums.items():
            self.way_m[zone][node] = way_m
            self.drag[zone][node], self.truck_drag[zone][node] = float(np.float32(drag)), float(np.float32(truck_drag))

    def values(self, link: Link) -> tuple[int, ...]:
        """Return a link's length, and length x speed squared for cars and for trucks, to the whole number."""
        truck_kmh = min(link.free_kmh, self.truck_kmh)
        drags = (round(link.length_m * kmh * kmh) for kmh in (link.free_kmh, truck_kmh))
        return link.length_m, *drags
