"""What a minute less of waiting costs, and how measures add up, where the runs hold such figures."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from itertools import pairwise

from twin.report.charts import BLUE, GREY, VERMILION, Chart, layout
from twin.report.comparable import Compared
from twin.report.figures import Writer
from twin.report.language import Language, phrase

__all__ = ["price_of_waits", "waterfall"]

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


def waterfall(runs: Sequence[Compared], say: Language) -> Chart | None:
    """Draw the largest load with vehicles from run to run, in the order given; None for two runs, or without the figure."""
    peaks = [run.figures.get("load_peak_gw") for run in runs]
    if len(runs) <= 2 or not all(math.isfinite(peak) for peak in peaks):
        return None
    changes = [after - before for before, after in pairwise(peaks)]
    names = [html.escape(run.label) for run in runs]
    bars = {
        "type": "waterfall",
        "x": [*names, say("in all")],
        "y": [float(f"{value:.6g}") for value in (peaks[0], *changes, 0.0)],
        "measure": ["absolute", *["relative"] * len(changes), "total"],
        "increasing": {"marker": {"color": VERMILION}},
        "decreasing": {"marker": {"color": BLUE}},
        "totals": {"marker": {"color": GREY}},
        "connector": {"line": {"color": GREY, "width": 1}},
        "hovertemplate": "%{x}: %{delta:+.3f} GW, %{final:.2f} GW<extra></extra>",
    }
    edge = max((abs(change) for change in changes), default=0.0)
    span = [min(peaks) - 2 * edge, max(peaks) + edge] if edge else [0, 1.1 * max(peaks)]
    axis = {"range": [max(span[0], 0.0), span[1]], "rangemode": "normal"}
    edges = {"margin": {"l": 72, "b": 64}, "xaxis": {"automargin": False}, "yaxis": axis | {"automargin": False}}
    shape = layout("", say("largest load with vehicles (GW)"), 360, hovermode="closest", showlegend=False, **edges)
    return {"data": [bars], "layout": shape}
