"""The headline tables as a workbook, each figure with its unit, each line with its source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Font  # type: ignore[import-untyped]

from twin.store import Run
from twin.tables.inputs import LAYERS

__all__ = ["write_workbook"]

WIDTHS = (34, 60)
"""Least and most characters that a column is wide."""


def write_workbook(run: Run, path: Path) -> None:
    """Write the headline tables of a run as XLSX.

    Text is text: a name that begins with an equals sign is no formula.
    """
    book = Workbook(write_only=True)
    book.properties.title = str(run.manifest["scenario"])
    book.properties.creator = f"twin {run.manifest['versions']['twin']}"
    for name, heads, rows in _sheets(run):
        _write_sheet(book, name, heads, rows)
    book.save(path)


def _sheets(run: Run) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]:
    """Yield name, heads and rows of every sheet that the run has the tables for."""
    metrics = run.metrics.to_pylist()
    whole = [row for row in metrics if row["hour"] is None]
    yield "About", ("entry", "value"), _about(run)
    national = [row for row in whole if row["layer"] == "all" and row["province"] == "all"]
    yield (
        "Headline",
        ("figure", "value", "unit", "low", "high"),
        [[row[name] for name in ("metric", "value", "unit", "ci_low", "ci_high")] for row in national],
    )
    yield "Layers", ("figure", "unit", *LAYERS), _wide(whole, LAYERS, "layer", "province")
    provinces = sorted({row["province"] for row in whole} - {"all"})
    yield "Provinces", ("figure", "unit", *provinces), _wide(whole, provinces, "province", "layer")
    stations = run.stations.filter(np.array([layer == "highway" for layer in run.stations["layer"].to_pylist()], bool))
    heads = [f"{field.name} ({unit})" if (unit := _unit(field)) else field.name for field in stations.schema]
    yield "Service areas", heads, [list(row.values()) for row in stations.to_pylist()]
    if run.has("scorecard"):
        yield "Scorecard", run.scorecard.column_names, [list(row.values()) for row in run.scorecard.to_pylist()]
    laws = run.audit["laws"]
    yield (
        "Audit",
        ("law", "left", "relation", "right", "unit", "holds"),
        [[law[name] for name in ("name", "left", "relation", "right", "unit", "holds")] for law in laws],
    )
    inputs = run.manifest["inputs"]
    yield (
        "Sources",
        ("input", "licence", "sha256"),
        [[row[name] for name in ("name", "licence", "sha256")] for row in inputs],
    )


def _about(run: Run) -> list[list[Any]]:
    manifest = run.manifest
    entries = ("scenario", "title", "description", "first_day", "seed", "config_hash", "audit")
    rows = [[name, manifest[name]] for name in entries if name in manifest]
    rows += [[f"version of {name}", version] for name, version in manifest["versions"].items()]
    rows.append(["figures", "simulated, not observed; definitions in docs/metrics.md of the program"])
    rows.append(["roads", "derived from OpenStreetMap, (c) OpenStreetMap contributors, Open Database Licence 1.0"])
    return rows


def _wide(rows: Sequence[dict[str, Any]], names: Sequence[str], across: str, other: str) -> list[list[Any]]:
    """Return a row a figure, with a column for each of `names`, where the other key is "all"."""
    value_of = {(row["metric"], row[across]): row for row in rows if row[other] == "all"}
    metrics = list(dict.fromkeys(metric for metric, name in value_of if name in names))
    return [
        [metric, next(value_of[metric, name]["unit"] for name in names if (metric, name) in value_of)]
        + [value_of[metric, name]["value"] if (metric, name) in value_of else None for name in names]
        for metric in metrics
    ]


def _unit(field: Any) -> str:
    unit = (field.metadata or {}).get(b"unit", b"").decode()
    return "" if unit == "-" else unit


def _write_sheet(book: Workbook, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "B2"
    for place, head in enumerate(heads):
        width = max(WIDTHS[0] if place == 0 else 12, min(len(head) + 2, WIDTHS[1]))
        sheet.column_dimensions[_letters(place)].width = width
    sheet.append([_cell(sheet, head, is_bold=True) for head in heads])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: Any, *, is_bold: bool = False) -> Any:
    """Return a value as a cell; what a spreadsheet has no number for is left empty."""
    if isinstance(value, float) and not math.isfinite(value):
        value = None
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    if is_bold:
        cell.font = Font(bold=True)
    return cell


def _letters(place: int) -> str:
    first, second = divmod(place, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)
