"""How the workers of a run are reached: placed as threads of this process or as actors of a Ray cluster, then over lines."""

from __future__ import annotations

import os
import selectors
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import Any

from twin.errors import ConfigError, WorkerLostError
from twin.parallel.line import Line, LineError, pack, pair
from twin.parallel.meeting import CHAIR, KEY_BYTES, Place, dial
from twin.parallel.member import Member
from twin.parallel.packets import Lost, Rows, Start

__all__ = ["Crew", "LocalCrew", "hired", "room_for"]

Own = tuple[int, Rows, Rows]
START_S = 120.0
"""In which workers have to be there; compiling the kernels on a new machine comes later."""
DIAL_S = 5.0
"""In which the machine of a worker takes a line, or is said to be out of reach."""
MEET_S = 30.0
"""In which all who call a worker have done so; they are there already."""
LOST_S = 60.0
"""In which Ray has to say what became of a worker whose line broke."""


class Crew(ABC):
    """The workers of a run: placed in some way, made, and then told and heard over a line each.

    Attributes
    ----------
    held_s : float
        Core-seconds of this thread for which workers had to wait: from what it heard last to what it told.
    """

    lines: Sequence[Line] = ()
    held_s = _heard_s = 0.0

    def __len__(self) -> int:
        return len(self.lines)

    def begin(self, start: Start, own: Iterable[Own]) -> None:
        """Give each worker its part; they are made one after the other, so that there is never the fleet once more."""
        self.call("begin", start, own)

    @abstractmethod
    def call(self, method: str, common: Any = None, own: Iterable[Any] | None = None) -> list[Any]:
        """Call a method of every worker with what all are told and what it alone is told; return the answers in order."""

    def tell(self, told: Any) -> None:
        """Tell every worker something and go on at once.

        Raises
        ------
        WorkerLostError
            If a worker, or the node that it was on, is gone.
        """
        packed = pack(told)
        for at, line in enumerate(self.lines):
            try:
                line.send(packed)
            except LineError as fault:
                raise self.loss_of(at, str(fault)) from fault
        self.held_s += time.thread_time() - self._heard_s

    def hear(self) -> list[Any]:
        """Wait for a packet of every worker; return them in order.

        Raises
        ------
        WorkerLostError
            If a worker, or the node that it was on, is gone.
        BaseException
            Whatever a worker raised.
        """
        packets: list[Any] = [None] * len(self)
        self._heard_s = time.thread_time()
        with selectors.DefaultSelector() as waiting:
            for at, line in enumerate(self.lines):
                waiting.register(line, selectors.EVENT_READ, at)
            while waiting.get_map():
                for key, _ in waiting.select():
                    waiting.unregister(key.fileobj)
                    packets[key.data] = self._heard(key.data)
        return packets

    def loss_of(self, at: int, said: str) -> WorkerLostError:
        """Return what is to be said of a worker whose line broke."""
        return WorkerLostError(f"a worker of the run was lost: number {at}: {said}")

    def _heard(self, at: int) -> Any:
        """Return the packet of a worker; raise what it has raised or lost."""
        try:
            packet = self.lines[at].receive()
        except LineError as fault:
            raise self.loss_of(at, str(fault)) from fault
        if isinstance(packet, Lost):
            raise self.loss_of(*packet)
        if isinstance(packet, BaseException):
            raise packet
        return packet


class LocalCrew(Crew):
    """Workers in threads of this process, for tests and for counting what would travel."""

    def __init__(self, n_workers: int) -> None:
        ends = [pair() for _ in range(n_workers)]
        self.lines, self.members = [end for end, _ in ends], [Member() for _ in ends]
        for (at, one), (other_at, other) in combinations(enumerate(self.members), 2):
            one.mesh.others[other_at], other.mesh.others[at] = pair()
        for member, (_, end) in zip(self.members, ends, strict=True):
            member.mesh.chair = end
            threading.Thread(target=member.serve, daemon=True).start()

    def call(self, method: str, common: Any = None, own: Iterable[Any] | None = None) -> list[Any]:
        """Call a method of every worker, one after the other."""
        told = own or [None] * len(self)
        return [getattr(member, method)(common, each) for member, each in zip(self.members, told, strict=True)]


class RayCrew(Crew):
    """Workers as actors of a cluster.

    Raises
    ------
    ConfigError
        If the machine of an actor cannot be reached from here but through Ray.
    WorkerLostError
        If an actor, or the node that it was on, is gone.
    """

    def __init__(self, ray: Any, actors: Sequence[Any]) -> None:
        self._ray, self.actors = ray, actors
        key, numbers, lines = os.urandom(KEY_BYTES), range(len(actors)), []  # no luck of the run
        places = self.call("listen", (key, len(actors), MEET_S), numbers)
        for at, place in enumerate(places):
            try:
                lines.append(dial(place, key, CHAIR, DIAL_S))
            except LineError as fault:
                self._raise_if_gone(at)
                raise _no_way("here", at, place, str(fault)) from fault
        self.lines = lines
        missed = [(at, *of) for at, of in enumerate(self.call("meet", (key, places, DIAL_S), numbers)) if of]
        # Who found no way says more than who waited for that call.
        for at, number, said in sorted(missed, key=lambda of: of[0] == of[1])[:1]:
            self._raise_if_gone(number)
            raise _no_way(f"worker {at} at {places[at][0]}", number, places[number], said)

    def call(self, method: str, common: Any = None, own: Iterable[Any] | None = None) -> list[Any]:
        """Call a method of every actor; what all are told is one read-only object on each node."""
        both = zip(self.actors, own or [None] * len(self.actors), strict=True)
        shared = self._ray.put(common)
        return list(self._got([getattr(actor, method).remote(shared, each) for actor, each in both]))

    def loss_of(self, at: int, said: str) -> WorkerLostError:
        """Return what Ray says of it: a node counts as room for workers until Ray knows that it is gone."""
        try:
            self._raise_if_gone(at)
        except WorkerLostError as loss:
            return loss
        return super().loss_of(at, said)

    def _raise_if_gone(self, at: int) -> None:
        try:
            self._got(self.actors[at].cost.remote(), LOST_S)
        except self._ray.exceptions.GetTimeoutError:
            return

    def _got(self, asked: Any, within_s: float | None = None) -> Any:
        ray = self._ray
        try:
            return ray.get(asked, timeout=within_s)
        except ray.exceptions.GetTimeoutError:
            raise
        except ray.exceptions.RayTaskError as fault:
            raise fault.as_instanceof_cause() from None
        except ray.exceptions.RayError as fault:
            said = str(fault).strip().splitlines()[0]
            raise WorkerLostError(f"a worker of the run was lost: {said}") from fault


def _no_way(caller: str, at: int, place: Place, said: str) -> ConfigError:
    host, port = place
    return ConfigError(
        f"worker {at} at {host}: found no way to its port {port} from {caller} ({said}); wanted a TCP line to it from "
        "here and from all workers; start the command on a machine of the cluster, whose machines reach each other's ports"
    )


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
        crew = RayCrew(ray, actors)
        try:
            yield crew
        finally:
            for line in crew.lines:
                line.close()
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
