"""Which roads there are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twin.config.base import Section


class Network(Section):
    """The road network of the run."""

    source: str = Field(
        "backbone",
        min_length=1,
        description="road network: 'backbone' is the embedded national expressways and trunk roads; else the path of a "
        "folder of node and link tables, of an OpenStreetMap file, or of a network that `twin network build` wrote; a "
        "relative path starts at the folder of the file that sets it",
    )
    gap_m: Annotated[float, Field(ge=0.0, le=5000.0)] | None = Field(
        None,
        description="parts of such a map that end this close to each other are joined; not of the backbone or a built "
        "network; null: 2,000 m for the nation, whose maps have gaps, 0 for a city (m); our own choice",
    )
    n_alternatives: int = Field(
        1,
        ge=0,
        le=5,
        description="rounds in which ways other than the fastest between zones are looked for and kept, roads found so far "
        "being 1.5 times slower; not of the backbone (rounds)",
    )
    reroute_every_s: int = Field(
        3600,
        ge=0,
        le=86_400,
        description="how often routes are renewed from the published link speeds, for those who navigate; 0: never (s); our "
        "own choice: programs renew theirs in minutes, the hours of a jam are what matters here",
    )
