"""Phase `choose`: every vehicle that is due to decide picks the pool it heads for, or goes home.

Drivers know the Board as published at the end of the window before, their own battery and the road ahead; nothing else.
"""

import numpy as np

from twin.behaviour import LEAST_ERRAND_GAIN, LEAST_OWED_S, STREET_DETOUR, TO_THE_LAST
from twin.engine.ahead import decide_trip, take_the_road
from twin.engine.drive import go_on
from twin.engine.lot import admits, approach, has_charged, neighbourhood, temperature_factor
from twin.kernels import kernel
from twin.physics import distance_m
from twin.tables.inputs import SWAPS
from twin.tables.state import (
    NO_VISIT,
    SLOW,
    SUM_DRIVEN_WS,
    SUM_ERRANDS_ENDED,
    SUM_FORGONE_WS,
    SUM_FUEL_WS,
    SUM_GIVEN_UP,
    TRIP,
)


@kernel
def decide(slot, window_end_s, rules, active, wake_s, vehicles, outlook, tally):
    """Let a driver who is due decide.

    Reads: rules, outlook. Writes: active, wake_s, vehicles, outlook (stops seen), tally.
    """
    in_town = True
    if active.errand[slot] == TRIP:
        in_town = decide_trip(slot, rules, active, wake_s, outlook, tally)
    elif has_charged(slot, active):
        in_town = pay_owed(slot, window_end_s, rules, active, wake_s, vehicles, outlook, tally)
    if not in_town:
        return
    is_trip = active.errand[slot] == TRIP
    if is_trip or active.n_tries[slot] < rules.n_tries:
        in_town = not charge_in_town(slot, rules, active, wake_s, outlook, tally)
    if in_town and is_trip:
        take_the_road(slot, outlook.counties.access_m[active.place[slot]], rules, active, wake_s, outlook, tally)
    elif in_town:
        give_up(slot, active, wake_s, vehicles, outlook, tally)


@kernel
def pay_owed(slot, window_end_s, rules, active, wake_s, vehicles, outlook, tally):
    """Drive what the day's plan still owed after the charge; return whether another charge is needed in this window."""
    vehicle, row = active.vehicle[slot], active.vehicle_class[slot]
    owed_ws = int(vehicles.owed_ws[vehicle])
    energy_ws = active.energy_ws[slot]
    if outlook.classes.has_engine[row]:
        now_ws = min(owed_ws, energy_ws)
        tally.sums[SUM_FUEL_WS] += owed_ws - now_ws
        owed_ws = now_ws
    else:
        now_ws = min(owed_ws, max(energy_ws - int(rules.reserve_soc * outlook.classes.capacity_ws[row]), 0))
    active.energy_ws[slot] -= now_ws
    tally.sums[SUM_DRIVEN_WS] += now_ws
    vehicles.owed_ws[vehicle] = owed_ws - now_ws
    if owed_ws == now_ws:
        tally.sums[SUM_ERRANDS_ENDED] += 1
        go_on(slot, active, wake_s, vehicles, outlook, tally)
        return False
    wake_s[slot] += max(int(now_ws / outlook.classes.city_ws_per_m[row] / rules.town_speed_m_per_s), LEAST_OWED_S)
    active.outcome[slot], active.n_tries[slot], active.shunned[slot] = NO_VISIT, 0, -1
    return wake_s[slot] < window_end_s


@kernel
def give_up(slot, active, wake_s, vehicles, outlook, tally):
    """End an errand without a charge: the battery gives what it has, the rest of the day's driving is forgone."""
    vehicle = active.vehicle[slot]
    owed_ws = int(vehicles.owed_ws[vehicle])
    now_ws = min(
        owed_ws, max(active.energy_ws[slot] - outlook.classes.capacity_ws[active.vehicle_class[slot]] // TO_THE_LAST, 0)
    )
    active.energy_ws[slot] -= now_ws
    tally.sums[SUM_DRIVEN_WS] += now_ws
    if outlook.classes.has_engine[active.vehicle_class[slot]]:
        tally.sums[SUM_FUEL_WS] += owed_ws - now_ws
    else:
        tally.sums[SUM_FORGONE_WS] += owed_ws - now_ws
    vehicles.owed_ws[vehicle] = 0
    tally.sums[SUM_GIVEN_UP] += 1
    tally.sums[SUM_ERRANDS_ENDED] += 1
    go_on(slot, active, wake_s, vehicles, outlook, tally)


@kernel
def charge_in_town(slot, rules, active, wake_s, outlook, tally):
    """Head for the cheapest of a few pools in reach by generalised cost; return whether there is one for this driver.

    Ties go to the lower id. The one just left without a charge is taken only where there is no other.

    Reads: rules, outlook. Writes: active, wake_s, tally.
    """
    first, n_pools, home = neighbourhood(slot, rules, active, outlook)
    row = active.vehicle_class[slot]
    reach_m = active.energy_ws[slot] / (
        outlook.classes.city_ws_per_m[row] * temperature_factor(slot, active, wake_s, outlook)
    )
    target_ws = town_target_ws(slot, rules, active, outlook)
    need_ws = target_ws - active.energy_ws[slot]
    hour = (wake_s[slot] // 3600) % 24
    best, best_cost, best_way_m = -1, np.inf, 0.0
    n_left = rules.n_considered
    for step in range(n_pools):
        at = first + (home + step) % n_pools
        pool = outlook.offers.pool[at]
        if not admits(outlook.offers.network[at], slot, rules, active, outlook):
            continue
        way_m = street_way_m(first + home, at, outlook)
        if way_m > reach_m and not outlook.classes.has_engine[row]:
            continue
        if pool == active.shunned[slot]:
            if best < 0:
                best, best_way_m = pool, way_m
            continue
        seconds = outlook.board_wait_s[pool] + 2.0 * way_m / rules.town_speed_m_per_s
        seconds += rules.swap_s if outlook.offers.network[at] == SWAPS else need_ws / best_power_w(row, at, outlook)
        cost = seconds * rules.value_of_time_cny_per_s + need_ws / 3.6e6 * outlook.prices[outlook.offers.price_row[at], hour]
        if cost < best_cost or (cost == best_cost and pool < best):
            best, best_cost, best_way_m = pool, cost, way_m
        n_left -= 1
        if n_left == 0:
            break
    if best < 0:
        return False
    active.target_ws[slot] = target_ws
    active.stop_m[slot] = int(best_way_m)
    active.stop_link[slot] = -1
    approach(slot, best, best_way_m, rules, active, wake_s, outlook, tally)
    return True


@kernel
def street_way_m(here, there, outlook):
    """Return the way by street from the neighbourhood of one offer to another."""
    lon, lat = outlook.offers.lon, outlook.offers.lat
    return outlook.least_way_m + STREET_DETOUR * distance_m(lon[here], lat[here], lon[there], lat[there])


@kernel
def town_target_ws(slot, rules, active, outlook):
    """Return the energy at which a driver in town unplugs: full at a slow plug, more for a trip than for the day."""
    capacity_ws = outlook.classes.capacity_ws[active.vehicle_class[slot]]
    if active.errand[slot] == SLOW:
        return capacity_ws
    soc = rules.trip_target_soc if active.errand[slot] == TRIP else rules.fast_target_soc
    return min(max(int(soc * capacity_ws), active.energy_ws[slot] + capacity_ws // LEAST_ERRAND_GAIN), capacity_ws)


@kernel
def best_power_w(row, at, outlook):
    """Return the power that vehicle and plug allow at best: the on-board charger's at AC, the car's peak at DC."""
    vehicle_w = float(outlook.classes.ac_power_w[row]) if outlook.offers.is_ac[at] else outlook.classes.peak_w[row]
    limit_w = outlook.plug_limit_w[row, outlook.offers.power_class[at]]
    return min(float(outlook.offers.rated_power_w[at]), float(limit_w), vehicle_w)
