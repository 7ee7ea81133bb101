"""What is wrong with a network's source is named, exits with 2 and leaves nothing behind."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.network_sources import (
    LINKS,
    NODES,
    extract,
    invoke,
    tables,
)
from tests.osm_xml import hand_made, node, osm_xml, write_hand_made
from twin.errors import DataError
from twin.network.files import build_network, load_network


def hole(refs: list[int]) -> str:
    nodes = {k: node(k % 10, k // 10) for k in range(100)}
    ways = [(row + 1, list(range(10 * row, 10 * row + 10)), {"highway": "primary"}) for row in range(10)]
    return osm_xml(nodes, [*ways, (99, refs, {"highway": "primary"})])


BAD_FILES = {
    "none.osm": (None, "found no such file"),
    "empty.osm": (b"", "found a damaged file"),
    "empty.osm.pbf": (b"", "found a damaged file"),
    "words.osm": (b"hello", "found a damaged file"),
    "cut.osm": (hand_made().encode()[:900], "found a damaged file"),
    "cut.osm.gz": (gzip.compress(hand_made().encode())[:300], "found a damaged file"),
    "text.osm.pbf": (b"not a protocol buffer at all", "found a damaged file"),
    "bare.osm": (b'<osm version="0.6"></osm>', "found no road for cars"),
    "table.txt": (b"a,b\n", "found a file of another kind"),
    "hole.osm": (hole([44, 7777, 46]).encode(), "way 99: found node 7777, which is not in the file"),
    "lost.osm": (osm_xml({1: node(0, 0)}, [(5, [1, 2], {"highway": "primary"})]).encode(), "way 5: found node 2"),
    "twice.osm": (
        hole([1, 12]).replace('<way id="3">', '<way id="1">').encode(),
        "way 1: found the same id twice",
    ),
    "twins.osm": (
        hole([1, 12]).replace('<way id="2">', '<way id="1">').encode(),
        "way 1: found the same id twice",
    ),
    "away.osm": (
        hole([1, 12]).replace('<node id="3"', '<node id="3000" lon="218.5" lat="x"/><node id="3"').encode(),
        "lon of node 3000: found 218.5",
    ),
    "apart.osm": (
        osm_xml(
            {k: node(20 * (k // 3), k % 3) for k in range(6)},
            [(1, [0, 1, 2], {"highway": "primary"}), (2, [3, 4, 5], {"highway": "primary"})],
        ).encode(),
        "found a network in pieces",
    ),
    "again.osm": (
        hole([1, 12]).replace('<node id="3"', '<node id="1"').encode(),
        "node 1: found the same id twice",
    ),
    "oneway.osm": (
        osm_xml({1: node(0, 0), 2: node(1, 1)}, [(5, [1, 2], {"highway": "primary", "oneway": "yes"})]).encode(),
        "found no two places that can be driven between both ways",
    ),
    "closed.osm": (
        osm_xml({1: node(0, 0), 2: node(1, 1)}, [(5, [1, 2], {"highway": "primary", "access": "no"})]).encode(),
        "found no road that cars may use",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_exits_2_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    content, said = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = invoke("network", "build", tmp_path / name, "--out", tmp_path / "out.parquet")
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "wanted" in result.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {name}


def test_a_truncated_pbf_exits_2(tmp_path: Path) -> None:
    (tmp_path / "a.osm.pbf").write_bytes(extract("andorra.osm.pbf").read_bytes()[:200_000])
    result = invoke("network", "build", tmp_path / "a.osm.pbf", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "unexpected EOF" in result.stderr


@pytest.mark.parametrize(
    ("nodes", "links", "said"),
    [
        (NODES, LINKS.replace("line\n", "colour\n"), "column 'colour': found a name that is not known"),
        (NODES, LINKS.replace("class", "kind"), "found no column class"),
        (NODES, LINKS.replace("length_km", "line2"), "found both or none of length_m and length_km"),
        (NODES, LINKS.replace("a,b,10", "a,b,-10"), "length_km of row 1: found -10"),
        (NODES, LINKS.replace("a,b,10", "a,b,0"), "length_km of row 1: found 0"),
        (NODES, LINKS.replace("a,b", "a,zz"), "to_node of row 1: found zz"),
        (NODES, LINKS.replace("a,b", "a,"), "to_node of row 1: found nothing"),
        (NODES, LINKS.replace("motorway", "runway"), "class 'runway': found a class that is not known"),
        (NODES, LINKS.replace("motorway,0,100", "motorway,0,fast"), "column speed_kmh: found texts"),
        (NODES, LINKS.replace("motorway,0", "motorway,2"), "column is_oneway: found other values"),
        (NODES.replace("b,116.1", "a,116.1"), LINKS, "node a: found the same id twice"),
        (NODES.replace("116.1", "216.1"), LINKS, "lon of row 2: found 216.1"),
        (NODES.splitlines()[0] + "\n", LINKS, "found a table without rows"),
        ("", LINKS, "nodes.csv: found a table that cannot be read"),
    ],
)
def test_a_bad_table_exits_2_and_leaves_nothing(tmp_path: Path, nodes: str, links: str, said: str) -> None:
    source = tables(tmp_path / "roads", nodes, links)
    result = invoke("network", "build", source, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]


def test_other_bad_arguments_exit_2(tmp_path: Path) -> None:
    town = write_hand_made(tmp_path)
    roads = tables(tmp_path / "roads", NODES.replace("116.0", "2.0"), LINKS)
    cases: list[tuple[list[object], str]] = [
        ([tmp_path / "roads", "--datum", "GCJ-02"], "lon of row 1: found 2.0"),
        ([roads, "--datum", "Mars"], "found 'Mars'"),
        ([town, "--datum", "GCJ-02"], "found datum GCJ-02"),
        ([town, "--gap-m", "-1"], "gap tolerance: found -1 m"),
        (["10,50,5,51"], "found no area"),
        ([" "], "found an empty text"),
        ([tmp_path], "found no table of nodes"),
        ([town, "--out", tmp_path / "no" / "out"], "found no such folder"),
    ]
    for arguments, said in cases:
        result = invoke("network", "build", "--out", tmp_path / "out", *arguments)
        assert result.exit_code == 2, said
        assert said in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"town.osm", "roads"}


@pytest.mark.parametrize("content", [None, b"", b"PAR1 or so"])
def test_info_of_what_is_no_network_exits_2(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    result = invoke("network", "info", tmp_path / "a")
    assert result.exit_code == 2
    assert "wanted a network" in result.stderr


def test_a_table_of_something_else_is_no_network(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a")
    with pytest.raises(DataError, match="found format None"):
        load_network(tmp_path / "a")


@given(st.data())
def test_a_damaged_file_is_an_error_or_a_network_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = bytearray(hand_made().encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        if data.draw(st.booleans()):
            text[at] = data.draw(st.integers(0, 255))
        else:
            del text[at : at + data.draw(st.integers(1, 200))]
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "a.osm").write_bytes(bytes(text))
    try:
        told = build_network(str(folder / "a.osm"), folder / "out")
    except DataError as error:
        assert "found" in str(error)
        assert [path.name for path in folder.iterdir()] == ["a.osm"]
    else:
        assert load_network(folder / "out").n_links == told["n_links"]
