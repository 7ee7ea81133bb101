"""The matrix of a batch: which scenario with which luck goes into which folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.batch.periods import OWN, Period, in_period
from twin.config import Config, config_hash
from twin.config.files import with_full_paths
from twin.errors import ConfigError, Faults

__all__ = ["Cell", "Vary", "plan_cells", "seed_of", "unvaried"]

SEED_STRIDE = 1_000_003
"""Between the seeds of two replicates; wide, so that seeds chosen by hand do not meet them."""
Vary = Callable[[Config, int], Config]


@dataclass(frozen=True)
class Cell:
    """One run of a batch.

    Attributes
    ----------
    name : str
        ``<scenario>-<period>-r<replicate>``, without a period where it is the scenario's own; also its folder.
    scenario : str
        Name of the scenario.
    period : str
        Name of the period.
    replicate : int
        From 0.
    config : Config
        Complete, with the seed of the replicate.
    folder : Path
        Its run folder.
    needed_bytes : int
        Memory at its peak.
    n_threads : int
        Threads of its run; no result depends on it.
    """

    name: str
    scenario: str
    period: str
    replicate: int
    config: Config
    folder: Path
    needed_bytes: int
    n_threads: int = 1

    @property
    def config_hash(self) -> str:
        """Hash of what the run depends on."""
        return config_hash(self.config)


def unvaried(config: Config, replicate: int) -> Config:
    """Return the settings of a replicate where nothing but its luck differs."""
    return config


def plan_cells(
    scenarios: Sequence[Config],
    n_replicates: int,
    out: Path,
    vary: Vary = unvaried,
    periods: Sequence[Period] = (Period(OWN),),
) -> list[Cell]:
    """Return the cells of a batch, replicate by replicate, so that comparisons are complete early.

    Parameters
    ----------
    scenarios : sequence of Config
        The first is what others are compared with.
    n_replicates : int
        Runs of each scenario.
    out : Path
        Folder of the batch.
    vary : callable
        ``vary(config, replicate)`` returns the settings of a replicate, e.g. with uncertain inputs drawn anew; the same
        replicate must draw the same for every scenario of one seed, and replicate 0 is the scenario as it stands.
    periods : sequence of Period
        Each scenario and replicate is run for every one of them.

    Raises
    ------
    ConfigError
        If two scenarios have one name, or two replicates would have one seed.
    """
    # Late, since the processes of the cells read this file too and need none of it.
    from twin.nation import needed_bytes
    from twin.network.regions import load_regions

    faults = Faults()
    for name, count in Counter(config.scenario.name for config in scenarios).items():
        if count > 1:
            faults.add(name, f"{count} scenarios of this name", "one", "rename them (scenario.name)")
    faults.raise_if_any(ConfigError)
    regions, first, cells = load_regions(), scenarios[0], []
    sizes = [needed_bytes(config, regions) for config in scenarios]
    for replicate in range(n_replicates):
        for config, size in zip(scenarios, sizes, strict=True):
            seed = seed_of(config, first, replicate)
            if replicate and seed == config.scenario.seed:
                faults.add(config.scenario.name, f"seed {seed} in replicates 0 and {replicate}", "two", "change the seed")
            lucky = config.scenario.model_copy(update={"seed": first.scenario.seed if replicate else seed})
            varied = vary(config.model_copy(update={"scenario": lucky}), replicate)
            luck = varied.scenario.model_copy(update={"seed": seed})
            # Files in full: a cell lives in whatever folder its process works in.
            whole = Config.model_validate(with_full_paths(varied.model_copy(update={"scenario": luck}).resolved()))
            for period in periods:
                name = config.scenario.name if period.name == OWN else f"{config.scenario.name}-{period.name}"
                name = f"{name}-r{replicate}"
                cells.append(
                    Cell(name, config.scenario.name, period.name, replicate, in_period(whole, period), out / name, size)
                )
    for name, count in Counter(cell.name for cell in cells).items():
        if count > 1:
            faults.add(name, f"{count} runs of this name", "one", "rename a scenario or a period")
    faults.raise_if_any(ConfigError)
    return cells


def seed_of(config: Config, first: Config, replicate: int) -> int:
    """Return the seed of a replicate: the scenario's own for 0, from then on the same in every scenario."""
    if replicate == 0:
        return config.scenario.seed
    return (first.scenario.seed + SEED_STRIDE * replicate) % 2**63
