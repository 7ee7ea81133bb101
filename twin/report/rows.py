"""The tables of the page, from the tables of the run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.report.figures import (
    Figures,
    Writer,
    count,
    gigawatt_hours,
    gigawatts,
    kilometres,
    kilowatt_hours,
    minutes,
    percent,
)
from twin.tables.inputs import LAYERS

N_WORST = 15
SIGNS = {">=": "≥", "<=": "≤"}
FEWEST_SESSIONS = 20
"""Sessions below which a mean wait says little."""

LAYER_FIGURES: tuple[tuple[str, str, Writer], ...] = (
    ("n_stations", "stations", count),
    ("n_evse", "EVSEs", count),
    ("n_high_power_evse", "of 250 kW or more", count),
    ("rated_power_gw", "rated power", gigawatts),
    ("sessions", "sessions", count),
    ("energy_gwh", "energy into batteries", gigawatt_hours),
    ("energy_per_session_kwh", "energy a session", kilowatt_hours),
    ("mean_wait_min", "mean wait", minutes),
    ("p95_wait_min", "95th percentile of waits", minutes),
    ("p99_wait_min", "99th percentile of waits", minutes),
    ("share_waiting_over_30_min", "waited over 30 min", percent),
    ("balk_share", "left on arrival", percent),
    ("renege_share", "left the queue", percent),
    ("busy_share", "EVSEs plugged", percent),
    ("peak_share_stations_full", "stations full in the worst hour", percent),
    ("sessions_per_evse_day", "sessions per EVSE and day", count),
)

PROVINCE_FIGURES: tuple[tuple[str, str, Writer], ...] = (
    ("n_evse", "EVSEs", count),
    ("sessions", "sessions", count),
    ("energy_gwh", "energy", gigawatt_hours),
    ("mean_wait_min", "mean wait", minutes),
    ("busy_share", "EVSEs plugged", percent),
    ("balk_share", "left on arrival", percent),
    ("ev_load_peak_gw", "peak vehicle load", gigawatts),
    ("ev_share_of_evening_peak", "of the evening peak", percent),
)

CARDS: tuple[tuple[str, str, Writer], ...] = (
    ("n_vehicles", "vehicles simulated", count),
    ("n_evse", "public EVSEs", count),
    ("sessions", "public sessions", count),
    ("energy_gwh", "energy from public EVSEs", gigawatt_hours),
    ("mean_wait_min", "mean wait of a session", minutes),
    ("p95_wait_min", "95th percentile of waits", minutes),
    ("ev_load_peak_gw", "peak load of all vehicles", gigawatts),
    ("stranded", "times a battery ran empty on the way", count),
)


TOUR_CARDS: tuple[tuple[str, str, Writer], ...] = (
    ("n_trips", "trips begun", count),
    ("mean_trip_km", "mean length of a trip", kilometres),
    ("mean_trip_min", "mean time of a trip", minutes),
    ("late_trip_share", "of the trips began over 15 min late", percent),
)
"""Further figures of a run in which every trip was set."""


def cards(figures: Figures) -> list[dict[str, str]]:
    """Return the headline figures."""
    shown = CARDS + (TOUR_CARDS if figures.get("n_trips") > 0 else ())
    return [{"value": figures.cite(name, write).text, "name": words} for name, words, write in shown]


def layers(figures: Figures) -> list[list[str]]:
    """Return a row a figure, a column a layer and their sum."""
    return [
        [words, *(figures.cite(name, write, layer).text for layer in (*LAYERS, "all"))]
        for name, words, write in LAYER_FIGURES
    ]


def provinces(figures: Figures) -> list[list[str]]:
    """Return a row a province, those with the most sessions first."""
    order = sorted(figures.provinces, key=lambda name: (-figures.get("sessions", province=name), name))
    return [
        [name, *(figures.cite(metric, write, province=name).text for metric, _, write in PROVINCE_FIGURES)] for name in order
    ]


def worst_areas(stations: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    """Return the service areas with the longest mean waits, longest first."""
    chosen = np.flatnonzero((stations["layer"] == "highway") & (stations["n_sessions"] >= FEWEST_SESSIONS))
    order = np.lexsort((stations["station"][chosen], -stations["mean_wait_s"][chosen]))
    rows = listed({name: values[chosen[order[:N_WORST]]] for name, values in stations.items()})
    longest = max((row["mean_wait_s"] for row in rows), default=0) or 1
    for row in rows:
        row["bar"] = round(100 * row["mean_wait_s"] / longest, 1)
        row["wait"] = minutes(row["mean_wait_s"] / 60)
        row["longest"] = minutes(row["max_wait_s"] / 60)
        row["busy"] = percent(row["busy_share"])
        row["balked"] = percent(row["n_balked"] / row["n_arrivals"]) if row["n_arrivals"] else percent(float("nan"))
    return rows


def scorecard(table: Mapping[str, NDArray[Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the policy lines by verdict, in the order of the table."""
    found: dict[str, list[dict[str, Any]]] = {"met": [], "missed": [], "not evaluated": []}
    for row in listed(table):
        write = policy_writer(row["unit"])
        row["value_text"] = "" if math.isnan(row["value"]) else write(row["value"])
        sign = SIGNS.get(row["operator"], row["operator"])
        row["target_text"] = "" if math.isnan(row["target"]) else f"{sign}\u00a0{write(row['target'])}"
        found[row["met"]].append(row)
    return found


def coverage(figures: Figures, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the figures of coverage that the run holds, by layer."""
    found = []
    for layer in (*LAYERS, "all"):
        for metric, words in names.items():
            value = figures.get(metric, layer)
            if math.isfinite(value):
                found.append({"layer": layer, "name": words, "text": policy_writer(figures.unit(metric, layer))(value)})
            elif math.isinf(value):
                found.append({"layer": layer, "name": words, "text": "some have none at all"})
    return found


def national_load(grid: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Sum the load over all zones, by quarter hour, kW."""
    n_quarters = int(grid["quarter"].max(initial=-1)) + 1
    return {
        name: np.bincount(grid["quarter"], weights=values, minlength=n_quarters)
        for name, values in grid.items()
        if name.endswith("_kw")
    }


def listed(columns: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    """Return a table as one dict a row."""
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def policy_writer(unit: str) -> Callable[[float], str]:
    """Return how a figure of a unit is written; shares as per cent."""
    return percent if unit in ("1", "share") else Writer("" if unit in ("-", "EVSEs", "") else unit)
