"""Figures and laws against known answers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import synthetic
from twin.errors import EngineError
from twin.metrics.audit import ROWS_SHOWN, audit, audit_json, require
from twin.metrics.grid import grid_metrics, grid_table, whole_nights
from twin.metrics.queues import queue_metrics, wait_quantile_s
from twin.metrics.summary import metrics_table
from twin.tables.inputs import LAYERS
from twin.tables.seeds import read
from twin.tables.totals import LOAD_KINDS, WAIT_EDGES_S, Law, ProvinceLoad, RunTotals

FAKE = synthetic.fake_run()
METRICS, STATIONS, GRID = synthetic.tables(FAKE)
Key = tuple[str, str, str, float | None]


def figures(table: Any = METRICS) -> dict[Key, float]:
    hours = [None if np.isnan(hour) else hour for hour in table.hour]
    return dict(zip(zip(table.metric, table.layer, table.province, hours, strict=True), table.value, strict=True))


FIGURES = figures()


def chosen(layer: str, province: str, hour: float | None) -> np.ndarray:
    """Return which visits a cell of the figures is about."""
    stations, visits = FAKE.inventory.stations, FAKE.events
    found = np.ones(visits.station.size, bool)
    if layer != "all":
        found &= stations.layer[visits.station] == LAYERS.index(layer)
    if province != "all":
        found &= FAKE.regions.province_code[stations.province[visits.station]] == province
    if hour is not None:
        found &= visits.hour == hour
    return found


CELLS = [
    ("all", "all", None),
    ("highway", "all", None),
    ("rural", "all", 14.0),
    ("all", "all", 40.0),
    ("all", "TJ", None),
    ("urban", "SX", None),
]


@pytest.mark.parametrize(("layer", "province", "hour"), CELLS)
def test_figures_are_those_of_the_single_visits(layer: str, province: str, hour: float | None) -> None:
    """Sums, shares and means by layer, province and hour equal those taken visit by visit."""
    visits, here = FAKE.events, chosen(layer, province, hour)
    served = here & (visits.outcome == 0)
    cell = (layer, province, hour)
    assert FIGURES["arrivals", *cell] == here.sum()
    assert FIGURES["sessions", *cell] == served.sum()
    assert FIGURES["balk_share", *cell] == (here & (visits.outcome == 1)).sum() / here.sum()
    assert FIGURES["renege_share", *cell] == (here & (visits.outcome == 2)).sum() / here.sum()
    assert FIGURES["energy_gwh", *cell] == visits.energy_ws[served].sum() / 3.6e12
    assert FIGURES["mean_wait_min", *cell] == pytest.approx(visits.wait_s[served].mean() / 60, rel=1e-12)
    assert FIGURES["energy_per_session_kwh", *cell] == pytest.approx(visits.energy_ws[served].mean() / 3.6e6, rel=1e-12)


def test_supply_is_that_of_the_pools() -> None:
    pools, stations = FAKE.inventory.pools, FAKE.inventory.stations
    rural = stations.layer[pools.station] == LAYERS.index("rural")
    for layer, here in (("all", np.ones(rural.size, bool)), ("rural", rural)):
        strong = here & (pools.rated_power_w >= 250_000)
        assert FIGURES["n_evse", layer, "all", None] == pools.n_evse[here].sum()
        assert FIGURES["n_high_power_evse", layer, "all", None] == pools.n_evse[strong].sum()
        assert FIGURES["rated_power_gw", layer, "all", None] == pytest.approx(
            (pools.n_evse[here] * pools.rated_power_w[here].astype(float)).sum() / 1e9, rel=1e-12
        )
    assert FIGURES["n_stations", "rural", "all", None] == (stations.layer == LAYERS.index("rural")).sum()
    sessions = (FAKE.events.outcome == 0).sum()
    expected = sessions / pools.n_evse.sum() / (FAKE.totals.n_hours / 24)
    assert FIGURES["sessions_per_evse_day", "all", "all", None] == pytest.approx(expected, rel=1e-12)


def test_waits_over_half_an_hour_are_counted_exactly() -> None:
    """Half an hour is an edge of the histogram, so the share is exact."""
    visits = FAKE.events
    served = chosen("highway", "all", None) & (visits.outcome == 0)
    expected = (visits.wait_s[served] >= 1800).mean()
    assert FIGURES["share_waiting_over_30_min", "highway", "all", None] == expected


@given(waits=st.lists(st.integers(0, 40_000), min_size=1, max_size=300), share=st.floats(0.0, 1.0, exclude_min=True))
def test_a_quantile_lies_in_the_bin_of_the_exact_one(waits: list[int], share: float) -> None:
    """The histogram's quantile never leaves the bin that holds the exact one (inverted distribution function)."""
    exact = np.quantile(waits, share, method="inverted_cdf")
    edges = (*WAIT_EDGES_S, max(max(waits), WAIT_EDGES_S[-1]))
    k = int(np.searchsorted(WAIT_EDGES_S, exact, side="right")) - 1
    histogram = np.bincount(np.searchsorted(WAIT_EDGES_S, waits, side="right") - 1, minlength=len(WAIT_EDGES_S))
    found = wait_quantile_s(histogram, share, max(waits))
    assert edges[k] <= found <= edges[k + 1]
    if exact == 0:
        assert found == 0


def test_a_quantile_is_exact_where_waits_fill_their_bins_evenly() -> None:
    """With every second between 60 and 300 waited once, the quantile is the straight line."""
    waits = np.arange(60, 300)
    histogram = np.bincount(np.searchsorted(WAIT_EDGES_S, waits, side="right") - 1, minlength=len(WAIT_EDGES_S))
    for share in (0.05, 0.25, 0.5, 0.95, 1.0):
        assert wait_quantile_s(histogram, share, 299) == pytest.approx(60 + 240 * share, rel=1e-12)
    assert np.isnan(wait_quantile_s(np.zeros(len(WAIT_EDGES_S), int), 0.5, 0))


def test_no_figure_stands_twice_and_empty_cells_are_null() -> None:
    """A key is there once; where nothing happened ratios are NaN and counts are zero."""
    keys = list(zip(METRICS.metric, METRICS.layer, METRICS.province, METRICS.hour.astype(str), strict=True))
    assert len(set(keys)) == len(keys)
    nothing = dataclasses.replace(
        FAKE.totals, hours=np.zeros_like(FAKE.totals.hours), wait_histogram=np.zeros_like(FAKE.totals.wait_histogram)
    )
    found = figures(metrics_table("x", queue_metrics(nothing, FAKE.inventory, FAKE.regions)))
    assert found["sessions", "all", "all", None] == 0
    assert np.isnan(found["mean_wait_min", "all", "all", None])
    assert np.isnan(found["p95_wait_min", "all", "all", 3.0])


def test_the_grid_gives_more_than_batteries_take() -> None:
    """Energy from the grid times the efficiency is the energy into batteries, kind by kind and zone by zone."""
    grid = grid_table(FAKE.totals, FAKE.base, FAKE.regions, 0.9)
    n_zones = len(FAKE.regions.zone_id)
    for k, kind in enumerate(LOAD_KINDS):
        from_grid_kwh = getattr(grid, f"{kind}_kw").reshape(n_zones, -1).sum(axis=1) / 4
        assert from_grid_kwh * 0.9 == pytest.approx(FAKE.totals.load_ws[k].sum(axis=1) / 3.6e6, rel=1e-12)
    vehicles = grid.urban_kw + grid.highway_kw + grid.rural_kw + grid.home_kw + grid.depot_kw
    peak_kw = np.repeat(FAKE.base.peak_kw, 4 * FAKE.totals.n_hours)
    assert grid.headroom_kw + vehicles + grid.base_kw == pytest.approx(peak_kw, rel=1e-12)
    assert grid.quarter[:3].tolist() == [0, 1, 2]
    assert grid.zone[4 * FAKE.totals.n_hours] == "Zone 1"


def test_peaks_and_valleys_by_hand() -> None:
    """One zone with a flat base, a public hour at 19:00 and an equal home hour at 01:00: every figure is known."""
    places = synthetic.regions(1, 1)
    load = np.zeros((len(LOAD_KINDS), 1, 96), np.int64)
    load[LOAD_KINDS.index("urban"), 0, 76:80] = 900_000_000_000  # 1 GW into batteries
    load[LOAD_KINDS.index("home"), 0, 4:8] = 900_000_000_000
    totals = dataclasses.replace(FAKE.totals, load_ws=load, plant_ws=np.zeros((2, *load.shape[1:]), np.int64), n_hours=24)
    base = FAKE.base._replace(base_kw=np.full((1, 96), 3e6), peak_kw=np.array([3.5e6]))
    grid = grid_table(totals, base, places, 1.0)
    found = figures(metrics_table("x", grid_metrics(grid, places)))
    for name, value in {
        "ev_load_peak_gw": 1.0,
        "public_load_peak_gw": 1.0,
        "load_peak_gw": 4.0,
        "ev_share_of_evening_peak": 0.25,
        "valley_energy_share": 0.5,
        "home_valley_energy_share": 1.0,
        "zones_over_annual_peak": 1.0,
        "ev_grid_energy_gwh": 2.0,
    }.items():
        assert found[name, "all", "all", None] == pytest.approx(value, rel=1e-12), name
    never = figures(metrics_table("x", grid_metrics(grid, places, np.zeros((1, 24), bool))))
    assert never["valley_energy_share", "all", "all", None] == 0


def test_shares_in_valley_hours_are_of_whole_nights() -> None:
    """Three days: what is charged before the first noon and after the last counts for nothing, in a day all does."""
    places = synthetic.regions(1, 1)
    load = np.zeros((len(LOAD_KINDS), 1, 3 * 96), np.int64)
    urban, home = load[LOAD_KINDS.index("urban"), 0], load[LOAD_KINDS.index("home"), 0]
    home[0:28] = home[47] = 5_000_000  # the first morning, of which the evening before is not there
    home[96 + 4], urban[48], home[96 + 80], urban[2 * 96 + 47] = 3_000_000, 1_000_000, 2_000_000, 2_000_000
    urban[2 * 96 + 48], home[3 * 96 - 1] = 7_000_000, 9_000_000  # the last evening, of which the morning after is missing
    base = ProvinceLoad(np.full((1, 96 * 3), 3e6), np.array([3.5e6]))
    plant_ws = np.zeros((2, *load.shape[1:]), np.int64)
    shares = {}
    for n_days in (1, 3):
        n = 96 * n_days
        totals = dataclasses.replace(FAKE.totals, load_ws=load[:, :, :n], plant_ws=plant_ws[:, :, :n], n_hours=24 * n_days)
        shares[n_days] = figures(metrics_table("x", grid_metrics(grid_table(totals, base, places, 1.0), places)))
    of = {name: value for (name, layer, place, _), value in shares[3].items() if place == layer == "all"}
    assert of["valley_energy_share"] == pytest.approx(3 / 8, rel=1e-12)
    assert of["private_valley_energy_share"] == pytest.approx(3 / 5, rel=1e-12)
    assert of["public_valley_energy_share"] == 0
    assert shares[1]["private_valley_energy_share", "all", "all", None] == pytest.approx(28 / 29, rel=1e-12)
    assert shares[1]["valley_energy_share", "all", "all", None] == pytest.approx(28 * 5 / (29 * 5 + 1), rel=1e-12)


def test_pilot_cities_are_told_beside_the_nation() -> None:
    """Of two zones one is a pilot city, which charges at home by night; the other charges as much at noon."""
    places = synthetic.regions(1, 2)
    ids = [str(read("v2g_pilots")["zone"][0]), "elsewhere"]
    load = np.zeros((len(LOAD_KINDS), 2, 96), np.int64)
    load[LOAD_KINDS.index("home"), 0, 8], load[LOAD_KINDS.index("home"), 1, 48] = 10**9, 10**9
    plant_ws = np.zeros((2, *load.shape[1:]), np.int64)
    totals = dataclasses.replace(FAKE.totals, load_ws=load, plant_ws=plant_ws, n_hours=24)
    base = ProvinceLoad(np.full((2, 96), 3e6), np.full(2, 3.5e6))
    for zone_id, wanted in ((ids, 1.0), (["here", "elsewhere"], np.nan)):
        there = dataclasses.replace(places, zone_id=np.array(zone_id, object))
        found = figures(metrics_table("x", grid_metrics(grid_table(totals, base, there, 1.0), there)))
        assert found["private_valley_energy_share", "all", "all", None] == 0.5
        assert found["pilot_private_valley_energy_share", "all", "all", None] == pytest.approx(wanted, nan_ok=True)


@given(st.integers(0, 40), st.integers(0, 95))
def test_whole_nights_are_days_from_noon_to_noon(n_days: int, more: int) -> None:
    n_quarters = 96 * n_days + more
    nights = range(n_quarters)[whole_nights(n_quarters)]
    if n_quarters < 48 + 96:
        assert len(nights) == n_quarters
    else:
        assert nights[0] == 48
        assert len(nights) % 96 == 0
        assert 0 <= n_quarters - 1 - nights[-1] < 96


def test_stations_hold_their_own_sums() -> None:
    visits, k = FAKE.events, 17
    served = (visits.station == k) & (visits.outcome == 0)
    assert STATIONS.n_sessions[k] == served.sum()
    assert STATIONS.mean_wait_s[k] == pytest.approx(visits.wait_s[served].mean(), rel=1e-12)
    assert STATIONS.max_wait_s[k] == visits.wait_s[served].max()
    mine = FAKE.inventory.pools.station == k
    assert STATIONS.n_evse[k] == FAKE.inventory.pools.n_evse[mine].sum()
    assert STATIONS.rated_power_kw.sum() == pytest.approx(FIGURES["rated_power_gw", "all", "all", None] * 1e6)
    assert (STATIONS.busy_share <= 1).all()
    assert (STATIONS.peak_hour_busy_share <= 1).all()


def test_a_consistent_run_passes_its_audit() -> None:
    laws = audit(FAKE.totals, FAKE.inventory)
    require(laws)
    content = audit_json(laws)
    assert content["verdict"] == "held"
    assert [law["name"] for law in content["laws"]] == [law.name for law in laws]
    assert len({law.name for law in laws}) == len(laws)


def _station(field: str, by: int) -> RunTotals:
    sums = getattr(FAKE.totals.stations, field).copy()
    sums[5] += by
    return dataclasses.replace(FAKE.totals, stations=FAKE.totals.stations._replace(**{field: sums}))


def _moved(name: str, *index: int) -> RunTotals:
    values = getattr(FAKE.totals, name).copy()
    values[index] += 1
    return dataclasses.replace(FAKE.totals, **{name: values})


FAULTS = [
    (_station("n_balked", 1), "arrivals = sessions", "station 5"),
    (_station("n_arrivals", -1), "arrivals = sessions", "station 5"),
    (_station("busy_s", 10**9), "EVSE seconds of the run", "station 5"),
    (_station("peak_hour_busy_s", 10**7), "busiest hour", "station 5"),
    (_station("energy_ws", 1), "= load of the", "zone 0"),
    (_station("wait_s", 1), "wait_s of the stations", "province, layer 0"),
    (_moved("load_ws", 1, 3, 7), "= load of the highway layer", "zone 3"),
    (_moved("hours", 1, 2, 0, 5), "n_sessions of the stations", "province, layer 2, 0"),
    (_moved("wait_histogram", 2, 9, 4), "histogram of waits", "layer, hour 2, 9"),
    (dataclasses.replace(FAKE.totals, laws=(Law("trips", 5, 6, "trips"),)), "trips: 5 trips = 6 trips", ""),
]


@pytest.mark.parametrize(("totals", "law", "row"), FAULTS)
def test_the_audit_catches_each_fault_with_its_row(totals: RunTotals, law: str, row: str) -> None:
    """One count wrong anywhere breaks a law that names the place; both sides are told."""
    laws = audit(totals, FAKE.inventory)
    assert audit_json(laws)["verdict"] == "broken"
    with pytest.raises(EngineError) as caught:
        require(laws)
    text = str(caught.value)
    assert law in text
    assert row in text


def test_a_wrong_place_breaks_a_law_though_the_sums_agree() -> None:
    """Energy moved from one zone to another leaves the totals equal and is found all the same."""
    load = FAKE.totals.load_ws.copy()
    load[0, 0, 0] += 1
    load[0, 1, 0] -= 1
    broken = [law for law in audit(dataclasses.replace(FAKE.totals, load_ws=load), FAKE.inventory) if not law.holds]
    assert [(law.left == law.right, len(law.rows)) for law in broken] == [(True, 2)]


def test_long_lists_of_rows_are_cut_and_counted() -> None:
    sums = FAKE.totals.stations._replace(n_waiting=np.ones_like(FAKE.totals.stations.n_waiting))
    law = audit(dataclasses.replace(FAKE.totals, stations=sums), FAKE.inventory)[1]
    assert len(law.rows) == ROWS_SHOWN + 1
    assert law.rows[-1] == f"and {60 - ROWS_SHOWN} more"
