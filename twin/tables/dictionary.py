"""The data dictionary: every column of a run folder and of the seeds, as one page generated from the declarations."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from twin.tables import batch, coverage, orders, results
from twin.tables.columns import columns
from twin.tables.posed import POSED_MEANINGS, POSED_TABLES, PosedColumn
from twin.tables.seeds import SEED_TABLES

HEADING = """# Data dictionary

Generated from the declarations in `twin/tables`; regenerate with
`python -m twin.tables.dictionary > docs/data-dictionary.md`.
Times are seconds, hours or quarter hours since 00:00 Asia/Shanghai of day 0; `-` is a pure number.
"""


def page() -> str:
    """Return the data dictionary as Markdown."""
    lines = [HEADING, "## Tables of a run folder", ""]
    for table in (table for module in (results, coverage, orders) for table in result_tables(module)):
        rows = ((column.name, _dtype(column.dtype), column.unit, column.meaning) for column in columns(table))
        lines += _section(inspect.getdoc(table) or table.__name__, ("column", "type", "unit", "meaning"), rows)
    lines += ["## Tables of a batch", "", "Beside the folders of its runs; see docs/cluster.md.", ""]
    for table in result_tables(batch):
        rows = ((column.name, _dtype(column.dtype), column.unit, column.meaning) for column in columns(table))
        lines += _section(inspect.getdoc(table) or table.__name__, ("column", "type", "unit", "meaning"), rows)
    lines += ["## Tables of a case posed by hand", "", "What `twin.simulate` takes; a row's number, from 0, is its id.", ""]
    for name, posed in POSED_TABLES.items():
        told = ((c.name, c.kind, c.unit, c.meaning, _range(c), c.default or "needed") for c in posed)
        lines += _section(
            f"{name}: {POSED_MEANINGS[name]}", ("column", "kind", "unit", "meaning", "values", "left out"), told
        )
    lines += ["## Seed tables", "", "Every row closes with `source` and `confidence`.", ""]
    for name, seed in sorted(SEED_TABLES.items()):
        cells = ((column.name, column.kind, column.unit, column.meaning) for column in seed.columns)
        title = f"{name}.csv: {seed.meaning}. {seed.licence}."
        lines += _section(title, ("column", "type", "unit", "meaning"), cells)
    return "\n".join(lines).rstrip() + "\n"


def result_tables(module: ModuleType = results) -> Iterator[type]:
    """Yield the declared tables of `twin.tables.results`, or of another module, in its order."""
    for value in vars(module).values():
        if inspect.isclass(value) and value.__module__ == module.__name__ and hasattr(value, "_fields"):
            yield value


def _section(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    name, _, meaning = " ".join(title.split()).partition(": ")
    lines = [f"### `{name}`", "", meaning[:1].upper() + meaning[1:], ""]
    lines += [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| `{first}` | {' | '.join(cell.replace('|', '&#124;') for cell in rest)} |" for first, *rest in rows]
    return [*lines, ""]


def _range(column: PosedColumn) -> str:
    """Return what a column of a hand-made table may hold."""
    if column.of:
        return f"row of {column.of}"
    if column.kind in ("text", "truth"):
        return ", ".join(column.allowed) or "any"
    return f"{column.low:.10g} to {column.high:.10g}"


def _dtype(dtype: Any) -> str:
    return "text" if dtype.kind == "O" else str(dtype)


if __name__ == "__main__":
    sys.stdout.write(page())
