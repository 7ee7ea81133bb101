"""Fitted settings on paper: a seed table with date and rows, and the scenario fragment that carries them into runs."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.tables import seeds
from twin.validation.calibration import N_DIGITS, Fit

COLUMNS = ("parameter", "value", "low", "high", "rows", "date", "how", "source", "confidence")
HEAD = """# Settings as fitted to the observed figures marked use: fit; seeds/fitted.csv has the date and the rows of each.
# Written by `twin calibrate --write`: do not edit. Scenarios that extend this file start from the fitted settings.
extends: default.yaml

scenario:
  name: fitted
"""


def fitted_csv(fits: Sequence[Fit], date: dt.date, how: str) -> str:
    """Return the seed table of fitted settings."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for fit in fits:
        target = fit.target
        told = f"{how}; {target.figure} came out as {fit.simulated:.4g} (observed {target.observed:.4g})"
        source = "derived: fitted by twin calibrate"
        confidence = "medium" if fit.is_met else "low"
        figures = f"{fit.value:.{N_DIGITS}g}", f"{target.low:g}", f"{target.high:g}"
        writer.writerow((target.parameter, *figures, target.figure, date.isoformat(), told, source, confidence))
    return text.getvalue()


def read(folder: Path | None = None) -> dict[str, NDArray[Any]]:
    """Read the fitted settings from a folder of seeds, the packaged ones by default."""
    return seeds.read("fitted", folder)


def fitted_yaml(table: Mapping[str, NDArray[Any]]) -> str:
    """Return the scenario fragment that holds the settings of the seed table of fitted settings."""
    lines, section = [HEAD.rstrip("\n")], ""
    order = np.argsort(table["parameter"].astype(str), kind="stable")
    for row in order:
        of, _, key = str(table["parameter"][row]).partition(".")
        if of != section:
            lines += ["", f"{of}:"]
            section = of
        rows, date = table["rows"][row], table["date"][row]
        lines.append(f"  {key}: {table['value'][row]:g}  # {f'fitted to {rows}, {date}' if rows else 'not fitted yet'}")
    return "\n".join(lines) + "\n"
