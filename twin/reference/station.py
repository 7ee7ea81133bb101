"""The station: its window, event by event and to the second, with queues, EVSEs and the power that they share."""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np

from twin.behaviour import N_REMEMBERED, NO_SERVICE_S
from twin.physics import water_level_w
from twin.reference.books import Visit
from twin.reference.plain import Evse, Pool
from twin.reference.rack import Swap
from twin.reference.session import Session
from twin.reference.site import Site
from twin.tables.inputs import LAYERS
from twin.tables.state import (
    BALKED,
    CUT_OFF,
    DECIDE,
    HAS_TO_STAY,
    LONGEST_SESSION_S,
    NEVER_S,
    NO_SERVICE,
    PLUGGED,
    QUEUE,
    RENEGED,
    SERVED,
    TRIP,
)

if TYPE_CHECKING:
    from twin.reference.driver import Driver

__all__ = ["Station"]

HIGHWAY = LAYERS.index("highway")


class Station(Site):
    """One station (site): pools of EVSEs with a queue each, and one transformer.

    Subclass it, override what decides, and hand the class to `ReferenceModel`. Made to be overridden are `receive`,
    `call_in`, `place_in_queue`, `take_next`, `longest_session_s`, `deal_power`, `would_wait_for_repair` and `publish`.
    """

    def serve_window(self, start_s: int, end_s: int) -> None:
        """Phase `serve`: let everything happen that happens before `end_s`, in order.

        Within a second equipment fails first, then sessions and outages end, then vehicles arrive, then patience ends;
        ties go to the lower EVSE or pool.

        Parameters
        ----------
        start_s, end_s : int
            First second of the window, and of the next.
        """
        self.open_plant(start_s)
        self.deal_power(start_s, end_s)
        while True:
            ending, ends_s = self.next_end()
            loser, loses_s = self.next_loss()
            arrives_s = self.arrivals[0].arrival_s if self.arrivals else NEVER_S
            fails_s = self.outages[0][0] if self.outages else NEVER_S
            second = min(ends_s, arrives_s, loses_s, fails_s)
            if second >= end_s:
                break
            if fails_s == second:
                self.fail(*self.outages.popleft(), end_s)
            elif ending is not None and ends_s == second:
                if ending.is_free:
                    self.model.books.events["battery awaited"] += 1
                elif ending.session is None:
                    self.repair(ending, second)
                elif not ending.session.goes_on(second):
                    self.end_charge(ending, second, end_s)
                if ending.pool.rack is None and ending.is_free:
                    self.take_next(ending, second)
            elif arrives_s == second:
                self.receive(self.arrivals.popleft(), second, end_s)
            elif loser is not None:
                assert loser.pool is not None
                loser.pool.queue.remove(loser)
                self.turn_away(loser, RENEGED if loser.pool.n_in_service else NO_SERVICE, second, end_s)
            self.call_in(second)
            self.deal_power(second, end_s)
        self.close_plant(end_s)
        if self.is_tight():
            for session in self.sessions:
                if session.is_held_back:
                    session.anchor(end_s)

    def next_end(self) -> tuple[Evse | None, int]:
        """Return (EVSE, second) of the next session or outage to end, or the bay for which a battery is awaited."""
        ends = [(evse.session.end_s, at) for at, evse in enumerate(self.evses) if evse.session is not None]
        ends += [(evse.repaired_s, at) for at, evse in enumerate(self.evses) if evse.repaired_s is not None]
        for pool in self.pools:
            if pool.rack is not None and pool.queue and pool.free_evse is not None and pool.rack.first_ready_s is not None:
                ends.append((pool.rack.first_ready_s, self.evses.index(pool.free_evse)))
        if not ends:
            return None, NEVER_S
        second, at = min(ends)
        return self.evses[at], second

    def next_loss(self) -> tuple[Driver | None, int]:
        """Return (driver, second) of the next patience to end; the lowest pool, then the lowest vehicle of a tie."""
        waiting = [(driver.loses_s, pool.row, driver.vehicle, driver) for pool in self.pools for driver in pool.queue]
        if not waiting:
            return None, NEVER_S
        second, _, _, driver = min(waiting, key=lambda entry: entry[:3])
        return driver, second

    def receive(self, driver: Driver, second: int, window_end_s: int) -> None:
        """Take an arrival in: to the lowest free EVSE of its pool, or into the queue, or it balks."""
        pool = driver.pool
        assert pool is not None
        self.count("arrivals")
        free = pool.free_evse
        if free is not None and (pool.rack is None or pool.rack.has_battery(second)):
            self.plug_in(driver, free, second)
            return
        n_ahead = self.place_in_queue(driver, pool, second)
        if driver.balks(pool.expected_wait_s(n_ahead, second)):
            self.turn_away(driver, BALKED if pool.n_in_service else NO_SERVICE, second, window_end_s)
        else:
            driver.phase = QUEUE
            driver.loses_s = NEVER_S if driver.has_to_stay() else second + max(driver.patience_s(), 1)
            self.model.books.events["has to stay"] += driver.has_to_stay()
            pool.queue.insert(n_ahead, driver)
            for counts in (self.whole, self.hour):
                counts["max_queue"] = max(counts["max_queue"], len(pool.queue))

    def place_in_queue(self, driver: Driver, pool: Pool, second: int) -> int:
        """Return how many stay ahead of an arrival: all, or those who have booked if it has and comes at its time."""
        if driver.is_booked and abs(second - driver.booked_s) > self.model.rules.reservation_grace_s:
            driver.is_booked = False
            self.model.books.events["booking lost"] += 1
        n_booked = sum(other.is_booked for other in pool.queue)
        self.model.books.events["overtaken"] += driver.is_booked and n_booked < len(pool.queue)
        return n_booked if driver.is_booked else len(pool.queue)

    def turn_away(self, driver: Driver, outcome: int, second: int, window_end_s: int) -> None:
        """Send a vehicle off without a charge; it decides again at the start of the next window."""
        self.count("reneged" if driver.phase == QUEUE else "balked")
        driver.phase, driver.outcome, driver.wake_s = DECIDE, outcome, window_end_s
        driver.n_tries, driver.shunned = min(driver.n_tries + 1, HAS_TO_STAY - 1), driver.pool
        assert driver.pool is not None
        energy_ws = driver.energy_ws
        self.model.books.visits.append(Visit(driver, driver.pool, outcome, -1, second, energy_ws, energy_ws, 0.0))

    def take_next(self, evse: Evse, second: int) -> None:
        """Give an EVSE that has fallen free to the head of its queue."""
        if evse.pool.queue:
            driver = evse.pool.queue.pop(0)
            self.plug_in(driver, evse, second)

    def call_in(self, second: int) -> None:
        """Let the heads of the queues begin their swaps where a bay is free and a battery charged."""
        for pool in self.pools:
            while pool.rack is not None and pool.queue and pool.free_evse is not None and pool.rack.has_battery(second):
                self.take_next(pool.free_evse, second)

    def plug_in(self, driver: Driver, evse: Evse, second: int) -> None:
        """Begin a session at its own limit; the site's share is dealt out afterwards."""
        self.whole["unfit"] += not evse.is_free
        if evse.pool.rack is not None:
            evse.pool.rack.take(second)
            evse.session = Swap(driver, evse.pool, second)
        else:
            longest_s, call = self.longest_session_s(driver, evse.pool), self.call_of(driver, evse, second)
            evse.session = Session(driver, evse.pool, second, longest_s, call)
        driver.phase = PLUGGED
        wait_s = second - driver.arrival_s
        self.count("sessions")
        self.count("wait_s", wait_s)
        self.whole["max_wait_s"] = max(self.whole["max_wait_s"], wait_s)
        self.model.books.note_wait(self.layer, wait_s)

    def longest_session_s(self, driver: Driver, pool: Pool) -> int:
        """Return how long a session may last: shorter at a service area while others queue."""
        if pool.queue and self.layer == HIGHWAY and driver.errand == TRIP:
            cap_s: int = self.model.rules.busy_session_cap_s
            return cap_s
        return LONGEST_SESSION_S

    def end_charge(self, evse: Evse, second: int, window_end_s: int) -> None:
        """End a charge: the vehicle keeps its plug until its driver comes, or leaves."""
        session = evse.session
        assert session is not None
        self.model.books.events["session cut short"] += session.is_capped
        if session.stay_on(second):
            self.model.books.events["stayed on"] += 1
        else:
            self.unplug(evse, window_end_s)

    def unplug(self, evse: Evse, window_end_s: int) -> None:
        """End a session; the driver decides what to do at the start of the next window."""
        session = evse.session
        assert session is not None
        evse.session, pool, driver, second = None, evse.pool, session.driver, session.end_s
        session.book(second)
        session.note_peak()
        driver.energy_ws, driver.session_s = session.end_ws, second - session.plug_in_s
        outcome = CUT_OFF if session.is_cut_off else SERVED
        driver.phase, driver.outcome, driver.wake_s = DECIDE, outcome, window_end_s
        driver.n_tries, driver.shunned = 0, None
        pool.session_s += (driver.session_s - pool.session_s) // N_REMEMBERED
        if pool.rack is None:
            self.whole["energy_ws"] += session.end_ws - session.intake_ws
        else:
            pool.rack.put(session.end_ws - session.intake_ws, second)
            self.model.books.events["battery changed"] += not session.is_cut_off
        self.model.books.visits.append(
            Visit(
                driver, pool, outcome, session.plug_in_s, second, session.intake_ws, session.end_ws, session.peak_w
            )
        )  # fmt: skip

    def fail(self, second: int, evse: Evse, repaired_s: int, window_end_s: int) -> None:
        """Take an EVSE out of service: its session ends with what it has, and a queue left without any thinks again."""
        if evse.session is not None:
            if evse.session.end_s > second:
                evse.session.cut_off(second)
                self.whole["cut_off"] += evse.session.is_cut_off
            self.unplug(evse, window_end_s)
        evse.repaired_s, evse.booked_s = repaired_s, second
        if evse.pool.n_in_service == 0:
            for driver in evse.pool.queue:
                if not self.would_wait_for_repair(driver, second):
                    driver.loses_s = second

    def would_wait_for_repair(self, driver: Driver, second: int) -> bool:
        """Return whether a driver in the queue stays though no EVSE is in service."""
        return driver.loses_s >= second + NO_SERVICE_S

    def repair(self, evse: Evse, second: int) -> None:
        """Put an EVSE back into service."""
        self.book_out(evse, second)
        evse.repaired_s = None
        self.model.books.events["repaired"] += 1

    def is_tight(self) -> bool:
        """Return whether the sessions together could draw more than the site lets through, or some are held back."""
        is_over = sum(session.bound_w for session in self.sessions) > self.for_sessions_w
        return is_over or self.n_restricted > 0 or self.plant is not None

    def deal_power(self, second: int, end_s: int) -> None:
        """Deal the site's power out max-min fair, where the sessions could draw more than it lets through.

        Photovoltaics and storage are settled up to the second, and their powers set up to the next event or `end_s`.
        """
        if not self.is_tight():
            return
        sessions = [session for session in self.sessions if session.draws_power]
        demands_w = [
            session.demand_w(session.energy_at_ws(second)) if session.end_s > second else 0.0 for session in sessions
        ]
        limit_w = self.for_sessions_w
        if self.plant is not None:
            self.plant.settle(second, self.taken_ws(second))
            limit_w += self.plant.available_w(second, end_s)
        level_w = float(water_level_w(np.array(demands_w), len(sessions), float(limit_w)))
        if self.plant is not None:
            drawn_w = reduce(add, (min(demand_w, level_w) for demand_w in demands_w), 0.0)
            self.plant.set_powers(second, end_s, min(math.ceil(drawn_w), limit_w))
        self.n_restricted = sum(demand_w > level_w for demand_w in demands_w)
        self.model.books.events["held back"] += self.n_restricted
        for session, demand_w in zip(sessions, demands_w, strict=True):
            session.bound_w = math.ceil(demand_w)
            own_w = level_w if demand_w > level_w else session.own_limit_w
            if own_w != session.limit_w and session.end_s > second:
                session.change_power(own_w, second)

    def publish(self, second: int) -> None:
        """Phase `publish`: write the expected wait of each pool on the Board, as it is at the window's end."""
        for pool in self.pools:
            pool.publish(second)

    def settle(self, second: int) -> None:
        """Credit the sessions still running with what they have got by the end of the run."""
        for session in self.sessions:
            session.book(second)
            session.note_peak()
            session.driver.energy_ws = session.energy_at_ws(second)
            self.whole["energy_ws"] += session.driver.energy_ws - session.intake_ws
        for rack in self.racks:
            rack.book(second)
