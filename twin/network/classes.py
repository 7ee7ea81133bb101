"""Road classes: what each is called in OpenStreetMap, how fast and how wide it is where nothing says so."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "ACCESS",
    "CLASSES",
    "CLASS_NAMES",
    "CLASS_OF_KIND",
    "EXPRESSWAY",
    "FERRY",
    "PRIMARY",
    "RAMPS",
    "RESIDENTIAL",
    "SPEED_SOURCE",
    "TERTIARY",
    "TRUNK",
    "RoadClass",
]

EXPRESSWAY, TRUNK, PRIMARY, SECONDARY, TERTIARY, UNCLASSIFIED, RESIDENTIAL = 0, 1, 2, 3, 4, 5, 6
FERRY = 9
RAMPS = 10
"""A ramp has the kind of its class plus this."""
ACCESS = 20

SPEED_SOURCE = (
    "maxspeed tag where there is one; else by class, between the design speeds of JTG B01-2014 (expressway 80-120, "
    "first class 60-100, second class 60-80 km/h) and CJJ 37-2012 (arterial 40-60, sub-arterial 30-50, branch 20-40) "
    "and driving speeds with junctions (from memory, unverified)"
)


class RoadClass(NamedTuple):
    """What is assumed of a road of a class where its source is silent.

    Attributes
    ----------
    kind : int
        `link_kind` of a `Network`.
    name : str
        Name in reports.
    speed_kmh : float
        Free-flow speed, see `SPEED_SOURCE`.
    n_lanes : int
        Lanes in one direction (our own estimate).
    lane_capacity_per_h : float
        Passenger-car units an hour and lane. Expressway and trunk as on the backbone; below them the same lane less the
        green time lost at junctions (our own estimate, confidence low).
    """

    kind: int
    name: str
    speed_kmh: float
    n_lanes: int
    lane_capacity_per_h: float


CLASSES: dict[str, RoadClass] = {
    "motorway": RoadClass(EXPRESSWAY, "expressway", 100.0, 2, 2000.0),
    "trunk": RoadClass(TRUNK, "trunk", 65.0, 2, 1400.0),
    "primary": RoadClass(PRIMARY, "primary", 50.0, 2, 900.0),
    "secondary": RoadClass(SECONDARY, "secondary", 45.0, 1, 800.0),
    "tertiary": RoadClass(TERTIARY, "tertiary", 40.0, 1, 700.0),
    "unclassified": RoadClass(UNCLASSIFIED, "unclassified", 30.0, 1, 500.0),
    "residential": RoadClass(RESIDENTIAL, "residential", 25.0, 1, 400.0),
    "motorway_link": RoadClass(RAMPS + EXPRESSWAY, "expressway_ramp", 50.0, 1, 1500.0),
    "trunk_link": RoadClass(RAMPS + TRUNK, "trunk_ramp", 45.0, 1, 1200.0),
    "primary_link": RoadClass(RAMPS + PRIMARY, "primary_ramp", 40.0, 1, 900.0),
    "secondary_link": RoadClass(RAMPS + SECONDARY, "secondary_ramp", 35.0, 1, 800.0),
    "tertiary_link": RoadClass(RAMPS + TERTIARY, "tertiary_ramp", 30.0, 1, 700.0),
}
"""By the value of OpenStreetMap's `highway`, which node and link tables use too."""

CLASS_OF_KIND: dict[int, RoadClass] = {
    **{each.kind: each for each in CLASSES.values()},
    FERRY: RoadClass(FERRY, "ferry", 14.0, 1, 600.0),
    ACCESS: RoadClass(ACCESS, "access", 6.25, 1, 1500.0),
}
"""By `link_kind`; `access` joins roads where the source has no ramps."""

CLASS_NAMES: dict[int, str] = {kind: each.name for kind, each in CLASS_OF_KIND.items()}
"""Names of `link_kind`."""
