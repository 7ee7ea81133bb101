"""The page of a run folder that lacks something, or of one in which something is broken, says so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import synthetic
from tests.report_runs import whole_run
from twin.errors import StoreError
from twin.report import write_report
from twin.report.figures import NONE
from twin.store import Run, open_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(whole_run(tmp_path_factory.mktemp("report") / "run"))


def test_a_run_without_roads_or_scorecard_says_so(tmp_path: Path) -> None:
    path = synthetic.write_run(tmp_path / "run", synthetic.fake_run(n_hours=24))
    text = write_report(path).read_text(encoding="utf-8")
    assert "The run folder holds no readable network.parquet, so the roads are not drawn." in text
    assert "The run folder holds no readable scorecard.parquet, so this part is left out." in text


def test_a_run_in_which_nobody_charged_has_a_page(tmp_path: Path) -> None:
    """With no visits at all ratios are written as a dash and nothing fails."""
    path = synthetic.write_run(tmp_path / "run", synthetic.fake_run(n_hours=24, per_hour=0.0))
    text = write_report(path).read_text(encoding="utf-8")
    assert NONE in text
    assert "nan" not in re.sub(r"<script.*?</script>", "", text, flags=re.S).lower().split()


DAMAGES = {
    "metrics": "metrics.parquet",
    "stations": "stations.parquet",
    "grid": "grid.parquet",
    "station_hours": "station_hours.parquet",
    "links": "links.parquet",
    "network": "network.parquet",
    "scorecard": "scorecard.parquet",
    "audit": "audit.json",
    "sessions": "sessions/",
    "county_coverage": "county_coverage.parquet",
    "line_coverage": "line_coverage.parquet",
    "link_coverage": "link_coverage.parquet",
}
OF_SOME_RUNS = {"zones": "zones.parquet", "orders": "orders.parquet", "scorecard_provinces": "scorecard_provinces.parquet"}
"""Tables whose lack is no fault."""


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("how", ["missing", "cut short", "another table"])
def test_the_page_of_a_damaged_folder_says_what_is_missing(run: Run, tmp_path: Path, name: str, how: str) -> None:
    """Whatever table is lost, the rest is shown, and the head of the page names what is not."""
    path = Path(shutil.copytree(run.path, tmp_path / "run"))
    file = path / DAMAGES[name]
    file = next(file.glob("part-*")) if file.is_dir() else file
    if how == "missing":
        file.unlink()
    elif how == "cut short":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif name == "audit":
        file.write_text("[]")
    else:
        pq.write_table(pa.table({"x": [1, 2]}), file)
    text = write_report(path, tmp_path / "page.html").read_text(encoding="utf-8")
    head = text.partition("<main")[0]
    assert "This run folder is not complete:" in head
    words = {"missing": "is not there", "cut short": "is damaged", "another table": "has no column"}[how]
    assert f"<li>{DAMAGES[name]} {'is damaged' if name == 'audit' and how != 'missing' else words}" in head


def test_a_folder_that_is_no_run_leaves_no_page(tmp_path: Path) -> None:
    path = synthetic.write_run(tmp_path / "run", synthetic.fake_run(n_hours=24))
    with pytest.raises(StoreError, match="could not be written"):
        write_report(path, tmp_path / "no" / "x.html")
    (path / "manifest.json").unlink()
    with pytest.raises(StoreError, match=r"manifest\.json"):
        write_report(path)
    assert not (path / "report.html").exists()


@pytest.mark.parametrize("name", OF_SOME_RUNS)
def test_a_table_that_only_some_runs_have_may_be_missing_but_not_damaged(run: Run, tmp_path: Path, name: str) -> None:
    path = Path(shutil.copytree(run.path, tmp_path / "run"))
    (path / OF_SOME_RUNS[name]).write_bytes(b"PAR1 not")
    damaged = write_report(path, tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"<li>{OF_SOME_RUNS[name]} is damaged" in damaged
    (path / OF_SOME_RUNS[name]).unlink()
    assert "This run folder is not complete" not in write_report(path, tmp_path / "page.html").read_text(encoding="utf-8")
