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
from twin.fleet.plans import GroupPlan, Rolled, roll
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
        Electric vehicles of the whole country.
    """
    growth = n_electric / figures.nation("nev_stock", "2025-12")
    electric = (
        np.array([figures.travel("long_distance", f"nev_passages_{day}") for day in ("ordinary", "holiday")]) * growth
    )
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
) -> Background:
    """Build the flows of all other vehicles on the links.

    Other cars travel as electric ones do, in the proportion in which the counts show them; trucks carry the freight
    flows. Only trips between zones are loaded, those within a zone stay off the backbone as they do for simulated
    vehicles.

    Parameters
    ----------
    config : Config
        Sections ``fleet`` and ``travel``; a sample of the fleet, or other trip factors, leave the other traffic as it
        is.
    calendar : Calendar
        The days of the run.
    regions, routes
        Zones, and road distances between their centres.
    n_by_group_zone : ndarray of int64, shape (n_groups, n_zones)
        Simulated vehicles.
    load : callable
        Takes trips a day of shape (n_zones, n_zones), [origin, destination], and returns the flow of each directed
        link.

    Returns
    -------
    Background
    """
    travel = config.travel.model_copy(update={"trip_factor": 1.0, "freight_factor": 1.0})
    plain = config.model_copy(update={"travel": travel})
    plans = group_plans(plain, calendar, regions, routes, n_by_group_zone)
    whole = np.asarray(n_by_group_zone, np.float64) / config.fleet.sample
    rolled = [roll(plan) for plan in plans]
    per_electric = _cars_per_electric(calendar, float(whole.sum()))
    cars = per_electric * sum((rolled[g].out + rolled[g].back) @ whole[g] for g in CAR_GROUPS)
    owners = np.asarray(regions.zone_population * regions.zone_car_share, np.float64)
    truck_od, truck_total = _trucks(regions, routes, whole[list(TRUCK_GROUPS)].sum(axis=0))
    electric = sum((rolled[g].out + rolled[g].back) @ whole[g] for g in TRUCK_GROUPS)
    is_holiday = np.array(calendar.day_of_holiday) > 0
    trucks = np.maximum(
        truck_total * np.where(is_holiday, figures.travel("holiday", "factor_trucks"), 1.0) - electric, 0.0
    )
    set_flow = np.array([load(od) for od in _set_flows(plans[0], rolled[0], owners)])
    flow = cars[:, None] * set_flow[plans[0].od] + trucks[:, None] * load(truck_od)[None]
    return Background(flow / 24.0, hour_shapes(plans[0], plans[3], cars, trucks))


def _cars_per_electric(calendar: Calendar, n_electric: float) -> F64:
    """Other cars for each electric one, by day."""
    ratios = other_cars(n_electric)
    is_long = [name != "" and HOLIDAYS.get(name, HOLIDAYS["other"]).is_long for name in calendar.holiday]
    return np.where(is_long, ratios.holiday, ratios.ordinary)


def _set_flows(plan: GroupPlan, rolled: Rolled, vehicles: F64) -> F64:
    """Trips between zones of each destination set, there and back alike, each summing to one."""
    flows = np.zeros_like(plan.rows)
    for index in range(plan.rows.shape[0]):
        starts = rolled.out[plan.od == index].sum(axis=0) * vehicles
        trips = plan.rows[index] * (starts / max(float(starts.sum()), 1e-9))[:, None]
        flows[index] = 0.5 * (trips + trips.T)
    return flows


def _trucks(regions: Regions, routes: Routes, origins: F64) -> tuple[F64, float]:
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
