"""Shares of destinations: rows that sum to one, the mean that is wanted, tables that draw them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import DataError
from twin.fleet.extent import great_circle_km
from twin.fleet.gravity import alias_tables, fit_exponent, implied_shares, lognormal_deterrence, mean_km, rows


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.integers(1, 8), st.integers(0, 2**32 - 1), st.floats(0.0, 0.9))
def test_alias_tables_draw_the_rows_they_were_made_from(n: int, n_rows: int, seed: int, empty: float) -> None:
    luck = np.random.default_rng(seed)
    weight = luck.pareto(0.7, (n_rows, n)) * (luck.random((n_rows, n)) >= empty)
    weight[:, 0] += 1e-9
    shares = weight / weight.sum(axis=1, keepdims=True)
    cut, other = alias_tables(shares)
    found = implied_shares(cut, other)
    np.testing.assert_allclose(found, shares, atol=1e-6)
    assert np.all(found[shares == 0.0] == 0.0)
    assert np.all((cut >= 0.0) & (cut <= 1.0))


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 30), st.integers(0, 2**32 - 1))
def test_gravity_rows_sum_to_one_and_never_stay(n: int, seed: int) -> None:
    luck = np.random.default_rng(seed)
    km = luck.uniform(20.0, 900.0, (n, n))
    shares = rows(luck.random(n) + 0.01, lognormal_deterrence(km, 4.0, 0.87, 1.0))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)
    assert np.all(np.diag(shares) == 0.0)


def test_a_fitted_exponent_gives_the_wanted_mean() -> None:
    luck = np.random.default_rng(5)
    km = great_circle_km(luck.uniform(105.0, 120.0, 80), luck.uniform(25.0, 40.0, 80))
    pull, origins = luck.random(80), luck.random(80)
    exponent = fit_exponent(pull, origins, km, 4.35, 0.98, 320.0)
    assert mean_km(rows(pull, lognormal_deterrence(km, 4.35, 0.98, exponent)), origins, km) == pytest.approx(320.0, rel=1e-4)


def test_a_zone_without_a_road_is_named() -> None:
    km = np.full((3, 3), 100.0)
    km[1] = np.inf
    with pytest.raises(DataError, match=r"zones \[1\] reach no other zone"):
        rows(np.ones(3), lognormal_deterrence(km, 4.0, 0.87, 1.0))
