"""The waits of another run, by the places where stations may be built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from twin.errors import DataError
from twin.stations.rules import SERVICE_AREA
from twin.stations.sphere import on_sphere_km
from twin.tables.columns import F64
from twin.tables.inputs import SITE_TYPES
from twin.tables.of_runs import read_result
from twin.tables.results import StationsTable

if TYPE_CHECKING:
    from twin.network.graph import Network
    from twin.network.regions import Regions

__all__ = ["waits_by_unit"]

COLUMNS = ("county", "site_type", "lon", "lat", "mean_wait_s", "n_sessions", "n_balked", "n_reneged")
SAME_KM = 0.05
"""A station of the table within this of a side is the side's."""


def waits_by_unit(source: str | None, regions: Regions, network: Network) -> dict[str, F64]:
    """Return the seconds waited by kind of site and unit, counties or sides, in a run's ``stations.parquet``.

    Those who balked or reneged count half an hour each: they are missing from the waits of those who stayed.

    Raises
    ------
    DataError
        If the file is no table of stations.
    """
    if source is None:
        return {}
    table = read_result(Path(source), StationsTable, COLUMNS)
    sessions, mean = table["n_sessions"].astype(np.float64), np.nan_to_num(table["mean_wait_s"].astype(np.float64))
    waited_s = sessions * mean + TURNED_AWAY_S * (table["n_balked"] + table["n_reneged"])
    index = {str(name): number for number, name in enumerate(regions.county_id)}
    unknown = sorted({str(name) for name in table["county"]} - index.keys())
    if unknown:
        raise DataError(f"{source}: county {unknown[0]!r}; wanted those of this nation; take the table of a national run")
    county = np.array([index[str(name)] for name in table["county"]], np.int64)
    found: dict[str, F64] = {}
    for name in SITE_TYPES:
        rows = np.flatnonzero(table["site_type"] == name)
        if name != SERVICE_AREA:
            found[name] = np.bincount(county[rows], waited_s[rows], regions.n_counties).astype(np.float64)
            continue
        found[name] = np.zeros(network.n_sites)
        if len(rows) and network.n_sites:
            tree = cKDTree(on_sphere_km(network.site_lon, network.site_lat))
            off_km, side = map(np.asarray, tree.query(on_sphere_km(table["lon"][rows], table["lat"][rows])))
            near = off_km <= SAME_KM
            np.add.at(found[name], side[near], waited_s[rows][near])
    found["county"] = found["township"] = found["county"] + found["township"]
    return found


TURNED_AWAY_S = 1800.0
"""What a vehicle that was turned away counts as, in seconds waited; our own choice, confidence low."""
