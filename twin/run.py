"""The main flow: each room is called once, in order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from twin.progress import Clock, Progress

if TYPE_CHECKING:
    from twin.config import Config
    from twin.engine.world import World
    from twin.store import Run

    Employ = Callable[[World], AbstractContextManager[None]]

__all__ = ["Progress", "run"]


def run(
    config: Config,
    *,
    out: Path | str,
    workers: int | str = "auto",
    progress: Callable[[Progress], None] | None = None,
    resume: bool = False,
    agents: Mapping[type, type] | None = None,
    address: str | None = None,
) -> Run:
    """Simulate a scenario and leave a run folder behind.

    Parameters
    ----------
    config : Config
        The scenario, see `twin.load`.
    out : Path or str
        The run folder; it appears under this name only when it is complete.
    workers : int or "auto"
        Worker threads, or processes on a cluster; no result depends on it.
    progress : callable, optional
        Called with a `Progress` now and then.
    resume : bool
        Go on from the last checkpoint of a killed run, or from the beginning if it left none; and keep checkpoints.
    agents : mapping of type to type, optional
        Subclasses that stand in for classes of `twin.agents`, e.g. ``{ProvincePlanner: MyRule}``; not with an `address`.
    address : str, optional
        A Ray cluster to run on, see `twin.parallel.cluster.connected`; this process by default.

    Returns
    -------
    Run
        The finished run, its tables read lazily.

    Raises
    ------
    ConfigError
        If the run needs more memory than there is, goes on from a checkpoint of other settings or code, or is to have both
        agents of one's own and workers in other processes, to whom not everything travels that these may read or write.
    DataError
        If a seed table is broken.
    EngineError
        If a law of conservation is broken.
    StoreError
        If the folder cannot be written or holds something already.
    WorkerLostError
        If a worker of a cluster is lost and there is no checkpoint to go on from.
    """
    from twin.config.compute import n_workers

    if resume and is_finished(Path(out), config):
        from twin.store import open_run

        return open_run(out)
    clock = Clock(config, progress)
    live = partial(_live, agents)
    if address is None:
        return live(config, Path(out), clock, resume, n_workers(workers))
    from twin.errors import ConfigError
    from twin.parallel.flow import live_on

    if agents:
        raise ConfigError(
            f"agents: found {', '.join(sorted(kind.__name__ for kind in agents.values()))} and address {address!r}; wanted "
            "one of the two, for what they read and write does not all travel between processes; leave out the address"
        )
    return live_on(address, workers, config, Path(out), clock, resume, live)


def _live(
    agents: Mapping[type, type] | None,
    config: Config,
    out: Path,
    clock: Clock,
    resume: bool,
    n_workers: int,
    employ: Employ = lambda world: nullcontext(),
) -> Run:
    """Live a scenario from its places to its page; `employ` gives the world workers in other processes."""
    from twin import city, nation
    from twin.engine.world import build_world
    from twin.metrics.audit import audit, require
    from twin.model import TwinModel
    from twin.outcome import write_outcome
    from twin.store import Checkpoints, RunWriter, open_run

    land: Any = city if config.scenario.extent == "city" else nation
    every_days = config.compute.checkpoint_days or int(resume)
    with Checkpoints(out, config.resolved(), every_days, resume) as kept, RunWriter(out, kept.spool) as writer:
        clock.say("roads and regions")
        places = land.build_places(config, clock.hint)
        clock.say("stations")
        supply = land.build_supply(config, places)
        clock.say("vehicles and their travel")
        demand = land.build_demand(config, places, supply, n_workers)

        world = build_world(demand.given, n_workers, kept.cut_for)
        model = TwinModel(world, places, supply, config, writer.append, clock.tick, agents)
        if kept.last is not None:
            kept.restore(model.restore)
            clock.before_s = kept.last["wall_s"]
        with employ(world):
            clock.say("days", f"{nation.memory_words(demand)}; on a new machine the kernels are compiled first, a minute")
            while not model.is_over:
                model.step()
                if kept.is_due(model.day) and not model.is_over:
                    writer.drain()
                    kept.save(model.facts(), model.arrays(), clock.wall_s)
            clock.say("audit")
            totals = model.finish()
        laws = audit(totals, supply.inventory)
        require(laws)
        clock.say("metrics and report")
        write_outcome(writer, config, places, supply, demand, model, totals, laws, clock)
        return open_run(writer.commit())


def is_finished(out: Path, config: Config) -> bool:
    """Return whether a folder holds the finished run of a scenario."""
    from twin.config import config_hash
    from twin.store import open_run

    return (out / "manifest.json").is_file() and open_run(out).manifest["config_hash"] == config_hash(config)


class _CallableModule(ModuleType):
    """Importing this module makes it the package's attribute ``run`` in place of the function; so it can be called too."""

    def __call__(self, *positional: Any, **named: Any) -> Run:
        return run(*positional, **named)


sys.modules[__name__].__class__ = _CallableModule
