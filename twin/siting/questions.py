"""What sites are to do for people and expressways, as problems of covering."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack
from scipy.spatial import cKDTree

from twin.metrics.highway import EXPRESSWAY
from twin.metrics.line_coverage import distance_ahead_m, links_before
from twin.metrics.people import rural_points
from twin.metrics.points import EARTH_KM, nearest_km, spiral, unit_vectors
from twin.metrics.rows import is_plug_of
from twin.siting.candidates import KINDS, LAYER_OF_KIND, Candidates, Package
from twin.stations.covering import Covering, distance_steps
from twin.tables.columns import F64, I64
from twin.tables.inputs import LAYERS, SERVES_TRUCKS

if TYPE_CHECKING:
    from twin.nation import Places
    from twin.stations.inventory import Inventory

__all__ = ["HIGHWAY_KM", "REACH_KM", "Question", "covering_question", "has_kind", "median_question"]

REACH_KM = {"urban": 3.0, "rural": 10.0}
"""Straight distance at which people count as covered; 3 km is the widest circle of the urban figures, 10 km own choice."""
HIGHWAY_KM = 50.0
PIECE_KM = 5.0
"""Expressways are cut into pieces of at most this length; a piece is covered if its whole length is."""
MOST_TOWN_POINTS = 128


class Question(NamedTuple):
    """A problem of covering, and how its answer is told.

    Attributes
    ----------
    covering : Covering
        Demands that are not met yet.
    now : float
        Figure without any new site.
    sign : int
        1 where a covered weight adds to the figure, -1 where it is taken off.
    unit, meaning : str
        Of the figure.
    """

    covering: Covering
    now: float
    sign: int
    unit: str
    meaning: str

    def figure(self, covered: float) -> float:
        """Return the figure once so much weight is covered."""
        return self.now + self.sign * covered


class Points(NamedTuple):
    """People of one layer: places, how many, and how far the nearest plug of the kind is now."""

    lon: F64
    lat: F64
    people: F64
    now_km: F64


def has_kind(inventory: Inventory, package: Package) -> np.ndarray:
    """Tell the stations that have an EVSE of the package's kind, ndarray of bool."""
    pools = inventory.pools
    fits = is_plug_of(pools, package.least_w)
    if package.for_trucks:
        fits &= (pools.serves & SERVES_TRUCKS) > 0
    found = np.zeros(len(inventory.stations.zone), bool)
    found[pools.station[fits]] = True
    return found


def people(inventory: Inventory, places: Places, package: Package, here: np.ndarray) -> dict[str, Points]:
    """Return urban and rural people of the provinces asked for, with their distance to the nearest plug of the kind."""
    regions, extent = places.regions, inventory.extent
    n = np.clip(np.ceil(extent.town_km**2), 4, MOST_TOWN_POINTS).astype(np.int64)
    county = np.repeat(np.arange(len(n)), n)
    step = np.arange(len(county)) - np.repeat(np.cumsum(n) - n, n)
    lon, lat = spiral(extent.lon[county], extent.lat[county], extent.town_km[county], step, n[county])
    parts = {"urban": (county, lon, lat, regions.county_urban_population[county] / n[county])}
    parts["rural"] = rural_points(inventory, regions)
    strong = has_kind(inventory, package) & (inventory.stations.layer != LAYERS.index("highway"))
    there = inventory.stations.lon[strong], inventory.stations.lat[strong]
    found = {}
    for layer, (of, x, y, many) in parts.items():
        rows = np.flatnonzero(here[regions.county_province[of]])
        found[layer] = Points(x[rows], y[rows], many[rows], nearest_km(x[rows], y[rows], *there))
    return found


def covering_question(
    inventory: Inventory, places: Places, package: Package, candidates: Candidates, here: np.ndarray, layers: tuple[str, ...]
) -> Question:
    """Ask for the largest mean of the layers' shares: people and expressway kilometres with a plug of the kind in reach.

    Parameters
    ----------
    inventory, places
        Stations, regions and roads.
    package : Package
        What is put up, and so which stations count already.
    candidates : Candidates
        Sites.
    here : ndarray of bool, shape (n_provinces,)
        Provinces whose people and roads count.
    layers : tuple of str
        Of urban, highway and rural; each has the same weight.
    """
    sets, weights, now = [], [], 0.0
    asked = people(inventory, places, package, here)
    for layer in layers:
        if layer == "highway":
            rows, weight, share = _highway(inventory, places, package, candidates, here)
        else:
            rows, weight, share = _near(asked[layer], candidates, REACH_KM[layer])
        sets.append(rows)
        weights.append(weight / len(layers))
        now += share / len(layers)
    weight, rows = np.concatenate(weights), csr_array(vstack(sets))
    covering = Covering(weight, rows, np.arange(len(weight)), candidates.cost_cny, candidates.province)
    meaning = f"mean over {', '.join(layers)} of the share with {package.least_w / 1000:,.0f} kW or more per EVSE in reach"
    return Question(covering, now, 1, "-", meaning)


def _near(points: Points, candidates: Candidates, reach_km: float) -> tuple[csr_array, F64, float]:
    """Sites within reach of the people who have none yet."""
    everyone = max(float(points.people.sum()), 1.0)
    left = np.flatnonzero(points.now_km > reach_km)
    local = np.flatnonzero(candidates.kind != KINDS.index("service area"))
    found = _within(points.lon[left], points.lat[left], candidates, local, np.full(len(left), reach_km))
    rows = _rows([sites for sites, _ in found], len(candidates.id))
    return rows, points.people[left] / everyone, 1.0 - float(points.people[left].sum()) / everyone


def _within(lon: F64, lat: F64, candidates: Candidates, local: I64, reach_km: F64) -> list[tuple[I64, F64]]:
    """Sites nearer than a distance of its own to each point, nearest first, with their distances."""
    if not len(local) or not len(lon):
        return [(np.zeros(0, np.int64), np.zeros(0))] * len(lon)
    sites = unit_vectors(candidates.lon[local], candidates.lat[local])
    points = unit_vectors(lon, lat)
    reach = 2.0 * np.sin(np.minimum(reach_km / EARTH_KM, np.pi) / 2.0)
    near = cKDTree(sites).query_ball_point(points, reach)
    found = []
    for point, rows in zip(points, near, strict=True):
        rows = np.array(sorted(rows), np.int64)
        chord = np.sqrt(((sites[rows] - point) ** 2).sum(axis=1))
        away = 2.0 * EARTH_KM * np.arcsin(np.minimum(chord / 2.0, 1.0))
        order = np.argsort(away, kind="stable")
        found.append((local[rows[order]], away[order]))
    return found


def _rows(members: list[I64], n_sites: int) -> csr_array:
    columns = np.concatenate(members) if members else np.zeros(0, np.int64)
    ends = np.concatenate(([0], np.cumsum([len(part) for part in members]))).astype(np.int64)
    return csr_array((np.ones(len(columns)), columns.astype(np.int64), ends), shape=(len(members), n_sites))


def _highway(
    inventory: Inventory, places: Places, package: Package, candidates: Candidates, here: np.ndarray
) -> tuple[csr_array, F64, float]:
    """Sides at most 50 km ahead of each piece of expressway that has none yet."""
    network, stations = places.network, inventory.stations
    length_m = network.link_length_m.astype(np.float64)
    roads = network.link_from, network.link_to, network.link_reverse, length_m
    has_plug = np.zeros(network.n_links, bool)
    at = stations.link[has_kind(inventory, package)]
    has_plug[at[at >= 0]] = True
    ahead_m = distance_ahead_m(network.link_from, network.link_to, network.link_reverse, length_m, has_plug)
    end, start = network.node_province[network.link_to], network.node_province[network.link_from]
    province = np.where(end >= 0, end, start)
    asked = np.flatnonzero((network.link_kind == EXPRESSWAY) & (province >= 0) & here[province])
    n_pieces = np.maximum(np.ceil(length_m[asked] / (1000.0 * PIECE_KM)), 1).astype(np.int64)
    link = np.repeat(asked, n_pieces)
    number = np.arange(len(link)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    metres = length_m[link] / np.repeat(n_pieces, n_pieces)
    left_m = length_m[link] - number * metres
    open_ = np.flatnonzero(left_m + ahead_m[link] > 1000.0 * HIGHWAY_KM)
    sides = np.flatnonzero(candidates.link >= 0)
    target, before, way_m = links_before(*roads, candidates.link[sides], 1000.0 * HIGHWAY_KM)
    order = np.argsort(before, kind="stable")
    first = np.searchsorted(before[order], np.arange(network.n_links + 1))
    members = []
    for piece in open_.tolist():
        rows = order[first[link[piece]] : first[link[piece] + 1]]
        members.append(np.sort(sides[target[rows[way_m[rows] + left_m[piece] <= 1000.0 * HIGHWAY_KM]]]))
    whole_m = max(float(metres.sum()), 1.0)
    return _rows(members, len(candidates.id)), metres[open_] / whole_m, 1.0 - float(metres[open_].sum()) / whole_m


def median_question(
    inventory: Inventory, places: Places, package: Package, candidates: Candidates, here: np.ndarray
) -> Question:
    """Ask for the least mean distance of people to a plug of the kind, straight line.

    Where no plug stands at all, people are reckoned to be as far as the farthest site.
    """
    asked = people(inventory, places, package, here)
    lon, lat, many, now_km = (np.concatenate(column) for column in zip(*asked.values(), strict=True))
    local = np.flatnonzero(candidates.kind != KINDS.index("service area"))
    if not np.isfinite(now_km).all():
        now_km = np.full(len(lon), EARTH_KM)
        away = [found[1].max(initial=0.0) for found in _within(lon, lat, candidates, local, now_km)]
        now_km = np.array(away)
    everyone = max(float(many.sum()), 1.0)
    found = _within(lon, lat, candidates, local, now_km)
    weight, rows, owner = distance_steps(many / everyone, [f[0] for f in found], [f[1] for f in found], now_km)
    wide = csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], len(candidates.id)))
    covering = Covering(weight, wide, owner, candidates.cost_cny, candidates.province)
    meaning = f"mean distance of people to {package.least_w / 1000:,.0f} kW or more per EVSE, straight line"
    return Question(covering, float((many * now_km).sum()) / everyone, -1, "km", meaning)


def layers_of(candidates: Candidates) -> set[str]:
    """Return the layers that there is a site for."""
    return {LAYER_OF_KIND[kind] for kind in np.unique(candidates.kind).tolist()}
