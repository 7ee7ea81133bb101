"""Waves of travel: holidays have their level, everyone comes back, and who stays longer goes farther."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.config import Config
from twin.fleet.calendar import build_calendar
from twin.fleet.waves import (
    HOLIDAYS,
    MAX_NIGHTS,
    build_waves,
    holiday_scale,
    journey_nights,
    journey_stretch,
    journey_weights,
)


@given(st.integers(1, 12), st.sampled_from(sorted(HOLIDAYS)))
def test_a_holiday_has_its_level_and_everyone_is_back(length: int, name: str) -> None:
    pattern = HOLIDAYS[name]
    excursions, journeys = holiday_scale(length, pattern)
    trips = np.zeros(length + 1)
    trips[1:] += 2.0 * excursions
    for day in range(length + 1):
        nights = journey_nights(length - day, pattern.home_town_share)
        assert nights.sum() == pytest.approx(1.0)
        assert not nights[length - day + 1 :].any()
        trips[day] += journeys[day]
        trips[day : length + 1] += journeys[day] * nights[: length - day + 1]
    assert trips[1:].mean() == pytest.approx(pattern.level, rel=1e-9)


def test_journeys_set_out_while_nights_are_left() -> None:
    weights = journey_weights(8)
    assert np.argmax(weights) == 1
    assert weights[-1] == 0.0
    assert np.all(np.diff(weights[1:]) < 0.0)


def test_who_stays_longer_goes_farther_and_the_mean_journey_of_the_national_day_is_the_known_one() -> None:
    """Twice the nights are a third more way; who leaves first stays longest; shorter holidays have shorter journeys."""
    pattern, weights = HOLIDAYS["national_day"], journey_weights(8)[:-1]
    stretch = np.array([journey_stretch(8 - day, pattern.home_town_share) for day in range(8)])
    assert np.average(stretch, weights=weights) == pytest.approx(1.0, rel=1e-12)
    assert np.all(np.diff(stretch) < 0.0)
    nights = [float(journey_nights(left, 0.0) @ np.arange(MAX_NIGHTS)) for left in (3, 8)]
    grown = journey_stretch(8, 0.0) / journey_stretch(3, 0.0)
    assert grown == pytest.approx((nights[1] / nights[0]) ** 0.4, rel=1e-12)
    config = Config.model_validate({"period": {"start_date": dt.date(2025, 4, 28), "n_days": 9}})
    waves = build_waves(build_calendar(config))
    assert waves.stretch[3:7].max() < 1.0
    assert waves.stretch[[0, 1, 8]].tolist() == [1.0, 1.0, 1.0]
    assert waves.stretch[3] < waves.stretch[2] < 1.0  # the eve: some of those who leave for the holiday


def test_an_ordinary_week_is_one() -> None:
    config = Config.model_validate({"period": {"start_date": dt.date(2025, 10, 20), "n_days": 7}})
    waves = build_waves(build_calendar(config))
    assert 2.0 * waves.ordinary.mean() == pytest.approx(1.0, rel=1e-12)
    assert not waves.holiday.any()
    np.testing.assert_allclose(waves.nights.sum(axis=1), 1.0)
