"""A Ray cluster: joined or started, asked whether it is fit, and left or ended."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from typing import Any

import twin
from twin.errors import ConfigError, Faults
from twin.store.identity import LIBRARIES, code_hash

__all__ = ["connected"]

CONNECT_S = 3.0
HEALTH_S = 20.0
NODES_S = 60.0
LEAVE_S = 1.0
"""For the processes of a cluster that was started here to end by themselves."""
SMALL_STORE_BYTES = 100_000_000
"""Object store of a cluster that is started to hand over settings and outcomes only."""


@contextmanager
def connected(address: str, *, store_bytes: int = SMALL_STORE_BYTES, n_cpus: int | None = None) -> Iterator[Any]:
    """Join a cluster, or start one on this machine, and leave or end it after.

    Parameters
    ----------
    address : str
        ``local``, ``HOST:PORT`` of the head, ``ray://HOST:PORT``, or ``auto`` inside of a cluster's job.
    store_bytes : int
        Object store of a cluster that is started here.
    n_cpus : int, optional
        Cores of a cluster that is started here, the machine's by default.

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
        options |= {"include_dashboard": False, "object_store_memory": store_bytes, "num_cpus": n_cpus}
    before = _children()
    try:
        _join(ray, address, options)
        if address != "local":  # a cluster started here runs what runs here
            _refuse_strangers(ray, address)
        yield ray
    finally:
        started = _children() - before if address == "local" else set()
        ray.shutdown()
        _end(started)


def _join(ray: Any, address: str, options: dict[str, Any]) -> None:
    try:
        ray.init(address=address, **options)
    except Exception as fault:  # Ray has no one kind for a cluster that does not come up
        said = str(fault).strip().splitlines() or [type(fault).__name__]
        raise ConfigError(
            f"--address {address}: found no usable Ray cluster ({said[0]}); wanted the head of one with "
            f"Ray {ray.__version__} and Python {platform.python_version()}; start it with "
            "`ray start --head` or check the address"
        ) from fault


def _children() -> set[Any]:
    """Return all processes below this one."""
    import psutil  # type: ignore[import-untyped]

    return set(psutil.Process().children(recursive=True))


def _end(started: set[Any]) -> None:
    """End what is left of a cluster: some of Ray's processes notice by themselves that it is gone, a minute later."""
    import psutil

    for process in psutil.wait_procs(started, LEAVE_S)[1]:
        with suppress(psutil.Error):
            process.kill()


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
            asked[ask.options(scheduling_strategy=here).remote()] = node
    answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=NODES_S)
    where_of = {reference: f"--address {address}: node {node['NodeManagerAddress']}" for reference, node in asked.items()}
    for reference in silent:
        faults.add(where_of[reference], "no answer", "one within a minute", "check the node")
    for reference in answered:
        where = where_of[reference]
        try:
            theirs = ray.get(reference)
        except ray.exceptions.RayError as fault:
            # A node that has gone meanwhile will do nothing, so it is no stranger.
            if asked[reference]["NodeID"] not in {node["NodeID"] for node in ray.nodes() if node["Alive"]}:
                continue
            faults.add(where, str(fault).strip().splitlines()[-1], "the twin, as installed here", "install it on the node")
            continue
        for name, wanted in ours.items():
            if theirs[name] != wanted:
                faults.add(where, f"{name} {theirs[name]}", f"{wanted} as here", "install the same on every node")
    faults.raise_if_any(ConfigError)
