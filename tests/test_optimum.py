"""The optimum for the plan's money: no dearer, and better by the figures that its sites were chosen for."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tests.conftest import REPOSITORY
from twin.config import Config, changed, load
from twin.nation import Places, build_places, build_supply
from twin.siting.candidates import build_candidates, package_of
from twin.siting.journeys import Travel, journeys_question, travel_of
from twin.siting.questions import covering_question
from twin.stations.inventory import Inventory
from twin.tables.inputs import LAYERS

BEST_BY_HAND = "highway-first-2027"
"""Of the scenarios of the plan written by hand the best on coverage, and on journeys; docs/siting.md has all of them."""


def scenario(name: str) -> Config:
    return changed(load(REPOSITORY / "configs" / f"{name}.yaml"), {"fleet.sample": 1.0})


@cache
def places() -> Places:
    return build_places(scenario("optimum-2027"))


@cache
def travel() -> Travel:
    return travel_of(scenario("optimum-2027"), places(), False)


@cache
def stations(name: str) -> Inventory:
    return build_supply(scenario(name), places()).inventory


def figures(name: str) -> tuple[float, float]:
    """Return the covering and the share of long journeys of a scenario, as `twin site` has them."""
    inventory, package = stations(name), package_of(scenario(name), "hp_300", 2, 10_000.0)
    candidates = build_candidates(inventory, places(), package)
    asked: Any = inventory, places(), package, candidates, np.full(places().regions.n_provinces, True)
    return covering_question(*asked, LAYERS).now, journeys_question(*asked, travel()).now


def test_it_costs_no_more_than_the_plan() -> None:
    cost = {}
    for name in ("plan-2027", "optimum-2027"):
        built = stations(name).built
        assert built is not None
        cost[name] = float(built.ledger.cost_cny.sum())
    assert 0.99 * cost["plan-2027"] < cost["optimum-2027"] <= cost["plan-2027"]
    assert scenario("optimum-2027").buildout.meets_plan
    assert stations("optimum-2027").n_evse_total == stations("plan-2027").n_evse_total


def test_it_covers_more_and_lets_more_journeys_be_made_than_the_best_written_by_hand() -> None:
    covering, journeys = figures("optimum-2027")
    by_hand = figures(BEST_BY_HAND)
    assert covering > by_hand[0] + 0.1
    assert journeys > by_hand[1]
