"""How drivers, sites and traffic behave beyond what a user sets: one number each, with what it means.

They stand here because whoever lives a window, in whatever way, has to live by the same.
"""

__all__ = [
    "AS_YESTERDAY",
    "BOOKED_AHEAD_S",
    "CONTENT",
    "DRY",
    "FIRST_SESSION_S",
    "FULL_SHARE",
    "LEAST_ERRAND_GAIN",
    "LEAST_GAIN_SOC",
    "LEAST_INTAKE",
    "LEAST_OWED_S",
    "LEAST_SPEED_KMH",
    "LEAST_TREND_PM",
    "LEAST_USUAL_SOC",
    "LEAST_WAY_M",
    "LOT_M",
    "MARGIN",
    "MOST_TREND_PM",
    "NEARLY_FULL_SOC",
    "NEARLY_SOC",
    "NO_SERVICE_S",
    "N_LEVELS",
    "N_REMEMBERED",
    "N_SEEN",
    "SLACK_SOC",
    "SMOOTHING",
    "STOP_OVERHEAD_S",
    "STREET_DETOUR",
    "TOP_UP_FIRST_SOC",
    "TO_THE_LAST",
    "TURNAROUND_S",
    "WORRY_RESERVES",
    "flow_weight",
]

# On a trip: looking ahead and choosing a stop.
N_SEEN = 16
"""Stops that a driver keeps in mind: the last ones the battery reaches."""
STOP_OVERHEAD_S = 600.0
"""Leaving the road, parking and paying: what one stop instead of two saves. From memory, unverified."""
LEAST_GAIN_SOC = 0.15
"""No stop on a trip adds less. From memory, unverified."""
TOP_UP_FIRST_SOC = 0.75
"""A driver with more than this sets out and charges on the way. From memory, unverified."""
NEARLY_SOC = 0.05
"""So near to the target another charge is not worth while. From memory, unverified."""
MARGIN = 1.1
"""A driver plans with a tenth more than the road should take. From memory, unverified."""
SLACK_SOC = 0.03
"""Charged beyond what the way should take. From memory, unverified."""
NEARLY_FULL_SOC = 0.95
"""Nobody on a trip charges to more than this to save a stop, or stays to charge: the last twentieth is too slow.
From memory, unverified."""
LEAST_USUAL_SOC = 0.1
"""What a usual charge gives at least, where the fast target is set next to the reserve."""
CONTENT = 2
"""Who has just charged drives on with half the reserve in prospect; the reserve itself would send him to the next plug."""
LOT_M = 300
"""From the ramp to the plug at a service area. From memory, unverified."""

# On the road.
WORRY_RESERVES = 2.5
"""A driver without a planned stop looks again below this many reserves. From memory, unverified."""
TURNAROUND_S = 7200
"""Least time at a destination before a same-day return: a visit, or unloading. From memory, unverified."""

# In town.
STREET_DETOUR = 1.3
"""Way by street over straight line: 1.25-1.35 in built-up areas. From memory, unverified."""
LEAST_WAY_M = 500.0
"""Way to a pool next door."""
LEAST_ERRAND_GAIN = 5
"""A driver who goes out to charge in town takes at least a fifth of the battery. From memory, unverified."""
LEAST_OWED_S = 60
"""Driving what the day still owes takes a minute at least."""
TO_THE_LAST = 50
"""Who gives up a charge drives on what is owed down to a fiftieth of the battery. From memory, unverified."""

# At a station.
DRY = 6
"""A driver on a trip with less than 1.2 times the reserve cannot go on and waits however long. In fifths: 6 / 5."""
LEAST_INTAKE = 20
"""A driver who plugs in takes at least a twentieth of the battery. From memory, unverified."""
FIRST_SESSION_S = {"ac": 14_400, "dc": 2_400}
"""Length of a session that drivers expect before a pool has had any. From memory, unverified."""
BOOKED_AHEAD_S = 3600
"""A pool's published wait counts the bookings for the next hour. From memory, unverified."""
N_REMEMBERED = 8
"""Sessions over which a pool's running mean forgets: each new one weighs an eighth. From memory, unverified."""
NO_SERVICE_S = 14_400
"""Wait that drivers expect where no EVSE of a pool is in service, as nobody tells them when one will be. From memory,
unverified."""
FULL_SHARE = 0.95
"""A station counts as full in an hour in which its EVSEs were plugged in for this share of the time that they served."""

# Storage.
AS_YESTERDAY = 32
"""Storage takes today for a day like yesterday until it knows better: 1 / 32 of yesterday's load stands in both. Our own."""
LEAST_TREND_PM = 800
"""Load that storage expects today, per thousand of yesterday's, at least. Our own."""
MOST_TREND_PM = 1250
"""The same at most. Our own."""
N_LEVELS = 2048
"""Steps of the transformer's power by which storage seeks the level that it can hold. Our own."""

# Links.
SMOOTHING = 0.25
"""Weight of the last five minutes in a link's flow: the published speed is that of the last quarter of an hour or so."""
LEAST_SPEED_KMH = 5.0
"""Traffic crawls, it does not stand for hours: the formula was fitted below capacity and falls too far above it."""


NOTICED_DELAY = 20
"""Routes are reckoned with a link's time of before until the published one differs by more than a twentieth of it. From
memory, unverified."""


def flow_weight(window_s: int) -> float:
    """Return the weight of the last window in a link's flow: windows of any length forget as fast as five minutes do."""
    return 1.0 - float((1.0 - SMOOTHING) ** (window_s / 300.0))
