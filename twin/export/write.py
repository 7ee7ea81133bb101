"""Which file is written for which ending, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from twin.errors import DataError, OutputExistsError, StoreError
from twin.export.features import LAYERS
from twin.store import Run, open_named

__all__ = ["export_run"]


def export_run(folder: Path, out: Path, layer: str | None = None) -> Path:
    """Write a run, or a part of it, in the form that the file's ending asks for.

    Parameters
    ----------
    folder : Path
        The run folder.
    out : Path
        ``.xlsx``: the headline tables with units and sources. ``.gpkg``: every layer, for geographic information systems.
        ``.parquet``: one layer as GeoParquet. ``.csv``: one layer, or one table of the run folder, as text.
    layer : str, optional
        ``stations``, ``links`` or ``zones``; for CSV also the name of a table of the run folder. ``stations`` by default
        where one is needed.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If the folder is no run, or the ending or the layer is unknown.
    OutputExistsError
        If there is a file of that name.
    StoreError
        If a table of the run is missing or damaged, or the file cannot be written.
    """
    write = _writer(out, layer)
    run = open_named(folder)
    if out.exists():
        raise OutputExistsError(f"{out}: found a file of that name; wanted a new one; give another name or remove it first")
    partial = out.with_name(f".{os.getpid()}-partial-{out.name}")
    try:
        write(run, partial)
        partial.replace(out)
    except OSError as fault:
        raise StoreError(f"{out}: could not be written ({fault}); choose a folder with room to write to") from fault
    finally:
        partial.unlink(missing_ok=True)
    return out


def _writer(out: Path, layer: str | None) -> Callable[[Run, Path], None]:
    """Return what writes the form that the ending names; its libraries are loaded when it is called."""
    ending = out.suffix.lower()
    chosen = "stations" if layer is None else layer
    if ending in (".xlsx", ".gpkg") and layer is not None:
        raise DataError(f"{out}: found --layer {layer}; wanted none, since {ending} holds all of them; leave it out")
    if ending == ".parquet" and chosen not in LAYERS:
        raise DataError(f"{out}: found layer {chosen!r}; wanted one of {', '.join(LAYERS)}; give one with --layer")

    def write(run: Run, path: Path) -> None:
        if ending == ".xlsx":
            from twin.export.workbook import write_workbook

            write_workbook(run, path)
        elif ending == ".gpkg":
            from twin.export.geodata import write_geopackage

            write_geopackage(run, path)
        elif ending == ".parquet":
            from twin.export.geodata import write_geoparquet

            write_geoparquet(run, path, chosen)
        else:
            from twin.export.text import write_csv

            write_csv(run, path, chosen)

    if ending not in (".xlsx", ".gpkg", ".parquet", ".csv"):
        raise DataError(f"{out}: found ending {ending!r}; wanted .xlsx, .gpkg, .parquet or .csv; name the file so")
    return write
