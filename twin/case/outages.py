"""The outages of a posed case: when EVSEs of a row are out of service."""

from __future__ import annotations

import numpy as np

from twin.case.reading import Columns, note_rows
from twin.errors import Faults
from twin.tables.columns import I64, empty
from twin.tables.inputs import Outages, Pools
from twin.tables.posed import MOST

__all__ = ["build_outages", "check_outages"]


def check_outages(table: Columns, n_rows: int, faults: Faults) -> None:
    """Note rows of which more EVSEs go out than there are, and outages that end before they begin."""
    n_out, from_s, until_s = _columns(table, n_rows)
    todo = "correct it"
    is_more = n_out > table["n_evse"] if n_rows else np.zeros(0, np.bool_)
    note_rows("stations.n_out", is_more, n_out.__getitem__, "at most n_evse of the row", todo, faults)
    is_turned = (n_out > 0) & (until_s <= from_s)
    note_rows("stations.out_until_s", is_turned, until_s.__getitem__, "a second after out_from_s of the row", todo, faults)


def build_outages(table: Columns, pools: Pools) -> Outages:
    """Return the calendar of outages, see `twin.tables.inputs.Outages`."""
    n_out, from_s, until_s = _columns(table, len(pools.station))
    if not n_out.any():
        return empty(Outages, 0)
    row = np.repeat(np.arange(len(n_out)), n_out)
    within = np.arange(len(row)) - np.repeat(np.cumsum(n_out) - n_out, n_out)
    order = np.lexsort((pools.first_evse[row] + within, from_s[row], pools.station[row]))
    columns = pools.station[row], pools.first_evse[row] + within, from_s[row], until_s[row]
    return Outages(*(column[order].astype(np.int32) for column in columns))


def _columns(table: Columns, n_rows: int) -> tuple[I64, I64, I64]:
    """Return how many EVSEs of each row go out, from when and until when."""
    n_out = table.get("n_out", np.zeros(n_rows, np.int64))
    return n_out, table.get("out_from_s", np.zeros(n_rows, np.int64)), table.get("out_until_s", np.full(n_rows, MOST))
