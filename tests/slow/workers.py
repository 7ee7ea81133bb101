"""Runs of the real program over several processes: their tables are those of one process, also when processes are killed.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.workers same --config configs/smoke.yaml --workers 1 2 3 7
    python -m tests.slow.workers same --config configs/city-nanjing.yaml --set fleet.sample=0.05 --workers 2 3
    python -m tests.slow.workers kill --n 20
    python -m tests.slow.workers stop --n 3

`same` compares; `kill` ends a worker, a node or the driver at random instants (kill -9) and goes on with what is left; nodes
are those of a cluster of three on this machine, which stands as long as the script does. `stop` presses Ctrl-C on runs that
started a cluster of their own: nothing may be left of it, and the run goes on from where it was.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.conftest import REPOSITORY
from tests.slow.kills import tables

HEALTH = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 500, "health_check_failure_threshold": 3}
WHAT = ("worker", "node", "driver")
INTERRUPTED = 130


def main() -> int:
    """Return 1 if a table differs."""
    parser = argparse.ArgumentParser(description="Runs over several processes against one.")
    parser.add_argument("what", choices=("same", "kill", "stop"))
    parser.add_argument("--config", default="configs/smoke.yaml", help="scenario file")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="A.B=C", help="change a setting")
    parser.add_argument("--workers", type=int, nargs="+", default=[2], help="numbers of workers on Ray")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 3], help="numbers of threads in one process")
    parser.add_argument("--n", type=int, default=20, help="instants")
    parser.add_argument("--seed", type=int, default=1, help="of the instants")
    chosen = parser.parse_args()
    os.environ |= {"PYTHONPATH": str(REPOSITORY), "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    settings = ["output.report=false", "output.sessions=all", *chosen.overrides]
    command = [sys.executable, "-m", "twin", "run", chosen.config, *(f"--set={setting}" for setting in settings)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        calm_s = lived([*command, "--workers", str(chosen.threads[0])], out / "calm")
        wanted = tables(out / "calm")
        print(f"one process, {chosen.threads[0]} threads: {calm_s:.0f} s, {len(wanted)} tables", flush=True)
        return {"same": same, "kill": kill, "stop": stop}[chosen.what](command, chosen, out, wanted)


def lived(command: list[str], out: Path) -> float:
    """Run to the end; return the seconds that it took."""
    start = time.monotonic()
    done = subprocess.run([*command, "--out", out], cwd=REPOSITORY, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return time.monotonic() - start


def same(command: list[str], chosen: argparse.Namespace, out: Path, wanted: dict[str, str]) -> int:
    """Run with other numbers of threads and of workers, and compare."""
    n_different = 0
    kinds = [("threads", n, []) for n in chosen.threads[1:]] + [
        ("workers", n, ["--address", "local"]) for n in chosen.workers
    ]
    for kind, n, more in kinds:
        name = out / f"{kind}-{n}"
        wall_s = lived([*command, "--workers", str(n), *more], name)
        differ = [table for table, digest in wanted.items() if tables(name).get(table) != digest]
        n_different += len(differ)
        print(f"{n} {kind}: {wall_s:.0f} s, {'different: ' + ', '.join(differ) if differ else 'the same'}", flush=True)
    return int(n_different > 0)


def kill(command: list[str], chosen: argparse.Namespace, out: Path, wanted: dict[str, str]) -> int:
    """Kill at random instants, and go on until a run is done that nobody disturbs."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "_system_config": HEALTH})
    room = {"num_cpus": 2, "memory": 8e9, "object_store_memory": 500e6}
    nodes = [cluster.add_node(**room) for _ in range(2)]
    command += ["--set=compute.checkpoint_days=1", "--address", cluster.address, "--workers", "2", "--resume"]
    instants, killed, n_finished, n_tried, whole_s = random.Random(chosen.seed), dict.fromkeys(WHAT, 0), 0, 0, 0.0
    while sum(killed.values()) < chosen.n or not n_finished:
        name, start = out / f"run-{n_finished}", time.monotonic()
        with subprocess.Popen([*command, "--out", name], cwd=REPOSITORY, stdout=subprocess.DEVNULL) as driver:
            while driver.poll() is None:
                if not whole_s or sum(killed.values()) >= chosen.n:
                    driver.wait()
                    continue
                try:
                    driver.wait(instants.uniform(0.0, whole_s))
                except subprocess.TimeoutExpired:
                    what = instants.choice(WHAT)
                    killed[what] += end(what, driver, cluster, nodes, room)
        n_tried += 1
        if driver.returncode == 0:
            whole_s = whole_s or time.monotonic() - start
            if tables(name) != wanted:
                print(f"{name.name} differs after {killed}")
                return 1
            n_finished += 1
    left = sorted(path.name for path in out.iterdir())
    print(
        f"killed {killed}; {n_finished} runs finished of {n_tried} begun or gone on with, all tables the same; left: {left}"
    )
    cluster.shutdown()
    return 0


def stop(command: list[str], chosen: argparse.Namespace, out: Path, wanted: dict[str, str]) -> int:
    """Press Ctrl-C at random instants of a run with a cluster of its own; return 1 if a process or a difference is left."""
    more = ["--set=compute.checkpoint_days=1", "--address", "local", "--workers", str(chosen.workers[0]), "--resume"]
    whole_s = lived([*command, *more], out / "whole")
    instants, n_stopped = random.Random(chosen.seed), 0
    while n_stopped < chosen.n:
        run = [*command, *more, "--out", str(out / "stopped")]
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        with subprocess.Popen(run, cwd=REPOSITORY, start_new_session=True, **pipes) as child:  # type: ignore[call-overload]
            time.sleep(instants.uniform(0.05, 0.95) * whole_s)
            if child.poll() is not None:
                break
            started = psutil.Process(child.pid).children(recursive=True)
            os.killpg(child.pid, signal.SIGINT)
            begun = time.monotonic()
            said = child.communicate()[1].decode().strip().splitlines()[-1:]
            n_stopped += 1
        gone_s = time.monotonic() - begun
        left = [process.name() for process in psutil.wait_procs(started, timeout=10)[1]]
        print(f"exit code {child.returncode} after {gone_s:.1f} s; left: {left}; said: {said}", flush=True)
        if child.returncode != INTERRUPTED or left:
            return 1
    lived([*command, *more], out / "stopped")
    print(f"Ctrl-C {n_stopped} times, then gone on with: {'the same' if tables(out / 'stopped') == wanted else 'different'}")
    return int(tables(out / "stopped") != wanted)


def end(what: str, driver: Any, cluster: Any, nodes: list[Any], room: dict[str, Any]) -> int:
    """Kill one of what this script has started; return how many."""
    if what == "driver":
        driver.kill()
    elif what == "node":
        cluster.remove_node(nodes.pop(0), allow_graceful=False)
        nodes.append(cluster.add_node(**room))
    else:
        ours = psutil.Process().children(recursive=True)
        workers = [process for process in ours if process.is_running() and "ray::Member" in " ".join(process.cmdline())]
        if not workers:
            return 0
        workers[0].kill()
    return 1


if __name__ == "__main__":
    sys.exit(main())
