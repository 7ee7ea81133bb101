"""Arrays on the disk and back, byte by byte of their rows and compressed, each with a sum that tells whether it is whole.

The bytes of a column lie one behind the other on the disk: what is the same in neighbouring rows, as homes and the upper
bytes of numbers are, then costs next to nothing. A checkpoint of the whole fleet is bound by the disk, not by this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np
import pyarrow as pa

__all__ = ["read_array", "write_array"]

CODEC = "lz4_raw"
PIECE_BYTES = 1 << 24
"""Bytes compressed at a time."""
Header = np.lib.format


def write_array(file: IO[bytes], array: np.ndarray) -> tuple[int, int, list[int]]:
    """Append an array of numbers or records to a file.

    Parameters
    ----------
    file : binary file
        Unbuffered. It receives a header as of ``numpy.lib.format`` and the compressed pieces.
    array : ndarray
        Without objects.

    Returns
    -------
    (int, int, list of int)
        Where it begins, the sum of its bytes, and the lengths of its pieces; for `read_array`.
    """
    start = file.tell()
    array = np.ascontiguousarray(array)
    description = {"descr": Header.dtype_to_descr(array.dtype), "fortran_order": False, "shape": array.shape}
    Header.write_array_header_2_0(file, description)
    lengths = []
    for piece in _pieces(array):
        packed = memoryview(pa.compress(np.ascontiguousarray(piece.T), codec=CODEC, asbytes=True))
        lengths.append(len(packed))
        place = 0
        while place < len(packed):
            place += file.write(packed[place:])
    return start, _sum(_bytes_of(array)), lengths


def read_array(file: IO[bytes], kept: Sequence[Any], into: np.ndarray | None) -> np.ndarray:
    """Read an array back, in place where `into` has its shape and dtype, else into a new one.

    Raises
    ------
    ValueError
        If the file does not hold what was written.
    """
    start, wanted_sum, lengths = kept
    file.seek(start)
    if Header.read_magic(file) != (2, 0):
        raise ValueError("no array where one was written")
    shape, _, dtype = Header.read_array_header_2_0(file, max_header_size=100_000)
    is_like = into is not None and (into.shape, into.dtype) == (shape, dtype) and into.flags.c_contiguous
    array: Any = into if is_like else np.empty(shape, dtype)
    for piece, length in zip(_pieces(array), lengths, strict=True):
        packed = file.read(length)
        if len(packed) < length:
            raise ValueError("an array is cut short")
        try:
            octets = pa.decompress(packed, decompressed_size=piece.size, codec=CODEC, asbytes=True)
        except (OSError, pa.ArrowException) as fault:
            raise ValueError("an array is not what was written") from fault
        piece[...] = np.frombuffer(octets, np.uint8).reshape(piece.T.shape).T
    if _sum(_bytes_of(array)) != wanted_sum:
        raise ValueError("an array is not what was written")
    return array  # type: ignore[no-any-return]


def _pieces(array: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the bytes of an array, so many rows at a time, shape (n_rows, n_bytes)."""
    octets = np.frombuffer(_bytes_of(array), np.uint8).reshape(-1, array.dtype.itemsize) if array.size else np.zeros((0, 1))
    step = max(PIECE_BYTES // array.dtype.itemsize, 1)
    for first in range(0, len(octets), step):
        yield octets[first : first + step]


def _bytes_of(array: np.ndarray) -> memoryview:
    """Return the memory of a contiguous array as bytes."""
    octets: Any = array.view(np.ndarray).reshape(-1).view(np.uint8)
    return memoryview(octets)


def _sum(memory: memoryview) -> int:
    """Return the sum of the bytes, eight at a time, modulo 2**64."""
    whole = len(memory) // 8 * 8
    words = np.frombuffer(memory[:whole], np.uint64)
    return (int(words.sum(dtype=np.uint64)) + sum(memory[whole:])) % 2**64
