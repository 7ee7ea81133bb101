"""Which journeys of the scenario's days can be made with plugs of a kind, and which sites would let more be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from twin.behaviour import MARGIN
from twin.config import Config, changed
from twin.errors import DataError
from twin.fleet.calendar import build_calendar
from twin.fleet.classes import CAR_GROUPS, GROUPS, TRUCK_GROUPS, load_classes
from twin.fleet.plans import same_day_shares
from twin.fleet.trips import group_plans
from twin.fleet.vehicles import build_vehicles, group_counts
from twin.network.routes import path
from twin.siting.candidates import Candidates, Package
from twin.siting.questions import Question, has_kind
from twin.stations.covering import Covering
from twin.stations.siting import stretches
from twin.tables.columns import F64, I64

if TYPE_CHECKING:
    from twin.nation import Places
    from twin.stations.inventory import Inventory

__all__ = ["Travel", "journey_sets", "journeys_question", "travel_of"]

SAMPLE = 0.005
"""Share of the fleet from which the vehicles of each zone are counted; flows want their proportions only."""
ABLE = 0.2
"""Ranges are those that all but this share of the battery vehicles have; own choice."""
CAR_KMH, TRUCK_KMH = 100.0, 80.0
"""Speeds at which ranges are reckoned."""
MOST_PAIRS = 20_000
"""Pairs of zones that are looked at, those with most journeys first."""


class Travel(NamedTuple):
    """Journeys between zones, and how far the battery lasts on them.

    Attributes
    ----------
    flow : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination] journeys over the days of the scenario, ways back included.
    start_km, full_km : float
        Range at the start, and after a charge.
    """

    flow: F64
    start_km: float
    full_km: float


def travel_of(config: Config, places: Places, for_trucks: bool) -> Travel:
    """Return the journeys of cars, taxis and vans, or of heavy trucks, as the scenario's travel tables have them.

    Ranges are those of four battery vehicles in five: from `behaviour.trip_target_soc` at the start, from
    `behaviour.fast_target_soc` after a charge, down to the reserve, on an empty road at 20 degC with the drivers' margin.
    """
    small = changed(config, {"fleet.sample": min(config.fleet.sample, SAMPLE)})
    calendar, regions = build_calendar(small), places.regions
    classes, names = load_classes(consumption_factor=config.fleet.consumption_factor)
    vehicles = build_vehicles(small, regions, classes, names)
    counts = group_counts(vehicles, classes, regions, len(GROUPS))
    groups = TRUCK_GROUPS if for_trucks else CAR_GROUPS
    plans = group_plans(small, calendar, regions, places.routes, counts)
    flow = np.zeros((regions.n_zones, regions.n_zones))
    for group in groups:
        plan, same_day = plans[group], same_day_shares(plans[group].nights)
        for day, set_outs in enumerate(plan.set_outs):
            leaving = (set_outs * counts[group])[:, None]
            back, stay = plan.rows[plan.od[day, 0]], plan.rows[plan.od[day, 1]]
            flow += leaving * (same_day[day] * back + (1.0 - same_day[day]) * stay)
    is_battery = np.isin(classes.group, groups) & (classes.has_engine == 0)
    number = np.where(is_battery, np.bincount(vehicles.vehicle_class, minlength=len(names)), 0)
    per_m = classes.road_a_ws_per_m + classes.road_b_ws_per_m * (TRUCK_KMH if for_trucks else CAR_KMH) ** 2
    range_km = classes.capacity_ws / (per_m * MARGIN) / 1000.0
    order = np.argsort(range_km, kind="stable")
    able_km = float(range_km[order[np.searchsorted(np.cumsum(number[order]), ABLE * number.sum(), "right")]])
    rules = config.behaviour
    return Travel(
        flow + flow.T,
        able_km * (rules.trip_target_soc - rules.reserve_soc),
        able_km * (rules.fast_target_soc - rules.reserve_soc),
    )


def journeys_question(
    inventory: Inventory, places: Places, package: Package, candidates: Candidates, here: np.ndarray, travel: Travel
) -> Question:
    """Ask for the most long journeys that can be made with plugs of the kind no further apart than the battery lasts.

    Long are journeys beyond the range at the start; those that begin or end in a province asked for count. Plugs are those
    of service areas on the route that is fastest on empty roads (Capar et al. 2013; flow capturing of Hodgson 1990).

    Parameters
    ----------
    inventory, places, package, candidates, here
        As for `twin.siting.questions.covering_question`.
    travel : Travel
        From `travel_of`.

    Raises
    ------
    DataError
        If no journey is long.
    """
    regions, network = places.regions, places.network
    counts = here[regions.zone_province]
    km = places.routes.skim_m.T / 1000.0
    is_long = (km > travel.start_km) & (counts[:, None] | counts[None, :]) & (travel.flow > 0.0)
    origin, destination = np.nonzero(is_long)
    flow = travel.flow[origin, destination]
    if not len(flow):
        raise DataError(f"journeys: found none longer than {travel.start_km:,.0f} km; wanted one; choose another objective")
    shown = np.argsort(-flow, kind="stable")[:MOST_PAIRS]
    standing, at_link = has_kind(inventory, package), {}
    for link in np.unique(inventory.stations.link[standing]).tolist():
        at_link[link] = [-1]
    for site in np.flatnonzero(candidates.link >= 0).tolist():
        at_link.setdefault(int(candidates.link[site]), []).append(site)
    at_link.pop(-1, None)
    members, owner = [], []
    for number, pair in enumerate(shown.tolist()):
        node = int(network.zone_node[origin[pair]])
        links = path(places.routes, network, node, int(destination[pair]))
        for sites in journey_sets(links, network.link_length_m, at_link, travel.start_km, travel.full_km):
            members.append(sites)
            owner.append(number)
    weight = flow[shown] / flow[shown].sum()
    columns = np.concatenate(members) if members else np.zeros(0, np.int64)
    ends = np.concatenate(([0], np.cumsum([len(part) for part in members]))).astype(np.int64)
    rows = csr_array((np.ones(len(columns)), columns, ends), shape=(len(members), len(candidates.id)))
    owner_of = np.array(owner, np.int64)
    now = 1.0 - float(weight[np.unique(owner_of)].sum())
    meaning = (
        f"share of journeys of more than {travel.start_km:,.0f} km that can be made with {package.least_w / 1000:,.0f} kW "
        f"or more at service areas {travel.full_km:,.0f} km apart or less ({flow[shown].sum() / flow.sum():.1%} looked at)"
    )
    covering = Covering(weight, rows, owner_of, candidates.cost_cny, candidates.province)
    return Question(covering, now, 1, "-", meaning)


def journey_sets(
    links: list[int], length_m: np.ndarray, at_link: dict[int, list[int]], start_km: float, full_km: float
) -> list[I64]:
    """Return the sets of sites of which a journey still needs one each; a set with a standing plug is left out.

    Parameters
    ----------
    links : list of int
        Links of the route in order.
    length_m : ndarray
        Lengths of all links.
    at_link : dict
        Sites at the end of links; -1 stands for a plug that is there already.
    start_km, full_km : float
        Range at the start, and after a charge.
    """
    sites, position, at_km = [], [], 0.0
    for link in links:
        at_km += float(length_m[link]) / 1000.0
        for site in at_link.get(link, ()):
            sites.append(site)
            position.append(at_km)
    places, numbers = np.array(position, np.float64), np.array(sites, np.int64)
    asked = [numbers[rows] for rows in stretches(places, at_km, start_km, full_km)]
    return [np.unique(members) for members in asked if not (members == -1).any()]
