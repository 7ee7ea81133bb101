"""Puts the page of a comparison together: each run against the first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twin.report.comparable import Compared, differing, open_all
from twin.report.compared_charts import difference_map, load_by_run, waits_by_run
from twin.report.figures import NONE, Finding, Writer, minutes, percent
from twin.report.html import render
from twin.report.page import first_day_of
from twin.report.rows import CARDS, LAYER_FIGURES, listed, policy_writer
from twin.store import write_text
from twin.tables.inputs import LAYERS

__all__ = ["write_comparison"]

MORE, LESS, ALIKE = "more", "less", "alike"


def write_comparison(folders: Sequence[Path], out: Path) -> Path:
    """Write the page that holds runs against the first of them; one file that opens offline.

    Parameters
    ----------
    folders : sequence of Path
        Run folders, 2 to 12; the first is what the others are held against.
    out : Path
        The page.

    Raises
    ------
    DataError
        If the runs cannot be compared, with all reasons.
    StoreError
        If the page cannot be written.
    """
    return write_text(Path(out), render("compare.html.j2", comparison_content(open_all(folders))))


def comparison_content(runs: Sequence[Compared]) -> dict[str, Any]:
    """Return everything the template fills in."""
    cards = scorecards(runs)
    return {
        "labels": [run.label for run in runs],
        "runs": [_described(run) for run in runs],
        "cautions": cautions(runs),
        "finding": finding(runs),
        "settings": [(name, [_text(value) for value in values]) for name, values in differing(runs)],
        "headline": [_row(words, name, "all", write, runs) for name, words, write in CARDS],
        "layers": {
            layer: [_row(words, name, layer, write, runs) for name, words, write in LAYER_FIGURES] for layer in LAYERS
        },
        "provinces": _provinces(runs),
        "n_differ": sum(row["differs"] for row in cards),
        "scorecard": cards,
        "charts": {
            **{f"waits-{layer}": waits_by_run(runs, layer, first_day_of(runs[0].run.manifest)) for layer in LAYERS},
            "load": load_by_run(runs, first_day_of(runs[0].run.manifest)),
            "map": difference_map(runs),
        },
    }


def finding(runs: Sequence[Compared]) -> Finding:
    """State which run has the shortest mean wait, and how the first does."""
    waits = [run.figures.get("mean_wait_min") for run in runs]
    if not all(math.isfinite(wait) for wait in waits):
        return Finding(f"{len(runs)} runs against {runs[0].label}")
    best = min(range(len(runs)), key=lambda k: (waits[k], k))
    if best == 0:
        next_best = min(range(1, len(runs)), key=lambda k: (waits[k], k))
        return Finding(
            f"No other run waits less than {runs[0].label}: {minutes(waits[0])} on average; "
            f"{runs[next_best].label} comes next with {minutes(waits[next_best])}"
        )
    return Finding(
        f"{runs[best].label} waits least: {minutes(waits[best])} on average, against {minutes(waits[0])} in {runs[0].label}"
    )


def cautions(runs: Sequence[Compared]) -> list[str]:
    """Say what besides the scenario may make the difference."""
    found = []
    if len({run.run.manifest["seed"] for run in runs}) > 1:
        found.append("The runs have different seeds, so part of each difference is luck. Runs of one seed share every draw.")
    if len({run.run.manifest["versions"]["twin"] for run in runs}) > 1:
        found.append("The runs were made by different versions of the program, which may differ in what they model.")
    if len({_inputs(run) for run in runs}) > 1:
        found.append("The input tables behind the runs are not the same.")
    if len({run.run.manifest.get("first_day") for run in runs}) > 1:
        found.append("The runs live through different days; curves are laid over each other by the hour of the run.")
    broken = [run.label for run in runs if run.run.manifest["audit"] != "held"]
    if broken:
        found.append(f"Laws of conservation are broken in {', '.join(broken)}: those figures cannot be trusted.")
    return found


def scorecards(runs: Sequence[Compared]) -> list[dict[str, Any]]:
    """Return the policy lines of all runs side by side: those with different verdicts first."""
    by_run = [
        {row["line"]: row for row in listed(run.run.arrays("scorecard"))} if run.run.has("scorecard") else {} for run in runs
    ]
    lines = list(dict.fromkeys(line for rows in by_run for line in rows))
    found = []
    for line in lines:
        rows = [rows.get(line) for rows in by_run]
        first = next(row for row in rows if row is not None)
        write = policy_writer(first["unit"])
        cells = [
            ("not in this run", "") if row is None else (row["met"], "" if math.isnan(row["value"]) else write(row["value"]))
            for row in rows
        ]
        differs = len({met for met, _ in cells}) > 1
        found.append({"line": line, "requirement": first["requirement"], "cells": cells, "differs": differs})
    answered = [row for row in found if any(met in ("met", "missed") for met, _ in row["cells"])]
    return sorted(answered, key=lambda row: not row["differs"])


def _row(words: str, metric: str, layer: str, write: Writer, runs: Sequence[Compared]) -> dict[str, Any]:
    """Return a figure of every run with its difference from the first, in words for a table."""
    values = [run.figures.get(metric, layer) for run in runs]
    cells = [{"value": write(values[0]), "interval": _interval(metric, layer, write, runs[0])}]
    for run, value in zip(runs[1:], values[1:], strict=True):
        change = value - values[0]
        cells.append(
            {
                "value": write(value),
                "interval": _interval(metric, layer, write, run),
                "change": _signed(write, change),
                "relative": _relative(change, values[0]),
                "sign": ALIKE if not change else MORE if change > 0 else LESS,
            }
        )
    return {"name": words, "cells": cells}


def _interval(metric: str, layer: str, write: Writer, run: Compared) -> str:
    """Write the interval over replicates, where the run has one."""
    low, high = run.figures.interval(metric, layer)
    return f"{write(low)} to {write(high)}" if math.isfinite(low) and math.isfinite(high) else ""


def _signed(write: Writer, change: float) -> str:
    if not math.isfinite(change):
        return NONE
    return f"+{write(change)}" if change > 0 else f"−{write(-change)}" if change < 0 else "±0"


def _relative(change: float, first: float) -> str:
    if not math.isfinite(change) or not first or not change:
        return ""
    return _signed(percent, change / first)


def _provinces(runs: Sequence[Compared]) -> list[dict[str, Any]]:
    """Return the mean wait by province, those first where it differs most."""
    names = sorted(set.union(*(set(run.figures.provinces) for run in runs)))
    waits = np.array([[run.figures.get("mean_wait_min", province=name) for run in runs] for name in names])
    waits = waits.reshape(len(names), len(runs))
    spread = np.nan_to_num(np.abs(waits - waits[:, :1])).max(axis=1, initial=0.0)
    return [
        {"name": names[k], "cells": [(minutes(waits[k, 0]), "")] + [
            (minutes(wait), _signed(minutes, wait - waits[k, 0])) for wait in waits[k, 1:]
        ]}
        for k in sorted(range(len(names)), key=lambda k: (-spread[k], names[k]))
    ]  # fmt: skip


def _described(run: Compared) -> dict[str, Any]:
    manifest = run.run.manifest
    return {
        "label": run.label,
        "title": manifest.get("title") or manifest["scenario"],
        "first_day": manifest.get("first_day", ""),
        "seed": manifest["seed"],
        "config_hash": manifest["config_hash"][:12],
        "version": manifest["versions"]["twin"],
        "audit": manifest["audit"],
        "folder": run.run.path.name,
    }


def _inputs(run: Compared) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((entry["name"], entry["sha256"]) for entry in run.run.manifest["inputs"]))


def _text(value: Any) -> str:
    return "not set" if value is None else str(value)
