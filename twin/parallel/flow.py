"""One run on a cluster, from joining it to leaving it; what breaks on the way is begun again at the last midnight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from twin.config.compute import n_workers
from twin.engine.peers import Peers
from twin.engine.world import World
from twin.errors import WorkerLostError
from twin.nation import bytes_for, needed_bytes
from twin.network.regions import load_regions
from twin.parallel.chair import Chair
from twin.parallel.cluster import connected
from twin.parallel.crew import hired, room_for
from twin.parallel.cut import cut_by_load
from twin.progress import Clock
from twin.store import unfinished_day

if TYPE_CHECKING:
    from twin.config import Config

__all__ = ["live_on"]

N_TRIES = 5
"""Times that a run is begun or gone on with before it is given up."""
STORE_SHARE = 0.5
"""Of what the run needs of memory, for the object store of a cluster that is started here: the fleet passes through it once
on its way to the workers, a third of the whole; and the tables that all read."""
LEAST_STORE_BYTES = 300_000_000
T = TypeVar("T")
Live = Callable[..., T]


def live_on(address: str, workers: int | str, config: Config, out: Path, clock: Clock, resume: bool, live: Live[T]) -> T:
    """Live a scenario on a cluster.

    Parameters
    ----------
    address : str
        See `twin.parallel.cluster.connected`.
    workers : int or "auto"
        Actors; "auto" takes a core each of all that the cluster has.
    live : callable
        ``live(config, out, clock, resume, n_threads, employ)`` lives the scenario; ``employ(world)`` has the workers at hand
        as long as its block lasts. A run does not know what a cluster is.

    Returns
    -------
    object
        What `live` returns.

    Raises
    ------
    ConfigError
        If the cluster cannot be used, or has no room.
    WorkerLostError
        If a worker is lost and no checkpoint is there to go on from, or too often.
    """
    n_wanted = n_workers(workers) if address == "local" else 0 if workers == "auto" else int(workers)
    store_bytes = max(int(STORE_SHARE * needed_bytes(config, load_regions())), LEAST_STORE_BYTES)
    with connected(address, store_bytes=store_bytes, n_cpus=max(n_wanted, n_workers("auto"))) as ray:
        for attempt in range(N_TRIES):
            employ = partial(_employed, ray, config, clock, n_wanted, attempt > 0)
            try:
                return live(config, out, clock, resume, n_workers("auto"), employ)
            except WorkerLostError as fault:
                day = unfinished_day(out)
                if day is None:
                    advice = "nothing is kept to go on from; run it again, and with --checkpoint it goes on by itself"
                    raise WorkerLostError(f"{fault}; {advice}") from fault
                if attempt == N_TRIES - 1:
                    raise WorkerLostError(f"{fault}; go on from the end of day {day} with --resume") from fault
                clock.say("going on", f"{fault}; back to the end of day {day}")
                resume = True
    raise AssertionError("every try returns or raises")


@contextmanager
def _employed(ray: Any, config: Config, clock: Clock, n_wanted: int, take_fewer: bool, world: World) -> Iterator[None]:
    """Have workers live the world's parts as long as the block lasts; after a loss fewer may be left."""
    parts = cut_by_load(world.given, max(n_wanted, 1))
    most = max(int(part.first_vehicle[part.end_zone] - part.first_vehicle[part.first_zone]) for part in parts)
    needed = bytes_for(most, config.period.n_days)
    n_room = room_for(ray, needed)
    n_parts = n_wanted or n_room
    if take_fewer:
        n_parts = min(n_parts, max(n_room, 1))
    share = {"none": 0.0, "all": 1.0}.get(config.output.sessions, config.output.sessions_sample_share)
    clock.hint(f"{n_parts} workers, each within {needed / 1e9:.1f} GB of memory")
    with hired(ray, n_parts, needed) as crew:
        Chair(world, crew, share)
        try:
            yield
        finally:
            world.peers = Peers()
