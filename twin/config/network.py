"""Which roads there are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.base import Section


class Network(Section):
    """The road network of the run."""

    source: Literal["backbone"] = Field(
        "backbone", description="road network: 'backbone' is the embedded national expressways and trunk roads"
    )
