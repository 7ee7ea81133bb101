"""Stations without roads: guests arrive when a test says, and the window's `exchange` and `serve` do the rest."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tests.nation import small_classes, small_given
from twin.engine import phases
from twin.engine.account import visit_rows
from twin.engine.given import no_plug_limits_w
from twin.engine.world import Given, World, build_world
from twin.physics import segment_times_s
from twin.rng import Stream, uniform
from twin.tables.columns import rows
from twin.tables.inputs import SERVES_CARS, LinkPools, Pools, Stations, VehicleClasses
from twin.tables.results import SessionsTable
from twin.tables.state import ARRIVED, FAST, HELD_S, Active

FLAT_W = 100_000
"""Power of every class of `flat_classes` at any state of charge."""
CAPACITIES_S = 10 * 20 ** np.arange(4)
"""Seconds that `flat_classes` take from empty to full; a session takes a twentieth of it at least."""


class Guests(NamedTuple):
    """Who arrives, in the order in which the harness hands them over."""

    vehicle: Any
    arrival_s: Any
    pool: Any
    vehicle_class: Any
    energy_ws: Any
    target_ws: Any
    errand: Any
    booked_s: Any = None
    """Seconds for which they have booked, -1 not; None where nobody has."""


def curve_classes(capacity_ws: Any, curve_w: Any) -> VehicleClasses:
    """Return a class of cars a row, whose batteries and charging curves alone matter."""
    n = len(capacity_ws)
    curve = np.asarray(curve_w, np.float64)
    ceiling = np.maximum.accumulate(curve[:, ::-1], axis=1)[:, ::-1].copy()
    zero = small_classes()
    return zero._replace(
        kind=np.zeros(n, np.uint8), has_engine=np.zeros(n, np.uint8), capacity_ws=np.asarray(capacity_ws, np.int64),
        ac_power_w=np.full(n, 7000, np.int32), city_ws_per_m=np.zeros(n), road_a_ws_per_m=np.zeros(n),
        road_b_ws_per_m=np.zeros(n), curve_w=curve, ceiling_w=ceiling,
        full_s=segment_times_s(curve, np.asarray(capacity_ws)), peak_w=curve.max(axis=1), group=np.zeros(n, np.uint8),
        swap_share=np.zeros(n),
    )  # fmt: skip


def flat_classes() -> VehicleClasses:
    """Return classes of constant power, so that a session lasts as long as its energy says."""
    return curve_classes(CAPACITIES_S * FLAT_W, np.full((len(CAPACITIES_S), 21), float(FLAT_W)))


def lasting(vehicle: Any, arrival_s: Any, service_s: Any, pool: Any = 0, errand: int = FAST) -> Guests:
    """Return guests of `flat_classes` whose sessions last the given whole seconds.

    They want half a second's energy less, so that no rounding of the last bit makes a second of it.
    """
    vehicle, service_s = np.asarray(vehicle), np.asarray(service_s)
    n = len(vehicle)
    row = np.searchsorted(CAPACITIES_S, service_s)
    return Guests(
        vehicle, np.asarray(arrival_s), np.broadcast_to(pool, n), row, np.zeros(n, np.int64),
        service_s * FLAT_W - FLAT_W // 2, np.full(n, errand),
    )  # fmt: skip


def sites(
    pools: list[list[tuple[int, int]]], n_days: int = 2, classes: VehicleClasses | None = None,
    limit_w: int = 10**12, layer: int = 0, **rules: Any,
) -> Given:  # fmt: skip
    """Return stations with a list of (rated power in W, number of EVSEs) each, all in one zone."""
    stations, table = rows(Stations, len(pools)), rows(Pools, sum(map(len, pools)))
    stations.n_pools[:] = [len(plugs) for plugs in pools]
    stations.first_pool[:] = np.cumsum(stations.n_pools) - stations.n_pools
    stations.site_limit_w[:], stations.layer[:], stations.link[:] = limit_w, layer, -1
    table.station[:] = np.repeat(np.arange(len(pools)), stations.n_pools)
    table.rated_power_w[:], table.n_evse[:] = np.array([pool for plugs in pools for pool in plugs]).T
    table.first_evse[:] = np.cumsum(table.n_evse) - table.n_evse
    table.serves[:] = SERVES_CARS
    given = small_given(n_vehicles=1, n_zones=1, n_days=n_days, **rules)
    factors = np.ones((31, n_days + 1))
    local = given.local._replace(power_factor=factors, consumption_factor=factors)
    markets = given.markets._replace(first=np.zeros_like(given.markets.first), pool=np.zeros(0, np.int32))
    link_pools = LinkPools(np.zeros(1, np.int32), np.zeros(0, np.int32))
    classes = classes or flat_classes()
    return given._replace(
        classes=classes,
        plug_limit_w=no_plug_limits_w(len(classes.kind)),
        stations=stations,
        pools=table,
        local=local,
        markets=markets,
        link_pools=link_pools,
    )


def arrive(world: World, guests: Guests, who: Any, slots: Any) -> None:
    """Put guests into slots, at the gate of their station."""
    active = world.active
    for name in Guests._fields[:-1]:
        getattr(active, name)[slots] = getattr(guests, name)[who]
    active.phase[slots] = ARRIVED
    active.n_tries[slots], active.outcome[slots] = 0, 0
    if guests.booked_s is not None:
        active.booked_s[slots] = guests.booked_s[who]
        active.is_booked[slots] = active.booked_s[slots] >= 0
    world.wake_s[slots] = HELD_S
    world.arrivals = slots.astype(np.int32)


def live(given: Given, guests: Guests, n_windows: int, n_slots: int | None = None) -> tuple[World, SessionsTable]:
    """Run windows over the guests; return the world and the rows of all visits that ended, in order of their end.

    A slot is reused after `n_slots` further guests; by default each guest has its own.
    """
    world = build_world(given, 1)
    n_slots = n_slots or len(guests.vehicle)
    world.active, world.wake_s = rows(Active, n_slots), np.empty(n_slots, np.int32)
    window_s = given.rules.window_s
    order = np.argsort(np.asarray(guests.arrival_s) // window_s, kind="stable")
    first = np.searchsorted(np.asarray(guests.arrival_s)[order] // window_s, np.arange(n_windows + 1))
    ended = []
    for window in range(n_windows):
        which = np.arange(first[window], first[window + 1])
        arrive(world, guests, order[which], which % n_slots)
        phases.exchange(world, window)
        phases.serve(world, window)
        ended.append(visit_rows(world, 1.0))
    return world, SessionsTable(*(np.concatenate(column) for column in zip(*ended, strict=True)))


def patience_of(given: Given, vehicle: int) -> int:
    """Return a driver's patience: uniform between half and one and a half times the mean."""
    return int(given.rules.patience_s * (0.5 + uniform(given.rules.seed, Stream.HABIT, vehicle, 0, 1)))
