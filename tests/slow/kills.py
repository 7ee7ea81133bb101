"""A run of the real program, killed at random instants and gone on with until it is done, against one left in peace.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.kills --n 20

Instants are drawn from the time that the undisturbed run took. About a minute an instant on an idle machine of two cores.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.resumable import bytes_of

NOT_TABLES = ("manifest.json", "report.html")
"""They tell the time that the run took."""


def main() -> int:
    """Kill and go on; return 1 if a table differs."""
    parser = argparse.ArgumentParser(description="Kill a run at random instants and go on with it.")
    parser.add_argument("--n", type=int, default=20, help="instants")
    parser.add_argument("--days", type=int, default=4, help="days of the run")
    parser.add_argument("--sample", type=float, default=0.001, help="share of the fleet")
    parser.add_argument("--seed", type=int, default=1, help="of the instants")
    chosen = parser.parse_args()
    settings = [f"period.n_days={chosen.days}", f"fleet.sample={chosen.sample}", "compute.checkpoint_days=1"]
    command = [sys.executable, "-m", "twin", "run", "configs/smoke.yaml", *(f"--set={setting}" for setting in settings)]
    instants, n_killed, n_finished = random.Random(chosen.seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        out, start = Path(folder), time.monotonic()
        subprocess.run([*command, "--out", out / "calm"], cwd=REPOSITORY, check=True, capture_output=True)
        whole_s, wanted = time.monotonic() - start, tables(out / "calm")
        while n_killed < chosen.n or not n_finished:
            run = [*command, "--resume", "--out", out / f"run-{n_finished}"]
            with subprocess.Popen(run, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
                try:
                    child.wait(instants.uniform(0.0, whole_s) if n_killed < chosen.n else None)
                except subprocess.TimeoutExpired:
                    child.kill()
                    n_killed += 1
                    continue
                assert child.returncode == 0, ((child.stderr and child.stderr.read()) or b"").decode()
            if tables(out / f"run-{n_finished}") != wanted:
                print(f"run {n_finished} differs after {n_killed} kills")
                return 1
            n_finished += 1
        left = sorted(path.name for path in out.iterdir())
    print(f"{n_killed} kills, {n_finished} runs finished, all tables the same; left: {left}")
    return 0


def tables(run: Path) -> dict[str, str]:
    """Return the sha256 of every table of a run."""
    return {name: digest for name, digest in bytes_of(run).items() if name not in NOT_TABLES}


if __name__ == "__main__":
    sys.exit(main())
