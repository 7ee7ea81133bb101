"""The peers: what they are installed as, how many vehicles suit them, and what each lacks."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import twin

TWIN, OURS, OUR_QUEUES = "twin", "ours", "our_queues"
N_VEHICLES = N_SESSIONS = 100_000
PLAIN = "roads, batteries, queues and their laws are the user's to write; one core"


class Peer(NamedTuple):
    """One script of this folder.

    Attributes
    ----------
    module, title : str
        Name of the script; name in the table.
    distribution : str
        Name under which it is installed.
    n_units : int
        Vehicles, or sessions, of a measurement unless another number is asked for.
    lacks : str
        What a planner would miss.
    """

    module: str
    title: str
    distribution: str
    n_units: int
    lacks: str

    @property
    def version(self) -> str | None:
        """The installed version; None where it is not installed. Ours is at hand wherever this folder is."""
        if self.distribution == TWIN:
            return twin.__version__
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None


PEERS = (
    Peer(OURS, "twin", TWIN, N_VEHICLES, ""),
    Peer("mesa_agents", "Mesa, object agents in 5-minute windows", "mesa", N_VEHICLES, PLAIN),
    Peer(
        "simpy_processes",
        "SimPy, a process per vehicle",
        "simpy",
        N_VEHICLES,
        PLAIN + "; arrivals of one second are served in the order of scheduling",
    ),
    Peer(
        "numpy_vectorised",
        "NumPy, vectorised windows",
        "numpy",
        N_VEHICLES,
        PLAIN + "; sessions are fixed on arrival, so no shared power, no reneging; no jams, no choice of station",
    ),
    Peer(
        "uxsim_traffic",
        "UXsim, C++ engine, platoons of one",
        "uxsim",
        N_VEHICLES,
        "batteries, stations, queues; has jams instead",
    ),
    Peer(
        "sumo_meso",
        "SUMO meso, charges as timed stops",
        "libsumo",
        N_VEHICLES,
        "stations and queues in meso, so charges are stops told beforehand; has jams and junctions instead",
    ),
)
"""Peers on the common task; ours first."""

QUEUE_PEERS = (
    Peer(OUR_QUEUES, "twin", TWIN, N_SESSIONS, ""),
    Peer("ciw_queues", "Ciw, a simulation per station", "ciw", N_SESSIONS, "roads, batteries, power; one core"),
    Peer("simpy_queues", "SimPy, a process per session", "simpy", N_SESSIONS, PLAIN),
    Peer("numpy_queues", "NumPy, all stations a turn", "numpy", N_SESSIONS, PLAIN + "; needs all arrivals beforehand"),
)
"""Peers on the queue task; ours first."""


def peer(module: str) -> Peer:
    """Return the peer of a script."""
    return next(row for row in PEERS + QUEUE_PEERS if row.module == module)
