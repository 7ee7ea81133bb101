"""How the workers of a run are reached: as objects of this process, or as actors on a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from twin.errors import ConfigError, WorkerLostError
from twin.parallel.member import Member
from twin.parallel.packets import Rows, Start

__all__ = ["Crew", "LocalCrew", "hired", "room_for"]

Own = tuple[int, Rows, Rows]
START_S = 120.0
"""In which workers have to be there; compiling the kernels on a new machine comes later."""


class Crew(Protocol):
    """Workers, and one way to ask them all at once."""

    def __len__(self) -> int:
        """Return how many there are."""

    def begin(self, start: Start, own: Iterable[Own]) -> None:
        """Give each worker its part; they are made one after the other, so that there is never the fleet once more."""

    def call(self, method: str, common: Any = None, own: Iterable[Any] | None = None) -> list[Any]:
        """Call a method of every worker with what all are told and what it alone is told; return the answers in order."""


class LocalCrew:
    """Workers in this process, for tests and for counting what would travel."""

    def __init__(self, n_workers: int) -> None:
        self._n_workers = n_workers
        self._members: list[Member] = []

    def __len__(self) -> int:
        return self._n_workers

    def begin(self, start: Start, own: Iterable[Own]) -> None:
        """Give each worker its part."""
        self._members = [Member() for _ in range(self._n_workers)]
        self.call("begin", start, own)

    def call(self, method: str, common: Any = None, own: Iterable[Any] | None = None) -> list[Any]:
        """Call a method of every worker, one after the other."""
        told = own or [None] * len(self)
        return [getattr(member, method)(common, each) for member, each in zip(self._members, told, strict=True)]


class RayCrew:
    """Workers as actors of a cluster."""

    def __init__(self, ray: Any, actors: Sequence[Any]) -> None:
        self._ray, self.actors = ray, actors

    def __len__(self) -> int:
        return len(self.actors)

    def begin(self, start: Start, own: Iterable[Own]) -> None:
        """Give each actor its part."""
        self.call("begin", start, own)

    def call(self, method: str, common: Any = None, own: Iterable[Any] | None = None) -> list[Any]:
        """Call a method of every actor; what all are told is one read-only object on each node.

        Raises
        ------
        WorkerLostError
            If a worker, or the node that it was on, is gone.
        """
        ray = self._ray
        shared, told = ray.put(common), own or [None] * len(self)
        try:
            asked = [getattr(actor, method).remote(shared, each) for actor, each in zip(self.actors, told, strict=True)]
            return list(ray.get(asked))
        except ray.exceptions.RayTaskError as fault:
            raise fault.as_instanceof_cause() from None
        except (ray.exceptions.RayActorError, ray.exceptions.RayError) as fault:
            said = str(fault).strip().splitlines()[0]
            raise WorkerLostError(f"a worker of the run was lost: {said}") from fault


@contextmanager
def hired(ray: Any, n_workers: int, needed_bytes: int) -> Iterator[RayCrew]:
    """Have actors on a cluster as long as the block lasts, each with a core and the memory of its part.

    Raises
    ------
    ConfigError
        If the cluster has no room for them.
    """
    _refuse_if_full(ray, n_workers, needed_bytes)
    member = ray.remote(Member).options(
        num_cpus=1, memory=needed_bytes, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
    )
    actors = [member.remote() for _ in range(n_workers)]
    try:
        _, absent = ray.wait([actor.cost.remote() for actor in actors], num_returns=n_workers, timeout=START_S)
        if absent:
            raise ConfigError(
                f"--workers {n_workers}: {len(absent)} of them found no place on the cluster within {START_S:.0f} s; it is "
                "busy with other work, or its nodes are slow to begin; take fewer workers, or try again later"
            )
        yield RayCrew(ray, actors)
    finally:
        for actor in actors:
            ray.kill(actor)


def room_for(ray: Any, needed_bytes: int) -> int:
    """Return how many workers the nodes of a cluster hold if nothing else runs there."""
    return sum(_room_of(node, needed_bytes) for node in ray.nodes() if node["Alive"])


def _room_of(node: Any, needed_bytes: int) -> int:
    has = node["Resources"]
    return min(int(has.get("CPU", 0)), int(has.get("memory", 0.0) // max(needed_bytes, 1)))


def _refuse_if_full(ray: Any, n_workers: int, needed_bytes: int) -> None:
    """Name what each node has, for Ray itself would wait for more nodes."""
    n_room = room_for(ray, needed_bytes)
    if 0 < n_workers <= n_room:
        return
    nodes = [
        f"node {node['NodeManagerAddress']} has {node['Resources'].get('CPU', 0):.0f} CPUs and "
        f"{node['Resources'].get('memory', 0) / 1e9:.1f} GB"
        for node in ray.nodes()
        if node["Alive"]
    ]
    raise ConfigError(
        f"--workers {n_workers or 'auto'}: found room for {n_room} ({'; '.join(nodes)}); wanted a CPU and "
        f"{needed_bytes / 1e9:.1f} GB for each; take fewer workers, set fleet.sample, or add nodes"
    )
