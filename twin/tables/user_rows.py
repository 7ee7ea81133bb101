"""Tables of places as users bring them: CSV, GeoJSON or Parquet, read as columns of plain values."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import zlib
from pathlib import Path
from typing import Any

from twin.errors import DataError, Faults

__all__ = ["ENDINGS", "MOST_FAULTS", "read_rows"]

ENDINGS = (".csv", ".csv.gz", ".geojson", ".geojson.gz", ".json", ".parquet")
MOST_FAULTS = 10
"""Faults of one kind that are told one by one before the others are only counted."""
WORLD_DATUMS = ("CRS84", "4326", "4490")
"""Parts of the names of reference systems that are WGS-84 or within a metre of it."""

Values = list[Any]


def read_rows(path: Path) -> dict[str, Values]:
    """Read a table of places.

    Cells of a CSV come as texts; blank cells, JSON nulls and NaN as None. Of GeoJSON the columns are the properties, `lon`
    and `lat` of the point, and `id` of the feature where the properties have none.

    Parameters
    ----------
    path : pathlib.Path
        A file with one of `ENDINGS`.

    Returns
    -------
    dict of str to list
        Columns of one length.

    Raises
    ------
    DataError
        If there is no such file, it is of another kind or damaged, rows differ in length, a column stands twice, or a
        feature is no point.
    """
    name = path.name.lower()
    if not name.endswith(ENDINGS):
        raise DataError(
            f"{path}: found a file of another kind; wanted one that ends in {', '.join(ENDINGS)}; save it as such"
        )
    if not path.is_file():
        raise DataError(f"{path}: found no such file; wanted a table of stations; check the path")
    if name.endswith(".parquet"):
        return _parquet(path)
    text = _text(path)
    return _csv(path, text) if ".csv" in name else _geojson(path, text)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.name.lower().endswith(".gz") else raw).decode("utf-8-sig")
    except (OSError, EOFError, ValueError, zlib.error) as fault:
        raise _damaged(path, str(fault), "UTF-8 text") from fault


def _damaged(path: Path, why: str, wanted: str) -> DataError:
    said = why.splitlines()[0][:120] if why else "empty"
    return DataError(f"{path}: found a file that cannot be read ({said}); wanted {wanted}; save it again")


def _csv(path: Path, text: str) -> dict[str, Values]:
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as fault:
        raise _damaged(path, str(fault), "CSV with a header") from fault
    if not lines:
        raise _damaged(path, "no header", "CSV with a header")
    header, rows = [name.strip() for name in lines[0]], lines[1:]
    faults = Faults()
    for name in sorted({name for name in header if header.count(name) > 1}):
        faults.add(f"{path}: column {name!r}", f"it {header.count(name)} times", "every name once", "drop or rename one")
    odd = [row for row, cells in enumerate(rows) if len(cells) != len(header)]
    for row in odd[:MOST_FAULTS]:
        faults.add(f"{path}: row {row + 1}", f"{len(rows[row])} cells", f"{len(header)} as in the header", "correct the row")
    if len(odd) > MOST_FAULTS:
        faults.add(str(path), f"the same in {len(odd) - MOST_FAULTS} more rows", f"{len(header)} cells", "correct them")
    faults.raise_if_any(DataError)
    return {name: [cells[at].strip() or None for cells in rows] for at, name in enumerate(header)}


def _geojson(path: Path, text: str) -> dict[str, Values]:
    try:
        collection = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise _damaged(path, str(fault), "GeoJSON") from fault
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list):
        raise _damaged(path, "no list of features", "a GeoJSON FeatureCollection of points")
    faults = Faults()
    crs = json.dumps(collection.get("crs"))
    if crs != "null" and not any(datum in crs for datum in WORLD_DATUMS):
        faults.add(f"{path}: crs", crs[:80], "degrees of WGS-84, GCJ-02 or BD-09", "export it in degrees")
    rows = [_feature(feature) for feature in features]
    odd = [row for row, cells in enumerate(rows) if cells is None]
    for row in odd[:MOST_FAULTS]:
        faults.add(f"{path}: feature {row + 1}", "no point with two coordinates", "a Point", "correct or drop it")
    if len(odd) > MOST_FAULTS:
        faults.add(str(path), f"the same in {len(odd) - MOST_FAULTS} more features", "a Point", "correct or drop them")
    faults.raise_if_any(DataError)
    whole = [cells for cells in rows if cells is not None]
    names = list(dict.fromkeys(name for cells in whole for name in cells))
    return {name: [cells.get(name) for cells in whole] for name in names}


def _feature(feature: Any) -> dict[str, Any] | None:
    """Return the cells of a feature; None where it is no point."""
    if not isinstance(feature, dict):
        return None
    geometry, properties = feature.get("geometry"), feature.get("properties") or {}
    if not isinstance(geometry, dict) or geometry.get("type") != "Point" or not isinstance(properties, dict):
        return None
    point = geometry.get("coordinates")
    if not isinstance(point, list) or len(point) not in (2, 3):
        return None
    cells = {str(name): value for name, value in properties.items()} | {"lon": point[0], "lat": point[1]}
    if cells.get("id") is None and feature.get("id") is not None:
        cells["id"] = feature["id"]
    return cells


def _parquet(path: Path) -> dict[str, Values]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, page_checksum_verification=True)
        columns = {name: table.column(name).to_pylist() for name in table.column_names}
    except (OSError, ValueError, pa.ArrowException) as fault:
        raise _damaged(path, str(fault), "Parquet") from fault
    return {name: [None if _is_nan(value) else value for value in values] for name, values in columns.items()}


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
