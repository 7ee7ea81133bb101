"""What stations did in an hour, taken out of their books when it has ended."""

from twin.engine.repair import count_out
from twin.kernels import kernel
from twin.physics import SECONDS_PER_HOUR
from twin.tables.state import RING_HOURS


@kernel
def take_hour(first, last, hour, site, of_hour):
    """Move an hour's sums of the stations `first` .. `last` out of the books.

    Reads: site. Writes: site, of_hour.
    """
    books, ledger, outages = site.station_state, site.ledger, site.outage_state
    end_s = (hour + 1) * SECONDS_PER_HOUR
    for station in range(first, last):
        row = station * RING_HOURS + hour % RING_HOURS
        of_hour.energy_ws[station], of_hour.busy_s[station] = ledger.ring.energy_ws[row], ledger.ring.busy_s[row]
        of_hour.arrivals[station], of_hour.sessions[station] = books.hour_arrivals[station], books.hour_sessions[station]
        of_hour.balked[station], of_hour.reneged[station] = books.hour_balked[station], books.hour_reneged[station]
        of_hour.queue[station], of_hour.wait_s[station] = books.hour_queue[station], books.hour_wait_s[station]
        if outages.n_out[station] > 0:
            count_out(station, end_s, site)
        of_hour.out_s[station], outages.hour_out_s[station], outages.since_s[station] = outages.hour_out_s[station], 0, end_s
        ledger.ring.energy_ws[row], ledger.ring.busy_s[row] = 0, 0
        books.hour_arrivals[station], books.hour_sessions[station], books.hour_balked[station] = 0, 0, 0
        books.hour_reneged[station], books.hour_queue[station], books.hour_wait_s[station] = 0, 0, 0
