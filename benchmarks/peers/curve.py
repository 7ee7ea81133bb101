"""How long a charge takes: power linear between states of charge, integrated in closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Curve(NamedTuple):
    """A power curve over equal segments of the battery, and the target of a charge at one of its knots.

    Attributes
    ----------
    capacity_ws, segment_ws, target_ws : int
        Energy of the battery and of one segment; energy at which a charge ends.
    power_w, slope_per_s : ndarray
        Power at the start of each segment; its change by energy, W/Ws.
    rest_s : ndarray
        Seconds from the end of each segment to the target.
    """

    capacity_ws: int
    segment_ws: int
    target_ws: int
    power_w: npt.NDArray[np.float64]
    slope_per_s: npt.NDArray[np.float64]
    rest_s: npt.NDArray[np.float64]

    @classmethod
    def through(cls, power_kw: Sequence[float], capacity_ws: int, target_soc: float) -> Curve:
        """Return the curve through powers at equal steps from empty to full; the target must be one of them."""
        n_segments = len(power_kw) - 1
        n_until = round(target_soc * n_segments)
        power = np.asarray(power_kw, float)[: n_until + 1] * 1000
        segment_ws = capacity_ws // n_segments
        rise = np.diff(power)
        mean = np.array([a if a == b else (b - a) / math.log(b / a) for a, b in pairwise(power)])
        whole_s = segment_ws / mean
        rest_s = whole_s[::-1].cumsum()[::-1] - whole_s
        return cls(capacity_ws, segment_ws, segment_ws * n_until, power[:-1], rise / segment_ws, rest_s)

    def seconds(self, energy_ws: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Return the whole seconds from each energy below the target to the target."""
        segment = energy_ws // self.segment_ws
        into = energy_ws - segment * self.segment_ws
        slope = self.slope_per_s[segment]
        power = self.power_w[segment] + slope * into
        left = self.segment_ws - into
        steep = np.where(slope == 0, 1.0, slope)
        spent = np.where(slope == 0, left / power, np.log1p(slope * left / power) / steep)
        return np.ceil(spent + self.rest_s[segment]).astype(np.int32)


class PlainCurve:
    """The same for one vehicle at a time, on Python's own numbers, which suits tools of objects better."""

    def __init__(self, curve: Curve) -> None:
        self.segment_ws, self.target_ws = curve.segment_ws, curve.target_ws
        self.rows: list[tuple[float, float, float]] = list(
            zip(curve.power_w.tolist(), curve.slope_per_s.tolist(), curve.rest_s.tolist(), strict=True)
        )

    def seconds(self, energy_ws: int) -> int:
        segment, into = divmod(energy_ws, self.segment_ws)
        power, slope, rest_s = self.rows[segment]
        power += slope * into
        left = self.segment_ws - into
        spent = left / power if slope == 0 else math.log1p(slope * left / power) / slope
        return math.ceil(spent + rest_s)
