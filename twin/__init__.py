"""An agent-based digital twin of China's national EV charging network.

`twin.load` reads a scenario, `twin.run` lives through it. Nothing heavy is imported until one of them is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.config import Config
    from twin.store import Run

__all__ = ["__version__", "load", "run"]
__version__ = "0.1.0"


def load(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read and check a scenario file; see `twin.config.load`."""
    from twin.config import load as load_config

    return load_config(path, overrides)


def run(config: Config, **options: Any) -> Run:
    """Simulate a scenario and write its run folder; see `twin.run.run`."""
    from twin.run import run as run_config

    return run_config(config, **options)
