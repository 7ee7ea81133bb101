"""Seed schemas of supply: charger stocks, power classes, operators, tariffs and provincial load."""

from __future__ import annotations

from twin.tables.seed_schema import PROVENANCE, SeedColumn, SeedTable, number, province, share, text, whole
from twin.tables.seeds_places import FACTS

LAYERS = ("urban", "highway", "rural")
POWER_CLASSES = ("ac_7", "dc_30", "dc_80", "dc_120", "dc_180", "hp_300", "hp_480", "hp_600", "mw_1000", "mw_1440")
SEASONS = ("winter", "summer", "other")
LOAD_SEASONS = ("winter", "spring", "summer", "autumn")
STOCK_DATES = ("2025-12", "2026-06", "2027-12")
LOAD = "Figures fitted to provincial load of PyPSA-China-PIK (code MIT; underlying load shapes not redistributed)"

DATE = text("date", "end of that month", STOCK_DATES)
LAYER = text("layer", "part of the network", LAYERS)


def hour(name: str, meaning: str) -> SeedColumn:
    """Declare an hour of the day."""
    return number(name, "h", meaning, 0, 24)


SUPPLY_TABLES = (
    SeedTable(
        "power_classes",
        "one power class of EVSE; row order is the class index, by power",
        FACTS,
        (
            text("power_class", "class id", POWER_CLASSES),
            text("kind", "current", ("ac", "dc")),
            number("rated_kw", "kW", "power an EVSE of this class is rated for", 1, 2000),
            number("min_kw", "kW", "lower bound of the class, inclusive", 0, 3000),
            number("max_kw", "kW", "upper bound of the class, exclusive", 0, 3000),
            whole("is_high_power", "1", "1 when rated at 250 kW or more", 0, 1),
            number("max_voltage_v", "V", "highest voltage", 200, 1500),
            number("max_current_a", "A", "highest current", 10, 3000),
            number("capex_cny_per_w", "CNY/W", "equipment cost", 0, 5),
            *PROVENANCE,
        ),
        ("power_class",),
    ),
    SeedTable(
        "charger_stock",
        "public EVSEs of the nation by date, layer, power class and use: the control totals of the inventory",
        FACTS,
        (
            text("stock", "observed stock or the plan as written", ("national", "plan")),
            DATE,
            LAYER,
            text("power_class", "class id", POWER_CLASSES),
            text("serves", "who may charge there", ("car", "truck", "any")),
            whole("n_evses", "EVSEs", "number of EVSEs (guns)", 1),
            *PROVENANCE,
        ),
        ("date", "layer", "power_class", "serves"),
    ),
    SeedTable(
        "swap_stock",
        "bays of swap stations of the nation by date, layer and use",
        FACTS,
        (
            text("date", "end of that month", ("2023-08", *STOCK_DATES)),
            LAYER,
            text("serves", "whose batteries are changed", ("truck",)),
            whole("n_bays", "EVSEs", "number of bays", 1),
            *PROVENANCE,
        ),
        ("date", "layer", "serves"),
    ),
    SeedTable(
        "evse_vintages",
        "public EVSEs that stood at the end of a month: how old those of a later stock are",
        FACTS,
        (
            text("date", "end of that month"),
            whole("n_evses", "EVSEs", "number of public EVSEs", 1),
            *PROVENANCE,
        ),
        ("date",),
    ),
    SeedTable(
        "private_stock",
        "private EVSEs of the nation by date and kind",
        FACTS,
        (
            DATE,
            text("kind", "where they stand", ("home", "depot", "work")),
            whole("n_evses", "EVSEs", "number of EVSEs", 1),
            number("rated_kw", "kW", "mean rated power", 1, 400),
            *PROVENANCE,
        ),
        ("date", "kind"),
    ),
    SeedTable(
        "charger_provinces",
        "part of the national public EVSEs of one date and layer that stands in one province",
        FACTS,
        (province(), DATE, LAYER, share("share", "part of the nation; sums to 1"), *PROVENANCE),
        ("province", "date", "layer"),
    ),
    SeedTable(
        "operators",
        "one operator of public EVSEs",
        FACTS,
        (
            text("operator", "name"),
            text("name_zh", "Chinese name"),
            share("share", "part of public EVSEs; sums to 1"),
            whole("is_carmaker", "1", "1 where a carmaker runs the plugs as its own network", 0, 1),
            *PROVENANCE,
        ),
        ("operator",),
    ),
    SeedTable(
        "tariffs",
        "energy price at public EVSEs in one province, season and span of the day; the spans tile the day",
        FACTS,
        (
            province(),
            text("season", "summer is June to August, winter is December to February", SEASONS),
            hour("start_h", "first hour of the span"),
            hour("end_h", "end of the span"),
            text("period", "time-of-use period", ("deep_valley", "valley", "flat", "peak", "critical")),
            number("price_cny_per_kwh", "CNY/kWh", "energy price without service fee", 0.05, 3),
            *PROVENANCE,
        ),
        ("province", "season", "start_h"),
    ),
    SeedTable(
        "service_fees",
        "service fee added to the energy price in one province and layer",
        FACTS,
        (
            province(),
            text("layer", "part of the network, or truck hubs", (*LAYERS, "truck")),
            number("fee_cny_per_kwh", "CNY/kWh", "service fee", 0, 2),
            *PROVENANCE,
        ),
        ("province", "layer"),
    ),
    SeedTable(
        "load_shapes",
        "mean daily load of one province and season as mean and two harmonics, per unit of the annual peak",
        LOAD,
        (
            province(),
            text("season", "three months each, spring from March", LOAD_SEASONS),
            number("mean", "1", "mean of the 24 hours", 0, 1),
            number("cos1", "1", "cosine of one cycle a day at hour + 0.5", -1, 1),
            number("sin1", "1", "sine of one cycle a day at hour + 0.5", -1, 1),
            number("cos2", "1", "cosine of two cycles a day", -1, 1),
            number("sin2", "1", "sine of two cycles a day", -1, 1),
            number("rms_error", "1", "root mean square error of the fit", 0, 0.1),
            *PROVENANCE,
        ),
        ("province", "season"),
    ),
)
