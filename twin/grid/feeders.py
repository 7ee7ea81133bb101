"""Medium-voltage feeders as they might stand behind service areas and counties: what a power flow is solved on."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from twin.tables.columns import F64

__all__ = ["POWER_FACTOR", "Feeder", "Upgrade", "county_feeder", "feeders_of_county", "service_area_feeder", "upgrades"]

POWER_FACTOR = 0.95
"""Of site transformers and of the other load, lagging; as in `stations.site_limit_share`. From memory, unverified."""
OVERHEAD, CABLE = "149-AL1/24-ST1A 10.0", "NA2XS2Y 1x240 RM/25 6/10 kV"
"""Standard types of pandapower: 470 A overhead as 150 mm2 aluminium-steel lines are, 417 A cable as 240 mm2 ones are."""
SERVICE_AREA_KM, COUNTY_KM = 12.0, 5.0
"""Length from the substation to the last node. From memory, unverified: 8 to 15 km in the country, 3 to 6 km in town."""
N_NODES = 6
"""Places along a feeder at which load is taken off."""
RURAL_LOAD_KW = 1500.0
"""Peak of the villages on the feeder of a service area. From memory, unverified."""
FEEDER_LOAD_KW = 4800.0
"""Peak without vehicles of a feeder in town: 60 % of the 8 MW that a 10 kV line carries. From memory, unverified."""
TRANSFORMER_CNY_PER_KVA, CIRCUIT_CNY_PER_KM = 900.0, 350_000.0
"""Costs. From memory, unverified (600 to 1,500 CNY/kVA; 0.2 to 0.6 M CNY/km)."""
HEADROOM = 1.1
"""A new transformer is a tenth larger than the peak behind it."""
MOST_CIRCUITS = 4


@dataclass(frozen=True)
class Feeder:
    """A radial 10 kV line, load along it, stations behind their transformers.

    Attributes
    ----------
    name, kind : str
        What it feeds; ``"service area"`` or ``"county"``.
    line_type : str
        Standard type of pandapower.
    n_circuits : int
        Equal lines side by side.
    section_km : ndarray of float64, shape (n_nodes,)
        Length of the section that ends at a node.
    base_kw : ndarray of float64, shape (n_nodes, n_hours)
        Load without public stations.
    site_kw : ndarray of float64, shape (n_nodes, n_hours)
        What stations draw from the grid.
    site_kva : ndarray of float64, shape (n_nodes,)
        Their transformers; 0 where there is none.
    """

    name: str
    kind: str
    line_type: str
    n_circuits: int
    section_km: F64
    base_kw: F64
    site_kw: F64
    site_kva: F64

    @property
    def peak_kw(self) -> float:
        """Largest load of stations together in an hour."""
        return float(self.site_kw.sum(axis=0).max())


@dataclass(frozen=True)
class Upgrade:
    """A feeder made stronger, how, and for how much."""

    words: str
    cost_cny: float
    feeder: Feeder


def service_area_feeder(name: str, site_kw: F64, site_limit_kw: float, shape: F64) -> Feeder:
    """Return an overhead line through villages to a service area at its end.

    Parameters
    ----------
    name : str
        The service area.
    site_kw : ndarray of float64, shape (n_hours,)
        What it draws from the grid.
    site_limit_kw : float
        What its transformer gives.
    shape : ndarray of float64, shape (n_hours,)
        Load of the other users, 1 at its peak.
    """
    at_end = np.zeros(N_NODES)
    at_end[-1] = 1.0
    return Feeder(
        name,
        "service area",
        OVERHEAD,
        1,
        np.full(N_NODES, SERVICE_AREA_KM / N_NODES),
        np.outer(np.full(N_NODES, RURAL_LOAD_KW / N_NODES), shape),
        np.outer(at_end, site_kw),
        at_end * site_limit_kw / POWER_FACTOR,
    )


def feeders_of_county(peak_kw: float) -> int:
    """Return how many feeders carry a county's load without vehicles."""
    return max(math.ceil(peak_kw / FEEDER_LOAD_KW), 1)


def county_feeder(name: str, base_kw: F64, site_kw: F64, site_limit_kw: F64) -> Feeder:
    """Return a cable through a town, its stations dealt along it in their order.

    Parameters
    ----------
    name : str
        The county.
    base_kw : ndarray of float64, shape (n_hours,)
        Load of the feeder without public stations.
    site_kw : ndarray of float64, shape (n_stations, n_hours)
        What each of its stations draws from the grid.
    site_limit_kw : ndarray of float64, shape (n_stations,)
        What their transformers give.
    """
    node = np.arange(len(site_kw)) * N_NODES // max(len(site_kw), 1)
    at = (node[None, :] == np.arange(N_NODES)[:, None]).astype(np.float64)
    return Feeder(
        name,
        "county",
        CABLE,
        1,
        np.full(N_NODES, COUNTY_KM / N_NODES),
        np.outer(np.full(N_NODES, 1.0 / N_NODES), base_kw),
        at @ site_kw,
        at @ site_limit_kw / POWER_FACTOR,
    )


def upgrades(feeder: Feeder) -> list[Upgrade]:
    """Return what could be built, the cheapest first: larger site transformers, further circuits, both."""
    wanted_kva = np.maximum(feeder.site_kva, HEADROOM * feeder.site_kw.max(axis=1) / POWER_FACTOR)
    more_kva = float((wanted_kva - feeder.site_kva).sum())
    found = []
    for n_more in range(MOST_CIRCUITS):
        for kva in (0.0, more_kva) if more_kva > 0.0 else (0.0,):
            words = [f"{kva:,.0f} kVA more at the sites"] * (kva > 0.0)
            words += [f"{n_more} more circuit{'s' * (n_more > 1)}"] * (n_more > 0)
            cost_cny = kva * TRANSFORMER_CNY_PER_KVA + n_more * float(feeder.section_km.sum()) * CIRCUIT_CNY_PER_KM
            stronger = dataclasses.replace(
                feeder, n_circuits=feeder.n_circuits + n_more, site_kva=wanted_kva if kva > 0.0 else feeder.site_kva
            )
            found.append(Upgrade(" and ".join(words), cost_cny, stronger))
    return sorted((upgrade for upgrade in found if upgrade.words), key=lambda upgrade: (upgrade.cost_cny, upgrade.words))
