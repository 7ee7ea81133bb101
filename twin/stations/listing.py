"""A user's table of stations as a station list: checked, in WGS-84, one row a pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from twin.errors import DataError, Faults
from twin.stations.cells import COLUMNS, Cells, named
from twin.stations.evses import Pool, read_pools, way_of
from twin.stations.typical import layer_of_name
from twin.tables.columns import F64
from twin.tables.datum import CHINA_LAT, CHINA_LON, check_datum, to_wgs84
from twin.tables.inputs import LAYERS
from twin.tables.listed import ListedPools

__all__ = ["Area", "Station", "listed", "read_stations"]

NOT_ASSUMED = ("id", "lon", "lat", "name")

Area = tuple[float, float, float, float]
CHINA: Area = (CHINA_LON[0], CHINA_LAT[0], CHINA_LON[1], CHINA_LAT[1])


class Station(NamedTuple):
    """A listed station: id, name, lon, lat, operator, layer, limit (kW, NaN where not told) and pools."""

    id: str
    name: str
    lon: float
    lat: float
    operator: str
    layer: str
    site_limit_kw: float
    pools: list[Pool]


def read_stations(
    table: Mapping[str, Sequence[Any]],
    where: str,
    datum: str = "WGS-84",
    mapping: Mapping[str, str] | None = None,
    assume: Mapping[str, str] | None = None,
    area: Area | None = None,
    drop_empty: bool = False,
) -> tuple[list[Station], dict[str, Any]]:
    """Read and check a table of stations.

    Parameters
    ----------
    table : mapping
        Columns of plain values, None where blank.
    where : str
        What to call it in faults.
    datum : str
        Datum of `lon` and `lat`.
    mapping : mapping of str to str, optional
        Own name of a column by the file's.
    assume : mapping of str to str, optional
        Value of a column where it is blank or absent.
    area : tuple, optional
        West, south, east and north of a network outside China on which stations may stand too.
    drop_empty : bool
        Whether stations with no EVSE are left out and told, instead of being faults.

    Returns
    -------
    stations, report
        The stations, and what was assumed and left out.

    Raises
    ------
    DataError
        With every fault: unknown, missing and repeated columns, coordinates outside their datum, repeated ids, EVSEs and
        powers out of range, rows of one id that differ.
    """
    check_datum(datum)
    faults = Faults()
    columns, left_out = named(table, mapping or {}, where, faults)
    assumed = _fill(columns, assume or {}, len(next(iter(table.values()), [])), faults)
    way = way_of(columns, where, faults)
    if not {"id", "lon", "lat"} <= columns.keys():
        faults.raise_if_any(DataError)
    cells = Cells(where, columns, faults)
    if not cells.n_rows:
        raise DataError(f"{where}: found no rows; wanted at least one station; check the file")
    cells.note("id", [not text for text in cells.ids], lambda _: "no id", "an id", "give it one")
    lon, lat = _places(cells, datum, area)
    shared = _shared(cells, lon, lat, assumed)
    pools = read_pools(cells, way, shared["layer"], assumed)
    stations = _group(cells, way, shared, pools)
    empty = [each for each in stations if not each.pools]
    if empty and not drop_empty:
        first = {text: row for row, text in reversed([*enumerate(cells.ids)])}
        is_empty = np.zeros(cells.n_rows, bool)
        is_empty[[first[each.id] for each in empty]] = True
        cells.note(
            "EVSEs", is_empty, lambda _: "0", "at least 1", "correct or remove it, or leave such out with --drop-empty"
        )
    faults.raise_if_any(DataError)
    if len(empty) == len(stations):
        raise DataError(f"{where}: found no station with an EVSE; wanted at least one; check the file")
    report = {"n_rows": cells.n_rows, "left_out_columns": left_out, "assumed": {k: n for k, n in assumed.items() if n}}
    return [each for each in stations if each.pools], {**report, "dropped_without_evse": [each.id for each in empty]}


def listed(stations: list[Station]) -> ListedPools:
    """Return stations as the rows of a list, without a network."""
    rows = [(each, pool) for each in stations for pool in each.pools]
    nowhere, unknown = np.full(len(rows), -1, np.int32), np.full(len(rows), np.nan)
    return ListedPools(
        id=np.array([each.id for each, _ in rows], object),
        name=np.array([each.name for each, _ in rows], object),
        lon=np.array([each.lon for each, _ in rows], np.float64),
        lat=np.array([each.lat for each, _ in rows], np.float64),
        operator=np.array([each.operator for each, _ in rows], object),
        layer=np.array([each.layer for each, _ in rows], object),
        n_evse=np.array([pool.n_evse for _, pool in rows], np.int32),
        rated_power_kw=np.array([pool.rated_power_kw for _, pool in rows], np.float64),
        is_ac=np.array([pool.is_ac for _, pool in rows], np.uint8),
        serves=np.array([pool.serves for _, pool in rows], object),
        site_limit_kw=np.array([each.site_limit_kw for each, _ in rows], np.float64),
        node=nowhere,
        link=nowhere,
        snap_m=unknown,
        ahead_m=unknown,
    )


def _fill(columns: dict[str, list[Any]], assume: Mapping[str, str], n_rows: int, faults: Faults) -> Counter[str]:
    """Fill blanks with what the user says; return how many of each column were filled."""
    filled: Counter[str] = Counter()
    for name, value in assume.items():
        if name not in COLUMNS or name in NOT_ASSUMED:
            known = ", ".join(each for each in COLUMNS if each not in NOT_ASSUMED)
            faults.add(f"--assume {name}={value}", repr(name), f"one of {known}", "correct the name")
            continue
        values = columns.get(name, [None] * n_rows)
        filled[f"{name}={value}"] = sum(each is None for each in values)
        columns[name] = [value if each is None else each for each in values]
    return filled


def _places(cells: Cells, datum: str, area: Area | None) -> tuple[F64, F64]:
    """Read the coordinates, and note those outside the datum's area; return WGS-84."""
    lon, lat = cells.numbers("lon", -180.0, 180.0), cells.numbers("lat", -180.0, 180.0)
    for name, values in (("lon", lon), ("lat", lat)):
        cells.note(name, np.array([cell is None for cell in cells.columns[name]]), lambda _: "none", "degrees", "add it")
        values[~np.isfinite(values)] = np.nan
    inside = _is_in(CHINA, lon, lat)
    if area is not None and datum == "WGS-84":
        inside |= _is_in(area, lon, lat)
    is_turned = _is_in(CHINA, lat, lon)
    at = [
        f"{x:g} E, {y:g} N" + (", which may be turned round" if t else "")
        for x, y, t in zip(lon, lat, is_turned, strict=True)
    ]
    box = f"{CHINA[0]:g} to {CHINA[2]:g} E, {CHINA[1]:g} to {CHINA[3]:g} N, {datum}"
    outside = ~inside & np.isfinite(lon) & np.isfinite(lat)
    cells.note("place", outside, at.__getitem__, box, "correct it, or say which datum it is")
    lon[~inside], lat[~inside] = np.nan, np.nan
    return to_wgs84(lon, lat, datum)


def _is_in(area: Area, lon: F64, lat: F64) -> np.ndarray:
    west, south, east, north = area
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _shared(cells: Cells, lon: F64, lat: F64, assumed: Counter[str]) -> dict[str, list[Any]]:
    """What all pools of a station have in common, row by row."""
    names, layers = cells.texts("name"), cells.choices("layer")
    guessed = [text if text in LAYERS else layer_of_name(name) for text, name in zip(layers, names, strict=True)]
    is_blank = [not text for text in layers]
    assumed["layer from the name: highway"] = sum(b and g == "highway" for b, g in zip(is_blank, guessed, strict=True))
    assumed["layer: urban"] = sum(b and g == "urban" for b, g in zip(is_blank, guessed, strict=True))
    limit = cells.numbers("site_limit_kw", 1e-3, 1e6)
    return {
        "name": names,
        "lon": lon.tolist(),
        "lat": lat.tolist(),
        "operator": cells.texts("operator"),
        "layer": guessed,
        "site_limit_kw": limit.tolist(),
    }


def _group(cells: Cells, way: str, shared: dict[str, list[Any]], pools: list[list[Pool]]) -> list[Station]:
    """Put the rows of one id together; note ids that stand twice, and rows of one id that differ."""
    first_row: dict[str, int] = {}
    first = np.array([first_row.setdefault(text, row) for row, text in enumerate(cells.ids)], np.int64)
    again = first != np.arange(cells.n_rows)
    if way != "pools":
        cells.note("id", again, lambda row: f"it in row {first[row] + 1} too", "every id once", "rename or remove one")
    else:
        for name, values in shared.items():
            differs = [values[row] != values[k] and values[row] == values[row] for row, k in enumerate(first.tolist())]
            said = [repr(value) for value in values]
            cells.note(name, differs, said.__getitem__, "the same in all rows of one id", "correct it")
    of_station: dict[int, dict[tuple[int, float, str], Pool]] = {row: {} for row in first_row.values()}
    is_double = np.zeros(cells.n_rows, bool)
    for row, k in enumerate(first.tolist()):
        for pool in pools[row]:
            kind = (-pool.is_ac, pool.rated_power_kw, pool.serves)
            is_double[row] |= kind in of_station[k]
            of_station[k][kind] = pool
    cells.note("pool", is_double, lambda row: "the same power once more", "every kind of EVSE once a station", "add them up")
    about = {text: {name: values[row] for name, values in shared.items()} for text, row in first_row.items()}
    held = {text: [of_station[row][kind] for kind in sorted(of_station[row])] for text, row in first_row.items()}
    return [Station(id=text, **about[text], pools=held[text]) for text in first_row]
