"""Rules for lines of policy: what was added, where strong plugs stand, how corridors are served, when energy is charged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from twin.metrics.facts import Answer, Facts, known_before
from twin.metrics.points import EARTH_KM, unit_vectors
from twin.metrics.rows import ALL, SECONDS_PER_HOUR
from twin.tables import seeds
from twin.tables.results import VERDICTS

__all__ = [
    "NEAR_KM",
    "added",
    "areas_and_trunk_roads",
    "charge_and_go",
    "commercial_spaces",
    "coverage_index",
    "duplicated",
    "in_valley_hours",
    "megawatt_spacing",
    "megawatt_stations",
    "service_quality",
    "strong_share_of_added",
    "strong_share_on_highway",
]

MET, MISSED, NOT_EVALUATED = VERDICTS
BASE = "2025-12"
"""Month whose stock by power class is the base of what was added since."""
NEAR_KM = 1.0
"""Distance within which two hardly used stations duplicate each other; own choice, the notice names none."""
HARDLY = 0.05
"""Busy share below which a station is hardly used; own choice."""
SHORT_STOP_S = 1800.0
"""Longest mean session of a charge-and-go station; the notice names none, the facts table says 30 minutes."""


def added(metric: str, layer: str, figure: str, date: str = "2024-12") -> Callable[[Facts], Answer]:
    """Return the rule that holds a count of the run against the count before the plan."""

    def rule(facts: Facts) -> Answer:
        now, before = facts.figure(metric, layer), known_before(figure, date)
        if not now >= before:
            return Answer(np.nan, f"a stock later than {date}: {now:,.0f} now, {before:,.0f} then")
        why = (
            f"{now:,.0f} in this scenario less {before:,.0f} at {date} (seeds/nation_figures.csv, {figure}, confidence low)"
        )
        return Answer(now - before, why)

    return rule


def _strong_then(layer: str) -> tuple[float, float]:
    """High-power EVSEs and all EVSEs of a layer, or of all, at the base month."""
    stock, classes = seeds.read("charger_stock"), seeds.read("power_classes")
    strong = set(classes["power_class"][classes["rated_kw"] >= 250.0].tolist())
    here = (stock["date"] == BASE) & ((stock["layer"] == layer) | (layer == ALL))
    is_strong = np.array([name in strong for name in stock["power_class"].tolist()], bool)
    return float(stock["n_evses"][here & is_strong].sum()), float(stock["n_evses"][here].sum())


def strong_share_on_highway(facts: Facts) -> Answer:
    """Of the high-power EVSEs added since the base month, the share at service areas."""
    on_highway = facts.figure("n_high_power_evse", "highway") - _strong_then("highway")[0]
    everywhere = facts.figure("n_high_power_evse") - _strong_then(ALL)[0]
    if not everywhere > 0:
        return Answer(np.nan, f"high-power EVSEs added since {BASE}")
    why = f"{on_highway:,.0f} of {everywhere:,.0f} high-power EVSEs added since {BASE}; the text names no share"
    return Answer(on_highway / everywhere, why)


def strong_share_of_added(facts: Facts) -> Answer:
    """Of the EVSEs added at service areas since the base month, the share of 250 kW or more."""
    strong_then, then = _strong_then("highway")
    n_added = facts.figure("n_evse", "highway") - then
    if not n_added > 0:
        return Answer(np.nan, f"EVSEs added at service areas since {BASE}")
    n_strong = facts.figure("n_high_power_evse", "highway") - strong_then
    why = (
        f"{n_strong:,.0f} high-power EVSEs more at service areas than at {BASE}, of {n_added:,.0f} EVSEs more; upgraded "
        "ones count, and so do those added after 2026"
    )
    return Answer(n_strong / n_added, why)


def charge_and_go(facts: Facts) -> Answer:
    """Share of high-power EVSEs at stations whose sessions are short."""
    table = facts.stations
    plugged_s = table.busy_share * table.n_evse * facts.n_hours * SECONDS_PER_HOUR
    used = (table.n_sessions > 0) & (table.n_high_power > 0)
    n_strong = float(table.n_high_power[used].sum())
    if not n_strong or not np.isfinite(facts.n_hours):
        return Answer(np.nan, "sessions at stations with high power")
    is_short = plugged_s[used] / table.n_sessions[used] <= SHORT_STOP_S
    why = (
        "share of high-power EVSEs at stations whose mean session, over all their EVSEs, lasts 30 minutes or less; the "
        "text names no share, so there is no verdict"
    )
    return Answer(float(table.n_high_power[used][is_short].sum()) / n_strong, why, NOT_EVALUATED)


def duplicated(facts: Facts) -> Answer:
    """Share of EVSEs at hardly used stations that have another hardly used one nearby."""
    table = facts.stations
    idle = np.flatnonzero(table.busy_share < HARDLY)
    n_evse = float(table.n_evse.sum())
    if not n_evse or not np.isfinite(facts.n_hours):
        return Answer(np.nan, "busy shares of stations")
    beside = 0.0
    if len(idle) > 1:
        sphere = unit_vectors(table.lon[idle], table.lat[idle])
        chord = np.asarray(cKDTree(sphere).query(sphere, k=[2])[0])[:, 0]
        beside = float(table.n_evse[idle][2.0 * EARTH_KM * np.arcsin(np.minimum(chord / 2.0, 1.0)) <= NEAR_KM].sum())
    why = (
        "share of EVSEs at stations plugged for less than 5 % of the time with another such station within 1 km; own limits"
    )
    return Answer(beside / n_evse, why)


def service_quality(facts: Facts) -> Answer:
    """Quote the figures of service; the value is the share of sessions that waited half an hour."""
    over = facts.figure("share_waiting_over_30_min")
    wait, availability = facts.figure("mean_wait_min"), facts.figure("availability")
    energy, peak = facts.figure("energy_gwh"), facts.figure("public_load_peak_gw")
    why = (
        f"value: sessions that waited half an hour or more; mean wait {wait:.2f} min, availability {availability:.4f}, "
        f"{energy:,.1f} GWh charged in public, peak of public charging {peak:,.1f} GW; no target is named"
    )
    return Answer(over, why)


def coverage_index(facts: Facts) -> Answer:
    """Mean of one figure for each layer; the three stand in the reason."""
    urban = facts.figure("urban_population_within_3_km", "urban")
    highway = facts.figure("expressway_within_50_km_of_station", "highway")
    rural = facts.figure("townships_with_station", "rural")
    why = (
        f"mean of {urban:.4f} of urban people within 3 km of a station, {highway:.4f} of expressway kilometres with one at "
        f"most 50 km ahead, and {rural:.4f} of townships with one; the weights are ours, no target is named"
    )
    return Answer((urban + highway + rural) / 3.0, why)


def megawatt_stations(province: str) -> Callable[[Facts], Answer]:
    """Return the rule that counts the service-area sides of a province with a megawatt EVSE."""

    def rule(facts: Facts) -> Answer:
        n = facts.figures.get(("n_service_areas_with_megawatt", "highway", province), np.nan)
        target = _target_of_corridor(province)
        if not n >= 0:
            return Answer(np.nan, f"service-area sides of {province}")
        why = f"service-area sides of {province} with 1,000 kW or more for trucks; met where there are {target:,.0f} or more"
        return Answer(n, why, MET if n >= target else MISSED)

    return rule


def _target_of_corridor(province: str) -> float:
    lines = seeds.read("policy_lines")
    return float(lines["value"][lines["id"] == {"YN": "YN-3", "GD": "GD-1"}[province]][0])


def megawatt_spacing(province: str) -> Callable[[Facts], Answer]:
    """Return the rule that reads the longest way to a megawatt EVSE on the expressways of a province."""

    def rule(facts: Facts) -> Answer:
        km = facts.figures.get(("longest_way_to_megawatt", "highway", province), np.nan)
        why = (
            f"longest way ahead to an EVSE of 1,000 kW or more for trucks from anywhere on an expressway of {province}; "
            "the line is about core sections alone"
        )
        return Answer(km, why)

    return rule


def commercial_spaces(facts: Facts) -> Answer:
    """Hold the share of commercial spaces with a charger against the share of electric vehicles in the same cities."""
    spaces, vehicles = (facts.figure(name, "urban") for name in ("commercial_spaces_with_charger", "ev_share_of_cars"))
    cities = facts.figure("cities_with_chargers_ahead_of_vehicles", "urban")
    why = (
        f"large and medium cities: electric vehicles are {100 * vehicles:.1f} % of the cars, and in {100 * cities:.0f} % "
        "of these cities they are the smaller share. Estimated from cars and stations: nobody counts the spaces"
    )
    if np.isnan(spaces) or np.isnan(vehicles):
        return Answer(np.nan, "cities of half a million people and more")
    return Answer(spaces, why, MET if spaces > vehicles else MISSED)


def areas_and_trunk_roads(facts: Facts) -> Answer:
    """Take the lesser of service areas with a plug, and trunk-road kilometres with one of 60 kW within 50 km."""
    areas = facts.figure("service_areas_with_station", "highway")
    roads = facts.figure("trunk_roads_within_50_km_of_dc_of_60_kw", "rural")
    why = (
        f"the lesser of two: {100 * areas:.2f} % of the service-area sides have a public EVSE, {100 * roads:.2f} % of the "
        "trunk-road kilometres outside towns one of 60 kW or more within 50 km. Rest areas of trunk roads are listed nowhere"
    )
    return Answer(min(areas, roads), why)


def in_valley_hours(metric: str, what: str) -> Callable[[Facts], Answer]:
    """Return the rule that tells a share in valley hours of the nation, and beside it that of the pilot cities."""

    def rule(facts: Facts) -> Answer:
        of_pilots = facts.figure(f"pilot_{metric}")
        beside = f"{of_pilots:.2f} in the pilot cities alone" if np.isfinite(of_pilots) else "no pilot city is a zone of it"
        return Answer(facts.figure(metric), f"{what}; of the run's days and in the nation, {beside}")

    return rule
