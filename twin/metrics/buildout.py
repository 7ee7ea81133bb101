"""What a build-out costs and brings, by layer, province and power class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.metrics.rows import ALL, cell_rows, cell_sums, with_totals
from twin.tables.columns import columns
from twin.tables.inputs import LAYERS
from twin.tables.orders import OrdersTable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["buildout_metrics", "with_rows"]

NOT_YET = "not yet"


def with_rows(orders: OrdersTable, rows: Sequence[dict[str, Any]]) -> OrdersTable:
    """Add orders that were decided in the run to the book; they open after it."""
    if not rows:
        return orders
    told = [row | {"state": NOT_YET} for row in rows]
    return OrdersTable(
        *(
            np.concatenate((getattr(orders, column.name), np.array([row[column.name] for row in told], column.dtype)))
            for column in columns(OrdersTable)
        )
    )


def buildout_metrics(orders: OrdersTable, provinces: Sequence[str]) -> Iterator[tuple[str, str, str, float, str]]:
    """Yield EVSEs and cost of what was built by the end of the run: metric, layer, province, value, unit.

    Costs are summed in whole CNY. What is ordered and stands after the run is told by the state of its rows in
    ``orders.parquet``, and counted in `buildout_evse_to_come`.
    """
    is_built = orders.state != NOT_YET
    of_layer = {name: number for number, name in enumerate(LAYERS)}
    of_province = {code: row for row, code in enumerate(provinces)}
    cell = np.array(
        [of_province[p] * len(LAYERS) + of_layer[name] for p, name in zip(orders.province, orders.layer, strict=True)],
        np.int32,
    )
    cost = np.rint(orders.cost_cny).astype(np.int64)
    evse = orders.n_evse.astype(np.int64)
    for metric, unit, values in (
        ("buildout_cost", "CNY", np.where(is_built, cost, 0)),
        ("buildout_evse", "-", np.where(is_built, evse, 0)),
        ("buildout_evse_to_come", "-", np.where(is_built, 0, evse)),
    ):
        for row in cell_rows(metric, unit, with_totals(cell_sums(cell, values, len(provinces))), provinces):
            yield row.metric, row.layer, row.province, row.value, row.unit
    for name in sorted(set(orders.power_class.tolist())):
        chosen = is_built & (orders.power_class == name)
        yield f"buildout_cost_{name}", ALL, ALL, float(cost[chosen].sum()), "CNY"
