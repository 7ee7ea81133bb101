"""What the account of the grid costs a run: ``python -m benchmarks.grid_account``.

Pairs of the same day, one after the other in one process. With the account: load booked by zone and quarter hour, plans of
grid operators, and afterwards the table of loads, its metrics, zones, hosting capacity and sources of energy. Without it the
same charging plan is in force and nothing of that is done; only the additions of a private plug go to one cell for all. What
differs is core-seconds of one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any, NamedTuple

import numpy as np

from benchmarks.process import table

TITLE = "The account of the grid"
WINDOWS_PER_DAY = 288


class Pair(NamedTuple):
    """Core-seconds of a day with the account, and without."""

    with_s: float
    without_s: float


def live_day(config: Any, places: Any, supply: Any, demand: Any, is_counted: bool) -> float:
    """Live day 0 from its midnight to the figures of the grid, or to the last window; return core-seconds."""
    import mesa  # type: ignore[import-untyped]

    from twin.agents.grid_operator import GridOperator
    from twin.engine import account, phases
    from twin.engine.plants import close_sites
    from twin.engine.window import step
    from twin.engine.world import build_world
    from twin.grid.mix import build_mix
    from twin.metrics.green import green_metrics
    from twin.metrics.grid import grid_metrics, grid_table
    from twin.metrics.zones import Measures, zone_metrics, zones_table
    from twin.tables.columns import columns, rows
    from twin.tables.inputs import Vehicles
    from twin.tables.totals import ProvinceLoad

    given, regions = demand.given, places.regions
    vehicles = rows(Vehicles, len(given.vehicles.home))
    for column in columns(Vehicles):
        getattr(vehicles, column.name)[:] = getattr(given.vehicles, column.name)
    roads = given.roads._replace(speed_kmh=given.roads.speed_kmh.copy())
    world = build_world(given._replace(vehicles=vehicles, roads=roads), 1)
    if not is_counted:
        _forget_loads(world)
    operators = []
    for row, code in enumerate(regions.province_code.tolist() if is_counted else ()):
        zones = np.flatnonzero(np.asarray(regions.zone_province) == row)
        base = ProvinceLoad(supply.base.base_kw[zones], supply.base.peak_kw[zones])
        operators.append(GridOperator(mesa.Model(), code, zones, base, supply.prices.is_cheap[row], config))
    start = time.process_time()
    for operator in operators:
        operator.decide(world, 0)
    phases.live_eve(world)
    for window in range(WINDOWS_PER_DAY):
        step(world, window)
        if window % 12 == 11:
            account.close_hour(world, window // 12)
            close_sites(world, window // 12)
    for operator in operators:
        operator.observe(world)
        operator.publish(world, 0)
    if is_counted:
        totals = account.finish(world)
        grid = grid_table(totals, supply.base, regions, config.stations.module_efficiency)
        measures = Measures(config.fleet.sample, config.grid.hosting_storage_h, config.grid.v2g_payment_cny_per_kwh)
        list(grid_metrics(grid, regions, supply.prices.is_valley))
        found = zones_table(grid, regions, demand.n_v2g_plugs, measures)
        list(zone_metrics(found, regions, 1, measures))
        list(green_metrics(grid, build_mix(config, regions), regions, supply.base.peak_kw))
    return time.process_time() - start


def _forget_loads(world: Any) -> None:
    """Leave no quarter hours to book into, but the one that additions of private plugs need."""
    n_kinds, n_zones = world.private_part_ws.shape[:2]
    world.private_part_ws, world.private_step_w = (np.zeros((n_kinds, n_zones, 1), np.int64) for _ in range(2))
    plant_ws = world.ledger.plant_ws
    world.ledger = world.ledger._replace(
        load_ws=np.zeros((n_kinds, n_zones, 0), np.int64), plant_ws=np.zeros((*plant_ws.shape[:2], 0), np.int64)
    )
    private = {"private_part_ws": world.private_part_ws, "private_step_w": world.private_step_w}
    world.tallies = [tally._replace(**private) for tally in world.tallies]


def measure(sample: float, n_pairs: int) -> tuple[int, list[Pair]]:
    """Return the vehicles and the pairs, after one that is not counted."""
    from twin import nation
    from twin.config import load

    config = load("configs/national-2027.yaml", [f"fleet.sample={sample}", "period.n_days=1"])
    places = nation.build_places(config)
    supply = nation.build_supply(config, places)
    demand = nation.build_demand(config, places, supply)
    live_day(config, places, supply, demand, True)
    pairs = []
    for _ in range(n_pairs):
        with_s = live_day(config, places, supply, demand, True)
        pairs.append(Pair(with_s, live_day(config, places, supply, demand, False)))
    return len(demand.given.vehicles.home), pairs


def told(n_vehicles: int, pairs: list[Pair]) -> str:
    """Return the table of the page."""
    shares = [1.0 - pair.without_s / pair.with_s for pair in pairs]
    rows = [
        ["vehicles", f"{n_vehicles:,}", ""],
        ["pairs", str(len(pairs)), ""],
        ["core-seconds with the account, median", f"{statistics.median(pair.with_s for pair in pairs):.2f}", ""],
        ["core-seconds without, median", f"{statistics.median(pair.without_s for pair in pairs):.2f}", ""],
        ["part of the account, median of pairs", f"{statistics.median(shares):.3f}", "< 0.1"],
        ["least and most of a pair", f"{min(shares):.3f} to {max(shares):.3f}", ""],
    ]
    return table(["", "measured", "wanted"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=float, default=0.02, help="share of the fleet")
    parser.add_argument("--pairs", type=int, default=5, help="pairs of days")
    chosen = parser.parse_args()
    print(f"## {TITLE}\n")
    print(told(*measure(chosen.sample, chosen.pairs)))


if __name__ == "__main__":
    main()
