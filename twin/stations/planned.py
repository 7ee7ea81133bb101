"""What a later stock has more, by kind of site: what `buildout.towards` orders, and the power that all orders add."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from twin.stations.apportion import apportion
from twin.stations.layers import for_depots, for_trunk_roads
from twin.stations.rules import SERVICE_AREA
from twin.stations.sites import DEPOT_SHARE, RURAL_LAYER, TOWNSHIP_EVSE, TRUNK_SHARE
from twin.stations.stock import Cells
from twin.tables.columns import I64
from twin.tables.inputs import LAYERS, SITE_TYPES

if TYPE_CHECKING:
    from twin.config.buildout import Buildout

__all__ = ["Share", "added_power_w", "planned_of"]

Share = Callable[[str, str, bool, int], I64]
"""Shares a number of EVSEs out to provinces: (rule, kind of site, whether for trucks, number)."""


def added_power_w(settings: Buildout, cells: Cells, change: I64) -> dict[str, float]:
    """Return the rated power that orders add in all, by kind of site; county towns and townships together."""
    added = dict.fromkeys(SITE_TYPES, 0.0)
    more = np.maximum(change, 0)
    for cell in range(len(cells.layer)):
        for name, n in _by_site_type(cells, cell, more[:, cell]).items():
            added[name] += float(n.sum()) * float(cells.rated_w[cell])
    power = dict(zip(cells.power_class_names[cells.power_class].tolist(), cells.rated_w.tolist(), strict=True))
    of_provinces = [order for each in settings.provinces.values() for order in each.orders.values()]
    for order in [*settings.orders.values(), *of_provinces]:
        added[_together(order.site_type)] += order.n_evse * power[order.power_class]
        for other in order.in_place_of:
            less = order.n_evse * power[other.power_class or order.power_class] / len(order.in_place_of)
            added[_together(other.site_type or order.site_type)] -= less
        if order.replaces is not None:
            added[_together(order.site_type)] -= order.n_evse * power[order.replaces]
    found = {name: max(value, 0.0) for name, value in added.items()}
    return found | {"township": found["county"]}


def _together(site_type: str) -> str:
    return "county" if site_type == "township" else site_type


def planned_of(rule: str, cells: Cells, more: I64, uncovered: I64, share: Share) -> dict[tuple[str, int], I64]:
    """Return what the later stock has more, by kind of site and cell; rural EVSEs cover townships first."""
    planned, rural = {}, np.zeros_like(more)
    for cell in range(len(cells.layer)):
        n, for_trucks = more[:, cell], bool(cells.for_trucks[cell])
        if rule != "plan" and n.any():
            n = share(rule, _site_type(cells, cell), for_trucks, int(n.sum()))
        for name, part in _by_site_type(cells, cell, n).items():
            if name == "county":
                rural[:, cell] = part
            else:
                planned[name, cell] = part
    total = rural.sum(axis=1)
    in_townships = np.minimum(total, np.maximum(uncovered, np.minimum(TOWNSHIP_EVSE * uncovered, total // 2)))
    at_townships = np.zeros_like(rural)
    for province in np.flatnonzero(in_townships).tolist():
        at_townships[province] = apportion(int(in_townships[province]), rural[province])
    for cell in np.flatnonzero(rural.any(axis=0)).tolist():
        planned["township", cell] = at_townships[:, cell]
        planned["county", cell] = rural[:, cell] - at_townships[:, cell]
    return dict(sorted(planned.items(), key=lambda one: one[0][1]))


def _by_site_type(cells: Cells, cell: int, n: I64) -> dict[str, I64]:
    """Share EVSEs of a kind, by province, out to kinds of site; trunk roads and depots get their part of the stock."""
    apart, share = "", 0.0
    if for_trunk_roads(cells)[cell]:
        apart, share = "trunk road", TRUNK_SHARE
    elif for_depots(cells)[cell]:
        apart, share = "depot", DEPOT_SHARE
    part = np.floor(share * n).astype(np.int64)
    return {_site_type(cells, cell): n - part} | ({apart: part} if apart else {})


def _site_type(cells: Cells, cell: int) -> str:
    if cells.layer[cell] == LAYERS.index("highway"):
        return SERVICE_AREA
    if cells.for_trucks[cell]:
        return "freight hub"
    return "county" if cells.layer[cell] == RURAL_LAYER else "urban public"
