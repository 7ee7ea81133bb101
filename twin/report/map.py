"""The map: roads as outline, a nation's stations gathered by zone, service areas and a city's stations one by one."""

from __future__ import annotations

import html
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import Chart, Columns, layout, numbers
from twin.tables.columns import F64
from twin.tables.inputs import LAYERS

EARTH_RADIUS_KM = 6371.0
CITY_DEG = 3.0
"""What is no wider and no higher than this is drawn as a city."""
WAIT_SHOWN_MIN = 60.0
SYMBOLS = {"urban": "circle", "highway": "diamond", "rural": "square"}
SCALE = ((0.0, "#56B4E9"), (0.25, "#F0E442"), (0.5, "#E69F00"), (1.0, "#D55E00"))

COLOUR_BAR = {
    "title": {"text": "mean wait (min)", "side": "top", "font": {"size": 13}},
    "orientation": "h",
    "thickness": 10,
    "len": 0.5,
    "x": 0,
    "xanchor": "left",
    "y": 0.02,
    "yanchor": "bottom",
    "tickvals": [0, 15, 30, 45, 60],
    "ticktext": ["0", "15", "30", "45", "60+"],
}


def albers_km(lon_deg: NDArray[Any], lat_deg: NDArray[Any]) -> tuple[F64, F64]:
    """Project to Albers' equal-area conic with parallels 25 and 47 degrees north, centred on 105 east, 35 north.

    Parameters
    ----------
    lon_deg, lat_deg : ndarray
        Position, degrees.

    Returns
    -------
    x_km, y_km : ndarray
        Position on the map, km (Snyder 1987, Map Projections, equations 14-1 to 14-6, sphere).
    """
    south, north, origin = np.radians([25.0, 47.0, 35.0])
    n = (np.sin(south) + np.sin(north)) / 2
    c = np.cos(south) ** 2 + 2 * n * np.sin(south)
    rho, rho_origin = (EARTH_RADIUS_KM * np.sqrt(c - 2 * n * np.sin(lat)) / n for lat in (np.radians(lat_deg), origin))
    theta = n * np.radians(np.asarray(lon_deg, np.float64) - 105.0)
    return rho * np.sin(theta), rho_origin - rho * np.cos(theta)


class View(NamedTuple):
    """How degrees become kilometres on a map: the nation's projection, or a city's plane.

    Attributes
    ----------
    centre_deg : tuple of float or None
        Longitude and latitude at which the plane touches the globe, north up, good to 0.1 % over 50 km; None: Albers.
    """

    centre_deg: tuple[float, float] | None

    def project(self, lon_deg: NDArray[Any], lat_deg: NDArray[Any]) -> tuple[F64, F64]:
        """Return kilometres east and north, to the metre in a city and to the kilometre in the nation."""
        if self.centre_deg is None:
            return albers_km(lon_deg, lat_deg)
        east, north = np.radians(self.centre_deg)
        x_km = EARTH_RADIUS_KM * np.cos(north) * (np.radians(np.asarray(lon_deg, np.float64)) - east)
        return x_km, EARTH_RADIUS_KM * (np.radians(np.asarray(lat_deg, np.float64)) - north)

    def shown(self, km: F64) -> list[float | None]:
        """Return positions as short as the map needs them."""
        return numbers(np.round(km, 0 if self.centre_deg is None else 3), 5)


def view_of(lon_deg: NDArray[Any], lat_deg: NDArray[Any]) -> View:
    """Return a city's plane where all that is drawn lies within a few degrees, else the nation's projection."""
    ends = [(float(x.min()), float(x.max())) for x in (np.asarray(lon_deg), np.asarray(lat_deg)) if len(x)]
    if not ends or max(high - low for low, high in ends) > CITY_DEG:
        return View(None)
    east, north = (sum(pair) / 2.0 for pair in ends)
    return View((east, north))


def draw_map(stations: Columns, network: Columns | None) -> Chart:
    """Draw roads, stations by zone or one by one, and service areas; colour is the mean wait, size the number of EVSEs.

    Parameters
    ----------
    stations : mapping of str to ndarray
        ``stations.parquet``.
    network : mapping of str to ndarray or None
        ``network.parquet``: ends of the links in degrees; None leaves the roads out.
    """
    view = (
        view_of(stations["lon"], stations["lat"]) if network is None else view_of(network["from_lon"], network["from_lat"])
    )
    data = [] if network is None else [roads(network, view)]
    is_single = (stations["layer"] == "highway") | (view.centre_deg is not None)
    is_idle = (stations["n_sessions"] == 0) & is_single
    if is_idle.any():
        data.append(_idle({name: values[is_idle] for name, values in stations.items()}, view))
    for layer in LAYERS:
        chosen = (stations["layer"] == layer) & ~is_idle
        if chosen.any():
            data.append(_points(layer, {name: values[chosen] for name, values in stations.items()}, view))
    return {"data": data, "layout": map_layout(), "config": {"scrollZoom": True}}


def map_layout() -> Chart:
    """Return what maps share: no axes, one scale for both, panned by dragging."""
    hidden = {"visible": False}
    shape = layout("", "", 620, hovermode="closest", xaxis=hidden, yaxis=hidden, margin={"l": 0, "r": 0, "b": 0})
    shape["yaxis"] |= {"scaleanchor": "x", "scaleratio": 1, "rangemode": "normal"}
    shape["dragmode"] = "pan"
    shape["legend"] |= {"itemsizing": "constant"}
    return shape


def roads(network: Columns, view: View) -> Chart:
    """Draw each road once, whatever its directions, as one broken line."""
    ends = np.stack([network[name] for name in ("from_lon", "from_lat", "to_lon", "to_lat")], axis=1)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    ends = np.unique(ends, axis=0)
    x, y = (np.full(3 * len(ends), np.nan) for _ in range(2))
    for k in range(2):
        x[k::3], y[k::3] = view.project(ends[:, 2 * k], ends[:, 2 * k + 1])
    return {
        "type": "scattergl",
        "mode": "lines",
        "name": "roads",
        "x": view.shown(x),
        "y": view.shown(y),
        "line": {"color": "#888888", "width": 0.8},
        "hoverinfo": "skip",
    }


def _idle(columns: Columns, view: View) -> Chart:
    """Draw those of the stations shown one by one to which nobody came."""
    x, y = view.project(columns["lon"], columns["lat"])
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": "no session",
        "x": view.shown(x),
        "y": view.shown(y),
        "text": [html.escape(str(name)) for name in columns["name"]],
        "customdata": [[int(n), 0] for n in columns["n_evse"]],
        "marker": {"size": 4, "color": "#cccccc"},
        "hovertemplate": "%{text}<br>%{customdata[0]:,} EVSEs, no session<extra></extra>",
    }


def _points(layer: str, columns: Columns, view: View) -> Chart:
    """Draw one layer: service areas and a city's stations one by one, other stations gathered by zone."""
    is_single = layer == "highway" or view.centre_deg is not None
    names, area = np.unique(columns["station" if is_single else "zone"], return_inverse=True)
    if is_single:
        names = columns["name"][np.argsort(columns["station"])]

    def summed(values: NDArray[Any]) -> F64:
        return np.bincount(area, weights=values, minlength=len(names)).astype(np.float64)

    n_evse, sessions = summed(columns["n_evse"]), summed(columns["n_sessions"])
    waited_s = summed(np.nan_to_num(columns["mean_wait_s"]) * columns["n_sessions"])
    wait_min = np.divide(waited_s, sessions * 60, out=np.full(len(names), np.nan), where=sessions > 0)
    weight = np.maximum(n_evse, 1)
    x, y = (summed(axis * columns["n_evse"]) / weight for axis in view.project(columns["lon"], columns["lat"]))
    order = np.argsort(np.nan_to_num(wait_min), kind="stable")  # the longest waits are drawn on top
    largest = max(float(n_evse.max()), 1.0)
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": "service areas" if layer == "highway" else layer if is_single else f"{layer}, by zone",
        "x": view.shown(x[order]),
        "y": view.shown(y[order]),
        "text": [html.escape(str(name)) for name in names[order]],
        "customdata": [[int(a), int(b)] for a, b in zip(n_evse[order], sessions[order], strict=True)],
        "marker": {
            "symbol": SYMBOLS[layer],
            "size": numbers(4 + (5 if is_single else 18) * np.sqrt(n_evse[order] / largest), 3),
            "color": numbers(wait_min[order], 3),
            "cmin": 0,
            "cmax": WAIT_SHOWN_MIN,
            "colorscale": [list(stop) for stop in SCALE],
            "colorbar": COLOUR_BAR,
            "showscale": layer == "urban",
            "line": {"width": 0.5, "color": "#555555"},
        },
        "hovertemplate": "%{text}<br>%{customdata[0]:,} EVSEs, %{customdata[1]:,} sessions<br>"
        "mean wait %{marker.color:.1f} min<extra></extra>",
        "visible": "legendonly" if layer == "rural" and not is_single else True,
    }
