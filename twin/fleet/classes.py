"""Vehicle classes: what a vehicle consumes, how fast it charges, and with which group it travels."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from twin.errors import DataError, Faults
from twin.physics import segment_times_s
from twin.tables.columns import F64, STR, U8
from twin.tables.inputs import VEHICLE_KINDS, VehicleClasses
from twin.tables.seeds import read

GROUPS = ("private car", "taxi", "van", "regional truck", "long-haul truck")
"""Traveller groups of the trip tables."""

CAR_GROUPS = (0, 1, 2)
TRUCK_GROUPS = (3, 4)

STAYS_HOME = 255
"""Group of those that never leave their zone: city buses, drayage trucks and micro cars."""

TOWN_CLASSES = ("micro",)
"""Private cars that stay in town: packs of 17 to 26 kWh and a top speed near 100 km/h, rare on expressways (note of the
vehicle seed; from memory, unverified, low confidence)."""

GROUP_OF = {"car": 0, "taxi": 1, "van": 2, "bus": STAYS_HOME, "drayage": STAYS_HOME, "regional": 3, "long": 4}
"""Traveller group of a kind, or of a truck's haul."""

N_CURVE_KNOTS = 21
WS_PER_M = 36.0
"""1 kWh/100 km in Ws/m."""

TRUCK_SPEED_KMH = 80.0
TRUCK_AIR_SHARE = 0.40
"""Share of air drag in a loaded tractor's consumption at 80 km/h; derived: 0.5 * 1.2 kg/m3 * 6 m2 * (22.2 m/s)^2 = 1.8
kN at 88 % drive-line efficiency, against 1.25 kWh/km. Low confidence."""


class ClassShares(NamedTuple):
    """How the vehicles of a kind fall into classes.

    Attributes
    ----------
    share : ndarray of float64, shape (n_kinds, n_classes)
        National share within the kind, each row sums to one.
    has_engine : ndarray of bool, shape (n_classes,)
        Plug-in hybrids and range extenders.
    """

    share: F64
    has_engine: np.ndarray


def load_classes(folder: Path | str | None = None, consumption_factor: float = 1.0) -> tuple[VehicleClasses, list[str]]:
    """Read the vehicle classes.

    Parameters
    ----------
    folder : pathlib.Path or str, optional
        Folder of the seeds; the packaged ones by default.
    consumption_factor : float
        What they consume, as a multiple of the seed.

    Returns
    -------
    classes : VehicleClasses
        One row a class, in the order of ``vehicle_classes.csv``.
    names : list of str
        Their names.

    Raises
    ------
    DataError
        If a class lacks its curve, or a truck its haul; every fault at once.
    """
    seed, hauls = read("vehicle_classes", folder), read("truck_hauls", folder)
    names = [str(name) for name in seed["vehicle_class"]]
    loaded = dict(zip(hauls["haul"], hauls["loaded_share"], strict=True))
    faults = Faults()
    for name, kind, haul in zip(names, seed["kind"], seed["haul"], strict=True):
        if kind == "truck" and haul not in loaded:
            faults.add(f"vehicle_classes.csv, {name}, haul", haul or "blank", f"one of {', '.join(loaded)}", "name it")
    faults.raise_if_any(DataError)
    road_a, road_b = _road_coefficients(seed, loaded)
    curves = _curves(names, folder)
    capacity_ws = np.rint(seed["usable_kwh"] * 3.6e6).astype(np.int64)
    classes = VehicleClasses(
        kind=np.array([VEHICLE_KINDS.index(kind) for kind in seed["kind"]], np.uint8),
        has_engine=seed["has_engine"].astype(np.uint8),
        capacity_ws=capacity_ws,
        ac_power_w=np.rint(seed["ac_kw"] * 1e3).astype(np.int32),
        city_ws_per_m=seed["city_kwh_100km"] * WS_PER_M * consumption_factor,
        road_a_ws_per_m=road_a * consumption_factor,
        road_b_ws_per_m=road_b * consumption_factor,
        curve_w=curves,
        ceiling_w=np.maximum.accumulate(curves[:, ::-1], axis=1)[:, ::-1].copy(),
        full_s=segment_times_s(curves, capacity_ws),
        peak_w=curves.max(axis=1),
        group=_groups(names, seed),
        swap_share=seed["swap_share"].astype(np.float64),
    )
    return classes, names


def load_voltages(folder: Path | str | None = None) -> F64:
    """Return the nominal battery voltage of each class (V), in the order of `load_classes`."""
    return read("vehicle_classes", folder)["voltage_v"].astype(np.float64)


def load_shares(year: str, folder: Path | str | None = None) -> ClassShares:
    """Return how each kind falls into classes at the end of a year.

    Parameters
    ----------
    year : str
        Year of the fleet, such as ``"2027"`` or ``"2027-stress"``; a month counts as its year. Shares are known for
        2025 and 2027; the years between are interpolated, those outside take the nearer one.
    """
    seed = read("vehicle_classes", folder)
    later = min(max((int(year[:4]) - 2025) / 2.0, 0.0), 1.0)
    national = (1.0 - later) * seed["share_2025"] + later * seed["share_2027"]
    share = np.array([national * (seed["kind"] == kind) for kind in VEHICLE_KINDS])
    return ClassShares(share / share.sum(axis=1, keepdims=True), seed["has_engine"].astype(bool))


def _groups(names: list[str], seed: dict[str, np.ndarray]) -> U8:
    """Return the traveller group of each class."""
    groups = [GROUP_OF[haul or kind] for kind, haul in zip(seed["kind"], seed["haul"], strict=True)]
    return np.where(np.isin(names, TOWN_CLASSES), STAYS_HOME, groups).astype(np.uint8)


def _road_coefficients(seed: dict[str, np.ndarray], loaded: dict[str, float]) -> tuple[F64, F64]:
    """Return a and b of ``a + b v**2`` (Ws/m, v in km/h).

    Cars and buses go through their consumption at 100 and 120 km/h. Vehicles known by one figure only (trucks, whose
    figure is the mean of loaded and empty running at 80 km/h) get the air drag's share of it as the b term.
    """
    at_100, at_120 = seed["hw100_kwh_100km"] * WS_PER_M, seed["hw120_kwh_100km"] * WS_PER_M
    b = (at_120 - at_100) / (120.0**2 - 100.0**2)
    a = at_100 - b * 100.0**2
    load = np.array([loaded.get(haul, 0.5) for haul in seed["haul"]])
    mean = (load * seed["loaded_kwh_km"] + (1.0 - load) * seed["empty_kwh_km"]) * 100.0 * WS_PER_M
    single = (at_120 <= at_100) | (seed["kind"] == "truck")
    mean = np.where(np.isnan(mean), at_100, mean)
    a = np.where(single, (1.0 - TRUCK_AIR_SHARE) * mean, a)
    b = np.where(single, TRUCK_AIR_SHARE * mean / TRUCK_SPEED_KMH**2, b)
    return a, b


def _curves(names: list[str], folder: Path | str | None) -> F64:
    """Return the charging power (W) of each class at soc 0, 0.05 .. 1."""
    seed = read("charging_curves", folder)
    knots = np.linspace(0.0, 1.0, N_CURVE_KNOTS)
    curves = np.zeros((len(names), N_CURVE_KNOTS))
    faults = Faults()
    which: STR = seed["vehicle_class"]
    for row, name in enumerate(names):
        soc, power = seed["soc"][which == name], seed["power_kw"][which == name]
        order = np.argsort(soc, kind="stable")
        if soc.size == 0 or soc.min() > 0.0 or soc.max() < 1.0:
            faults.add(f"charging_curves.csv, {name}", f"{soc.size} points", "points from soc 0 to 1", "add them")
            continue
        curves[row] = np.interp(knots, soc[order], power[order]) * 1e3
    faults.raise_if_any(DataError)
    return curves
