"""The commands about station lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.app import app, told
from twin.cli.commands import AsJson
from twin.cli.commands import _print as show
from twin.errors import DataError

if TYPE_CHECKING:
    from twin.stations.carriageways import Lines

stations = typer.Typer(no_args_is_help=True, help="Lists of charging stations.")
app.add_typer(stations, name="stations")

BACKBONE = "backbone"


@stations.command("import")
def import_list(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="Table of stations (CSV, GeoJSON, Parquet), or a built network.")],
    out: Annotated[Path, typer.Option("--out", help="Parquet file to write.")] = Path("stations.parquet"),
    datum: Annotated[str, typer.Option("--datum", help="Of the coordinates: WGS-84, GCJ-02 or BD-09.")] = "WGS-84",
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="THEIRS=OURS", help="What a column of a foreign file is.")
    ] = None,
    assume: Annotated[
        list[str] | None, typer.Option("--assume", metavar="OURS=VALUE", help="Value of a column where it is blank.")
    ] = None,
    network: Annotated[
        Path | None, typer.Option("--network", help="Built network to put the stations on, or 'backbone', the national one.")
    ] = None,
    reach_m: Annotated[float | None, typer.Option("--reach-m", help="Farthest road at which a station may stand.")] = None,
    licence: Annotated[str, typer.Option("--licence", help="Licence of the source.")] = "",
    drop_empty: Annotated[bool, typer.Option("--drop-empty", help="Leave out stations that have no EVSE.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read a table of stations and tell what was assumed and left out.

    Example: twin stations import list.csv --out stations.parquet --datum GCJ-02 --map name=operator
    """
    with told(context):
        from twin.stations.files import import_stations

        result = import_stations(
            source,
            out,
            datum=datum,
            mapping=_pairs("--map", columns or [], from_end=True),
            assume=_pairs("--assume", assume or []),
            network=_backbone() if str(network) == BACKBONE else network,
            reach_m=reach_m,
            licence=licence,
            drop_empty=drop_empty,
        )
        show(result, as_json)


def _pairs(option: str, texts: list[str], from_end: bool = False) -> dict[str, str]:
    """Return what stands on both sides of each sign of equality."""
    pairs = [text.rpartition("=") if from_end else text.partition("=") for text in texts]
    for text, (left, _, right) in zip(texts, pairs, strict=True):
        if not left.strip() or not right.strip():
            raise DataError(f"{option} {text}: found no two names; wanted NAME=VALUE; write both sides")
    return {left.strip(): right.strip() for left, _, right in pairs}


def _backbone() -> Lines:
    from twin.network.backbone import load_backbone
    from twin.network.regions import load_regions
    from twin.stations.attached import lines_of

    return lines_of(load_backbone(load_regions()))


@stations.command()
def info(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A station list.")],
    as_json: AsJson = False,
) -> None:
    """Describe a station list.

    Example: twin stations info stations.parquet
    """
    with told(context):
        from twin.stations.files import describe

        show(describe(file), as_json)


@stations.command()
def export(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="RUN|FILE", help="A run folder, or a station list.")],
    to: Annotated[Path, typer.Option("--to", help="File to write: .csv, .geojson or .parquet.")],
    as_json: AsJson = False,
) -> None:
    """Write a station list, or the stations of a run with their results, for other programs.

    Example: twin stations export runs/quick --to stations.geojson
    """
    with told(context):
        from twin.stations.files import export_stations

        show({"file": str(to), "n_rows": export_stations(source, to)}, as_json)
