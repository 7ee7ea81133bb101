"""Tables of small cases for `twin.simulate`: a straight road, plain cars, and what a run says of them."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

import twin
from twin.config import Config
from twin.store import Run

PATIENT = {"patience_s": 86_400, "taste_cny": 0.0}


def behave(n_days: int = 1, **behaviour: Any) -> Config:
    """Return a configuration in which nobody leaves a queue, and cost alone decides."""
    return Config.model_validate({"period": {"n_days": n_days}, "behaviour": PATIENT | behaviour})


def road(n_links: int, length_km: float = 10.0, speed_kmh: float = 90.0, both_ways: bool = False) -> dict[str, Any]:
    """Return nodes 0 .. n_links on a line and links from each to the next."""
    here = np.arange(n_links)
    ends = {"from_node": here, "to_node": here + 1}
    if both_ways:
        ends = {"from_node": np.concatenate([here, here + 1]), "to_node": np.concatenate([here + 1, here])}
    nodes = {"lon": 110.0 + np.arange(n_links + 1) / 10, "lat": np.full(n_links + 1, 30.0)}
    return {"nodes": nodes, "links": {**ends, "length_km": length_km, "speed_kmh": speed_kmh}}


def cars(soc: Any, **columns: Any) -> dict[str, Any]:
    """Return cars of 60 kWh that take 0.2 kWh/km and 100 kW."""
    plain = {"capacity_kwh": 60.0, "consumption_kwh_per_km": 0.2, "power_kw": 100.0}
    return {"soc": np.atleast_1d(soc), **plain, **columns}


def along(n_vehicles: int, destination: int, depart_s: Any) -> dict[str, Any]:
    """Return one trip a vehicle, from node 0."""
    return {
        "vehicle": np.arange(n_vehicles), "origin": 0, "destination": destination,
        "depart_s": np.broadcast_to(depart_s, n_vehicles),
    }  # fmt: skip


def overload(n_vehicles: int = 20, gap_s: int = 300) -> tuple[Any, ...]:
    """Return vehicles that come to 2 EVSEs at equal distances and take them for 900 s each.

    With 7 of 60 kWh a driver means to be at the station, 10 km on, with 7 - 1.1 * 2 = 4.8 kWh and to charge to the fast
    target of 18 kWh. It comes with 5.0, and 13 kWh at 52 kW take 900 s.
    """
    return (
        road(2), {"node": [1], "n_evse": 2, "rated_power_kw": 120.0}, cars(np.full(n_vehicles, 7 / 60), power_kw=52.0),
        along(n_vehicles, 2, np.arange(n_vehicles) * gap_s), behave(reserve_soc=0.05, fast_target_soc=0.3),
    )  # fmt: skip


def starts(arrival_s: list[int], n_evse: int, service_s: int) -> list[int]:
    """Return when each session of a queue starts, first come first served, found one by one."""
    free_s = [0] * n_evse
    found = []
    for second in arrival_s:
        found.append(max(second, free_s[0]))
        heapq.heapreplace(free_s, found[-1] + service_s)
    return found


def sessions(run: Run) -> list[dict[str, Any]]:
    """Return the visits of a run in the order of arrival."""
    return sorted(run.sessions.to_table().to_pylist(), key=lambda row: (row["arrival_s"], row["vehicle"]))


def trips(run: Run) -> list[dict[str, Any]]:
    """Return what became of the trips."""
    return list(run.table("trips").to_pylist())


def live(*case: Any, **options: Any) -> Run:
    """Live a case on one worker."""
    return twin.simulate(*case, **{"workers": 1, **options})
