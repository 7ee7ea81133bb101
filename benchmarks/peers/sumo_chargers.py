"""SUMO's microscopic model with batteries and charging stations: small cases, for it moves every car every second."""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import libsumo  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from benchmarks.peers.sumo_files import write_network
from benchmarks.peers.task import NEVER, Ints, Task

MASS_KG, GRAVITY = 1500, 9.81
WH = 3600
STILL_MPS = 0.1
ALWAYS: dict[str, float | str] = {
    "device.battery.probability": 1,
    "no-step-log": "true",
    "no-warnings": "true",
    "route-steps": 0,
}
FINDER: dict[str, float | str] = {
    "device.stationfinder.probability": 1,
    "device.stationfinder.needToChargeLevel": 0.25,
    "device.stationfinder.saturatedChargeLevel": 0.8,
    "device.stationfinder.checkEnergyForRoute": "false",
    "device.stationfinder.emptyThreshold": 0,
    "device.stationfinder.radius": 4000,
}
"""Cars look for a station by themselves, at the levels of the task and as far ahead as the next site."""


def car(task: Task) -> str:
    """Return the type of all cars: rolling resistance alone takes `link_ws` from the battery over a link."""
    force_n = task.link_ws / (task.network.length_km[0] * 1000)
    params = {
        "device.battery.capacity": task.curve.capacity_ws / WH,
        "vehicleMass": MASS_KG,
        "rollDragCoefficient": force_n / (MASS_KG * GRAVITY),
        "airDragCoefficient": 0,
        "constantPowerIntake": 0,
        "propulsionEfficiency": 1,
        "recuperationEfficiency": 1,
    }
    words = "".join(f'<param key="{key}" value="{value}"/>' for key, value in params.items())
    looks = 'vClass="passenger" emissionClass="Energy/default" speedFactor="1" speedDev="0" sigma="0"'
    return f'<vType id="car" mass="{MASS_KG}" {looks}>{words}</vType>'


def write_stations(task: Task, path: Path) -> None:
    """Write a parking area with a place for each EVSE, and the chargers over it, at the end of the link to each station."""
    lines = []
    for row, (node, n_evse) in enumerate(zip(task.stations.node, task.stations.n_evse, strict=True)):
        link = int(np.flatnonzero(task.network.to_node == node)[0])
        end_m = task.network.length_km[link] * 1000
        place = f'lane="{link}_0" startPos="{end_m - 10 * n_evse - 20}" endPos="{end_m - 10}"'
        power_w = task.stations.rated_power_kw[row] * 1000
        lines.append(f'<parkingArea id="p{row}" {place} roadsideCapacity="{n_evse}"/>')
        lines.append(f'<chargingStation id="c{row}" {place} power="{power_w}" efficiency="1" parkingArea="p{row}"/>')
    path.write_text("<additional>" + "".join(lines) + "</additional>")


def write_cars(task: Task, path: Path, stop: str) -> None:
    """Write the cars in the order of departure, all along the whole road, each with the same stops."""
    links = " ".join(str(row) for row in range(len(task.network.to_node)))
    lines = [car(task)]
    for vehicle in np.argsort(task.trips.depart_s, kind="stable").tolist():
        level = f'<param key="device.battery.chargeLevel" value="{task.vehicles.energy_ws[vehicle] / WH}"/>'
        lines.append(
            f'<vehicle id="{vehicle}" type="car" departSpeed="max" depart="{task.trips.depart_s[vehicle]}">'
            f'<route edges="{links}"/>{stop}{level}</vehicle>'
        )
    path.write_text("<routes>" + "\n".join(lines) + "</routes>")


class Seen(NamedTuple):
    """What SUMO's logs and its cars say when the clock stops.

    Attributes
    ----------
    start_s, trip_end_s : ndarray
        Start of the last stop of each car, and its arrival; NEVER where there was none.
    n_removed, n_charging, n_queued, n_under_way : int
        Cars taken out because they ran empty, and cars on the road by what they do.
    n_on_empty : int
        Cars that arrived after going on with an empty battery.
    """

    start_s: Ints
    trip_end_s: Ints
    n_removed: int
    n_charging: int
    n_queued: int
    n_under_way: int
    n_on_empty: int


def run(task: Task, stop: str, options: dict[str, float | str]) -> Seen:
    """Run a task of one road until its clock stops."""
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as name:
        folder = Path(name)
        write_network(task.network, folder)
        write_stations(task, folder / "stations.xml")
        write_cars(task, folder / "cars.xml", stop)
        files = {
            "net-file": "net.xml",
            "additional-files": "stations.xml",
            "route-files": "cars.xml",
            "stop-output": "stops.xml",
            "tripinfo-output": "trips.xml",
        }
        options = {option: str(folder / file) for option, file in files.items()} | ALWAYS | options
        options |= {"end": task.end_s}
        libsumo.start(["sumo", *(part for option, value in options.items() for part in (f"--{option}", str(value)))])
        while libsumo.simulation.getMinExpectedNumber() and libsumo.simulation.getTime() < task.end_s:
            libsumo.simulationStep(min(libsumo.simulation.getTime() + 600, task.end_s))
        left = libsumo.vehicle.getIDList()
        n_charging = sum(libsumo.vehicle.isStopped(row) for row in left)
        n_still = sum(libsumo.vehicle.getSpeed(row) < STILL_MPS for row in left)
        libsumo.close()
        return seen(task, folder, n_charging, n_still - n_charging, len(left) - n_still)


def seen(task: Task, folder: Path, n_charging: int, n_queued: int, n_under_way: int) -> Seen:
    """Read the logs."""
    start_s, trip_end_s = (np.full(task.n_vehicles, NEVER, np.int32) for _ in range(2))
    n_removed = n_on_empty = 0
    for trip in ET.parse(folder / "trips.xml").getroot():
        if trip.attrib["vaporized"]:
            n_removed += 1
        else:
            trip_end_s[int(trip.attrib["id"])] = float(trip.attrib["arrival"])
        n_on_empty += any(int(battery.attrib["depleted"]) for battery in trip.iter("battery"))
    for row in ET.parse(folder / "stops.xml").getroot():
        start_s[int(row.attrib["id"])] = float(row.attrib["started"])
    return Seen(start_s, trip_end_s, n_removed, n_charging, n_queued, n_under_way, n_on_empty)
