"""Which tables a run leaves behind."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.base import Section, Share


class Output(Section):
    """The optional parts of a run folder."""

    sessions: Literal["all", "sample", "none"] = Field(
        "sample", description="charge records written: all, a sample by vehicle id, or none"
    )
    sessions_sample_share: Share = Field(0.01, description="share of vehicles in the sample of charge records (-)")
    station_hours: bool = Field(True, description="write station_hours.parquet, one row per station and hour")
    links: bool = Field(True, description="write links.parquet, one row per link and hour")
    report: bool = Field(True, description="write report.html")
