"""What the engine counts while it runs: integers only, so that no order of summing can change them."""

from dataclasses import dataclass
from typing import NamedTuple

from twin.tables.columns import F64, I32, I64, Annotated, Field
from twin.tables.plants import Plants, PlantTotals

LOAD_KINDS = ("urban", "highway", "rural", "truck", "home", "depot", "orderly", "v2g", "work")
"""Rows of the load array. "truck" repeats the part of the public layers that went into trucks, "orderly" the part of home
and depot that was shifted; "v2g" is energy out of batteries."""

WAIT_EDGES_S = (0, 1, 60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 28800)
"""Lower edges of the bins of the waiting-time histogram; the last bin is open."""

HOUR_FIELDS = ("n_arrivals", "n_sessions", "n_balked", "n_reneged", "wait_s", "energy_ws", "busy_s", "n_full", "out_s")
"""Fields of the hourly sums. `n_full` counts stations whose EVSEs were busy for at least 95 % of the hour."""


class StationHour(NamedTuple):
    """What every station did in one hour, one row a station."""

    energy_ws: Annotated[I64, Field("Ws", "energy into batteries")]
    busy_s: Annotated[I64, Field("s", "plugged seconds of all EVSEs")]
    wait_s: Annotated[I32, Field("s", "waiting time of the sessions begun")]
    out_s: Annotated[I32, Field("s", "seconds out of service of all EVSEs")]
    arrivals: Annotated[I32, Field("-", "vehicles that drove in")]
    sessions: Annotated[I32, Field("-", "sessions begun")]
    balked: Annotated[I32, Field("-", "left on arrival")]
    reneged: Annotated[I32, Field("-", "left the queue")]
    queue: Annotated[I32, Field("-", "longest queue of one of its pools")]


class StationTotals(NamedTuple):
    """Sums of a whole run, one row a station."""

    n_arrivals: Annotated[I64, Field("-", "vehicles that drove in")]
    n_sessions: Annotated[I64, Field("-", "sessions begun")]
    n_balked: Annotated[I64, Field("-", "left on arrival")]
    n_reneged: Annotated[I64, Field("-", "left the queue")]
    n_waiting: Annotated[I64, Field("-", "in the queue at the end of the run")]
    energy_ws: Annotated[I64, Field("Ws", "energy into batteries")]
    busy_s: Annotated[I64, Field("s", "plugged seconds of all EVSEs")]
    wait_s: Annotated[I64, Field("s", "waiting time of the sessions begun")]
    peak_hour_busy_s: Annotated[I64, Field("s", "most plugged seconds in an hour")]
    max_wait_s: Annotated[I32, Field("s", "longest waiting time of a session begun")]
    max_queue: Annotated[I32, Field("-", "longest queue of one of its pools")]
    out_s: Annotated[I64, Field("s", "seconds out of service of all EVSEs")]
    n_cut_off: Annotated[I64, Field("-", "sessions that a failure ended")]
    n_swaps: Annotated[I64, Field("-", "of the sessions, swaps")]
    least_ready: Annotated[I32, Field("-", "fewest charged batteries left on one of its racks; 0 where none stands")]


@dataclass(frozen=True)
class Law:
    """One conservation law with its two sides.

    Attributes
    ----------
    name : str
        What must be equal, as a sentence.
    left, right : int
        The two sides.
    unit : str
        Their unit.
    rows : list of str
        The rows that break it; empty where it holds.
    relation : str
        ``"="`` or ``"<="``.
    """

    name: str
    left: int
    right: int
    unit: str
    rows: tuple[str, ...] = ()
    relation: str = "="

    @property
    def holds(self) -> bool:
        """Whether the two sides stand in their relation and no row breaks the law."""
        return (self.left == self.right if self.relation == "=" else self.left <= self.right) and not self.rows


@dataclass(frozen=True)
class RunTotals:
    """Everything counted in a run.

    Attributes
    ----------
    n_hours : int
        Simulated hours.
    stations : StationTotals
        One row a station.
    hours : ndarray of int64, shape (len(HOUR_FIELDS), n_provinces, n_layers, n_hours)
        Hourly sums.
    wait_histogram : ndarray of int64, shape (n_layers, n_hours, len(WAIT_EDGES_S))
        Sessions begun, by waiting time.
    load_ws : ndarray of int64, shape (len(LOAD_KINDS), n_zones, n_quarters)
        Energy into batteries by quarter hour; n_quarters = 4 * n_hours.
    road : ndarray of int64, shape (n_hours, 2, 4)
        Vehicles on the road at the end of the hour, trips begun, trips ended, entries into the expressways; second axis
        cars, trucks.
    counts : dict of str to int
        Run-wide counts: vehicles by kind (``n_car`` ...), ``n_trips_begun``, ``n_trips_ended``, ``n_trips_under_way``,
        ``n_stranded``, ``n_local_days``, ``local_km``, ``trip_km``, ``forgone_km``, ``truck_trip_km``, ...
    laws : tuple of Law
        The audit's laws as counted by the engine.
    plants : Plants
        Photovoltaics and storage at stations.
    plant_sums : PlantTotals
        What they did, one row a plant.
    plant_ws : ndarray of int64, shape (len(PLANT_KINDS), n_zones, n_quarters)
        Energy out of plants by quarter hour; of storage less what it takes.
    """

    n_hours: int
    stations: StationTotals
    hours: I64
    wait_histogram: I64
    load_ws: I64
    road: I64
    counts: dict[str, int]
    laws: tuple[Law, ...]
    plants: Plants
    plant_sums: PlantTotals
    plant_ws: I64


class ProvinceLoad(NamedTuple):
    """Load without vehicles, as the grid room gives it."""

    base_kw: Annotated[F64, Field("kW", "[zone, quarter] load without vehicles")]
    peak_kw: Annotated[F64, Field("kW", "[zone] annual peak without vehicles")]
