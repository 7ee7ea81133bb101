"""What a run leaves behind, written in one place: every table of the run folder, its manifest and its page."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import twin
from twin.agents import GridOperator, StationOperator
from twin.config.files import FILE_SETTINGS
from twin.metrics.audit import audit_json
from twin.metrics.buildout import buildout_metrics, with_rows
from twin.metrics.coverage import coverage_metrics
from twin.metrics.grid import grid_table
from twin.metrics.scorecard import scorecard
from twin.metrics.summary import stations_table, summarise
from twin.metrics.tours import tour_metrics
from twin.progress import Clock, peak_memory_bytes
from twin.report import write_report
from twin.stations.plan_figures import private_evse
from twin.store import RunWriter, build_manifest, hash_file, input_hashes
from twin.tables import seeds
from twin.tables.columns import columns
from twin.tables.results import (
    VERDICTS,
    GridDaysTable,
    MetricsTable,
    NetworkTable,
    OperatorsTable,
    ScorecardTable,
    StationsTable,
)
from twin.tables.totals import Law, RunTotals

if TYPE_CHECKING:
    from twin.config import Config
    from twin.model import TwinModel
    from twin.nation import Demand, Places, Supply

LIBRARIES = ("numpy", "numba", "scipy", "pyarrow", "mesa")


def write_outcome(
    writer: RunWriter,
    config: Config,
    places: Places,
    supply: Supply,
    demand: Demand,
    model: TwinModel,
    totals: RunTotals,
    laws: tuple[Law, ...],
    clock: Clock,
) -> None:
    """Write what the days did not write yet: tables of the whole run, audit, manifest and page."""
    regions, inventory = places.regions, supply.inventory
    grid = grid_table(totals, supply.base, regions, config.stations.module_efficiency)
    home_zone = places.regions.county_zone[demand.given.vehicles.home]
    n_by_zone = np.bincount(home_zone, minlength=regions.n_zones)
    coverage: list[Any] = coverage_metrics(inventory, regions, places.network, n_by_zone)
    if config.scenario.extent == "nation":
        coverage.append(("n_private_evse", "all", "all", float(private_evse(config)), "-"))
    else:
        # Zones of a kilometre have no townships, and the streets of a city are no expressway line.
        coverage = [row for row in coverage if row[1] in ("all", "urban")]
    if inventory.built is not None:
        orders = with_rows(inventory.orders(regions), model.orders())
        coverage += buildout_metrics(orders, [str(code) for code in regions.province_code])
        writer.write("orders", orders)
    coverage += tour_metrics(demand.given.itineraries, totals.counts)
    metrics = summarise(
        config.scenario.name,
        totals,
        inventory,
        regions,
        grid,
        coverage,
        supply.prices.is_valley,
        demand.passages_within_zones,
    )
    stations = stations_table(totals, inventory, regions)
    writer.write("metrics", metrics)
    writer.write("stations", stations)
    writer.write("grid", grid)
    writer.write("scorecard", _scorecard(config, metrics, stations))
    writer.write("network", _network_table(places))
    writer.write("operators", _bulletins(OperatorsTable, model.bulletins(StationOperator)))
    writer.write("grid_days", _bulletins(GridDaysTable, model.bulletins(GridOperator)))
    writer.write_json("audit", audit_json(laws))
    writer.finish()
    told = {
        "inputs": [*input_hashes(), *_own_inputs(config, places)],
        "vehicle_class_names": demand.class_names,
        "network": config.network.source,
        "phases_s": {name: round(seconds, 3) for name, seconds in clock.phases_s.items()},
    }
    writer.write_json("manifest", manifest(writer, config, totals, laws, clock, **told))
    if config.output.report:
        write_report(writer.folder, writer.folder / "report.html")


def _own_inputs(config: Config, places: Places) -> Iterator[dict[str, str]]:
    """Yield the files that the scenario names, with their hashes and licences; none for the seeds'."""
    settings = config.resolved()
    for (section, key), word in FILE_SETTINGS.items():
        name = settings[section][key]
        if name in (None, word):
            continue
        if section == "network":
            about = places.network.provenance
            yield {"name": str(about["source"]), "sha256": str(about["sha256"]), "licence": str(about["licence"])}
        else:
            yield {"name": Path(name).name, "sha256": hash_file(Path(name)), "licence": "the user's"}


def _scorecard(config: Config, metrics: MetricsTable, stations: StationsTable) -> ScorecardTable:
    """Hold the policy lines against the run; a city cannot judge them, nor a sample of the fleet with its stations."""
    card = scorecard(seeds.read("policy_lines"), metrics, stations)
    if config.fleet.sample == 1.0 and config.scenario.extent == "nation":
        return card
    why = "a sample of fleet and stations was run; set fleet.sample to 1"
    if config.scenario.extent == "city":
        why = "a city was run; the lines are drawn for the nation and its provinces"
    n_lines = len(card.line)
    return card._replace(
        value=np.full(n_lines, np.nan),
        met=np.full(n_lines, VERDICTS[2], object),
        why=np.full(n_lines, why, object),
    )


def manifest(
    writer: RunWriter, config: Config, totals: RunTotals, laws: tuple[Law, ...], clock: Clock, **more: Any
) -> dict[str, Any]:
    """Return the manifest of a run; `more` are its inputs, the names of its vehicle classes and entries of its own."""
    from twin.config import config_hash

    return build_manifest(
        config.resolved(),
        config_hash(config),
        scenario=config.scenario.name,
        seed=config.scenario.seed,
        versions={"twin": twin.__version__, "python": platform.python_version()}
        | {name: version(name) for name in LIBRARIES},
        wall_s=clock.wall_s,
        peak_memory_bytes=peak_memory_bytes(),
        machine={"system": platform.system(), "machine": platform.machine()},
        audit_verdict="held" if all(law.holds for law in laws) else "broken",
        counts=totals.counts,
        bytes_written=writer.bytes_written,
        title=config.scenario.title,
        description=config.scenario.description,
        first_day=config.period.start_date.isoformat(),
        **more,
    )


def _network_table(places: Places) -> NetworkTable:
    network = places.network
    lines = np.concatenate([np.asarray(network.line_names, object), [""]])
    return NetworkTable(
        link=np.arange(network.n_links, dtype=np.int32),
        line=lines[network.link_line],
        kind=network.link_kind,
        length_km=network.link_length_m / 1000.0,
        from_lon=network.node_lon[network.link_from],
        from_lat=network.node_lat[network.link_from],
        to_lon=network.node_lon[network.link_to],
        to_lat=network.node_lat[network.link_to],
    )


def _bulletins(table: Any, rows: list[dict[str, Any]]) -> Any:
    """Return the agents' bulletins as a table."""
    return table(*(np.array([row[column.name] for row in rows], column.dtype) for column in columns(table)))
