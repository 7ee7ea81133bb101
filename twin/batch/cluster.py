"""Cells as tasks of a Ray cluster. Their folders lie on a disk that every node sees."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import twin
from twin.batch.cell import Ended, Simulate, live
from twin.batch.plan import Cell
from twin.errors import ConfigError, Faults
from twin.store.identity import LIBRARIES, code_hash

__all__ = ["connected", "run_on_ray"]

CONNECT_S = 3.0
HEALTH_S = 20.0
NODES_S = 60.0
POLL_S = 0.5
N_RETRIES = 4
"""Times that a cell is begun again after its node died."""
OBJECT_STORE_BYTES = 100_000_000
"""Of a cluster that this process starts: cells hand over settings and outcomes, tables go to the disk."""
Watch = Callable[[Sequence[Cell]], None]


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Join a cluster, or start one on this machine, and leave or end it after.

    Parameters
    ----------
    address : str
        ``local``, ``HOST:PORT`` of the head, ``ray://HOST:PORT``, or ``auto`` inside of a cluster's job.

    Raises
    ------
    ConfigError
        If nothing answers there within seconds, or a node runs another program.
    """
    _refuse_if_deaf(address)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address == "local":
        options |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
    try:
        ray.init(address=address, **options)
    except (ConnectionError, OSError, RuntimeError, ValueError) as fault:
        said = str(fault).strip().splitlines() or [type(fault).__name__]
        raise ConfigError(
            f"--address {address}: found no usable Ray cluster ({said[0]}); wanted the head of one with "
            f"Ray {ray.__version__} and Python {platform.python_version()}; start it with "
            "`ray start --head` or check the address"
        ) from fault
    try:
        _refuse_strangers(ray, address)
        yield ray
    finally:
        ray.shutdown()


def run_on_ray(ray: Any, cells: Sequence[Cell], simulate: Simulate, watch: Watch) -> Iterator[tuple[Cell, Ended]]:
    """Run cells and yield each as it ends; a cell whose node dies begins again elsewhere."""
    task = ray.remote(max_retries=N_RETRIES, retry_exceptions=False)(live)
    waiting = {}
    for cell in cells:
        workers = cell.config.compute.workers
        sized = replace(cell, n_threads=workers if isinstance(workers, int) else 1)
        if not _has_room(ray, sized):
            wanted = f"{sized.n_threads} CPUs and {sized.needed_bytes / 1e9:.1f} GB"
            yield cell, Ended(f"no node of the cluster has {wanted}; set fleet.sample, or add a larger node", 0.0)
            continue
        request = {"num_cpus": sized.n_threads, "memory": sized.needed_bytes, "name": sized.name}
        waiting[task.options(**request).remote(simulate, sized)] = sized
    while waiting:
        done, _ = ray.wait(list(waiting), num_returns=1, timeout=POLL_S)
        watch(list(waiting.values()))
        for reference in done:
            cell = waiting.pop(reference)
            try:
                ended = ray.get(reference)
            except ray.exceptions.RayError as fault:
                ended = Ended(f"lost on the cluster: {str(fault).splitlines()[0]}", 0.0)
            if not ended.reason and not cell.folder.is_dir():
                ended = Ended(f"{cell.folder} is not on a disk that all nodes share", ended.wall_s)
            yield cell, ended


def _has_room(ray: Any, cell: Cell) -> bool:
    """Return whether some node could hold a cell if nothing else ran there."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return any(node.get("CPU", 0) >= cell.n_threads and node.get("memory", 0) >= cell.needed_bytes for node in nodes)


def _refuse_if_deaf(address: str) -> None:
    """Raise at once where nothing listens, for which Ray itself takes minutes."""
    if address in ("local", "auto"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"--address {address}: wanted local, auto, HOST:PORT or ray://HOST:PORT")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
    except (OSError, OverflowError) as fault:
        raise ConfigError(
            f"--address {address}: nothing answers there ({fault}); check the address, or start the cluster with "
            "`ray start --head`"
        ) from fault
    if not address.startswith("ray://"):
        _refuse_if_no_head(address)


def _refuse_if_no_head(address: str) -> None:
    """Let Ray's own health check ask, in a process that can be ended: `ray.init` waits minutes for what is no head."""
    ask = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, timeout=HEALTH_S, check=False)
        fault = (answer.stderr or answer.stdout).strip().splitlines()[-1:] if answer.returncode else []
    except subprocess.TimeoutExpired:
        fault = [f"no answer in {HEALTH_S:.0f} s"]
    if fault:
        raise ConfigError(
            f"--address {address}: found something that is no healthy head of a Ray cluster ({fault[0]}); wanted one with "
            "the Ray and Python of this machine; check the port (6379 by default) and the versions"
        )


def program() -> dict[str, str]:
    """Return what must be the same on every node."""
    versions = {"twin": f"{twin.__version__} ({code_hash()[:12]})", "python": platform.python_version()}
    return versions | {name: version(name) for name in LIBRARIES}


def _refuse_strangers(ray: Any, address: str) -> None:
    """Ask every node for its program, and name those that run another than this one."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ask, ours, faults = ray.remote(num_cpus=0, max_retries=0)(program), program(), Faults()
    asked = {}
    for node in ray.nodes():
        if node["Alive"]:
            here = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            asked[ask.options(scheduling_strategy=here).remote()] = node["NodeManagerAddress"]
    answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=NODES_S)
    for reference in silent:
        faults.add(f"--address {address}: node {asked[reference]}", "no answer", "one within a minute", "check the node")
    for reference in answered:
        where = f"--address {address}: node {asked[reference]}"
        try:
            theirs = ray.get(reference)
        except ray.exceptions.RayError as fault:
            faults.add(where, str(fault).strip().splitlines()[-1], "the twin, as installed here", "install it on the node")
            continue
        for name, wanted in ours.items():
            if theirs[name] != wanted:
                faults.add(where, f"{name} {theirs[name]}", f"{wanted} as here", "install the same on every node")
    faults.raise_if_any(ConfigError)
