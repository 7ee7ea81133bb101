"""Seed schemas of demand: vehicle classes, charging curves, fleet, travel, temperature and freight."""

from __future__ import annotations

from twin.tables.seed_schema import PROVENANCE, SeedColumn, SeedTable, number, province, share, text, unit, whole
from twin.tables.seeds_places import FACTS

KINDS = ("car", "taxi", "van", "bus", "truck")
HAULS = ("drayage", "regional", "long")
FLEET_YEARS = ("2023", "2024", "2025", "2026", "2027", "2027-low", "2027-stress")


def haul(optional: bool = False) -> SeedColumn:
    """Declare the haul of a heavy truck."""
    return text("haul", "haul of a heavy truck; blank for other kinds" if optional else "haul", HAULS, optional)


def consumption(name: str, meaning: str) -> SeedColumn:
    """Declare a consumption per 100 km."""
    return number(name, "kWh/100km", meaning, 5, 250)


DEMAND_TABLES = (
    SeedTable(
        "vehicle_classes",
        "one class of plug-in vehicle; row order is the class index",
        FACTS,
        (
            text("vehicle_class", "class id"),
            text("kind", "kind of vehicle; taxi includes full-time ride-hail, truck is heavy", KINDS),
            haul(optional=True),
            text("name_en", "name"),
            number("usable_kwh", "kWh", "usable energy of the pack", 5, 1000),
            consumption("city_kwh_100km", "in the city at 20 degC"),
            consumption("hw100_kwh_100km", "at 100 km/h and 20 degC; trucks at their own speed, mean load"),
            consumption("hw120_kwh_100km", "at 120 km/h and 20 degC; trucks as at 100"),
            number("loaded_kwh_km", "kWh/km", "of a loaded truck", 0.1, 3, optional=True),
            number("empty_kwh_km", "kWh/km", "of an empty truck", 0.1, 3, optional=True),
            number("peak_dc_kw", "kW", "highest DC power at the plug", 10, 1500),
            number("ac_kw", "kW", "power of the on-board charger, 0 when there is none", 0, 43),
            number("voltage_v", "V", "nominal pack voltage", 100, 1500),
            whole("has_engine", "1", "1 for plug-in hybrids and range extenders", 0, 1),
            share("share_2025", "part of its kind at end-2025; sums to 1 per kind"),
            share("share_2027", "part of its kind at end-2027; sums to 1 per kind"),
            number("t_charge_min", "min", "time from 10 to 80 % (heavy and light trucks 20 to 80 %)", 5, 120),
            share("swap_share", "part whose battery can be changed at a swap station"),
            *PROVENANCE,
        ),
        ("vehicle_class",),
    ),
    SeedTable(
        "charging_curves",
        "DC power into one class at one state of charge; 21 knots, linear between them",
        FACTS,
        (
            text("vehicle_class", "class id"),
            share("soc", "state of charge"),
            number("power_kw", "kW", "power at 25 degC from an EVSE that does not bind", 0.5, 1500),
            *PROVENANCE,
        ),
        ("vehicle_class", "soc"),
    ),
    SeedTable(
        "fleet_stock",
        "plug-in vehicles of the nation at the end of one year by kind and haul",
        FACTS,
        (
            text("year", "end of that year; 2027-low and 2027-stress are variants", FLEET_YEARS),
            text("kind", "kind of vehicle", KINDS),
            haul(optional=True),
            whole("n_vehicles", "vehicles", "number of vehicles", 1),
            *PROVENANCE,
        ),
        ("year", "kind", "haul"),
    ),
    SeedTable(
        "truck_hauls",
        "how one haul of electric heavy trucks works",
        FACTS,
        (
            haul(),
            share("share_2025", "part of electric heavy trucks at end-2025, the sum of its classes"),
            share("share_2027", "part of electric heavy trucks at end-2027, the sum of its classes"),
            number("daily_km", "km/day", "mean distance on a working day", 20, 1500),
            number("trip_km", "km", "mean length of one trip", 5, 2000),
            share("loaded_share", "part of the distance that is driven loaded"),
            share("swap_share", "part that changes batteries instead of charging"),
            number("start_h", "h", "hour the working day begins", 0, 24),
            number("end_h", "h", "hour the working day ends", 0, 24),
            *PROVENANCE,
        ),
        ("haul",),
    ),
    SeedTable(
        "travel",
        "one travel, holiday or behaviour figure",
        FACTS,
        (
            text("section", "whom or what it is about"),
            text("key", "name of the figure; a published range is split into _low and _high"),
            number("value", "see unit", "the figure", None),
            unit(),
            text("period", "when it was observed"),
            text("geo", "where it was observed"),
            *PROVENANCE,
        ),
        ("section", "key"),
    ),
    SeedTable(
        "hourly_profiles",
        "part of a day's total that falls in one hour",
        FACTS,
        (
            text("profile_id", "profile"),
            whole("hour", "h", "hour of the day", 0, 23),
            share("share", "part of the day; sums to 1 per profile"),
            *PROVENANCE,
        ),
        ("profile_id", "hour"),
    ),
    SeedTable(
        "temperature",
        "factors at one outdoor temperature, linear between rows",
        FACTS,
        (
            number("temp_degc", "degC", "outdoor temperature", -40, 50),
            number("consumption_factor", "1", "consumption relative to 20 degC", 0.9, 3),
            number("charge_power_factor", "1", "DC power relative to 20 degC, no preheating", 0.1, 1),
            *PROVENANCE,
        ),
        ("temp_degc",),
    ),
    SeedTable(
        "freight_flows",
        "road freight from one province to another",
        FACTS,
        (
            province("origin", "province of loading"),
            province("destination", "province of unloading"),
            number("distance_km", "km", "mean haul", 1, 6000),
            number("kt_per_day", "kt/day", "all road freight", 0, 20000),
            *PROVENANCE,
        ),
        ("origin", "destination"),
    ),
)
