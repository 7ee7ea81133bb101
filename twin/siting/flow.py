"""The flow of `twin site`: what stands, what could stand, what to choose, and what that leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.config import Config, changed
from twin.nation import Places, build_places, build_supply
from twin.siting.candidates import KINDS, Candidates, Package, build_candidates
from twin.siting.questions import Question, covering_question, median_question
from twin.siting.request import Request, check_candidates, check_request, layers_asked
from twin.siting.written import folder_in_the_making, refuse_taken, sited_list, write_siting
from twin.stations.covering import solve
from twin.tables import seeds

if TYPE_CHECKING:
    from twin.stations.inventory import Inventory
    from twin.stations.siting import Choice

__all__ = ["site"]

Say = Callable[[str], None]


def site(config: Config, request: Request, out: Path, say: Say = lambda _: None) -> dict[str, Any]:
    """Improve the stations of a scenario under a budget, and leave a folder behind.

    Parameters
    ----------
    config : Config
        The scenario; a sample of its fleet does not thin what is planned here.
    request : Request
        What is wanted.
    out : pathlib.Path
        Folder of the result; it appears under this name only when it is complete.
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
    assert package is not None
    say("roads and stations")
    places = build_places(config, say)
    inventory = build_supply(changed(config, {"fleet.sample": 1.0}), places).inventory
    candidates = check_candidates(request, places, build_candidates(inventory, places, package))
    say(f"{len(candidates.id):,} candidate sites")
    question = _question(inventory, places, package, candidates, request)
    frontier, best = _frontier(question, candidates, request, say)
    told = _told(config, request, package, candidates, question, best, frontier)
    with folder_in_the_making(out) as folder:
        say("station list")
        pools = sited_list(inventory, package, candidates, best.sites)
        write_siting(folder, config, pools, places, candidates, best.sites, frontier, told)
    return told


def _question(inventory: Inventory, places: Places, package: Package, candidates: Candidates, request: Request) -> Question:
    codes = places.regions.province_code.tolist()
    here = np.array([not request.provinces or code in request.provinces for code in codes])
    if request.objective == "median":
        return median_question(inventory, places, package, candidates, here)
    return covering_question(inventory, places, package, candidates, here, layers_asked(request))


def _frontier(question: Question, candidates: Candidates, request: Request, say: Say) -> tuple[list[dict[str, Any]], Choice]:
    """Solve at rising budgets; the last is the one asked for."""
    rows = [_row(0.0, question.now, question.now, 0.0, 0)]
    for point in range(1, request.n_points + 1):
        budget = request.budget_cny * point / request.n_points
        found = solve(question.covering, budget, request.time_limit_s)
        figure, bound = question.figure(found.value), question.figure(found.bound)
        say(f"{budget:,.0f} CNY: {figure:.6g} {question.unit}, gap {found.gap:.2%}")
        rows.append(_row(found.cost, figure, bound, found.gap, len(found.sites)))
    return rows, found


def _row(cost: float, figure: float, bound: float, gap: float, n_sites: int) -> dict[str, Any]:
    return {"cost_cny": cost, "n_sites": n_sites, "figure": figure, "bound": bound, "gap": gap}


def _told(
    config: Config, request: Request, package: Package, candidates: Candidates, question: Question, best: Choice,
    frontier: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    kinds = np.bincount(candidates.kind[best.sites], minlength=len(KINDS)).tolist()
    where = ", ".join(request.provinces) or "the nation"
    return {
        "title": f"{config.scenario.title or config.scenario.name}, sited for {request.objective} in {where}",
        "scenario": config.scenario.name,
        "objective": request.objective,
        "figure": question.meaning,
        "unit": question.unit,
        "before": question.now,
        "after": frontier[-1]["figure"],
        "bound": frontier[-1]["bound"],
        "gap": frontier[-1]["gap"],
        "budget_cny": request.budget_cny,
        "cost_cny": best.cost,
        "n_candidates": len(candidates.id),
        "n_sites": len(best.sites),
        **{f"n_{kind.replace(' ', '_')}s": count for kind, count in zip(KINDS, kinds, strict=True)},
        "evses_at_a_site": package.n_evse,
        "power_class": request.power_class,
        "frontier": frontier,
    }
