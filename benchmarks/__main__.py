"""Every table, one after the other: ``python -m benchmarks``. The national run is measured once and stands in two."""

from __future__ import annotations

from benchmarks import first_run, national, routes, sizes
from benchmarks.process import options, publish, run_once


def main() -> None:
    chosen = options(__doc__ or "").parse_args()
    publish(first_run.TITLE, first_run.told(*first_run.measure(chosen)), chosen)
    chosen.samples = sizes.SAMPLES[:-1]
    costs = sizes.measure(chosen)
    whole = run_once(chosen.config, chosen.overrides)
    publish(sizes.TITLE, sizes.told([*costs, whole]), chosen)
    publish(national.TITLE, national.told([whole]), chosen)
    print("## Roads\n")
    routes.main()


if __name__ == "__main__":
    main()
