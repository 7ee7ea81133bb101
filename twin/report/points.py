"""What the map shows as one dot: a zone's stations of a layer, a service area, or a station of a city."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.places import Places
from twin.report.projection import View
from twin.tables.columns import F64
from twin.tables.inputs import LAYERS

__all__ = ["STATION_COLUMNS", "Dots", "dot_names", "dots_of", "idle_of"]

Columns = Mapping[str, NDArray[Any]]
STATION_COLUMNS = (
    "station", "name", "province", "zone", "layer", "lon", "lat", "n_evse", "n_high_power", "rated_power_kw",
    "n_arrivals", "n_sessions", "n_balked", "n_reneged", "mean_wait_s", "max_wait_s", "busy_share",
)  # fmt: skip
"""Columns of ``stations.parquet`` that the page needs."""


class Dots(NamedTuple):
    """The dots of one layer, those with the longest waits last.

    Attributes
    ----------
    layer : str
        One of ``LAYERS``.
    is_single : bool
        Whether a dot is one station.
    names : list of str
        Name of the station, or the id of the zone.
    x_km, y_km : ndarray
        Position on the map, the mean over EVSEs.
    n_evse, n_high_power, rated_kw, sessions, wait_min : ndarray
        Of the dot; wait_min is the mean over its sessions, NaN without any.
    zones : list of str
        Id of the zone.
    of_station : ndarray of int, shape (n_stations,)
        Dot of each station; -1 where it is none of these.
    """

    layer: str
    is_single: bool
    names: list[str]
    x_km: F64
    y_km: F64
    n_evse: F64
    n_high_power: F64
    rated_kw: F64
    sessions: F64
    wait_min: F64
    zones: list[str]
    of_station: NDArray[np.int64]


def idle_of(stations: Columns, view: View) -> NDArray[np.bool_]:
    """Return which of the stations that are shown one by one had no session."""
    is_single = (stations["layer"] == "highway") | (view.centre_deg is not None)
    return np.asarray(is_single & (stations["n_sessions"] == 0))


def dots_of(stations: Columns, view: View) -> list[Dots]:
    """Gather the stations into dots, layer by layer; those that `idle_of` tells are left out."""
    shown = ~idle_of(stations, view)
    return [_of_layer(layer, stations, shown, view) for layer in LAYERS if (shown & (stations["layer"] == layer)).any()]


def _of_layer(layer: str, stations: Columns, shown: NDArray[np.bool_], view: View) -> Dots:
    chosen = np.flatnonzero(shown & (stations["layer"] == layer))
    is_single = layer == "highway" or view.centre_deg is not None
    key = stations["station"][chosen] if is_single else stations["zone"][chosen].astype(str)
    keys, first, dot = np.unique(key, return_index=True, return_inverse=True)

    def summed(values: NDArray[Any]) -> F64:
        return np.bincount(dot, weights=values, minlength=len(keys)).astype(np.float64)

    columns = {name: stations[name][chosen] for name in STATION_COLUMNS if name not in ("name", "zone", "province")}
    n_evse, sessions = summed(columns["n_evse"]), summed(columns["n_sessions"])
    waited_s = summed(np.nan_to_num(columns["mean_wait_s"]) * columns["n_sessions"])
    wait_min = np.divide(waited_s, sessions * 60, out=np.full(len(keys), np.nan), where=sessions > 0)
    weight = np.maximum(n_evse, 1)
    x_km, y_km = (summed(axis * columns["n_evse"]) / weight for axis in view.project(columns["lon"], columns["lat"]))
    order = np.argsort(np.nan_to_num(wait_min), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    of_station = np.full(len(stations["station"]), -1, np.int64)
    of_station[chosen] = rank[dot]
    rows = chosen[first[order]]
    return Dots(
        layer, is_single, [str(name) for name in stations["name" if is_single else "zone"][rows]], x_km[order], y_km[order],
        n_evse[order], summed(columns["n_high_power"])[order], summed(columns["rated_power_kw"])[order], sessions[order],
        wait_min[order], [str(zone) for zone in stations["zone"][rows]], of_station,
    )  # fmt: skip


def dot_names(dots: Dots, places: Places) -> list[str]:
    """Return what each dot is called on the page."""
    if dots.is_single:
        return [places.station(name) for name in dots.names]
    return [places.zone_both(zone) for zone in dots.names]
