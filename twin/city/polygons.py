"""Polygons of a GeoJSON file, and which of them a point lies in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twin.errors import DataError, Faults
from twin.stations.placement import KM_PER_DEG
from twin.tables.columns import F64, I32, STR

__all__ = ["Polygons", "area_km2", "inside", "read_polygons"]

MOST_BYTES = 200_000_000


class Polygons(NamedTuple):
    """Zones as closed rings, holes among them.

    Attributes
    ----------
    name : ndarray of str, shape (n_zones,)
        Their ids.
    rings : list of list of ndarray of float64, shape (n_points, 2)
        Of each zone its rings, degrees east and north, the first point again at the end.
    """

    name: STR
    rings: list[list[F64]]


def read_polygons(path: Path) -> Polygons:
    """Read the zones of a GeoJSON file (RFC 7946): features of polygons with a property ``zone``, or an ``id``.

    Raises
    ------
    DataError
        With every fault of the file.
    """
    faults = Faults()
    names: list[str] = []
    rings: list[list[F64]] = []
    for row, feature in enumerate(_features(path)):
        where = f"{path}: feature {row}"
        name = _name(feature)
        if name is None:
            faults.add(where, "no id", "a property 'zone', text or a whole number", "name it")
        elif name in names:
            faults.add(where, f"zone {name!r} again", "each zone once", "join its parts in one MultiPolygon")
        found = _rings(feature.get("geometry") if isinstance(feature, dict) else None)
        if not found:
            faults.add(where, "no polygon", "a Polygon or MultiPolygon in degrees", "draw it, or leave it out")
        names.append(str(name))
        rings.append(found)
    faults.raise_if_any(DataError)
    return Polygons(np.array(names, object), rings)


def _features(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path}: found more than {MOST_BYTES // 10**6} MB; wanted outlines of zones; simplify them")
        read = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as fault:
        reason = getattr(fault, "strerror", None) or "no JSON in UTF-8"
        raise DataError(f"{path}: found {reason.lower()}; wanted a GeoJSON file of zones; check city.zones") from fault
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list) or not features:
        raise DataError(f"{path}: found no features; wanted a FeatureCollection of polygons; export the zones anew")
    return features


def _name(feature: Any) -> str | None:
    """Return the id of a feature."""
    if not isinstance(feature, dict):
        return None
    properties = feature.get("properties")
    found = properties.get("zone") if isinstance(properties, dict) else None
    found = feature.get("id") if found is None else found
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) and str(found) else None


def _rings(geometry: Any) -> list[F64]:
    """Return the rings of a polygon or of several; none where the geometry is something else."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        return []
    parts = [geometry.get("coordinates")] if kind == "Polygon" else geometry.get("coordinates")
    rings = []
    try:
        for part in parts:
            for ring in part:
                points = np.array([point[:2] for point in ring], np.float64)
                if points.shape[0] < 3 or points.shape[1] != 2 or not _is_on_earth(points):
                    return []
                rings.append(np.concatenate([points, points[:1]]) if (points[0] != points[-1]).any() else points)
    except (TypeError, ValueError, IndexError, KeyError):
        return []
    return rings


def _is_on_earth(points: F64) -> bool:
    return bool(np.isfinite(points).all() and (np.abs(points) <= (180.0, 90.0)).all())


def inside(polygons: Polygons, lon: F64, lat: F64) -> I32:
    """Return the zone that each point lies in, the first of several, -1 where there is none.

    A ray to the east crosses the rings of the zone it starts in an odd number of times (Shimrat 1962, Algorithm 112).
    """
    found = np.full(len(lon), -1, np.int32)
    for zone, rings in enumerate(polygons.rings):
        low, high = (f(np.concatenate(rings), axis=0) for f in (np.min, np.max))
        near = np.flatnonzero((found < 0) & (lon >= low[0]) & (lon <= high[0]) & (lat >= low[1]) & (lat <= high[1]))
        is_in = np.zeros(len(near), np.bool_)
        for ring in rings:
            for (x1, y1), (x2, y2) in zip(ring[:-1].tolist(), ring[1:].tolist(), strict=True):
                if y1 == y2:
                    continue
                crosses = (lat[near] >= min(y1, y2)) & (lat[near] < max(y1, y2))
                is_in ^= crosses & (lon[near] < x1 + (lat[near] - y1) * (x2 - x1) / (y2 - y1))
        found[near[is_in]] = zone
    return found


def area_km2(polygons: Polygons, middle_lat: float) -> F64:
    """Return the area of each zone by the shoelace formula, outer rings less holes, whichever way they are drawn."""
    scale = KM_PER_DEG**2 * np.cos(np.radians(middle_lat))
    areas = []
    for rings in polygons.rings:
        parts = [abs(float(np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]))) / 2.0 for ring in rings]
        is_hole = [any(_lies_in(ring, other) for other in rings if other is not ring) for ring in rings]
        areas.append(scale * sum(-part if hole else part for part, hole in zip(parts, is_hole, strict=True)))
    return np.array(areas)


def _lies_in(ring: F64, other: F64) -> bool:
    """Return whether a ring begins inside another."""
    return bool(inside(Polygons(np.array([""], object), [[other]]), ring[:1, 0], ring[:1, 1])[0] == 0)
