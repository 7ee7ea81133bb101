"""The inputs known to be weak: what replicates of a scenario draw for them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from twin.config import Config, changed, setting
from twin.rng import Stream, uniform
from twin.tables import seeds

INPUT = int(Stream.UNCERTAIN_INPUT)
PLACES = 1000
"""Draws that one input may need: one for the nation, one for each province."""


def replicate_settings(config: Config, replicate: int, folder: Path | None = None) -> Config:
    """Return the scenario of one replicate.

    Number 0 is the scenario itself: every input at its mode. In any other the inputs of ``seeds/uncertainty.csv`` are the
    scenario's values times a factor drawn from a triangle, by common random numbers: the same replicate of two scenarios
    with one seed gets the same factors, so that what differs between them is not the draw. The seed of the drivers' luck is
    the scenario's plus the number, for the same reason.

    Parameters
    ----------
    config : Config
        The scenario.
    replicate : int
        Its number, from 0.
    folder : Path, optional
        Folder of the seeds; the packaged ones by default.

    Raises
    ------
    ConfigError
        If a drawn value is outside of what its setting may be.
    DataError
        If the seed table is broken.
    """
    if replicate == 0:
        return config
    table, provinces = seeds.read("uncertainty", folder), seeds.read("provinces")["province"].tolist()
    settings: dict[str, Any] = {"scenario.seed": config.scenario.seed + replicate}
    names = ("parameter", "low", "mode", "high", "by")
    for row, (name, low, mode, high, by) in enumerate(zip(*(table[column].tolist() for column in names), strict=True)):
        now = setting(config, name)
        draws = [
            float(uniform(config.scenario.seed, INPUT, row * PLACES + k, replicate, 0)) for k in range(len(provinces) + 1)
        ]
        factors = [triangle(low, mode, high, u) for u in draws]
        if by == "province":
            settings[name] = {code: now.get(code, 1.0) * factor for code, factor in zip(provinces, factors[1:], strict=True)}
        else:
            settings[name] = float(now) * factors[0]
    return changed(config, settings)


def draw(seed: int, row: int, place: int, replicate: int) -> float:
    """Return the draw of one input, for the nation (place 0) or a province (its row + 1)."""
    return float(uniform(seed, INPUT, row * PLACES + place, replicate, 0))


def triangle(low: float, mode: float, high: float, u: float) -> float:
    """Return the quantile `u` of a triangular distribution.

    Inverse of its distribution function (Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 2, ch. 26).
    """
    if high <= low:
        return mode
    cut = (mode - low) / (high - low)
    if u < cut:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - u) * (high - low) * (high - mode))
