"""The rules of storage against the best schedule of the day, and the best schedule against answers by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.random_sites import PER_DAY, WINDOW_S, draw_case, live_by_rule, second_day
from twin.errors import DataError
from twin.grid.optimal import OneSite, cheapest, lowest_peak

N_SITES = 100
WITHIN = 1.10
NOTHING_KW = 1.0
"""Peaks of a kilowatt and less, at sites that sun and storage serve alone, are equal."""


def test_peak_shaving_comes_within_a_tenth_of_the_lowest_peak_at_every_site() -> None:
    """The rule knows yesterday, the optimum the day itself; both begin and end the day as full as the rule does."""
    found, plain = [], []
    for seed in range(N_SITES):
        case = draw_case(seed, "peak_shaving")
        lived = live_by_rule(case)
        site, load_kw, pv_kw, _ = second_day(case, lived)
        best_kw = lowest_peak(site, load_kw, pv_kw, WINDOW_S).grid_kw.max()
        assert lived.grid_w[PER_DAY:].max() / 1e3 <= WITHIN * best_kw + NOTHING_KW, seed
        found.append(lived.grid_w[PER_DAY:].max() / 1e3 - best_kw)
        plain.append(np.maximum(load_kw - pv_kw, 0.0).max() - best_kw)
    assert sum(found) < 0.05 * sum(plain), "the rule wins 95 % of what can be won"


def test_the_tariff_rule_comes_within_a_tenth_of_the_lowest_cost_at_every_site() -> None:
    found, plain = [], []
    for seed in range(N_SITES):
        case = draw_case(seed, "tariff")
        lived = live_by_rule(case)
        site, load_kw, pv_kw, price = second_day(case, lived)
        best = (cheapest(site, load_kw, pv_kw, price, WINDOW_S).grid_kw * price).sum() * WINDOW_S / 3600
        cost = (lived.grid_w[PER_DAY:] / 1e3 * price).sum() * WINDOW_S / 3600
        assert cost <= WITHIN * best + NOTHING_KW, seed
        found.append(cost - best)
        plain.append((np.maximum(load_kw - pv_kw, 0.0) * price).sum() * WINDOW_S / 3600 - best)
    assert sum(found) < 0.10 * sum(plain), "the rule saves 90 % of what can be saved"


@pytest.mark.parametrize("rule", ["peak_shaving", "tariff"])
def test_no_rule_overdraws_storage_or_transformer(rule: str) -> None:
    for seed in range(20):
        case = draw_case(seed, rule)
        lived = live_by_rule(case)
        assert lived.grid_w.max() <= case.limit_w
        assert lived.stored_ws.min() >= 0
        assert lived.stored_ws.max() <= case.behind.plants.capacity_ws[0]


SMALL = OneSite(
    limit_kw=100.0, storage_kw=50.0, storage_kwh=40.0, round_trip_efficiency=0.8, stored_kwh=0.0, stored_at_end_kwh=0.0
)


def test_the_lowest_peak_of_two_hours_by_hand() -> None:
    """10 kW, then 90: x kW more in the first hour give 0.8 x in the second. 10 + x = 90 - 0.8 x, so x = 80 / 1.8."""
    best = lowest_peak(SMALL, np.array([10.0, 90.0]), np.zeros(2), 3600.0)
    assert best.grid_kw == pytest.approx([10 + 80 / 1.8] * 2)
    assert best.stored_kwh == pytest.approx([0.8 * 80 / 1.8, 0.0])


def test_the_lowest_cost_of_two_hours_by_hand() -> None:
    """An hour at 0.2 and one at 1.0: a full storage, 40 kWh, is bought with 50."""
    best = cheapest(SMALL, np.array([10.0, 90.0]), np.zeros(2), np.array([0.2, 1.0]), 3600.0)
    assert best.grid_kw == pytest.approx([60.0, 50.0])


def test_sun_is_stored_before_it_is_lost() -> None:
    best = cheapest(SMALL, np.array([0.0, 30.0]), np.array([60.0, 0.0]), np.array([1.0, 1.0]), 3600.0)
    assert best.grid_kw == pytest.approx([0.0, 0.0])


def test_a_price_that_does_not_pay_for_the_losses_moves_nothing() -> None:
    best = cheapest(SMALL, np.array([10.0, 90.0]), np.zeros(2), np.array([0.85, 1.0]), 3600.0)
    assert best.grid_kw == pytest.approx([10.0, 90.0])


def test_what_is_no_site_is_refused_with_every_fault() -> None:
    odd = SMALL._replace(storage_kw=120.0, storage_kwh=-1.0, round_trip_efficiency=1.2)
    with pytest.raises(DataError) as refused:
        lowest_peak(odd, np.array([10.0]), np.array([-1.0]), 3600.0)
    for part in ("site.storage_kwh", "round_trip_efficiency", "storage_kw: found 120", "pv_kw"):
        assert part in str(refused.value)


def test_a_load_beyond_transformer_and_storage_has_no_schedule() -> None:
    with pytest.raises(DataError, match="optimal schedule"):
        lowest_peak(SMALL, np.array([120.0]), np.zeros(1), 3600.0)
