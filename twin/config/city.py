"""A city on its own streets: its zones, who lives and works where, and what it drives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from twin.config.base import Section, Share


class City(Section):
    """Zones, people and vehicles of a city; read where `scenario.extent` is 'city'."""

    cell_km: Annotated[float, Field(ge=0.1, le=20.0)] = Field(
        1.0, description="edge of the cells of the grid that cuts the city into zones (km)"
    )
    zones: str | None = Field(
        None,
        description="GeoJSON file of polygons with a property 'zone' each, in place of the grid; null: the grid",
    )
    activity: str | None = Field(
        None,
        description="CSV file with the columns zone, population, jobs; null: both are taken from the streets",
    )
    kind_shares: dict[Literal["car", "taxi", "van"], Share] = Field(
        {}, description="shares of cars, taxis and vans in the fleet, together 1; {}: those of the city's counties (-)"
    )

    @field_validator("kind_shares")
    @classmethod
    def _whole(cls, value: dict[str, float]) -> dict[str, float]:
        if value and abs(sum(value.values()) - 1.0) > 1e-6:
            raise ValueError(f"shares should add up to 1, they add up to {sum(value.values()):g}")
        return value
