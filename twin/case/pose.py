"""From five hand-made tables to what the engine is given, or to every fault in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.case.fleet import Kinds, Tours, build_itineraries, build_vehicles, check_ways, read_kinds, read_tours
from twin.case.outages import build_outages, check_outages
from twin.case.places import Grounds, build_grounds
from twin.case.plants import build_plants, check_plants
from twin.case.racks import check_capacity, check_racks
from twin.case.reading import Columns, read_table
from twin.case.supply import Sites, build_inventory, read_sites
from twin.engine.given import no_plug_limits_w, rules_of
from twin.engine.world import DAY_S, Given
from twin.errors import DataError, Faults
from twin.grid.flexibility import no_guidance
from twin.network.regions import Regions
from twin.stations.inventory import Inventory
from twin.tables.inputs import N_KNOTS, VEHICLE_KINDS, Background, LocalTables, TripTables
from twin.tables.posed import ALL_VEHICLES, CLASSED_VEHICLES, LINKS, NODES, OWN_VEHICLES, STATIONS, TRIPS

if TYPE_CHECKING:
    from twin.config import Config

__all__ = ["Case", "pose"]

MOST_PLACES = 32_767
"""Zones are numbered in two bytes."""


@dataclass(frozen=True)
class Case:
    """A case as posed.

    Attributes
    ----------
    config : Config
        How drivers behave, and how long.
    given : Given
        What the engine is given. Vehicles, published speeds and itineraries change as it is lived.
    regions, inventory
        Places and stations as the rooms of a nation know them.
    class_names : list of str
        Names of the vehicle classes.
    station_names : ndarray of str
        Names of the stations.
    trip_rows : ndarray of int64, shape (n_trips,)
        Row of the table of trips of each trip in ``given.itineraries``.
    sha256 : dict of str to str
        Hash of every table as it was read.
    """

    config: Config
    given: Given
    regions: Regions
    inventory: Inventory
    class_names: list[str]
    station_names: np.ndarray
    trip_rows: np.ndarray
    sha256: dict[str, str]


def pose(network: Any, stations: Any, vehicles: Any, trips: Any, config: Config | None = None) -> Case:
    """Check the tables of a case and make a nation of them; for the tables see `twin.simulate`.

    Raises
    ------
    DataError
        With every fault of every table.
    """
    faults = Faults()
    read = _read(network, stations, vehicles, trips, faults)
    faults.raise_if_any(DataError)
    n_vehicles, n_pools = len(read["vehicles"]["soc"]), len(read["stations"].get("node", ()))
    sites = read_sites(read["stations"], n_pools, faults)
    check_outages(read["stations"], n_pools, faults)
    check_racks(read["stations"], sites, n_pools, faults)
    check_plants(read["stations"], sites, n_pools, faults)
    kinds = read_kinds(read["vehicles"], n_vehicles, faults)
    if kinds is not None:
        check_capacity(read["stations"], kinds.classes, faults)
    tours = read_tours(read["trips"], read["vehicles"], n_vehicles, faults)
    faults.raise_if_any(DataError)
    grounds = _grounds(read, sites, tours, faults)
    faults.raise_if_any(DataError)
    assert kinds is not None
    config = config or _default_config(tours)
    inventory = build_inventory(read["stations"], sites, grounds)
    return Case(
        config=config,
        given=_given(config, read, kinds, tours, grounds, inventory)._replace(
            behind=build_plants(config, read["stations"], sites, grounds)
        ),
        regions=grounds.regions,
        inventory=inventory,
        class_names=kinds.names,
        station_names=sites.name,
        trip_rows=tours.order,
        sha256={name: _digest(columns) for name, columns in read.items()},
    )


def _read(network: Any, stations: Any, vehicles: Any, trips: Any, faults: Faults) -> dict[str, Columns]:
    """Read every table by itself."""
    parts = network if hasattr(network, "keys") else {}
    for name in ("nodes", "links"):
        if name not in parts:
            faults.add(f"network.{name}", "no such table", 'network = {"nodes": ..., "links": ...}', "add it")
    for name in parts:
        if name not in ("nodes", "links"):
            faults.add(f"network.{name}", "a table of that name", "nodes and links", "rename or remove it")
    sizes: dict[str, int] = {}
    read: dict[str, Columns] = {}
    vehicle_schema = (*ALL_VEHICLES, *(CLASSED_VEHICLES if _names_classes(vehicles) else OWN_VEHICLES))
    for name, table, schema, least_rows in (
        ("network.nodes", parts.get("nodes", {}), NODES, 1),
        ("network.links", parts.get("links", {}), LINKS, 1),
        ("stations", stations, STATIONS, 0),
        ("vehicles", vehicles, vehicle_schema, 1),
        ("trips", trips, TRIPS, 1),
    ):
        if not name.startswith("network.") or name.removeprefix("network.") in parts:
            read[name], sizes[name] = read_table(name, table, schema, sizes, faults, least_rows)
        else:
            sizes[name] = 2**31
    return read


def _names_classes(vehicles: Any) -> bool:
    """Return whether a table of vehicles names classes of the seeds."""
    return "vehicle_class" in (getattr(vehicles, "column_names", None) or (vehicles if hasattr(vehicles, "keys") else ()))


def _grounds(read: dict[str, Columns], sites: Sites, tours: Tours, faults: Faults) -> Grounds:
    """Return the places, and note too many of them and trips to which no road leads."""
    used = np.unique(np.concatenate([tours.start[tours.start >= 0], tours.destination]))
    station_node = read["stations"]["node"][sites.first_pool] if len(sites.name) else np.zeros(0, np.int64)
    n_places = len(station_node) + len(used)
    if n_places > MOST_PLACES:
        faults.add("stations, trips", f"{n_places} places in use", f"at most {MOST_PLACES}", "let trips share nodes")
        faults.raise_if_any(DataError)
    grounds = build_grounds(read["network.nodes"], read["network.links"], station_node, used)
    check_ways(tours, grounds, faults)
    return grounds


def _default_config(tours: Tours) -> Config:
    """Return the defaults, over the days on which a trip begins."""
    from twin.config import Config, Period

    n_days = int(tours.depart_s.max(initial=0)) // DAY_S + 1
    if n_days > 31:
        raise DataError(f"trips.depart_s: found one on day {n_days - 1}; wanted days 0 to 30; correct it or pass a config")
    return Config(period=Period(n_days=n_days))


def _given(
    config: Config, read: dict[str, Columns], kinds: Kinds, tours: Tours, grounds: Grounds, inventory: Inventory
) -> Given:
    """Return what the engine is given: mild weather, one price, no traffic but the vehicles of the case."""
    n_days, network = config.period.n_days, grounds.network
    nothing = np.zeros((1, 1, N_KNOTS))
    mild = np.ones((1, 1))
    return Given(
        rules=rules_of(config)._replace(overstay_s=0.0, exit_share=1.0),
        n_days=n_days,
        sample=1.0,
        classes=kinds.classes,
        vehicles=build_vehicles(read["vehicles"], kinds, tours, grounds),
        local=LocalTables(np.zeros((len(VEHICLE_KINDS), 1)), nothing, nothing, nothing, nothing, mild, mild),
        trips=TripTables(
            nothing, np.zeros((1, 1, 2), np.uint8), np.ones((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.int16),
            nothing, nothing, nothing,
        ),
        background=Background(np.zeros((n_days, network.n_links)), np.zeros((n_days, 24))),
        stations=inventory.stations,
        pools=inventory.pools,
        plug_limit_w=no_plug_limits_w(len(kinds.names)),
        markets=inventory.markets,
        link_pools=inventory.link_pools,
        roads=grounds.roads(config.behaviour.truck_speed_kmh),
        link_free_speed_kmh=network.link_free_speed_kmh,
        link_capacity_per_h=network.link_capacity_per_h,
        prices=np.zeros((3, 24)),
        guidance=no_guidance(network.n_zones, 1),
        n_provinces=1,
        itineraries=build_itineraries(tours, grounds),
        lot_m=0,
        least_way_m=0.0,
        outages=build_outages(read["stations"], inventory.pools),
    )  # fmt: skip


def _digest(columns: Columns) -> str:
    """Return the sha256 of a table's columns."""
    seen = hashlib.sha256()
    for name, column in sorted(columns.items()):
        seen.update(f"{name} {column.dtype.str} {column.shape}".encode())
        seen.update("\n".join(column).encode() if column.dtype == object else np.ascontiguousarray(column).tobytes())
    return seen.hexdigest()
