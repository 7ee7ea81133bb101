"""What information that is five minutes old does to waits: ``python -m benchmarks.windows``.

Events are exact to the second whatever the window; a shorter one only lets drivers know sooner. The same fleet, with the
same luck, lives the same days with windows of 15, 60 and 300 seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.process import options, publish, table

TITLE = "Length of the window"
WINDOWS_S = (15, 60, 300)
SEEDS = (2027, 2028, 2029)
SAMPLE, N_DAYS = 0.01, 2
LAYERS = ("urban", "highway", "rural")
FIGURES = ("mean_wait_min", "p95_wait_min", "balk_share", "sessions")


def live(config_path: str, overrides: Sequence[str]) -> dict[tuple[str, str], float]:
    """Return the nation's figures by layer of one run."""
    from twin import load, run

    with TemporaryDirectory(prefix="twin-bench-") as folder:
        metrics = run(load(config_path, list(overrides)), out=Path(folder) / "run").table("metrics").to_pylist()
    return {
        (row["metric"], row["layer"]): float(row["value"])
        for row in metrics
        if row["metric"] in FIGURES and row["layer"] in LAYERS and row["province"] == "all" and row["hour"] is None
    }


def measure(chosen: argparse.Namespace) -> dict[int, list[dict[tuple[str, str], float]]]:
    """Return the figures of each window length, one dictionary a seed."""
    fixed = [*chosen.overrides, f"fleet.sample={SAMPLE}", f"period.n_days={N_DAYS}"]
    return {
        window_s: [live(chosen.config, [*fixed, f"period.window_s={window_s}", f"scenario.seed={seed}"]) for seed in SEEDS]
        for window_s in WINDOWS_S
    }


def told(by_window: dict[int, list[dict[tuple[str, str], float]]]) -> str:
    """Return the table: the mean over seeds at each length, and the mean paired difference from the shortest."""
    rows = []
    for figure in FIGURES:
        for layer in LAYERS:
            values = {window_s: [run[figure, layer] for run in runs] for window_s, runs in by_window.items()}
            means = {window_s: sum(column) / len(column) for window_s, column in values.items()}
            least = [a - b for a, b in zip(values[WINDOWS_S[-1]], values[WINDOWS_S[0]], strict=True)]
            off = sum(least) / len(least)
            spread = f"{min(least):+.3g} .. {max(least):+.3g}"
            share = f"{off / means[WINDOWS_S[0]]:+.1%}" if means[WINDOWS_S[0]] else "-"
            rows.append([figure, layer, *(f"{means[window_s]:.4g}" for window_s in WINDOWS_S), share, spread])
    head = ["figure", "layer", *(f"{window_s} s" for window_s in WINDOWS_S), "300 s against 15 s", "by seed"]
    return table(head, rows)


def main() -> None:
    chosen = options(__doc__ or "").parse_args()
    publish(TITLE, told(measure(chosen)), chosen)


if __name__ == "__main__":
    main()
