"""A run that costs nothing, in place of `twin.run.run`: its figures are the scenario's name and luck; it can fail or die."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from twin.config import Config, config_hash, load
from twin.errors import EngineError
from twin.store import RunWriter
from twin.tables.columns import columns
from twin.tables.results import MetricsTable, ScorecardTable

GAIN = 10.0
"""By which the scenario `more` is better in every replicate."""


def scenario(folder: Path, name: str, what: str = "", settings: tuple[str, ...] = ()) -> Config:
    """Return a scenario; `what` it does besides (fails, dies, dies once, sleeps, reads) changes no hash."""
    path = folder / f"{name}.yaml"
    path.write_text(f"scenario: {{name: {name}, description: {what!r}}}\nfleet: {{sample: 0.001}}\n", encoding="utf-8")
    return load(path, settings)


def noise(seed: int) -> float:
    """Return the luck of a seed, the same in every scenario."""
    return float(seed * 7919 % 1000) / 100


def simulate(config: Config, *, out: Path, workers: int, progress: Any, resume: bool) -> None:
    """Leave a run folder behind, and a line in the batch's folder."""
    out = Path(out)
    what = config.scenario.description
    marker = out.with_name(f"{out.name}.died")
    with out.with_name("calls.txt").open("a", encoding="utf-8") as calls:
        calls.write(f"{out.name} {os.getpid()}\n")
    if what == "fails":
        raise EngineError("a law is broken\nin two lines")
    if what == "dies" or (what == "dies once" and not marker.exists()):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "reads":
        Path(config.grid.tariffs).read_bytes()
    if what.startswith("sleeps"):
        time.sleep(float(what.split()[1]))
    gain = GAIN if config.scenario.name == "more" else 0.0
    values = np.array([noise(config.scenario.seed) + gain, np.nan])
    texts = [np.array(column, object) for column in (["x"] * 2, ["a", "b"], ["all"] * 2, ["all"] * 2)]
    nothing = np.full(2, np.nan)
    metrics = MetricsTable(*texts, nothing, values, np.array(["-"] * 2, object), nothing, nothing)
    card = ScorecardTable(*(np.full(1, 1.0 if c.dtype.kind == "f" else "x", c.dtype) for c in columns(ScorecardTable)))
    with RunWriter(out) as writer:
        writer.write("metrics", metrics)
        writer.write("scorecard", card)
        writer.write_json("manifest", {"format": 1, "config_hash": config_hash(config), "seed": config.scenario.seed})
        writer.commit()


def calls(out: Path) -> list[str]:
    """Return the cells that were begun, in order."""
    path = out / "calls.txt"
    return [line.split()[0] for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def main(out: str) -> None:
    """Run a batch that sleeps, to be killed."""
    from twin.batch import run_batch

    folder = Path(out)
    run_batch([scenario(folder.parent, "slow", "sleeps 60")], out=folder, simulate=simulate, n_replicates=2, workers=2)


if __name__ == "__main__":
    main(sys.argv[1])
