"""From filled-in content to one file that opens offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

ROOM = Path(__file__).parent


def render(template: str, content: dict[str, Any]) -> str:
    """Return a page as text, with its style, its script and the drawing library inside.

    Parameters
    ----------
    template : str
        Name of a template of this room.
    content : dict
        What it fills in; ``charts`` are drawn at the places of their names.
    """
    from plotly.offline import get_plotlyjs

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOM),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        **content,
        style=Markup((ROOM / "page.css").read_text(encoding="utf-8")),
        script=Markup((ROOM / "page.js").read_text(encoding="utf-8")),
        plotly=Markup(get_plotlyjs()),
        chart_json=Markup(script_json(content["charts"])),
    )


def script_json(obj: Any) -> str:
    """Return JSON that is safe inside a script element, the same text for the same object."""
    text = json.dumps(obj, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
