"""Photovoltaics and storage of a posed case, under a sky of mean cloudiness."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from twin.case.places import Grounds
from twin.case.reading import Columns, note_rows
from twin.case.supply import Sites
from twin.errors import Faults
from twin.grid.site import behind_of, plants_of
from twin.grid.solar import NATIONAL_FULL_LOAD_H, sun_ppm
from twin.tables.columns import F64
from twin.tables.plants import NO_PLANTS, Behind

if TYPE_CHECKING:
    from twin.config import Config

__all__ = ["build_plants", "check_plants"]


def check_plants(table: Columns, sites: Sites, n_rows: int, faults: Faults) -> None:
    """Note storage that is stronger than its transformer, and storage of which power or energy is missing."""
    if not n_rows:
        return
    pv_kw, storage_kw, storage_kwh = _columns(table, n_rows)
    n_batteries = table.get("n_batteries", np.zeros(n_rows))
    is_both = (n_batteries > 0) & (pv_kw + storage_kw > 0)
    wanted = "0 where pv_kw or storage_kw is more: racks and plants do not share a site in this version"
    note_rows("stations.n_batteries", is_both, _said(n_batteries), wanted, "give the bays a station of their own", faults)
    todo, limit_kw = "correct it", _limit_kw(table, sites)
    wanted = "at most the power of the transformer, site_limit_kw"
    note_rows("stations.storage_kw", storage_kw > limit_kw, _said(storage_kw), wanted, todo, faults)
    wanted = "more than 0 where storage_kwh is"
    note_rows("stations.storage_kw", (storage_kw == 0) & (storage_kwh > 0), _said(storage_kw), wanted, todo, faults)
    wanted = "more than 0 where storage_kw is"
    note_rows("stations.storage_kwh", (storage_kwh == 0) & (storage_kw > 0), _said(storage_kwh), wanted, todo, faults)


def build_plants(config: Config, table: Columns, sites: Sites, grounds: Grounds) -> Behind:
    """Return the photovoltaics and storage of a case; energy has one price."""
    if not len(sites.name):
        return NO_PLANTS
    pv_kw, storage_kw, storage_kwh = (column[sites.first_pool] for column in _columns(table, len(sites.of_pool)))
    plants = plants_of(np.rint(pv_kw * 1e3), np.rint(storage_kw * 1e3), storage_kwh * 3.6e6)
    if not len(plants.station):
        return NO_PLANTS
    lat, lon = (np.array([column.mean()]) for column in (grounds.network.node_lat, grounds.network.node_lon))
    sun = sun_ppm(config.period, lat, lon, np.array([NATIONAL_FULL_LOAD_H]), np.ones((config.period.n_days, 1)))
    return behind_of(config, plants, sun, np.zeros((1, 24)))


def _columns(table: Columns, n_rows: int) -> tuple[F64, F64, F64]:
    """Return photovoltaics (kW) and storage (kW, kWh) of each row."""
    nothing = np.zeros(n_rows)
    return table.get("pv_kw", nothing), table.get("storage_kw", nothing), table.get("storage_kwh", nothing)


def _limit_kw(table: Columns, sites: Sites) -> F64:
    """Return the transformer's power of each row's site."""
    if "site_limit_kw" in table:
        limit_kw: F64 = table["site_limit_kw"]
        return limit_kw
    rated_kw = np.bincount(sites.of_pool, table["n_evse"] * table["rated_power_kw"])
    return np.asarray(rated_kw[sites.of_pool], np.float64)


def _said(column: F64) -> Callable[[int], str]:
    return lambda row: f"{column[row]:g}"
