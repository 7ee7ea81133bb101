"""A vehicle's day at home, planned at midnight: drive, charge privately, or be called out for a trip or a public plug."""

from __future__ import annotations

import math
from typing import NamedTuple

from twin.behaviour import LEAST_USUAL_SOC, MARGIN, NEARLY_FULL_SOC
from twin.physics import SECONDS_PER_HOUR
from twin.reference.plain import DAY_S, Call, quantile
from twin.reference.plug import WORK, PlugOwner
from twin.rng import Stream
from twin.tables.state import FAST, NEVER_S, SLOW, TRIP, TRUCK

__all__ = ["LocalDay", "Resident"]

NEVER_LEAVES = 255
LAST_DAY = 254


class LocalDay(NamedTuple):
    """A day near home: energy of its driving, time at the wheel, second of leaving and of being back."""

    need_ws: int
    way_s: int
    depart_s: int
    back_s: int


class Resident(PlugOwner):
    """A vehicle at home, and what its driver means to do today."""

    def live_eve(self) -> None:
        """Charge for a trip on day 0 before the run begins, as on any eve of a trip."""
        if self.leaves_on(0) is None:
            return
        if self.sleeps_at_plug:
            self.energy_ws = self.type.capacity_ws
        elif self.energy_ws / self.type.capacity_ws < self.model.rules.top_up_soc and not self.type.has_engine:
            self.energy_ws = self.soc_ws(self.model.rules.trip_target_soc)

    def plan_day(self, day: int) -> Call | None:
        """Plan a day; return the call that takes the vehicle out, or None where the day is lived without one."""
        if self.model.is_posed:
            return self.next_set_trip(day * DAY_S)
        trip = self.trip_of_the_day(day)
        if trip is not None:
            second, zone = trip
            goal = self.goal_county(zone, day)
            if self.is_taken(goal, day):
                return Call(day * DAY_S + min(second, DAY_S - 1), TRIP, goal)
            self.model.books.counts["trips_not_made"] += 1
        ask = self.local_day(day)
        return None if ask is None else Call(day * DAY_S + min(ask[0], DAY_S - 1), ask[1], self.place)

    def is_taken(self, goal: int, day: int) -> bool:
        """Return whether the vehicle is taken for a trip: it lasts from plug to plug, and its stops are not too many."""
        if self.type.has_engine or self.place != self.home:
            return True
        roads, make = self.model.roads, self.type
        origin, zone = roads.county_zone[self.place], roads.county_zone[goal]
        node = roads.zone_node[origin]
        drag, gaps = (roads.truck_drag, roads.truck_gap_m) if self.is_truck else (roads.drag, roads.gap_m)
        gap_m = max(gaps[zone][origin], gaps[origin][zone])
        ws_per_m = make.road_a_ws_per_m + make.road_b_ws_per_m * (float(drag[zone][node]) / max(roads.way_m[zone][node], 1))
        street_ws = make.city_ws_per_m * (roads.access_m[self.place] + roads.access_m[goal])
        factor = MARGIN * self.model.local.consumption_factor[roads.county_province[self.place]][day]
        rules = self.model.rules
        full_ws = (NEARLY_FULL_SOC - rules.reserve_soc) * make.capacity_ws
        if factor * (gap_m * ws_per_m + street_ws) > full_ws:
            return False
        usual_ws = max(rules.fast_target_soc - rules.reserve_soc, LEAST_USUAL_SOC) * make.capacity_ws
        lack_ws = factor * (roads.way_m[zone][node] * ws_per_m + street_ws) - full_ws
        chance = 1.0
        while lack_ws > 0.0:
            lack_ws -= usual_ws
            chance *= rules.stop_acceptance
        return self.is_truck or self.draw(Stream.MEANS, day, 0) < chance

    def goal_county(self, zone: int, day: int) -> int:
        """Return the county of a destination zone in which a trip ends: home, or one drawn by population."""
        roads = self.model.roads
        if roads.county_zone[self.home] == zone:
            return self.home
        u = self.draw(Stream.DESTINATION, day, 0)
        county: int = roads.zone_county[zone]
        while county < roads.zone_county[zone + 1] - 1 and roads.county_share[county] <= u:
            county += 1
        return county

    def trip_of_the_day(self, day: int) -> tuple[int, int] | None:
        """Return (second of day, destination zone) of today's trip, or None; on leaving home, set the day of return."""
        trips, group, zone_of = self.model.trips, self.type.group, self.model.roads.county_zone
        if group == NEVER_LEAVES or day >= len(trips.p_leave[0]):
            return None
        zone, home_zone = zone_of[self.place], zone_of[self.home]
        u_leave, u_column, u_keep, u_second = self.draws(Stream.DAY_PLAN, day, 0)
        if zone != home_zone:
            if day < self.back_day:
                return None
            return int(quantile(trips.return_quantile[group][day], u_second)), home_zone
        if u_leave >= trips.p_leave[group][day][zone]:
            return None
        nights = int(quantile(trips.stay_quantile[group][day], self.draw(Stream.DAY_PLAN, day, 4)))
        in_use = trips.od_set[group][day][min(nights, 1)]
        cut, other = (table[in_use][zone] for table in (trips.alias_cut, trips.alias_zone))
        column = int(u_column * len(cut))
        goal_zone = column if u_keep < cut[column] else other[column]
        self.back_day = min(day + nights, LAST_DAY)
        return int(quantile(trips.depart_quantile[group][day], u_second)), goal_zone

    def leaves_on(self, day: int) -> int | None:
        """Return the second of a coming day at which a vehicle at home starts a trip, or None."""
        trips, group = self.model.trips, self.type.group
        if group == NEVER_LEAVES or day >= len(trips.p_leave[0]):
            return None
        u_leave, _, _, u_second = self.draws(Stream.DAY_PLAN, day, 0)
        if u_leave >= trips.p_leave[group][day][self.model.roads.county_zone[self.home]]:
            return None
        return int(quantile(trips.depart_quantile[group][day], u_second))

    def local_day(self, day: int) -> tuple[int, int] | None:
        """Live the day near home as far as the battery gives it; return (second, errand) of a public charge, or None."""
        u_charge, u_slow, u_hybrid = self.draws(Stream.DAY_PLAN, day, 2)[1:]
        need_ws, way_s, depart_s, back_s = self.draw_local_day(day)
        ready_s = 0
        if back_s > 0 and self.goes_to_work(day):
            need_ws, depart_s = self.go_to_work(LocalDay(need_ws, way_s, depart_s, back_s), day)
            ready_s = depart_s
        if self.type.has_engine and need_ws > self.energy_ws:
            self.model.books.counts["fuel_ws"] += need_ws - self.energy_ws
            need_ws = self.energy_ws
        spare_ws = self.energy_ws - self.soc_ws(self.model.rules.reserve_soc)
        if need_ws <= spare_ws or self.type.has_engine:
            if self.place == self.home and self.sleeps_at_plug:
                self.use_energy(need_ws)
                # Who stays at home was ready at the usual hour: until then the plug belongs to yesterday's stay.
                self.plug_in_at_home(day, back_s if back_s > 0 else self.usual_departure_s(day))
                return None
            if not self.wants_plug(day, self.energy_ws - need_ws, u_hybrid):
                self.use_energy(need_ws)
                return None
        second = int(quantile(self.model.local.charge_quantile[self.type.kind][day], u_charge))
        if need_ws > spare_ws:
            # It goes when the reserve would be reached, on a straight line between leaving and being back.
            possible = max(spare_ws, 0) / max(need_ws, 1)
            second = max(min(second, depart_s + int(possible * (back_s - depart_s))), 0)
        elif self.draw(Stream.HABIT, 0, 3) < self.model.rules.price_response_share:
            province, hour = self.model.roads.county_province[self.place], min(second // SECONDS_PER_HOUR, 23)
            second += (self.model.guidance.errand_h[province][hour] - hour) * SECONDS_PER_HOUR
        second = max(second, ready_s)
        done = min(max((second - depart_s) / max(back_s - depart_s, 1), 0.0), 1.0)
        before_ws = int(done * need_ws)
        if not self.type.has_engine:
            before_ws = min(before_ws, max(spare_ws, 0))
        self.use_energy(before_ws)
        self.owed_ws = need_ws - before_ws
        if self.is_truck:
            return second, TRUCK
        return second, SLOW if u_slow < self.model.rules.slow_share and self.owed_ws == 0 else FAST

    def goes_to_work(self, day: int) -> bool:
        """Return whether the vehicle, which drives today, has a plug where it goes."""
        is_open = self.model.workplaces.is_open
        return self.access == WORK and self.place == self.home and day < len(is_open) and is_open[day] == 1

    def go_to_work(self, plan: LocalDay, day: int) -> tuple[int, int]:
        """Drive half of the day and charge; return (energy that the other half takes, second of leaving for home)."""
        there_ws = plan.need_ws // 2
        used_ws = min(there_ws, self.energy_ws) if self.type.has_engine else there_ws
        if not self.type.has_engine and self.energy_ws - there_ws < self.soc_ws(self.model.rules.reserve_soc):
            return plan.need_ws, plan.depart_s
        self.model.books.counts["fuel_ws"] += there_ws - used_ws
        self.use_energy(used_ws)
        arrives_s, leaves_s = plan.depart_s + plan.way_s // 2, plan.back_s - plan.way_s // 2
        self.charge_at_work(self.leaves_on(day + 1) is not None, day * DAY_S + arrives_s, day * DAY_S + leaves_s, day)
        return plan.need_ws - there_ws, leaves_s

    def draw_local_day(self, day: int) -> LocalDay:
        """Draw whether, how far and when the vehicle drives near home today."""
        local, kind = self.model.local, self.type.kind
        _, u_drive, u_km, u_depart = self.draws(Stream.DAY_PLAN, day, 1)
        u_return = self.draw(Stream.DAY_PLAN, day, 8)
        if u_drive >= local.p_drive[kind][day]:
            return LocalDay(0, 0, 0, 0)
        way_m = quantile(local.km_quantile[kind][day], u_km) * 1000.0
        factor = local.consumption_factor[self.model.roads.county_province[self.place]][day]
        depart_s = int(quantile(local.depart_quantile[kind][day], u_depart))
        back_s = int(quantile(local.return_quantile[kind][day], u_return))
        self.model.books.counts["local_days"] += 1
        self.model.books.counts["local_m"] += int(way_m)
        way_s = int(way_m / self.model.rules.town_speed_m_per_s)
        need_ws = int(way_m * self.type.city_ws_per_m * factor)
        return LocalDay(need_ws, way_s, depart_s, max(back_s, depart_s + way_s))

    def wants_plug(self, day: int, left_ws: int, u_hybrid: float) -> bool:
        """Return whether a driver without a plug of its own looks for a public one today.

        Parameters
        ----------
        day : int
            Today.
        left_ws : int
            Energy left after today's driving.
        u_hybrid : float
            Draw that decides whether a hybrid's driver cares today.
        """
        if self.is_low(left_ws, u_hybrid):
            return True
        rules, soc = self.model.rules, left_ws / self.type.capacity_ws
        if soc >= rules.top_up_soc or self.type.has_engine:
            return False
        if self.place != self.home:
            return self.back_day <= day + 1
        return self.leaves_on(day + 1) is not None

    def is_low(self, energy_ws: int, u_hybrid: float) -> bool:
        """Return whether a driver without a plug of its own finds the battery low enough for a public one."""
        rules = self.model.rules
        if self.type.has_engine and u_hybrid >= rules.hybrid_public_share:
            return False
        # Uniform with the configured mean and standard deviation: its half-width is sqrt(3) standard deviations.
        around = (2.0 * self.draw(Stream.HABIT, 0, 2) - 1.0) * math.sqrt(3.0)
        return bool(energy_ws / self.type.capacity_ws < rules.trigger_mean_soc + around * rules.trigger_sd_soc)

    def plug_in_at_home(self, day: int, from_s: int) -> None:
        """Use the plug at home or at the depot from a second of today to the next departure: a trip's, or the usual one."""
        until_s = self.leaves_on(day + 1)
        is_eve = until_s is not None
        if until_s is None:
            until_s = self.usual_departure_s(day + 1)
        self.charge_privately(is_eve, day * DAY_S + from_s, (day + 1) * DAY_S + until_s, day)

    def usual_departure_s(self, day: int) -> int:
        """Return the second of day at which the vehicle leaves, or would if it drove; beyond the last day as on that."""
        by_day = self.model.local.depart_quantile[self.type.kind]
        return int(quantile(by_day[min(day, len(by_day) - 1)], self.draw(Stream.DAY_PLAN, day, 7)))

    def stay(self) -> int | None:
        """Charge at the plug of one's own at the end of a set trip; return the errand of who looks for a public one."""
        leaves_s = self.tour[0].second if self.tour else NEVER_S
        day = self.wake_s // DAY_S
        if self.place == self.home and self.sleeps_at_plug:
            self.charge_privately(False, self.wake_s, leaves_s, day)
            return None
        _, _, u_slow, u_hybrid = self.draws(Stream.DAY_PLAN, day, 2)
        if not self.is_low(self.energy_ws, u_hybrid):
            return None
        if self.is_truck:
            return TRUCK
        return SLOW if leaves_s >= (day + 1) * DAY_S and u_slow < self.model.rules.slow_share else FAST
