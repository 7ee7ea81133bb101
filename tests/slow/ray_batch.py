"""A batch on a Ray cluster of three nodes, of which one is killed on the way; nothing is computed twice but what was lost.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.ray_batch --cells 64

The runs are those of `tests.fake_runs`, which wait a second; `--real` takes runs of one vehicle in ten thousand instead.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests import fake_runs
from tests.conftest import REPOSITORY
from twin.batch import run_batch
from twin.config import load

HEALTH = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 500, "health_check_failure_threshold": 3}


def main() -> int:
    """Run the batch; return 1 if a run is missing or one was computed twice without need."""
    parser = argparse.ArgumentParser(description="Kill a node of a Ray cluster under a batch.")
    parser.add_argument("--cells", type=int, default=64, help="runs of the batch")
    parser.add_argument("--kill-after-s", type=float, default=8.0, help="seconds of the batch before a node dies")
    parser.add_argument("--real", action="store_true", help="simulate")
    chosen = parser.parse_args()
    os.environ |= {"PYTHONPATH": str(REPOSITORY), "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "memory": 8e9, "_system_config": HEALTH})
    nodes = [cluster.add_node(num_cpus=2, memory=8e9, object_store_memory=100e6) for _ in range(2)]
    simulate, scenario = _what(chosen.real)
    with tempfile.TemporaryDirectory() as folder:
        out, start = Path(folder) / "batch", time.monotonic()
        killer = threading.Timer(chosen.kill_after_s, lambda: cluster.remove_node(nodes[0], allow_graceful=False))
        killer.start()
        outcome = run_batch(
            [scenario(Path(folder))], out=out, simulate=simulate, n_replicates=chosen.cells, address=cluster.address,
            tell=lambda line: print(line, flush=True),
        )  # fmt: skip
        killer.join()
        begun = Counter(fake_runs.calls(out))
        twice = sorted(name for name, count in begun.items() if count > 1)
        print(f"{outcome['n_done']} of {outcome['n_runs']} runs in {time.monotonic() - start:.0f} s; begun again: {twice}")
    cluster.shutdown()
    return int(outcome["n_failed"] > 0 or len(twice) > 2)


def _what(is_real: bool) -> Any:
    """Return (what a run is, what makes the scenario)."""
    if not is_real:
        return fake_runs.simulate, lambda folder: fake_runs.scenario(folder, "small", "sleeps 1")
    from twin.run import run

    settings = ["fleet.sample=0.0001", "period.n_days=1", "output.report=false"]
    return run, lambda folder: load(REPOSITORY / "configs" / "smoke.yaml", settings)


if __name__ == "__main__":
    sys.exit(main())
