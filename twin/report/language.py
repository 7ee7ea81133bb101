"""The two languages of the pages: every sentence of ours is looked up in one catalogue, by its English wording."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

__all__ = ["CATALOGUE", "ENGLISH", "LANGUAGES", "TABLE_TEXTS", "Language", "language", "phrase"]

LANGUAGES = ("en", "zh")
CATALOGUE = Path(__file__).parent / "chinese.json"
"""Chinese by English: sentences of the pages, and words of the pages' scripts."""
TABLE_TEXTS = Path(__file__).parent / "chinese_tables.json"
"""The same of texts that tables of a run bring along: requirements, reasons, laws, units."""


class Language:
    """Says a sentence in one language.

    Parameters
    ----------
    code : str
        One of ``LANGUAGES``.
    catalogue : dict of str to str
        Wording by English wording; what is not in it stays English.
    """

    def __init__(self, code: str, catalogue: dict[str, str]) -> None:
        self.code = code
        self._catalogue = catalogue

    def __call__(self, english: str, /, **values: object) -> str:
        """Say a sentence, with `values` put in for the names in braces."""
        wording = self._catalogue.get(english, english)
        return wording.format(**values) if values else wording

    def knows(self, english: str) -> bool:
        """Return whether the sentence is said in this language and not left as it is."""
        return self.code == "en" or english in self._catalogue

    def join(self, parts: list[str]) -> str:
        """Write a list within a sentence."""
        return ("、" if self.code == "zh" else ", ").join(parts)

    def day(self, day: dt.date) -> str:
        """Write a day of the year."""
        return f"{day.month}月{day.day}日" if self.code == "zh" else f"{day:%-d %B}"


def phrase(english: str) -> str:
    """Mark a text that is said elsewhere, so that the catalogue is known to need it."""
    return english


ENGLISH = Language("en", {})


def language(code: str) -> Language:
    """Return one of the ``LANGUAGES``."""
    if code == "en":
        return ENGLISH
    parts = [part for path in (TABLE_TEXTS, CATALOGUE) for part in json.loads(path.read_text(encoding="utf-8")).values()]
    return Language(code, {english: wording for part in parts for english, wording in part.items()})
