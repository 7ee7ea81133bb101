"""Our own engine on the common task, with every rule of the window on; ``python -m benchmarks.peers.ours``.

The clock runs over the windows and the collection of all that they leave behind; the tables are read beforehand, as the
other peers' objects are made beforehand, and nobody's results are written to disk.

Drivers behave by their own rules, not by the task's: they look down the road, choose among the stations on their way by
expected wait and charging time before they are low, and charge what the trip still takes (here with a reserve of a fifth),
not to a fixed target. So who charges where is not known beforehand, and `judge` holds the outcome against what has to be
true of any such behaviour instead of against `walk`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.peers.curve import Curve
from benchmarks.peers.line import overload
from benchmarks.peers.measure import main
from benchmarks.peers.outcome import Outcome, Sessions, check_queues, require, walk
from benchmarks.peers.task import DAY_S, KWH, NEVER, Task
from twin.case import Case, pose
from twin.config import Config
from twin.engine import account
from twin.engine.world import World, build_world
from twin.posed import live
from twin.tables.posed import N_KNOTS
from twin.tables.results import OUTCOMES, LinksTable, SessionsTable
from twin.tables.state import PLUGGED, QUEUE

SERVED = OUTCOMES.index("served")
BEHAVIOUR = {"patience_s": 86_400, "prepared_share": 0.0, "trip_target_soc": 0.05, "rescue_s": 2_678_400}
"""Nobody leaves a queue, nobody is rescued, nobody charges before setting out: the task sizes stations by who passes."""


class Tables(NamedTuple):
    """The arguments of `twin.simulate`."""

    network: dict[str, Any]
    stations: dict[str, Any]
    vehicles: dict[str, Any]
    trips: dict[str, Any]
    config: Config


def tables(task: Task) -> Tables:
    """Return the task as hand-made tables."""
    network, trips = task.network, task.trips
    capacity_ws = task.curve.capacity_ws
    # Half a watt-second more, so that the share gives back the whole number.
    soc = np.minimum((task.vehicles.energy_ws + 0.5) / capacity_ws, 1.0)
    return Tables(
        {
            "nodes": {"lon": 110.0 + network.x_km / 100, "lat": 30.0 + network.y_km / 100},
            "links": {
                "from_node": network.from_node, "to_node": network.to_node, "length_km": network.length_km,
                "speed_kmh": network.speed_kmh,
            },
        },
        {name: getattr(task.stations, name) for name in ("node", "n_evse", "rated_power_kw")},
        {
            "soc": soc, "capacity_kwh": capacity_ws / KWH,
            "consumption_kwh_per_km": task.link_ws / KWH / network.length_km[0],
            "power_kw": np.broadcast_to(knots_kw(task.curve), (task.n_vehicles, N_KNOTS)),
        },
        {name: getattr(trips, name) for name in ("vehicle", "origin", "destination", "depart_s")},
        Config.model_validate({
            "period": {"n_days": task.end_s // DAY_S},
            "behaviour": BEHAVIOUR,
        }),
    )  # fmt: skip


def knots_kw(curve: Curve) -> Any:
    """Return the curve at 21 points; beyond the target it stays as it is there."""
    energy_ws = np.minimum(np.linspace(0, curve.capacity_ws, N_KNOTS), curve.target_ws)
    segment = np.minimum(energy_ws // curve.segment_ws, len(curve.power_w) - 1).astype(int)
    return (curve.power_w[segment] + curve.slope_per_s[segment] * (energy_ws - segment * curve.segment_ws)) / 1000


def simulate(case: Case, world: World) -> Outcome:
    """Live the case and read its outcome."""
    kept: defaultdict[str, list[Any]] = defaultdict(list)
    live(world, lambda name, rows: kept[name].append(rows))
    visits = joined(SessionsTable, kept["sessions"])
    served = visits.outcome == SERVED
    links = joined(LinksTable, kept["links"])
    n_links = len(case.given.roads.link_to)
    entries = np.bincount(links.link, weights=links.n_vehicles, minlength=n_links).astype(np.int32)
    tours = case.given.itineraries
    end_s = np.where(tours.end_s < 0, NEVER, tours.end_s)[np.argsort(case.trip_rows)]
    stranded = np.concatenate([table.vehicle for table in kept["stranded"]])
    log = [visits._asdict()[name][served] for name in ("vehicle", "station", "arrival_s", "plug_in_s", "end_s")]
    still = at_stations(world)
    sessions = Sessions(*(np.concatenate(pair) for pair in zip(log, still, strict=True)))
    return Outcome(sessions, end_s.astype(np.int32), entries, stranded)


def joined(table: type[Any], parts: list[Any]) -> Any:
    """Return the rows of several tables as one."""
    return table(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def at_stations(world: World) -> Sessions:
    """Return who is plugged in or queues when the clock stops."""
    active, out = world.active, world.slots_out()
    slots = out[np.isin(active.phase[out], (PLUGGED, QUEUE))]
    start_s = np.where(active.phase[slots] == PLUGGED, active.plug_in_s[slots], NEVER)
    station = world.given.pools.station[active.pool[slots]]
    return Sessions(active.vehicle[slots], station, active.arrival_s[slots], start_s, np.full(len(slots), NEVER))


def prepare(task: Task) -> Callable[[], Outcome]:
    """Read the tables, and compile on a case of twenty vehicles."""
    small = pose(*tables(overload()))
    small_world = build_world(small.given, 1)
    simulate(small, small_world)
    account.finish(small_world)
    case = pose(*tables(task))
    world = build_world(case.given, 1)
    return lambda: simulate(case, world)


def judge(task: Task, outcome: Outcome) -> None:
    """Refuse an outcome in which a trip did not end, a link was not driven, or a queue broke its law."""
    log = outcome.sessions
    require((outcome.trip_end_s < NEVER).all() and not len(outcome.stranded), "a trip did not end")
    n_entries = walk(task).link_entries.sum()
    require(outcome.link_entries.sum() == n_entries, "vehicles did not drive as many links as the trips have")
    n_sessions = np.bincount(log.vehicle, minlength=task.n_vehicles)
    day_ws = task.link_ws * n_entries // task.n_vehicles
    require((n_sessions[task.vehicles.energy_ws < day_ws] > 0).all(), "a vehicle drove without energy")
    require((log.start_s >= log.arrival_s).all() and (log.end_s > log.start_s).all(), "a session ends before it starts")
    check_queues(task, log)


if __name__ == "__main__":
    main("ours", prepare, judge)
