"""The traffic that a city's electric vehicles meet: all other cars, put on the same streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.city.destinations import Destinations
from twin.fleet import figures
from twin.fleet.background import within_capacity
from twin.fleet.counts import CAR
from twin.network.routes import Routes, load_demand
from twin.tables.columns import F64
from twin.tables.inputs import Background, LocalTables

if TYPE_CHECKING:
    from twin.fleet.calendar import Calendar
    from twin.network.graph import Network

__all__ = ["build_traffic"]


def build_traffic(
    calendar: Calendar,
    network: Network,
    routes: Routes,
    destinations: Destinations,
    residents: F64,
    n_other: float,
    n_electric: int,
    local: LocalTables,
) -> Background:
    """Put the trips of other cars on the fastest way of each pair of zones, at the hours of local trips.

    They drive as often and as far as electric ones; as many drive there as back. What a street cannot carry in its
    fullest hour is taken to use others or to wait, as in a nation.

    Parameters
    ----------
    n_other, n_electric : float
        Cars that are not simulated, and those that are, before sampling.
    """
    per_day = figures.travel("private_car", "trips_per_day") * local.p_drive[CAR]
    one_way = destinations.shares * (residents / residents.sum())[:, None]
    of_one = load_demand(routes, network, 0.5 * (one_way + one_way.T))
    flow = per_day[:, None] * of_one[None] / 24.0
    shape = np.array([24.0 * figures.hours(f"depart_local_{kind}") for kind in calendar.kind])
    return Background(within_capacity(n_other * flow, n_electric * flow, shape, network.link_capacity_per_h), shape)
