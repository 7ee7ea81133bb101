"""Where stations could stand, with what each would cost: urban cells, townships, trunk roads and sides of service areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.errors import DataError
from twin.metrics.points import spiral
from twin.metrics.rows import is_plug_of
from twin.stations.limits import POWER_FACTOR, needed_kva, standard_kva
from twin.stations.placement import township_points
from twin.stations.sphere import nearest_on_sphere
from twin.tables import seeds
from twin.tables.columns import F64, I64, STR

if TYPE_CHECKING:
    from twin.config import Config
    from twin.nation import Places
    from twin.stations.inventory import Inventory

__all__ = ["CELL_KM", "KINDS", "LAYER_OF_KIND", "Candidates", "Package", "build_candidates", "package_of", "priced"]

KINDS = ("urban cell", "township", "service area", "trunk road")
LAYER_OF_KIND = ("urban", "rural", "highway", "rural")
CELL_KM = 3.0
"""Radius of urban cells: as far as the urban layer counts people as near."""
TRUNK_KM = 20.0
"""Trunk roads outside towns have a candidate for each piece of at most so many kilometres: as far as the rural layer counts
people as near, to both sides."""
HIGH_POWER_W, MEGAWATT_W = 250_000, 1_000_000


class Package(NamedTuple):
    """What is put up at a site.

    Attributes
    ----------
    power_class : int
        Row of ``seeds/power_classes.csv``.
    n_evse : int
        EVSEs.
    rated_w : int
        Rated power of one.
    for_trucks : bool
        Whether trucks are served too: from 1,000 kW on.
    least_w : int
        A station whose strongest EVSE has at least this power counts as one of the kind already.
    equipment_cny : float
        Cost of the EVSEs, put up.
    grid_cny_per_kva : float
        Cost of the grid connection.
    transformer_kva : float
        Largest transformer of a site.
    limit_share, efficiency : float
        As ``stations.site_limit_share`` and ``stations.module_efficiency``.
    """

    power_class: int
    n_evse: int
    rated_w: int
    for_trucks: bool
    least_w: int
    equipment_cny: float
    grid_cny_per_kva: float
    transformer_kva: float
    limit_share: float
    efficiency: float

    @property
    def power_w(self) -> int:
        """Rated power of all its EVSEs."""
        return self.n_evse * self.rated_w


class Candidates(NamedTuple):
    """Sites where the package could be put up, sorted by kind, county and number.

    Attributes
    ----------
    id : ndarray of str, shape (n_sites,)
        Stable names.
    kind : ndarray of int64, shape (n_sites,)
        Index into `KINDS`.
    county, province : ndarray of int64, shape (n_sites,)
        Where it is.
    lon, lat : ndarray of float64, shape (n_sites,)
        Degrees.
    link, station : ndarray of int64, shape (n_sites,)
        Directed link and standing station of a service-area side, -1 elsewhere.
    cost_cny : ndarray of float64, shape (n_sites,)
        EVSEs and grid connection.
    limit_w : ndarray of int64, shape (n_sites,)
        What the transformer lets through afterwards.
    """

    id: STR
    kind: I64
    county: I64
    province: I64
    lon: F64
    lat: F64
    link: I64
    station: I64
    cost_cny: F64
    limit_w: I64

    def take(self, rows: I64) -> Candidates:
        """Return the given rows."""
        columns: Any = (column[rows] for column in self)
        return Candidates(*columns)


def package_of(config: Config, power_class: str, n_evse: int, transformer_kva: float) -> Package:
    """Return what is put up at a site, with unit costs from the seeds.

    Equipment costs ``capex_cny_per_w`` of ``seeds/power_classes.csv``, a grid connection ``capex_grid_per_kva`` of
    ``seeds/nation_figures.csv``; both from memory, confidence low. Ground and buildings are not counted.

    Raises
    ------
    DataError
        If there is no such power class.
    """
    classes, figures = seeds.read("power_classes"), seeds.read("nation_figures")
    names = classes["power_class"].tolist()
    if power_class not in names:
        raise DataError(f"--power-class: found {power_class!r}; wanted one of {', '.join(names)}; give another")
    row = names.index(power_class)
    rated_w = round(float(classes["rated_kw"][row]) * 1000)
    return Package(
        power_class=row,
        n_evse=n_evse,
        rated_w=rated_w,
        for_trucks=rated_w >= MEGAWATT_W,
        least_w=next((limit for limit in (MEGAWATT_W, HIGH_POWER_W) if rated_w >= limit), rated_w),
        equipment_cny=n_evse * rated_w * float(classes["capex_cny_per_w"][row]),
        grid_cny_per_kva=float(figures["value"][figures["figure"] == "capex_grid_per_kva"][0]),
        transformer_kva=transformer_kva,
        limit_share=config.stations.site_limit_share,
        efficiency=config.stations.module_efficiency,
    )


def build_candidates(inventory: Inventory, places: Places, package: Package, is_new_only: bool = True) -> Candidates:
    """Return the sites whose transformer can feed the package; by default those without an EVSE of the kind.

    Urban cells stand on a sunflower spiral over the built-up disc of each county, as many as discs of `CELL_KM` fill it;
    townships where `twin.stations.placement.township_points` puts them; service-area sides as the roads have them; on trunk
    roads outside towns every piece of `TRUNK_KM` has one. At a side with a station the package comes beside what stands
    there, and its transformer grows.
    """
    parts = [of_kind(inventory, places) for of_kind in (_cells, _townships, _sides, _roadsides)]
    id_, county, lon, lat, link, station = (np.concatenate(column) for column in zip(*parts, strict=True))
    kind = np.repeat(np.arange(len(KINDS)), [len(part[0]) for part in parts])
    kva, cost_cny, limit_w = priced(inventory, package, station, np.ones(len(station), np.int64))
    province = places.regions.county_province[county].astype(np.int64)
    found = Candidates(id_, kind, county, province, lon, lat, link, station, cost_cny, limit_w)
    is_fed = kva <= package.transformer_kva
    is_new = _standing(inventory, station)[2] < package.least_w
    return found.take(np.flatnonzero(is_fed & (is_new | (not is_new_only))))


def priced(inventory: Inventory, package: Package, station: I64, n_packages: I64) -> tuple[F64, F64, I64]:
    """Return what packages need, cost, and get at sites.

    Parameters
    ----------
    inventory : Inventory
        What stands.
    package : Package
        What is put up.
    station : ndarray of int64, shape (n_sites,)
        Standing station of each site, -1 where there is none.
    n_packages : ndarray of int64, shape (n_sites,)
        How many are put up at each.

    Returns
    -------
    kva : ndarray of float64, shape (n_sites,)
        Apparent power that the transformer has to have afterwards.
    cost_cny : ndarray of float64, shape (n_sites,)
        EVSEs, and the next standard transformer less what stands.
    limit_w : ndarray of int64, shape (n_sites,)
        What it lets through afterwards.
    """
    rated_w, n_dc, strongest_w, limit_w = _standing(inventory, station)
    per_kva_w = 1000.0 * POWER_FACTOR * package.efficiency
    after_w = rated_w + n_packages * package.power_w
    strongest_w = np.maximum(strongest_w, package.rated_w)
    n_after = n_dc + n_packages * package.n_evse
    wanted_kva = needed_kva(after_w, strongest_w, n_after, package.limit_share, package.efficiency)
    kva = np.maximum(standard_kva(wanted_kva), limit_w / per_kva_w)
    cost_cny = n_packages * package.equipment_cny + package.grid_cny_per_kva * (kva - limit_w / per_kva_w)
    return wanted_kva, cost_cny, np.minimum(np.floor(kva * per_kva_w), after_w).astype(np.int64)


Part = tuple[STR, I64, F64, F64, I64, I64]


def _cells(inventory: Inventory, places: Places) -> Part:
    extent, regions = inventory.extent, places.regions
    n = np.maximum(np.ceil((extent.town_km / CELL_KM) ** 2), 1).astype(np.int64)
    county, number = _numbered(n)
    lon, lat = spiral(extent.lon[county], extent.lat[county], extent.town_km[county], number, n[county])
    nowhere = np.full(len(county), -1, np.int64)
    return _ids("cell", regions.county_id[county], number), county, lon, lat, nowhere, nowhere


def _townships(inventory: Inventory, places: Places) -> Part:
    county, number = _numbered(inventory.n_townships)
    lon, lat = township_points(inventory.extent, county, number, inventory.n_townships)
    nowhere = np.full(len(county), -1, np.int64)
    return _ids("township", places.regions.county_id[county], number), county, lon, lat, nowhere, nowhere


def _sides(inventory: Inventory, places: Places) -> Part:
    """Sides of service areas; of several stations at one side the first."""
    network, regions = places.network, places.regions
    station = np.full(network.n_sites, -1, np.int64)
    has_side = np.flatnonzero(inventory.side >= 0)[::-1]
    station[inventory.side[has_side]] = has_side
    county = nearest_on_sphere(network.site_lon, network.site_lat, regions.county_lon, regions.county_lat)[1]
    ids = np.array([f"side-{name}" for name in network.site_id.tolist()], object)
    return ids, county, network.site_lon, network.site_lat, network.site_link.astype(np.int64), station


def _roadsides(inventory: Inventory, places: Places) -> Part:
    county, lon, lat, _ = inventory.trunk_road_points(TRUNK_KM)
    order = np.argsort(county, kind="stable")
    county, number = _numbered(np.bincount(county, minlength=places.regions.n_counties))
    nowhere = np.full(len(county), -1, np.int64)
    ids = _ids("trunk-road", places.regions.county_id[county], number)
    return ids, county, lon[order], lat[order], nowhere, nowhere


def _numbered(n: I64) -> tuple[I64, I64]:
    """Owner and number within it of each of `n` things."""
    owner = np.repeat(np.arange(len(n)), n)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(n) - n, n)


def _ids(what: str, place: STR, number: I64) -> STR:
    return np.array([f"{what}-{p}-{k}" for p, k in zip(place.tolist(), number.tolist(), strict=True)], object)


def _standing(inventory: Inventory, station: I64) -> tuple[I64, I64, I64, I64]:
    """Rated power, DC EVSEs, strongest EVSE and limit of what stands at each site; 0 where nothing does."""
    pools, n = inventory.pools, len(inventory.stations.zone)
    total_w, n_dc, strongest_w = (np.zeros(n + 1, np.int64) for _ in range(3))
    plugs = np.where(is_plug_of(pools), pools.n_evse, 0).astype(np.int64)
    np.add.at(total_w, pools.station, plugs * pools.rated_power_w)
    np.add.at(n_dc, pools.station, np.where(pools.is_ac > 0, 0, plugs))
    np.maximum.at(strongest_w, pools.station, np.where(plugs > 0, pools.rated_power_w, 0).astype(np.int64))
    limit_w = np.append(inventory.stations.site_limit_w, 0)
    return total_w[station], n_dc[station], strongest_w[station], limit_w[station]
