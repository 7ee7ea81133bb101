"""The main flow: each room is called once, in order."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from twin.progress import Progress

if TYPE_CHECKING:
    from twin.config import Config
    from twin.store import Run

__all__ = ["Progress", "run"]


def run(
    config: Config,
    *,
    out: Path | str,
    workers: int | str = "auto",
    progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Simulate a scenario and leave a run folder behind.

    Parameters
    ----------
    config : Config
        The scenario, see `twin.load`.
    out : Path or str
        The run folder; it appears under this name only when it is complete.
    workers : int or "auto"
        Worker threads; no result depends on it.
    progress : callable, optional
        Called with a `Progress` now and then.

    Returns
    -------
    Run
        The finished run, its tables read lazily.

    Raises
    ------
    ConfigError
        If the run needs more memory than there is.
    DataError
        If a seed table is broken.
    EngineError
        If a law of conservation is broken.
    StoreError
        If the folder cannot be written or holds something already.
    """
    from twin import city, nation
    from twin.config.compute import n_workers
    from twin.engine.world import build_world
    from twin.metrics.audit import audit, require
    from twin.model import TwinModel
    from twin.outcome import write_outcome
    from twin.progress import Clock
    from twin.store import RunWriter, open_run

    clock = Clock(config, progress)
    land: Any = city if config.scenario.extent == "city" else nation
    with RunWriter(Path(out)) as writer:
        clock.say("roads and regions")
        places = land.build_places(config, clock.hint)
        clock.say("stations")
        supply = land.build_supply(config, places)
        clock.say("vehicles and their travel")
        demand = land.build_demand(config, places, supply, n_workers(workers))

        clock.say("days", "on a new machine the kernels are compiled first, for about a minute")
        world = build_world(demand.given, n_workers(workers))
        model = TwinModel(world, places, supply, config, writer.append, clock.tick)
        while not model.is_over:
            model.step()

        clock.say("audit")
        totals = model.finish()
        laws = audit(totals, supply.inventory)
        require(laws)
        clock.say("metrics and report")
        write_outcome(writer, config, places, supply, demand, model, totals, laws, clock)
        return open_run(writer.commit())


class _CallableModule(ModuleType):
    """Importing this module makes it the package's attribute ``run`` in place of the function; so it can be called too."""

    def __call__(self, *positional: Any, **named: Any) -> Run:
        return run(*positional, **named)


sys.modules[__name__].__class__ = _CallableModule
