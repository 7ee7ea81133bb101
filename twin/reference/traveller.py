"""A driver on a trip looks down the road: how far the battery reaches, where to stop, and how much to take there."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, NamedTuple

from twin.behaviour import (
    CONTENT,
    MARGIN,
    N_SEEN,
    NEARLY_FULL_SOC,
    NEARLY_SOC,
    STREET_DETOUR,
    TOP_UP_FIRST_SOC,
)
from twin.physics import distance_m, road_consumption_ws_per_m
from twin.reference.plain import Link, Pool
from twin.reference.stops import Stop, StopChooser
from twin.rng import Stream
from twin.tables.inputs import MARKETS, SERVES_CARS, SERVES_TRUCKS
from twin.tables.state import FAST, HAS_TO_STAY, ROAD, TRUCK

__all__ = ["Prospect", "Traveller"]


class Prospect(NamedTuple):
    """What a driver sees down the road: the stops that the battery reaches, and whether they eat into the reserve."""

    stops: deque[Stop]
    is_short: bool


class Traveller(StopChooser):
    """A vehicle on a trip to another zone."""

    def decide_trip(self) -> bool:
        """Set the next stop of a trip, or none, and take to the road; return whether to charge in town before that."""
        if self.has_charged and self.session_s >= self.model.rules.rest_s:
            self.wheel_s = 0
        way_m = self.model.roads.access_m[self.place] if self.link is None else self.stop_m
        reserve_ws = self.soc_ws(self.model.rules.reserve_soc)
        self.stop_link, self.pool, self.is_booked = None, None, False
        self.routes_seen = self.n_rerouted
        if not self.type.has_engine:
            start_ws = self.energy_ws - self.town_ws(way_m)
            arrival_ws = self.energy_on_arrival_ws(start_ws)
            if arrival_ws < (reserve_ws // CONTENT if self.has_charged else reserve_ws):
                prospect = self.look_ahead(start_ws, reserve_ws)
                runs_short = not prospect.stops or prospect.is_short
                if self.link is None and self.neighbourhood()[0] and self.is_prepared(runs_short):
                    return True
                # A full battery is no reason to stay: who has one drives on, and may strand.
                is_full = self.energy_ws >= NEARLY_FULL_SOC * self.type.capacity_ws
                if self.link is not None and not prospect.stops and not is_full:
                    stops = self.look_around(start_ws, reserve_ws)
                    if stops:
                        self.stay_here(self.pick_stop(stops, arrival_ws, reserve_ws))
                        return False
                elif prospect.stops:
                    stop = self.pick_stop(prospect.stops, arrival_ws, reserve_ws)
                    self.pool, self.stop_link, self.stop_m = stop.pool, stop.link, stop.detour_m
                    self.note_last_chance(stop, prospect.stops[-1], reserve_ws)
                    self.book(stop, way_m)
        self.drive_through_town(way_m, ROAD)
        return False

    def note_last_chance(self, stop: Stop, last: Stop, reserve_ws: int) -> None:
        """Join the queue at a stop, however long, if none behind it is still in reach after the way there and back."""
        back_ws = MARGIN * self.town_ws(2.0 * stop.detour_m)
        if stop is last or last.energy_ws < reserve_ws + back_ws:
            self.n_tries = HAS_TO_STAY
        elif self.n_tries == HAS_TO_STAY:
            self.n_tries = 0

    def is_prepared(self, runs_short: bool) -> bool:
        """Return whether this driver charges before setting out: all who would run short, some who would have to stop."""
        soc = self.energy_ws / self.type.capacity_ws
        if runs_short:
            return bool(soc < self.model.rules.trip_target_soc - NEARLY_SOC)
        return bool(soc < TOP_UP_FIRST_SOC and self.draw(Stream.HABIT, 0, 4) < self.model.rules.prepared_share)

    def book(self, stop: Stop, way_m: int) -> None:
        """Book a plug of the stop just picked for the second of arrival at the published speeds, if this driver books."""
        if self.draw(Stream.HABIT, 0, 5) < self.model.rules.reservation_share:
            way_s = (way_m + stop.detour_m) / self.model.rules.town_speed_m_per_s
            self.is_booked, self.booked_s = True, int(self.wake_s + stop.drive_s + way_s)
            self.model.books.events["booked"] += 1

    def stay_here(self, stop: Stop) -> None:
        """Charge where the vehicle is, however long the queue: nothing ahead is in reach."""
        self.stop_link, self.stop_m, self.n_tries = None, stop.detour_m, HAS_TO_STAY
        self.approach(stop.pool, stop.detour_m)

    def energy_on_arrival_ws(self, start_ws: float) -> float:
        """Return the energy with which the trip would end without a stop, on an empty road and with the driver's margin."""
        roads, routes, node = self.model.roads, self.routes, self.present_node()
        goal = roads.county_zone[self.goal]
        drag = (routes.truck_drag if self.is_truck else routes.drag)[goal][node]
        road_ws = self.type.road_a_ws_per_m * routes.way_m[goal][node] + self.type.road_b_ws_per_m * drag
        street_ws = self.type.city_ws_per_m * roads.access_m[self.goal]
        return float(start_ws - MARGIN * self.temperature_factor() * (road_ws + street_ws))

    def look_ahead(self, start_ws: float, reserve_ws: int) -> Prospect:
        """Walk the route as far as the battery goes, time at the published speeds, energy as on an empty road.

        Stops are the pools of the service areas that the battery reaches with the reserve, or the first ones that it
        reaches at all, and one pool in each town passed without a service area. Most drivers of cars keep to service areas
        where they see one.
        """
        roads, most_kmh = self.model.roads, self.model.rules.truck_speed_kmh if self.is_truck else math.inf
        goal = roads.county_zone[self.goal]
        factor = MARGIN * self.temperature_factor()
        node, end, next_link = self.present_node(), roads.zone_node[goal], self.routes.next_link[goal]
        energy_ws, drive_s, is_short = float(start_ws), 0.0, False
        stops: deque[Stop] = deque(maxlen=N_SEEN)
        passes_towns, has_area = self.n_tries < self.model.rules.n_tries and self.keeps_to_the_road(), False
        while node != end:
            link = self.model.links[next_link[node]]
            energy_ws -= link.length_m * self.road_ws_per_m(min(link.free_kmh, most_kmh), factor)
            drive_s += link.length_m * 3.6 / min(link.speed_kmh, most_kmh)
            node = link.to_node
            if energy_ws < reserve_ws and (stops or energy_ws <= 0.0):
                break
            is_short = energy_ws < reserve_ws
            found = self.service_area_stops(link, energy_ws, drive_s)
            if found and passes_towns and not has_area:
                self.model.books.events["town passed"] += len(stops) > 0
                stops.clear()
            has_area = has_area or len(found) > 0
            if not found and node != end and not (passes_towns and has_area):
                found = self.town_stops(link, energy_ws, drive_s, factor, reserve_ws, bool(stops))
            stops.extend(found)
        return Prospect(stops, is_short)

    def keeps_to_the_road(self) -> bool:
        """Return whether this driver charges at service areas wherever one is in reach, and passes the towns by."""
        return bool(not self.is_truck and self.draw(Stream.HABIT, 0, 8) >= self.model.rules.exit_share)

    def look_around(self, energy_ws: float, reserve_ws: int) -> list[Stop]:
        """Return the stops where the vehicle stands, also one just left: the last resort when none ahead is in reach."""
        assert self.link is not None
        self.shunned = None
        found = self.service_area_stops(self.link, energy_ws, 0.0)
        return found + self.town_stops(self.link, energy_ws, 0.0, self.temperature_factor(), 0, bool(found))

    @property
    def routes(self) -> Any:
        """The routes that this driver follows: those of the published speeds where it navigates, else of empty roads."""
        navigation, share = self.model.navigation, self.model.rules.navigation_share
        return self.model.roads if navigation is None or self.draw(Stream.HABIT, 0, 7) >= share else navigation

    @property
    def n_rerouted(self) -> int:
        """How often the routes of those who navigate were renewed."""
        return 0 if self.model.navigation is None else self.model.navigation.n_rerouted

    def has_to_look_again(self) -> bool:
        """Return whether the routes were renewed since it looked down the road, and its plan does not hold any more.

        The way does not lead to the planned stop, or the battery does not carry there, or without a stop to the
        destination, with the reserve. Who has not driven a link yet finds out at the end of the first.
        """
        if self.routes is self.model.roads or self.routes_seen == self.n_rerouted or self.link is None:
            return False
        self.routes_seen = self.n_rerouted
        if self.type.has_engine:
            return False
        reserve_ws = self.soc_ws(self.model.rules.reserve_soc)
        if self.stop_link is None:
            is_short = self.energy_on_arrival_ws(self.energy_ws) < reserve_ws
            self.model.books.events["way too long"] += is_short
            return is_short
        energy_ws = self.energy_at_stop_ws()
        self.model.books.events["stop lost"] += energy_ws is None
        self.model.books.events["stop too far"] += energy_ws is not None and energy_ws < reserve_ws
        return energy_ws is None or energy_ws < reserve_ws

    def energy_at_stop_ws(self) -> float | None:
        """Return the energy with which it comes to its stop, with its margin; None where the way does not lead there."""
        roads, most_kmh = self.model.roads, self.model.rules.truck_speed_kmh if self.is_truck else math.inf
        goal, node = roads.county_zone[self.goal], self.present_node()
        factor, energy_ws = MARGIN * self.temperature_factor(), float(self.energy_ws)
        while node != roads.zone_node[goal]:
            link = self.model.links[self.routes.next_link[goal][node]]
            energy_ws -= link.length_m * self.road_ws_per_m(min(link.free_kmh, most_kmh), factor)
            if link is self.stop_link:
                return float(energy_ws - self.stop_m * self.type.city_ws_per_m * factor)
            node = link.to_node
        return None

    def present_node(self) -> int:
        """Return the node at which a vehicle stands: the end of its link, or its zone's node before it takes to the road."""
        if self.link is not None:
            return self.link.to_node
        node: int = self.model.roads.zone_node[self.model.roads.county_zone[self.place]]
        return node

    def road_ws_per_m(self, speed_kmh: float, factor: float) -> float:
        """Return the consumption on the road at a speed."""
        return float(road_consumption_ws_per_m(self.type.road_a_ws_per_m, self.type.road_b_ws_per_m, speed_kmh, factor))

    def service_area_stops(self, link: Link, energy_ws: float, drive_s: float) -> list[Stop]:
        """Return a stop for each DC pool at the end of a link that serves this kind of vehicle."""
        serves = SERVES_TRUCKS if self.is_truck else SERVES_CARS
        fit = (pool for pool in link.pools if pool.serves & serves and not pool.is_ac and pool is not self.shunned)
        return [Stop(pool, link, self.model.given.lot_m, energy_ws, drive_s) for pool in fit if self.is_admitted(pool)]

    def town_stops(
        self, link: Link, energy_ws: float, drive_s: float, factor: float, reserve_ws: int, has_others: bool
    ) -> list[Stop]:
        """Return the one pool of the town at the end of a link that this driver would find, if the battery lasts."""
        pool = self.town_pool(link.to_node)
        if pool is None:
            return []
        way_m = self.way_to_town_m(link.to_node, pool)
        there_ws = energy_ws - way_m * self.type.city_ws_per_m * factor
        if there_ws < reserve_ws and (has_others or there_ws <= 0.0):
            return []
        return [Stop(pool, link, int(way_m), there_ws, drive_s)]

    def town_pool(self, node: int) -> Pool | None:
        """Return the pool that this driver would find in the town at a node."""
        county = self.model.roads.node_county[node]
        pools = self.model.markets[county * len(MARKETS) + (TRUCK if self.is_truck else FAST)] if county >= 0 else []
        if not pools:
            return None
        place = int(self.draw(Stream.TOWN, node, 0) * len(pools))
        for _ in pools:
            if pools[place].rack is None or self.can_swap:
                break
            place = (place + 1) % len(pools)
        pool = pools[place]
        return None if pool is self.shunned or not self.is_admitted(pool) else pool

    def way_to_town_m(self, node: int, pool: Pool) -> float:
        """Return the way from a node to a pool in town."""
        roads, site = self.model.roads, pool.station
        straight_m = distance_m(roads.node_lon[node], roads.node_lat[node], site.lon, site.lat)
        return float(self.model.given.least_way_m + STREET_DETOUR * straight_m)
