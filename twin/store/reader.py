"""Reading a run folder back, each table when it is first asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray

from twin.errors import DataError, StoreError
from twin.store.manifest import FORMAT

HEADLINES = (
    "n_vehicles",
    "n_stations",
    "n_evse",
    "sessions",
    "energy_gwh",
    "mean_wait_min",
    "p95_wait_min",
    "ev_load_peak_gw",
    "stranded",
)
"""Metrics of the whole run that `Run.summary` tells."""


@dataclass(frozen=True)
class Run:
    """A finished run.

    Tables are Arrow tables, read at the first use of their property and kept.

    Attributes
    ----------
    path : Path
        The run folder.
    manifest : dict
        Content of ``manifest.json``.
    """

    path: Path
    manifest: dict[str, Any]

    @cached_property
    def metrics(self) -> pa.Table:
        """``metrics.parquet``."""
        return self.table("metrics")

    @cached_property
    def scorecard(self) -> pa.Table:
        """``scorecard.parquet``."""
        return self.table("scorecard")

    @cached_property
    def stations(self) -> pa.Table:
        """``stations.parquet``."""
        return self.table("stations")

    @cached_property
    def station_hours(self) -> pa.Table:
        """``station_hours.parquet``: tens of millions of rows in a national run."""
        return self.table("station_hours")

    @cached_property
    def grid(self) -> pa.Table:
        """``grid.parquet``."""
        return self.table("grid")

    @cached_property
    def links(self) -> pa.Table:
        """``links.parquet``."""
        return self.table("links")

    @cached_property
    def sessions(self) -> ds.Dataset:
        """``sessions/`` as an Arrow dataset, which reads no row before it is asked to: ``.to_table()``, ``.head()``."""
        folder = self.path / "sessions"
        parts = sorted(folder.glob("part-*.parquet"))
        if not parts:
            raise StoreError(f"{folder}: no parts; the run was made without sessions, or the folder is not complete")
        for part in parts:
            self._read(part, lambda part=part: pq.read_metadata(part))
        return ds.dataset([str(part) for part in parts], format="parquet")

    @cached_property
    def audit(self) -> dict[str, Any]:
        """Content of ``audit.json``."""
        return read_json(self.path / "audit.json")

    def has(self, name: str) -> bool:
        """Return whether the run holds a table of that name."""
        return (self.path / f"{name}.parquet").is_file()

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read ``<name>.parquet``, or some of its columns.

        Raises
        ------
        StoreError
            If the table is missing, damaged or lacks a column.
        """
        path = self.path / f"{name}.parquet"
        if not path.is_file():
            raise StoreError(f"{path}: no such table; wanted a complete run folder; run the scenario again")
        wanted = None if columns is None else list(columns)
        missing = set(wanted or ()) - set(self._read(path, lambda: pq.read_schema(path)).names)
        if missing:
            raise StoreError(f"{path}: no column {', '.join(sorted(missing))}; was it written by another version?")
        return self._read(path, lambda: pq.read_table(path, columns=wanted, page_checksum_verification=True))

    def batches(self, name: str, columns: Sequence[str], n_rows: int) -> Iterator[dict[str, NDArray[Any]]]:
        """Read some columns of ``<name>.parquet`` or of the parts of ``<name>/`` piece by piece, an array a column.

        Raises
        ------
        StoreError
            If the table is missing, lacks a column or turns out to be damaged.
        """
        folder = self.path / name
        paths = sorted(folder.glob("part-*.parquet")) if folder.is_dir() else [self.path / f"{name}.parquet"]
        if not paths or not paths[0].is_file():
            raise StoreError(f"{folder}: no such table; the run was made without it, or the folder is not complete")
        for path in paths:
            file = self._read(path, lambda path=path: pq.ParquetFile(path, page_checksum_verification=True))
            missing = set(columns) - set(file.schema_arrow.names)
            if missing:
                raise StoreError(f"{path}: no column {', '.join(sorted(missing))}; was it written by another version?")
            pieces = file.iter_batches(batch_size=n_rows, columns=list(columns))
            while (piece := self._read(path, lambda pieces=pieces: next(pieces, None))) is not None:
                yield {column: piece.column(column).to_numpy(zero_copy_only=False) for column in columns}

    def summary(self) -> dict[str, Any]:
        """Return the headline figures and costs of the run, as plain numbers; None where one cannot be formed."""
        rows = self.arrays("metrics")
        whole = np.isnan(rows["hour"]) & (rows["layer"] == "all") & (rows["province"] == "all")
        found = dict(zip(rows["metric"][whole], rows["value"][whole].tolist(), strict=True))
        figures = {name: found[name] if np.isfinite(found.get(name, np.nan)) else None for name in HEADLINES}
        costs = {name: self.manifest[name] for name in ("wall_s", "peak_memory_bytes", "bytes_written", "audit")}
        return {"scenario": self.manifest["scenario"], **figures, **costs}

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Read ``<name>.parquet`` as one numpy array a column; null numbers are NaN, texts are objects."""
        table = self.table(name)
        return {column: table.column(column).to_numpy(zero_copy_only=False) for column in table.column_names}

    @staticmethod
    def _read(path: Path, action: Any) -> Any:
        try:
            return action()
        except (OSError, pa.ArrowException) as fault:
            raise StoreError(
                f"{path}: damaged or not Parquet ({fault}); copy the run folder again or run the scenario again"
            ) from fault


def open_run(path: Path | str) -> Run:
    """Open a run folder.

    Parameters
    ----------
    path : Path or str
        The folder.

    Raises
    ------
    StoreError
        If it is no run folder, its manifest is damaged, or a later version wrote it.
    """
    path = Path(path)
    if not path.is_dir():
        raise StoreError(f"{path}: no such folder; wanted a run folder as `twin run --out` leaves it")
    manifest = read_json(path / "manifest.json")
    written = manifest.get("format")
    if written != FORMAT:
        raise StoreError(f"{path}/manifest.json: format {written!r}; this version reads format {FORMAT}")
    return Run(path, manifest)


def open_named(folder: Path) -> Run:
    """Open a run folder that a user has named.

    Raises
    ------
    DataError
        If it is no run folder.
    StoreError
        If its manifest is damaged, or a later version wrote it.
    """
    if not (folder / "manifest.json").is_file():
        raise DataError(f"{folder}: found no manifest.json; wanted the folder of a finished run; check the path")
    return open_run(folder)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of a run folder; what is wrong with it becomes a StoreError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise StoreError(f"{path}: no such file; wanted a complete run folder") from fault
    except (OSError, ValueError) as fault:
        raise StoreError(f"{path}: damaged or not JSON ({fault}); run the scenario again") from fault
    if not isinstance(content, dict):
        raise StoreError(f"{path}: found {type(content).__name__}; wanted an object")
    return content
