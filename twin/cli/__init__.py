"""The program `twin`: reads arguments, calls one room, says what happened.

Only typer and rich are imported here, so that `twin --help` answers at once; a command imports what it needs.
"""

from __future__ import annotations

from twin.cli import batch, commands, evidence, grid, reading, site, stations
from twin.cli.app import app

__all__ = ["app", "batch", "commands", "evidence", "grid", "main", "reading", "site", "stations"]

main = commands.main
