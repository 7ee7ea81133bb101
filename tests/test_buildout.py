"""Orders on top of a stock: whole numbers, places, months and money."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.config import Config, load
from twin.network import load_backbone, load_regions
from twin.stations.buildout import Built, build_out
from twin.stations.dates import connect, first_day, month_number, month_text, spread
from twin.stations.inventory import national_extent, national_townships, standing_sites
from twin.stations.ledger import keys_of, orders_table
from twin.stations.lots import fill, fill_in_lots
from twin.stations.plan_figures import plan_figures
from twin.stations.rules import MOST_APART_KM
from twin.stations.sphere import on_sphere_km
from twin.stations.stock import read_cells
from twin.tables import seeds
from twin.tables.inputs import SITE_TYPES

CONFIGS = Path(__file__).parents[1] / "configs"
PLANS = sorted(
    path.stem for path in CONFIGS.glob("*.yaml")
    if path.stem != "default" and load(path).buildout.meets_plan
)  # fmt: skip
SIDE = SITE_TYPES.index("service area")


@cache
def nation() -> tuple[Any, Any]:
    regions = load_regions()
    return regions, load_backbone(regions)


@cache
def standing() -> tuple[Any, Any]:
    return standing_sites(Config.model_validate({"stations": {"stock": "2025-12"}}), *nation())


def built(config: Config | None = None, **buildout: Any) -> Built:
    regions, network = nation()
    cells, sites = standing()
    if config is None:
        config = Config.model_validate({"stations": {"stock": "2025-12"}, "buildout": buildout})
    extent, townships = national_extent(regions), national_townships(regions)
    return build_out(config, regions, network, sites, cells, extent, townships)


def order(n_evse: int, power_class: str = "hp_480", site_type: str = "service area", **more: Any) -> dict[str, Any]:
    return {"site_type": site_type, "power_class": power_class, "n_evse": n_evse, **more}


def one(n_evse: int, *what: str, **more: Any) -> Built:
    """Build one order by the end of 2026."""
    return built(as_of="2026-12", orders={"one": order(n_evse, *what, **more)})


def table_of(found: Built) -> Any:
    return orders_table(found.ledger, found.ordered, found.cells, lambda keys: np.zeros(len(keys), np.int64), nation()[0])


def by_kind(cells: Any, sums: np.ndarray) -> dict[tuple[int, int, int], int]:
    kinds = zip(
        cells.layer.tolist(), cells.power_class.tolist(), cells.serves.tolist(), cells.n_batteries.tolist(), strict=True
    )
    return {kind: int(n) for kind, n in zip(kinds, sums.tolist(), strict=True) if n and not kind[3]}


# The plan


@pytest.mark.parametrize("name", PLANS)
def test_every_scenario_of_the_plan_meets_its_figures_to_the_evse(name: str) -> None:
    """28 M facilities exactly, 300 GW, and what is to be new, as sums of whole EVSEs over provinces."""
    config = load(CONFIGS / f"{name}.yaml")
    found = built(config)
    regions = nation()[0]
    figures = {figure.line: figure for figure in plan_figures(config, found.sites, found.cells)}
    assert set(figures) == {"632-0a", "1250-1", "1250-2", "1250-4", "1250-5", "1250-6", "1250-8"}
    assert all(figure.is_met for figure in figures.values())
    assert figures["1250-1"].value == 28_000_000
    plugs = found.cells.n_batteries == 0
    by_province = np.bincount(regions.county_province[found.sites.county], found.sites.n_evse[:, plugs].sum(axis=1))
    assert by_province.sum() == 6_200_000
    assert (by_province > 0).all()
    assert len(np.unique(keys_of(found.sites))) == len(found.sites.kind)


def test_there_are_scenarios_of_the_plan() -> None:
    wanted = "plan floor highway-first urban-first rural-equity truck-corridors closed-networks stress".split()
    assert {f"{name}-2027" for name in wanted} <= set(PLANS)


def test_the_plan_as_orders_is_the_stock_of_end_2027_by_layer_class_and_province() -> None:
    regions, network = nation()
    config = load(CONFIGS / "plan-2027.yaml")
    found = built(config)
    stock, sites = standing_sites(load(CONFIGS / "national-2027.yaml"), regions, network)
    for province in range(regions.n_provinces):
        here, there = (regions.county_province[each.county] == province for each in (found.sites, sites))
        assert by_kind(found.cells, found.sites.n_evse[here].sum(axis=0)) == by_kind(stock, sites.n_evse[there].sum(axis=0))
    plugs = read_cells("2027-12")
    assert by_kind(plugs, plugs.n_evse) == by_kind(found.cells, found.sites.n_evse.sum(axis=0))


def test_what_stood_stays_where_it_was() -> None:
    """No EVSE of the base moves; fewer stand only where the plan has fewer of their kind in their province."""
    _, sites = standing()
    found = built(towards="2027-12", as_of="2027-12")
    rows = np.searchsorted(np.sort(keys_of(found.sites)), keys_of(sites))
    after = found.sites.take(np.argsort(keys_of(found.sites)))
    kept = np.flatnonzero(sites.n_evse.any(axis=1))
    province, n_cells = nation()[0].county_province, sites.n_evse.shape[1]
    had, has = (
        np.stack([np.bincount(province[each.county], of_cell, 31) for of_cell in each.n_evse.T[:n_cells]], axis=1)
        for each in (sites, found.sites)
    )
    is_fewer = after.n_evse[rows[kept], :n_cells] < sites.n_evse[kept]
    assert not is_fewer[~(has < had)[province[sites.county[kept]]]].any()
    assert np.maximum(had - has, 0).sum() < 0.002 * had.sum()
    assert (after.lon[rows[kept]] == sites.lon[kept]).all()
    assert (after.operator[rows[kept]] == sites.operator[kept]).all()


@pytest.mark.parametrize("as_of", ["2026-01", "2026-09", "2027-06"])
def test_base_less_retired_and_connected_is_what_stands(as_of: str) -> None:
    found = built(towards="2027-12", as_of=as_of)
    whole = built(towards="2027-12", as_of="2027-12")
    ledger = found.ledger
    connected = np.bincount(ledger.cell[ledger.state == 0], ledger.n_evse[ledger.state == 0], len(found.cells.layer))
    every = np.bincount(ledger.cell, ledger.n_evse, len(found.cells.layer))
    assert (found.sites.n_evse.sum(axis=0) + every - connected == whole.sites.n_evse.sum(axis=0)).all()
    last = first_day(month_number(as_of) + 1)
    assert ((ledger.day < last) == (ledger.state == 0)).all()
    months = {month_number(dt.date.fromordinal(day).strftime("%Y-%m")) for day in np.unique(ledger.day).tolist()}
    assert months == set(range(month_number("2026-01"), month_number("2027-12") + 1))


# Rules


def gini(values: np.ndarray, weight: np.ndarray) -> float:
    order = np.argsort(values / weight)
    through, people = np.cumsum(values[order]) / values.sum(), np.cumsum(weight[order]) / weight.sum()
    return float(1.0 - np.sum((through[1:] + through[:-1]) * np.diff(people)))


def test_equity_evens_out_what_counties_have_for_their_people() -> None:
    regions = nation()[0]
    people = regions.county_rural_population.astype(np.float64)
    found = {}
    for rule in ("plan", "need", "equity"):
        each = one(60_000, "dc_80", "county", rule=rule)
        rows = np.isin(each.sites.site_type, [SITE_TYPES.index("county"), SITE_TYPES.index("township")])
        power = (each.sites.n_evse[rows] * each.cells.rated_w).sum(axis=1)
        found[rule] = gini(np.bincount(each.sites.county[rows], power, regions.n_counties), people + 1.0)
    assert found["equity"] < found["need"] < found["plan"]


def test_a_corridor_has_a_bank_every_80_km_of_its_busiest_lines() -> None:
    """Two banks in a row are at most 80 km apart, or no side stands between them; nowhere two where one would do."""
    network = nation()[1]
    found = one(6000, "mw_1440", serves="truck", rule="corridor")
    sides = np.unique(found.ordered.side[found.ledger.row])
    assert len(sides) == 1500
    assert (found.ledger.n_evse == 4).all()
    line = network.link_line[network.site_link].astype(int) * 2 + network.site_link % 2
    place, n_checked = on_sphere_km(network.site_lon, network.site_lat), 0
    for code in np.unique(line[sides]):
        along = np.flatnonzero(line == code)
        at_km = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(place[along], axis=0), axis=1))))
        banks = np.flatnonzero(np.isin(along, sides))
        gaps = np.diff(at_km[banks])
        assert ((gaps <= MOST_APART_KM) | (np.diff(banks) == 1)).all()
        assert (at_km[banks[2:]] - at_km[banks[:-2]] > MOST_APART_KM).all()
        n_checked += len(gaps)
    assert n_checked > 1000


def test_waits_of_another_run_draw_evses_to_where_people_waited(tmp_path: Path) -> None:
    from twin.store.writer import write_table
    from twin.tables.columns import columns, empty
    from twin.tables.results import StationsTable

    regions, network = nation()
    blank = {column.name: np.full(2, "", object) for column in columns(StationsTable) if column.dtype == object}
    rows = empty(StationsTable, 2)._replace(**blank)
    rows = rows._replace(
        county=np.array([regions.county_id[5], regions.county_id[7]], object), n_sessions=np.array([10, 10]),
        site_type=np.array(["urban public", "service area"], object), mean_wait_s=np.array([600.0, 60.0]),
        lon=np.array([0.0, network.site_lon[3]]), lat=np.array([0.0, network.site_lat[3]]),
    )  # fmt: skip
    write_table(rows, tmp_path / "stations.parquet")
    orders = {"town": order(40, "dc_120", "urban public", rule="waits"), "road": order(8, rule="waits")}
    found = built(as_of="2026-12", orders=orders, waits_from=str(tmp_path / "stations.parquet"))
    where = {name: found.ledger.order == name for name in orders}
    assert set(found.ordered.county[found.ledger.row[where["town"]]]) == {5}
    assert set(found.ordered.side[found.ledger.row[where["road"]]]) == {3}


def test_a_province_builds_more_elsewhere_and_of_its_own() -> None:
    regions = nation()[0]
    codes = regions.province_code.tolist()
    plain = one(10_000, "dc_120", "urban public")
    own = {"GD": {"factor": 2.0, "rule": "equity", "orders": {"own": order(100, "hp_600")}}}
    found = built(as_of="2026-12", orders={"one": order(10_000, "dc_120", "urban public")}, provinces=own)
    n_of = [
        np.bincount(each.ledger.province[each.ledger.order == "one"], each.ledger.n_evse[each.ledger.order == "one"], 31)
        for each in (plain, found)
    ]
    gd = codes.index("GD")
    assert n_of[1][gd] == 2 * n_of[0][gd]
    assert (np.delete(n_of[0], gd) == np.delete(n_of[1], gd)).all()
    is_own = found.ledger.order == "own (GD)"
    assert set(found.ledger.province[is_own]) == {gd}
    assert found.ledger.n_evse[is_own].sum() == 100


def test_an_upgrade_keeps_the_evses_of_a_site_and_makes_them_stronger() -> None:
    _, sites = standing()
    found = one(2000, replaces="dc_80")
    ledger = found.ledger
    assert ledger.n_evse.sum() == 2000
    before = sites.n_evse.sum(axis=1)[np.argsort(keys_of(sites))]
    after = found.sites.n_evse.sum(axis=1)[np.argsort(keys_of(found.sites))]
    assert (before == after).all()
    assert (ledger.n_evse <= sites.n_evse[ledger.row, ledger.replaces[0]]).all()
    assert set(table_of(found).replaces) == {"dc_80"}
    assert set(found.sites.site_type[np.isin(keys_of(found.sites), keys_of(found.ordered)[ledger.row])]) == {SIDE}


def test_townships_without_a_station_come_first() -> None:
    regions = nation()[0]
    bare = national_townships(regions) - np.bincount(
        standing()[1].county[standing()[1].site_type == SITE_TYPES.index("township")], minlength=regions.n_counties
    )
    found = one(int(bare.sum()) * 6, "dc_30", "township")
    new = np.bincount(found.ordered.county[np.unique(found.ledger.row)], minlength=regions.n_counties)
    n_evse = np.bincount(found.ledger.province, found.ledger.n_evse, 31)
    has_enough = (n_evse >= 6 * np.bincount(regions.county_province, bare, 31))[regions.county_province]
    assert (bare[has_enough] > 0).any()
    assert (new[has_enough] >= bare[has_enough]).all()


# Months and money


def test_months_are_numbers() -> None:
    assert [month_text(month_number("2026-12") + step) for step in range(3)] == ["2026-12", "2027-01", "2027-02"]
    assert dt.date.fromordinal(first_day(month_number("2027-02"))) == dt.date(2027, 2, 1)
    assert spread(5, 10, 12).tolist() == [10, 10, 11, 11, 12]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(0, 1)), max_size=40), st.integers(0, 6))
def test_a_grid_connects_no_more_than_it_can_and_the_first_first(sites: list[tuple[int, int, int]], slots: int) -> None:
    due, rank, province = np.array(sites, np.int64).reshape(-1, 3).T
    due = due + month_number("2026-01")
    day = connect(due, rank, province, np.array([slots, -1]))
    if not slots:
        assert (day[province == 0] == dt.date.max.toordinal()).all()
    found = np.array([month_number(dt.date.fromordinal(one).strftime("%Y-%m")) for one in day.tolist()], np.int64)
    assert (found >= due).all()
    assert (found[province == 1] == due[province == 1]).all()
    queue = np.flatnonzero((province == 0) & (slots > 0))
    for month in np.unique(found[queue]).tolist():
        served = queue[found[queue] == month]
        waiting = queue[(found[queue] > month) & (due[queue] <= month)]
        assert len(served) <= slots
        if len(waiting):
            assert len(served) == slots
            assert max((rank[one], due[one], one) for one in served) < min((rank[one], due[one], one) for one in waiting)


def test_a_queue_delays_and_priority_decides_who_waits() -> None:
    orders = {"road": order(4000), "town": order(20_000, "hp_300", "urban public")}
    orders = {name: {**each, "from_month": "2026-01", "until_month": "2026-06"} for name, each in orders.items()}
    found = {
        first: built(as_of="2026-06", orders=orders, first=[first], connections_per_month=300).ledger
        for first in ("service area", "urban public")
    }
    stood = {
        (first, name): int(ledger.n_evse[(ledger.order == name) & (ledger.state == 0)].sum())
        for first, ledger in found.items() for name in orders
    }  # fmt: skip
    assert stood["service area", "road"] > stood["urban public", "road"]
    assert stood["urban public", "town"] > stood["service area", "town"]
    for ledger in found.values():
        row, days = np.unique(ledger.row, return_index=True)
        months = np.array([dt.date.fromordinal(day).strftime("%Y-%m") for day in ledger.day[days].tolist()])
        assert (np.unique(months[months < "2026-06"], return_counts=True)[1] <= 300).all()
        assert len(row) > 300


def test_an_order_costs_its_equipment_and_its_connection() -> None:
    """One 480 kW EVSE: 480 kW at the CNY/W of its class, and 0.6 of it through a transformer at 900 CNY/kVA."""
    ledger = one(4).ledger
    classes = seeds.read("power_classes")
    per_w = dict(zip(classes["power_class"], classes["capex_cny_per_w"], strict=True))
    each = 480_000 * (per_w["hp_480"] + 0.9 * 0.6 / (0.95 * 0.955))
    assert ledger.cost_cny.sum() == pytest.approx(4 * each, rel=1e-12)


@given(st.integers(0, 500), st.lists(st.tuples(st.floats(0, 9), st.integers(0, 60)), min_size=1, max_size=12))
def test_filling_gives_everything_out_or_leaves_no_room(total: int, places: list[tuple[float, int]]) -> None:
    weight, room = np.array([w for w, _ in places]), np.array([r for _, r in places], np.int64)
    given_out, left = fill(total, weight, room)
    assert given_out.sum() + left == total
    assert ((given_out >= 0) & (given_out <= room)).all()
    assert not left or (given_out == room).all()


@given(
    st.integers(0, 300), st.lists(st.tuples(st.floats(0, 9), st.integers(0, 60)), min_size=1, max_size=12),
    st.integers(1, 5), st.booleans(),
)  # fmt: skip
@settings(max_examples=200)
def test_lots_stay_together(total: int, places: list[tuple[float, int]], lot: int, in_turn: bool) -> None:
    weight, room = np.array([w for w, _ in places]), np.array([r for _, r in places], np.int64)
    given_out, left = fill_in_lots(total, weight, room, lot, in_turn)
    assert given_out.sum() + left == total
    assert ((given_out >= 0) & (given_out <= room)).all()
    assert (given_out % lot > 0).sum() <= 1
    if in_turn:
        assert not given_out[weight == 0].any()
        in_lots = -(-given_out[(weight > 0) & (room // lot > -(-given_out // lot))] // lot)
        assert not len(in_lots) or in_lots.max() - in_lots.min() <= 1
    elif left:
        assert (given_out == room // lot * lot).all()


# What opens in the run


def test_what_is_connected_in_the_run_opens_on_its_day() -> None:
    config = Config.model_validate({
        "stations": {"stock": "2025-12"}, "period": {"start_date": "2026-02-03", "n_days": 5},
        "buildout": {"orders": {"one": order(2800, from_month="2026-02", until_month="2026-02")}},
    })  # fmt: skip
    found = built(config)
    ledger, opens = found.ledger, found.openings
    days = np.array([dt.date.fromordinal(day).day for day in ledger.day.tolist()])
    assert (np.select([days <= 3, days <= 7], [0, 1], 2) == ledger.state).all()
    assert sorted(set((opens.begin_s // 86_400).tolist())) == [1, 2, 3, 4]
    assert (opens.begin_s % 86_400 == 0).all()
    assert opens.n_evse.sum() == ledger.n_evse[ledger.state == 1].sum()
    assert found.sites.n_evse.sum() == standing()[1].n_evse.sum() + ledger.n_evse[ledger.state < 2].sum()
