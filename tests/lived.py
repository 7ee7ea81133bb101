"""A small nation lived through: everything that a run leaves behind, and a digest of every byte of it."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from twin.engine import account
from twin.engine.plants import close_sites
from twin.engine.views import publish_prices
from twin.engine.window import step
from twin.engine.world import Given, World, build_world
from twin.parallel import Chair, Crew
from twin.physics import SECONDS_PER_HOUR
from twin.tables.results import LinksTable, SessionsTable, SiteHoursTable, StationHoursTable, StrandedTable
from twin.tables.state import RING_HOURS
from twin.tables.totals import RunTotals


class Lived(NamedTuple):
    """What a run leaves behind; `hour_energy_ws` has the shape (n_hours, n_stations)."""

    world: World
    totals: RunTotals
    visits: SessionsTable
    stranded: StrandedTable
    station_hours: StationHoursTable
    links: LinksTable
    site_hours: SiteHoursTable
    hour_energy_ws: Any

    def digest(self) -> str:
        """Return a hash over every byte that a user could see, and over the vehicles as they were left."""
        seen = hashlib.sha256()
        tables = self.visits, self.stranded, self.station_hours, self.links, self.site_hours, self.totals.stations
        tables += (self.totals.plant_sums,)
        totals = self.totals
        arrays = totals.hours, totals.wait_histogram, totals.load_ws, totals.plant_ws, totals.road
        for array in (*(column for table in tables for column in table), *arrays, self.world.given.vehicles):
            seen.update(np.ascontiguousarray(array).tobytes())
        seen.update(repr((self.totals.counts, self.totals.laws)).encode())
        return seen.hexdigest()


def live(given: Given, n_workers: int = 1, crew: Crew | None = None) -> Lived:
    """Live all days of a nation, which is used up by it: speeds and vehicles change in place; a crew lives its parts."""
    world = build_world(given, n_workers)
    if crew is not None:
        Chair(world, crew, 1.0)
    per_hour = SECONDS_PER_HOUR // given.rules.window_s
    visits, stranded, hours, links, sites, energy_ws = [], [], [], [], [], []
    for window in range(given.n_days * 24 * per_hour):
        if window % (24 * per_hour) == 0:
            publish_prices(given, world.outlooks[0])
            world.peers.begin_day(world, window // (24 * per_hour))
        step(world, window)
        arrival_s = world.active.arrival_s[world.arrivals]
        assert (arrival_s // given.rules.window_s == window).all(), "an arrival belongs to the window that serves it"
        visits.append(account.visit_rows(world, 1.0))
        stranded.append(StrandedTable(*world.stranded.T.copy()))
        hour, is_open = divmod(window + 1, per_hour)
        if not is_open:
            energy_ws.append(world.ledger.ring.energy_ws[(hour - 1) % RING_HOURS :: RING_HOURS].copy())
            of_stations, of_links = account.close_hour(world, hour - 1)
            hours.append(of_stations)
            links.append(of_links)
            sites.append(close_sites(world, hour - 1))
        if (window + 1) % (24 * per_hour) == 0:
            world.peers.end_day(world)
    world.peers.gather(world)
    totals = account.finish(world)
    if world.executor is not None:
        world.executor.shutdown()
    return Lived(world, totals, *map(_joined, (visits, stranded, hours, links, sites)), np.array(energy_ws))


def _joined(parts: list[Any]) -> Any:
    """Return tables of one kind as one."""
    return type(parts[0])(*(np.concatenate(column) for column in zip(*parts, strict=True)))
