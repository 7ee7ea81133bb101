"""The calendar: days turn, agents see their own books, and whoever sets a price changes where people go."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.lived import live
from tests.nation import small_given
from twin.agents import GridOperator, StationOperator
from twin.config.grid import Grid
from twin.engine.world import Given, World, build_world
from twin.model import TwinModel
from twin.tables.totals import LOAD_KINDS

EFFICIENCY = 0.8
NATION = {
    "n_vehicles": 1500, "n_zones": 3, "n_days": 2, "n_evse": 2, "soc": 0.4, "site_limit_share": 0.5, "orderly_share": 0.0,
    "depot_orderly_share": 0.0,
}  # fmt: skip
"""Nobody follows the grid operators' plans, so that days with them are the days of the bare windows."""
NAMES = ["Left", "Right"]


@pytest.fixture(autouse=True)
def _few_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.engine.world.N_SHARDS", 2)
    monkeypatch.setattr("twin.engine.world.ROWS_A_SHARD", 1)


def config(**output: Any) -> Any:
    told = {"sessions": "all", "sessions_sample_share": 1.0, "station_hours": True, "links": True} | output
    return SimpleNamespace(
        scenario=SimpleNamespace(seed=1),
        output=SimpleNamespace(**told),
        stations=SimpleNamespace(module_efficiency=EFFICIENCY),
        grid=Grid(),
    )


def base_kw(n_zones: int, n_days: int) -> Any:
    """Return a load that peaks at another quarter hour every day: 19:00 on day 0, 20:00 on day 1."""
    quarter = np.arange(96 * n_days)
    peak = quarter % 96 == 76 + 4 * (quarter // 96)
    return np.broadcast_to(1000.0 + 9000.0 * peak, (n_zones, len(quarter))).copy()


def model(given: Given, append: Any = None, on_hour: Any = None, **output: Any) -> TwinModel:
    """Return a model whose stations belong to two operators by turns, and whose zones to two provinces."""
    n_zones = len(given.roads.zone_node)
    zone_province = np.minimum(np.arange(n_zones), 1)
    places = SimpleNamespace(regions=SimpleNamespace(province_code=["AA", "BB"], zone_province=zone_province))
    stations = SimpleNamespace(operator=np.arange(len(given.stations.zone)) % 2)
    inventory = SimpleNamespace(stations=stations, operator_names=NAMES, built=None)
    base = SimpleNamespace(base_kw=base_kw(n_zones, given.n_days), peak_kw=np.full(n_zones, 11_000.0))
    is_cheap = np.tile(np.arange(24) < 7, (2, 1))
    supply = SimpleNamespace(inventory=inventory, base=base, prices=SimpleNamespace(is_cheap=is_cheap))
    nothing = lambda *_: None  # noqa: E731
    return TwinModel(build_world(given, 1), places, supply, config(**output), append or nothing, on_hour or nothing)  # type: ignore[arg-type]


def lived_model(given: Given, **more: Any) -> TwinModel:
    twin = model(given, **more)
    while not twin.is_over:
        twin.step()
    return twin


def test_days_turn_and_the_rows_are_those_of_the_windows():
    tables: dict[str, list[Any]] = {}
    hours = []
    twin = lived_model(
        small_given(**NATION),
        append=lambda name, table: tables.setdefault(name, []).append(table),
        on_hour=lambda *seen: hours.append(seen),
    )
    assert twin.day == 2
    assert [second for second, _, _ in hours] == [3600 * hour for hour in range(1, 49)]
    assert all(earlier[2] <= later[2] for earlier, later in pairwise(hours))
    totals, lived = twin.finish(), live(small_given(**NATION))
    assert set(tables) == {"sessions", "stranded", "station_hours", "site_hours", "links"}
    for name, expected in (("sessions", lived.visits), ("station_hours", lived.station_hours), ("links", lived.links)):
        columns = [np.concatenate(column) for column in zip(*tables[name], strict=True)]
        assert all(np.array_equal(column, wanted) for column, wanted in zip(columns, expected, strict=True))
    assert totals.counts == lived.totals.counts
    assert hours[-1][2] == int(totals.stations.n_sessions.sum())
    assert all(law.holds for law in totals.laws)


def test_what_is_not_asked_for_is_not_told():
    told = set()
    lived_model(
        small_given(**NATION | {"n_days": 1}),
        append=lambda name, _: told.add(name),
        sessions="none",
        station_hours=False,
        links=False,
    )
    assert told == {"stranded"}


def test_sampled_sessions_are_all_visits_of_some_vehicles():
    def sessions(**output):
        rows: list[Any] = []
        keep = lambda name, table: rows.append(table) if name == "sessions" else None  # noqa: E731
        lived_model(small_given(**NATION), append=keep, **output)
        return [np.concatenate(column) for column in zip(*rows, strict=True)]

    every, some = sessions(), sessions(sessions="sample", sessions_sample_share=0.3)
    kept = np.isin(every[0], np.unique(some[0]))
    assert all(np.array_equal(column[kept], sampled) for column, sampled in zip(every, some, strict=True))
    assert abs(len(np.unique(some[0])) / len(np.unique(every[0])) - 0.3) < 5 * np.sqrt(0.21 / len(np.unique(every[0])))


def test_operators_publish_their_books_day_by_day():
    """Bulletins of two days add up to the books: what ended, what came in, what was turned away."""
    twin = lived_model(small_given(**NATION))
    given = twin.world.given
    bulletins = twin.bulletins(StationOperator)
    assert [(row["operator"], row["day"]) for row in bulletins] == [
        ("Left", 0),
        ("Left", 1),
        ("Right", 0),
        ("Right", 1),
    ]
    visits = live(small_given(**NATION)).visits
    served = visits.plug_in_s >= 0
    for half, name in enumerate(NAMES):
        mine = [row for row in bulletins if row["operator"] == name]
        own = visits.station % 2 == half
        assert sum(row["energy_kwh"] for row in mine) * 3.6e6 == pytest.approx(visits.energy_ws[own].sum(), rel=1e-12)
        assert sum(row["n_turned_away"] for row in mine) == int((own & ~served).sum())
        by_day = [int((own & ~served & (visits.end_s // 86_400 == day)).sum()) for day in range(2)]
        assert [row["n_turned_away"] for row in mine] == by_day
        n_evse = int(given.pools.n_evse[given.pools.station % 2 == half].sum())
        assert {row["n_evse"] for row in mine} == {n_evse}
        assert all(0.0 <= row["busy_share"] <= 1.0 for row in mine)
    totals = twin.finish().stations
    assert sum(row["n_sessions"] for row in bulletins) == int(totals.n_sessions.sum())
    assert sum(row["n_arrivals"] for row in bulletins) == int(totals.n_arrivals.sum())
    waits = sum(row["mean_wait_s"] * row["n_sessions"] for row in bulletins if row["n_sessions"])
    assert waits == pytest.approx(int(totals.wait_s.sum()), rel=1e-12)
    busy_s = sum(row["busy_share"] * row["n_evse"] * 86_400 for row in bulletins)
    assert busy_s == pytest.approx(int(totals.busy_s.sum()), rel=1e-12)


def test_grid_operators_publish_the_peak_of_their_day():
    """The peak is that of base, public and private load together, over the efficiency between grid and battery."""
    given = small_given(**NATION)
    twin = lived_model(given)
    totals = twin.finish()
    load_kw = totals.load_ws / 900 / 1000 / EFFICIENCY
    bulletins = twin.bulletins(GridOperator)
    assert [(row["province"], row["day"]) for row in bulletins] == [("AA", 0), ("AA", 1), ("BB", 0), ("BB", 1)]
    base = base_kw(3, 2)
    private = [LOAD_KINDS.index(kind) for kind in ("home", "depot")]
    for row in bulletins:
        zones = [0] if row["province"] == "AA" else [1, 2]
        day = slice(96 * row["day"], 96 * row["day"] + 96)
        at = row["peak_quarter"]
        public_kw = load_kw[:3, zones, day].sum(axis=(0, 1))
        private_kw = load_kw[private][:, zones, day].sum(axis=(0, 1))
        total_kw = base[zones, day].sum(axis=0) + public_kw + private_kw
        assert at == int(np.argmax(total_kw)) == 76 + 4 * row["day"]
        assert row["peak_kw"] == pytest.approx(total_kw[at], rel=1e-9)
        # Sessions that were running at midnight may still have been re-dealt, but never before it.
        assert row["public_kw"] == pytest.approx(public_kw[at], rel=1e-9)
        assert row["private_kw"] == pytest.approx(private_kw[at], rel=1e-9)
        assert row["base_kw"] == base[zones, day].sum(axis=0)[at]
    assert any(row["private_kw"] > 0 for row in bulletins)


class Dear(StationOperator):
    """An operator that from the second day on asks ten times the price on the highway."""

    days: list[int]

    def decide(self, world: World, day: int) -> None:
        self.days = [*getattr(self, "days", []), day]
        if day == 1:
            world.given.prices[31:] *= 10.0


def test_an_operator_that_sets_prices_moves_drivers(monkeypatch):
    """Until it decides, nothing differs by a byte; afterwards less is charged on the highway and more in town."""

    def energy_by_layer(twin):
        by_day = np.diff(twin.finish().load_ws[:3].sum(axis=1).cumsum(axis=1)[:, [0, 95, 191]], axis=1)
        return {"urban": by_day[0], "highway": by_day[1]}

    nation = {"n_vehicles": 1500, "n_zones": 6, "n_days": 2, "n_evse": 8, "p_leave": 0.5, "link_km": 100.0, "soc": 0.7}
    as_it_is = energy_by_layer(lived_model(small_given(**nation)))
    monkeypatch.setattr("twin.model.StationOperator", Dear)
    dear = lived_model(small_given(**nation))
    assert [agent.days for agent in dear.agents_by_type[Dear]] == [[0, 1]] * 2
    changed = energy_by_layer(dear)
    assert changed["highway"][0] == as_it_is["highway"][0] > 0
    assert changed["urban"][0] == as_it_is["urban"][0] > 0
    assert changed["highway"][1] < as_it_is["highway"][1]
    assert changed["urban"][1] > as_it_is["urban"][1]


def test_the_package_runs_a_scenario_however_often_it_is_asked(tmp_path):
    """The room of the main flow and the package's function share a name; whoever is found under it can be called."""
    import twin

    config = twin.load("configs/smoke.yaml", ["fleet.sample=0.00001", "period.n_days=1"])
    runs = [twin.run(config, out=tmp_path / name) for name in ("first", "second")]
    assert runs[0].metrics.equals(runs[1].metrics)
