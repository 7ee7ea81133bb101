"""What the rooms below hand to the engine: everything a run is given, behaviour as numbers, roads as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from twin.behaviour import LEAST_WAY_M, LOT_M
from twin.network import link_times_ms, sum_along
from twin.network.classes import EXPRESSWAY, RAMPS
from twin.physics import distance_m
from twin.tables.columns import F64, I32, I64, U8, empty
from twin.tables.inputs import (
    NO_LIMIT_W,
    Background,
    Guidance,
    Itineraries,
    LinkPools,
    LocalTables,
    Markets,
    Outages,
    Pools,
    Stations,
    TripTables,
    VehicleClasses,
    Vehicles,
    Workplaces,
)
from twin.tables.plants import NO_PLANTS, Behind
from twin.tables.rules import Rules
from twin.tables.state import Roads

if TYPE_CHECKING:
    from twin.config import Config
    from twin.network.graph import Network
    from twin.network.regions import Regions
    from twin.network.routes import Routes

ROAD_DETOUR = 1.3
"""Way by road over straight line between a county's centre and the trunk road. From memory, unverified (1.2-1.4)."""
LEAST_ACCESS_M = 4000
"""Way from a home to the trunk road where that passes the county's centre. From memory, unverified."""
FARTHEST_TOWN_M = 30_000
"""Farther from the road than this a county's centre is no town at an exit. From memory, unverified."""
EARTH_M = 6.371e6


NO_WORKPLACES = Workplaces(0.0, np.zeros(0, np.uint8), np.zeros((0, 1), np.int64))
"""Where nobody has a plug at work."""


class Given(NamedTuple):
    """What the rooms below hand to the engine.

    `plug_limit_w` is a matrix, what voltage and current let through between a vehicle class (row) and a power class of
    EVSEs (column), whatever the rated power; `no_plug_limits_w` where they are not told. `prices` is a matrix [row, hour]
    of provinces in town, then on the highway, and the same for every further level; `price_level` is the level of each pool,
    the first for all where it is empty. `public_v2g_share` is the share of a zone's slow public plugs that can give to the
    grid, none where it is empty.
    """

    rules: Rules
    n_days: int
    sample: float
    classes: VehicleClasses
    vehicles: Vehicles
    local: LocalTables
    trips: TripTables
    background: Background
    stations: Stations
    pools: Pools
    plug_limit_w: I32
    markets: Markets
    link_pools: LinkPools
    roads: Roads
    link_free_speed_kmh: F64
    link_capacity_per_h: F64
    prices: F64
    guidance: Guidance
    n_provinces: int
    itineraries: Itineraries = empty(Itineraries, 0)
    outages: Outages = empty(Outages, 0)
    behind: Behind = NO_PLANTS
    workplaces: Workplaces = NO_WORKPLACES
    public_v2g_share: F64 = np.zeros(0)
    price_level: U8 = np.zeros(0, np.uint8)
    lot_m: int = LOT_M
    least_way_m: float = LEAST_WAY_M


def no_plug_limits_w(n_classes: int) -> I32:
    """Return the limits of voltage and current where they are not told: none, for one power class."""
    return np.full((n_classes, 1), NO_LIMIT_W, np.int32)


def rules_of(config: Config) -> Rules:
    """Return the numbers by which drivers behave."""
    behaviour = config.behaviour
    return Rules(
        seed=config.scenario.seed,
        window_s=config.period.window_s,
        trigger_mean_soc=behaviour.trigger_mean_soc,
        trigger_sd_soc=behaviour.trigger_sd_soc,
        reserve_soc=behaviour.reserve_soc,
        fast_target_soc=behaviour.fast_target_soc,
        home_target_soc=behaviour.home_target_soc,
        home_plug_soc=behaviour.home_plug_soc,
        top_up_soc=behaviour.top_up_soc,
        prepared_share=behaviour.prepared_share,
        informed_share=behaviour.informed_share,
        trip_target_soc=behaviour.trip_target_soc,
        slow_share=behaviour.slow_share,
        hybrid_public_share=behaviour.hybrid_public_share,
        orderly_share=config.grid.orderly_share,
        depot_orderly_share=config.grid.depot_orderly_share,
        price_response_share=config.grid.price_response_share,
        v2g_reserve_soc=config.grid.v2g_reserve_soc,
        v2g_answer_share=min(config.grid.v2g_payment_cny_per_kwh / config.grid.v2g_asking_cny_per_kwh, 1.0),
        patience_s=float(behaviour.patience_s),
        busy_session_cap_s=behaviour.busy_session_cap_s,
        overstay_s=behaviour.overstay_s,
        exit_share=behaviour.exit_share,
        value_of_time_cny_per_s=behaviour.value_of_time_cny_per_h / 3600.0,
        taste_cny=behaviour.taste_cny,
        n_considered=behaviour.n_considered,
        n_tries=behaviour.n_tries,
        town_speed_m_per_s=behaviour.town_speed_kmh / 3.6,
        truck_speed_kmh=behaviour.truck_speed_kmh,
        depot_power_w=int(behaviour.depot_power_kw * 1000),
        rest_after_s=behaviour.rest_after_s,
        rest_s=behaviour.rest_s,
        rescue_s=behaviour.rescue_s,
        rescue_soc=behaviour.rescue_soc,
        reservation_share=behaviour.reservation_share,
        reservation_grace_s=behaviour.reservation_grace_s,
        stop_acceptance=behaviour.stop_acceptance,
        swap_s=config.swap.swap_s,
        swap_soc=config.swap.given_soc,
        reroute_every_s=config.network.reroute_every_s,
        navigation_share=behaviour.navigation_share,
        admitted_share=config.stations.carmaker_admitted_share,
    )


def roads_of(network: Network, routes: Routes, regions: Regions, truck_speed_kmh: float) -> Roads:
    """Return the road graph as kernels read it, at free speed and as if there were plugs everywhere."""
    zone = regions.county_zone
    first = np.searchsorted(zone, np.arange(regions.n_zones + 1)).astype(np.int32)
    people = np.maximum(regions.county_population.astype(np.float64), 1.0)
    share = np.empty(len(zone))
    for row in range(regions.n_zones):
        part = slice(int(first[row]), int(first[row + 1]))
        share[part] = np.cumsum(people[part]) / people[part].sum()
    return Roads(
        link_from=network.link_from.astype(np.int32),
        link_to=network.link_to.astype(np.int32),
        length_m=network.link_length_m.astype(np.int32),
        speed_kmh=network.link_free_speed_kmh.astype(np.float64).copy(),
        free_kmh=network.link_free_speed_kmh.astype(np.float64),
        free_ms=link_times_ms(network),
        is_expressway=np.isin(network.link_kind, (EXPRESSWAY, RAMPS + EXPRESSWAY)).astype(np.uint8),
        next_link=routes.next_link,
        way_m=sum_along(routes, network, network.link_length_m.astype(np.int64)).astype(np.int32),
        drag=sum_along(routes, network, _drag(network, np.inf)).astype(np.float32),
        truck_drag=sum_along(routes, network, _drag(network, truck_speed_kmh)).astype(np.float32),
        gap_m=np.zeros((regions.n_zones, regions.n_zones), np.int32),
        truck_gap_m=np.zeros((regions.n_zones, regions.n_zones), np.int32),
        zone_node=network.zone_node.astype(np.int32),
        node_county=towns_passed(network, regions),
        node_lon=network.node_lon,
        node_lat=network.node_lat,
        county_zone=zone.astype(np.int32),
        county_province=regions.county_province.astype(np.int32),
        zone_county=first,
        county_share=share,
        access_m=access_ways(network, regions),
    )


def access_ways(network: Network, regions: Regions) -> I32:
    """Return the way from each county's centre to the nearest node of the road graph (m), shape (n_counties,).

    The road between the two zones' nodes stands for the way on the road graph. A county lies before its zone's node as
    often as behind it, so that on average nothing has to be added along the road, only the way to it.
    """
    nodes = _on_sphere(network.node_lon, network.node_lat)
    nearest = cKDTree(nodes).query(_on_sphere(regions.county_lon, regions.county_lat))[1]
    ways = zip(regions.county_lon, regions.county_lat, network.node_lon[nearest], network.node_lat[nearest], strict=True)
    straight_m = np.array([distance_m(*way) for way in ways])
    return np.maximum(straight_m * ROAD_DETOUR, LEAST_ACCESS_M).astype(np.int32)


def towns_passed(network: Network, regions: Regions) -> I32:
    """Return the county with the nearest centre to each node, whose town a driver finds on leaving the road; -1 if far."""
    centres = cKDTree(_on_sphere(regions.county_lon, regions.county_lat))
    chord, county = centres.query(_on_sphere(network.node_lon, network.node_lat))
    return np.where(chord * EARTH_M <= FARTHEST_TOWN_M, county, -1).astype(np.int32)


def _on_sphere(lon: F64, lat: F64) -> F64:
    """Return points on the unit sphere, shape (n, 3)."""
    lam, phi = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)


def _drag(network: Network, top_speed_kmh: float) -> I64:
    """Return length x speed squared of each link on an empty road, to the whole number."""
    speed_kmh = np.minimum(network.link_free_speed_kmh, top_speed_kmh)
    return np.rint(network.link_length_m * speed_kmh * speed_kmh).astype(np.int64)
