"""Checkpoints: a run's state at a midnight, in a hidden folder beside the run folder; a killed run goes on from there.

Beside the run folder `name` lies ``.name.resume`` with ``checkpoint-<day>/`` (``arrays.npy``, one array behind the other,
and ``checkpoint.json``), ``rows/`` (see `twin.store.spool`) and ``lock``. A checkpoint is written under another name and
renamed when it is whole.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from twin.errors import ConfigError, DataError, EngineError, OutputExistsError, StoreError
from twin.store.arrays import read_array, write_array
from twin.store.disk import guarded, sync_folder
from twin.store.identity import differences, identity_of
from twin.store.reader import read_json
from twin.store.spool import Spool

__all__ = ["Checkpoints", "unfinished_day"]

FORMAT = 2
"""Version of what a checkpoint holds and how."""
HEADER, ARRAYS = "checkpoint.json", "arrays.npy"
NOT_HEALED = (ConfigError, DataError, EngineError)
"""Faults that a run would meet again: their checkpoints are thrown away."""


class Checkpoints:
    """The checkpoints of one run; as a context manager it keeps them when the block is left by a fault that may pass.

    Parameters
    ----------
    out : Path
        The run folder.
    settings : dict
        The resolved configuration.
    every_days : int
        Days between two checkpoints; 0 keeps none and does nothing.
    resume : bool
        Go on from the last checkpoint, if there is one.

    Attributes
    ----------
    last : dict or None
        Header of the checkpoint that the run goes on from.
    spool : Spool or None
        Takes the rows that the run tells.

    Raises
    ------
    ConfigError
        If the checkpoint is of other settings, tables, code or versions; it stays as it is.
    OutputExistsError
        If there is a checkpoint and `resume` is false, or another process is at this run.
    StoreError
        If the folder cannot be used, or the checkpoint is damaged.
    """

    def __init__(self, out: Path, settings: dict[str, Any], every_days: int, resume: bool) -> None:
        self._out = Path(out).resolve()
        self._folder = folder_of(self._out)
        self._every_days = every_days
        self._lock: IO[str] | None = None
        self.last: dict[str, Any] | None = None
        self.spool: Spool | None = None
        if every_days == 0:
            return
        self._identity = identity_of(settings)
        with guarded(self._out):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self._folder, self._out)
        try:
            self._open(resume)
        except BaseException:
            self._lock.close()
            raise

    def _open(self, resume: bool) -> None:
        """Find the last checkpoint and hold it against this run."""
        day = unfinished_day(self._out)
        if day is not None and not resume:
            raise OutputExistsError(
                f"{self._out}: found an unfinished run, kept up to the end of day {day}; go on with --resume, or remove "
                f"{self._folder} to begin anew"
            )
        if day is not None:
            self.last = read_json(self._folder_of_day(day) / HEADER)
            self._refuse_others(self.last)
        shutil.rmtree(self._folder / "checkpoint.partial", ignore_errors=True)
        with guarded(self._out):
            self.spool = Spool(self._folder / "rows", None if self.last is None else self.last["rows"])

    def _refuse_others(self, header: dict[str, Any]) -> None:
        if header.get("format") != FORMAT:
            raise ConfigError(
                f"{self._folder}: a checkpoint of format {header.get('format')!r}; this version reads format {FORMAT}; go "
                "on with the version that wrote it, or remove the folder and begin anew"
            )
        changed = differences(header["identity"], self._identity)
        if changed:
            advice = f"undo the change, or remove {self._folder} and begin anew"
            raise ConfigError("\n".join(f"checkpoint of day {header['facts']['day']}: {line}; {advice}" for line in changed))

    @property
    def cut_for(self) -> int | None:
        """Workers for which the run was cut into shards when it began; None for one that begins now."""
        return None if self.last is None else self.last["facts"]["world"]["cut_for"]

    def is_due(self, day: int) -> bool:
        """Return whether the end of the day before `day` is to be kept."""
        return self._every_days > 0 and day % self._every_days == 0

    def save(self, facts: dict[str, Any], arrays: Iterable[tuple[str, np.ndarray]], wall_s: float) -> None:
        """Keep a midnight; it takes the place of the former one when it is whole.

        Parameters
        ----------
        facts : dict
            Plain values, with ``day``: how many days were lived.
        arrays : iterable of (str, ndarray)
            Every array by a name of its own.
        wall_s : float
            Wall time that the run has taken.

        Raises
        ------
        StoreError
            If it cannot be written; the former one stays usable.
        """
        assert self.spool is not None
        partial, whole = self._folder / "checkpoint.partial", self._folder_of_day(facts["day"])
        try:
            with guarded(self._out, "checkpoint", self._folder):
                rows = self.spool.cut()
                partial.mkdir()
                with (partial / ARRAYS).open("xb", buffering=0) as file:
                    places = {name: write_array(file, array) for name, array in arrays}
                    os.fsync(file.fileno())
                header = {"format": FORMAT, "identity": self._identity, "facts": facts, "rows": rows, "arrays": places}
                _write_synced(partial / HEADER, json.dumps(header | {"wall_s": wall_s}))
                sync_folder(partial)
                partial.rename(whole)
                sync_folder(self._folder)
        except StoreError as fault:
            shutil.rmtree(partial, ignore_errors=True)
            day = unfinished_day(self._out)
            raise (StoreError(f"{fault}; go on from the end of day {day} with --resume") if day else fault) from fault
        for path in self._folder.glob("checkpoint-*"):
            if path != whole:
                shutil.rmtree(path, ignore_errors=True)

    def restore(self, restore: Callable[[dict[str, Any], Callable[[str, Any], Any]], None]) -> None:
        """Call ``restore(facts, read)`` with what `save` was given; ``read(name, into)`` as `read_array` does."""
        assert self.last is not None
        path, places = self._folder_of_day(self.last["facts"]["day"]) / ARRAYS, self.last["arrays"]
        try:
            with path.open("rb", buffering=0) as file:
                restore(self.last["facts"], lambda name, into: read_array(file, places[name], into))
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise StoreError(f"{path}: damaged ({fault}); remove {self._folder} and begin anew") from fault

    def drop(self) -> None:
        """Throw everything away: the run is complete, or would fail again."""
        if self._lock is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if self.spool is not None:
            self.spool.drop()
        if fault is None or isinstance(fault, NOT_HEALED) or unfinished_day(self._out) is None:
            self.drop()
        if self._lock is not None:
            self._lock.close()

    def _folder_of_day(self, day: int) -> Path:
        return self._folder / f"checkpoint-{day:05d}"


def folder_of(out: Path) -> Path:
    """Return the hidden folder in which a run's checkpoints are kept."""
    return out.with_name(f".{out.name}.resume")


def unfinished_day(out: Path) -> int | None:
    """Return how many days of an unfinished run are kept; None where there is nothing to go on from."""
    days = [int(path.parent.name.rpartition("-")[2]) for path in folder_of(out.resolve()).glob(f"checkpoint-*/{HEADER}")]
    return max(days, default=None)


def _locked(folder: Path, out: Path) -> IO[str]:
    """Return the open lock file, which the system frees when the process ends, however it ends."""
    file = (folder / "lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise OutputExistsError(f"{out}: another process is at this run; wait for it, or name another folder") from None
    except OSError as fault:
        if fault.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):  # some shared disks know no locks
            raise
    file.seek(0)
    former = file.read()
    if former.isdecimal():  # tables of a process that was killed
        shutil.rmtree(out.with_name(f".{out.name}.partial-{former}"), ignore_errors=True)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _write_synced(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
