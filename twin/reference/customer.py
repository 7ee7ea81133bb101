"""A driver who needs a charge near where it is: which pool, how much, and what becomes of the day without it."""

from __future__ import annotations

from twin.behaviour import LEAST_ERRAND_GAIN, LEAST_OWED_S, STREET_DETOUR, TO_THE_LAST
from twin.physics import SECONDS_PER_HOUR, distance_m
from twin.reference.plain import Pool
from twin.reference.resident import Resident
from twin.rng import Stream
from twin.tables.inputs import MARKETS
from twin.tables.state import FAST, NO_VISIT, SLOW, TRIP, TRUCK

__all__ = ["Customer"]


class Customer(Resident):
    """A vehicle in town whose driver looks for a public plug."""

    def charge_in_town(self) -> bool:
        """Head for the cheapest of a few pools in reach, ties to the lower id; return whether there is one.

        The one just left without a charge is taken only where there is no other.
        """
        pools, own = self.neighbourhood()
        self.target_ws = self.town_target_ws()
        around = [pools[(own + step) % len(pools)] for step in range(len(pools))]
        way_m = {pool: self.street_way_m(pools[own], pool) for pool in around if self.is_admitted(pool)}
        if not self.type.has_engine:
            reach_m = self.energy_ws / (self.type.city_ws_per_m * self.temperature_factor())
            way_m = {pool: way for pool, way in way_m.items() if way <= reach_m}
        if not way_m:
            return False
        way_m = {pool: way for pool, way in way_m.items() if pool is not self.shunned} or way_m
        way_m = dict(list(way_m.items())[: self.model.rules.n_considered])
        best = min(way_m, key=lambda pool: (self.cost_in_town(pool, way_m[pool]), pool.row))
        self.stop_m, self.stop_link = int(way_m[best]), None
        self.model.books.events["same pool again"] += best is self.shunned
        self.approach(best, way_m[best])
        return True

    def is_admitted(self, pool: Pool) -> bool:
        """Return whether a pool is open to all, or its network admits this vehicle; bays, if it can swap."""
        if pool.rack is not None:
            return self.can_swap
        if pool.network == 0 or self.draw(Stream.NETWORK, pool.network, 0) < self.model.rules.admitted_share:
            return True
        self.model.books.events["not admitted"] += 1
        return False

    @property
    def can_swap(self) -> bool:
        """Whether its battery can be changed."""
        return self.draw(Stream.SWAP, 0, 0) < self.type.swap_share

    def neighbourhood(self) -> tuple[list[Pool], int]:
        """Return the pools known where the vehicle is, and the place among them of a driver's home or lodging."""
        market = self.errand
        if market == TRIP:
            market = TRUCK if self.is_truck else FAST
        pools = self.model.markets[self.place * len(MARKETS) + market]
        return pools, int(self.draw(Stream.HABIT, 0, 0) * len(pools))

    def street_way_m(self, here: Pool, there: Pool) -> float:
        """Return the way from the neighbourhood of one pool to another."""
        a, b = here.station, there.station
        return float(self.model.given.least_way_m + STREET_DETOUR * distance_m(a.lon, a.lat, b.lon, b.lat))

    def cost_in_town(self, pool: Pool, way_m: float) -> float:
        """Return the generalised cost of a charge (CNY): wait, way there and back, charging time, and price."""
        rules, need_ws = self.model.rules, self.target_ws - self.energy_ws
        seconds = pool.board_wait_s + 2.0 * way_m / rules.town_speed_m_per_s
        seconds += rules.swap_s if pool.rack is not None else need_ws / self.best_power_w(pool)
        hour = self.wake_s // SECONDS_PER_HOUR % 24
        return float(seconds * rules.value_of_time_cny_per_s + need_ws / 3.6e6 * self.model.prices[pool.price_row][hour])

    def best_power_w(self, pool: Pool) -> float:
        """Return the power that vehicle and plug allow at best: the on-board charger's at AC, the car's peak at DC."""
        return min(pool.power_limit_w(self.type), float(self.type.ac_power_w) if pool.is_ac else self.type.peak_w)

    def town_target_ws(self) -> int:
        """Return the energy at which a driver in town unplugs: full at a slow plug, more for a trip than for the day."""
        rules, capacity_ws = self.model.rules, self.type.capacity_ws
        if self.errand == SLOW:
            return capacity_ws
        wanted_ws = self.soc_ws(rules.trip_target_soc if self.errand == TRIP else rules.fast_target_soc)
        return min(max(wanted_ws, self.energy_ws + capacity_ws // LEAST_ERRAND_GAIN), capacity_ws)

    def pay_owed(self, window_end_s: int) -> bool:
        """Drive what the day's plan still owed after the charge; return whether another charge is needed in this window."""
        counts, rules, owed_ws = self.model.books.counts, self.model.rules, self.owed_ws
        if self.type.has_engine:
            now_ws = min(owed_ws, self.energy_ws)
            counts["fuel_ws"] += owed_ws - now_ws
            owed_ws = now_ws
        else:
            now_ws = min(owed_ws, max(self.energy_ws - self.soc_ws(rules.reserve_soc), 0))
        self.use_energy(now_ws)
        self.owed_ws = owed_ws - now_ws
        if self.owed_ws == 0:
            counts["errands_ended"] += 1
            self.go_on()
            return False
        self.wake_s += max(int(now_ws / self.type.city_ws_per_m / rules.town_speed_m_per_s), LEAST_OWED_S)
        self.outcome, self.n_tries, self.shunned = NO_VISIT, 0, None
        return self.wake_s < window_end_s

    def give_up(self) -> None:
        """End an errand without a charge: the battery gives what it has, the rest of the day's driving is forgone."""
        counts, owed_ws = self.model.books.counts, self.owed_ws
        now_ws = min(owed_ws, max(self.energy_ws - self.type.capacity_ws // TO_THE_LAST, 0))
        self.use_energy(now_ws)
        counts["fuel_ws" if self.type.has_engine else "forgone_ws"] += owed_ws - now_ws
        self.owed_ws = 0
        counts["given_up"] += 1
        counts["errands_ended"] += 1
        self.go_on()
