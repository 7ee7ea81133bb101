"""From filled-in content to one file that opens offline."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from twin.report.language import ENGLISH, Language
from twin.report.packed import pack_bytes

ROOM = Path(__file__).parent


def render(template: str, content: dict[str, Any], scripts: Sequence[str], say: Language = ENGLISH) -> str:
    """Return a page as text, with its style, its scripts and, packed, the drawing library, charts and large tables inside.

    Parameters
    ----------
    template : str
        Name of a template of this room.
    content : dict
        What it fills in; ``charts`` are drawn at the places of their names, ``packs`` are texts as
        `twin.report.packed.pack_arrays` makes them, ``about`` is what scripts need besides.
    scripts : sequence of str
        Names of the scripts, in order.
    say : Language
        Of the page.
    """
    from plotly.offline import get_plotlyjs

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOM),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    source = "\n".join((ROOM / name).read_text(encoding="utf-8") for name in scripts)
    about = {"language": say.code, "words": {english: say(english) for english in script_words(source)}}
    return environment.get_template(template).render(
        **{"packs": {}, **content},
        t=say,
        language=say.code,
        style=Markup((ROOM / "page.css").read_text(encoding="utf-8")),
        script=Markup(source),
        plotly=pack_bytes(get_plotlyjs().encode()),
        charts_packed=pack_bytes(script_json(content["charts"]).encode()),
        about_json=Markup(script_json(about | content.get("about", {}))),
    )


def script_words(source: str) -> list[str]:
    """Return the texts that scripts say."""
    return re.findall(r'\bsay\("([^"]+)"', source)


def script_json(obj: Any) -> str:
    """Return JSON that is safe inside a script element, the same text for the same object."""
    text = json.dumps(obj, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
