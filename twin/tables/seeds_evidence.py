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
)
