"""The national run as a whole process: ``python -m benchmarks.national [--runs N]``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import median

from benchmarks.process import Cost, n_cores, options, publish, run_once, table

TITLE = "National run"
LEAST_VEHICLE_DAYS_PER_CORE_S = 720_000
MOST_WALL_S = 360
MOST_PEAK_GB = 8
MOST_AUDIT_SHARE = 0.02


def measure(chosen: argparse.Namespace) -> list[Cost]:
    """Run the scenario as often as asked, one run after the other."""
    return [run_once(chosen.config, chosen.overrides) for _ in range(chosen.runs)]


def told(costs: Sequence[Cost]) -> str:
    """Return the table of one or more runs of one scenario."""
    walls = [cost.wall_s for cost in costs]
    rates = [cost.vehicle_days / cost.wall_s / n_cores() for cost in costs]
    audit_share = median(cost.manifest["phases_s"]["audit"] / cost.wall_s for cost in costs)
    last = costs[-1]
    rows = [
        ["scenario", last.summary["scenario"], ""],
        ["vehicles", f"{last.summary['n_vehicles']:,.0f}", ">= 65,000,000"],
        ["public EVSEs", f"{last.summary['n_evse']:,.0f}", ">= 5,500,000"],
        ["days", str(last.manifest["config"]["period"]["n_days"]), "8"],
        ["public sessions", f"{last.summary['sessions']:,.0f}", ""],
        ["runs", str(len(costs)), ""],
        ["wall time, median (s)", f"{median(walls):.1f}", f"<= {MOST_WALL_S}"],
        ["wall time, least and most (s)", f"{min(walls):.1f}, {max(walls):.1f}", ""],
        ["of it windows, median (s)", f"{median(cost.windows_s for cost in costs):.1f}", ""],
        ["of it audit, median (share)", f"{audit_share:.2%}", f"< {MOST_AUDIT_SHARE:.0%}"],
        ["processor time, median (s)", f"{median(cost.cpu_s for cost in costs):.1f}", ""],
        ["peak memory, most (GB)", f"{max(cost.peak_bytes for cost in costs) / 1e9:.2f}", f"<= {MOST_PEAK_GB}"],
        ["vehicle-days per core-second, median", f"{median(rates):,.0f}", f">= {LEAST_VEHICLE_DAYS_PER_CORE_S:,}"],
        ["bytes written (MB)", f"{last.manifest['bytes_written'] / 1e6:.1f}", ""],
        ["audit", last.manifest["audit"], "held"],
    ]
    return table(["", "measured", "wanted"], rows)


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--runs", type=int, default=1, help="how many times (default %(default)s)")
    chosen = parser.parse_args()
    publish(TITLE, told(measure(chosen)), chosen)


if __name__ == "__main__":
    main()
