"""A company that runs charging stations: it sees its own books and publishes them, and may set its prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa  # type: ignore[import-untyped]
import numpy as np

from twin.tables.columns import F64, I64

if TYPE_CHECKING:
    from twin.engine.world import World

__all__ = ["StationOperator"]

DAY_S = 86_400
USUAL, DEARER, CHEAPER = range(3)
"""Price levels, as the price table has them."""
BUSY_FROM, IDLE_BELOW = 0.4, 0.05
"""Plugged share of a day above which a station is dear on the next, and below which it is cheap. Our own choice: the shares
at which notice 632 asks for upgrades, and calls a station hardly used."""


class StationOperator(mesa.Agent):  # type: ignore[misc]
    """One operator of public stations.

    With ``grid.dynamic_price_step_cny_per_kwh`` it sets the price level of each of its stations before each day. Subclass it
    and override `decide` to give it another policy: it runs before each day, after the bulletins of the day before are out,
    and may change what the world reads (prices, site limits) for its own stations.

    Attributes
    ----------
    name : str
        Operator.
    stations : ndarray of int64
        Rows of its stations.
    bulletins : list of dict
        One a day: sessions, energy, plugged share, mean wait, arrivals turned away.
    """

    def __init__(self, model: mesa.Model, name: str, stations: I64, is_dynamic: bool = False) -> None:
        super().__init__(model)
        self.name = name
        self.stations = stations
        self.is_dynamic = is_dynamic
        self._busy_share: F64 = np.full(len(stations), np.nan)
        self._busy_before_s: I64 = np.zeros(len(stations), np.int64)
        self.bulletins: list[dict[str, Any]] = []
        self._seen: dict[str, int] = {}
        self._today: dict[str, int] = {}

    def observe(self, world: World) -> None:
        """Read the books of the own stations at midnight."""
        books = world.station_state
        now = {
            "n_arrivals": int(books.n_arrivals[self.stations].sum()),
            "n_sessions": int(books.n_sessions[self.stations].sum()),
            "n_turned_away": int((books.n_balked + books.n_reneged)[self.stations].sum()),
            "energy_ws": int(books.energy_ws[self.stations].sum()),
            "wait_s": int(books.wait_s[self.stations].sum()),
            "busy_s": int(world.totals.busy_s[self.stations].sum()),
        }
        self._today = {name: value - self._seen.get(name, 0) for name, value in now.items()}
        self._seen = now
        busy_s = world.totals.busy_s[self.stations]
        self._busy_share = (busy_s - self._busy_before_s) / np.maximum(world.n_evse[self.stations] * DAY_S, 1)
        self._busy_before_s = busy_s

    def publish(self, world: World, day: int) -> None:
        """Add the day to the bulletins."""
        today = self._today
        n_evse = int(np.add.reduceat(world.given.pools.n_evse, world.given.stations.first_pool)[self.stations].sum())
        self.bulletins.append(
            {
                "operator": self.name,
                "day": day,
                "n_evse": n_evse,
                "n_arrivals": today["n_arrivals"],
                "n_sessions": today["n_sessions"],
                "n_turned_away": today["n_turned_away"],
                "energy_kwh": today["energy_ws"] / 3.6e6,
                "busy_share": today["busy_s"] / (n_evse * DAY_S) if n_evse else float("nan"),
                "mean_wait_s": today["wait_s"] / today["n_sessions"] if today["n_sessions"] else float("nan"),
            }
        )

    def decide(self, world: World, day: int) -> None:
        """Ask more today where plugs were busy yesterday and less where they were idle, if prices are dynamic."""
        if not self.is_dynamic:
            return
        level = np.where(self._busy_share > BUSY_FROM, DEARER, np.where(self._busy_share < IDLE_BELOW, CHEAPER, USUAL))
        of_station = np.zeros(len(world.n_evse), np.uint8)
        of_station[self.stations] = level
        own = np.isin(world.given.pools.station, self.stations)
        world.given.price_level[own] = of_station[world.given.pools.station[own]]
