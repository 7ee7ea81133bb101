"""The commands about the grid behind the plugs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.app import app, told
from twin.cli.commands import AsJson

grid = typer.Typer(no_args_is_help=True, help="The grid behind the plugs.")
app.add_typer(grid, name="grid")


@grid.command("study")
def study(
    context: typer.Context,
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run of the nation.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder to make; by default RUN-grid beside the run.")
    ] = None,
    n_service_areas: Annotated[int, typer.Option("--service-areas", min=0, max=1000, help="How many to solve.")] = 6,
    n_counties: Annotated[int, typer.Option("--counties", min=0, max=1000, help="How many to solve.")] = 6,
    as_json: AsJson = False,
) -> None:
    """Solve the power flow behind the most strained service areas and counties of a run (needs the extra 'grid').

    Example: twin grid study runs/quick --service-areas 10 --out runs/quick-grid
    """
    with told(context):
        from twin.study import feeders, study_run

        folder = out or run_folder.with_name(f"{run_folder.resolve().name}-grid")
        table = feeders(study_run(run_folder, folder, n_service_areas, n_counties))
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    if as_json:
        typer.echo(json.dumps({"folder": str(folder), "feeders": rows}, ensure_ascii=False))
        return
    for row in rows:
        state = "holds" if row["holds"] else f"{row['hours_outside']} h outside"
        if row["hours_collapsed"]:
            state += f", {row['hours_collapsed']} h beyond what the line can carry"
        loads = ((row["line_share"], "line"), (row["transformer_share"], "transformers"))
        shares = "".join(f", {name} {share:.0%}" for share, name in loads if share is not None)
        typer.echo(
            f"{row['feeder']} ({row['kind']}, {row['province']}): {row['station_peak_kw']:,.0f} kW for vehicles, "
            f"voltage {row['lowest_voltage_pu']:.3f}{shares}: {state}"
        )
        if row["cure"]:
            typer.echo(f"  cure: {row['cure']}, {row['cure_cny'] / 1e6:,.2f} M CNY")
    typer.echo(f"written to {folder}")
