"""SUMO's mesoscopic model: the trips, and a timed stop where a charge would be; ``python -m benchmarks.peers.sumo_meso``.

Charging stations do not work in meso (eclipse-sumo/sumo#18050), so who charges where, and how long, is told beforehand,
and nobody queues. One segment a link, for nothing here asks for more. In the same process, so that start and input are not
counted.
"""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import libsumo  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from benchmarks.peers.curve import PlainCurve
from benchmarks.peers.measure import main
from benchmarks.peers.outcome import Outcome, require, sessions_of, walk
from benchmarks.peers.sumo_files import write_network
from benchmarks.peers.task import NEVER, Ints, Task

SEGMENT_M = "10000"
"""SUMO's own choice, 98 m, makes a hundred segments of a link, and slower runs."""
STOP = '<stop lane="{link}_0" parking="true" duration="{charge_s}"{until} actType="{ended} {station} {charge_s}"/>'
"""`ended` is the trip that ended there and `station` where the vehicle charges, -1 for none."""


def journeys(task: Task) -> Iterator[tuple[int, int, list[int], list[str]]]:
    """Give the vehicle, its departure, the links of all its trips, and its stops on the way.

    In meso a vehicle stops where a segment begins, so a stop at a node is one on the link that leaves it. Of two stops on
    one link SUMO keeps one, so who rests and charges at a node does both in one stop.
    """
    network, trips = task.network, task.trips
    next_link, to_node, station_at = network.next_link.tolist(), network.to_node.tolist(), task.station_at.tolist()
    curve, each = PlainCurve(task.curve), task.trips_each
    for vehicle, energy_ws in enumerate(task.vehicles.energy_ws.tolist()):
        links: list[int] = []
        stops: list[str] = []
        for row in range(vehicle * each, (vehicle + 1) * each):
            node, goal = int(trips.origin[row]), int(trips.destination[row])
            ended = row - 1 if links else -1
            while node != goal:
                link = next_link[goal][node]
                is_low = station_at[node] >= 0 and energy_ws < task.reserve_ws
                charge_s = curve.seconds(energy_ws) if is_low else 0
                if is_low or ended >= 0:
                    until = f' until="{trips.depart_s[row] + charge_s}"' if ended >= 0 else ""
                    station = station_at[node] if is_low else -1
                    stops.append(STOP.format(link=link, until=until, ended=ended, station=station, charge_s=charge_s))
                energy_ws = (curve.target_ws if is_low else energy_ws) - task.link_ws
                ended = -1
                links.append(link)
                node = to_node[link]
        yield vehicle, int(trips.depart_s[vehicle * each]), links, stops


def write_routes(task: Task, path: Path) -> None:
    """Write the journeys in the order of departure, as SUMO wants them."""
    with path.open("w") as file:
        file.write('<routes>\n<vType id="car" speedFactor="1" speedDev="0"/>\n')
        for vehicle, depart_s, links, stops in sorted(journeys(task), key=lambda row: (row[1], row[0])):
            edges = " ".join(map(str, links))
            file.write(f'<vehicle id="{vehicle}" type="car" depart="{depart_s}" departSpeed="max"><route edges="{edges}"/>')
            file.write("".join(stops) + "</vehicle>\n")
        file.write("</routes>\n")


def read_outcome(task: Task, folder: Path) -> Outcome:
    """Read the logs of stops and journeys."""
    each = task.trips_each
    ends = np.full(len(task.trips.vehicle), NEVER, np.int32)
    log: list[list[int]] = []
    for stop in ET.parse(folder / "stops.xml").getroot():
        ended, station, charge_s = (int(word) for word in stop.attrib["actType"].split())
        begin_s, end_s = (int(float(stop.attrib[name])) for name in ("started", "ended"))
        if ended >= 0:
            ends[ended] = begin_s
        if station >= 0:
            log.append([int(stop.attrib["id"]), station, end_s - charge_s, end_s - charge_s, end_s])
    entries = np.zeros(len(task.network.to_node), np.int32)
    for trip in ET.parse(folder / "trips.xml").getroot():
        ends[int(trip.attrib["id"]) * each + each - 1] = float(trip.attrib["arrival"])
    for edge in ET.parse(folder / "edges.xml").getroot().iter("edge"):
        entries[int(edge.attrib["id"])] = int(edge.attrib["left"]) + int(edge.attrib["arrived"])
    return Outcome(sessions_of(log), ends, entries, np.empty(0, np.int32))


def prepare(task: Task) -> Callable[[], Outcome]:
    keep = tempfile.TemporaryDirectory(prefix="twin-bench-")
    folder = Path(keep.name)
    write_network(task.network, folder)
    write_routes(task, folder / "routes.xml")
    (folder / "edges.add.xml").write_text('<additional><edgeData id="all" file="edges.xml"/></additional>')
    command = ["sumo", "--mesosim", "--meso-edgelength", SEGMENT_M, "--no-step-log", "--no-warnings", "--route-steps", "0"]
    command += ["-n", str(folder / "net.xml"), "-r", str(folder / "routes.xml"), "-a", str(folder / "edges.add.xml")]
    command += ["--stop-output", str(folder / "stops.xml"), "--tripinfo-output", str(folder / "trips.xml")]
    libsumo.start([*command, "--time-to-teleport", "-1", "--end", str(task.end_s)])

    def run() -> Outcome:
        libsumo.simulationStep(int(task.trips.depart_s.max()))
        while libsumo.simulation.getMinExpectedNumber() and libsumo.simulation.getTime() < task.end_s:
            libsumo.simulationStep(libsumo.simulation.getTime() + 600)
        libsumo.close()
        with keep:
            return read_outcome(task, folder)

    return run


def judge(task: Task, outcome: Outcome) -> None:
    """Hold the journeys and the stops to the walk; there are no queues to hold to anything."""
    wanted = walk(task)
    require((outcome.trip_end_s < NEVER).all(), "a trip did not end")
    require(np.array_equal(outcome.link_entries, wanted.link_entries), "links were not entered as the routes say")
    n_sessions: Ints = np.bincount(outcome.sessions.vehicle, minlength=task.n_vehicles).astype(np.int32)
    require(np.array_equal(n_sessions, wanted.n_sessions), "vehicles did not stop as their batteries say")


if __name__ == "__main__":
    main("sumo_meso", prepare, judge)
