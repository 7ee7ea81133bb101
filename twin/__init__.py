"""An agent-based digital twin of China's national EV charging network.

`twin.load` reads a scenario, `twin.run` lives through it, `twin.simulate` lives a case posed by hand-made tables. Nothing
heavy is imported until one of them is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.config import Config
    from twin.store import Run

__all__ = ["__version__", "load", "run", "simulate"]
__version__ = "0.1.0"


def load(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read and check a scenario file; see `twin.config.load`."""
    from twin.config import load as load_config

    return load_config(path, overrides)


def run(config: Config, **options: Any) -> Run:
    """Simulate a scenario and write its run folder; see `twin.run.run`."""
    from twin.run import run as run_config

    return run_config(config, **options)


def simulate(
    network: Any,
    stations: Any,
    vehicles: Any,
    trips: Any,
    config: Config | None = None,
    *,
    out: Path | str | None = None,
    workers: int | str = "auto",
) -> Run:
    """Live a case posed by hand-made tables, by the engine that lives the nation.

    A table is a mapping from column names to arrays of one length (a dict of lists, a pyarrow Table); a single value
    stands for every row. A row's number, counted from 0, is its id. Seconds are whole, since 00:00 of day 0.

    Parameters
    ----------
    network : mapping
        ``"nodes"``: lon, lat. ``"links"``, directed: from_node, to_node, length_km, speed_kmh; without capacity_per_h
        nothing jams.
    stations : mapping
        node, n_evse, rated_power_kw; optional station (rows of one name are the pools of one site), serves (``"cars"``,
        ``"trucks"``, ``"both"``), is_ac, site_limit_kw, layer. A station is passed on every link that ends at its node,
        and known to who sets out there. May be empty.
    vehicles : mapping
        soc, optional node, and either vehicle_class (a name of ``seeds/vehicle_classes.csv``) or capacity_kwh,
        consumption_kwh_per_km, power_kw (one figure for a constant power, or a row of 21 for a curve over the state of
        charge) with optional ac_power_kw and kind (``"car"``, ``"truck"``).
    trips : mapping
        vehicle, depart_s, destination; optional origin, which has to be where the vehicle stands then (-1: wherever that
        is) and is needed for the first trip where vehicles have no node.
    config : Config, optional
        Its sections period, behaviour and scenario; the rest of it is about nations. By default the defaults, over the
        days on which a trip begins.
    out : Path or str, optional
        The run folder. By default a temporary one, removed when the program ends.
    workers : int or "auto"
        Worker threads; no result depends on it.

    Returns
    -------
    Run
        The finished run: ``sessions``, ``table("trips")``, ``stations``, ``station_hours``, ``links``, ``metrics``,
        ``table("stranded")`` and ``audit``.

    Raises
    ------
    DataError
        With every fault of the tables: table, column, row, what was found and what is wanted.
    EngineError
        If a law of conservation is broken.
    StoreError
        If the folder cannot be written or holds something already.

    Notes
    -----
    Drivers decide as they do in a nation, see ``docs/model.md``: a stop is chosen looking down the road, and a charge
    goes as far as the rest of the trip asks. What a case has no room for is left out: it is 20 degrees, a kWh has one
    price, no other traffic is on the roads, there is no way between node and plug, and vehicles charge at stations
    only, on a trip or before setting out on one. Memory: about 40 bytes for each pair of a node and a place in use.

    Examples
    --------
    A car of 50 kWh that takes 0.2 kWh/km sets out half full on 200 km with a station half-way.

    >>> import twin
    >>> run = twin.simulate(
    ...     network={
    ...         "nodes": {"lon": [116.0, 117.0, 118.0], "lat": [39.0, 39.0, 39.0]},
    ...         "links": {"from_node": [0, 1], "to_node": [1, 2], "length_km": 100.0, "speed_kmh": 100.0},
    ...     },
    ...     stations={"node": [1], "n_evse": [2], "rated_power_kw": [120.0]},
    ...     vehicles={"capacity_kwh": [50.0], "consumption_kwh_per_km": 0.2, "power_kw": 100.0, "soc": 0.5},
    ...     trips={"vehicle": [0], "origin": [0], "destination": [2], "depart_s": [28_800]},
    ... )
    >>> run.table("trips").to_pylist()[0]["outcome"]
    'ended'
    >>> [(row["arrival_s"], row["wait_s"]) for row in run.sessions.to_table().to_pylist()]
    [(32400, 0)]
    """
    from twin.posed import simulate as simulate_case

    return simulate_case(network, stations, vehicles, trips, config, out=out, workers=workers)
