"""Shares in whole numbers, and the order of places along a curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.stations.apportion import apportion, apportion_groups, deal
from twin.stations.hilbert import SIDE_DEG, SOUTH_DEG, WEST_DEG, hilbert_index


@given(st.integers(0, 10**7), st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_shares_add_up_and_stay_within_one_of_their_quota(total, weights):
    weights = np.array(weights)
    if weights.sum() <= 0:
        weights[0] = 1.0
    given_out = apportion(total, weights)
    assert given_out.sum() == total
    assert (given_out >= 0).all()
    assert (np.abs(given_out - total * (weights / weights.sum())) < 1 + 1e-6).all()


def test_ties_go_to_the_lower_index():
    assert apportion(5, np.ones(4)).tolist() == [2, 1, 1, 1]


def test_nobody_to_give_to_is_refused():
    with pytest.raises(ValueError, match=r"groups \[1\]"):
        apportion_groups(np.array([0, 3]), np.array([0, 1]), np.array([1.0, 0.0]))


@given(st.data())
def test_dealing_keeps_sizes_and_kinds(data):
    n_units, n_kinds = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 5))
    sizes, unit, counts = [], [], np.zeros((n_units, n_kinds), np.int64)
    for u in range(n_units):
        counts[u] = data.draw(st.lists(st.integers(0, 30), min_size=n_kinds, max_size=n_kinds))
        left = int(counts[u].sum())
        while left:
            size = data.draw(st.integers(1, left))
            sizes.append(size)
            unit.append(u)
            left -= size
    sizes, unit = np.array(sizes, np.int64), np.array(unit, np.int64)
    dealt = deal(sizes, unit, counts)
    assert (dealt >= 0).all()
    assert dealt.sum(axis=1).tolist() == sizes.tolist()
    for u in range(n_units):
        assert dealt[unit == u].sum(axis=0).tolist() == counts[u].tolist()


def test_successive_cells_of_the_curve_are_neighbours():
    n = 16
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(n)))
    lon, lat = WEST_DEG + SIDE_DEG * (x + 0.5) / n, SOUTH_DEG + SIDE_DEG * (y + 0.5) / n
    index = hilbert_index(lon, lat)
    order = np.argsort(index)
    assert len(set(index.tolist())) == n * n
    steps = np.abs(np.diff(x[order])) + np.abs(np.diff(y[order]))
    assert (steps == 1).all()


# The nation
