"""Prepared roads as the columns of a `Network`: nodes and directed links get their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.network.classes import EXPRESSWAY
from twin.network.pieces import DEG, HALF, Places, Roads, class_values, gather
from twin.network.repair import Step
from twin.tables.columns import I64, STR
from twin.tables.roads import Lists

__all__ = ["columns_of"]

MS_PER_H, M_PER_KM = 3_600_000.0, 1000.0


def columns_of(roads: Roads, sites: Places, stations: Places) -> tuple[dict[str, Any], list[Step]]:
    """Return every column of the network file.

    The two directions of a road lie one beside the other. A link's speed is its length in whole metres over its time, so
    that whole milliseconds come out of it again exactly. Zones are left empty: they are attached later.

    Parameters
    ----------
    roads : Roads
        One strong component.
    sites, stations : Places
        What stands beside the roads; the column `at` of the sites holds the drawn point of the road.
    """
    pieces = roads.pieces
    piece = np.repeat(np.arange(len(pieces.a)), 1 + pieces.is_both)
    is_back = np.concatenate([[False], piece[1:] == piece[:-1]])
    row = np.arange(len(piece))
    link_to = np.where(is_back, pieces.a[piece], pieces.b[piece]).astype(np.int32)
    length_m = np.maximum(np.rint(pieces.length_mm / 1000.0), 1).astype(np.int32)
    points, first = gather(pieces.first[piece], pieces.last[piece], is_back)
    lanes = pieces.n_lanes * class_values(pieces.kind, "lane_capacity_per_h")
    links = {
        "link_from": np.where(is_back, pieces.b[piece], pieces.a[piece]).astype(np.int32),
        "link_to": link_to,
        "link_length_m": length_m[piece],
        "link_free_speed_kmh": (length_m / M_PER_KM * MS_PER_H / pieces.time_ms)[piece],
        "link_capacity_per_h": lanes[piece],
        "link_kind": pieces.kind[piece],
        "link_line": pieces.line[piece],
        "link_reverse": np.where(pieces.is_both[piece], np.where(is_back, row - 1, row + 1), -1).astype(np.int32),
        "link_id": _names_of_links(pieces.way, piece, is_back),
        "link_lanes": pieces.n_lanes[piece],
        "link_is_toll": pieces.is_toll[piece],
        "link_path_lon": Lists(first, roads.point_x[points] / DEG),
        "link_path_lat": Lists(first, roads.point_y[points] / DEG),
    }
    nodes = {
        "node_lon": roads.x / DEG,
        "node_lat": roads.y / DEG,
        "node_names": roads.names,
        "node_province": np.full(roads.n_nodes, -1, np.int32),
        "node_zone": np.full(roads.n_nodes, -1, np.int32),
        "zone_node": np.zeros(0, np.int32),
        "line_names": roads.line_names,
    }
    placed, step = _sites(roads, sites, links)
    names = ("id", "lon", "lat", "name", "operator", "n_evse", "power_kw", "sockets")
    beside = {f"station_{name}": stations.columns[name] for name in names}
    return {**links, **nodes, **placed, **beside}, [step]


def _names_of_links(way: I64, piece: I64, is_back: Any) -> STR:
    """Way, number of its piece, and ``+`` or ``-`` for the direction; bridges and access links have no way."""
    order = np.argsort(way, kind="stable")
    begins = np.concatenate([[True], np.diff(way[order]) != 0])
    at = np.arange(len(way))
    number = np.zeros(len(way), np.int64)
    number[order] = at - np.maximum.accumulate(np.where(begins, at, 0))
    stem = [f"{w if w >= 0 else 'added'}.{k}" for w, k in zip(way.tolist(), number.tolist(), strict=True)]
    return np.array([stem[k] + ("-" if b else "+") for k, b in zip(piece.tolist(), is_back.tolist(), strict=True)], object)


def _sites(roads: Roads, sites: Places, links: dict[str, Any]) -> tuple[dict[str, Any], Step]:
    """Each service area on the expressway link that ends beside it, on its right-hand side where there are several."""
    key = (roads.x.astype(np.int64) << 32) + (roads.y.astype(np.int64) + HALF)
    by_place = np.argsort(key, kind="stable")
    chosen: list[tuple[int, int]] = []
    for row, at in enumerate(sites.columns.get("at", [])):
        if at is None:
            continue
        wanted = (at[0] << 32) + (at[1] + HALF)
        nodes = by_place[np.searchsorted(key[by_place], wanted) : np.searchsorted(key[by_place], wanted, "right")]
        ends = np.flatnonzero(np.isin(links["link_to"], nodes) & (links["link_kind"] == EXPRESSWAY))
        if len(ends):
            place = (sites.columns["lon"][row], sites.columns["lat"][row])
            is_left = np.array([_is_left(links, int(link), place) for link in ends])
            chosen.append((row, int(ends[np.lexsort((ends, is_left))[0]])))
    rows = [row for row, _ in chosen]
    texts = {"site_id": "id", "site_names": "name_en", "site_names_zh": "name_zh"}
    columns: dict[str, Any] = {
        name: np.array([sites.columns[own][row] for row in rows], object) for name, own in texts.items()
    }
    for name in ("lon", "lat"):
        columns[f"site_{name}"] = np.array([sites.columns[name][row] for row in rows], np.float64)
    columns["site_link"] = np.array([link for _, link in chosen], np.int32)
    columns["site_province"] = np.full(len(rows), -1, np.int32)
    lost = len(sites.columns["id"]) - len(rows)
    return columns, Step("sites_off_the_road", lost, 0.0, "service areas not beside an expressway of the network, left out")


def _is_left(links: dict[str, Any], link: int, place: tuple[float, float]) -> bool:
    """Whether a place lies to the left of the last stretch of a link."""
    lon, lat = links["link_path_lon"], links["link_path_lat"]
    end = int(lon.first[link + 1]) - 1
    ahead = (lon.values[end] - lon.values[end - 1], lat.values[end] - lat.values[end - 1])
    aside = (place[0] - lon.values[end], place[1] - lat.values[end])
    return bool(ahead[0] * aside[1] - ahead[1] * aside[0] > 0)
