"""Cars, taxis and vans between zones: levels from the expressway counts, rhythm from the waves, places by gravity."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.fleet import figures
from twin.fleet.classes import CAR_GROUPS, load_classes, load_shares
from twin.fleet.extent import MEAN_ACCESS_KM, Leaving, Lengths, leaving, stretched, trip_lengths, zone_radius_km
from twin.fleet.gravity import fit_exponent, lognormal_deterrence, mean_km, rows
from twin.fleet.plans import GroupPlan, night_tables
from twin.fleet.quantiles import there_and_back
from twin.fleet.stock import COUNTED_IN, vehicles_of
from twin.fleet.waves import HOLIDAYS, MAX_NIGHTS, HolidayPattern, Waves, build_waves
from twin.tables.columns import F64, I64
from twin.tables.inputs import VEHICLE_KINDS

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
    """Expressway passages that leave their zone, of day trips and of journeys with nights."""

    day_trip: Leaving
    journey: Leaving


def travellers(year: str) -> float:
    """Return the cars, taxis and vans of the end of a year or month that leave their zone at times."""
    classes = load_classes()[0]
    share = load_shares(year).share[:, np.isin(classes.group, CAR_GROUPS)].sum(axis=1)
    share[VEHICLE_KINDS.index("truck")] = 0.0
    return float(share @ vehicles_of(year))


def passage_levels() -> Levels:
    """Return expressway passages a day of a vehicle that leaves its zone at times, 2025.

    All passages of electric vehicles (Ministry of Transport) over the cars, taxis and vans of that time that are not
    confined to town; the few passages of electric trucks and coaches are counted as theirs. The rate is kept for
    other years, so that trips grow with the fleet.
    """
    stock = travellers(COUNTED_IN)
    ordinary = figures.travel("long_distance", "nev_passages_ordinary")
    return Levels(ordinary / stock, figures.travel("long_distance", "nev_passages_holiday") / stock)


def reach(regions: Regions) -> Reach:
    """Return which share of each zone's expressway passages leaves it, of day trips and of journeys with nights."""
    radius = zone_radius_km(regions)
    return Reach(leaving(trip_lengths("day_trip"), radius), leaving(trip_lengths("journey"), radius))


def journeys_by_day(regions: Regions, waves: Waves) -> list[Leaving]:
    """Return what of each day's journeys with nights leaves a zone."""
    radius, lengths = zone_radius_km(regions), trip_lengths("journey")
    by_stretch = {stretch: leaving(stretched(lengths, stretch), radius) for stretch in set(waves.stretch.tolist())}
    return [by_stretch[stretch] for stretch in waves.stretch.tolist()]


def car_passages(n_by_group_zone: F64, out: Reach, waves: Waves) -> F64:
    """Return the set-outs of a private car on each day, in expressway passages there and back: the counted less the others'.

    The levels of the holidays hold for all who drive, while taxis keep to their city and vans rest: cars travel more.
    """
    n, levels = n_by_group_zone[list(CAR_GROUPS)].sum(axis=1), passage_levels()
    weight = n_by_group_zone[1] + n_by_group_zone[2] + 1e-9
    share = float(np.average(out.day_trip.share, weights=weight))
    taxis, vans = 2.0 * TAXI_SET_OUTS * n[1] / share, 2.0 * VAN_SET_OUTS * n[2] / share
    per_car = 1.0 / max(float(n[0]), 1e-9)
    ordinary = max(levels.ordinary * float(n.sum()) - taxis - vans, 0.0) * per_car
    holiday = max(levels.holiday * float(n.sum()) - taxis - VAN_HOLIDAY_FACTOR * vans, 0.0) * per_car
    return np.asarray(ordinary * waves.ordinary + holiday / HOLIDAYS["national_day"].level * waves.holiday)


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
    km = np.asarray(routes.skim_m, np.float64).T / 1e3
    journeys = journeys_by_day(regions, waves)
    goals = _destinations(calendar, waves, regions, km, n[0], out.day_trip, journeys)
    share = np.array([[out.day_trip.share, of_day.share] for of_day in journeys])
    split = goals.kept * np.stack([waves.nights[:, 0], 1.0 - waves.nights[:, 0]], axis=1)
    routed = car_passages(n, out, waves)[:, None, None] * split[:, :, None] * share
    out_hours, back_hours = leaving_hours(calendar, waves)
    nights = _nights_of_those_who_leave(waves.nights, split * (share @ (n[0] + 1e-9)))
    factor = config.travel.trip_factor
    cars = GroupPlan(factor * routed.sum(axis=1), night_tables(nights), out_hours, back_hours, goals.od, goals.rows)
    relative = out.day_trip.share / np.average(out.day_trip.share, weights=n[:3].sum(axis=0) + 1e-9)
    is_holiday = np.array(calendar.day_of_holiday) > 0
    commerce = _commerce(calendar, attractions(regions)["business"], km, n[1] + n[2], out)
    taxis = factor * TAXI_SET_OUTS * np.repeat(relative[None], is_holiday.size, axis=0)
    vans = factor * VAN_SET_OUTS * np.where(is_holiday, VAN_HOLIDAY_FACTOR, 1.0)[:, None] * relative[None]
    return cars, commerce._replace(set_outs=taxis), commerce._replace(set_outs=vans)


def _nights_of_those_who_leave(nights: F64, routed: F64) -> F64:
    """Return the shares of nights among set-outs between zones, which journeys are more often than day trips."""
    shares = np.zeros_like(nights)
    total = np.maximum(routed.sum(axis=1), 1e-300)
    shares[:, 0] = routed[:, 0] / total
    stays = nights[:, 1:] / np.maximum(nights[:, 1:].sum(axis=1, keepdims=True), 1e-300)
    shares[:, 1:] = (routed[:, 1] / total)[:, None] * stays
    return shares


def _pattern_of(calendar: Calendar, day: int) -> HolidayPattern | None:
    name = calendar.holiday[day] or calendar.next_holiday[day]
    return HOLIDAYS.get(name, HOLIDAYS["other"]) if name else None


def _mixtures(calendar: Calendar, waves: Waves, day: int) -> tuple[dict[str, float], dict[str, float]]:
    """Purposes of a day's day trips and of its journeys."""
    leisure = WEEKEND_LEISURE if calendar.is_free[day] else 0.0
    ordinary = {"business": 1.0 - leisure, "leisure": leisure, "home town": 0.0}
    pattern = _pattern_of(calendar, day)
    if pattern is None:
        return ordinary, ordinary
    visits = pattern.home_town_share
    holiday = {"business": 0.0, "leisure": 1.0 - visits, "home town": visits}
    if calendar.day_of_holiday[day] > 0:
        return {"business": 0.0, "leisure": 1.0, "home town": 0.0}, holiday
    early = waves.evening[day] / max(1.0 - float(waves.nights[day, 0]), 1e-9)
    return ordinary, {purpose: early * holiday[purpose] + (1.0 - early) * share for purpose, share in ordinary.items()}


class Goals(NamedTuple):
    """Where a group goes: the sets of destinations, the pair in use on each day, and what of its set-outs is routed."""

    od: I64
    rows: F64
    kept: F64


def _destinations(
    calendar: Calendar, waves: Waves, regions: Regions, km: F64, origins: F64, day_trip: Leaving, journeys: list[Leaving]
) -> Goals:
    """Return the destinations of day trips and journeys; days of equal purposes and lengths share a set."""
    pull, index = attractions(regions), dict[tuple[object, ...], int]()
    sets: list[F64] = []
    kept: list[float] = []
    od = np.zeros((len(calendar.date), 2), np.int64)
    for day in range(od.shape[0]):
        for stays, (name, mixture) in enumerate(zip(("day_trip", "journey"), _mixtures(calendar, waves, day), strict=True)):
            stretch = float(waves.stretch[day]) if stays else 1.0
            key = (name, stretch, *mixture.items())
            if key not in index:
                index[key] = len(sets)
                of_length = journeys[day] if stays else day_trip
                weight = np.sum([share * pull[purpose] for purpose, share in mixture.items()], axis=0)
                goals = gravity_rows(
                    weight, origins * of_length.share, km, stretched(trip_lengths(name), stretch), of_length
                )
                sets.append(goals.shares)
                kept.append(goals.kept)
            od[day, stays] = index[key]
    return Goals(od, np.array(sets), np.array(kept)[od])


class Gravity(NamedTuple):
    """Destination shares [origin, destination], and the share of trips that they stand for.

    Attributes
    ----------
    shares : ndarray of float64, shape (n_zones, n_zones)
        Each row sums to one.
    kept : float
        1 where the mean length is met. Zones are points on the road graph, and no trip between two of them is shorter
        than the road between these points; where that makes trips too long there are fewer, so that their kilometres
        are right. The others stay off the graph like those within a zone.
    """

    shares: F64
    kept: float


def gravity_rows(pull: F64, origins: F64, km: F64, lengths: Lengths, out: Leaving) -> Gravity:
    """Return gravity shares whose mean length, ways to and from the road included, is that of the trips that leave a zone.

    Parameters
    ----------
    pull, origins : ndarray of float64, shape (n_zones,)
        Attraction of destinations, trips that leave each origin.
    km : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination] road distance.
    lengths : Lengths
        Lognormal of all expressway passages of the kind.
    out : Leaving
        What of them leaves a zone.
    """
    weight = origins if origins.sum() > 0.0 else np.ones_like(origins)
    wanted_km = float(np.average(out.mean_km, weights=weight))
    exponent = fit_exponent(pull, weight, km, lengths.mu, lengths.sigma, wanted_km - 2.0 * MEAN_ACCESS_KM)
    shares = rows(pull, lognormal_deterrence(km, lengths.mu, lengths.sigma, exponent))
    return Gravity(shares, min(1.0, wanted_km / (mean_km(shares, weight, km) + 2.0 * MEAN_ACCESS_KM)))


def _commerce(calendar: Calendar, pull: F64, km: F64, origins: F64, out: Reach) -> GroupPlan:
    """What taxis and vans share: day trips."""
    n_days = len(calendar.date)
    goals = gravity_rows(pull, origins * out.day_trip.share, km, trip_lengths("day_trip"), out.day_trip)
    same_day = np.zeros((n_days, MAX_NIGHTS))
    same_day[:, 0] = 1.0
    go, come = there_and_back(figures.hours("depart_van_workday"))
    hours = np.repeat(go[None], n_days, axis=0), np.repeat(come[None], n_days, axis=0)
    return GroupPlan(
        np.zeros((n_days, km.shape[0])), night_tables(same_day), *hours, np.zeros((n_days, 2), np.int64), goals.shares[None]
    )


def leaving_hours(calendar: Calendar, waves: Waves) -> tuple[F64, F64]:
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
