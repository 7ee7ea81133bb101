"""The pages say what is there: links lead somewhere, commands exist, names and numbers are those of the code."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import typer.main

import twin
from tests.conftest import REPOSITORY
from tests.nation import small_given
from twin.cli import app
from twin.config import Config, load
from twin.engine import account
from twin.engine.world import build_world
from twin.tables.columns import empty
from twin.tables.inputs import LAYERS, Itineraries
from twin.tables.orders import OrdersTable
from twin.tables.plants import NO_PLANTS, PLANT_KINDS, PlantTotals
from twin.tables.results import MetricsTable
from twin.tables.totals import HOUR_FIELDS, LOAD_KINDS, WAIT_EDGES_S, RunTotals, StationTotals

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", REPOSITORY / "seeds" / "README.md"]
PAGES += sorted((REPOSITORY / "docs").glob("*.md"))
README = PAGES[0].read_text(encoding="utf-8")
MODEL = (REPOSITORY / "docs" / "model.md").read_text(encoding="utf-8")
NOTEBOOKS = {
    "01-first-run": "mean_wait_min",
    "02-your-own-scenario": "compared: compare.html",
    "03-your-own-city": "the town's audit: held",
    "04-your-own-behaviour": "engine and reference agree: True",
    "05-batch-and-intervals": "paired differences: True",
    "07-your-own-rule": "orders stand in the following run",
}
"""What each says somewhere when it has run."""
MOST_PICTURE_BYTES = 400_000
MADE_BY_THE_READER = {"configs/mine.yaml"}
TOLD_SECTIONS = ("behaviour", "fleet", "grid", "period", "site", "stations", "travel")
"""Sections of the configuration whose every setting the model's description names."""


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert not lost


def said_commands(text: str) -> Iterator[list[str]]:
    """Yield the commands of the program that a page tells, in running text and in blocks."""
    for said in re.findall(r"`((?:\.venv/bin/)?twin [^`\n]+)`", text) + re.findall(
        r"^(?: {4})?((?:\.venv/bin/)?twin .+)$", text, re.MULTILINE
    ):
        yield shlex.split(said, comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_commands_and_their_options_exist(page: Path) -> None:
    for words in said_commands(page.read_text(encoding="utf-8")):
        command: Any = typer.main.get_command(app)
        options = {"--help"}
        for word in words:
            if word.startswith("-"):
                break
            if word not in getattr(command, "commands", {}):
                assert not hasattr(command, "commands"), f"twin {shlex.join(words)}: there is no {word}"
                break
            command = command.commands[word]
        options |= {name for parameter in command.params for name in parameter.opts}
        unknown = {word for word in words if word.startswith("--")} - options
        assert not unknown, f"twin {shlex.join(words)}"


def test_readme_tells_commands_at_all() -> None:
    """The two tests above are about something: the commands of a first hour are told."""
    told = {words[0] for words in said_commands(README)}
    assert {"run", "report", "network", "schema"} <= told
    assert re.findall(r"^    make (\w+)", README, re.MULTILINE) == ["run", "test"]


def test_make_targets_modules_and_configs_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for target in set(re.findall(r"(?:`|^ {4})make (\w+)", text, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
    for module in set(re.findall(r"python -m ([\w.]+)", text)):
        assert importlib.util.find_spec(module.rstrip(".")), f"python -m {module}"
    for name in set(re.findall(r"configs/[\w./-]+\w", text)) - MADE_BY_THE_READER:
        assert (REPOSITORY / name).is_file(), name


def test_the_scenario_of_readme_loads(tmp_path: Path) -> None:
    """The example does what its title says, and its settings on the command line are settings."""
    (example,) = re.findall(r"```yaml\n(.+?)```", README, re.DOTALL)
    configs = shutil.copytree(REPOSITORY / "configs", tmp_path / "configs")
    (configs / "mine.yaml").write_text(example, encoding="utf-8")
    schema = re.findall(r"\$schema=(\S+)", example)
    assert [(configs / name).is_file() for name in schema] == [True]
    settings = re.findall(r"--set (\S+=\S+)", README)
    assert settings
    config = load(configs / "mine.yaml", settings)
    assert config.stations.province_factors == {"GD": 1.2}
    assert config.behaviour.patience_s == 1800


def test_python_of_readme_names_what_there_is() -> None:
    (example,) = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    used = {node.attr for node in ast.walk(ast.parse(example)) if _is_of(node, "twin")}
    assert used == {"load", "run"}
    assert used <= set(twin.__all__)


def _is_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name


def test_readme_lists_the_files_of_a_run() -> None:
    """README's list of a run folder holds every table of the data dictionary, three files more, and nothing else."""
    dictionary = (REPOSITORY / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    tables = set(re.findall(r"^### `(\w+(?:\.parquet|/))`", dictionary, re.MULTILINE))
    section = README.partition("## A run folder")[2].partition("\n## ")[0]
    listed = {name for row in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE) for name in re.findall(r"`(.+?)`", row)}
    assert listed == tables | {"manifest.json", "audit.json", "report.html"}


def test_the_model_names_every_setting_that_steers_it() -> None:
    """Settings that the description names exist, and none of those sections is left out."""
    fields = Config.model_fields
    told = set(re.findall(r"`([a-z]+)\.(\w+)`", MODEL))
    settings = {(section, name) for section in fields for name in _settings(section)}
    assert {(section, name) for section, name in told if section in fields} <= settings
    wanted = {(section, name) for section, name in settings if section in TOLD_SECTIONS}
    assert wanted - told == set()


def _settings(section: str) -> set[str]:
    model: Any = Config.model_fields[section].annotation
    return set(model.model_fields)


def test_the_constants_of_the_model_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(twin\.[\w.]+)\.(\w+)` \| (\S+) \|", MODEL, re.MULTILINE)
    assert len(rows) > 10
    told = {f"{module}.{name}": ast.literal_eval(value) for module, name, value in rows}
    assert told == {f"{module}.{name}": getattr(importlib.import_module(module), name) for module, name, _ in rows}


CELLS = {
    "nation": {("all", "nation", "run")},
    "nation, hour": {("all", "nation", "hour")},
    "province": {("all", "nation", "run"), ("all", "province", "run")},
    "layer": {(layer, "nation", "run") for layer in (*LAYERS, "all")},
    "layer, hour": {(layer, "nation", when) for layer in (*LAYERS, "all") for when in ("run", "hour")},
    "layer x province": {(layer, where, "run") for layer in (*LAYERS, "all") for where in ("nation", "province")},
    **{layer: {(layer, where, "run") for where in ("nation", "province")} for layer in LAYERS},
}
CELLS["layer x province, hour"] = CELLS["layer x province"] | CELLS["layer, hour"]


def test_metrics_are_those_that_a_run_emits() -> None:
    """Names, and for which layers, provinces and hours: the page against a nation in which nobody moved."""
    page = (REPOSITORY / "docs" / "metrics.md").read_text(encoding="utf-8")
    told = {name: CELLS[by] for name, by in re.findall(r"^\| `(\w+)` \| ([\w, ]+?) \|", page, re.MULTILINE)}
    table, found = emitted(), {}
    for name, layer, province, hour in zip(table.metric, table.layer, table.province, table.hour, strict=True):
        cell = (layer, "nation" if province == "all" else "province", "run" if np.isnan(hour) else "hour")
        found.setdefault(name, set()).add(cell)
    assert told == found


def emitted() -> MetricsTable:
    """Return the metrics of the real places and of stations thinned for a sample, with a run that counted nothing."""
    from twin import nation
    from twin.grid.mix import build_mix
    from twin.metrics.buildout import buildout_metrics
    from twin.metrics.coverage import coverage_metrics
    from twin.metrics.green import green_metrics
    from twin.metrics.grid import grid_table
    from twin.metrics.summary import summarise
    from twin.metrics.tours import tour_metrics
    from twin.metrics.zones import Measures, zone_metrics, zones_table

    config = load(REPOSITORY / "configs" / "smoke.yaml", ["period.n_days=1"])
    places = nation.build_places(config)
    supply = nation.build_supply(config, places)
    regions, n_hours = places.regions, 24
    totals = RunTotals(
        n_hours=n_hours,
        stations=empty(StationTotals, len(supply.inventory.stations.zone)),
        hours=np.zeros((len(HOUR_FIELDS), regions.n_provinces, len(LAYERS), n_hours), np.int64),
        wait_histogram=np.zeros((len(LAYERS), n_hours, len(WAIT_EDGES_S)), np.int64),
        load_ws=np.zeros((len(LOAD_KINDS), regions.n_zones, 4 * n_hours), np.int64),
        road=np.zeros((n_hours, 2, 4), np.int64),
        counts=account._counts(build_world(small_given(n_vehicles=60, n_zones=3, n_days=1), 1), 0),
        laws=(),
        plants=NO_PLANTS.plants,
        plant_sums=empty(PlantTotals, 0),
        plant_ws=np.zeros((len(PLANT_KINDS), regions.n_zones, 4 * n_hours), np.int64),
    )
    grid = grid_table(totals, supply.base, regions, config.stations.module_efficiency)
    coverage = coverage_metrics(supply.inventory, regions, places.network, np.ones(regions.n_zones, np.int64))
    lonely_trip = Itineraries(*(np.zeros(1 + (name == "first"), np.int32) for name in Itineraries._fields))
    coverage += tour_metrics(lonely_trip, totals.counts)
    measures = Measures(1.0, 0.34, 2.0)
    zones = zones_table(grid, regions, np.ones(regions.n_zones), measures)
    coverage += zone_metrics(zones, regions, 1, measures)
    coverage += green_metrics(grid, build_mix(config, regions), regions, supply.base.peak_kw)
    coverage += buildout_metrics(empty(OrdersTable, 0), regions.province_code.tolist())
    return summarise("x", totals, supply.inventory, regions, grid, coverage, supply.prices.is_valley, np.zeros(24))


def test_the_picture_is_small_enough_for_the_page() -> None:
    picture = (REPOSITORY / "docs" / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) <= MOST_PICTURE_BYTES


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebook_runs_as_it_stands(name: str, tmp_path: Path) -> None:
    """It is valid, holds no output of anybody's machine, and its code runs from top to bottom."""
    path = REPOSITORY / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    script = tmp_path / "notebook.py"
    script.write_text("\n\n".join(cell.source for cell in cells), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=path.parent, check=False,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert NOTEBOOKS[name] in done.stdout


def test_benchmark_tables_replace_only_themselves(tmp_path: Path) -> None:
    """A table that is measured anew stands where it stood; other sections and the head stay to the letter."""
    from benchmarks.process import HEAD, table, write_section

    page = tmp_path / "page.md"
    for title in ("One", "Two", "Three"):
        write_section(page, title, f"## {title}\n\n{table(['a', 'b'], [['1', title]])}")
    before = page.read_text(encoding="utf-8")
    write_section(page, "Two", "## Two\n\nnew\n")
    after = page.read_text(encoding="utf-8")
    assert after == before.replace("| a | b |\n| --- | --- |\n| 1 | Two |\n", "new\n")
    assert after.startswith(HEAD)
    assert [line for line in after.splitlines() if line.startswith("## ")] == ["## One", "## Two", "## Three"]
