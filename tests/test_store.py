"""The run folder appears whole or not at all, and says the same in the same bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import synthetic
from twin.errors import OutputExistsError, StoreError
from twin.store import RunWriter, canonical_json, input_hashes, open_run, stream
from twin.tables.columns import columns
from twin.tables.results import LinksTable, SessionsTable, StationHoursTable


def links(first: int, n: int) -> LinksTable:
    k = np.arange(first, first + n)
    return LinksTable(
        k.astype(np.int32), (k % 24).astype(np.int16), (k * 7 % 1000).astype(np.int32), (k % 120).astype(np.float32)
    )


def sessions(first: int, n: int) -> SessionsTable:
    k = np.arange(first, first + n)
    return SessionsTable(*(k.astype(column.dtype) for column in columns(SessionsTable)))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "GROUP_ROWS", 100)
    monkeypatch.setattr(stream, "PART_ROWS", 300)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Every column of every table comes back with its values, dtype, unit and meaning."""
    fake = synthetic.fake_run()
    run = open_run(synthetic.write_run(tmp_path / "run", fake))
    metrics, stations, grid = synthetic.tables(fake)
    for table, read in ((metrics, run.metrics), (stations, run.stations), (grid, run.grid)):
        for column, values in zip(columns(type(table)), table, strict=True):
            field = read.schema.field(column.name)
            assert field.metadata == {b"unit": column.unit.encode(), b"meaning": column.meaning.encode()}
            found = read.column(column.name).to_pylist()
            assert found == [None if value != value else value for value in values.tolist()]
    assert run.station_hours.num_rows == len(synthetic.station_hours(fake).station)
    assert run.manifest["counts"]["n_car"] == 60_000
    assert run.audit["verdict"] == "held"


@given(cuts=st.lists(st.integers(0, 950), max_size=12))
def test_bytes_do_not_depend_on_how_rows_were_appended(cuts: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same rows in the same order give the same files, however they were cut into appends."""
    bounds = [0, *sorted(cuts), 950]
    folder = tmp_path_factory.mktemp("cuts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "GROUP_ROWS", 100)
        patch.setattr(stream, "PART_ROWS", 300)
        for name, edges in (("whole", [0, 950]), ("cut", bounds)):
            with RunWriter(folder / name) as writer:
                for first, last in pairwise(edges):
                    writer.append("links", links(first, last - first))
                    writer.append("sessions", sessions(first, last - first))
                writer.commit()
    files = [path.relative_to(folder / "whole") for path in sorted((folder / "whole").rglob("*.parquet"))]
    assert [str(path) for path in files] == ["links.parquet", *(f"sessions/part-0000{k}.parquet" for k in range(4))]
    for path in files:
        assert digest(folder / "whole" / path) == digest(folder / "cut" / path)


@pytest.mark.usefixtures("small_groups")
def test_parts_and_groups_have_their_size(tmp_path: Path) -> None:
    """Row groups are full but for the last, a part closes when it is full, and no row is lost or moved."""
    with RunWriter(tmp_path / "run") as writer:
        for first in range(0, 1000, 37):
            writer.append("sessions", sessions(first, min(37, 1000 - first)))
        writer.write_json("manifest", {"format": 1})
        writer.commit()
    parts = sorted((tmp_path / "run" / "sessions").iterdir())
    sizes = [
        [pq.read_metadata(part).row_group(k).num_rows for k in range(pq.read_metadata(part).num_row_groups)]
        for part in parts
    ]
    assert sizes == [[100, 100, 100]] * 3 + [[100]]
    table = open_run(tmp_path / "run").sessions.to_table()
    assert table.column("vehicle").to_pylist() == list(range(1000))


def test_a_table_appended_without_rows_is_there(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "run") as writer:
        writer.append("links", links(0, 0))
        writer.commit()
    assert pq.read_table(tmp_path / "run" / "links.parquet").num_rows == 0


def test_an_output_that_holds_something_is_refused_untouched(tmp_path: Path) -> None:
    taken = tmp_path / "run"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="found a folder that is not empty; wanted"):
        RunWriter(taken)
    with pytest.raises(OutputExistsError, match="found a file"):
        RunWriter(taken / "mine.txt")
    assert leftovers(tmp_path) == ["run"]
    assert leftovers(taken) == ["mine.txt"]


def test_an_empty_folder_may_become_the_run_folder(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with RunWriter(tmp_path / "run") as writer:
        writer.write("links", links(0, 3))
        writer.commit()
    assert leftovers(tmp_path) == ["run"]
    assert leftovers(tmp_path / "run") == ["links.parquet"]


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, fault: type[BaseException]) -> None:
    """Until commit nothing stands under the name; after an abort nothing stands at all, made parents included."""

    def interrupted() -> None:
        with RunWriter(tmp_path / "deep" / "er" / "run") as writer:
            writer.append("links", links(0, 10))
            writer.write("links2", links(0, 10))
            assert not (tmp_path / "deep" / "er" / "run").exists()
            raise fault

    with pytest.raises(fault):
        interrupted()
    assert leftovers(tmp_path) == []


def test_a_folder_taken_during_the_run_is_not_overwritten(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "run") as writer:
        writer.write("links", links(0, 3))
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "mine.txt").write_text("mine")
        with pytest.raises(OutputExistsError):
            writer.commit()
    assert leftovers(tmp_path) == ["run"]
    assert leftovers(tmp_path / "run") == ["mine.txt"]


def test_a_killed_writer_leaves_no_folder_under_its_name(tmp_path: Path, repository: Path) -> None:
    """Even SIGKILL in the middle of the appends leaves only the hidden folder."""
    code = (
        "import sys, numpy as np; from pathlib import Path; from twin.store import RunWriter\n"
        "from twin.tables.columns import empty; from twin.tables.results import LinksTable\n"
        "writer = RunWriter(Path(sys.argv[1]))\n"
        "while True:\n"
        "    writer.append('links', empty(LinksTable, 100_000)); print('row', flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE, env=environment
    ) as child:
        assert child.stdout is not None
        for _ in range(20):
            assert child.stdout.readline() == b"row\n"
        child.send_signal(signal.SIGKILL)
    assert leftovers(tmp_path) == [f".run.partial-{child.pid}"]


def test_a_full_disk_says_what_to_do_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the background thread reaches the caller as StoreError, at the latest with commit."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = RunWriter(tmp_path / "run")
    monkeypatch.setattr(stream.Stream, "take", full)
    writer.append("links", links(0, 10))
    with pytest.raises(StoreError, match=r"the disk is full .* make room, write to another disk"):
        writer.commit()
    assert leftovers(tmp_path) == []


def test_closed_and_finished_writers_refuse(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run")
    writer.append("links", links(0, 10))
    with pytest.raises(StoreError, match="found rows of SessionsTable; wanted LinksTable"):
        writer.append("links", sessions(0, 1))
    writer.finish()
    n_bytes = writer.bytes_written
    with pytest.raises(StoreError, match="append before finish"):
        writer.append("links", links(0, 1))
    writer.commit()
    assert writer.bytes_written == n_bytes == (tmp_path / "run" / "links.parquet").stat().st_size
    with pytest.raises(StoreError, match="closed"):
        writer.write("links", links(0, 1))


def test_a_damaged_or_missing_table_is_named(tmp_path: Path) -> None:
    """A flipped byte anywhere in the data is found by its checksum, a cut file by its end."""
    path = synthetic.write_run(tmp_path / "run", synthetic.fake_run())
    whole = (path / "grid.parquet").read_bytes()
    place = len(whole) // 3
    (path / "grid.parquet").write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
    (path / "stations.parquet").write_bytes((path / "stations.parquet").read_bytes()[:-50])
    run = open_run(path)
    with pytest.raises(StoreError, match=r"grid\.parquet: damaged"):
        run.grid  # noqa: B018
    with pytest.raises(StoreError, match=r"stations\.parquet: damaged"):
        run.stations  # noqa: B018
    with pytest.raises(StoreError, match=r"links\.parquet: no such table"):
        run.links  # noqa: B018
    with pytest.raises(StoreError, match=r"sessions: no parts"):
        run.sessions  # noqa: B018
    with pytest.raises(StoreError, match=r"metrics\.parquet: no column colour"):
        run.table("metrics", ["metric", "colour"])
    assert run.metrics is run.metrics


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such folder"):
        open_run(tmp_path / "none")
    with pytest.raises(StoreError, match=r"manifest\.json: no such file"):
        open_run(tmp_path)
    for text, found in (("{", "damaged"), ("[]", "found list"), ('{"format": 99}', "format 99")):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(StoreError, match=found):
            open_run(tmp_path)


def test_json_is_canonical() -> None:
    """Order of keys does not matter, numpy numbers are numbers, NaN is refused."""
    assert canonical_json({"b": np.int64(1), "a": np.array([1.5])}) == canonical_json({"a": [1.5], "b": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})


def test_every_seed_is_hashed_with_its_licence(repository: Path) -> None:
    found = input_hashes()
    names = [entry["name"] for entry in found]
    assert names == sorted(path.stem for path in (repository / "seeds").glob("*.csv"))
    for entry in found:
        assert entry["sha256"] == digest(repository / "seeds" / f"{entry['name']}.csv")
        assert entry["licence"]


def test_null_stands_for_not_measured(tmp_path: Path) -> None:
    rows = StationHoursTable(*(np.zeros(1, column.dtype) for column in columns(StationHoursTable)))
    with RunWriter(tmp_path / "run") as writer:
        writer.append("station_hours", rows._replace(busy_share=np.array([np.nan], np.float32)))
        writer.commit()
    table = pq.read_table(tmp_path / "run" / "station_hours.parquet")
    assert table.column("busy_share").to_pylist() == [None]
    assert table.schema.field("busy_share").type == pa.float32()
