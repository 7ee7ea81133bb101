"""Waits of the holiday: by scenario, by high power at the worst 5 % of service areas, by outages.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.worst_areas --sample 0.1 --seeds 1 2 3
    python -m tests.slow.worst_areas --sample 0.05 --cases plan-2027 highway-first-2027 middle-2027

A case is a file of configs/, or done to the first of them: `doubled` and `taken away` (high power at the 5 % of sides with
the longest mean waits), `outages off`, and `outages x 3` or any other multiple of failures. All have the same drivers and
the same luck. Which sides are the worst a run with luck of its own tells: of sides chosen for bad luck in the run that is
compared, any change would shorten the waits. Prints a table; returns 1 where waits do not move the way they have to.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from tests.conftest import REPOSITORY
from twin import nation
from twin.config import Config, changed, load
from twin.engine.world import build_world
from twin.metrics.rows import station_sums
from twin.model import TwinModel
from twin.nation import Places, build_places
from twin.stations.sample import thin
from twin.stations.sites import SERVICE, Sites
from twin.stations.stock import read_cells
from twin.tables.inputs import LAYERS

WORST, LEAST_ARRIVALS, DAY_S = 0.05, 5, 86_400
HIGH_POWER_W = 250_000
MTBF = ("mtbf_h", "high_power_mtbf_h")
USUAL = ("plan-2027", "doubled", "taken away", "outages off", "outages x 3", "outages x 10")
OFTEN = "outages x "
FACTORS = {"doubled": 2, "taken away": 0}


class Lived(NamedTuple):
    """What the sides of service areas, and all stations, say of a case; waits in minutes.

    A burden is the wait, with the patience for everybody who was turned away.
    """

    side: np.ndarray
    n_arrivals: np.ndarray
    n_sessions: np.ndarray
    wait_s: np.ndarray
    burden_s: np.ndarray
    on_roads_min: float
    everywhere_min: float
    burden_min: float
    availability: float


def main() -> int:
    """Live the cases of every seed; return 1 if one moves the wrong way."""
    parser = argparse.ArgumentParser(description="Waits of the holiday by case.")
    parser.add_argument("--sample", type=float, default=0.05, help="share of the fleet")
    parser.add_argument("--days", type=int, default=1, help="days from 1 October on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="seeds of the scenario")
    parser.add_argument("--chosen-by", type=int, default=1000, help="seed of the run that tells which sides are the worst")
    parser.add_argument("--cases", nargs="+", default=USUAL, help="files of configs/, or what is done to the first")
    chosen = parser.parse_args()
    told = [f"fleet.sample={chosen.sample}", f"period.n_days={chosen.days}", "network.reroute_every_s=21600"]
    first, found = chosen.cases[0], []
    config = load(REPOSITORY / "configs" / f"{first}.yaml", [*told, f"scenario.seed={chosen.chosen_by}"])
    places = build_places(config)
    worst = worst_of(live(config, places, np.zeros(0, np.int64), 1))
    print("seed  case                   at worst 5 %: served   with those turned away   on expressways   everywhere: served")
    print("      with those turned away   availability")
    for seed in chosen.seeds:
        lived: dict[str, Lived] = {}
        for case in chosen.cases:
            name = case if (REPOSITORY / "configs" / f"{case}.yaml").exists() else first
            config = load(REPOSITORY / "configs" / f"{name}.yaml", [*told, f"scenario.seed={seed}"])
            one = lived[case] = live(with_outages(config, case), places, worst, FACTORS.get(case, 1))
            figures = [*at(one, worst), one.on_roads_min, one.everywhere_min, one.burden_min]
            said = "  ".join(f"{value:>8.3f} min" for value in figures)
            print(f"{seed:>4}  {case:<20} {said}  {one.availability:.4f}", flush=True)
        found += [f"seed {seed}: {said}" for said in wrong(lived, worst)]
    print("\n".join(found or ["all as it has to be"]))
    return int(bool(found))


def at(lived: Lived, sides: np.ndarray) -> tuple[float, float]:
    """Return the mean wait at some sides: of a session, and of an arrival with those turned away; min."""
    here = np.isin(lived.side, sides)
    served = lived.wait_s[here].sum() / max(lived.n_sessions[here].sum(), 1)
    return float(served / 60.0), float(lived.burden_s[here].sum() / max(lived.n_arrivals[here].sum(), 1) / 60.0)


def wrong(lived: dict[str, Lived], worst: np.ndarray) -> list[str]:
    """Return what moves the wrong way, by the waits with those turned away: at the worst sides, and everywhere."""
    first = next(iter(lived.values()))
    before, here = first.burden_min, at(first, worst)[1]
    often = sorted((case for case in lived if case.startswith(OFTEN)), key=lambda case: float(case.removeprefix(OFTEN)))
    rising = [lived[case].burden_min for case in ("outages off", next(iter(lived)), *often) if case in lived]
    rising = rising if often or "outages off" in lived else []
    told = {
        "doubled, at the worst sides": "doubled" in lived and at(lived["doubled"], worst)[1] >= here,
        "taken away, at the worst sides": "taken away" in lived and at(lived["taken away"], worst)[1] <= here,
        "doubled, everywhere": "doubled" in lived and lived["doubled"].burden_min >= before,
        "taken away, everywhere": "taken away" in lived and lived["taken away"].burden_min <= before,
        "outages, everywhere": bool((np.diff(rising) <= 0).any()),
    }
    return [name for name, is_wrong in told.items() if is_wrong]


def with_outages(config: Config, case: str) -> Config:
    """Return the scenario with EVSEs that fail as the case says."""
    if case == "outages off":
        return changed(config, {"outages.is_on": False})
    if case.startswith(OFTEN):
        often = float(case.removeprefix(OFTEN))
        return changed(config, {f"outages.{key}": getattr(config.outages, key) / often for key in MTBF})
    return config


def live(config: Config, places: Places, worst: np.ndarray, factor: int) -> Lived:
    """Live a scenario, with the high power of the worst sides times a factor, and sum what its stations say."""

    def more(sites: Sites, share: float) -> Sites:
        found = thin(sites, share)
        rows = np.flatnonzero((found.kind == SERVICE) & np.isin(found.side, worst))
        strong = np.flatnonzero(is_strong(config, found.n_evse.shape[1]))
        n_evse = found.n_evse.copy()
        n_evse[np.ix_(rows, strong)] *= factor
        kept = np.flatnonzero(n_evse.any(axis=1))
        return dataclasses.replace(found, n_evse=n_evse).take(kept)

    with patch("twin.stations.inventory.thin", more if factor != 1 else thin):
        supply = nation.build_supply(config, places)
    demand = nation.build_demand(config, places, supply, 2)
    model = TwinModel(build_world(demand.given, 2), places, supply, config, lambda name, rows: None, lambda *told: None)
    while not model.is_over:
        model.step()
    sums, there = model.finish().stations, supply.inventory
    is_road = there.stations.layer == LAYERS.index("highway")
    n_evse = station_sums(there, there.pools.n_evse).sum()
    burden_s = sums.wait_s + config.behaviour.patience_s * (sums.n_balked + sums.n_reneged)
    return Lived(
        there.side[is_road], sums.n_arrivals[is_road], sums.n_sessions[is_road], sums.wait_s[is_road],
        burden_s[is_road],
        float(sums.wait_s[is_road].sum() / max(sums.n_sessions[is_road].sum(), 1) / 60.0),
        float(sums.wait_s.sum() / max(sums.n_sessions.sum(), 1) / 60.0),
        float(burden_s.sum() / max(sums.n_arrivals.sum(), 1) / 60.0),
        float(1.0 - sums.out_s.sum() / (n_evse * DAY_S * config.period.n_days)),
    )  # fmt: skip


def is_strong(config: Config, n_cells: int) -> Any:
    """Return which kinds of EVSE have high power; those behind the stock's own are what orders add."""
    cells = read_cells(config.stations.stock)
    strong = np.zeros(n_cells, bool)
    strong[: len(cells.rated_w)] = cells.rated_w >= HIGH_POWER_W
    return strong


def worst_of(lived: Lived) -> np.ndarray:
    """Return the 5 % of sides with the longest mean waits, of those with some arrivals."""
    rows = np.flatnonzero(lived.n_arrivals >= LEAST_ARRIVALS)
    mean_s = lived.wait_s[rows] / np.maximum(lived.n_sessions[rows], 1)
    order = rows[np.lexsort((rows, -mean_s))]
    return np.asarray(lived.side[order[: max(round(WORST * len(rows)), 1)]], np.int64)


if __name__ == "__main__":
    sys.exit(main())
