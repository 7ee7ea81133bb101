"""A run that was killed goes on where it was, and ends in the same bytes; nothing half-written is taken for whole."""

from __future__ import annotations

import errno
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import resumable
from tests.resumable import SETTINGS, bytes_of
from twin.agents import StationOperator, memory_of, remind
from twin.engine.snapshot import NEVER_WRITTEN, pieces_of
from twin.errors import ConfigError, EngineError, OutputExistsError, StoreError
from twin.store import Checkpoints, checkpoint, spool, unfinished_day
from twin.store.identity import differences, identity_of


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Bytes of a run without checkpoints."""
    return bytes_of(resumable.run(tmp_path_factory.mktemp("undisturbed") / "run", resume=False, every_days=0))


class Stop(BaseException):
    """Ends a run from within, as Ctrl-C does."""


def stop_in_hour(n: int) -> Callable[..., None]:
    """Return what a run calls each hour, and stops by in the nth."""
    hours = iter(range(1, n + 1))

    def on_hour(*_: Any) -> None:
        if next(hours) == n:
            raise Stop

    return on_hour


def interrupted(out: Path, n_hours: int = 60) -> Path:
    """Leave a run behind that was stopped in an hour of it; by default in the third day."""
    with pytest.raises(Stop):
        resumable.run(out, resume=False, on_hour=stop_in_hour(n_hours))
    return out


def held(out: Path) -> Path:
    """Return the folder of the last checkpoint."""
    return checkpoint.folder_of(out) / f"checkpoint-{unfinished_day(out):05d}"


# Going on


def test_checkpoints_change_no_byte(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    assert bytes_of(resumable.run(tmp_path / "run", resume=False)) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("n_hours", [25, 72])
def test_an_interrupted_run_goes_on_to_the_same_bytes(tmp_path: Path, undisturbed: dict[str, str], n_hours: int) -> None:
    out = interrupted(tmp_path / "run", n_hours)
    assert unfinished_day(out) == (n_hours - 1) // 24
    assert not out.exists()
    assert bytes_of(resumable.run(out, resume=True)) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_run_that_left_nothing_begins_anew(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    out = interrupted(tmp_path / "run", 5)
    assert list(tmp_path.iterdir()) == []
    assert bytes_of(resumable.run(out, resume=True)) == undisturbed


def test_killed_at_any_instant_it_goes_on_to_the_same_bytes(
    tmp_path: Path, repository: Path, undisturbed: dict[str, str]
) -> None:
    """SIGKILL in an hour, between two arrays of a checkpoint, before its header, before its name, and before the run's."""
    out, killed = tmp_path / "run", []
    day, n = 24, n_arrays()
    first = day + n // 2, day + n + 1, day + n + 2, day + n + 2 + 6
    # From day 1: between two arrays, in day 3. From day 2: before the run folder gets its name, and never.
    for die_at in (*first, day + n // 2, day + n + 2 + 3, day + 1, 10**6):
        done = subprocess.run(
            [sys.executable, "-m", "tests.resumable", str(out), str(die_at)],
            cwd=repository,
            capture_output=True,
            check=False,
        )
        killed.append(done.returncode)
        assert out.exists() == (done.returncode == 0)
    assert killed == [-signal.SIGKILL] * 7 + [0]
    assert bytes_of(out) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_workers_may_change_on_the_way(tmp_path: Path, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = interrupted(tmp_path / "run")
    build = resumable.build
    monkeypatch.setattr(resumable, "build", lambda *told, **named: build(*told, n_workers=3, **named))
    other = SETTINGS | {"compute": {"workers": 3}}
    assert bytes_of(resumable.run(out, resume=True, settings=other)) == undisturbed


def n_arrays() -> int:
    """Return the arrays of a checkpoint."""
    return len(list(resumable.build(lambda *_: None).arrays()))


# What is kept


def test_what_is_not_kept_is_never_written() -> None:
    """Inputs named as read only have the same bytes after a day; were one written to, going on would need it."""
    model = resumable.build(lambda *_: None)

    def inputs() -> dict[str, bytes]:
        found = {}
        for path in NEVER_WRITTEN:
            root, _, name = path.partition(".")
            world = model.world
            value = getattr({"given": world.given, "navigation": world.navigation}.get(root, world.outlooks[0]), name)
            parts = value if isinstance(value, tuple) else (value,)
            found[path] = b"".join(np.asarray(part).tobytes() for part in parts)
        return found

    before = inputs()
    model.step()
    assert inputs() == before


def test_every_array_is_kept_once_and_slots_in_use_only() -> None:
    model = resumable.build(lambda *_: None)
    model.step()
    world = model.world
    pieces = {piece.name: piece.array for piece in pieces_of(world)}
    assert {"given.vehicles", "evses", "pool_state", "station_state", "outlooks.0.links", "tallies.0.sums"} <= set(pieces)
    assert "outlooks.1.links" not in pieces
    kept = sum(len(array) for name, array in pieces.items() if name.startswith("active."))
    assert kept == world.n_slots.sum() < len(world.active)


def test_what_cannot_be_kept_is_named() -> None:
    model = resumable.build(lambda *_: None)
    model.world.totals = {"a": 1}  # type: ignore[assignment]
    with pytest.raises(EngineError, match="totals: a dict cannot be kept"):
        list(pieces_of(model.world))
    agent = next(agent for agent in model.agents if isinstance(agent, StationOperator))
    agent.plan = {1: "a"}
    with pytest.raises(EngineError, match=r"StationOperator.plan: found a dict, which a checkpoint cannot keep"):
        memory_of(agent)


def test_agents_remember_what_they_held() -> None:
    """Also an array that somebody else looks at stays the one that is looked at."""
    model = resumable.build(lambda *_: None)
    agent = next(iter(model.agents))
    agent.price, agent.mood = np.array([1.0, 2.0]), {"hopes": [1, np.float64(0.1)], "name": None}
    arrays, values = json_like(memory_of(agent))
    looked_at = agent.price
    agent.price[:], agent.mood = 0.0, {}
    remind(agent, arrays, values)
    assert looked_at.tolist() == [1.0, 2.0]
    assert agent.mood == {"hopes": [1, 0.1], "name": None}


def json_like(memory: tuple[dict[str, Any], dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays, values = memory
    return {name: array.copy() for name, array in arrays.items()}, json.loads(json.dumps(values))


# Refusals


def test_another_run_is_refused_with_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = interrupted(tmp_path / "run")
    before = bytes_of(held(out))
    with pytest.raises(ConfigError) as refusal:
        resumable.run(out, resume=True, settings=SETTINGS | {"scenario": {"seed": 2}, "period": {"n_days": 4}})
    assert [line.split("; ")[0] for line in str(refusal.value).splitlines()] == [
        "checkpoint of day 2: period.n_days: 3 then, 4 now",
        "checkpoint of day 2: scenario.seed: 1 then, 2 now",
    ]
    monkeypatch.setattr("twin.store.identity.code_hash", lambda: "other")
    with pytest.raises(ConfigError, match=r"checkpoint of day 2: code: \w{12}\.\.\. then, other now; undo the change"):
        resumable.run(out, resume=True)
    monkeypatch.undo()
    monkeypatch.setattr(checkpoint, "FORMAT", 3)
    with pytest.raises(ConfigError, match="a checkpoint of format 2; this version reads format 3"):
        resumable.run(out, resume=True)
    assert bytes_of(held(out)) == before


def test_a_run_that_begins_does_not_throw_an_unfinished_one_away(tmp_path: Path) -> None:
    out = interrupted(tmp_path / "run")
    with pytest.raises(OutputExistsError, match="an unfinished run, kept up to the end of day 2; go on with --resume"):
        resumable.run(out, resume=False)
    assert unfinished_day(out) == 2


def test_two_processes_cannot_be_at_one_run(tmp_path: Path) -> None:
    with Checkpoints(tmp_path / "run", SETTINGS, 1, resume=True):
        with pytest.raises(OutputExistsError, match="another process is at this run"):
            Checkpoints(tmp_path / "run", SETTINGS, 1, resume=True)
        Checkpoints(tmp_path / "other", SETTINGS, 0, resume=False)
    assert list(tmp_path.iterdir()) == []


def test_faults_that_come_again_keep_nothing(tmp_path: Path) -> None:
    def broken(second: int, *_: Any) -> None:
        if second > 60 * 3600:
            raise EngineError("a law is broken")

    with pytest.raises(EngineError):
        resumable.run(tmp_path / "run", resume=False, on_hour=broken)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["arrays.npy", "rows/links-00001.arrow"])
@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_damaged_checkpoint_is_not_read(tmp_path: Path, place: str, how: str) -> None:
    out = interrupted(tmp_path / "run")
    path = held(out) / place if place == "arrays.npy" else checkpoint.folder_of(out) / place
    path.write_bytes(path.read_bytes()[:-9])
    if how == "gone":
        path.unlink()
    with pytest.raises(StoreError, match=r"(damaged|missing or cut short)"):
        resumable.run(out, resume=True)


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    out = interrupted(tmp_path / "run")
    path = held(out) / "arrays.npy"
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.write_bytes(whole)
    with pytest.raises(StoreError, match="an array is not what was written"):
        resumable.run(out, resume=True)


# Disks


def test_a_full_disk_leaves_the_last_checkpoint_usable(
    tmp_path: Path, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, write, n_left = tmp_path / "run", checkpoint.write_array, [n_arrays() + 5]

    def until_full(*arguments: Any) -> Any:
        n_left[0] -= 1
        if n_left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(*arguments)

    monkeypatch.setattr(checkpoint, "write_array", until_full)
    with pytest.raises(StoreError, match=r"the disk is full .* make room, .*; go on from the end of day 1 with --resume"):
        resumable.run(out, resume=False)
    monkeypatch.undo()
    assert not out.exists()
    assert bytes_of(resumable.run(out, resume=True)) == undisturbed


def test_a_disk_full_of_rows_leaves_the_last_checkpoint_usable(
    tmp_path: Path, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, keep = tmp_path / "run", spool.Spool.keep

    def until_full(self: Any, name: str, table: type, rows: Any) -> None:
        if name == "links" and self._kept.get(name, {}).get("segments"):
            raise OSError(errno.ENOSPC, "No space left on device")
        keep(self, name, table, rows)

    monkeypatch.setattr(spool.Spool, "keep", until_full)
    with pytest.raises(StoreError, match="the disk is full"):
        resumable.run(out, resume=False)
    monkeypatch.undo()
    assert unfinished_day(out) == 1
    assert bytes_of(resumable.run(out, resume=True)) == undisturbed


def test_a_vanished_folder_is_named_and_usable_when_it_is_back(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    """As when a disk is unmounted: moved away in the second day, moved back before the run goes on."""
    disk, away = tmp_path / "disk", tmp_path / "away"

    def unmount(second: int, *_: Any) -> None:
        if second == 30 * 3600:
            disk.rename(away)

    with pytest.raises(StoreError, match=r"has vanished .*mount or make it again"):
        resumable.run(disk / "run", resume=False, on_hour=unmount)
    shutil.rmtree(disk, ignore_errors=True)
    away.rename(disk)
    assert unfinished_day(disk / "run") == 1
    assert bytes_of(resumable.run(disk / "run", resume=True)) == undisturbed


# Identity


def test_identity_leaves_out_what_changes_nothing() -> None:
    one, other = identity_of(SETTINGS), identity_of(SETTINGS | {"compute": {"workers": 9}})
    assert differences(one, other) == []
    assert differences({"a": {"b": 1}}, {"a": {"c": "x" * 50}}) == [
        "a.b: 1 then, nothing now",
        f"a.c: nothing then, {'x' * 12}... now",
    ]


def test_files_that_settings_name_are_inputs(tmp_path: Path) -> None:
    """A list of stations or a folder of roads that was changed, not only one that is called otherwise."""
    (tmp_path / "list.csv").write_text("a")
    (tmp_path / "roads").mkdir()
    named = {"stations": {"source": str(tmp_path / "list.csv")}, "network": {"source": str(tmp_path / "roads")}}
    before = identity_of(SETTINGS | named)
    assert identity_of(SETTINGS | named) == before
    (tmp_path / "list.csv").write_text("b")
    (tmp_path / "roads" / "links.csv").write_text("a")
    changed = differences(before, identity_of(SETTINGS | named))
    assert [line.split(":")[0] for line in changed] == ["inputs.network.source", "inputs.stations.source"]
