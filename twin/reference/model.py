"""The window, phase by phase, over agents."""

from __future__ import annotations

from collections import deque
from typing import Any

import mesa  # type: ignore[import-untyped]

from twin.behaviour import LEAST_SPEED_KMH, flow_weight
from twin.physics import SECONDS_PER_HOUR, congested_speed_kmh
from twin.reference.books import Books, under_way
from twin.reference.driver import Driver
from twin.reference.laws import laws_of
from twin.reference.navigation import Navigation
from twin.reference.plain import DAY_S, Call, build_links, build_markets, build_pools, plain, vehicle_classes
from twin.reference.plant import Plant, build_plants
from twin.reference.rack import build_racks
from twin.reference.station import Station
from twin.tables.inputs import VEHICLE_KINDS
from twin.tables.results import LinksTable, SessionsTable, SiteHoursTable, StationHoursTable, StrandedTable
from twin.tables.state import AT_REST, OUT, TRIP
from twin.tables.totals import RunTotals

__all__ = ["ReferenceModel"]

ENERGIES = ("home", "depot", "work", "v2g", "driven", "forgone", "fuel", "rescue")
"""What is counted in watt-seconds."""


class ReferenceModel(mesa.Model):  # type: ignore[misc]
    """A nation as Mesa agents: one for each vehicle and for each station.

    Parameters
    ----------
    given : NamedTuple
        What the rooms below hand over, by the names of `twin.engine.world.Given`: rules, classes, vehicles, tables,
        roads, stations. It is not changed.
    driver, station : type
        Classes of the agents; subclasses try another behaviour.

    Attributes
    ----------
    window : int
        Window that `step` lives next.
    drivers, stations : list
        The agents, by id.
    books : Books
        What has been counted so far, and the rows of the last window.
    """

    def __init__(self, given: Any, driver: type[Driver] = Driver, station: type[Station] = Station) -> None:
        super().__init__(rng=given.rules.seed)
        self.given, self.rules = given, given.rules
        self.window = 0
        self.books = Books()
        self.classes = vehicle_classes(given)
        self.local, self.trips, self.roads = plain(given.local), plain(given.trips), plain(given.roads)
        self.background = plain(given.background)
        self.prices: list[list[float]] = given.prices.tolist()
        self.guidance, self.workplaces = plain(given.guidance), plain(given.workplaces)
        self.vehicle_table, self.station_table = plain(given.vehicles), plain(given.stations)
        self.is_posed = len(given.itineraries.first) > 0
        self.drivers = [driver(self, vehicle) for vehicle in range(len(given.vehicles.home))]
        self.stations = [station(self, row) for row in range(len(given.stations.zone))]
        self.pools = build_pools(given, self.stations)
        build_racks(given, self.pools)
        build_plants(self)
        self.links = build_links(given, self.pools)
        self.markets = build_markets(given, self.pools)
        navigates = self.rules.reroute_every_s > 0 and self.rules.navigation_share > 0.0
        self.navigation = Navigation(self) if navigates else None
        self.start_energy_ws = sum(one.energy_ws for one in self.drivers)

    def tour_of(self, vehicle: int) -> deque[Call]:
        """Return the trips that were set by hand for a vehicle, in their order; a nation has none."""
        tours = self.given.itineraries
        if not self.is_posed:
            return deque()
        trips = range(int(tours.first[vehicle]), int(tours.first[vehicle + 1]))
        return deque(
            Call(int(tours.depart_s[trip]), TRIP, int(tours.goal[trip]), bool(tours.is_stay[trip])) for trip in trips
        )

    @property
    def start_s(self) -> int:
        """First second of the window."""
        return int(self.window * self.rules.window_s)

    @property
    def end_s(self) -> int:
        """First second of the window after."""
        return int((self.window + 1) * self.rules.window_s)

    def step(self) -> None:
        """Live one window."""
        self.books.open_window()
        # Those who stay near home live the day at once; those who have to go out are called at their second.
        if self.window == 0:
            self.live_eve()
        if self.start_s % DAY_S == 0:
            self.plan_day()
        self.call()

        # Vehicles, each by itself: decide on what was known a window ago, then drive.
        self.choose()
        arrived = self.drive()

        # Barrier: everybody who arrived, in the order of station, second and vehicle.
        self.exchange(arrived)

        # Stations, each by itself: queues, plugs and power, to the second.
        self.serve()

        # Barrier: what drivers will know in the next window.
        self.publish()
        self.window += 1

    def live_eve(self) -> None:
        """Let those who start a trip on day 0 charge for it before the run begins."""
        for driver in self.drivers:
            driver.live_eve()
        self.start_energy_ws = sum(driver.energy_ws for driver in self.drivers)

    def plan_day(self) -> None:
        """Let every vehicle at rest plan its day."""
        for driver in self.drivers:
            if driver.state == AT_REST:
                driver.call = driver.plan_day(self.start_s // DAY_S)
                if driver.call is not None:
                    driver.state = OUT

    def call(self) -> None:
        """Let those set out whose second has come."""
        for driver in self.drivers:
            if driver.call is not None and self.start_s <= driver.call.second < self.end_s:
                driver.set_out(driver.call)
                driver.call = None

    def choose(self) -> None:
        """Let every vehicle that is due decide where to go."""
        for driver in self.drivers:
            driver.choose(self.end_s)

    def drive(self) -> list[Driver]:
        """Move everything on the road to the end of the window; return who arrived at a station."""
        return [driver for driver in self.drivers if driver.drive(self.end_s)]

    def exchange(self, arrived: list[Driver]) -> None:
        """Hand the arrivals of the window to their stations, by second and vehicle."""
        for driver in sorted(arrived, key=lambda driver: (driver.arrival_s, driver.vehicle)):
            assert driver.pool is not None
            driver.pool.station.arrivals.append(driver)

    def serve(self) -> None:
        """Run the window at every station."""
        for station in self.stations:
            station.serve_window(self.start_s, self.end_s)

    def publish(self) -> None:
        """Publish waits, link speeds and routes for the next window."""
        for pool in self.pools:
            pool.n_booked = 0
        for driver in self.drivers:
            if driver.is_expected(self.end_s):
                assert driver.pool is not None
                driver.pool.n_booked += 1
        for station in self.stations:
            station.publish(self.end_s)
        day, hour = self.start_s // DAY_S, self.start_s % DAY_S // SECONDS_PER_HOUR
        shape = self.background.hour_shape[day][hour]
        for link in self.links:
            per_h = link.n_entered * (SECONDS_PER_HOUR / self.rules.window_s / self.given.sample)
            link.flow_per_h += flow_weight(self.rules.window_s) * (per_h - link.flow_per_h)
            total_per_h = link.flow_per_h + self.background.flow_per_h[day][link.row] * shape
            speed_kmh = float(congested_speed_kmh(link.published_free_kmh, total_per_h, link.capacity_per_h))
            link.speed_kmh = max(speed_kmh, LEAST_SPEED_KMH)
            link.sum_speed_kmh += link.speed_kmh
            link.n_entered_hour += link.n_entered
            link.n_entered = 0
        every_s = self.rules.reroute_every_s
        if self.navigation is not None and self.end_s // every_s > self.start_s // every_s:
            self.navigation.renew()

    def visit_rows(self) -> SessionsTable:
        """Return the visits that ended in the last window, by (end, vehicle)."""
        return self.books.visit_rows()

    def stranded_rows(self) -> StrandedTable:
        """Return who stranded in the last window, by (second, vehicle)."""
        return self.books.stranded_rows()

    def close_hour(self, hour: int) -> tuple[StationHoursTable, LinksTable]:
        """Return the rows of an hour that has ended."""
        self.books.close_road(self.drivers, hour)
        of_stations = self.books.close_stations(self.stations, hour)
        return of_stations, self.books.close_links(self.links, hour, SECONDS_PER_HOUR // self.rules.window_s)

    def close_sites(self, hour: int) -> SiteHoursTable:
        """Return what photovoltaics and storage did in an hour that has ended."""
        return self.books.close_sites(self.plants, hour)

    @property
    def plants(self) -> list[Plant]:
        """Photovoltaics and storage, in the order of their stations."""
        return [station.plant for station in self.stations if station.plant is not None]

    def finish(self) -> RunTotals:
        """Settle what is still running and return everything counted, with the laws of conservation."""
        n_hours = 24 * self.given.n_days
        for station in self.stations:
            station.settle(n_hours * SECONDS_PER_HOUR)
        hours, wait_histogram, road = self.books.hour_sums(self.given.n_provinces, n_hours)
        return RunTotals(
            n_hours=n_hours,
            stations=self.books.station_totals(self.stations),
            hours=hours,
            wait_histogram=wait_histogram,
            load_ws=self.books.load(len(self.roads.zone_node), 4 * n_hours),
            road=road,
            counts=self._counts(),
            laws=laws_of(self),
            plants=self.given.behind.plants,
            plant_sums=self.books.plant_totals(self.plants),
            plant_ws=self.books.plant_energy(len(self.roads.zone_node), 4 * n_hours),
        )

    def _counts(self) -> dict[str, Any]:
        """Return run-wide counts."""
        counts = self.books.counts
        kinds = [VEHICLE_KINDS[driver.type.kind] for driver in self.drivers]
        return {
            **{f"n_{kind}": kinds.count(kind) for kind in VEHICLE_KINDS},
            "n_trips_begun": counts["trips_begun"],
            "n_trips_ended": counts["trips_ended"],
            "n_trips_under_way": under_way(self.drivers, is_trip=True),
            "n_trips_not_made": counts["trips_not_made"],
            "n_stranded": counts["stranded_trips"] + counts["stranded_errands"],
            "n_rescued": counts["rescued_trips"] + counts["rescued_errands"],
            "n_errands_begun": counts["errands_begun"],
            "n_errands_given_up": counts["given_up"],
            "n_v2g_calls": counts["v2g_calls"],
            "n_short_charges": counts["short_charges"],
            "short_charges_kwh": counts["short_charges_ws"] // 3_600_000,
            "n_cut_off": sum(station.whole["cut_off"] for station in self.stations),
            "n_swaps": sum(rack.n_swaps for station in self.stations for rack in station.racks),
            "n_local_days": counts["local_days"],
            "local_km": counts["local_m"] // 1000,
            "trip_km": counts["trip_m"] // 1000,
            "truck_trip_km": counts["truck_trip_m"] // 1000,
            **{f"{kind}_kwh": counts[f"{kind}_ws"] // 3_600_000 for kind in ENERGIES},
        }
