"""Hands a finished run to the tools that people have: spreadsheets, geographic information systems, plain text."""

from __future__ import annotations

from twin.export.write import export_run

__all__ = ["export_run"]
