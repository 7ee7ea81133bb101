"""How much the fleet moves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.base import Factor, Section


class Travel(Section):
    """Holiday pattern and the volume of local, long-distance and freight travel."""

    holiday: Literal["auto", "none", "spring-festival", "qingming", "may-day", "national-day"] = Field(
        "auto", description="travel pattern of the days: 'auto' reads the calendar seed, 'none' makes all days ordinary"
    )
    local_factor: Factor = Field(1.0, description="kilometres of local days as a multiple of the travel seeds (-)")
    trip_factor: Factor = Field(1.0, description="inter-zone car trips as a multiple of the travel seeds (-)")
    freight_factor: Factor = Field(1.0, description="heavy-truck trips as a multiple of the freight seeds (-)")
