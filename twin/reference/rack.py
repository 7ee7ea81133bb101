"""A rack of spare batteries, and the swap that takes one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.behaviour import FIRST_SESSION_S, N_REMEMBERED
from twin.reference.session import Session, next_quarter_s
from twin.tables.inputs import SERVES_TRUCKS

if TYPE_CHECKING:
    from twin.reference.driver import Driver
    from twin.reference.plain import Pool

__all__ = ["Battery", "Rack", "Swap", "build_racks"]


@dataclass(eq=False)
class Battery:
    """A battery on the rack: when it is charged, and what is in the books of what it lacked."""

    ready_s: int
    booked_s: int = 0
    lack_ws: int = 0


class Rack:
    """The spare batteries of a swap pool that are not in a bay.

    A battery is charged with constant power from the second on in which its swap ends. What does not go into whole seconds
    flows in the first one.

    Parameters
    ----------
    pool : Pool
        Its pool.
    n_batteries : int
        All charged.
    """

    def __init__(self, pool: Pool, n_batteries: int) -> None:
        self.pool, self.n_batteries, self.power_w = pool, n_batteries, pool.rated_power_w
        self.batteries = [Battery(0) for _ in range(n_batteries)]
        self.recharge_s = FIRST_SESSION_S["dc"]
        self.n_swaps = self.n_unready = self.given_ws = self.charged_ws = 0
        self.least_ready = n_batteries

    @property
    def first_ready_s(self) -> int | None:
        """Second from which the first of its batteries is charged; None while all are in bays."""
        return min((battery.ready_s for battery in self.batteries), default=None)

    def has_battery(self, second: int) -> bool:
        """Return whether one is charged."""
        return any(battery.ready_s <= second for battery in self.batteries)

    def take(self, second: int) -> None:
        """Take out the battery that was charged first."""
        first = min(self.batteries, key=lambda battery: battery.ready_s)
        self.book(second)
        self.batteries.remove(first)
        self.n_swaps += 1
        self.n_unready += first.ready_s > second
        self.least_ready = min(self.least_ready, sum(battery.ready_s <= second for battery in self.batteries))

    def put(self, lack_ws: int, second: int) -> None:
        """Take in what came out of a vehicle."""
        recharge_s = -(-lack_ws // self.power_w)
        self.batteries.append(Battery(second + recharge_s, second, lack_ws))
        self.given_ws += lack_ws
        self.recharge_s += (recharge_s - self.recharge_s) // N_REMEMBERED

    def book(self, second: int) -> None:
        """Enter what has come into its batteries since the last entry, quarter hour by quarter hour."""
        station, is_for_trucks = self.pool.station, self.pool.serves == SERVES_TRUCKS
        for battery in self.batteries:
            while battery.booked_s < min(second, battery.ready_s):
                until_s = min(next_quarter_s(battery.booked_s), second, battery.ready_s)
                part_ws = battery.lack_ws - self.power_w * (battery.ready_s - until_s)
                station.book_energy(battery.booked_s, part_ws, is_for_trucks)
                station.whole["energy_ws"] += part_ws
                self.charged_ws += part_ws
                battery.booked_s, battery.lack_ws = until_s, battery.lack_ws - part_ws

    def wait_s(self, n_ahead: int, second: int) -> int:
        """Return the wait to expect for a battery where so many come before; then each has to come again."""
        if not self.batteries:
            return (n_ahead + 1) * self.recharge_s
        rounds, place = divmod(n_ahead, len(self.batteries))
        ready_s = sorted(battery.ready_s for battery in self.batteries)[place]
        return max(ready_s - second, 0) + rounds * self.recharge_s


def build_racks(given: Any, pools: list[Pool]) -> None:
    """Put a rack of charged batteries behind the bays of every swap pool."""
    for pool, n_batteries in zip(pools, given.pools.n_batteries.tolist(), strict=True):
        pool.rack = Rack(pool, n_batteries) if n_batteries else None


class Swap(Session):
    """A vehicle in a bay: it has its new battery when the swap ends, and nothing before.

    Parameters
    ----------
    driver : Driver
        Who comes in.
    pool : Pool
        Where.
    second : int
        When.
    """

    def __init__(self, driver: Driver, pool: Pool, second: int) -> None:
        rules = driver.model.rules
        self.driver, self.pool, self.type = driver, pool, driver.type
        self.plug_in_s, self.end_s, self.booked_s = second, second + rules.swap_s, second
        self.latest_s, self.is_cut_off, self.is_charged = self.end_s, False, False
        self.intake_ws = driver.energy_ws
        self.end_ws = self.target_ws = max(driver.soc_ws(rules.swap_soc), self.intake_ws)
        self.peak_w, self.bound_w, self.limit_w = 0.0, 0, 0.0

    @property
    def draws_power(self) -> bool:
        """Whether it takes part in the sharing of the site's power: its rack has its own."""
        return False

    def stay_on(self, second: int) -> bool:
        """Leave the bay at once."""
        return False

    def goes_on(self, second: int) -> bool:
        """Return whether it goes on at its end: a swap is over."""
        return False

    def energy_at_ws(self, second: int) -> int:
        """Return the energy in the battery that is in the vehicle."""
        return self.end_ws if second >= self.end_s else self.intake_ws

    def note_peak(self) -> None:
        """Remember nothing: it is the rack that draws."""

    def book(self, second: int) -> None:
        """Enter the seconds of the bay."""
        while self.booked_s < min(second, self.end_s):
            until_s = min(next_quarter_s(self.booked_s), second, self.end_s)
            self.pool.station.book_seconds(self.booked_s, until_s)
            self.booked_s = until_s
