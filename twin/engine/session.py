"""A session: plugging in, a change of power, the end of the charge, unplugging.

Between two changes its energy is a known function of time. When the charge has ended the vehicle keeps its plug, without
power, until its driver comes.
"""

import math

from twin.behaviour import LEAST_INTAKE, N_REMEMBERED
from twin.engine.booking import V2G_ROW, book_ahead, book_part
from twin.engine.called import call_at_s
from twin.engine.lot import HEAVY_TRUCK
from twin.engine.rack import put_on_rack
from twin.kernels import kernel
from twin.physics import SECONDS_PER_QUARTER, charge_time_s, energy_after_ws, most_power_w
from twin.rng import Stream, uniform
from twin.tables.state import DECIDE, LONGEST_SESSION_S, NEVER_S, NOBODY, PLUGGED, SERVED, TRIP

HIGHWAY = 1
OVERSTAY = int(Stream.OVERSTAY)


@kernel
def own_limit_w(row, pool, site):
    """Return the limit that plug and vehicle set by themselves: the on-board charger at AC; at DC rating and current."""
    own_w = min(site.pools.rated_power_w[pool], site.plug_limit_w[row, site.pools.power_class[pool]])
    return float(min(own_w, site.classes.ac_power_w[row]) if site.pools.is_ac[pool] else own_w)


@kernel
def session_factor(slot, active, site):
    """Return the temperature factor on the curve, from the station's province on the day of plugging in; 1 at AC."""
    pool = active.pool[slot]
    if site.pools.is_ac[pool]:
        return 1.0
    day = min(active.plug_in_s[slot] // 86_400, site.power_factor.shape[1] - 1)
    return site.power_factor[site.stations.province[site.pools.station[pool]], day]


@kernel
def energy_at_ws(slot, second, active, site):
    """Return the whole watt-seconds in a plugged vehicle's battery at a second of its session."""
    if second >= active.end_s[slot]:
        return active.end_ws[slot]
    if active.limit_w[slot] == 0.0:  # a battery is being changed, or the charge has ended
        return active.anchor_ws[slot]
    if active.limit_w[slot] < 0.0:  # it gives to the grid
        return active.anchor_ws[slot] + int(active.limit_w[slot]) * (second - active.anchor_s[slot])
    row = active.vehicle_class[slot]
    factor, limit_w = session_factor(slot, active, site), active.limit_w[slot]
    at_s, energy = active.anchor_s[slot], float(active.anchor_ws[slot])
    # From quarter hour to quarter hour, as the books reckon it: the same steps give the same last bit.
    while at_s < second:
        until = min((at_s // SECONDS_PER_QUARTER + 1) * SECONDS_PER_QUARTER, second)
        energy = energy_after_ws(
            site.curve_w[row], site.full_s[row], factor, site.classes.capacity_ws[row], energy, limit_w, until - at_s
        )
        at_s = until
    return min(int(math.floor(energy)), active.end_ws[slot])


@kernel
def demand_w(slot, energy_ws, active, site):
    """Return the most that a session can still draw without the site's limit.

    It never rises between two allocations, and so neither does the sum over a site.
    """
    row = active.vehicle_class[slot]
    return most_power_w(
        site.curve_w[row],
        site.ceiling_w[row],
        session_factor(slot, active, site),
        site.classes.capacity_ws[row],
        energy_ws,
        own_limit_w(row, active.pool[slot], site),
    )


@kernel
def book_to_end(slot, from_s, from_ws, sign, active, site):
    """Book what a session draws from a second to its end, or take it back."""
    row, station = active.vehicle_class[slot], site.pools.station[active.pool[slot]]
    if active.limit_w[slot] == 0.0:  # a battery is being changed (the rack draws, later), or the charge has ended
        book_idle(station, from_s, active.end_s[slot], sign, site)
        return
    if active.limit_w[slot] < 0.0:  # it gives to the grid
        book_idle(station, from_s, active.end_s[slot], sign, site)
        book_given(site.stations.zone[station], from_s, active.end_s[slot], -sign * int(active.limit_w[slot]), site)
        return
    book_ahead(
        site.curve_w[row],
        site.full_s[row],
        session_factor(slot, active, site),
        site.classes.capacity_ws[row],
        active.limit_w[slot],
        active.anchor_s[slot],
        active.anchor_ws[slot],
        active.end_s[slot],
        active.end_ws[slot],
        from_s,
        from_ws,
        sign,
        station,
        site.stations.layer[station],
        site.classes.kind[row] == HEAVY_TRUCK,
        site.stations.zone[station],
        site.ledger,
    )


@kernel
def book_idle(station, from_s, end_s, sign, site):
    """Book plugged seconds without power, or take them back. Reads: site. Writes: site."""
    second = from_s
    while second < end_s:
        until = min((second // SECONDS_PER_QUARTER + 1) * SECONDS_PER_QUARTER, end_s)
        layer, zone = site.stations.layer[station], site.stations.zone[station]
        book_part(second, until, 0, sign, station, layer, False, zone, site.ledger)
        second = until


@kernel
def book_given(zone, from_s, end_s, power_w, site):
    """Book constant power out of a battery, or take it back. Reads: nothing else. Writes: site."""
    second = from_s
    while second < end_s:
        quarter = second // SECONDS_PER_QUARTER
        until = min((quarter + 1) * SECONDS_PER_QUARTER, end_s)
        if quarter < site.ledger.load_ws.shape[2]:
            site.ledger.load_ws[V2G_ROW, zone, quarter] += power_w * (until - second)
        second = until


@kernel
def book_since_anchor(slot, second, energy_ws, active, site):
    """Book what has come since the anchor. No stretch is longer than a window, so it lies within one quarter hour."""
    row, station, from_s = active.vehicle_class[slot], site.pools.station[active.pool[slot]], active.anchor_s[slot]
    book_part(
        from_s,
        second,
        energy_ws - active.anchor_ws[slot],
        1,
        station,
        site.stations.layer[station],
        site.classes.kind[row] == HEAVY_TRUCK,
        site.stations.zone[station],
        site.ledger,
    )


@kernel
def set_power(slot, evse, limit_w, second, active, site):
    """Let a power limit hold from the anchor on: the session's end becomes known.

    A session at its own limit is booked to its end. One that shares a site's limit is booked as it goes.
    """
    row = active.vehicle_class[slot]
    curve_w, full_s, capacity_ws = site.curve_w[row], site.full_s[row], site.classes.capacity_ws[row]
    factor = session_factor(slot, active, site)
    start_ws, target_ws = active.anchor_ws[slot], active.target_ws[slot]
    seconds = charge_time_s(curve_w, full_s, factor, capacity_ws, start_ws, target_ws, limit_w)
    end_s, end_ws = second + max(int(math.ceil(min(seconds, 2.0 * LONGEST_SESSION_S))), 1), target_ws
    if end_s > active.patience_s[slot]:
        end_s = max(active.patience_s[slot], second + 1)
        energy_ws = energy_after_ws(curve_w, full_s, factor, capacity_ws, start_ws, limit_w, end_s - second)
        end_ws = min(int(math.floor(energy_ws)), target_ws)
    called_s = call_at_s(slot, evse, active, site)
    if called_s > second and called_s < end_s:
        energy_ws = energy_after_ws(curve_w, full_s, factor, capacity_ws, start_ws, limit_w, called_s - second)
        end_s, end_ws = called_s, min(int(math.floor(energy_ws)), target_ws)
    active.anchor_s[slot], active.limit_w[slot] = second, limit_w
    active.end_s[slot], active.end_ws[slot] = end_s, end_ws
    site.evses.end_s[evse] = end_s
    active.is_ahead[slot] = limit_w == own_limit_w(row, active.pool[slot], site)
    if active.is_ahead[slot]:
        book_to_end(slot, second, start_ws, 1, active, site)


@kernel
def change_power(slot, evse, limit_w, second, now_ws, active, site):
    """Anchor a running session anew, at another limit or at the same."""
    if active.is_ahead[slot]:
        book_to_end(slot, second, now_ws, -1, active, site)
    else:
        book_since_anchor(slot, second, now_ws, active, site)
    note_peak(slot, active.anchor_ws[slot], active, site)
    active.anchor_ws[slot] = now_ws
    set_power(slot, evse, limit_w, second, active, site)


@kernel
def note_peak(slot, from_ws, active, site):
    """Remember the largest power since the anchor: the curve's ceiling there, cut at the limit that held."""
    if active.limit_w[slot] < 0.0:  # it gave to the grid
        return
    row = active.vehicle_class[slot]
    power_w = most_power_w(
        site.curve_w[row],
        site.ceiling_w[row],
        session_factor(slot, active, site),
        site.classes.capacity_ws[row],
        from_ws,
        active.limit_w[slot],
    )
    active.peak_w[slot] = max(active.peak_w[slot], power_w)


@kernel
def plug_in(slot, evse, second, rules, active, site, shard):
    """Begin a session at its own limit; the site's share is dealt out afterwards."""
    pool, row = active.pool[slot], active.vehicle_class[slot]
    station, energy_ws = site.pools.station[pool], active.energy_ws[slot]
    capacity_ws = site.classes.capacity_ws[row]
    active.target_ws[slot] = min(max(active.target_ws[slot], energy_ws + capacity_ws // LEAST_INTAKE), capacity_ws)
    active.phase[slot] = PLUGGED
    active.plug_in_s[slot] = second
    active.intake_ws[slot], active.anchor_ws[slot], active.peak_w[slot] = energy_ws, energy_ws, 0.0
    is_busy = site.pool_state.n_waiting[pool] > 0 and site.stations.layer[station] == HIGHWAY and active.errand[slot] == TRIP
    active.patience_s[slot] = second + (rules.busy_session_cap_s if is_busy else LONGEST_SESSION_S)
    site.outage_state.n_unfit[station] += site.evses.occupant[evse] != NOBODY
    site.evses.occupant[evse] = slot
    site.pool_state.n_busy[pool] += 1
    limit_w = own_limit_w(row, pool, site)
    set_power(slot, evse, limit_w, second, active, site)
    active.bound_w[slot] = int(math.ceil(demand_w(slot, energy_ws, active, site)))
    site.station_state.bound_w[station] += active.bound_w[slot]
    count_session(slot, second, active, site, shard)


@kernel
def count_session(slot, second, active, site, shard):
    """Count a session that begins, and how long its vehicle has waited."""
    station = site.pools.station[active.pool[slot]]
    wait_s = second - active.arrival_s[slot]
    site.station_state.n_sessions[station] += 1
    site.station_state.wait_s[station] += wait_s
    site.station_state.max_wait_s[station] = max(site.station_state.max_wait_s[station], wait_s)
    site.station_state.hour_sessions[station] += 1
    site.station_state.hour_wait_s[station] += wait_s
    site.ledger.wait_histogram[shard, site.stations.layer[station], wait_bin(wait_s, site.ledger.wait_edges_s)] += 1


@kernel
def wait_bin(wait_s, edges_s):
    """Return the bin of a waiting time."""
    place = edges_s.shape[0] - 1
    while wait_s < edges_s[place]:
        place -= 1
    return place


@kernel
def stays_on(slot, evse, second, rules, active, site):
    """Let a vehicle whose charge has ended keep its plug, without power, until its driver comes; return whether it does.

    Reads: rules. Writes: active, site.
    """
    pool = active.pool[slot]
    if active.limit_w[slot] == 0.0 or site.pool_state.rack[pool] >= 0:
        return False
    draw = uniform(rules.seed, OVERSTAY, active.vehicle[slot], active.plug_in_s[slot], 0)
    latest_s = active.plug_in_s[slot] + LONGEST_SESSION_S
    until_s = min(second + int(2.0 * rules.overstay_s * draw), latest_s)
    if until_s <= second:
        return False
    if not active.is_ahead[slot]:
        book_since_anchor(slot, second, active.end_ws[slot], active, site)
    note_peak(slot, active.anchor_ws[slot], active, site)
    active.anchor_s[slot], active.anchor_ws[slot] = second, active.end_ws[slot]
    site.station_state.bound_w[site.pools.station[pool]] -= active.bound_w[slot]
    active.limit_w[slot], active.bound_w[slot], active.is_ahead[slot] = 0.0, 0, 1
    active.end_s[slot], site.evses.end_s[evse] = until_s, until_s
    book_to_end(slot, second, active.end_ws[slot], 1, active, site)
    return True


@kernel
def unplug(slot, evse, second, next_window_s, active, wake_s, site):
    """End a session; the vehicle decides what to do at the start of the next window."""
    pool = active.pool[slot]
    station = site.pools.station[pool]
    if not active.is_ahead[slot]:
        book_since_anchor(slot, second, active.end_ws[slot], active, site)
    note_peak(slot, active.anchor_ws[slot], active, site)
    active.energy_ws[slot] = active.end_ws[slot]
    active.phase[slot], active.outcome[slot] = DECIDE, SERVED
    active.n_tries[slot], active.shunned[slot] = 0, -1
    wake_s[slot] = next_window_s
    site.evses.occupant[evse], site.evses.end_s[evse] = NOBODY, NEVER_S
    site.pool_state.n_busy[pool] -= 1
    site.pool_state.session_s[pool] += (second - active.plug_in_s[slot] - site.pool_state.session_s[pool]) // N_REMEMBERED
    site.station_state.bound_w[station] -= active.bound_w[slot]
    site.station_state.energy_ws[station] += active.end_ws[slot] - active.intake_ws[slot]
    if site.pool_state.rack[pool] >= 0:
        put_on_rack(pool, active.end_ws[slot] - active.intake_ws[slot], second, site)
