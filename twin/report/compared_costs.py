"""What a minute less of waiting costs, where the runs hold such figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from twin.report.comparable import Compared
from twin.report.figures import Writer
from twin.report.language import Language, phrase

__all__ = ["price_of_waits"]

COST = ("buildout_cost", "buildout_cost_cny")
"""Metrics that tell what a scenario builds for, CNY."""
yuan = Writer(phrase("CNY"))


def price_of_waits(runs: Sequence[Compared], say: Language) -> list[dict[str, str]]:
    """Return what each run costs more than the first and what that buys; empty where no run tells a cost.

    Waiting saved is that of the days of the runs: sessions times mean wait. A run that costs more and waits no less buys
    nothing, and has no price.
    """
    spent = [next((run.figures.get(name) for name in COST if name in run.figures.metrics), math.nan) for run in runs]
    if not any(math.isfinite(cost) for cost in spent):
        return []
    waited = [run.figures.get("sessions") * run.figures.get("mean_wait_min") for run in runs]
    means = [run.figures.get("mean_wait_min") for run in runs]
    found = []
    for run, cost, minutes, mean in zip(runs[1:], spent[1:], waited[1:], means[1:], strict=True):
        more = (0.0 if math.isnan(cost) else cost) - (0.0 if math.isnan(spent[0]) else spent[0])
        found.append(
            {
                "label": run.label,
                "cost": yuan(more, say),
                "saved": Writer("min")(waited[0] - minutes, say),
                "per_driver_minute": _price(more, waited[0] - minutes, say),
                "per_mean_minute": _price(more, means[0] - mean, say),
            }
        )
    return found


def _price(cost: float, saved: float, say: Language) -> str:
    if not math.isfinite(cost + saved) or cost <= 0:
        return say("no more is spent")
    return yuan(cost / saved, say) if saved > 0 else say("nothing is saved")
