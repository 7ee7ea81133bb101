"""The file of a station list: one row a pool, in Parquet, CSV or GeoJSON."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np

from twin.errors import DataError, StoreError
from twin.tables.columns import F64, I32, STR, U8, Field, columns, to_arrow
from twin.tables.roads import refuse_if_taken

__all__ = ["OWN", "ListedPools", "read_list", "read_table", "said_power", "write_list", "write_table"]

KEY = b"twin.stations"
FORMAT = 1


class ListedPools(NamedTuple):
    """A station list: one pool a row; rows of one id follow each other and are one station."""

    id: Annotated[STR, Field("-", "id of the station in its source")]
    name: Annotated[STR, Field("-", "name, blank where the source has none")]
    lon: Annotated[F64, Field("deg", "longitude, WGS-84")]
    lat: Annotated[F64, Field("deg", "latitude, WGS-84")]
    operator: Annotated[STR, Field("-", "operator, blank where the source names none")]
    layer: Annotated[STR, Field("-", "urban, highway or rural")]
    n_evse: Annotated[I32, Field("-", "EVSEs of the pool")]
    rated_power_kw: Annotated[F64, Field("kW", "rated power of one EVSE")]
    is_ac: Annotated[U8, Field("-", "1 where the car's own charger sets the power")]
    serves: Annotated[STR, Field("-", "cars, trucks or both")]
    site_limit_kw: Annotated[F64, Field("kW", "power that the site's transformer lets through, null where not told")]
    node: Annotated[I32, Field("-", "nearest node of the network of the import, -1 without")]
    link: Annotated[I32, Field("-", "directed link of that network at whose end it stands, -1 without")]
    snap_m: Annotated[F64, Field("m", "distance to that node, or to that link; null without")]
    ahead_m: Annotated[
        F64, Field("m", "way from there to the end of the link, below 0 where that lies behind; null without")
    ]


OWN = tuple(name for name in ListedPools._fields if name not in ("node", "link", "snap_m", "ahead_m"))
"""Columns that do not depend on a network; these are exported."""


def write_list(path: Path, pools: ListedPools, metadata: Mapping[str, Any]) -> None:
    """Write a station list as Parquet; it appears under its name only when it is complete.

    Raises
    ------
    OutputExistsError
        If something of that name is there.
    StoreError
        If the file cannot be written.
    """
    text = json.dumps({"format": FORMAT, **metadata}, ensure_ascii=False, allow_nan=False)
    write_table(path, to_arrow(pools).replace_schema_metadata({KEY: text.encode()}))


def write_table(path: Path, table: Any) -> None:
    """Write an Arrow table of stations as the name of the file says: Parquet, CSV or GeoJSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    refuse_if_taken(path)
    hidden = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        if path.suffix.lower() == ".parquet":
            pq.write_table(table, hidden, compression="zstd", write_page_checksum=True)
        elif path.suffix.lower() in _WRITERS:
            text = _WRITERS[path.suffix.lower()](table.to_pylist(), table.column_names)
            hidden.write_text(text, encoding="utf-8", newline="")
        else:
            raise DataError(f"{path}: found an ending {path.suffix!r}; wanted .parquet, .csv or .geojson; give another name")
        hidden.replace(path)
    except (OSError, pa.ArrowException) as fault:
        raise StoreError(f"{path}: found {fault}; wanted room and leave to write; choose another place") from fault
    finally:
        hidden.unlink(missing_ok=True)


def read_list(path: Path) -> tuple[ListedPools, dict[str, Any]]:
    """Read a station list that `write_list` wrote, and what travels with it.

    Raises
    ------
    DataError
        If the file is missing, damaged or no station list.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    todo = "make one with `twin stations import`"
    if not path.is_file():
        raise DataError(f"{path}: found no such file; wanted a station list; check the path, or {todo}")
    try:
        about = json.loads((pq.read_schema(path).metadata or {}).get(KEY, b"{}"))
        if about.get("format") != FORMAT:
            raise DataError(f"{path}: found no station list; wanted one of format {FORMAT}; {todo}")
        table = pq.read_table(path, page_checksum_verification=True)
        found = [_array(table.column(column.name), column.dtype) for column in columns(ListedPools)]
    except (OSError, ValueError, KeyError, pa.ArrowException) as fault:
        raise DataError(f"{path}: found a damaged file or no Parquet ({str(fault).splitlines()[0]}); {todo}") from fault
    return ListedPools(*found), dict(about)


def read_table(path: Path, wanted: str) -> Any:
    """Read a Parquet table as it is.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise DataError(f"{path}: found no such file; wanted {wanted}; check the path")
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as fault:
        raise DataError(f"{path}: found a damaged file ({str(fault).splitlines()[0]}); wanted {wanted}") from fault


def _array(column: Any, dtype: np.dtype[Any]) -> Any:
    return np.asarray(column.to_numpy()).astype(dtype)


def said_power(rated_power_kw: float) -> str:
    """Write a power in whole watts as short as it goes, such as ``7`` and ``62.5``."""
    return f"{rated_power_kw:.3f}".rstrip("0").rstrip(".")


def _csv_text(rows: list[dict[str, Any]], names: list[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([["" if row[name] is None else row[name] for name in names] for row in rows])
    return text.getvalue()


def _geojson_text(rows: list[dict[str, Any]], names: list[str]) -> str:
    """One feature a station; the pools of a list become properties such as ``n_evse_120kw_dc_cars``."""
    features = [_feature(row) for row in (_stations(rows) if "serves" in names else rows)]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False) + "\n"


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    properties = {name: value for name, value in row.items() if name not in ("lon", "lat")}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        "properties": properties,
    }


def _stations(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    of_pool = ("n_evse", "rated_power_kw", "is_ac", "serves")
    for _, group in groupby(rows, key=lambda row: row["id"]):
        pools = list(group)
        station = {name: value for name, value in pools[0].items() if name not in of_pool}
        for pool in pools:
            kind = f"{said_power(pool['rated_power_kw'])}kw_{'ac' if pool['is_ac'] else 'dc'}_{pool['serves']}"
            station[f"n_evse_{kind}"] = pool["n_evse"]
        yield station


_WRITERS = {".csv": _csv_text, ".geojson": _geojson_text}
