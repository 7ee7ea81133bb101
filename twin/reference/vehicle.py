"""What a vehicle is and what every outing does to it: energy goes, it comes to rest, or it strands and is towed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa  # type: ignore[import-untyped]

from twin.reference.plain import DAY_S, Call, Link, Pool, VehicleClass
from twin.rng import Stream, uniform4
from twin.tables.inputs import VEHICLE_KINDS
from twin.tables.state import APPROACH, AT_REST, CUT_OFF, DECIDE, FREE, NO_VISIT, OUT, ROAD, SERVED, STRANDED, TRIP

if TYPE_CHECKING:
    from twin.reference.model import ReferenceModel

__all__ = ["Vehicle"]

TRUCK_KIND = VEHICLE_KINDS.index("truck")


class Vehicle(mesa.Agent):  # type: ignore[misc]
    """A vehicle: its battery, where it is, and what it is out for.

    Attributes
    ----------
    vehicle : int
        Its id, the row of the vehicles' table.
    type : VehicleClass
        Battery, curve and consumption.
    state : int
        ``AT_REST`` or ``OUT`` (also while a call of today still lies ahead).
    phase : int
        What it does while it is out, an index into ``PHASES``; ``FREE`` at rest.
    wake_s : int
        Second of its next event; of no meaning while a station holds it or it rests.
    routes_seen : int
        Renewal of the routes after which it last planned or looked for its stop.
    link, stop_link : Link or None
        Link driven last, and the one at whose end it leaves the road for `pool`.
    """

    model: ReferenceModel

    def __init__(self, model: ReferenceModel, vehicle: int) -> None:
        super().__init__(model)
        table = model.vehicle_table
        self.vehicle = vehicle
        self.class_row: int = table.vehicle_class[vehicle]
        self.type: VehicleClass = model.classes[self.class_row]
        self.is_truck = self.type.kind == TRUCK_KIND
        self.access: int = table.access[vehicle]
        self.home: int = table.home[vehicle]
        self.place: int = table.place[vehicle]
        self.state: int = table.state[vehicle]
        self.back_day: int = table.back_day[vehicle]
        self.energy_ws: int = table.energy_ws[vehicle]
        self.owed_ws: int = table.owed_ws[vehicle]
        self.call: Call | None = None
        self.tour = model.tour_of(vehicle)
        self.present: Call | None = None
        # While it is out:
        self.phase, self.errand, self.outcome = FREE, TRIP, NO_VISIT
        self.towed_to = FREE
        self.is_booked, self.booked_s = False, 0
        self.goal = self.home
        self.wake_s = self.wheel_s = self.n_tries = 0
        self.link: Link | None = None
        self.stop_link: Link | None = None
        self.stop_m = self.routes_seen = 0
        self.pool: Pool | None = None
        self.shunned: Pool | None = None
        # At a station:
        self.arrival_s = self.target_ws = self.loses_s = self.session_s = 0

    def draws(self, stream: Stream, period: int, block: int) -> tuple[float, float, float, float]:
        """Return four draws of this vehicle, each in [0, 1)."""
        found: tuple[float, float, float, float] = uniform4(self.model.rules.seed, int(stream), self.vehicle, period, block)
        return found

    def draw(self, stream: Stream, period: int, number: int) -> float:
        """Return one draw of this vehicle, in [0, 1)."""
        return self.draws(stream, period, number // 4)[number % 4]

    @property
    def has_charged(self) -> bool:
        """Whether its last visit to a station was a session, whole or cut off."""
        return self.outcome in (SERVED, CUT_OFF)

    def soc_ws(self, soc: float) -> int:
        """Return the energy of a state of charge."""
        return int(soc * self.type.capacity_ws)

    def set_out(self, call: Call) -> None:
        """Begin the outing that the day's plan called for."""
        self.errand = call.errand
        counts = self.model.books.counts
        counts["trips_begun" if call.errand == TRIP else "errands_begun"] += 1
        if call.errand == TRIP and self.is_truck:
            counts["truck_trips_begun"] += 1
        self.begin(call.goal, call.second)

    def begin(self, goal: int, second: int) -> None:
        """Set out at a second, with nothing behind: no stop, no try, no hour at the wheel."""
        self.phase, self.outcome, self.goal, self.wake_s = DECIDE, NO_VISIT, goal, second
        self.link = self.stop_link = self.pool = self.shunned = None
        self.n_tries = self.stop_m = self.wheel_s = 0
        self.is_booked = False

    def next_set_trip(self, now_s: int) -> Call | None:
        """Return the next trip that was set by hand, if it is due before midnight: at its second, or at once."""
        if not self.tour or self.tour[0].second >= (now_s // DAY_S + 1) * DAY_S:
            return None
        trip = self.tour.popleft()
        self.present = trip
        return trip._replace(second=max(trip.second, now_s))

    def go_on(self) -> None:
        """Begin the next set trip if it is due before midnight, or rest; in a nation no trip is set."""
        trip = self.next_set_trip(self.wake_s)
        if trip is None:
            self.rest()
            return
        self.errand = TRIP
        self.begin(trip.goal, trip.second)
        self.model.books.counts["trips_begun"] += 1
        self.model.books.counts["truck_trips_begun"] += self.is_truck

    def rest(self) -> None:
        """Come to rest where it is."""
        self.state, self.phase = AT_REST, FREE

    def strand(self, second: int, towed_to: int) -> None:
        """Stay at the roadside with an empty battery until a tow truck comes."""
        self.phase, self.towed_to, self.wake_s = STRANDED, towed_to, second + self.model.rules.rescue_s
        self.model.books.note_stranded(self.vehicle, second, self.link, self.wake_s, self.errand == TRIP)

    def be_rescued(self) -> None:
        """Get a little charge and be set down at the end of the way on which it stranded.

        On the road the driver forgets the plan that failed, except the stop that it has been towed to.
        """
        given_ws = self.soc_ws(self.model.rules.rescue_soc)
        self.energy_ws += given_ws
        self.phase, self.wheel_s = self.towed_to, 0
        if self.phase == ROAD and self.link is not self.stop_link:
            self.stop_link, self.outcome, self.is_booked = None, NO_VISIT, False
        counts = self.model.books.counts
        counts["rescue_ws"] += given_ws
        counts["rescued_trips" if self.errand == TRIP else "rescued_errands"] += 1

    def temperature_factor(self) -> float:
        """Return the factor on consumption in the province where the outing began, on the day of the next event."""
        by_day: list[float] = self.model.local.consumption_factor[self.model.roads.county_province[self.place]]
        return by_day[min(self.wake_s // DAY_S, len(by_day) - 1)]

    def town_ws(self, way_m: float) -> int:
        """Return the energy for a way through town in today's temperature."""
        return int(way_m * self.type.city_ws_per_m * self.temperature_factor())

    def use_energy(self, used_ws: int) -> int:
        """Take driving energy out of the battery, the rest out of the tank; return what nothing could give (Ws)."""
        from_battery_ws = min(used_ws, self.energy_ws)
        self.energy_ws -= from_battery_ws
        self.model.books.counts["driven_ws"] += from_battery_ws
        short_ws = used_ws - from_battery_ws
        if self.type.has_engine:
            self.model.books.counts["fuel_ws"] += short_ws
            return 0
        return short_ws

    def count_way(self, way_m: int) -> None:
        """Add to the kilometres of trips."""
        if self.errand == TRIP:
            self.model.books.counts["trip_m"] += way_m
            self.model.books.counts["truck_trip_m"] += way_m if self.is_truck else 0

    def drive_through_town(self, way_m: float, phase: int) -> bool:
        """Drive a way at the speed in town and be in `phase` at its end; return whether the battery gave it."""
        if self.use_energy(self.town_ws(way_m)) > 0:
            self.strand(self.wake_s, phase)
            return False
        self.count_way(int(way_m))
        self.phase = phase
        self.wake_s += math.ceil(way_m / self.model.rules.town_speed_m_per_s)
        return True

    def approach(self, pool: Pool, way_m: float) -> None:
        """Drive through town to a pool."""
        self.pool = pool
        self.drive_through_town(way_m, APPROACH)

    @property
    def is_out(self) -> bool:
        """Whether it is marked as out, also if its call is still to come."""
        return self.state == OUT
