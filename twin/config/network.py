"""Which roads there are."""

from __future__ import annotations

from pydantic import Field

from twin.config.base import Section


class Network(Section):
    """The road network of the run."""

    source: str = Field(
        "backbone",
        min_length=1,
        description="road network: 'backbone' is the embedded national expressways and trunk roads; else an "
        "OpenStreetMap file, a folder of tables, or a file that `twin network build` wrote; a relative path starts at the "
        "folder of the file that sets it",
    )
