"""Seed schemas of the roads: backbone nodes and links, and the service areas that stand on them."""

from __future__ import annotations

from twin.tables.seed_schema import PROVENANCE, SeedTable, number, province, text, whole

__all__ = ["ROAD_TABLES"]

MEASURED = (
    "Facts and figures with their sources: lengths and times measured between places on OpenStreetMap roads "
    "((c) OpenStreetMap contributors, ODbL), lines and official lengths from public lists; compilation under ODbL 1.0"
)

POINT = (
    number("lon", "deg", "longitude, WGS-84, about 100 m", 73.0, 136.0),
    number("lat", "deg", "latitude, WGS-84, about 100 m", 3.0, 54.0),
)

NODE_KINDS = ("city", "junction", "border")
LINK_KINDS = ("expressway", "trunk", "ferry")

ROAD_TABLES: tuple[SeedTable, ...] = (
    SeedTable(
        "backbone_nodes",
        "a place where backbone roads meet: a city, a border or transit town, or a road junction",
        MEASURED,
        (
            text("node", "stable name of the node; a zone's own name where the node is its centre"),
            text("name_en", "English name; a junction is named after the nearest zone (derived name)"),
            text("name_zh", "Chinese name; a junction is named after the nearest county (derived name)"),
            province(),
            text("zone", "zone whose centre this node is, blank otherwise", optional=True),
            *POINT,
            text("kind", "what the node is", allowed=NODE_KINDS),
            *PROVENANCE,
        ),
        key=("node",),
    ),
    SeedTable(
        "backbone_links",
        "a road or ferry between two nodes, usable in both directions",
        MEASURED,
        (
            text("link", "stable name of the link"),
            text("from_node", "node at the start; at_km of service areas counts from here"),
            text("to_node", "node at the end"),
            text("line", "code of the first national expressway that uses the link, blank if none", optional=True),
            text("kind", "what carries the traffic", allowed=LINK_KINDS),
            number("length_km", "km", "length along the road", 0.1, 1500.0),
            number("speed_kmh", "km/h", "free-flow mean speed of cars, access and ferry waits included", 5.0, 120.0),
            whole("lanes_per_direction", "lanes", "lanes in each direction", 1, 6),
            text("shared_with", "codes of further lines on the same link, separated by ';'", optional=True),
            *PROVENANCE,
        ),
        key=("link",),
    ),
    SeedTable(
        "expressway_lines",
        "a numbered expressway line that runs on the backbone",
        MEASURED,
        (
            text("line", "code"),
            text("name_en", "English name: its two ends"),
            text("name_zh", "Chinese name: its two ends"),
            number("official_length_km", "km", "length in the national plan, parts not yet open included", optional=True),
            whole("is_complete", "1", "1 where every section was found as expressway and the plan's length fits", 0, 1),
            *PROVENANCE,
        ),
        key=("line",),
    ),
    SeedTable(
        "service_areas",
        "one direction's side of an expressway service area",
        MEASURED,
        (
            text("service_area", "stable name: pair and side, A forward and B backward"),
            text("pair", "name shared by the two sides"),
            text("name_en", "English name derived from line, nearest zone and ordinal; not the name on the sign"),
            text("name_zh", "Chinese name derived from line, nearest county and ordinal; not the name on the sign"),
            text("link", "backbone link it stands on"),
            text("direction", "which way traffic passes it: along the link or against it", ("forward", "backward")),
            number("at_km", "km", "distance from the start of the link", 0.0, 1500.0),
            province(),
            *POINT,
            *PROVENANCE,
        ),
        key=("service_area",),
    ),
)
