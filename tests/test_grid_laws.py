"""Laws behind every plug, seen from the outside: what is booked is what batteries gain; what cannot be is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.lived import live
from tests.nation import small_given
from tests.small_nations import copy_of, nations
from twin.cli import app
from twin.engine.plug import charge_privately
from twin.engine.world import Given
from twin.tables import seeds
from twin.tables.inputs import LAYERS
from twin.tables.state import (
    N_SUMS,
    SUM_BELOW_RESERVE,
    SUM_HOME_WS,
    SUM_LATE_CHARGES,
    SUM_SHORT_CHARGES,
    SUM_SHORT_WS,
    SUM_V2G_WS,
)
from twin.tables.totals import LOAD_KINDS

H, DAY_S, QUARTER_S, N_QUARTERS = 3600, 86_400, 900, 3 * 96
HOME, ORDERLY, V2G = (LOAD_KINDS.index(kind) for kind in ("home", "orderly", "v2g"))
CAPACITY_WS, POWER_W = 50 * 3_600_000, 7000
ONE_CAR = small_given(n_vehicles=1, n_zones=2)
SHARES = st.floats(0.0, 1.0)


def booked_by_quarter(part_ws: np.ndarray, step_w: np.ndarray) -> np.ndarray:
    """Return what was booked, as the books add it up: parts, and 900 times the running sum of the steps."""
    return part_ws + QUARTER_S * np.cumsum(step_w, axis=2)


CALLED = {"is_eve": False, "heeds": (1.0, 0.0, 0.0), "stay_s": (18 * H, 13 * H), "call_s": (19 * H, 2 * H), "zone": 1}


@settings(max_examples=400)
@example(soc=0.9, reserve_soc=0.2, **CALLED, day=1)
@example(soc=0.65, reserve_soc=0.6, **CALLED, day=0)
@given(
    soc=SHARES, reserve_soc=SHARES, is_eve=st.booleans(), heeds=st.tuples(SHARES, SHARES, SHARES),
    stay_s=st.tuples(st.integers(0, DAY_S - 1), st.integers(0, DAY_S)),
    call_s=st.tuples(st.integers(0, DAY_S - 1), st.integers(0, 6 * H)), zone=st.integers(0, 1), day=st.integers(0, 1),
)  # fmt: skip
def test_a_plug_keeps_its_promise_its_stay_and_its_reserve(
    soc: float, reserve_soc: float, is_eve: bool, heeds: tuple[float, ...], stay_s: tuple[int, int],
    call_s: tuple[int, int], zone: int, day: int,
) -> None:  # fmt: skip
    """Whatever it heeds: charged by the departure as if at once, or counted short; given in the call, above the reserve."""
    answers, orderly, timers = heeds
    rules = ONE_CAR.rules._replace(
        v2g_reserve_soc=reserve_soc, v2g_answer_share=answers, orderly_share=orderly, price_response_share=timers
    )
    until_call = np.full(2, min(sum(call_s), DAY_S), np.int32)
    guidance = ONE_CAR.guidance._replace(
        event_from_s=np.full(2, call_s[0], np.int32), event_until_s=until_call, bidirectional=np.ones((2, 4))
    )
    start_s, until_s, energy_ws = day * DAY_S + stay_s[0], day * DAY_S + sum(stay_s), int(soc * CAPACITY_WS)
    part_ws, step_w = (np.zeros((len(LOAD_KINDS), 2, N_QUARTERS), np.int64) for _ in range(2))
    ONE_CAR.vehicles.access[:] = 1
    ONE_CAR.vehicles.vehicle_class[:] = 0
    sums = np.zeros(N_SUMS, np.int64)
    gained_ws = charge_privately(
        0, energy_ws, is_eve, start_s, until_s, day, zone, 0, rules, ONE_CAR.vehicles, ONE_CAR.classes, guidance,
        part_ws, step_w, sums,
    )  # fmt: skip
    # What is promised, reckoned here: the whole seconds that the charge takes, as far as the stay has them.
    target_ws = CAPACITY_WS if is_eve else int(rules.home_target_soc * CAPACITY_WS)
    is_asked = is_eve or energy_ws < rules.home_plug_soc * CAPACITY_WS
    need_s = max((target_ws - energy_ws) // POWER_W, 0) if is_asked else 0
    promised_s = min(need_s, until_s - start_s)
    assert gained_ws == promised_s * POWER_W
    assert sums[SUM_SHORT_CHARGES] == (promised_s < need_s)
    assert sums[SUM_SHORT_WS] == (need_s - promised_s) * POWER_W
    assert sums[SUM_LATE_CHARGES] == sums[SUM_BELOW_RESERVE] == 0
    # What the books say: all in the plug's own zone, within the stay, and to the watt second what the battery has more.
    booked_ws = booked_by_quarter(part_ws, step_w)
    assert not booked_ws[:, 1 - zone].any()
    charged_ws, given_ws = booked_ws[HOME, zone], booked_ws[V2G, zone]
    assert int(charged_ws.sum() - given_ws.sum()) == gained_ws
    assert (int(charged_ws.sum()), int(given_ws.sum())) == (sums[SUM_HOME_WS], sums[SUM_V2G_WS])
    assert booked_ws[ORDERLY, zone].sum() in (0, charged_ws.sum())
    at_s = np.arange(N_QUARTERS) * QUARTER_S
    may_charge_s = np.clip(np.minimum(at_s + QUARTER_S, until_s) - np.maximum(at_s, start_s), 0, QUARTER_S)
    begin_s, end_s = max(start_s, day * DAY_S + call_s[0]), min(until_s, day * DAY_S + int(until_call[0]))
    may_give_s = np.clip(np.minimum(at_s + QUARTER_S, end_s) - np.maximum(at_s, begin_s), 0, QUARTER_S)
    assert ((charged_ws >= 0) & (charged_ws <= POWER_W * may_charge_s)).all()
    assert ((given_ws >= 0) & (given_ws <= POWER_W * may_give_s)).all()
    if (soc, reserve_soc, stay_s, call_s) == (0.9, 0.2, CALLED["stay_s"], CALLED["call_s"]):
        assert given_ws.sum() == POWER_W * 2 * H, "a full car at home gives all through the call"
    # The state of charge on its way: where anything is given, never below the reserve, and never above full.
    stored_ws = energy_ws + np.cumsum(charged_ws - given_ws)
    assert given_ws.sum() == 0 or stored_ws.min() >= reserve_soc * CAPACITY_WS
    assert stored_ws.max() <= CAPACITY_WS


@settings(max_examples=12)
@given(nations())
def test_what_stations_give_is_what_their_zones_show_to_the_watt_second(nation: Given) -> None:
    """Session by session at every station, and station by station in every zone and layer."""
    lived = live(copy_of(nation))
    world, active, pools, stations = lived.world, lived.world.active, nation.pools, nation.stations
    plugged = world.evses.occupant[world.evses.occupant >= 0]
    pool = np.concatenate([lived.visits.pool, active.pool[plugged]])
    gained_ws = np.concatenate([lived.visits.energy_ws, active.energy_ws[plugged] - active.intake_ws[plugged]])
    of_sessions_ws = np.zeros(len(stations.zone), np.int64)
    np.add.at(of_sessions_ws, pools.station[pool], gained_ws)
    charged_ws = lived.totals.stations.energy_ws
    # Batteries that are changed are charged later, and what was given is charged again.
    has_rack = np.bincount(pools.station, pools.n_batteries > 0, len(stations.zone)) > 0
    given_ws = world.station_calls.given_ws
    assert np.array_equal((of_sessions_ws + given_ws)[~has_rack], charged_ws[~has_rack])
    by_zone_ws = np.zeros((len(LAYERS), len(nation.roads.zone_node)), np.int64)
    np.add.at(by_zone_ws, (stations.layer, stations.zone), charged_ws)
    assert np.array_equal(by_zone_ws, lived.totals.load_ws[: len(LAYERS)].sum(axis=2))


# What cannot be is refused, with its rows, and leaves nothing


def refused(scenario: str, folder: Path) -> str:
    """Return what the program says to a scenario that it must not run."""
    (folder / "mine.yaml").write_text(scenario, encoding="utf-8")
    before = sorted(folder.iterdir())
    done = CliRunner().invoke(app, ["run", str(folder / "mine.yaml"), "--out", str(folder / "run")])
    assert done.exit_code == 2, done.output
    assert sorted(folder.iterdir()) == before, "nothing is left behind"
    return done.stderr


def test_tariffs_that_overlap_leave_a_gap_or_miss_a_province_are_told_at_once(tmp_path: Path) -> None:
    lines = (seeds.folder_of_seeds() / "tariffs.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    wrong = {"HE,winter,3,11,": "HE,winter,4,11,", "TJ,summer,0,7,": "TJ,summer,0,8,", "XZ,other,0,24,": ""}
    for line, new in wrong.items():
        [row] = [row for row, text in enumerate(lines) if text.startswith(line)]
        lines[row] = lines[row].replace(line, new) if new else "\n"
    lines = [text for text in lines if text != "\n" and not text.startswith("QH,")]
    (tmp_path / "tariffs.csv").write_text("".join(lines), encoding="utf-8")
    said = refused("fleet: {sample: 0.001}\ngrid: {tariffs: tariffs.csv}\n", tmp_path)
    for told in (
        "HE, winter: found hours 3 to 4 in no span", "TJ, summer: found hours 7 to 8 also in line",
        "XZ, other: found no row", "QH, winter: found no row",
    ):  # fmt: skip
        assert told in said


def test_storage_beyond_its_site_and_negative_capacities_are_told_at_once(tmp_path: Path) -> None:
    said = refused(
        "site:\n  storage_limit_share: 1.5\n  storage_h: -2\n  pv_kw_per_evse: -3.5\n  storage_share: {urban: -0.1}\n"
        "grid:\n  n_v2g_plugs: -1\n  zone_cap_share: 0\n",
        tmp_path,
    )
    for line, key in enumerate(("storage_limit_share", "storage_h", "pv_kw_per_evse", "storage_share.urban"), 2):
        assert f"mine.yaml:{line}:" in said
        assert f"site.{key}: " in said
    assert "grid.n_v2g_plugs: " in said
    assert "grid.zone_cap_share: " in said


def test_without_pandapower_a_study_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text("{}", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "pandapower", None)
    done = CliRunner().invoke(app, ["grid", "study", str(tmp_path / "run"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "pip install 'twin[grid]'" in done.stderr
    assert not (tmp_path / "out").exists()
