"""Station lists on disk: import a table, describe a list, export a list or the stations of a run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import DataError
from twin.stations.carriageways import Lines
from twin.stations.from_roads import stations_beside
from twin.stations.listing import Area, Station, listed, read_stations
from twin.stations.snap import Snapped, fingerprint, snap
from twin.stations.typical import SOURCE
from twin.tables.columns import to_arrow
from twin.tables.inputs import LAYERS
from twin.tables.listed import OWN, ListedPools, read_list, read_table, write_list, write_table
from twin.tables.roads import about, is_roads, read_part, refuse_if_taken
from twin.tables.user_rows import read_rows

__all__ = ["describe", "export_stations", "import_stations", "lines_of_file", "snapped_list"]

DROPPED_SHOWN = 20
MARGIN_DEG = 0.5
"""How far beyond a network's nodes stations may lie that are then left out by their distance, instead of being faults."""


def import_stations(
    source: Path,
    out: Path,
    *,
    datum: str = "WGS-84",
    mapping: Mapping[str, str] | None = None,
    assume: Mapping[str, str] | None = None,
    network: Lines | Path | None = None,
    reach_m: float | None = None,
    licence: str = "",
    drop_empty: bool = False,
) -> dict[str, Any]:
    """Read a table of stations and write it as a station list.

    Parameters
    ----------
    source : pathlib.Path
        A table (CSV, GeoJSON, Parquet), or a built network, whose charging stations of OpenStreetMap are taken.
    out : pathlib.Path
        The file to write, Parquet; it must not exist.
    datum, mapping, assume, drop_empty
        See `twin.stations.listing.read_stations`.
    network : Lines or pathlib.Path, optional
        Roads on which the stations are to stand; those too far are left out and named.
    reach_m : float, optional
        Farthest road, see `twin.stations.snap.snap`.
    licence : str
        Licence of the source, as text that travels with the file.

    Returns
    -------
    dict
        What `describe` tells of the file.

    Raises
    ------
    DataError
        If the source is missing, damaged or wrong, with every fault, or no station is left.
    OutputExistsError
        If something stands at `out`.
    StoreError
        If the file cannot be written.
    """
    refuse_if_taken(out)
    if out.suffix.lower() != ".parquet":
        raise DataError(f"{out}: found an ending {out.suffix!r}; wanted .parquet; give another name with --out")
    if reach_m is not None and not 0 < reach_m <= 1e6:
        raise DataError(f"--reach-m: found {reach_m:g}; wanted above 0 and at most 1,000,000 m; give another")
    lines = lines_of_file(network) if isinstance(network, Path) else network
    is_network = is_roads(source)
    if is_network and (datum != "WGS-84" or mapping or assume):
        raise DataError(f"{source}: found a built network; wanted no datum, mapping or assumption for it; leave them out")
    if is_network:
        stations, report = stations_beside(source)
        licence = licence or str(about(source)["provenance"].get("licence", ""))
    else:
        area = None if lines is None else _area(lines)
        table = read_rows(source)
        stations, report = read_stations(table, str(source), datum, mapping, assume, area, drop_empty)
    pools, told = snapped_list(stations, lines, reach_m, str(source))
    provenance = {
        "source": source.name,
        "sha256": _hash(source),
        "licence": licence or "not told; as the owner of the source says",
        "datum": f"{datum} in, WGS-84 here",
        "assumptions": SOURCE,
    }
    write_list(out, pools, {"provenance": provenance, "report": {**report, **told}})
    return describe(out)


def lines_of_file(path: Path) -> Lines:
    """Read what a built network has of links, for `snap`.

    Raises
    ------
    DataError
        If the file is missing, damaged or no network.
    """
    about(path)
    names = [f"link_{name}" for name in ("from", "to", "kind", "reverse", "path_lon", "path_lat")]
    link, node = read_part(path, "link", names), read_part(path, "node", ["node_lon", "node_lat"])
    return Lines(*(link[name] for name in names[:4]), *node.values(), *(link[name] for name in names[4:]))


def snapped_list(
    stations: list[Station], lines: Lines | None, reach_m: float | None, where: str
) -> tuple[ListedPools, dict[str, Any]]:
    """Return stations as a list, on a network where there is one, and what was snapped how far.

    Raises
    ------
    DataError
        If no station is near a road.
    """
    if lines is None:
        return listed(stations), {"too_far": []}
    lon, lat = (np.array([getattr(each, name) for each in stations]) for name in ("lon", "lat"))
    is_highway = np.array([each.layer == "highway" for each in stations], bool)
    found = snap(lines, lon, lat, is_highway, reach_m)
    too_far = [_said(stations[row], found.off_m[row]) for row in np.flatnonzero(~found.is_near).tolist()]
    near = np.flatnonzero(found.is_near)
    if not len(near):
        raise DataError(
            f"{where}: found no station near a road of the network; wanted one; check datum and area, or --reach-m"
        )
    kept = [stations[row] for row in near.tolist()]
    at = np.repeat(near, [len(each.pools) for each in kept])
    pools = listed(kept)._replace(
        node=found.node[at], link=found.link[at], snap_m=found.off_m[at], ahead_m=found.ahead_m[at]
    )
    return pools, {"too_far": too_far, "network": fingerprint(lines), "snap": _distances(found, is_highway)}


def _said(station: Station, off_m: float) -> str:
    name = f" {station.name}" if station.name else ""
    return f"{station.id}{name}: {station.layer}, " + (f"{off_m:,.0f} m off" if np.isfinite(off_m) else "no such road")


def _distances(found: Snapped, is_highway: np.ndarray) -> dict[str, float]:
    """Median and largest distance of the stations that joined the roads."""
    told: dict[str, float] = {}
    for name, values, chosen in (
        ("local_snap_m", found.off_m, ~is_highway),
        ("highway_snap_m", found.off_m, is_highway),
        ("highway_ahead_m", np.abs(found.ahead_m), is_highway),
    ):
        some = values[chosen & found.is_near & np.isfinite(values)]
        if len(some):
            told |= {f"median_{name}": round(float(np.median(some)), 1), f"most_{name}": round(float(some.max()), 1)}
    return told


def _area(lines: Lines) -> Area:
    low = (float(lines.node_lon.min()) - MARGIN_DEG, float(lines.node_lat.min()) - MARGIN_DEG)
    return *low, float(lines.node_lon.max()) + MARGIN_DEG, float(lines.node_lat.max()) + MARGIN_DEG


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def describe(path: Path) -> dict[str, Any]:
    """Tell what a station list holds, what was assumed and what was left out, in plain numbers and words.

    Raises
    ------
    DataError
        If the file is missing, damaged or no station list.
    """
    pools, told = read_list(path)
    report = told["report"]
    first = np.unique(pools.id.astype(str), return_index=True)[1]
    by_layer = Counter(pools.layer[first].tolist())
    far, empty = report["too_far"], report["dropped_without_evse"]
    return {
        "file": str(path),
        "n_rows_read": report["n_rows"],
        "n_stations": len(first),
        **{f"n_stations_{layer}": by_layer[layer] for layer in LAYERS},
        "n_pools": len(pools.id),
        "n_evse": int(pools.n_evse.sum()),
        "n_evse_dc": int(pools.n_evse[pools.is_ac == 0].sum()),
        "n_evse_high_power": int(pools.n_evse[pools.rated_power_kw >= 250.0].sum()),
        "n_evse_for_trucks": int(pools.n_evse[pools.serves != "cars"].sum()),
        "n_operators": len(set(pools.operator[first].tolist()) - {""}),
        **{f"assumed: {what}": f"{n:,} rows" for what, n in report["assumed"].items() if n},
        "left_out_columns": ", ".join(report["left_out_columns"]) or "none",
        "left_out_without_evse": _some(empty),
        "left_out_too_far": _some(far),
        **report.get("snap", {}),
        **told["provenance"],
    }


def _some(names: list[str]) -> str:
    more = f"; and {len(names) - DROPPED_SHOWN} more, see the file's metadata" if len(names) > DROPPED_SHOWN else ""
    return f"{len(names):,}: {'; '.join(names[:DROPPED_SHOWN])}{more}" if names else "none"


def export_stations(source: Path, to: Path) -> int:
    """Write a station list, or the stations of a run with their results, as Parquet, CSV or GeoJSON; return the rows.

    Parameters
    ----------
    source : pathlib.Path
        A station list or a run folder.
    to : pathlib.Path
        The file; its ending says what it is to be.

    Raises
    ------
    DataError
        If the source is neither.
    OutputExistsError
        If something stands at `to`.
    StoreError
        If the file cannot be written.
    """
    if source.is_dir():
        table = read_table(source / "stations.parquet", "the folder of a finished run")
    else:
        table = to_arrow(read_list(source)[0]).select(list(OWN))
    write_table(to, table)
    return int(table.num_rows)
