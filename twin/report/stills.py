"""Every figure of the page as a file of its own, for a paper: white ground, no browser page around it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from twin.errors import DataError, StoreError
from twin.report.charts import Chart
from twin.report.language import language
from twin.report.page import page_content
from twin.store import open_run

__all__ = ["write_figures"]

FORMATS = ("svg", "png")
WIDTH_PX = 900
SCALE = 2
"""Pixels of the PNG a pixel of the page."""
FRAMES = {"film"}
"""Charts that are empty until the page's script fills them."""


def write_figures(run_dir: Path, out: Path, lang: str = "en") -> list[Path]:
    """Write each chart of a run's page as ``<name>.svg`` and ``<name>.png``.

    Parameters
    ----------
    run_dir : Path
        The run folder.
    out : Path
        Folder of the figures; files of these names are replaced.
    lang : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    DataError
        If the extra `figures` is not installed, or kaleido finds no browser to draw with.
    StoreError
        If the run cannot be read or a file not be written.
    """
    if importlib.util.find_spec("kaleido") is None:
        wanted = "the extra that draws figures; install it with pip install 'twin[figures]'"
        raise DataError(f"--figures: found no package kaleido; wanted {wanted}")
    charts = page_content(open_run(run_dir), language(lang))["charts"]
    shown = {name: chart for name, chart in charts.items() if name not in FRAMES}
    paths = [out / f"{name}.{kind}" for kind in FORMATS for name in shown]
    try:
        out.mkdir(parents=True, exist_ok=True)
        _draw([shown[path.stem] for path in paths], paths)
    except OSError as fault:
        raise StoreError(f"{out}: figures could not be written ({fault}); choose a folder with room to write to") from fault
    return paths


def _draw(charts: list[Chart], paths: list[Path]) -> None:
    """Draw all charts with one browser."""
    from plotly.graph_objects import Figure
    from plotly.io import write_images

    paper: dict[str, Any] = {"paper_bgcolor": "white", "plot_bgcolor": "white"}
    figures = [Figure(data=chart["data"], layout=chart["layout"] | paper) for chart in charts]
    for figure in figures:
        figure.update_layout(font_color="#222222")
    heights = [chart["layout"]["height"] for chart in charts]
    try:
        write_images(figures, paths, width=WIDTH_PX, height=heights, scale=SCALE)
    except OSError:
        raise
    except Exception as fault:  # kaleido's own errors have no common class
        wanted = "Chrome or Chromium on this machine; install one, or name it in BROWSER_PATH"
        raise DataError(f"--figures: kaleido could not draw ({fault}); wanted {wanted}") from fault
