"""The books of photovoltaics and storage: how they begin, what they say of an hour, and the laws that they keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.engine.dispatch import QUARTERS_PER_DAY
from twin.engine.site import take_plant_hour
from twin.tables.columns import I32, I64, empty, rows, to_rows
from twin.tables.plants import Behind, PlantState, PlantTotals
from twin.tables.results import SiteHoursTable
from twin.tables.totals import Law

if TYPE_CHECKING:
    from twin.engine.world import World

__all__ = ["PlantBooks", "close_sites", "end_site_hour", "plant_books", "plant_laws"]

MOST_ROWS = 20
WS_PER_KWH = 3.6e6


class PlantBooks(NamedTuple):
    """What a run holds of plants.

    Attributes
    ----------
    of_station : ndarray of int32, shape (n_stations,)
        Plant of each station, -1 without.
    behind : Behind
        Plants as kernels read them.
    state : PlantState
        What they do, row by row.
    load_ws : ndarray of int64, shape (n_plants, 96)
        Energy into vehicles in each quarter hour of the last 24 hours, by quarter of day.
    totals : PlantTotals
        Sums of the hours that have ended.
    """

    of_station: I32
    behind: Behind
    state: PlantState
    load_ws: I64
    totals: PlantTotals


def plant_books(behind: Behind, fails_s: I32) -> tuple[PlantBooks, I32]:
    """Return the books at 00:00 of day 0, storage as full as it is given, and the second of each station's first event.

    Where there are plants that is the first second; elsewhere that of the first failure, `fails_s`.
    """
    plants = behind.plants
    n_plants, of_station = len(plants.station), np.full(len(fails_s), -1, np.int32)
    of_station[plants.station] = np.arange(n_plants)
    state = rows(PlantState, n_plants)
    state.stored_ws[:] = state.least_ws[:] = state.most_ws[:] = plants.stored_ws
    load_ws = np.zeros((n_plants, QUARTERS_PER_DAY), np.int64)
    rows_of = behind._replace(plants=to_rows(plants))
    books = PlantBooks(of_station, rows_of, state, load_ws, empty(PlantTotals, n_plants))
    return books, np.where(of_station >= 0, 0, fails_s).astype(np.int32)


def close_sites(world: World, hour: int) -> SiteHoursTable:
    """Return what plants did in an hour that has ended, and clear their sums."""
    books, station = world.plants, world.given.behind.plants.station
    of_hour, stored_ws = end_site_hour(world)
    for name in PlantTotals._fields:
        add = np.maximum if name.endswith("peak_w") else np.add
        add(getattr(books.totals, name), getattr(of_hour, name), out=getattr(books.totals, name))
    kwh = {name: (getattr(of_hour, name) / WS_PER_KWH).astype(np.float32) for name in PlantTotals._fields}
    return SiteHoursTable(
        station=np.asarray(station, np.int32),
        hour=np.full(len(station), hour, np.int16),
        vehicles_kwh=kwh["taken_ws"],
        grid_kwh=kwh["grid_ws"],
        pv_kwh=kwh["pv_ws"],
        pv_used_kwh=kwh["used_ws"],
        pv_fed_in_kwh=kwh["fed_ws"],
        storage_in_kwh=kwh["filled_ws"],
        storage_out_kwh=kwh["given_ws"],
        stored_kwh=(stored_ws / WS_PER_KWH).astype(np.float32),
        grid_peak_kw=(of_hour.peak_w / 1000.0).astype(np.float32),
    )


def end_site_hour(world: World) -> tuple[PlantTotals, I64]:
    """Return what every plant did in an hour that has ended, and what its storage holds."""
    of_hour, stored_ws = empty(PlantTotals, len(world.plants.state)), world.plants.state.stored_ws.copy()
    take_plant_hour(0, len(stored_ws), world.site(), of_hour)
    world.peers.exchange_sites(of_hour, stored_ws)
    return of_hour, stored_ws


def plant_laws(world: World) -> Iterator[Law]:
    """Yield what holds of photovoltaics and storage, at every site that has them."""
    plants, state, totals = world.given.behind.plants, world.plants.state, world.plants.totals
    at = plants.station
    yield _at_every(
        "grid + photovoltaics + storage out = vehicles + storage in", at,
        totals.grid_ws + totals.used_ws + totals.given_ws, totals.taken_ws + totals.filled_ws,
    )  # fmt: skip
    yield _at_every(
        "energy into vehicles as settled = as the sessions count it", at, totals.taken_ws, world.station_state.energy_ws[at]
    )
    yield _at_every(
        "stored at the start + storage in = storage out + lost + stored at the end", at,
        plants.stored_ws + totals.filled_ws, totals.given_ws + totals.lost_ws + state.stored_ws,
    )  # fmt: skip
    over = np.flatnonzero((state.least_ws < 0) | (state.most_ws > plants.capacity_ws))
    rows = tuple(
        f"station {at[row]}: {state.least_ws[row]} .. {state.most_ws[row]} Ws of {plants.capacity_ws[row]}"
        for row in over[:MOST_ROWS]
    )
    yield Law("storage below zero or above its capacity = none", len(over), 0, "sites", rows)
    rows = tuple(f"station {at[row]}: {state.n_over[row]} times" for row in np.flatnonzero(state.n_over)[:MOST_ROWS])
    name = "stretches in which a site took more than its transformer lets through = none"
    yield Law(name, int(state.n_over.sum()), 0, "stretches", rows)
    booked_ws = world.ledger.plant_ws.sum(axis=(1, 2))
    given_ws = int((totals.used_ws + totals.fed_ws).sum())
    yield Law("photovoltaics by zone and quarter hour = those of the sites", int(booked_ws[0]), given_ws, "Ws")
    given_ws = int((totals.given_ws - totals.filled_ws).sum())
    yield Law("storage by zone and quarter hour = that of the sites", int(booked_ws[1]), given_ws, "Ws")


def _at_every(name: str, station: I32, left: I64, right: I64) -> Law:
    """Return a law of watt seconds that holds site by site."""
    differ = np.flatnonzero(left != right)
    rows = tuple(f"station {station[row]}: {left[row]} / {right[row]}" for row in differ[:MOST_ROWS])
    return Law(f"{name}, at every site", int(left.sum()), int(right.sum()), "Ws", rows)
