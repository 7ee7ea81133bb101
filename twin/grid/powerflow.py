"""Alternating-current power flow of a feeder over a day, by pandapower: voltages, loadings and losses hour by hour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.errors import ConfigError
from twin.grid.feeders import POWER_FACTOR, Feeder, Upgrade, upgrades
from twin.tables.columns import F64

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "LEAST_VOLTAGE_PU",
    "MOST_LINE_SHARE",
    "MOST_TRANSFORMER_SHARE",
    "Flow",
    "cure",
    "load_pandapower",
    "solve",
    "solved",
]

BUSBAR_PU = 1.03
"""The substation's tap changer holds its 10 kV busbar here. From memory, unverified (1.00 to 1.07)."""
LEAST_VOLTAGE_PU = 0.93
"""Up to 20 kV a voltage may lie 7 % off the nominal one (GB/T 12325-2008)."""
MOST_LINE_SHARE = 1.0
MOST_TRANSFORMER_SHARE = 1.1
"""A site's limit is set at nominal voltage; at a lower one the transformer carries up to a tenth more current."""
LV_KV, MV_KV = 0.4, 10.0
SITE_TRANSFORMER = "0.63 MVA 10/0.4 kV"
"""Standard type whose impedance and losses a site's transformer has, at its own size."""


class Flow(NamedTuple):
    """What a day does to a feeder, each of shape (n_hours,).

    Attributes
    ----------
    voltage_pu : ndarray of float64
        Lowest voltage on the line and behind the transformers.
    line_share, transformer_share : ndarray of float64
        Largest current over what the line, or the transformer, is rated for.
    loss_kw : ndarray of float64
        Lost in lines and transformers.
    drawn_kw : ndarray of float64
        Taken from the substation.
    """

    voltage_pu: F64
    line_share: F64
    transformer_share: F64
    loss_kw: F64
    drawn_kw: F64

    @property
    def holds(self) -> bool:
        """Whether voltage and loadings stay within their limits all day."""
        return bool(
            self.voltage_pu.min() >= LEAST_VOLTAGE_PU
            and self.line_share.max() <= MOST_LINE_SHARE
            and self.transformer_share.max() <= MOST_TRANSFORMER_SHARE
        )


def load_pandapower() -> ModuleType:
    """Import pandapower.

    Raises
    ------
    ConfigError
        If it is not installed.
    """
    try:
        import pandapower
    except ImportError as fault:
        raise ConfigError(
            f"pandapower: not installed ({fault}); the grid study needs it; install the extra: pip install 'twin[grid]'"
        ) from fault
    return pandapower  # type: ignore[no-any-return]


def solve(feeder: Feeder) -> Flow:
    """Solve a feeder hour by hour, Newton-Raphson from the hour before.

    The busbar of the substation is the slack. Where no solution exists (the voltage has collapsed) the hour counts with
    voltage 0 and infinite loadings.

    Parameters
    ----------
    feeder : Feeder
        Lines, transformers and load.
    """
    pp = load_pandapower()
    net = _net(pp, feeder)
    n_hours = feeder.base_kw.shape[1]
    rows = np.zeros((n_hours, len(Flow._fields)))
    tangent = math.tan(math.acos(POWER_FACTOR))
    at_site = feeder.site_kva > 0.0
    for hour in range(n_hours):
        load_mw = np.concatenate([feeder.base_kw[:, hour], feeder.site_kw[at_site, hour]]) / 1e3
        net.load["p_mw"], net.load["q_mvar"] = load_mw, load_mw * tangent
        rows[hour] = solved(net)
    return Flow(*rows.T)


def cure(feeder: Feeder) -> Upgrade | None:
    """Return the cheapest upgrade with which a feeder holds all day, or None where none of those known does."""
    return next((upgrade for upgrade in upgrades(feeder) if solve(upgrade.feeder).holds), None)


def _net(pp: ModuleType, feeder: Feeder) -> Any:
    """Build the feeder in pandapower: slack, line from node to node, base load at nodes, sites behind transformers."""
    net = pp.create_empty_network()
    bus = pp.create_bus(net, vn_kv=MV_KV)
    pp.create_ext_grid(net, bus, vm_pu=BUSBAR_PU)
    nodes = []
    for km in feeder.section_km.tolist():
        end = pp.create_bus(net, vn_kv=MV_KV)
        pp.create_line(net, bus, end, length_km=km, std_type=feeder.line_type, parallel=feeder.n_circuits)
        bus = end
        nodes.append(end)
    for node in nodes:
        pp.create_load(net, node, p_mw=0.0)
    of_type = pp.load_std_type(net, SITE_TRANSFORMER, "trafo")
    for node, kva in zip(nodes, feeder.site_kva.tolist(), strict=True):
        if kva > 0.0:
            low = pp.create_bus(net, vn_kv=LV_KV)
            pp.create_transformer_from_parameters(
                net, node, low, sn_mva=kva / 1e3, vn_hv_kv=MV_KV, vn_lv_kv=LV_KV, vk_percent=of_type["vk_percent"],
                vkr_percent=of_type["vkr_percent"], pfe_kw=of_type["pfe_kw"] * kva / 630.0, i0_percent=of_type["i0_percent"],
            )  # fmt: skip
            pp.create_load(net, low, p_mw=0.0)
    return net


def solved(net: Any) -> tuple[float, ...]:
    """Solve a net of pandapower as it is; return the columns of a `Flow`."""
    pp = load_pandapower()
    try:
        pp.runpp(net, init="results" if net.get("converged") else "auto", numba=False)
    except pp.LoadflowNotConverged:
        return 0.0, math.inf, math.inf, math.inf, math.inf
    transformers = net.res_trafo["loading_percent"].to_numpy()
    return (
        float(net.res_bus["vm_pu"].min()),
        float(net.res_line["loading_percent"].max()) / 100.0,
        float(transformers.max(initial=0.0)) / 100.0,
        1e3 * float(net.res_line["pl_mw"].sum() + net.res_trafo["pl_mw"].sum()),
        1e3 * float(net.res_ext_grid["p_mw"].sum()),
    )
