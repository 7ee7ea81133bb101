"""A batch submitted with Ray's job tool, with a working directory: `ray job submit`. Needs `pip install "ray[default]"`.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.ray_job

The cluster is that of `configs/cluster/raycluster.yaml` in small: a head that runs nothing, and a node of two cores. The
scenario names a table that lies beside it. A first job runs two replicates; a second one, from a directory that holds
more, goes on with a third; then the same is asked for without the job tool. All tables are to be the same.

Where the extra is not installed it says so and ends with 3. The cluster is started for the script and ends with it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.conftest import REPOSITORY

NOT_INSTALLED = 3
SCENARIO = """\
extends: default.yaml
scenario: {name: mine}
period: {start_date: "2027-10-13", n_days: 1}
fleet: {sample: 0.0001}
grid: {tariffs: tables/mine.csv}
output: {report: false}
"""


def main() -> int:
    """Submit two jobs and a batch; return 1 if a run is missing, begun twice, or differs."""
    if importlib.util.find_spec("aiohttp_cors") is None or importlib.util.find_spec("opencensus") is None:
        print('Ray\'s job tool is not installed here: pip install "ray[default]"; nothing was run')
        return NOT_INSTALLED
    os.environ |= {"PYTHONPATH": str(REPOSITORY), "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": True})
    cluster.add_node(num_cpus=2, memory=8e9, object_store_memory=100e6)
    try:
        with tempfile.TemporaryDirectory() as folder:
            faults = _submit_all(Path(folder), f"http://{cluster.head_node.webui_url}", cluster.address)
    finally:
        cluster.shutdown()
    print("\n".join(faults) or "every job and every table as wanted")
    return int(bool(faults))


def _submit_all(folder: Path, dashboard: str, head: str) -> list[str]:
    """Return what is not as wanted."""
    study, direct = folder / "study", folder / "direct"
    first = _working_directory(folder / "first")
    second = _working_directory(folder / "second")
    (second / "notes.txt").write_text("what was not here before\n", encoding="utf-8")
    submit = [sys.executable, "-m", "ray.scripts.scripts", "job", "submit", "--address", dashboard]
    order = [sys.executable, "-m", "twin", "batch", "mine.yaml"]
    job = [*order, "--address", "auto", "--out", str(study)]
    codes = {
        "first job": _code([*submit, "--working-dir", str(first), "--", *job, "--replicates", "2"], folder),
        "its runs": int(_runs(study) != ["mine-r0", "mine-r1"]),
    }
    before = _tables(study)
    codes |= {
        "second job": _code([*submit, "--working-dir", str(second), "--", *job, "--replicates", "3", "--resume"], folder),
        "its third run": int(_runs(study) != ["mine-r0", "mine-r1", "mine-r2"]),
        "runs that were there": int(any(_tables(study).get(name) != digest for name, digest in before.items())),
        "without the job tool": _code([*order, "--address", head, "--out", str(direct), "--replicates", "3"], first),
        "the same tables": int(_tables(study) != _tables(direct)),
    }
    return [f"{what}: not as wanted ({code})" for what, code in codes.items() if code]


def _working_directory(folder: Path) -> Path:
    """Make a directory that holds a scenario, what it extends and the table that it names."""
    (folder / "tables").mkdir(parents=True)
    (folder / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
    shutil.copy(REPOSITORY / "configs" / "default.yaml", folder)
    shutil.copy(REPOSITORY / "seeds" / "tariffs.csv", folder / "tables" / "mine.csv")
    return folder


def _code(command: list[str], folder: Path) -> int:
    return subprocess.run(command, cwd=folder, check=False).returncode


def _runs(study: Path) -> list[str]:
    return sorted(path.parent.name for path in study.glob("mine-r*/manifest.json"))


def _tables(study: Path) -> dict[str, str]:
    """Return a hash of every table of every run, by its place in the folder."""
    files = sorted(study.glob("mine-r*/**/*.parquet"))
    return {str(path.relative_to(study)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    sys.exit(main())
