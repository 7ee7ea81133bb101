"""From the settings of a build-out to EVSEs by kind of site, power class and province; every contradiction is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.errors import Faults
from twin.stations.apportion import apportion, apportion_groups
from twin.stations.dates import month_number
from twin.stations.planned import Share, planned_of
from twin.stations.rules import SERVICE_AREA
from twin.stations.stock import SERVES, Cells
from twin.tables.columns import F64, I64
from twin.tables.inputs import LAYERS

if TYPE_CHECKING:
    from twin.config.buildout import Buildout, Order

__all__ = ["PLAN", "Draft", "drafts_of", "layer_of", "retired_of", "with_kinds"]

PLAN = "plan"
"""Name of what `buildout.towards` orders."""
CHOSEN = "chosen"
Chosen = Callable[[str, str, "Order", np.ndarray, Faults], I64]
"""EVSEs by province of the sites of an order: (place in the configuration, name, order, provinces allowed, faults)."""


@dataclass(frozen=True)
class Draft:
    """EVSEs of one kind to be built, by province.

    Attributes
    ----------
    name : str
        The order.
    site_type : str
        Kind of site.
    cell : int
        Row of the cells.
    n : ndarray of int64, shape (n_provinces,)
        EVSEs.
    rule : tuple of str
        Rule by province.
    from_month, until_month : int
        First and last month in which they are to open.
    replaces : int
        Cell of the standing EVSEs that make room; -1 none.
    is_bound : bool
        Whether what finds no room in its province may not go to another.
    where : str
        Place of the order in the configuration, for faults.
    """

    name: str
    site_type: str
    cell: int
    n: I64
    rule: tuple[str, ...]
    from_month: int
    until_month: int
    replaces: int = -1
    is_bound: bool = False
    where: str = field(default="buildout.towards", compare=False)

    @property
    def is_chosen(self) -> bool:
        """Whether its sites are those of a table."""
        return self.rule[0] == CHOSEN


def layer_of(site_type: str) -> int:
    """Return the layer of a kind of site."""
    is_rural = site_type in ("county", "township", "trunk road")
    return LAYERS.index("highway" if site_type == SERVICE_AREA else "rural" if is_rural else "urban")


def with_kinds(cells: Cells, kinds: set[tuple[int, int, int]], rated_w: I64, is_ac: np.ndarray) -> Cells:
    """Add kinds (layer, power class, bits of whom they serve) to the cells that they lack; nothing stands of them yet."""
    plugs = np.flatnonzero(cells.n_batteries == 0)
    have = set(zip(*(column[plugs].tolist() for column in (cells.layer, cells.power_class, cells.serves)), strict=True))
    new = np.array(sorted(kinds - have), np.int64).reshape(-1, 3)
    return replace(
        cells,
        layer=np.concatenate((cells.layer, new[:, 0])),
        power_class=np.concatenate((cells.power_class, new[:, 1])),
        serves=np.concatenate((cells.serves, new[:, 2])),
        rated_w=np.concatenate((cells.rated_w, rated_w[new[:, 1]])),
        is_ac=np.concatenate((cells.is_ac, is_ac[new[:, 1]])),
        n_evse=np.concatenate((cells.n_evse, np.zeros(len(new), np.int64))),
        n_batteries=np.concatenate((cells.n_batteries, np.zeros(len(new), np.int64))),
    )


def retired_of(change: I64) -> I64:
    """Return what is retired by province and cell: where the later stock has fewer."""
    return np.maximum(-change, 0)


def drafts_of(
    settings: Buildout, stock: str, cells: Cells, change: I64, uncovered: I64, codes: list[str], share: Share,
    chosen: Chosen, faults: Faults,
) -> list[Draft]:  # fmt: skip
    """Return every order of a build-out.

    Parameters
    ----------
    settings : Buildout
        The section.
    stock : str
        Month of what stands.
    cells : Cells
        Kinds of EVSE, with those that orders add.
    change : ndarray of int64, shape (n_provinces, n_cells)
        Later stock less the one that stands, of provinces by the published shares; zeros without `towards`.
    uncovered : ndarray of int64, shape (n_provinces,)
        Townships without a station.
    codes : list of str
        Province codes.
    share, chosen : callable
        See `Share` and `Chosen`.
    faults : Faults
        Takes contradictions.
    """
    first, last = _span(settings, stock, faults)
    rules = tuple(_of(settings, code, "rule") or settings.rule for code in codes)
    planned = planned_of(settings.rule, cells, np.maximum(change, 0), uncovered, share)
    drafts = [Draft(PLAN, kind, cell, n, rules, first, last) for (kind, cell), n in planned.items()]
    factors = np.array([settings.provinces[code].factor if code in settings.provinces else 1.0 for code in codes])
    for where, name, order, only in _orders(settings, faults):
        draft = _draft(where, name, order, cells, codes, rules, share, chosen, settings.rule, (first, last), only, faults)
        if draft is not None:
            drafts = _give_way(drafts, draft, order, cells, faults)
            drafts.append(draft)
    # A province's factor is for what the nation orders, not for its own orders, nor for sites chosen one by one.
    scaled = [draft if _is_own(draft) else replace(draft, n=_times(draft.n, factors)) for draft in drafts]
    return [draft for draft in scaled if draft.n.any()]


def _is_own(draft: Draft) -> bool:
    return draft.is_chosen or draft.where.startswith("buildout.provinces")


def _times(n: I64, factors: F64) -> I64:
    return np.rint(n * factors).astype(np.int64)


def _of(settings: Buildout, code: str, name: str) -> str | None:
    return getattr(settings.provinces[code], name, None) if code in settings.provinces else None


def _span(settings: Buildout, stock: str, faults: Faults) -> tuple[int, int]:
    """Return the first and last month in which orders open."""
    first = month_number(stock) + 1 if settings.from_month is None else month_number(settings.from_month)
    end = settings.until_month or settings.towards or settings.as_of
    last = first if end is None else month_number(end)
    if settings.towards is not None and settings.towards <= stock:
        faults.add("buildout.towards", settings.towards, f"a month after stations.stock, {stock}", "swap the two")
    if last < first:
        faults.add("buildout.until_month", f"{end}, before the first month", "a later month than from_month", "correct one")
    return first, max(first, last)


def _orders(settings: Buildout, faults: Faults) -> Iterator[tuple[str, str, Order, str | None]]:
    """Yield (place, name, order, province) of the national orders, then of the provinces' own."""
    for name, order in settings.orders.items():
        if name == PLAN:
            faults.add(f"buildout.orders.{name}", "the name of what `towards` orders", "another name", "rename it")
        yield f"buildout.orders.{name}", name, order, None
    for code in sorted(settings.provinces):
        for name, order in settings.provinces[code].orders.items():
            where = f"buildout.provinces.{code}.orders.{name}"
            if order.provinces and order.provinces != [code]:
                faults.add(where, f"provinces {', '.join(order.provinces)}", f"none, or {code}", "drop them")
            yield where, f"{name} ({code})", order, code


def _draft(
    where: str, name: str, order: Order, cells: Cells, codes: list[str], rules: tuple[str, ...], share: Share,
    chosen: Chosen, national: str, span: tuple[int, int], only: str | None, faults: Faults,
) -> Draft | None:  # fmt: skip
    """Return an order as a draft; None where it contradicts itself."""
    n_before = len(faults)
    first = span[0] if order.from_month is None else month_number(order.from_month)
    last = span[1] if order.until_month is None else month_number(order.until_month)
    if last < first:
        faults.add(where, f"from {order.from_month} until {order.until_month}", "months in order", "swap them")
    rule = order.rule or national
    if rule == "corridor" and order.site_type != SERVICE_AREA:
        faults.add(f"{where}.rule", f"'corridor' for {order.site_type}", f"'corridor' for {SERVICE_AREA}", "change one")
    if rule in ("corridor", CHOSEN) and order.replaces is not None:
        faults.add(f"{where}.rule", f"{rule!r} with an upgrade", "new EVSEs", "drop `replaces`, or take another rule")
    if order.replaces == order.power_class:
        faults.add(f"{where}.replaces", order.replaces, "another power class than the order's", "change one")
    if order.replaces is not None and order.in_place_of:
        faults.add(where, "both replaces and in_place_of", "one of them", "drop one")
    if len(faults) > n_before:
        return None
    allowed = [only] if only is not None else order.provinces or codes
    is_in = np.array([code in allowed for code in codes])
    bits = _bits(order.serves, order.site_type)
    cell = _cell(cells, order.site_type, order.power_class, bits)
    if rule == CHOSEN:
        n = chosen(where, name, order, is_in, faults)
    else:
        wanted = share(rule, order.site_type, bool(cells.for_trucks[cell]), order.n_evse)
        n = wanted if is_in.all() else apportion(order.n_evse, np.where(is_in, wanted + 1e-9, 0.0))
    own = (rule,) * len(codes) if order.rule is not None else rules
    replaced = -1 if order.replaces is None else _cell(cells, order.site_type, order.replaces, bits)
    return Draft(name, order.site_type, cell, n, own, first, last, replaced, not is_in.all(), where)


def _bits(serves: str | None, site_type: str) -> int:
    return SERVES[serves or ("truck" if site_type == "freight hub" else "car")]


def _cell(cells: Cells, site_type: str, power_class: str, bits: int) -> int:
    number = cells.power_class_names.tolist().index(power_class)
    same = (
        (cells.layer == layer_of(site_type))
        & (cells.power_class == number)
        & (cells.serves == bits)
        & (cells.n_batteries == 0)
    )
    return int(np.flatnonzero(same)[0])


def _give_way(drafts: list[Draft], draft: Draft, order: Order, cells: Cells, faults: Faults) -> list[Draft]:
    """Take what an order is in place of out of the earlier drafts, province by province as they are shared out.

    Sites that were chosen one by one stay as they are.
    """
    if not order.in_place_of:
        return drafts
    kinds = []
    for other in order.in_place_of:
        site_type = other.site_type or order.site_type
        bits = _bits(other.serves or order.serves, site_type)
        kinds.append((site_type, _cell(cells, site_type, other.power_class or order.power_class, bits)))
    same = [
        row for row, each in enumerate(drafts)
        if (each.site_type, each.cell) in kinds and each.n.any() and not each.is_chosen
    ]  # fmt: skip
    there = np.stack([drafts[row].n for row in same]) if same else np.zeros((1, len(draft.n)), np.int64)
    wanted = int(draft.n.sum())
    if there.sum() < wanted:
        told = ", ".join(f"{cells.power_class_names[cells.power_class[cell]]} at {kind}" for kind, cell in kinds)
        faults.add(
            f"{draft.where}.in_place_of", f"{int(there.sum()):,} EVSEs ordered so far of {told}",
            f"at least the {wanted:,} that are to go elsewhere", "order fewer",
        )  # fmt: skip
        return drafts
    taken = apportion_groups(np.array([wanted]), np.zeros(there.size, np.int64), there.ravel()).reshape(there.shape)
    kept = list(drafts)
    for row, less in zip(same, taken, strict=True):
        kept[row] = replace(drafts[row], n=drafts[row].n - less)
    return kept
