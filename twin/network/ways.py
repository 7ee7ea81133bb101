"""Roads out of a plain PBF file that pyosmium has written, block by block: no Python for a single way or point.

pyosmium reads any file, holds the places of its nodes, chooses the roads and writes them with their places, all
compiled; but it hands things to Python one by one, which takes several times as long as all of that.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twin.network import blocks
from twin.network.classes import CLASSES
from twin.network.container import BLOCK_GROUP, BLOCK_STRINGS, Bytes, blocks_of, parts_of
from twin.network.drawn import ROAD_KEYS, Drawn
from twin.network.lost import note_lost, stretches
from twin.tables.columns import I64

__all__ = ["PLAIN", "add_roads"]

PLAIN = "pbf,pbf_compression=none,locations_on_ways=true,add_metadata=false"
"""How pyosmium is told to write the file."""

WORDS = [word.encode() for word in (*ROAD_KEYS, "motorway")]
MOTORWAY = len(ROAD_KEYS)
HIGHWAY, REF = ROAD_KEYS.index("highway"), ROAD_KEYS.index("ref")


def add_roads(path: Path, drawn: Drawn) -> None:
    """Add the roads of a file written as `PLAIN`; other things in it are passed over.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    drawn : Drawn
        To which the roads are added, and the nodes that the ways lack.
    """
    words = np.frombuffer(b"".join(WORDS), np.uint8)
    word_first = np.concatenate([[0], np.cumsum([len(word) for word in WORDS])]).astype(np.int64)
    for data in blocks_of(path):
        parts = list(parts_of(data))
        at, end = next((first, last) for field, first, last in parts if field == BLOCK_STRINGS)
        room = (end - at) // 2
        first, last, word = np.zeros(room, np.int64), np.zeros(room, np.int64), np.zeros(room, np.int64)
        n_strings = blocks.find_strings(data, at, end, words, word_first, first, last, word)
        texts = _Texts(data, first, last, word[:n_strings])
        for field, begin, stop in parts:
            if field == BLOCK_GROUP:
                _add_group(data, begin, stop, texts, drawn)


class _Texts:
    """Strings of a block, which of the words each is, and what they say."""

    def __init__(self, data: Bytes, first: I64, last: I64, word: I64) -> None:
        self.data, self.first, self.last, self.word = data, first, last, word
        self.known: dict[int, str | None] = {0: None}

    def __getitem__(self, row: int) -> str | None:
        if row not in self.known:
            self.known[row] = bytes(self.data[self.first[row] : self.last[row]]).decode()
        return self.known[row]


def _add_group(data: Bytes, at: int, end: int, texts: _Texts, drawn: Drawn) -> None:
    n_ways, n_nodes = blocks.count_ways(data, at, end)
    if not n_ways:
        return
    way, count = np.zeros(n_ways, np.int64), np.zeros(n_ways, np.int64)
    ref, x, y = np.zeros(n_nodes, np.int64), np.zeros(n_nodes, np.int32), np.zeros(n_nodes, np.int32)
    value = np.zeros((n_ways, len(ROAD_KEYS)), np.int64)
    blocks.read_ways(data, at, end, texts.word, way, count, value, ref, x, y)
    motorway = np.flatnonzero(texts.word == MOTORWAY)
    value[~np.isin(value[:, HIGHWAY], motorway), REF] = 0
    row = _rows(value, texts, drawn)
    is_road = row >= 0
    inside = np.repeat(is_road, count)
    way, count, row = way[is_road], count[is_road], row[is_road]
    ref, x, y = ref[inside], x[inside], y[inside]
    note_lost(drawn, way, count, ref, x, y)
    kept, n_points, goes_on, points = stretches(count, x, y)
    drawn.add_ways(way[kept], row[kept], n_points, goes_on, np.stack([x[points], y[points]]))


def _rows(value: I64, texts: _Texts, drawn: Drawn) -> I64:
    """Row of each way among those that are tagged alike; -1 where it is no road."""
    code = np.zeros(len(value), np.int64)
    for column in value.T:
        if column.any():
            code = np.unique(code * len(texts.word) + column, return_inverse=True)[1]
    _, example, alike = np.unique(code, return_index=True, return_inverse=True)
    rows = []
    for strings in value[example].tolist():
        values = tuple(texts[string] for string in strings)
        rows.append(drawn.row_of(values) if values[HIGHWAY] in CLASSES else -1)
    return np.array(rows, np.int64)[alike]
