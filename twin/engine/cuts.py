"""How the work is cut into shards: whole zones of about equal weight, in the order of the rows."""

from __future__ import annotations

import numpy as np

from twin.engine.given import Given
from twin.tables.columns import I64

__all__ = ["cuts", "places_to_cut", "station_cuts"]


def places_to_cut(given: Given) -> I64:
    """Return the rows of vehicles between which shards may be cut: zones, or vehicles where nobody belongs to a zone.

    Who has set trips and no plug at home belongs to no zone.
    """
    if not len(given.itineraries.first) or given.vehicles.access.any():
        return np.searchsorted(given.vehicles.home, given.roads.zone_county)
    return np.arange(len(given.vehicles.home) + 1)


def station_cuts(given: Given, n_evse: I64, n_shards: int, zones: slice) -> I64:
    """Return the rows of the stations of some zones between which shards are cut, by their EVSEs."""
    first_station = np.searchsorted(given.stations.zone, np.arange(len(given.roads.zone_node) + 1))[zones]
    return cuts(first_station, np.concatenate([[0], np.cumsum(n_evse)])[first_station], n_shards)


def cuts(first_of_zone: I64, weight_before: I64, n_shards: int) -> I64:
    """Return row bounds of at most `n_shards` shards of whole zones with about equal weight; rows are sorted by zone.

    Whole zones, because a shard writes the load of its zones and nobody else may.
    """
    weight = weight_before - weight_before[0]
    places = np.searchsorted(weight, weight[-1] * np.arange(1, n_shards) / n_shards)
    return first_of_zone[np.concatenate([[0], places, [len(first_of_zone) - 1]])].astype(np.int64)
