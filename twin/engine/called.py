"""Who is called for power at a public station, and when."""

from twin.kernels import kernel
from twin.rng import Stream, uniform, uniform4
from twin.tables.state import NEVER_S

DAY_S = 86_400
BIDIRECTIONAL, PUBLIC_V2G = int(Stream.BIDIRECTIONAL), int(Stream.PUBLIC_V2G)


@kernel
def call_at_s(slot, evse, active, site):
    """Return the second of the day of its beginning at which a session is called to give to the grid; NEVER_S if it is not.

    Called is who stands at a slow plug that can give, at a station without photovoltaics and storage, if the payment is what
    its owner asks. Reads: active, site. Writes: nothing.
    """
    pool = active.pool[slot]
    station = site.pools.station[pool]
    zone = site.stations.zone[station]
    calls = site.calls
    if not site.pools.is_ac[pool] or calls.from_s[zone] >= calls.until_s[zone] or site.plant_of[station] >= 0:
        return NEVER_S
    if uniform(calls.seed, PUBLIC_V2G, evse, 0, 0) >= calls.share[zone]:
        return NEVER_S
    if uniform4(calls.seed, BIDIRECTIONAL, active.vehicle[slot], 0, 0)[1] >= calls.answer_share:
        return NEVER_S
    return active.plug_in_s[slot] // DAY_S * DAY_S + calls.from_s[zone]
