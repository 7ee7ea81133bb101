"""High power at the worst 5 % of service areas doubled, and taken away; and more outages: what it does to holiday waits.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.worst_areas --sample 0.05 --days 1 --seeds 1 2 3

Each seed is lived as it stands, with high power doubled at the 5 % of sides with the longest mean waits, without high power
there, and with EVSEs that fail ten times as often; the luck of drivers and places is the same in all. Prints a table, and
returns 1 where waits do not move the way they have to.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import REPOSITORY
from twin.config import Config, changed, load
from twin.nation import Places, build_places, build_supply
from twin.run import run
from twin.siting.candidates import Candidates, Package, build_candidates, package_of
from twin.siting.written import on_list, sited_list, write_sited_list
from twin.stations.inventory import Inventory

WORST = 0.05
LEAST_ARRIVALS = 5
HIGH_POWER_KW = 250.0
MTBF = ("mtbf_h", "high_power_mtbf_h")
COLUMNS = ("list_id", "layer", "n_arrivals", "n_sessions", "mean_wait_s", "n_balked", "n_reneged", "out_of_service_s")


def main() -> int:
    """Live the four cases of every seed; return 1 if one moves the wrong way."""
    parser = argparse.ArgumentParser(description="Double and take away high power at the worst service areas.")
    parser.add_argument("--scenario", default="plan-2027", help="name of a file in configs/")
    parser.add_argument("--sample", type=float, default=0.05, help="share of the fleet")
    parser.add_argument("--days", type=int, default=1, help="days from 1 October on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="seeds of the scenario")
    chosen = parser.parse_args()
    print("seed  case       wait at the worst 5 % (min)  turned away there  mean wait on expressways (min)  out of service")
    n_wrong = 0
    for seed in chosen.seeds:
        told = [f"fleet.sample={chosen.sample}", f"period.n_days={chosen.days}", f"scenario.seed={seed}"]
        n_wrong += one_seed(load(REPOSITORY / "configs" / f"{chosen.scenario}.yaml", told), seed)
    return int(n_wrong > 0)


def one_seed(config: Config, seed: int) -> int:
    """Live the cases of a seed and print them; return how many move the wrong way."""
    places = build_places(config)
    inventory = build_supply(changed(config, {"fleet.sample": 1.0}), places).inventory
    package = package_of(config, "hp_480", 4, 2500.0)
    none = build_candidates(inventory, places, package).take(np.zeros(0, np.int64))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lived = lived_as(config, folder, listed(inventory, places, package, none))
        worst = worst_of(lived)
        print_row(seed, "as it is", burden := {"as it is": waits_at(lived, worst)})
        for case, factor in (("doubled", 2.0), ("taken away", 0.0)):
            burden[case] = waits_at(lived_as(config, folder, listed(inventory, places, package, none, worst, factor)), worst)
            print_row(seed, case, burden)
        often = changed(config, {f"outages.{key}": getattr(config.outages, key) / 10.0 for key in MTBF})
        burden["outages"] = waits_at(lived_as(often, folder, listed(inventory, places, package, none)), worst)
        print_row(seed, "outages", burden)
    wait = {case: figures[0] for case, figures in burden.items()}
    whole = {case: figures[2] for case, figures in burden.items()}
    right = (wait["doubled"] < wait["as it is"], wait["taken away"] > wait["as it is"], whole["outages"] > whole["as it is"])
    return right.count(False)


def listed(
    inventory: Inventory, places: Places, package: Package, none: Candidates,
    worst: frozenset[str] = frozenset(), factor: float = 1.0,
) -> tuple[Any, Places]:  # fmt: skip
    """Return the stations as a list, with the high power at the worst sides times a factor, and their limits with it."""
    pools = sited_list(inventory, package, none, np.zeros(0, np.int64))
    is_there = np.array([name in worst for name in pools.id.tolist()]) & (pools.layer == "highway")
    is_strong = is_there & (pools.rated_power_kw >= HIGH_POWER_KW) & (pools.is_ac == 0)
    n_evse = np.where(is_strong, np.rint(pools.n_evse * factor), pools.n_evse).astype(np.int32)
    index, row = np.unique(pools.id.astype(str), return_inverse=True)
    before, after = (np.bincount(row, n * pools.rated_power_kw, len(index))[row] for n in (pools.n_evse, n_evse))
    limit_kw = np.where(is_there, pools.site_limit_kw * np.maximum(after / before, 1e-3), pools.site_limit_kw)
    kept = np.flatnonzero(n_evse > 0)
    changed_list = pools._replace(n_evse=n_evse, site_limit_kw=limit_kw)
    return type(pools)(*(column[kept] for column in changed_list)), places


def lived_as(config: Config, folder: Path, stations: tuple[Any, Places]) -> dict[str, np.ndarray]:
    """Live a list of stations and return what they say."""
    path = folder / "stations.parquet"
    path.unlink(missing_ok=True)
    write_sited_list(path, *stations)
    number = sum(1 for _ in folder.iterdir())
    scenario = changed(on_list(config, str(path)), {"output.report": False})
    table = run(scenario, out=folder / f"run-{number}", workers=config.compute.workers).table("stations")
    return {name: table.column(name).to_numpy(zero_copy_only=False) for name in COLUMNS}


def worst_of(lived: dict[str, np.ndarray]) -> frozenset[str]:
    """Return the 5 % of service-area sides with the longest mean waits, of those with some arrivals."""
    rows = np.flatnonzero((lived["layer"] == "highway") & (lived["n_arrivals"] >= LEAST_ARRIVALS))
    order = rows[np.lexsort((rows, -np.nan_to_num(lived["mean_wait_s"][rows])))]
    return frozenset(map(str, lived["list_id"][order[: max(round(WORST * len(rows)), 1)]]))


def waits_at(lived: dict[str, np.ndarray], worst: frozenset[str]) -> tuple[float, float, float, float]:
    """Return the mean wait at the worst sides and who was turned away there, the wait of the layer, and what is broken."""
    is_road = lived["layer"] == "highway"
    here = is_road & np.array([str(name) in worst for name in lived["list_id"]])
    n, wait_s = lived["n_sessions"].astype(float), np.nan_to_num(lived["mean_wait_s"].astype(float))
    turned = (lived["n_balked"] + lived["n_reneged"])[here].sum() / max(lived["n_arrivals"][here].sum(), 1)
    mean = [float((wait_s * n)[rows].sum() / max(n[rows].sum(), 1) / 60.0) for rows in (here, is_road)]
    return mean[0], float(turned), mean[1], float(lived["out_of_service_s"].sum())


def print_row(seed: int, case: str, burden: dict[str, tuple[float, float, float, float]]) -> None:
    """Print the figures of a case."""
    at_worst, turned, on_roads, out_s = burden[case]
    print(f"{seed:>4}  {case:<10} {at_worst:>27.2f} {turned:>18.1%} {on_roads:>31.2f} {out_s:>15,.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
