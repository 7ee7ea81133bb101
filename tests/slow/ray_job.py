"""A batch submitted with Ray's job tool, with a working directory: `ray job submit`. Needs `pip install "ray[default]"`.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.ray_job

Where the extra is not installed it says so and ends with 3. The cluster is started for the script and ends with it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import REPOSITORY

NOT_INSTALLED = 3
SCENARIO = """\
extends: default.yaml
scenario: {name: mine}
period: {start_date: "2027-10-13", n_days: 1}
fleet: {sample: 0.0001}
output: {report: false}
"""


def main() -> int:
    """Submit two runs; return 1 if they are not there afterwards."""
    if importlib.util.find_spec("aiohttp_cors") is None or importlib.util.find_spec("opencensus") is None:
        print('Ray\'s job tool is not installed here: pip install "ray[default]"; nothing was run')
        return NOT_INSTALLED
    os.environ |= {"PYTHONPATH": str(REPOSITORY), "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    import ray

    context = ray.init(address="local", include_dashboard=True, num_cpus=2)
    with tempfile.TemporaryDirectory() as folder:
        directory, out = Path(folder) / "work", Path(folder) / "study"
        directory.mkdir()
        (directory / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
        (directory / "default.yaml").write_text((REPOSITORY / "configs" / "default.yaml").read_text(), encoding="utf-8")
        submit = [
            sys.executable,
            "-m",
            "ray.scripts.scripts",
            "job",
            "submit",
            "--address",
            f"http://{context.dashboard_url}",
        ]
        order = [
            sys.executable,
            "-m",
            "twin",
            "batch",
            "mine.yaml",
            "--replicates",
            "2",
            "--address",
            "auto",
            "--out",
            str(out),
        ]
        done = subprocess.run([*submit, "--working-dir", str(directory), "--", *order], check=False)
        found = sorted(path.parent.name for path in out.glob("mine-r*/manifest.json"))
    ray.shutdown()
    print(f"job ended with {done.returncode}; runs: {', '.join(found) or 'none'}")
    return int(done.returncode != 0 or found != ["mine-r0", "mine-r1"])


if __name__ == "__main__":
    sys.exit(main())
