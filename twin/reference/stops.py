"""A driver on a trip picks one of the stops in mind, and how much to take there."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from twin.behaviour import LEAST_GAIN_SOC, LEAST_USUAL_SOC, MARGIN, NEARLY_FULL_SOC, SLACK_SOC, STOP_OVERHEAD_S
from twin.physics import SECONDS_PER_HOUR
from twin.reference.customer import Customer
from twin.reference.plain import Link, Pool
from twin.rng import Stream
from twin.tables.state import HAS_TO_STAY

__all__ = ["Stop", "StopChooser"]


@dataclass(frozen=True)
class Stop:
    """A place to charge down the road: leave at the end of `link` and drive `detour_m` to `pool`."""

    pool: Pool
    link: Link
    detour_m: int
    energy_ws: float
    drive_s: float


class StopChooser(Customer):
    """A driver who compares stops by generalised cost."""

    def pick_stop(self, stops: deque[Stop] | list[Stop], arrival_ws: float, reserve_ws: int) -> Stop:
        """Take the stop of least generalised cost; ties go to the lower pool.

        Parameters
        ----------
        stops : sequence of Stop
            Stops in mind, in order along the road; not empty.
        arrival_ws : float
            Energy at the destination without a stop (Ws); below zero what is missing.
        reserve_ws : int
            Energy with which the driver wants to arrive (Ws).
        """
        best = min(stops, key=lambda stop: (self.cost_of_stop(stop, arrival_ws, reserve_ws), stop.pool.row))
        self.target_ws = int(self.stop_target_ws(best, arrival_ws, reserve_ws))
        return best

    def cost_of_stop(self, stop: Stop, arrival_ws: float, reserve_ws: int) -> float:
        """Return the generalised cost of a stop (CNY), with the driver's taste for it."""
        rules, pool = self.model.rules, stop.pool
        # What the trip lacks has to be bought somewhere: its price and time are compared plug by plug.
        lack_ws = reserve_ws - arrival_ws
        usual_ws = max(rules.fast_target_soc - rules.reserve_soc, LEAST_USUAL_SOC) * self.type.capacity_ws
        gain_ws = self.stop_target_ws(stop, arrival_ws, reserve_ws) - stop.energy_ws
        seconds = 2.0 * stop.detour_m / rules.town_speed_m_per_s
        if self.is_informed():
            seconds += pool.board_wait_s
        if pool.rack is not None:
            gain_ws = max(self.soc_ws(rules.swap_soc) - stop.energy_ws, LEAST_GAIN_SOC * self.type.capacity_ws)
            seconds += lack_ws * rules.swap_s / gain_ws
        else:
            seconds += lack_ws / min(pool.power_limit_w(self.type), self.type.peak_w)
        seconds += STOP_OVERHEAD_S * math.ceil(max(lack_ws - gain_ws, 0.0) / usual_ws)
        hour = int(self.wake_s + stop.drive_s) // SECONDS_PER_HOUR % 24
        cost = seconds * rules.value_of_time_cny_per_s + lack_ws / 3.6e6 * self.model.prices[pool.price_row][hour]
        # Gumbel-distributed, so that the choice is a logit (McFadden 1974).
        u = self.draw(Stream.STOP, self.wake_s, pool.row & 0xFFFF)
        return float(cost + rules.taste_cny * math.log(-math.log(u + 1e-12) + 1e-300))

    def is_informed(self) -> bool:
        """Return whether this driver looks up the waits ahead: some always do, everybody after having been turned away."""
        return bool(0 < self.n_tries < HAS_TO_STAY or self.draw(Stream.HABIT, 0, 6) < self.model.rules.informed_share)

    def stop_target_ws(self, stop: Stop, arrival_ws: float, reserve_ws: int) -> float:
        """Return what to charge to: the fast target, or more if that is enough to arrive with the reserve."""
        capacity_ws = self.type.capacity_ws
        way_ws = 2.0 * MARGIN * stop.detour_m * self.type.city_ws_per_m
        enough_ws = stop.energy_ws + (reserve_ws - arrival_ws) + way_ws + SLACK_SOC * capacity_ws
        fast_ws = self.model.rules.fast_target_soc * capacity_ws
        if enough_ws > NEARLY_FULL_SOC * capacity_ws or enough_ws < fast_ws:
            enough_ws = fast_ws
        return min(max(enough_ws, stop.energy_ws + LEAST_GAIN_SOC * capacity_ws), float(capacity_ws))
