"""The nation on any map of roads: built once, joined to zones and service areas, cut down to the roads in use, kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import DataError
from twin.network.attach import Streets, attach_places, streets_of, zones_at_nodes
from twin.network.built import roads_of_file
from twin.network.cached import Say, built_file, cache_folder, hashes_of_seeds, key_of, once
from twin.network.contract import contract, without_idle_nodes
from twin.network.files import hash_of_source, load_network
from twin.network.graph import Network, strong_components
from twin.network.in_use import directed, pieces_in_use, reached_from_use, without_dead_ends
from twin.network.number import columns_of
from twin.network.pieces import Places, Roads
from twin.network.regions import Regions
from twin.network.repair import Step, kilometres, n_links
from twin.network.sides import Found, Sides, cut_at, find_sides, load_sides
from twin.network.standin import stand_in
from twin.tables import roads as file
from twin.tables.columns import F64, I64

__all__ = ["load_national", "nationalise"]

SEEDS = ("backbone_nodes", "backbone_links", "service_areas", "zones", "counties")


def load_national(
    source: Path, regions: Regions, *, gap_m: float, n_rounds: int, say: Say = lambda _: None, cache: Path | None = None
) -> Network:
    """Return the national network on a map: from the cache where it was made before, else made and kept.

    Parameters
    ----------
    source : pathlib.Path
        A folder of node and link tables, an OpenStreetMap file, or a network that `twin network build` wrote.
    regions : Regions
        Zones and counties.
    gap_m : float
        Parts of the map that end this close to each other are joined, see `build_network`; not of a built network.
    n_rounds : int
        Rounds in which other ways than the fastest are looked for, see `pieces_in_use`.
    say : callable
        Takes what is being done, in words.
    cache : pathlib.Path, optional
        Folder for what is made, see `cache_folder`. The source's own folder is never written.

    Raises
    ------
    DataError
        If the source is missing, damaged, or does not join all zones.
    StoreError
        If the cache cannot be written.
    """
    folder = cache_folder(cache)
    parts = (hash_of_source(source), f"{gap_m:g}", str(n_rounds), *hashes_of_seeds(SEEDS))
    made = folder / f"national-{key_of(*parts)}.parquet"
    if not made.exists():
        built = built_file(source, folder, gap_m=gap_m, say=say)
        columns, metadata = nationalise(roads_of_file(built), regions, n_rounds, file.about(built), say)
        once(made, lambda: file.write_parts(made, columns, metadata))
    return load_network(made)


def nationalise(
    roads: Roads, regions: Regions, n_rounds: int, about: dict[str, Any], say: Say = lambda _: None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Join roads to the nation and leave out those that no fastest way uses.

    Memory: some 1.2 kB a directed link of the map; 0.7 GB for 570,000.

    Returns
    -------
    columns, metadata : dict
        Of the network file.

    Raises
    ------
    DataError
        If the map reaches no zone, or a zone cannot be reached from the others.
    """
    before = {"n_links": n_links(roads.pieces), "km": kilometres(roads.pieces)}
    roads = roads._replace(names=np.full(roads.n_nodes, "", object))
    say("zones")
    roads, zone_node, stood_in_km = stand_in(roads, regions)
    joined = np.flatnonzero(zone_node < 0)
    if not len(joined):
        raise DataError(
            "road network: found no zone within 20 km of the map's roads; wanted roads in China; check the source"
        )
    streets = streets_of(roads, regions.zone_lon[joined], regions.zone_lat[joined])
    roads, zone_node[joined] = zones_at_nodes(roads, regions.zone_lon[joined], regions.zone_lat[joined], streets)
    roads.names[zone_node] = regions.zone_id
    _check_reached(roads, zone_node, regions)
    roads = contract(without_dead_ends(roads))
    zone_node = _nodes_named(roads.names, regions.zone_id)
    is_used, when_empty = pieces_in_use(roads, zone_node, n_rounds, say)
    say("service areas")
    sides = load_sides()
    found = find_sides(roads, sides, is_used, when_empty)
    lonely = np.unique(found.piece[found.piece >= 0])
    kept = reached_from_use(roads, is_used, lonely[~is_used[lonely]])
    roads = without_idle_nodes(roads._replace(pieces=roads.pieces.rows(kept)))
    found = find_sides(roads, sides, is_used[kept], when_empty[kept])
    roads, pair = cut_at(roads, found, sides.pair)
    roads = contract(roads)
    columns, _ = columns_of(roads, _nothing("id", "lon", "lat", "name_en", "name_zh"), _no_stations())
    columns |= _places(columns, regions, sides, found, pair)
    steps = _steps(regions.n_zones - len(joined), stood_in_km, streets, found)
    return columns, {"provenance": about["provenance"], "report": _report(roads, before, columns, about, steps)}


def _report(
    roads: Roads, before: dict[str, Any], columns: dict[str, Any], about: dict[str, Any], steps: list[Step]
) -> dict[str, Any]:
    """What `twin network info` tells; `before` are links and kilometres of the map."""
    km = kilometres(roads.pieces)
    left_out = {name: round(had - km[name], 3) for name, had in before["km"].items() if had > km.get(name, had)}
    steps.append(Step("not_in_use", 0, round(sum(left_out.values()), 3), "roads of the map that no way uses, left out"))
    return {
        "n_nodes": roads.n_nodes,
        "n_links": n_links(roads.pieces),
        "n_sites": len(columns["site_id"]),
        "n_stations": 0,
        "km": km,
        "km_outside_core": left_out,
        "read": before,
        "steps": [*about["report"]["steps"], *(step._asdict() for step in steps)],
    }


def _steps(n_stood_in: int, stood_in_km: float, streets: Streets, found: Found) -> list[Step]:
    """What joining did, and how far things were moved."""
    is_found = found.piece >= 0
    order = np.lexsort((streets.straight_m, streets.place))
    nearest = streets.straight_m[order][np.unique(streets.place[order], return_index=True)[1]]
    alone = "zones that the map does not reach, joined by the backbone's roads"
    lost = "service-area sides with no expressway within 5 km in their direction, left out"
    return [
        Step("zones_on_backbone", n_stood_in, round(stood_in_km, 3), alone),
        _told("streets", streets.straight_m, "streets between zones and roads"),
        _told("nearest_street", nearest, "the nearest of each zone"),
        _told("sides", found.distance_m[is_found], "service-area sides"),
        Step("sides_left_out", int((~is_found).sum()), 0.0, lost),
    ]


def _told(name: str, distance_m: F64, what: str) -> Step:
    median, high, most = np.percentile(distance_m, [50, 95, 100]) / 1000.0
    text = f"{what}; straight lines: median {median:.2f} km, 95th percentile {high:.2f} km, most {most:.2f} km"
    return Step(name, len(distance_m), round(float(np.sum(distance_m)) / 1000.0, 3), text)


def _check_reached(roads: Roads, zone_node: I64, regions: Regions) -> None:
    links = directed(roads)
    label = strong_components(roads.n_nodes, links.link_from, links.link_to)
    main = np.bincount(label).argmax()
    lost = regions.zone_id[label[zone_node] != main]
    if len(lost):
        raise DataError(
            f"road network: found no way both ways between most zones and {', '.join(lost[:8])}"
            f"{' and others' if len(lost) > 8 else ''}; wanted roads that join all {regions.n_zones} zones; take a wider "
            "extract or a larger network.gap_m"
        )


def _places(columns: dict[str, Any], regions: Regions, sides: Sides, found: Found, pair: Any) -> dict[str, Any]:
    """Columns of nodes, zones and sites: where zones and sides are, and in which province."""
    zone_node = _nodes_named(columns["node_names"], regions.zone_id).astype(np.int32)
    node_zone = np.full(len(columns["node_lon"]), -1, np.int32)
    node_zone[zone_node] = np.arange(regions.n_zones)
    rows = np.flatnonzero(found.piece >= 0)
    province_of = {code: row for row, code in enumerate(regions.province_code)}
    return {
        "node_zone": node_zone,
        "node_province": attach_places(regions, columns["node_lon"], columns["node_lat"]),
        "zone_node": zone_node,
        "site_id": sides.side_id[rows],
        "site_names": sides.name_en[rows],
        "site_names_zh": sides.name_zh[rows],
        "site_link": _links_of_sides(columns, rows, found, _nodes_named(columns["node_names"], pair[rows])),
        "site_lon": sides.lon[rows],
        "site_lat": sides.lat[rows],
        "site_province": np.array([province_of[sides.province[row]] for row in rows], np.int32),
    }


def _nodes_named(names: Any, wanted: Any) -> I64:
    row_of = {name: row for row, name in enumerate(names) if name}
    return np.array([row_of[name] for name in wanted], np.int64)


def _links_of_sides(columns: dict[str, Any], rows: I64, found: Found, node: I64) -> Any:
    """The link on which traffic with the heading of a side comes to its node."""
    lon, lat = columns["link_path_lon"], columns["link_path_lat"]
    last = lon.first[1:] - 1
    shrink = np.cos(np.radians(lat.values[last]))
    ahead = np.stack([(lon.values[last] - lon.values[last - 1]) * shrink, lat.values[last] - lat.values[last - 1]], axis=1)
    order = np.argsort(columns["link_to"], kind="stable")
    first = np.searchsorted(columns["link_to"][order], np.arange(len(columns["node_lon"]) + 1))
    links = np.empty(len(rows), np.int32)
    for number, (row, at) in enumerate(zip(rows, node, strict=True)):
        arriving = order[first[at] : first[at + 1]]
        links[number] = arriving[np.argmax(ahead[arriving] @ found.heading[row])]
    return links


def _nothing(*names: str) -> Places:
    return Places({name: [] for name in names})


def _no_stations() -> Places:
    return _nothing("id", "lon", "lat", "name", "operator", "n_evse", "power_kw", "sockets")
