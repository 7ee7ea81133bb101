"""Choices of sites are the best there are: held against every possible choice, and against their own bound."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from twin.errors import DataError
from twin.stations.siting import cover, median, stretches


def affordable(cost: np.ndarray, budget: float) -> list[list[int]]:
    """Return every choice of sites within a budget."""
    every = chain.from_iterable(combinations(range(len(cost)), n) for n in range(len(cost) + 1))
    return [list(choice) for choice in every if cost[list(choice)].sum() <= budget]


@st.composite
def coverings(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """Draw demands with one to three sets each, over up to six sites."""
    n_demands, n_sites = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    owner = np.repeat(np.arange(n_demands), draw(st.lists(st.integers(0, 3), min_size=n_demands, max_size=n_demands)))
    row = st.lists(st.booleans(), min_size=n_sites, max_size=n_sites)
    sets = np.array(draw(st.lists(row, min_size=len(owner), max_size=len(owner)))).reshape(len(owner), n_sites)
    weight = np.array(draw(st.lists(st.integers(0, 50), min_size=n_demands, max_size=n_demands)), float)
    cost = np.array(draw(st.lists(st.integers(1, 9), min_size=n_sites, max_size=n_sites)), float)
    return weight, sets, owner, cost, float(draw(st.integers(0, 20)))


@settings(max_examples=60)
@given(coverings())
def test_no_choice_covers_more(case: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]) -> None:
    weight, sets, owner, cost, budget = case

    def covered(choice: list[int]) -> float:
        return sum(
            weight[demand]
            for demand in range(len(weight))
            if (owner == demand).any() and all(row[choice].any() for row in sets[owner == demand])
        )

    best = max(covered(choice) for choice in affordable(cost, budget))
    found = cover(weight, csr_array(sets.astype(float)), owner, cost, budget)
    assert found.value == pytest.approx(covered(found.sites.tolist()))
    assert found.value == pytest.approx(best)
    assert found.cost <= budget
    assert found.gap <= 1e-6


@settings(max_examples=40)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10**6), st.integers(1, 15))
def test_no_choice_is_nearer(n_demands: int, n_sites: int, number: int, budget: int) -> None:
    random = np.random.default_rng(number)
    weight, cost = random.integers(1, 9, n_demands).astype(float), random.integers(1, 9, n_sites).astype(float)
    distance = random.random((n_demands, n_sites))
    choices = [choice for choice in affordable(cost, budget) if choice]
    if not choices:
        with pytest.raises(DataError, match="wanted at least the cheapest site"):
            median(weight, distance, cost, budget)
        return
    found = median(weight, distance, cost, budget)
    best = min(weight @ distance[:, choice].min(axis=1) for choice in choices) / weight.sum()
    assert found.value == pytest.approx(best)
    assert found.cost <= budget
    assert found.gap <= 1e-6


def can_be_made(built: list[float], length: float, start_range: float, full_range: float) -> bool:
    """Drive the journey and charge at every site that is built."""
    end = start_range
    for at in built:
        if at >= length:
            break
        if at > end:
            return False
        end = max(end, at + full_range)
    return end >= length


@given(
    st.lists(st.integers(0, 100), max_size=6, unique=True), st.integers(1, 100), st.integers(0, 40), st.integers(1, 60),
    st.integers(0, 63),
)  # fmt: skip
def test_a_journey_can_be_made_where_every_stretch_has_a_site(
    places: list[int], length: int, start_range: int, full_range: int, number: int
) -> None:
    position = np.array(sorted(places), float)
    built = [k for k in range(len(position)) if number >> k & 1]
    sets = stretches(position, length, start_range, full_range)
    asked = all(np.isin(sites, built).any() for sites in sets)
    assert asked == can_be_made(position[built].tolist(), length, start_range, full_range)


def test_journeys_are_captured_by_the_sites_that_share_them() -> None:
    """Two journeys of 300 km share their middle; with money for two sites both are served only by those in common."""
    position, ends = np.array([50.0, 100.0, 200.0]), (250.0, 300.0)
    sets = [sites for length in ends for sites in stretches(position, length, 120.0, 150.0)]
    owner = np.repeat([0, 1], [len(stretches(position, length, 120.0, 150.0)) for length in ends])
    rows = np.array([np.isin(np.arange(3), sites) for sites in sets], float)
    found = cover(np.array([10.0, 7.0]), csr_array(rows), owner, np.ones(3), 2.0)
    assert found.sites.tolist() == [1, 2]
    assert found.value == 17.0


def test_budgets_and_costs_must_be_numbers_of_nought_or_more() -> None:
    one = csr_array(np.ones((1, 1)))
    for cost, budget in (([-1.0], 1.0), ([1.0], -1.0), ([np.nan], 1.0)):
        with pytest.raises(DataError, match="wanted numbers of 0 or more"):
            cover(np.ones(1), one, np.zeros(1, int), np.array(cost), budget)
