"""PBF files as blocks and messages, and the ids that stand in them twice."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.network import blocks
from twin.tables.columns import I64

__all__ = ["BLOCK_GROUP", "BLOCK_STRINGS", "Bytes", "blocks_of", "parts_of", "repeated_nodes"]

Bytes = NDArray[np.uint8]
BLOB_RAW, BLOB_ZLIB, BLOB_SIZE, BLOCK_STRINGS, BLOCK_GROUP = 1, 3, 3, 1, 2
PAD = bytes(16)
"""Behind the last byte, so that a number that is cut off ends there."""


def repeated_nodes(path: Path) -> I64:
    """Return the ids of nodes that stand twice in a file that pyosmium has read without complaint.

    Programs write nodes by rising id: then one look at each is enough, and none is kept. Blocks that are packed otherwise
    than by zlib are not looked at.
    """
    last = np.iinfo(np.int64).min
    for ids in _node_ids(path):
        if ids[0] <= last or (np.diff(ids) <= 0).any():
            break
        last = ids[-1]
    else:
        return np.zeros(0, np.int64)
    every, count = np.unique(np.concatenate(list(_node_ids(path))), return_counts=True)
    return every[count > 1]


def blocks_of(path: Path) -> Iterator[Bytes]:
    """Every block of data of a file."""
    with path.open("rb") as file:
        while size := file.read(4):
            header = _padded(file.read(int.from_bytes(size, "big")))
            own = {field: (first, last) for field, first, last in parts_of(header)}
            blob = _padded(file.read(blocks.varint(header, own[BLOB_SIZE][0])[0]))
            if bytes(header[slice(*own[1])]) != b"OSMData":
                continue
            for field, first, last in parts_of(blob):
                if field == BLOB_RAW:
                    yield blob[first : last + len(PAD)]
                elif field == BLOB_ZLIB:
                    yield _padded(zlib.decompress(bytes(blob[first:last])))


def parts_of(data: Bytes) -> Iterator[tuple[int, int, int]]:
    """Every field of a padded message: its number, and where it begins and ends."""
    at, end = 0, len(data) - len(PAD)
    while at < end:
        number, first, at = blocks.field(data, at)
        yield number, first, at


def _node_ids(path: Path) -> Iterator[I64]:
    for data in blocks_of(path):
        for field, first, last in parts_of(data):
            if field == BLOCK_GROUP:
                ids = np.zeros(blocks.count_nodes(data, first, last), np.int64)
                blocks.read_node_ids(data, first, last, ids)
                if len(ids):
                    yield ids


def _padded(data: bytes) -> Bytes:
    return np.frombuffer(data + PAD, np.uint8)
