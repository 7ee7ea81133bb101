"""A road graph as columns: directed links, nodes, zones and service-area sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from twin.errors import DataError, Faults
from twin.network.classes import CLASS_NAMES
from twin.tables.columns import F64, I16, I32, STR, U8

__all__ = ["Network", "make_network", "strong_components"]

PIECES_SHOWN = 6


@dataclass(frozen=True)
class Network:
    """A strongly connected road graph; made by `make_network`, which checks it.

    Attributes
    ----------
    link_from, link_to : ndarray of int32, shape (n_links,)
        Nodes of each directed link.
    link_length_m : ndarray of int32, shape (n_links,)
        Length.
    link_free_speed_kmh : ndarray of float64, shape (n_links,)
        Mean speed of cars on an empty road.
    link_capacity_per_h : ndarray of float64, shape (n_links,)
        Passenger-car units an hour, all lanes of the direction together.
    link_kind : ndarray of uint8, shape (n_links,)
        Key of `twin.network.classes.CLASS_NAMES`.
    link_line : ndarray of int16, shape (n_links,)
        Row of `line_names`, -1 where no numbered line runs.
    link_reverse : ndarray of int32, shape (n_links,)
        The link of the opposite direction, -1 on one-way roads.
    link_id : ndarray of str, shape (n_links,)
        Stable names.
    line_names : ndarray of str, shape (n_lines,)
        Codes of expressway lines.
    node_lon, node_lat : ndarray of float64, shape (n_nodes,)
        WGS-84 degrees.
    node_names : ndarray of str, shape (n_nodes,)
        English names.
    node_province : ndarray of int32, shape (n_nodes,)
        Province, -1 unknown.
    node_zone : ndarray of int32, shape (n_nodes,)
        Zone whose centre the node is, -1 none.
    zone_node : ndarray of int32, shape (n_zones,)
        Node at which each zone joins the graph.
    site_id, site_names, site_names_zh : ndarray of str, shape (n_sites,)
        Service-area sides, one row a direction.
    site_link : ndarray of int32, shape (n_sites,)
        Directed link at whose end the side stands.
    site_lon, site_lat : ndarray of float64, shape (n_sites,)
        WGS-84 degrees.
    site_province : ndarray of int32, shape (n_sites,)
        Province.
    out_first : ndarray of int32, shape (n_nodes + 1,)
        Links that leave node ``n`` are ``out_link[out_first[n]:out_first[n + 1]]``.
    out_link : ndarray of int32, shape (n_links,)
        Links by the node they leave, then by id.
    provenance : dict
        Source, licence and hash of the input.
    """

    link_from: I32
    link_to: I32
    link_length_m: I32
    link_free_speed_kmh: F64
    link_capacity_per_h: F64
    link_kind: U8
    link_line: I16
    link_reverse: I32
    link_id: STR
    line_names: STR
    node_lon: F64
    node_lat: F64
    node_names: STR
    node_province: I32
    node_zone: I32
    zone_node: I32
    site_id: STR
    site_names: STR
    site_names_zh: STR
    site_link: I32
    site_lon: F64
    site_lat: F64
    site_province: I32
    out_first: I32
    out_link: I32
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_lon)

    @property
    def n_links(self) -> int:
        """Number of directed links."""
        return len(self.link_from)

    @property
    def n_zones(self) -> int:
        """Number of zones."""
        return len(self.zone_node)

    @property
    def n_sites(self) -> int:
        """Number of service-area sides."""
        return len(self.site_link)

    def summary(self) -> dict[str, Any]:
        """Describe the graph in a few figures.

        Returns
        -------
        dict
            Counts, kilometres of road by kind (a two-way road once), strong components and provenance.
        """
        km = np.where(self.link_reverse >= 0, 0.5, 1.0) * self.link_length_m / 1000.0
        label = strong_components(self.n_nodes, self.link_from, self.link_to)
        by_kind = {
            f"{name}_km": round(float(km[self.link_kind == kind].sum()), 1)
            for kind, name in CLASS_NAMES.items()
            if np.any(self.link_kind == kind)
        }
        return {
            "n_nodes": self.n_nodes,
            "n_links": self.n_links,
            "n_zones": self.n_zones,
            "n_service_area_sides": self.n_sites,
            "n_lines": len(self.line_names),
            **by_kind,
            "median_link_km": round(float(np.median(self.link_length_m)) / 1000.0, 1),
            "n_strong_components": int(label.max()) + 1,
            "share_in_largest": round(float(np.bincount(label).max()) / self.n_nodes, 4),
            **{key: str(value) for key, value in self.provenance.items()},
        }


def strong_components(n_nodes: int, link_from: I32, link_to: I32) -> I32:
    """Label nodes by strong component: from any node of one, one can drive to any other of it and back.

    Returns
    -------
    ndarray of int32, shape (n_nodes,)
        Labels from 0.
    """
    links = csr_matrix((np.ones(len(link_from), np.int8), (link_from, link_to)), shape=(n_nodes, n_nodes))
    label: I32 = connected_components(links, directed=True, connection="strong")[1].astype(np.int32)
    return label


def make_network(**columns: Any) -> Network:
    """Make a graph from its columns: sort the links by node, check every reference, require one strong component.

    Parameters
    ----------
    **columns
        Every attribute of `Network` except `out_first` and `out_link`.

    Returns
    -------
    Network
        The checked graph.

    Raises
    ------
    DataError
        If a reference leaves its table, a length or speed is not positive, or the graph falls into pieces.
    """
    link_from = np.asarray(columns["link_from"], np.int32)
    n_nodes = len(columns["node_lon"])
    _check(columns, n_nodes, len(link_from), str(columns.get("provenance", {}).get("source", "road graph")))
    out_link = np.argsort(link_from, kind="stable").astype(np.int32)
    out_first = np.zeros(n_nodes + 1, np.int32)
    np.cumsum(np.bincount(link_from, minlength=n_nodes), out=out_first[1:])
    return Network(**columns, out_first=out_first, out_link=out_link)


def _check(columns: dict[str, Any], n_nodes: int, n_links: int, where: str) -> None:
    faults = Faults()
    for name, low, size in (
        ("link_from", 0, n_nodes),
        ("link_to", 0, n_nodes),
        ("link_reverse", -1, n_links),
        ("zone_node", 0, n_nodes),
        ("site_link", 0, n_links),
    ):
        values = columns[name]
        for row in np.flatnonzero((values < low) | (values >= size)):
            faults.add(f"{where}: {name} of row {row}", values[row], f"{low} to {size - 1}", "correct the reference")
    for name in ("link_length_m", "link_free_speed_kmh", "link_capacity_per_h"):
        for row in np.flatnonzero(~(columns[name] > 0)):
            faults.add(f"{where}: {name} of {columns['link_id'][row]}", columns[name][row], "above 0", "correct it")
    faults.raise_if_any(DataError)
    label = strong_components(n_nodes, columns["link_from"], columns["link_to"])
    sizes = np.bincount(label)
    if len(sizes) > 1:
        order = np.argsort(-sizes, kind="stable")[:PIECES_SHOWN]
        pieces = [f"{sizes[k]} nodes with {columns['node_names'][np.flatnonzero(label == k)[0]]!r}" for k in order]
        more = f" and {len(sizes) - PIECES_SHOWN} more" if len(sizes) > PIECES_SHOWN else ""
        raise DataError(
            f"{where}: {len(sizes)} pieces that cannot be driven between both ways: {', '.join(pieces)}{more}; "
            "wanted one; add the missing links or leave the small pieces out"
        )
