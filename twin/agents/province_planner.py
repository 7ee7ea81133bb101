"""A province's planner: it sees how busy its stations are, and orders what its rules say, with filing and lead times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import mesa  # type: ignore[import-untyped]
import numpy as np

from twin.agents.facilities import Classes, Facilities
from twin.stations.dates import connect, month_number, month_text
from twin.stations.expand import kva_per_w
from twin.tables.columns import F64, I64

if TYPE_CHECKING:
    from twin.config import Config
    from twin.engine.world import World

__all__ = ["ProvincePlanner", "Wish"]

DAY_S = 86_400
HIGH_POWER_KW = 250.0
MUCH = 1e3
"""More than any upgrade adds: all of the weakest EVSEs are replaced."""
WS_PER_KWH = 3.6e6


class Wish(NamedTuple):
    """EVSEs that a planner wants at a station.

    Attributes
    ----------
    rule : str
        Why; the name of the order.
    row : int
        Row of the station in the facilities.
    power_class, replaces : int
        Rows of the power classes; `replaces` is -1 where EVSEs are added.
    n_evse : int
        How many.
    serves : str
        car, truck or any.
    merit : float
        The larger, the sooner.
    """

    rule: str
    row: int
    power_class: int
    replaces: int
    n_evse: int
    serves: str
    merit: float


class ProvincePlanner(mesa.Agent):  # type: ignore[misc]
    """The planner of one province.

    Every evening it reads the books of its stations and orders what `wishes` returns. Subclass it and override `wishes`,
    or one of the rules `busy` and `old`, for a policy of your own.

    Attributes
    ----------
    province : str
        Province code.
    number : int
        Its row.
    use : ndarray of float64, shape (n_days, n_stations)
        Plugged seconds over EVSE seconds of every day and station.
    energy_kwh : ndarray of float64, shape (n_stations,)
        Energy of the sessions so far.
    n_sessions : ndarray of int64, shape (n_stations,)
        Sessions so far.
    is_ordered : ndarray of uint8, shape (n_stations,)
        Whether something is ordered for the station.
    orders : list of dict
        What was ordered, in the order of decisions; keys are columns of ``orders.parquet``.
    """

    def __init__(self, model: mesa.Model, province: str, number: int, n_days: int) -> None:
        super().__init__(model)
        self.province, self.number = province, number
        n_stations = len(model.facilities[number].station)
        self.use: F64 = np.zeros((n_days, n_stations))
        self.energy_kwh: F64 = np.zeros(n_stations)
        self.n_sessions: I64 = np.zeros(n_stations, np.int64)
        self.is_ordered = np.zeros(n_stations, np.uint8)
        self.orders: list[dict[str, Any]] = []
        self._busy_s: I64 = np.zeros(n_stations, np.int64)
        self._day = 0

    @property
    def facilities(self) -> Facilities:
        """Stations of the province."""
        found: Facilities = self.model.facilities[self.number]
        return found

    @property
    def classes(self) -> Classes:
        """Power classes."""
        found: Classes = self.model.power_classes
        return found

    @property
    def config(self) -> Config:
        """The scenario."""
        found: Config = self.model.config
        return found

    def decide(self, world: World, day: int) -> None:
        """Nothing in the morning: orders are decided in the evening."""

    def observe(self, world: World) -> None:
        """Read the books of the day that has just ended."""
        rows, books = self.facilities.station, world.station_state
        busy_s = np.asarray(world.totals.busy_s[rows], np.int64)
        self.use[self._day] = (busy_s - self._busy_s) / np.maximum(self.facilities.n_evse * DAY_S, 1)
        self._busy_s = busy_s
        self.energy_kwh = books.energy_ws[rows] / WS_PER_KWH
        self.n_sessions = np.asarray(books.n_sessions[rows], np.int64)
        self._day += 1

    def publish(self, world: World, day: int) -> None:
        """Order what is wished for this evening."""
        for wish in sorted(self.wishes(day), key=lambda one: (-one.merit, one.row)):
            if wish.n_evse > 0:
                self.orders.append(self._ordered(wish, day))
                self.is_ordered[wish.row] = 1

    def wishes(self, day: int) -> list[Wish]:
        """Return what the rules that are set want this evening; a station is ordered for once in a run."""
        found = [*self.busy(day), *self.old(day)]
        taken: set[int] = set()
        first = [wish for wish in found if not (wish.row in taken or taken.add(wish.row))]  # type: ignore[func-returns-value]
        return [wish for wish in first if not self.is_ordered[wish.row]]

    def busy(self, day: int) -> Iterator[Wish]:
        """Yield upgrades of stations whose utilisation passes ``buildout.upgrade_above``.

        By the holiday maximum a station is due on the evening of the first such day of a holiday; by the daily mean at the
        end of the run. Stations that are hardly used in the mean are left alone.
        """
        settings = self.config.buildout
        if settings.upgrade_above is None:
            return
        mean = self.use[: day + 1].mean(axis=0)
        if settings.upgrade_by == "holiday maximum":
            days = [each for each in range(day + 1) if self.model.is_holiday[each]]
            use = self.use[days].max(axis=0) if days else np.zeros(len(mean))
        else:
            use = mean if day + 1 == len(self.use) else np.zeros(len(mean))
        for row in np.flatnonzero((use > settings.upgrade_above) & (mean >= settings.least_use)).tolist():
            more = float(use[row]) / settings.upgrade_above - 1.0
            yield self.stronger(f"use above {settings.upgrade_above:g}", row, more, float(use[row]))

    def old(self, day: int) -> Iterator[Wish]:
        """Yield renewals of stations older than ``buildout.renew_after_a`` years, at the end of the run.

        Their weakest EVSEs are replaced by stronger ones; nothing is added.
        """
        after = self.config.buildout.renew_after_a
        if after is None or day + 1 < len(self.use):
            return
        start = self.config.period.start_date
        oldest = month_number(f"{start.year}-{start.month:02d}") - 12 * after
        for row in np.flatnonzero(self.facilities.month < oldest).tolist():
            wish = self.stronger(f"older than {after} years", row, MUCH, float(self.use[:, row].mean()))
            if wish.replaces >= 0:
                yield wish

    def matching_class(self, row: int, weakest_kw: float) -> int:
        """Return the weakest power class that gives a mean session its energy within the dwell time of the kind of site.

        At service areas high power at least, as the Ministry of Transport asks; nowhere less than stands there.
        """
        site_type, classes = str(self.facilities.site_type[row]), self.classes
        dwell_h = self.config.buildout.dwell_h[site_type]  # type: ignore[index]
        needed_kw = self.energy_kwh[row] / max(int(self.n_sessions[row]), 1) / dwell_h
        least_kw = max(needed_kw, weakest_kw, HIGH_POWER_KW if site_type == "service area" else 0.0)
        strong = np.flatnonzero(~classes.is_ac & (classes.rated_kw >= least_kw))
        return int(strong[0]) if len(strong) else int(np.argmax(classes.rated_kw))

    def stronger(self, rule: str, row: int, more: float, merit: float) -> Wish:
        """Return an upgrade of the weakest EVSEs of a station that adds a share of its rated power, as its site can feed.

        Where nothing weaker stands, EVSEs of the matching class are added.
        """
        here, classes = self.facilities, self.classes
        pools = np.flatnonzero(here.of == row)
        pool = int(pools[np.argmin(classes.rated_kw[here.power_class[pools]])])
        weakest = int(here.power_class[pool])
        chosen = self.matching_class(row, float(classes.rated_kw[weakest]))
        gain_kw = float(classes.rated_kw[chosen] - classes.rated_kw[weakest])
        is_upgrade = gain_kw > 0
        each_kw = gain_kw if is_upgrade else float(classes.rated_kw[chosen])
        wanted = int(np.ceil(more * float(here.rated_kw[row]) / each_kw))
        settings = self.config.stations
        per_kw = kva_per_w(settings.site_limit_share, settings.module_efficiency) * 1000.0
        most_kva = self.config.buildout.most_kva[str(here.site_type[row])]  # type: ignore[index]
        fits = int(max(most_kva - float(here.rated_kw[row]) * per_kw, 0.0) // (each_kw * per_kw))
        most = int(here.n_of_pool[pool]) if is_upgrade else wanted
        n_evse = min(wanted, fits, most)
        return Wish(rule, row, chosen, weakest if is_upgrade else -1, n_evse, str(here.serves[pool]), merit)

    def book(self) -> list[dict[str, Any]]:
        """Return the orders as the budget pays and the grid connects them: rows of ``orders.parquet``."""
        settings = self.config.buildout
        own = settings.provinces.get(self.province)  # type: ignore[call-overload]
        ranks = {str(name): rank for rank, name in enumerate(settings.first or ("service area", "urban public"))}
        rows = sorted(
            self.orders, key=lambda one: (one["due"], ranks.get(one["site_type"], len(ranks)), -one["merit"], one["site"])
        )
        if own is not None and own.budget_bn_cny is not None:
            spent = np.cumsum([row["cost_cny"] for row in rows])
            rows = [row for row, sum_cny in zip(rows, spent, strict=True) if sum_cny <= own.budget_bn_cny * 1e9]
        due = np.array([month_number(row["due"]) for row in rows], np.int64)
        rank = np.array([ranks.get(row["site_type"], len(ranks)) for row in rows], np.int64)
        slots = -1 if own is None or own.connections_per_month is None else own.connections_per_month
        day = connect(due, rank, np.zeros(len(rows), np.int64), np.array([slots]))
        last = dt.date.max.toordinal()
        dates = ["" if each >= last else dt.date.fromordinal(each).isoformat() for each in day.tolist()]
        return [row | {"connected": date} for row, date in zip(rows, dates, strict=True)]

    def _ordered(self, wish: Wish, day: int) -> dict[str, Any]:
        """Return a wish as a row, with its months and its cost."""
        settings, here, classes = self.config.buildout, self.facilities, self.classes
        site_type = str(here.site_type[wish.row])
        decided = self.config.period.start_date + dt.timedelta(days=day)
        ordered = month_number(f"{decided.year}-{decided.month:02d}") + settings.filing_months
        old_kw = float(classes.rated_kw[wish.replaces]) if wish.replaces >= 0 else 0.0
        kw, stations = float(classes.rated_kw[wish.power_class]), self.config.stations
        kva = max(kw - old_kw, 0.0) * 1000.0 * kva_per_w(stations.site_limit_share, stations.module_efficiency)
        each_cny = kw * 1000.0 * float(classes.cny_per_w[wish.power_class]) + kva * settings.grid_cny_per_kva
        return {
            "order": wish.rule, "site": int(here.site[wish.row]), "station": int(here.station[wish.row]),
            "province": self.province, "county": str(here.county[wish.row]), "layer": str(here.layer[wish.row]),
            "site_type": site_type, "power_class": classes.name[wish.power_class], "serves": wish.serves,
            "n_evse": int(wish.n_evse), "replaces": classes.name[wish.replaces] if wish.replaces >= 0 else "",
            "ordered": month_text(ordered), "due": month_text(ordered + settings.lead_months[site_type]),  # type: ignore[index]
            "merit": float(wish.merit), "cost_cny": float(wish.n_evse * each_cny),
        }  # fmt: skip
