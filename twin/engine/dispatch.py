"""The rules of storage: what it gives and takes in the hour to come, from yesterday's load, the sun and the tariff."""

from twin.behaviour import N_LEVELS
from twin.kernels import kernel
from twin.physics import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_QUARTER
from twin.tables.plants import DISPATCHES

MILLION = 1_000_000
PEAK_SHAVING = DISPATCHES.index("peak_shaving")
TARIFF = DISPATCHES.index("tariff")
QUARTERS_PER_DAY = 96
HOURS_PER_DAY = 24


@kernel
def plan(plant, second, window_s, site):
    """Plan the storage of a plant: for the quarter hour that begins, or by the tariff for an hour. Reads, writes: site."""
    if site.behind.plants.capacity_ws[plant] == 0:
        return
    if site.behind.dispatch == PEAK_SHAVING:
        plan_peak(plant, second, window_s, site)
    elif site.behind.dispatch == TARIFF and second % SECONDS_PER_HOUR == 0:
        plan_tariff(plant, second, window_s, site)


@kernel
def plan_peak(plant, second, window_s, site):
    """Seek the lowest power from the grid that the storage can hold for a day to come like the one past.

    Not below what the grid has given already since midnight: nothing would be won. On the first day nothing is known; the
    storage gives what the transformer does not, and fills while that is used by less than half.
    Reads: site. Writes: site.
    """
    state, plants = site.plant_state, site.behind.plants
    limit_w = site.stations.site_limit_w[plants.station[plant]]
    state.keep_ws[plant], state.fill_to_ws[plant] = 0, plants.capacity_ws[plant]
    if second < SECONDS_PER_DAY:
        state.top_w[plant], state.fill_top_w[plant] = limit_w, limit_w // 2
        return
    for ahead in range(QUARTERS_PER_DAY):
        site.ahead_ws[ahead] = net_of_quarter_ws(plant, second, ahead, window_s, site)
    top_w = min(state.day_peak_w[plant], limit_w)
    if not holds(top_w, plant, site):
        low_w, top_w = top_w, limit_w
        while top_w - low_w > limit_w // N_LEVELS + 1:
            middle_w = (low_w + top_w) // 2
            if holds(middle_w, plant, site):
                top_w = middle_w
            else:
                low_w = middle_w
    state.top_w[plant], state.fill_top_w[plant] = top_w, top_w


@kernel
def holds(top_w, plant, site):
    """Return whether the storage keeps days like the one ahead below a power from the grid, one after the other.

    Reads: site.
    """
    stored_ws = site.plant_state.stored_ws[plant]
    after_ws = stored_after_ws(stored_ws, top_w, plant, site)
    if after_ws < 0 or after_ws >= stored_ws:
        return after_ws >= 0
    return stored_after_ws(after_ws, top_w, plant, site) == after_ws


@kernel
def stored_after_ws(stored_ws, top_w, plant, site):
    """Return what is stored after the day ahead, kept below a power from the grid; -1 if that cannot be. Reads: site."""
    plants = site.behind.plants
    capacity_ws, most_ws = plants.capacity_ws[plant], plants.storage_w[plant] * SECONDS_PER_QUARTER
    for ahead in range(QUARTERS_PER_DAY):
        over_ws = site.ahead_ws[ahead] - top_w * SECONDS_PER_QUARTER
        if over_ws > 0:
            stored_ws -= over_ws
            if over_ws > most_ws or stored_ws < 0:
                return -1
        else:
            stored_ws = min(stored_ws + min(-over_ws, most_ws) * site.behind.round_trip_ppm // MILLION, capacity_ws)
    return stored_ws


@kernel
def net_of_quarter_ws(plant, second, ahead, window_s, site):
    """Return the load expected in a quarter hour ahead less today's sun at that time of day. Reads: site.

    The rest of today is expected to be like yesterday as today's trend has it; the quarter hours of tomorrow like today's.
    """
    of_day = second % SECONDS_PER_DAY // SECONDS_PER_QUARTER + ahead
    quarter = of_day % QUARTERS_PER_DAY
    plants = site.behind.plants
    first_s = second - second % SECONDS_PER_DAY + quarter * SECONDS_PER_QUARTER
    ppm = site.behind.pv_ppm[site.stations.province[plants.station[plant]], first_s // window_s]
    load_ws = site.plant_load_ws[plant, quarter]
    if of_day < QUARTERS_PER_DAY:
        load_ws = load_ws * site.plant_state.trend_pm[plant] // 1000
    return load_ws - plants.pv_w[plant] * ppm // MILLION * SECONDS_PER_QUARTER


@kernel
def plan_tariff(plant, second, window_s, site):
    """Set how much is kept for dearer hours, and how much is filled for them now.

    Going back through the hours ahead, the last first, what a dearer hour needs is added to what has to be there before it,
    up to a full storage, and what can be filled in it at a better price is taken off. To use now what could be filled again
    later is worth while if that costs less, losses counted. To fill now, where no hour before the need is cheaper.
    Reads: site. Writes: site.
    """
    state, plants = site.plant_state, site.behind.plants
    station, capacity_ws = plants.station[plant], plants.capacity_ws[plant]
    prices = site.behind.price[site.stations.province[station]]
    hour, round_trip_ppm = second // SECONDS_PER_HOUR, site.behind.round_trip_ppm
    now = prices[hour % HOURS_PER_DAY]
    refill_ws = plants.storage_w[plant] * SECONDS_PER_HOUR * round_trip_ppm // MILLION
    keep_ws, fill_to_ws = 0, 0
    for ahead in range(HOURS_PER_DAY - 1, 0, -1):
        price = prices[(hour + ahead) % HOURS_PER_DAY]
        need_ws, spare_ws = hour_ahead(plant, second, ahead, window_s, site)
        keep_ws = min(keep_ws + need_ws, capacity_ws) if price > now else keep_ws
        keep_ws = max(keep_ws - (refill_ws if price * MILLION < now * round_trip_ppm else spare_ws), 0)
        fill_to_ws = min(fill_to_ws + need_ws, capacity_ws) if price * round_trip_ppm > now * MILLION else fill_to_ws
        fill_to_ws = max(fill_to_ws - (refill_ws if price < now else spare_ws), 0)
    state.top_w[plant], state.fill_top_w[plant] = 0, site.stations.site_limit_w[station]
    state.keep_ws[plant], state.fill_to_ws[plant] = keep_ws, fill_to_ws


@kernel
def hour_ahead(plant, second, ahead, window_s, site):
    """Return what vehicles will take out of storage in an hour ahead, and what spare sun will put in. Reads: site.

    On the first day, of which nothing is known, vehicles take all that it can give.
    """
    most_ws = site.behind.plants.storage_w[plant] * SECONDS_PER_QUARTER
    need_ws, spare_ws = 0, 0
    for quarter in range(4 * ahead, 4 * ahead + 4):
        net_ws = net_of_quarter_ws(plant, second, quarter, window_s, site)
        net_ws += most_ws if second < SECONDS_PER_DAY else 0
        need_ws += min(max(net_ws, 0), most_ws)
        spare_ws += min(max(-net_ws, 0), most_ws)
    return need_ws, spare_ws * site.behind.round_trip_ppm // MILLION
