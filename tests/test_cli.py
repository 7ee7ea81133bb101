"""The program answers quickly, keeps stdout clean, and says what is wrong with an exit code."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

import twin
from twin.cli import app
from twin.cli.app import exit_code
from twin.cli.progress import Lines, clock, display, line, remaining_s
from twin.config import load, schema
from twin.config.starter import STARTER
from twin.errors import ConfigError, DataError, EngineError, OutputExistsError, StoreError, TwinError

CONFIGS = Path(__file__).parent.parent / "configs"
COMPUTING = ("numba", "numpy", "pyarrow", "mesa", "ray", "scipy")
HEAVY = (*COMPUTING, "osmnx", "networkx", "osmium", "plotly", "pydantic", "ruamel")


class Event(NamedTuple):
    """The fields of `twin.run.Progress`."""

    day: int
    second: int
    n_seconds: int
    n_on_road: int
    n_sessions: int
    phase: str
    elapsed_s: float


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def python(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text("scenario: {name: a}\n", encoding="utf-8")
    return path


@pytest.fixture
def fake_run(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stand in for the simulation; holds what it was called with."""
    calls: list[dict[str, Any]] = []

    class Outcome:
        def summary(self) -> dict[str, Any]:
            return {"n_sessions": 12345, "wall_s": 1.5}

    def run(config: object, **options: Any) -> Outcome:
        calls.append({"config": config, **options})
        if options["progress"] is not None:
            options["progress"](Event(0, 3600, 86_400, 10, 20, "windows", 2.0))
        return Outcome()

    module = type(sys)("twin.run")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "twin.run", module)
    return calls


# Quickness


@pytest.mark.parametrize("code", ["import twin", "import twin.cli", "import twin.errors"])
def test_imports_load_nothing_heavy(repository: Path, code: str) -> None:
    ask = f"{code}; import sys; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    assert python("-c", ask, cwd=repository).stdout == "[]\n"


def test_help_loads_nothing_heavy(repository: Path) -> None:
    done = python("-X", "importtime", "-m", "twin", "--help", cwd=repository)
    assert done.returncode == 0
    assert "run" in done.stdout
    loaded = {text.rpartition("|")[2].strip().partition(".")[0] for text in done.stderr.splitlines()}
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


# Exit codes


@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError, 2), (DataError, 2), (OutputExistsError, 2), (EngineError, 1), (StoreError, 1)]
)
def test_exit_code_of_each_error(error: type[TwinError], code: int) -> None:
    assert exit_code(error("x")) == code


def test_program_prints_faults_on_stderr_without_a_traceback(repository: Path) -> None:
    done = python("-m", "twin", "run", "none.yaml", "--set", "fleet.sample=9", "--json", cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "twin: ConfigError",
        "  none.yaml: found no such file or directory; wanted a readable YAML file; check the path",
        "  --set fleet.sample: Input should be less than or equal to 1 (got 9)",
    ]


def test_traceback_on_request(scenario: Path) -> None:
    result = invoke("--traceback", "run", scenario, "--set", "fleet.sample=9")
    assert isinstance(result.exception, ConfigError)


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1.5", ""])
def test_workers_is_a_number_or_auto(scenario: Path, workers: str) -> None:
    assert invoke("run", scenario, "--workers", workers).exit_code == 2


@pytest.mark.parametrize("arguments", [["fly"], ["run"], ["run", "a.yaml", "--speed"], ["network", "paint"]])
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_version() -> None:
    result = invoke("--version")
    assert (result.exit_code, result.stdout) == (0, f"twin {twin.__version__}\n")


# run


def test_json_is_the_only_line_on_stdout(scenario: Path, tmp_path: Path, fake_run: list[dict[str, Any]]) -> None:
    result = invoke("run", scenario, "--out", tmp_path / "out", "--json", "--workers", 2, "--set", "period.n_days=3")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"run": str(tmp_path / "out"), "n_sessions": 12345, "wall_s": 1.5}
    assert result.stdout.count("\n") == 1
    assert "windows: day 1 01:00, 10 on the road, 20 sessions" in result.stderr
    (call,) = fake_run
    assert (call["out"], call["workers"]) == (tmp_path / "out", 2)
    assert call["config"] == load(scenario, ["compute.workers=2", "period.n_days=3"])


def test_summary_for_people_is_aligned(scenario: Path, tmp_path: Path, fake_run: list[dict[str, Any]]) -> None:
    result = invoke("run", scenario, "--out", tmp_path / "out", "--set", "compute.progress=false")
    assert result.stdout.splitlines() == [f"run         {tmp_path / 'out'}", "n_sessions  12,345", "wall_s      1.5"]
    assert result.stderr == ""


def test_default_folder_carries_name_and_hash(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_run: list[dict[str, Any]]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("run", scenario).exit_code == 0
    assert invoke("run", scenario, "--set", "scenario.seed=1").exit_code == 0
    first, second = (call["out"] for call in fake_run)
    assert first.parent == Path("runs")
    assert first.name.startswith("a-")
    assert len(first.name) == len("a-") + 8
    assert first != second


def test_folder_that_holds_something_is_refused_untouched(
    scenario: Path, tmp_path: Path, fake_run: list[dict[str, Any]]
) -> None:
    kept = tmp_path / "out" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("mine", encoding="utf-8")
    for out in (kept.parent, kept):
        result = invoke("run", scenario, "--out", out)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"twin: OutputExistsError\n  {out}: found ")
    assert kept.read_text(encoding="utf-8") == "mine"
    assert fake_run == []


def test_empty_folder_is_taken(scenario: Path, tmp_path: Path, fake_run: list[dict[str, Any]]) -> None:
    (tmp_path / "out").mkdir()
    assert invoke("run", scenario, "--out", tmp_path / "out").exit_code == 0
    assert len(fake_run) == 1


def test_a_failed_run_exits_1(scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(config: object, **options: Any) -> None:
        raise EngineError("law 3: 5 arrivals, 4 accounted for")

    module = type(sys)("twin.run")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "twin.run", module)
    result = invoke("run", scenario, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "twin: EngineError\n  law 3: 5 arrivals, 4 accounted for\n"


# The other commands


def test_report_wants_a_finished_run(tmp_path: Path) -> None:
    result = invoke("report", tmp_path)
    assert result.exit_code == 2
    assert "found no manifest.json" in result.stderr


def test_schema_is_printed_as_it_is_shipped(repository: Path) -> None:
    result = invoke("schema")
    assert result.stdout == (repository / "configs" / "schema.json").read_text(encoding="utf-8")


def test_schema_writes_both_files(tmp_path: Path) -> None:
    assert invoke("schema", "--write", tmp_path).exit_code == 0
    assert (tmp_path / "default.yaml").read_text(encoding="utf-8") == schema.default_yaml()
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == schema.json_schema()


def test_network_info_speaks_to_people_and_to_programs() -> None:
    told = invoke("network", "info", "--json")
    assert told.exit_code == 0
    values = json.loads(told.stdout)
    assert values
    assert [row.split()[0] for row in invoke("network", "info").stdout.splitlines()] == list(values)


# Progress


def test_clock_and_time_left() -> None:
    event = Event(2, 2 * 86_400 + 18 * 3600 + 300, 8 * 86_400, 1_200, 34_000, "windows", 60.0)
    assert clock(event) == "day 3 18:05"
    assert [clock(event._replace(second=second)) for second in (0, 86_400)] == ["day 1 00:00", "day 1 24:00"]
    left_s = remaining_s(event)
    assert left_s is not None
    # Done and left are in the proportion of the simulated seconds.
    assert left_s * event.second == pytest.approx(60.0 * (event.n_seconds - event.second))
    assert line(event) == (f"[  60.0 s] windows: day 3 18:05, 1,200 on the road, 34,000 sessions, about {left_s:.0f} s left")


def test_nothing_is_estimated_before_anything_is_done() -> None:
    assert remaining_s(Event(0, 0, 86_400, 0, 0, "seeds", 3.0)) is None
    assert line(Event(0, 0, 86_400, 0, 0, "seeds", 3.0)) == "[   3.0 s] seeds"


def test_lines_come_with_phases_simulated_hours_and_seconds() -> None:
    stream = io.StringIO()
    show = Lines(stream)
    for second in range(0, 86_400 + 1, 300):
        show(Event(0, second, 86_400, 1, 1, "windows", second / 86_400))
    assert len(stream.getvalue().splitlines()) == 1 + 4
    show(Event(0, 86_400, 86_400, 1, 1, "report", 1.0))
    show(Event(0, 86_400, 86_400, 1, 1, "report", 10.9))
    show(Event(0, 86_400, 86_400, 1, 1, "report", 11.0))
    assert [text[1:9] for text in stream.getvalue().splitlines()[5:]] == ["   1.0 s", "  11.0 s"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar(scenario: Path) -> None:
    stream = Terminal()
    with display(load(scenario), stream) as show:
        assert show is not None
        show(Event(0, 0, 86_400, 0, 0, "seeds", 0.5))
        show(Event(0, 43_200, 86_400, 1_500, 2_500, "windows", 30.0))
    text = stream.getvalue()
    assert "1,500 on the road" in text
    assert "30 s left" in text


def test_progress_can_be_silenced(scenario: Path) -> None:
    stream = io.StringIO()
    with display(load(scenario, ["compute.progress=false"]), stream) as show:
        assert show is None
    assert stream.getvalue() == ""


def test_a_starter_runs_as_it_is_and_names_only_settings_that_exist(tmp_path: Path) -> None:
    result = invoke("init", tmp_path / "study")
    assert result.exit_code == 0
    assert [Path(line).name for line in result.stdout.splitlines()] == [
        "scenario.yaml",
        "fitted.yaml",
        "default.yaml",
        "schema.json",
    ]
    config = load(tmp_path / "study" / "scenario.yaml")
    assert config.stations.province_factors == {"GD": 1.2}
    assert config.travel == load(CONFIGS / "national-2027.yaml").travel
    assert config.behaviour == load(CONFIGS / "national-2027.yaml").behaviour
    assert (tmp_path / "study" / "default.yaml").read_text() == schema.default_yaml()
    # What is commented out is a setting too: with its comment sign gone it still loads.
    text = STARTER.replace("# behaviour:", "behaviour:").replace("#   patience_s", "  patience_s")
    text = "\n".join(re.sub(r"^  # (year|stock)", r"  \1", line) for line in text.splitlines())
    (tmp_path / "study" / "all.yaml").write_text(text, encoding="utf-8")
    everything = load(tmp_path / "study" / "all.yaml")
    assert (everything.fleet.year, everything.stations.stock) == ("2027-stress", "2025-12")
    assert everything.behaviour.patience_s == 1800


def test_a_starter_is_written_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("scenario: {}")
    result = invoke("init", tmp_path)
    assert result.exit_code == 2
    assert "wanted a new or empty folder" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*row, id=" ".join(row[0])) for row in commands(get_command(app))]
)
def test_every_command_shows_an_example_that_it_takes(path: tuple[str, ...], command: Any) -> None:
    found = re.search(r"Example: twin (.*)", command.help)
    assert found is not None
    words = found.group(1).split(", then")[0].split()
    assert words[: len(path)] == list(path)
    command.make_context(" ".join(path), words[len(path) :]).close()
