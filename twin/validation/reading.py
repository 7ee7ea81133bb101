"""Runs to be held against what was observed: read from folders, and the verdicts written to files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from twin import __version__
from twin.errors import DataError, StoreError
from twin.store import input_hashes, open_named, open_run, write_table
from twin.tables import seeds
from twin.tables.results import ValidationTable
from twin.tables.seeds_evidence import EVIDENCE_TABLES
from twin.validation.compare import compare
from twin.validation.facts import Facts, facts_of
from twin.validation.page import score

SUFFIXES = (".parquet", ".json", ".md")


def validate(folders: Sequence[Path]) -> ValidationTable:
    """Hold the observed figures against the runs in some folders.

    Raises
    ------
    DataError
        If a folder holds no run, or the seed of observed figures is broken.
    StoreError
        If a table is damaged.
    """
    return compare(seeds.read("observed"), [read_facts(folder) for folder in folders])


def read_facts(folder: Path) -> Facts:
    """Open the run in a folder."""
    run = open_named(folder)
    try:
        return facts_of(run)
    except (KeyError, ValueError) as fault:
        raise StoreError(
            f"{folder}/manifest.json: no period or fleet to read ({fault}); wanted the run of a nation"
        ) from fault


def require_current(folder: Path) -> None:
    """Let a run that was found stand for a new one only if the same program made it of the same seeds.

    Raises
    ------
    DataError
        If another version made it, or seeds that results rest on have changed since.
    """
    manifest = open_run(folder).manifest
    evidence = {table.name for table in EVIDENCE_TABLES}
    then, now = (
        {entry["name"]: entry["sha256"] for entry in inputs if entry["name"] not in evidence}
        for inputs in (manifest["inputs"], input_hashes())
    )
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if manifest["versions"]["twin"] != __version__:
        changed.insert(0, f"version {manifest['versions']['twin']}")
    if changed:
        told = f"{folder}: found a run made with another {', '.join(changed)}; wanted one of this version and these seeds"
        raise DataError(f"{told}; move it away, or keep the new ones elsewhere with --runs")


def rows_of(table: ValidationTable) -> list[dict[str, Any]]:
    """Return a table as one dict a row; what is not a number is None."""
    names = table._fields
    return [
        {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in pairs}
        for pairs in (zip(names, row, strict=True) for row in zip(*(column.tolist() for column in table), strict=True))
    ]


def write_validation(table: ValidationTable, out: Path) -> Path:
    """Write the table by the ending of the file: Parquet, JSON or Markdown; into a folder as ``validation.parquet``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If the ending is none of these.
    StoreError
        If it cannot be written.
    """
    out = out / "validation.parquet" if out.is_dir() else out
    if out.suffix not in SUFFIXES:
        raise DataError(f"{out}: found the ending '{out.suffix}'; wanted {', '.join(SUFFIXES)} or a folder; rename it")
    partial = out.with_name(f".{out.name}.partial")
    try:
        if out.suffix == ".parquet":
            write_table(table, partial)
        else:
            text = json.dumps(rows_of(table), ensure_ascii=False, indent=1) if out.suffix == ".json" else score(table, True)
            partial.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")
        partial.replace(out)
    except OSError as fault:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{out}: could not be written ({fault}); name a folder that is there") from fault
    return out


def verdicts(table: ValidationTable) -> Iterable[str]:
    """Yield a line for each row that was simulated or is marked fit or test."""
    for row in rows_of(table):
        if row["simulated"] is None and row["use"] == "context":
            continue
        yield _line(row)


def _line(row: dict[str, Any]) -> str:
    unit = "" if row["unit"] == "1" else row["unit"]
    simulated = "-" if row["simulated"] is None else f"{row['simulated']:.4g}"
    error = "" if row["error"] is None else f"{100 * row['error']:+.0f} %"
    allowed = "" if row["tolerance"] is None else f"of {100 * row['tolerance']:.0f} %"
    span = "" if row["low"] is None else f" [{row['low']:.4g}, {row['high']:.4g}]"
    text = f"{row['figure'][:36]:<36}  {row['use']:<7}  {row['observed']:>9.4g}  {simulated:>9}{span} {unit:<12}"
    return f"{text} {error:>7} {allowed:<8} {row['verdict']}"
