"""The best that the plan's money buys: finds the sites and orders of configs/optimum-2027.yaml.

    python -m benchmarks.optimum configs/plan-2027.yaml configs/highway-first-2027.yaml --out configs

First HiGHS chooses sites for packages of two EVSEs of 300 kW, with which most people, expressway kilometres and long
journeys are covered, as `twin site` counts them. Then a local search on waits, from the orders of the second scenario on,
exchanges slow and strong EVSEs of cities for DC EVSEs at service areas and in townships: each trial is a day at a small
sample, all have the same drivers and the same luck. What waits longer, misses the plan's figures or costs more than the plan
is not kept.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack

from benchmarks.siting import whole
from twin import nation
from twin.config import Config, changed, load
from twin.engine.world import build_world
from twin.errors import TwinError
from twin.model import TwinModel
from twin.nation import Places, build_places
from twin.siting.candidates import Candidates, Package, build_candidates, package_of
from twin.siting.journeys import journeys_question, travel_of
from twin.siting.questions import covering_question
from twin.stations.choosing import solve
from twin.stations.covering import Covering
from twin.stations.inventory import Inventory
from twin.stations.ledger import BN
from twin.tables.columns import I64
from twin.tables.inputs import LAYERS

N_EVSE, POWER_CLASS, CITY = 2, "hp_300", "urban public"
CHOSEN = {"cells": CITY, "villages": "township", "sides": "service area", "roadsides": "trunk road"}
"""Orders of the sites that HiGHS chose, in the order of `twin.siting.candidates.KINDS`."""
START = {"strong": 0, "townships": 0}
"""EVSEs of 300 kW at service areas and of 80 kW in townships, beside the orders of the second scenario."""
SCALE = {"strong": 1, "townships": 4}
PAID = {"strong": 1.528, "townships": 0.348}
"""EVSEs of 120 kW in place of 300 kW, each saving 233,000 CNY, that pay for one of 359,000 or 84,000 CNY."""
ROOM = 0.9
"""Part of the largest transformer of a side up to which sites are looked for: orders reckon theirs without steps."""


class Trial(NamedTuple):
    """What a build-out says: mean wait of an arrival with those turned away, min; NaN and why, if it was refused."""

    wait_min: float
    why: str


def moved(site_type: str, power_class: str, n_evse: int, **more: Any) -> dict[str, Any]:
    """Return an order in place of EVSEs of the same power in cities."""
    order = {"site_type": site_type, "power_class": power_class, "n_evse": n_evse}
    return {**order, **more, "in_place_of": [{"site_type": CITY}]}


def weaker(n_evse: int) -> dict[str, Any]:
    """Return an order of EVSEs of 120 kW in place of the strong ones of cities."""
    order = {"site_type": CITY, "power_class": "dc_120", "n_evse": n_evse}
    return {**order, "in_place_of": [{"power_class": POWER_CLASS}]}


def choose(
    config: Config, places: Places, orders: dict[str, dict[str, Any]], n_packages: int, time_limit_s: float
) -> tuple[Candidates, I64]:
    """Choose sites for packages beside orders: for covering and journeys that can be made, a site as dear as another."""
    package = package_of(config, POWER_CLASS, N_EVSE, ROOM * config.buildout.most_kva["service area"])
    # What is still without a place counts as weak meanwhile.
    standing = whole(changed(config, {"buildout.orders": {**orders, "chosen": weaker(N_EVSE * n_packages)}}), places)
    candidates = build_candidates(standing, places, package)
    question = both(config, standing, places, package, candidates)
    found = solve(question, float(n_packages), time_limit_s)
    print(f"{len(found.sites):,} packages cover {found.value:.4f} more, gap {found.gap:.2%}", flush=True)
    return candidates, found.sites


def both(config: Config, standing: Inventory, places: Places, package: Package, candidates: Candidates) -> Covering:
    """Ask for covering and journeys at once, each with its whole weight."""
    here = np.full(places.regions.n_provinces, True)
    first = covering_question(standing, places, package, candidates, here, LAYERS).covering
    travel = travel_of(config, places, package.for_trucks)
    second = journeys_question(standing, places, package, candidates, here, travel).covering
    return Covering(
        np.concatenate((first.weight, second.weight)), csr_array(vstack((first.sets, second.sets))),
        np.concatenate((first.owner, len(first.weight) + second.owner)), np.ones(len(candidates.id)), candidates.province,
    )  # fmt: skip


def write_sites(path: Path, places: Places, candidates: Candidates, sites: I64) -> None:
    """Write the table of the sites chosen."""
    at, regions = candidates.take(sites), places.regions
    lines = ["order,place,lon,lat,n_evse"]
    for row, kind in enumerate(at.kind.tolist()):
        name = list(CHOSEN)[kind]
        if at.link[row] >= 0:
            lines.append(f"{name},{str(at.id[row]).removeprefix('side-')},,,{N_EVSE}")
        else:
            lines.append(f"{name},{regions.county_id[at.county[row]]},{at.lon[row]:.4f},{at.lat[row]:.4f},{N_EVSE}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def orders_for(path: Path) -> dict[str, dict[str, Any]]:
    """Return the orders for the sites of a table."""
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    found: dict[str, dict[str, Any]] = {}
    for name, site_type in CHOSEN.items():
        n = sum(int(cells[-1]) for cells in rows if cells[0] == name)
        found |= {name: moved(site_type, POWER_CLASS, n, rule="chosen")} if n else {}
    return found


def lived(config: Config, places: Places) -> Trial:
    """Live a scenario, if its orders are not refused."""
    try:
        supply = nation.build_supply(config, places)
    except TwinError as fault:
        return Trial(np.nan, str(fault).splitlines()[0])
    demand = nation.build_demand(config, places, supply, 2)
    model = TwinModel(build_world(demand.given, 2), places, supply, config, lambda name, rows: None, lambda *told: None)
    while not model.is_over:
        model.step()
    sums = model.finish().stations
    burden_s = sums.wait_s.sum() + config.behaviour.patience_s * (sums.n_balked + sums.n_reneged).sum()
    return Trial(float(burden_s / sums.n_arrivals.sum() / 60.0), "")


class Search:
    """A local search: numbers of the orders one by one and in pairs, by steps that are halved."""

    def __init__(self, config: Config, places: Places, fixed: dict[str, dict[str, Any]], seeds: list[int]) -> None:
        self.config, self.places, self.fixed, self.seeds = config, places, fixed, seeds
        self.seen: dict[tuple[int, ...], float] = {}

    def orders(self, numbers: dict[str, int]) -> dict[str, dict[str, Any]]:
        """Return all orders: DC EVSEs in place of slow ones of cities, paid by weaker ones in place of strong ones there."""
        slow = [{"site_type": CITY, "power_class": "ac_7"}]
        kinds = {"strong": ("service area", POWER_CLASS, "need"), "townships": ("township", "dc_80", "plan")}
        free: dict[str, dict[str, Any]] = {}
        for name, (site_type, power_class, rule) in kinds.items():
            order = {"site_type": site_type, "power_class": power_class, "n_evse": numbers[name], "rule": rule}
            free |= {name: {**order, "in_place_of": slow}} if numbers[name] else {}
        n_weaker = math.ceil(sum(PAID[name] * n for name, n in numbers.items()))
        return {**self.fixed, **free, **({"weaker": weaker(n_weaker)} if n_weaker else {})}

    def wait_min(self, numbers: dict[str, int]) -> float:
        """Return the mean over seeds; infinite where the orders are refused."""
        key = tuple(numbers.values())
        if key not in self.seen:
            told = {"buildout.orders": self.orders(numbers)}
            trials: list[Trial] = []
            for seed in self.seeds:
                trials.append(lived(changed(self.config, {**told, "scenario.seed": seed}), self.places))
                if trials[-1].why:
                    break
            self.seen[key] = np.inf if trials[-1].why else float(np.mean([trial.wait_min for trial in trials]))
            print(f"{numbers}: {self.seen[key]:.4f} min {trials[-1].why}", flush=True)
        return self.seen[key]

    def best(self, numbers: dict[str, int], steps: list[int]) -> dict[str, int]:
        """Go on from a start as long as a step helps."""
        for step in steps:
            is_better = True
            while is_better:
                is_better = False
                for move in moves(step):
                    other = {name: n + move.get(name, 0) for name, n in numbers.items()}
                    if min(other.values()) >= 0 and self.wait_min(other) < self.wait_min(numbers):
                        numbers, is_better = other, True
        return numbers


def moves(step: int) -> Iterator[dict[str, int]]:
    """Yield the ways to go a step: more of one, more of one for less of another, less of one."""
    for name in START:
        yield {name: step * SCALE[name]}
    for name, other in permutations(START, 2):
        yield {name: step * SCALE[name], other: -step * SCALE[other]}
    for name in START:
        yield {name: -step * SCALE[name]}


def scenario_text(cost_bn: float, rule: str, orders: dict[str, dict[str, Any]], table: str) -> str:
    """Write the orders as a section of a scenario file."""
    lines = ["buildout:", f"  rule: {rule}", f"  sites_from: {table}", f"  budget_bn_cny: {cost_bn:.4f}", "  orders:"]
    lines += [f"    {name}: {json.dumps(order)}" for name, order in orders.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Find sites, then orders; write the table and the section ``buildout``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("start", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of both files; a table of sites there is kept")
    parser.add_argument("--name", default="optimum-2027")
    parser.add_argument("--packages", type=int, default=5000)
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for HiGHS")
    parser.add_argument("--sample", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--steps", type=int, nargs="+", default=[8000])
    parser.add_argument("--rule", default="plan", help="by which provinces and counties share in what the plan orders")
    parser.add_argument("--numbers", type=int, nargs=len(START), default=list(START.values()), help=" ".join(START))
    asked = parser.parse_args()
    plan = load(asked.plan, [f"buildout.rule={asked.rule}"])
    places = build_places(plan)
    supply = nation.build_supply(load(asked.plan), places).inventory
    cost = float(supply.built.ledger.cost_cny.sum()) / BN if supply.built else 0.0
    table = asked.out / f"{asked.name}.csv"
    fixed = {name: order.model_dump(exclude_defaults=True) for name, order in load(asked.start).buildout.orders.items()}
    if not table.exists():
        write_sites(table, places, *choose(plan, places, fixed, asked.packages, asked.time_limit))
    small = {"fleet.sample": asked.sample, "period.n_days": 1, "network.reroute_every_s": 21_600}
    config = changed(plan, {**small, "buildout.sites_from": str(table), "buildout.budget_bn_cny": cost})
    search = Search(config, places, {**fixed, **orders_for(table)}, asked.seeds)
    numbers = search.best(dict(zip(START, asked.numbers, strict=True)), asked.steps)
    text = scenario_text(cost, asked.rule, search.orders(numbers), table.name)
    (asked.out / f"{asked.name}.txt").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
