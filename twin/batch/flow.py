"""The main flow of a batch: plan, leave out what is done, run the rest, gather."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twin.batch.cell import Ended, Simulate, is_done, progress_of
from twin.batch.cluster import run_on_ray
from twin.batch.local import run_here
from twin.batch.periods import OWN, Period
from twin.batch.plan import Cell, Vary, plan_cells, unvaried
from twin.batch.statistics import summary
from twin.config import Config
from twin.config.compute import n_workers
from twin.errors import ConfigError, OutputExistsError
from twin.parallel.cluster import connected
from twin.store import open_run
from twin.store.dataset import gather, put_json, put_table
from twin.store.identity import differences, identity_of
from twin.store.reader import read_json
from twin.tables.batch import STATES, RunsTable

__all__ = ["run_batch"]

FORMAT = 1
PLAN = "batch.json"
TELL_EVERY_S = 10.0
Tell = Callable[[str], None]


def run_batch(
    scenarios: Sequence[Config],
    *,
    out: Path,
    simulate: Simulate,
    n_replicates: int = 1,
    address: str | None = None,
    resume: bool = False,
    workers: int | str = "auto",
    vary: Vary = unvaried,
    periods: Sequence[Period] = (Period(OWN),),
    tell: Tell = lambda line: None,
) -> dict[str, Any]:
    """Run every scenario with every replicate, and gather what came out.

    Parameters
    ----------
    scenarios : sequence of Config
        The first is what the others are compared with.
    out : Path
        Folder of the batch: a run folder a cell, ``metrics/`` and ``scorecard/`` over all of them, ``runs.parquet``,
        ``summary.parquet`` and ``batch.json``.
    simulate : callable
        `twin.run.run`; a batch does not know what a run is.
    n_replicates : int
        Runs of each scenario; a replicate has the same seed in every one.
    address : str, optional
        A Ray cluster, see `twin.parallel.cluster.connected`; this machine's processes by default.
    resume : bool
        Run only what is not there yet.
    workers : int or "auto"
        Cores to use on this machine.
    vary : callable
        See `plan_cells`.
    periods : sequence of Period
        Every scenario is run for each, with every replicate.
    tell : callable
        Takes lines of progress.

    Returns
    -------
    dict
        ``batch``, ``n_runs``, ``n_done``, ``n_kept`` (done before), ``n_failed``, ``failed`` (reason by name).

    Raises
    ------
    ConfigError
        If scenarios clash, the folder is of another batch, or the cluster cannot be used.
    OutputExistsError
        If the folder holds something and `resume` is false.
    """
    out = Path(out).resolve()
    cells = plan_cells(scenarios, n_replicates, out, vary, periods)
    _open_folder(out, cells, scenarios, resume)
    kept = [cell for cell in cells if is_done(cell)]
    to_do = [cell for cell in cells if cell not in kept]
    reasons: dict[str, str] = {}
    board = _Board(tell, len(cells), len(kept))
    for cell, ended in _run(to_do, simulate, address, n_workers(workers), board.watch):
        board.tell_end(cell, ended)
        if ended.reason:
            reasons[cell.name] = ended.reason
    _gather(out, cells, reasons, n_replicates)
    n_done = len(cells) - len(reasons)
    counts = {"n_runs": len(cells), "n_done": n_done, "n_kept": len(kept), "n_failed": len(reasons)}
    return {"batch": str(out), **counts, "failed": reasons}


def _open_folder(out: Path, cells: Sequence[Cell], scenarios: Sequence[Config], resume: bool) -> None:
    """Make the folder of a new batch, or hold the one that is there against this batch."""
    if out.exists() and not out.is_dir():
        raise OutputExistsError(f"{out}: found a file; wanted a new or empty folder; name another one")
    if out.is_dir() and any(out.iterdir()) and not resume:
        raise OutputExistsError(f"{out}: found a folder that is not empty; go on with --resume, or name another one")
    identities = {config.scenario.name: identity_of(config.resolved()) for config in scenarios}
    plan = {name: next(iter(identities.values()))[name] for name in ("code", "versions")}
    plan["inputs of"] = {name: identity["inputs"] for name, identity in identities.items()}
    plan["settings of"] = {cell.name: cell.config_hash for cell in cells}
    if (out / PLAN).is_file():
        plan = _joined(out, read_json(out / PLAN), plan)
    elif out.is_dir() and any(out.iterdir()):
        raise OutputExistsError(f"{out}: found no {PLAN}; wanted the folder of a batch; name another one")
    out.mkdir(parents=True, exist_ok=True)
    put_json(out / PLAN, {"format": FORMAT} | plan)


def _joined(out: Path, former: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    """Return a plan with what was planned before; refuse it where the two say different things of the same."""
    joined = plan | {of: former[of] | plan[of] for of in ("inputs of", "settings of")}
    then = former | {of: joined[of] | former[of] for of in ("inputs of", "settings of")}
    changed = differences({name: then[name] for name in joined}, joined)
    if changed:
        advice = "undo the change, or give another folder with --out"
        raise ConfigError("\n".join(f"{out}: {line}; {advice}" for line in changed))
    return joined


def _run(
    cells: Sequence[Cell], simulate: Simulate, address: str | None, n_cores: int, watch: Callable[[Sequence[Cell]], None]
) -> Iterator[tuple[Cell, Ended]]:
    """Run cells where they are to be run, and yield each as it ends."""
    if not cells:
        return
    if address is None:
        import psutil  # type: ignore[import-untyped]

        limits_gb = [cell.config.compute.memory_limit_gb for cell in cells]
        free = min([gb * 1e9 for gb in limits_gb if gb is not None], default=float(psutil.virtual_memory().available))
        yield from run_here(cells, simulate, n_cores, free, watch)
        return
    with connected(address) as ray:
        yield from run_on_ray(ray, cells, simulate, watch)


def _gather(out: Path, cells: Sequence[Cell], reasons: dict[str, str], n_replicates: int) -> None:
    """Write the dataset of what is done, its summary, and the list of all runs."""
    done = [cell for cell in cells if cell.name not in reasons]
    for leftover in (*out.glob(".*.partial-*"), out / ".progress"):
        shutil.rmtree(leftover, ignore_errors=True)
    for name in ("metrics", "scorecard"):
        gather(out, name, [(cell.scenario, cell.period, cell.replicate, cell.folder) for cell in done])
    names, periods = (list(dict.fromkeys(getattr(cell, of) for cell in cells)) for of in ("scenario", "period"))
    metrics = {(cell.scenario, cell.period, cell.replicate): open_run(cell.folder).arrays("metrics") for cell in done}
    put_table(out / "summary.parquet", summary(names, periods, n_replicates, metrics))
    texts = [
        (cell.scenario, cell.period, cell.name, cell.config_hash, STATES[cell.name in reasons], reasons.get(cell.name, ""))
        for cell in cells
    ]
    scenario, period, folder, digest, state, reason = (np.array(column, object) for column in zip(*texts, strict=True))
    replicate = np.array([cell.replicate for cell in cells], np.int32)
    seed = np.array([cell.config.scenario.seed for cell in cells], np.int64)
    put_table(out / "runs.parquet", RunsTable(scenario, period, replicate, folder, seed, digest, state, reason))


class _Board:
    """Tells how a batch comes along: every start and end, and now and then how far those are that run."""

    def __init__(self, tell: Tell, n_cells: int, n_kept: int) -> None:
        self._tell = tell
        self._n_cells, self._n_ended = n_cells, n_kept
        self._start = self._told = time.monotonic()
        if n_kept:
            tell(f"{n_kept} of {n_cells} runs are there already")

    def watch(self, running: Sequence[Cell]) -> None:
        """Tell how far the running cells are, every ten seconds."""
        now = time.monotonic()
        if now - self._told < TELL_EVERY_S:
            return
        self._told = now
        for cell in running:
            event = progress_of(cell)
            if event is not None:
                share = event.second / event.n_seconds if event.n_seconds else 0.0
                self._tell(f"{self._at()} {cell.name}: {event.phase}, {share:.0%}")

    def tell_end(self, cell: Cell, ended: Ended) -> None:
        """Tell that a cell ended, and how."""
        self._n_ended += 1
        how = f"failed: {ended.reason.splitlines()[0]}" if ended.reason else f"done in {ended.wall_s:.1f} s"
        self._tell(f"{self._at()} {cell.name}: {how} ({self._n_ended} of {self._n_cells})")

    def _at(self) -> str:
        return f"[{time.monotonic() - self._start:6.1f} s]"
