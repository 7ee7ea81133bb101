"""Does `twin site` beat scenarios written by hand, at what they cost and by its own figure?

    python -m benchmarks.siting configs/national-2025.yaml configs/*-2027.yaml --objective covering median journeys

Each further scenario is priced by what it has more than the first; the least of these sums is spent on the first as
`twin site` does.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from twin.config import Config, changed, load
from twin.config.buildout import MOST_KVA
from twin.metrics.rows import is_plug_of
from twin.nation import Places, build_places, build_supply
from twin.siting.candidates import build_candidates, package_of
from twin.siting.journeys import journeys_question, travel_of
from twin.siting.questions import Question, covering_question, median_question
from twin.siting.request import Request, layers_asked
from twin.stations.choosing import solve
from twin.stations.inventory import Inventory
from twin.stations.limits import POWER_FACTOR
from twin.tables import seeds


def worth_cny(inventory: Inventory, efficiency: float) -> float:
    """Return what the stations of an inventory would cost, EVSEs and transformers, at the unit costs of the seeds."""
    classes, figures = seeds.read("power_classes"), seeds.read("nation_figures")
    pools = inventory.pools
    rated_w = pools.n_evse * is_plug_of(pools) * pools.rated_power_w.astype(np.float64)
    equipment = classes["capex_cny_per_w"][pools.power_class] * rated_w
    per_kva = float(figures["value"][figures["figure"] == "capex_grid_per_kva"][0])
    kva = inventory.stations.site_limit_w / (1000.0 * POWER_FACTOR * efficiency)
    return float(equipment.sum() + per_kva * kva.sum())


def asked(path: Path, places: Places, request: Request, inventory: Inventory) -> Question:
    """Return the question of an objective about an inventory, over the whole nation."""
    config = load(path)
    package = package_of(config, request.power_class, request.n_evse, request.transformer_kva)
    candidates = build_candidates(inventory, places, package)
    here = np.full(places.regions.n_provinces, True)
    if request.objective == "median":
        return median_question(inventory, places, package, candidates, here)
    if request.objective == "journeys":
        travel = travel_of(config, places, package.for_trucks)
        return journeys_question(inventory, places, package, candidates, here, travel)
    return covering_question(inventory, places, package, candidates, here, layers_asked(request))


def main() -> None:
    """Print the figure of each scenario and what it costs more than the base; then what the same money does when sited.

    Money is spent by `twin site` at the least cost of all scenarios, and at shares of it: the frontier. Sites may have the
    transformers that build-outs may have at service areas.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("others", type=Path, nargs="+")
    parser.add_argument("--objective", nargs="+", default=["covering"], choices=("covering", "median", "journeys"))
    parser.add_argument("--shares", type=float, nargs="+", default=[0.02, 0.1, 0.3, 1.0], help="of the least cost")
    parser.add_argument("--time-limit", type=float, default=240.0)
    wanted = parser.parse_args()
    base = load(wanted.base)
    places, efficiency = build_places(base), base.stations.module_efficiency
    standing = whole(base, places)
    built = {load(path).scenario.name: whole(load(path), places) for path in wanted.others}
    cost = {name: worth_cny(one, efficiency) - worth_cny(standing, efficiency) for name, one in built.items()}
    least = min(cost.values())
    n_better = []
    for objective in wanted.objective:
        request = Request(1.0, objective, transformer_kva=MOST_KVA["service area"])
        question = asked(wanted.base, places, request, standing)
        print(f"{question.meaning}\n{base.scenario.name}: {question.now:.6g} {question.unit}", flush=True)
        figures = {name: asked(wanted.base, places, request, one).now for name, one in built.items()}
        for name, figure in figures.items():
            print(f"{name}: {cost[name] / 1e9:.1f} bn CNY, {figure:.6g}", flush=True)
        for share in wanted.shares:
            begun = time.process_time()
            found = solve(question.covering, least * share, wanted.time_limit)
            after = question.figure(found.value)
            beaten = sum(question.sign * (after - figure) > 0 for figure in figures.values())
            took_s = time.process_time() - begun
            print(
                f"sited: {found.cost / 1e9:.2f} bn, {after:.6g}, gap {found.gap:.2%}, "
                f"better than {beaten} of {len(figures)}, {took_s:.0f} s of processor",
                flush=True,
            )
        n_better.append(beaten == len(figures))
    print("every objective beats all" if all(n_better) else "NOT every objective beats all")


def whole(config: Config, places: Places) -> Inventory:
    """Return all stations of a scenario, not a sample of them."""
    return build_supply(changed(config, {"fleet.sample": 1.0}), places).inventory


if __name__ == "__main__":
    main()
