"""The file of a road network, one Parquet file whose rows belong to parts; and tables as users bring them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError, OutputExistsError, StoreError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ROAD_COLUMNS", "Lists", "RoadColumn", "about", "is_roads", "read_part", "read_user_table", "write_parts"]

PARTS = ("link", "node", "zone", "site", "line", "station")
KEY = b"twin.network"
FORMAT = 1
ROWS_AT_ONCE = 1 << 18


class RoadColumn(NamedTuple):
    """A column of the network file; the name begins with the part it belongs to."""

    name: str
    type: str
    unit: str
    meaning: str


class Lists(NamedTuple):
    """A column of lists: row ``k`` is ``values[first[k]:first[k + 1]]``."""

    first: NDArray[np.int64]
    values: NDArray[np.float64]


def _columns() -> tuple[RoadColumn, ...]:
    told = """
    link_from|int32|-|node where the link starts
    link_to|int32|-|node where it ends
    link_length_m|int32|m|length
    link_free_speed_kmh|float64|km/h|mean speed of cars on an empty road
    link_capacity_per_h|float64|1/h|passenger-car units, all lanes of the direction together
    link_kind|uint8|-|class of road, see docs/network.md
    link_line|int16|-|row of the lines, -1 none
    link_reverse|int32|-|link of the opposite direction, -1 on one-way roads
    link_id|string|-|stable name: way, its piece, direction
    link_lanes|int16|-|lanes of the direction
    link_is_toll|bool|-|whether the source says a toll is due
    link_path_lon|list|deg|points from start to end, WGS-84
    link_path_lat|list|deg|points from start to end, WGS-84
    node_lon|float64|deg|longitude, WGS-84
    node_lat|float64|deg|latitude, WGS-84
    node_names|string|-|name, blank where the source has none
    node_province|int32|-|province, -1 unknown
    node_zone|int32|-|zone whose centre the node is, -1 none
    zone_node|int32|-|node at which each zone joins the graph
    site_id|string|-|service area, one row a direction
    site_names|string|-|English name, or the local one
    site_names_zh|string|-|Chinese name, or the local one
    site_link|int32|-|link at whose end it stands
    site_lon|float64|deg|longitude, WGS-84
    site_lat|float64|deg|latitude, WGS-84
    site_province|int32|-|province, -1 unknown
    line_names|string|-|code of an expressway line
    station_id|string|-|charging station of the source
    station_lon|float64|deg|longitude, WGS-84
    station_lat|float64|deg|latitude, WGS-84
    station_name|string|-|name
    station_operator|string|-|operator
    station_n_evse|int32|-|EVSEs, 0 where not told
    station_power_kw|float64|kW|highest rated power, null where not told
    station_sockets|string|-|sockets as type:number:kW, separated by ';'
    """
    return tuple(RoadColumn(*line.strip().split("|")) for line in told.strip().splitlines())


ROAD_COLUMNS = _columns()


def _schema(metadata: Mapping[str, Any]) -> pa.Schema:
    import pyarrow as pa

    types = {"string": pa.string(), "list": pa.list_(pa.float64()), "bool": pa.bool_()}
    fields = [pa.field("part", pa.string(), metadata={"unit": "-", "meaning": f"one of {', '.join(PARTS)}"})]
    for column in ROAD_COLUMNS:
        kind = types.get(column.type) or pa.from_numpy_dtype(np.dtype(column.type))
        fields.append(pa.field(column.name, kind, metadata={"unit": column.unit, "meaning": column.meaning}))
    text = json.dumps({"format": FORMAT, **metadata}, ensure_ascii=False, allow_nan=False)
    return pa.schema(fields, metadata={KEY: text.encode()})


def write_parts(path: Path, columns: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """Write the columns of a network as one Parquet file; it appears under its name only when it is complete.

    A row belongs to one part (link, node, zone, site, line or station) and is null in the columns of the others, which
    costs nothing on disk.

    Parameters
    ----------
    path : pathlib.Path
        The file; must not exist.
    columns : mapping of str to ndarray or Lists
        By name, as `ROAD_COLUMNS` declares.
    metadata : mapping
        JSON that travels with the file.

    Raises
    ------
    OutputExistsError
        If something of that name is there.
    StoreError
        If the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    refuse_if_taken(path)
    schema = _schema(metadata)
    hidden = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with pq.ParquetWriter(hidden, schema, compression="zstd", write_page_checksum=True) as writer:
            for part in PARTS:
                table = _part_table(part, columns, schema)
                if table.num_rows:
                    writer.write_table(table, row_group_size=ROWS_AT_ONCE)
        hidden.replace(path)
    except (OSError, pa.ArrowException) as fault:
        raise StoreError(f"{path}: found {fault}; wanted room and leave to write; choose another place") from fault
    finally:
        hidden.unlink(missing_ok=True)


def refuse_if_taken(path: Path) -> None:
    """Raise unless a file of that name can be made."""
    if path.exists() or path.is_symlink():
        raise OutputExistsError(f"{path}: found something there; wanted a new file; give another with --out, or remove it")
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path}: found no such folder; wanted one that exists; make it or give another with --out")


def _part_table(part: str, columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    own = [field for field in schema if field.name.startswith(f"{part}_")]
    first = columns[own[0].name]
    n_rows = len(first)
    arrays = []
    for field in schema:
        if field.name == "part":
            arrays.append(pa.array([part], pa.string()).take(pa.array(np.zeros(n_rows, np.int64))))
        elif field not in own:
            arrays.append(pa.nulls(n_rows, field.type))
        elif isinstance(columns[field.name], Lists):
            lists = columns[field.name]
            arrays.append(pa.ListArray.from_arrays(pa.array(lists.first.astype(np.int32)), pa.array(lists.values)))
        else:
            arrays.append(pa.array(columns[field.name], field.type, from_pandas=True))
    return pa.Table.from_arrays(arrays, schema=schema)


def about(path: Path) -> dict[str, Any]:
    """Return the metadata of a network file.

    Raises
    ------
    DataError
        If the file is missing, damaged, or no network.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise DataError(f"{path}: found no such file; wanted a network as `twin network build` writes it; check the path")
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException) as fault:
        text = str(fault).splitlines()[0]
        raise DataError(f"{path}: found a damaged file or no Parquet ({text}); wanted a network; build it again") from fault
    found = json.loads(metadata.get(KEY, b"{}"))
    if found.get("format") != FORMAT:
        raise DataError(f"{path}: found format {found.get('format')}; wanted a network of format {FORMAT}; build it again")
    return dict(found)


def is_roads(path: Path) -> bool:
    """Whether a file is a network, of whatever format."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return KEY in (pq.read_schema(path).metadata or {}) if path.suffix.lower() == ".parquet" else False
    except (OSError, pa.ArrowException):
        return False


def read_part(path: Path, part: str, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Read the columns of one part, all or some; lists come as `Lists`, texts as objects."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = [column for column in ROAD_COLUMNS if column.name.startswith(f"{part}_")]
    chosen = [column for column in wanted if names is None or column.name in names]
    try:
        table = pq.read_table(
            path, columns=[column.name for column in chosen], filters=[("part", "=", part)], page_checksum_verification=True
        )
    except (OSError, pa.ArrowException) as fault:
        text = str(fault).splitlines()[0]
        raise DataError(f"{path}: found a damaged file ({text}); wanted a network; build it again") from fault
    return {column.name: _array(table.column(column.name), column.type) for column in chosen}


def _array(column: pa.ChunkedArray, kind: str) -> Any:
    if kind != "list":
        values = column.to_numpy()
        return values.astype(object if kind == "string" else kind)
    array = column.combine_chunks()
    offsets = array.offsets.to_numpy().astype(np.int64)
    return Lists(offsets - offsets[0], array.flatten().to_numpy())


def read_user_table(path: Path) -> dict[str, NDArray[Any]]:
    """Read a CSV (plain or compressed) or Parquet table of a user as one numpy array a column.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path) if path.suffix == ".parquet" else pc.read_csv(path)
        return {name: table.column(name).to_numpy() for name in table.column_names}
    except (OSError, pa.ArrowException, KeyError, ValueError) as fault:
        raise DataError(
            f"{path}: found a table that cannot be read ({str(fault).splitlines()[0]}); wanted CSV with a header or "
            "Parquet; write it again"
        ) from fault
