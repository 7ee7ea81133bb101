"""Every scenario of the question: there, different from the others, and with its three periods."""

from __future__ import annotations

import pytest

from tests.conftest import REPOSITORY
from twin.batch.periods import in_period, read_periods
from twin.config import load
from twin.fleet.calendar import build_calendar

SCENARIOS = (
    "national-2025", "national-2026", "plan-2027", "floor-2027", "highway-first-2027", "urban-first-2027",
    "rural-equity-2027", "middle-2027", "optimum-2027", "truck-corridors-2027", "swap-heavy", "closed-networks-2027",
    "stress-2027",
)  # fmt: skip
PERIODS = ("week", "national-day", "spring-festival")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_has_an_ordinary_week_national_day_and_spring_festival(name: str) -> None:
    config = load(REPOSITORY / "configs" / f"{name}.yaml")
    assert config.scenario.name == name
    periods = read_periods(PERIODS, config)
    kinds = {}
    for period in periods:
        there = in_period(config, period)
        assert there.period.start_date.year == config.period.start_date.year
        assert there.model_copy(update={"period": config.period}) == config
        kinds[period.name] = build_calendar(there)
    assert list(kinds) == list(PERIODS)
    assert not any(kinds["week"].holiday)
    assert set(kinds["national-day"].holiday) == {"national_day"}
    assert set(kinds["spring-festival"].holiday) == {"spring_festival"}


def test_no_two_scenarios_ask_the_same() -> None:
    settings = [load(REPOSITORY / "configs" / f"{name}.yaml").model_copy(update={"scenario": None}) for name in SCENARIOS]
    assert all(one != other for k, one in enumerate(settings) for other in settings[:k])
