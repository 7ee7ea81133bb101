"""Heavy trucks between zones: freight flows of provinces brought down to zones, and the round trips that carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from twin.fleet import figures
from twin.fleet.extent import DETOUR, DISC_MEAN, MEAN_ACCESS_KM, zone_radius_km
from twin.fleet.gravity import mean_km
from twin.fleet.plans import GroupPlan, night_tables
from twin.fleet.quantiles import there_and_back
from twin.fleet.waves import MAX_NIGHTS
from twin.tables.columns import F64, I64
from twin.tables.seeds import read

if TYPE_CHECKING:
    from twin.config import Config
    from twin.fleet.calendar import Calendar
    from twin.network.regions import Regions
    from twin.network.routes import Routes

BETWEEN_PROVINCES_KM = 306.0
"""Decay of freight with distance, ``exp(-d / 306 km)``, as in the provincial flows themselves."""
HAULS = ("regional", "long")
NIGHTS = {"regional": 0, "long": 1}
"""Nights before the truck starts back: a regional haul returns the same day, a long one after the night's rest."""
TILT_BOUND = 12.0
DIVIDE_KM = 250.0
DIVIDE_WIDTH_KM = 40.0
"""Freight below about 250 km is hauled regionally, above it by long-haul trucks, with a soft divide; own estimate:
what a day allows there and back."""


def province_flows(regions: Regions) -> tuple[F64, F64]:
    """Return tonnage (kt/day) and mean haul (km) between provinces, [origin, destination]."""
    seed = read("freight_flows")
    row = {code: index for index, code in enumerate(regions.province_code)}
    known = np.array([o in row and d in row for o, d in zip(seed["origin"], seed["destination"], strict=True)])
    origin = np.array([row[code] for code in seed["origin"][known]])
    destination = np.array([row[code] for code in seed["destination"][known]])
    tonnage, km = np.zeros((len(row), len(row))), np.zeros((len(row), len(row)))
    tonnage[origin, destination] = seed["kt_per_day"][known]
    km[origin, destination] = seed["distance_km"][known]
    return tonnage, km


def zone_flows(regions: Regions, km: F64) -> F64:
    """Bring the provincial flows down to zones, [origin, destination] in kt/day.

    Within a pair of provinces tonnage follows the population at both ends and decays with distance: by 306 km between
    provinces, and within a province by the length at which the mean haul inside provinces is that of the flows. The
    diagonal is what stays inside a zone. Every pair of provinces keeps its tonnage.

    Parameters
    ----------
    regions : Regions
        Zones and provinces.
    km : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination] road distance; the diagonal is not used.
    """
    tonnage, haul_km = province_flows(regions)
    province = np.asarray(regions.zone_province)
    distance = np.where(np.isfinite(km) & (km > 0.0), km, np.inf)
    np.fill_diagonal(distance, DETOUR * DISC_MEAN * zone_radius_km(regions))
    people = np.asarray(regions.zone_population, np.float64)
    mass = people[:, None] * people[None]
    same = province[:, None] == province[None]
    inside = np.diag(tonnage)
    wanted = float(inside @ np.diag(haul_km) / inside.sum())

    def spread(decay_km: float) -> F64:
        scale = np.where(same, decay_km, BETWEEN_PROVINCES_KM)
        return _scaled(mass * np.exp(-distance / scale), province, tonnage)

    def miss(log_decay: float) -> float:
        flows = spread(float(np.exp(log_decay)))[same]
        return float(flows @ np.where(flows > 0.0, distance[same], 0.0) / flows.sum()) - wanted

    low, high = float(np.log(5.0)), float(np.log(2000.0))
    if miss(low) >= 0.0:
        return spread(float(np.exp(low)))
    if miss(high) <= 0.0:
        return spread(float(np.exp(high)))
    return spread(float(np.exp(brentq(miss, low, high, xtol=1e-9))))


def _scaled(weight: F64, province: np.ndarray, tonnage: F64) -> F64:
    """Scale weights so that each pair of provinces carries its tonnage."""
    n = tonnage.shape[0]
    cell = (province[:, None] * n + province[None]).ravel()
    total = np.bincount(cell, weight.ravel(), n * n)
    factor = np.divide(tonnage.ravel(), total, out=np.zeros(n * n), where=total > 0.0)
    return np.asarray((weight.ravel() * factor[cell]).reshape(weight.shape))


def haul_rows(flows: F64, km: F64, origins: F64, wanted_km: float) -> F64:
    """Return the destination shares of a haul, [home zone, destination].

    A truck carries what is loaded at home or fetches what is loaded elsewhere, so both directions count alike. The
    flows between zones are tilted by a power of distance until the mean trip is the haul's.

    Parameters
    ----------
    flows : ndarray of float64, shape (n_zones, n_zones)
        Tonnage; the diagonal is left out.
    km : ndarray of float64, shape (n_zones, n_zones)
        Road distance.
    origins : ndarray of float64, shape (n_zones,)
        Trucks of the haul by home zone.
    wanted_km : float
        Mean trip.
    """
    both = 0.5 * (flows + flows.T)
    np.fill_diagonal(both, 0.0)
    side = (DIVIDE_KM - km) if wanted_km < DIVIDE_KM else (km - DIVIDE_KM)
    both = np.where(both > 0.0, both / (1.0 + np.exp(np.clip(-side / DIVIDE_WIDTH_KM, None, 500.0))), 0.0)
    ratio = np.where(both > 0.0, km, 1.0) / wanted_km
    weight = origins if origins.sum() > 0.0 else np.ones_like(origins)

    def tilted(power: float) -> F64:
        tilt = both * ratio**power
        return np.asarray(tilt / tilt.sum(axis=1, keepdims=True))

    def miss(power: float) -> float:
        return mean_km(tilted(power), weight, km) - wanted_km

    if miss(-TILT_BOUND) >= 0.0:
        return tilted(-TILT_BOUND)
    if miss(TILT_BOUND) <= 0.0:
        return tilted(TILT_BOUND)
    return tilted(float(brentq(miss, -TILT_BOUND, TILT_BOUND, xtol=1e-9)))


def freight_plans(
    config: Config, calendar: Calendar, regions: Regions, routes: Routes, n_by_group_zone: I64
) -> tuple[GroupPlan, GroupPlan]:
    """Return the plans of regional and long-haul trucks.

    A truck drives its haul's kilometres on 85 % of days, loaded one way and empty the other, as round trips from its
    home zone. On holidays expressway trucks fall by 30 % (Ministry of Transport, National Day 2025).

    Parameters
    ----------
    config : Config
        Section ``travel``.
    calendar : Calendar
        The days of the run.
    regions, routes
        Zones, and road distances between their centres.
    n_by_group_zone : ndarray of int64, shape (n_groups, n_zones)
        Simulated vehicles; only their proportions matter.
    """
    km = np.asarray(routes.skim_m, np.float64).T / 1e3
    flows = zone_flows(regions, km)
    seed = read("truck_hauls")
    is_holiday = np.array(calendar.day_of_holiday) > 0
    busy = config.travel.freight_factor * np.where(is_holiday, figures.travel("holiday", "factor_trucks"), 1.0)
    busy = busy * figures.travel("heavy_truck", "share_days_driven")
    hours = [there_and_back(figures.hours(f"depart_truck_{name}")) for name in ("ordinary", "holiday")]
    go, come = (np.where(is_holiday[:, None], hours[1][way], hours[0][way]) for way in (0, 1))
    plans = []
    for group, haul in enumerate(HAULS, start=3):
        row = int(np.flatnonzero(seed["haul"] == haul)[0])
        origins = np.asarray(n_by_group_zone[group], np.float64)
        shares = haul_rows(flows, km, origins, float(seed["trip_km"][row]) - 2.0 * MEAN_ACCESS_KM)
        trip_km = np.sum(shares * np.where(shares > 0.0, km, 0.0), axis=1) + 2.0 * MEAN_ACCESS_KM
        round_trips = seed["daily_km"][row] / (2.0 * trip_km)
        nights = np.zeros((is_holiday.size, MAX_NIGHTS))
        nights[:, NIGHTS[haul]] = 1.0
        most = 1.0 / (1.0 + NIGHTS[haul])
        set_outs = np.minimum(busy[:, None] * round_trips[None], most)
        plans.append(
            GroupPlan(set_outs, night_tables(nights), go, come, np.zeros((is_holiday.size, 2), np.int64), shares[None])
        )
    return plans[0], plans[1]
