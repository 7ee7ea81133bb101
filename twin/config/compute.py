"""How the machine is used; nothing here changes a result."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import Field

from twin.config.base import Section

WorkerCount = Annotated[int, Field(ge=1, le=4096)]


class Compute(Section):
    """Workers and memory."""

    workers: WorkerCount | Literal["auto"] = Field(
        "auto", description="worker threads; 'auto' takes every core the process may use"
    )
    memory_limit_gb: Annotated[float, Field(gt=0.0)] | None = Field(
        None, description="refuse a run that needs more memory than this; null: what the machine has free (GB)"
    )
    progress: bool = Field(True, description="show progress while running")
    checkpoint_days: Annotated[int, Field(ge=0, le=3660)] = Field(
        0, description="keep the state at every so many midnights, to go on from after a kill; 0: never (d)"
    )


def n_workers(workers: int | str) -> int:
    """Return how many threads to use; "auto" means every core that the process may use."""
    return len(os.sched_getaffinity(0)) if workers == "auto" else int(workers)
