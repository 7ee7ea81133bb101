"""The program `twin`: reads arguments, calls one room, says what happened.

Only typer and rich are imported here, so that `twin --help` answers at once; a command imports what it needs.
"""

from __future__ import annotations

from twin.cli import reading as _reading
from twin.cli.app import app
from twin.cli.commands import main

__all__ = ["app", "main"]

_ = _reading  # imported for its commands
