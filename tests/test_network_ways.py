"""Roads that are read block by block are those that pyosmium tells one by one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.network_sources import invoke
from twin.network.classes import CLASSES
from twin.network.drawn import ROAD_KEYS, Drawn
from twin.network.lost import stretches
from twin.network.osm import _stream

PLACES = ((0.0, 0.0), (-179.9999999, 5.5), (118.7654321, 32.1), (180.0, -90.0), (7.4, 43.7), (7.4, 43.8))
NODES = dict(zip((1, 2, 3, 2**40, 9, 10), PLACES, strict=True))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300) | st.sampled_from(["yes", "-1", "50"])
WAYS = st.lists(
    st.tuples(
        st.lists(st.sampled_from([*NODES, 77, 2**41]), max_size=7),
        st.dictionaries(st.sampled_from([*ROAD_KEYS[1:], "name", "maxspeed:", "high"]), TEXTS, max_size=6),
        st.sampled_from([*CLASSES, "footway", "services", None]),
    ),
    max_size=12,
)


def write(path: Path, ways: list[tuple[list[int], dict[str, str], str | None]], nodes: dict[int, Any] = NODES) -> None:
    with osmium.SimpleWriter(str(path), overwrite=True) as out:
        for number, place in sorted(nodes.items()):
            out.add_node(osmium.osm.mutable.Node(id=number, location=place))
        for number, (refs, tags, highway) in enumerate(ways):
            own = tags | ({"highway": highway} if highway else {})
            out.add_way(osmium.osm.mutable.Way(id=3 * number + 1, nodes=refs, tags=own))


def told_one_by_one(path: Path) -> tuple[list[Any], list[tuple[int, int]]]:
    """Parts of roads with their tags and points, and the nodes that are missing, in plain Python."""
    parts, lost = [], []
    for way in osmium.FileProcessor(str(path)).with_locations():
        if not way.is_way() or way.tags.get("highway") not in CLASSES:
            continue
        tags = {key: way.tags.get(key) for key in ROAD_KEYS if way.tags.get(key)}
        if tags["highway"] != "motorway":
            tags.pop("ref", None)
        runs: list[list[tuple[int, int]]] = [[]]
        for node in way.nodes:
            if node.location.valid():
                runs[-1].append((node.x, node.y))
            else:
                runs.append([])
                lost += [(way.id, node.ref)] if len(way.nodes) > 1 else []
        long = [run for run in runs if len(run) > 1]
        parts += [(way.id, tags, run, number > 0) for number, run in enumerate(long)]
    return parts, lost


@given(WAYS, st.sampled_from([".osm.pbf", ".osm"]))
@settings(max_examples=80, deadline=None)
def test_roads_are_those_that_pyosmium_tells(
    tmp_path_factory: pytest.TempPathFactory, ways: list[tuple[list[int], dict[str, str], str | None]], ending: str
) -> None:
    path = tmp_path_factory.mktemp("ways") / f"a{ending}"
    if ending == ".osm":  # characters that XML cannot hold
        ways = [(refs, {key: text for key, text in tags.items() if text.isprintable()}, road) for refs, tags, road in ways]
    write(path, ways)
    drawn = Drawn()
    _stream(path, drawn)
    way, row, n_points, goes_on = drawn.columns()
    alike = [{key: text for key, text in zip(ROAD_KEYS, values, strict=True) if text} for values in drawn.alike]
    points = np.concatenate([*drawn.points, np.zeros((2, 0), np.int32)], axis=1).T.tolist()
    ends = np.concatenate([[0], np.cumsum(n_points)]).tolist()
    runs = [[tuple(place) for place in points[first:last]] for first, last in pairwise(ends)]
    found = list(zip(way.tolist(), [alike[each] for each in row], runs, goes_on.tolist(), strict=True))
    wanted, lost = told_one_by_one(path)
    assert found == wanted
    roads = {3 * number + 1 for number, (_, _, road) in enumerate(ways) if road in CLASSES}
    assert {(each, node) for each, node, *_ in drawn.missing if each in roads} <= set(lost)
    assert {each for each, *_ in drawn.missing if each in roads} == {each for each, _ in lost}


def test_ways_fall_apart_where_nodes_have_no_place() -> None:
    """Ways of 6, 2 and 3 nodes: the first keeps two parts, the others none and one."""
    lost = 2**31 - 1
    x = np.array([1, 2, lost, 3, lost, 4, lost, 5, 6, 7, 8], np.int32)
    way, n_points, goes_on, is_kept = stretches(np.array([6, 2, 3]), x, x)
    assert way.tolist() == [0, 2]
    assert n_points.tolist() == [2, 3]
    assert goes_on.tolist() == [False, False]
    assert np.flatnonzero(is_kept).tolist() == [0, 1, 8, 9, 10]
    x[4] = 9
    way, n_points, goes_on, _ = stretches(np.array([6, 2, 3]), x, x)
    assert (way.tolist(), n_points.tolist(), goes_on.tolist()) == ([0, 0, 2], [2, 3, 3], [False, True, False])


def test_a_node_off_the_earth_in_a_pbf_file_is_named(tmp_path: Path) -> None:
    """The file is changed by hand, as no program writes such a place: longitude 30 becomes 200."""
    path = tmp_path / "a.osm.pbf"
    plain = osmium.io.File(str(path), "pbf,pbf_compression=none,pbf_dense_nodes=false")
    with osmium.SimpleWriter(plain) as out:
        for number in range(8):
            out.add_node(osmium.osm.mutable.Node(id=number + 1, location=(30.0 + number, 40.0 + number)))
        out.add_way(osmium.osm.mutable.Way(id=5, nodes=range(1, 9), tags={"highway": "primary"}))
    content, own = path.read_bytes(), folded(30 * 10**7)
    assert content.count(own) == 1
    path.write_bytes(content.replace(own, folded(200 * 10**7)))
    result = invoke("network", "build", path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "node 1 of way 5: found 200" in result.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["a.osm.pbf"]


@pytest.mark.parametrize("dense", ["true", "false"])
@pytest.mark.parametrize("numbers", [[*range(1, 10), 9], [*range(9, 0, -1), 4], [3, *range(1, 10)]])
def test_a_node_that_stands_twice_in_a_pbf_file_is_named(tmp_path: Path, numbers: list[int], dense: str) -> None:
    path = tmp_path / "a.osm.pbf"
    twice = max(numbers, key=numbers.count)
    for own, code in ((numbers, 2), (list(dict.fromkeys(numbers)), 0)):
        with osmium.SimpleWriter(osmium.io.File(str(path), f"pbf,pbf_dense_nodes={dense}"), overwrite=True) as out:
            for row, number in enumerate(own):
                out.add_node(osmium.osm.mutable.Node(id=number, location=(8.0 + row / 100, 40.0 + row % 3 / 100)))
            out.add_way(osmium.osm.mutable.Way(id=5, nodes=range(1, 10), tags={"highway": "primary"}))
        result = invoke("network", "build", path, "--out", tmp_path / "out")
        assert result.exit_code == code, result.output
        assert (f"node {twice}: found the same id twice" in result.stderr) == (code == 2)
        assert (tmp_path / "out").exists() == (code == 0)


def folded(value: int) -> bytes:
    """A whole number above 0 as PBF stores it: doubled, seven bits a byte."""
    value, out = 2 * value, bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
