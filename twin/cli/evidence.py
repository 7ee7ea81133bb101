"""The commands about trust: does the twin give what was observed, which settings were fitted, is this machine ready."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.app import app, told
from twin.errors import DataError

if TYPE_CHECKING:
    from twin.config import Config

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]
Sample = Annotated[
    float | None, typer.Option("--sample", help="Share of the fleet to simulate in place of all of it; figures are rough.")
]
Scenarios = Annotated[Path, typer.Option("--configs", metavar="DIR", help="Folder of the scenarios.")]
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where runs are kept, and found again.")]


@app.command()
def validate(
    context: typer.Context,
    run_folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[RUN...]", help="Run folders; without, backtests are run.")
    ] = None,
    backtest: Annotated[
        list[str] | None, typer.Option("--backtest", metavar="NAME", help="Backtest to run, or 'all'; may be repeated.")
    ] = None,
    sample: Sample = None,
    configs: Scenarios = Path("configs"),
    runs: Runs = Path("runs"),
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Also write .parquet, .json or .md; folder: .parquet."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--write", metavar="PAGE", help="Renew the definitions and the score of a page.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold simulated figures against observed ones.

    Example: twin validate runs/national-2025-1a2b3c4d --out score.md
    """
    with told(context):
        from twin.validation.page import definitions, score, write_part
        from twin.validation.reading import rows_of, verdicts, write_validation
        from twin.validation.reading import validate as validate_runs

        folders = list(run_folders or ())
        if not folders and not (write and backtest is None and sample is None):
            folders = [_lived(scenario, runs) for scenario in _backtests(backtest, configs, sample)]
        table = validate_runs(folders)
        if out is not None:
            write_validation(table, out)
        if write is not None:
            write_part(write, "definitions", definitions())
            if folders:
                write_part(write, "score", score(table))
        if as_json:
            typer.echo(json.dumps(rows_of(table), ensure_ascii=False, allow_nan=False))
            return
        for line in verdicts(table):
            typer.echo(line)


def _backtests(names: Sequence[str] | None, configs: Path, sample: float | None) -> list[Config]:
    """Return the scenarios of the backtests asked for, by default those at the core."""
    from twin.config import load
    from twin.validation.backtests import BY_NAME, CORE

    wanted = list(BY_NAME) if names == ["all"] else list(names or CORE)
    unknown = [name for name in wanted if name not in BY_NAME]
    if unknown:
        raise DataError(f"--backtest: found {', '.join(unknown)}; wanted 'all' or some of {', '.join(BY_NAME)}")
    settings = [] if sample is None else [f"fleet.sample={sample}"]
    return [load(configs / BY_NAME[name].config, settings) for name in wanted]


def _lived(config: Config, runs: Path) -> Path:
    """Return the run folder of a scenario; where it is there already it is read and not run again."""
    from twin.config import config_hash
    from twin.validation.reading import require_current

    folder = runs / f"{config.scenario.name}-{config_hash(config)[:8]}"
    if (folder / "manifest.json").is_file():
        require_current(folder)
        typer.echo(f"{folder}: read, not run again", err=True)
        return folder
    from twin.cli.progress import display
    from twin.run import run as simulate

    typer.echo(f"{folder}: running {config.scenario.name}", err=True)
    with display(config) as progress:
        return simulate(config, out=folder, workers=config.compute.workers, progress=progress).path


@app.command()
def calibrate(
    context: typer.Context,
    config_files: Annotated[
        list[Path] | None, typer.Argument(metavar="[CONFIG...]", help="Scenarios; else the backtests needed.")
    ] = None,
    sample: Sample = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=20, help="Most rounds of runs.")] = 4,
    configs: Scenarios = Path("configs"),
    runs: Runs = Path("runs"),
    date: Annotated[str | None, typer.Option("--date", help="Day to note with the fit; today by default.")] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="DIR", help="Write DIR/seeds/fitted.csv and DIR/configs/fitted.yaml: adopt the fit."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit settings to the observed figures that may be fitted; figures held out for tests are never read.

    Example: twin calibrate --sample 0.02 --rounds 4
    """
    with told(context):
        from twin.config import load, setting
        from twin.store import write_text
        from twin.validation import fitted
        from twin.validation.calibration import fit, read_targets
        from twin.validation.fitting import figures_by_runs, needed_configs

        day = _day(date)
        targets = read_targets()
        files = list(config_files or ()) or [configs / name for name in needed_configs(targets)]
        settings = [] if sample is None else [f"fleet.sample={sample}"]
        scenarios = [load(file, settings) for file in files]
        start = {target.parameter: float(setting(scenarios[0], target.parameter)) for target in targets}
        evaluate = figures_by_runs(targets, scenarios, lambda config: _lived(config, runs))
        fits = fit(targets, start, evaluate, rounds)
        how = f"twin calibrate, {fits[0].n_rounds} rounds of {', '.join(config.scenario.name for config in scenarios)}, "
        how += f"sample {scenarios[0].fleet.sample:g}"
        text = fitted.fitted_csv(fits, day, how)
        if write is not None:
            write_text(write / "seeds" / "fitted.csv", text)
            write_text(write / "configs" / "fitted.yaml", fitted.fitted_yaml(fitted.read(write / "seeds")))
        rows = [{**found.target._asdict(), "value": found.value, "simulated": found.simulated} for found in fits]
        typer.echo(json.dumps(rows) if as_json else text, nl=as_json)


def _day(text: str | None) -> dt.date:
    try:
        return dt.datetime.now().date() if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise DataError(f"--date {text}: found no day; wanted year-month-day such as 2026-11-22") from None


@app.command()
def doctor(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Argument(metavar="[DATA]", help="A table, a scenario, or a folder of them, to look over as well.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check this installation, and your own tables before a run.

    Example: twin doctor my-tables
    """
    with told(context):
        from twin import doctor as room

        checks = room.installation()
        finding = None if data is None else room.examine(data)
        faults = [] if finding is None else finding.faults.message().splitlines()
        if as_json:
            looked_at = [] if finding is None else [{"file": name, "kind": kind} for name, kind in finding.looked_at]
            told_checks = [check._asdict() for check in checks]
            typer.echo(json.dumps({"checks": told_checks, "looked_at": looked_at, "faults": faults}, ensure_ascii=False))
        else:
            for check in checks:
                line = f"{'ok  ' if check.is_well else 'FAIL'}  {check.name:<12} {check.found} (wanted {check.wanted})"
                typer.echo(line if check.is_well else f"{line}; {check.todo}")
            for name, kind in () if finding is None else finding.looked_at:
                typer.echo(f"      {name}: {kind}")
        if finding is not None:
            finding.faults.raise_if_any(DataError)
    if not all(check.is_well for check in checks):
        raise typer.Exit(1)
