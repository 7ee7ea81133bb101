"""Backbone against a road map, and the time of trees and loading: ``python -m benchmarks.routes``."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tests.osm_roads import fastest_km, read_roads
from twin.network import build_routes, load_backbone, load_demand, load_regions

N_PAIRS = 500
MAP = Path(__file__).resolve().parents[2] / "shared" / "data" / "china_roads_osm"


def main() -> None:
    regions = load_regions()
    started = time.perf_counter()
    network = load_backbone(regions)
    loaded = time.perf_counter()
    routes = build_routes(network)
    grown = time.perf_counter()
    load_demand(routes, network, np.ones((regions.n_zones, regions.n_zones)))
    spread = time.perf_counter()
    print(f"{network.n_nodes:,} nodes, {network.n_links:,} directed links, {regions.n_zones} zones")
    print(f"load_backbone {loaded - started:.2f} s, build_routes {grown - loaded:.2f} s")
    print(f"load_demand {spread - grown:.2f} s")
    if not MAP.is_dir():
        print(f"no road map to compare with: {MAP} is absent")
        return
    roads = read_roads(MAP)
    for name, weight in (("uniform", np.ones(regions.n_zones)), ("by population", regions.zone_population)):
        luck = np.random.default_rng(2027)
        share = weight / weight.sum()
        pairs = np.array([luck.choice(regions.n_zones, 2, replace=False, p=share) for _ in range(N_PAIRS)])
        on_map_km = fastest_km(roads, regions.zone_lon, regions.zone_lat, pairs)
        off = np.abs(routes.skim_m[pairs[:, 1], pairs[:, 0]] / 1000 / on_map_km - 1)
        print(
            f"{N_PAIRS} pairs, {name}: median {np.median(off):.1%}, 95th percentile {np.quantile(off, 0.95):.1%}, "
            f"within 15 % {np.mean(off <= 0.15):.1%}, worst {off.max():.0%}"
        )


if __name__ == "__main__":
    main()
