"""What a section adds to the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from twin.report.charts import Chart
from twin.report.figures import Finding

__all__ = ["Section", "Table", "joined"]


class Table(NamedTuple):
    """A table as the page shows it.

    Attributes
    ----------
    heads : list of str
        Words above the columns.
    rows : list of list of str
        Cells, written.
    n_text : int
        So many columns hold text, the others figures.
    """

    heads: list[str]
    rows: list[list[str]]
    n_text: int = 1


@dataclass
class Section:
    """Parts of the page's content.

    Attributes
    ----------
    findings : dict of str to Finding
        Headings.
    charts : dict of str to dict
        Drawn at the places of their names.
    packs : dict of str to str
        Packed tables.
    about : dict
        What the scripts need.
    more : dict
        What the template needs besides.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)
    packs: dict[str, str] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


def joined(sections: Sequence[Section]) -> Section:
    """Return all sections as one."""
    whole = Section()
    for section in sections:
        for part in ("findings", "charts", "packs", "about", "more"):
            getattr(whole, part).update(getattr(section, part))
    return whole
