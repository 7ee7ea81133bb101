"""Power flow agrees with published networks and with formulas; a study picks the strained feeders and cures them."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twin.errors import ConfigError, DataError, OutputExistsError
from twin.grid.feeders import Feeder, county_feeder, feeders_of_county, service_area_feeder, upgrades
from twin.grid.powerflow import cure, load_pandapower, solve, solved
from twin.network.regions import load_regions
from twin.store import open_named
from twin.study import FeederResult, feeders, study_run
from twin.study.loads import read_loads

pytest.importorskip("pandapower", reason="the extra 'grid' is not installed")

HOURS = 24


def end_loaded(site_kw: float, site_kva: float, base_kw: float = 0.0, n_circuits: int = 1) -> Feeder:
    """Return two sections of 3 km with everything at the end, for one hour."""
    at_end = np.array([0.0, 1.0])
    return Feeder(
        "one", "county", "NA2XS2Y 1x240 RM/25 6/10 kV", n_circuits, np.array([3.0, 3.0]), np.outer(at_end, [base_kw]),
        np.outer(at_end, [site_kw]), at_end * site_kva,
    )  # fmt: skip


# pandapower itself, and what we build with it


def test_published_networks_come_out_as_published() -> None:
    import pandapower.networks as networks

    # A network that pandapower ships together with its solution.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Its own file is of an older form.
        net = networks.mv_oberrhein()
    voltage_pu, line_mw = net.res_bus["vm_pu"].to_numpy(), net.res_line["p_from_mw"].to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Its own file is of an older form.
        solved(net)
    np.testing.assert_allclose(net.res_bus["vm_pu"].to_numpy(), voltage_pu, rtol=1e-6)
    np.testing.assert_allclose(net.res_line["p_from_mw"].to_numpy(), line_mw, atol=1e-6)
    # The 33-bus feeder of Baran and Wu (1989): 202.677 kW lost, lowest voltage 0.91309.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        voltage, _, _, loss_kw, drawn_kw = solved(networks.case33bw())
    assert (voltage, loss_kw) == (pytest.approx(0.91309, abs=1e-5), pytest.approx(202.677, abs=1e-3))
    assert drawn_kw == pytest.approx(3715.0 + 202.677, abs=1e-3)


def test_a_line_with_its_load_at_the_end_obeys_the_two_bus_formula() -> None:
    """Without shunts: v2^4 + v2^2 (2 (p r + q x) - v1^2) + (p^2 + q^2) (r^2 + x^2) = 0, everything per unit."""
    import pandapower as pp

    net, load_mw, load_mvar, r_ohm, x_ohm = pp.create_empty_network(), 4.0, 1.3, 1.2, 0.9
    buses = [pp.create_bus(net, vn_kv=10.0) for _ in range(2)]
    pp.create_ext_grid(net, buses[0], vm_pu=1.03)
    pp.create_line_from_parameters(
        net, *buses, length_km=1.0, r_ohm_per_km=r_ohm, x_ohm_per_km=x_ohm, c_nf_per_km=0.0, max_i_ka=0.4
    )
    pp.create_load(net, buses[1], p_mw=load_mw, q_mvar=load_mvar)
    base_ohm = 10.0**2 / 1.0
    r, x, b = r_ohm / base_ohm, x_ohm / base_ohm, 2 * (load_mw * r_ohm + load_mvar * x_ohm) / base_ohm - 1.03**2
    wanted = np.sqrt((-b + np.sqrt(b * b - 4 * (load_mw**2 + load_mvar**2) * (r * r + x * x))) / 2)
    assert solved(net)[0] == pytest.approx(wanted, abs=1e-8)


def test_energy_is_conserved_and_a_second_circuit_halves_the_current() -> None:
    one, two = (solve(end_loaded(3000.0, 5000.0, 1000.0, n)) for n in (1, 2))
    for flow in (one, two):
        assert flow.drawn_kw[0] == pytest.approx(4000.0 + flow.loss_kw[0], abs=1e-4)
    assert two.line_share[0] == pytest.approx(one.line_share[0] / 2, rel=0.03)
    assert two.voltage_pu[0] > one.voltage_pu[0]
    assert two.loss_kw[0] < one.loss_kw[0]


def test_more_load_never_helps() -> None:
    flows = [solve(end_loaded(kw, 5000.0)) for kw in (0.0, 500.0, 1500.0, 3000.0, 4500.0)]
    for name, sign in (("voltage_pu", -1.0), ("line_share", 1.0), ("transformer_share", 1.0), ("loss_kw", 1.0)):
        assert (np.diff([sign * getattr(flow, name)[0] for flow in flows]) > 0.0).all(), name


def test_a_line_beyond_what_it_can_carry_is_told_as_collapsed() -> None:
    flow = solve(end_loaded(60_000.0, 70_000.0))
    assert flow.voltage_pu[0] == 0.0
    assert not flow.holds


@pytest.mark.parametrize("collapsed", [[1], [0, 1]])
def test_hours_without_a_solution_are_counted_and_leave_the_others_their_figures(collapsed: list[int]) -> None:
    kw = np.full(2, 1000.0)
    kw[collapsed] = 60_000.0
    feeder = service_area_feeder("x", kw, 70_000.0, np.zeros(2))
    flow = solve(feeder)
    told = {name: column[0] for name, column in feeders([FeederResult(feeder, "BJ", 0, flow, None)]).items()}
    assert (told["hours_collapsed"], told["holds"], told["lowest_voltage_pu"]) == (len(collapsed), False, 0.0)
    wanted = (None, None, None)
    if len(collapsed) == 1:
        wanted = flow.line_share[0], flow.transformer_share[0], flow.loss_kw[0] / flow.drawn_kw[0]
    names = ("line_share", "transformer_share", "loss_share")
    assert [told[name] for name in names] == pytest.approx(wanted, abs=1e-4)
    json.dumps(told, allow_nan=False)


# Cures


def test_the_cure_is_the_cheapest_that_holds() -> None:
    feeder = service_area_feeder("x", np.full(2, 2600.0), 1800.0, np.ones(2))
    assert not solve(feeder).holds
    found = cure(feeder)
    assert found is not None
    assert solve(found.feeder).holds
    cheaper = [upgrade for upgrade in upgrades(feeder) if upgrade.cost_cny < found.cost_cny]
    assert not any(solve(upgrade.feeder).holds for upgrade in cheaper)


def test_what_no_upgrade_cures_has_none() -> None:
    assert cure(service_area_feeder("x", np.full(1, 40_000.0), 40_000.0, np.ones(1))) is None


def test_a_county_feeder_keeps_its_stations_and_load() -> None:
    kw, limit_kw = np.arange(14.0).reshape(7, 2), np.arange(7.0) + 100
    feeder = county_feeder("x", np.array([600.0, 300.0]), kw, limit_kw)
    np.testing.assert_allclose(feeder.site_kw.sum(axis=0), kw.sum(axis=0))
    np.testing.assert_allclose(feeder.base_kw.sum(axis=0), [600.0, 300.0])
    assert feeder.site_kva.sum() == pytest.approx(limit_kw.sum() / 0.95)
    assert [feeders_of_county(peak) for peak in (0.0, 4800.0, 4801.0)] == [1, 1, 2]


# A study of a run


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of one day: two service areas and three stations in one county, of which one works at its limit."""
    folder = tmp_path_factory.mktemp("study") / "run"
    folder.mkdir()
    regions = load_regions()
    zone, county = str(regions.zone_id[0]), str(regions.county_id[0])
    layer = ["highway", "highway", "urban", "urban", "rural"]
    stations = {
        "station": np.arange(5, dtype=np.int32), "name": ["<b>calm</b>", "full", "west", "east", "far"],
        "province": ["BJ"] * 5, "zone": [zone] * 5, "county": [county] * 5, "layer": layer, "site_type": layer,
        "lon": [116.0, 116.1, 116.2, 116.4, 116.6], "lat": [40.0] * 5, "n_evse": np.full(5, 10, np.int32),
        "site_limit_kw": [1000.0, 2500.0, 3000.0, 9000.0, 500.0],
    }  # fmt: skip
    power_kw = np.array([[100.0], [2400.0], [300.0], [8000.0], [90.0]]) * np.where(np.arange(HOURS) == 18, 1.0, 0.5)
    hours = {
        "station": np.repeat(np.arange(5, dtype=np.int32), HOURS), "hour": np.tile(np.arange(HOURS, dtype=np.int16), 5),
        "energy_kwh": 0.9 * power_kw.ravel(),
    }  # fmt: skip
    n_zones = len(regions.zone_id)
    grid = {"zone": np.repeat(regions.zone_id.astype(object), 4 * HOURS), "quarter": np.tile(np.arange(4 * HOURS), n_zones)}
    for name in ("urban", "highway", "rural", "truck", "home", "depot", "v2g", "pv", "storage", "base"):
        grid[f"{name}_kw"] = np.full(n_zones * 4 * HOURS, 50_000.0 if name == "base" else 10.0)
    for name, table in (("stations", stations), ("station_hours", hours), ("grid", grid)):
        pq.write_table(pa.table(table), folder / f"{name}.parquet")
    config = {
        "scenario": {"extent": "nation"}, "fleet": {"sample": 1.0}, "stations": {"module_efficiency": 0.9},
        "period": {"n_days": 1, "start_date": "2027-10-01"},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "config": config}), encoding="utf-8")
    return folder


def test_a_study_finds_the_strained_ones_and_writes_what_planners_read(run_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    service_area, county = study_run(run_folder, out, 1, 1)
    assert service_area.feeder.name == "full"
    assert service_area.feeder.peak_kw == pytest.approx(2400.0)
    # The county's people have a share of its zone's 50 MW: as many feeders as that asks for, the fullest has the east.
    assert county.feeder.name.startswith(str(load_regions().zone_id[0]))
    assert county.feeder.peak_kw >= 8000.0
    assert not county.flow.holds
    rows = table(out / "feeders.csv")
    assert [row["kind"] for row in rows] == ["service area", "county"]
    assert rows[1]["cure"]
    assert len(table(out / "feeder_hours.csv")) == 2 * HOURS
    # 2,400 kW at the grid are 2,160 kW of the 2,500 that the site passes; 8,000 are 7,200 of 9,000, and half of it is less.
    near = table(out / "transformers.csv")
    assert [(row["name"], row["peak_share"]) for row in near] == [("full", "0.864"), ("east", "0.8")]
    assert [(row["hours_near_limit"], row["hours_at_limit"]) for row in near] == [("1", "0"), ("1", "0")]
    features = json.loads((out / "sites.geojson").read_text(encoding="utf-8"))["features"]
    # Both service areas, and the station off the expressway that came near its limit.
    assert [one["properties"]["name"] for one in features] == ["<b>calm</b>", "full", "east"]


def test_a_transformer_carries_what_it_passes_not_what_vehicles_take(run_folder: Path, tmp_path: Path) -> None:
    """Behind the one in the east storage gives a third at 18:00, and sun goes into the grid where nobody charges at noon."""
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    grid_kwh, fed_kwh = np.full(HOURS, 1000.0, np.float32), np.zeros(HOURS, np.float32)
    grid_kwh[18], grid_kwh[12], fed_kwh[12] = 4800.0, 0.0, 900.0
    sites = {
        "station": np.full(HOURS, 3, np.int32), "hour": np.arange(HOURS, dtype=np.int16), "grid_kwh": grid_kwh,
        "pv_fed_in_kwh": fed_kwh,
    }  # fmt: skip
    pq.write_table(pa.table(sites), folder / "site_hours.parquet")
    loads = read_loads(open_named(folder))
    assert loads.of_station(3)[[11, 12, 18]] == pytest.approx([1000 / 0.9, -1000.0, 4800 / 0.9])
    assert loads.of_station(1)[18] == pytest.approx(2400.0)
    study_run(folder, tmp_path / "out", 0, 0)
    # 4,800 of 9,000 kW are below 80 %, though vehicles took 7,200.
    assert [row["name"] for row in table(tmp_path / "out/transformers.csv")] == ["full"]


def test_the_load_of_zones_reads_as_pypsa_reads_it(run_folder: Path, tmp_path: Path) -> None:
    study_run(run_folder, tmp_path / "out", 0, 0)
    tables = {name: table(tmp_path / "out/pypsa" / f"{name}.csv") for name in ("buses", "loads", "loads-p_set")}
    buses, loads = ({row["name"] for row in tables[name]} for name in ("buses", "loads"))
    assert {row["bus"] for row in tables["loads"]} == buses
    first = tables["loads-p_set"][0]
    assert first.keys() - {"snapshot"} == loads
    assert first["snapshot"] == "2027-10-01T00:00:00"
    zone = load_regions().zone_id[0]
    assert float(first[f"{zone} base"]) == 50.0
    # Trucks stand in public charging already, and what is given comes off: 50 MW and five kinds of 10 kW, less three.
    of_zone = [row["name"] for row in tables["loads"] if row["bus"] == zone]
    assert sum(float(first[name]) for name in of_zone) == pytest.approx(50.02, abs=1e-9)


def test_what_cannot_be_studied_is_refused(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"no manifest\.json"):
        study_run(tmp_path, tmp_path / "out")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputExistsError, match="taken"):
        study_run(run_folder, tmp_path / "taken")
    monkeypatch.setitem(sys.modules, "pandapower", None)
    with pytest.raises(ConfigError, match=r"pip install 'twin\[grid\]'"):
        load_pandapower()
    with pytest.raises(ConfigError, match="pandapower: not installed"):
        study_run(run_folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_prints_a_line_for_each_feeder(run_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "twin", "grid", "study", str(run_folder), "--out", str(tmp_path / "out")]
    done = subprocess.run([*command, "--service-areas", "1", "--counties", "0", "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [row["feeder"] for row in json.loads(done.stdout)["feeders"]] == ["full"]
    assert subprocess.run(command, capture_output=True, text=True).returncode == 2
