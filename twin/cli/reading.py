"""Commands that read finished runs and write what people open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli.app import Lang, app, told


@app.command()
def export(
    context: typer.Context,
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="File to write: .xlsx, .gpkg, .parquet or .csv.")],
    layer: Annotated[
        str | None,
        typer.Option("--layer", help="For .parquet and .csv: stations, links or zones; for .csv also a table of the run."),
    ] = None,
) -> None:
    """Write a run for a spreadsheet (.xlsx, .csv) or a geographic information system (.gpkg, GeoParquet).

    Example: twin export runs/quick --to quick.gpkg
    """
    with told(context):
        from twin.export import export_run

        typer.echo(str(export_run(run_folder, to, layer)))


@app.command()
def compare(
    context: typer.Context,
    run_folders: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Run folders; the first is the base.")],
    out: Annotated[Path, typer.Option("--out", help="HTML file.")] = Path("compare.html"),
    lang: Lang = "en",
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Hold 2 to 12 runs against the first of them, on one page.

    Example: twin compare runs/national-2027-* runs/more-in-guangdong-* --out compare.html
    """
    with told(context):
        from twin.report import write_comparison

        typer.echo(str(write_comparison(run_folders, out, lang)))
    if open_it:
        typer.launch(out.resolve().as_uri())
