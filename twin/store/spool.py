"""The rows that a run has told so far, kept in segments that end at its checkpoints.

A Parquet file that was open when a run was killed has no end and cannot be read. So a run with checkpoints keeps its rows a
second time, as Arrow streams; a run that goes on encodes them anew, and since a table's bytes depend on its rows and their
order alone, they are those of a run that was never disturbed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from twin.errors import StoreError
from twin.tables import results
from twin.tables.columns import arrow_schema

COMPRESSION = "lz4"


class Spool:
    """Rows by table, in segments.

    Parameters
    ----------
    folder : Path
        Where the segments are; made when the first row comes.
    kept : dict
        From the `cut` of the checkpoint that the run goes on from; everything else in the folder is thrown away.

    Raises
    ------
    StoreError
        If a segment is missing or has not the size that it had.
    """

    def __init__(self, folder: Path, kept: dict[str, Any] | None = None) -> None:
        self._folder = folder
        self._kept: dict[str, Any] = dict(kept or {})
        self._open: dict[str, tuple[IO[bytes], Any]] = {}
        self.tables: dict[str, type] = {name: getattr(results, entry["table"]) for name, entry in self._kept.items()}
        segments = {name: size for entry in self._kept.values() for name, size in entry["segments"].items()}
        for name, size in segments.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != size:
                raise StoreError(f"{path}: missing or cut short; wanted {size} bytes; start the run anew without --resume")
        for path in folder.glob("*.arrow") if folder.is_dir() else ():
            if path.name not in segments:
                path.unlink()

    def keep(self, name: str, table: type, rows: pa.Table) -> None:
        """Keep rows of a table."""
        if name not in self._open:
            self._folder.mkdir(parents=True, exist_ok=True)
            entry = self._kept.setdefault(name, {"table": table.__name__, "segments": {}})
            file = (self._folder / f"{name}-{len(entry['segments']):05d}.arrow").open("wb")
            options = pa.ipc.IpcWriteOptions(compression=COMPRESSION)
            self._open[name] = file, pa.ipc.new_stream(file, arrow_schema(table), options=options)
        self._open[name][1].write_table(rows)

    def cut(self) -> dict[str, Any]:
        """End the open segments, so that they outlast a kill, and return what to open them by."""
        for name, (file, stream) in self._open.items():
            with file:
                stream.close()
                file.flush()
                os.fsync(file.fileno())
            path = Path(file.name)
            self._kept[name]["segments"][path.name] = path.stat().st_size
        self._open.clear()
        return self._kept

    def rows(self, name: str) -> Iterator[pa.Table]:
        """Yield the rows of a table up to the last cut, batch by batch."""
        for segment in sorted(self._kept[name]["segments"]):
            with pa.OSFile(str(self._folder / segment), "rb") as file, pa.ipc.open_stream(file) as batches:
                for batch in batches:
                    yield pa.Table.from_batches([batch])

    def drop(self) -> None:
        """Close what is open without looking back."""
        for file, _ in self._open.values():
            file.close()
        self._open.clear()
