"""Figures of set tours: how far, how long, and how late."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.tables.inputs import Itineraries

__all__ = ["tour_metrics"]

Metric = tuple[str, str, str, float, str]
LATE_S = 900


def tour_metrics(tours: Itineraries, counts: Mapping[str, int]) -> list[Metric]:
    """Return what became of trips that were set one by one; nothing where trips are drawn as they come.

    Parameters
    ----------
    tours : Itineraries
        At the end of the run.
    counts : mapping of str to int
        Counts of the run.

    Returns
    -------
    list of tuple
        Metric, layer, province, value, unit. A trip's time counts stops to charge on the way. Late is who set out more
        than a quarter of an hour after the second set, since the trip or the charge before it had not ended.
    """
    if not len(tours.first):
        return []
    has_begun, has_ended = tours.begin_s >= 0, tours.end_s >= 0
    time_s = (tours.end_s - tours.begin_s)[has_ended].astype(np.int64)
    late = (tours.begin_s - tours.depart_s)[has_begun] > LATE_S
    n_begun, n_ended = int(has_begun.sum()), int(has_ended.sum())
    publicly = counts["n_errands_begun"] - counts["n_errands_given_up"]
    found = (
        ("n_trips", float(n_begun), "-"),
        ("mean_trip_km", counts["trip_km"] / max(n_begun, 1), "km"),
        ("mean_trip_min", float(time_s.sum()) / 60.0 / max(n_ended, 1), "min"),
        ("late_trip_share", float(late.sum()) / max(n_begun, 1), "-"),
        ("public_charges_per_trip", publicly / max(n_begun, 1), "-"),
    )
    return [(name, "all", "all", value, unit) for name, value, unit in found]
