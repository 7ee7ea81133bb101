"""Cases posed by hand: known answers to the second, nobody lost, faults told all at once."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twin
from tests.posed import along, behave, cars, live, overload, road, sessions, starts, trips
from twin.case import pose
from twin.errors import DataError
from twin.tables.results import TRIP_OUTCOMES

STATION = {"node": [1], "n_evse": [1], "rated_power_kw": [120.0]}


@pytest.mark.parametrize(
    ("fast_target_soc", "to_kwh", "end_s", "next_window_s"), [(0.3, 29.8, 5529, 5700), (0.8, 48, 6184, 6300)]
)
def test_one_car_one_road_one_evse_by_hand(fast_target_soc: float, to_kwh: float, end_s: int, next_window_s: int) -> None:
    """Every second and watt-second of a trip with one stop, as reckoned on paper.

    50 of 60 kWh short by 24: 2 x 100 km at 0.2 kWh/km. The driver plans with a tenth more: 24 - 22 = 2 kWh at the
    station, 24 - 44 = -20 at the end, where 6 are wanted; so 26 kWh are lacking, 1.8 are taken to spare, and it charges to
    2 + 26 + 1.8 = 29.8 kWh, or to the fast target if that is more. It comes with 4 kWh; 25.8 kWh at 100 kW take 928.8 s,
    44 kWh 1,584 s.
    """
    config = behave(fast_target_soc=fast_target_soc)
    run = live(road(2, 100.0, 100.0), STATION, cars(24 / 60), along(1, 2, 1000), config)
    (visit,) = sessions(run)
    assert (visit["arrival_s"], visit["plug_in_s"], visit["wait_s"]) == (4600, 4600, 0)
    assert visit["end_s"] == end_s
    assert visit["energy_ws"] == pytest.approx((to_kwh - 4) * 3.6e6, abs=1)
    assert (visit["soc_in"], visit["soc_out"]) == pytest.approx((4 / 60, to_kwh / 60))
    assert visit["peak_power_w"] == 100_000
    # The driver decides with the window after the session's end, and drives an hour.
    (trip,) = trips(run)
    assert (trip["begin_s"], trip["end_s"], trip["outcome"]) == (1000, next_window_s + 3600, "ended")
    (law,) = (law for law in run.audit["laws"] if law["name"].startswith("energy at the start"))
    assert law["left"] == law["right"] == pytest.approx((24 + to_kwh - 4) * 3.6e6, abs=1)


def test_an_overloaded_station_serves_everybody_in_order_to_the_second() -> None:
    """D/D/2: 20 vehicles 300 s apart, 900 s each; the last waits for 2,700 s."""
    run = live(*overload())
    visits = sessions(run)
    arrival_s = [400 + 300 * row for row in range(20)]
    assert [visit["vehicle"] for visit in visits] == list(range(20))
    assert [visit["arrival_s"] for visit in visits] == arrival_s
    known = starts(arrival_s, 2, 900)
    assert [visit["plug_in_s"] for visit in visits] == known
    assert [visit["end_s"] - visit["plug_in_s"] for visit in visits] == [900] * 20
    assert known[-1] - arrival_s[-1] == 2700
    assert {trip["outcome"] for trip in trips(run)} == {"ended"}
    assert run.stations.to_pylist()[0]["max_wait_s"] == 2700


def test_who_comes_first_is_served_first_whatever_the_order_of_the_tables() -> None:
    network, station, vehicles, given_trips, config = overload()
    order = np.random.default_rng(7).permutation(20)
    shuffled = given_trips | {"vehicle": given_trips["vehicle"], "depart_s": given_trips["depart_s"][order]}
    run = live(network, station, vehicles, {name: np.broadcast_to(v, 20)[::-1] for name, v in shuffled.items()}, config)
    visits = sessions(run)
    assert [visit["arrival_s"] for visit in visits] == [400 + 300 * row for row in range(20)]
    assert [visit["vehicle"] for visit in visits] == np.argsort(order).tolist()
    assert [visit["plug_in_s"] for visit in visits] == starts([400 + 300 * row for row in range(20)], 2, 900)
    assert [trip["vehicle"] for trip in trips(run)] == list(range(20))[::-1]


def test_an_empty_battery_strands_the_car_where_it_empties() -> None:
    """1 kWh lasts for 5 km, which take 180 s at 100 km/h; nobody is told of the trip after."""
    moves = {"vehicle": [0, 0], "origin": [0, -1], "destination": [1, 2], "depart_s": [60, 70_000]}
    run = live(road(2, 100.0, 100.0), {}, cars(1 / 60), moves, behave(rescue_s=100_000))
    assert run.table("stranded").to_pylist() == [{"vehicle": 0, "second": 240, "link": 0, "rescued_s": 100_240}]
    assert [trip["outcome"] for trip in trips(run)] == ["stranded", "not begun"]


def test_a_tow_truck_ends_the_trip() -> None:
    """It takes two hours, and the car to the end of its link, with a fifth of its battery: too little for the next."""
    moves = {"vehicle": [0, 0], "origin": [0, -1], "destination": [1, 2], "depart_s": [60, 70_000]}
    run = live(road(2, 100.0, 100.0), {}, cars(1 / 60), moves, behave(rescue_s=7200, rescue_soc=0.2))
    assert [(trip["end_s"], trip["outcome"]) for trip in trips(run)] == [(240 + 7200, "ended"), (72_160 + 7200, "ended")]


def test_trips_of_two_days_follow_each_other() -> None:
    """One that is overtaken by the next departure, one tomorrow, one after the period; an hour a link."""
    moves = {
        "vehicle": [0, 0, 0, 0, 1], "origin": [0, 1, 0, 1, 2], "destination": [1, 0, 1, 2, 0],
        "depart_s": [3600, 4000, 86_400 + 30, 2 * 86_400, 172_000],
    }  # fmt: skip
    run = live(road(2, 100.0, 100.0, both_ways=True), {}, cars([1.0, 1.0]), moves, behave(2, reserve_soc=0.0))
    found = [(trip["begin_s"], trip["end_s"], trip["outcome"]) for trip in trips(run)]
    assert found == [
        (3600, 7200, "ended"), (7200, 10_800, "ended"), (86_430, 90_030, "ended"), (None, None, "not begun"),
        (172_000, None, "under way"),
    ]  # fmt: skip


def test_a_trip_still_under_way_at_midnight_is_followed_at_once() -> None:
    moves = {"vehicle": [0, 0], "origin": [0, 1], "destination": [1, 0], "depart_s": [86_000, 86_300]}
    run = live(road(1, 100.0, 100.0, both_ways=True), {}, cars(1.0), moves, behave(2, reserve_soc=0.0))
    assert [(trip["begin_s"], trip["end_s"]) for trip in trips(run)] == [(86_000, 89_600), (89_600, 93_200)]


def test_a_corridor_loses_nobody() -> None:
    """500 km, 9 sites of 8 EVSEs of 120 kW, 2,000 vehicles within six hours, some with too little for the first site."""
    n_vehicles = 2000
    luck = np.random.default_rng(2027)
    soc, depart_s = luck.uniform(0.1, 1.0, n_vehicles), np.sort(luck.integers(0, 6 * 3600, n_vehicles))
    station = {"node": np.arange(5, 50, 5), "n_evse": 8, "rated_power_kw": 120.0}
    run = live(road(50), station, cars(soc), along(n_vehicles, 50, depart_s), behave(rescue_s=100_000))
    moved, visits = trips(run), sessions(run)
    n_of = {name: sum(trip["outcome"] == name for trip in moved) for name in TRIP_OUTCOMES}
    assert sum(n_of.values()) == n_vehicles
    assert n_of["not begun"] == 0
    assert n_of["stranded"] == run.table("stranded").num_rows == run.manifest["counts"]["n_stranded"]
    assert {row["vehicle"] for row in run.table("stranded").to_pylist()} <= set(np.flatnonzero(soc * 60 < 10 / 0.9))
    # Whoever is left at the end queues or is plugged in: the sites cannot serve them all in a day.
    stations = run.stations.to_pylist()
    assert n_of["ended"] > n_vehicles / 2
    assert sum(row["n_arrivals"] for row in stations) == sum(
        row["n_sessions"] + row["n_balked"] + row["n_reneged"] + row["n_waiting"] for row in stations
    )
    assert max(row["busy_share"] for row in stations) <= 1
    ends_s = {trip["vehicle"]: trip["end_s"] for trip in moved if trip["outcome"] == "ended"}
    assert min(ends_s[v] - depart_s[v] for v in ends_s) >= 20_000
    for site in range(9):
        queued_s = [visit["plug_in_s"] for visit in visits if visit["station"] == site and visit["plug_in_s"] >= 0]
        assert queued_s == sorted(queued_s), f"site {site}"


def test_a_site_shares_its_power() -> None:
    """Two cars behind 100 kW take 50 kW each for their 44 kWh, 3,168 s; the stronger pool is taken by both."""
    site = {"node": [1, 1], "station": "A", "n_evse": 2, "rated_power_kw": [120.0, 90.0], "site_limit_kw": 100.0}
    case = (road(2, 100.0, 100.0), site, cars([0.4, 0.4]), along(2, 2, 1000), behave())
    visits = sessions(live(*case))
    assert [(visit["station"], visit["pool"]) for visit in visits] == [(0, 0), (0, 0)]
    assert [visit["end_s"] - visit["plug_in_s"] for visit in visits] == [3168, 3168]


def test_own_charger_before_setting_out() -> None:
    """At an AC plug the car's own charger sets the limit, and only who sets out there uses it."""
    plug = {"node": [0, 1], "n_evse": 1, "rated_power_kw": [22.0, 22.0], "is_ac": True}
    run = live(road(2, 100.0, 100.0), plug, cars(0.2, ac_power_kw=11.0), along(1, 2, 1000), behave())
    (visit,) = sessions(run)
    assert (visit["station"], visit["arrival_s"], visit["peak_power_w"]) == (0, 1000, 11_000)
    # From 12 kWh to 95 %: 45 kWh at 11 kW.
    assert visit["end_s"] - visit["plug_in_s"] == np.ceil(45 / 11 * 3600)


def test_classes_by_name_and_rows_in_arrow() -> None:
    network = {name: pa.table({k: np.broadcast_to(v, 2 if name == "links" else 3) for k, v in table.items()})
               for name, table in road(2, 30.0).items()}  # fmt: skip
    vehicles = pa.table({"vehicle_class": ["small", "t600"], "soc": [0.9, 0.9]})
    run = live(network, {}, vehicles, along(2, 2, 0), behave())
    assert run.manifest["vehicle_class_names"] == ["small", "t600"]
    # 30 km take a car 1,200 s at 90 km/h, and a truck 1,350 s at its 80 km/h.
    assert [trip["end_s"] for trip in trips(run)] == [2400, 2700]


@pytest.mark.parametrize("n_workers", [2, 3])
def test_the_number_of_workers_changes_no_byte(n_workers: int, tmp_path: Path) -> None:
    luck = np.random.default_rng(5)
    station = {"node": np.tile(np.arange(1, 20), 2), "n_evse": 1, "rated_power_kw": 120.0}
    case = (
        road(20, 20.0), station, cars(luck.uniform(0.2, 0.9, 300)), along(300, 20, luck.integers(0, 30_000, 300)), behave(),
    )  # fmt: skip
    folders = [live(*case, workers=n, out=tmp_path / str(n)).path for n in (1, n_workers)]
    names = sorted(path.relative_to(folders[0]) for path in folders[0].rglob("*.*") if path.name != "manifest.json")
    assert len(names) >= 8
    assert len(sessions(twin.simulate(*case, workers=1))) > 50
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_the_example_runs_as_it_stands() -> None:
    (example,) = doctest.DocTestFinder().find(twin.simulate, "simulate", globs={})
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_run_folder_is_described() -> None:
    run = live(*overload(2))
    manifest = json.loads((run.path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["audit"] == run.audit["verdict"] == "held"
    assert [entry["name"] for entry in manifest["inputs"]] == [
        "network.links", "network.nodes", "stations", "trips", "vehicles",
    ]  # fmt: skip
    assert run.summary()["n_vehicles"] == 2
    assert manifest["vehicle_class_names"] == ["make 0"]


def test_every_fault_is_told_at_once() -> None:
    network = {
        "nodes": {"lon": [1.0, 2.0, 300.0], "lat": [0.0, 0.0, np.nan]},
        "links": {"from_node": [0, 9], "speed": [1, 1]},
    }
    with pytest.raises(DataError) as caught:
        pose(
            network, {"node": [1, 2], "n_evse": [0, 1.5], "rated_power_kw": [1.0]},
            {"soc": [1.2], "capacity_kwh": [-1], "consumption_kwh_per_km": ["x"]},
            {"vehicle": [0, 1], "depart_s": [-5, 3], "destination": [0, 7]},
        )  # fmt: skip
    text = str(caught.value)
    for told in (
        "network.nodes.lon, row 2: found 300.0", "network.nodes.lat, row 2: found nan",
        "network.links.from_node, row 1: found 9",
        "network.links.to_node: found no such column", "network.links.speed: found a column of that name",
        "stations.n_evse, row 0: found 0", "stations.n_evse, row 1: found 1.5", "stations.rated_power_kw: found 1 rows",
        "vehicles.soc, row 0: found 1.2", "vehicles.capacity_kwh, row 0: found -1",
        "vehicles.power_kw: found no such column",
        "trips.vehicle, row 1: found 1", "trips.depart_s, row 0: found -5", "trips.destination, row 1: found 7",
    ):  # fmt: skip
        assert told in text, told


@pytest.mark.parametrize(
    ("told", "changed"),
    [
        ("trips.depart_s, row 1: found 60", {"trips": {"vehicle": [0, 0], "destination": [1, 2], "depart_s": [60, 60]}}),
        ("trips.origin, row 1: found 0",
         {"trips": {"origin": [0, 0], "vehicle": [0, 0], "destination": 2, "depart_s": [1, 2]}}),
        ("trips.destination, row 0: found node 0, to which no road leads from 2",
         {"trips": {"vehicle": [0], "origin": [2], "destination": [0], "depart_s": [1]}, "vehicles": cars(0.5)}),
        ("trips.origin, row 0: found -1", {"vehicles": cars(0.5)}),
        ("stations.station, row 2: found 'A'",
         {"stations": {"node": [1, 1, 1], "n_evse": 1, "rated_power_kw": 9, "station": ["A", "B", "A"]}}),
        ("stations.node, row 1: found 2", {"stations": {"node": [1, 2], "n_evse": 1, "rated_power_kw": 9, "station": "A"}}),
        ("stations.n_out, row 0: found 3", {"stations": STATION | {"n_evse": [2], "n_out": 3}}),
        ("stations.out_until_s, row 0: found 50", {"stations": STATION | {"n_out": 1, "out_from_s": 50, "out_until_s": 50}}),
        ("vehicles.vehicle_class, row 0: found 'cart'", {"vehicles": {"vehicle_class": ["cart"], "soc": [1.0], "node": 0}}),
        ("vehicles.capacity_kwh: found a column of that name",
         {"vehicles": {"vehicle_class": ["small"], "soc": [1.0], "capacity_kwh": [1.0]}}),
        ("network.roads: found a table of that name", {"network": road(2) | {"roads": {}}}),
        ("trips: found 0 rows", {"trips": {}}),
        ("vehicles: found list", {"vehicles": [1, 2]}),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_with_its_row(told: str, changed: dict[str, Any]) -> None:
    plain = {
        "network": road(2), "stations": STATION, "vehicles": cars(0.5, node=0),
        "trips": {"vehicle": [0], "destination": [2], "depart_s": [60]},
    }  # fmt: skip
    with pytest.raises(DataError) as caught:
        pose(**(plain | changed))
    assert told in str(caught.value)


JUNK = st.one_of(
    st.none(), st.text(max_size=3), st.floats(), st.integers(-3, 5), st.integers(), st.booleans(), st.binary(max_size=2),
    st.lists(st.floats(), max_size=2), st.just(1j), st.just(np.datetime64("2027-10-01")), st.just({}),
)  # fmt: skip


@given(st.data())
def test_no_junk_gets_through_or_breaks_anything_else(data: st.DataObject) -> None:
    """Cells, columns or whole tables of junk give a `DataError`, or a case that is whole."""
    tables: dict[str, Any] = {
        "nodes": {"lon": [1.0, 2.0], "lat": [0.0, 0.0]},
        "links": {"from_node": [0, 1], "to_node": [1, 0], "length_km": [5.0, 5.0], "speed_kmh": [50.0, 50.0]},
        "stations": {"node": [1, 1], "n_evse": [1, 2], "rated_power_kw": [60, 120],
                     "station": ["A", "A"], "is_ac": [False, True]},
        "vehicles": {"soc": [0.5, 1], "node": [0, 1], "capacity_kwh": [50, 60],
                     "consumption_kwh_per_km": 0.2, "power_kw": [50, 60]},
        "trips": {"vehicle": [0, 0, 1], "depart_s": [5, 900, 7], "destination": [1, 0, 0], "origin": [0, -1, 1]},
    }  # fmt: skip
    for _ in range(data.draw(st.integers(1, 3))):
        table = data.draw(st.sampled_from(sorted(tables)))
        what = data.draw(st.sampled_from(["cell", "column", "name", "table"]))
        if what == "table" or not isinstance(tables[table], dict) or not tables[table]:
            tables[table] = data.draw(JUNK)
            continue
        column = data.draw(st.sampled_from(sorted(tables[table]))) if what != "name" else data.draw(st.text(max_size=3))
        if what == "cell" and isinstance(tables[table][column], list):
            row = data.draw(st.integers(0, max(len(tables[table][column]) - 1, 0)))
            tables[table][column][row : row + 1] = [data.draw(JUNK)]
        else:
            tables[table][column] = data.draw(st.one_of(JUNK, st.lists(JUNK, max_size=4)))
    try:
        case = pose(
            {name: tables[name] for name in ("nodes", "links")}, tables["stations"], tables["vehicles"], tables["trips"]
        )
    except DataError as fault:
        assert len(str(fault)) > 20
    else:
        energy_ws, row = case.given.vehicles.energy_ws, case.given.vehicles.vehicle_class
        assert (energy_ws <= case.given.classes.capacity_ws[row]).all()
        assert case.given.itineraries.first[-1] == len(case.given.itineraries.goal)


def test_naming_it_loads_nothing_heavy() -> None:
    heavy = {"numpy", "numba", "pyarrow", "mesa", "pydantic"}
    check = f"import sys, twin; twin.simulate; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
