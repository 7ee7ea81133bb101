"""A provincial grid company: it sees the load of its zones, plans orderly charging and calls for power from vehicles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from twin.grid.flexibility import AT_WORK, call_for_power, plan_charging
from twin.tables.columns import F64, I64
from twin.tables.inputs import GUIDED_DAYS
from twin.tables.totals import LOAD_KINDS, ProvinceLoad

if TYPE_CHECKING:
    from twin.config import Config
    from twin.engine.world import World

__all__ = ["GridOperator"]

QUARTERS_PER_DAY = 96
QUARTER_S = 900
PUBLIC = slice(0, LOAD_KINDS.index("truck"))
PRIVATE = [LOAD_KINDS.index(kind) for kind in ("home", "depot", "work")]
ORDERLY, V2G, WORK = (LOAD_KINDS.index(kind) for kind in ("orderly", "v2g", "work"))


class GridOperator(mesa.Agent):  # type: ignore[misc]
    """The grid company of one province.

    Before each day it publishes, for each zone, how much power it has for orderly charging in which quarter hour, at night
    and at work, and for the province the hours in which vehicles are called to give. Subclass it and override `decide` for
    other measures.

    Attributes
    ----------
    province : str
        Province code.
    zones : ndarray of int64
        Rows of its zones.
    base : ProvinceLoad
        Load of its zones without vehicles, and their annual peak.
    bulletins : list of dict
        One a day: peak of the load with vehicles, its quarter hour, and the charging in it; the call of the day.
    """

    def __init__(
        self, model: mesa.Model, province: str, zones: I64, base: ProvinceLoad, is_cheap: NDArray[np.bool_], config: Config
    ) -> None:
        super().__init__(model)
        self.province = province
        self.zones = zones
        self.base_kw, self.annual_peak_kw = base.base_kw, base.peak_kw
        self.is_cheap = np.tile(np.repeat(is_cheap, 4), GUIDED_DAYS)
        self.efficiency = config.stations.module_efficiency
        self.cap_share = config.grid.zone_cap_share
        self.call_share = config.grid.v2g_call_share
        self.event_s = config.grid.v2g_event_s
        self.bulletins: list[dict[str, Any]] = []
        self.event = [0, 0]
        of_day = (len(zones), QUARTERS_PER_DAY)
        self._public_kw: F64 = np.zeros(of_day)
        self._private_kw: F64 = np.zeros(of_day)
        self._orderly_kw: F64 = np.zeros(of_day)
        self._v2g_kw: F64 = np.zeros(of_day)
        self._shifted_ws: I64 = np.zeros(len(zones), np.int64)
        self._shifted_before_ws: I64 = np.zeros(len(zones), np.int64)
        self._work_kw: F64 = np.zeros(of_day)
        self._work_ws: I64 = np.full(len(zones), -1, np.int64)

    def decide(self, world: World, day: int) -> None:
        """Publish the plan for orderly charging and the call of the day, on the load of yesterday."""
        guidance = world.given.guidance
        forecast_kw = self.forecast_kw(day)
        expected_kw = forecast_kw + np.tile(self._public_kw + self._private_kw - self._orderly_kw, GUIDED_DAYS)
        # What has been planned yesterday for this morning is known.
        expected_kw[:, :QUARTERS_PER_DAY] += self._booked_kw(world, [ORDERLY], day)
        guidance.fill_w[self.zones] = plan_charging(
            np.rint(1000.0 * expected_kw).astype(np.int64),
            self.is_cheap,
            np.rint(1000.0 * self.cap_share * self.annual_peak_kw).astype(np.int64),
            None if day == 0 else np.rint((self._shifted_ws - self._shifted_before_ws) / self.efficiency).astype(np.int64),
        )
        self.plan_at_work(world, expected_kw)
        load_kw = (forecast_kw[:, :QUARTERS_PER_DAY] + self._public_kw + self._private_kw).sum(axis=0)
        self.event = [0, 0]
        if guidance.bidirectional[self.zones].any() or world.station_calls.share[self.zones].any():
            self.event = list(call_for_power(load_kw, float(self.annual_peak_kw.sum()), self.call_share, self.event_s))
        guidance.event_from_s[self.zones], guidance.event_until_s[self.zones] = self.event

    def plan_at_work(self, world: World, expected_kw: F64) -> None:
        """Publish the plan for plugs at work: the day's cheap hours first, for what was charged on the last working day.

        Where no hour of the working day is cheap all of them are open, and the plan is the valley of the load.
        """
        plugs = world.given.workplaces
        if not len(plugs.fill_w) or not plugs.orderly_share:
            return
        is_open = np.zeros_like(self.is_cheap)
        is_open[AT_WORK] = self.is_cheap[AT_WORK] if self.is_cheap[AT_WORK].any() else True
        is_known = bool((self._work_ws >= 0).all())
        plugs.fill_w[self.zones] = plan_charging(
            np.rint(1000.0 * (expected_kw - plugs.orderly_share * np.tile(self._work_kw, GUIDED_DAYS))).astype(np.int64),
            is_open,
            np.rint(1000.0 * self.cap_share * self.annual_peak_kw).astype(np.int64),
            np.rint(plugs.orderly_share * self._work_ws / self.efficiency).astype(np.int64) if is_known else None,
            AT_WORK,
        )

    def forecast_kw(self, day: int) -> F64:
        """Return the load without vehicles of today and tomorrow; the day after the run is taken for like its last."""
        n_days = self.base_kw.shape[1] // QUARTERS_PER_DAY
        days = [min(day + ahead, n_days - 1) * QUARTERS_PER_DAY for ahead in range(GUIDED_DAYS)]
        return np.concatenate([self.base_kw[:, first : first + QUARTERS_PER_DAY] for first in days], axis=1)

    def observe(self, world: World) -> None:
        """Read the load of the day that has just ended."""
        day = len(self.bulletins)
        quarters = slice(day * QUARTERS_PER_DAY, (day + 1) * QUARTERS_PER_DAY)
        self._public_kw = self._to_kw(world.ledger.load_ws[PUBLIC, self.zones, quarters].sum(axis=0))
        self._private_kw = self._booked_kw(world, PRIVATE, day)
        self._orderly_kw = self._booked_kw(world, [ORDERLY], day)
        at_stations_kw = self._to_kw(world.ledger.load_ws[V2G, self.zones, quarters])
        self._v2g_kw = (self._booked_kw(world, [V2G], day) + at_stations_kw) * self.efficiency**2
        self._work_kw = self._booked_kw(world, [WORK], day)
        work_ws = np.rint(QUARTER_S * 1000.0 * self.efficiency * self._work_kw.sum(axis=1)).astype(np.int64)
        if work_ws.any():
            self._work_ws = work_ws
        self._shifted_before_ws = self._shifted_ws
        steps_w = world.private_step_w[ORDERLY, self.zones].cumsum(axis=1).sum(axis=1)
        self._shifted_ws = world.private_part_ws[ORDERLY, self.zones].sum(axis=1) + QUARTER_S * steps_w

    def _booked_kw(self, world: World, kinds: list[int], day: int) -> F64:
        """Return what private plugs have booked so far for a day, by zone and quarter hour, at the grid's side."""
        end = (day + 1) * QUARTERS_PER_DAY
        parts_ws = sum(world.private_part_ws[kind, self.zones, :end] for kind in kinds)
        steps_w = sum(world.private_step_w[kind, self.zones, :end] for kind in kinds)
        booked_ws = parts_ws + QUARTER_S * np.cumsum(steps_w, axis=1)
        return self._to_kw(booked_ws[:, end - QUARTERS_PER_DAY :])

    def _to_kw(self, energy_ws: I64) -> F64:
        """Return mean power at the grid's side of the charger."""
        power_kw: F64 = energy_ws / (QUARTER_S * 1000.0 * self.efficiency)
        return power_kw

    def publish(self, world: World, day: int) -> None:
        """Add the day to the bulletins."""
        base_kw = self.base_kw[:, day * QUARTERS_PER_DAY : (day + 1) * QUARTERS_PER_DAY].sum(axis=0)
        public_kw, private_kw, v2g_kw = (kw.sum(axis=0) for kw in (self._public_kw, self._private_kw, self._v2g_kw))
        total_kw = base_kw + public_kw + private_kw - v2g_kw
        peak = int(np.argmax(total_kw))
        self.bulletins.append(
            {
                "province": self.province,
                "day": day,
                "peak_quarter": peak,
                "peak_kw": float(total_kw[peak]),
                "base_kw": float(base_kw[peak]),
                "public_kw": float(public_kw[peak]),
                "private_kw": float(private_kw[peak]),
                "v2g_kw": float(v2g_kw[peak]),
                "call_from_s": self.event[0],
                "call_until_s": self.event[1],
            }
        )
