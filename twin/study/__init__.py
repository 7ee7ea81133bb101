"""What a run does to the lines behind its most strained service areas and counties, and what would cure them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from twin.errors import DataError, OutputExistsError
from twin.grid.powerflow import load_pandapower
from twin.network.regions import load_regions
from twin.store import open_named, write_csv_table, write_text
from twin.study.loads import read_loads
from twin.study.strained import FeederResult, counties, service_areas
from twin.study.written import feeder_hours, feeders, sites, transformers, write_pypsa

__all__ = ["FeederResult", "feeders", "study_run"]


def study_run(folder: Path, out: Path, n_service_areas: int = 6, n_counties: int = 6) -> list[FeederResult]:
    """Solve the feeders of the most strained service areas and counties of a run, and write what grid planners read.

    Parameters
    ----------
    folder : Path
        A run of the nation with its station hours.
    out : Path
        Folder to make: ``feeders.csv``, ``feeder_hours.csv``, ``transformers.csv``, ``sites.geojson`` and ``pypsa/``,
        the load of the zones as PyPSA reads it (``Network.import_from_csv_folder``).
    n_service_areas, n_counties : int
        How many of each.

    Returns
    -------
    list of FeederResult
        The most strained first, service areas before counties.

    Raises
    ------
    DataError
        If the folder is no run of the nation.
    OutputExistsError
        If ``out`` is there already.
    StoreError
        If the run lacks station hours or grid load, or the results cannot be written.
    ConfigError
        If pandapower is not installed.
    """
    load_pandapower()
    run = open_named(folder)
    if run.manifest["config"]["scenario"]["extent"] != "nation":
        raise DataError(
            f"{folder}: found a run of a city; wanted one of the nation, whose counties have a load of their own"
        )
    if out.exists():
        raise OutputExistsError(
            f"{out}: found a file or folder of that name; wanted a new one; give another name with --out"
        )
    loads, grid, regions = read_loads(run), run.arrays("grid"), load_regions()
    config = run.manifest["config"]
    results = [
        *service_areas(loads, grid, n_service_areas),
        *counties(loads, grid, regions, n_counties, float(config["fleet"]["sample"])),
    ]
    partial = out.with_name(f".{out.name}.partial-{os.getpid()}")
    try:
        (partial / "pypsa").mkdir(parents=True)
        write_csv_table(feeders(results), partial / "feeders.csv")
        write_csv_table(feeder_hours(results), partial / "feeder_hours.csv")
        write_csv_table(transformers(loads), partial / "transformers.csv")
        write_text(partial / "sites.geojson", sites(loads))
        write_pypsa(grid, regions, config["period"]["start_date"], partial / "pypsa")
        partial.replace(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return results
