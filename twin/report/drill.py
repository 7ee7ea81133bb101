"""Every station of the run, packed, for the page's search and its way from province to prefecture to station."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.report.language import Language
from twin.report.packed import clipped, pack_arrays
from twin.report.places import Places
from twin.report.projection import View
from twin.report.source import Columns
from twin.tables.inputs import LAYERS

__all__ = ["drill"]


def drill(stations: Columns, view: View, say: Language, places: Places) -> tuple[str, dict[str, Any]]:
    """Return the packed stations, by province, zone and id, and what goes with them.

    Parameters
    ----------
    stations : mapping of str to ndarray
        ``stations.parquet``.
    view : View
        How degrees become kilometres.
    say : Language
        Of the names of sites.
    places : Places
        Names of provinces and zones.

    Returns
    -------
    pack : str
        See `twin.report.packed.pack_arrays`: province, zone and layer as numbers, figures, position, names.
    about : dict
        ``provinces`` and ``zones``: names and ids in the order of their numbers; ``corner`` and ``unit`` of positions, km.
    """
    province, zone = stations["province"].astype(str), stations["zone"].astype(str)
    order = np.lexsort((stations["station"], zone, province))
    columns = {name: values[order] for name, values in stations.items()}
    provinces, of_province = np.unique(province[order], return_inverse=True)
    zones, of_zone = np.unique(zone[order], return_inverse=True)
    x, y = view.project(columns["lon"], columns["lat"])
    corner = [float(np.floor(axis.min(initial=0))) for axis in (x, y)]
    reach = max((float(axis.max(initial=0)) - low for axis, low in zip((x, y), corner, strict=True)), default=1.0)
    unit = float(f"{max(reach, 1.0) / 65_000:.3g}")
    left = columns["n_balked"] + columns["n_reneged"]
    pack = pack_arrays(
        {
            "province": of_province.astype(np.uint8 if len(provinces) < 256 else np.uint16),
            "zone": of_zone.astype(np.uint16 if len(zones) < 65_536 else np.uint32),
            "layer": sum((columns["layer"] == layer) * np.uint8(k) for k, layer in enumerate(LAYERS)).astype(np.uint8),
            "n_evse": clipped(columns["n_evse"], np.uint16),
            "n_high_power": clipped(columns["n_high_power"], np.uint16),
            "sessions": clipped(columns["n_sessions"], np.uint32),
            "wait_s": clipped(columns["mean_wait_s"], np.uint16),
            "left": clipped(left, np.uint32),
            "busy": clipped(100 * columns["busy_share"], np.uint8),
            "x": clipped((x - corner[0]) / unit, np.uint16),
            "y": clipped((y - corner[1]) / unit, np.uint16),
        },
        [places.station(str(name)) for name in columns["name"]],
    )
    about = {
        "n": len(order),
        "corner": corner,
        "unit": unit,
        "layers": [say(layer) for layer in LAYERS],
        "provinces": [places.province_both(code) for code in provinces],
        "zones": [places.zone_both(name) for name in zones],
        "zone_ids": [str(name) for name in zones],
    }
    return pack, about
