"""Fits a few settings to observed figures that may be fitted, each setting to a figure of its own, by secants.

Only rows of ``observed.csv`` with ``use`` "fit" are ever turned into numbers here; the others are left out while the file
is still text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from twin.errors import DataError, Faults
from twin.tables import seeds
from twin.validation.sheet import SHEET

CLOSE = 0.25
"""A figure is met well enough at this part of its tolerance."""
N_DIGITS = 4
"""Digits of a setting that is tried: those with which a fit is written, so that its last runs stand for what it wrote."""
MOST_STEP = 2.0
"""A setting is at most multiplied or divided by this in one round."""
LEAST_RESPONSE, MOST_RESPONSE = 0.2, 5.0
"""Per cent of the figure for one per cent of the setting: a secant outside of this is noise and taken at the bound."""


class Target(NamedTuple):
    """A setting, the range it is sought in, and the observed figure that it is fitted to."""

    parameter: str
    figure: str
    low: float
    high: float
    response: float
    observed: float
    tolerance: float


class Fit(NamedTuple):
    """What a setting came out as.

    Attributes
    ----------
    target : Target
        What was asked.
    value : float
        The setting.
    simulated : float
        The figure that it gives.
    n_rounds : int
        Rounds of runs, the first at the scenario's own value.
    """

    target: Target
    value: float
    simulated: float
    n_rounds: int

    @property
    def is_met(self) -> bool:
        """Whether the figure is within its tolerance."""
        return abs(self.simulated / self.target.observed - 1.0) <= self.target.tolerance


Round = tuple[Mapping[str, float], Mapping[str, float]]
"""Settings by name, and the figures that they gave."""

Evaluate = Callable[[Mapping[str, float]], Mapping[str, float]]
"""From settings by name to figures by id."""


def read_targets(folder: Path | None = None) -> tuple[Target, ...]:
    """Read what may be fitted and to what; of the observed figures only those that may be fitted.

    Parameters
    ----------
    folder : Path, optional
        Folder of the seeds; the packaged ones by default.

    Raises
    ------
    DataError
        If a setting is to be fitted to a figure that no measure gives or that is not marked ``use: fit``, two settings to
        one figure, or a range is empty; every fault at once.
    """
    table = seeds.read("calibration", folder)
    fit = seeds.read("observed", folder, only=("use", "fit"))
    value = dict(zip(fit["id"], fit["value"].tolist(), strict=True))
    tolerance = dict(zip(fit["id"], fit["tolerance_rel"].tolist(), strict=True))
    faults, targets, taken = Faults(), [], set()
    names = ("parameter", "figure", "low", "high", "response")
    for line, row in enumerate(zip(*(table[name].tolist() for name in names), strict=True), 2):
        parameter, figure, low, high, response = row
        where = f"calibration.csv:{line}"
        if figure not in value:
            faults.add(f"{where}, figure", figure, f"a row with use 'fit': {', '.join(value)}", "name another")
        elif figure not in SHEET:
            faults.add(f"{where}, figure", figure, "one that a measure gives", "name another")
        elif figure in taken:
            faults.add(f"{where}, figure", f"{figure} a second time", "a figure for each setting", "name another")
        elif not low < high or response == 0:
            faults.add(
                where, f"range {low:g} to {high:g}, response {response:g}", "low < high, response not 0", "correct it"
            )
        else:
            targets.append(Target(parameter, figure, low, high, response, value[figure], tolerance[figure]))
            taken.add(figure)
    faults.raise_if_any(DataError)
    return tuple(targets)


def fit(targets: Sequence[Target], start: Mapping[str, float], evaluate: Evaluate, n_rounds: int = 4) -> list[Fit]:
    """Seek the settings that give the observed figures.

    Each round runs once with all settings as they stand. A setting x whose figure came out as s instead of o is multiplied
    by ``(o / s) ** (1 / e)``, with e the response: per cent of the figure for one per cent of the setting. The first e is
    the one in the table; from then on it is what the last two rounds showed. So each setting answers to its own figure,
    and what the others do to it is taken up in the next round. No luck is involved: the same start gives the same fit.

    Parameters
    ----------
    targets : sequence of Target
        What is sought.
    start : mapping of str to float
        Settings to begin with, by name; above 0.
    evaluate : callable
        From settings by name to figures by id.
    n_rounds : int
        Most rounds. It ends earlier when all figures are within a quarter of their tolerance.

    Returns
    -------
    list of Fit
        In the order of `targets`; of all rounds the one whose worst figure, over its tolerance, was best.
    """
    now = {target.parameter: min(max(start[target.parameter], target.low), target.high) for target in targets}
    response = {target.parameter: target.response for target in targets}
    rounds: list[Round] = []
    while len(rounds) < n_rounds:
        rounds.append((dict(now), evaluate(now)))
        if worst(targets, rounds[-1][1]) <= CLOSE:
            break
        if len(rounds) > 1:
            response = {target.parameter: _secant(target, rounds[-2], rounds[-1], response) for target in targets}
        now = {target.parameter: _step(target, *rounds[-1], response[target.parameter]) for target in targets}
        if now == rounds[-1][0]:
            break
    settings, figures = min(rounds, key=lambda found: worst(targets, found[1]))
    return [Fit(target, settings[target.parameter], figures[target.figure], len(rounds)) for target in targets]


def worst(targets: Sequence[Target], figures: Mapping[str, float]) -> float:
    """Return the largest error of a fitted figure over its tolerance."""
    return max(abs(figures[target.figure] / target.observed - 1.0) / target.tolerance for target in targets)


def _step(target: Target, settings: Mapping[str, float], figures: Mapping[str, float], response: float) -> float:
    simulated, value = figures[target.figure], settings[target.parameter]
    if not simulated > 0:
        raise DataError(f"calibration: {target.figure} came out as {simulated:g}; wanted above 0; use a larger sample")
    factor = math.exp(math.log(target.observed / simulated) / response)
    wanted = value * min(max(factor, 1 / MOST_STEP), MOST_STEP)
    return min(max(float(f"{wanted:.{N_DIGITS}g}"), target.low), target.high)


def _secant(
    target: Target,
    before: Round,
    after: Round,
    response: Mapping[str, float],
) -> float:
    """Return the response seen between two rounds; the sign is that of the table."""
    change = math.log(after[0][target.parameter] / before[0][target.parameter])
    if change == 0.0:
        return response[target.parameter]
    seen = math.log(after[1][target.figure] / before[1][target.figure]) / change
    sign = math.copysign(1.0, target.response)
    return sign * min(max(sign * seen, LEAST_RESPONSE), MOST_RESPONSE)
