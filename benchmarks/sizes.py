"""Time per vehicle-day from a thousandth of the fleet to all of it: ``python -m benchmarks.sizes``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks.process import Cost, options, publish, run_once, table

TITLE = "Size of the fleet"
SAMPLES = (0.0015, 0.015, 0.15, 1.0)
"""About 100 thousand, 1, 10 and 68 million vehicles of the national scenario."""


def measure(chosen: argparse.Namespace) -> list[Cost]:
    """Run the scenario once for each share of the fleet."""
    return [run_once(chosen.config, [*chosen.overrides, f"fleet.sample={sample}"]) for sample in chosen.samples]


def told(costs: Sequence[Cost]) -> str:
    """Return the table; microseconds are of cores, and the ratio is against the first row."""
    rows = []
    for former, cost in zip([None, *costs], costs, strict=False):
        each, first = (1e6 * one.cpu_s / one.vehicle_days for one in (cost, costs[0]))
        more_s, more = (cost.cpu_s - former.cpu_s, cost.vehicle_days - former.vehicle_days) if former else (0.0, 0)
        rows.append(
            [
                f"{cost.manifest['config']['fleet']['sample']:g}",
                f"{cost.summary['n_vehicles']:,.0f}",
                f"{cost.wall_s:.1f}",
                f"{cost.cpu_s:.1f}",
                f"{each:.3f}",
                f"{each / first:.2f}",
                f"{1e6 * more_s / more:.3f}" if more else "",
                f"{cost.peak_bytes / 1e9:.2f}",
            ]
        )
    head = ["sample", "vehicles", "wall (s)", "core-seconds", "us per vehicle-day", "ratio", "more (us)", "peak (GB)"]
    return (
        table(head, rows)
        + "\nMicroseconds are of cores. The ratio is against the first row; wanted: below 1.5 at full size. Small fleets\n"
        "pay for the start, the seeds, the whole road graph and its routes, so the harder test is `more`: what a\n"
        "vehicle-day costs of those that a row has more than the row before.\n"
    )


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--samples", type=float, nargs="+", default=SAMPLES, help="shares of the fleet")
    chosen = parser.parse_args()
    publish(TITLE, told(measure(chosen)), chosen)


if __name__ == "__main__":
    main()
