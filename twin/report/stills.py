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
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreError(f"{out}: could not be made ({fault}); choose a folder with room to write to") from fault
    return [path for name, chart in charts.items() if name not in FRAMES for path in _drawn(chart, out, name)]


def _drawn(chart: Chart, out: Path, name: str) -> list[Path]:
    from plotly.graph_objects import Figure

    paper: dict[str, Any] = {"paper_bgcolor": "white", "plot_bgcolor": "white"}
    figure = Figure(data=chart["data"], layout=chart["layout"] | paper)
    figure.update_layout(font_color="#222222")
    paths = [out / f"{name}.{kind}" for kind in FORMATS]
    for path in paths:
        try:
            figure.write_image(path, width=WIDTH_PX, height=chart["layout"]["height"], scale=SCALE)
        except OSError as fault:
            raise StoreError(f"{path}: could not be written ({fault}); choose a folder with room to write to") from fault
        except Exception as fault:  # kaleido's own errors have no common class
            raise DataError(
                f"--figures: kaleido could not draw ({fault}); wanted Chrome or Chromium on this machine; install one"
            ) from fault
    return paths
