"""Cars, taxis and vans between zones: levels from the expressway counts, rhythm from the waves, places by gravity."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.fleet import figures
from twin.fleet.classes import CAR_GROUPS, load_classes, load_shares
from twin.fleet.extent import Leaving, Lengths, leaving, trip_lengths, zone_radius_km
from twin.fleet.gravity import fit_exponent, lognormal_deterrence, rows
from twin.fleet.plans import GroupPlan, night_tables
from twin.fleet.quantiles import there_and_back
from twin.fleet.waves import HOLIDAYS, MAX_NIGHTS, HolidayPattern, Waves, build_waves
from twin.tables.columns import F64, I64
from twin.tables.inputs import VEHICLE_KINDS
from twin.tables.seeds import read

if TYPE_CHECKING:
    from twin.config import Config
    from twin.fleet.calendar import Calendar
    from twin.network.regions import Regions
    from twin.network.routes import Routes

TAXI_SET_OUTS = 0.03
VAN_SET_OUTS = 0.08
VAN_HOLIDAY_FACTOR = 0.5
"""Inter-zone set-outs a day of a taxi or van, same-day return; own estimate, low confidence: both live in their own
city."""
WEEKEND_LEISURE = 0.5
"""Part of weekend trips that goes where leisure goes; own estimate."""
HOME_TOWN_FLOOR = 0.2
"""Pull of a town dweller as home town against that of a villager; own estimate. Migrants come from the countryside."""


class Levels(NamedTuple):
    """Expressway passages, or inter-zone trips, a day: ordinary and in the long holidays."""

    ordinary: float
    holiday: float


class Reach(NamedTuple):
    """Trips that leave their zone, by the two families of lengths."""

    ordinary: Leaving
    holiday: Leaving


class Rates(NamedTuple):
    """Inter-zone trips of a private car: per wave unit and per share of trips that leaves its zone."""

    ordinary: float
    holiday: float


def travellers(year: str) -> float:
    """Return the cars, taxis and vans of the end of a year that leave their zone at times."""
    seed, classes = read("fleet_stock"), load_classes()[0]
    share = load_shares(year).share[:, np.isin(classes.group, CAR_GROUPS)].sum(axis=1)
    row = seed["year"] == year
    counts = zip(seed["kind"][row], seed["n_vehicles"][row], strict=True)
    return float(sum(share[VEHICLE_KINDS.index(kind)] * n for kind, n in counts if kind != "truck"))


def passage_levels() -> Levels:
    """Return expressway passages a day of a vehicle that leaves its zone at times, 2025.

    All passages of electric vehicles (Ministry of Transport) over the cars, taxis and vans of the end of 2025 that are
    not confined to town; the few passages of electric trucks and coaches are counted as theirs. The rate is kept for
    other years, so that trips grow with the fleet.
    """
    stock = travellers("2025")
    ordinary = figures.travel("long_distance", "nev_passages_ordinary")
    return Levels(ordinary / stock, figures.travel("long_distance", "nev_passages_holiday") / stock)


def reach(regions: Regions) -> Reach:
    """Return which share of each zone's expressway trips leaves it, for ordinary and holiday lengths."""
    radius = zone_radius_km(regions)
    return Reach(leaving(trip_lengths("ordinary"), radius), leaving(trip_lengths("holiday"), radius))


def expected_level(n_by_group_zone: F64, regions: Regions) -> Levels:
    """Return the inter-zone trips a day that the counts ask for: share that leaves its zone x passages x fleet."""
    levels, out = passage_levels(), reach(regions)
    n = n_by_group_zone[list(CAR_GROUPS)].sum(axis=0)
    return Levels(levels.ordinary * float(n @ out.ordinary.share), levels.holiday * float(n @ out.holiday.share))


def car_rates(n_by_group_zone: F64, regions: Regions, out: Reach) -> Rates:
    """Return the rates of private cars: the wanted trips less those of taxis and vans."""
    cars, taxis, vans = (n_by_group_zone[group] for group in CAR_GROUPS)
    wanted = expected_level(n_by_group_zone, regions)
    mean = HOLIDAYS["national_day"].level
    relative = out.ordinary.share / np.average(out.ordinary.share, weights=cars + taxis + vans + 1e-9)
    others = 2.0 * float(relative @ (TAXI_SET_OUTS * taxis + VAN_SET_OUTS * vans))
    others_holiday = 2.0 * float(relative @ (TAXI_SET_OUTS * taxis + VAN_HOLIDAY_FACTOR * VAN_SET_OUTS * vans))
    reach_ordinary = max(float(cars @ out.ordinary.share), 1e-9)
    reach_holiday = max(float(cars @ out.holiday.share), 1e-9)
    return Rates(
        max(wanted.ordinary - others, 0.0) / reach_ordinary,
        max(wanted.holiday - others_holiday, 0.0) / (mean * reach_holiday),
    )


def attractions(regions: Regions) -> dict[str, F64]:
    """Return the pull of each zone by purpose, each summing to one.

    Business goes where people are; leisure likewise, with the countryside counting up to twice; home towns are where
    villagers live, the population that migration has not moved.
    """
    people = np.asarray(regions.zone_population, np.float64)
    rural = 1.0 - np.asarray(regions.zone_urban_share, np.float64)
    pull = {
        "business": people,
        "leisure": people * (1.0 + rural),
        "home town": people * (rural + HOME_TOWN_FLOOR * (1.0 - rural)),
    }
    return {purpose: weight / weight.sum() for purpose, weight in pull.items()}


def passenger_plans(
    config: Config, calendar: Calendar, regions: Regions, routes: Routes, n_by_group_zone: I64
) -> tuple[GroupPlan, GroupPlan, GroupPlan]:
    """Return the plans of private cars, taxis and vans.

    Parameters
    ----------
    config : Config
        Sections ``fleet`` and ``travel``.
    calendar : Calendar
        The days of the run.
    regions, routes
        Zones, and road distances between their centres.
    n_by_group_zone : ndarray of int64, shape (n_groups, n_zones)
        Simulated vehicles; only their proportions matter.
    """
    n = np.asarray(n_by_group_zone, np.float64)
    waves, out = build_waves(calendar), reach(regions)
    rates = car_rates(n, regions, out)
    ordinary = rates.ordinary * waves.ordinary[:, None] * out.ordinary.share[None]
    holiday = rates.holiday * waves.holiday[:, None] * out.holiday.share[None]
    km = np.asarray(routes.skim_m, np.float64).T / 1e3
    od, shares = _destinations(calendar, regions, km, n[0], out, ordinary, holiday)
    out_hours, back_hours = _hours(calendar, waves)
    factor = config.travel.trip_factor
    cars = GroupPlan(factor * (ordinary + holiday), night_tables(waves.nights), out_hours, back_hours, od, shares)
    relative = out.ordinary.share / np.average(out.ordinary.share, weights=n[:3].sum(axis=0) + 1e-9)
    is_holiday = np.array(calendar.day_of_holiday) > 0
    commerce = _commerce(calendar, attractions(regions)["business"], km, n[1] + n[2], out)
    taxis = factor * TAXI_SET_OUTS * np.repeat(relative[None], is_holiday.size, axis=0)
    vans = factor * VAN_SET_OUTS * np.where(is_holiday, VAN_HOLIDAY_FACTOR, 1.0)[:, None] * relative[None]
    return cars, commerce._replace(set_outs=taxis), commerce._replace(set_outs=vans)


def _pattern_of(calendar: Calendar, day: int) -> HolidayPattern | None:
    name = calendar.holiday[day] or calendar.next_holiday[day]
    return HOLIDAYS.get(name, HOLIDAYS["other"]) if name else None


def _mixtures(calendar: Calendar, day: int) -> tuple[dict[str, float], dict[str, float]]:
    """Purposes of a day's trips of ordinary and of holiday length."""
    pattern = _pattern_of(calendar, day)
    leisure = WEEKEND_LEISURE if calendar.is_free[day] else 0.0
    holiday = {"leisure": 1.0}
    if pattern is not None:
        visits = (1.0 - pattern.excursion_share) * pattern.home_town_share
        holiday = {"leisure": 1.0 - visits, "home town": visits}
        if calendar.day_of_holiday[day] > 0:
            return holiday, holiday
    return {"business": 1.0 - leisure, "leisure": leisure}, holiday


def _destinations(
    calendar: Calendar, regions: Regions, km: F64, origins: F64, out: Reach, ordinary: F64, holiday: F64
) -> tuple[I64, F64]:
    """Return the destination set of each day and the sets; days with equal mixtures share one."""
    pull = attractions(regions)
    known: dict[tuple[object, ...], F64] = {}

    def gravity(lengths: str, mixture: dict[str, float]) -> F64:
        key = (lengths, *sorted(mixture.items()))
        if key not in known:
            of_length = out.ordinary if lengths == "ordinary" else out.holiday
            weight = np.sum([share * pull[purpose] for purpose, share in mixture.items()], axis=0)
            known[key] = gravity_rows(weight, origins * of_length.share, km, trip_lengths(lengths), of_length)
        return known[key]

    sets: list[F64] = []
    index: dict[tuple[object, ...], int] = {}
    od = np.zeros(len(ordinary), np.int64)
    for day in range(len(ordinary)):
        by_length = _mixtures(calendar, day)
        parts = [(n, p, m) for n, p, m in zip(("ordinary", "holiday"), (ordinary, holiday), by_length, strict=True)]
        parts = [(name, part[day], mixture) for name, part, mixture in parts if part[day].sum() > 0.0]
        if not parts:
            parts = [("ordinary", np.ones(km.shape[0]), by_length[0])]
        key = tuple((name, float(part.sum()) if len(parts) > 1 else 1.0, *sorted(m.items())) for name, part, m in parts)
        if key not in index:
            index[key] = len(sets)
            total = np.sum([part for _, part, _ in parts], axis=0)
            sets.append(np.sum([(part / total)[:, None] * gravity(name, m) for name, part, m in parts], axis=0))
        od[day] = index[key]
    return od, np.array(sets)


def gravity_rows(pull: F64, origins: F64, km: F64, lengths: Lengths, out: Leaving) -> F64:
    """Return gravity shares whose mean length is that of the lognormal's trips that leave a zone.

    Parameters
    ----------
    pull, origins : ndarray of float64, shape (n_zones,)
        Attraction of destinations, trips that leave each origin.
    km : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination] road distance.
    lengths : Lengths
        Lognormal of all expressway trips.
    out : Leaving
        What of them leaves a zone.
    """
    weight = origins if origins.sum() > 0.0 else np.ones_like(origins)
    wanted_km = float(np.average(out.mean_km, weights=weight))
    exponent = fit_exponent(pull, weight, km, lengths.mu, lengths.sigma, wanted_km)
    return rows(pull, lognormal_deterrence(km, lengths.mu, lengths.sigma, exponent))


def _commerce(calendar: Calendar, pull: F64, km: F64, origins: F64, out: Reach) -> GroupPlan:
    """What taxis and vans share: ordinary lengths, back the same day."""
    n_days = len(calendar.date)
    shares = gravity_rows(pull, origins * out.ordinary.share, km, trip_lengths("ordinary"), out.ordinary)
    same_day = np.zeros((n_days, MAX_NIGHTS))
    same_day[:, 0] = 1.0
    go, come = there_and_back(figures.hours("depart_van_workday"))
    hours = np.repeat(go[None], n_days, axis=0), np.repeat(come[None], n_days, axis=0)
    return GroupPlan(
        np.zeros((n_days, km.shape[0])), night_tables(same_day), *hours, np.zeros(n_days, np.int64), shares[None]
    )


def _hours(calendar: Calendar, waves: Waves) -> tuple[F64, F64]:
    """Hours of setting out and starting back; journeys before free days leave after work."""
    ordinary_out, ordinary_back = there_and_back(figures.hours("depart_long_ordinary"))
    holiday_out, holiday_back = (figures.hours(f"depart_long_holiday_{way}") for way in ("outbound", "return"))
    after_work = np.where(np.arange(24) >= 16, figures.hours("depart_long_ordinary"), 0.0)
    after_work /= after_work.sum()
    n_days = len(calendar.date)
    go, come = np.zeros((n_days, 24)), np.zeros((n_days, 24))
    for day in range(n_days):
        is_holiday = calendar.day_of_holiday[day] > 0
        late = waves.evening[day]
        if not is_holiday and not calendar.is_free[day] and calendar.is_free_next[day] and not calendar.is_eve[day]:
            late = 1.0 - waves.nights[day, 0]
        go[day] = (1.0 - late) * (holiday_out if is_holiday else ordinary_out) + late * after_work
        come[day] = holiday_back if is_holiday else ordinary_back
    return go, come
