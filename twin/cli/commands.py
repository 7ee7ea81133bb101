"""The commands: each imports what it needs, calls one room and prints the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli.app import Lang, app, going_on, told
from twin.errors import OutputExistsError

if TYPE_CHECKING:
    from twin.config import Config

network = typer.Typer(no_args_is_help=True, help="The road network.")
app.add_typer(network, name="network")

AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON and nothing else on stdout.")]


def main() -> None:
    """Run the program."""
    app(prog_name="twin")


@app.command()
def run(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="Scenario file (YAML).")],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="A.B=C", help="Change a setting, e.g. fleet.sample=0.01.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; default runs/<scenario>-<hash>.")] = None,
    workers: Annotated[
        str | None, typer.Option("--workers", metavar="N|auto", help="Worker threads, or processes on a cluster.")
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", help="Ray cluster: local, auto or HOST:PORT; this process by default.")
    ] = None,
    checkpoint: Annotated[
        bool, typer.Option("--checkpoint", help="Keep the state at every midnight, to go on from with --resume.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Simulate a scenario and write its run folder.

    Example: twin run configs/national-2027.yaml --set fleet.sample=0.02 --out runs/quick
    """
    settings = list(overrides or ())
    if checkpoint:
        settings.append("compute.checkpoint_days=1")
    if workers is not None:
        settings.append(worker_setting(context, workers))
    with told(context):
        from twin.config import load

        scenario = load(config, settings)
        folder = _run_folder(scenario, out, resume)

        from twin.cli.progress import display
        from twin.run import run as simulate

        with going_on(context, folder), display(scenario) as progress:
            how: dict[str, Any] = {"workers": scenario.compute.workers, "resume": resume, "address": address}
            result = simulate(scenario, out=folder, progress=progress, **how)
        _print({"run": str(folder), **result.summary()}, as_json)


def worker_setting(context: typer.Context, workers: str) -> str:
    """Return the setting that an option of workers stands for."""
    if workers != "auto" and not (workers.isdecimal() and int(workers) > 0):
        raise typer.BadParameter(f"wanted a number of 1 or more, or 'auto', found '{workers}'", context)
    return f"compute.workers={workers}"


def _run_folder(config: Config, out: Path | None, resume: bool) -> Path:
    """Where the run goes; refused when something is there already, unless it may be the run itself, finished."""
    from twin.config import config_hash

    folder = out if out is not None else Path("runs") / f"{config.scenario.name}-{config_hash(config)[:8]}"
    if resume or (folder.is_dir() and not any(folder.iterdir())):
        return folder
    if folder.exists() or folder.is_symlink():
        what = "a folder that already holds something" if folder.is_dir() else "something that is not a folder"
        raise OutputExistsError(
            f"{folder}: found {what}; wanted a new or empty folder; give another with --out, or remove it first"
        )
    return folder


@app.command()
def report(
    context: typer.Context,
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    out: Annotated[Path | None, typer.Option("--out", help="HTML file; default report.html in the run folder.")] = None,
    lang: Lang = "en",
    figures: Annotated[
        Path | None, typer.Option("--figures", metavar="DIR", help="Also write every figure as SVG and PNG, for a paper.")
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write the planner's page of a run.

    Example: twin report runs/quick --lang zh --out report-zh.html
    """
    with told(context):
        from twin.report import write_figures, write_report
        from twin.store import open_named

        open_named(run_folder)
        if figures is not None:
            for path in write_figures(run_folder, figures, lang):
                typer.echo(str(path))
        page = write_report(run_folder, out if out is not None else run_folder / "report.html", lang)
        typer.echo(str(page))
    if open_it:
        typer.launch(page.resolve().as_uri())


@app.command()
def schema(
    write: Annotated[
        Path | None, typer.Option("--write", metavar="DIR", help="Write default.yaml and schema.json there instead.")
    ] = None,
) -> None:
    """Print the JSON schema of a scenario file, for editors.

    Example: twin schema --write study
    """
    from twin.config import schema as files

    if write is None:
        typer.echo(files.json_schema(), nl=False)
        return
    for path in files.write(write):
        typer.echo(str(path))


@app.command()
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
) -> None:
    """Write a commented scenario to begin with, beside every default and the schema for editors.

    Example: twin init study, then twin run study/scenario.yaml
    """
    with told(context):
        from twin.config.starter import write_starter
        from twin.validation import fitted

        for path in write_starter(folder, fitted.fitted_yaml(fitted.read())):
            typer.echo(str(path))


@network.command()
def build(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(help="OpenStreetMap file (XML or PBF), folder of node and link tables, W,S,E,N, or a place's name."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Parquet file to write.")] = Path("network.parquet"),
    datum: Annotated[str, typer.Option("--datum", help="Of the tables of a folder: WGS-84, GCJ-02 or BD-09.")] = "WGS-84",
    gap_m: Annotated[float, typer.Option("--gap-m", help="Join parts that end this close to each other.")] = 0.0,
    cache: Annotated[Path | None, typer.Option("--cache", help="Where answers for places are kept.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build a road network and tell what was dropped or repaired.

    Example: twin network build liechtenstein.osm.pbf --out roads.parquet
    """
    with told(context):
        from twin.network.files import build_network

        _print(build_network(source, out, datum=datum, gap_m=gap_m, cache=cache), as_json)


@network.command()
def info(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A built network; the embedded national one by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Describe a built road network, or the embedded national one.

    Example: twin network info roads.parquet --json
    """
    with told(context):
        if file is not None:
            from twin.network.files import describe

            _print(describe(file), as_json)
            return
        from twin.network.backbone import load_backbone
        from twin.network.regions import load_regions

        _print(load_backbone(load_regions()).summary(), as_json)


def _print(values: dict[str, Any], as_json: bool) -> None:
    """One line of JSON, or an aligned table for people."""
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False, allow_nan=False))
        return
    width = max(len(key) for key in values)
    for key, value in values.items():
        typer.echo(f"{key:<{width}}  {_number(value)}")


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
