"""A session: what a plugged vehicle draws between two changes of power, and when it ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twin.behaviour import LEAST_INTAKE
from twin.physics import SECONDS_PER_QUARTER, charge_time_s, energy_after_ws, most_power_w
from twin.reference.plain import DAY_S, Pool
from twin.tables.state import LONGEST_SESSION_S

if TYPE_CHECKING:
    from twin.reference.driver import Driver

__all__ = ["Session"]


class Session:
    """One vehicle at one EVSE, from plugging in to unplugging.

    Its power limit holds from an anchor (second and energy) on; from there energy is a known function of time, and so is
    the session's end.

    Parameters
    ----------
    driver : Driver
        Who plugs in.
    pool : Pool
        Where.
    second : int
        When.
    longest_s : int
        It is unplugged after so long at the latest.
    call : tuple of int, optional
        Seconds between which it is called to give to the grid.
    """

    def __init__(self, driver: Driver, pool: Pool, second: int, longest_s: int, call: tuple[int, int] | None = None) -> None:
        self.driver, self.pool, self.type = driver, pool, driver.type
        capacity_ws = self.type.capacity_ws
        self.plug_in_s, self.latest_s = second, second + longest_s
        self.intake_ws = driver.energy_ws
        self.target_ws = min(max(driver.target_ws, self.intake_ws + capacity_ws // LEAST_INTAKE), capacity_ws)
        self.factor = self._temperature_factor()
        self.own_limit_w = pool.power_limit_w(self.type)
        driver.model.books.events["current binds"] += self.own_limit_w < pool.rated_power_w
        if pool.is_ac:
            self.own_limit_w = min(self.own_limit_w, float(self.type.ac_power_w))
        self.anchor_s, self.anchor_ws = second, self.intake_ws
        self.booked_s, self.booked_ws = second, self.intake_ws
        self.end_s, self.end_ws, self.limit_w, self.peak_w = second, self.intake_ws, 0.0, 0.0
        self.is_cut_off, self.is_charged, self.call = False, False, call
        self._run_at(self.own_limit_w)
        self.bound_w = math.ceil(self.demand_w(self.intake_ws))

    def _temperature_factor(self) -> float:
        """Return the factor on the curve in the station's province on the day of plugging in; 1 at AC."""
        if self.pool.is_ac:
            return 1.0
        by_day: list[float] = self.driver.model.local.power_factor[self.pool.station.province]
        return by_day[min(self.plug_in_s // DAY_S, len(by_day) - 1)]

    @property
    def draws_power(self) -> bool:
        """Whether it takes part in the sharing of the site's power."""
        return not self.is_charged and not self.is_giving

    @property
    def is_held_back(self) -> bool:
        """Whether the site lets it draw less than plug and vehicle would."""
        return self.draws_power and self.limit_w != self.own_limit_w

    @property
    def is_giving(self) -> bool:
        """Whether it gives to the grid: its power is negative."""
        return self.limit_w < 0.0

    def goes_on(self, second: int) -> bool:
        """Return whether it goes on at an end of its power: it gives now, or has given and charges again."""
        has_given = self.is_giving
        if self.is_charged:
            return False
        if not has_given and (self.call is None or self.call[0] != second):
            return False
        self.book(second)
        self.note_peak()
        self.anchor_s, self.anchor_ws = second, self.end_ws
        books, reserve = self.driver.model.books, self.driver.model.rules.v2g_reserve_soc * self.type.capacity_ws
        if has_given:
            books.counts["below_reserve"] += self.end_ws < reserve
        elif self.call is not None:
            power_w = int(self.own_limit_w)
            given_s = min((self.anchor_ws - math.ceil(reserve)) // power_w, self.call[1] - second)
            if given_s > 0:
                self.limit_w, self.bound_w = -float(power_w), 0
                self.end_s, self.end_ws = second + given_s, self.anchor_ws - given_s * power_w
                books.counts["v2g_calls"] += 1
                books.events["given at a station"] += 1
                return True
        self._run_at(self.own_limit_w)
        self.bound_w = math.ceil(self.demand_w(self.anchor_ws))
        return True

    def energy_at_ws(self, second: int) -> int:
        """Return the whole watt-seconds in the battery at a second of the session.

        Reckoned from quarter hour to quarter hour, as it is booked: the same steps give the same last bit.
        """
        if second >= self.end_s or self.is_charged:
            return self.end_ws
        if self.is_giving:
            return self.anchor_ws + int(self.limit_w) * (second - self.anchor_s)
        at_s, energy_ws = self.anchor_s, float(self.anchor_ws)
        while at_s < second:
            until_s = min(next_quarter_s(at_s), second)
            energy_ws = self._energy_after_ws(energy_ws, until_s - at_s)
            at_s = until_s
        return min(math.floor(energy_ws), self.end_ws)

    def _energy_after_ws(self, energy_ws: float, seconds: int) -> float:
        row = self.type
        return float(
            energy_after_ws(row.curve_w, row.full_s, self.factor, row.capacity_ws, energy_ws, self.limit_w, seconds)
        )

    def demand_w(self, energy_ws: int) -> float:
        """Return the most that the session can still draw without the site's limit; it never rises."""
        return self._most_power_w(energy_ws, self.own_limit_w)

    def _most_power_w(self, energy_ws: int, limit_w: float) -> float:
        row = self.type
        return float(most_power_w(row.curve_w, row.ceiling_w, self.factor, row.capacity_ws, energy_ws, limit_w))

    def change_power(self, limit_w: float, second: int) -> None:
        """Let another limit hold from a second on."""
        self.anchor(second)
        self._run_at(limit_w)

    def anchor(self, second: int) -> None:
        """Book what has come so far and reckon anew from here, in whole watt-seconds."""
        now_ws = self.energy_at_ws(second)
        self.book(second)
        self.note_peak()
        self.anchor_s, self.anchor_ws = second, now_ws

    def _run_at(self, limit_w: float) -> None:
        """Let a limit hold from the anchor on: the end becomes known."""
        row, self.limit_w = self.type, limit_w
        curve = row.curve_w, row.full_s, self.factor, row.capacity_ws
        seconds = charge_time_s(*curve, self.anchor_ws, self.target_ws, limit_w)
        self.end_s = self.anchor_s + max(math.ceil(min(seconds, 2.0 * LONGEST_SESSION_S)), 1)
        self.end_ws = self.target_ws
        if self.end_s > self.latest_s:
            self.end_s = max(self.latest_s, self.anchor_s + 1)
            reached_ws = self._energy_after_ws(float(self.anchor_ws), self.end_s - self.anchor_s)
            self.end_ws = min(math.floor(reached_ws), self.target_ws)
        if self.call is not None and self.anchor_s < self.call[0] < self.end_s:
            self.end_s = self.call[0]
            reached_ws = self._energy_after_ws(float(self.anchor_ws), self.end_s - self.anchor_s)
            self.end_ws = min(math.floor(reached_ws), self.target_ws)

    @property
    def is_capped(self) -> bool:
        """Whether it ends because it has lasted as long as it may."""
        return not self.is_charged and self.end_s == self.latest_s and self.end_ws < self.target_ws

    def stay_on(self, second: int) -> bool:
        """Keep the plug, without power, after the end of the charge until the driver comes; return whether it does."""
        until_s = min(second + self.driver.overstay_s(self.plug_in_s), self.plug_in_s + LONGEST_SESSION_S)
        if self.is_charged or until_s <= second:
            return False
        self.anchor(second)
        self.end_s, self.limit_w, self.bound_w, self.is_charged = until_s, 0.0, 0, True
        return True

    def cut_off(self, second: int) -> None:
        """End before its time, with what it has got; cut off is who had not got all, or gave to the grid."""
        now_ws = self.energy_at_ws(second)
        self.is_cut_off = now_ws < self.end_ws or self.is_giving
        self.end_ws, self.end_s = now_ws, second

    def note_peak(self) -> None:
        """Remember the largest power since the anchor: the curve's maximum from there on, cut at the limit that held."""
        if not self.is_giving:
            self.peak_w = max(self.peak_w, self._most_power_w(self.anchor_ws, self.limit_w))

    def book(self, second: int) -> None:
        """Enter what has come since the last entry into the books, quarter hour by quarter hour."""
        while self.booked_s < second:
            until_s = min(next_quarter_s(self.booked_s), second)
            energy_ws = self.energy_at_ws(until_s)
            if self.is_giving:
                self.pool.station.book_given(self.booked_s, until_s, self.booked_ws - energy_ws)
            else:
                self.pool.station.book(self.booked_s, until_s, energy_ws - self.booked_ws, self.driver.is_truck)
            self.booked_s, self.booked_ws = until_s, energy_ws


def next_quarter_s(second: int) -> int:
    """Return the first full quarter hour after a second."""
    return (second // SECONDS_PER_QUARTER + 1) * SECONDS_PER_QUARTER
