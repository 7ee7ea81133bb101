"""Where coverage has gaps: expressways far from a plug, and counties without a public station."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.report.charts import VERMILION, Chart
from twin.report.figures import Finding, percent
from twin.report.language import Language
from twin.report.map import broken_line, map_layout
from twin.report.places import Places
from twin.report.projection import View, albers_km
from twin.report.source import Columns
from twin.tables import seeds
from twin.tables.columns import F64

__all__ = ["Gaps"]

EXPRESSWAY = 0
"""Kind of road in ``network.parquet``."""
FAR_KM = 25.0
"""Half of the 50 km between service areas: farther than this from a plug a road has a gap."""
PIECE_KM = 5.0
NAMED = 3
PURPLE_INK = "#8a3f73"


class Gaps:
    """The gaps of a run.

    Parameters
    ----------
    stations, network : mapping of str to ndarray
        Tables of the run.
    view : View
        How degrees become kilometres.
    places : Places
        Names of zones.
    """

    def __init__(self, stations: Columns, network: Columns, view: View, places: Places) -> None:
        self._view, self._places = view, places
        pieces, road = _pieces(network)
        self._ends, self._far = _runs(pieces, road, _far_from(pieces, stations))
        counties = seeds.read("counties")
        bare = ~np.isin(counties["county"].astype(str), stations["county"].astype(str))
        known = np.isin(counties["province"].astype(str), np.unique(stations["province"].astype(str)))
        order = np.argsort(-counties["population"], kind="stable")
        order = order[(bare & known)[order]]
        self._n_counties = int(known.sum())
        self._counties = {name: counties[name][order] for name in ("name_zh", "zone", "lon", "lat", "population")}

    @property
    def far_share(self) -> float:
        """Share of the expressways' length that is far from a plug; NaN without expressways."""
        length = np.hypot(*(b - a for a, b in zip(*_in_km(self._ends), strict=True)))
        return float(length[self._far].sum() / length.sum()) if len(length) else np.nan

    @property
    def n_counties(self) -> int:
        """Counties without a public station."""
        return len(self._counties["zone"])

    def finding(self, say: Language) -> Finding:
        """State how much of the expressways is far from a plug, and how many counties have no station."""
        far = percent(self.far_share, say)
        if not self.n_counties:
            text = "Gaps: {far} of the expressways lie over 25 km from a plug beside them; every county has a station"
            return Finding(say(text, far=far))
        names = [self._named(k) for k in range(min(NAMED, self.n_counties))]
        text = (
            "Gaps: {far} of the expressways lie over 25 km from a plug beside them; "
            "{n} of {all} counties have no station, the most populous {names}"
        )
        return Finding(say(text, far=far, n=self.n_counties, all=f"{self._n_counties:,}", names=say.join(names)))

    def chart(self, say: Language) -> Chart:
        """Draw the expressways, those far from a plug in colour, and the centres of the counties without a station."""
        data: list[Chart] = []
        for far, name, line in (
            (False, say("expressway with a plug within 25 km"), {"color": "#888888", "width": 1}),
            (True, say("expressway over 25 km from a plug"), {"color": VERMILION, "width": 3}),
        ):
            x, y = broken_line(self._ends[self._far == far], self._view)
            trace = {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": line}
            data.append(trace | {"hoverinfo": "skip"})
        x_km, y_km = self._view.project(self._counties["lon"], self._counties["lat"])
        people = self._counties["population"]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": say("county without a public station"),
                "x": self._view.shown(x_km),
                "y": self._view.shown(y_km),
                "text": [html.escape(self._named(k)) for k in range(self.n_counties)],
                "customdata": [int(n) for n in people],
                "marker": {
                    "symbol": "triangle-up-open",
                    "size": [round(5 + 9 * float(np.sqrt(n / max(int(people.max(initial=1)), 1))), 1) for n in people],
                    "color": PURPLE_INK,
                },
                "hovertemplate": f"%{{text}}<br>%{{customdata:,}} {say('inhabitants')}<extra></extra>",
            }
        )
        shape = map_layout() | {"height": 480}
        return {"data": data, "layout": shape, "config": {"scrollZoom": True}}

    def _named(self, k: int) -> str:
        return f"{self._places.zone(str(self._counties['zone'][k]))} {self._counties['name_zh'][k]}"


def _pieces(network: Columns) -> tuple[F64, NDArray[np.int64]]:
    """Cut the expressways, both directions once, into pieces of a few kilometres: ends in degrees, road of each."""
    chosen = network["kind"] == EXPRESSWAY
    ends = np.stack([network[name][chosen] for name in ("from_lon", "from_lat", "to_lon", "to_lat")], axis=1)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    ends = np.unique(ends, axis=0)
    if not len(ends):
        return ends, np.zeros(0, np.int64)
    length = np.hypot(*(b - a for a, b in zip(*_in_km(ends), strict=True)))
    n = np.maximum(np.ceil(length / PIECE_KM), 1).astype(np.int64)
    row = np.repeat(np.arange(len(ends)), n)
    k = np.arange(len(row)) - np.repeat(np.cumsum(n) - n, n)
    start, end = (k / n[row])[:, None], ((k + 1) / n[row])[:, None]
    way = ends[row, 2:] - ends[row, :2]
    return np.concatenate([ends[row, :2] + start * way, ends[row, :2] + end * way], axis=1), row


def _runs(pieces: F64, road: NDArray[np.int64], is_far: NDArray[np.bool_]) -> tuple[F64, NDArray[np.bool_]]:
    """Join the pieces of a road that follow each other and are alike."""
    if not len(pieces):
        return pieces, is_far
    begins = np.ones(len(pieces), np.bool_)
    begins[1:] = (road[1:] != road[:-1]) | (is_far[1:] != is_far[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(pieces)) - 1
    return np.concatenate([pieces[first, :2], pieces[last, 2:]], axis=1), is_far[first]


def _in_km(ends: F64) -> tuple[tuple[F64, F64], tuple[F64, F64]]:
    return albers_km(ends[:, 0], ends[:, 1]), albers_km(ends[:, 2], ends[:, 3])


def _far_from(ends: F64, stations: Columns) -> NDArray[np.bool_]:
    """Return which pieces have their middle over `FAR_KM` from the nearest station of the highway layer."""
    beside = stations["layer"] == "highway"
    if not beside.any() or not len(ends):
        return np.ones(len(ends), np.bool_)
    from scipy.spatial import cKDTree

    tree = cKDTree(np.stack(albers_km(stations["lon"][beside], stations["lat"][beside]), axis=1))
    middle = np.stack([(a + b) / 2 for a, b in zip(*_in_km(ends), strict=True)], axis=1)
    away: Any = tree.query(middle)[0]
    return np.asarray(away > FAR_KM)
