"""An hour at one station counts more visits than two bytes hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests import synthetic
from tests.one_site import FLAT_W, lasting, live, sites
from twin.engine.account import close_hour
from twin.errors import EngineError
from twin.metrics.audit import audit, require
from twin.tables.columns import columns, rows
from twin.tables.results import StationHoursTable
from twin.tables.state import StationState
from twin.tables.totals import HOUR_FIELDS, StationHour

FAKE = synthetic.fake_run()
N_GUESTS = 70_000
"""More than twice what two bytes hold, so that a count that wrapped would be positive again."""


def crowd(patience_s: float) -> Any:
    """Return the row of an hour in which seventy thousand come to one EVSE, and the world that lived it."""
    guests = lasting(np.arange(N_GUESTS), np.arange(N_GUESTS) // 20, np.full(N_GUESTS, 4000))
    world, _ = live(sites([[(FLAT_W, 1)]], patience_s=patience_s), guests, 12)
    table, _ = close_hour(world, 0)
    assert table.station.tolist() == [0]
    return {name: int(getattr(table, name)[0]) for name in ("n_arrivals", "n_sessions", "n_balked", "max_queue")}, world


def test_a_queue_of_seventy_thousand_is_counted_in_full() -> None:
    row, world = crowd(patience_s=1e9)
    assert row == {"n_arrivals": N_GUESTS, "n_sessions": 1, "n_balked": 0, "max_queue": N_GUESTS - 1}
    assert int(world.hours[HOUR_FIELDS.index("n_arrivals")].sum()) == N_GUESTS


def test_seventy_thousand_who_turn_away_are_counted_in_full() -> None:
    row, world = crowd(patience_s=0.0)
    assert row == {"n_arrivals": N_GUESTS, "n_sessions": 1, "n_balked": N_GUESTS - 1, "max_queue": 0}
    assert int(world.hours[HOUR_FIELDS.index("n_balked")].sum()) == N_GUESTS - 1


def test_no_count_of_an_hour_is_narrower_than_that_of_the_run() -> None:
    """A vehicle comes to a station at most once a window, so visits of an hour stay far below four bytes."""
    of_state = {column.name.removeprefix("hour_"): column.dtype for column in columns(StationState)}
    of_hour = {column.name: column.dtype for column in columns(StationHour)}
    of_table = {column.name.removeprefix("n_").replace("max_", ""): column.dtype for column in columns(StationHoursTable)}
    for name in ("arrivals", "sessions", "balked", "reneged", "queue"):
        assert of_state[name] == of_hour[name] == of_table[name] == np.int32


def test_a_sum_of_waits_that_wrapped_fails_the_run() -> None:
    """Four bytes hold 596,523 hours of waiting at one station and hour; beyond them the hours fall short of the run."""
    hours = FAKE.totals.hours.copy()
    hours[HOUR_FIELDS.index("wait_s"), 0, 0, 0] -= 2**32
    laws = audit(dataclasses.replace(FAKE.totals, hours=hours), FAKE.inventory)
    with pytest.raises(EngineError, match="wait_s of the stations = wait_s of the hours"):
        require(laws)


def test_a_row_of_a_station_lies_in_three_cache_lines() -> None:
    """Three are asked for ahead of its turn."""
    size = rows(StationState, 0).dtype.itemsize
    assert max((row * size % 64 + size - 1) // 64 for row in range(64)) == 2
