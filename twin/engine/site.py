"""What stands behind a station's transformer: photovoltaics and storage, settled from event to event in whole numbers.

Between two events of a station all powers are constant. The grid gives what vehicles and storage take beyond photovoltaics
and what storage gives; storage gives no more than it could give until the window ends, so that it is never overdrawn.
"""

from twin.behaviour import AS_YESTERDAY, LEAST_TREND_PM, MOST_TREND_PM
from twin.engine.dispatch import MILLION, QUARTERS_PER_DAY, plan
from twin.kernels import kernel
from twin.physics import SECONDS_PER_DAY, SECONDS_PER_QUARTER
from twin.tables.plants import DISPATCHES, PLANT_KINDS

NO_DISPATCH = DISPATCHES.index("none")
PV_ROW = PLANT_KINDS.index("pv")
STORAGE_ROW = PLANT_KINDS.index("storage")


@kernel
def open_window(station, start_s, window, rules, site):
    """Take the sun of the window, and every quarter hour plan the storage, where there are plants.

    Reads: rules, site. Writes: site.
    """
    plant = site.plant_of[station]
    if plant < 0:
        return
    state, plants = site.plant_state, site.behind.plants
    sun_ppm = site.behind.pv_ppm[site.stations.province[station], window]
    state.pv_w[plant] = plants.pv_w[plant] * sun_ppm // MILLION
    if start_s % SECONDS_PER_QUARTER == 0:
        turn_quarter(plant, start_s, site)
        plan(plant, start_s, rules.window_s, site)
        quarter = start_s // SECONDS_PER_QUARTER % QUARTERS_PER_DAY
        state.gone_ws[plant], site.plant_load_ws[plant, quarter] = site.plant_load_ws[plant, quarter], 0


@kernel
def turn_quarter(plant, start_s, site):
    """Count the quarter hour that has ended, and how today's load stands against yesterday's.

    As long as today has seen little, it is taken to be like yesterday: a part of that day stands in both.
    Reads: site. Writes: site.
    """
    state = site.plant_state
    state.day_taken_ws[plant] += site.plant_load_ws[plant, (start_s // SECONDS_PER_QUARTER - 1) % QUARTERS_PER_DAY]
    state.past_taken_ws[plant] += state.gone_ws[plant]
    if start_s % SECONDS_PER_DAY == 0:
        state.yesterday_ws[plant] = state.day_taken_ws[plant]
        state.day_taken_ws[plant], state.past_taken_ws[plant], state.day_peak_w[plant] = 0, 0, 0
    usual_ws = max(state.yesterday_ws[plant] // AS_YESTERDAY, 1)
    trend_pm = (state.day_taken_ws[plant] + usual_ws) * 1000 // (state.past_taken_ws[plant] + usual_ws)
    state.trend_pm[plant] = min(max(trend_pm, LEAST_TREND_PM), MOST_TREND_PM)


@kernel
def gives_w(plant, second, end_s, site):
    """Return what photovoltaics and storage can give from a second to the end of the window. Reads: site."""
    state = site.plant_state
    if site.behind.dispatch == NO_DISPATCH:
        return state.pv_w[plant]
    stored_w = state.stored_ws[plant] // (end_s - second)
    return state.pv_w[plant] + min(site.behind.plants.storage_w[plant], stored_w)


@kernel
def set_powers(plant, second, end_s, drawn_w, site):
    """Set what the storage gives or takes until the next event, from the most that vehicles draw until then.

    What is beyond the transformer comes out of the storage in any case, and spare photovoltaics go into it.
    Reads: site. Writes: site.
    """
    state, plants = site.plant_state, site.behind.plants
    state.give_w[plant], state.fill_w[plant] = 0, 0
    if site.behind.dispatch == NO_DISPATCH:
        return
    left_s, stored_ws = end_s - second, state.stored_ws[plant]
    net_w = drawn_w - state.pv_w[plant]
    most_w = min(plants.storage_w[plant], stored_ws // left_s)
    spare_w = min(most_w, max(stored_ws - state.keep_ws[plant], 0) // left_s)
    needed_w = net_w - site.stations.site_limit_w[plants.station[plant]]
    state.give_w[plant] = min(max(needed_w, min(net_w - state.top_w[plant], spare_w), 0), most_w)
    if state.give_w[plant] == 0:
        from_grid_w = min(state.fill_top_w[plant] - net_w, room_w(plant, state.fill_to_ws[plant], left_s, site))
        from_sun_w = min(-net_w, room_w(plant, plants.capacity_ws[plant], left_s, site))
        state.fill_w[plant] = min(max(from_grid_w, from_sun_w, 0), plants.storage_w[plant])


@kernel
def room_w(plant, level_ws, left_s, site):
    """Return the power that fills the storage to a level within some seconds, losses counted. Reads: site."""
    missing_ws = max(level_ws - site.plant_state.stored_ws[plant], 0)
    return missing_ws * MILLION // site.behind.round_trip_ppm // left_s


@kernel
def settle(plant, second, taken_ws, n_evse, site):
    """Enter what came from where since the last settlement; each session may round a watt second.

    Photovoltaics go first, then storage, the grid gives the rest.
    Reads: site. Writes: site.
    """
    state, behind = site.plant_state, site.behind
    since_s = state.since_s[plant]
    length_s = second - since_s
    if length_s == 0:
        return
    station = behind.plants.station[plant]
    limit_ws = site.stations.site_limit_w[station] * length_s
    vehicles_ws = taken_ws - state.taken_ws[plant]
    sun_ws, filled_ws = state.pv_w[plant] * length_s, state.fill_w[plant] * length_s
    used_ws = min(sun_ws, vehicles_ws + filled_ws)
    given_ws = min(state.give_w[plant] * length_s, vehicles_ws + filled_ws - used_ws)
    grid_ws = vehicles_ws + filled_ws - used_ws - given_ws
    fed_ws = min(sun_ws - used_ws, limit_ws) * behind.is_feed_in
    kept_ws = filled_ws * behind.round_trip_ppm // MILLION
    state.since_s[plant], state.taken_ws[plant] = second, taken_ws
    state.n_over[plant] += grid_ws > limit_ws + n_evse
    state.stored_ws[plant] += kept_ws - given_ws
    state.least_ws[plant] = min(state.least_ws[plant], state.stored_ws[plant])
    state.most_ws[plant] = max(state.most_ws[plant], state.stored_ws[plant])
    state.window_grid_ws[plant] += grid_ws
    state.window_taken_ws[plant] += vehicles_ws
    state.hour_pv_ws[plant] += sun_ws
    state.hour_used_ws[plant] += used_ws
    state.hour_fed_ws[plant] += fed_ws
    state.hour_filled_ws[plant] += filled_ws
    state.hour_given_ws[plant] += given_ws
    state.hour_lost_ws[plant] += filled_ws - kept_ws
    state.hour_grid_ws[plant] += grid_ws
    state.hour_taken_ws[plant] += vehicles_ws
    quarter = since_s // SECONDS_PER_QUARTER
    site.plant_load_ws[plant, quarter % QUARTERS_PER_DAY] += vehicles_ws
    if quarter < site.ledger.plant_ws.shape[2]:
        zone = site.stations.zone[station]
        site.ledger.plant_ws[PV_ROW, zone, quarter] += used_ws + fed_ws
        site.ledger.plant_ws[STORAGE_ROW, zone, quarter] += given_ws - filled_ws


@kernel
def close_window(plant, end_s, taken_ws, n_evse, rules, site):
    """Settle the window, and note its mean power from the grid. Reads: rules, site. Writes: site."""
    settle(plant, end_s, taken_ws, n_evse, site)
    state = site.plant_state
    mean_w, load_w = state.window_grid_ws[plant] // rules.window_s, state.window_taken_ws[plant] // rules.window_s
    state.window_grid_ws[plant], state.window_taken_ws[plant] = 0, 0
    state.day_peak_w[plant] = max(state.day_peak_w[plant], mean_w)
    state.hour_peak_w[plant] = max(state.hour_peak_w[plant], mean_w)
    state.hour_load_peak_w[plant] = max(state.hour_load_peak_w[plant], load_w)


@kernel
def take_plant_hour(first, last, site, of_hour):
    """Move an hour's sums of the plants `first` .. `last` out of the books.

    Reads: site. Writes: site, of_hour.
    """
    state = site.plant_state
    for plant in range(first, last):
        of_hour.pv_ws[plant], of_hour.used_ws[plant] = state.hour_pv_ws[plant], state.hour_used_ws[plant]
        of_hour.fed_ws[plant], of_hour.filled_ws[plant] = state.hour_fed_ws[plant], state.hour_filled_ws[plant]
        of_hour.given_ws[plant], of_hour.lost_ws[plant] = state.hour_given_ws[plant], state.hour_lost_ws[plant]
        of_hour.grid_ws[plant], of_hour.taken_ws[plant] = state.hour_grid_ws[plant], state.hour_taken_ws[plant]
        of_hour.peak_w[plant], of_hour.load_peak_w[plant] = state.hour_peak_w[plant], state.hour_load_peak_w[plant]
        state.hour_pv_ws[plant], state.hour_used_ws[plant], state.hour_fed_ws[plant] = 0, 0, 0
        state.hour_filled_ws[plant], state.hour_given_ws[plant], state.hour_lost_ws[plant] = 0, 0, 0
        state.hour_grid_ws[plant], state.hour_taken_ws[plant], state.hour_peak_w[plant] = 0, 0, 0
        state.hour_load_peak_w[plant] = 0
