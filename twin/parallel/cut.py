"""Where a run is cut: zones in a row for each worker, with about the same work."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from twin.engine.peers import Part
from twin.engine.world import Given
from twin.errors import EngineError

__all__ = ["cut_by_load"]


def cut_by_load(given: Given, n_parts: int) -> tuple[Part, ...]:
    """Return a part for each worker, of whole zones and about the same load; some are empty where zones are few.

    Half of a window's work is done for vehicles and half for plugs, so a zone weighs what it has of both.

    Raises
    ------
    EngineError
        If vehicles are not sorted by home.
    """
    home, zone = given.vehicles.home, given.stations.zone
    if np.any(home[1:] < home[:-1]):
        raise EngineError("vehicles: found homes in no order; wanted vehicles sorted by home zone; run without --address")
    first_vehicle = np.searchsorted(home, given.roads.zone_county).astype(np.int64)
    n_zones = len(first_vehicle) - 1
    n_evse = np.bincount(zone[given.pools.station], given.pools.n_evse, n_zones)
    n_vehicles = np.diff(first_vehicle)
    load = n_vehicles / max(n_vehicles.sum(), 1) + n_evse / max(n_evse.sum(), 1)
    before = np.concatenate([[0.0], np.cumsum(load)])
    # The cut nearest to each equal share, not the first behind it: parts of few zones would lean to one side.
    goals = before[-1] * np.arange(n_parts + 1) / n_parts
    cuts = np.searchsorted((before[1:] + before[:-1]) / 2, goals)
    cuts[0], cuts[-1] = 0, n_zones
    return tuple(Part(int(a), int(b), first_vehicle) for a, b in pairwise(cuts))
