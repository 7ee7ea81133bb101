"""What is assumed of a station where its source is silent, and where that comes from."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["FAST_KW", "LEAST_DC_KW", "SOURCE", "TYPICAL", "Typical", "layer_of_name"]

FAST_KW, SLOW_KW = 80.0, 7.0
LEAST_DC_KW = 15.0
"""Where nothing says whether a plug is AC: below this it is; the least power class of DC in seeds/power_classes.csv."""


class Typical(NamedTuple):
    """EVSEs of a station of which only the place is known."""

    n_fast: int
    n_slow: int


TYPICAL = {"urban": Typical(7, 8), "highway": Typical(15, 0), "rural": Typical(6, 8)}

SOURCE = (
    "a fast EVSE has 80 kW, the class that holds mean (87 kW) and median of the urban DC EVSEs for cars in "
    "seeds/charger_stock.csv of 2025-12; a slow one 7 kW. A station without EVSEs has the mean number of its layer "
    "(twin/stations/sites.py) with the layer's shares of AC and DC of that stock (derived; confidence low)"
)

_SERVICE_AREA = re.compile(r"服务区|service area|rest area", re.IGNORECASE)


def layer_of_name(name: str) -> str:
    """Guess the layer where it is not told: highway where the name tells of a service area, else urban."""
    return "highway" if _SERVICE_AREA.search(name) else "urban"
