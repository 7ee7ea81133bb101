"""Stations, links and zones with their results, a row each, as columns and coordinates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.store import Run
from twin.tables.columns import F64

__all__ = ["LAYERS", "Features"]

Columns = dict[str, NDArray[Any]]
SECONDS_PER_MINUTE = 60


class Features(NamedTuple):
    """What stands or runs somewhere, with what happened there.

    Attributes
    ----------
    columns : dict of str to ndarray
        A value a row, units in the names.
    lon, lat : ndarray of float64, shape (n_rows, 1) or (n_rows, 2)
        WGS-84 degrees: of the point, or of both ends of the line.
    """

    columns: Columns
    lon: F64
    lat: F64


def stations(run: Run) -> Features:
    """Return every station with its whole run."""
    columns = run.arrays("stations")
    return Features(columns, columns["lon"][:, None], columns["lat"][:, None])


def links(run: Run) -> Features:
    """Return every directed link with its vehicles, and its mean and lowest hourly speed over the hours it was used."""
    network = run.arrays("network")
    hours = run.arrays("links")
    n_links = len(network["link"])
    n_vehicles = np.bincount(hours["link"], weights=hours["n_vehicles"], minlength=n_links)
    speed_sum = np.bincount(hours["link"], weights=hours["n_vehicles"] * hours["speed_kmh"], minlength=n_links)
    lowest = np.full(n_links, np.inf)
    np.minimum.at(lowest, hours["link"], hours["speed_kmh"])
    lowest[np.isinf(lowest)] = np.nan
    results = {
        "n_vehicles": n_vehicles.astype(np.int64),
        "mean_speed_kmh": np.divide(speed_sum, n_vehicles, out=np.full(n_links, np.nan), where=n_vehicles > 0),
        "lowest_speed_kmh": lowest,
    }
    lon = np.stack([network.pop("from_lon"), network.pop("to_lon")], axis=1)
    lat = np.stack([network.pop("from_lat"), network.pop("to_lat")], axis=1)
    return Features(network | results, lon, lat)


def zones(run: Run) -> Features:
    """Return every zone that has a station: its stations added up, at their centre, each weighing as its EVSEs."""
    rows = run.arrays("stations")
    names, of_station = np.unique(rows["zone"].astype(str), return_inverse=True)

    def summed(values: NDArray[Any]) -> F64:
        return np.bincount(of_station, weights=np.nan_to_num(values), minlength=len(names)).astype(np.float64)

    first = np.unique(of_station, return_index=True)[1]
    n_sessions, n_evse = summed(rows["n_sessions"]), summed(rows["n_evse"])
    waited_s = summed(rows["mean_wait_s"] * rows["n_sessions"])
    columns: Columns = {
        "zone": names.astype(object),
        "province": rows["province"][first],
        "n_stations": np.bincount(of_station),
    }
    columns |= {
        name: summed(rows[name]).astype(np.int64)
        for name in ("n_evse", "n_high_power", "n_arrivals", "n_sessions", "n_balked", "n_reneged")
    }
    columns |= {name: summed(rows[name]) for name in ("rated_power_kw", "energy_kwh")}
    mean_wait_s = np.divide(waited_s, n_sessions, out=np.full(len(names), np.nan), where=n_sessions > 0)
    busy = summed(rows["busy_share"] * rows["n_evse"])
    columns["mean_wait_min"] = mean_wait_s / SECONDS_PER_MINUTE
    columns["busy_share"] = np.divide(busy, n_evse, out=np.full(len(names), np.nan), where=n_evse > 0)
    weight = np.maximum(n_evse, 1)
    lon, lat = (summed(rows[axis] * rows["n_evse"]) / weight for axis in ("lon", "lat"))
    return Features(columns | {"lon": lon, "lat": lat}, lon[:, None], lat[:, None])


LAYERS: dict[str, Callable[[Run], Features]] = {"stations": stations, "links": links, "zones": zones}
"""Layers by name."""
