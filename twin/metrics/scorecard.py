"""Every line of policy against the figures of a run; what a run cannot answer is said, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.metrics import new_lines
from twin.metrics.facts import Answer, Facts
from twin.metrics.policy import NO_RULE, OF_PROVINCES, WHY_NOT
from twin.metrics.rows import ALL, SECONDS_PER_HOUR
from twin.tables.columns import F64
from twin.tables.results import VERDICTS, MetricsTable, ScorecardProvincesTable, ScorecardTable, StationsTable

MET, MISSED, NOT_EVALUATED = VERDICTS
BUSY_SHARE = 0.40
"""Utilisation above which a facility is to be upgraded first."""
AVAILABILITY = 0.98
"""Share of the time for which equipment is to be in service."""

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda value, target: value > target,
    ">=": lambda value, target: value >= target,
    "=": lambda value, target: value == target,
    "<=": lambda value, target: value <= target,
}


def scorecard(policy: Mapping[str, NDArray[Any]], metrics: MetricsTable, stations: StationsTable) -> ScorecardTable:
    """Hold every policy line against a run.

    Parameters
    ----------
    policy : mapping of str to ndarray
        The seed table ``policy_lines``.
    metrics : MetricsTable
        Figures of the run.
    stations : StationsTable
        Stations of the run.

    Returns
    -------
    ScorecardTable
        One row a line, in the order of the seed. A line that names no target, or that the run holds no figure for,
        is "not evaluated" and says why.
    """
    facts = Facts.of(metrics, stations)
    target = np.asarray(policy["value"], np.float64)
    answers = [_answer(line, facts) for line in policy["id"]]
    verdicts = [
        _verdict(answer, str(operator), float(wanted))
        for answer, operator, wanted in zip(answers, policy["operator"], target, strict=True)
    ]
    return ScorecardTable(
        line=policy["id"],
        instrument=policy["instrument"],
        requirement=policy["requirement"],
        operator=policy["operator"],
        target=target,
        value=np.array([answer.value for answer in answers], np.float64),
        unit=policy["unit"],
        met=np.array(verdicts, object),
        why=np.array([answer.why for answer in answers], object),
        source=policy["source"],
    )


def provincial_scorecard(
    policy: Mapping[str, NDArray[Any]], metrics: MetricsTable, stations: StationsTable
) -> ScorecardProvincesTable:
    """Hold the policy lines of `OF_PROVINCES` against every province of a run.

    Parameters
    ----------
    policy, metrics, stations
        As for `scorecard`.

    Returns
    -------
    ScorecardProvincesTable
        One row a line and province, lines in the order of the seed, provinces by code. A province has a target, and is
        met or missed, where the line asks the same of every place; a count that is asked of the nation has a value only.
    """
    facts = Facts.of(metrics, stations)
    places = [facts.within(code) for code in sorted({key[2] for key in facts.figures} - {ALL})]
    rows = []
    for k, line in enumerate(policy["id"].tolist()):
        if line not in OF_PROVINCES:
            continue
        wanted = float(policy["value"][k]) if OF_PROVINCES[line] else np.nan
        for here in places:
            answer = _answer(line, here)
            met = _verdict(answer, str(policy["operator"][k]), wanted) if OF_PROVINCES[line] else NOT_EVALUATED
            why = answer.why if OF_PROVINCES[line] else f"{answer.why}; the target is the nation's"
            told = (policy["operator"][k], wanted, answer.value, policy["unit"][k], met, why, policy["source"][k])
            rows.append((line, here.province, policy["requirement"][k], *told))
    columns = zip(*rows, strict=True) if rows else [()] * len(ScorecardProvincesTable._fields)
    numbers = ("target", "value")
    return ScorecardProvincesTable(
        *(
            np.array(column, np.float64 if name in numbers else object)
            for name, column in zip(ScorecardProvincesTable._fields, columns, strict=True)
        )
    )


def _answer(line: str, facts: Facts) -> Answer:
    rule = RULES.get(line)
    if rule is None:
        return Answer(np.nan, WHY_NOT.get(line, NO_RULE))
    answer = rule(facts)
    return answer if np.isfinite(answer.value) else Answer(np.nan, f"this run holds no figure for it: {answer.why}")


def _verdict(answer: Answer, operator: str, target: float) -> str:
    if answer.met or np.isnan(answer.value):
        return answer.met or NOT_EVALUATED
    if operator not in COMPARISONS or np.isnan(target):
        return NOT_EVALUATED
    return MET if COMPARISONS[operator](answer.value, target) else MISSED


def _figure(metric: str, why: str, layer: str = ALL) -> Callable[[Facts], Answer]:
    return lambda facts: Answer(facts.figure(metric, layer), why)


def _all_facilities(facts: Facts) -> Answer:
    public, private = facts.figure("n_evse"), facts.figure("n_private_evse")
    return Answer(public + private, f"{public:,.0f} public and {private:,.0f} private EVSEs stand in this scenario")


def _vehicles_served(facts: Facts) -> Answer:
    n = facts.figure("n_vehicles")
    why = f"the fleet of this run is {n:,.0f} vehicles; the line asks for a run with the fleet of its target"
    return Answer(n, why, NOT_EVALUATED)


def _above_forty(layer: str) -> Callable[[Facts], Answer]:
    """Read the trigger of 40 % both ways, and see whether a facility above it still waits for high power."""

    def rule(facts: Facts) -> Answer:
        table = facts.stations
        chosen = np.full(table.station.size, True) if layer == ALL else table.layer == layer
        hours = facts.n_hours
        time_use = table.busy_share[chosen]
        energy_use = np.divide(table.energy_kwh, table.rated_power_kw * hours)[chosen]
        is_due = table.n_high_power[chosen] == 0
        n = int(chosen.sum())
        if n == 0 or not np.isfinite(hours):
            return Answer(np.nan, "busy shares of stations")
        busy, by_energy = time_use > BUSY_SHARE, energy_use > BUSY_SHARE
        largest = float(np.max(time_use[is_due], initial=0.0))
        why = (
            f"mean of the run: {busy.sum():,} of {n:,} stations are plugged for more than 40 % of the time, "
            f"{by_energy.sum():,} give more than 40 % of what their rated power could; of these "
            f"{(busy & is_due).sum():,} (time) and {(by_energy & is_due).sum():,} (energy) have no EVSE of 250 kW or "
            "more and are to be upgraded first. value: largest share of time at a station without one; met when none "
            "of them is above 40 % in time"
        )
        return Answer(largest, why, MISSED if (busy & is_due).any() else MET)

    return rule


def _hardly_used(facts: Facts) -> Answer:
    use: F64 = facts.stations.busy_share
    share = float(np.mean(use < 0.05)) if use.size else np.nan
    return Answer(share, "share of stations plugged for less than 5 % of the time; the text names no figure")


def _project(least: str, n_enough: str, what: str) -> Callable[[Facts], Answer]:
    """Judge the pilot projects, one a zone with plugs that can give, by the least of them."""

    def rule(facts: Facts) -> Answer:
        n, of = facts.figure(n_enough), facts.figure("v2g_projects")
        why = f"{what} in the zone with least; {n:,.0f} of {of:,.0f} zones with such plugs reach the target"
        return Answer(facts.figure(least), why)

    return rule


def _availability(facts: Facts) -> Answer:
    """Judge what failed and was repaired in the run; where nothing does there is nothing to judge."""
    share = facts.figure("availability")
    if not share < 1.0:
        return Answer(np.nan, "equipment that fails and is repaired; outages.is_on is false")
    table = facts.stations
    hours = facts.n_hours
    n_below = int((table.out_of_service_s > (1.0 - AVAILABILITY) * table.n_evse * hours * SECONDS_PER_HOUR).sum())
    why = (
        "EVSE seconds in service over EVSE seconds, in the nation, as simulated; how often equipment fails and how soon it "
        f"is repaired are settings. Below 98 % in this run: {n_below:,} of {table.station.size:,} stations"
    )
    return Answer(share, why)


def _swap_stations(facts: Facts) -> Answer:
    table = facts.stations
    n_stations, n_there = int((table.n_batteries > 0).sum()), int(table.n_batteries.sum())
    why = (
        f"stations with swap bays for heavy trucks in this scenario, all brands; {n_there:,} spare batteries, "
        f"{facts.figure('n_swaps'):,.0f} swaps in the run. They are those of the stock, planned ones among them"
    )
    return Answer(float(n_stations), why, MET if n_stations >= SWAP_STATIONS else MISSED)


SWAP_STATIONS = 300
"""Target of the line for end-2025; more are no miss."""
SWAP_LINE = ("Ningde", "Fuzhou", "Putian", "Quanzhou", "Xiamen")
"""Zones of Fujian along the trunk line from Ningde to Xiamen."""
SIDES_ON_THE_LINE = 4
"""Stations of the line: two service areas, both directions."""


def _swap_line(facts: Facts) -> Answer:
    """Count what stands where the line runs; the stock places bays by where people live, not by the operator's map."""
    table = facts.stations
    is_there = (table.province == "FJ") & np.isin(table.zone, SWAP_LINE)
    chosen = is_there & (table.n_batteries > 0) & (table.layer == "highway")
    n = int(chosen.sum())
    why = (
        f"sides of service areas with swap bays from {SWAP_LINE[0]} to {SWAP_LINE[-1]}, {table.n_swaps[chosen].sum():,} "
        "swaps there in the run; bays are shared out by the population along the roads, not by the operator's map"
    )
    return Answer(float(n), why, MET if n >= SIDES_ON_THE_LINE else MISSED)


def _sun_and_storage(facts: Facts) -> Answer:
    """Tell what photovoltaics and storage gave; the text asks for as much as local conditions allow, and names no figure."""
    n_pv, n_storage = facts.figure("n_stations_with_pv"), facts.figure("n_stations_with_storage")
    why = (
        f"energy of photovoltaics used at public stations over the energy charged there; {n_pv:,.0f} stations have "
        f"photovoltaics and {n_storage:,.0f} storage, as the scenario sets it; storage takes "
        f"{100 * facts.figure('storage_peak_cut_share'):.0f} % off the peaks of its stations. The text names no figure"
    )
    return Answer(facts.figure("pv_share_of_public_energy"), why)


RULES: dict[str, Callable[[Facts], Answer]] = {
    "632-0a": _figure("n_high_power_evse", "public EVSEs of 250 kW or more"),
    "632-0b": new_lines.service_quality,
    "632-1b": new_lines.strong_share_on_highway,
    "632-1c": _above_forty(ALL),
    "632-1d": new_lines.charge_and_go,
    "632-1e": new_lines.duplicated,
    "632-2b": _hardly_used,
    "632-3a": _availability,
    "632-5c": _figure("valley_energy_share", "share of all charging energy in valley hours; no target named"),
    "632-5d": _sun_and_storage,
    "632-7b": _figure("n_megawatt_evse", "public EVSEs of 1,000 kW or more"),
    "1250-1": _all_facilities,
    "1250-2": _figure("rated_power_gw", "rated power of all public EVSEs"),
    "1250-3": _vehicles_served,
    "1250-4": new_lines.added("n_dc_evse", "urban", "urban_dc_evses"),
    "1250-5": new_lines.added("n_high_power_evse", "urban", "urban_high_power_evses"),
    "1250-6": new_lines.added("n_evse_of_60_kw", "highway", "highway_evses"),
    "1250-7": _figure("service_areas_with_station", "service areas with a public EVSE", "highway"),
    "1250-8": new_lines.added("n_dc_evse", "rural", "rural_dc_evses"),
    "1250-9": _figure("townships_with_station", "townships with a public EVSE", "rural"),
    "MOT22-1": new_lines.areas_and_trunk_roads,
    "19-1": new_lines.coverage_index,
    "19-2": new_lines.commercial_spaces,
    "MOT25-2": new_lines.strong_share_of_added,
    "MOT25-3": _above_forty("highway"),
    "1250-10": _figure("n_v2g_plugs", "plugs that can give to the grid, private and public, as the scenario sets them"),
    "1250-11": _figure("v2g_energy_gwh_a", "given to the grid in a year of days like those of the run, not cumulated"),
    "FJ-1": _swap_line,
    "CATL-1": _swap_stations,
    "YN-3": new_lines.megawatt_stations("YN"),
    "YN-4": new_lines.megawatt_spacing("YN"),
    "GD-1": new_lines.megawatt_stations("GD"),
    "V2G-1": new_lines.in_valley_hours(
        "public_valley_energy_share",
        "share of the public charging energy of the run in valley hours, a stricter reading of the "
        "notice, which names all charging energy (V2G-1a)",
    ),
    "V2G-1a": new_lines.in_valley_hours(
        "valley_energy_share", "share of all charging energy of the run in valley hours, as the notice words it"
    ),
    "V2G-2": new_lines.in_valley_hours(
        "private_valley_energy_share", "share of the charging energy at homes, at depots and at work in valley hours"
    ),
    "V2G-3": _project("v2g_least_project_kw", "v2g_projects_of_500_kw", "largest power given"),
    "V2G-4": _project("v2g_least_project_kwh_a", "v2g_projects_of_100_mwh_a", "energy given in a year of such days"),
}
"""How a line is answered; `WHY_NOT` has the reason for the others."""
