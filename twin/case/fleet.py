"""The vehicles of a posed case, their classes, and the trips that were set for them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.case.places import Grounds
from twin.case.reading import Columns, note_rows
from twin.engine.itinerary import NOT_YET_S
from twin.errors import Faults
from twin.fleet.classes import STAYS_HOME, load_classes
from twin.physics import segment_times_s
from twin.tables.columns import F64, I64, rows
from twin.tables.inputs import VEHICLE_KINDS, Itineraries, VehicleClasses, Vehicles
from twin.tables.posed import KINDS, N_KNOTS

__all__ = ["Kinds", "Tours", "build_itineraries", "build_vehicles", "check_ways", "read_kinds", "read_tours"]

MOST_CLASSES = 255
WS_PER_KWH = 3_600_000


class Kinds(NamedTuple):
    """Classes of vehicles, their names, and the class of each vehicle."""

    classes: VehicleClasses
    names: list[str]
    of_vehicle: I64


class Tours(NamedTuple):
    """Trips by vehicle and departure.

    Attributes
    ----------
    order : ndarray of int64, shape (n_trips,)
        Row of the table of each.
    vehicle, depart_s, origin, destination : ndarray of int64, shape (n_trips,)
        Its columns, the origin as it follows from the trip before.
    start : ndarray of int64, shape (n_vehicles,)
        Node at which each vehicle stands at the beginning; -1 where nobody says.
    """

    order: I64
    vehicle: I64
    depart_s: I64
    origin: I64
    destination: I64
    start: I64


def read_kinds(table: Columns, n_rows: int, faults: Faults) -> Kinds | None:
    """Return the classes of the vehicles: those of the seeds by name, or one for each make that the table tells."""
    if "vehicle_class" in table:
        return _seed_kinds(table["vehicle_class"], faults)
    if "power_kw" not in table:
        return None
    power_kw = np.broadcast_to(table["power_kw"].reshape(n_rows, -1), (n_rows, N_KNOTS))
    kind = np.array([KINDS.index(text) for text in table["kind"]]) if "kind" in table else np.zeros(n_rows)
    ac_kw = table.get("ac_power_kw", np.full(n_rows, 7.0))
    can_swap = table.get("can_swap", np.zeros(n_rows))
    makes = np.column_stack([table["capacity_kwh"], table["consumption_kwh_per_km"], ac_kw, kind, can_swap, power_kw])
    if (makes == makes[0]).all():
        makes, of_vehicle = makes[:1], np.zeros(n_rows, np.int64)
    else:
        makes, of_vehicle = np.unique(makes, axis=0, return_inverse=True)
    if len(makes) > MOST_CLASSES:
        faults.add(
            "vehicles", f"{len(makes)} different makes", f"at most {MOST_CLASSES}", "round capacity, power or consumption"
        )
        return None
    return Kinds(_own_classes(makes), [f"make {row}" for row in range(len(makes))], of_vehicle.ravel())


def _seed_kinds(wanted: np.ndarray, faults: Faults) -> Kinds | None:
    """Return those classes of the seeds that a vehicle has."""
    classes, names = load_classes()
    row_of = {name: row for row, name in enumerate(names)}
    row = np.array([row_of.get(name, -1) for name in wanted], np.int64)
    note_rows(
        "vehicles.vehicle_class", row < 0, lambda at: repr(wanted[at]), f"one of {', '.join(names)}", "correct it", faults
    )
    if (row < 0).any():
        return None
    used, of_vehicle = np.unique(row, return_inverse=True)
    columns: Any = (np.ascontiguousarray(column[used]) for column in classes)
    picked = VehicleClasses(*columns)._replace(group=np.full(len(used), STAYS_HOME, np.uint8))
    return Kinds(picked, [names[at] for at in used], of_vehicle.ravel())


def _own_classes(makes: F64) -> VehicleClasses:
    """Return classes from rows of (capacity, consumption, AC power, kind, can swap, power at the curve's points)."""
    capacity_ws = np.rint(makes[:, 0] * WS_PER_KWH).astype(np.int64)
    ws_per_m, curve_w = makes[:, 1] * (WS_PER_KWH / 1000), np.ascontiguousarray(makes[:, 5:]) * 1000.0
    kinds = np.array([VEHICLE_KINDS.index(kind) for kind in KINDS], np.uint8)
    return VehicleClasses(
        kind=kinds[makes[:, 3].astype(np.int64)],
        has_engine=np.zeros(len(makes), np.uint8),
        capacity_ws=capacity_ws,
        ac_power_w=np.rint(makes[:, 2] * 1000.0).astype(np.int32),
        city_ws_per_m=ws_per_m,
        road_a_ws_per_m=ws_per_m.copy(),
        road_b_ws_per_m=np.zeros(len(makes)),
        curve_w=curve_w,
        ceiling_w=np.maximum.accumulate(curve_w[:, ::-1], axis=1)[:, ::-1].copy(),
        full_s=segment_times_s(curve_w, capacity_ws),
        peak_w=curve_w.max(axis=1),
        group=np.full(len(makes), STAYS_HOME, np.uint8),
        swap_share=np.ascontiguousarray(makes[:, 4]),
    )


def read_tours(trips: Columns, vehicles: Columns, n_vehicles: int, faults: Faults) -> Tours:
    """Put the trips in order, and note those that begin where the vehicle is not, or twice at once."""
    order = np.lexsort((trips["depart_s"], trips["vehicle"]))
    vehicle, depart_s, destination = (trips[name][order] for name in ("vehicle", "depart_s", "destination"))
    said = trips["origin"][order] if "origin" in trips else np.full(len(order), -1)
    is_next = np.zeros(len(order), np.bool_)
    is_next[1:] = vehicle[1:] == vehicle[:-1]
    start = vehicles["node"].copy() if "node" in vehicles else np.full(n_vehicles, -1)
    is_first = np.flatnonzero(~is_next)
    origin = np.where(is_next, np.roll(destination, 1), said)
    origin[is_first] = np.where(start[vehicle[is_first]] >= 0, start[vehicle[is_first]], said[is_first])
    start[vehicle[is_first]] = origin[is_first]
    of_row = np.argsort(order)

    def note(column: str, bad: np.ndarray, found: np.ndarray, wanted: str, todo: str) -> None:
        note_rows(f"trips.{column}", bad[of_row], lambda row: found[of_row][row], wanted, todo, faults)

    again = is_next & (np.roll(depart_s, 1) == depart_s)
    note("depart_s", again, depart_s, "one trip of a vehicle at a time", "remove one, or let it depart later")
    note("origin", (said >= 0) & (said != origin), said, "the node where the vehicle stands then", "correct it, or write -1")
    note("origin", origin < 0, said, "a node, where vehicles.node says nothing either", "tell where the vehicle stands")
    return Tours(order, vehicle, depart_s, origin, destination, start)


def check_ways(tours: Tours, grounds: Grounds, faults: Faults) -> None:
    """Note the trips to which no road leads."""
    zone = grounds.zone_at[tours.destination]
    is_cut_off = (grounds.routes.next_link[zone, tours.origin] < 0) & (tours.origin != tours.destination)
    of_row = np.argsort(tours.order)
    origin, destination = tours.origin[of_row], tours.destination[of_row]
    note_rows(
        "trips.destination", is_cut_off[of_row],
        lambda row: f"node {destination[row]}, to which no road leads from {origin[row]}",
        "a node that can be reached", "add the missing links, or correct it", faults,
    )  # fmt: skip


def build_vehicles(table: Columns, kinds: Kinds, tours: Tours, grounds: Grounds) -> Vehicles:
    """Return the vehicles at rest; who has neither a place nor a trip rests at the first one."""
    vehicles = rows(Vehicles, len(tours.start))
    vehicles.vehicle_class[:] = kinds.of_vehicle
    vehicles.home[:] = np.where(tours.start < 0, 0, grounds.zone_at[tours.start])
    vehicles.place[:] = vehicles.home
    vehicles.back_day[:] = 255
    vehicles.energy_ws[:] = np.floor(table["soc"] * kinds.classes.capacity_ws[kinds.of_vehicle]).astype(np.int64)
    return vehicles


def build_itineraries(tours: Tours, grounds: Grounds) -> Itineraries:
    """Return the trips as the engine lives them."""
    n_vehicles, n_trips = len(tours.start), len(tours.order)
    first = np.searchsorted(tours.vehicle, np.arange(n_vehicles + 1)).astype(np.int32)
    return Itineraries(
        first=first,
        next_trip=first[:-1].copy(),
        depart_s=tours.depart_s.astype(np.int32),
        goal=grounds.zone_at[tours.destination].astype(np.int16),
        is_stay=np.zeros(n_trips, np.uint8),
        begin_s=np.full(n_trips, NOT_YET_S, np.int32),
        end_s=np.full(n_trips, NOT_YET_S, np.int32),
    )
