"""Scenarios of every kind lived whole and in parts, in this process: what they leave behind is the same to the byte.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.parts
    python -m tests.slow.parts --only swaps jam --workers 1 2 3 7
    python -m tests.slow.parts --only city --set network.source=nanjing.osm.gz

Parts in one process do everything that workers on Ray do, but for the wire; `tests.slow.workers` runs the program on Ray.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import sys
import time
from functools import partial
from typing import Any

import numpy as np

from tests.conftest import REPOSITORY
from twin import city, nation
from twin.agents import GridOperator, StationOperator
from twin.config import Config, load
from twin.engine.world import build_world
from twin.model import TwinModel
from twin.parallel import Chair, LocalCrew

FEW = ("fleet.sample=0.0005", "period.n_days=2", "network.reroute_every_s=21600")
CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "jam": ("national-2027", (*FEW, "stations.stock=2025-12", "fleet.sample=0.001")),
    "prices": ("national-2027", (*FEW, "grid.dynamic_price_step_cny_per_kwh=0.1")),
    "sites": ("national-2027-solar-storage", FEW),
    "swaps": ("swap-heavy", FEW),
    "build-out": ("plan-2027", FEW),
    "openings": ("plan-2027", (*FEW, "buildout.as_of=null", "buildout.meets_plan=false")),
    "planners": ("plan-2027", (*FEW, "buildout.upgrade_above=0.1", "buildout.renew_after_a=1")),
    "measures": ("measures-all", FEW),
    "closed": ("closed-networks-2027", FEW),
    "bookings": ("national-2027", (*FEW, "behaviour.reservation_share=0.3")),
    "city": ("city-nanjing", ("fleet.sample=0.02",)),
}
"""Scenario and settings, by what they are there for; two days, so that what is decided at midnight matters."""


def main() -> int:
    """Return 1 if anything differs."""
    parser = argparse.ArgumentParser(description="Scenarios in parts against one process.")
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), help="cases")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 3, 7], help="numbers of parts")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="A.B=C", help="change a setting")
    chosen = parser.parse_args()
    n_different = 0
    for name in chosen.only:
        scenario, settings = CASES[name]
        config, start = load(REPOSITORY / "configs" / f"{scenario}.yaml", (*settings, *chosen.settings)), time.monotonic()
        places, supply, given = build(config)
        lived = partial(left_behind, config, places, supply, pickle.dumps(given))  # each gets a nation of its own
        wanted = lived(0)
        others = {n: lived(n) for n in chosen.workers}
        differ = [f"{n} ({', '.join(sorted(what for what in wanted if found[what] != wanted[what]))})"
                  for n, found in others.items() if found != wanted]  # fmt: skip
        n_different += len(differ)
        verdict = f"DIFFERENT with {'; '.join(differ)}" if differ else "the same"
        print(f"{name}: {len(wanted)} things, {verdict}; {time.monotonic() - start:.0f} s", flush=True)
    return int(n_different > 0)


def build(config: Config) -> tuple[Any, Any, Any]:
    """Return places, supply and the inputs of the engine."""
    land: Any = city if config.scenario.extent == "city" else nation
    places = land.build_places(config, lambda words: None)
    supply = land.build_supply(config, places)
    return places, supply, land.build_demand(config, places, supply, 1).given


def left_behind(config: Config, places: Any, supply: Any, given: bytes, n_parts: int) -> dict[str, str]:
    """Live a scenario in parts, or whole for 0; return a hash of every table, sum and bulletin."""
    seen: dict[str, Any] = {}

    def append(name: str, table: Any) -> None:
        for column in table:
            seen.setdefault(name, hashlib.sha256()).update(np.ascontiguousarray(column).tobytes())

    world = build_world(pickle.loads(given), 1)
    model = TwinModel(world, places, supply, config, append, lambda *_: None)
    if n_parts:
        Chair(world, LocalCrew(n_parts), 1.0)
    while not model.is_over:
        model.step()
    totals = model.finish()
    for name in ("stations", "hours", "wait_histogram", "load_ws", "road", "plant_sums", "plant_ws"):
        value = getattr(totals, name)
        append(name, value if isinstance(value, tuple) else (value,))
    append("vehicles", (world.given.vehicles,))
    told = {"counts": totals.counts, "laws": totals.laws, "orders": model.orders()}
    told |= {kind.__name__: model.bulletins(kind) for kind in (StationOperator, GridOperator)}
    return {name: digest.hexdigest() for name, digest in seen.items()} | {name: repr(value) for name, value in told.items()}


if __name__ == "__main__":
    sys.exit(main())
