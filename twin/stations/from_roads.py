"""Charging stations that OpenStreetMap draws beside the roads of a built network."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import DataError
from twin.stations.apportion import apportion
from twin.stations.evses import LEAST_KW, MOST_AC_KW, MOST_EVSE, MOST_KW, Pool
from twin.stations.listing import Station
from twin.stations.sphere import nearest_on_sphere
from twin.stations.typical import FAST_KW, LEAST_DC_KW, SLOW_KW, TYPICAL, layer_of_name
from twin.tables.columns import F64
from twin.tables.roads import read_part

__all__ = ["pools_of_sockets", "stations_beside"]

DC_SOCKETS = ("_dc", "combo", "ccs", "chademo", "supercharger", "nacs", "mcs")
"""Parts of the names of sockets that are DC in OpenStreetMap's `socket:*`; all others are AC."""

SERVICE_AREA_KM = 0.4
"""A station this close to a service area is the service area's; such areas are some 500 m long (own choice)."""


def stations_beside(path: Path) -> tuple[list[Station], dict[str, Any]]:
    """Read the charging stations of a built network.

    EVSEs are shared out to sockets; what a station does not tell is assumed, see `twin.stations.typical`, and counted.

    Raises
    ------
    DataError
        If the file is no network, or holds no charging station.
    """
    table = read_part(path, "station")
    if not len(table["station_id"]):
        raise DataError(f"{path}: found no charging station beside the roads; wanted at least one; give a table of stations")
    sites = read_part(path, "site", ["site_lon", "site_lat"])
    layers = _layers(table, sites["site_lon"], sites["site_lat"])
    assumed: Counter[str] = Counter()
    stations = []
    for row, layer in enumerate(layers):
        n_evse, power_kw, sockets = (table[f"station_{name}"][row] for name in ("n_evse", "power_kw", "sockets"))
        pools = pools_of_sockets(int(n_evse), float(power_kw), str(sockets), layer, assumed)
        station, name, operator = (str(table[f"station_{name}"][row] or "") for name in ("id", "name", "operator"))
        lon, lat = (float(table[f"station_{name}"][row]) for name in ("lon", "lat"))
        stations.append(Station(station, name, lon, lat, operator, layer, math.nan, pools))
    assumed["serves: cars"] += len(stations)
    report = {"n_rows": len(stations), "left_out_columns": [], "assumed": dict(assumed), "dropped_without_evse": []}
    return stations, report


def _layers(table: dict[str, Any], site_lon: F64, site_lat: F64) -> list[str]:
    """Highway beside a service area and where the name tells of one, else urban."""
    layers = [layer_of_name(str(name or "")) for name in table["station_name"]]
    if not len(site_lon):
        return layers
    off_km, _ = nearest_on_sphere(table["station_lon"], table["station_lat"], site_lon, site_lat)
    return ["highway" if km <= SERVICE_AREA_KM else layer for km, layer in zip(off_km.tolist(), layers, strict=True)]


def pools_of_sockets(n_evse: int, most_kw: float, sockets: str, layer: str, assumed: Counter[str]) -> list[Pool]:
    """Return the pools of a station of OpenStreetMap.

    Parameters
    ----------
    n_evse : int
        EVSEs, 0 where not told.
    most_kw : float
        Highest power, NaN where not told.
    sockets : str
        ``type:number:kW``, separated by ``;``; number and kW may be blank.
    layer : str
        By which EVSEs are assumed where none are told.
    assumed : Counter
        Counts what was assumed.
    """
    typical = TYPICAL[layer]
    if not n_evse and not sockets:
        assumed["number of EVSEs"] += 1
        n_evse = sum(typical) if math.isnan(most_kw) else typical.n_slow if most_kw < LEAST_DC_KW else typical.n_fast
        n_evse = n_evse or sum(typical)
    n_evse = min(n_evse, MOST_EVSE)
    if sockets:
        kinds, counts = _kinds(sockets, assumed)
    elif LEAST_KW <= most_kw <= MOST_KW:
        kinds, counts = [(most_kw, int(most_kw < LEAST_DC_KW))], [1]
    else:
        assumed["power of the EVSEs"] += 1
        kinds, counts = [(FAST_KW, 0), (SLOW_KW, 1)], list(typical)
    shared = apportion(n_evse or sum(counts), np.array(counts))
    pools: dict[tuple[float, int], int] = {}
    for kind, n in zip(kinds, shared.tolist(), strict=True):
        pools[kind] = pools.get(kind, 0) + n
    return [Pool(n, kw, is_ac, "cars") for (kw, is_ac), n in sorted(pools.items(), key=lambda item: _order(item[0])) if n]


def _kinds(sockets: str, assumed: Counter[str]) -> tuple[list[tuple[float, int]], list[int]]:
    """Power and kind of each socket, and how many there are."""
    kinds, counts = [], []
    for told in sockets.split(";"):
        name, number, power = told.rsplit(":", 2)
        is_ac = not any(part in name for part in DC_SOCKETS)
        power_kw = round(float(power), 3) if power else math.nan
        if not LEAST_KW <= power_kw <= (MOST_AC_KW if is_ac else MOST_KW):
            assumed["power of sockets"] += 1
            power_kw = SLOW_KW if is_ac else FAST_KW
        kinds.append((power_kw, int(is_ac)))
        counts.append(int(number) if number else 1)
    return kinds, counts


def _order(kind: tuple[float, int]) -> tuple[int, float]:
    return -kind[1], kind[0]
