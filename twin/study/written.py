"""The study as files: feeders, their hours, sites for a map, loads of zones for PyPSA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from twin.grid.powerflow import LEAST_VOLTAGE_PU, MOST_LINE_SHARE, MOST_TRANSFORMER_SHARE, Flow
from twin.network.regions import Regions
from twin.store import write_csv_table
from twin.study.loads import Grid, Loads, zone_kw
from twin.study.strained import HIGHWAY, STRAINED_SHARE, FeederResult

__all__ = ["feeder_hours", "feeders", "sites", "transformers", "write_pypsa"]

FULL_SHARE = 0.99
"""From here on a site's power is held down to what its transformer lets through."""
ZONE_LOADS = ("urban_kw", "highway_kw", "rural_kw", "home_kw", "depot_kw", "work_kw", "base_kw")
"""Columns of ``grid.parquet`` that are told as loads of a zone; trucks and orderly charging stand in them already."""
ZONE_GIFTS = ("v2g_kw", "pv_kw", "storage_kw")
"""Columns of what vehicles, photovoltaics and storage give: loads below zero, so that those of a zone add up."""


def feeders(results: list[FeederResult]) -> dict[str, Any]:
    """Return a row per feeder: what it carried, its worst hour, and the cure."""
    return {
        "feeder": [one.feeder.name for one in results],
        "kind": [one.feeder.kind for one in results],
        "province": [one.province for one in results],
        "day": [one.day for one in results],
        "station_peak_kw": [round(one.feeder.peak_kw, 1) for one in results],
        "other_peak_kw": [round(float(one.feeder.base_kw.sum(axis=0).max()), 1) for one in results],
        "site_transformers_kva": [round(float(one.feeder.site_kva.sum()), 1) for one in results],
        "lowest_voltage_pu": [round(float(one.flow.voltage_pu.min()), 4) for one in results],
        "line_share": [_largest(one.flow.line_share) for one in results],
        "transformer_share": [_largest(one.flow.transformer_share) for one in results],
        "loss_share": [_lost(one.flow) for one in results],
        "hours_outside": [int(outside(one.flow).sum()) for one in results],
        "hours_collapsed": [int((~has_solution(one.flow)).sum()) for one in results],
        "holds": [one.flow.holds for one in results],
        "cure": ["" if one.flow.holds else one.cure.words if one.cure else "none of those known" for one in results],
        "cure_cny": [0.0 if one.cure is None else round(one.cure.cost_cny) for one in results],
    }


def has_solution(flow: Flow) -> np.ndarray:
    """Return in which hours the lines can carry their load at all, ndarray of bool, shape (n_hours,)."""
    return np.isfinite(flow.drawn_kw)


def _largest(shares: np.ndarray) -> float | None:
    """Return the largest of the hours that have a solution, None where no hour has."""
    found = shares[np.isfinite(shares)]
    return round(float(found.max()), 4) if found.size else None


def _lost(flow: Flow) -> float | None:
    """Return losses over what was drawn, in the hours that have a solution."""
    solved = has_solution(flow)
    return round(float(flow.loss_kw[solved].sum() / flow.drawn_kw[solved].sum()), 4) if solved.any() else None


def outside(flow: Flow) -> np.ndarray:
    """Return in which hours a voltage or a loading is beyond its limit, ndarray of bool, shape (n_hours,)."""
    is_outside: np.ndarray = (
        (flow.voltage_pu < LEAST_VOLTAGE_PU)
        | (flow.line_share > MOST_LINE_SHARE)
        | (flow.transformer_share > MOST_TRANSFORMER_SHARE)
    )
    return is_outside


def feeder_hours(results: list[FeederResult]) -> dict[str, Any]:
    """Return a row per feeder and hour of its worst day."""
    n_hours = [len(one.flow.voltage_pu) for one in results]
    flow = {name: np.concatenate([getattr(one.flow, name) for one in results]) for name in Flow._fields} if results else {}
    return {
        "feeder": np.repeat([one.feeder.name for one in results], n_hours),
        "hour": np.concatenate([one.day * 24 + np.arange(n) for one, n in zip(results, n_hours, strict=True)])
        if results
        else [],
        "station_kw": np.concatenate([one.feeder.site_kw.sum(axis=0) for one in results]) if results else [],
        "other_kw": np.concatenate([one.feeder.base_kw.sum(axis=0) for one in results]) if results else [],
        **flow,
    }


def transformers(loads: Loads) -> dict[str, Any]:
    """Return a row per station of which an hour took 80 % of what its transformer gives; those longest at it first."""
    stations, n_stations = loads.stations, len(loads.first) - 1
    row = np.repeat(np.arange(n_stations), np.diff(loads.first))
    share = loads.share()
    near, full = (np.bincount(row[share >= least], minlength=n_stations) for least in (STRAINED_SHARE, FULL_SHARE))
    peak = np.zeros(n_stations)
    np.maximum.at(peak, row, share)
    chosen = np.flatnonzero(near)
    chosen = chosen[np.lexsort((chosen, -near[chosen], -full[chosen]))]
    words = {name: stations[name][chosen] for name in ("name", "province", "zone", "county", "layer", "site_type")}
    return {
        "station": stations["station"][chosen],
        **words,
        "site_limit_kw": np.round(stations["site_limit_kw"][chosen], 1),
        "peak_share": np.round(peak[chosen], 4),
        "hours_near_limit": near[chosen],
        "hours_at_limit": full[chosen],
    }


def sites(loads: Loads) -> str:
    """Return the service areas, and every station that is strained, as GeoJSON points, WGS-84."""
    peak_kw, stations = loads.peak_kw(), loads.stations
    limit_kw = stations["site_limit_kw"]
    chosen = (stations["layer"] == HIGHWAY) | (peak_kw >= STRAINED_SHARE * loads.limit_kw)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [float(stations["lon"][row]), float(stations["lat"][row])]},
            "properties": {
                **{name: str(stations[name][row]) for name in ("name", "province", "zone", "county", "layer", "site_type")},
                "station": int(stations["station"][row]),
                "n_evse": int(stations["n_evse"][row]),
                "site_limit_kw": round(float(limit_kw[row]), 1),
                "peak_kw": round(float(peak_kw[row]), 1),
            },
        }
        for row in np.flatnonzero(chosen).tolist()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False) + "\n"


def write_pypsa(grid: Grid, regions: Regions, start: str, folder: Path) -> None:
    """Write the load of every zone by kind and hour as a folder of PyPSA: buses, loads, snapshots and ``p_set`` in MW.

    Parameters
    ----------
    grid : dict of str to ndarray
        Columns of ``grid.parquet``.
    regions : Regions
        Zones and where they lie.
    start : str
        Day 0, year-month-day; snapshots are hours of China Standard Time.
    folder : Path
        An empty folder.
    """
    zones = regions.zone_id.tolist()
    mw = {name: 1e-3 for name in ZONE_LOADS if name in grid} | {name: -1e-3 for name in ZONE_GIFTS if name in grid}
    loads = {f"{zone} {kind[:-3]}": mw[kind] * zone_kw(grid, zone, kind) for zone in zones for kind in mw}
    n_hours = len(next(iter(loads.values())))
    snapshots = (np.datetime64(start, "h") + np.arange(n_hours)).astype("datetime64[s]").astype(str).tolist()
    bus = {"name": zones, "v_nom": [110.0] * len(zones), "x": regions.zone_lon, "y": regions.zone_lat}
    write_csv_table(bus, folder / "buses.csv")
    of = {
        "name": list(loads),
        "bus": [zone for zone in zones for _ in mw],
        "carrier": [kind[:-3] for _ in zones for kind in mw],
    }
    write_csv_table(of, folder / "loads.csv")
    ones = [1.0] * n_hours
    write_csv_table({"snapshot": snapshots, "objective": ones, "stores": ones, "generators": ones}, folder / "snapshots.csv")
    write_csv_table({"snapshot": snapshots, **loads}, folder / "loads-p_set.csv")
