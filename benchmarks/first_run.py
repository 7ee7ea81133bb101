"""The first minute on a new machine, compilation and all: ``python -m benchmarks.first_run``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.process import REPOSITORY, options, publish, table

TITLE = "First run"
SMOKE = "configs/smoke.yaml"
N_HELPS = 20


class Start(NamedTuple):
    """Seconds from the start of a process to its first line, to its first simulated hours, and to its end."""

    first_line_s: float
    first_hours_s: float
    end_s: float


def start(config: str, overrides: list[str], cache: Path, out: Path) -> Start:
    """Run a scenario with compiled kernels kept in `cache`, and note when its lines come."""
    command = [sys.executable, "-m", "twin", "run", config, "--out", str(out), "--json"]
    command += [part for setting in overrides for part in ("--set", setting)]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    began = time.perf_counter()
    first_line_s = first_hours_s = float("nan")
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, env=environment
    ) as process:
        lines = []
        for line in process.stderr or ():
            now_s = time.perf_counter() - began
            lines.append(line)
            first_line_s = now_s if first_line_s != first_line_s else first_line_s
            if "sessions" in line and first_hours_s != first_hours_s:
                first_hours_s = now_s
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}:\n{''.join(lines)}")
    return Start(first_line_s, first_hours_s, time.perf_counter() - began)


def help_times_s() -> list[float]:
    """Return how long the program takes to print its help, byte code and disk being warm."""
    program = Path(sys.executable).with_name("twin")
    command = [str(program)] if program.exists() else [sys.executable, "-m", "twin"]
    times = []
    for _ in range(N_HELPS + 1):
        began = time.perf_counter()
        subprocess.run([*command, "--help"], check=True, capture_output=True, cwd=REPOSITORY)
        times.append(time.perf_counter() - began)
    return times[1:]


def measure(chosen: argparse.Namespace) -> tuple[Start, Start, list[float]]:
    """Return a run with an empty cache, the same again, and the times of the help."""
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        cache = Path(folder) / "cache"
        cold, warm = (start(SMOKE, chosen.overrides, cache, Path(folder) / name) for name in ("cold", "warm"))
    return cold, warm, help_times_s()


def told(cold: Start, warm: Start, helps: list[float]) -> str:
    """Return the table."""
    rows = [
        ["first line of progress, nothing compiled (s)", f"{cold.first_line_s:.1f}", "<= 30"],
        ["first simulated hours, nothing compiled (s)", f"{cold.first_hours_s:.1f}", ""],
        ["whole smoke run, nothing compiled (s)", f"{cold.end_s:.1f}", ""],
        ["whole smoke run, compiled (s)", f"{warm.end_s:.1f}", ""],
        ["so compilation takes (s)", f"{cold.end_s - warm.end_s:.1f}", ""],
        [f"`twin --help`, warm, median of {len(helps)} (s)", f"{median(helps):.3f}", "<= 0.3"],
    ]
    return table(["", "measured", "wanted"], rows)


def main() -> None:
    chosen = options(__doc__ or "").parse_args()
    publish(TITLE, told(*measure(chosen)), chosen)


if __name__ == "__main__":
    main()
