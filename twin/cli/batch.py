"""The command that runs many scenarios with many replicates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.app import INTERRUPTED, app, told
from twin.cli.commands import AsJson, worker_setting
from twin.cli.commands import _print as show


@app.command()
def batch(
    context: typer.Context,
    configs: Annotated[
        list[Path], typer.Argument(help="Scenario files (YAML); the first is what others are compared with.")
    ],
    replicates: Annotated[int, typer.Option("--replicates", min=1, max=10_000, help="Runs of each scenario.")] = 1,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="A.B=C", help="Change a setting of every scenario.")
    ] = None,
    periods: Annotated[
        list[str] | None,
        typer.Option(
            "--periods", metavar="P,P", help="Run each for several periods: NAME=YYYY-MM-DD/DAYS, week, or a holiday's name."
        ),
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", help="Ray cluster: local, auto, HOST:PORT or ray://HOST:PORT.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the batch; default runs/batch-<first scenario>.")
    ] = None,
    workers: Annotated[str, typer.Option("--workers", metavar="N|auto", help="Cores of this machine to use.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Run only what is not there yet.")] = False,
    vary_inputs: Annotated[
        bool, typer.Option("--vary-inputs", help="Draw the weak inputs (seeds/uncertainty.csv) anew in every replicate.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run scenarios times replicates, and times periods, and compare them.

    Example: twin batch plan.yaml less.yaml --replicates 8 --periods week,national-day --out runs/study
    """
    worker_setting(context, workers)
    with told(context):
        from twin.config import load

        scenarios = [load(config, overrides or ()) for config in configs]
        folder = out if out is not None else Path("runs") / f"batch-{scenarios[0].scenario.name}"

        from twin.batch import read_periods, run_batch, unvaried
        from twin.run import run as simulate
        from twin.uncertainty import replicate_settings

        shown = any(config.compute.progress for config in scenarios)
        try:
            outcome = run_batch(
                scenarios, out=folder, simulate=simulate, n_replicates=replicates, address=address, resume=resume,
                workers=workers, periods=read_periods(periods or ["own"], scenarios[0]),
                vary=replicate_settings if vary_inputs else unvaried, tell=_show if shown else lambda line: None,
            )  # fmt: skip
        except KeyboardInterrupt:
            print(f"twin: interrupted\n  {folder}: repeat the command with --resume", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
    failed = outcome["failed"]
    for name, reason in failed.items() if not as_json else ():
        print(f"{name} failed", *reason.splitlines(), sep="\n  ", file=sys.stderr)
    show(outcome if as_json else outcome | {"failed": ", ".join(failed) or "none"}, as_json)
    if failed:
        raise typer.Exit(1)


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
