"""Texts that the tables of a run bring along, with figures in them: reasons of verdicts and laws of the audit."""

from __future__ import annotations

import functools
import json
import re

from twin.report.language import TABLE_TEXTS, Language

__all__ = ["reason"]

WITHIN = "rest"
"""Name of a part that is a text of its own."""


def reason(text: str, say: Language) -> str:
    """Say a text of a table in the language of the page; what the catalogue does not hold stays as it is."""
    if say.code == "en":
        return text
    for english, wording in _templates():
        found = english.fullmatch(text)
        if found:
            parts = {name: reason(part, say) if name == WITHIN else part for name, part in found.groupdict().items()}
            return wording.format(**parts)
    return text


@functools.cache
def _templates() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the wordings with a pattern of their English, those that hold another text first."""
    parts = json.loads(TABLE_TEXTS.read_text(encoding="utf-8"))
    wordings = {english: wording for name in ("reasons", "laws") for english, wording in parts[name].items()}
    order = sorted(wordings, key=lambda english: (f"{{{WITHIN}}}" not in english, english.count("{"), english))
    return tuple((_pattern(english), wordings[english]) for english in order)


def _pattern(english: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", english)
    return re.compile("".join(f"(?P<{piece}>.+?)" if k % 2 else re.escape(piece) for k, piece in enumerate(pieces)))
