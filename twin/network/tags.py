"""What the tags of an OpenStreetMap way or place say, in plain numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

__all__ = ["is_closed_to_cars", "lanes_per_direction", "line_of", "oneway_of", "sockets_of", "speed_of"]

MPH_KMH, KNOT_KMH = 1.609344, 1.852
WALK_KMH = 7.0
MOST_KMH = 130.0

ZONE_KMH = {
    "CN:urban": 50.0,
    "CN:rural": 70.0,
    "CN:trunk": 80.0,
    "CN:motorway": 120.0,
    "urban": 50.0,
    "rural": 80.0,
    "trunk": 100.0,
    "motorway": 120.0,
    "living_street": 20.0,
}
"""Limits that are named by country and kind of road; a country that is not listed takes the plain name.

China: Regulation on the Implementation of the Road Traffic Safety Law, articles 45 and 78 (50 km/h in towns and 70 outside
with one lane a direction; at most 120 on expressways; from memory, unverified). Others: usual values (low confidence).
"""

FORWARD, BACKWARD, BOTH = 1, -1, 0

_NUMBER = re.compile(r"^(\d{1,3}(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?$")
_UNIT = {"mph": MPH_KMH, "knots": KNOT_KMH}
_KILOWATTS = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(kw|kva|w)?$")


def speed_of(tags: Mapping[str, str]) -> float:
    """Speed limit (km/h); NaN where there is none that can be read.

    Of several values, as ``60;80``, the lowest counts. ``none`` is 130 km/h, ``walk`` 7.
    """
    text = tags.get("maxspeed") or tags.get("maxspeed:forward") or tags.get("maxspeed:backward") or ""
    found = [_one_speed(part.strip()) for part in re.split(r"[;|,]", text)]
    return min((speed for speed in found if speed > 0), default=math.nan)


def _one_speed(text: str) -> float:
    if text == "none":
        return MOST_KMH
    if text == "walk":
        return WALK_KMH
    if text in ZONE_KMH:
        return ZONE_KMH[text]
    match = _NUMBER.match(text.lower())
    if match:
        return min(float(match[1]) * _UNIT.get(match[2] or "", 1.0), MOST_KMH)
    return ZONE_KMH.get(text.partition(":")[2], math.nan)


def oneway_of(tags: Mapping[str, str]) -> int:
    """1 along the way only, -1 against it only, 0 both; motorways and roundabouts are one-way unless they say no."""
    text = tags.get("oneway", "")
    if text in ("yes", "true", "1"):
        return FORWARD
    if text in ("-1", "reverse"):
        return BACKWARD
    implied = tags.get("highway") == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return FORWARD if implied and text not in ("no", "false", "0") else BOTH


def lanes_per_direction(tags: Mapping[str, str], is_oneway: bool) -> int:
    """Lanes in the direction of travel, 0 where unknown; `lanes` counts both directions of a two-way road."""
    forward = _whole(tags.get("lanes:forward", ""))
    if forward and not is_oneway:
        return forward
    lanes = _whole(tags.get("lanes", ""))
    return lanes if is_oneway or lanes == 0 else max(lanes // 2, 1)


def _whole(text: str) -> int:
    number = text.partition(";")[0].strip()
    return int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 3 else 0


def line_of(tags: Mapping[str, str]) -> str:
    """Code of the expressway line a motorway carries, its first `ref`."""
    return tags.get("ref", "").partition(";")[0].strip() if tags.get("highway") == "motorway" else ""


def is_closed_to_cars(tags: Mapping[str, str]) -> bool:
    """Whether private cars may never use the way, or it is an area and no way."""
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return tags[key] in ("no", "private") or tags.get("area") == "yes"
    return tags.get("area") == "yes"


def sockets_of(tags: Mapping[str, str]) -> tuple[int, float, str]:
    """EVSEs, highest power (kW, NaN unknown) and sockets as ``type2:4:22;gb_dc:2:120`` of a charging station.

    EVSEs are `capacity`; without it the sum of sockets; 0 where neither is told.
    """
    sockets, most_kw, n_sockets = [], math.nan, 0
    for key in sorted(tags):
        kind = key.removeprefix("socket:")
        if kind == key or ":" in kind or tags[key] == "no":
            continue
        count, power_kw = _whole(tags[key]), _kilowatts(tags.get(f"{key}:output", ""))
        n_sockets += count
        most_kw = power_kw if math.isnan(most_kw) else max(most_kw, power_kw) if power_kw > 0 else most_kw
        sockets.append(f"{kind}:{count or ''}:{'' if math.isnan(power_kw) else f'{power_kw:g}'}")
    if math.isnan(most_kw):
        most_kw = _kilowatts(tags.get("charging_station:output", "") or tags.get("maxpower", ""))
    return _whole(tags.get("capacity", "")) or n_sockets, most_kw, ";".join(sockets)


def _kilowatts(text: str) -> float:
    match = _KILOWATTS.match(text.partition(";")[0].strip().lower())
    if match is None:
        return math.nan
    value = float(match[1].replace(",", "."))
    return value / 1000.0 if match[2] == "w" else value
