"""A site's power, dealt out max-min fair among its sessions wherever they could draw more than it lets through."""

import math

from twin.engine.session import book_since_anchor, change_power, demand_w, energy_at_ws, note_peak, own_limit_w
from twin.engine.site import close_window, gives_w, set_powers, settle
from twin.kernels import kernel
from twin.physics import water_level_w


@kernel
def deal_power(station, second, end_s, active, site):
    """Deal the site's power out max-min fair, where the sessions together could draw more than it lets through.

    Where there are plants they are settled up to the second, and their powers set up to the next event or `end_s`.
    Reads: active, site. Writes: active, site.
    """
    if not is_tight(station, site):
        return
    first_evse, end_evse = evses_of(station, site)
    n_shares, bound_w, taken_ws = 0, 0, site.station_state.energy_ws[station]
    for evse in range(first_evse, end_evse):
        slot = site.evses.occupant[evse]
        if slot < 0:
            continue
        if active.limit_w[slot] <= 0.0:  # a battery is being changed, the charge has ended, or it gives to the grid
            taken_ws += active.anchor_ws[slot] - active.intake_ws[slot]
            continue
        site.energies_ws[n_shares] = energy_at_ws(slot, second, active, site)
        site.shares_w[n_shares], active.bound_w[slot] = 0.0, 0
        if active.end_s[slot] > second:
            site.shares_w[n_shares] = demand_w(slot, site.energies_ws[n_shares], active, site)
            active.bound_w[slot] = int(math.ceil(site.shares_w[n_shares]))
        bound_w += active.bound_w[slot]
        taken_ws += site.energies_ws[n_shares] - active.intake_ws[slot]
        n_shares += 1
    site.station_state.bound_w[station] = bound_w
    limit_w, plant = for_sessions_w(station, site), site.plant_of[station]
    if plant >= 0:
        settle(plant, second, taken_ws, end_evse - first_evse, site)
        limit_w += gives_w(plant, second, end_s, site)
    level_w = water_level_w(site.shares_w, n_shares, float(limit_w))
    if plant >= 0:
        set_powers(plant, second, end_s, min(drawn_w(n_shares, level_w, site), limit_w), site)
    n_shares, n_restricted = 0, 0
    for evse in range(first_evse, end_evse):
        slot = site.evses.occupant[evse]
        if slot < 0 or active.limit_w[slot] <= 0.0:
            continue
        limit_w = own_limit_w(active.vehicle_class[slot], active.pool[slot], site)
        now_ws = site.energies_ws[n_shares]
        if site.shares_w[n_shares] > level_w:
            limit_w = level_w
            n_restricted += 1
        n_shares += 1
        if limit_w != active.limit_w[slot] and active.end_s[slot] > second:
            change_power(slot, evse, limit_w, second, now_ws, active, site)
    site.station_state.n_restricted[station] = n_restricted


@kernel
def is_tight(station, site):
    """Return whether the sessions together could draw more than the site lets through, or some are held back."""
    return (
        site.station_state.bound_w[station] > for_sessions_w(station, site)
        or site.station_state.n_restricted[station] > 0
        or site.plant_of[station] >= 0
    )


@kernel
def for_sessions_w(station, site):
    """Return what a site lets through to its sessions: what its racks may draw is kept for them."""
    return site.stations.site_limit_w[station] - site.station_state.rack_w[station]


@kernel
def drawn_w(n_shares, level_w, site):
    """Return the most that all sessions draw from now on, rounded up."""
    total_w = 0.0
    for row in range(n_shares):
        total_w += min(site.shares_w[row], level_w)
    return int(math.ceil(total_w))


@kernel
def close_site(station, end_s, active, rules, site):
    """Settle the plants of a station, if it has any, up to the end of the window. Reads: active, rules. Writes: site."""
    plant = site.plant_of[station]
    if plant < 0:
        return
    taken_ws = site.station_state.energy_ws[station]
    first_evse, end_evse = evses_of(station, site)
    for evse in range(first_evse, end_evse):
        slot = site.evses.occupant[evse]
        if slot >= 0:
            taken_ws += energy_at_ws(slot, end_s, active, site) - active.intake_ws[slot]
    close_window(plant, end_s, taken_ws, end_evse - first_evse, rules, site)


@kernel
def book_window(station, end_s, active, site):
    """Anchor the sessions that share a site's limit at the end of the window, so that their books are up to date.

    Reads: active, site. Writes: active, site.
    """
    first_evse, end_evse = evses_of(station, site)
    for evse in range(first_evse, end_evse):
        slot = site.evses.occupant[evse]
        if slot >= 0 and not active.is_ahead[slot]:
            now_ws = energy_at_ws(slot, end_s, active, site)
            book_since_anchor(slot, end_s, now_ws, active, site)
            note_peak(slot, active.anchor_ws[slot], active, site)
            active.anchor_s[slot], active.anchor_ws[slot] = end_s, now_ws


@kernel
def evses_of(station, site):
    """Return the range of a station's EVSEs."""
    first_pool = site.stations.first_pool[station]
    last_pool = first_pool + site.stations.n_pools[station] - 1
    return site.pools.first_evse[first_pool], site.pools.first_evse[last_pool] + site.pools.n_evse[last_pool]
