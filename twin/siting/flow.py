"""The flow of `twin site`: what stands, what could stand, what to choose, and what that leaves behind."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.config import Config, changed
from twin.nation import Places, build_places, build_supply
from twin.siting.candidates import KINDS, Candidates, Package, build_candidates
from twin.siting.journeys import journeys_question, travel_of
from twin.siting.questions import Question, covering_question, median_question
from twin.siting.request import Request, check_candidates, check_request, layers_asked
from twin.siting.search import Allocation, Live, Trial, ground_of, improve, trial
from twin.siting.written import folder_in_the_making, refuse_taken, write_siting
from twin.stations.choosing import solve
from twin.tables import seeds

if TYPE_CHECKING:
    from twin.stations.inventory import Inventory

__all__ = ["site"]

Say = Callable[[str], None]


class Case(NamedTuple):
    """What is asked of what: all that the steps of the flow share."""

    config: Config
    request: Request
    places: Places
    inventory: Inventory
    package: Package
    candidates: Candidates


class Answer(NamedTuple):
    """What was chosen: figure and unit in words, the allocation, and the rows of the frontier, the last its own."""

    meaning: str
    unit: str
    allocation: Allocation
    frontier: list[dict[str, float]]


def site(config: Config, request: Request, out: Path, live: Live, say: Say = lambda _: None) -> dict[str, Any]:
    """Improve the stations of a scenario under a budget, and leave a folder behind.

    Parameters
    ----------
    config : Config
        The scenario. A sample of its fleet is what runs live; it does not thin the stations that are planned.
    request : Request
        What is wanted.
    out : pathlib.Path
        Folder of the result; it appears under this name only when it is complete.
    live : callable
        Lives a scenario, see `twin.siting.search.Live`.
    say : callable, optional
        Takes what is being done.

    Returns
    -------
    dict
        What ``site.json`` holds.

    Raises
    ------
    DataError
        If the request cannot be met, with every fault.
    OutputExistsError
        If the folder holds something.
    StoreError
        If it cannot be written.
    """
    refuse_taken(out)
    package = check_request(request, config, seeds.read("provinces")["province"].tolist())
    say("roads and stations")
    places = build_places(config, say)
    inventory = build_supply(changed(config, {"fleet.sample": 1.0}), places).inventory
    found = build_candidates(inventory, places, package, is_new_only=request.objective != "waits")
    candidates = check_candidates(request, places, found)
    say(f"{len(candidates.id):,} candidate sites")
    case = Case(config, request, places, inventory, package, candidates)
    with folder_in_the_making(out) as folder:
        lives = partial(_live, case, live, folder)
        answer = _searched(case, lives, say) if request.objective == "waits" else _solved(case, lives, say)
        told = _told(case, answer)
        say("station list")
        write_siting(folder, config, inventory, places, package, candidates, answer.allocation, answer.frontier, told)
    return told


def _live(case: Case, live: Live, folder: Path, allocation: Allocation) -> Trial:
    config, _, places, inventory, package, candidates = case
    ground = ground_of(inventory, places, package, candidates)
    return trial(config, inventory, places, package, candidates, ground, allocation, live, folder)


def _question(case: Case) -> Question:
    config, request, places, inventory, package, candidates = case
    codes = places.regions.province_code.tolist()
    here = np.array([not request.provinces or code in request.provinces for code in codes])
    if request.objective == "median":
        return median_question(inventory, places, package, candidates, here)
    if request.objective == "journeys":
        travel = travel_of(config, places, package.for_trucks)
        return journeys_question(inventory, places, package, candidates, here, travel)
    return covering_question(inventory, places, package, candidates, here, layers_asked(request))


def _solved(case: Case, lives: Callable[[Allocation], Trial], say: Say) -> Answer:
    """Solve at rising budgets, the last the one asked for; live the last, the first and others while runs are left."""
    request, question = case.request, _question(case)
    nothing = Allocation(np.zeros(0, np.int64), np.zeros(0, np.int64), 0.0)
    rows, allocations = [_row(nothing, question.now, question.now, 0.0)], [nothing]
    for point in range(1, request.n_points + 1):
        budget = request.budget_cny * point / request.n_points
        found = solve(question.covering, budget, request.time_limit_s)
        figure, bound = question.figure(found.value), question.figure(found.bound)
        allocations.append(Allocation(found.sites, np.ones(len(found.sites), np.int64), found.cost))
        rows.append(_row(allocations[-1], figure, bound, found.gap))
        say(f"{budget:,.0f} CNY: {figure:.6g} {question.unit}, gap {found.gap:.2%}")
    order = [len(rows) - 1, 0, *range(len(rows) - 2, 0, -1)]
    for number in order[: request.n_runs or 0]:
        rows[number]["mean_wait_min"] = lives(allocations[number]).wait_min
        say(f"{rows[number]['cost_cny']:,.0f} CNY: mean wait {rows[number]['mean_wait_min']:.4g} min")
    return Answer(question.meaning, question.unit, allocations[-1], rows)


def _searched(case: Case, lives: Callable[[Allocation], Trial], say: Say) -> Answer:
    """Search on waits; the frontier holds every run, and last the best."""
    request = case.request
    ground = ground_of(case.inventory, case.places, case.package, case.candidates)
    first = lives(Allocation(np.zeros(0, np.int64), np.zeros(0, np.int64), 0.0))
    say(f"as it stands: {first.burden_min:.4g} min")
    allowed = np.zeros(ground.n_places)
    allowed[ground.place] = 1.0
    first = first._replace(left_s=first.left_s * allowed)
    n_runs = request.n_runs if request.n_runs is not None else DEFAULT_RUNS
    trials = improve(first, lives, ground, request.budget_cny, n_runs, say)
    best = min(range(len(trials)), key=lambda number: (trials[number].burden_min, number))
    rows = [
        {**_row(each.allocation, each.burden_min, math.nan, math.nan), "mean_wait_min": each.wait_min}
        for each in [*trials[:best], *trials[best + 1 :], trials[best]]
    ]
    meaning = "mean wait of an arrival, where who was turned away counts with the patience"
    return Answer(meaning, "min", trials[best].allocation, rows)


DEFAULT_RUNS = 6
"""Runs of the search where the user names none."""


def _row(allocation: Allocation, figure: float, bound: float, gap: float) -> dict[str, float]:
    return {
        "cost_cny": allocation.cost_cny,
        "n_packages": int(allocation.n_packages.sum()),
        "figure": figure,
        "bound": bound,
        "gap": gap,
        "mean_wait_min": math.nan,
    }


def _told(case: Case, answer: Answer) -> dict[str, Any]:
    request, chosen, last = case.request, answer.allocation, answer.frontier[-1]
    by_kind = np.bincount(case.candidates.kind[chosen.sites], chosen.n_packages, len(KINDS)).astype(int).tolist()
    scenario = case.config.scenario
    where = ", ".join(request.provinces) or "the nation"
    rows = [{name: None if math.isnan(value) else value for name, value in row.items()} for row in answer.frontier]
    return {
        "title": f"{scenario.title or scenario.name}, sited for {request.objective} in {where}",
        "scenario": scenario.name,
        "objective": request.objective,
        "figure": answer.meaning,
        "unit": answer.unit,
        "before": answer.frontier[0]["figure"],
        "after": last["figure"],
        "bound": rows[-1]["bound"],
        "gap": rows[-1]["gap"],
        "budget_cny": request.budget_cny,
        "cost_cny": chosen.cost_cny,
        "n_candidates": len(case.candidates.id),
        "n_sites": len(chosen.sites),
        "n_packages": last["n_packages"],
        **{f"in_{kind.replace(' ', '_')}s": count for kind, count in zip(KINDS, by_kind, strict=True)},
        "evses_in_a_package": case.package.n_evse,
        "power_class": request.power_class,
        "frontier": rows,
    }
