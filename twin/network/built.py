"""A built network on disk, read back as roads in the making, so that more can be done to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twin.errors import DataError
from twin.network.pieces import DEG, Pieces, Roads
from twin.tables import roads as file
from twin.tables.columns import I64

__all__ = ["roads_of_file"]

MS_PER_H, MM_PER_M = 3_600_000.0, 1000


def roads_of_file(path: Path) -> Roads:
    """Read a network file as pieces: a pair of opposite links is one piece again, times come out exactly.

    Raises
    ------
    DataError
        If the file is missing, damaged, no network, or already carries zones.
    """
    if len(file.read_part(path, "zone")["zone_node"]):
        raise DataError(f"{path}: found a network with zones; wanted one as `twin network build` writes it; build it again")
    links, nodes = file.read_part(path, "link"), file.read_part(path, "node")
    reverse = links["link_reverse"]
    chosen = np.flatnonzero((reverse < 0) | (reverse > np.arange(len(reverse))))
    lon, lat = links["link_path_lon"], links["link_path_lat"]
    length_m = links["link_length_m"].astype(np.int64)
    time_ms = np.rint(length_m / 1000.0 / links["link_free_speed_kmh"] * MS_PER_H).astype(np.int64)
    kind = links["link_kind"]
    pieces = Pieces(
        a=links["link_from"].astype(np.int64),
        b=links["link_to"].astype(np.int64),
        is_both=reverse >= 0,
        kind=kind,
        length_mm=length_m * MM_PER_M,
        time_ms=np.maximum(time_ms, 1),
        n_lanes=links["link_lanes"],
        is_toll=links["link_is_toll"],
        line=links["link_line"],
        way=_ways(links["link_id"]),
        first=lon.first[:-1],
        last=lon.first[1:] - 1,
    ).rows(chosen)
    return Roads(
        x=_whole(nodes["node_lon"]),
        y=_whole(nodes["node_lat"]),
        names=nodes["node_names"],
        is_kept=np.zeros(len(nodes["node_lon"]), bool),
        pieces=pieces,
        point_x=_whole(lon.values),
        point_y=_whole(lat.values),
        line_names=file.read_part(path, "line")["line_names"],
    )


def _whole(degrees: np.ndarray) -> np.ndarray:
    return np.rint(degrees * DEG).astype(np.int32)


def _ways(names: np.ndarray) -> I64:
    """Way of each link from its name, see `twin.network.number`; -1 for what the preparation added."""
    stems = [name.partition(".")[0] for name in names]
    return np.array([int(stem) if stem.lstrip("-").isdecimal() else -1 for stem in stems], np.int64)
