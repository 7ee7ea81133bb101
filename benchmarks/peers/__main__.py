"""Every peer on the same work, each in a process of its own: ``python -m benchmarks.peers [--vehicles N]``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from statistics import median

from benchmarks.peers.measure import Figure
from benchmarks.peers.registry import OUR_QUEUES, OURS, PEERS, QUEUE_PEERS, Peer
from benchmarks.process import REPOSITORY, machine, table

Measured = tuple[Peer, Figure | str]


def once(peer: Peer, option: str, n_units: int) -> Figure | str:
    """Run a peer's script; return its figure, or the last that it said when it gave none."""
    if peer.version is None:
        return "not installed"
    command = [sys.executable, "-m", f"benchmarks.peers.{peer.module}", option, str(n_units)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    if done.returncode != 0:
        return (done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1]
    return Figure(**json.loads(done.stdout.strip().splitlines()[-1]))


def measured(peers: Sequence[Peer], option: str, n_units: int | None, n_runs: int) -> list[Measured]:
    """Return the median run of each peer; one run of every peer comes before the next of any."""
    runs: dict[str, list[Figure | str]] = {peer.module: [] for peer in peers}
    for _ in range(n_runs):
        for peer in peers:
            # A peer that gave no figure gives none the next time.
            if not any(isinstance(run, str) for run in runs[peer.module]):
                runs[peer.module].append(once(peer, option, n_units or peer.n_units))
    return [(peer, middle(runs[peer.module])) for peer in peers]


def middle(runs: list[Figure | str]) -> Figure | str:
    """Return a figure with the median of the core-seconds, or why there is none."""
    figures = [run for run in runs if isinstance(run, Figure)]
    if len(figures) < len(runs):
        return next(run for run in runs if isinstance(run, str))
    return figures[0]._replace(core_s=median(figure.core_s for figure in figures))


def told(rows: Sequence[Measured], ours: str, units: str) -> str:
    """Return the table; the ratio is how many times ours does as much in a core-second."""
    base = next((figure for peer, figure in rows if peer.module == ours), "")
    lines = []
    for peer, figure in rows:
        if isinstance(figure, str):
            lines.append([peer.title, peer.version or "", "", "", figure, "", peer.lacks])
            continue
        ratio = f"{base.per_core_s / figure.per_core_s:,.1f}" if isinstance(base, Figure) else ""
        cells = [f"{figure.n_units:,}", f"{figure.core_s:.3f}", f"{figure.per_core_s:,.0f}", ratio]
        lines.append([peer.title, peer.version or "", *cells, peer.lacks])
    head = ["peer", "version", units, "core-seconds, median", f"{units} per core-second", "ours is times", "lacks"]
    return table(head, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--vehicles", type=int, help="fleet of the common task (default: as suits each peer)")
    parser.add_argument("--sessions", type=int, help="sessions of the queue task (default: as suits each peer)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each, of which the median (default %(default)s)")
    chosen = parser.parse_args()
    print(f"{machine()}. Medians of {chosen.runs}. Core-seconds are user and system time without start and set-up.\n")
    rows = measured(PEERS, "--vehicles", chosen.vehicles, chosen.runs)
    print(told(rows, OURS, "vehicle-days"))
    rows = measured(QUEUE_PEERS, "--sessions", chosen.sessions, chosen.runs)
    print(told(rows, OUR_QUEUES, "sessions"))


if __name__ == "__main__":
    main()
