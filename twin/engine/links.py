"""Loops over links and slots at the end of a window."""

from twin.behaviour import LEAST_SPEED_KMH
from twin.kernels import kernel
from twin.physics import congested_speed_kmh
from twin.tables.state import APPROACH, EGRESS, FREE, NEVER_S, ROAD, STRANDED, TRIP


@kernel
def publish_speeds(per_h, smoothing, background_per_h, shape, free_speed_kmh, capacity_per_h, flow_per_h, speed_kmh):
    """Publish the speed of every link under the flow of the last windows and the background's.

    Reads: per_h, background_per_h, free_speed_kmh, capacity_per_h. Writes: flow_per_h, speed_kmh.
    """
    for link in range(per_h.shape[0]):
        flow_per_h[link] += smoothing * (per_h[link] - flow_per_h[link])
        total_per_h = flow_per_h[link] + background_per_h[link] * shape
        speed = congested_speed_kmh(free_speed_kmh[link], total_per_h, capacity_per_h[link])
        speed_kmh[link] = max(speed, LEAST_SPEED_KMH)


@kernel
def slots_in_use(wake_s, first, last):
    """Return the number of slots from the first up to the last one in use. Reads: wake_s. Writes: nothing."""
    while last > first and wake_s[last - 1] == NEVER_S:
        last -= 1
    return last - first


@kernel
def count_out(active, first, last, classes, truck_kind, counts):
    """Count trips by (cars, trucks): driving, and under way, stranded ones aside.

    Reads: active, classes. Writes: counts[2, 2].
    """
    for slot in range(first, last):
        phase = active.phase[slot]
        if phase in (FREE, STRANDED) or active.errand[slot] != TRIP:
            continue
        is_truck = 1 if classes.kind[active.vehicle_class[slot]] == truck_kind else 0
        counts[is_truck, 1] += 1
        if phase in (ROAD, APPROACH, EGRESS):
            counts[is_truck, 0] += 1
