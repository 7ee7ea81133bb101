"""Which story a run tells, and its luck."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.base import Section


class Scenario(Section):
    """The scenario's name and the seed of its random draws."""

    name: str = Field(
        "default",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$",
        description="short name, used in file names (lower-case letters, digits, '.', '_' and '-')",
    )
    title: str = Field("Embedded national default", max_length=200, description="heading of the report")
    description: str = Field("", max_length=2000, description="what this scenario asks, in a sentence or two")
    extent: Literal["nation", "city"] = Field(
        "nation",
        description="'nation': the whole country; 'city': the streets of `network.source` alone, where every trip is routed",
    )
    seed: int = Field(
        2027,
        ge=0,
        lt=2**63,
        description="seed of every random draw; scenarios with one seed share their luck and can be compared",
    )
