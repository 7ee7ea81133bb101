"""A batch on Ray: the same cells into the same folders, by tasks."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests import fake_runs
from tests.fake_runs import calls, scenario
from twin.batch import plan_cells, run_batch
from twin.batch.cell import is_done
from twin.batch.cluster import run_on_ray
from twin.errors import ConfigError
from twin.parallel import cluster as fitness


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_ray_runs_what_processes_run(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch with a failure, a run too large for every node, and a node with another program, on one cluster."""
    out = tmp_path / "batch"
    scenarios = [scenario(tmp_path, "good"), scenario(tmp_path, "bad", "fails")]
    monkeypatch.setattr("twin.batch.flow.connected", lambda address: nullcontext(cluster))
    outcome = run_batch(scenarios, out=out, simulate=fake_runs.simulate, address="local")
    huge = replace(plan_cells(scenarios, 1, out)[0], needed_bytes=10**15)
    ((_, ended),) = run_on_ray(cluster, [huge], fake_runs.simulate, lambda cells: None)
    monkeypatch.setattr(fitness, "code_hash", lambda: "0123456789abcdef")
    with pytest.raises(ConfigError, match=r"node .*: found twin 0\.1\.0 .*; wanted 0\.1\.0 \(0123456789ab\) as here"):
        fitness._refuse_strangers(cluster, "local")
    assert outcome["failed"] == {"bad-r0": "EngineError: a law is broken\nin two lines"}
    assert sorted(calls(out)) == ["bad-r0", "good-r0"]
    states = {row["folder"]: row["state"] for row in pq.read_table(out / "runs.parquet").to_pylist()}
    assert states == {"good-r0": "done", "bad-r0": "failed"}
    assert (out / "metrics" / "scenario=good" / "period=own" / "replicate=0" / "part-0.parquet").is_file()
    assert ended.reason.startswith("no node of the cluster has 1 CPUs and 1000000.0 GB")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_file_is_found_from_a_node_that_works_in_another_folder(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scenario names a file from the folder in which the command is given; the hash of its settings stays what it was."""
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text("a table\n", encoding="utf-8")
    config = scenario(Path(), "own", "reads", ("grid.tariffs=mine.csv",))
    assert config.grid.tariffs == "mine.csv"
    (cell,) = plan_cells([config], 1, tmp_path / "batch")
    cell.folder.parent.mkdir()
    ((_, ended),) = run_on_ray(cluster, [cell], fake_runs.simulate, lambda cells: None)
    assert ended.reason == ""
    assert is_done(cell)


@pytest.mark.parametrize("lives", [False, True])
def test_a_node_that_goes_while_it_is_asked_is_no_stranger(lives: bool) -> None:
    """One that stays and cannot answer is named; the other will do nothing."""
    ray = OneNode(lives)
    with nullcontext() if not lives else pytest.raises(ConfigError, match=r"node 10\.0\.0\.7: found no such module"):
        fitness._refuse_strangers(ray, "10.0.0.1:6379")
    assert ray.n_asked == 1


class OneNode:
    """As much of Ray as is asked: a cluster of one node, whose task fails."""

    class exceptions:  # noqa: N801
        class RayError(Exception):
            pass

    def __init__(self, lives: bool) -> None:
        self.lives, self.n_asked = lives, 0

    def nodes(self) -> list[dict[str, Any]]:
        return [{"NodeID": "7" * 56, "NodeManagerAddress": "10.0.0.7", "Alive": self.lives or not self.n_asked}]

    def remote(self, **options: Any) -> Any:
        return lambda task: self

    def options(self, **options: Any) -> Any:
        return SimpleNamespace(remote=lambda: "asked")

    def wait(self, references: list[str], **options: Any) -> tuple[list[str], list[str]]:
        return references, []

    def get(self, reference: str) -> Any:
        self.n_asked += 1
        raise self.exceptions.RayError("no such module")


def test_nothing_that_was_started_outlives_a_cluster() -> None:
    """Ray leaves some of its processes to notice by themselves that the others are gone, which takes them a minute."""
    script = (
        "import psutil\n"
        "from twin.parallel.cluster import connected\n"
        "with connected('local', n_cpus=1):\n"
        "    started = psutil.Process().children(recursive=True)\n"
        "print(len(started) > 2, [process.name() for process in psutil.wait_procs(started, 1.0)[1]])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split("\n")[-2] == "True []"
