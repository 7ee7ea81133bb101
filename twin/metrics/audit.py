"""The conservation laws that every run keeps, each with its two sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import EngineError
from twin.metrics.rows import SECONDS_PER_HOUR, cell_of, cell_sums, station_sums
from twin.tables.inputs import LAYERS
from twin.tables.totals import HOUR_FIELDS, LOAD_KINDS, Law, RunTotals

if TYPE_CHECKING:
    from twin.stations.inventory import Inventory

ROWS_SHOWN = 20
"""Rows of a broken law that are listed before they are only counted."""

HELD, BROKEN = "held", "broken"


def audit(totals: RunTotals, inventory: Inventory) -> tuple[Law, ...]:
    """Return the laws counted by the engine and those that its totals must keep among themselves.

    Parameters
    ----------
    totals : RunTotals
        What the engine counted.
    inventory : Inventory
        Stations and pools.
    """
    return (
        *totals.laws,
        arrivals_law(totals),
        *occupancy_laws(totals, inventory),
        *energy_laws(totals, inventory),
        *hourly_laws(totals, inventory),
    )


def require(laws: Iterable[Law]) -> None:
    """Let a run pass only if every law holds.

    Raises
    ------
    EngineError
        If one is broken; the text gives both sides and the rows of each broken law.
    """
    broken = [law for law in laws if not law.holds]
    if broken:
        lines = [f"audit: {len(broken)} law(s) broken; the run's figures cannot be trusted, please report this run"]
        for law in broken:
            lines.append(f"  {law.name}: {law.left} {law.unit} {law.relation} {law.right} {law.unit} does not hold")
            lines += [f"    {row}" for row in law.rows]
        raise EngineError("\n".join(lines))


def audit_json(laws: Iterable[Law]) -> dict[str, Any]:
    """Return the content of ``audit.json``: the verdict and every law with its two sides."""
    laws = tuple(laws)
    return {
        "verdict": HELD if all(law.holds for law in laws) else BROKEN,
        "laws": [
            {
                "name": law.name,
                "left": int(law.left),
                "relation": law.relation,
                "right": int(law.right),
                "unit": law.unit,
                "holds": law.holds,
                "rows": list(law.rows),
            }
            for law in laws
        ],
    }


def arrivals_law(totals: RunTotals) -> Law:
    """Every arrival was served, balked, reneged or is still there, at every station."""
    of = totals.stations
    right = of.n_sessions + of.n_balked + of.n_reneged + of.n_waiting
    rows = _where(
        of.n_arrivals != right,
        lambda k: (
            f"station {k}: {of.n_arrivals[k]} arrivals / {of.n_sessions[k]} sessions, {of.n_balked[k]} balked, "
            f"{of.n_reneged[k]} reneged, {of.n_waiting[k]} waiting"
        ),
    )
    return Law(
        "arrivals = sessions + balked + reneged + waiting at the end, at every station",
        int(of.n_arrivals.sum()),
        int(right.sum()),
        "vehicles",
        rows,
    )


def occupancy_laws(totals: RunTotals, inventory: Inventory) -> Iterator[Law]:
    """No station was plugged or out of service for longer than its EVSEs have seconds."""
    n_evse = station_sums(inventory, inventory.pools.n_evse)
    used_s = totals.stations.busy_s + totals.stations.out_s
    for name, busy_s, n_hours in (
        ("seconds plugged or out of service <= EVSE seconds of the run, at every station", used_s, totals.n_hours),
        ("plugged seconds <= EVSE seconds in the busiest hour, at every station", totals.stations.peak_hour_busy_s, 1),
    ):
        there_s = n_evse * (SECONDS_PER_HOUR * n_hours)
        rows = _where(busy_s > there_s, _sides("station", busy_s, there_s))
        yield Law(name, int(busy_s.sum()), int(there_s.sum()), "s", rows, "<=")


def energy_laws(totals: RunTotals, inventory: Inventory) -> Iterator[Law]:
    """What the stations of a layer gave is what the load of that layer shows, zone by zone."""
    stations = inventory.stations
    n_zones = totals.load_ws.shape[1]
    key = stations.zone.astype(np.int64) * len(LAYERS) + stations.layer
    by_zone = np.zeros(n_zones * len(LAYERS), np.int64)
    np.add.at(by_zone, key, totals.stations.energy_ws)
    by_zone = by_zone.reshape(n_zones, len(LAYERS))
    load = totals.load_ws.sum(axis=2)
    for k, layer in enumerate(LAYERS):
        left, right = by_zone[:, k], load[LOAD_KINDS.index(layer)]
        rows = _where(left != right, _sides("zone", left, right))
        name = f"energy given by {layer} stations = load of the {layer} layer, in every zone"
        yield Law(name, int(left.sum()), int(right.sum()), "Ws", rows)
    truck, public = load[LOAD_KINDS.index("truck")], load[: len(LAYERS)].sum(axis=0)
    rows = _where(truck > public, _sides("zone", truck, public))
    name = "public charging into trucks <= public charging, in every zone"
    yield Law(name, int(truck.sum()), int(public.sum()), "Ws", rows, "<=")


def hourly_laws(totals: RunTotals, inventory: Inventory) -> Iterator[Law]:
    """Hourly sums, the histogram of waits and the stations' sums tell of the same vehicles."""
    cell = cell_of(inventory)
    n_provinces = totals.hours.shape[1]
    for k, field in enumerate(HOUR_FIELDS):
        if field == "n_full":
            continue
        left = cell_sums(cell, getattr(totals.stations, field), n_provinces)
        right = totals.hours[k].sum(axis=-1)
        rows = _where(left != right, _sides("province, layer", left, right))
        unit = "Ws" if field.endswith("_ws") else "s" if field.endswith("_s") else "vehicles"
        name = f"{field} of the stations = {field} of the hours, in every province and layer"
        yield Law(name, int(left.sum()), int(right.sum()), unit, rows)
    left = totals.wait_histogram.sum(axis=2)
    right = totals.hours[HOUR_FIELDS.index("n_sessions")].sum(axis=0)
    rows = _where(left != right, _sides("layer, hour", left, right))
    name = "sessions in the histogram of waits = sessions of the hours, in every layer and hour"
    yield Law(name, int(left.sum()), int(right.sum()), "vehicles", rows)


def _sides(of_what: str, left: NDArray[Any], right: NDArray[Any]) -> Callable[..., str]:
    def say(*index: int) -> str:
        return f"{of_what} {', '.join(map(str, index))}: {left[index]} / {right[index]}"

    return say


def _where(is_broken: NDArray[np.bool_], say: Callable[..., str]) -> tuple[str, ...]:
    """Say the first rows where a law is broken and count the others."""
    found = np.argwhere(is_broken)
    rows = [say(*map(int, index)) for index in found[:ROWS_SHOWN]]
    more = len(found) - ROWS_SHOWN
    return (*rows, f"and {more} more") if more > 0 else tuple(rows)
