"""What the tests of networks start from: extracts, hand-made tables, and the program."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tests.conftest import REPOSITORY
from tests.osm_xml import as_network, node, osm_xml, times_ms
from twin.cli import app
from twin.network.contract import contract
from twin.network.osm import read_osm
from twin.network.repair import core, without_doubles
from twin.network.routes import link_times_ms

EXTRACTS = REPOSITORY.parent / "shared" / "data" / "osm_raw"
CHINA = REPOSITORY.parent / "shared" / "data" / "china_roads_osm"
NAMES = ("nanjing.osm.gz", "north-bayreuth.osm.gz", "monaco.osm.gz", "andorra.osm.pbf", "shanghai.osm")
M_PER_GRID = 6_371_008.8 * math.radians(0.01)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def extract(name: str) -> Path:
    path = EXTRACTS / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return path


def random_roads(draw: st.DrawFn) -> str:
    corner = st.integers(0, 24)
    nodes = {k: node(k % 5, k // 5) for k in range(25)}
    tags = st.fixed_dictionaries(
        {"highway": st.sampled_from(["primary", "primary", "motorway", "motorway_link"])},
        optional={"oneway": st.sampled_from(["yes", "-1", "no"]), "maxspeed": st.sampled_from(["30", "90"])},
    )
    ways = draw(st.lists(st.tuples(st.lists(corner, min_size=2, max_size=8), tags), min_size=1, max_size=12))
    return osm_xml(nodes, [(k + 1, refs, own) for k, (refs, own) in enumerate(ways)])


def assert_contraction_keeps_everything(path: Path, n_pairs: int) -> None:
    source = read_osm(path)
    roads, _ = without_doubles(source.roads)
    roads, _, _ = core(roads, "roads")
    joined = contract(roads)
    assert int(joined.pieces.length_mm.sum()) == int(roads.pieces.length_mm.sum())
    assert int(joined.pieces.time_ms.sum()) == int(roads.pieces.time_ms.sum())
    assert len(joined.pieces.a) <= len(roads.pieces.a)
    assert np.all(joined.pieces.a != joined.pieces.b)
    before, _ = as_network(source, roads)
    after, columns = as_network(source, joined)
    assert np.array_equal(link_times_ms(after)[after.link_reverse < 0], joined.pieces.time_ms[~joined.pieces.is_both])
    row_of = {place: row for row, place in enumerate(zip(roads.x.tolist(), roads.y.tolist(), strict=True))}
    same = np.array([row_of[place] for place in zip(joined.x.tolist(), joined.y.tolist(), strict=True)])
    origins = np.arange(after.n_nodes)[:: max(after.n_nodes // n_pairs, 1)]
    assert np.array_equal(times_ms(after, origins), times_ms(before, same[origins])[:, same])
    ends = columns["link_path_lon"].first
    assert np.allclose(columns["link_path_lon"].values[ends[:-1]], after.node_lon[after.link_from], atol=1e-9)
    assert np.allclose(columns["link_path_lat"].values[ends[1:] - 1], after.node_lat[after.link_to], atol=1e-9)


def tables(folder: Path, nodes: str, links: str, name: str = "links.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "nodes.csv").write_text(nodes, encoding="utf-8")
    (folder / name).write_text(links, encoding="utf-8")
    return folder


NODES = "node,lon,lat,name\na,116.0,40.0,A\nb,116.1,40.0,B\nc,116.2,40.0,C\nd,116.21,40.0,D\ne,116.3,40.0,E\n"
LINKS = (
    "from_node,to_node,length_km,class,is_oneway,speed_kmh,lanes_per_direction,line\n"
    "a,b,10,motorway,0,100,3,G1\nb,c,9,trunk,0,,1,\nd,e,8,primary,0,,1,\na,a,1,trunk,0,,1,\n"
)
