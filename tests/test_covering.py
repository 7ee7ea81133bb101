"""Covering on the scale of a nation: never worse than a rule, never better than its bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tests.test_siting import affordable, coverings
from twin.siting.search import Ground, Trial, allocate, improve
from twin.stations import choosing
from twin.stations.choosing import bound_of, greedy, solve
from twin.stations.covering import Covering, covered, distance_steps, merged
from twin.stations.siting import median

Case = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]


def posed(case: Case) -> tuple[Covering, float]:
    weight, sets, owner, cost, budget = case
    group = np.arange(len(cost)) % 2
    return Covering(weight, csr_array(sets.astype(float)), owner.astype(np.int64), cost, group), budget


def best_of(problem: Covering, budget: float) -> float:
    return max(covered(problem, np.array(choice, np.int64)) for choice in affordable(problem.cost, budget))


@settings(max_examples=25, deadline=None)
@given(coverings())
def test_small_problems_are_solved_to_the_best_of_all_choices(case: Case) -> None:
    problem, budget = posed(case)
    found = solve(problem, budget)
    assert found.value == pytest.approx(best_of(problem, budget), abs=1e-9)
    assert found.value == pytest.approx(covered(problem, found.sites))
    assert found.cost == pytest.approx(problem.cost[found.sites].sum())
    assert found.cost <= budget + 1e-9


@settings(max_examples=25, deadline=None)
@given(coverings())
def test_the_way_for_large_problems_stays_between_its_greedy_start_and_its_bound(case: Case) -> None:
    problem, budget = posed(case)
    best, start = best_of(problem, budget), covered(problem, greedy(problem, budget))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(choosing, "EXACT_SETS", 0)
        found = solve(problem, budget)
    assert start - 1e-9 <= found.value <= best + 1e-9 <= found.bound + 1e-6
    assert found.cost <= budget + 1e-9


@settings(max_examples=25, deadline=None)
@given(coverings(), st.integers(0, 63))
def test_merging_demands_changes_no_choice(case: Case, number: int) -> None:
    problem, _ = posed(case)
    choice = np.array([k for k in range(len(problem.cost)) if number >> k & 1], np.int64)
    assert covered(merged(problem), choice) == pytest.approx(covered(problem, choice))
    assert len(merged(problem).weight) <= len(problem.weight)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10**6), st.integers(1, 15))
def test_mean_distances_are_a_covering(n_people: int, n_sites: int, number: int, budget: int) -> None:
    """Steps save what the nearest built site saves, and the best covering is the p-median."""
    random = np.random.default_rng(number)
    weight, now = random.integers(1, 9, n_people) / 10.0, random.random(n_people)
    distance, cost = random.random((n_people, n_sites)), random.integers(1, 9, n_sites).astype(float)
    nearest = [np.argsort(row)[: int((row < far).sum())] for row, far in zip(distance, now, strict=True)]
    worth, rows, owner = distance_steps(weight, nearest, [row[k] for row, k in zip(distance, nearest, strict=True)], now)
    rows = csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], n_sites))
    problem = Covering(worth, rows, owner, cost, np.zeros(n_sites, np.int64))
    for choice in affordable(cost, budget):
        after = np.minimum(distance[:, choice].min(axis=1, initial=np.inf), now)
        assert covered(problem, np.array(choice, np.int64)) == pytest.approx(weight @ (now - after), abs=1e-12)
    standing = np.column_stack((distance, now))
    found = median(weight, standing, np.append(cost, 0.0), float(budget))
    saved = solve(problem, float(budget)).value
    assert weight @ now - saved == pytest.approx(found.value * weight.sum(), abs=1e-9)


def test_steps_beyond_the_eighth_site_are_taken_together() -> None:
    """20 sites at 1 to 20 km, now 25: steps end at 1 to 8, 12, 18 and 20, and the tenth site counts as at 12 km."""
    away = np.arange(1.0, 21.0)
    worth, rows, owner = distance_steps(np.ones(1), [np.arange(20)], [away], np.array([25.0]))
    assert rows.sum(axis=1).tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 12, 18, 20]
    problem = Covering(worth, rows, owner, np.ones(20), np.zeros(20, np.int64))
    saved = [covered(problem, np.array([site])) for site in (0, 7, 9, 19)]
    assert saved == [24.0, 17.0, 13.0, 5.0]


def small_nation(number: int) -> Covering:
    """Four provinces, 80 towns, 250 groups of people, and sites that reach 14 km on a plane of 100 km."""
    random = np.random.default_rng(number)
    towns, people = random.uniform(0, 100, (80, 2)), random.uniform(0, 100, (250, 2))
    weight = random.lognormal(0, 1, 250)
    reach = np.hypot(*(people[:, None] - towns).transpose(2, 0, 1)) <= 14.0
    province = (towns[:, 0] > 50).astype(np.int64) * 2 + (towns[:, 1] > 50)
    cost = random.uniform(1.0, 2.0, 80)
    return Covering(weight, csr_array(reach.astype(float)), np.arange(250), cost, province)


@pytest.mark.parametrize("number", range(3))
def test_hand_written_rules_are_beaten_at_the_same_budget(number: int) -> None:
    """The choice beats a share for each province by its people, the most populous sites first, and every third site."""
    problem, budget = small_nation(number), 12.0
    near = problem.sets.T @ problem.weight
    rules = {"most people first": np.argsort(-near), "every third": np.roll(np.arange(80), number)[::3]}
    chosen = {}
    for name, order in rules.items():
        chosen[name] = order[np.cumsum(problem.cost[order]) <= budget]
    by_province = [np.flatnonzero(problem.group == group) for group in range(4)]
    share = np.array([near[rows].sum() for rows in by_province]) / near.sum() * budget
    parts = [rows[np.argsort(-near[rows])] for rows in by_province]
    parts = [rows[np.cumsum(problem.cost[rows]) <= part] for rows, part in zip(parts, share, strict=True)]
    chosen["by people of the province"] = np.concatenate(parts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(choosing, "EXACT_SETS", 0)
        found = solve(problem, budget)
    exact = solve(problem, budget)
    for sites in chosen.values():
        assert problem.cost[sites].sum() <= budget
        assert found.value > covered(problem, sites)
    assert found.value <= exact.value + 1e-9 <= found.bound + 1e-6
    assert found.value >= 0.99 * exact.value
    assert found.bound <= 1.03 * exact.value


def test_the_bound_of_one_site_is_that_site() -> None:
    """Two people, a site each, money for one: the bound is the better of them."""
    problem = Covering(np.array([3.0, 2.0]), csr_array(np.eye(2)), np.arange(2), np.ones(2), np.zeros(2, np.int64))
    bound, worth = bound_of(problem, 1.0, 3.0)
    assert bound == pytest.approx(3.0, rel=1e-3)
    assert worth[0] >= worth[1]


def ground(price: np.ndarray, place: np.ndarray) -> Ground:
    return Ground(place, np.zeros(0, np.int64), int(place.max()) + 1, 0, price)


def test_packages_are_shared_out_like_seats() -> None:
    """Sainte-Lague by hand: 53 to 24 to 23 with seven seats of one price is 3, 2, 2."""
    price = np.cumsum(np.ones((3, 12)), axis=1)
    found = allocate(ground(price, np.arange(3)), np.array([53.0, 24.0, 23.0]), 7.0)
    assert found.n_packages.tolist() == [3, 2, 2]
    assert found.cost_cny == 7.0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 60.0))
def test_no_package_goes_beyond_budget_transformer_or_weight(number: int, budget: float) -> None:
    random = np.random.default_rng(number)
    price = np.cumsum(random.uniform(1.0, 3.0, (8, 12)), axis=1)
    most = random.integers(0, 13, 8)
    price[np.arange(12) >= most[:, None]] = np.inf
    weight = random.integers(0, 4, 5).astype(float)
    place = random.integers(0, 5, 8)
    place[0] = 4
    found = allocate(ground(price, place), weight, budget)
    assert found.cost_cny <= budget + 1e-9
    assert found.cost_cny == pytest.approx(sum(price[s, n - 1] for s, n in zip(found.sites, found.n_packages, strict=True)))
    assert (found.n_packages <= most[found.sites]).all()
    assert (weight[place[found.sites]] > 0).all()


@pytest.mark.parametrize("number", range(3))
def test_the_search_on_waits_beats_shares_by_people(number: int) -> None:
    """Queues that shrink with the square of their plugs; the search sees only what each trial left."""
    random = np.random.default_rng(number)
    n = 30
    queue, people = random.lognormal(0, 1.5, n), random.lognormal(0, 1, n)
    land = ground(np.cumsum(np.ones((n, 12)), axis=1), np.arange(n))

    def lived(allocation):  # type: ignore[no-untyped-def]
        plugs = np.ones(n)
        plugs[allocation.sites] += allocation.n_packages
        left = queue / plugs**2
        return Trial(allocation, float(left.sum()), float(left.sum()), left)

    nothing = allocate(land, queue, 0.0)
    trials = improve(lived(nothing), lived, land, 20.0, 8, lambda _: None)
    best = min(each.burden_min for each in trials)
    assert len(trials) == 9
    assert trials[1].allocation.cost_cny <= 10.0
    assert best < lived(allocate(land, people, 20.0)).burden_min
    assert best < lived(allocate(land, np.ones(n), 20.0)).burden_min
    assert best <= trials[2].burden_min < trials[0].burden_min
