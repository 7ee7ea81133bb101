"""Where EVSEs go: each rule weighs the counties, or the sides of service areas, of the nation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.stations.layers import hub_weight, sides_of, urban_weight
from twin.stations.service_areas import Sides, potential
from twin.stations.sites import Sites
from twin.stations.sphere import on_sphere_km
from twin.stations.stock import Cells, figure
from twin.stations.trunk_roads import trunk_km
from twin.tables.columns import F64, I64
from twin.tables.inputs import SITE_TYPES

if TYPE_CHECKING:
    from twin.network.graph import Network
    from twin.network.regions import Regions
    from twin.stations.placement import Extent

__all__ = ["MOST_APART_KM", "SERVICE_AREA", "Grounds", "survey"]

SERVICE_AREA = "service area"
MOST_APART_KM = 80.0
"""Distance between two stations of a truck corridor: 50 to 80 km on the core sections of Yunnan's, China transport news,
2025-11."""


@dataclass(frozen=True)
class Grounds:
    """Where stations may be built, and what stands there.

    Attributes
    ----------
    n_provinces : int
        Provinces.
    province : dict of str to ndarray of int64
        Province of every unit, by kind of site; units are counties, at service areas sides.
    people : dict of str to ndarray of float64
        Whom a unit has to serve: electric vehicles, people, traffic.
    ordinary : dict of str to ndarray of float64
        How the stock is shared out within a province.
    standing_w : dict of str to ndarray of float64
        Rated power of what stands at a unit.
    added_w : dict of str to float
        Rated power that orders add in all.
    waits_s : dict of str to ndarray of float64
        Seconds waited at a unit in another run; empty without one.
    corridor : ndarray of float64, shape (n_sides,)
        1 and more at sides as far apart as 80 km allow, the more the busier the line; 0 between them.
    sides : Sides
        Sides of service areas.
    county_zone : ndarray of int64, shape (n_counties,)
        Zone of each county.
    """

    n_provinces: int
    province: dict[str, I64]
    people: dict[str, F64]
    ordinary: dict[str, F64]
    standing_w: dict[str, F64]
    added_w: dict[str, float]
    waits_s: dict[str, F64]
    corridor: F64
    sides: Sides
    county_zone: I64

    def weights(self, rule: str, site_type: str) -> F64:
        """Return the weight of every unit under a rule.

        'plan' and 'need' weigh whom a unit has to serve; 'equity' what it lacks of the power a head up to which all that is
        added can lift those who have least; 'waits' the seconds waited there; 'corridor' is for service areas.
        """
        people = self.people[site_type]
        if rule == "equity":
            standing = self.standing_w[site_type]
            level = _level(standing, people, self.added_w.get(site_type, 0.0))
            return _with_rest(np.maximum(people * level - standing, 0.0), people)
        if rule == "waits":
            return _with_rest(self.waits_s[site_type], people)
        if rule == "corridor":
            return self.corridor
        return self.ordinary[site_type] if rule == "plan" else people


def survey(
    regions: Regions, network: Network, sites: Sites, cells: Cells, extent: Extent,
    added_w: dict[str, float], waits_s: dict[str, F64],
) -> Grounds:  # fmt: skip
    """Look at the nation as a planner does.

    Parameters
    ----------
    regions, network
        The nation and its roads.
    sites : Sites
        What stands, in any order.
    cells : Cells
        What its EVSEs are.
    extent : Extent
        Counties as discs.
    added_w, waits_s
        See `Grounds`.
    """
    sides = sides_of(regions, network)
    raw = potential(sides.lon, sides.lat, regions.zone_lon, regions.zone_lat, regions.zone_population)
    province = {name: regions.county_province.astype(np.int64) for name in SITE_TYPES}
    trucks = figure("heavy_truck_share", regions.province_code)
    hubs = hub_weight(regions, extent.county_km)
    by_trucks = hubs * (trucks / np.bincount(regions.county_province, hubs))[regions.county_province]
    rural = regions.county_rural_population.astype(np.float64)
    road_km = trunk_km(extent)
    passing = potential(regions.county_lon, regions.county_lat, regions.zone_lon, regions.zone_lat, regions.zone_population)
    ordinary = {SERVICE_AREA: raw, "trunk road": road_km}
    people = {
        "urban public": urban_weight(regions), SERVICE_AREA: raw**2, "county": rural, "township": rural,
        "freight hub": by_trucks, "depot": urban_weight(regions), "trunk road": road_km * passing**2,
    }  # fmt: skip
    province[SERVICE_AREA] = province["county"][sides.county]
    power_w = (sites.n_evse * cells.rated_w).sum(axis=1).astype(np.float64)
    standing = {}
    for number, name in enumerate(SITE_TYPES):
        rows = np.flatnonzero(sites.site_type == number)
        unit = sites.side[rows] if name == SERVICE_AREA else sites.county[rows]
        standing[name] = np.bincount(unit, power_w[rows], len(people[name])).astype(np.float64)
    # A county town serves its townships too.
    standing["county"] = standing["township"] = standing["county"] + standing["township"]
    return Grounds(
        n_provinces=regions.n_provinces, province=province, people=people, ordinary=people | ordinary,
        standing_w=standing, added_w=added_w, waits_s=waits_s, corridor=_corridor(network, sides, raw), sides=sides,
        county_zone=regions.county_zone.astype(np.int64),
    )  # fmt: skip


def _with_rest(weight: F64, people: F64) -> F64:
    """Return shares by weight, with next to nothing by people, so that every unit with people can be given something."""
    return np.asarray(weight / max(float(weight.sum()), 1e-9) + 1e-9 * people / people.sum())


def _level(standing: F64, people: F64, added: float) -> float:
    """Return the power a head up to which `added` lifts those who have least."""
    order = np.argsort(standing / np.maximum(people, 1e-9), kind="stable")
    has, heads = standing[order], np.maximum(people[order], 1e-9)
    lifted = np.cumsum(heads) * (has / heads) - np.cumsum(has)  # what lifts all before to the level of each
    n = max(int(np.searchsorted(lifted, added, "right")), 1)
    return float((added + has[:n].sum()) / heads[:n].sum())


def _corridor(network: Network, sides: Sides, busy: F64) -> F64:
    """Pick sides along every line and direction as far apart as 80 km allow, and weigh them by how busy their line is."""
    weight = np.zeros(len(sides.side))
    line = network.link_line[sides.link].astype(np.int64) * 2 + sides.link % 2
    place = on_sphere_km(sides.lon, sides.lat)
    for code in np.unique(line).tolist():
        rows = np.flatnonzero(line == code)
        apart_km = np.linalg.norm(np.diff(place[rows], axis=0), axis=1)
        picked, since_km = [0], 0.0
        for number, step_km in enumerate(apart_km.tolist(), 1):
            since_km += step_km
            ahead_km = apart_km[number] if number < len(apart_km) else 0.0
            if since_km + ahead_km > MOST_APART_KM:
                picked.append(number)
                since_km = 0.0
        weight[rows[picked]] = 1.0 + busy[rows].mean() / busy.max()
    return weight
