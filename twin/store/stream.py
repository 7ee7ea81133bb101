"""Parquet streams of equal row groups, and the background thread that encodes them.

Rows are regrouped before they are written, so the bytes depend on the rows and their order alone, never on how many
of them came at a time.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from twin.tables.columns import arrow_schema

GROUP_ROWS = 1 << 20
"""Rows of a row group."""

PART_ROWS = 5 * GROUP_ROWS
"""Rows of a part of a table that is kept in parts."""

COMPRESSION_LEVEL = 1
"""Of zstd: higher levels cost three times the time for a tenth of the bytes on the tables of a run."""


def writer_options(schema: pa.Schema) -> dict[str, Any]:
    """Return how a table is encoded: deltas for integers of 4 and 8 bytes, split bytes for floats, words once.

    Parameters
    ----------
    schema : pyarrow.Schema
        Schema of the table.

    Returns
    -------
    dict
        Keyword arguments of ``pyarrow.parquet.ParquetWriter``.
    """
    encodings = {}
    words = []
    for field in schema:
        if pa.types.is_floating(field.type):
            encodings[field.name] = "BYTE_STREAM_SPLIT"
        elif pa.types.is_integer(field.type):
            encodings[field.name] = "DELTA_BINARY_PACKED"
        else:
            words.append(field.name)
    return {
        "compression": "zstd",
        "compression_level": COMPRESSION_LEVEL,
        "use_dictionary": words,
        "column_encoding": encodings,
        "write_statistics": True,
        "write_page_checksum": True,
    }


class Stream:
    """One table that grows by appends, as one file or as numbered parts.

    Parameters
    ----------
    target : Path
        File of the table, or the folder of its parts.
    table : type
        The declared table.
    in_parts : bool
        Whether `target` is a folder of ``part-00000.parquet`` and so on.
    """

    def __init__(self, target: Path, table: type, in_parts: bool) -> None:
        self._target = target
        self._schema = arrow_schema(table)
        self._options = writer_options(self._schema)
        self._in_parts = in_parts
        self._pending: list[pa.Table] = []
        self._n_pending = 0
        self._n_parts = 0
        self._rows_in_part = 0
        self._writer: pq.ParquetWriter | None = None
        self.table = table
        self.n_rows = 0
        self.n_bytes = 0

    def take(self, chunk: pa.Table) -> None:
        """Take rows in; write out every row group that is full."""
        self._pending.append(chunk)
        self._n_pending += chunk.num_rows
        self.n_rows += chunk.num_rows
        if self._n_pending >= GROUP_ROWS:
            waiting = pa.concat_tables(self._pending)
            first = 0
            while waiting.num_rows - first >= GROUP_ROWS:
                self._write_group(waiting.slice(first, GROUP_ROWS))
                first += GROUP_ROWS
            self._pending = [waiting.slice(first)]
            self._n_pending = waiting.num_rows - first

    def take_all(self, chunks: Iterable[pa.Table]) -> None:
        """Take rows in, chunk by chunk."""
        for chunk in chunks:
            self.take(chunk)

    def close(self) -> None:
        """Write the rows that are left; a table without rows still gets its file."""
        if self._n_pending or not (self._writer or self._n_parts):
            self._write_group(pa.concat_tables(self._pending) if self._pending else self._schema.empty_table())
            self._pending, self._n_pending = [], 0
        self._close_file()

    def drop(self) -> None:
        """Close the open file, whatever it holds, without looking back."""
        self._pending.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _write_group(self, rows: pa.Table) -> None:
        if self._writer is None:
            path = self._path()
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(path, self._schema, **self._options)
        # One chunk a column, so that pages break where the rows say and not where the appends did.
        self._writer.write_table(rows.combine_chunks(), row_group_size=GROUP_ROWS)
        self._rows_in_part += rows.num_rows
        if self._in_parts and self._rows_in_part >= PART_ROWS:
            self._close_file()

    def _close_file(self) -> None:
        if self._writer is not None:
            path = self._path()
            writer, self._writer = self._writer, None
            writer.close()
            self.n_bytes += path.stat().st_size
            self._n_parts += 1
            self._rows_in_part = 0

    def _path(self) -> Path:
        return self._target / f"part-{self._n_parts:05d}.parquet" if self._in_parts else self._target


class Worker:
    """One thread that does jobs in the order they are given; the first fault is raised again to the giver.

    Parameters
    ----------
    n_waiting : int
        Jobs that may wait before the giver has to.
    """

    def __init__(self, n_waiting: int = 4) -> None:
        self._jobs: queue.Queue[Callable[[], Any] | None] = queue.Queue(n_waiting)
        self._fault: Exception | None = None
        self._is_wanted = True
        self.is_stopped = False
        self._thread = threading.Thread(target=self._work, name="twin-store", daemon=True)
        self._thread.start()

    def give(self, job: Callable[[], Any]) -> None:
        """Queue a job; raise the fault of an earlier one instead, if there was any."""
        self.raise_fault()
        self._jobs.put(job)

    def drain(self) -> None:
        """Wait until every queued job is done or, after a fault, skipped."""
        self._jobs.join()

    def raise_fault(self) -> None:
        """Raise the first fault of a job, if there was any."""
        if self._fault is not None:
            raise self._fault

    def stop(self, finish: bool = True) -> None:
        """End the thread, after the queued jobs or, without `finish`, after the one it is at."""
        self._is_wanted = self._is_wanted and finish
        if not self.is_stopped:
            self.is_stopped = True
            self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._fault is None and self._is_wanted:
                try:
                    job()
                except Exception as fault:  # handed to the giver, whatever it is
                    self._fault = fault
            self._jobs.task_done()
