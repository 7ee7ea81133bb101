"""The site: what stands there, and its books."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

import mesa  # type: ignore[import-untyped]

from twin.physics import SECONDS_PER_HOUR
from twin.reference.plain import DAY_S, Evse, Pool
from twin.reference.plant import Plant
from twin.reference.rack import Rack
from twin.reference.session import Session
from twin.rng import Stream, uniform
from twin.tables.inputs import LAYERS

if TYPE_CHECKING:
    from twin.reference.driver import Driver
    from twin.reference.model import ReferenceModel

__all__ = ["Site"]


class Site(mesa.Agent):  # type: ignore[misc]
    """Pools of EVSEs at one place behind one transformer, with what has been counted there.

    Attributes
    ----------
    row : int
        Its id, the row of the stations' table.
    arrivals : deque of Driver
        Who arrives in the running window, by (second, vehicle).
    outages : deque of (int, Evse, int)
        What of the calendar is to come: when an EVSE fails, which, and when it serves again.
    plant : Plant or None
        Photovoltaics and storage.
    whole, hour : Counter of str
        Counts of the run and of the running hour.
    hour_energy_ws, hour_busy_s, hour_out_s : Counter of int
        What has been booked, by hour since day 0.
    """

    model: ReferenceModel

    def __init__(self, model: ReferenceModel, row: int) -> None:
        super().__init__(model)
        table = model.station_table
        self.row = row
        self.zone: int = table.zone[row]
        self.province: int = table.province[row]
        self.layer: int = table.layer[row]
        self.lon: float = table.lon[row]
        self.lat: float = table.lat[row]
        self.site_limit_w: int = table.site_limit_w[row]
        self.pools: list[Pool] = []
        self.arrivals: deque[Driver] = deque()
        self.outages: deque[tuple[int, Evse, int]] = deque()
        self.n_restricted = 0
        self.plant: Plant | None = None
        self.whole: Counter[str] = Counter()
        self.hour: Counter[str] = Counter()
        self.hour_energy_ws: Counter[int] = Counter()
        self.hour_busy_s: Counter[int] = Counter()
        self.hour_out_s: Counter[int] = Counter()

    @property
    def evses(self) -> list[Evse]:
        """Every EVSE, in the order of the pools."""
        return [evse for pool in self.pools for evse in pool.evses]

    @property
    def racks(self) -> list[Rack]:
        """Racks of its swap pools."""
        return [pool.rack for pool in self.pools if pool.rack is not None]

    @property
    def for_sessions_w(self) -> int:
        """What the site lets through to its sessions: what its racks may draw is kept for them."""
        return self.site_limit_w - sum(rack.n_batteries * rack.power_w for rack in self.racks)

    @property
    def sessions(self) -> list[Session]:
        """Sessions that are running, in the order of their EVSEs."""
        return [evse.session for evse in self.evses if evse.session is not None]

    def taken_ws(self, second: int) -> int:
        """Return the energy into batteries here since the run began."""
        running_ws = sum(session.energy_at_ws(second) - session.intake_ws for session in self.sessions)
        return self.whole["energy_ws"] + running_ws

    def open_plant(self, start_s: int) -> None:
        """Begin a window of photovoltaics and storage, where there are any."""
        if self.plant is not None:
            self.plant.open_window(start_s)

    def close_plant(self, end_s: int) -> None:
        """End it."""
        if self.plant is not None:
            self.plant.close_window(end_s, self.taken_ws(end_s))

    def count(self, what: str, how_many: int = 1) -> None:
        """Count for the run and for the running hour."""
        self.whole[what] += how_many
        self.hour[what] += how_many

    def book(self, from_s: int, until_s: int, energy_ws: int, is_truck: bool) -> None:
        """Enter energy and plugged seconds of a stretch within one quarter hour."""
        self.book_seconds(from_s, until_s)
        self.book_energy(from_s, energy_ws, is_truck)

    def book_seconds(self, from_s: int, until_s: int) -> None:
        """Enter plugged seconds."""
        self.hour_busy_s[from_s // SECONDS_PER_HOUR] += until_s - from_s

    def book_energy(self, from_s: int, energy_ws: int, is_truck: bool) -> None:
        """Enter energy into batteries."""
        self.hour_energy_ws[from_s // SECONDS_PER_HOUR] += energy_ws
        self.model.books.book_public(LAYERS[self.layer], self.zone, from_s, energy_ws, is_truck)

    def call_of(self, driver: Driver, evse: Evse, second: int) -> tuple[int, int] | None:
        """Return the seconds between which a vehicle that plugs in is called to give to the grid, if it is."""
        model, guidance, shares = self.model, self.model.guidance, self.model.given.public_v2g_share
        from_s, until_s = guidance.event_from_s[self.zone], guidance.event_until_s[self.zone]
        if not evse.pool.is_ac or self.plant is not None or from_s >= until_s or not len(shares):
            return None
        row = int(model.given.pools.first_evse[evse.pool.row]) + evse.pool.evses.index(evse)
        can_give = uniform(model.rules.seed, Stream.PUBLIC_V2G, row, 0, 0) < shares[self.zone]
        answers = driver.draws(Stream.BIDIRECTIONAL, 0, 0)[1] < model.rules.v2g_answer_share
        day_s = second // DAY_S * DAY_S
        return (day_s + from_s, day_s + until_s) if can_give and answers else None

    def book_given(self, from_s: int, until_s: int, energy_ws: int) -> None:
        """Enter plugged seconds, and energy out of a battery into the grid, of a stretch within one quarter hour.

        A session tells what its battery gains in all; what it gave was charged besides.
        """
        self.book_seconds(from_s, until_s)
        self.whole["energy_ws"] += energy_ws
        self.model.books.book_given(self.zone, from_s, energy_ws)

    def book_out(self, evse: Evse, until_s: int) -> None:
        """Enter the seconds out of service up to a second, hour by hour."""
        while evse.booked_s < until_s:
            hour = evse.booked_s // SECONDS_PER_HOUR
            end_s = min((hour + 1) * SECONDS_PER_HOUR, until_s)
            self.hour_out_s[hour] += end_s - evse.booked_s
            evse.booked_s = end_s
