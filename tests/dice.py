"""Dice that small nations are drawn with: hypothesis', which shrink what fails, or numpy's, which are quick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from hypothesis import strategies as st

T = TypeVar("T")


class Dice(Protocol):
    """Where the numbers come from."""

    def whole(self, low: int, high: int) -> int: ...

    def real(self, low: float, high: float) -> float: ...


class HypothesisDice:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def whole(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def real(self, low: float, high: float) -> float:
        return low + (high - low) * self.draw(st.integers(0, 997)) / 997


class NumpyDice:
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def real(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))


def one_of(dice: Dice, options: Sequence[T]) -> T:
    return options[dice.whole(0, len(options) - 1)]
