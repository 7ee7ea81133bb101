"""A nation made by hand: tables of a posed case in, what the engine is given out."""

from __future__ import annotations

from twin.case.pose import Case, pose

__all__ = ["Case", "pose"]
