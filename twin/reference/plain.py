"""The inputs as plain Python: numbers, lists and small objects instead of columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.behaviour import FIRST_SESSION_S, NO_SERVICE_S
from twin.tables.columns import F64
from twin.tables.inputs import LAYERS, MARKETS, N_KNOTS

if TYPE_CHECKING:
    from twin.reference.rack import Rack
    from twin.reference.session import Session
    from twin.reference.station import Station
    from twin.reference.vehicle import Vehicle

__all__ = [
    "Call",
    "Evse",
    "Link",
    "Pool",
    "VehicleClass",
    "build_links",
    "build_pools",
    "plain",
    "quantile",
    "vehicle_classes",
]

DAY_S = 86_400


def plain(table: Any) -> Any:
    """Return a table whose arrays have become lists of Python numbers, so that nothing overflows or rounds."""
    names = table._fields if hasattr(table, "_fields") else table.dtype.names
    columns = {name: getattr(table, name) for name in names}
    return SimpleNamespace(**{name: x.tolist() if isinstance(x, np.ndarray) else x for name, x in columns.items()})


def quantile(knots: list[float], u: float) -> float:
    """Return the value of a quantile table at `u`, linear between its knots."""
    place = u * (N_KNOTS - 1)
    knot = int(place)
    return knots[knot] + (knots[knot + 1] - knots[knot]) * (place - knot)


class VehicleClass(NamedTuple):
    """A row of the vehicle classes; see `twin.tables.inputs.VehicleClasses` for the meaning of each field.

    Attributes
    ----------
    plug_limit_w : list of int
        What voltage and current let through, by power class of EVSEs.
    """

    kind: int
    has_engine: int
    capacity_ws: int
    ac_power_w: int
    city_ws_per_m: float
    road_a_ws_per_m: float
    road_b_ws_per_m: float
    curve_w: F64
    ceiling_w: F64
    full_s: F64
    peak_w: float
    group: int
    swap_share: float
    plug_limit_w: list[int]


def vehicle_classes(given: Any) -> list[VehicleClass]:
    """Return the vehicle classes one by one; the curves stay arrays, as `twin.physics` takes them."""
    columns = [getattr(given.classes, name) for name in VehicleClass._fields[:-1]]
    limits_w = given.plug_limit_w.tolist()
    return [
        VehicleClass._make([*(x[row] if x.ndim > 1 else x[row].item() for x in columns), limit_w])
        for row, limit_w in enumerate(limits_w)
    ]


class Call(NamedTuple):
    """A vehicle has to go out: at which second, what for, to which county, and whether it may charge there after."""

    second: int
    errand: int
    goal: int
    is_stay: bool = False


@dataclass(eq=False)
class Evse:
    """Equipment that charges one vehicle at a time, or none while it is out of service.

    Attributes
    ----------
    repaired_s : int or None
        Second at which it serves again; None where it is in service.
    booked_s : int
        Second up to which its outage is in the books.
    """

    pool: Pool
    session: Session | None = None
    repaired_s: int | None = None
    booked_s: int = 0

    @property
    def is_free(self) -> bool:
        """Whether a vehicle can be plugged in."""
        return self.session is None and self.repaired_s is None


@dataclass(eq=False)
class Pool:
    """Equal EVSEs of a station with one first-come-first-served queue.

    Attributes
    ----------
    network : int
        Carmaker's network that admits some drivers only; 0 open to all.
    session_s : int
        Running mean length of its sessions.
    n_booked : int
        Bookings that fall due soon, as counted at the end of the last window.
    board_wait_s : int
        Expected wait as published at the end of the last window: all that drivers know of a pool's present state.
    rack : Rack or None
        Spare batteries, where its EVSEs are bays in which batteries are changed.
    """

    row: int
    station: Station
    rated_power_w: int
    power_class: int
    is_ac: bool
    serves: int
    network: int
    price_row: int
    session_s: int
    board_wait_s: int = 0
    n_booked: int = 0
    rack: Rack | None = None
    evses: list[Evse] = field(default_factory=list)
    queue: list[Vehicle] = field(default_factory=list)

    @property
    def free_evse(self) -> Evse | None:
        """Its first free EVSE."""
        return next((evse for evse in self.evses if evse.is_free), None)

    @property
    def n_busy(self) -> int:
        """EVSEs plugged in."""
        return sum(evse.session is not None for evse in self.evses)

    def power_limit_w(self, vehicle_class: VehicleClass) -> float:
        """Return what an EVSE gives a class at most: its rated power, or what voltage and current let through."""
        return float(min(self.rated_power_w, vehicle_class.plug_limit_w[self.power_class]))

    @property
    def n_in_service(self) -> int:
        """EVSEs that are not out of service."""
        return sum(evse.repaired_s is None for evse in self.evses)

    def expected_wait_s(self, n_ahead: int, second: int) -> int:
        """Return what whoever comes to a pool without a free EVSE, or a charged battery, has to expect behind so many."""
        n_in_service = self.n_in_service
        if not n_in_service:
            return NO_SERVICE_S
        wait_s = (n_ahead + 1) * self.session_s // n_in_service
        return wait_s if self.rack is None else max(wait_s, self.rack.wait_s(n_ahead, second))

    def publish(self, second: int) -> None:
        """Write the expected wait on the Board: booked plugs count as taken, and where all are taken as queued for."""
        n_short = self.n_busy + self.n_booked - self.n_in_service
        self.board_wait_s = 0
        if n_short >= 0:
            self.board_wait_s = self.expected_wait_s(len(self.queue) + n_short, second)
        elif self.rack is not None:
            self.board_wait_s = self.rack.wait_s(len(self.queue) + self.n_booked, second)


@dataclass(eq=False)
class Link:
    """A directed link of the road graph, with the pools of the service area at its end."""

    row: int
    from_node: int
    to_node: int
    length_m: int
    free_kmh: float
    free_ms: int
    speed_kmh: float
    published_free_kmh: float
    capacity_per_h: float
    is_expressway: bool
    pools: list[Pool]
    flow_per_h: float = 0.0
    n_entered: int = 0
    n_entered_hour: int = 0
    sum_speed_kmh: float = 0.0


def build_pools(given: Any, stations: list[Station]) -> list[Pool]:
    """Return every pool with its EVSEs, all free, and hang it into its station."""
    table, found = plain(given.pools), []
    for row, number in enumerate(table.station):
        station = stations[number]
        is_ac = table.is_ac[row] == 1
        is_swap, is_highway = table.n_batteries[row] > 0, station.layer == LAYERS.index("highway")
        price_row = station.province + given.n_provinces * (2 if is_swap else is_highway)
        if len(given.price_level) and given.price_level[row] and not is_swap:
            price_row += given.n_provinces * (1 + 2 * int(given.price_level[row]))
        first_s = given.rules.swap_s if is_swap else FIRST_SESSION_S["ac" if is_ac else "dc"]
        kind = table.serves[row], table.network[row]
        pool = Pool(row, station, table.rated_power_w[row], table.power_class[row], is_ac, *kind, price_row, first_s)
        pool.evses = [Evse(pool) for _ in range(table.n_evse[row])]
        station.pools.append(pool)
        found.append(pool)
    evses = [evse for pool in found for evse in pool.evses]
    calendar = plain(given.outages)
    for outage in zip(calendar.station, calendar.begin_s, calendar.evse, calendar.end_s, strict=True):
        stations[outage[0]].outages.append((outage[1], evses[outage[2]], outage[3]))
    return found


def build_links(given: Any, pools: list[Pool]) -> list[Link]:
    """Return every directed link at the speed first published for it."""
    roads, at = plain(given.roads), plain(given.link_pools)
    free_kmh, capacity_per_h = given.link_free_speed_kmh.tolist(), given.link_capacity_per_h.tolist()
    return [
        Link(
            row, roads.link_from[row], to_node, roads.length_m[row], roads.free_kmh[row], roads.free_ms[row],
            roads.speed_kmh[row], free_kmh[row], capacity_per_h[row], roads.is_expressway[row] == 1,
            [pools[pool] for pool in at.pool[at.first[row] : at.first[row + 1]]],
        )
        for row, to_node in enumerate(roads.link_to)
    ]  # fmt: skip


def build_markets(given: Any, pools: list[Pool]) -> list[list[Pool]]:
    """Return the pools known in each county and market, neighbours adjacent; row = county * len(MARKETS) + market."""
    table = plain(given.markets)
    assert len(table.first) % len(MARKETS) == 1
    return [[pools[pool] for pool in table.pool[a:b]] for a, b in zip(table.first, table.first[1:], strict=False)]
