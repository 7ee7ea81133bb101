"""How green the charging was: by the province's mix at its hour, with what would have been curtailed, and its carbon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from twin.metrics.rows import ALL, ratio
from twin.tables.results import GridTable

if TYPE_CHECKING:
    from twin.grid.mix import Mix
    from twin.network.regions import Regions

__all__ = ["green_metrics"]


def green_metrics(
    grid: GridTable, mix: Mix, regions: Regions, peak_kw: np.ndarray
) -> Iterator[tuple[str, str, str, float, str]]:
    """Yield the share of charging energy that is green, curtailment taken up, and carbon, by province.

    Charging takes up first what sun, wind, water and nuclear power would have had to curtail, and of the rest the mix of the
    province and quarter hour. Energy from photovoltaics at stations is green.

    Parameters
    ----------
    grid : GridTable
        As `grid_table` makes it: zone by zone, quarters in order.
    mix : Mix
        Generation of each province by quarter hour, per unit of its annual peak.
    regions : Regions
        Zones and their provinces.
    peak_kw : ndarray, shape (n_zones,)
        Annual peak of each zone.
    """
    n_zones, n_provinces = len(regions.zone_province), len(regions.province_code)
    of_zone = np.asarray(regions.zone_province)

    def by_province(name: str) -> np.ndarray:
        sums = np.zeros((n_provinces, mix.green.shape[1]))
        np.add.at(sums, of_zone, getattr(grid, f"{name}_kw").reshape(n_zones, -1))
        return sums

    pv = by_province("pv")
    charging = sum(by_province(name) for name in ("urban", "highway", "rural", "home", "depot", "work")) - pv
    peak = np.bincount(of_zone, peak_kw, n_provinces)[:, None]
    curtailed = mix.curtailed * peak
    taken_up = np.clip(charging, 0.0, curtailed)
    share = np.divide(mix.green, mix.green + mix.thermal, out=np.zeros_like(mix.green), where=mix.green + mix.thermal > 0.0)
    of_mix = (charging - taken_up) * share
    carbon = (charging - taken_up) * mix.co2_kg_per_kwh
    per_kwh = {"all": charging + pv, "green": taken_up + of_mix + pv, "up": taken_up, "curtailed": curtailed, "co2": carbon}
    kwh = {name: np.append(kw.sum(axis=1), kw.sum()) / 4.0 for name, kw in per_kwh.items()}
    for row, code in enumerate([*regions.province_code, ALL]):
        everything = kwh["all"][row]
        yield "green_share", ALL, str(code), float(ratio(kwh["green"][row], everything)), "-"
        yield "curtailment_taken_up_gwh", ALL, str(code), float(kwh["up"][row]) / 1e6, "GWh"
        yield "curtailment_gwh", ALL, str(code), float(kwh["curtailed"][row]) / 1e6, "GWh"
        yield "co2_kt", ALL, str(code), float(kwh["co2"][row]) / 1e6, "kt"
        yield "co2_g_per_kwh", ALL, str(code), float(ratio(1000.0 * kwh["co2"][row], everything)), "g/kWh"
