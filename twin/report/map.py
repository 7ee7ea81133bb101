"""The map of the nation: its roads as outline, stations gathered by zone and layer, service areas one by one."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import Chart, Columns, layout, numbers
from twin.tables.columns import F64
from twin.tables.inputs import LAYERS

EARTH_RADIUS_KM = 6371.0
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


def nation(stations: Columns, network: Columns | None) -> Chart:
    """Draw roads, zones and service areas; colour is the mean wait, size the number of EVSEs.

    Parameters
    ----------
    stations : mapping of str to ndarray
        ``stations.parquet``.
    network : mapping of str to ndarray or None
        ``network.parquet``: ends of the links in degrees; None leaves the roads out.
    """
    data = [] if network is None else [roads(network)]
    for layer in LAYERS:
        chosen = stations["layer"] == layer
        if chosen.any():
            data.append(_points(layer, {name: values[chosen] for name, values in stations.items()}))
    return {"data": data, "layout": map_layout(), "config": {"scrollZoom": True}}


def map_layout() -> Chart:
    """Return what maps share: no axes, one scale for both, panned by dragging."""
    hidden = {"visible": False}
    shape = layout("", "", 620, hovermode="closest", xaxis=hidden, yaxis=hidden, margin={"l": 0, "r": 0, "b": 0})
    shape["yaxis"] |= {"scaleanchor": "x", "scaleratio": 1, "rangemode": "normal"}
    shape["dragmode"] = "pan"
    shape["legend"] |= {"itemsizing": "constant"}
    return shape


def roads(network: Columns) -> Chart:
    """Draw each road once, whatever its directions, as one broken line."""
    ends = np.stack([network[name] for name in ("from_lon", "from_lat", "to_lon", "to_lat")], axis=1)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    ends = np.unique(ends, axis=0)
    x, y = (np.full(3 * len(ends), np.nan) for _ in range(2))
    for k in range(2):
        x[k::3], y[k::3] = albers_km(ends[:, 2 * k], ends[:, 2 * k + 1])
    return {
        "type": "scattergl",
        "mode": "lines",
        "name": "roads",
        "x": numbers(np.round(x)),
        "y": numbers(np.round(y)),
        "line": {"color": "#888888", "width": 0.8},
        "hoverinfo": "skip",
    }


def _points(layer: str, columns: Columns) -> Chart:
    """Draw one layer: service areas one by one, other stations gathered by zone."""
    of_area = columns["station"] if layer == "highway" else columns["zone"]
    names, area = np.unique(of_area, return_inverse=True)
    if layer == "highway":
        names = columns["name"][np.argsort(columns["station"])]

    def summed(values: NDArray[Any]) -> F64:
        return np.bincount(area, weights=values, minlength=len(names)).astype(np.float64)

    n_evse, sessions = summed(columns["n_evse"]), summed(columns["n_sessions"])
    waited_s = summed(np.nan_to_num(columns["mean_wait_s"]) * columns["n_sessions"])
    wait_min = np.divide(waited_s, sessions * 60, out=np.full(len(names), np.nan), where=sessions > 0)
    weight = np.maximum(n_evse, 1)
    x, y = (summed(axis * columns["n_evse"]) / weight for axis in albers_km(columns["lon"], columns["lat"]))
    order = np.argsort(np.nan_to_num(wait_min), kind="stable")  # the longest waits are drawn on top
    largest = max(float(n_evse.max()), 1.0)
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": {"urban": "urban, by zone", "highway": "service areas", "rural": "rural, by zone"}[layer],
        "x": numbers(np.round(x[order])),
        "y": numbers(np.round(y[order])),
        "text": [html.escape(str(name)) for name in names[order]],
        "customdata": [[int(a), int(b)] for a, b in zip(n_evse[order], sessions[order], strict=True)],
        "marker": {
            "symbol": SYMBOLS[layer],
            "size": numbers(4 + (5 if layer == "highway" else 18) * np.sqrt(n_evse[order] / largest), 3),
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
        "visible": "legendonly" if layer == "rural" else True,
    }
