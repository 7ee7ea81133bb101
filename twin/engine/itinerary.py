"""Trips set by hand: which one a vehicle begins next, and when it set out and arrived.

A nation has none, its trips are drawn; then every table here is empty and nobody asks further.
"""

from twin.kernels import kernel
from twin.tables.state import NEVER_S

DAY_S = 86_400
NOT_YET_S = -1
"""Second of setting out, or of arriving, of a trip that has not come so far."""


@kernel
def is_posed(itineraries):
    """Return whether the trips of this case were set by hand."""
    return itineraries.first.shape[0] > 0


@kernel
def begin_next(vehicle, now_s, itineraries):
    """Begin a vehicle's next set trip, if it is due before midnight; return (second of setting out, goal), or (-1, -1).

    It sets out at its second, or at once if that has passed.
    """
    trip = itineraries.next_trip[vehicle]
    if trip == itineraries.first[vehicle + 1] or itineraries.depart_s[trip] >= (now_s // DAY_S + 1) * DAY_S:
        return -1, -1
    itineraries.next_trip[vehicle] = trip + 1
    itineraries.begin_s[trip] = max(itineraries.depart_s[trip], now_s)
    return itineraries.begin_s[trip], itineraries.goal[trip]


@kernel
def end_present(vehicle, second, itineraries):
    """Note the end of the trip that a vehicle is on."""
    itineraries.end_s[itineraries.next_trip[vehicle] - 1] = second


@kernel
def next_departure(vehicle, itineraries):
    """Return the second at which a vehicle is to set out next, or NEVER_S."""
    trip = itineraries.next_trip[vehicle]
    return itineraries.depart_s[trip] if trip < itineraries.first[vehicle + 1] else NEVER_S
