"""How the stations served: arrivals, waits, energy, and how busy they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.metrics.rows import (
    SECONDS_PER_HOUR,
    WS_PER_GWH,
    WS_PER_KWH,
    Row,
    Supply,
    cell_rows,
    hour_rows,
    ratio,
    supply,
    with_totals,
)
from twin.tables.columns import F64, I64
from twin.tables.inputs import LAYERS
from twin.tables.totals import HOUR_FIELDS, WAIT_EDGES_S, RunTotals

if TYPE_CHECKING:
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

QUANTILES = (0.50, 0.95, 0.99)
LONG_WAIT_S = 1800
"""A wait that people complain about: half an hour, an edge of the histogram."""


def queue_metrics(totals: RunTotals, inventory: Inventory, regions: Regions) -> list[Row]:
    """Return the figures of the stations.

    Supply, arrivals, sessions, shares that balked or reneged, energy, waiting time and occupancy: for the whole run
    by layer and province, and for the nation by layer and hour. Quantiles of the waiting time are by layer only,
    since the histogram is.

    Parameters
    ----------
    totals : RunTotals
        What the engine counted.
    inventory : Inventory
        Stations and pools.
    regions : Regions
        Provinces, for their codes.
    """
    provinces = [str(code) for code in regions.province_code]
    there = Supply(*(with_totals(sums) for sums in supply(inventory, len(provinces))))
    hours = dict(zip(HOUR_FIELDS, (with_totals(field) for field in totals.hours), strict=True))
    whole = {name: sums.sum(axis=-1) for name, sums in hours.items()}
    rows = list(_supply_rows(there, provinces))
    for metric, unit, values in service_figures(whole, there, totals.n_hours):
        rows += cell_rows(metric, unit, values, provinces)
    nation = {name: sums[-1] for name, sums in hours.items()}
    standing = Supply(*(sums[-1][:, None] for sums in there))
    for metric, unit, values in service_figures(nation, standing, 1):
        rows += hour_rows(metric, unit, values)
    full = ratio(nation["n_full"], standing.n_stations)
    for layer, values in zip((*LAYERS, "all"), full, strict=True):
        worst = float(np.max(values)) if values.size else np.nan
        rows.append(Row("peak_share_stations_full", layer, "all", np.nan, worst, "-"))
    return rows + list(_wait_rows(totals))


def service_figures(sums: Mapping[str, I64], there: Supply, n_hours: int) -> Iterator[tuple[str, str, F64]]:
    """Form the figures that are sums or ratios of sums, whatever the sums are over.

    Parameters
    ----------
    sums : mapping of str to ndarray
        The fields of ``HOUR_FIELDS``, summed over `n_hours`.
    there : Supply
        What stood ready, of shapes that broadcast with the sums.
    n_hours : int
        Hours that the sums are over.

    Yields
    ------
    metric, unit, values
        Of the shape of the sums.
    """
    evse_s, rated_w = there.n_evse * (SECONDS_PER_HOUR * n_hours), there.rated_power_w + there.rack_power_w
    yield "arrivals", "-", sums["n_arrivals"].astype(np.float64)
    yield "sessions", "-", sums["n_sessions"].astype(np.float64)
    yield "balk_share", "-", ratio(sums["n_balked"], sums["n_arrivals"])
    yield "renege_share", "-", ratio(sums["n_reneged"], sums["n_arrivals"])
    yield "energy_gwh", "GWh", sums["energy_ws"] / WS_PER_GWH
    yield "energy_per_session_kwh", "kWh", ratio(sums["energy_ws"], sums["n_sessions"]) / WS_PER_KWH
    yield "mean_wait_min", "min", ratio(sums["wait_s"], sums["n_sessions"]) / 60
    yield "busy_share", "-", ratio(sums["busy_s"], evse_s)
    yield "power_use_share", "-", ratio(sums["energy_ws"], rated_w * float(SECONDS_PER_HOUR * n_hours))
    yield "share_stations_full", "-", ratio(sums["n_full"], there.n_stations * n_hours)
    yield "availability", "-", 1.0 - ratio(sums["out_s"], evse_s)
    yield "sessions_per_evse_day", "1/d", ratio(sums["n_sessions"], there.n_evse * (n_hours / 24))


def wait_quantile_s(histogram: NDArray[Any], share: float, top_s: int) -> float:
    """Read a quantile of the waiting time from its histogram, linear inside a bin.

    Parameters
    ----------
    histogram : ndarray of int, shape (len(WAIT_EDGES_S),)
        Sessions by waiting time.
    share : float
        0..1.
    top_s : int
        Longest waiting time, s: the upper end of the open last bin.

    Returns
    -------
    float
        Waiting time that `share` of the sessions did not exceed, s; NaN without sessions. The first bin holds
        those who did not wait at all and reads as 0.
    """
    counts = np.asarray(histogram, np.int64)
    below = np.cumsum(counts)
    if below[-1] == 0:
        return float("nan")
    wanted = share * below[-1]
    k = int(np.searchsorted(below, wanted))
    if k == 0:
        return 0.0
    low = WAIT_EDGES_S[k]
    high = WAIT_EDGES_S[k + 1] if k + 1 < len(WAIT_EDGES_S) else max(top_s, low)
    return float(low + (high - low) * (wanted - (below[k] - counts[k])) / counts[k])


def _wait_rows(totals: RunTotals) -> Iterator[Row]:
    top_s = int(totals.stations.max_wait_s.max(initial=0))
    by_layer = np.concatenate([totals.wait_histogram, totals.wait_histogram.sum(axis=0, keepdims=True)])
    long = WAIT_EDGES_S.index(LONG_WAIT_S)
    for layer, by_hour in zip((*LAYERS, "all"), by_layer, strict=True):
        for hour, counts in [(np.nan, by_hour.sum(axis=0)), *enumerate(by_hour)]:
            for share in QUANTILES:
                wait_min = wait_quantile_s(counts, share, top_s) / 60
                yield Row(f"p{share * 100:.0f}_wait_min", layer, "all", float(hour), wait_min, "min")
            over = float(ratio(counts[long:].sum(), counts.sum()))
            yield Row("share_waiting_over_30_min", layer, "all", float(hour), over, "-")


def _supply_rows(there: Supply, provinces: list[str]) -> Iterator[Row]:
    yield from cell_rows("n_stations", "-", there.n_stations, provinces)
    yield from cell_rows("n_evse", "-", there.n_evse, provinces)
    yield from cell_rows("n_high_power_evse", "-", there.n_high_power, provinces)
    yield from cell_rows("n_megawatt_evse", "-", there.n_megawatt, provinces)
    yield from cell_rows("rated_power_gw", "GW", there.rated_power_w / 1e9, provinces)
