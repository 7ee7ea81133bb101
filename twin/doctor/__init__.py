"""Looks over the installation, and over a user's own tables before they go into a run."""

from __future__ import annotations

from twin.doctor.files import Finding, examine
from twin.doctor.installation import Check, installation

__all__ = ["Check", "Finding", "examine", "installation"]
