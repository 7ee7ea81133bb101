"""What stands beside a run on its page: observed figures, and the intervals of its batch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import synthetic
from tests.report_runs import EVIL
from twin.report import write_report
from twin.report.comparable import open_all
from twin.report.comparison import comparison_content
from twin.report.page import page_content
from twin.store import open_run, write_table
from twin.tables.batch import RunsTable, SummaryTable
from twin.tables.results import ValidationTable


def held_against(observed_values: dict[str, list[Any]]) -> dict[str, Any]:
    """Return a table of validation whose rows are within, outside, and not run."""
    numbers = ("observed", "tolerance", "simulated", "low", "high", "error")
    texts = {name: ["x"] * 3 for name in ("figure", "geo", "why", "source", "confidence", "runs", "unit", "period")}
    rows: dict[str, list[Any]] = {**texts, **observed_values}
    return {name: np.array(rows[name], np.float64 if name in numbers else object) for name in ValidationTable._fields}


HELD: dict[str, list[Any]] = {
    "what": [EVIL, "energy", "passages"],
    "use": ["fit", "test", "test"],
    "observed": [10.0, 20.0, 5.0],
    "tolerance": [0.1, 0.1, 0.1],
    "simulated": [10.5, 40.0, np.nan],
    "low": [np.nan, 30.0, np.nan],
    "high": [np.nan, 46.0, np.nan],
    "error": [0.05, 1.0, np.nan],
    "verdict": ["within", "outside", "not run"],
}


def test_observed_figures_stand_beside_simulated_ones(tmp_path: Path) -> None:
    """Dots, bands and intervals are those of the table; text from data stays text; without a table there is no section."""
    path = synthetic.write_run(tmp_path / "run", synthetic.fake_run(n_hours=24))
    assert 'id="observed"' not in write_report(path).read_text(encoding="utf-8")
    write_table(ValidationTable(**held_against(HELD)), path / "validation.parquet")
    text = write_report(path).read_text(encoding="utf-8")
    heading = "Of 2 observed figures 1 come out within their tolerance; of the 1 that were never fitted, 0"
    assert f"<h2>{heading}</h2>" in text
    assert "<script>alert" not in text
    assert "not simulated, and why" in text
    found = page_content(open_run(path))["charts"]["observed"]
    band, *dots = found["data"]
    assert band["x"] == pytest.approx([0.9, 1.1, None, 0.9, 1.1, None], nan_ok=True)
    assert [(trace["name"], trace["x"], trace["y"]) for trace in dots] == [
        ("within its tolerance", [1.05], [1]),
        ("outside", [2.0], [0]),
    ]
    assert dots[1]["error_x"]["array"] == pytest.approx([0.3])
    assert dots[1]["error_x"]["arrayminus"] == pytest.approx([0.5])
    assert "&lt;script&gt;" in found["layout"]["yaxis"]["ticktext"][1]
    from plotly.graph_objects import Figure

    Figure(data=found["data"], layout=found["layout"])


def test_intervals_are_those_of_the_batch_around_the_run(tmp_path: Path) -> None:
    """A run that its batch lists has the intervals of its period; a copy elsewhere, or one the batch lists not, has none."""
    batch = tmp_path / "batch"
    for name in ("a-r0", "b-r0", "strange"):
        synthetic.write_run(batch / name, synthetic.fake_run(n_hours=24))
    for name, scenario in (("b-r0", "b"), ("strange", "c")):
        told = json.loads((batch / name / "manifest.json").read_text())
        (batch / name / "manifest.json").write_text(json.dumps(told | {"scenario": scenario, "config_hash": scenario}))
    text = np.array(["fake", "b"], object)
    zero, one = np.zeros(2, np.int32), np.ones(2, np.int64)
    folders = np.array(["a-r0", "b-r0"], object)
    own = np.array(["own"] * 2, object)
    hashes, done = np.array(["0123abcd", "b"], object), np.array(["done"] * 2, object)
    write_table(RunsTable(text, own, zero, folders, one, hashes, done, np.array([""] * 2, object)), batch / "runs.parquet")
    wait, everywhere = np.array(["mean_wait_min"] * 2, object), np.array(["all"] * 2, object)
    n, nothing = np.full(2, 3, np.int32), np.full(2, np.nan)
    summary = SummaryTable(
        text, own, wait, everywhere, everywhere, nothing, np.array(["min"] * 2, object), n, np.array([5.0, 4.0]),
        np.array([4.5, 3.5]), np.array([5.5, 4.5]), n,
        *(np.array([np.nan, bound]) for bound in (-1.0, -1.5, -0.5)),
    )  # fmt: skip
    other = SummaryTable(*(np.concatenate([column, column]) for column in summary))
    other.period[2:], other.ci_low[2:] = "spring", 1.0
    write_table(other, batch / "summary.parquet")
    cards = page_content(open_run(batch / "a-r0"))["cards"]
    assert [card["interval"] for card in cards if card["interval"]] == ["4.50\u00a0min to 5.50\u00a0min"]
    text_of_page = write_report(batch / "a-r0").read_text(encoding="utf-8")
    assert "the 95 % interval of its mean over 3 replicates" in text_of_page
    row = next(
        row for row in comparison_content(open_all([batch / "a-r0", batch / "b-r0"]))["headline"] if "wait" in row["name"]
    )
    assert row["cells"][1]["change_interval"] == "−1.50\u00a0min to −0.500\u00a0min"
    backwards = comparison_content(open_all([batch / "b-r0", batch / "a-r0"]))["headline"]
    assert not any(cell.get("change_interval") for row in backwards for cell in row["cells"])
    assert not any(card["interval"] for card in page_content(open_run(batch / "strange"))["cards"])
    elsewhere = Path(shutil.copytree(batch / "a-r0", tmp_path / "a-r0"))
    assert not any(card["interval"] for card in page_content(open_run(elsewhere))["cards"])
