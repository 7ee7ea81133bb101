"""A city drawn by hand: a square of streets around the middle of Nanjing, written as an OpenStreetMap file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.osm_xml import osm_xml
from twin.config import Config

LON, LAT = 118.76, 32.03
EAST_DEG, NORTH_DEG = 0.0106, 0.009
"""A kilometre."""
N_STREETS = 7


def write_streets(folder: Path, n_streets: int = N_STREETS, highway: str = "secondary") -> Path:
    """Write a square of streets a kilometre apart; those at the western edge are residential."""
    nodes = {
        1 + row * n_streets + column: (LON + column * EAST_DEG, LAT + row * NORTH_DEG, {})
        for row in range(n_streets)
        for column in range(n_streets)
    }
    along = [[1 + row * n_streets + column for column in range(n_streets)] for row in range(n_streets)]
    across = [list(street) for street in zip(*along, strict=True)]
    ways: list[Any] = [(1000 + at, street, {"highway": highway}) for at, street in enumerate(along)]
    ways += [(2000 + at, street, {"highway": "residential" if at == 0 else highway}) for at, street in enumerate(across)]
    path = folder / "town.osm"
    path.write_text(osm_xml(nodes, ways), encoding="utf-8")
    return path


def town_config(folder: Path, **sections: Any) -> Config:
    """Return the settings of a run on the hand-drawn streets, on a Wednesday."""
    settings: dict[str, Any] = {
        "scenario": {"name": "town", "extent": "city"},
        "period": {"start_date": "2027-10-13", "n_days": 1},
        "network": {"source": str(folder / "town.osm")},
        "fleet": {"n_vehicles": 400},
        "output": {"sessions": "all"},
    }
    for name, section in sections.items():
        settings[name] = settings.get(name, {}) | section
    return Config.model_validate(settings)
