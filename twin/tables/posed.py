"""The tables of a case posed by hand: what `twin.simulate` takes, column by column."""

from __future__ import annotations

from dataclasses import dataclass

from twin.tables.inputs import LAYERS, SERVES_CARS, SERVES_TRUCKS

N_KNOTS = 21
"""Points of a charging curve, at a state of charge of 0, 0.05 .. 1."""
MOST = 2**31 - 2
"""Largest whole number of a table: ids and seconds have four bytes."""
SERVES = ("cars", "trucks", "both")
SERVES_BITS = dict(zip(SERVES, (SERVES_CARS, SERVES_TRUCKS, SERVES_CARS | SERVES_TRUCKS), strict=True))
KINDS = ("car", "truck")


@dataclass(frozen=True)
class PosedColumn:
    """One column of a hand-made table.

    Attributes
    ----------
    name : str
        Its name, unit last.
    kind : str
        ``"number"``, ``"whole"``, ``"curve"`` (a number a row, or `N_KNOTS` of them), ``"text"`` or ``"truth"``.
    unit : str
        Unit, ``"-"`` for what has none.
    meaning : str
        One line for the data dictionary.
    low, high : float
        Least and largest number.
    of : str
        Table whose row a whole number names; empty where it names none.
    allowed : tuple of str
        The texts there are; empty where any will do.
    default : str
        What holds where the column is left out; empty where it may not be.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    low: float = 0.0
    high: float = float(MOST)
    of: str = ""
    allowed: tuple[str, ...] = ()
    default: str = ""


def node(name: str, meaning: str, default: str = "", low: int = 0) -> PosedColumn:
    """Declare a column that names a node by its row."""
    return PosedColumn(name, "whole", "-", meaning, low, of="network.nodes", default=default)


NODES = (
    PosedColumn("lon", "number", "deg", "longitude, WGS-84", -180.0, 180.0),
    PosedColumn("lat", "number", "deg", "latitude, WGS-84", -90.0, 90.0),
)
LINKS = (
    node("from_node", "node at which the directed link begins"),
    node("to_node", "node at which it ends"),
    PosedColumn("length_km", "number", "km", "length, taken to the whole metre", 0.001, 10_000.0),
    PosedColumn("speed_kmh", "number", "km/h", "speed on the empty road", 5.0, 500.0),
    PosedColumn(
        "capacity_per_h", "number", "veh/h", "flow at which a link takes 1.15 times as long", 1e-3, 1e12,
        default="no jams",
    ),
)  # fmt: skip
STATIONS = (
    node("node", "node at which it stands"),
    PosedColumn("n_evse", "whole", "-", "EVSEs of the row, which are a pool with one queue", 1, 10_000),
    PosedColumn(
        "rated_power_kw", "number", "kW", "rated power of one of them; of a place on the rack where batteries are changed",
        0.1, 100_000.0,
    ),
    PosedColumn(
        "n_batteries", "whole", "-", "spare batteries: the EVSEs of the row are bays where batteries are changed, with a "
        "rack of so many places; 0: vehicles charge", 0, 10_000, default="0",
    ),
    PosedColumn(
        "station", "text", "-", "name of the site; rows of one name follow each other and are its pools",
        default="a site of its own",
    ),
    PosedColumn("serves", "text", "-", "whom it has room for", allowed=SERVES, default="both"),
    PosedColumn(
        "is_ac", "truth", "-", "the vehicle's own charger sets the limit; used before setting out, not on the way",
        default="false",
    ),
    PosedColumn(
        "site_limit_kw", "number", "kW", "power for all plugs and racks of the site together; what racks can draw is "
        "kept for them", 0.1, 1e9, default="rated power of all its EVSEs and places on racks",
    ),
    PosedColumn(
        "layer", "text", "-", "layer of the site; highway holds drivers on a trip to behaviour.busy_session_cap_s "
        "while others queue", allowed=LAYERS, default="urban",
    ),
    PosedColumn(
        "n_out", "whole", "-", "EVSEs of the row that go out of service for a time, the first ones", 0, 10_000, default="0"
    ),
    PosedColumn("out_from_s", "whole", "s", "second at which they go out of service", default="0"),
    PosedColumn("out_until_s", "whole", "s", "second from which they serve again", default="the end of the run, or later"),
)  # fmt: skip
OWN_VEHICLES = (
    PosedColumn("capacity_kwh", "number", "kWh", "usable battery energy", 0.1, 1190.0),
    PosedColumn("consumption_kwh_per_km", "number", "kWh/km", "consumption at any speed, in town too", 0.001, 100.0),
    PosedColumn(
        "power_kw", "curve", "kW", "DC power at any state of charge, or a row of 21 at 0, 0.05 .. 1, linear between",
        0.1, 100_000.0,
    ),
    PosedColumn("ac_power_kw", "number", "kW", "the vehicle's own charger, for AC", 0.1, 1000.0, default="7"),
    PosedColumn(
        "kind", "text", "-", "a truck keeps to the truck's speed and rests", allowed=KINDS, default="car"
    ),
    PosedColumn("can_swap", "truth", "-", "its battery can be changed", default="false"),
)  # fmt: skip
CLASSED_VEHICLES = (PosedColumn("vehicle_class", "text", "-", "row of seeds/vehicle_classes.csv, by name"),)
ALL_VEHICLES = (
    PosedColumn("soc", "number", "-", "state of charge at the beginning", 0.0, 1.0),
    node("node", "where it stands at the beginning", default="origin of its first trip"),
)
TRIPS = (
    PosedColumn("vehicle", "whole", "-", "which vehicle", of="vehicles"),
    PosedColumn("depart_s", "whole", "s", "second of setting out; who is still under way then sets out on arrival"),
    node("destination", "node at which it ends"),
    node("origin", "node at which it begins; -1 where the vehicle stands", default="where the vehicle stands", low=-1),
)

POSED_TABLES: dict[str, tuple[PosedColumn, ...]] = {
    "network.nodes": NODES,
    "network.links": LINKS,
    "stations": STATIONS,
    "vehicles": (*ALL_VEHICLES, *CLASSED_VEHICLES, *OWN_VEHICLES),
    "trips": TRIPS,
}
"""Tables by name. A row's number, counted from 0, is its id."""
POSED_MEANINGS = {
    "network.nodes": "One place where roads meet.",
    "network.links": "One directed road between two nodes.",
    "stations": "One pool of equal EVSEs.",
    "vehicles": "One vehicle: `vehicle_class`, or the columns from `capacity_kwh` on.",
    "trips": "One trip of a vehicle; all that are not told are not driven.",
}
