"""Where stations should stand: candidates, questions and answers of `twin site`."""

from __future__ import annotations

from twin.siting.flow import site
from twin.siting.request import OBJECTIVES, Request

__all__ = ["OBJECTIVES", "Request", "site"]
