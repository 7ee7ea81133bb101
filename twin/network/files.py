"""Built networks on disk: build one, load one, describe one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import DataError
from twin.network.classes import SPEED_SOURCE
from twin.network.contract import contract
from twin.network.drawn import Source
from twin.network.folder import read_folder, tables_of
from twin.network.graph import Network, make_network
from twin.network.number import columns_of
from twin.network.osm import ATTRIBUTION, SUFFIXES, read_osm
from twin.network.place import read_place
from twin.network.repair import Step, add_access, bridge_gaps, core, kilometres, n_links, without_doubles
from twin.tables import roads as file

__all__ = ["build_network", "describe", "hash_of_source", "load_network", "prepare"]

WGS84 = "WGS-84"
EXTRA = ("link_lanes", "link_is_toll", "link_path_lon", "link_path_lat")
"""Columns of the file that a `Network` does not hold; `twin.tables.roads.read_part` reads them."""


def build_network(
    source: str, out: Path, *, datum: str = WGS84, gap_m: float = 0.0, cache: Path | None = None
) -> dict[str, Any]:
    """Build a road network and write it as one Parquet file.

    Parameters
    ----------
    source : str
        An OpenStreetMap file (`.osm`, `.osm.gz`, `.osm.bz2`, `.osm.pbf`), a folder of node and link tables, a bounding box
        ``west,south,east,north`` in degrees, or the name of a place.
    out : pathlib.Path
        The file to write; it must not exist.
    datum : str
        Datum of the tables of a folder: WGS-84, GCJ-02 or BD-09.
    gap_m : float
        Parts of the network that end this close to each other are joined; 0 joins none.
    cache : pathlib.Path, optional
        Where answers for places are kept.

    Returns
    -------
    dict
        What `describe` tells of the file.

    Raises
    ------
    DataError
        If the source is missing, damaged or holds no network.
    OutputExistsError
        If something stands at `out`.
    StoreError
        If the file cannot be written.
    """
    if not 0 <= gap_m <= 5000:
        raise DataError(f"gap tolerance: found {gap_m:g} m; wanted 0 to 5,000; give another")
    file.refuse_if_taken(out)
    read, provenance = _read(source, datum, cache)
    columns, report = prepare(read, source, gap_m)
    metadata = {"provenance": {**provenance, "speeds": SPEED_SOURCE}, "report": report}
    make_network(**_of_network(columns), provenance=provenance)
    file.write_parts(out, columns, metadata)
    return describe(out)


def _read(source: str, datum: str, cache: Path | None) -> tuple[Source, dict[str, str]]:
    """Read what the source is, and tell where it comes from."""
    path = Path(source)
    if datum != WGS84 and not path.is_dir():
        raise DataError(f"{source}: found datum {datum}; wanted WGS-84, as OpenStreetMap is; leave the datum out")
    if path.is_dir():
        tables = tables_of(path)
        about = {"licence": "as the tables' owner says", "datum": f"{datum} in, WGS-84 here", "sha256": _hash(*tables)}
        return read_folder(*tables, datum), {"source": path.resolve().name, **about}
    osm = {"licence": ATTRIBUTION, "datum": WGS84}
    if path.is_file() or source.lower().endswith(SUFFIXES):
        if not path.is_file():
            raise DataError(f"{source}: found no such file; wanted an OpenStreetMap file; check the path")
        if not source.lower().endswith(SUFFIXES):
            raise DataError(f"{source}: found a file of another kind; wanted one that ends in {', '.join(SUFFIXES)}")
        return read_osm(path), {"source": path.name, **osm, "sha256": _hash(path)}
    read, digest = read_place(source, cache)
    return read, {"source": source, **osm, "sha256": digest}


def hash_of_source(source: Path) -> str:
    """Return the hash of a source of roads: a file, or the two tables of a folder.

    Raises
    ------
    DataError
        If there is no such file or folder, or the folder has not just the two tables.
    """
    if not source.exists():
        raise DataError(
            f"{source}: found no such file or folder; wanted roads: a folder with nodes.csv.gz and edges.csv.gz, an "
            "OpenStreetMap extract (.osm.pbf), or a network built of either; docs/network.md says where to get one; put it "
            "there, or give another with --set network.source=PATH; network.source=backbone needs no file"
        )
    return _hash(*tables_of(source)) if source.is_dir() else _hash(source)


def _hash(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def prepare(read: Source, where: str, gap_m: float = 0.0) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take raw roads through every step of the preparation.

    Returns
    -------
    columns, report : dict
        Columns of the network file, and what each step did.
    """
    steps: list[Step] = list(read.steps)
    before = {"n_links": n_links(read.roads.pieces), "km": kilometres(read.roads.pieces)}
    roads, told = without_doubles(read.roads)
    steps += told
    roads, told = bridge_gaps(roads, gap_m)
    steps += told
    roads, told = add_access(roads)
    steps += told
    roads, told, parts = core(roads, where)
    steps += told
    n_nodes, mm = roads.n_nodes, int(roads.pieces.length_mm.sum())
    roads = contract(roads)
    kept = int(roads.pieces.length_mm.sum())
    steps.append(Step("joined", n_nodes - roads.n_nodes, kept / 1e6, f"nodes without a choice; {kept - mm} mm of road lost"))
    columns, told = columns_of(roads, read.sites, read.stations)
    steps += told
    report = {
        "n_nodes": roads.n_nodes,
        "n_links": n_links(roads.pieces),
        "n_sites": len(columns["site_id"]),
        "n_stations": len(columns["station_id"]),
        "n_stations_without_evses": int(np.sum(np.array(columns["station_n_evse"]) == 0)),
        "n_stations_without_power": int(np.isnan(np.array(columns["station_power_kw"], np.float64)).sum()),
        **parts,
        **read.notes,
        "km": kilometres(roads.pieces),
        "read": before,
        "steps": [step._asdict() for step in steps],
    }
    return columns, report


def _of_network(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in columns.items() if name not in EXTRA and not name.startswith("station_")}


def load_network(path: Path | str) -> Network:
    """Read a built network.

    It has no zones: `zone_node` is empty, and `node_zone`, `node_province` and `site_province` are -1 until places are
    attached. All else is as on the embedded backbone.

    Parameters
    ----------
    path : pathlib.Path or str
        A file that `build_network` wrote.

    Raises
    ------
    DataError
        If the file is missing, damaged or no network.
    """
    path = Path(path)
    provenance = file.about(path)["provenance"]
    columns: dict[str, Any] = {}
    for part in ("link", "node", "zone", "site", "line"):
        names = [each.name for each in file.ROAD_COLUMNS if each.name not in EXTRA]
        columns |= file.read_part(path, part, names)
    return make_network(**columns, provenance=provenance)


def describe(path: Path | str) -> dict[str, Any]:
    """Tell what a built network holds, and what was dropped or repaired, in plain numbers and words.

    Raises
    ------
    DataError
        If the file is missing, damaged or no network.
    """
    told = file.about(Path(path))
    report = told["report"]
    figures = {name: value for name, value in report.items() if not isinstance(value, dict | list)}
    by_class = {f"{name}_km": km for name, km in report["km"].items()}
    outside = {f"outside_core_{name}_km": km for name, km in report["km_outside_core"].items()}
    was = {"read_links": report["read"]["n_links"], "read_km": round(float(np.sum(list(report["read"]["km"].values()))), 3)}
    steps = {step["name"]: f"{step['number']:,} ({step['km']:,.3f} km): {step['meaning']}" for step in report["steps"]}
    return {"file": str(path), **figures, **by_class, **was, **outside, **steps, **told["provenance"]}
