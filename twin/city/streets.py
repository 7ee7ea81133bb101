"""A city's streets, from the file that the scenario names."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from twin.city.zones import Zoning
from twin.errors import DataError
from twin.network.cached import Say, built_file, cache_folder
from twin.network.files import load_network
from twin.network.graph import Network

__all__ = ["load_streets", "with_zones"]


def load_streets(source: str, gap_m: float = 0.0, say: Say = lambda _: None, cache: Path | None = None) -> Network:
    """Return the streets of a source on this machine, built where they are not yet.

    Parameters
    ----------
    source, gap_m, say
        See `twin.network.cached.built_file`.
    cache : pathlib.Path, optional
        See `twin.network.cached.cache_folder`.

    Raises
    ------
    DataError
        If there is no such file, or no network in it.
    """
    path = Path(source)
    if not path.exists():
        raise DataError(
            f"network.source: found no {source!r} from {Path.cwd()}; wanted the streets of a city; get them by name with "
            f'`twin network build "Nanjing, China" --out nanjing.parquet`, or download an OpenStreetMap extract '
            "(.osm.pbf, .osm.gz), and name the file there"
        )
    return load_network(built_file(path, cache_folder(cache), gap_m=gap_m, say=say))


def with_zones(network: Network, zoning: Zoning) -> Network:
    """Return the streets with a city's zones and its one province attached."""
    node_zone = np.full(network.n_nodes, -1, np.int32)
    node_zone[zoning.node] = np.arange(zoning.n_zones, dtype=np.int32)
    return dataclasses.replace(
        network,
        zone_node=zoning.node,
        node_zone=node_zone,
        node_province=np.zeros(network.n_nodes, np.int32),
        site_province=np.zeros(network.n_sites, np.int32),
    )
