"""Photovoltaics and storage behind a station's transformer, in whole watts and watt seconds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.behaviour import AS_YESTERDAY, LEAST_TREND_PM, MOST_TREND_PM, N_LEVELS
from twin.physics import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_QUARTER
from twin.reference.plain import plain
from twin.tables.plants import DISPATCHES

if TYPE_CHECKING:
    from twin.reference.model import ReferenceModel
    from twin.reference.site import Site

__all__ = ["Plan", "Plant", "build_plants"]

MILLION = 1_000_000


@dataclass
class Plan:
    """What the storage does in the hour to come.

    Attributes
    ----------
    top_w : int
        It gives what vehicles take beyond photovoltaics and so much from the grid.
    keep_ws : int
        It keeps so much back then, unless the transformer binds.
    fill_top_w, fill_to_ws : int
        It fills as long as the grid gives no more than the first, and it holds less than the second.
    """

    top_w: int = 0
    keep_ws: int = 0
    fill_top_w: int = 0
    fill_to_ws: int = 0


@dataclass(eq=False)
class Plant:
    """What one station has behind its transformer.

    Subclass it to try another rule: `plan` is made to be overridden.
    """

    site: Site
    row: int
    peak_w: int
    storage_w: int
    capacity_ws: int
    stored_ws: int
    sun_ppm: list[int]
    prices: list[float]
    rule: str
    round_trip_ppm: int
    is_feed_in: bool
    window_s: int
    since_s: int = 0
    taken_ws: int = 0
    pv_w: int = 0
    give_w: int = 0
    fill_w: int = 0
    plan_now: Plan = field(default_factory=Plan)
    window_grid_ws: int = 0
    window_taken_ws: int = 0
    day_peak_w: int = 0
    n_over: int = 0
    hour: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    load_ws: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.least_ws = self.most_ws = self.begin_ws = self.stored_ws

    def open_window(self, start_s: int) -> None:
        """Take the sun of the window, and every quarter hour make a plan."""
        self.pv_w = self.peak_w * self.sun_ppm[start_s // self.window_s] // MILLION
        if start_s % SECONDS_PER_DAY == 0:
            self.day_peak_w = 0
        if start_s % SECONDS_PER_QUARTER == 0 and self.capacity_ws:
            self.plan_now = self.plan(start_s)

    def available_w(self, second: int, end_s: int) -> int:
        """Return what can come from behind the transformer from a second to the end of the window."""
        if self.rule == "none":
            return self.pv_w
        return self.pv_w + min(self.storage_w, self.stored_ws // (end_s - second))

    def set_powers(self, second: int, end_s: int, drawn_w: int) -> None:
        """Let the storage give or take constant power until the next event, for what vehicles draw at most until then."""
        self.give_w = self.fill_w = 0
        if self.rule == "none":
            return
        plan, left_s, net_w = self.plan_now, end_s - second, drawn_w - self.pv_w
        can_w = min(self.storage_w, self.stored_ws // left_s)
        may_w = min(can_w, max(self.stored_ws - plan.keep_ws, 0) // left_s)
        wanted_w = min(net_w - plan.top_w, may_w)
        has_to_w = net_w - self.site.site_limit_w
        self.give_w = min(max(wanted_w, has_to_w, 0), can_w)
        if not self.give_w:
            from_grid_w = min(plan.fill_top_w - net_w, self._room_w(plan.fill_to_ws, left_s))
            from_sun_w = min(-net_w, self._room_w(self.capacity_ws, left_s))
            self.fill_w = min(max(from_grid_w, from_sun_w, 0), self.storage_w)

    def _room_w(self, level_ws: int, left_s: int) -> int:
        return max(level_ws - self.stored_ws, 0) * MILLION // self.round_trip_ppm // left_s

    def settle(self, second: int, taken_ws: int) -> None:
        """Enter what came from where since the last settlement."""
        length_s = second - self.since_s
        if length_s == 0:
            return
        vehicles_ws, filled_ws, sun_ws = taken_ws - self.taken_ws, self.fill_w * length_s, self.pv_w * length_s
        wanted_ws, limit_ws = vehicles_ws + filled_ws, self.site.site_limit_w * length_s
        used_ws = min(sun_ws, wanted_ws)
        given_ws = min(self.give_w * length_s, wanted_ws - used_ws)
        grid_ws = wanted_ws - used_ws - given_ws
        fed_ws = min(sun_ws - used_ws, limit_ws) if self.is_feed_in else 0
        kept_ws = filled_ws * self.round_trip_ppm // MILLION
        quarter = self.since_s // SECONDS_PER_QUARTER
        self.load_ws[quarter] = self.load_ws.get(quarter, 0) + vehicles_ws
        self.site.model.books.book_plant(self.site.zone, quarter, used_ws + fed_ws, given_ws - filled_ws)
        self.n_over += grid_ws > limit_ws + len(self.site.evses)
        self.since_s, self.taken_ws = second, taken_ws
        self.stored_ws += kept_ws - given_ws
        self.least_ws, self.most_ws = min(self.least_ws, self.stored_ws), max(self.most_ws, self.stored_ws)
        self.window_grid_ws += grid_ws
        self.window_taken_ws += vehicles_ws
        self.hour.update(
            pv_ws=sun_ws, used_ws=used_ws, fed_ws=fed_ws, filled_ws=filled_ws, given_ws=given_ws,
            lost_ws=filled_ws - kept_ws, grid_ws=grid_ws, taken_ws=vehicles_ws,
        )  # fmt: skip

    def close_window(self, end_s: int, taken_ws: int) -> None:
        """Settle the window, and note its mean power from the grid."""
        self.settle(end_s, taken_ws)
        mean_w, load_w = self.window_grid_ws // self.window_s, self.window_taken_ws // self.window_s
        self.window_grid_ws = self.window_taken_ws = 0
        self.day_peak_w = max(self.day_peak_w, mean_w)
        self.hour["peak_w"] = max(self.hour["peak_w"], mean_w)
        self.hour["load_peak_w"] = max(self.hour["load_peak_w"], load_w)

    def close_hour(self) -> Counter[str]:
        """Return what the hour counted, add it to the run, and begin anew."""
        hour, self.hour = self.hour, Counter()
        peaks_w = {name: max(self.whole[name], hour[name]) for name in ("peak_w", "load_peak_w")}
        self.whole.update(hour)
        self.whole.update({name: peak_w - self.whole[name] for name, peak_w in peaks_w.items()})
        return hour

    def plan(self, second: int) -> Plan:
        """Return what to do from a full quarter hour on."""
        if self.rule == "peak_shaving":
            return self._shave(second)
        is_new_price = self.rule == "tariff" and second % SECONDS_PER_HOUR == 0
        return self._trade(second) if is_new_price else self.plan_now

    def _shave(self, second: int) -> Plan:
        """Hold the lowest level from the grid that a day like the one past allows; on the first day help the transformer."""
        limit_w = self.site.site_limit_w
        if second < SECONDS_PER_DAY:
            return Plan(limit_w, 0, limit_w // 2, self.capacity_ws)
        net_ws = [self._net_ws(second, ahead) for ahead in range(96)]
        low_w, high_w = min(self.day_peak_w, limit_w), limit_w
        if self._holds(low_w, net_ws):
            return Plan(low_w, 0, low_w, self.capacity_ws)
        while high_w - low_w > limit_w // N_LEVELS + 1:
            middle_w = (low_w + high_w) // 2
            low_w, high_w = (low_w, middle_w) if self._holds(middle_w, net_ws) else (middle_w, high_w)
        return Plan(high_w, 0, high_w, self.capacity_ws)

    def _holds(self, top_w: int, net_ws: list[int]) -> bool:
        """Return whether the storage keeps days like the one ahead below a power from the grid, one after the other."""
        tomorrow_ws = self._stored_after_ws(self.stored_ws, top_w, net_ws)
        if tomorrow_ws is None:
            return False
        return tomorrow_ws >= self.stored_ws or self._stored_after_ws(tomorrow_ws, top_w, net_ws) == tomorrow_ws

    def _stored_after_ws(self, stored_ws: int, top_w: int, net_ws: list[int]) -> int | None:
        """Return what is stored after a day that is kept below a power from the grid; None if that cannot be."""
        most_ws = self.storage_w * SECONDS_PER_QUARTER
        for over_ws in (net - top_w * SECONDS_PER_QUARTER for net in net_ws):
            if over_ws > min(most_ws, stored_ws) and over_ws > 0:
                return None
            if over_ws > 0:
                stored_ws -= over_ws
            else:
                gain_ws = min(-over_ws, most_ws) * self.round_trip_ppm // MILLION
                stored_ws = min(stored_ws + gain_ws, self.capacity_ws)
        return stored_ws

    def _trade(self, second: int) -> Plan:
        """Keep what dearer hours need beyond what comes cheaper before them, and fill what they need if now is cheapest."""
        hour, round_trip_ppm = second // SECONDS_PER_HOUR, self.round_trip_ppm
        now = self.prices[hour % 24]
        has_to_be, has_to_come = 0, 0
        refill_ws = self.storage_w * SECONDS_PER_HOUR * round_trip_ppm // MILLION
        for ahead in reversed(range(1, 24)):
            price = self.prices[(hour + ahead) % 24]
            need_ws, spare_ws = self._hour_ahead(second, ahead)
            is_worth_refilling, is_worth_filling = (
                price * MILLION < now * round_trip_ppm,
                price * round_trip_ppm > now * MILLION,
            )
            if price > now:
                has_to_be = min(has_to_be + need_ws, self.capacity_ws)
            has_to_be = max(has_to_be - (refill_ws if is_worth_refilling else spare_ws), 0)
            if is_worth_filling:
                has_to_come = min(has_to_come + need_ws, self.capacity_ws)
            has_to_come = max(has_to_come - (refill_ws if price < now else spare_ws), 0)
        return Plan(0, has_to_be, self.site.site_limit_w, has_to_come)

    def _hour_ahead(self, second: int, ahead: int) -> tuple[int, int]:
        """Return what vehicles will take out of storage in an hour ahead, and what spare sun puts in."""
        most_ws, is_first_day = self.storage_w * SECONDS_PER_QUARTER, second < SECONDS_PER_DAY
        net_ws = [self._net_ws(second, quarter) + most_ws * is_first_day for quarter in range(4 * ahead, 4 * ahead + 4)]
        need_ws = sum(min(max(net, 0), most_ws) for net in net_ws)
        spare_ws = sum(min(max(-net, 0), most_ws) for net in net_ws)
        return need_ws, spare_ws * self.round_trip_ppm // MILLION

    def _net_ws(self, second: int, ahead: int) -> int:
        """Return the load expected in a quarter hour ahead less today's sun at that time of day."""
        quarter = second // SECONDS_PER_QUARTER + ahead
        of_day_s = quarter * SECONDS_PER_QUARTER % SECONDS_PER_DAY
        window = (second // SECONDS_PER_DAY * SECONDS_PER_DAY + of_day_s) // self.window_s
        sun_ws = self.peak_w * self.sun_ppm[window] // MILLION * SECONDS_PER_QUARTER
        is_today = quarter // 96 == second // SECONDS_PER_DAY
        return self.load_ws.get(quarter - 96, 0) * (self._trend_pm(second) if is_today else 1000) // 1000 - sun_ws

    def _trend_pm(self, second: int) -> int:
        """Return how today's load stands against yesterday's, per thousand; a part of yesterday stands in both."""
        now, midnight = second // SECONDS_PER_QUARTER, second // SECONDS_PER_DAY * 96
        today_ws = sum(self.load_ws.get(quarter, 0) for quarter in range(midnight, now))
        past_ws = sum(self.load_ws.get(quarter - 96, 0) for quarter in range(midnight, now))
        usual_ws = max(sum(self.load_ws.get(quarter, 0) for quarter in range(midnight - 96, midnight)) // AS_YESTERDAY, 1)
        return min(max((today_ws + usual_ws) * 1000 // (past_ws + usual_ws), LEAST_TREND_PM), MOST_TREND_PM)


def build_plants(model: ReferenceModel) -> None:
    """Put photovoltaics and storage behind the stations that have them."""
    behind, given = plain(model.given.behind), model.given
    table = plain(model.given.behind.plants)
    for row, station in enumerate(table.station):
        site: Any = model.stations[station]
        site.plant = Plant(
            site=site, row=row, peak_w=table.pv_w[row], storage_w=table.storage_w[row],
            capacity_ws=table.capacity_ws[row], stored_ws=table.stored_ws[row], sun_ppm=behind.pv_ppm[site.province],
            prices=behind.price[site.province], rule=DISPATCHES[behind.dispatch],
            round_trip_ppm=behind.round_trip_ppm, is_feed_in=bool(behind.is_feed_in), window_s=given.rules.window_s,
        )  # fmt: skip
