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
from twin.grid.mix import build_mix
from twin.metrics.audit import audit_json
from twin.metrics.buildout import buildout_metrics, with_rows
from twin.metrics.coverage import Coverage, coverage, coverage_metrics
from twin.metrics.coverage_maps import county_table, line_table, link_table
from twin.metrics.green import green_metrics
from twin.metrics.grid import grid_table
from twin.metrics.scorecard import provincial_scorecard, scorecard
from twin.metrics.summary import stations_table, summarise
from twin.metrics.tours import tour_metrics
from twin.metrics.zones import Measures, zone_metrics, zones_table
from twin.progress import Clock, peak_memory_bytes
from twin.report import write_report
from twin.stations.plan_figures import private_evse
from twin.store import RunWriter, build_manifest, hash_file, input_hashes
from twin.tables import seeds
from twin.tables.columns import columns
from twin.tables.results import (
    VERDICTS,
    GridDaysTable,
    GridTable,
    MetricsTable,
    NetworkTable,
    OperatorsTable,
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
    found = coverage(inventory, regions, places.network)
    rows: list[Any] = coverage_metrics(inventory, regions, places.network, n_by_zone, found, config.fleet.sample)
    if config.scenario.extent == "nation":
        rows.append(("n_private_evse", "all", "all", float(private_evse(config)), "-"))
    else:
        # Zones of a kilometre have no townships, and the streets of a city are no expressway line.
        rows = [row for row in rows if row[1] == "urban" or row[:2] == ("evse_per_1000_vehicles", "all")]
    if inventory.built is not None:
        orders = with_rows(inventory.orders(regions), model.orders())
        rows += buildout_metrics(orders, [str(code) for code in regions.province_code])
        writer.write("orders", orders)
    rows += tour_metrics(demand.given.itineraries, totals.counts)
    rows += _zone_rows(writer, config, places, supply, demand, grid)
    metrics = summarise(
        config.scenario.name,
        totals,
        inventory,
        regions,
        grid,
        rows,
        supply.prices.is_valley,
        demand.passages_within_zones,
    )
    stations = stations_table(totals, inventory, regions)
    writer.write("metrics", metrics)
    writer.write("stations", stations)
    writer.write("grid", grid)
    _write_scorecards(writer, config, metrics, stations)
    writer.write("network", _network_table(places))
    if config.scenario.extent == "nation":
        _write_coverage(writer, places, supply, found)
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


def _zone_rows(
    writer: RunWriter, config: Config, places: Places, supply: Supply, demand: Demand, grid: GridTable
) -> list[Any]:
    """Write the table of zones; return what zones and their sources of energy add to the metrics."""
    regions = places.regions
    measures = Measures(config.fleet.sample, config.grid.hosting_storage_h, config.grid.v2g_payment_cny_per_kwh)
    zones = zones_table(grid, regions, demand.n_v2g_plugs, measures)
    writer.write("zones", zones)
    mix = build_mix(config, regions)
    return [
        *zone_metrics(zones, regions, config.period.n_days, measures),
        *green_metrics(grid, mix, regions, supply.base.peak_kw),
    ]


def _write_coverage(writer: RunWriter, places: Places, supply: Supply, found: Coverage) -> None:
    """Write the tables from which coverage is mapped."""
    lines = seeds.read("expressway_lines")
    names = dict(zip(lines["line"].tolist(), lines["name_en"].tolist(), strict=True))
    writer.write("county_coverage", county_table(supply.inventory, places.regions, found.people))
    writer.write("line_coverage", line_table(places.network, found.ways, names))
    writer.write("link_coverage", link_table(found.ways))


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


def _write_scorecards(writer: RunWriter, config: Config, metrics: MetricsTable, stations: StationsTable) -> None:
    """Hold the policy lines against the run; a city cannot judge them, nor a sample of the fleet with its stations."""
    policy = seeds.read("policy_lines")
    cards: dict[str, Any] = {"scorecard": scorecard(policy, metrics, stations)}
    is_nation = config.scenario.extent == "nation"
    if is_nation:
        cards["scorecard_provinces"] = provincial_scorecard(policy, metrics, stations)
    why = "a sample of fleet and stations was run; set fleet.sample to 1"
    if not is_nation:
        why = "a city was run; the lines are drawn for the nation and its provinces"
    for name, card in cards.items():
        if config.fleet.sample < 1.0 or not is_nation:
            n_lines = len(card.line)
            blank = {"met": np.full(n_lines, VERDICTS[2], object), "why": np.full(n_lines, why, object)}
            card = card._replace(value=np.full(n_lines, np.nan), **blank)
        writer.write(name, card)


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
