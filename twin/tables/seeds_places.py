"""Seed schemas of places: provinces, prefecture-level zones, counties, and the figures of nation and province."""

from __future__ import annotations

from twin.tables.seed_schema import PROVENANCE, PROVINCES, SeedTable, number, province, share, text, unit, whole

FACTS = "Facts and figures with their sources; this compilation CC BY 4.0"
CENSUS = "2020 census figures through leiii/census (MIT), county points of sfyc23 (MIT); this compilation CC BY 4.0"

GRID_REGIONS = ("NC", "NE", "EC", "CC", "NW", "SW", "CSG")

PROVINCE_FIGURES = (
    "area",
    "population",
    "private_cars",
    "nev_stock",
    "bev_share",
    "public_evses",
    "public_stations",
    "public_energy",
    "peak_load",
    "electricity",
    "temp_jan",
    "temp_jul",
    "pv_full_load_hours",
    "home_access_share",
    "expressway_km",
    "n_counties",
    "n_townships",
    "road_freight",
    "heavy_truck_share",
)

POINT = (
    number("lon", "deg", "longitude, WGS-84, about 1 km", 73.0, 136.0),
    number("lat", "deg", "latitude, WGS-84, about 1 km", 3.0, 54.0),
)
PEOPLE = (
    whole("population", "persons", "usual residents at the 2020 census", 1),
    share("urban_share", "urban part of the population"),
    share("car_share", "households that own a car, 2020 census long form"),
)

PLACE_TABLES = (
    SeedTable(
        "provinces",
        "one province-level unit of the mainland; row order is the province index",
        FACTS,
        (
            province(),
            text("name_en", "English name"),
            text("name_zh", "Chinese name, short"),
            text("capital_zone", "zone of the capital"),
            *POINT,
            text("grid_region", "regional grid (NC north, CC central, CSG southern grid company)", GRID_REGIONS),
            *PROVENANCE,
        ),
        ("province",),
    ),
    SeedTable(
        "province_figures",
        "one figure of one province and time",
        FACTS,
        (
            province(),
            text("figure", "what is counted or measured", PROVINCE_FIGURES),
            number("value", "see unit", "the figure", None),
            unit(),
            text("year", "end of that year, end of that month, or the climate mean"),
            *PROVENANCE,
        ),
        ("province", "figure", "year"),
    ),
    SeedTable(
        "nation_figures",
        "one national figure and time",
        FACTS,
        (
            text("figure", "what is counted or measured"),
            number("value", "see unit", "the figure", None),
            unit(),
            text("period", "end of that year or month, a span, or 'any'"),
            *PROVENANCE,
        ),
        ("figure", "period"),
    ),
    SeedTable(
        "zones",
        "one prefecture-level zone; row order is the zone index, by province and then code",
        CENSUS,
        (
            text("zone", "zone id; also the node of the backbone that stands for it"),
            text("name_en", "English name"),
            text("name_zh", "Chinese name"),
            province(),
            *POINT,
            *PEOPLE,
            whole("nev_2022", "vehicles", "new-energy vehicles registered at end-2022"),
            *PROVENANCE,
        ),
        ("zone",),
    ),
    SeedTable(
        "counties",
        "one county-level point; row order is the county index, by zone and then code",
        CENSUS,
        (
            text("county", "six-digit administrative code of 2020"),
            text("name_zh", "Chinese name"),
            text("zone", "zone it belongs to"),
            province(),
            *POINT,
            *PEOPLE,
            *PROVENANCE,
        ),
        ("county",),
    ),
    SeedTable(
        "calendar",
        "one day and what kind of day it is",
        FACTS,
        (
            text("date", "ISO date, Asia/Shanghai"),
            text("name", "weekday name in English"),
            text("kind", "kind of day for travel and charging", ("workday", "weekend", "holiday")),
            text(
                "holiday",
                "public holiday the day belongs to, blank otherwise",
                ("new_year", "spring_festival", "qingming", "may_day", "dragon_boat", "mid_autumn", "national_day"),
                optional=True,
            ),
            whole("day_of_holiday", "days", "1 on the first day of the holiday, 0 outside"),
            whole("holiday_length", "days", "days of that holiday, 0 outside"),
            whole("is_toll_free", "1", "1 when small cars pass expressways free of charge", 0, 1),
            *PROVENANCE,
        ),
        ("date",),
    ),
)

__all__ = ["CENSUS", "FACTS", "PEOPLE", "PLACE_TABLES", "POINT", "PROVINCES", "PROVINCE_FIGURES"]
