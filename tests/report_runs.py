"""A whole run folder that costs nothing: every table that the page reads, with markup in a name."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from tests import synthetic
from twin.metrics.scorecard import provincial_scorecard, scorecard
from twin.tables.columns import columns
from twin.tables.coverage import CountyCoverageTable, LineCoverageTable, LinkCoverageTable
from twin.tables.orders import OrdersTable
from twin.tables.results import LinksTable, NetworkTable, SessionsTable, ZonesTable
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


def charts_of(page: str) -> tuple[str, dict[str, Any]]:
    """Return what a page draws, unpacked: the text and what it says."""
    packed = re.search(r'id="pack-charts">(.*?)</script>', page, re.S)
    assert packed is not None
    text = zlib.decompress(base64.b64decode(packed[1])).decode()
    return text, json.loads(text)


def table_of(kind: Any, **given: Any) -> Any:
    """Return a table with these columns, and zeros or blanks in the others."""
    n = len(next(iter(given.values())))
    made = {}
    for column in columns(kind):
        values = given.get(column.name, [""] * n if column.dtype.kind == "O" else [0] * n)
        made[column.name] = np.array(values, column.dtype)
    return kind(**made)


def coverage_tables() -> dict[str, Any]:
    """Two counties, one of them with markup for a name and far from high power; one line, with nothing ahead at its end."""
    way = [10.0, 70.0, 190.0, np.nan, 5.0, 200.0]
    return {
        "county_coverage": table_of(
            CountyCoverageTable, county=["110101", "110102"], name=["东城区", EVIL], province=["BJ"] * 2, zone=["z0"] * 2,
            lon=[116.4, 110.0],
            lat=[39.9, 35.0], n_people=[1000, 9000], n_evse=[5, 0], n_high_power=[1, 0],
            evse_per_1000_people=[5.0, 0.0], rural_road_distance_km=[2.0, 7.0],
            rural_road_distance_to_high_power_km=[3.0, 77.0],
        ),
        "line_coverage": table_of(
            LineCoverageTable, line=["G1", "G1"], name=["", ""], direction=["northbound", "southbound"],
            length_km=[600.0, 300.0],
            within_50_km_of_high_power=[0.5, 0.25], longest_way_to_high_power_km=[90.0, np.nan],
            longest_way_to_high_power_from=["Beijing junction 1", "G1-0004"], longest_way_to_megawatt_km=[np.nan, np.nan],
        ),
        "link_coverage": table_of(
            LinkCoverageTable, link=list(range(N_LINKS)), way_to_high_power_km=way, way_to_megawatt_km=way,
            way_to_station_km=way,
        ),
    }  # fmt: skip


def zones_rows(zones: Any) -> ZonesTable:
    """Every zone has room for 1 MW more a place in the list; the last gives to the grid."""
    n = len(zones)
    given = [0.0] * (n - 1) + [5.0]
    return table_of(
        ZonesTable, zone=list(zones), base_peak_kw=[10_000.0] * n, hosting_kw=[1000.0 * (k + 1) for k in range(n)],
        n_v2g_plugs=given, v2g_peak_kw=given, v2g_energy_kwh=given,
    )  # fmt: skip


def orders_rows() -> OrdersTable:
    """Three orders: one stands, one opens in the run, one never comes."""
    return table_of(
        OrdersTable, order=["plan"] * 3, province=["BJ", "BJ", "HE"], layer=["urban", "highway", "highway"],
        power_class=["dc_120", "hp_480", "mw_1000"], serves=["car", "any", "truck"], n_evse=[10, 4, 2],
        connected=["2026-01-01", "2027-10-02", ""], state=["stands", "opens in the run", "not yet"],
        cost_cny=[1e6, 2e6, 3e6],
    )  # fmt: skip


def whole_run(out: Path, fake: synthetic.FakeRun | None = None) -> Path:
    """Write a run with roads, their load, charge records and a scorecard; service areas have markup for a name."""
    fake = synthetic.fake_run() if fake is None else fake
    metrics, stations, _ = synthetic.tables(fake)
    names = stations.name.copy()
    names[np.flatnonzero(stations.layer == "highway")] = EVIL
    return synthetic.write_run(
        out, fake, scorecard(read("policy_lines"), metrics, stations), stations=stations._replace(name=names),
        network=network_table(), links=links_table(fake.totals.n_hours), sessions=sessions_table(fake), **coverage_tables(),
        zones=zones_rows(fake.regions.zone_id), orders=orders_rows(),
        scorecard_provinces=provincial_scorecard(read("policy_lines"), metrics, stations),
    )  # fmt: skip
