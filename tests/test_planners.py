"""Planners of provinces: what they see, what they order, when it opens; and a run that goes on from their orders."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import pytest

from tests.test_buildout import built, one, order, standing, table_of
from twin.agents import ProvincePlanner, Wish
from twin.agents.facilities import Facilities, classes_of
from twin.config import Config
from twin.errors import DataError
from twin.stations.closed import closed_evses, evses_of
from twin.stations.dates import month_number
from twin.stations.ledger import Openings, keys_of
from twin.stations.outages import build_outages
from twin.stations.vintage import commissioned, evse_months
from twin.store.writer import write_table
from twin.tables import seeds
from twin.tables.columns import rows
from twin.tables.inputs import Pools, Stations

CLASSES = [str(name) for name in seeds.read("power_classes")["power_class"]]
DAY_S = 86_400


def facilities() -> Facilities:
    """A service area of 10 dc_80, a town of 20 dc_30, a hub with nothing weaker than hp_600."""
    names = np.array(["service area", "urban public", "freight hub"], object)
    return Facilities(
        station=np.array([4, 5, 9]), site=np.array([40, 50, 90]), county=np.array(["a", "b", "c"], object),
        layer=np.array(["highway", "urban", "urban"], object), site_type=names, n_evse=np.array([10, 20, 4]),
        rated_kw=np.array([800.0, 600.0, 2400.0]),
        month=np.array([month_number(text) for text in ("2016-05", "2025-01", "2027-01")]),
        of=np.arange(3), power_class=np.array([CLASSES.index(name) for name in ("dc_80", "dc_30", "hp_600")]),
        serves=np.array(["car", "car", "truck"], object), n_of_pool=np.array([10, 20, 4]),
    )  # fmt: skip


def planner(kind: type[ProvincePlanner] = ProvincePlanner, n_days: int = 2, **buildout: Any) -> ProvincePlanner:
    model = mesa.Model()
    model.facilities, model.power_classes, model.is_holiday = [facilities()], classes_of(), (True,) * n_days
    period = {"start_date": "2027-10-01", "n_days": n_days}
    model.config = Config.model_validate({"period": period, "buildout": buildout})
    return kind(model, "GD", 0, n_days)


def live(agent: ProvincePlanner, *days: list[float], kwh: float = 30.0) -> None:
    """Let the stations be used as told, share by share and day by day, with sessions of 30 kWh."""
    busy_s = np.zeros(10, np.int64)
    for day, shares in enumerate(days):
        busy_s[[4, 5, 9]] += (np.array(shares) * facilities().n_evse * DAY_S).astype(np.int64)
        n = np.full(10, 10 * (day + 1), np.int64)
        state = SimpleNamespace(energy_ws=(n * kwh * 3.6e6).astype(np.int64), n_sessions=n)
        world: Any = SimpleNamespace(totals=SimpleNamespace(busy_s=busy_s), station_state=state)
        agent.observe(world)
        agent.publish(world, day)


def test_a_busy_service_area_is_made_high_power_and_opens_after_filing_and_building() -> None:
    """Used for 0.6 of the holiday's best day, half as much power again: 400 kW are 2 EVSEs of 300 kW for 80 kW."""
    agent = planner(upgrade_above=0.4)
    live(agent, [0.2, 0.1, 0.1], [0.6, 0.1, 0.1])
    (row,) = agent.book()
    names = "order site power_class replaces n_evse ordered due connected".split()
    told = {name: row[name] for name in names}
    assert told == {
        "order": "use above 0.4", "site": 40, "power_class": "hp_300", "replaces": "dc_80", "n_evse": 2,
        "ordered": "2027-11", "due": "2028-08", "connected": "2028-08-01",
    }  # fmt: skip


def test_the_two_readings_of_forty_percent_differ() -> None:
    for reading, n_orders in (("holiday maximum", 1), ("daily mean", 0)):
        agent = planner(upgrade_above=0.4, upgrade_by=reading)
        live(agent, [0.6, 0.1, 0.1], [0.1, 0.1, 0.1])
        assert len(agent.orders) == n_orders
        agent = planner(upgrade_above=0.4, upgrade_by=reading)
        live(agent, [0.5, 0.1, 0.1], [0.5, 0.1, 0.1])
        assert len(agent.orders) == 1
    agent = planner(upgrade_above=0.4)
    agent.model.is_holiday = (False, False)
    live(agent, [0.9, 0.1, 0.1], [0.9, 0.1, 0.1])
    assert not agent.orders


def test_power_matches_the_time_that_people_stay() -> None:
    """In town a mean session of 60 kWh fits into an hour at 80 kW; at a service area into 20 minutes at 300 kW."""
    agent = planner(upgrade_above=0.1)
    live(agent, [0.3, 0.3, 0.0], [0.0, 0.0, 0.0], kwh=60.0)
    chosen = {row["site_type"]: row["power_class"] for row in agent.book()}
    assert chosen == {"service area": "hp_300", "urban public": "dc_80"}


def test_hardly_used_stations_are_left_alone_and_nothing_is_ordered_twice() -> None:
    agent = planner(upgrade_above=0.05, least_use=0.08)
    live(agent, [0.1, 0.1, 0.1], [0.0, 0.1, 0.1])
    assert sorted(row["site"] for row in agent.orders) == [40, 50, 90]
    agent = planner(upgrade_above=0.05, least_use=0.2)
    live(agent, [0.1, 0.1, 0.1], [0.1, 0.1, 0.1])
    assert not agent.orders


def test_old_equipment_is_renewed_by_stronger() -> None:
    agent = planner(renew_after_a=8)
    live(agent, [0.1, 0.1, 0.1], [0.1, 0.1, 0.1])
    (row,) = agent.book()
    assert (row["site"], row["order"], row["replaces"], row["n_evse"]) == (40, "older than 8 years", "dc_80", 10)


def test_the_budget_and_the_grid_of_a_province_bound_what_is_booked() -> None:
    busy = [0.9, 0.9, 0.9], [0.9, 0.9, 0.9]
    whole = planner(upgrade_above=0.4)
    live(whole, *busy)
    costs = {row["site"]: row["cost_cny"] for row in whole.book()}
    assert len(costs) == 3
    # Service areas first, then urban public space; due months go before both.
    assert [row["site"] for row in whole.book()] == [50, 40, 90]
    poor = planner(upgrade_above=0.4, provinces={"GD": {"budget_bn_cny": costs[50] / 1e9}})
    live(poor, *busy)
    assert [row["site"] for row in poor.book()] == [50]
    slow = planner(upgrade_above=0.4, provinces={"GD": {"connections_per_month": 1}})
    live(slow, *busy)
    assert [row["connected"] for row in slow.book()] == ["2028-04-01", "2028-08-01", "2028-09-01"]
    none = planner(upgrade_above=0.4, provinces={"GD": {"connections_per_month": 0}})
    live(none, *busy)
    assert [row["connected"] for row in none.book()] == ["", "", ""]


def test_a_transformer_bounds_an_upgrade() -> None:
    agent = planner(upgrade_above=0.4, most_kva={"service area": 700.0})
    live(agent, [0.9, 0.0, 0.0], [0.9, 0.0, 0.0])
    (row,) = agent.book()
    # 700 kVA less 800 kW at 0.6 / 0.907 leave 171 kVA; an EVSE more of 300 kW for 80 kW takes 145.5.
    assert row["n_evse"] == 1


def test_a_subclass_has_rules_of_its_own() -> None:
    class OnePlug(ProvincePlanner):
        def wishes(self, day: int) -> list[Wish]:
            return [Wish("one plug", 1, CLASSES.index("hp_480"), -1, 1, "car", 0.0)] if day == 0 else []

    agent = planner(OnePlug)
    live(agent, [0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    (row,) = agent.book()
    assert (row["order"], row["site"], row["power_class"], row["n_evse"]) == ("one plug", 50, "hp_480", 1)


# The next stage


def test_a_run_goes_on_from_the_orders_of_another(tmp_path: Path) -> None:
    first = one(400, replaces="dc_80")
    write_table(table_of(first), tmp_path / "orders.parquet")
    found = built(as_of="2026-12", orders_from=str(tmp_path / "orders.parquet"))
    order_of_keys = [np.argsort(keys_of(each.sites)) for each in (first, found)]
    ours, theirs = (each.sites.take(order) for each, order in zip((first, found), order_of_keys, strict=True))
    assert (keys_of(ours) == keys_of(theirs)).all()
    assert (ours.n_evse == theirs.n_evse).all()
    assert found.ledger.cost_cny.sum() == pytest.approx(first.ledger.cost_cny.sum())
    earlier = built(as_of="2026-01", orders_from=str(tmp_path / "orders.parquet"))
    assert 0 < earlier.ledger.n_evse[earlier.ledger.state == 0].sum() < 400
    # What this scenario orders under the same name is not read a second time.
    same = built(as_of="2026-12", orders={"one": order(400, replaces="dc_80")}, orders_from=str(tmp_path / "orders.parquet"))
    assert same.ledger.n_evse.sum() == 400


def test_orders_that_cannot_be_are_refused_with_their_numbers(tmp_path: Path) -> None:
    table = table_of(one(40, replaces="dc_80"))
    path = tmp_path / "orders.parquet"

    def refusal(**columns: Any) -> str:
        path.unlink(missing_ok=True)
        write_table(table._replace(**columns), path)
        with pytest.raises(DataError) as told:
            built(as_of="2027-12", orders_from=str(path))
        return str(told.value)

    assert "no such site; wanted a site of this scenario" in refusal(site=table.site + 2**40)
    many = refusal(n_evse=np.full(len(table.site), 500, np.int32))
    assert "500 EVSEs dc_80 to replace; wanted at most the" in many
    assert "kVA; wanted at most the 10,000 kVA of its transformers" in many
    assert len(many.splitlines()) > 10
    assert "'soon'; wanted a month or a day" in refusal(connected=np.full(len(table.site), "soon", object))
    assert "power class 'hp_500'" in refusal(power_class=np.full(len(table.site), "hp_500", object))
    assert "'kiosk'; wanted one of urban public" in refusal(site_type=np.full(len(table.site), "kiosk", object))
    path.write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"wanted orders\.parquet of a run"):
        built(orders_from=str(path))


# EVSE by EVSE


def test_new_evses_are_the_last_of_their_pool_and_closing_ones_the_first() -> None:
    _, sites = standing()
    at = int(np.flatnonzero((sites.n_evse[:, 15] >= 6) & (sites.side >= 0))[0])
    two = sites.take(np.array([at, at + 1]))
    keys = keys_of(two)
    first = int(two.n_evse[0, :15].sum())
    n = int(two.n_evse[0, 15])
    openings = Openings(*np.array([[keys[0], 15, 2, 3600, 9], [keys[0], 15, 1, 7200, 9], [keys[0], 15, 2, 0, 5000]]).T)
    evse, begin, end = closed_evses(two, two, openings)
    found = sorted(zip(evse.tolist(), begin.tolist(), end.tolist(), strict=True))
    last = first + n - 1
    assert found == [
        (first, 5000, 2**30), (first + 1, 5000, 2**30), (last - 2, 0, 3600), (last - 1, 0, 3600), (last, 0, 7200)
    ]  # fmt: skip
    # A site that a sample left out stands for none; of a smaller one, its share.
    assert not len(evses_of(two, two, keys[:1] + 5, *np.array([[15], [2], [0]]), np.array([True]))[0])
    half = two.with_evses(two.n_evse // 2)
    row, _ = evses_of(half, two, keys[:1], *np.array([[15], [n], [0]]), np.array([True]))
    assert len(row) == round(n * int(half.n_evse[0, 15]) / n)


def test_what_is_not_open_yet_is_a_time_out_of_service() -> None:
    stations, pools = rows(Stations, 1), rows(Pools, 1)
    pools.n_evse[:] = 3
    closed = np.array([2]), np.array([0]), np.array([DAY_S])
    off = Config.model_validate({"outages": {"is_on": False}})
    found = build_outages(off, stations, pools, closed)
    assert [column.tolist() for column in found] == [[0], [2], [0], [DAY_S]]


def test_sites_are_as_old_as_the_stock_grew() -> None:
    """Of the sites of end-2025, 214 of 4,717 stood at the end of 2017, within the 99 % interval; none is younger."""
    keys = keys_of(standing()[1])
    months = commissioned(7, keys, "2025-12")
    for date, stood in (("2017-12", 214_000), ("2022-12", 1_797_000), ("2024-12", 3_579_000)):
        share = stood / 4_717_000
        found = (months <= month_number(date)).mean()
        assert abs(found - share) < 2.576 * np.sqrt(share * (1 - share) / len(keys)), date
    assert months.max() == month_number("2025-12")
    assert months.min() >= month_number("2015-01")


def test_what_is_built_is_as_old_as_its_connection_and_fails_by_its_vintage() -> None:
    found = one(2000, "hp_600")
    config = Config.model_validate({"stations": {"stock": "2025-12"}})
    months = evse_months(config, found.sites, found.sites, found)
    assert len(months) == found.sites.n_evse.sum()
    assert (months > month_number("2025-12")).sum() == 2000
    n = 20_000
    stations, pools = rows(Stations, n), rows(Pools, n)
    pools.station[:], pools.n_evse[:], pools.first_evse[:] = np.arange(n), 1, np.arange(n)
    age = np.where(np.arange(n) % 2, month_number("2026-09"), month_number("2010-01"))
    settings = {"mtbf_h": 400.0, "incident_interval_d": 1e6, "certified_factor": 10.0, "old_factor": 0.5}
    outages = build_outages(Config.model_validate({"outages": settings}), stations, pools, None, age)
    n_of = np.bincount(outages.evse % 2, minlength=2)
    assert n_of[0] > 10 * n_of[1] > 0
