"""Orders of an earlier run as orders of this one: what its planners decided stands, opens or is under way."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import DataError, Faults
from twin.stations.closed import rows_of
from twin.stations.dates import month_number
from twin.stations.drafts import layer_of
from twin.stations.ledger import Ledger, keys_of, states_of
from twin.stations.stock import SERVES, Cells
from twin.tables.columns import I64
from twin.tables.inputs import SITE_TYPES
from twin.tables.of_runs import read_result
from twin.tables.orders import OrdersTable

if TYPE_CHECKING:
    from twin.config import Config
    from twin.network.regions import Regions
    from twin.stations.sites import Sites

__all__ = ["kinds_ordered", "read_orders", "with_ordered"]

FAULTS_SHOWN = 10


def read_orders(source: str, own: set[str]) -> dict[str, np.ndarray]:
    """Read the orders of another run; those of a name that this scenario orders itself are left out.

    Raises
    ------
    DataError
        If the file is no table of orders, or its words, months or days are none.
    """
    path = Path(source)
    table = read_result(path, OrdersTable)
    chosen = np.array([name not in own for name in table["order"]], bool)
    found = {name: column[chosen] for name, column in table.items()}
    faults = Faults()
    wanted = {"site_type": SITE_TYPES, "serves": tuple(SERVES)}
    for name, words in wanted.items():
        for odd in sorted(set(map(str, found[name])) - set(words)):
            faults.add(f"{path}: {name}", repr(odd), f"one of {', '.join(words)}", "take the orders.parquet of a run")
    for name, read in (("ordered", month_number), ("due", month_number), ("connected", _day)):
        for text in sorted(set(map(str, found[name]))):
            try:
                read(text)
            except ValueError:
                faults.add(f"{path}: {name}", repr(text), "a month or a day", "take the orders.parquet of a run")
    for row in np.flatnonzero(found["n_evse"] < 1)[:FAULTS_SHOWN].tolist():
        faults.add(f"{path}: n_evse of row {row + 1}", found["n_evse"][row], "1 or more", "take the orders.parquet of a run")
    faults.raise_if_any(DataError)
    return found


def kinds_ordered(table: dict[str, np.ndarray], names: dict[str, int], where: str) -> set[tuple[int, int, int]]:
    """Return the kinds of EVSE (layer, power class, bits of whom they serve) that orders name."""
    kinds = set()
    for site_type, power_class, serves, replaces in zip(
        table["site_type"], table["power_class"], table["serves"], table["replaces"], strict=True
    ):
        for name in (power_class, *([replaces] if replaces else [])):
            if name not in names:
                raise DataError(f"{where}: power class {name!r}; wanted one of {', '.join(names)}; take the orders of a run")
            kinds.add((layer_of(str(site_type)), names[str(name)], SERVES[str(serves)]))
    return kinds


def with_ordered(
    config: Config,
    ledger: Ledger,
    table: dict[str, np.ndarray],
    sites: Sites,
    cells: Cells,
    kva_per_w: float,
    regions: Regions,
) -> Ledger:
    """Add the orders of another run to the book.

    Raises
    ------
    DataError
        If a site is not there, has fewer EVSEs than are to be replaced, or a transformer that cannot feed them; with the
        numbers, all at once.
    """
    source = str(config.buildout.orders_from)
    row = rows_of(keys_of(sites), table["site"])
    cell, replaces = _cells_of(table, "power_class", cells), _cells_of(table, "replaces", cells)
    faults = Faults()
    for number in np.flatnonzero(row < 0)[:FAULTS_SHOWN].tolist():
        faults.add(
            f"{source}: site {table['site'][number]}", "no such site", "a site of this scenario",
            "give this scenario the stock, seed and orders of the run that it goes on from",
        )  # fmt: skip
    faults.raise_if_any(DataError)
    _require_room(config, table, row, cell, replaces, sites, cells, kva_per_w, faults)
    faults.raise_if_any(DataError)
    day = np.array([_day(str(text)) for text in table["connected"]], np.int64)
    ordered, due = (np.array([month_number(str(text)) for text in table[name]], np.int64) for name in ("ordered", "due"))
    more = Ledger(
        table["order"], row, cell, table["n_evse"].astype(np.int64), replaces, ordered, due, day, table["cost_cny"],
        regions.county_province[sites.county[row]].astype(np.int64), states_of(config, day),
    )  # fmt: skip
    return Ledger(*(np.concatenate(both) for both in zip(ledger, more, strict=True)))


def _cells_of(table: dict[str, np.ndarray], column: str, cells: Cells) -> I64:
    """Return the cell of each row's power class, -1 where it is blank."""
    names = cells.power_class_names[cells.power_class].tolist()
    kinds = zip(cells.layer.tolist(), names, cells.serves.tolist(), strict=True)
    index = {kind: number for number, kind in enumerate(kinds) if not cells.n_batteries[number]}
    rows = zip(table["site_type"], table[column], table["serves"], strict=True)
    return np.array(
        [index[layer_of(str(kind)), str(name), SERVES[str(serves)]] if name else -1 for kind, name, serves in rows], np.int64
    )


def _require_room(
    config: Config, table: dict[str, np.ndarray], row: I64, cell: I64, replaces: I64, sites: Sites, cells: Cells,
    kva_per_w: float, faults: Faults,
) -> None:  # fmt: skip
    """Note sites that lack the EVSEs to replace, or the transformer for all that comes."""
    source, n_cells = str(config.buildout.orders_from), sites.n_evse.shape[1]
    n = table["n_evse"].astype(np.int64)
    gone = np.bincount((row * n_cells + replaces)[replaces >= 0], n[replaces >= 0], sites.n_evse.size)
    lacking = np.flatnonzero(gone > sites.n_evse.ravel())
    for slot in lacking[:FAULTS_SHOWN].tolist():
        site, kind = divmod(slot, n_cells)
        name = cells.power_class_names[cells.power_class[kind]]
        faults.add(
            f"{source}: site {keys_of(sites)[site]}", f"{int(gone[slot]):,} EVSEs {name} to replace",
            f"at most the {int(sites.n_evse[site, kind]):,} that stand there", "take out the rows",
        )  # fmt: skip
    site = np.unique(row)
    rated_w = cells.rated_w
    added_w = np.bincount(row, n * (rated_w[cell] - np.where(replaces >= 0, rated_w[replaces], 0)), len(sites.county))[site]
    kva = ((sites.n_evse[site] * rated_w).sum(axis=1) + added_w) * kva_per_w
    largest = {str(name): kva for name, kva in config.buildout.most_kva.items()}
    most = np.array([largest[name] for name in SITE_TYPES])[sites.site_type[site]]
    for number in np.flatnonzero((kva > most) & (added_w > 0))[:FAULTS_SHOWN].tolist():
        faults.add(
            f"{source}: site {keys_of(sites)[site[number]]}", f"EVSEs that need {kva[number]:,.0f} kVA",
            f"at most the {most[number]:,.0f} kVA of its transformers", "take out rows, or raise buildout.most_kva",
        )  # fmt: skip


def _day(text: str) -> int:
    """Return a day as `datetime.date.toordinal` counts it; a blank one never comes."""
    return dt.date.fromisoformat(text).toordinal() if text else dt.date.max.toordinal()
