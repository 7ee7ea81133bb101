"""The tables of a comparison: figures with differences and intervals, provinces, policy lines, the runs themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.report.comparable import Compared
from twin.report.figures import NONE, Writer, minutes, percent
from twin.report.language import Language, phrase
from twin.report.places import Places
from twin.report.rows import listed, policy_writer

__all__ = ["cautions", "described", "provinces", "row", "scorecards", "written"]

MORE, LESS, ALIKE = "more", "less", "alike"
NOT_HERE = phrase("not in this run")


def cautions(runs: Sequence[Compared], say: Language) -> list[str]:
    """Say what besides the scenario may make the difference."""
    found = []
    if len({run.run.manifest["seed"] for run in runs}) > 1:
        text = "The runs have different seeds, so part of each difference is luck. Runs of one seed share every draw."
        found.append(say(text))
    if len({run.run.manifest["versions"]["twin"] for run in runs}) > 1:
        found.append(say("The runs were made by different versions of the program, which may differ in what they model."))
    if len({_inputs(run) for run in runs}) > 1:
        found.append(say("The input tables behind the runs are not the same."))
    if len({run.run.manifest.get("first_day") for run in runs}) > 1:
        found.append(say("The runs live through different days; curves are laid over each other by the hour of the run."))
    broken = [run.label for run in runs if run.run.manifest["audit"] != "held"]
    if broken:
        text = "Laws of conservation are broken in {runs}: those figures cannot be trusted."
        found.append(say(text, runs=say.join(broken)))
    return found


def scorecards(runs: Sequence[Compared], say: Language) -> list[dict[str, Any]]:
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
            (NOT_HERE, say(NOT_HERE), "")
            if row is None
            else (row["met"], say(row["met"]), "" if math.isnan(row["value"]) else write(row["value"], say))
            for row in rows
        ]
        differs = len({met for met, _, _ in cells}) > 1
        found.append({"line": line, "requirement": say(first["requirement"]), "cells": cells, "differs": differs})
    answered = [row for row in found if any(met in ("met", "missed") for met, _, _ in row["cells"])]
    return sorted(answered, key=lambda row: not row["differs"])


def row(words: str, metric: str, layer: str, write: Writer, runs: Sequence[Compared]) -> dict[str, Any]:
    """Return a figure of every run with its difference from the first, in words for a table."""
    say = runs[0].figures.say
    values = [run.figures.get(metric, layer) for run in runs]
    cells = [{"value": write(values[0], say), "interval": _interval(metric, layer, write, runs[0])}]
    for run, value in zip(runs[1:], values[1:], strict=True):
        change = value - values[0]
        cells.append(
            {
                "value": write(value, say),
                "interval": _interval(metric, layer, write, run),
                "change": signed(write, change, say),
                "relative": "" if not math.isfinite(change) or not values[0] or not change else
                signed(percent, change / values[0], say),
                "change_interval": _change_interval(metric, layer, write, run, runs[0]),
                "sign": ALIKE if not change else MORE if change > 0 else LESS,
            }
        )  # fmt: skip
    return {"name": words, "cells": cells}


def _interval(metric: str, layer: str, write: Writer, run: Compared) -> str:
    """Write the interval over replicates, where the run has one."""
    low, high = run.figures.interval(metric, layer)
    say = run.figures.say
    return say("{low} to {high}", low=write(low, say), high=write(high, say)) if math.isfinite(low + high) else ""


def _change_interval(metric: str, layer: str, write: Writer, run: Compared, first: Compared) -> str:
    """Write the interval of the paired differences, where the first run is what the batch held this one against."""
    spread = run.figures.spread.get((metric, layer, "all"))
    is_pair = first.is_first_of_batch and run.run.path.resolve().parent == first.run.path.resolve().parent
    if spread is None or not is_pair or not math.isfinite(spread.difference_low + spread.difference_high):
        return ""
    say = run.figures.say
    low, high = (signed(write, bound, say) for bound in (spread.difference_low, spread.difference_high))
    return say("{low} to {high}", low=low, high=high)


def signed(write: Writer, change: float, say: Language) -> str:
    """Write a difference with its sign."""
    if not math.isfinite(change):
        return NONE
    return f"+{write(change, say)}" if change > 0 else f"−{write(-change, say)}" if change < 0 else "±0"


def provinces(runs: Sequence[Compared], names: Places) -> list[dict[str, Any]]:
    """Return the mean wait by province, those first where it differs most."""
    say = runs[0].figures.say
    codes = sorted(set.union(*(set(run.figures.provinces) for run in runs)))
    waits = np.array([[run.figures.get("mean_wait_min", province=code) for run in runs] for code in codes])
    waits = waits.reshape(len(codes), len(runs))
    spread = np.nan_to_num(np.abs(waits - waits[:, :1])).max(axis=1, initial=0.0)
    return [
        {
            "name": names.province_both(codes[k]),
            "cells": [(minutes(waits[k, 0], say), "")]
            + [(minutes(wait, say), signed(minutes, wait - waits[k, 0], say)) for wait in waits[k, 1:]],
        }
        for k in sorted(range(len(codes)), key=lambda k: (-spread[k], codes[k]))
    ]


def described(run: Compared) -> dict[str, Any]:
    """Return what the page tells of a run itself."""
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


def written(value: Any, say: Language) -> str:
    """Write a setting."""
    return say("not set") if value is None else str(value)
