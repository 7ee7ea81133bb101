"""Arrays on the disk and back, as they lie in memory, each with a sum that tells whether it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

import numpy as np

__all__ = ["read_array", "write_array"]

PIECE_BYTES = 1 << 26
"""Bytes handed to the system at a time."""
Header = np.lib.format


def write_array(file: IO[bytes], array: np.ndarray) -> tuple[int, int]:
    """Append an array of numbers or records to a file, uncompressed.

    Parameters
    ----------
    file : binary file
        Unbuffered. It becomes one .npy file behind the other, see ``numpy.lib.format``.
    array : ndarray
        Without objects.

    Returns
    -------
    (int, int)
        Where it begins, and the sum of its bytes; for `read_array`.
    """
    start = file.tell()
    memory, place = _bytes_of(np.ascontiguousarray(array)), 0
    description = {"descr": Header.dtype_to_descr(array.dtype), "fortran_order": False, "shape": array.shape}
    Header.write_array_header_2_0(file, description)
    while place < len(memory):
        place += file.write(memory[place : place + PIECE_BYTES])
    return start, _sum(memory)


def read_array(file: IO[bytes], place_and_sum: Sequence[int], into: np.ndarray | None) -> np.ndarray:
    """Read an array back, in place where `into` has its shape and dtype, else into a new one.

    Raises
    ------
    ValueError
        If the file does not hold what was written.
    """
    start, wanted_sum = place_and_sum
    file.seek(start)
    if Header.read_magic(file) != (2, 0):
        raise ValueError("no array where one was written")
    shape, _, dtype = Header.read_array_header_2_0(file, max_header_size=100_000)
    is_like = into is not None and (into.shape, into.dtype) == (shape, dtype) and into.flags.c_contiguous
    array: Any = into if is_like else np.empty(shape, dtype)
    memory, place = _bytes_of(array), 0
    while place < len(memory) and (n_bytes := file.readinto(memory[place:])):  # type: ignore[attr-defined]
        place += n_bytes
    if place < len(memory) or _sum(memory) != wanted_sum:
        raise ValueError("an array is not what was written")
    return array  # type: ignore[no-any-return]


def _bytes_of(array: np.ndarray) -> memoryview:
    """Return the memory of a contiguous array as bytes."""
    octets: Any = array.view(np.ndarray).reshape(-1).view(np.uint8)
    return memoryview(octets)


def _sum(memory: memoryview) -> int:
    """Return the sum of the bytes, eight at a time, modulo 2**64."""
    whole = len(memory) // 8 * 8
    words = np.frombuffer(memory[:whole], np.uint64)
    return (int(words.sum(dtype=np.uint64)) + sum(memory[whole:])) % 2**64
