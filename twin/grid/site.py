"""What stands behind the transformers of a run: which stations have photovoltaics or storage, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.grid.solar import pv_ppm
from twin.rng import Stream, uniforms
from twin.tables.columns import F64
from twin.tables.inputs import LAYERS, Pools, Stations
from twin.tables.plants import DISPATCHES, NO_PLANTS, Behind, Plants

if TYPE_CHECKING:
    from pathlib import Path

    from twin.config import Config
    from twin.network.regions import Regions

__all__ = ["FIRST_STORED_SOC", "build_behind", "draw_plants"]

FIRST_STORED_SOC = 0.5
"""How full storage is at the beginning of a run; our own choice."""
MILLION = 1_000_000


def build_behind(
    config: Config, regions: Regions, stations: Stations, pools: Pools, price_cny_per_kwh: F64, folder: Path | None = None
) -> Behind:
    """Return the photovoltaics and storage of a run with the sun on them.

    Parameters
    ----------
    config : Config
        Sections ``site`` and ``period``, and the seed.
    regions : Regions
        Provinces.
    stations, pools
        Public stations.
    price_cny_per_kwh : ndarray of float64, shape (n_provinces, 24)
        What stations pay for energy.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.
    """
    plants = draw_plants(config, stations, pools)
    if not len(plants.station):
        return NO_PLANTS
    return behind_of(config, plants, pv_ppm(config, regions, folder), price_cny_per_kwh)


def behind_of(config: Config, plants: Plants, sun_ppm: np.ndarray, price_cny_per_kwh: F64) -> Behind:
    """Return plants with what they live by, from the settings of section ``site``."""
    site = config.site
    return Behind(
        plants=plants,
        pv_ppm=sun_ppm,
        price=np.ascontiguousarray(price_cny_per_kwh, np.float64),
        dispatch=DISPATCHES.index(site.dispatch),
        round_trip_ppm=round(site.round_trip_efficiency * MILLION),
        is_feed_in=int(site.is_feed_in),
    )


def draw_plants(config: Config, stations: Stations, pools: Pools) -> Plants:
    """Draw which stations have photovoltaics and storage; one draw for both, so that the rarer stands with the other.

    Stations with swap bays have neither.
    """
    site, n_stations = config.site, len(stations.zone)
    u = uniforms(config.scenario.seed, Stream.PLANT, 0, n_stations)
    has_pv, has_storage = (u < _by_layer(share)[stations.layer] for share in (site.pv_share, site.storage_share))
    n_evse = np.bincount(pools.station, pools.n_evse, n_stations)
    has_room = np.bincount(pools.station, pools.n_batteries, n_stations) == 0
    limit_w = stations.site_limit_w.astype(np.float64)
    pv_w = has_room * has_pv * np.minimum(np.rint(n_evse * site.pv_kw_per_evse * 1000.0), limit_w)
    storage_w = has_room * has_storage * np.floor(limit_w * site.storage_limit_share)
    return plants_of(pv_w, storage_w, storage_w * site.storage_h * 3600.0)


def _by_layer(share: Mapping[Any, float]) -> F64:
    return np.array([share.get(name, 0.0) for name in LAYERS])


def plants_of(pv_w: NDArray[Any], storage_w: NDArray[Any], capacity_ws: NDArray[Any]) -> Plants:
    """Return the plants of stations, from a row each; those without any are left out."""
    station = np.flatnonzero((pv_w > 0) | (storage_w > 0))
    capacity_ws = np.floor(capacity_ws[station])
    return Plants(
        station=station.astype(np.int32),
        pv_w=pv_w[station].astype(np.int64),
        storage_w=storage_w[station].astype(np.int64),
        capacity_ws=capacity_ws.astype(np.int64),
        stored_ws=np.floor(capacity_ws * FIRST_STORED_SOC).astype(np.int64),
    )
