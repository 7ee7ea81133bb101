"""Writing a run folder: under a hidden name until it is whole, under its own name from then on."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from twin.errors import OutputExistsError, StoreError
from twin.store.disk import guarded
from twin.store.manifest import canonical_json
from twin.store.spool import Spool
from twin.store.stream import GROUP_ROWS, Stream, Worker, writer_options
from twin.tables.columns import to_arrow

IN_PARTS = frozenset({"sessions"})
"""Tables kept as a folder of parts."""


class RunWriter:
    """A run folder in the making.

    Everything goes into a hidden folder beside `out`; `commit` renames it, so that `out` exists only when it is
    complete. Used as a context manager it throws the hidden folder away when the block is left by an exception
    (also an interrupt) or without `commit`.

    Parameters
    ----------
    out : Path
        The run folder; it must not exist or be an empty folder.
    spool : Spool, optional
        Keeps every appended row, for a run that may have to go on after a kill; the rows it holds already come first.

    Raises
    ------
    OutputExistsError
        If `out` already holds something. Nothing is touched.
    StoreError
        If the hidden folder cannot be made.
    """

    def __init__(self, out: Path, spool: Spool | None = None) -> None:
        self.out = Path(out).resolve()
        _refuse_if_taken(self.out)
        self.folder = self.out.with_name(f".{self.out.name}.partial-{os.getpid()}")
        self._made = _make_folders(self.folder)
        self._streams: dict[str, Stream] = {}
        self._worker = Worker()
        self._is_open = True
        self._n_bytes = 0
        self._spool = spool
        if spool is not None:
            for name, table in spool.tables.items():
                stream = self._stream(name, table)
                self._give(name, partial(stream.take_all, spool.rows(name)))

    @property
    def bytes_written(self) -> int:
        """Bytes of the files that are finished."""
        return self._n_bytes + sum(stream.n_bytes for stream in self._streams.values())

    def append(self, name: str, table: Any) -> None:
        """Add rows to a table that is written as the run goes; encoding happens on a background thread.

        Parameters
        ----------
        name : str
            File name without suffix: ``station_hours``, ``links``, ``sessions`` (a folder of parts).
        table : NamedTuple of ndarray
            Rows of a table of ``twin.tables.results``. Its arrays belong to the writer from here on: do not write
            into them again.

        Raises
        ------
        StoreError
            If this or an earlier append could not be written.
        """
        self._check_open()
        if self._worker.is_stopped:
            raise StoreError(f"{self.out}/{name}: its tables are finished; append before finish()")
        stream = self._stream(name, type(table))

        def put() -> None:
            rows = to_arrow(table)
            if self._spool is not None:
                self._spool.keep(name, type(table), rows)
            stream.take(rows)

        self._give(name, put)

    def drain(self) -> None:
        """Wait until every row appended so far is encoded; raise what went wrong with it."""
        self._worker.drain()
        self._guard("", self._worker.raise_fault)

    def finish(self) -> None:
        """Write out what the appends left behind, so that `bytes_written` counts them; nothing can be appended after.

        Raises
        ------
        StoreError
            If an append could not be written.
        """
        self._worker.stop()
        self._guard("", self._worker.raise_fault)
        for name, stream in sorted(self._streams.items()):
            self._guard(name, stream.close)

    def write(self, name: str, table: Any) -> None:
        """Write a whole table at once as ``<name>.parquet``: a declared table or an Arrow table."""
        self._check_open()
        path = self.folder / f"{name}.parquet"
        self._guard(name, lambda: write_table(table, path))
        self._n_bytes += path.stat().st_size

    def write_json(self, name: str, obj: Any) -> None:
        """Write ``<name>.json`` canonically: sorted keys, no NaN; the same object gives the same bytes."""
        self._check_open()
        path = self.folder / f"{name}.json"
        text = canonical_json(obj)
        self._guard(name, lambda: path.write_text(text, encoding="utf-8", newline="\n"))
        self._n_bytes += path.stat().st_size

    def commit(self) -> Path:
        """Finish every table and let the run folder appear under its name.

        Raises
        ------
        StoreError
            If something could not be written; the hidden folder is gone then.
        """
        self._check_open()
        try:
            self.finish()
            _refuse_if_taken(self.out)
            self._guard("", lambda: self.folder.rename(self.out))
        except BaseException:
            self.abort()
            raise
        self._close()
        return self.out

    def abort(self) -> None:
        """Throw away all that was written. Does nothing after `commit` or a first `abort`."""
        if not self._is_open:
            return
        self._close()
        for stream in self._streams.values():
            with contextlib.suppress(OSError, pa.ArrowException):  # it goes with the folder anyway
                stream.drop()
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in reversed(self._made):
            try:
                folder.rmdir()
            except OSError:
                break

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.abort()

    def _stream(self, name: str, table: type) -> Stream:
        """Return the stream of a table, opened when it is first named."""
        stream = self._streams.get(name)
        if stream is None:
            in_parts = name in IN_PARTS
            target = self.folder / (name if in_parts else f"{name}.parquet")
            stream = self._streams[name] = Stream(target, table, in_parts)
        elif stream.table is not table:
            raise StoreError(f"{self.out}/{name}: found rows of {table.__name__}; wanted {stream.table.__name__} as before")
        return stream

    def _give(self, name: str, job: Callable[[], Any]) -> None:
        self._guard(name, lambda: self._worker.give(job))

    def _close(self) -> None:
        self._is_open = False
        self._worker.stop(finish=False)

    def _check_open(self) -> None:
        if not self._is_open:
            raise StoreError(f"{self.out}: the run folder is closed; open a new RunWriter")

    def _guard(self, name: str, action: Callable[[], Any]) -> None:
        """Do something with the disk; what goes wrong becomes a StoreError that says what to do."""
        with guarded(self.out, name, self.folder):
            action()


def write_table(table: Any, path: Path) -> None:
    """Write a declared table, or an Arrow table, as one Parquet file, encoded as those of a run folder."""
    rows = table if isinstance(table, pa.Table) else to_arrow(table)
    pq.write_table(rows.combine_chunks(), path, row_group_size=GROUP_ROWS, **writer_options(rows.schema))


def _refuse_if_taken(out: Path) -> None:
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() or out.is_symlink():
        what = "a folder that is not empty" if out.is_dir() else "a file"
        raise OutputExistsError(f"{out}: found {what}; wanted a new or empty folder; name another one or move this one away")


def _make_folders(folder: Path) -> list[Path]:
    """Make `folder` and its missing parents; return the parents made, outermost first."""
    missing = [parent for parent in folder.parents if not parent.exists()][::-1]
    with guarded(folder.parent):
        shutil.rmtree(folder, ignore_errors=True)  # ours: the name holds this process's id
        folder.mkdir(parents=True)
    return missing
