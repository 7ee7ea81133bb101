"""What the grid asks of the plugs."""

from __future__ import annotations

from pydantic import Field

from twin.config.base import Section, Share


class Grid(Section):
    """Tariffs and orderly charging."""

    is_time_of_use: bool = Field(
        True, description="energy prices follow the provincial time-of-use periods; false: flat all day"
    )
    orderly_share: Share = Field(
        0.3,
        description="share of home charging that waits for the valley hours (-); from memory, unverified; "
        "confidence low; the 2025 pilot target for private EVSEs is 0.8 of their energy",
    )
