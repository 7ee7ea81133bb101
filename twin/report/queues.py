"""Charts of queues: how long they are by day and hour, and how waits are distributed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from twin.report.charts import LAYER_COLOURS, Chart, layout, numbers
from twin.report.figures import Figures, Finding, minutes, percent, three_digits
from twin.report.language import Language
from twin.report.source import Columns, Source
from twin.tables.columns import F64
from twin.tables.inputs import LAYERS
from twin.tables.results import OUTCOMES

__all__ = ["distribution", "distribution_finding", "heat", "heat_finding", "queued", "wait_shares"]

HOURS = 24
HEAT = ((0.0, "#fff7ec"), (0.25, "#fdd49e"), (0.5, "#fc8d59"), (0.75, "#d7301f"), (1.0, "#5c0000"))
LONGEST_MIN = 240
PLUGGED_IN = (OUTCOMES.index("served"), OUTCOMES.index("cut off"))


def queued(figures: Figures, layer: str) -> F64:
    """Return the vehicles that wait, by hour, per 100 EVSEs.

    Waiting time of the sessions begun in an hour over the hour is the mean number of those who wait (Little 1961).
    """
    waits, sessions = figures.by_hour("mean_wait_min", layer), figures.by_hour("sessions", layer)
    n = min(len(waits), len(sessions))
    return np.nan_to_num(waits[:n]) * sessions[:n] / 60 / max(figures.get("n_evse", layer), 1) * 100


def heat(figures: Figures, first_day: dt.date | None) -> Chart:
    """Draw the queue by day and hour of day, a block a layer, on one scale of colour."""
    say = figures.say
    blocks = [(layer, _by_day(queued(figures, layer))) for layer in LAYERS]
    top = max([float(np.nanmax(values)) for _, values in blocks if values.size] or [1.0])
    n_days = max(len(blocks[0][1]), 1)
    days = [_day_name(first_day, k, say) for k in range(n_days)]
    gap = 0.1
    height = (1 - gap * (len(blocks) - 1)) / len(blocks)
    shape = layout(say("hour of the day (h)"), "", 130 + len(blocks) * (34 + 22 * n_days), hovermode="closest")
    shape["xaxis"] |= {"dtick": 3, "showgrid": False, "anchor": f"y{len(blocks)}"}
    shape["annotations"] = []
    data = []
    for k, (layer, values) in enumerate(blocks):
        end = str(k + 1) if k else ""
        bottom = 1 - k * (height + gap) - height
        shape[f"yaxis{end}"] = {
            "domain": [max(bottom, 0.0), bottom + height], "autorange": "reversed", "showgrid": False, "automargin": True,
            "type": "category",
        }  # fmt: skip
        shape["annotations"].append(
            {
                "text": say(layer), "xref": "paper", "yref": "paper", "x": 0, "y": bottom + height, "xanchor": "left",
                "yanchor": "bottom", "showarrow": False,
            }
        )  # fmt: skip
        data.append(_block(values, days, end, max(top, 1e-6), say, k == 0))
    return {"data": data, "layout": shape}


def _block(values: F64, days: list[str], end: str, top: float, say: Language, has_bar: bool) -> Chart:
    return {
        "type": "heatmap",
        "x": list(range(HOURS)),
        "y": days,
        "z": [numbers(day, 3) for day in values],
        "yaxis": f"y{end}",
        "zmin": 0,
        "zmax": top,
        "colorscale": [list(stop) for stop in HEAT],
        "xgap": 1,
        "ygap": 1,
        "showscale": has_bar,
        "colorbar": {
            "title": {"text": say("waiting per 100 EVSEs"), "side": "top", "font": {"size": 13}}, "orientation": "h",
            "thickness": 10, "len": 0.6, "x": 0.4, "xanchor": "left", "y": 1.02, "yanchor": "bottom",
        },
        "hovertemplate": f"%{{y}}, %{{x}}:00<br>%{{z}} {say('waiting per 100 EVSEs')}<extra></extra>",
    }  # fmt: skip


def heat_finding(figures: Figures, first_day: dt.date | None) -> Finding:
    """State where and when the queue was longest."""
    say = figures.say
    best: tuple[float, str, int] | None = None
    for layer in LAYERS:
        values = queued(figures, layer)
        if values.size and (best is None or values.max() > best[0]):
            best = (float(values.max()), layer, int(np.argmax(values)))
    if best is None or not best[0]:
        return Finding(say("No queue formed in any hour"))
    day, hour = divmod(best[2], HOURS)
    text = "Queues are longest {where} on {day}, {hour}:00, with {n} waiting for every 100 EVSEs"
    words = {"urban": say("in town"), "highway": say("on expressways"), "rural": say("in the country")}
    when = _day_name(first_day, day, say)
    return Finding(say(text, where=words[best[1]], day=when, hour=f"{hour:02d}", n=three_digits(best[0])))


def _by_day(values: F64) -> F64:
    n_days = -(-len(values) // HOURS)
    padded = np.full(n_days * HOURS, np.nan)
    padded[: len(values)] = values
    return padded.reshape(n_days, HOURS)


def _day_name(first_day: dt.date | None, day: int, say: Language) -> str:
    return say("day {n}", n=day + 1) if first_day is None else say.day(first_day + dt.timedelta(days=day))


def wait_shares(source: Source, stations: Columns) -> dict[str, Any] | None:
    """Count the recorded sessions by whole minutes of waiting; None without records.

    Returns
    -------
    dict
        Counts by layer, shape (LONGEST_MIN + 1,): the last one those who waited longer.
    """
    layer_of = np.full(int(stations["station"].max(initial=-1)) + 2, len(LAYERS), np.int64)
    for k, layer in enumerate(LAYERS):
        layer_of[stations["station"][stations["layer"] == layer]] = k
    counts = np.zeros((len(LAYERS) + 1) * (LONGEST_MIN + 1), np.int64)
    for piece in source.batches("sessions", ("station", "outcome", "wait_s")):
        chosen = np.isin(piece["outcome"], PLUGGED_IN)
        minute = np.minimum(-(-piece["wait_s"][chosen] // 60), LONGEST_MIN)
        row = layer_of[np.minimum(piece["station"][chosen], len(layer_of) - 1)]
        counts += np.bincount(row * (LONGEST_MIN + 1) + minute, minlength=len(counts))
    if "sessions" in source.faults:
        return None
    return dict(zip(LAYERS, counts.reshape(-1, LONGEST_MIN + 1), strict=False))


def distribution(shares: dict[str, Any], say: Language) -> Chart:
    """Draw the share of sessions that waited longer than so many minutes, a line a layer."""
    data = []
    longest = max((int(np.flatnonzero(counts).max(initial=0)) for counts in shares.values()), default=0)
    minutes_waited = np.arange(min(max(longest, 10), LONGEST_MIN - 1) + 1)
    for layer, counts in shares.items():
        if not counts.sum():
            continue
        longer = 100 * (1 - np.cumsum(counts)[minutes_waited] / counts.sum())
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": say(layer),
                "x": minutes_waited.tolist(),
                "y": numbers(np.where(longer > 0, longer, np.nan), 3),
                "line": {"color": LAYER_COLOURS[layer], "width": 2, "shape": "hv"},
                "hovertemplate": "%{y:.2f} %",
            }
        )
    ticks = [100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01]
    axis = {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    title = say("sessions that waited longer (%)")
    return {"data": data, "layout": layout(say("waiting time (min)"), title, 340, yaxis=axis)}


def distribution_finding(figures: Figures) -> Finding:
    """State the median and the tail of the waits of all sessions."""
    say = figures.say
    half = figures.cite("p50_wait_min", minutes)
    most, long = figures.cite("p99_wait_min", minutes), figures.cite("share_waiting_over_30_min", percent)
    if not figures.get("p50_wait_min") > 0:
        text = "Over half of the sessions did not wait; one in a hundred waited {most} or more, {long} over half an hour"
        return Finding(say(text, most=most.text, long=long.text), (most, long))
    text = "Half of the sessions waited {half} or more, one in a hundred {most} or more; {long} over half an hour"
    return Finding(say(text, half=half.text, most=most.text, long=long.text), (half, most, long))
