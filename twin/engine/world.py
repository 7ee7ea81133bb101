"""Everything a run holds: what it was given, what it remembers, and how the work is cut."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.behaviour import FIRST_SESSION_S
from twin.engine.cuts import cuts, places_to_cut, station_cuts
from twin.engine.dispatch import QUARTERS_PER_DAY
from twin.engine.given import Given
from twin.engine.navigation import Navigation, build_navigation
from twin.engine.peers import Part, Peers
from twin.engine.plants import PlantBooks, plant_books
from twin.engine.rack import full_racks
from twin.engine.views import build_outlooks, build_station_calls
from twin.tables.columns import F64, I32, I64, empty, rows, to_rows
from twin.tables.inputs import LAYERS, Outages
from twin.tables.plants import PLANT_KINDS
from twin.tables.state import (
    FREE,
    N_SUMS,
    NEVER_S,
    NOBODY,
    RING_HOURS,
    Active,
    Calls,
    Evses,
    Ledger,
    OutageState,
    PoolState,
    Racks,
    Ring,
    StationState,
    Tally,
)
from twin.tables.totals import HOUR_FIELDS, LOAD_KINDS, WAIT_EDGES_S, StationTotals
from twin.tables.views import Links, Outlook, Site, StationCalls

__all__ = ["DAY_S", "Given", "World", "build_world"]

DAY_S = 86_400
N_SHARDS = 16
"""Most shards of vehicles and stations: enough to balance a laptop. The number changes no result."""
ROWS_A_SHARD = 250_000
"""Vehicles below which a shard is not cut further, but for one a worker: handing a shard over has its price."""
TALLY_STRIDE = 64
"""Sums of neighbouring shards lie 512 B apart, so that two cores never write the same cache line."""


@dataclass
class World:
    """The state of a run. Kernels write its arrays in place; phases are functions of it.

    Attributes
    ----------
    given : Given
        Inputs; only `vehicles` changes.
    racks, ready_s
        Racks of the swap pools and their batteries, see `twin.tables.state.Racks`.
    pool_state, evses, station_state, ledger : tables of `twin.tables.state`
        State of the window engine.
    n_booked : ndarray of int32, shape (n_pools,)
        Bookings that the Board shows.
    outages : Outages
        The calendar of outages as kernels read it.
    plants, station_calls
        Photovoltaics and storage; calls for power from vehicles at public stations.
    n_overfull : int
        Station hours with more plugged and out-of-service seconds than EVSE seconds; a law says none.
    private_part_ws, private_step_w : ndarray of int64, shape (len(LOAD_KINDS), n_zones, n_quarters)
        Constant-power charging at home, at depots and at work, see `booking.book_constant`.
    active, wake_s
        Each shard of vehicles has its slots in a row, with room for all its vehicles to be out; memory is taken only as
        slots come into use. Who lives near each other lies near each other, and finds the same stations.
    first_slot, n_slots : ndarray of int64, shape (n_shards,)
        Of each shard: its first slot, slots in use.
    free : list of ndarray of int32
        Of each shard: slots that the last window left free.
    outlooks : list of Outlook
        One a shard: what its drivers decide and drive by, with room for the stops that one keeps in mind.
    navigation : Navigation or None
        How routes follow the published speeds; None where they do not.
    tallies : list of Tally
        One a shard.
    peers : Peers
        The other processes of this run.
    """

    given: Given
    n_workers: int
    cut_for: int
    active: Active
    wake_s: I32
    pool_state: PoolState
    board_wait_s: I32
    n_booked: I32
    evses: Evses
    station_state: StationState
    outages: Outages
    outage_state: OutageState
    racks: Racks
    ready_s: I32
    plants: PlantBooks
    station_calls: StationCalls
    next_s: I32
    n_evse: I64
    outlooks: list[Outlook]
    navigation: Navigation | None
    ledger: Ledger
    private_part_ws: I64
    private_step_w: I64
    link_flow_per_h: F64
    link_entered: I32
    link_hour_entered: I64
    link_hour_speed_kmh: F64
    hours: I64
    wait_histogram: I64
    road: I64
    totals: StationTotals
    vehicle_cuts: I64
    station_cuts: I64
    tallies: list[Tally]
    sums: I64
    hour_sums: I64
    start_energy_ws: int
    executor: ThreadPoolExecutor | None
    first_slot: I64
    n_slots: I64
    free: list[I32]
    peers: Peers = field(default_factory=Peers)
    calls: list[Calls] = field(default_factory=list)
    first_call: list[I64] = field(default_factory=list)
    arrivals: I32 = field(default_factory=lambda: np.zeros(0, np.int32))
    arrival_station: I32 = field(default_factory=lambda: np.zeros(0, np.int32))
    stranded: I32 = field(default_factory=lambda: np.zeros((0, 4), np.int32))
    visits: I32 = field(default_factory=lambda: np.zeros(0, np.int32))
    n_overfull: int = 0

    @property
    def vehicle_shards(self) -> range:
        """Shards of vehicles and of their slots."""
        return range(len(self.vehicle_cuts) - 1)

    def each(self, work: Callable[[int], Any], shards: range) -> list[Any]:
        """Do the work of every shard, side by side where there are several workers; results in shard order."""
        if self.executor is None:
            return [work(shard) for shard in shards]
        results, to_do = {}, iter(shards)

        def labour() -> None:
            for shard in to_do:
                results[shard] = work(shard)

        # Each worker takes the next shard when it is done with one; the calling thread is a worker too.
        helpers = [self.executor.submit(labour) for _ in range(self.n_workers - 1)]
        labour()
        for helper in helpers:
            helper.result()
        return [results[shard] for shard in shards]

    @property
    def links(self) -> Links:
        """Links with the speeds published for the next window."""
        return self.outlooks[0].links

    def site(self) -> Site:
        """Return what a station's clock reads and writes, with room of its own to deal power in and to look a day ahead."""
        given, most = self.given, int(self.n_evse.max(initial=0))
        classes, traits = given.classes, self.outlooks[0].classes
        return Site(
            traits, classes.curve_w, classes.ceiling_w, classes.full_s, given.local.power_factor, given.stations,
            given.pools, given.plug_limit_w, self.pool_state, self.board_wait_s, self.evses, self.station_state,
            self.outages, self.outage_state, self.racks, self.ready_s, *self.plants[:4], self.ledger, np.empty(most),
            np.empty(most, np.int64), np.empty(QUARTERS_PER_DAY, np.int64), self.station_calls,
        )  # fmt: skip

    def slots_of(self, shard: int) -> tuple[int, int]:
        """Return the range of a shard's slots in use."""
        first = int(self.first_slot[shard])
        return first, first + int(self.n_slots[shard])

    def slots_out(self) -> I64:
        """Return the slots of the vehicles that are out."""
        used = np.concatenate([np.arange(*self.slots_of(shard)) for shard in self.vehicle_shards])
        return used[self.active.phase[used] != FREE]


def build_world(given: Given, n_workers: int, cut_for: int | None = None, part: Part | None = None) -> World:
    """Return the state at 00:00 of day 0: every vehicle at rest, every EVSE free.

    A run that goes on from a checkpoint is cut into the same shards, `cut_for` as many workers as it began with. A process
    that computes a part of the run has slots for the vehicles of that part only.
    """
    n_stations, n_links, n_zones = len(given.stations.zone), len(given.roads.link_to), len(given.roads.zone_node)
    zones = slice(None) if part is None else slice(part.first_zone, part.end_zone + 1)
    first_of_zone, n_hours = (places_to_cut(given) if part is None else part.first_vehicle)[zones], 24 * given.n_days
    n_own = int(first_of_zone[-1] - first_of_zone[0])
    n_all = len(given.vehicles.home)
    most = N_SHARDS if part is None else max(N_SHARDS * n_own // max(n_all, 1), 1)  # as large as in one process
    most_shards = min(max(n_own // ROWS_A_SHARD, cut_for or n_workers), most)
    vehicle_cuts = cuts(first_of_zone, first_of_zone, most_shards)
    per_station = np.add.reduceat(given.pools.n_evse, given.stations.first_pool).astype(np.int64)
    cut_stations = station_cuts(given, per_station, most_shards, zones)
    n_shards = max(len(vehicle_cuts), len(cut_stations)) - 1
    shape, board_wait_s = (len(LOAD_KINDS), n_zones, 96 * (given.n_days + 2)), np.zeros(len(given.pools.station), np.int32)
    part_ws, step_w = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    return World(
        given=given,
        n_workers=n_workers,
        cut_for=cut_for or n_workers,
        active=rows(Active, n_own),
        wake_s=np.empty(n_own, np.int32),
        board_wait_s=board_wait_s,
        n_booked=np.zeros_like(board_wait_s),
        **_idle_stations(given, n_stations),
        n_evse=per_station,
        station_calls=build_station_calls(given, n_stations, n_zones),
        outlooks=build_outlooks(given, board_wait_s, len(vehicle_cuts) - 1),
        navigation=build_navigation(given),
        ledger=_blank_ledger(n_stations, shape, n_shards),
        private_part_ws=part_ws,
        private_step_w=step_w,
        link_flow_per_h=np.zeros(n_links),
        link_entered=np.zeros((n_shards, n_links), np.int32),
        link_hour_entered=np.zeros(n_links, np.int64),
        link_hour_speed_kmh=np.zeros(n_links),
        hours=np.zeros((len(HOUR_FIELDS), given.n_provinces, 3, n_hours), np.int64),
        wait_histogram=np.zeros((3, n_hours, len(WAIT_EDGES_S)), np.int64),
        road=np.zeros((n_hours, 2, 4), np.int64),
        totals=empty(StationTotals, n_stations),
        vehicle_cuts=vehicle_cuts,
        first_slot=vehicle_cuts[:-1] - vehicle_cuts[0],
        n_slots=np.zeros(len(vehicle_cuts) - 1, np.int64),
        free=[np.zeros(0, np.int32) for _ in vehicle_cuts[1:]],
        station_cuts=cut_stations,
        tallies=_blank_tallies(n_shards, vehicle_cuts, part_ws, step_w),
        sums=np.zeros(N_SUMS, np.int64),
        hour_sums=np.zeros(N_SUMS, np.int64),
        start_energy_ws=int(given.vehicles.energy_ws.sum(dtype=np.int64)),
        executor=ThreadPoolExecutor(n_workers - 1) if n_workers > 1 else None,
    )


def _idle_stations(given: Given, n_stations: int) -> dict[str, Any]:
    """Return the state of stations where nobody is yet, by the names of `World`."""
    stations, outage_state = _first_outages(given.outages, n_stations)
    racks, ready_s = full_racks(given, stations)
    own = {"pool_state": _empty_pools(given, racks), "evses": _free_evses(given), "racks": racks, "ready_s": ready_s}
    calendar = {"outages": to_rows(given.outages), "outage_state": outage_state}
    plants, next_s = plant_books(given.behind, stations.fails_s)
    return {**own, **calendar, "station_state": stations, "plants": plants, "next_s": next_s}


def _empty_pools(given: Given, racks: Racks) -> PoolState:
    pools = rows(PoolState, len(given.pools.station))
    pools.head[:], pools.tail[:], pools.loses_s[:], pools.rack[:] = -1, -1, NEVER_S, -1
    pools.rack[racks.pool] = np.arange(len(racks.pool))
    pools.session_s[:] = np.where(given.pools.is_ac == 1, FIRST_SESSION_S["ac"], FIRST_SESSION_S["dc"])
    pools.session_s[racks.pool] = given.rules.swap_s
    return pools


def _free_evses(given: Given) -> Evses:
    evses = rows(Evses, int(given.pools.n_evse.sum()))
    evses.occupant[:], evses.end_s[:] = NOBODY, NEVER_S
    return evses


def _first_outages(outages: Outages, n_stations: int) -> tuple[StationState, OutageState]:
    """Return stations that have counted nothing, and know which of their outages is the first, and when."""
    stations, state = rows(StationState, n_stations), rows(OutageState, n_stations)
    state.next_row[:] = np.searchsorted(outages.station, np.arange(n_stations))
    has_any = np.searchsorted(outages.station, np.arange(n_stations), side="right") > state.next_row
    stations.fails_s[:] = NEVER_S
    stations.fails_s[has_any] = outages.begin_s[state.next_row[has_any]]
    return stations, state


def _blank_ledger(n_stations: int, load_shape: tuple[int, int, int], n_shards: int) -> Ledger:
    return Ledger(
        ring=rows(Ring, n_stations * RING_HOURS),
        load_ws=np.zeros(load_shape, np.int64),
        plant_ws=np.zeros((len(PLANT_KINDS), *load_shape[1:]), np.int64),
        wait_edges_s=np.asarray(WAIT_EDGES_S, np.int32),
        wait_histogram=np.zeros((n_shards, len(LAYERS), len(WAIT_EDGES_S)), np.int64),
    )


def _blank_tallies(n_shards: int, vehicle_cuts: I64, part_ws: I64, step_w: I64) -> list[Tally]:
    """Return a tally a shard. All vehicles of a shard may strand in one window; memory is taken only as rows are written."""
    sums, n_rows = np.zeros((n_shards, TALLY_STRIDE), np.int64), np.zeros(n_shards, np.int64)
    n_rows[: len(vehicle_cuts) - 1] = np.diff(vehicle_cuts)
    return [
        Tally(of_shard[:N_SUMS], np.zeros((n, 4), np.int32), part_ws, step_w)
        for of_shard, n in zip(sums, n_rows, strict=True)
    ]
