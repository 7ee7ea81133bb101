"""What a build-out ordered, where it stands, and what it costs: the book of orders of a run that builds."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.report.charts import LAYER_COLOURS, Chart, layout, numbers
from twin.report.figures import Finding, Writer, count
from twin.report.language import Language, phrase
from twin.report.places import Places
from twin.report.sections import Section, Table
from twin.report.source import Columns, Source
from twin.tables.inputs import LAYERS

__all__ = ["orders_section"]

COLUMNS = ("order", "province", "layer", "power_class", "serves", "n_evse", "connected", "state", "cost_cny")
SERVED = (phrase("car"), phrase("truck"), phrase("any"))
STATES = (phrase("stands"), phrase("opens in the run"), phrase("not yet"))
yuan = Writer(phrase("CNY"))


def orders_section(source: Source, say: Language, places: Places) -> Section:
    """Return what ``orders.parquet`` tells; nothing without it."""
    orders = source.arrays("orders", COLUMNS) if source.run.has("orders") else None
    if orders is None or not len(orders["order"]):
        return Section()
    kinds = [say("layer"), say("power class"), say("for"), say("order")]
    return Section(
        findings={"orders": _finding(orders, say)},
        charts={"orders": _by_month(orders, say)},
        more={
            "orders": Table([*kinds, *_heads(say)], _grouped(orders, ("layer", "power_class", "serves", "order"), say), 4),
            "orders_by_province": Table([say("province"), *_heads(say)], _by_province(orders, say, places)),
        },
    )


def _heads(say: Language) -> list[str]:
    return [say("EVSEs ordered"), *(say(state) for state in STATES), say("cost")]


def _finding(orders: Columns, say: Language) -> Finding:
    ordered, cost = int(orders["n_evse"].sum()), float(orders["cost_cny"].sum())
    stands, opens, late = (int(orders["n_evse"][orders["state"] == state].sum()) for state in STATES)
    text = "{n} EVSEs were ordered for {cost}: {stands} stand when the run begins, {opens} open in it, {late} come later"
    told = {"n": count(ordered, say), "cost": yuan(cost, say)}
    return Finding(say(text, **told, stands=count(stands, say), opens=count(opens, say), late=count(late, say)))


def _cells(orders: Columns, chosen: Any, say: Language) -> list[str]:
    n, state = orders["n_evse"][chosen], orders["state"][chosen]
    parts = [count(int(n[state == word].sum()), say) for word in STATES]
    return [count(int(n.sum()), say), *parts, yuan(float(orders["cost_cny"][chosen].sum()), say)]


def _grouped(orders: Columns, names: tuple[str, ...], say: Language) -> list[list[str]]:
    """Return a row a kind, in the order of layers, then of names."""
    keys = np.stack([orders[name].astype(str) for name in names], axis=1)
    found, of_row = np.unique(keys, axis=0, return_inverse=True)
    rows = [(tuple(map(str, key)), _cells(orders, of_row.ravel() == k, say)) for k, key in enumerate(found)]
    rows.sort(key=lambda row: (LAYERS.index(row[0][0]), row[0]))
    return [[say(key[0]), *key[1:2], say(key[2]), *key[3:], *cells] for key, cells in rows]


def _by_province(orders: Columns, say: Language, places: Places) -> list[list[str]]:
    codes = orders["province"].astype(str)
    order = sorted(set(codes), key=lambda code: (-int(orders["n_evse"][codes == code].sum()), code))
    return [[places.province_both(code), *_cells(orders, codes == code, say)] for code in order]


def _by_month(orders: Columns, say: Language) -> Chart:
    """Draw the EVSEs connected in each month, stacked by layer; those that never come to the grid are left out."""
    month = np.array([str(day)[:7] for day in orders["connected"]], object)
    known = sorted({name for name in month if name})
    data = []
    for layer in LAYERS:
        chosen = orders["layer"] == layer
        n = [int(orders["n_evse"][chosen & (month == name)].sum()) for name in known]
        data.append(
            {
                "type": "bar", "name": say(layer), "x": known, "y": numbers(np.array(n, np.float64), 7),
                "marker": {"color": LAYER_COLOURS[layer]}, "hovertemplate": "%{y:,}",
            }
        )  # fmt: skip
    axis = {"type": "category"}
    return {
        "data": data,
        "layout": layout(say("month (year-month)"), say("EVSEs connected"), 320, barmode="stack", xaxis=axis),
    }
