"""The main flow of a case posed by hand: tables in, a run folder out, by the same engine as a nation's."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.case import Case, pose
from twin.config.compute import n_workers
from twin.engine import account
from twin.engine.plants import close_sites
from twin.engine.window import step
from twin.engine.world import World, build_world
from twin.metrics.audit import audit, audit_json, require
from twin.metrics.grid import grid_table
from twin.metrics.summary import stations_table, summarise
from twin.outcome import manifest
from twin.physics import SECONDS_PER_HOUR
from twin.progress import Clock
from twin.store import Run, RunWriter, open_run
from twin.tables.columns import empty
from twin.tables.results import TRIP_OUTCOMES, SessionsTable, StrandedTable, TripsTable
from twin.tables.state import STRANDED, SUM_TRIPS_BEGUN, SUM_TRIPS_ENDED
from twin.tables.totals import Law, ProvinceLoad, RunTotals

if TYPE_CHECKING:
    from twin.config import Config

__all__ = ["live", "simulate", "trips_table"]

Append = Callable[[str, Any], None]


def simulate(
    network: Any,
    stations: Any,
    vehicles: Any,
    trips: Any,
    config: Config | None = None,
    *,
    out: Path | str | None = None,
    workers: int | str = "auto",
) -> Run:
    """Live a case posed by hand-made tables; see `twin.simulate`."""
    case = pose(network, stations, vehicles, trips, config)
    clock = Clock(case.config, None)
    folder = _fresh_folder() if out is None else Path(out)
    with RunWriter(folder) as writer:
        world = build_world(case.given, n_workers(workers))
        live(world, writer.append)
        totals = account.finish(world)
        if world.executor is not None:
            world.executor.shutdown()
        trips_lived = trips_table(case, world)
        laws = *audit(totals, case.inventory), *_trip_laws(world, trips_lived)
        require(laws)
        _write(writer, case, totals, trips_lived, laws, clock)
        return open_run(writer.commit())


def live(world: World, append: Append) -> None:
    """Live all days of a case, and hand on the rows that they leave behind.

    Parameters
    ----------
    world : World
        At 00:00 of day 0.
    append : callable
        ``append(name, table)`` takes rows of ``sessions``, ``stranded``, ``station_hours``, ``site_hours`` and ``links``.
    """
    per_hour = SECONDS_PER_HOUR // world.given.rules.window_s
    append("sessions", empty(SessionsTable, 0))
    append("stranded", empty(StrandedTable, 0))
    for hour in range(24 * world.given.n_days):
        for window in range(hour * per_hour, (hour + 1) * per_hour):
            step(world, window)
            if len(world.visits):
                append("sessions", account.visit_rows(world, 1.0))
            if len(world.stranded):
                append("stranded", StrandedTable(*world.stranded.T.copy()))
        station_hours, links = account.close_hour(world, hour)
        append("station_hours", station_hours)
        append("site_hours", close_sites(world, hour))
        append("links", links)


def trips_table(case: Case, world: World) -> TripsTable:
    """Return what became of every trip, in the order of the table that set them."""
    given, of_row = case.given, np.argsort(case.trip_rows)
    tours = given.itineraries
    vehicle = np.repeat(np.arange(len(tours.next_trip)), np.diff(tours.first))
    has_begun, has_ended = tours.begin_s >= 0, tours.end_s >= 0
    out = world.slots_out()
    is_stranded = np.isin(vehicle, world.active.vehicle[out[world.active.phase[out] == STRANDED]])
    outcome = np.select([has_ended, ~has_begun, is_stranded], [0, 3, 2], 1)
    return TripsTable(
        trip=np.arange(len(of_row), dtype=np.int32),
        vehicle=vehicle[of_row].astype(np.int32),
        depart_s=tours.depart_s[of_row],
        begin_s=np.where(has_begun, tours.begin_s, np.nan)[of_row],
        end_s=np.where(has_ended, tours.end_s, np.nan)[of_row],
        outcome=np.array(TRIP_OUTCOMES, object)[outcome[of_row]],
    )


def _trip_laws(world: World, trips: TripsTable) -> Iterator[Law]:
    """Yield what holds of trips set by hand: each is where the engine's own count has it."""
    n_of = {name: int((trips.outcome == name).sum()) for name in TRIP_OUTCOMES}
    yield Law("set trips = ended + under way + stranded + not begun", len(trips.trip), sum(n_of.values()), "trips")
    n_begun = len(trips.trip) - n_of["not begun"]
    yield Law("set trips that began = trips begun by the engine", n_begun, int(world.sums[SUM_TRIPS_BEGUN]), "trips")
    yield Law("set trips that ended = trips ended by the engine", n_of["ended"], int(world.sums[SUM_TRIPS_ENDED]), "trips")


def _write(writer: RunWriter, case: Case, totals: RunTotals, trips: TripsTable, laws: tuple[Law, ...], clock: Clock) -> None:
    """Write what the days did not write yet."""
    n_zones, n_quarters = totals.load_ws.shape[1:]
    nothing = ProvinceLoad(np.zeros((n_zones, n_quarters)), np.zeros(n_zones))
    grid = grid_table(totals, nothing, case.regions, case.config.stations.module_efficiency)
    metrics = summarise(case.config.scenario.name, totals, case.inventory, case.regions, grid)
    stations = stations_table(totals, case.inventory, case.regions)
    writer.write("metrics", metrics)
    writer.write("stations", stations._replace(name=case.station_names))
    writer.write("grid", grid)
    writer.write("trips", trips)
    writer.write_json("audit", audit_json(laws))
    writer.finish()
    inputs = [{"name": name, "sha256": digest, "licence": "the user's"} for name, digest in case.sha256.items()]
    told = {"inputs": inputs, "vehicle_class_names": case.class_names}
    writer.write_json("manifest", manifest(writer, case.config, totals, laws, clock, **told))


def _fresh_folder() -> Path:
    """Return the name of a run folder that lasts until the program ends."""
    parent = tempfile.mkdtemp(prefix="twin-")
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    return Path(parent) / "run"
