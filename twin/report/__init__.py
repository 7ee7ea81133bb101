"""The planner's page: one HTML file made from a run folder alone, which opens offline."""

from __future__ import annotations

from twin.report.page import write_report

__all__ = ["write_report"]
