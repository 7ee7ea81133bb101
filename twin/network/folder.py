"""A folder with a table of nodes and a table of links, as users bring them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DataError, Faults
from twin.network.classes import CLASSES, PRIMARY, RAMPS
from twin.network.drawn import Source, raise_some
from twin.network.pieces import DEG, Pieces, Places, Roads, class_values, piece_times_ms
from twin.network.tags import MOST_KMH
from twin.tables.columns import F64, I64, STR, U8
from twin.tables.datum import CHINA_LAT, CHINA_LON, check_datum, to_wgs84
from twin.tables.roads import read_user_table

__all__ = ["LINK_COLUMNS", "NODE_COLUMNS", "read_folder", "tables_of"]

ENDINGS = (".csv", ".csv.gz", ".parquet")
GAP = "gap_bridge"
"""A link over a gap of the source: of the lower of the best classes that meet at its two ends."""

NODE_COLUMNS = {"node": ("id",), "lon": (), "lat": (), "name": ()}
LINK_COLUMNS = {
    "from_node": ("from", "u"),
    "to_node": ("to", "v"),
    "length_m": (),
    "length_km": ("km",),
    "class": ("cls", "highway"),
    "is_oneway": ("oneway",),
    "speed_kmh": (),
    "lanes_per_direction": (),
    "is_toll": (),
    "line": (),
}
"""Columns by name, with other names that are understood."""

Table = dict[str, NDArray[Any]]


def tables_of(folder: Path) -> tuple[Path, Path]:
    """Find the two tables: ``nodes`` and ``links`` (or ``edges``), each CSV, compressed CSV or Parquet.

    Raises
    ------
    DataError
        If one is missing or there are several.
    """
    faults, found = Faults(), []
    for names in (("nodes",), ("links", "edges")):
        paths = [folder / f"{name}{ending}" for name in names for ending in ENDINGS]
        there = [path for path in paths if path.is_file()]
        if len(there) != 1:
            what = ", ".join(path.name for path in there) or f"no table of {names[0]}"
            faults.add(str(folder), what, f"one {names[0]}.csv, .csv.gz or .parquet", "add it or leave one")
        found += there[:1]
    faults.raise_if_any(DataError)
    return found[0], found[1]


def read_folder(nodes_path: Path, links_path: Path, datum: str) -> Source:
    """Read the two tables.

    Parameters
    ----------
    nodes_path, links_path : pathlib.Path
        Tables with `NODE_COLUMNS` and `LINK_COLUMNS`.
    datum : str
        Datum of `lon` and `lat`, see `to_wgs84`.

    Raises
    ------
    DataError
        If a column is unknown or missing, an id repeated or unknown, a length or speed not positive, a class unknown or a
        coordinate outside its datum.
    """
    check_datum(datum)
    faults = Faults()
    nodes = _named(read_user_table(nodes_path), NODE_COLUMNS, ("node", "lon", "lat"), nodes_path, faults)
    links = _named(read_user_table(links_path), LINK_COLUMNS, ("from_node", "to_node", "class"), links_path, faults)
    if ("length_m" in links) == ("length_km" in links):
        faults.add(str(links_path), "both or none of length_m and length_km", "one of them", "keep one")
    faults.raise_if_any(DataError)
    if not len(nodes["node"]) or not len(links["class"]):
        raise DataError(f"{nodes_path.parent}: found a table without rows; wanted nodes and links; check the area")
    _check_nodes(nodes, datum, nodes_path, faults)
    start, end = (_rows_of(links[name], nodes["node"], links_path, name, faults) for name in ("from_node", "to_node"))
    length_m = _positive(links, "length_m", links_path, faults) if "length_m" in links else None
    if length_m is None:
        length_m = _positive(links, "length_km", links_path, faults) * 1000.0
    told = _kinds(links["class"], links_path, faults)
    speed_kmh = _positive(links, "speed_kmh", links_path, faults) if "speed_kmh" in links else np.full(len(told), np.nan)
    flags = {name: _truths(links, name, links_path, faults) for name in ("is_oneway", "is_toll")}
    lanes = _positive(links, "lanes_per_direction", links_path, faults) if "lanes_per_direction" in links else None
    raise_some(faults)
    kind = _kinds_of_gaps(told, start, end, len(nodes["node"]))
    lon, lat = to_wgs84(nodes["lon"].astype(np.float64), nodes["lat"].astype(np.float64), datum)
    x, y = np.rint(lon * DEG).astype(np.int32), np.rint(lat * DEG).astype(np.int32)
    length_mm = np.maximum(np.rint(length_m * 1000.0), 1).astype(np.int64)
    is_silent = np.isnan(speed_kmh)
    speed_kmh = np.where(is_silent, class_values(kind, "speed_kmh"), np.minimum(speed_kmh, MOST_KMH))
    lines, line = _lines(links, len(kind))
    ends = np.stack([start, end], axis=1).reshape(-1)
    first = 2 * np.arange(len(kind))
    pieces = Pieces(
        a=start,
        b=end,
        is_both=~flags["is_oneway"],
        kind=kind,
        length_mm=length_mm,
        time_ms=piece_times_ms(length_mm, speed_kmh),
        n_lanes=(class_values(kind, "n_lanes") if lanes is None else lanes).astype(np.int16),
        is_toll=flags["is_toll"],
        line=line,
        way=np.arange(len(kind)),
        first=first,
        last=first + 1,
    )
    names = nodes["name"].astype(object) if "name" in nodes else np.full(len(x), "", object)
    roads = Roads(x, y, names, np.zeros(len(x), bool), pieces, x[ends], y[ends], lines)
    km = [round(int(length_mm[rows].sum()) / 1e6, 3) for rows in (is_silent, ~is_silent)]
    notes = {"n_ways": len(kind), "km_with_speed_by_class": km[0], "km_with_tagged_speed": km[1]}
    return Source(roads, _no_places("id lon lat name_en name_zh at"), _no_places(STATION), [], notes)


STATION = "id lon lat name operator n_evse power_kw sockets"


def _no_places(names: str) -> Places:
    return Places({name: [] for name in names.split()})


def _named(table: Table, known: dict[str, tuple[str, ...]], needed: tuple[str, ...], path: Path, faults: Faults) -> Table:
    """Columns under their own names; an unknown one and a missing one are faults."""
    own = {other: name for name, others in known.items() for other in (name, *others)}
    named: Table = {}
    for column, values in table.items():
        if column not in own:
            faults.add(f"{path}: column {column!r}", "a name that is not known", ", ".join(known), "rename or drop it")
        elif own[column] in named:
            faults.add(f"{path}: column {column!r}", f"{own[column]} a second time", "it once", "drop one")
        else:
            named[own[column]] = values
    for name in needed:
        if name not in named:
            faults.add(str(path), f"no column {name}", ", ".join(needed), "add it")
    return named


def _check_nodes(nodes: Table, datum: str, path: Path, faults: Faults) -> None:
    ids, count = np.unique(nodes["node"].astype(object).astype(str), return_counts=True)
    for node in ids[count > 1]:
        faults.add(f"{path}: node {node}", "the same id twice", "one row an id", "drop one")
    limits = {"lon": (-180.0, 180.0), "lat": (-85.0, 85.0)} if datum == "WGS-84" else {"lon": CHINA_LON, "lat": CHINA_LAT}
    for name, (low, high) in limits.items():
        values = nodes[name]
        if values.dtype.kind not in "fiu":
            faults.add(f"{path}: column {name}", "texts", f"degrees, {datum}", "correct the column")
            continue
        for row in np.flatnonzero(~((values >= low) & (values <= high))):
            faults.add(f"{path}: {name} of row {row + 1}", values[row], f"{low:g} to {high:g}, {datum}", "correct it")


def _rows_of(ids: NDArray[Any], table: NDArray[Any], path: Path, name: str, faults: Faults) -> I64:
    """Row of the node table of each id."""
    if ids.dtype != table.dtype or ids.dtype == object:
        ids, table = ids.astype(object).astype(str), table.astype(object).astype(str)
    order = np.argsort(table, kind="stable")
    at = np.minimum(np.searchsorted(table[order], ids), len(table) - 1)
    rows: I64 = order[at].astype(np.int64)
    for row in np.flatnonzero(table[rows] != ids):
        found = ids[row] if str(ids[row]) else "nothing"
        faults.add(f"{path}: {name} of row {row + 1}", found, "a node of the node table", "correct it or add the node")
    return rows


def _positive(links: Table, name: str, path: Path, faults: Faults) -> F64:
    values = links[name]
    if values.dtype.kind not in "fiu":
        faults.add(f"{path}: column {name}", "texts", "numbers above 0", "correct the column")
        return np.ones(len(values))
    numbers: F64 = values.astype(np.float64)
    is_bad = ~((numbers > 0) & (numbers < 1e7))
    if name == "speed_kmh":
        is_bad &= ~np.isnan(numbers)
    for row in np.flatnonzero(is_bad):
        faults.add(f"{path}: {name} of row {row + 1}", values[row], "above 0", "correct it")
    return numbers


def _truths(links: Table, name: str, path: Path, faults: Faults) -> NDArray[np.bool_]:
    if name not in links:
        return np.zeros(len(links["class"]), bool)
    values = links[name]
    if values.dtype == bool or (values.dtype.kind in "iu" and np.all((values == 0) | (values == 1))):
        return values.astype(bool)
    faults.add(f"{path}: column {name}", "other values", "true or false, or 0 or 1, on every row", "correct the column")
    return np.zeros(len(values), bool)


def _kinds(names: NDArray[Any], path: Path, faults: Faults) -> I64:
    known = ", ".join((*CLASSES, GAP))
    values, row_of = np.unique(names.astype(object).astype(str), return_inverse=True)
    for value in values:
        if value not in CLASSES and value != GAP:
            faults.add(f"{path}: class {str(value)!r}", "a class that is not known", known, "correct it")
    kinds = np.array([CLASSES[value].kind if value in CLASSES else -1 for value in values], np.int64)
    return kinds[row_of]


def _kinds_of_gaps(kind: I64, start: I64, end: I64, n_nodes: int) -> U8:
    """Give links over gaps the lower of the best classes at their two ends; primary where nothing else meets them."""
    best = np.full(n_nodes, 255, np.int64)
    known = kind >= 0
    for ends in (start, end):
        np.minimum.at(best, ends[known], kind[known] % RAMPS)
    guess = np.maximum(best[start], best[end])
    return np.where(known, kind, np.where(guess == 255, PRIMARY, guess)).astype(np.uint8)


def _lines(links: Table, n_links: int) -> tuple[STR, Any]:
    if "line" not in links:
        return np.array([], object), np.full(n_links, -1, np.int16)
    text = np.array(["" if value is None else str(value) for value in links["line"]], object)
    names = np.array(sorted({value for value in text if value}), object)
    row_of = {name: row for row, name in enumerate(names)}
    return names, np.array([row_of.get(value, -1) for value in text], np.int16)
