"""The planner's pages: HTML files made from run folders alone, which open offline."""

from __future__ import annotations

from twin.report.comparison import write_comparison
from twin.report.page import write_report
from twin.report.stills import write_figures

__all__ = ["write_comparison", "write_figures", "write_report"]
