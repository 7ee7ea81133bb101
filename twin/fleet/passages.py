"""Passages onto expressways that stay within a zone: counted, so that all passages are those observed, but not routed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.fleet.classes import CAR_GROUPS
from twin.fleet.passenger import TAXI_SET_OUTS, VAN_HOLIDAY_FACTOR, VAN_SET_OUTS, car_passages, leaving_hours, reach
from twin.fleet.plans import night_tables, roll_set_outs
from twin.fleet.trips import expected_trips
from twin.fleet.waves import build_waves
from twin.tables.columns import F64, I64

if TYPE_CHECKING:
    from twin.config import Config
    from twin.fleet.calendar import Calendar
    from twin.network.regions import Regions
    from twin.tables.inputs import TripTables


def expected_passages(config: Config, calendar: Calendar, regions: Regions, n_by_group_zone: I64) -> F64:
    """Return the expressway passages of cars, taxis and vans that a calendar asks for, shape (n_days,).

    Passages of the mean ordinary day times the waves of the days; the fleet of end-2025 makes those that were counted.
    """
    n = np.asarray(n_by_group_zone, np.float64)
    waves, out = build_waves(calendar), reach(regions)
    set_outs = config.travel.trip_factor * car_passages(n, out, waves)
    cars = roll_set_outs(set_outs[:, None], night_tables(waves.nights))
    is_holiday = np.array(calendar.day_of_holiday) > 0
    others = TAXI_SET_OUTS * n[1].sum() + VAN_SET_OUTS * np.where(is_holiday, VAN_HOLIDAY_FACTOR, 1.0) * n[2].sum()
    share = float(np.average(out.day_trip.share, weights=n[1] + n[2] + 1e-9))
    return np.asarray((cars.out + cars.back)[:, 0] * n[0].sum() + 2.0 * config.travel.trip_factor * others / share)


def passages_within_zones(
    config: Config, calendar: Calendar, regions: Regions, tables: TripTables, n_by_group_zone: I64
) -> F64:
    """Return the passages of each hour that are not routed, shape (24 n_days,): those expected less the trips between zones.

    Parameters
    ----------
    config : Config
        Section ``travel``.
    calendar : Calendar
        The days of the run.
    regions : Regions
        Zones.
    tables : TripTables
        From `build_trips`.
    n_by_group_zone : ndarray of int64, shape (n_groups, n_zones)
        Simulated vehicles by traveller group and home zone.
    """
    routed = expected_trips(tables, n_by_group_zone)[list(CAR_GROUPS)].sum(axis=0)
    within = np.maximum(expected_passages(config, calendar, regions, n_by_group_zone) - routed, 0.0)
    go, come = leaving_hours(calendar, build_waves(calendar))
    return np.asarray((within[:, None] * 0.5 * (go + come)).ravel())
