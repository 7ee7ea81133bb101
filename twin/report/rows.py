"""The tables of the page, from the tables of the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.report.figures import (
    NONE,
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
from twin.report.language import Language, phrase
from twin.report.places import Places
from twin.report.reasons import reason
from twin.report.sections import Table
from twin.tables.inputs import LAYERS

N_WORST = 15
COUNTED = ("evse_per_", "gini_")
"""How names of coverage begin that are no share."""
SIGNS = {">=": "≥", "<=": "≤"}
FEWEST_SESSIONS = 20
"""Sessions below which a mean wait says little."""
VERDICT_WORDS = (phrase("met"), phrase("missed"), phrase("not evaluated"))

LAYER_FIGURES: tuple[tuple[str, str, Writer], ...] = (
    ("n_stations", phrase("stations"), count),
    ("n_evse", phrase("EVSEs"), count),
    ("n_high_power_evse", phrase("of 250 kW or more"), count),
    ("rated_power_gw", phrase("rated power"), gigawatts),
    ("sessions", phrase("sessions"), count),
    ("energy_gwh", phrase("energy into batteries"), gigawatt_hours),
    ("energy_per_session_kwh", phrase("energy a session"), kilowatt_hours),
    ("mean_wait_min", phrase("mean wait"), minutes),
    ("p95_wait_min", phrase("95th percentile of waits"), minutes),
    ("p99_wait_min", phrase("99th percentile of waits"), minutes),
    ("share_waiting_over_30_min", phrase("waited over 30 min"), percent),
    ("balk_share", phrase("left on arrival"), percent),
    ("renege_share", phrase("left the queue"), percent),
    ("busy_share", phrase("EVSEs plugged"), percent),
    ("peak_share_stations_full", phrase("stations full in the worst hour"), percent),
    ("sessions_per_evse_day", phrase("sessions per EVSE and day"), count),
)

PROVINCE_FIGURES: tuple[tuple[str, str, Writer], ...] = (
    ("n_evse", phrase("EVSEs"), count),
    ("sessions", phrase("sessions"), count),
    ("energy_gwh", phrase("energy"), gigawatt_hours),
    ("mean_wait_min", phrase("mean wait"), minutes),
    ("busy_share", phrase("EVSEs plugged"), percent),
    ("balk_share", phrase("left on arrival"), percent),
    ("ev_load_peak_gw", phrase("peak vehicle load"), gigawatts),
    ("ev_share_of_evening_peak", phrase("of the evening peak"), percent),
)

CARDS: tuple[tuple[str, str, Writer], ...] = (
    ("n_vehicles", phrase("vehicles simulated"), count),
    ("n_evse", phrase("public EVSEs"), count),
    ("sessions", phrase("public sessions"), count),
    ("energy_gwh", phrase("energy from public EVSEs"), gigawatt_hours),
    ("mean_wait_min", phrase("mean wait of a session"), minutes),
    ("p95_wait_min", phrase("95th percentile of waits"), minutes),
    ("ev_load_peak_gw", phrase("peak load of all vehicles"), gigawatts),
    ("stranded", phrase("times a battery ran empty on the way"), count),
)


TOUR_CARDS: tuple[tuple[str, str, Writer], ...] = (
    ("n_trips", phrase("trips begun"), count),
    ("mean_trip_km", phrase("mean length of a trip"), kilometres),
    ("mean_trip_min", phrase("mean time of a trip"), minutes),
    ("late_trip_share", phrase("of the trips began over 15 min late"), percent),
)
"""Further figures of a run in which every trip was set."""


def cards(figures: Figures) -> list[dict[str, str]]:
    """Return the headline figures."""
    shown = CARDS + (TOUR_CARDS if figures.get("n_trips") > 0 else ())
    say = figures.say
    return [
        {"value": figures.cite(name, write).text, "name": say(words), "interval": _interval(figures, name, write)}
        for name, words, write in shown
    ]


def _interval(figures: Figures, metric: str, write: Writer) -> str:
    """Write the interval over replicates, where the run has one."""
    low, high = figures.interval(metric)
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return figures.say("{low} to {high}", low=write(low, figures.say), high=write(high, figures.say))


def layers(figures: Figures) -> list[list[str]]:
    """Return a row a figure, a column a layer and their sum."""
    return [
        [figures.say(words), *(figures.cite(name, write, layer).text for layer in (*LAYERS, "all"))]
        for name, words, write in LAYER_FIGURES
    ]


TRUCK_FIGURES: tuple[tuple[str, str, str, Writer], ...] = (
    ("n_truck", "all", phrase("electric heavy trucks"), count),
    ("truck_trip_km", "all", phrase("driven between prefectures by trucks"), kilometres),
    ("truck_grid_energy_gwh", "all", phrase("energy into trucks at public stations"), gigawatt_hours),
    ("n_megawatt_evse", "all", phrase("EVSEs of 1,000 kW or more"), count),
    ("n_megawatt_evse", "highway", phrase("of them at service areas"), count),
    ("service_areas_with_megawatt", "highway", phrase("service areas with 1,000 kW or more"), percent),
    (
        "expressway_within_50_km_of_megawatt",
        "highway",
        phrase("expressway with that at most 50 km ahead"),
        percent,
    ),
    (
        "expressway_within_80_km_of_megawatt",
        "highway",
        phrase("expressway with that at most 80 km ahead"),
        percent,
    ),
    ("main_corridors_within_50_km_of_megawatt", "highway", phrase("main corridors with that at most 50 km ahead"), percent),
    ("longest_way_to_megawatt", "highway", phrase("longest way to the next ahead"), kilometres),
    ("n_swaps", "all", phrase("batteries swapped"), count),
)


def trucks(figures: Figures) -> Table:
    """Return what the run holds of trucks."""
    say = figures.say
    found = [(words, figures.cite(metric, write, layer)) for metric, layer, words, write in TRUCK_FIGURES]
    return Table([say("figure"), say("value")], [[say(words), cite.text] for words, cite in found if cite.text != NONE])


def provinces(figures: Figures, names: Places) -> list[list[str]]:
    """Return a row a province, those with the most sessions first."""
    order = sorted(figures.provinces, key=lambda code: (-figures.get("sessions", province=code), code))
    return [
        [
            names.province_both(code),
            *(figures.cite(metric, write, province=code).text for metric, _, write in PROVINCE_FIGURES),
        ]
        for code in order
    ]


def worst_areas(stations: Mapping[str, NDArray[Any]], say: Language, names: Places) -> list[dict[str, Any]]:
    """Return the service areas with the longest mean waits, longest first."""
    chosen = np.flatnonzero((stations["layer"] == "highway") & (stations["n_sessions"] >= FEWEST_SESSIONS))
    order = np.lexsort((stations["station"][chosen], -stations["mean_wait_s"][chosen]))
    rows = listed({name: values[chosen[order[:N_WORST]]] for name, values in stations.items()})
    longest = max((row["mean_wait_s"] for row in rows), default=0) or 1
    for row in rows:
        row["bar"] = round(100 * row["mean_wait_s"] / longest, 1)
        row["name"], row["province"] = names.station(str(row["name"])), names.province(row["province"])
        row["wait"] = minutes(row["mean_wait_s"] / 60, say)
        row["longest"] = minutes(row["max_wait_s"] / 60, say)
        row["busy"] = percent(row["busy_share"])
        row["balked"] = percent(row["n_balked"] / row["n_arrivals"]) if row["n_arrivals"] else percent(float("nan"))
    return rows


def scorecard(table: Mapping[str, NDArray[Any]], say: Language) -> dict[str, list[dict[str, Any]]]:
    """Return the policy lines by verdict, in the order of the table."""
    found: dict[str, list[dict[str, Any]]] = {"met": [], "missed": [], "not evaluated": []}
    for row in listed(table):
        write = policy_writer(row["unit"])
        row["value_text"] = "" if math.isnan(row["value"]) else write(row["value"], say)
        sign = SIGNS.get(row["operator"], row["operator"])
        row["target_text"] = "" if math.isnan(row["target"]) else f"{sign}\u00a0{write(row['target'], say)}"
        row["requirement"] = say(row["requirement"])
        row["verdict"], row["why"] = say(row["met"]), reason(row["why"], say)
        found[row["met"]].append(row)
    return found


def coverage(figures: Figures, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the figures of coverage that the run holds, by layer."""
    say, found = figures.say, []
    for layer in (*LAYERS, "all"):
        for metric, words in names.items():
            value = figures.get(metric, layer)
            if math.isnan(value):
                continue
            is_share = figures.unit(metric, layer) in ("1", "-", "share") and not metric.startswith(COUNTED)
            text = (percent if is_share else policy_writer(figures.unit(metric, layer)))(value, say)
            if math.isinf(value):
                text = say("some have none at all")
            found.append({"layer": say(layer), "name": say(words), "text": text})
    return found


def listed(columns: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    """Return a table as one dict a row."""
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def policy_writer(unit: str) -> Writer:
    """Return how a figure of a unit is written; shares as per cent."""
    return percent if unit in ("1", "share") else Writer("" if unit in ("-", "EVSEs", "") else unit)
