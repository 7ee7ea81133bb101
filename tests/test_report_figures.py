"""Figures for a paper: every chart of the page, on white, or a word on what is missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import plotly.io
import pytest
from typer.testing import CliRunner

from tests.report_runs import whole_run
from twin.cli import app
from twin.errors import DataError, StoreError
from twin.report import write_figures


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return whole_run(tmp_path / "run")


def test_without_the_extra_nothing_is_written(run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "kaleido" else real(name))
    out = tmp_path / "figures"
    done = CliRunner().invoke(app, ["report", str(run_dir), "--figures", str(out)])
    assert done.exit_code == 2
    assert "--figures: found no package kaleido" in done.output
    assert "pip install 'twin[figures]'" in done.output
    assert not out.exists()
    assert not (run_dir / "report.html").exists()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Take the place of the drawing library: note what it is given, and leave files behind."""
    given: dict[str, Any] = {}

    def draw(figures: list[Any], paths: list[Path], **options: Any) -> None:
        given.update({path.name: figure for figure, path in zip(figures, paths, strict=True)}, options=options)
        for path in paths:
            path.touch()

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name == "kaleido" else real(name))
    monkeypatch.setattr(plotly.io, "write_images", draw)
    return given


def test_every_chart_becomes_two_files_on_white(run_dir: Path, tmp_path: Path, drawn: dict[str, Any]) -> None:
    paths = write_figures(run_dir, tmp_path / "figures")
    names = {path.stem for path in paths}
    assert {"map", "gaps", "waits", "heat", "distribution", "load", "headroom", "trucks"} <= names
    assert "film" not in names
    assert {path.name for path in paths} == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    assert all(path.is_file() for path in paths)
    assert drawn["load.svg"].layout.paper_bgcolor == "white"
    assert len(drawn["options"]["height"]) == len(paths)
    assert write_figures(run_dir, tmp_path / "figures", "zh") == paths
    assert drawn["load.svg"].layout.yaxis.title.text == "电网侧负荷(GW)"


def test_a_browser_that_is_missing_is_told(
    run_dir: Path, tmp_path: Path, drawn: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no Chrome")

    monkeypatch.setattr(plotly.io, "write_images", fail)
    with pytest.raises(DataError, match=r"kaleido could not draw \(no Chrome\)"):
        write_figures(run_dir, tmp_path / "figures")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be written"):
        write_figures(run_dir, tmp_path / "file" / "figures")
    assert drawn == {}
