"""Many runs: each once, failures beside successes, one luck for all scenarios, and figures with their uncertainty."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests import fake_runs
from tests.fake_runs import GAIN, calls, noise, scenario
from twin.batch import Period, plan_cells, read_periods, run_batch
from twin.batch.statistics import interval, summary
from twin.cli import app
from twin.errors import ConfigError, OutputExistsError
from twin.parallel import cluster
from twin.uncertainty import replicate_settings

ALONE: dict[str, Any] = {"simulate": fake_runs.simulate, "workers": 2}


def read(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()


# Plan


def test_replicates_share_their_luck_between_scenarios(tmp_path: Path) -> None:
    """Replicate 0 is the scenario as it stands; the others have one seed each, the same everywhere."""
    own, other = scenario(tmp_path, "own"), scenario(tmp_path, "other", settings=("scenario.seed=5",))
    cells = plan_cells([own, other], 3, tmp_path / "batch")
    assert [cell.name for cell in cells] == ["own-r0", "other-r0", "own-r1", "other-r1", "own-r2", "other-r2"]
    seeds = {cell.name: cell.config.scenario.seed for cell in cells}
    assert (seeds["own-r0"], seeds["other-r0"]) == (2027, 5)
    assert seeds["own-r1"] == seeds["other-r1"] != seeds["own-r2"] == seeds["other-r2"]
    assert len({cell.config_hash for cell in cells}) == 6
    assert all(cell.needed_bytes > 1e9 for cell in cells)


def test_replicates_may_draw_weak_inputs_anew(tmp_path: Path) -> None:
    """The same draws for every scenario, also where their own seeds differ; none in replicate 0."""
    own, other = scenario(tmp_path, "own"), scenario(tmp_path, "other", settings=("scenario.seed=5",))
    cells = {cell.name: cell.config for cell in plan_cells([own, other], 2, tmp_path, replicate_settings)}
    drawn = {name: config.resolved() for name, config in cells.items()}
    for settings in drawn.values():
        del settings["scenario"]
    assert drawn["own-r0"] == drawn["other-r0"] != drawn["own-r1"] == drawn["other-r1"]
    assert cells["own-r0"] == own
    assert cells["own-r1"].scenario.seed == cells["other-r1"].scenario.seed


def test_clashes_are_told_at_once(tmp_path: Path) -> None:
    twice = [scenario(tmp_path, name) for name in ("a", "a", "b", "b")]
    with pytest.raises(ConfigError, match=r"a: found 2 scenarios of this name.*\n.*b: found 2"):
        plan_cells(twice, 1, tmp_path)
    seed = plan_cells([scenario(tmp_path, "a")], 2, tmp_path)[1].config.scenario.seed
    clash = scenario(tmp_path, "c", settings=(f"scenario.seed={seed}",))
    with pytest.raises(ConfigError, match=f"c: found seed {seed} in replicates 0 and 1"):
        plan_cells([scenario(tmp_path, "a"), clash], 2, tmp_path)


# Statistics


def test_intervals_are_those_of_student() -> None:
    """Of 1, 2, 3, 4: mean 2.5, standard deviation 1.290994, t(3) = 3.182446, so 2.5 +/- 2.054260."""
    values = np.array([[1.0, 5.0, np.nan], [2.0, np.nan, np.nan], [3.0, np.nan, np.nan], [4.0, np.nan, np.nan]])
    n, mean, low, high = interval(values)
    assert n.tolist() == [4, 1, 0]
    assert mean[:2].tolist() == [2.5, 5.0]
    assert (low[0], high[0]) == pytest.approx((2.5 - 2.054260, 2.5 + 2.054260), abs=1e-5)
    assert np.isnan([*low[1:], *high[1:], mean[2]]).all()


def test_a_missing_replicate_leaves_pairs_of_the_others() -> None:
    def table(value: float) -> dict[str, Any]:
        texts = {name: np.array(["x"], object) for name in ("metric", "layer", "province", "unit")}
        return {**texts, "hour": np.array([np.nan]), "value": np.array([value])}

    values = {("a", 0): 1.0, ("a", 1): 2.0, ("a", 2): 4.0, ("b", 0): 3.0, ("b", 2): 6.0}
    runs = {(name, "own", replicate): table(value) for (name, replicate), value in values.items()}
    rows = summary(["a", "b"], ["own"], 3, runs)
    assert rows.n.tolist() == [3, 2]
    assert (rows.n_pairs.tolist(), rows.difference[1], rows.difference_low[1]) == ([0, 2], 2.0, 2.0)
    assert np.isnan(rows.difference[0])


# Periods


def test_periods_are_given_or_found_in_the_calendar(tmp_path: Path) -> None:
    """In 2027 National Day takes seven days from 1 October, the first of which is a Friday."""
    config = scenario(tmp_path, "one")
    found = read_periods(["week,national-day", "own", "mine=2027-02-28/3"], config)
    assert found == [
        Period("week", dt.date(2027, 10, 11), 7),  # 9 and 10 October are worked or free for the holiday
        Period("national-day", dt.date(2027, 10, 1), 7),
        Period("own"),
        Period("mine", dt.date(2027, 2, 28), 3),
    ]


@pytest.mark.parametrize("text", ["easter", "x=2027-02-30/3", "x=2027-02-01", "X=2027-02-01/3", "../x=2027-02-01/3", ""])
def test_what_is_no_period_is_refused(tmp_path: Path, text: str) -> None:
    wanted = r"wanted name=year-month-day/days, own, week, or in 2027 new-year, spring-festival, .*; correct it"
    with pytest.raises(ConfigError, match=wanted):
        read_periods([text], scenario(tmp_path, "one"))


def test_periods_of_one_name_and_of_no_length_are_refused(tmp_path: Path) -> None:
    config = scenario(tmp_path, "one")
    with pytest.raises(ConfigError, match="--periods week: found 2 of this name"):
        read_periods(["week", "week=2027-01-01/2"], config)
    with pytest.raises(ConfigError, match=r"period\.n_days"):
        plan_cells([config], 1, tmp_path, periods=[Period("none", dt.date(2027, 1, 1), 0)])


def test_a_period_is_an_axis_of_its_own(tmp_path: Path) -> None:
    """Scenarios are compared within a period; the same replicate has the same luck in all of them."""
    out, periods = tmp_path / "batch", [Period("own"), Period("may", dt.date(2027, 5, 1), 2)]
    scenarios = [scenario(tmp_path, "plan"), scenario(tmp_path, "more")]
    run_batch(scenarios, out=out, n_replicates=2, periods=periods, **ALONE)
    assert sorted(calls(out)) == sorted(
        f"{name}{period}-r{k}" for name in ("plan", "more") for period in ("", "-may") for k in (0, 1)
    )
    runs = read(out / "runs.parquet")
    assert len({(row["replicate"], row["seed"]) for row in runs}) == 2
    rows = ds.dataset(out / "metrics", partitioning="hive").to_table().to_pylist()
    assert {row["period"] for row in rows} == {"own", "may"}
    figures = read(out / "summary.parquet")
    assert [(row["period"], row["scenario"]) for row in figures] == [
        ("own", "plan"),
        ("own", "more"),
        ("may", "plan"),
        ("may", "more"),
    ]
    assert [row["difference"] for row in figures] == [None, pytest.approx(GAIN), None, pytest.approx(GAIN)]
    cells = {cell.name: cell.config.period for cell in plan_cells(scenarios, 1, out, periods=periods)}
    assert (cells["plan-may-r0"].start_date, cells["plan-may-r0"].n_days) == (dt.date(2027, 5, 1), 2)
    assert cells["plan-r0"] == scenarios[0].period


# Running


def test_a_batch_is_gathered_in_one_dataset(tmp_path: Path) -> None:
    out, told = tmp_path / "batch", []
    scenarios = [scenario(tmp_path, "plan"), scenario(tmp_path, "more")]
    outcome = run_batch(scenarios, out=out, n_replicates=2, tell=told.append, **ALONE)
    assert outcome == {"batch": str(out), "n_runs": 4, "n_done": 4, "n_kept": 0, "n_failed": 0, "failed": {}}
    assert sorted(calls(out)) == [f"{name}-r{k}" for name in ("more", "plan") for k in range(2)]
    assert told[-1].endswith("(4 of 4)")
    rows = ds.dataset(out / "metrics", partitioning="hive").to_table().to_pylist()
    assert {(row["scenario"], row["replicate"]) for row in rows} == {(n, k) for n in ("plan", "more") for k in range(2)}
    assert len(read(out / "scorecard" / "scenario=plan" / "period=own" / "replicate=1" / "part-0.parquet")) == 1
    runs = read(out / "runs.parquet")
    assert [row["state"] for row in runs] == ["done"] * 4
    figures = read(out / "summary.parquet")
    lucks = [noise(row["seed"]) for row in runs if row["scenario"] == "plan"]
    assert [(row["scenario"], row["metric"], row["n"]) for row in figures] == [("plan", "a", 2), ("more", "a", 2)]
    assert figures[0]["mean"] == pytest.approx(np.mean(lucks), rel=1e-12)
    assert figures[0]["ci_low"] < figures[0]["mean"] < figures[0]["ci_high"]
    assert figures[0]["difference"] is None
    # One luck for both: what is left of the difference is the difference.
    more = figures[1]
    assert (more["difference"], more["difference_low"], more["difference_high"]) == pytest.approx((GAIN,) * 3, rel=1e-12)
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


def test_failures_are_listed_and_only_they_are_run_again(tmp_path: Path) -> None:
    """One breaks a law, one is killed once, one always; the fourth does not notice."""
    out = tmp_path / "batch"
    named = {"good": "", "bad": "fails", "shot": "dies once", "dead": "dies"}
    outcome = run_batch([scenario(tmp_path, *pair) for pair in named.items()], out=out, **ALONE)
    assert outcome["failed"] == {
        "bad-r0": "EngineError: a law is broken\nin two lines",
        "dead-r0": "its process was killed, twice (exit code -9)",
    }
    assert Counter(calls(out)) == {"good-r0": 1, "bad-r0": 1, "shot-r0": 2, "dead-r0": 2}
    assert {row["folder"]: row["state"] for row in read(out / "runs.parquet")} == {
        "good-r0": "done",
        "bad-r0": "failed",
        "shot-r0": "done",
        "dead-r0": "failed",
    }
    healed = [scenario(tmp_path, name) for name in named]
    outcome = run_batch(healed, out=out, resume=True, **ALONE)
    assert (outcome["n_kept"], outcome["n_done"], outcome["failed"]) == (2, 4, {})
    assert Counter(calls(out)) == {"good-r0": 1, "bad-r0": 2, "shot-r0": 2, "dead-r0": 3}
    assert len(list((out / "metrics").iterdir())) == 4


def test_one_cell_needs_no_process_and_a_batch_may_grow(tmp_path: Path) -> None:
    out, one = tmp_path / "batch", [scenario(tmp_path, "one")]
    run_batch(one, out=out, **ALONE)
    assert (out / "calls.txt").read_text(encoding="utf-8") == f"one-r0 {os.getpid()}\n"
    outcome = run_batch(one, out=out, n_replicates=2, resume=True, **ALONE)
    assert (outcome["n_runs"], outcome["n_kept"]) == (2, 1)
    assert calls(out) == ["one-r0", "one-r1"]


def test_children_end_with_a_driver_that_is_killed(tmp_path: Path, repository: Path) -> None:
    out = tmp_path / "batch"
    with subprocess.Popen([sys.executable, "-m", "tests.fake_runs", str(out)], cwd=repository) as driver:
        deadline = time.monotonic() + 120
        while len(calls(out)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        driver.send_signal(signal.SIGKILL)
    children = [int(line.split()[1]) for line in (out / "calls.txt").read_text(encoding="utf-8").splitlines()]
    assert len(set(children)) == 2
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


# Refusals


def test_another_batch_is_refused_with_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "batch"
    run_batch([scenario(tmp_path, "one")], out=out, **ALONE)
    with pytest.raises(OutputExistsError, match="found a folder that is not empty; go on with --resume"):
        run_batch([scenario(tmp_path, "one")], out=out, **ALONE)
    with pytest.raises(ConfigError, match=r"settings of\.one-r0: \w{12}\.\.\. then, \w{12}\.\.\. now; undo the change"):
        run_batch([scenario(tmp_path, "one", "", ("scenario.seed=4",))], out=out, resume=True, **ALONE)
    monkeypatch.setattr("twin.store.identity.code_hash", lambda: "other")
    with pytest.raises(ConfigError, match=r"code: .* then, other now"):
        run_batch([scenario(tmp_path, "one")], out=out, resume=True, **ALONE)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match=r"found no batch\.json"):
        run_batch([scenario(tmp_path, "one")], out=tmp_path / "mine", resume=True, **ALONE)
    assert calls(out) == ["one-r0"]


@pytest.mark.parametrize("address", ["nowhere", "ray://head", "head:", "head:99999999"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match=f"--address {address}: "):
        run_batch([scenario(tmp_path, "one")], out=tmp_path / "batch", address=address, **ALONE)


def test_an_address_where_nothing_listens_is_named_in_seconds(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # taken, and deaf
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(ConfigError, match=f"--address {address}: nothing answers there"):
            run_batch([scenario(tmp_path, "one")], out=tmp_path / "batch", address=address, **ALONE)
        assert time.monotonic() - start < 30


def test_what_is_no_head_of_a_cluster_is_named_in_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something listens there and never answers; Ray alone would wait for minutes."""
    monkeypatch.setattr(cluster, "HEALTH_S", 3.0)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(ConfigError, match=f"--address {address}: found something that is no healthy head"):
            run_batch([scenario(tmp_path, "one")], out=tmp_path / "batch", address=address, **ALONE)
        assert time.monotonic() - start < 30


# The command


@pytest.fixture
def _no_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    module = type(sys)("twin.run")
    module.run = fake_runs.simulate  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "twin.run", module)


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["batch", *(str(argument) for argument in arguments)])


@pytest.mark.usefixtures("_no_simulation")
def test_the_command_tells_one_line_of_json(tmp_path: Path) -> None:
    scenario(tmp_path, "one")
    result = invoke(tmp_path / "one.yaml", "--out", tmp_path / "batch", "--json")
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert json.loads(result.stdout)["n_done"] == 1
    assert "one-r0: done in" in result.stderr


@pytest.mark.usefixtures("_no_simulation")
def test_the_command_exits_1_where_a_run_failed_and_2_where_the_input_is_wrong(tmp_path: Path) -> None:
    scenario(tmp_path, "bad", "fails")
    result = invoke(tmp_path / "bad.yaml", "--out", tmp_path / "batch")
    assert result.exit_code == 1
    assert "bad-r0 failed\n  EngineError: a law is broken\n  in two lines" in result.stderr
    assert invoke(tmp_path / "bad.yaml", "--out", tmp_path / "batch").exit_code == 2
    assert invoke(tmp_path / "bad.yaml", "--replicates", 0).exit_code == 2
    assert invoke(tmp_path / "bad.yaml", "--workers", "many").exit_code == 2
