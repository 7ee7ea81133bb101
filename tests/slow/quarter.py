"""A quarter in one run: what a simulated day adds to the memory of the process, with a small sample of the fleet.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.quarter --days 7 31 92

Prints the peak of each run and the slope between them; ends with 1 if a day adds more than wanted.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.process import run_once

WANTED_MB = 20.0
"""Most that a day may add: the load of every zone by quarter hour (4.6 MB as counted, some copies of it at the end)."""


def main() -> int:
    """Run, and hold the slope against what is wanted."""
    parser = argparse.ArgumentParser(description="Memory of long runs.")
    parser.add_argument("--days", type=int, nargs="+", default=[7, 31, 92], help="lengths of the runs")
    parser.add_argument("--sample", type=float, default=0.0001, help="share of the fleet")
    parser.add_argument("--config", default="configs/smoke.yaml", help="scenario file")
    chosen = parser.parse_args()
    settings = [f"fleet.sample={chosen.sample}", "period.start_date=2027-07-01", "output.report=false"]
    peaks = {}
    for n_days in chosen.days:
        cost = run_once(chosen.config, [*settings, f"period.n_days={n_days}"])
        peaks[n_days] = cost.peak_bytes / 1e6
        print(f"{n_days:3} days: {cost.wall_s:5.0f} s, peak {peaks[n_days]:,.0f} MB", flush=True)
    few, many = min(peaks), max(peaks)
    slope = (peaks[many] - peaks[few]) / (many - few)
    print(f"a day adds {slope:.1f} MB")
    return int(slope > WANTED_MB)


if __name__ == "__main__":
    sys.exit(main())
