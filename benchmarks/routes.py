"""Trees of fastest routes on graphs of three sizes, and the backbone against a road map: ``python -m benchmarks.routes``."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.process import REPOSITORY, options, publish, table
from tests.osm_roads import fastest_km, read_roads
from twin.network import Network, build_routes, load_backbone, load_regions
from twin.network.graph import make_network

TITLE = "Fastest routes"
SIZES = (25_000, 300_000, 660_000)
N_ZONES, N_PAIRS = 343, 500
MAP = Path(__file__).resolve().parents[2] / "shared" / "data" / "china_roads_osm"


def lattice(n_links: int) -> Network:
    """Crossing roads of both directions, each 1 to 5 km long at 40 to 120 km/h, with 343 zones spread over them."""
    side = round((n_links / 4) ** 0.5)
    luck, node = np.random.default_rng(n_links), np.arange(side * side).reshape(side, side)
    pairs = [(node[:, :-1], node[:, 1:]), (node[:-1], node[1:])]
    one, other = (np.concatenate([pair[end].ravel() for pair in pairs]) for end in (0, 1))
    start, end = np.stack([one, other], axis=1).reshape(-1), np.stack([other, one], axis=1).reshape(-1)
    n, none = len(start), np.array([], object)
    empty = {f"site_{name}": none for name in ("id", "names", "names_zh")}
    empty |= {f"site_{name}": np.zeros(0, np.int32) for name in ("link", "province")}
    empty |= {f"site_{name}": np.zeros(0) for name in ("lon", "lat")}
    return make_network(
        link_from=start.astype(np.int32), link_to=end.astype(np.int32),
        link_length_m=np.repeat(luck.integers(1000, 5000, n // 2), 2).astype(np.int32),
        link_free_speed_kmh=np.repeat(luck.integers(40, 120, n // 2), 2).astype(np.float64),
        link_capacity_per_h=np.full(n, 4000.0), link_kind=np.zeros(n, np.uint8), link_line=np.full(n, -1, np.int16),
        link_reverse=(np.arange(n) ^ 1).astype(np.int32), link_id=np.full(n, "", object), line_names=none,
        node_lon=np.zeros(side * side), node_lat=np.zeros(side * side), node_names=np.full(side * side, "", object),
        node_province=np.zeros(side * side, np.int32), node_zone=np.full(side * side, -1, np.int32),
        zone_node=np.sort(luck.choice(side * side, N_ZONES, replace=False)).astype(np.int32), **empty,
    )  # fmt: skip


def grow(n_links: int, runs: int) -> dict[str, float]:
    """Build the routes of one graph some times, in this process; the kernels are warm."""
    build_routes(lattice(2_000))
    network, walls, cores = lattice(n_links), [], []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(runs):
        wall, core = time.perf_counter(), time.process_time()
        build_routes(network)
        walls.append(time.perf_counter() - wall)
        cores.append(time.process_time() - core)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"nodes": network.n_nodes, "links": network.n_links, "wall_s": median(walls), "core_s": median(cores),
            "peak_mb": peak / 1024, "more_mb": (peak - before) / 1024}  # fmt: skip


def told(runs: int) -> str:
    """Return the table of all sizes, each in a process of its own."""
    rows = []
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.routes", "--size", str(size), "--runs", str(runs)]
        got = json.loads(subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout)
        rows.append([f"{got['links']:,.0f}", f"{got['nodes']:,.0f}", f"{got['wall_s']:.2f}", f"{got['core_s']:.2f}",
                     f"{1000 * got['core_s'] / N_ZONES:.1f}", f"{got['more_mb']:,.0f}",
                     f"{got['peak_mb']:,.0f}"])  # fmt: skip
    head = ["directed links", "nodes", "wall (s)", "core-seconds", "ms a tree", "memory more (MB)", "peak (MB)"]
    return table(head, rows) + f"\n{N_ZONES} zones, all trees and skims; medians of {runs}.\n"


def compare() -> None:
    """Print how far the backbone's distances are from those of the road map."""
    if not MAP.is_dir():
        print(f"no road map to compare with: {MAP} is absent")
        return
    regions = load_regions()
    routes, roads = build_routes(load_backbone(regions)), read_roads(MAP)
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


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--runs", type=int, default=3, help="how many times (default %(default)s)")
    parser.add_argument("--size", type=int, help="one graph of so many links, as JSON")
    chosen = parser.parse_args()
    if chosen.size is not None:
        print(json.dumps(grow(chosen.size, chosen.runs)))
        return
    publish(TITLE, told(chosen.runs), chosen)
    compare()


if __name__ == "__main__":
    main()
