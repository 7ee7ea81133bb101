"""Traffic that is not simulated vehicle by vehicle: fuel cars and fuel trucks, so that links jam."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import expon

from twin.fleet import figures
from twin.fleet.classes import CAR_GROUPS, TRUCK_GROUPS
from twin.fleet.extent import N_LENGTHS, leaving_probability, zone_radius_km
from twin.fleet.freight import zone_flows
from twin.fleet.passenger import travellers
from twin.fleet.plans import GroupPlan, Rolled, roll, same_day_shares
from twin.fleet.stock import COUNTED_IN
from twin.fleet.trips import group_plans
from twin.fleet.waves import HOLIDAYS
from twin.tables.columns import F64, I64
from twin.tables.inputs import Background

if TYPE_CHECKING:
    from twin.config import Config
    from twin.fleet.calendar import Calendar
    from twin.network.regions import Regions
    from twin.network.routes import Routes

ON_THE_ROAD_H = 2
"""Hours after setting out over which a vehicle is spread when hours of departure become hours of traffic."""

MOST_LOADED = 1.2
"""Flow of the fullest hour against capacity that a link is given at most; there travel takes 31 % longer. Own
estimate."""


class Ratios(NamedTuple):
    """Other cars for each electric one on the expressways, on ordinary days and in long holidays."""

    ordinary: float
    holiday: float


def other_cars(n_electric: float) -> Ratios:
    """Return how many other cars drive for each electric one.

    All vehicles on the expressways (34.4 M a day, 62 M in the holiday) less trucks and the electric passages, which
    grow with the fleet while the totals are held at 2025: an electric car replaces another.

    Parameters
    ----------
    n_electric : float
        Electric cars, taxis and vans of the whole country that leave their zone at times.
    """
    growth = n_electric / travellers(COUNTED_IN)
    electric = np.array([figures.travel("long_distance", f"nev_passages_{day}") for day in ("ordinary", "holiday")]) * growth
    trucks = figures.travel("national", "truck_expressway_ordinary") * 1e6
    every = all_vehicles() - np.array([trucks, trucks * figures.travel("holiday", "factor_trucks")])
    ordinary, holiday = np.maximum(every - electric, 0.0) / np.maximum(electric, 1.0)
    return Ratios(float(ordinary), float(holiday))


def all_vehicles() -> F64:
    """Return all vehicles a day on the expressways, ordinary and in the National Day holiday of 2025."""
    holiday = figures.observed("V-expressway_all_per_day-2025100108") * 1e6
    return np.array([holiday / figures.travel("holiday", "factor_all_expressway"), holiday])


def build_background(
    config: Config,
    calendar: Calendar,
    regions: Regions,
    routes: Routes,
    n_by_group_zone: I64,
    load: Callable[[F64], F64],
    capacity_per_h: F64,
) -> Background:
    """Build the flows of all other vehicles on the links.

    Other cars travel as electric ones do, in the proportion in which the counts show them; trucks carry the freight
    flows. Only trips between zones are loaded, those within a zone stay off the backbone as they do for simulated
    vehicles.

    Parameters
    ----------
    config : Config
        Sections ``fleet`` and ``travel``; a sample, or trip factors, leave the other traffic as it is.
    calendar : Calendar
        The days of the run.
    regions, routes
        Zones, and road distances between their centres.
    n_by_group_zone : ndarray of int64, shape (n_groups, n_zones)
        Simulated vehicles.
    load : callable
        Takes trips a day of shape (n_zones, n_zones), [origin, destination], and returns the flow of each directed
        link, as ``load_demand`` does.
    capacity_per_h : ndarray of float64, shape (n_links,)
        Capacity of each directed link.

    Returns
    -------
    Background
    """
    plain = config.travel.model_copy(update={"trip_factor": 1.0, "freight_factor": 1.0})
    plans = group_plans(config.model_copy(update={"travel": plain}), calendar, regions, routes, n_by_group_zone)
    whole = np.asarray(n_by_group_zone, np.float64) / config.fleet.sample
    rolled = [roll(plan) for plan in plans]
    daily = np.array([(part.out + part.back) @ n for part, n in zip(rolled, whole, strict=True)])
    cars = _cars_per_electric(calendar, float(whole[list(CAR_GROUPS)].sum())) * daily[list(CAR_GROUPS)].sum(axis=0)
    truck_od, truck_total = _trucks(regions, routes)
    slack = np.where(np.array(calendar.day_of_holiday) > 0, figures.travel("holiday", "factor_trucks"), 1.0)
    trucks = np.maximum(truck_total * slack - daily[list(TRUCK_GROUPS)].sum(axis=0), 0.0)
    owners = np.asarray(regions.zone_population * regions.zone_car_share, np.float64)
    loaded = np.array([load(od) for od in _set_trips(plans[0], rolled[0], owners)])
    same_day = same_day_shares(plans[0].nights)[:, None]
    of_cars = same_day * loaded[plans[0].od[:, 0]] + (1.0 - same_day) * loaded[plans[0].od[:, 1]]
    flow = cars[:, None] * of_cars + trucks[:, None] * load(truck_od)[None]
    shape = hour_shapes(plans[0], plans[3], cars, trucks)
    simulated = _simulated_flow(plans, rolled, whole, daily, load)
    return Background(within_capacity(flow / 24.0, simulated / 24.0, shape, capacity_per_h), shape)


def within_capacity(flow_per_h: F64, simulated_per_h: F64, hour_shape: F64, capacity_per_h: F64) -> F64:
    """Return flows that a link can carry in its fullest hour together with the simulated vehicles.

    All trips are put on one fastest route, while the country has parallel roads that the backbone leaves out: what a
    link cannot carry is taken to use those, or to wait for another hour.

    Parameters
    ----------
    flow_per_h, simulated_per_h : ndarray of float64, shape (n_days, n_links)
        Mean hourly flow of other and of simulated vehicles.
    hour_shape : ndarray of float64, shape (n_days, 24)
        Flow of the hour against the day's mean.
    capacity_per_h : ndarray of float64, shape (n_links,)
        Capacity.
    """
    room = MOST_LOADED * capacity_per_h[None] / hour_shape.max(axis=1)[:, None] - simulated_per_h
    return np.asarray(np.minimum(flow_per_h, np.maximum(room, 0.0)))


def _cars_per_electric(calendar: Calendar, n_electric: float) -> F64:
    """Other cars for each electric one, by day."""
    ratios = other_cars(n_electric)
    is_long = [name != "" and HOLIDAYS.get(name, HOLIDAYS["other"]).is_long for name in calendar.holiday]
    return np.where(is_long, ratios.holiday, ratios.ordinary)


def _set_trips(plan: GroupPlan, rolled: Rolled, vehicles: F64) -> F64:
    """Trips of each destination set, there and back alike, [set, origin, destination], each set summing to one."""
    trips = np.zeros_like(plan.rows)
    same_day = same_day_shares(plan.nights)
    for index, shares in enumerate(plan.rows):
        part = np.where(plan.od[:, 0] == index, same_day, 0.0) + np.where(plan.od[:, 1] == index, 1.0 - same_day, 0.0)
        starts = part @ rolled.out * vehicles
        one_way = shares * (starts / max(float(starts.sum()), 1e-9))[:, None]
        trips[index] = 0.5 * (one_way + one_way.T)
    return trips


def _simulated_flow(plans: list[GroupPlan], rolled: list[Rolled], whole: F64, daily: F64, load: Callable[[F64], F64]) -> F64:
    """Expected flow of the simulated vehicles, shape (n_days, n_links).

    Days on which every group goes to the same destinations alike are loaded once, at their mean, and scaled by their trips.
    """
    trips = [_set_trips(plan, part, n) for plan, part, n in zip(plans, rolled, whole, strict=True)]
    same_day = np.array([same_day_shares(plan.nights) for plan in plans])
    keys = np.concatenate([np.concatenate([plan.od.T for plan in plans]), np.rint(same_day * 1e9)])
    _, kind = np.unique(keys, axis=1, return_inverse=True)
    flows = []
    for index in range(int(kind.max()) + 1):
        days = np.flatnonzero(kind == index)
        mean = daily[:, days].mean(axis=1)
        od = np.sum(
            [
                n * (share * part[plan.od[days[0], 0]] + (1.0 - share) * part[plan.od[days[0], 1]])
                for n, part, plan, share in zip(mean, trips, plans, same_day[:, days[0]], strict=True)
            ],
            axis=0,
        )
        flows.append(load(od) / max(float(mean.sum()), 1e-9))
    out: F64 = np.array(flows)[kind] * daily.sum(axis=0)[:, None]
    return out


def _trucks(regions: Regions, routes: Routes) -> tuple[F64, float]:
    """Return the shares of truck trips between zones, summing to one, and their number on an ordinary day.

    Truck trips on expressways are 330 km long in the mean; taken as exponential, the zones' extents tell which leave.
    """
    mean = figures.travel("heavy_truck", "trip_length_mean_expressway")
    km = expon.ppf((np.arange(N_LENGTHS) + 0.5) / N_LENGTHS, scale=mean)
    out = leaving_probability(km, zone_radius_km(regions))
    flows = zone_flows(regions, np.asarray(routes.skim_m, np.float64).T / 1e3)
    np.fill_diagonal(flows, 0.0)
    weight = flows.sum(axis=1)
    leaving = float(np.average(out.mean(axis=1), weights=weight))
    both = flows + flows.T
    return both / both.sum(), leaving * figures.travel("national", "truck_expressway_ordinary") * 1e6


def hour_shapes(cars: GroupPlan, trucks: GroupPlan, n_cars: F64, n_trucks: F64) -> F64:
    """Return the flow of each hour against the day's mean, shape (n_days, 24), cars and trucks in their proportions."""
    parts = []
    for plan in (cars, trucks):
        both = 0.5 * (plan.out_hours + plan.back_hours)
        both = np.mean([np.roll(both, shift, axis=1) for shift in range(ON_THE_ROAD_H + 1)], axis=0)
        parts.append(both * 24.0)
    share = n_cars / np.maximum(n_cars + n_trucks, 1e-9)
    mixed: F64 = share[:, None] * parts[0] + (1.0 - share)[:, None] * parts[1]
    return mixed
