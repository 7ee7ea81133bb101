"""A day near home as it is drawn: whether a vehicle drives, how far, and from when until when."""

from twin.kernels import kernel
from twin.rng import Stream, uniform4
from twin.tables.inputs import N_KNOTS
from twin.tables.state import SUM_LOCAL_DAYS, SUM_LOCAL_M

DAY_PLAN = int(Stream.DAY_PLAN)


@kernel
def quantile(table, i, j, u):
    """Return the value of a quantile table at `u`, linear between its knots."""
    place = u * (N_KNOTS - 1)
    knot = int(place)
    low = table[i, j, knot]
    return low + (table[i, j, knot + 1] - low) * (place - knot)


@kernel
def draw_local_day(vehicle, day, rules, vehicles, classes, roads, local, sums):
    """Draw whether, how far and when a vehicle drives near home; return (energy, time at the wheel, leaving, being back)."""
    row = vehicles.vehicle_class[vehicle]
    kind = classes.kind[row]
    _, u_drive, u_km, u_depart = uniform4(rules.seed, DAY_PLAN, vehicle, day, 1)
    if u_drive >= local.p_drive[kind, day]:
        return 0, 0, 0, 0
    u_return = uniform4(rules.seed, DAY_PLAN, vehicle, day, 2)[0]
    province = roads.county_province[vehicles.place[vehicle]]
    way_m = quantile(local.km_quantile, kind, day, u_km) * 1000.0
    way_s = int(way_m / rules.town_speed_m_per_s)
    depart_s = int(quantile(local.depart_quantile, kind, day, u_depart))
    back_s = int(quantile(local.return_quantile, kind, day, u_return))
    sums[SUM_LOCAL_DAYS] += 1
    sums[SUM_LOCAL_M] += int(way_m)
    need_ws = int(way_m * classes.city_ws_per_m[row] * local.consumption_factor[province, day])
    return need_ws, way_s, depart_s, max(back_s, depart_s + way_s)


@kernel
def usual_departure_s(kind, day, u_depart, local):
    """Return the second of day at which a vehicle leaves, or would if it drove; beyond the last day as on that."""
    return int(quantile(local.depart_quantile, kind, min(day, local.depart_quantile.shape[1] - 1), u_depart))
