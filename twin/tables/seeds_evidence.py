"""Seed schemas of evidence: what policy asks for and what was observed."""

from __future__ import annotations

from twin.tables.seed_schema import PROVENANCE, SeedTable, number, text, unit
from twin.tables.seeds_places import FACTS

EVIDENCE_TABLES = (
    SeedTable(
        "policy_lines",
        "one requirement of one policy text",
        FACTS,
        (
            text("id", "line id"),
            text("instrument", "policy text"),
            text("item", "measure or topic within the text"),
            text("requirement", "what it asks for"),
            text("metric", "figure that tells whether it is met"),
            text("operator", "how value and metric compare", (">", ">=", "=", "<=", "max", "min", "report")),
            number("value", "see unit", "value wanted; blank where the text gives none", None, optional=True),
            unit(optional=True),
            text("due", "when"),
            text("evaluation", "how the metric is computed"),
            *PROVENANCE,
        ),
        ("id",),
    ),
    SeedTable(
        "observed",
        "one observed figure to fit, to test against or for context",
        FACTS,
        (
            text("id", "figure id"),
            text("figure", "what was observed"),
            number("value", "see unit", "the figure", None),
            unit(),
            text("period", "when"),
            text("geo", "where: CN, a province code or a city"),
            text("use", "fit: may set parameters; test: held out; context: neither", ("fit", "test", "context")),
            number("tolerance_rel", "1", "relative tolerance of a comparison; blank for context", 0, 1, optional=True),
            *PROVENANCE,
        ),
        ("id",),
    ),
    SeedTable(
        "calibration",
        "one setting that `twin calibrate` may fit, and the observed figure that it is fitted to",
        FACTS,
        (
            text("parameter", "setting, by section and key"),
            text("figure", "id of an observed figure with use fit; each stands once"),
            number("low", "see setting", "least value", 0),
            number("high", "see setting", "largest value", 0),
            number("response", "1", "per cent of the figure for one per cent of the setting, to begin with", -10, 10),
            *PROVENANCE,
        ),
        ("parameter",),
    ),
    SeedTable(
        "fitted",
        "one setting as `twin calibrate` has fitted it; configs/fitted.yaml carries it into runs",
        FACTS,
        (
            text("parameter", "setting, by section and key"),
            number("value", "see setting", "the setting", None),
            number("low", "see setting", "least value that was allowed", None),
            number("high", "see setting", "largest value that was allowed", None),
            text("rows", "ids of the observed figures that it was fitted to; blank where none", optional=True),
            text("date", "day of the fit (year-month-day); blank where none", optional=True),
            text("how", "runs and sample of the fit, and what came out"),
            *PROVENANCE,
        ),
        ("parameter",),
    ),
    SeedTable(
        "uncertainty",
        "how far one input known to be weak may lie from its value; replicates draw from a triangle",
        FACTS,
        (
            text("parameter", "setting, by section and key; append new ones at the end"),
            number("low", "1", "least value over the scenario's", 0, 1),
            number("mode", "1", "most likely value over the scenario's", 0, 10),
            number("high", "1", "largest value over the scenario's", 1, 10),
            text("by", "drawn once for the nation, or for each province by itself", ("nation", "province")),
            *PROVENANCE,
        ),
        ("parameter",),
    ),
)
