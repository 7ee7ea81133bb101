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
    """Return the table; both ratios are against the first row."""
    first = costs[0]
    rows = []
    for cost in costs:
        whole, windows = (1e6 * seconds / cost.vehicle_days for seconds in (cost.wall_s, cost.windows_s))
        whole_first = 1e6 * first.wall_s / first.vehicle_days
        windows_first = 1e6 * first.windows_s / first.vehicle_days
        rows.append(
            [
                f"{cost.manifest['config']['fleet']['sample']:g}",
                f"{cost.summary['n_vehicles']:,.0f}",
                f"{cost.wall_s:.1f}",
                f"{whole:.3f}",
                f"{whole / whole_first:.2f}",
                f"{windows:.3f}",
                f"{windows / windows_first:.2f}",
                f"{cost.peak_bytes / 1e9:.2f}",
            ]
        )
    head = ["sample", "vehicles", "wall (s)", "us per vehicle-day", "ratio", "windows only (us)", "ratio", "peak (GB)"]
    return (
        table(head, rows)
        + "\nThe ratio is against the first row; wanted: below 1.5 at full size. Small fleets pay for the start, the\n"
        "seeds and the whole road graph, so the columns without them are the harder test.\n"
    )


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--samples", type=float, nargs="+", default=SAMPLES, help="shares of the fleet")
    chosen = parser.parse_args()
    publish(TITLE, told(measure(chosen)), chosen)


if __name__ == "__main__":
    main()
