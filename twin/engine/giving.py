"""Power out of vehicles at public stations: who stands at a slow plug that can give answers the call, then charges on.

A session charges up to the second of the call, gives at its own power down to the reserve or until the call ends, and then
charges to what it came for. So its EVSE has three ends, and only the last one unplugs the vehicle.
"""

import math

from twin.engine.called import DAY_S, call_at_s
from twin.engine.session import book_since_anchor, book_to_end, demand_w, note_peak, own_limit_w, set_power
from twin.kernels import kernel


@kernel
def goes_on(slot, evse, second, active, site):
    """Return whether a session that has come to an end of its power goes on: it gives now, or has given and charges again.

    Reads: nothing else. Writes: active, site.
    """
    has_given = active.limit_w[slot] < 0.0
    if active.limit_w[slot] == 0.0:  # a battery is changed, or the charge has ended
        return False
    if not has_given and call_at_s(slot, evse, active, site) != second:
        return False
    if not active.is_ahead[slot]:
        book_since_anchor(slot, second, active.end_ws[slot], active, site)
    note_peak(slot, active.anchor_ws[slot], active, site)
    active.anchor_s[slot], active.anchor_ws[slot] = second, active.end_ws[slot]
    row, pool = active.vehicle_class[slot], active.pool[slot]
    station = site.pools.station[pool]
    if has_given:
        low_ws = site.calls.reserve_soc * site.classes.capacity_ws[row]
        site.calls.n_below[station] += active.end_ws[slot] < low_ws
    elif begins_to_give(slot, evse, second, active, site):
        return True
    limit_w = own_limit_w(row, pool, site)
    set_power(slot, evse, limit_w, second, active, site)
    bound_w = int(math.ceil(demand_w(slot, active.anchor_ws[slot], active, site)))
    site.station_state.bound_w[station] += bound_w - active.bound_w[slot]
    active.bound_w[slot] = bound_w
    return True


@kernel
def begins_to_give(slot, evse, second, active, site):
    """Let a session give from its anchor on, if it has more than the reserve; return whether it does.

    Negative power is the mark of giving. What it will give counts as charged besides at the station from now on: the session
    counts what it gains in all. Reads: nothing else. Writes: active, site.
    """
    row, pool = active.vehicle_class[slot], active.pool[slot]
    station = site.pools.station[pool]
    power_w = int(own_limit_w(row, pool, site))
    reserve_ws = int(math.ceil(site.calls.reserve_soc * site.classes.capacity_ws[row]))
    until_s = second // DAY_S * DAY_S + site.calls.until_s[site.stations.zone[station]]
    given_s = min((active.anchor_ws[slot] - reserve_ws) // power_w, until_s - second)
    if given_s <= 0:
        return False
    active.limit_w[slot], active.is_ahead[slot] = -float(power_w), 1
    active.end_s[slot], active.end_ws[slot] = second + given_s, active.anchor_ws[slot] - given_s * power_w
    site.evses.end_s[evse] = active.end_s[slot]
    site.station_state.bound_w[station] -= active.bound_w[slot]
    active.bound_w[slot] = 0
    site.station_state.energy_ws[station] += given_s * power_w
    site.calls.given_ws[station] += given_s * power_w
    site.calls.n_answered[station] += 1
    book_to_end(slot, second, active.anchor_ws[slot], 1, active, site)
    return True


@kernel
def stop_giving(slot, second, active, site):
    """Take back what a session that is cut short, or outlasts the run, will not give. Reads: active. Writes: site."""
    if active.limit_w[slot] < 0.0 and active.end_s[slot] > second:
        left_ws = int(-active.limit_w[slot]) * (active.end_s[slot] - second)
        station = site.pools.station[active.pool[slot]]
        site.station_state.energy_ws[station] -= left_ws
        site.calls.given_ws[station] -= left_ws
