"""The trip tables: who leaves a zone, when, where to and for how long, for all traveller groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.fleet.classes import CAR_GROUPS
from twin.fleet.freight import freight_plans
from twin.fleet.gravity import alias_tables, implied_shares
from twin.fleet.passenger import passenger_plans
from twin.fleet.plans import GroupPlan, Rolled, roll, roll_tables, same_day_shares
from twin.fleet.quantiles import from_hours
from twin.tables.columns import F64, I64
from twin.tables.inputs import TripTables

if TYPE_CHECKING:
    from twin.config import Config
    from twin.fleet.calendar import Calendar
    from twin.network.regions import Regions
    from twin.network.routes import Routes


class LengthFigures(NamedTuple):
    """Lengths of inter-zone car trips over all days: mean (km), and the shares up to 100, 200 and 400 km."""

    mean_km: float
    share_100km: float
    share_200km: float
    share_400km: float


def group_plans(
    config: Config, calendar: Calendar, regions: Regions, routes: Routes, n_by_group_zone: I64
) -> list[GroupPlan]:
    """Return the plan of every traveller group, in the order of ``GROUPS``."""
    cars = passenger_plans(config, calendar, regions, routes, n_by_group_zone)
    return [*cars, *freight_plans(config, calendar, regions, routes, n_by_group_zone)]


def build_trips(config: Config, calendar: Calendar, regions: Regions, routes: Routes, n_by_group_zone: I64) -> TripTables:
    """Build the trip tables of a run that begins with every vehicle at home.

    Parameters
    ----------
    config : Config
        Sections ``fleet`` and ``travel``.
    calendar : Calendar
        The days of the run.
    regions : Regions
        Provinces, zones and counties.
    routes : Routes
        ``skim_m`` of shape (n_zones, n_zones), [destination, origin].
    n_by_group_zone : ndarray of int64, shape (n_groups, n_zones)
        Simulated vehicles by traveller group and home zone; only their proportions matter, so a sample of the fleet
        leaves the tables as they are but for its rounding.

    Returns
    -------
    TripTables
        Alias tables are [set, origin, column]; nobody is sent to his own zone.
    """
    plans = group_plans(config, calendar, regions, routes, n_by_group_zone)
    first_set = np.cumsum([0] + [plan.rows.shape[0] for plan in plans])
    n_zones = plans[0].set_outs.shape[1]
    stacked = np.concatenate([plan.rows for plan in plans])
    cut, other = alias_tables(stacked.reshape(-1, n_zones))
    od_set = np.array([plan.od + first for plan, first in zip(plans, first_set[:-1], strict=True)])
    return TripTables(
        p_leave=np.array([roll(plan).p_leave for plan in plans]),
        od_set=od_set.astype(np.uint8),
        alias_cut=cut.reshape(stacked.shape),
        alias_zone=other.reshape(stacked.shape),
        stay_quantile=np.array([plan.nights for plan in plans]),
        depart_quantile=np.array([[from_hours(day) for day in plan.out_hours] for plan in plans]),
        return_quantile=np.array([[from_hours(day) for day in plan.back_hours] for plan in plans]),
    )


def rolled_trips(tables: TripTables) -> list[Rolled]:
    """Roll the tables of each group out over the days, as shares of the group's vehicles by home zone."""
    return [roll_tables(p, nights) for p, nights in zip(tables.p_leave, tables.stay_quantile, strict=True)]


def expected_trips(tables: TripTables, n_by_group_zone: I64) -> F64:
    """Return the expected inter-zone trips of each group and day, ways back included.

    Parameters
    ----------
    tables : TripTables
        From `build_trips`.
    n_by_group_zone : ndarray of int64, shape (n_groups, n_zones)
        Vehicles by traveller group and home zone, all at home at the start.

    Returns
    -------
    ndarray of float64, shape (n_groups, n_days)
    """
    rolled = rolled_trips(tables)
    return np.array([(r.out + r.back) @ n for r, n in zip(rolled, np.asarray(n_by_group_zone, np.float64), strict=True)])


def trip_length_figures(
    tables: TripTables, n_by_group_zone: I64, km: F64, groups: tuple[int, ...] = CAR_GROUPS
) -> LengthFigures:
    """Return how long the trips of some groups are, set-outs of all days weighted alike.

    Parameters
    ----------
    tables : TripTables
        From `build_trips`.
    n_by_group_zone : ndarray of int64, shape (n_groups, n_zones)
        Vehicles by traveller group and home zone.
    km : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination] road distance.
    groups : tuple of int
        Rows of ``GROUPS``.
    """
    n_zones = km.shape[0]
    by_set = np.zeros((tables.alias_cut.shape[0], n_zones))
    rolled = rolled_trips(tables)
    for group in groups:
        starts = rolled[group].out * np.asarray(n_by_group_zone[group], np.float64)[None]
        same_day = same_day_shares(tables.stay_quantile[group])[:, None]
        np.add.at(by_set, tables.od_set[group, :, 0], same_day * starts)
        np.add.at(by_set, tables.od_set[group, :, 1], (1.0 - same_day) * starts)
    shares = implied_shares(tables.alias_cut.reshape(-1, n_zones), tables.alias_zone.reshape(-1, n_zones))
    trips = (shares * by_set.reshape(-1, 1)).reshape(tables.alias_cut.shape).sum(axis=0)
    trips /= trips.sum()
    safe = np.where(trips > 0.0, km, 0.0)
    return LengthFigures(
        float(np.sum(trips * safe)), *(float(trips[safe <= limit].sum()) for limit in (100.0, 200.0, 400.0))
    )
