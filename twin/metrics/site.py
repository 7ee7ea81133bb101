"""What photovoltaics and storage at stations did: the sun used, the green share, cycles, and what they took off the peak."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.metrics.rows import WS_PER_GWH, WS_PER_KWH, Row, cell_of, cell_rows, cell_sums, ratio, with_totals
from twin.tables.columns import F64
from twin.tables.totals import RunTotals

if TYPE_CHECKING:
    from twin.network.regions import Regions
    from twin.stations.inventory import Inventory

__all__ = ["site_metrics"]


def site_metrics(totals: RunTotals, inventory: Inventory, regions: Regions) -> Iterator[Row]:
    """Yield the figures of stations with photovoltaics or storage, by layer and province.

    Parameters
    ----------
    totals : RunTotals
        Its ``plants``, ``plant_sums`` and ``stations`` are read.
    inventory, regions
        Stations and regions of the run.
    """
    plants, sums = totals.plants, totals.plant_sums
    codes = [str(code) for code in regions.province_code]
    cell = cell_of(inventory)
    of_plant, n_days = cell[plants.station], totals.n_hours / 24

    def summed(values: NDArray[Any]) -> F64:
        return with_totals(cell_sums(of_plant, values, len(codes))).astype(np.float64)

    public_ws = with_totals(cell_sums(cell, totals.stations.energy_ws, len(codes)))
    sun_ws, used_ws = summed(sums.pv_ws), summed(sums.used_ws)
    has_storage = plants.capacity_ws > 0
    peak_w, load_peak_w = (summed(values * has_storage) for values in (sums.peak_w, sums.load_peak_w))
    yield from cell_rows("n_stations_with_pv", "-", summed(plants.pv_w > 0), codes)
    yield from cell_rows("n_stations_with_storage", "-", summed(has_storage), codes)
    yield from cell_rows("pv_mw", "MW", summed(plants.pv_w) / 1e6, codes)
    yield from cell_rows("storage_mwh", "MWh", summed(plants.capacity_ws) / WS_PER_KWH / 1e3, codes)
    yield from cell_rows("pv_energy_gwh", "GWh", sun_ws / WS_PER_GWH, codes)
    yield from cell_rows("pv_used_share", "-", ratio(used_ws, sun_ws), codes)
    yield from cell_rows("pv_curtailed_share", "-", ratio(sun_ws - used_ws - summed(sums.fed_ws), sun_ws), codes)
    yield from cell_rows("site_green_share", "-", ratio(used_ws, used_ws + summed(sums.grid_ws)), codes)
    yield from cell_rows("pv_share_of_public_energy", "-", ratio(used_ws, public_ws), codes)
    cycles = ratio(summed(sums.given_ws), summed(plants.capacity_ws) * n_days)
    yield from cell_rows("storage_cycles_per_day", "1/d", cycles, codes)
    yield from cell_rows("storage_peak_cut_share", "-", 1.0 - ratio(peak_w, load_peak_w), codes)
