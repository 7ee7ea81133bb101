"""A whole run folder that costs nothing: every table that the page reads, with markup in a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests import synthetic
from twin.metrics.scorecard import scorecard
from twin.tables.results import LinksTable, NetworkTable, SessionsTable
from twin.tables.seeds import read

EVIL = "<script>alert(1)</script> & <b>bold</b> \u2028"
N_LINKS = 6


def network_table() -> NetworkTable:
    """Four links one after the other, the last two driven both ways."""
    k = np.arange(4)
    start, end = np.concatenate([k, k[2:] + 1]), np.concatenate([k + 1, k[2:]])
    return NetworkTable(
        link=np.arange(N_LINKS, dtype=np.int32),
        from_lon=100.0 + start,
        from_lat=30.0 + start,
        to_lon=100.0 + end,
        to_lat=30.0 + end,
        length_km=np.full(N_LINKS, 150.0),
        kind=np.zeros(N_LINKS, np.uint8),
        line=np.array(["G1"] * N_LINKS, object),
    )


def links_table(n_hours: int) -> LinksTable:
    """More vehicles on link 2 and its way back than elsewhere, most of them at hour 10."""
    hour, link = (part.ravel() for part in np.indices((n_hours, N_LINKS)))
    n = (1 + 100 * np.isin(link, (2, 4)) + 1000 * ((hour == 10) & (link == 2))).astype(np.int32)
    return LinksTable(link.astype(np.int32), hour.astype(np.int16), n, np.full(n.size, 90.0, np.float32))


def sessions_table(fake: synthetic.FakeRun) -> SessionsTable:
    """The visits of a fake run as charge records, all of them."""
    visits = fake.events
    n = visits.station.size
    arrival_s = (visits.hour * 3600).astype(np.int32)
    wait_s = visits.wait_s.astype(np.int32)
    zero, half = np.zeros(n, np.int32), np.full(n, 0.5, np.float32)
    return SessionsTable(
        vehicle=np.arange(n, dtype=np.int32), vehicle_class=np.zeros(n, np.uint8), station=visits.station.astype(np.int32),
        pool=zero, outcome=visits.outcome.astype(np.uint8), is_routed=np.zeros(n, np.uint8), arrival_s=arrival_s,
        plug_in_s=arrival_s + wait_s, end_s=arrival_s + wait_s + 600, wait_s=wait_s,
        energy_ws=visits.energy_ws.astype(np.int64), peak_power_w=zero, soc_in=half, soc_out=half,
    )  # fmt: skip


def whole_run(out: Path, fake: synthetic.FakeRun | None = None) -> Path:
    """Write a run with roads, their load, charge records and a scorecard; service areas have markup for a name."""
    fake = synthetic.fake_run() if fake is None else fake
    metrics, stations, _ = synthetic.tables(fake)
    names = stations.name.copy()
    names[np.flatnonzero(stations.layer == "highway")] = EVIL
    return synthetic.write_run(
        out, fake, scorecard(read("policy_lines"), metrics, stations), stations=stations._replace(name=names),
        network=network_table(), links=links_table(fake.totals.n_hours), sessions=sessions_table(fake),
    )  # fmt: skip
