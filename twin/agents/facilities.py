"""What a planner sees of the public stations of its province: whole arrays, one row a station or a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.stations.stock import SERVES
from twin.tables import seeds
from twin.tables.columns import F64, I64, STR
from twin.tables.inputs import LAYERS, SITE_TYPES

if TYPE_CHECKING:
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["Classes", "Facilities", "classes_of", "facilities_of"]


class Classes(NamedTuple):
    """Power classes: names, rated power (kW), whether AC, cost of the equipment (CNY/W)."""

    name: list[str]
    rated_kw: F64
    is_ac: np.ndarray
    cny_per_w: F64


class Facilities(NamedTuple):
    """Stations of a province, ascending in id, and their pools; `of` is the station of a pool as a row here."""

    station: I64
    site: I64
    county: STR
    layer: STR
    site_type: STR
    n_evse: I64
    rated_kw: F64
    month: I64
    of: I64
    power_class: I64
    serves: STR
    n_of_pool: I64


def classes_of() -> Classes:
    """Return the power classes of the seeds."""
    table = seeds.read("power_classes")
    rated_kw = table["rated_kw"].astype(np.float64)
    return Classes([str(name) for name in table["power_class"]], rated_kw, table["kind"] == "ac", table["capex_cny_per_w"])


def facilities_of(inventory: Inventory, regions: Regions) -> list[Facilities]:
    """Return the facilities of every province; of an inventory with a build-out, whose sites have numbers."""
    stations, pools = inventory.stations, inventory.pools
    assert inventory.site_key is not None
    assert inventory.evse_month is not None
    n_evse = np.bincount(pools.station, pools.n_evse, len(stations.zone)).astype(np.int64)
    rated_w = np.bincount(pools.station, pools.n_evse * pools.rated_power_w.astype(np.int64), len(stations.zone))
    rated_kw = rated_w.astype(np.float64) / 1000.0
    first = pools.first_evse[stations.first_pool]
    month = np.minimum.reduceat(inventory.evse_month, first)
    serves = {bits: name for name, bits in SERVES.items()}
    word = np.array([serves.get(bits, "any") for bits in range(4)], object)
    found = []
    for province in range(regions.n_provinces):
        rows = np.flatnonzero(stations.province == province)
        own = np.flatnonzero((stations.province[pools.station] == province) & (pools.n_batteries == 0))
        place = np.asarray(regions.county_id, object)[stations.county[rows]]
        found.append(
            Facilities(
                station=rows,
                site=inventory.site_key[rows],
                county=place,
                layer=np.array(LAYERS, object)[stations.layer[rows]],
                site_type=np.array(SITE_TYPES, object)[stations.site_type[rows]],
                n_evse=n_evse[rows],
                rated_kw=rated_kw[rows],
                month=month[rows],
                of=np.searchsorted(rows, pools.station[own]),
                power_class=pools.power_class[own].astype(np.int64),
                serves=word[pools.serves[own]],
                n_of_pool=pools.n_evse[own].astype(np.int64),
            )
        )
    return found
