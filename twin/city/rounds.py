"""A taxi's shift and a van's round: from one place to the next until the day's kilometres are driven, then home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.city.destinations import Destinations, pick
from twin.city.legs import DAY_S, Legs, legs_of, quantile
from twin.fleet.counts import TAXI
from twin.rng import Stream, uniforms4
from twin.tables.columns import I64
from twin.tables.inputs import LocalTables

if TYPE_CHECKING:
    from twin.city.tours import Fleet

__all__ = ["MOST_STOPS", "rounds"]

MOST_STOPS = 120
"""Trips of a round at most; a short city has short ways."""
LEAST_SPEED_KMH = 18.0
"""A round lasts as long as its kilometres take at this speed, stops included, if its hours are shorter. Own estimate."""


def rounds(
    seed: int, day: int, kind: int, fleet: Fleet, local: LocalTables, destinations: Destinations, free_s: I64
) -> list[Legs]:
    """Draw the trips of a day of taxis or vans.

    The kilometres of the day are those of a nation's local day; trips are spread over the hours by their kilometres.
    Taxis may charge wherever a passenger leaves, vans only at their depot.

    Returns
    -------
    list of Legs
        In the order in which each vehicle drives them. Writes: free_s.
    """
    u = uniforms4(seed, Stream.ROUND, fleet.vehicle, 1024 * day, 0)
    out = np.flatnonzero(u[:, 0] < local.p_drive[kind, day])
    vehicle, home = fleet.vehicle[out], fleet.home[out]
    wanted_km = quantile(local.km_quantile[kind, day], u[out, 1])
    start_s = day * DAY_S + quantile(local.depart_quantile[kind, day], u[out, 2])
    end_s = day * DAY_S + quantile(local.return_quantile[kind, day], u[out, 3])
    # Who could not drive the kilometres in these hours starts earlier, as far as the day allows.
    length_s = np.maximum(end_s - start_s, wanted_km / LEAST_SPEED_KMH * 3600.0)
    start_s = np.minimum(start_s, np.maximum((day + 1) * DAY_S - length_s, day * DAY_S))
    start_s = np.maximum(start_s, free_s[vehicle])
    here, done_km = home.copy(), np.zeros(len(out))
    going = np.arange(len(out))
    legs: list[Legs] = []
    for stop in range(1, MOST_STOPS):
        draws = uniforms4(seed, Stream.ROUND, vehicle[going], 1024 * day + stop, 0)
        goal = pick(destinations, here[going], draws[:, 0], draws[:, 1])
        way_km = destinations.km[here[going], goal]
        # The first stop is always made; a further one only if the way home from it still fits.
        fits = done_km[going] + way_km + destinations.km[goal, home[going]] <= wanted_km[going]
        kept = fits | (stop == 1)
        going, goal, way_km = going[kept], goal[kept], way_km[kept]
        if not len(going):
            break
        depart_s = start_s[going] + length_s[going] * done_km[going] / np.maximum(wanted_km[going], 1e-9)
        legs.append(legs_of(vehicle[going], depart_s, goal, (goal == home[going]) | (kind == TAXI), free_s))
        here[going] = goal
        done_km[going] += way_km
    back_s = start_s + length_s * np.minimum(done_km / np.maximum(wanted_km, 1e-9), 1.0)
    away = np.flatnonzero(here != home)
    legs.append(legs_of(vehicle[away], back_s[away], home[away], True, free_s))
    return legs
