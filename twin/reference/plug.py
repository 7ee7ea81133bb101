"""A plug of one's own, from coming back to the next departure: when it charges, and when it gives to the grid."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise

from twin.physics import SECONDS_PER_HOUR, SECONDS_PER_QUARTER
from twin.reference.plain import DAY_S
from twin.reference.vehicle import Vehicle
from twin.rng import Stream
from twin.tables.inputs import ACCESS_KINDS, VEHICLE_KINDS

__all__ = ["PlugOwner"]

HOME, DEPOT, WORK = (ACCESS_KINDS.index(kind) for kind in ("home", "depot", "work"))
BUS = VEHICLE_KINDS.index("bus")


class PlugOwner(Vehicle):
    """A vehicle that may have a plug of its own, at home or at a depot."""

    @property
    def sleeps_at_plug(self) -> bool:
        """Whether the vehicle has a plug where it stands at night."""
        return self.access in (HOME, DEPOT)

    @property
    def private_power_w(self) -> int:
        """Power at which it charges there, and gives to the grid."""
        is_large = self.access == DEPOT and self.type.kind >= BUS
        power_w: int = self.model.rules.depot_power_w if is_large else self.type.ac_power_w
        return power_w

    def charge_privately(self, is_eve: bool, start_s: int, until_s: int, day: int) -> None:
        """Use the plug between two seconds: have by the departure what charging at once would give, at better hours."""
        books, power_w = self.model.books, self.private_power_w
        need_s = self.wanted_ws(is_eve) // power_w
        length_s = max(min(need_s, until_s - start_s), 0)
        if length_s < need_s:
            books.counts["short_charges"] += 1
            books.counts["short_charges_ws"] += (need_s - length_s) * power_w
        given_s, start_s = self.give_to_grid(length_s, start_s, until_s, day)
        length_s += given_s
        if length_s == 0:
            return
        begin_s, is_orderly = self.when_to_charge(start_s, until_s, length_s, day)
        books.counts["late_charges"] += begin_s < start_s or begin_s + length_s > until_s
        zone = self.model.roads.county_zone[self.home]
        books.book_private("depot" if self.access == DEPOT else "home", zone, power_w, begin_s, length_s)
        if is_orderly:
            books.book_private("orderly", zone, power_w, begin_s, length_s)
        self.energy_ws += length_s * power_w

    def charge_at_work(self, is_eve: bool, start_s: int, until_s: int, day: int) -> None:
        """Use the plug at work between two seconds, to what one at home charges to; nobody gives to the grid."""
        books, power_w, rules = self.model.books, self.private_power_w, self.model.rules
        is_low = self.energy_ws < rules.home_plug_soc * self.type.capacity_ws
        target_ws = self.type.capacity_ws if is_eve else self.soc_ws(rules.home_target_soc)
        need_s = max(target_ws - self.energy_ws, 0) // power_w if is_eve or is_low else 0
        length_s = max(min(need_s, until_s - start_s), 0)
        if length_s < need_s:
            books.counts["short_charges"] += 1
            books.counts["short_charges_ws"] += (need_s - length_s) * power_w
        if length_s == 0:
            return
        begin_s, _ = self.when_to_charge(start_s, until_s, length_s, day)
        books.counts["late_charges"] += begin_s < start_s or begin_s + length_s > until_s
        books.book_private("work", self.model.roads.county_zone[self.home], power_w, begin_s, length_s)
        self.energy_ws += length_s * power_w

    def wanted_ws(self, is_eve: bool) -> int:
        """Return the energy that the vehicle is plugged in for; none where a car at home has enough."""
        rules, capacity_ws = self.model.rules, self.type.capacity_ws
        if self.access == DEPOT or is_eve:
            return max(capacity_ws - self.energy_ws, 0)
        if self.energy_ws >= rules.home_plug_soc * capacity_ws:
            return 0
        return max(self.soc_ws(rules.home_target_soc) - self.energy_ws, 0)

    def give_to_grid(self, length_s: int, start_s: int, until_s: int, day: int) -> tuple[int, int]:
        """Answer the day's call for power; return the seconds given, and the second from which to charge.

        What is given is charged again by the departure, besides the `length_s` of charging that are due anyway.
        """
        guidance, rules, power_w = self.model.guidance, self.model.rules, self.private_power_w
        zone = self.model.roads.county_zone[self.home]
        from_s = max(start_s, day * DAY_S + guidance.event_from_s[zone])
        to_s = min(until_s, day * DAY_S + guidance.event_until_s[zone])
        u_plug, u_asks, _, _ = self.draws(Stream.BIDIRECTIONAL, 0, 0)
        if from_s >= to_s or u_plug >= guidance.bidirectional[zone][self.access] or u_asks >= rules.v2g_answer_share:
            return 0, start_s
        spare_ws = self.energy_ws - math.ceil(rules.v2g_reserve_soc * self.type.capacity_ws)
        given_s = min(spare_ws // power_w, to_s - from_s, (until_s - from_s - length_s) // 2)
        if given_s <= 0:
            return 0, start_s
        self.energy_ws -= given_s * power_w
        self.model.books.book_private("v2g", zone, power_w, from_s, given_s)
        self.model.books.counts["v2g_calls"] += 1
        self.model.books.counts["below_reserve"] += self.energy_ws < rules.v2g_reserve_soc * self.type.capacity_ws
        # Nobody charges while the call lasts, unless the departure asks for it.
        return given_s, max(from_s + given_s, min(to_s, until_s - length_s - given_s))

    def when_to_charge(self, start_s: int, until_s: int, length_s: int, day: int) -> tuple[int, bool]:
        """Return the second at which the plug begins to charge, and whether it follows the grid operator's plan."""
        if until_s - start_s <= length_s:
            return start_s, False
        rules, u_heeds = self.model.rules, self.draw(Stream.HABIT, 0, 3)
        shares = {HOME: rules.orderly_share, DEPOT: rules.depot_orderly_share, WORK: self.model.workplaces.orderly_share}
        orderly_share = shares[self.access]
        if u_heeds < orderly_share:
            return day * DAY_S + self.slot_s(start_s - day * DAY_S, until_s - day * DAY_S, length_s, day), True
        if self.access == DEPOT or u_heeds >= orderly_share + (1.0 - orderly_share) * rules.price_response_share:
            return start_s, False
        # A timer: the first cheap second, or the last one that is early enough.
        by_hour = self.model.guidance.cheap_s[self.model.roads.county_province[self.home]]
        hour = (start_s - day * DAY_S) // SECONDS_PER_HOUR
        if hour >= len(by_hour):
            return start_s, False
        return max(start_s, min(day * DAY_S + by_hour[hour], until_s - length_s)), False

    def slot_s(self, start_s: int, until_s: int, length_s: int, day: int) -> int:
        """Return the second of day at which orderly charging begins: a piece of the plan, drawn by its power."""
        plan = self.model.workplaces if self.access == WORK else self.model.guidance
        running_w = plan.fill_w[self.model.roads.county_zone[self.home]]
        power_w = [above - below for below, above in pairwise(running_w)]
        last_s = min(until_s, len(power_w) * SECONDS_PER_QUARTER)
        quarter = SECONDS_PER_QUARTER
        # Energy that the plan has for each quarter hour, as far as it lies within the stay.
        within_s = [max(min((q + 1) * quarter, last_s) - max(q * quarter, start_s), 0) for q in range(len(power_w))]
        there_ws = list(accumulate(w * s for w, s in zip(power_w, within_s, strict=True)))
        if start_s < 0 or not there_ws[-1]:
            return start_s
        goal_ws = int(self.draw(Stream.PLUG_SLOT, day, 0) * there_ws[-1])
        drawn = next(q for q, until_ws in enumerate(there_ws) if until_ws > goal_ws)
        before_ws = there_ws[drawn] - power_w[drawn] * within_s[drawn]
        drawn_s = max(drawn * quarter, start_s) + (goal_ws - before_ws) // power_w[drawn]
        # The stretch of the plan around the second that was drawn, cut into pieces as long as the charge.
        first = next((q + 1 for q in range(drawn - 1, -1, -1) if power_w[q] <= 0), 0)
        end = next((q for q in range(drawn + 1, len(power_w)) if power_w[q] <= 0), len(power_w))
        first_s, end_s = max(first * quarter, start_s), min(end * quarter, last_s)
        begin_s = first_s
        if length_s < end_s - first_s:
            begin_s = min(first_s + (drawn_s - first_s) // length_s * length_s, end_s - length_s)
        return max(min(begin_s, until_s - length_s), start_s)
