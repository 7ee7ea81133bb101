"""The command that improves a build-out under a budget."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli.app import app, told
from twin.cli.commands import AsJson
from twin.cli.commands import _print as show

if TYPE_CHECKING:
    from twin.config import Config


@app.command()
def site(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="Scenario file (YAML).")],
    budget: Annotated[
        float, typer.Option("--budget", metavar="CNY", help="What may be spent on EVSEs and grid connections.")
    ],
    objective: Annotated[
        str, typer.Option("--objective", metavar="covering|median|journeys|waits", help="What is to become better.")
    ] = "covering",
    out: Annotated[Path | None, typer.Option("--out", help="Folder; default sites/<scenario>-<objective>.")] = None,
    province: Annotated[
        list[str] | None, typer.Option("--province", metavar="CODE", help="Build here alone; may be repeated.")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option("--layer", metavar="urban|highway|rural", help="Build in it alone; may be repeated.")
    ] = None,
    power_class: Annotated[str, typer.Option("--power-class", help="Row of seeds/power_classes.csv.")] = "hp_480",
    evses: Annotated[int, typer.Option("--evses", help="EVSEs put up at a site.")] = 4,
    transformer_kva: Annotated[float, typer.Option("--transformer-kva", help="Largest transformer of a site.")] = 2500.0,
    runs: Annotated[
        int | None, typer.Option("--runs", help="Runs: of the search on waits (6), or of points of the frontier (0).")
    ] = None,
    points: Annotated[int, typer.Option("--points", help="Budgets of the frontier.")] = 4,
    time_limit: Annotated[
        float, typer.Option("--time-limit", metavar="S", help="Seconds of HiGHS for each of them.")
    ] = 240.0,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="A.B=C", help="Change a setting, e.g. fleet.sample=0.01.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Choose sites under a budget; leaves a station list, a scenario that runs on it, and the frontier.

    Example: twin site configs/national-2027.yaml --budget 1e9 --objective covering --out sites/more
    """
    with told(context):
        from twin.config import load
        from twin.siting import Request
        from twin.siting import site as choose

        scenario = load(config, list(overrides or ()))
        request = Request(
            budget_cny=budget, objective=objective, provinces=tuple(province or ()), layers=tuple(layer or ()),
            power_class=power_class, n_evse=evses, transformer_kva=transformer_kva, n_runs=runs, n_points=points,
            time_limit_s=time_limit,
        )  # fmt: skip
        folder = out if out is not None else Path("sites") / f"{scenario.scenario.name}-{objective}"
        result = choose(scenario, request, folder, _live, lambda text: print(text, file=sys.stderr, flush=True))
        if as_json:
            show({"folder": str(folder), **result}, as_json)
            return
        frontier = result.pop("frontier")
        show({"folder": str(folder), **result}, as_json)
        _table(frontier)


def _live(scenario: Config, folder: Path) -> dict[str, Any]:
    """Run a scenario, take what its stations say, and leave nothing behind."""
    from twin.run import run

    try:
        table = run(scenario, out=folder, workers=scenario.compute.workers).table("stations")
        names = ("list_id", "n_arrivals", "n_sessions", "mean_wait_s", "n_balked", "n_reneged")
        return {name: table.column(name).to_numpy(zero_copy_only=False) for name in names}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _table(rows: list[dict[str, Any]]) -> None:
    """Print the frontier."""
    names = list(rows[0])
    typer.echo("  ".join(f"{name:>14}" for name in names))
    for row in rows:
        typer.echo("  ".join(f"{'-' if row[name] is None else format(row[name], ',.6g'):>14}" for name in names))
