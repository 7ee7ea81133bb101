"""The driver: what it does in the phases `choose` and `drive` of a window, and how it behaves at a station."""

from __future__ import annotations

import math

from twin.behaviour import BOOKED_AHEAD_S, DRY, TURNAROUND_S, WORRY_RESERVES
from twin.reference.plain import DAY_S, Link, Pool, quantile
from twin.reference.traveller import Traveller
from twin.rng import Stream
from twin.tables.state import (
    APPROACH,
    ARRIVED,
    DECIDE,
    EGRESS,
    NO_VISIT,
    ROAD,
    STRANDED,
    TRIP,
    WORRIED,
)

__all__ = ["Driver"]


class Driver(Traveller):
    """One vehicle with its driver.

    Subclass it, override what decides, and hand the class to `ReferenceModel`. Made to be overridden are `plan_day`,
    `wants_plug`, `is_admitted`, `charge_in_town` and `cost_in_town`, `town_target_ws`, `is_prepared`, `pick_stop` and
    `cost_of_stop`, `stop_target_ws`, `book`, `is_worried`, `pick_on_the_lot`, `patience_s`, `balks` and `has_to_stay`.
    """

    def choose(self, window_end_s: int) -> None:
        """Phase `choose`: if a decision is due in this window, take it."""
        if self.phase != DECIDE or self.wake_s >= window_end_s:
            return
        needs_charge = True
        if self.errand == TRIP:
            needs_charge = self.decide_trip()
        elif self.has_charged:
            needs_charge = self.pay_owed(window_end_s)
        if not needs_charge:
            return
        is_trip = self.errand == TRIP
        if (is_trip or self.n_tries < self.model.rules.n_tries) and self.charge_in_town():
            return
        if is_trip:
            self.drive_through_town(self.model.roads.access_m[self.place], ROAD)
        else:
            self.give_up()

    def drive(self, window_end_s: int) -> bool:
        """Phase `drive`: move up to the end of the window; return whether it arrived at a station.

        Who has arrived and is to set out again within the window decides within it.
        """
        while not self.moves_to_a_station(window_end_s):
            if self.phase != DECIDE or self.wake_s >= window_end_s:
                return False
            self.choose(window_end_s)
        return True

    def moves_to_a_station(self, window_end_s: int) -> bool:
        """Move until the window ends or there is something to decide; return whether it arrived at a station."""
        while self.phase in (ROAD, APPROACH, EGRESS, STRANDED) and self.wake_s < window_end_s:
            if self.phase == ROAD:
                self.end_of_link(window_end_s)
            elif self.phase == EGRESS:
                self.end_of_trip()
            elif self.phase == STRANDED:
                self.be_rescued()
                if self.phase == EGRESS:
                    self.be_there()
            else:
                self.phase, self.arrival_s = ARRIVED, self.wake_s
                return True
        return False

    def end_of_link(self, window_end_s: int) -> None:
        """At a node: leave the road for the pool, leave it for the destination, look again, or enter the next link."""
        roads = self.model.roads
        if self.link is not None and self.link is self.stop_link:
            assert self.pool is not None
            pool, self.stop_m = self.pick_on_the_lot(self.link, self.pool)
            self.approach(pool, self.stop_m)
            return
        goal, node = roads.county_zone[self.goal], self.present_node()
        if node == roads.zone_node[goal]:
            self.phase = EGRESS
            self.wake_s += math.ceil(roads.access_m[self.goal] / self.model.rules.town_speed_m_per_s)
            return
        if self.has_to_look_again():
            self.phase, self.stop_m, self.outcome = DECIDE, 0, NO_VISIT
            return
        if self.looks_again():
            self.phase, self.stop_m, self.wake_s = DECIDE, 0, window_end_s
            return
        self.enter(self.model.links[self.routes.next_link[goal][node]])

    def pick_on_the_lot(self, link: Link, planned: Pool) -> tuple[Pool, int]:
        """Return the pool taken on reaching a stop, and the way (m): the one booked, or the one that is done first.

        On a lot the driver sees all its pools. It knows one in the town at the next exit if it leaves the road for towns, or
        could only wait here, longer than it would if it had a choice.
        """
        if planned not in link.pools or self.is_booked:
            return planned, self.stop_m
        fit = [pool for pool in link.pools if pool.serves & planned.serves == planned.serves and not pool.is_ac]
        fit = [pool for pool in fit if self.is_admitted(pool)]
        need_ws = self.target_ws - self.energy_ws

        def done_s(pool: Pool) -> float:
            return pool.board_wait_s + self.service_s(pool, need_ws)

        best = min(fit, key=done_s, default=planned)
        is_stuck = self.n_tries >= self.model.rules.n_tries and best.board_wait_s > self.patience_s()
        pool = None if self.keeps_to_the_road() and not is_stuck else self.town_pool(link.to_node)
        if pool is None:
            return best, self.stop_m
        way_m = self.way_to_town_m(link.to_node, pool)
        seconds = pool.board_wait_s + 2.0 * (way_m - self.stop_m) / self.model.rules.town_speed_m_per_s
        seconds += self.service_s(pool, need_ws)
        if (not fit or seconds < done_s(best)) and self.town_ws(way_m) < self.energy_ws:
            self.model.books.events["left for town"] += 1
            return pool, int(way_m)
        return best, self.stop_m

    def service_s(self, pool: Pool, need_ws: int) -> float:
        """Return how long it takes a pool for: charging what it needs, or a swap."""
        if pool.rack is not None:
            return float(self.model.rules.swap_s)
        return need_ws / min(pool.power_limit_w(self.type), self.type.peak_w)

    def looks_again(self) -> bool:
        """Return whether the driver decides anew at this node; it does so once, then drives on for a link at least."""
        if self.outcome == WORRIED:
            self.outcome = NO_VISIT
            return False
        if self.link is None or self.stop_link is not None or self.type.has_engine or not self.is_worried():
            return False
        self.outcome = WORRIED
        self.model.books.events["worried"] += 1
        return True

    def is_worried(self) -> bool:
        """Return whether the battery is lower than a driver without a planned stop likes."""
        return bool(self.energy_ws < WORRY_RESERVES * self.model.rules.reserve_soc * self.type.capacity_ws)

    def enter(self, link: Link) -> None:
        """Drive a link at its published speed, or as far as the battery goes; lorry drivers take their rest before."""
        rules = self.model.rules
        speed_kmh = min(link.speed_kmh, rules.truck_speed_kmh) if self.is_truck else link.speed_kmh
        drive_s = math.ceil(link.length_m * 3.6 / speed_kmh)
        if self.is_truck and self.wheel_s + drive_s > rules.rest_after_s:
            self.wake_s += rules.rest_s
            self.wheel_s = 0
            self.model.books.events["truck rest"] += 1
        used_ws = int(link.length_m * self.road_ws_per_m(speed_kmh, self.temperature_factor()))
        if link.is_expressway and not (self.link is not None and self.link.is_expressway):
            self.model.books.counts["expressway_entries"] += 1
            self.model.books.counts["truck_expressway_entries"] += self.is_truck
        self.link = link
        link.n_entered += 1
        short_ws = self.use_energy(used_ws)
        done = 1.0 - short_ws / used_ws if short_ws > 0 else 1.0
        self.count_way(int(link.length_m * done))
        if short_ws > 0:
            self.strand(self.wake_s + int(drive_s * done), ROAD)
            return
        self.wheel_s += drive_s
        self.wake_s += drive_s

    def end_of_trip(self) -> None:
        """Drive from the road to the destination."""
        way_m = self.model.roads.access_m[self.goal]
        if self.use_energy(self.town_ws(way_m)) > 0:
            self.strand(self.wake_s, EGRESS)
            return
        self.count_way(way_m)
        self.be_there()

    def be_there(self) -> None:
        """Be at the destination: stay there, or turn round on the same day."""
        counts = self.model.books.counts
        counts["trips_ended"] += 1
        counts["truck_trips_ended"] += self.is_truck
        self.place = self.goal
        day = self.wake_s // DAY_S
        if self.model.is_posed:
            self.end_set_trip()
            return
        if self.goal == self.home or self.back_day > day:
            self.rest()
            return
        by_day = self.model.trips.return_quantile[self.type.group]
        u_second = self.draw(Stream.DAY_PLAN, day, 12)
        back_s = day * DAY_S + int(quantile(by_day[min(day, len(by_day) - 1)], u_second))
        self.begin(self.home, max(back_s, self.wake_s + TURNAROUND_S))
        counts["trips_begun"] += 1
        counts["truck_trips_begun"] += self.is_truck
        self.model.books.events["same-day return"] += 1

    def end_set_trip(self) -> None:
        """Plug in at home, look for a public plug, or go on at once."""
        assert self.present is not None
        errand = self.stay() if self.present.is_stay else None
        if errand is None:
            self.go_on()
            return
        self.errand = errand
        self.begin(self.place, self.wake_s)
        self.model.books.counts["errands_begun"] += 1

    def is_expected(self, second: int) -> bool:
        """Return whether it has booked, is on its way, and is due within the hour or may still come late."""
        if not self.is_booked or self.phase not in (ROAD, APPROACH):
            return False
        return bool(second - self.model.rules.reservation_grace_s <= self.booked_s < second + BOOKED_AHEAD_S)

    def patience_s(self) -> int:
        """Return how long this driver waits: the configured mean times a uniform 0.5 to 1.5 that stays with it."""
        return int(self.model.rules.patience_s * (0.5 + self.draw(Stream.HABIT, 0, 1)))

    def overstay_s(self, plug_in_s: int) -> int:
        """Return how long the vehicle stays plugged in beyond its charge: drawn evenly around the configured mean."""
        return int(2.0 * self.model.rules.overstay_s * self.draw(Stream.OVERSTAY, plug_in_s, 0))

    def balks(self, expected_s: int) -> bool:
        """Return whether the driver turns away from a queue in which it has to expect to wait so long."""
        return expected_s > self.patience_s() and not self.has_to_stay()

    def has_to_stay(self) -> bool:
        """Return whether a driver on a trip has no choice: next to nothing left on the road, no other stop, tried enough."""
        if self.errand != TRIP:
            return False
        dry_ws = self.soc_ws(self.model.rules.reserve_soc) * DRY // 5
        on_road_ws = self.energy_ws - int(self.stop_m * self.type.city_ws_per_m)
        return on_road_ws < dry_ws or self.n_tries >= self.model.rules.n_tries
