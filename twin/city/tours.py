"""Tours: what each vehicle of a city drives on each day, from home and back home, trip by trip."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.city.days import car_days
from twin.city.destinations import Destinations
from twin.city.legs import Legs
from twin.city.rounds import rounds
from twin.engine.itinerary import NOT_YET_S
from twin.fleet.counts import CAR, TAXI, VAN
from twin.tables.columns import I64
from twin.tables.inputs import Itineraries, LocalTables, Vehicles

if TYPE_CHECKING:
    from twin.fleet.calendar import Calendar

__all__ = ["Fleet", "build_tours"]


class Fleet(NamedTuple):
    """Vehicles of one kind: their rows, and the zones of their homes."""

    vehicle: I64
    home: I64


def build_tours(
    seed: int,
    calendar: Calendar,
    vehicles: Vehicles,
    kind: np.ndarray,
    local: LocalTables,
    destinations: Destinations,
    factor: float = 1.0,
) -> Itineraries:
    """Draw the tours of all vehicles and days.

    Parameters
    ----------
    seed : int
        Seed of the run.
    calendar : Calendar
        The days.
    vehicles : Vehicles
        The fleet; the home is a zone.
    kind : ndarray of uint8, shape (n_classes,)
        Kind of each class.
    local : LocalTables
        Shares that drive, kilometres, and hours of leaving and being back, by kind and day.
    destinations : Destinations
        Where trips go.
    factor : float
        Trips of a driving car against the seeds' (``travel.local_factor``, by which `local` has been multiplied already).

    Returns
    -------
    Itineraries
        Sorted by (vehicle, departure); no two trips of a vehicle begin at one second, each tour ends at home.
    """
    of_kind = kind[vehicles.vehicle_class]
    free_s = np.zeros(len(of_kind), np.int64)
    legs: list[Legs] = []
    for day, name in enumerate(calendar.kind):
        for members in (CAR, TAXI, VAN):
            vehicle = np.flatnonzero(of_kind == members)
            fleet = Fleet(vehicle, vehicles.home[vehicle].astype(np.int64))
            if members == CAR:
                legs += car_days(seed, day, name == "workday", fleet, local, destinations, factor, free_s)
            else:
                legs += rounds(seed, day, members, fleet, local, destinations, free_s)
    return _itineraries(legs, len(of_kind))


def _itineraries(legs: list[Legs], n_vehicles: int) -> Itineraries:
    """Put the legs, which follow each other for each vehicle, in the order of vehicles."""
    vehicle = np.concatenate([leg.vehicle for leg in legs]).astype(np.int32)
    order = np.argsort(vehicle, kind="stable")
    first = np.zeros(n_vehicles + 1, np.int64)
    np.cumsum(np.bincount(vehicle, minlength=n_vehicles), out=first[1:])
    not_yet = np.full(len(order), NOT_YET_S, np.int32)
    return Itineraries(
        first=first.astype(np.int32),
        next_trip=first[:-1].astype(np.int32),
        depart_s=np.concatenate([leg.depart_s for leg in legs])[order].astype(np.int32),
        goal=np.concatenate([leg.goal for leg in legs])[order].astype(np.int16),
        is_stay=np.concatenate([leg.is_stay for leg in legs])[order].astype(np.uint8),
        begin_s=not_yet,
        end_s=not_yet.copy(),
    )
