"""The books of a run: what is counted, and the rows that it leaves behind."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from twin.behaviour import FULL_SHARE
from twin.physics import SECONDS_PER_HOUR, SECONDS_PER_QUARTER
from twin.reference.plain import Link, Pool
from twin.tables.columns import columns
from twin.tables.inputs import LAYERS
from twin.tables.plants import PLANT_KINDS, PlantTotals
from twin.tables.results import LinksTable, SessionsTable, SiteHoursTable, StationHoursTable, StrandedTable
from twin.tables.state import APPROACH, CUT_OFF, EGRESS, FREE, ROAD, SERVED, STRANDED, TRIP
from twin.tables.totals import HOUR_FIELDS, LOAD_KINDS, WAIT_EDGES_S, StationTotals

if TYPE_CHECKING:
    from twin.reference.driver import Driver
    from twin.reference.plant import Plant
    from twin.reference.station import Station

__all__ = ["Books", "Visit", "table_of"]

T = TypeVar("T")


def table_of(table: type[T], rows: list[tuple[Any, ...]]) -> T:
    """Return rows as a table with its declared columns."""
    values = zip(*rows, strict=True) if rows else [()] * len(columns(table))
    return table(*(np.array(x, column.dtype) for x, column in zip(values, columns(table), strict=True)))


@dataclass(frozen=True)
class Visit:
    """A visit to a station that has ended, with or without a session."""

    driver: Driver
    pool: Pool
    outcome: int
    plug_in_s: int
    end_s: int
    intake_ws: int
    end_ws: int
    peak_w: float

    def row(self) -> tuple[Any, ...]:
        """Return its row of `SessionsTable`."""
        driver, is_served = self.driver, self.outcome in (SERVED, CUT_OFF)
        capacity_ws, arrival_s = driver.type.capacity_ws, driver.arrival_s
        return (
            driver.vehicle, driver.class_row, self.pool.station.row, self.pool.row, self.outcome - SERVED,
            driver.errand == TRIP, arrival_s, self.plug_in_s, self.end_s,
            (self.plug_in_s if is_served else self.end_s) - arrival_s, self.end_ws - self.intake_ws,
            np.ceil(np.float32(self.peak_w)), self.intake_ws / capacity_ws, self.end_ws / capacity_ws,
        )  # fmt: skip


class Books:
    """What a run counts.

    Attributes
    ----------
    counts : Counter of str
        Run-wide sums: metres, watt-seconds, trips, errands.
    events : Counter of str
        How often something happened that leaves no row of its own.
    visits, stranded : list
        Of the running window; a stranded vehicle is a row of `StrandedTable`.
    load_ws : Counter
        Energy into batteries by (kind of load, zone, quarter hour).
    hours : Counter
        Sums of closed hours by (field, province, layer, hour).
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.visits: list[Visit] = []
        self.stranded: list[tuple[int, int, int, int]] = []
        self.load_ws: Counter[tuple[str, int, int]] = Counter()
        self.plant_ws: Counter[tuple[str, int, int]] = Counter()
        self.hours: Counter[tuple[str, int, int, int]] = Counter()
        self.waits: Counter[tuple[int, int, int]] = Counter()
        self.road: dict[int, list[list[int]]] = {}
        self._hour_waits: Counter[tuple[int, int]] = Counter()
        self._before: Counter[str] = Counter()

    def open_window(self) -> None:
        """Begin the rows of a window."""
        self.visits, self.stranded = [], []

    def note_stranded(self, vehicle: int, second: int, link: Link | None, rescued_s: int, is_trip: bool) -> None:
        """Enter a vehicle whose battery is empty."""
        self.stranded.append((vehicle, second, -1 if link is None else link.row, rescued_s))
        self.counts["stranded_trips" if is_trip else "stranded_errands"] += 1

    def note_wait(self, layer: int, wait_s: int) -> None:
        """Enter the waiting time of a session begun."""
        self._hour_waits[layer, bisect_right(WAIT_EDGES_S, wait_s) - 1] += 1

    def book_public(self, layer: str, zone: int, from_s: int, energy_ws: int, is_truck: bool) -> None:
        """Enter energy from a public plug in the quarter hour of a second."""
        self.load_ws[layer, zone, from_s // SECONDS_PER_QUARTER] += energy_ws
        if is_truck:
            self.load_ws["truck", zone, from_s // SECONDS_PER_QUARTER] += energy_ws

    def book_given(self, zone: int, from_s: int, energy_ws: int) -> None:
        """Enter energy out of a battery at a public plug in the quarter hour of a second."""
        self.load_ws["v2g", zone, from_s // SECONDS_PER_QUARTER] += energy_ws
        self.counts["v2g_ws"] += energy_ws

    def book_plant(self, zone: int, quarter: int, pv_ws: int, storage_ws: int) -> None:
        """Enter what photovoltaics and storage gave in a quarter hour."""
        self.plant_ws["pv", zone, quarter] += pv_ws
        self.plant_ws["storage", zone, quarter] += storage_ws

    def book_private(self, kind: str, zone: int, power_w: int, from_s: int, length_s: int) -> None:
        """Enter constant power at a private plug."""
        self.counts[f"{kind}_ws"] += length_s * power_w
        second, end_s = from_s, from_s + length_s
        while second < end_s:
            until_s = min((second // SECONDS_PER_QUARTER + 1) * SECONDS_PER_QUARTER, end_s)
            self.load_ws[kind, zone, second // SECONDS_PER_QUARTER] += power_w * (until_s - second)
            second = until_s

    def visit_rows(self) -> SessionsTable:
        """Return the visits that ended in the window, by (end, vehicle)."""
        visits = sorted(self.visits, key=lambda visit: (visit.end_s, visit.driver.vehicle))
        return table_of(SessionsTable, [visit.row() for visit in visits])

    def stranded_rows(self) -> StrandedTable:
        """Return who stranded in the window, by (second, vehicle)."""
        return table_of(StrandedTable, sorted(self.stranded, key=lambda row: (row[1], row[0])))

    def close_stations(self, stations: list[Station], hour: int) -> StationHoursTable:
        """Return the rows of an hour that has ended, add it to the sums, and clear what it counted."""
        rows = []
        for station in stations:
            for session in station.sessions:
                session.book((hour + 1) * SECONDS_PER_HOUR)
            for rack in station.racks:
                rack.book((hour + 1) * SECONDS_PER_HOUR)
            counted, evse_s = station.hour, len(station.evses) * SECONDS_PER_HOUR
            for evse in station.evses:
                if evse.repaired_s is not None:
                    station.book_out(evse, (hour + 1) * SECONDS_PER_HOUR)
            energy_ws, busy_s, out_s = station.hour_energy_ws[hour], station.hour_busy_s[hour], station.hour_out_s[hour]
            events = [counted[name] for name in ("arrivals", "sessions", "balked", "reneged")]
            if busy_s > 0 or energy_ws > 0 or counted["arrivals"] > 0 or counted["reneged"] > 0 or out_s > 0:
                waits = counted["max_queue"], counted["wait_s"]
                rows.append((station.row, hour, *events, *waits, energy_ws / 3.6e6, busy_s / evse_s, out_s))
            is_full = busy_s > 0 and busy_s >= FULL_SHARE * (evse_s - out_s)
            sums = (*events, counted["wait_s"], energy_ws, busy_s, is_full, out_s)
            for name, value in zip(HOUR_FIELDS, sums, strict=True):
                self.hours[name, station.province, station.layer, hour] += value
            station.whole["busy_s"] += busy_s
            station.whole["out_s"] += out_s
            station.whole["overfull"] += busy_s + out_s > evse_s
            station.whole["peak_hour_busy_s"] = max(station.whole["peak_hour_busy_s"], busy_s)
            station.hour.clear()
        for (layer, place), n_sessions in self._hour_waits.items():
            self.waits[layer, hour, place] += n_sessions
        self._hour_waits.clear()
        return table_of(StationHoursTable, rows)

    def close_sites(self, plants: list[Plant], hour: int) -> SiteHoursTable:
        """Return what photovoltaics and storage did in an hour that has ended."""
        names = "taken_ws", "grid_ws", "pv_ws", "used_ws", "fed_ws", "filled_ws", "given_ws"
        rows = []
        for plant in plants:
            of_hour = plant.close_hour()
            kwh = [of_hour[name] / 3.6e6 for name in names]
            rows.append((plant.site.row, hour, *kwh, plant.stored_ws / 3.6e6, of_hour["peak_w"] / 1000.0))
        return table_of(SiteHoursTable, rows)

    def plant_totals(self, plants: list[Plant]) -> PlantTotals:
        """Return the sums of the run, a row a plant."""
        return table_of(PlantTotals, [tuple(plant.whole[name] for name in PlantTotals._fields) for plant in plants])

    def plant_energy(self, n_zones: int, n_quarters: int) -> Any:
        """Return what plants gave by (kind, zone, quarter) up to the end of the run."""
        return _by_quarter(self.plant_ws, PLANT_KINDS, n_zones, n_quarters)

    def close_links(self, links: list[Link], hour: int, n_windows: int) -> LinksTable:
        """Return the links that somebody entered in an hour that has ended, and clear what they counted."""
        used = [link for link in links if link.n_entered_hour]
        rows = [(link.row, hour, link.n_entered_hour, link.sum_speed_kmh / n_windows) for link in used]
        for link in links:
            link.n_entered_hour, link.sum_speed_kmh = 0, 0.0
        return table_of(LinksTable, rows)

    def close_road(self, drivers: list[Driver], hour: int) -> None:
        """Count who is on the road at the end of an hour, and the trips begun and ended in it; cars, then trucks."""
        on_road = [driver for driver in drivers if driver.errand == TRIP and driver.phase in (ROAD, APPROACH, EGRESS)]
        now = Counter(self.counts)
        now.subtract(self._before)
        events = ("trips_begun", "trips_ended", "expressway_entries")
        trucks = [sum(driver.is_truck for driver in on_road), *(now[f"truck_{name}"] for name in events)]
        both = [len(on_road), *(now[name] for name in events)]
        self.road[hour] = [[a - b for a, b in zip(both, trucks, strict=True)], trucks]
        self._before = Counter(self.counts)

    def station_totals(self, stations: list[Station]) -> StationTotals:
        """Return the sums of the run, a row a station."""
        rows = []
        for station in stations:
            whole = station.whole
            n_waiting = sum(len(pool.queue) for pool in station.pools)
            events = (whole[name] for name in ("arrivals", "sessions", "balked", "reneged"))
            names = "energy_ws", "busy_s", "wait_s", "peak_hour_busy_s", "max_wait_s", "max_queue", "out_s", "cut_off"
            racks = sum(rack.n_swaps for rack in station.racks), min((rack.least_ready for rack in station.racks), default=0)
            rows.append((*events, n_waiting, *(whole[name] for name in names), *racks))
        return table_of(StationTotals, rows)

    def load(self, n_zones: int, n_quarters: int) -> Any:
        """Return the load by (kind, zone, quarter) up to the end of the run."""
        return _by_quarter(self.load_ws, LOAD_KINDS, n_zones, n_quarters)

    def hour_sums(self, n_provinces: int, n_hours: int) -> tuple[Any, Any, Any]:
        """Return what `RunTotals` calls `hours`, `wait_histogram` and `road`."""
        hours = np.zeros((len(HOUR_FIELDS), n_provinces, len(LAYERS), n_hours), np.int64)
        for (name, province, layer, hour), value in self.hours.items():
            hours[HOUR_FIELDS.index(name), province, layer, hour] = value
        waits = np.zeros((len(LAYERS), n_hours, len(WAIT_EDGES_S)), np.int64)
        for (layer, hour, place), n_sessions in self.waits.items():
            waits[layer, hour, place] = n_sessions
        road = np.zeros((n_hours, 2, 4), np.int64)
        for hour, cells in self.road.items():
            road[hour] = cells
        return hours, waits, road


def _by_quarter(booked: Counter[tuple[str, int, int]], kinds: tuple[str, ...], n_zones: int, n_quarters: int) -> Any:
    """Return energy by (kind, zone, quarter) up to the end of the run."""
    energy_ws = np.zeros((len(kinds), n_zones, n_quarters), np.int64)
    for (kind, zone, quarter), part_ws in booked.items():
        if quarter < n_quarters:
            energy_ws[kinds.index(kind), zone, quarter] = part_ws
    return energy_ws


def under_way(drivers: list[Driver], is_trip: bool) -> int:
    """Return how many are out on a trip, or on an errand, and not stranded."""
    return sum(driver.phase not in (FREE, STRANDED) and (driver.errand == TRIP) == is_trip for driver in drivers)
