"""Every scenario in an ordinary week, on National Day and at Spring Festival: the first days of each, a tiny sample.

Run from the folder that holds `twin/` and `tests/`:

    python -m tests.slow.periods --sample 0.0005 --days 1

Roads are built once, stations once a scenario. Returns 1 if anything is refused, or nobody charges. The whole periods are
lived by `twin batch configs/plan-2027.yaml ... --periods week,national-day,spring-festival`.
"""

from __future__ import annotations

import argparse
import sys

from tests.conftest import REPOSITORY
from tests.test_scenarios import PERIODS, SCENARIOS
from twin import nation
from twin.batch.periods import in_period, read_periods
from twin.config import changed, load
from twin.engine.world import build_world
from twin.errors import TwinError
from twin.metrics.audit import audit, require
from twin.model import TwinModel


def main() -> int:
    """Live them; return 1 if one failed."""
    parser = argparse.ArgumentParser(description="Every scenario in every period.")
    parser.add_argument("--sample", type=float, default=0.0005, help="share of the fleet")
    parser.add_argument("--days", type=int, default=1, help="days of each period")
    parser.add_argument("--scenarios", nargs="+", default=SCENARIOS, help="names of files in configs/")
    chosen = parser.parse_args()
    told = [f"fleet.sample={chosen.sample}", "network.reroute_every_s=21600"]
    places, n_failed = None, 0
    for name in chosen.scenarios:
        config = load(REPOSITORY / "configs" / f"{name}.yaml", told)
        places = nation.build_places(config) if places is None else places
        supply = nation.build_supply(config, places)
        for period in read_periods(PERIODS, config):
            scenario = changed(in_period(config, period), {"period.n_days": chosen.days})
            try:
                demand = nation.build_demand(scenario, places, supply, 2)
                world = build_world(demand.given, 2)
                model = TwinModel(world, places, supply, scenario, lambda name, rows: None, lambda *hour: None)
                while not model.is_over:
                    model.step()
                totals = model.finish()
                require(audit(totals, supply.inventory))
                n = int(totals.stations.n_sessions.sum())
            except TwinError as fault:
                n, said = 0, str(fault)
            n_failed += n == 0
            print(f"{name:<22} {period.name:<16} {n:>8,} sessions {'' if n else said}", flush=True)
    return int(n_failed > 0)


if __name__ == "__main__":
    sys.exit(main())
