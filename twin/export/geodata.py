"""Layers as GeoPackage and GeoParquet, which QGIS and its like open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas  # type: ignore[import-untyped]
import numpy as np
import pyogrio  # type: ignore[import-untyped]
import shapely

from twin.export.features import LAYERS, Features
from twin.store import Run

__all__ = ["write_geopackage", "write_geoparquet"]

WGS84 = "EPSG:4326"


def write_geopackage(run: Run, path: Path) -> None:
    """Write every layer that the run holds, as GeoPackage 1.3 (OGC 12-128r17).

    The format asks for a time of change: it is the first day of the run, so that the same run gives the same file.
    """
    day = run.manifest.get("first_day", "1970-01-01")
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{day}T00:00:00.000Z"})
    try:
        for layer in LAYERS:
            if layer == "links" and not (run.has("network") and run.has("links")):
                continue
            pyogrio.write_dataframe(_frame(LAYERS[layer](run)), path, layer=layer, driver="GPKG", append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_geoparquet(run: Run, path: Path, layer: str) -> None:
    """Write one layer as GeoParquet 1.1."""
    _frame(LAYERS[layer](run)).to_parquet(path, index=False, schema_version="1.1.0")


def _frame(features: Features) -> Any:
    """Return features as a table with a geometry: points, or lines between two ends."""
    if features.lon.shape[1] == 1:
        shapes = shapely.points(features.lon[:, 0], features.lat[:, 0])
    else:
        shapes = shapely.linestrings(np.stack([features.lon, features.lat], axis=2))
    return geopandas.GeoDataFrame(features.columns, geometry=shapes, crs=WGS84)
